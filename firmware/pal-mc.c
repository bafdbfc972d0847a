// SPDX-License-Identifier: GPL-2.0-only
/* PAL procedures about machine checks, of which there are none. */
#include "firmware/pal.h"

/* (0 size, 1 copy; buffer): there is no dynamic state to return. */
void pal_mc_dynamic_state(struct fw_call *c)
{
	if (c->arg[0] > 1)
		c->ret[0] = PAL_INVALID;
}

void pal_mc_error_info(struct fw_call *c)
{
	c->ret[0] = PAL_NO_INFORMATION;
}

/* (expected): returns what it was. */
void pal_mc_expected(struct fw_call *c)
{
	if (c->arg[0] > 1) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	c->ret[1] = c->cpu->mc_expected;
	c->cpu->mc_expected = c->arg[0];
}

/* (address, size): where an interrupted context would be saved. Returns the size needed. */
void pal_mc_register_mem(struct fw_call *c)
{
	if (c->arg[0] & 511) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	c->cpu->min_state = c->arg[0];
	c->ret[1] = 1024;
}

/* There is no interrupted context to go back to. */
void pal_mc_resume(struct fw_call *c)
{
	c->ret[0] = PAL_ERROR;
}
