// SPDX-License-Identifier: GPL-2.0-only
/* Integer arithmetic, logic, shifts and bit fields. Results without a NaT bit only. */
#include "gvmm/jit/build.h"

static uint32_t clip(uint32_t pos, uint32_t len)
{
	return pos + len > 64 ? 64 - pos : len;
}

static uint64_t low_mask(uint32_t len)
{
	return ~0ull >> (64 - len);
}

static bool is_size(uint32_t len)
{
	return len == 8 || len == 16 || len == 32;
}

/* Bits pos .. pos + len of a at the bottom, the sign above. */
static ir_ref extract_signed(struct translation *t, ir_ref a, uint32_t pos, uint32_t len)
{
	if (pos + len == 64)
		return ir_unary(t, IR_SAR, a, pos);
	if (is_size(pos + len))
		return ir_unary(t, IR_SAR, ir_sized(t, IR_SXT, a, (pos + len) / 8), pos);
	if (is_size(len))
		return ir_sized(t, IR_SXT, ir_unary(t, IR_ROR, a, pos), len / 8);
	return ir_unary(t, IR_SAR, ir_unary(t, IR_SHL, a, 64 - pos - len), 64 - len);
}

static ir_ref extract(struct translation *t, ir_ref a, uint32_t pos, uint32_t len)
{
	if (pos + len == 64 || ir_bits(t, a, IR_BITS_DEPTH) <= pos + len)
		return ir_unary(t, IR_SHR, a, pos);
	if (pos + len == 32)
		return ir_short(t, IR_SHR, a, pos);
	if (is_size(pos + len))
		return ir_unary(t, IR_SHR, ir_sized(t, IR_ZXT, a, (pos + len) / 8), pos);
	/* What a rotation brings to the top is cut off. */
	if (len < 32 || is_size(len))
		return ir_binary(t, IR_AND, ir_unary(t, IR_ROR, a, pos), ir_k(t, low_mask(len)));
	return ir_unary(t, IR_SHR, ir_unary(t, IR_SHL, a, 64 - pos - len), 64 - len);
}

static ir_ref deposit_zero(struct translation *t, ir_ref a, uint32_t pos, uint32_t len)
{
	if (pos + len == 64 || ir_bits(t, a, IR_BITS_DEPTH) <= len)
		return ir_unary(t, IR_SHL, a, pos);
	if (pos + len == 32)
		return ir_short(t, IR_SHL, a, pos);
	if (is_size(len))
		return ir_unary(t, IR_SHL, ir_sized(t, IR_ZXT, a, len / 8), pos);
	if (pos + len < 32)
		return ir_binary(t, IR_AND, ir_unary(t, IR_SHL, a, pos),
				 ir_k(t, low_mask(len) << pos));
	if (len < 32)
		return ir_unary(t, IR_SHL, ir_binary(t, IR_AND, a, ir_k(t, low_mask(len))), pos);
	return ir_unary(t, IR_SHR, ir_unary(t, IR_SHL, a, 64 - len), 64 - len - pos);
}

/* The field at pos of b becomes the low bits of a. */
static ir_ref deposit(struct translation *t, ir_ref a, ir_ref b, uint32_t pos, uint32_t len)
{
	uint64_t field = low_mask(len) << pos;
	ir_ref x;

	if (len == 64)
		return a;
	/* Nothing of the one is where the other is. */
	if (ir_bits(t, b, IR_BITS_DEPTH) <= pos)
		return ir_binary(t, IR_OR, deposit_zero(t, a, pos, len), b);
	if (pos + len == 64 && pos <= 32)
		return ir_binary(t, IR_OR, ir_unary(t, IR_SHL, a, pos),
				 ir_binary(t, IR_AND, b, ir_k(t, low_mask(pos))));
	x = ir_binary(t, IR_XOR, ir_unary(t, IR_SHL, a, pos), b);
	return ir_binary(t, IR_XOR, ir_binary(t, IR_AND, x, ir_k(t, field)), b);
}

static ir_ref shladd(struct translation *t, ir_ref a, ir_ref b, uint32_t count)
{
	uint64_t x;

	/* Of a known number it is an addition, and to 0 a shift. */
	if (count > 3 || ir_known(t, a, &x) || ir_is(t, b, 0))
		return ir_binary(t, IR_ADD, ir_unary(t, IR_SHL, a, count), b);
	return ir_pair(t, IR_SHLADD, a, b, count);
}

/* A 32-bit sum; bits 31:30 of the base select the region (SDM 3:2, addp4). */
static ir_ref pointer4(struct translation *t, ir_ref sum, ir_ref base)
{
	ir_ref region = ir_unary(t, IR_SHL, ir_short(t, IR_SHR, base, 30), 61);

	return ir_binary(t, IR_OR, ir_sized(t, IR_ZXT, sum, 4), region);
}

static ir_ref funnel(struct translation *t, ir_ref high, ir_ref low, uint32_t pos)
{
	if (high == low)
		return ir_unary(t, IR_ROR, low, pos);
	if (!pos)
		return low;
	if (ir_is(t, high, 0))
		return ir_unary(t, IR_SHR, low, pos);
	return ir_pair(t, IR_SHRP, high, low, pos);
}

static ir_ref shifts(struct translation *t, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t field;

	switch (i->op) {
	case OP_SHL:
		return ir_shift_by(t, IR_SHLV, gr(t, i->r2), gr(t, i->r3));
	case OP_SHR:
		return ir_shift_by(t, IR_SARV, gr(t, i->r3), gr(t, i->r2));
	case OP_SHR_U:
		return ir_shift_by(t, IR_SHRV, gr(t, i->r3), gr(t, i->r2));
	case OP_SHRP:
		return funnel(t, gr(t, i->r2), gr(t, i->r3), pos);
	case OP_EXTR:
		return extract_signed(t, gr(t, i->r3), pos, len);
	case OP_EXTR_U:
		return extract(t, gr(t, i->r3), pos, len);
	case OP_DEP_Z:
		return deposit_zero(t, gr(t, i->r2), pos, len);
	case OP_DEP_IMM:
		field = low_mask(len) << pos;
		return i->r2 ? ir_binary(t, IR_OR, gr(t, i->r3), ir_k(t, field)) :
			       ir_binary(t, IR_AND, gr(t, i->r3), ir_k(t, ~field));
	case OP_DEP:
		return deposit(t, gr(t, i->r2), gr(t, i->r3), pos, len);
	case OP_ZXT1:
	case OP_ZXT2:
	case OP_ZXT4:
		return ir_sized(t, IR_ZXT, gr(t, i->r3), 1u << i->aux);
	case OP_SXT1:
	case OP_SXT2:
	case OP_SXT4:
		return ir_sized(t, IR_SXT, gr(t, i->r3), 1u << i->aux);
	case OP_POPCNT:
		return ir_unary(t, IR_POPCNT, gr(t, i->r3), 0);
	default:
		return IR_NONE;
	}
}

static ir_ref moves(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_MOVL:
	case OP_DEP_Z_IMM:
		return ir_k(t, (uint64_t)i->imm);
	case OP_MOV_FROM_IP:
		return ir_k(t, t->bundle[t->at].ip);
	case OP_MOV_FROM_BR:
		return get(t, LOC_BR + (i->r2 & 7));
	default:
		return shifts(t, i);
	}
}

static ir_ref result(struct translation *t, const struct insn *i)
{
	ir_ref a;

	switch (i->op) {
	case OP_ADD:
		return ir_binary(t, IR_ADD, gr(t, i->r2), gr(t, i->r3));
	case OP_SUB:
		return ir_binary(t, IR_SUB, gr(t, i->r2), gr(t, i->r3));
	case OP_AND:
		return ir_binary(t, IR_AND, gr(t, i->r2), gr(t, i->r3));
	case OP_OR:
		return ir_binary(t, IR_OR, gr(t, i->r2), gr(t, i->r3));
	case OP_XOR:
		return ir_binary(t, IR_XOR, gr(t, i->r2), gr(t, i->r3));
	case OP_ADD_1:
		return ir_add_imm(t, ir_binary(t, IR_ADD, gr(t, i->r2), gr(t, i->r3)), 1);
	case OP_SUB_1:
		return ir_add_imm(t, ir_binary(t, IR_SUB, gr(t, i->r2), gr(t, i->r3)), -1);
	case OP_ANDCM:
		return ir_binary(t, IR_ANDN, gr(t, i->r2), gr(t, i->r3));
	case OP_ANDCM_IMM:
		return ir_binary(t, IR_ANDN, ir_k(t, (uint64_t)i->imm), gr(t, i->r3));
	case OP_ADDS:
	case OP_ADDL:
		return ir_add_imm(t, gr(t, i->r3), i->imm);
	case OP_SUB_IMM:
		return ir_binary(t, IR_SUB, ir_k(t, (uint64_t)i->imm), gr(t, i->r3));
	case OP_AND_IMM:
		return ir_binary(t, IR_AND, gr(t, i->r3), ir_k(t, (uint64_t)i->imm));
	case OP_OR_IMM:
		return ir_binary(t, IR_OR, gr(t, i->r3), ir_k(t, (uint64_t)i->imm));
	case OP_XOR_IMM:
		return ir_binary(t, IR_XOR, gr(t, i->r3), ir_k(t, (uint64_t)i->imm));
	case OP_SHLADD:
		return shladd(t, gr(t, i->r2), gr(t, i->r3), (uint32_t)i->imm);
	case OP_ADDP4:
		a = ir_binary(t, IR_ADD, gr(t, i->r2), gr(t, i->r3));
		return pointer4(t, a, gr(t, i->r3));
	case OP_SHLADDP4:
		a = ir_unary(t, IR_SHL, gr(t, i->r2), i->imm);
		return pointer4(t, ir_binary(t, IR_ADD, a, gr(t, i->r3)), gr(t, i->r3));
	case OP_ADDP4_IMM:
		return pointer4(t, ir_add_imm(t, gr(t, i->r3), i->imm), gr(t, i->r3));
	default:
		return moves(t, i);
	}
}

bool build_alu(struct translation *t, const struct insn *i)
{
	ir_ref qp, r;

	if (i->op == OP_MOV_TO_BR || i->op == OP_MOV_RET_TO_BR) {
		qp = qualifier(t, i);
		set_loc(t, qp, LOC_BR + (i->r1 & 7), gr(t, i->r2));
		return true;
	}
	if (op_unit(i->op) != UNIT_A && op_unit(i->op) != UNIT_I && op_unit(i->op) != UNIT_X)
		return false;
	if (!target_ok(t, i->r1))
		return false;
	r = result(t, i);
	if (r == IR_NONE)
		return false;
	set_gr(t, qualifier(t, i), i->r1, r);
	return true;
}
