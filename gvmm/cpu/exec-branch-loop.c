// SPDX-License-Identifier: GPL-2.0-only
/* Counted and modulo-scheduled loop branches, and register rotation (SDM 3:2 br, 1:4.5.1). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/isa/exec.h"

#define LAST_PR		63

static void rotate(struct vcpu *v)
{
	v->frame = frame_rotated(v->frame);
}

/*
 * What all four do in the epilogue: the registers rotate as long as EC counts
 * down. Returns whether the loop goes on.
 */
static bool epilogue(struct vcpu *v)
{
	bool more = v->ec > 1;

	pr_set(v, LAST_PR, false);
	if (v->ec) {
		v->ec--;
		rotate(v);
	}
	return more;
}

static bool counted(struct vcpu *v)
{
	if (!v->lc)
		return epilogue(v);
	v->lc--;
	pr_set(v, LAST_PR, true);
	rotate(v);
	return true;
}

static bool conditional(struct vcpu *v, const struct insn *i)
{
	if (!pr_get(v, i->qp))
		return epilogue(v);
	pr_set(v, LAST_PR, false);
	rotate(v);
	return true;
}

static int branch_if(struct vcpu *v, const struct insn *i, bool taken)
{
	return taken ? branch_to(v, v->ip + (uint64_t)i->imm) : EXEC_NEXT;
}

int exec_br_cloop(struct vcpu *v, const struct insn *i)
{
	if (!v->lc)
		return EXEC_NEXT;
	v->lc--;
	return branch_to(v, v->ip + (uint64_t)i->imm);
}

int exec_br_ctop(struct vcpu *v, const struct insn *i)
{
	return branch_if(v, i, counted(v));
}

int exec_br_cexit(struct vcpu *v, const struct insn *i)
{
	return branch_if(v, i, !counted(v));
}

int exec_br_wtop(struct vcpu *v, const struct insn *i)
{
	return branch_if(v, i, conditional(v, i));
}

int exec_br_wexit(struct vcpu *v, const struct insn *i)
{
	return branch_if(v, i, !conditional(v, i));
}
