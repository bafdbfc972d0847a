// SPDX-License-Identifier: GPL-2.0-only
/* Branches, calls and returns (SDM 3:2 br, brl). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/exec.h"
#include "gvmm/mmu/mmu.h"

#define PFS_PFM		((1ull << 38) - 1)
#define PFS_PEC_SHIFT	52
#define PFS_PPL_SHIFT	62

/* The traps of a taken branch at last, ei; ip is its target (SDM 2:5.6, priorities). */
static int branch_traps(struct vcpu *v, uint64_t last, uint32_t ei, bool demoted)
{
	uint64_t psr = psr_get(v);
	uint64_t code = 0;

	if (!(psr & PSR_IT) && pa_unimplemented(v->ip))
		code |= TRAP_UI;
	if (demoted && (psr & PSR_LP))
		code |= TRAP_LP;
	if (psr & PSR_TB)
		code |= TRAP_TB;
	if (!code)
		return EXEC_JUMP;
	return raise_trap(v, code & (TRAP_UI | TRAP_LP) ? VEC_LOWER_PRIVILEGE : VEC_TAKEN_BRANCH,
			  code, last, ei);
}

static int go(struct vcpu *v, uint64_t target, bool demoted)
{
	uint64_t last = v->ip;
	uint32_t ei = v->ri;

	v->last_ip = last;
	v->ip = target & ~15ull;
	v->ri = 0;
	if (__builtin_expect((psr_get(v) & (PSR_IT | PSR_TB)) == PSR_IT && !demoted, 1))
		return EXEC_JUMP;
	return branch_traps(v, last, ei, demoted);
}

int branch_to(struct vcpu *v, uint64_t target)
{
	return go(v, target, false);
}

int exec_br_cond(struct vcpu *v, const struct insn *i)
{
	return go(v, v->ip + (uint64_t)i->imm, false);
}

int exec_br_ind(struct vcpu *v, const struct insn *i)
{
	return go(v, v->br[i->r2 & 7], false);
}

static int call(struct vcpu *v, uint32_t link, uint64_t target)
{
	v->br[link & 7] = v->ip + 16;
	v->pfs = cfm_get(v) | (v->ec & 63) << PFS_PEC_SHIFT | (uint64_t)v->cpl << PFS_PPL_SHIFT;
	rse_call(v);
	return go(v, target, false);
}

int exec_br_call(struct vcpu *v, const struct insn *i)
{
	return call(v, i->r1, v->ip + (uint64_t)i->imm);
}

int exec_br_call_ind(struct vcpu *v, const struct insn *i)
{
	return call(v, i->r1, v->br[i->r2 & 7]);
}

int exec_br_ret(struct vcpu *v, const struct insn *i)
{
	uint64_t target = v->br[i->r2 & 7];
	uint64_t fm = v->pfs & PFS_PFM;
	uint32_t ppl = (uint32_t)(v->pfs >> PFS_PPL_SHIFT);
	bool demoted = v->cpl < ppl;

	rse_restore(v, fm, fm >> 7 & 127);
	v->ec = v->pfs >> PFS_PEC_SHIFT & 63;
	if (demoted)
		psr_set(v, (psr_get(v) & ~PSR_CPL) | (uint64_t)ppl << PSR_CPL_SHIFT);
	return go(v, target, demoted);
}

/*
 * The processor has no IA-32 instruction set to switch to (SDM 1:6.1, 2:5.6).
 * The register stack has to be flushed before one looks for it.
 */
int exec_br_ia(struct vcpu *v, const struct insn *i)
{
	(void)i;
	if (v->bspstore != rse_bsp(v))
		return raise_illegal(v);
	return raise_general(v, GE_DISABLED_ISA);
}
