// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translates one instruction of each opcode, and some sequences, and writes down the host
 * code: what tests/bench/codegen counts.
 *
 * usage: codegen-blocks SEQUENCES TABLE CODE
 *
 * SEQUENCES: guest code, at most 1 MiB; stdin has a line "NAME OFFSET BUNDLES" for
 * each of them.
 * TABLE gets a line "NAME GUEST-SLOTS OFFSET MAIN SIZE" for each block (MAIN: bytes of its
 * main path), CODE the code itself, in which what is data has become int3.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/encoding.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/jit.h"
#include "tests/fuzz/world.h"

#define RAM_SIZE	(8ull << 20)
#define CODE		0x100000ull
#define SEQUENCES_MAX	(1u << 20)
#define CACHE_SIZE	(64ull << 20)
#define NOP		(1ull << 27)	/* nop.m, nop.i, nop.f, nop.x */
#define NOP_B		(2ull << 37)

struct row {
	uint64_t match, mask;
	const char *name;
	uint8_t unit;
};

static const struct row rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	[OP_##id] = { match, mask, #id, UNIT_##unit },
#include "gvmm/isa/opcodes.def"
#undef OP
};

/* r8, r9, r10 or the like where there are registers; p0. */
enum { GR8 = 8 << 6, GR9 = 9 << 13, GR10 = 10 << 20 };
/* The field of an application or control register; bit 14 of an immediate is its lowest. */
enum { CCV = 32 << 20, LC = 65 << 20, IIP = 19 << 20, IFA = 20 << 20, PSR_I_BIT = 1 << 20 };
enum { PSR_AC_BIT = 1 << 9 };

/* What kernels and compilers make, where those operands are not. */
static const struct {
	uint16_t op;
	uint32_t operands;
} usual[] = {
	{ OP_SSM, PSR_I_BIT },
	{ OP_RSM, PSR_I_BIT },
	{ OP_SUM, PSR_AC_BIT },
	{ OP_RUM, PSR_AC_BIT },
	{ OP_MOV_TO_CR, GR9 | IIP },
	{ OP_MOV_FROM_CR, GR8 | IFA },
	{ OP_MOV_M_FROM_AR, GR8 | CCV },
	{ OP_MOV_M_TO_AR, GR9 | CCV },
	{ OP_MOV_M_TO_AR_IMM, GR9 | CCV },
	{ OP_MOV_I_FROM_AR, GR8 | LC },
	{ OP_MOV_I_TO_AR, GR9 | LC },
	{ OP_MOV_I_TO_AR_IMM, GR9 | LC },
};

/* f9 and f10 are integers for these. */
static const uint16_t integer_ops[] = {
	OP_GETF_SIG, OP_XMA_L, OP_XMA_H, OP_XMA_HU, OP_STF8, OP_STF8_IMM, OP_FCVT_XF,
};

static uint32_t operands_of(uint32_t op)
{
	for (size_t n = 0; n < sizeof(usual) / sizeof(usual[0]); n++)
		if (usual[n].op == op)
			return usual[n].operands;
	return GR8 | GR9 | GR10;
}

static bool is_integer_op(uint32_t op)
{
	for (size_t n = 0; n < sizeof(integer_ops) / sizeof(integer_ops[0]); n++)
		if (integer_ops[n] == op)
			return true;
	return false;
}

static void put_bundle(uint8_t *at, unsigned int template, const uint64_t s[3])
{
	uint64_t lo = template | s[0] << 5 | s[1] << 46, hi = s[1] >> 18 | s[2] << 23;

	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

/* A bundle with an instruction of this opcode and nops; false: there is none with plain operands. */
static bool make_op(uint8_t *at, uint32_t op)
{
	const struct row *r = &rows[op];
	uint64_t insn = r->match | ((uint64_t)operands_of(op) & ~r->mask), lo, hi;
	unsigned int template, slot = 0;
	uint64_t s[3] = { NOP, NOP, NOP };
	struct insn decoded[3];
	uint8_t t;

	switch (r->unit) {
	case UNIT_A:
	case UNIT_M:
		template = 0x01;
		break;
	case UNIT_I:
		template = 0x01;
		slot = 1;
		break;
	case UNIT_F:
		template = 0x0d;
		slot = 1;
		break;
	case UNIT_B:
		template = 0x11;
		slot = 2;
		break;
	case UNIT_X:
		template = 0x05;
		slot = 2;
		s[1] = 0;
		break;
	default:
		return false;
	}
	s[slot] = insn;
	put_bundle(at, template, s);
	memcpy(&lo, at, 8);
	memcpy(&hi, at + 8, 8);
	decode_bundle(lo, hi, decoded, &t);
	/* A long instruction is in slot 1 when it is decoded. */
	return decoded[slot].op == op || (slot == 2 && decoded[1].op == op);
}

static struct vcpu *vcpu_of(struct world *w)
{
	return (struct vcpu *)(w->area + RIVEN_VCPU_STATE);
}

/*
 * The code must not depend on the processor that happens to count it: one that has
 * everything. As in a world a displacement reaches the handlers.
 */
static void prepare(struct world *w)
{
	struct vcpu *v = vcpu_of(w);

	cache_prepare(v);
	v->jit->to_rx = (const uint8_t *)exec_offset - v->jit->rw;
	v->jit->cpu = CPU_BMI1 | CPU_BMI2 | CPU_MOVBE | CPU_FMA | CPU_AVX2;
}

/* The block for ip, of so many bundles at most. Ends the program if there is none. */
static const struct block *translate(struct world *w, const char *name, uint64_t ip, uint32_t limit)
{
	struct vcpu *v = vcpu_of(w);
	struct key key = {
		.ip = ip, .gpa = ip, .frame = v->frame,
		.flags = key_flags(v) | limit << KEY_LIMIT_SHIFT,
	};
	const struct block *b = translate_block(v, &key);

	if (b && !v->stats.block_errors)
		return b;
	fprintf(stderr, "codegen-blocks: %s cannot be translated\n", name);
	exit(1);
}

static void write_block(struct world *w, const char *name, const struct block *b, FILE *table,
			FILE *code)
{
	const struct jit *j = vcpu_of(w)->jit;

	fprintf(table, "%s %u %ld %u %u\n", name, b->bundles * 3, ftell(code), b->rest - b->code,
		b->end - b->code);
	for (uint32_t at = b->code; at < b->end; at++) {
		uint8_t byte = *cache_at(j, at);

		for (uint32_t l = b->links; l; l = link_at(j, l)->next)
			if (at - l < sizeof(struct link))
				byte = 0xcc;
		fputc(byte, code);
	}
}

static void usable_state(struct world *w)
{
	struct riven_state *s;

	world_command(w, RIVEN_CMD_GET_STATE);
	s = &w->run->state;
	s->ip = CODE;
	/* ic, dt, rt, it, bn; a frame of 32 registers, 24 local. */
	s->psr = 1ull << 13 | 1ull << 17 | 1ull << 27 | 1ull << 36 | 1ull << 44;
	s->cfm = 32 | 24 << 7;
	s->nat[0] = s->nat[1] = 0;
	world_command(w, RIVEN_CMD_SET_STATE);
}

static void all_ops(struct world *w, FILE *table, FILE *code)
{
	const uint64_t nops[3] = { NOP, NOP, NOP };

	put_bundle(w->ram + CODE, 0x01, nops);
	write_block(w, "nothing", translate(w, "nothing", CODE, 1), table, code);
	for (uint32_t op = 0; op < RIVEN_NR_OPS; op++) {
		struct vcpu *v = vcpu_of(w);
		uint64_t ip = CODE + 16 + op * 16;
		char name[64];

		if (!rows[op].name || !make_op(w->ram + ip, op) ||
		    exec_offset[op] == exec_offset[OP_NOP_M])
			continue;
		snprintf(name, sizeof(name), "op.%s", rows[op].name);
		v->fr[9].se = v->fr[10].se = is_integer_op(op) ? FP_EXP_INTEGER : FPREG_DOUBLE;
		write_block(w, name, translate(w, name, ip, 1), table, code);
	}
}

static bool all_sequences(struct world *w, const char *path, FILE *table, FILE *code)
{
	FILE *f = fopen(path, "rb");
	size_t size;
	char name[48];
	unsigned int offset, bundles;

	if (!f)
		return false;
	memset(w->ram + CODE, 0, SEQUENCES_MAX);
	size = fread(w->ram + CODE, 1, SEQUENCES_MAX, f);
	fclose(f);
	while (scanf("%47s %u %u", name, &offset, &bundles) == 3) {
		char full[64];

		if (offset >= size || !bundles)
			return false;
		snprintf(full, sizeof(full), "seq.%s", name);
		write_block(w, full, translate(w, full, CODE + offset, bundles), table, code);
	}
	return true;
}

int main(int argc, char **argv)
{
	FILE *table = argc == 4 ? fopen(argv[2], "w") : NULL;
	FILE *code = argc == 4 ? fopen(argv[3], "wb") : NULL;
	struct world w;

	if (!table || !code) {
		fprintf(stderr, "usage: codegen-blocks SEQUENCES TABLE CODE\n");
		return 2;
	}
	world_create(&w, RAM_SIZE, 1024);
	world_translate(&w, CACHE_SIZE);
	usable_state(&w);
	prepare(&w);
	all_ops(&w, table, code);
	if (!all_sequences(&w, argv[1], table, code)) {
		fprintf(stderr, "codegen-blocks: %s: not the code that the names are for\n", argv[1]);
		return 1;
	}
	return fclose(table) || fclose(code);
}
