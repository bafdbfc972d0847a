// SPDX-License-Identifier: GPL-2.0-only
/* Instructions on the register stack (SDM 3:2 alloc, cover, clrrrb, flushrs, loadrs). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/isa/exec.h"

int exec_alloc(struct vcpu *v, const struct insn *i)
{
	uint32_t sof = i->r2, sol = i->r3, sor = i->r4 * 8u;
	int status;

	if (!alloc_legal(i))
		return raise_illegal(v);
	if (sor != v->frame.sor && (v->frame.rrb_gr | v->frame.rrb_fr | v->frame.rrb_pr))
		return raise_general(v, GE_RESERVED_FIELD);
	status = rse_alloc(v, sof, sol, sor);
	if (status == EXEC_NEXT)
		gr_put(v, i->r1, v->pfs, 0);
	return status;
}

int exec_cover(struct vcpu *v, const struct insn *i)
{
	(void)i;
	if (!(psr_get(v) & PSR_IC))
		v->vpd->vcr[CR_IFS] = cfm_get(v) | CR_IFS_V;
	rse_cover(v);
	return EXEC_NEXT;
}

int exec_clrrrb(struct vcpu *v, const struct insn *i)
{
	(void)i;
	v->frame.rrb_gr = v->frame.rrb_fr = v->frame.rrb_pr = 0;
	return EXEC_NEXT;
}

int exec_clrrrb_pr(struct vcpu *v, const struct insn *i)
{
	(void)i;
	v->frame.rrb_pr = 0;
	return EXEC_NEXT;
}

int exec_flushrs(struct vcpu *v, const struct insn *i)
{
	(void)i;
	return rse_flush(v);
}

int exec_loadrs(struct vcpu *v, const struct insn *i)
{
	(void)i;
	return rse_load(v);
}
