// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which instruction a slot holds: templates, the index made from the opcode
 * table at build time, and what becomes of reserved encodings.
 */
#include <gvmm/isa/decode.h>
#include <gvmm/isa/encoding.h>

/* An inner node of the index: looks at width bits from bit lo. */
struct index_node {
	uint16_t base;		/* of its leaves */
	uint8_t lo, width;
};

#include <isa-index.h>

/* A leaf that names another node rather than an instruction. */
#define LEAF_NODE	0x8000

static const struct {
	uint64_t match, mask;
} encodings[RIVEN_NR_OPS] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ match, mask },
#include <gvmm/isa/opcodes.def>
#undef OP
};

static const uint8_t op_formats[RIVEN_NR_OPS] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) FMT_##format,
#include <gvmm/isa/opcodes.def>
#undef OP
};

static const uint8_t op_units[RIVEN_NR_OPS] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) UNIT_##unit,
#include <gvmm/isa/opcodes.def>
#undef OP
};

static const uint8_t op_aux[RIVEN_NR_OPS] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) (aux),
#include <gvmm/isa/opcodes.def>
#undef OP
};

const uint8_t riven_op_flags[RIVEN_NR_OPS] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) (flags),
#include <gvmm/isa/opcodes.def>
#undef OP
};

static const char op_mnemonics[RIVEN_NR_OPS][20] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) mnemonic,
#include <gvmm/isa/opcodes.def>
#undef OP
};

const char *op_mnemonic(unsigned int op)
{
	return op_mnemonics[op];
}

enum op_unit op_unit(unsigned int op)
{
	return op_units[op];
}

enum op_format op_format(unsigned int op)
{
	return op_formats[op];
}

/* SDM 3:4, table 4-2; bit n of stops is a stop after slot n. */
static const struct {
	uint8_t unit[3];
	uint8_t stops;
} templates[32] = {
	[0x00] = { { UNIT_M, UNIT_I, UNIT_I }, 0 },
	[0x01] = { { UNIT_M, UNIT_I, UNIT_I }, 4 },
	[0x02] = { { UNIT_M, UNIT_I, UNIT_I }, 2 },
	[0x03] = { { UNIT_M, UNIT_I, UNIT_I }, 6 },
	[0x04] = { { UNIT_M, UNIT_L, UNIT_X }, 0 },
	[0x05] = { { UNIT_M, UNIT_L, UNIT_X }, 4 },
	[0x08] = { { UNIT_M, UNIT_M, UNIT_I }, 0 },
	[0x09] = { { UNIT_M, UNIT_M, UNIT_I }, 4 },
	[0x0a] = { { UNIT_M, UNIT_M, UNIT_I }, 1 },
	[0x0b] = { { UNIT_M, UNIT_M, UNIT_I }, 5 },
	[0x0c] = { { UNIT_M, UNIT_F, UNIT_I }, 0 },
	[0x0d] = { { UNIT_M, UNIT_F, UNIT_I }, 4 },
	[0x0e] = { { UNIT_M, UNIT_M, UNIT_F }, 0 },
	[0x0f] = { { UNIT_M, UNIT_M, UNIT_F }, 4 },
	[0x10] = { { UNIT_M, UNIT_I, UNIT_B }, 0 },
	[0x11] = { { UNIT_M, UNIT_I, UNIT_B }, 4 },
	[0x12] = { { UNIT_M, UNIT_B, UNIT_B }, 0 },
	[0x13] = { { UNIT_M, UNIT_B, UNIT_B }, 4 },
	[0x16] = { { UNIT_B, UNIT_B, UNIT_B }, 0 },
	[0x17] = { { UNIT_B, UNIT_B, UNIT_B }, 4 },
	[0x18] = { { UNIT_M, UNIT_M, UNIT_B }, 0 },
	[0x19] = { { UNIT_M, UNIT_M, UNIT_B }, 4 },
	[0x1c] = { { UNIT_M, UNIT_F, UNIT_B }, 0 },
	[0x1d] = { { UNIT_M, UNIT_F, UNIT_B }, 4 },
};

enum op_unit template_unit(unsigned int template, unsigned int slot)
{
	return templates[template & 31].unit[slot];
}

bool template_stop(unsigned int template, unsigned int slot)
{
	return templates[template & 31].stops >> slot & 1;
}

unsigned int decode_lookup(enum op_unit unit, uint64_t slot)
{
	unsigned int entry, row;

	switch (unit) {
	case UNIT_M:
		row = 0;
		break;
	case UNIT_I:
		row = 1;
		break;
	case UNIT_F:
		row = 2;
		break;
	case UNIT_B:
		row = 3;
		break;
	case UNIT_X:
		row = 4;
		break;
	default:
		return OP_ILLEGAL;
	}
	entry = index_roots[row][slot >> 37 & 15];
	while (entry & LEAF_NODE) {
		const struct index_node *n = &index_nodes[entry & ~LEAF_NODE];

		entry = index_leaves[n->base + (slot >> n->lo & (((uint64_t)1 << n->width) - 1))];
	}
	return (slot & encodings[entry].mask) == encodings[entry].match ? entry : OP_ILLEGAL;
}

/*
 * A slot that holds no instruction (SDM 3:4.1, the shading of the opcode
 * tables). Outside of B slots the encoding is reserved where qp is true. In B
 * slots some are reserved always, and major opcodes 2, 3 and 6, the room for
 * more hints, are ignored.
 */
static unsigned int reserved_op(enum op_unit unit, uint64_t slot)
{
	unsigned int x6 = slot >> 27 & 0x3f;

	if (unit != UNIT_B)
		return OP_ILLEGAL_QP;
	switch (slot >> 37) {
	case 0:
		if (x6 == 0x01)
			return OP_NOP_B;
		return x6 >= 0x20 ? OP_ILLEGAL : OP_ILLEGAL_QP;
	case 2:
	case 3:
	case 6:
		return OP_NOP_B;
	default:
		return OP_ILLEGAL;
	}
}

static void decode_slot(struct insn *i, enum op_unit unit, unsigned int nr, uint64_t slot,
			uint64_t lslot)
{
	unsigned int op = decode_lookup(unit, slot);

	*i = (struct insn){ .qp = slot & 0x3f };
	if (op == OP_ILLEGAL)
		op = reserved_op(unit, slot);
	else if (!decode_operands(i, op_formats[op], slot, lslot))
		op = OP_ILLEGAL_QP;
	/* Illegal whatever the predicate is (SDM 3:2, br and alloc). */
	if ((op_flags(op) & F_SLOT2 && nr != 2) || ((op == OP_ALLOC || op == OP_BR_IA) && i->qp))
		op = OP_ILLEGAL;
	if (op == OP_ILLEGAL || op == OP_ILLEGAL_QP)
		*i = (struct insn){ .qp = slot & 0x3f };
	if (op_flags(op) & F_NOPRED)
		i->qp = 0;
	i->op = op;
	i->aux = op_aux[op];
}

void decode_bundle(uint64_t lo, uint64_t hi, struct insn out[3], uint8_t *template)
{
	unsigned int t = lo & 31;

	*template = t;
	if (template_unit(t, 1) == UNIT_L) {
		decode_slot(&out[0], UNIT_M, 0, bundle_slot(lo, hi, 0), 0);
		decode_slot(&out[1], UNIT_X, 1, bundle_slot(lo, hi, 2), bundle_slot(lo, hi, 1));
		out[2] = (struct insn){ .op = OP_X2ND };
		return;
	}
	for (unsigned int n = 0; n < 3; n++) {
		enum op_unit unit = template_unit(t, n);

		if (unit == UNIT_NONE)
			out[n] = (struct insn){ .op = OP_ILLEGAL };
		else
			decode_slot(&out[n], unit, n, bundle_slot(lo, hi, n), 0);
	}
}
