// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery of interruptions to the guest's interruption vector table (SDM
 * 2:5.5; what each vector writes: SDM 2:8.3).
 */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/mmu/mmu.h"

/* What an interruption leaves of PSR (SDM 2:3.3.2, table 3-2). */
#define PSR_KEPT	(PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT | PSR_RT | PSR_MC | PSR_IT)

/*
 * A vector whose own first slot raises it again with collection off, so often
 * in a row, will do so for ever.
 */
#define NESTED_MAX	1000

/* Are the interruption registers other than ISR to be written? */
static bool collecting(const struct vcpu *v)
{
	return (psr_get(v) & PSR_IC) && !v->quiet;
}

static void count(struct vcpu *v, enum vector vec)
{
	v->stats.interruptions++;
	switch (vec) {
	case VEC_VHPT_TRANSLATION:
	case VEC_ITLB:
	case VEC_DTLB:
	case VEC_ALT_ITLB:
	case VEC_ALT_DTLB:
	case VEC_DATA_NESTED_TLB:
		v->stats.faults_tlb++;
		break;
	case VEC_INST_KEY_MISS:
	case VEC_DATA_KEY_MISS:
	case VEC_DIRTY_BIT:
	case VEC_INST_ACCESS_BIT:
	case VEC_DATA_ACCESS_BIT:
	case VEC_PAGE_NOT_PRESENT:
	case VEC_KEY_PERMISSION:
	case VEC_INST_ACCESS_RIGHTS:
	case VEC_DATA_ACCESS_RIGHTS:
		v->stats.faults_page++;
		break;
	case VEC_EXTERNAL_INTERRUPT:
		v->stats.external_interrupts++;
		break;
	case VEC_BREAK:
		v->stats.breaks++;
		break;
	default:
		v->stats.faults_other++;
		break;
	}
}

/* Notice a guest that cannot get past the first slot of a vector. */
static void watch_nesting(struct vcpu *v, uint64_t target)
{
	if ((psr_get(v) & PSR_IC) || v->ip != target || v->ri != 0) {
		v->nested = 0;
		return;
	}
	if (++v->nested < NESTED_MAX)
		return;
	v->dead = true;
	v->attention = 1;
}

/*
 * The common part: execution resumes at ip, ri; ipsr is PSR as the handler is
 * to see it; ei is the slot for ISR.
 */
static int deliver(struct vcpu *v, enum vector vec, uint64_t isr, uint32_t ei, uint64_t ipsr)
{
	uint64_t *cr = v->vpd->vcr;
	uint64_t target = (cr[CR_IVA] & ~0x7fffull) + vec;
	uint64_t psr;

	if (v->quiet)
		return EXEC_FAULT;
	if (collecting(v)) {
		cr[CR_IPSR] = (ipsr & ~PSR_RI) | (uint64_t)v->ri << PSR_RI_SHIFT;
		cr[CR_IIP] = v->ip;
		cr[CR_IIPA] = v->last_ip;
		cr[CR_IFS] &= ~(1ull << 63);
	} else {
		isr |= ISR_NI;
	}
	if (v->cfle)
		isr |= ISR_IR;
	isr |= (uint64_t)ei << ISR_EI_SHIFT;
	/* A Data Nested TLB fault leaves ISR as the first fault set it (SDM 2:3.3.5.2). */
	if (vec != VEC_DATA_NESTED_TLB)
		cr[CR_ISR] = isr;
	count(v, vec);
	trace_fault(v, vec, isr);
	watch_nesting(v, target);

	psr = psr_get(v) & PSR_KEPT;
	if (cr[CR_DCR] & DCR_BE)
		psr |= PSR_BE;
	if (cr[CR_DCR] & DCR_PP)
		psr |= PSR_PP;
	psr_set(v, psr);
	/* Loads of an incomplete frame stop; the next rfi may resume them (SDM 2:6.7). */
	v->cfle = false;
	v->ip = target;
	v->ri = 0;
	return EXEC_FAULT;
}

int raise_fault(struct vcpu *v, enum vector vec, uint64_t isr)
{
	return deliver(v, vec, isr, v->ri, psr_get(v));
}

static bool has_iha(enum vector vec)
{
	return vec == VEC_VHPT_TRANSLATION || vec == VEC_ITLB || vec == VEC_DTLB;
}

static bool has_itir(enum vector vec)
{
	switch (vec) {
	case VEC_VHPT_TRANSLATION:
	case VEC_ITLB:
	case VEC_DTLB:
	case VEC_ALT_ITLB:
	case VEC_ALT_DTLB:
	case VEC_INST_KEY_MISS:
	case VEC_DATA_KEY_MISS:
	case VEC_DIRTY_BIT:
	case VEC_INST_ACCESS_BIT:
	case VEC_DATA_ACCESS_BIT:
	case VEC_PAGE_NOT_PRESENT:
	case VEC_KEY_PERMISSION:
	case VEC_INST_ACCESS_RIGHTS:
	case VEC_DATA_ACCESS_RIGHTS:
		return true;
	default:
		return false;
	}
}

int raise_fault_at(struct vcpu *v, enum vector vec, uint64_t isr, uint64_t va)
{
	uint64_t *cr = v->vpd->vcr;
	uint64_t missing = va;

	if (collecting(v)) {
		cr[CR_IFA] = va;
		if (has_iha(vec))
			cr[CR_IHA] = mmu_thash(v, va);
		/* What lacks a translation then is the table's page (SDM 2:8.3, VHPT vector). */
		if (vec == VEC_VHPT_TRANSLATION)
			missing = cr[CR_IHA];
		/* The region's default page size, and its identifier in the key field. */
		if (has_itir(vec))
			cr[CR_ITIR] = v->vpd->rr[missing >> 61] & 0xfffffffcu;
	}
	return raise_fault(v, vec, isr);
}

int raise_general(struct vcpu *v, uint32_t ge_code)
{
	return raise_fault(v, VEC_GENERAL_EXCEPTION, ge_code);
}

int raise_illegal(struct vcpu *v)
{
	return raise_general(v, GE_ILLEGAL_OPERATION);
}

int raise_break(struct vcpu *v, uint64_t imm)
{
	if (collecting(v))
		v->vpd->vcr[CR_IIM] = imm;
	return raise_fault(v, VEC_BREAK, 0);
}

int raise_speculation(struct vcpu *v, uint64_t imm, uint64_t isr)
{
	if (collecting(v))
		v->vpd->vcr[CR_IIM] = imm;
	return raise_fault(v, VEC_SPECULATION, isr);
}

int raise_reg_nat(struct vcpu *v, uint64_t isr)
{
	return raise_fault(v, VEC_NAT_CONSUMPTION, isr | 0x10);
}

int raise_disabled_fp(struct vcpu *v, bool low, bool high, uint64_t isr)
{
	return raise_fault(v, VEC_DISABLED_FP, (uint64_t)low | (uint64_t)high << 1 | isr);
}

int raise_fp_fault(struct vcpu *v, uint32_t code)
{
	return raise_fault(v, VEC_FP_FAULT, code);
}

int raise_fp_trap(struct vcpu *v, uint32_t code)
{
	uint64_t last = v->ip;
	uint32_t ei = v->ri;

	/* No F slot is followed by the second half of a long instruction. */
	if (v->ri == 2) {
		v->ip += 16;
		v->ri = 0;
	} else {
		v->ri++;
	}
	return raise_trap(v, VEC_FP_TRAP, code | TRAP_FP, last, ei);
}

int raise_trap(struct vcpu *v, enum vector vec, uint64_t isr, uint64_t last, uint32_t ei)
{
	uint64_t psr = psr_get(v);

	/* The traps that the same instruction raises are told together. */
	if (psr & PSR_SS)
		isr |= TRAP_SS;
	v->last_ip = last;
	return deliver(v, vec, isr, ei, psr & ~PSR_ONCE);
}
