// SPDX-License-Identifier: GPL-2.0-only
/* The allocator's own books: is what they say possible, and can each operand be found? */
#include "gvmm/jit/host.h"

#define POOL	(POOL_GPR | POOL_XMM)

static const char *check_registers(const struct host *h)
{
	uint32_t n;

	for (n = 0; n < NR_HOST; n++) {
		uint32_t index = ir_index(h->in_reg[n]);

		if (h->in_reg[n] == IR_NONE)
			continue;
		if (!(POOL >> n & 1))
			return "a value in a register that is none for values";
		if (index >= h->t->nr_ir || h->value[index].reg != n)
			return "a register that is said to hold a value that is elsewhere";
	}
	return NULL;
}

/* Does the location's memory hold the value? */
static bool is_at_home(const struct host *h, uint32_t index)
{
	uint32_t home = h->value[index].home;

	return home != LOC_NONE && loc_in(&h->touched, home) && !h->content[home].lost &&
	       ir_index(h->content[home].memory) == index;
}

static const char *check_operand(const struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r);
	const struct value *v;

	if (r == IR_NONE)
		return NULL;
	v = &h->value[index];
	if (v->reg != REG_NONE && (v->reg >= NR_HOST || ir_index(h->in_reg[v->reg]) != index))
		return "an operand in a register that holds something else";
	if (v->spill != SPILL_NONE && !(h->spills >> v->spill & 1))
		return "an operand in a stack slot that is free";
	if (h->t->ir[index].op == IR_K || v->reg != REG_NONE || v->spill != SPILL_NONE ||
	    h->flags == index || is_at_home(h, index))
		return NULL;
	return "an operand that is nowhere";
}

const char *alloc_check(const struct host *h)
{
	const struct ir *i = &h->t->ir[h->now];
	const ir_ref operands[] = { i->a, i->b, i->c, i->other, i->guard };
	const char *wrong = check_registers(h);
	uint32_t n;

	for (n = 0; n < 5 && !wrong; n++)
		wrong = check_operand(h, operands[n]);
	return wrong;
}
