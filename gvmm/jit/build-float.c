// SPDX-License-Identifier: GPL-2.0-only
/* Floating point. */
#include "gvmm/jit/build.h"

bool build_float(struct translation *t, const struct insn *i)
{
	(void)t;
	(void)i;
	return false;
}
