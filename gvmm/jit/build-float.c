// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point arithmetic, compares, conversions and moves. */
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

bool build_float(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_XMA_L:
	case OP_XMA_H:
	case OP_XMA_HU:
		return fixed_multiply_add(t, i);
	default:
		return false;
	}
}
