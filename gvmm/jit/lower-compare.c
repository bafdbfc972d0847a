// SPDX-License-Identifier: GPL-2.0-only
/* Compares and bit tests: host flags, from which predicates are stored and branches are taken. */
#include "gvmm/jit/translate.h"

/* What a compare is, whichever of its many encodings it has. */
struct compare {
	uint32_t rel;		/* CMP_EQ .. CMP_LTU, or CMP_Z, CMP_NZ of a bit */
	uint32_t ctype;		/* CMP_NONE .. CMP_OR_ANDCM */
	bool four;
	bool imm;		/* the first operand is the immediate */
	bool bit;
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
	return format == FMT_A6 || format == FMT_A7 || format == FMT_A8 || format == FMT_I16;
}

static enum host_cc condition(uint32_t rel, bool swapped)
{
	switch (rel) {
	case CMP_EQ:
		return CC_E;
	case CMP_NE:
		return CC_NE;
	case CMP_LT:
		return swapped ? CC_G : CC_L;
	case CMP_LE:
		return swapped ? CC_GE : CC_LE;
	case CMP_GT:
		return swapped ? CC_L : CC_G;
	case CMP_GE:
		return swapped ? CC_LE : CC_GE;
	default:
		return swapped ? CC_A : CC_B;
	}
}

/* Set the host's flags; the condition that is the relation. a or b: HOST_NONE for r0. */
static enum host_cc set_flags(struct translation *t, const struct insn *i,
			      const struct compare *c, uint32_t a, uint32_t b)
{
	uint32_t size = c->four ? 4 : 8;
	struct emit *e = &t->e;

	if (c->bit) {
		emit_bt(e, b, (uint32_t)i->imm & 63);
		return c->rel == CMP_NZ ? CC_B : CC_AE;
	}
	if (c->imm || a == HOST_NONE) {
		emit_alu_imm(e, ALU_CMP, size, b, c->imm ? (int32_t)i->imm : 0);
		return condition(c->rel, true);
	}
	emit_alu(e, ALU_CMP, size, a, b);
	return condition(c->rel, false);
}

/* p1 = relation, p2 = its complement. */
static void store_both(struct translation *t, enum host_cc cc, uint32_t p1, uint32_t p2)
{
	if (p1)
		emit_setcc_mem(&t->e, cc, pred_mem(p1));
	if (p2)
		emit_setcc_mem(&t->e, cc ^ 1, pred_mem(p2));
	flags_hold(t, cc, p1, p2);
}

/* .unc under a predicate: both are 0 when that is false. */
static void store_unc(struct translation *t, enum host_cc cc, uint32_t p1, uint32_t p2,
		      uint32_t qp)
{
	struct emit *e = &t->e;

	emit_setcc(e, cc, RCX);
	emit_setcc(e, cc ^ 1, RDX);
	emit_load(e, 1, RAX, pred_mem(qp));
	emit_alu(e, ALU_AND, 4, RCX, RAX);
	emit_alu(e, ALU_AND, 4, RDX, RAX);
	if (p1)
		emit_store(e, 1, pred_mem(p1), RCX);
	if (p2)
		emit_store(e, 1, pred_mem(p2), RDX);
}

/* The parallel types change a predicate in one direction only. */
static void store_parallel(struct translation *t, enum host_cc cc, uint32_t ctype, uint32_t p1,
			   uint32_t p2)
{
	enum host_alu op = ctype == CMP_AND ? ALU_AND : ALU_OR;
	struct emit *e = &t->e;

	emit_setcc(e, cc, RCX);
	if (p1)
		emit_alu_store(e, op, 1, pred_mem(p1), RCX);
	if (!p2)
		return;
	if (ctype == CMP_OR_ANDCM) {
		emit_alu_imm(e, ALU_XOR, 4, RCX, 1);
		op = ALU_AND;
	}
	emit_alu_store(e, op, 1, pred_mem(p2), RCX);
}

bool lower_compare(struct translation *t, const struct insn *i)
{
	uint32_t p1 = pred_of(t, i->r1), p2 = pred_of(t, i->r4), a = HOST_NONE, b;
	uint8_t *skip = NULL;
	struct compare c;
	enum host_cc cc;

	if (!classify(i, &c) || i->r1 == i->r4)
		return false;
	if (!c.imm && !c.bit && op_format(i->op) == FMT_A6 && i->r2)
		a = reg_use(t, guest_of(t, i->r2));
	b = reg_use(t, guest_of(t, i->r3));
	if (c.ctype != CMP_UNC)
		skip = guard_begin(t, i);
	cc = set_flags(t, i, &c, a, b);
	if (c.ctype == CMP_UNC && i->qp)
		store_unc(t, cc, p1, p2, pred_of(t, i->qp));
	else if (c.ctype == CMP_NONE || c.ctype == CMP_UNC)
		store_both(t, cc, p1, p2);
	else
		store_parallel(t, cc, c.ctype, p1, p2);
	guard_end(t, skip);
	return true;
}
