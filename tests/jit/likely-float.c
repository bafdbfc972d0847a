// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/encoding.h"
#include "gvmm/isa/opcodes.h"
#include "tests/fp/listings.h"
#include "tests/fuzz/program.h"
#include "tests/jit/likely-float.h"

const uint16_t likely_floats[] = {
	OP_SETF_SIG, OP_SETF_D, OP_SETF_S, OP_SETF_EXP, OP_GETF_SIG, OP_GETF_D, OP_GETF_S, OP_GETF_EXP,
	OP_XMA_L, OP_XMA_H, OP_XMA_HU,
	OP_LDFD, OP_LDFD, OP_LDFD_IMM, OP_LDFD_REG, OP_LDFS, OP_LDFS_IMM, OP_LDF8, OP_LDF8_IMM,
	OP_LDF_FILL, OP_LDF_FILL_IMM, OP_LDFPD, OP_LDFPD_IMM, OP_LDFP8, OP_LDFP8_IMM, OP_LDFPS, OP_LDFPS_IMM,
	OP_LDFE,
	OP_STFD, OP_STFD_IMM, OP_STFS, OP_STFS_IMM, OP_STF8, OP_STF8_IMM, OP_STF_SPILL,
	OP_STF_SPILL_IMM, OP_STFE,
	OP_FMA_D, OP_FMA_D, OP_FMS_D, OP_FNMA_D, OP_FMA_S, OP_FMS_S, OP_FNMA_S, OP_FMA,
	OP_FCMP_EQ, OP_FCMP_LT, OP_FCMP_LE, OP_FCMP_UNORD, OP_FCMP_LT_UNC, OP_FCLASS_M,
	OP_FMERGE_S, OP_FMERGE_S, OP_FMERGE_NS, OP_FMERGE_SE, OP_FMIN, OP_FMAX, OP_FAMIN, OP_FAMAX,
	OP_FCVT_XF, OP_FCVT_XF, OP_FCVT_FX, OP_FCVT_FX_TRUNC, OP_FCVT_FXU, OP_FCVT_FXU_TRUNC,
	OP_FSELECT, OP_FAND, OP_FOR, OP_FXOR, OP_FCLRF, OP_FSETC,
};

const unsigned int nr_likely_floats = sizeof(likely_floats) / sizeof(likely_floats[0]);

/* Instructions between the others in a loop; and what rarely leaves anything in double form. */
static const uint16_t plain[] = {
	OP_ADD, OP_SUB, OP_SHLADD, OP_XOR, OP_CMP_LT, OP_CMP_EQ, OP_SXT4, OP_ZXT4, OP_EXTR_U,
	OP_SETF_D, OP_SETF_SIG, OP_FMA_D, OP_FMERGE_S, OP_LDFD,
};

static const uint16_t integers[] = {
	OP_SETF_SIG, OP_XMA_L, OP_XMA_H, OP_XMA_HU, OP_GETF_SIG, OP_LDF8, OP_STF8, OP_ADD, OP_SXT4,
};

/* Are most registers to hold integers? */
static bool integer_mode;

/* Bits of a double: of every class, most of them of ordinary size. */
static uint64_t some_double(void)
{
	uint64_t frac = next_random() >> 12, sign = below(2) << 63;

	if (below(2))
		frac &= ~0ull << below(52);
	switch (below(16)) {
	case 0:
		return sign;
	case 1:
		return sign | frac;			/* a denormal */
	case 2:
		return sign | 0x7ffull << 52;
	case 3:
		return sign | 0x7ffull << 52 | frac;
	case 4:
		return sign | below(0x7ff) << 52 | frac;
	case 5:
		return sign | (below(2) ? 1ull : 0x7feull) << 52 | frac;
	default:
		return sign | (0x3ff - 32 + below(64)) << 52 | frac;
	}
}

static struct riven_fpreg of_double(uint64_t bits)
{
	uint64_t exp = bits >> 52 & 0x7ff, frac = (bits & 0xfffffffffffffull) << 11;
	uint64_t sign = bits >> 63 << 17;

	if (exp == 0x7ff)
		return (struct riven_fpreg){ 1ull << 63 | frac, sign | 0x1ffff };
	if (exp)
		return (struct riven_fpreg){ 1ull << 63 | frac, sign | (exp + 0xfc00) };
	return (struct riven_fpreg){ frac, sign | (frac ? 0xfc01 : 0) };
}

static uint64_t some_integer(void)
{
	return (uint64_t)((int64_t)next_random() >> below(64));
}

/*
 * FPSR: traps disabled as software has it, status field 1 with its wide range; or
 * nearly so.
 */
static uint64_t some_fpsr(void)
{
	uint64_t fpsr = 0x3f | 0xcull << 6 | 0x4eull << 19 | 0x0cull << 32 | 0x0cull << 45;

	fpsr |= below(4) << (6 + 4);			/* rc */
	fpsr |= (below(4) ? 0 : 1ull) << 6;		/* ftz */
	fpsr |= (below(4) ? 0x20ull : 0) << (13 + 13);	/* sf1.i is set already */
	fpsr |= below(4) ? 0 : below(64) << (13 + 13 * below(4));
	if (!below(8))
		fpsr &= ~(1ull << below(6));
	return fpsr;
}

void likely_float_state(struct riven_state *s)
{
	if (below(8))
		s->psr |= 0x30;				/* mfl, mfh */
	if (below(8))
		s->ar[40] = some_fpsr();
	for (int i = 2; i < 128; i++) {
		switch (integer_mode && below(4) ? 1 : below(8)) {
		case 0:
			break;
		case 1:
		case 2:
			s->fr[i] = (struct riven_fpreg){ some_integer(), 0x1003e };
			break;
		default:
			s->fr[i] = of_double(some_double());
			break;
		}
	}
	/* Numbers for setf, and addresses. */
	for (int i = 1; i < 128; i++)
		if (!below(10))
			s->gr[i] = below(2) ? some_double() : some_integer();
}

uint64_t likely_float_word(void)
{
	return below(4) ? some_double() : some_integer();
}

void likely_extended(uint8_t *at)
{
	struct riven_fpreg r = of_double(some_double());
	uint64_t exp = r.se & 0x1ffff;
	/* The biases differ; the least and the greatest exponents stay. */
	uint16_t se = (uint16_t)((r.se >> 17) << 15 | (!exp || exp == 0x1ffff ? exp & 0x7fff :
							exp - 0xffff + 0x3fff));

	memcpy(at, &r.sig, 8);
	memcpy(at + 8, &se, 2);
}

/*
 * Loops: registers r8-r13 always hold addresses, r14 something to add to one, and
 * r16-r31 data.
 */
#define NR_BASES	6

static uint64_t base_register(void)
{
	return 8 + below(NR_BASES);
}

static uint64_t data_register(void)
{
	return 16 + below(16);
}

static uint64_t float_register(void)
{
	return below(16) ? 2 + below(14) : below(128);
}

static uint64_t source_float(void)
{
	return below(6) ? float_register() : below(2);
}

/* The operands that a format has, at the places where they are. */
static uint64_t operands(enum op_format format)
{
	uint64_t fr = float_register() << 6, f2 = source_float() << 13, f3 = source_float() << 20;
	uint64_t f4 = source_float() << 27, base = base_register() << 20, r1 = data_register() << 6;
	uint64_t r2 = data_register() << 13, r3 = data_register() << 20;
	uint64_t p1 = (6 + below(10)) << 6, p2 = (6 + below(10)) << 27;

	switch (format) {
	case FMT_M6:
		return fr | base;
	case FMT_M7:
		return fr | 14ull << 13 | base;
	case FMT_M8:
		return fr | below(4) << 16 | base;
	case FMT_M9:
		return f2 | base;
	case FMT_M10:
		return below(4) << 9 | f2 | base;
	case FMT_M11:
	case FMT_M12:
		return (fr & ~(1ull << 6)) | (below(8) ? (float_register() | 1) << 13 : f2) | base;
	case FMT_M18:
		return fr | r2;
	case FMT_M19:
		return r1 | f2;
	case FMT_F4:
		return p1 | f2 | f3 | p2;
	case FMT_F5:
		return p1 | f2 | below(128) << 20 | below(4) << 33 | p2;
	case FMT_F6:
	case FMT_F7:
		return fr | f2 | f3 | p2;
	case FMT_A6:
		return p1 | r2 | r3 | p2;
	case FMT_I11:
		return r1 | r3 | below(64) << 14 | below(64) << 27;
	case FMT_A1:
	case FMT_A2:
	case FMT_I29:
		return r1 | r2 | r3 | below(4) << 27;
	default:
		return fr | f2 | f3 | f4;
	}
}

static bool fits(uint32_t has, enum op_unit wanted)
{
	return has == wanted || (has == UNIT_A && (wanted == UNIT_M || wanted == UNIT_I));
}

static uint64_t loop_slot(enum op_unit unit)
{
	for (;;) {
		uint32_t op = below(3) ? likely_floats[below(nr_likely_floats)] :
			      plain[below(sizeof(plain) / sizeof(plain[0]))];
		const struct row *r;
		uint64_t slot;

		if (integer_mode && below(2))
			op = integers[below(sizeof(integers) / sizeof(integers[0]))];
		r = &rows[op];
		if (!fits(r->unit, unit))
			continue;
		slot = operands((enum op_format)r->format);
		/* Status field 0, mostly. */
		if (r->unit == UNIT_F && below(4) == 0)
			slot |= below(4) << 34;
		slot = r->match | (slot & ~r->mask);
		return below(4) ? slot : slot | (6 + below(10));
	}
}

static void put_bundle(uint8_t *at, unsigned int template, const uint64_t s[3])
{
	uint64_t lo = template | s[0] << 5 | s[1] << 46, hi = s[1] >> 18 | s[2] << 23;

	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

/* br.cloop or br.cond back over some bundles. */
static uint64_t branch_back(uint64_t bundles)
{
	uint64_t slot = below(2) ? rows[OP_BR_CLOOP].match : rows[OP_BR_COND].match | below(2) * 7;

	return slot | 1ull << 36 | ((0x100000 - bundles) & 0xfffff) << 13;
}

/* One register, or a pair of which one is odd and the other even. */
static uint64_t load_beside(void)
{
	static const uint16_t pairs[] = { OP_LDFPD, OP_LDFP8, OP_LDFPS };
	uint64_t f = 16 + below(8), op = below(3) ? OP_LDFD : pairs[below(3)];

	return rows[op].match | f << 6 | (op == OP_LDFD ? 0 : f ^ 1) << 13 | base_register() << 20;
}

/* A bundle with this F slot, and something else beside it. */
static uint8_t *put_float(uint8_t *at, uint64_t slot)
{
	uint64_t s[3] = { rows[OP_NOP_M].match, slot, rows[OP_NOP_I].match };

	if (!below(4))
		s[0] = load_beside();
	put_bundle(at, 0x0c, s);
	return at + 16;
}

static uint8_t *put_memory(uint8_t *at, uint64_t slot)
{
	uint64_t s[3] = { slot, rows[OP_NOP_F].match, rows[OP_NOP_I].match };

	put_bundle(at, 0x0c, s);
	return at + 16;
}

/* f = the double with these bits: movl, setf.d */
static uint8_t *put_constant(uint8_t *at, uint64_t f, uint64_t bits)
{
	uint64_t s[3] = { rows[OP_NOP_M].match, bits >> 22 & 0x1ffffffffff, 0 };

	s[2] = rows[OP_MOVL].match | 16 << 6 | (bits & 0x7f) << 13 | (bits >> 7 & 0x1ff) << 27 |
	       (bits >> 16 & 0x1f) << 22 | (bits >> 21 & 1) << 21 | bits >> 63 << 36;
	put_bundle(at, 0x05, s);
	return put_memory(at + 16, rows[OP_SETF_D].match | f << 6 | 16 << 13);
}

/* An operand of a sequence, loaded. */
static uint8_t *put_operand(uint8_t *at, enum fp_seq seq, uint64_t f)
{
	bool is_integer = seq == FP_SEQ_SIGNED || seq == FP_SEQ_UNSIGNED;

	at = put_memory(at, rows[is_integer ? OP_LDF8 : below(6) ? OP_LDFD : OP_LDFS].match | f << 6 |
				base_register() << 20);
	if (seq == FP_SEQ_SIGNED)
		return put_float(at, rows[OP_FCVT_XF].match | f << 6 | f << 13);
	if (seq == FP_SEQ_UNSIGNED)
		return put_float(at, rows[OP_FMA].match | f << 6 | f << 20 | 1 << 27 | 1ull << 34);
	return at;
}

/* A divide or square-root sequence, complete or not quite. */
static uint8_t *put_sequence(uint8_t *at)
{
	static const uint16_t ops[3][3] = {
		{ OP_FMA, OP_FMA_S, OP_FMA_D }, { OP_FMS, OP_FMS_S, OP_FMS_D },
		{ OP_FNMA, OP_FNMA_S, OP_FNMA_D },
	};
	const struct listing *l = &listings[below(NR_LISTINGS)];
	uint64_t qp = below(3) ? 6 : 0, y0 = (uint64_t)l->y0 << 6 | 6ull << 27;
	uint64_t a = (uint64_t)l->a, b = (uint64_t)l->b, skip = below(3) ? 100 : below(16);

	for (uint32_t n = 0; n < 6 && l->constants[n].reg; n++)
		at = put_constant(at, (uint64_t)l->constants[n].reg, l->constants[n].bits);
	at = put_operand(at, l->seq, a);
	if (a != b)
		at = put_operand(at, l->seq, b);
	if (l->seq == FP_SEQ_ROOT)
		at = put_float(at, rows[OP_FRSQRTA].match | y0 | a << 20);
	else
		at = put_float(at, rows[OP_FRCPA].match | y0 | a << 13 | b << 20 | below(2) << 34);
	for (uint64_t n = 0; n < 20 && l->code[n].dest; n++) {
		const struct code *c = &l->code[n];
		uint64_t slot = rows[ops[c->op][c->pc]].match | qp | (uint64_t)c->dest << 6;

		slot |= (uint64_t)c->f2 << 13 | (uint64_t)c->f3 << 20 | (uint64_t)c->f4 << 27;
		if (n != skip)
			at = put_float(at, slot | (uint64_t)c->sf << 34);
	}
	if (l->seq == FP_SEQ_SIGNED || l->seq == FP_SEQ_UNSIGNED)
		at = put_float(at, rows[l->seq == FP_SEQ_SIGNED ? OP_FCVT_FX_TRUNC :
								  OP_FCVT_FXU_TRUNC].match |
				   (uint64_t)l->result << 6 | (uint64_t)l->result << 13 | 1ull << 34);
	return at;
}

/* Sequences, and something done to what they leave. */
static uint64_t put_sequences(uint8_t *ram)
{
	uint8_t *at = ram + CODE;

	for (uint64_t n = 1 + below(3); n; n--) {
		at = put_sequence(at);
		if (below(2))
			at = put_memory(at, loop_slot(UNIT_M));
		if (below(2))
			at = put_float(at, loop_slot(UNIT_F));
	}
	return (uint64_t)(at - ram - CODE) / 16;
}

#define UPDATE_BUNDLES	4

/* A number in memory is changed, and the address has been incremented meanwhile: a[i] += x. */
static void put_update(uint8_t *at)
{
	uint64_t f = 2 + below(14), base = base_register(), back = 0x3full << 27 | 1ull << 36;
	uint32_t load = below(3) ? OP_LDFD_IMM : OP_LDFS_IMM;
	uint32_t store = (below(8) != 0) == (load == OP_LDFD_IMM) ? OP_STFD : OP_STFS;
	uint64_t size = load == OP_LDFD_IMM ? 8 : 4;

	at = put_memory(at, rows[load].match | f << 6 | size << 13 | base << 20);
	at = put_float(at, rows[OP_FMA_D].match | f << 6 | source_float() << 13 | f << 20 |
				   source_float() << 27);
	/* r15 is where it was */
	at = put_memory(at, rows[OP_ADDS].match | 15 << 6 | (128 - size) << 13 | base << 20 | back);
	put_memory(at, rows[store].match | f << 13 | 15 << 20);
}

/* Anything else; the number of bundles. */
static uint64_t put_mixture(uint8_t *ram)
{
	static const uint8_t templates[] = { 0x00, 0x08, 0x0c, 0x0d, 0x0e, 0x0f, 0x0c, 0x0e };
	uint64_t count = 4 + below(40);

	for (uint64_t n = 0; n < count; n++) {
		unsigned int template = templates[below(sizeof(templates))];
		uint64_t s[3];

		if (n + UPDATE_BUNDLES <= count && below(8) == 0) {
			put_update(ram + CODE + 16 * n);
			n += UPDATE_BUNDLES - 1;
			continue;
		}
		for (unsigned int i = 0; i < 3; i++)
			s[i] = loop_slot(template_unit(template, i));
		put_bundle(ram + CODE + 16 * n, template, s);
		/* Loops in the loop. */
		if (n && below(12) == 0) {
			s[2] = branch_back(below(n));
			put_bundle(ram + CODE + 16 * n, 0x1c, s);
		}
	}
	return count;
}

void likely_float_loop(uint8_t *ram)
{
	uint64_t count;

	integer_mode = below(4) == 0;
	count = below(4) ? put_mixture(ram) : put_sequences(ram);
	for (uint64_t n = 0; n < 2; n++) {
		uint64_t s[3] = { loop_slot(UNIT_M), loop_slot(UNIT_F), branch_back(count + n) };

		put_bundle(ram + CODE + 16 * (count + n), 0x1c, s);
	}
}

void likely_loop_state(struct riven_state *s)
{
	likely_float_state(s);
	s->ip = CODE;
	s->psr &= ~(3ull << 18);
	if (below(8))
		s->psr |= 0x30;
	for (int i = 0; i < NR_BASES; i++)
		s->gr[8 + i] = 0x100000 + (below(0xf000) & ~15ull);
	s->gr[14] = 8 * below(4);
	for (int i = 16; i < 32; i++)
		s->gr[i] = below(2) ? some_double() : some_integer();
	s->pr = (next_random() & 0xffff) | 1;
	s->nat[0] = s->nat[1] = 0;
	s->ar[65] = below(4) ? 1000 : below(10);
}
