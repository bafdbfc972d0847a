// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parallel operations on the elements of general registers (SDM 3:2; A9, A10, I1 to
 * I8, I29). Their results stay VECs until something else reads them; logic on two VECs
 * makes another. No operand has a NaT bit.
 */
#include "gvmm/cpu/exec-mm.h"
#include "gvmm/jit/build.h"

#define EACH_1(x)	((x) * 0x0101010101010101ull)
#define EACH_2(x)	((x) * 0x0001000100010001ull)

static ir_ref vec(struct translation *t, uint32_t n)
{
	return ir_vector(t, gr_any(t, n));
}

static ir_ref vec_k(struct translation *t, uint64_t value)
{
	return ir_vector(t, ir_k(t, value));
}

static bool is_vec(struct translation *t, uint32_t n)
{
	return t->ir[ir_index(gr_any(t, n))].type == IR_VEC;
}

static ir_ref par(struct translation *t, enum ir_par op, ir_ref a, ir_ref b)
{
	return ir_par(t, op, a, b, 0);
}

static ir_ref par_imm(struct translation *t, enum ir_par op, ir_ref a, uint32_t imm)
{
	return imm ? ir_par(t, op, a, IR_NONE, imm) : a;
}

/* What is one operation on r2 and r3; NR_IR_PARS: nothing. */
static enum ir_par direct(uint32_t op)
{
	switch (op) {
	case OP_PADD1:
		return PAR_ADD1;
	case OP_PADD2:
		return PAR_ADD2;
	case OP_PADD4:
		return PAR_ADD4;
	case OP_PADD1_SSS:
		return PAR_ADDS1;
	case OP_PADD2_SSS:
		return PAR_ADDS2;
	case OP_PADD1_UUU:
		return PAR_ADDU1;
	case OP_PADD2_UUU:
		return PAR_ADDU2;
	case OP_PSUB1:
		return PAR_SUB1;
	case OP_PSUB2:
		return PAR_SUB2;
	case OP_PSUB4:
		return PAR_SUB4;
	case OP_PSUB1_SSS:
		return PAR_SUBS1;
	case OP_PSUB2_SSS:
		return PAR_SUBS2;
	case OP_PSUB1_UUU:
		return PAR_SUBU1;
	case OP_PSUB2_UUU:
		return PAR_SUBU2;
	case OP_PAVG1_RAZ:
		return PAR_AVG1;
	case OP_PAVG2_RAZ:
		return PAR_AVG2;
	case OP_PCMP1_EQ:
		return PAR_EQ1;
	case OP_PCMP2_EQ:
		return PAR_EQ2;
	case OP_PCMP4_EQ:
		return PAR_EQ4;
	case OP_PCMP1_GT:
		return PAR_GT1;
	case OP_PCMP2_GT:
		return PAR_GT2;
	case OP_PCMP4_GT:
		return PAR_GT4;
	case OP_PMIN1_U:
		return PAR_MINU1;
	case OP_PMIN2:
		return PAR_MIN2;
	case OP_PMAX1_U:
		return PAR_MAXU1;
	case OP_PMAX2:
		return PAR_MAX2;
	case OP_PSAD1:
		return PAR_SAD1;
	case OP_PACK2_SSS:
		return PAR_PACKS2;
	case OP_PACK2_USS:
		return PAR_PACKU2;
	case OP_PACK4_SSS:
		return PAR_PACKS4;
	case OP_PSHL2:
		return PAR_SHLV2;
	case OP_PSHL4:
		return PAR_SHLV4;
	default:
		return NR_IR_PARS;
	}
}

/* Those whose elements of r3 come before those of r2, or that shift r3 by r2. */
static enum ir_par reversed(uint32_t op)
{
	switch (op) {
	case OP_UNPACK1_L:
		return PAR_LOW1;
	case OP_UNPACK2_L:
		return PAR_LOW2;
	case OP_UNPACK4_L:
	case OP_MIX4_R:
		return PAR_LOW4;
	case OP_UNPACK1_H:
		return PAR_HIGH1;
	case OP_UNPACK2_H:
		return PAR_HIGH2;
	case OP_UNPACK4_H:
	case OP_MIX4_L:
		return PAR_HIGH4;
	case OP_MIX1_R:
		return PAR_EVEN1;
	case OP_MIX1_L:
		return PAR_ODD1;
	case OP_MIX2_R:
		return PAR_EVEN2;
	case OP_MIX2_L:
		return PAR_ODD2;
	case OP_PSHR2:
		return PAR_SARV2;
	case OP_PSHR4:
		return PAR_SARV4;
	case OP_PSHR2_U:
		return PAR_SHRV2;
	case OP_PSHR4_U:
		return PAR_SHRV4;
	default:
		return NR_IR_PARS;
	}
}

/* Elements of r3 with zeroes, or wider: IR_NONE when it is neither. */
static ir_ref widened(struct translation *t, enum ir_par op, const struct insn *i)
{
	ir_ref a;

	if (!ir_is(t, gr_any(t, i->r2), 0))
		return IR_NONE;
	switch (op) {
	case PAR_LOW1:
		return ir_par(t, PAR_WIDEN1, vec(t, i->r3), IR_NONE, 0);
	case PAR_LOW2:
		return ir_par(t, PAR_WIDEN2, vec(t, i->r3), IR_NONE, 0);
	case PAR_HIGH1:
	case PAR_HIGH2:
		a = is_vec(t, i->r3) ? ir_par(t, PAR_DOWN, vec(t, i->r3), IR_NONE, 0) :
				       ir_vector(t, ir_unary(t, IR_SHR, gr(t, i->r3), 32));
		return ir_par(t, op == PAR_HIGH1 ? PAR_WIDEN1 : PAR_WIDEN2, a, IR_NONE, 0);
	default:
		return IR_NONE;
	}
}

/* Halves of two registers, for which general registers do as well. */
static ir_ref halves(struct translation *t, enum ir_par op, const struct insn *i)
{
	ir_ref high, low;

	if ((op != PAR_LOW4 && op != PAR_HIGH4) || is_vec(t, i->r2) || is_vec(t, i->r3))
		return IR_NONE;
	high = gr(t, i->r2);
	low = gr(t, i->r3);
	if (op == PAR_HIGH4) {
		high = ir_unary(t, IR_SHR, high, 32);
		low = ir_unary(t, IR_SHR, low, 32);
	}
	low = ir_sized(t, IR_ZXT, low, 4);
	if (op == PAR_LOW4 && gr(t, i->r2) == gr(t, i->r3))
		high = low;
	return ir_binary(t, IR_OR, ir_unary(t, IR_SHL, high, 32), low);
}

static ir_ref two_operands(struct translation *t, const struct insn *i)
{
	enum ir_par op = direct(i->op);
	ir_ref r;

	if (op != NR_IR_PARS)
		return par(t, op, vec(t, i->r2), vec(t, i->r3));
	op = reversed(i->op);
	if (op == NR_IR_PARS)
		return IR_NONE;
	r = halves(t, op, i);
	if (r == IR_NONE)
		r = widened(t, op, i);
	return r != IR_NONE ? r : par(t, op, vec(t, i->r3), vec(t, i->r2));
}

static ir_ref shift(struct translation *t, const struct insn *i)
{
	uint32_t count = i->imm & 31;

	switch (i->op) {
	case OP_PSHL2_IMM:
		return par_imm(t, PAR_SHL2, vec(t, i->r2), count);
	case OP_PSHL4_IMM:
		return par_imm(t, PAR_SHL4, vec(t, i->r2), count);
	case OP_PSHR2_IMM:
		return par_imm(t, PAR_SAR2, vec(t, i->r3), count);
	case OP_PSHR2_U_IMM:
		return par_imm(t, PAR_SHR2, vec(t, i->r3), count);
	case OP_PSHR4_IMM:
		return par_imm(t, PAR_SAR4, vec(t, i->r3), count);
	case OP_PSHR4_U_IMM:
		return par_imm(t, PAR_SHR4, vec(t, i->r3), count);
	default:
		return IR_NONE;
	}
}

/* The first operand and the result unsigned, the second signed: about the middle. */
static ir_ref about_middle(struct translation *t, enum ir_par op, uint64_t middle,
			   const struct insn *i)
{
	ir_ref k = vec_k(t, middle);

	return par(t, PAR_XOR, par(t, op, par(t, PAR_XOR, vec(t, i->r2), k), vec(t, i->r3)), k);
}

/*
 * Half of the sum or difference, and its last bit where one was shifted out. AVG is
 * rounded up, by exactly that bit; with the complement of b it is half the
 * difference, plus half of the range.
 */
static ir_ref average(struct translation *t, const struct insn *i, bool difference, bool bytes)
{
	ir_ref a = vec(t, i->r2), b = vec(t, i->r3), last, half;
	uint64_t top = bytes ? EACH_1(0x80ull) : EACH_2(0x8000ull);

	last = par(t, PAR_AND, par(t, PAR_XOR, a, b), vec_k(t, bytes ? EACH_1(1ull) : EACH_2(1ull)));
	if (difference) {
		half = par(t, bytes ? PAR_AVG1 : PAR_AVG2, a, par(t, PAR_XOR, b, vec_k(t, ~0ull)));
		half = par(t, PAR_XOR, half, vec_k(t, top));
	} else {
		half = par(t, bytes ? PAR_SUB1 : PAR_SUB2,
			   par(t, bytes ? PAR_AVG1 : PAR_AVG2, a, b), last);
	}
	return par(t, PAR_OR, half, last);
}

/* 16 bits of each product, from bit count up. */
static ir_ref multiply(struct translation *t, const struct insn *i, uint32_t count)
{
	ir_ref a = vec(t, i->r2), b = vec(t, i->r3), high, low;

	low = par(t, PAR_MULL2, a, b);
	if (!count)
		return low;
	high = par(t, i->aux ? PAR_MULHU2 : PAR_MULH2, a, b);
	if (count == 16)
		return high;
	return par(t, PAR_OR, ir_par(t, PAR_SHL2, high, IR_NONE, 16 - count),
		   ir_par(t, PAR_SHR2, low, IR_NONE, count));
}

/* Products of the odd or the even halves: the other ones with 0. */
static ir_ref multiply_wide(struct translation *t, const struct insn *i)
{
	ir_ref a = vec(t, i->r2), b = vec(t, i->r3);

	if (i->op == OP_PMPY2_R)
		b = ir_par(t, PAR_SHL4, b, IR_NONE, 16);
	else
		a = ir_par(t, PAR_SHR4, a, IR_NONE, 16);
	return par(t, PAR_MADD2, a, ir_par(t, PAR_SHR4, b, IR_NONE, 16));
}

/* A shift that saturates is the result; else r3 is added. */
static ir_ref shift_left_add(struct translation *t, const struct insn *i)
{
	ir_ref a = vec(t, i->r2), shifted = a, fits;
	uint32_t count = i->imm & 3, n;

	fits = par_imm(t, PAR_SAR2, par_imm(t, PAR_SHL2, a, count), count);
	fits = par(t, PAR_EQ2, fits, a);
	for (n = 0; n < count; n++)
		shifted = par(t, PAR_ADDS2, shifted, shifted);
	return par(t, PAR_ADDS2, shifted, par(t, PAR_AND, fits, vec(t, i->r3)));
}

static ir_ref arithmetic(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_PADD1_UUS:
		return about_middle(t, PAR_ADDS1, EACH_1(0x80ull), i);
	case OP_PADD2_UUS:
		return about_middle(t, PAR_ADDS2, EACH_2(0x8000ull), i);
	case OP_PSUB1_UUS:
		return about_middle(t, PAR_SUBS1, EACH_1(0x80ull), i);
	case OP_PSUB2_UUS:
		return about_middle(t, PAR_SUBS2, EACH_2(0x8000ull), i);
	case OP_PAVG1:
	case OP_PAVG2:
		return average(t, i, false, i->op == OP_PAVG1);
	case OP_PAVGSUB1:
	case OP_PAVGSUB2:
		return average(t, i, true, i->op == OP_PAVGSUB1);
	case OP_PMPYSHR2:
	case OP_PMPYSHR2_U:
		return (i->imm & 31) > 16 ? IR_NONE : multiply(t, i, i->imm & 31);
	case OP_PMPY2_R:
	case OP_PMPY2_L:
		return multiply_wide(t, i);
	case OP_PSHLADD2:
		return shift_left_add(t, i);
	case OP_PSHRADD2:
		return par(t, PAR_ADDS2, par_imm(t, PAR_SAR2, vec(t, i->r2), i->imm & 3),
			   vec(t, i->r3));
	default:
		return IR_NONE;
	}
}

/* The first zero element from the right: its top bit is the lowest one that the trick leaves. */
static ir_ref zero_index(struct translation *t, const struct insn *i)
{
	bool bytes = !(i->aux & 3);
	ir_ref a = gr(t, i->r3), r;

	/* An element that is 0 is so with its bytes reversed. */
	if (i->aux & 4)
		a = ir_sized(t, IR_BSWAP, a, 8);
	r = ir_binary(t, IR_ADD, a, ir_k(t, bytes ? -EACH_1(1ull) : -EACH_2(1ull)));
	r = ir_binary(t, IR_ANDN, r, a);
	r = ir_binary(t, IR_AND, r, ir_k(t, bytes ? EACH_1(0x80ull) : EACH_2(0x8000ull)));
	return ir_unary(t, IR_SHR, ir_unary(t, IR_CTZ, r, 0), bytes ? 3 : 4);
}

static ir_ref bytes_in_order(struct translation *t, const struct insn *i)
{
	bool v = is_vec(t, i->r2);

	switch (i->imm & 15) {
	case MUX1_BRCST:
		return v ? ir_par(t, PAR_ORDER1, vec(t, i->r2), IR_NONE, ORDER_BRCST) :
			   ir_pair(t, IR_MUL, ir_sized(t, IR_ZXT, gr(t, i->r2), 1),
				   ir_k(t, EACH_1(1ull)), 0);
	case MUX1_MIX:
		return ir_par(t, PAR_ORDER1, vec(t, i->r2), IR_NONE, ORDER_MIX);
	case MUX1_SHUF:
		return ir_par(t, PAR_ORDER1, vec(t, i->r2), IR_NONE, ORDER_SHUF);
	case MUX1_ALT:
		return ir_par(t, PAR_ORDER1, vec(t, i->r2), IR_NONE, ORDER_ALT);
	case MUX1_REV:
		return v ? ir_par(t, PAR_ORDER1, vec(t, i->r2), IR_NONE, ORDER_REV) :
			   ir_sized(t, IR_BSWAP, gr(t, i->r2), 8);
	default:
		return IR_NONE;
	}
}

/* and, or, xor, andcm: of two VECs, or of one and a number. */
static ir_ref logic(struct translation *t, const struct insn *i)
{
	ir_ref a, b;
	bool va, vb;

	if (i->op != OP_AND && i->op != OP_OR && i->op != OP_XOR && i->op != OP_ANDCM)
		return IR_NONE;
	a = gr_any(t, i->r2);
	b = gr_any(t, i->r3);
	va = t->ir[ir_index(a)].type == IR_VEC;
	vb = t->ir[ir_index(b)].type == IR_VEC;
	if (!va || !vb || a == b)
		return IR_NONE;
	return par(t, i->op == OP_AND ? PAR_AND : i->op == OP_OR ? PAR_OR :
		      i->op == OP_XOR ? PAR_XOR : PAR_ANDN, a, b);
}

static ir_ref result(struct translation *t, const struct insn *i)
{
	ir_ref r;

	switch (i->op) {
	case OP_CZX1_L:
	case OP_CZX1_R:
	case OP_CZX2_L:
	case OP_CZX2_R:
		return zero_index(t, i);
	case OP_MUX1:
		return bytes_in_order(t, i);
	case OP_MUX2:
		return ir_par(t, PAR_ORDER2, vec(t, i->r2), IR_NONE, i->imm & 0xff);
	default:
		break;
	}
	r = two_operands(t, i);
	if (r == IR_NONE)
		r = shift(t, i);
	if (r == IR_NONE)
		r = arithmetic(t, i);
	return r;
}

bool build_parallel(struct translation *t, const struct insn *i)
{
	ir_ref r;

	if ((op_unit(i->op) != UNIT_A && op_unit(i->op) != UNIT_I) || !target_ok(t, i->r1))
		return false;
	r = logic(t, i);
	if (r == IR_NONE)
		r = result(t, i);
	if (r == IR_NONE)
		return false;
	set_gr(t, qualifier(t, i), i->r1, r);
	return true;
}
