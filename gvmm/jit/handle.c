// SPDX-License-Identifier: GPL-2.0-only
/*
 * What translated code calls besides handlers: where to go on, and instructions
 * behind which something that translated code relies on may be different.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/translate.h"

typedef int exec_handler(struct vcpu *v, const struct insn *i);

#define KEY_STATE	((1u << KEY_LIMIT_SHIFT) - 1)

int jit_call(struct vcpu *v, const struct insn *i)
{
	return ((exec_handler *)((const char *)exec_offset + exec_offset[i->op]))(v, i);
}

/* Sites begin with their instruction. */
static const struct site *site_of(const struct insn *i)
{
	return (const struct site *)i;
}

/* Back to the dispatcher, or what called that, with a status that is not LEAVE_LOOKUP. */
static const void *leave_with(struct vcpu *v, int status, bool is_long)
{
	struct jit *j = v->jit;

	j->leave_status = (uint32_t)status;
	j->leave_arg = is_long;
	return cache_rx(j, j->leave_with);
}

const void *jit_find(struct vcpu *v)
{
	const void *code;

	/* The rest of a frame to be loaded: nobody else wants attention. In lockstep a round ends here. */
	if (v->attention == ATTENTION_FRAME && !v->verify) {
		v->attention = 0;
		if (v->cfle && rse_fill_frame(v) == EXEC_EXIT)
			return leave_with(v, EXEC_EXIT, false);
	}
	code = v->attention ? NULL : cache_jump(v);
	if (code)
		return code;
	v->ip |= v->ri;
	return cache_rx(v->jit, v->jit->leave_lookup);
}

/* A return cannot leave the world: it jumps or delivers a trap, and the guest goes on at ip. */
const void *jit_return(struct vcpu *v, const struct insn *i)
{
	exec_br_ret(v, i);
	return jit_find(v);
}

/* To behind the site's instruction; is there more of its bundle? */
static bool advance(struct vcpu *v, const struct site *s)
{
	uint32_t slot = s->slot + s->is_long + 1;

	v->last_ip = s->ip;
	v->ip = slot < 3 ? s->ip : s->ip + 16;
	v->ri = slot < 3 ? slot : 0;
	return v->ri != 0;
}

int jit_sync(struct vcpu *v, const struct insn *i)
{
	const struct site *s = site_of(i);
	uint32_t gen = v->code_gen[s->ip >> 61];
	int status = jit_call(v, i);

	if (status == EXEC_SYNC)
		interp_synchronize(v);
	else if (status != EXEC_NEXT)
		return status;
	/* Attention is for the caller to see: the interpreter does the rest of the bundle. */
	if (v->attention || (key_flags(v) == (s->flags & KEY_STATE) &&
			     v->code_gen[s->ip >> 61] == gen))
		return EXEC_NEXT;
	return advance(v, s) ? LEAVE_BUNDLE : EXEC_JUMP;
}

static bool is_break(uint32_t op)
{
	return op == OP_BREAK_M || op == OP_BREAK_I || op == OP_BREAK_B || op == OP_BREAK_X;
}

const void *jit_branch(struct vcpu *v, const struct insn *i)
{
	const struct site *s = site_of(i);
	int status;

	/* Where a break lies decides what it is. */
	if (is_break(i->op) && (v->ip & PAGE_MASK) != v->code_page) {
		status = interp_fetch_page(v);
		if (status == EXEC_FAULT)
			return jit_find(v);
	}
	status = jit_call(v, i);
	switch (status) {
	case EXEC_NEXT:
		advance(v, s);
		return jit_find(v);
	case EXEC_JUMP:
	case EXEC_FAULT:
		return jit_find(v);
	default:
		return leave_with(v, status, s->is_long);
	}
}
