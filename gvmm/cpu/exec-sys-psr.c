// SPDX-License-Identifier: GPL-2.0-only
/* Processor status register: masks and moves (SDM 2:3.3.2, 3:2 "ssm", "sum", "mov psr"). */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

#define UM_BITS	(PSR_BE | PSR_UP | PSR_AC | PSR_MFL | PSR_MFH)
#define SM_BITS	(UM_BITS | PSR_IC | PSR_I | PSR_PK | PSR_DT | PSR_DFL | PSR_DFH | PSR_SP |	\
		 PSR_PP | PSR_DI | PSR_SI)
#define L_BITS	(SM_BITS | PSR_DB | PSR_LP | PSR_TB | PSR_RT)

/* Bits that decide neither where instructions come from nor how they are stepped through. */
#define QUICK_BITS	(UM_BITS | PSR_IC | PSR_I | PSR_DT | PSR_DFL | PSR_DFH | PSR_SP |	\
			 PSR_PP | PSR_DI | PSR_SI)

static int set(struct vcpu *v, uint64_t psr)
{
	uint64_t changed = psr_get(v) ^ psr;

	psr_set(v, psr);
	/* The rest of the bundle may go on: what waits for PSR.i comes at its end. */
	return changed & ~QUICK_BITS ? EXEC_SYNC : EXEC_NEXT;
}

/* PSR.up is the monitor's own while PSR.sp is set: user-mask writes leave it alone. */
static uint64_t um_writable(const struct vcpu *v)
{
	return psr_get(v) & PSR_SP ? UM_BITS & ~PSR_UP : UM_BITS;
}

int exec_sum(struct vcpu *v, const struct insn *i)
{
	uint64_t mask = (uint64_t)i->imm;

	if (mask & ~UM_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, psr_get(v) | (mask & um_writable(v)));
}

int exec_rum(struct vcpu *v, const struct insn *i)
{
	uint64_t mask = (uint64_t)i->imm;

	if (mask & ~UM_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, psr_get(v) & ~(mask & um_writable(v)));
}

int exec_ssm(struct vcpu *v, const struct insn *i)
{
	uint64_t mask = (uint64_t)i->imm;

	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (mask & ~SM_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, psr_get(v) | mask);
}

int exec_rsm(struct vcpu *v, const struct insn *i)
{
	uint64_t mask = (uint64_t)i->imm;

	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (mask & ~SM_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, psr_get(v) & ~mask);
}

int exec_mov_to_psr_um(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), writable = um_writable(v);

	if (gr_nat(v, i->r2))
		return raise_reg_nat(v, 0);
	if (x & ~UM_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, (psr_get(v) & ~writable) | (x & writable));
}

int exec_mov_from_psr_um(struct vcpu *v, const struct insn *i)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	gr_put(v, i->r1, psr_get(v) & PSR_UM, 0);
	return EXEC_NEXT;
}

int exec_mov_to_psr_l(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2) & PSR_L;

	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r2))
		return raise_reg_nat(v, 0);
	if (x & ~L_BITS)
		return raise_general(v, GE_RESERVED_FIELD);
	return set(v, (psr_get(v) & ~PSR_L) | x);
}

int exec_mov_from_psr(struct vcpu *v, const struct insn *i)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	gr_put(v, i->r1, psr_get(v) & (PSR_L | PSR_MC | PSR_IT), 0);
	return EXEC_NEXT;
}
