// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point arithmetic, compares, conversions and moves (docs/fp-invariants.md). */
#include "gvmm/jit/build-fr.h"

/* xma: f1 = f3 * f4 + f2 in integers (1:5.3.3). */
static bool fixed_multiply_add(struct translation *t, const struct insn *i)
{
	ir_ref a, b, c, r;

	if (!fr_target_ok(i->r1) || !fr_has_integer(t, i->r2) || !fr_has_integer(t, i->r3) ||
	    !fr_has_integer(t, i->r4))
		return false;
	fr_need(t, 0, i->r1, i->r2, i->r3, i->r4);
	a = fr_integer(t, i->r3);
	b = fr_integer(t, i->r4);
	c = fr_integer(t, i->r2);
	if (i->op == OP_XMA_L)
		r = ir_binary(t, IR_ADD, ir_add(t, IR_MUL, IR_I64, a, b, IR_NONE, 0), c);
	else
		r = ir_add(t, i->op == OP_XMA_H ? IR_MULH : IR_MULHU, IR_I64, a, b, c, 0);
	fr_set_integer(t, qualifier(t, i), i->r1, r);
	return true;
}

/* An operation that sets flags, done only if the instruction is; other: its value else. */
static ir_ref flagging(struct translation *t, ir_ref qp, uint32_t op, uint32_t type, ir_ref a,
		       ir_ref b, ir_ref c, int64_t imm, ir_ref other)
{
	ir_ref r = ir_add(t, op, type, a, b, c, imm);

	if (!ir_is(t, qp, 1)) {
		t->ir[r].guard = qp;
		t->ir[r].other = other;
	}
	return r;
}

/* f3 * f4 op f2 as operations: the operands in the order that rule 11 wants. */
struct sum {
	uint32_t op;
	uint32_t a, b, c;	/* registers; c: 0 for none */
	int64_t imm;
};

static struct sum sum_of(const struct insn *i, enum fp_fma_op op)
{
	bool by_f1 = i->r3 == 1;

	if (i->r2 == 0)
		return (struct sum){ IR_FMUL, i->r4, i->r3, 0, op == FP_FNMA };
	if (!by_f1 && i->r4 != 1)
		return (struct sum){ IR_FMA, i->r4, i->r3, i->r2, op };
	switch (op) {
	case FP_FMA:
		return by_f1 ? (struct sum){ IR_FADD, i->r4, i->r2, 0, 0 } :
			       (struct sum){ IR_FADD, i->r2, i->r3, 0, 0 };
	case FP_FMS:
		return by_f1 ? (struct sum){ IR_FSUB, i->r4, i->r2, 0, 0 } :
			       (struct sum){ IR_FSUB, i->r3, i->r2, 0, 1 };
	default:
		return by_f1 ? (struct sum){ IR_FSUB, i->r2, i->r4, 0, 1 } :
			       (struct sum){ IR_FSUB, i->r2, i->r3, 0, 0 };
	}
}

static enum fp_fma_op fma_op(const struct insn *i)
{
	switch (i->op) {
	case OP_FMS:
	case OP_FMS_S:
	case OP_FMS_D:
		return FP_FMS;
	case OP_FNMA:
	case OP_FNMA_S:
	case OP_FNMA_D:
		return FP_FNMA;
	default:
		return FP_FMA;
	}
}

/* What the target holds if the instruction is not done, where that can be a double. */
static ir_ref other_value(struct translation *t, ir_ref qp, uint32_t n, bool *keeps)
{
	*keeps = ir_is(t, qp, 1) || fr_has_double(t, n);
	if (ir_is(t, qp, 1))
		return IR_NONE;
	return *keeps ? fr_double(t, n) : ir_kd(t, 0);
}

static void set_result(struct translation *t, ir_ref qp, uint32_t n, bool keeps, ir_ref r)
{
	fr_set_double(t, keeps ? ir_bool(t, true) : qp, n, r);
}

static bool multiply_add(struct translation *t, const struct insn *i)
{
	struct sum s = sum_of(i, fma_op(i));
	ir_ref qp = qualifier(t, i), a, b, c = IR_NONE, r, other;
	bool keeps;

	if (i->imm || i->aux == PC_NONE || !fr_target_ok(i->r1) || !fr_has_double(t, i->r2) ||
	    !fr_has_double(t, i->r3) || !fr_has_double(t, i->r4) ||
	    (s.op == IR_FMA && !(t->jit->cpu & CPU_FMA)))
		return false;
	fr_need(t, FLOATS_MAIN, i->r1, i->r2, i->r3, i->r4);
	a = fr_double(t, s.a);
	b = fr_double(t, s.b);
	if (s.op == IR_FMA)
		c = fr_double(t, s.c);
	other = other_value(t, qp, i->r1, &keeps);
	r = flagging(t, qp, s.op, IR_F64, a, b, c, s.imm, other);
	if (i->aux == PC_S)
		r = flagging(t, qp, IR_FSINGLE, IR_F64, r, IR_NONE, IR_NONE, exit_before(t), other);
	set_result(t, qp, i->r1, keeps, r);
	return true;
}

/* fnorm, that is fma with f1 and f0, of an integer in f<n>: rounded to .d or .s. */
static bool normalize(struct translation *t, const struct insn *i)
{
	uint32_t n = i->r4 == 1 ? i->r3 : i->r4;
	ir_ref qp = qualifier(t, i), a, r, other;
	bool is_signed = fr_is_converted(t, n), keeps;

	if (i->imm || i->aux == PC_NONE || i->r2 || (i->r3 != 1 && i->r4 != 1) || n < 2 ||
	    fma_op(i) == FP_FNMA || !fr_target_ok(i->r1) ||
	    (!is_signed && fr_form(t, n) != FP_EXP_INTEGER))
		return false;
	/* An integer as it is in a register counts as unnormal below 2^63. */
	if (!is_signed && !ir_is(t, qp, 1))
		return false;
	fr_need(t, FLOATS_MAIN, i->r1, n, 0, 0);
	a = fr_word(t, n);
	other = other_value(t, qp, i->r1, &keeps);
	if (!is_signed)
		ir_add(t, IR_FLAGD, IR_VOID, a, IR_NONE, IR_NONE, 0);
	r = flagging(t, qp, IR_FROMI, IR_F64, a, IR_NONE, IR_NONE, !is_signed, other);
	t->ir[r].size = i->aux == PC_S ? 4 : 8;
	set_result(t, qp, i->r1, keeps, r);
	return true;
}

static bool minmax(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), a, b, r, other;
	bool keeps;

	if (i->imm || !fr_target_ok(i->r1) || !fr_has_double(t, i->r2) || !fr_has_double(t, i->r3))
		return false;
	fr_need(t, FLOATS_MAIN, i->r1, i->r2, i->r3, 0);
	a = fr_double(t, i->r2);
	b = fr_double(t, i->r3);
	other = other_value(t, qp, i->r1, &keeps);
	r = flagging(t, qp, i->op == OP_FMIN ? IR_FMIN : IR_FMAX, IR_F64, a, b, IR_NONE, 0, other);
	set_result(t, qp, i->r1, keeps, r);
	return true;
}

static ir_ref pr(struct translation *t, uint32_t n)
{
	return get(t, LOC_PR + pred_of(t, n));
}

/* The result of a compare, false if that is not done, to the predicates. */
static void set_predicates(struct translation *t, const struct insn *i, ir_ref qp, ir_ref r)
{
	ir_ref p1, p2;

	if (i->aux & FCMP_UNC) {
		p1 = ir_and(t, r, qp);
		p2 = ir_and(t, r ^ IR_NOT, qp);
	} else {
		p1 = ir_choose(t, qp, r, pr(t, i->r1));
		p2 = ir_choose(t, qp, r ^ IR_NOT, pr(t, i->r4));
	}
	set_pr(t, i->r1, p1);
	set_pr(t, i->r4, p2);
}

static bool compare(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), a, b, r;

	if (i->imm || i->r1 == i->r4 || !fr_has_double(t, i->r2) || !fr_has_double(t, i->r3))
		return false;
	fr_need(t, FLOATS_MAIN, 0, i->r2, i->r3, 0);
	a = fr_double(t, i->r2);
	b = fr_double(t, i->r3);
	r = flagging(t, qp, IR_FCMP, IR_BOOL, a, b, IR_NONE, i->aux & FCMP_REL,
		     ir_bool(t, false));
	set_predicates(t, i, qp, r);
	return true;
}

/*
 * Twice the bits of doubles of each class: from here on. Bits of fclass9 are in the order
 * of the classes' encodings, but for the two of signs.
 */
static const struct {
	uint64_t from;
	uint16_t bit;
} classes[] = {
	{ 0, 0x004 },				/* zero */
	{ 2, 0x008 },				/* unnormal: a denormal */
	{ 1ull << 53, 0x010 },			/* normal */
	{ 0xffe0000000000000, 0x020 },		/* infinity */
	{ 0xffe0000000000002, 0x040 },		/* signaling NaN */
	{ 0xfff0000000000000, 0x080 },		/* quiet NaN */
};

#define NR_CLASSES	(uint32_t)(sizeof(classes) / sizeof(classes[0]))

/* Is x, twice the bits of a double, of one of the classes in mask? */
static ir_ref in_classes(struct translation *t, ir_ref x, uint32_t mask)
{
	ir_ref any = ir_bool(t, false), r;
	uint32_t n, end;

	for (n = 0; n < NR_CLASSES; n = end) {
		end = n + 1;
		if (!(mask & classes[n].bit))
			continue;
		while (end < NR_CLASSES && (mask & classes[end].bit))
			end++;
		r = ir_add_imm(t, x, -(int64_t)classes[n].from);
		if (end == NR_CLASSES && !n)
			return ir_bool(t, true);
		/* Up to the last of all there is no limit above: then below from is what is not. */
		if (end == NR_CLASSES)
			r = ir_compare(t, x, ir_k(t, classes[n].from), 8, REL_LTU) ^ IR_NOT;
		else
			r = ir_compare(t, r, ir_k(t, classes[end].from - classes[n].from), 8,
				       REL_LTU);
		any = ir_or(t, any, r);
	}
	return any;
}

static bool class(struct translation *t, const struct insn *i)
{
	uint32_t mask = (uint32_t)i->imm;
	ir_ref qp = qualifier(t, i), bits, x, r, sign;

	if (i->r1 == i->r4 || !fr_has_double(t, i->r2))
		return false;
	fr_need(t, 0, 0, i->r2, 0, 0);
	bits = ir_word(t, fr_double(t, i->r2));
	x = ir_unary(t, IR_SHL, bits, 1);
	r = in_classes(t, x, mask & 0x3c);
	switch (mask & 3) {
	case 0:
		r = ir_bool(t, false);
		break;
	case 3:
		break;
	default:
		sign = has_bits(t, bits, 1ull << 63);
		r = ir_and(t, r, (mask & 3) == 2 ? sign : sign ^ IR_NOT);
		break;
	}
	r = ir_or(t, r, in_classes(t, x, mask & 0xc0));
	set_predicates(t, i, qp, r);
	return true;
}

/* fcvt.fx: rule 14. */
static bool to_integer(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), a, r;

	if (i->imm || !fr_target_ok(i->r1) || (i->aux & 1) || !fr_has_double(t, i->r2))
		return false;
	fr_need(t, FLOATS_MAIN, i->r1, i->r2, 0, 0);
	a = fr_double(t, i->r2);
	r = flagging(t, qp, IR_TOI, IR_I64, a, IR_NONE, IR_NONE, exit_before(t), ir_k(t, 0));
	t->ir[r].size = i->aux >> 1 & 1;
	fr_set_integer(t, qp, i->r1, r);
	return true;
}

/* fcvt.xf: the number stays as it is until somebody asks. */
static bool from_integer(struct translation *t, const struct insn *i)
{
	ir_ref a;

	if (!fr_target_ok(i->r1) || i->r2 < 2 || !fr_has_integer(t, i->r2))
		return false;
	fr_need(t, 0, i->r1, i->r2, 0, 0);
	a = fr_integer(t, i->r2);
	fr_set(t, qualifier(t, i), i->r1, a, fr_form_value(t, FORM_CONVERTED));
	return true;
}

/* A register in any form, known or expected, to another one. */
static bool move(struct translation *t, const struct insn *i)
{
	uint32_t form = fr_form(t, i->r2), from = float_of(t, i->r2), fr = float_of(t, i->r1);

	if (i->r2 < 2 || (form == FORM_NONE && fr_has_double(t, i->r2)))
		form = FPREG_DOUBLE;
	else if (form == FORM_NONE && fr_has_integer(t, i->r2))
		form = FP_EXP_INTEGER;
	fr_need(t, 0, i->r1, i->r2, 0, 0);
	if (form == FPREG_DOUBLE) {
		fr_set_double(t, qualifier(t, i), i->r1, fr_double(t, i->r2));
		return true;
	}
	if (form == FP_EXP_INTEGER) {
		fr_set_integer(t, qualifier(t, i), i->r1, fr_integer(t, i->r2));
		return true;
	}
	if (form == FORM_NONE || !ir_is(t, qualifier(t, i), 1))
		return false;
	if (form & FPREG_FORM)
		put(t, LOC_FB + fr, get(t, LOC_FB + from));
	fr_set(t, qualifier(t, i), i->r1, get(t, LOC_FR + from), fr_form_value(t, form));
	return true;
}

/* fmerge.s, fmerge.ns: rule 18. */
static bool merge(struct translation *t, const struct insn *i)
{
	bool negate = i->op == OP_FMERGE_NS;
	ir_ref a, b, r;

	if (!fr_target_ok(i->r1))
		return false;
	if (i->r2 == i->r3 && !negate)
		return move(t, i);
	if (!fr_has_double(t, i->r2) || !fr_has_double(t, i->r3))
		return false;
	fr_need(t, 0, i->r1, i->r2, i->r3, 0);
	a = fr_double(t, i->r2);
	b = fr_double(t, i->r3);
	if (i->r2 == i->r3)
		r = ir_add(t, IR_FNEG, IR_F64, b, IR_NONE, IR_NONE, 0);
	else if (i->r2 < 2 && !negate)
		r = ir_add(t, IR_FABS, IR_F64, b, IR_NONE, IR_NONE, 0);
	else
		r = ir_add(t, IR_FSIGN, IR_F64, a, b, IR_NONE, negate);
	fr_set_double(t, qualifier(t, i), i->r1, r);
	return true;
}

bool build_float(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_XMA_L:
	case OP_XMA_H:
	case OP_XMA_HU:
		return fixed_multiply_add(t, i);
	case OP_FMA ... OP_FMA_D:
	case OP_FMS ... OP_FMS_D:
	case OP_FNMA ... OP_FNMA_D:
		return build_step(t, i) || normalize(t, i) || multiply_add(t, i);
	case OP_FMIN:
	case OP_FMAX:
		return minmax(t, i);
	case OP_FCMP_EQ ... OP_FCMP_UNORD_UNC:
		return compare(t, i);
	case OP_FCLASS_M:
	case OP_FCLASS_M_UNC:
		return class(t, i);
	case OP_FRCPA:
	case OP_FRSQRTA:
		return build_approximation(t, i);
	case OP_FCVT_FX:
	case OP_FCVT_FX_TRUNC:
	case OP_FCVT_FXU_TRUNC:
		return build_quotient(t, i) || to_integer(t, i);
	case OP_FCVT_XF:
		return from_integer(t, i);
	case OP_FMERGE_S:
	case OP_FMERGE_NS:
		return merge(t, i);
	default:
		return false;
	}
}
