// SPDX-License-Identifier: GPL-2.0-only
/* Compares and bit tests. No operand has a NaT bit. */
#include "gvmm/jit/build.h"

/* What a compare is, whichever of its many encodings it has. */
struct compare {
	uint32_t rel;		/* CMP_EQ .. CMP_LTU, or CMP_Z, CMP_NZ of a bit */
	uint32_t ctype;		/* CMP_NONE .. CMP_OR_ANDCM */
	bool four;
	bool imm;		/* the first operand is the immediate */
	bool bit, nat;
};

/* The plain compares have handlers of their own and aux 0. */
static bool plain(uint32_t op, struct compare *c)
{
	switch (op) {
	case OP_CMP_LT:
	case OP_CMP_LT_IMM:
	case OP_CMP4_LT:
	case OP_CMP4_LT_IMM:
		c->rel = CMP_LT;
		break;
	case OP_CMP_LTU:
	case OP_CMP_LTU_IMM:
	case OP_CMP4_LTU:
	case OP_CMP4_LTU_IMM:
		c->rel = CMP_LTU;
		break;
	case OP_CMP_EQ:
	case OP_CMP_EQ_IMM:
	case OP_CMP4_EQ:
	case OP_CMP4_EQ_IMM:
		c->rel = CMP_EQ;
		break;
	default:
		return false;
	}
	c->four = op == OP_CMP4_LT || op == OP_CMP4_LTU || op == OP_CMP4_EQ ||
		  op == OP_CMP4_LT_IMM || op == OP_CMP4_LTU_IMM || op == OP_CMP4_EQ_IMM;
	c->imm = op == OP_CMP_LT_IMM || op == OP_CMP_LTU_IMM || op == OP_CMP_EQ_IMM ||
		 op == OP_CMP4_LT_IMM || op == OP_CMP4_LTU_IMM || op == OP_CMP4_EQ_IMM;
	return true;
}

static bool classify(const struct insn *i, struct compare *c)
{
	enum op_format format = op_format(i->op);

	*c = (struct compare){ 0 };
	if (plain(i->op, c))
		return true;
	c->rel = i->aux & CMP_REL;
	c->ctype = i->aux & CMP_CTYPE;
	c->four = i->aux & CMP_FOUR;
	c->imm = format == FMT_A8;
	c->bit = format == FMT_I16;
	c->nat = format == FMT_I17;
	return format == FMT_A6 || format == FMT_A7 || format == FMT_A8 || c->bit || c->nat;
}

static ir_ref relation(struct translation *t, const struct insn *i, const struct compare *c)
{
	uint32_t size = c->four ? 4 : 8;
	ir_ref a, b = gr(t, i->r3);

	if (c->nat)
		return ir_bool(t, c->rel == CMP_Z);
	if (c->bit) {
		a = ir_add(t, IR_BIT, IR_BOOL, b, IR_NONE, IR_NONE, i->imm & 63);
		return c->rel == CMP_NZ ? a : a ^ IR_NOT;
	}
	/* A7 compares r0. */
	a = c->imm ? ir_k(t, (uint64_t)i->imm) :
	    op_format(i->op) == FMT_A6 ? gr(t, i->r2) : ir_k(t, 0);
	switch (c->rel) {
	case CMP_EQ:
		return ir_compare(t, a, b, size, REL_EQ);
	case CMP_NE:
		return ir_compare(t, a, b, size, REL_EQ) ^ IR_NOT;
	case CMP_LT:
		return ir_compare(t, a, b, size, REL_LT);
	case CMP_LE:
		return ir_compare(t, a, b, size, REL_LE);
	case CMP_GT:
		return ir_compare(t, a, b, size, REL_LE) ^ IR_NOT;
	case CMP_GE:
		return ir_compare(t, a, b, size, REL_LT) ^ IR_NOT;
	default:
		return ir_compare(t, a, b, size, REL_LTU);
	}
}

static ir_ref pr(struct translation *t, uint32_t n)
{
	return get(t, LOC_PR + pred_of(t, n));
}

/* What instructions write predicates to, all or the rotating ones: only memory knows them now. */
static void forget_predicates(struct translation *t, uint32_t first)
{
	uint32_t n;

	for (n = first; n < 64; n++)
		t->held[LOC_PR + n] = IR_NONE;
}

static ir_ref all_predicates(struct translation *t)
{
	return ir_add(t, IR_GETPRS, IR_I64, IR_NONE, IR_NONE, IR_NONE, 0);
}

static bool mov_to_pr(struct translation *t, const struct insn *i)
{
	uint64_t mask = ((uint64_t)i->imm & 0xfffe) | (i->imm >> 16 & 1 ? ~0xffffull : 0);
	ir_ref value = gr(t, i->r2), kept;

	if (!ir_is(t, qualifier(t, i), 1))
		return false;
	if (mask != ~1ull) {
		kept = ir_binary(t, IR_AND, all_predicates(t), ir_k(t, ~mask));
		value = ir_binary(t, IR_OR, ir_binary(t, IR_AND, value, ir_k(t, mask)), kept);
	}
	ir_add(t, IR_SETPRS, IR_VOID, value, IR_NONE, IR_NONE, 0);
	forget_predicates(t, 1);
	return true;
}

static bool mov_to_pr_rot(struct translation *t, const struct insn *i)
{
	uint32_t n;

	if (!ir_is(t, qualifier(t, i), 1))
		return false;
	ir_add(t, IR_SETROT, IR_VOID, IR_NONE, IR_NONE, IR_NONE, i->imm);
	for (n = 16; n < 64; n++)
		t->held[LOC_PR + n] = ir_bool(t, (uint64_t)i->imm >> n & 1);
	return true;
}

bool build_compare(struct translation *t, const struct insn *i)
{
	ir_ref qp, r, p1, p2;
	struct compare c;

	if (i->op == OP_MOV_FROM_PR && target_ok(t, i->r1)) {
		set_gr(t, qualifier(t, i), i->r1, all_predicates(t));
		return true;
	}
	if (i->op == OP_MOV_TO_PR)
		return mov_to_pr(t, i);
	if (i->op == OP_MOV_TO_PR_ROT)
		return mov_to_pr_rot(t, i);
	if (!classify(i, &c) || i->r1 == i->r4)
		return false;
	qp = qualifier(t, i);
	r = relation(t, i, &c);
	p1 = pr(t, i->r1);
	p2 = pr(t, i->r4);
	switch (c.ctype) {
	case CMP_AND:
		r = ir_or(t, r, qp ^ IR_NOT);
		p1 = ir_and(t, p1, r);
		p2 = ir_and(t, p2, r);
		break;
	case CMP_OR:
		r = ir_and(t, r, qp);
		p1 = ir_or(t, p1, r);
		p2 = ir_or(t, p2, r);
		break;
	case CMP_OR_ANDCM:
		r = ir_and(t, r, qp);
		p1 = ir_or(t, p1, r);
		p2 = ir_and(t, p2, r ^ IR_NOT);
		break;
	case CMP_UNC:
		p1 = ir_and(t, r, qp);
		p2 = ir_and(t, r ^ IR_NOT, qp);
		break;
	default:
		p1 = ir_choose(t, qp, r, p1);
		p2 = ir_choose(t, qp, r ^ IR_NOT, p2);
		break;
	}
	set_pr(t, i->r1, p1);
	set_pr(t, i->r4, p2);
	return true;
}
