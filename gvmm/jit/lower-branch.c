// SPDX-License-Identifier: GPL-2.0-only
#include "gvmm/jit/translate.h"

bool lower_branch(struct translation *t, const struct insn *i)
{
	(void)t;
	(void)i;
	return false;
}
