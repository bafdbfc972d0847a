// SPDX-License-Identifier: GPL-2.0-only
/* rfi, epc and bsw (SDM 3:2). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/isa/exec.h"
#include "gvmm/mmu/mmu.h"

#define PFS_PPL_SHIFT	62

/*
 * Neither lower-privilege transfer nor taken branch nor single step trap
 * follows (SDM 2:8.3). An unimplemented target is found by the fetch.
 */
int exec_rfi(struct vcpu *v, const struct insn *i)
{
	const uint64_t *cr = v->vpd->vcr;
	uint64_t ipsr = cr[CR_IPSR], ifs = cr[CR_IFS];
	uint32_t ri = ipsr >> PSR_RI_SHIFT & 3;

	(void)i;
	if (v->cpl)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (ri == 3)
		return raise_general(v, GE_RESERVED_FIELD);
	/* There is no IA-32 instruction set to return to. */
	if (ipsr & PSR_IS)
		return raise_general(v, GE_DISABLED_ISA);
	/* IIPA counts instructions that began with PSR.ic set (SDM 2:3.3.5.6). */
	v->last_ip = psr_get(v) & PSR_IC ? v->ip : cr[CR_IIPA];
	psr_set(v, ipsr);
	if (ifs & CR_IFS_V)
		rse_restore(v, ifs, ifs & 127);
	else
		rse_enable_load(v);
	v->ip = cr[CR_IIP] & ~15ull;
	v->ri = ri;
	return EXEC_JUMP;
}

int exec_epc(struct vcpu *v, const struct insn *i)
{
	uint64_t psr = psr_get(v);
	uint32_t level;

	(void)i;
	if (v->pfs >> PFS_PPL_SHIFT < v->cpl)
		return raise_illegal(v);
	level = psr & PSR_IT ? mmu_promoted_cpl(v, v->ip) : 0;
	if (level >= v->cpl)
		return EXEC_NEXT;
	psr_set(v, (psr & ~PSR_CPL) | (uint64_t)level << PSR_CPL_SHIFT);
	return EXEC_SYNC;
}

int exec_bsw(struct vcpu *v, const struct insn *i)
{
	if (v->cpl)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	bank_switch(v, i->aux);
	return EXEC_NEXT;
}
