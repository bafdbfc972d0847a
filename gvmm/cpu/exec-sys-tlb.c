// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation inserts and purges, hashes and probes: the checks that come
 * before the work of gvmm/mmu (SDM 2:4.1, 3:2).
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/mmu/mmu.h"

/*
 * What itc and itr check. nat: NaT of any source; slot: TR number, or -1.
 * Returns EXEC_NEXT if the insert may be done.
 */
static int check_insert(struct vcpu *v, uint8_t nat, int slot, uint64_t pte)
{
	const uint64_t *cr = v->vpd->vcr;
	bool unimplemented = false;
	int code;

	if (psr_get(v) & PSR_IC)
		return raise_illegal(v);
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (nat)
		return raise_reg_nat(v, 0);
	if (slot >= TLB_NR_TR)
		return raise_general(v, GE_RESERVED_FIELD);
	code = tlb_check_insert(v, pte, cr[CR_ITIR], cr[CR_IFA], &unimplemented);
	if (code)
		return raise_general(v, (uint32_t)code);
	/* Unimplemented Data Address faults share the code of reserved fields. */
	if (unimplemented)
		return raise_general(v, GE_RESERVED_FIELD);
	return EXEC_NEXT;
}

static int insert_tc(struct vcpu *v, const struct insn *i, bool data)
{
	const uint64_t *cr = v->vpd->vcr;
	uint64_t pte = gr_get(v, i->r2);
	int status = check_insert(v, gr_nat(v, i->r2), -1, pte);

	if (status != EXEC_NEXT)
		return status;
	trace_tlb(v, data ? RIVEN_TLB_ITC_D : RIVEN_TLB_ITC_I, cr[CR_IFA], pte, cr[CR_ITIR]);
	tlb_insert_tc(v, data, pte, cr[CR_ITIR], cr[CR_IFA]);
	return EXEC_SYNC;
}

int exec_itc_d(struct vcpu *v, const struct insn *i)
{
	return insert_tc(v, i, true);
}

int exec_itc_i(struct vcpu *v, const struct insn *i)
{
	return insert_tc(v, i, false);
}

static int insert_tr(struct vcpu *v, const struct insn *i, bool data)
{
	const uint64_t *cr = v->vpd->vcr;
	uint64_t pte = gr_get(v, i->r2);
	uint32_t slot = gr_get(v, i->r3) & 0xff;
	int status = check_insert(v, gr_nat(v, i->r2) | gr_nat(v, i->r3), (int)slot, pte);

	if (status != EXEC_NEXT)
		return status;
	trace_tlb(v, data ? RIVEN_TLB_ITR_D : RIVEN_TLB_ITR_I, cr[CR_IFA], pte, cr[CR_ITIR]);
	tlb_insert_tr(v, data, slot, pte, cr[CR_ITIR], cr[CR_IFA]);
	return EXEC_SYNC;
}

int exec_itr_d(struct vcpu *v, const struct insn *i)
{
	return insert_tr(v, i, true);
}

int exec_itr_i(struct vcpu *v, const struct insn *i)
{
	return insert_tr(v, i, false);
}

/* What all purges by address check; every virtual address is implemented. */
static int check_purge(struct vcpu *v, const struct insn *i)
{
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r2) | gr_nat(v, i->r3))
		return raise_reg_nat(v, 0);
	return EXEC_NEXT;
}

/* log2 of the size that a purge names in bits 7:2 of r2. */
static uint32_t purge_bits(const struct vcpu *v, const struct insn *i)
{
	return gr_get(v, i->r2) >> 2 & 63;
}

static int purge_tc(struct vcpu *v, const struct insn *i, enum riven_trace_tlb op)
{
	uint64_t va = gr_get(v, i->r3);
	uint32_t bits = purge_bits(v, i);
	int status = check_purge(v, i);

	if (status != EXEC_NEXT)
		return status;
	trace_tlb(v, op, va, 0, (uint64_t)bits << 2);
	tlb_purge(v, va, v->vpd->rr[va >> 61] >> 8 & 0xffffff, bits);
	return EXEC_SYNC;
}

int exec_ptc_l(struct vcpu *v, const struct insn *i)
{
	return purge_tc(v, i, RIVEN_TLB_PTC_L);
}

int exec_ptc_g(struct vcpu *v, const struct insn *i)
{
	return purge_tc(v, i, RIVEN_TLB_PTC_G);
}

int exec_ptc_ga(struct vcpu *v, const struct insn *i)
{
	return purge_tc(v, i, RIVEN_TLB_PTC_GA);
}

int exec_ptc_e(struct vcpu *v, const struct insn *i)
{
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, 0);
	trace_tlb(v, RIVEN_TLB_PTC_E, gr_get(v, i->r3), 0, 0);
	tlb_purge_all(v);
	return EXEC_SYNC;
}

static int purge_tr(struct vcpu *v, const struct insn *i, bool data)
{
	uint64_t va = gr_get(v, i->r3);
	uint32_t bits = purge_bits(v, i);
	int status = check_purge(v, i);

	if (status != EXEC_NEXT)
		return status;
	trace_tlb(v, data ? RIVEN_TLB_PTR_D : RIVEN_TLB_PTR_I, va, 0, (uint64_t)bits << 2);
	tlb_purge_tr(v, data, va, bits);
	return EXEC_SYNC;
}

int exec_ptr_d(struct vcpu *v, const struct insn *i)
{
	return purge_tr(v, i, true);
}

int exec_ptr_i(struct vcpu *v, const struct insn *i)
{
	return purge_tr(v, i, false);
}

int exec_thash(struct vcpu *v, const struct insn *i)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	gr_put(v, i->r1, mmu_thash(v, gr_get(v, i->r3)), gr_nat(v, i->r3));
	return EXEC_NEXT;
}

int exec_ttag(struct vcpu *v, const struct insn *i)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	gr_put(v, i->r1, mmu_ttag(v, gr_get(v, i->r3)), gr_nat(v, i->r3));
	return EXEC_NEXT;
}

/* What tpa and tak check; their faults carry the non-access code. */
static int check_na(struct vcpu *v, const struct insn *i, enum non_access code)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (v->cpl != 0)
		return raise_fault(v, VEC_GENERAL_EXCEPTION,
				   GE_PRIVILEGED_OPERATION | ISR_NA | code);
	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, ISR_NA | code);
	return EXEC_NEXT;
}

int exec_tpa(struct vcpu *v, const struct insn *i)
{
	uint64_t gpa = 0;
	int status = check_na(v, i, NA_TPA);

	if (status != EXEC_NEXT)
		return status;
	switch (mmu_tpa(v, gr_get(v, i->r3), &gpa)) {
	case MEM_FAULT:
		return EXEC_FAULT;
	case MEM_EXIT:
		return EXEC_EXIT;
	default:
		gr_put(v, i->r1, gpa, 0);
		return EXEC_NEXT;
	}
}

int exec_tak(struct vcpu *v, const struct insn *i)
{
	int status = check_na(v, i, NA_TAK);

	if (status != EXEC_NEXT)
		return status;
	gr_put(v, i->r1, mmu_tak(v, gr_get(v, i->r3)), 0);
	return EXEC_NEXT;
}

/* r and w bits of ISR for a probe's accesses (aux). */
static uint64_t probe_isr(uint32_t aux)
{
	return (aux & PROBE_READ ? ISR_R : 0) | (aux & PROBE_WRITE ? ISR_W : 0) | ISR_NA;
}

/* The accesses of a probe (aux) as mmu_translate() takes them. */
static uint32_t probe_access(uint32_t aux)
{
	return (aux & PROBE_READ ? MEM_READ : 0) | (aux & PROBE_WRITE ? MEM_WRITE : 0);
}

/* A probe cannot ask for more privilege than it has. */
static uint32_t probe_level(const struct vcpu *v, uint64_t level)
{
	uint32_t pl = level & 3;

	return pl < v->cpl ? v->cpl : pl;
}

static int probe(struct vcpu *v, const struct insn *i, uint64_t level, uint8_t nat)
{
	bool ok = false;

	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (nat)
		return raise_reg_nat(v, probe_isr(i->aux) | NA_PROBE);
	switch (mmu_probe(v, gr_get(v, i->r3), probe_access(i->aux), probe_level(v, level), &ok)) {
	case MEM_FAULT:
		return EXEC_FAULT;
	case MEM_EXIT:
		return EXEC_EXIT;
	default:
		gr_put(v, i->r1, ok, 0);
		return EXEC_NEXT;
	}
}

int exec_probe(struct vcpu *v, const struct insn *i)
{
	return probe(v, i, gr_get(v, i->r2), gr_nat(v, i->r3) | gr_nat(v, i->r2));
}

int exec_probe_imm(struct vcpu *v, const struct insn *i)
{
	return probe(v, i, (uint64_t)i->imm, gr_nat(v, i->r3));
}

int exec_probe_fault(struct vcpu *v, const struct insn *i)
{
	struct mem_loc loc;
	uint32_t flags = probe_access(i->aux) | MEM_NONACCESS | NA_PROBE_FAULT << MEM_NA_SHIFT |
			 MEM_CPL | probe_level(v, (uint64_t)i->imm) << MEM_CPL_SHIFT;

	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, probe_isr(i->aux) | NA_PROBE_FAULT);
	return mmu_translate(v, gr_get(v, i->r3), 1, flags, &loc) == MEM_FAULT ? EXEC_FAULT :
										 EXEC_NEXT;
}
