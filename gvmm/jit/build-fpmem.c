// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point loads and stores, and moves from and to general registers. */
#include "gvmm/jit/build-fr.h"

static bool setf_sig(struct translation *t, const struct insn *i)
{
	if (!fr_target_ok(i->r1))
		return false;
	fr_need(t, 0, i->r1, 0, 0, 0);
	fr_set_integer(t, qualifier(t, i), i->r1, gr(t, i->r2));
	return true;
}

static bool getf_sig(struct translation *t, const struct insn *i)
{
	if (!target_ok(t, i->r1) || !fr_has_integer(t, i->r2))
		return false;
	fr_need(t, 0, i->r2, 0, 0, 0);
	set_gr(t, qualifier(t, i), i->r1, fr_integer(t, i->r2));
	return true;
}

bool build_float_memory(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_SETF_SIG:
		return setf_sig(t, i);
	case OP_GETF_SIG:
		return getf_sig(t, i);
	default:
		return false;
	}
}
