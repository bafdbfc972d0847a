// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs in which much is alive at the same time: a few general registers and predicates
 * that everything reads and writes, under predicates more often than not, and few
 * instructions that can leave a block. What most of them do with memory goes past the
 * machine TLB, so that it is a handler's, and comes back. Half of them are short loops whose
 * registers rotate, as compilers pipeline them.
 */
#include <stdbool.h>
#include <string.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/encoding.h"
#include "gvmm/isa/opcodes.h"
#include "tests/fuzz/program.h"
#include "tests/jit/likely-dense.h"

static const uint16_t a_ops[] = {
	OP_ADD, OP_ADD, OP_ADD_1, OP_SUB, OP_SUB_1, OP_AND, OP_ANDCM, OP_OR, OP_XOR, OP_SHLADD,
	OP_ADDP4, OP_ADDS, OP_ADDS, OP_SUB_IMM, OP_AND_IMM, OP_OR_IMM, OP_XOR_IMM, OP_ANDCM_IMM,
	OP_ADDL, OP_PADD4, OP_PADD2_SSS, OP_PAVG1,
};

static const uint16_t compares[] = {
	OP_CMP_LT, OP_CMP_LTU, OP_CMP_EQ, OP_CMP_EQ_UNC, OP_CMP_LT_UNC, OP_CMP_EQ_UNC_IMM,
	OP_CMP4_LT, OP_CMP4_EQ_UNC, OP_CMP4_LTU_UNC_IMM, OP_CMP_EQ_IMM, OP_CMP_LT_IMM,
	OP_CMP_EQ_AND, OP_CMP_NE_AND_IMM, OP_CMP_GT_AND, OP_CMP_EQ_OR, OP_CMP_NE_OR_IMM,
	OP_CMP_LE_OR, OP_CMP_EQ_OR_ANDCM, OP_CMP_GE_OR_ANDCM, OP_CMP4_NE_OR_ANDCM_IMM,
	OP_CMP4_EQ_AND,
};

static const uint16_t i_ops[] = {
	OP_SHL, OP_SHR, OP_SHR_U, OP_SHRP, OP_EXTR, OP_EXTR_U, OP_DEP, OP_DEP_Z, OP_DEP_IMM,
	OP_DEP_Z_IMM, OP_ZXT1, OP_ZXT4, OP_SXT2, OP_SXT4, OP_POPCNT, OP_MIX4_L, OP_UNPACK2_H,
	OP_TBIT_Z, OP_TBIT_Z, OP_TBIT_Z_UNC, OP_TBIT_NZ_AND, OP_TBIT_NZ_OR, OP_TBIT_Z_OR_ANDCM,
	OP_TNAT_Z, OP_TNAT_Z_UNC, OP_TNAT_NZ_OR_ANDCM, OP_TF_Z, OP_MOV_TO_BR, OP_MOV_FROM_BR,
	OP_MOV_FROM_PR, OP_MOV_TO_PR,
};

static const uint16_t m_ops[] = {
	OP_LD1, OP_LD2, OP_LD4, OP_LD8, OP_LD8, OP_LD8_ACQ, OP_LD8_A, OP_LD4_A, OP_LD8_C_NC,
	OP_LD8_C_CLR, OP_LD4_C_CLR, OP_LD8_S, OP_ST1, OP_ST4, OP_ST8, OP_ST8, OP_ST8_REL,
	OP_LD8_FILL, OP_ST8_SPILL, OP_XCHG8, OP_FETCHADD8_ACQ, OP_CMPXCHG8_ACQ, OP_GETF_SIG,
	OP_SETF_SIG, OP_SETF_D, OP_GETF_D, OP_LDFD, OP_STFD, OP_LDF8, OP_MOV_FROM_CPUID,
	OP_MOV_FROM_CPUID, OP_INVALA_E, OP_MOV_FROM_PSR_UM, OP_MF,
};

static const uint16_t f_ops[] = {
	OP_FMA_D, OP_FMS_D, OP_FNMA_S, OP_XMA_L, OP_XMA_HU, OP_FCMP_LT, OP_FCMP_EQ_UNC, OP_FMERGE_S,
	OP_FMERGE_NS, OP_FAMAX, OP_FAMIN, OP_FMIN, OP_FSELECT, OP_FAND, OP_FCVT_XF, OP_FCLASS_M,
};

#define DRAW(ops)	ops[below(sizeof(ops) / sizeof(ops[0]))]

#define DATA		0x100000ull
/* Pages this far apart are in the same place of the machine TLB. */
#define ALIAS		0x400000ull

/* General registers that hold addresses, and what the present program uses of others. */
#define FIRST_BASE	16u
#define NR_BASES	4u

static uint8_t general[24], predicate[10];
static uint32_t nr_general, nr_predicates;
static uint64_t bundles;

/* Is it such a loop, and by which branch? */
static bool rotates;
static uint32_t loop_branch;

/* A field of size bits is n. */
static uint64_t with(uint64_t slot, uint32_t shift, uint32_t size, uint64_t n)
{
	return (slot & ~(((1ull << size) - 1) << shift)) | n << shift;
}

static uint64_t some_general(void)
{
	return below(24) ? general[below(nr_general)] : 0;
}

static uint64_t some_target(void)
{
	return general[below(nr_general)];
}

static uint64_t some_predicate(void)
{
	return below(12) ? predicate[below(nr_predicates)] : 0;
}

static bool is_compare(uint32_t format)
{
	return format == FMT_A6 || format == FMT_A7 || format == FMT_A8 || format == FMT_I16 ||
	       format == FMT_I17 || format == FMT_I30 || format == FMT_F4 || format == FMT_F5;
}

static uint64_t some_float(void)
{
	return (rotates && below(2) ? 32 : 6) + below(8);
}

/* Floating-point registers where the format has them. */
static uint64_t float_fields(uint64_t slot, uint32_t format)
{
	slot = with(slot, 13, 7, some_float());
	if (format == FMT_F5)
		return slot;
	slot = with(slot, 20, 7, some_float());
	if (format == FMT_F1 || format == FMT_F2 || format == FMT_F3)
		slot = with(slot, 27, 7, some_float());
	return is_compare(format) ? slot : with(slot, 6, 7, some_float());
}

static uint64_t memory_fields(uint64_t slot, uint32_t op, uint32_t format)
{
	switch (format) {
	case FMT_M6:
		return with(slot, 6, 7, some_float());
	case FMT_M9:
		return with(slot, 13, 7, some_float());
	case FMT_M18:
		return with(with(slot, 6, 7, some_float()), 13, 7, some_general());
	case FMT_M19:
		return with(with(slot, 6, 7, some_target()), 13, 7, some_float());
	case FMT_M4:
		return with(slot, 13, 7, some_general());
	default:
		slot = with(slot, 13, 7, op == OP_FETCHADD8_ACQ ? below(8) : some_general());
		return with(slot, 6, 7, some_target());
	}
}

static uint64_t slot_of(uint32_t op)
{
	const struct row *r = &rows[op];
	uint64_t slot = next_random() >> 23;

	if (r->unit == UNIT_F) {
		slot = float_fields(slot, r->format);
	} else if (r->unit == UNIT_M) {
		slot = memory_fields(slot, op, r->format);
		slot = with(slot, 20, 7, op == OP_MOV_FROM_CPUID ? 0 : FIRST_BASE + below(NR_BASES));
	} else {
		slot = with(with(slot, 6, 7, some_target()), 13, 7, some_general());
		if (r->format != FMT_I12 && r->format != FMT_I23)
			slot = with(slot, 20, 7, some_general());
	}
	if (is_compare(r->format)) {
		uint64_t p1 = some_predicate(), p2;

		/* Both the same are illegal. */
		do
			p2 = some_predicate();
		while (p2 == p1);
		slot = with(with(slot, 6, 6, p1), 27, 6, p2);
	}
	slot = with(slot, 0, 6, below(3) ? some_predicate() : 0);
	return r->match | (slot & ~r->mask);
}

static bool exits(void)
{
	return loop_branch == OP_BR_CEXIT || loop_branch == OP_BR_WEXIT;
}

/* From bundle at to bundle target; mostly with the hint that compilers give. */
static uint64_t branch_to(uint32_t op, uint64_t at, uint64_t target, bool taken)
{
	uint64_t slot = with(next_random() >> 23, 13, 20, (target - at) & 0xfffff);
	bool conditional = op == OP_BR_WTOP || op == OP_BR_WEXIT;

	slot = with(slot, 36, 1, target < at);
	slot = with(slot, 0, 6, conditional ? some_predicate() : 0);
	if (below(16))
		slot = with(slot, 33, 1, !taken);
	return rows[op].match | (slot & ~rows[op].mask);
}

static uint64_t branch(uint64_t at)
{
	static const uint16_t ops[] = {
		OP_BR_COND, OP_BR_COND, OP_BR_COND, OP_BR_CLOOP, OP_BR_CLOOP, OP_BR_CTOP, OP_NOP_B,
	};
	uint32_t op = at == bundles - 1 ? OP_BR_COND : DRAW(ops);
	uint64_t far = below(2) ? below(12) : below(bundles), target = at > far ? at - far : 0;
	uint64_t slot = next_random() >> 23;

	if (rotates && at == bundles - 1)
		return branch_to(loop_branch, at, exits() ? bundles + 1 : 0, !exits());
	if (rotates && below(4))
		return rows[OP_NOP_B].match;
	if (op == OP_BR_COND && below(2))
		target = at + 1 + below(6);
	if (at == bundles - 1 || target >= bundles)
		target = 0;
	slot = with(slot, 13, 20, (target - at) & 0xfffff);
	slot = with(slot, 36, 1, target < at);
	slot = with(slot, 0, 6, op == OP_BR_COND && at != bundles - 1 ? some_predicate() : 0);
	return rows[op].match | (slot & ~rows[op].mask);
}

static uint64_t slot_for(enum op_unit unit, uint64_t at)
{
	switch (unit) {
	case UNIT_B:
		return branch(at);
	case UNIT_F:
		return below(3) ? rows[OP_NOP_F].match : slot_of(DRAW(f_ops));
	case UNIT_M:
		if (!below(4))
			return slot_of(DRAW(m_ops));
		break;
	default:
		if (!below(3))
			return slot_of(DRAW(i_ops));
		break;
	}
	return below(3) ? slot_of(DRAW(a_ops)) : slot_of(DRAW(compares));
}

/* Different numbers of those that are allowed, in any order. */
static uint32_t choose(uint8_t *to, uint32_t count, const uint8_t *from, uint32_t nr)
{
	uint32_t n = 0;

	while (n < count) {
		uint8_t one = from[below(nr)];

		if (!memchr(to, one, n))
			to[n++] = one;
	}
	return n;
}

static void put_bundle(uint8_t *ram, uint64_t n, uint64_t template, const uint64_t s[3])
{
	uint64_t lo = template | s[0] << 5 | s[1] << 46, hi = s[1] >> 18 | s[2] << 23;

	memcpy(ram + CODE + 16 * n, &lo, 8);
	memcpy(ram + CODE + 16 * n + 8, &hi, 8);
}

/* An application register becomes n, which is below 128. */
static uint64_t set_ar(uint64_t ar, uint64_t n)
{
	return rows[OP_MOV_I_TO_AR_IMM].match | n << 13 | ar << 20;
}

#define TEMPLATE_MII	0x01
#define TEMPLATE_MIB	0x11

/* Behind the loop: back to its start if it goes on here, and then once more from the beginning. */
static void loop_again(uint8_t *ram)
{
	uint64_t nop_m = rows[OP_NOP_M].match, nop_i = rows[OP_NOP_I].match;
	uint64_t pr = rows[below(2) ? OP_MOV_TO_PR_ROT : OP_NOP_I].match, at = bundles;
	bool clears = below(2);

	if (exits())
		put_bundle(ram, at, TEMPLATE_MIB,
			   (uint64_t[]){nop_m, nop_i, branch_to(OP_BR_COND, at, 0, true)});
	at += exits();
	put_bundle(ram, at, TEMPLATE_MII,
		   (uint64_t[]){nop_m, set_ar(65, below(2) ? below(10) : below(128)),
				set_ar(66, below(8))});
	/* p16 is true, none of those behind. */
	if (pr != nop_i)
		pr |= 1ull << 6;
	put_bundle(ram, at + 1, TEMPLATE_MIB,
		   (uint64_t[]){nop_m, pr,
				clears ? rows[OP_CLRRRB].match
				       : branch_to(OP_BR_COND, at + 1, 0, true)});
	put_bundle(ram, at + 2, TEMPLATE_MIB,
		   (uint64_t[]){nop_m, nop_i, branch_to(OP_BR_COND, at + 2, 0, true)});
}

void likely_dense(uint8_t *ram)
{
	static const uint16_t branches[] = {
		OP_BR_CTOP, OP_BR_CTOP, OP_BR_CTOP, OP_BR_WTOP, OP_BR_CEXIT, OP_BR_WEXIT,
	};
	static const uint8_t templates[] = {
		0x00, 0x01, 0x02, 0x08, 0x09, 0x00, 0x08, 0x0c, 0x0d, 0x0e, 0x10, 0x18, 0x1c,
	};
	uint8_t registers[36], predicates[20];

	for (size_t n = 0; n < sizeof(registers); n++)
		registers[n] = (uint8_t)(n < 8 ? 8 + n : 12 + n);
	for (size_t n = 0; n < sizeof(predicates); n++)
		predicates[n] = (uint8_t)(n < 12 ? 1 + n : 4 + n);
	nr_general = choose(general, 3 + (uint32_t)below(20), registers, sizeof(registers));
	nr_predicates = choose(predicate, 2 + (uint32_t)below(8), predicates, sizeof(predicates));
	rotates = below(2);
	loop_branch = DRAW(branches);
	bundles = 3 + below(below(2) ? 16 : 120);
	if (rotates)
		bundles = 1 + below(below(4) ? 4 : 20);
	for (uint64_t n = 0; n < bundles; n++) {
		unsigned int template = n == bundles - 1 ? 0x11 : templates[below(sizeof(templates))];
		uint64_t s[3];

		for (unsigned int i = 0; i < 3; i++)
			s[i] = slot_for(template_unit(template, i), n);
		put_bundle(ram, n, template, s);
	}
	if (rotates)
		loop_again(ram);
}

void likely_dense_state(struct riven_state *s)
{
	bool aliases = below(2);

	s->ip = CODE;
	s->psr |= 0x30;
	s->cfm = 64 | 40ull << 7 | below(3) << 14 | below(8) << 18 | below(96) << 25 |
		 below(48) << 32;
	if (!(s->cfm >> 14 & 15))
		s->cfm &= ~(127ull << 18);
	for (uint32_t n = 0; n < NR_BASES; n++)
		s->gr[FIRST_BASE + n] = DATA + (below(0x400) & ~7ull) + (aliases ? n * ALIAS : 0) % RAM_SIZE;
	s->pr = next_random() | 1;
	s->nat[0] = s->nat[1] = 0;
	s->ar[65] = below(4) ? 1000 : below(10);
	s->ar[66] = below(100);
}
