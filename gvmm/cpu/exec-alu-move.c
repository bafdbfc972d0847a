// SPDX-License-Identifier: GPL-2.0-only
/* Moves of immediates, branch registers, predicates and IP; no-operations (SDM 3:2). */
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

int exec_nop(struct vcpu *v, const struct insn *i)
{
	(void)v;
	(void)i;
	return EXEC_NEXT;
}

int exec_mov_imm(struct vcpu *v, const struct insn *i)
{
	return gr_result(v, i, (uint64_t)i->imm, 0);
}

int exec_mov_to_br(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2);

	if (a.nat)
		return raise_reg_nat(v, 0);
	v->br[i->r1 & 7] = a.value;
	return EXEC_NEXT;
}

int exec_mov_from_br(struct vcpu *v, const struct insn *i)
{
	return gr_result(v, i, v->br[i->r2 & 7], 0);
}

int exec_mov_from_ip(struct vcpu *v, const struct insn *i)
{
	return gr_result(v, i, v->ip, 0);
}

/* Predicates move unrotated: bit n is the physical register, as v->pr[] holds them. */
int exec_mov_from_pr(struct vcpu *v, const struct insn *i)
{
	return gr_result(v, i, pr_pack(v), 0);
}

int exec_mov_to_pr(struct vcpu *v, const struct insn *i)
{
	uint64_t mask = (uint64_t)i->imm & 0xfffe;

	if (gr_nat(v, i->r2))
		return raise_reg_nat(v, 0);
	/* One mask bit stands for all rotating predicates. */
	if (i->imm >> 16 & 1)
		mask |= ~0xffffull;
	pr_unpack(v, (pr_pack(v) & ~mask) | (gr_get(v, i->r2) & mask));
	return EXEC_NEXT;
}

int exec_mov_to_pr_rot(struct vcpu *v, const struct insn *i)
{
	pr_unpack(v, (pr_pack(v) & 0xffff) | ((uint64_t)i->imm & ~0xffffull));
	return EXEC_NEXT;
}
