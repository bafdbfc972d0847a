/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interruptions: delivery to the guest's interruption vector table (SDM 2:5,
 * vectors 2:8.3). Every raise_* function delivers and returns EXEC_FAULT, so
 * that a handler ends with `return raise_...`.
 */
#ifndef GVMM_CPU_FAULT_H
#define GVMM_CPU_FAULT_H

#include "gvmm/cpu/vcpu.h"

/* Offsets from CR.IVA (SDM 2:5.7, table 5-6). */
enum vector {
	VEC_VHPT_TRANSLATION	= 0x0000,
	VEC_ITLB		= 0x0400,
	VEC_DTLB		= 0x0800,
	VEC_ALT_ITLB		= 0x0c00,
	VEC_ALT_DTLB		= 0x1000,
	VEC_DATA_NESTED_TLB	= 0x1400,
	VEC_INST_KEY_MISS	= 0x1800,
	VEC_DATA_KEY_MISS	= 0x1c00,
	VEC_DIRTY_BIT		= 0x2000,
	VEC_INST_ACCESS_BIT	= 0x2400,
	VEC_DATA_ACCESS_BIT	= 0x2800,
	VEC_BREAK		= 0x2c00,
	VEC_EXTERNAL_INTERRUPT	= 0x3000,
	VEC_PAGE_NOT_PRESENT	= 0x5000,
	VEC_KEY_PERMISSION	= 0x5100,
	VEC_INST_ACCESS_RIGHTS	= 0x5200,
	VEC_DATA_ACCESS_RIGHTS	= 0x5300,
	VEC_GENERAL_EXCEPTION	= 0x5400,
	VEC_DISABLED_FP		= 0x5500,
	VEC_NAT_CONSUMPTION	= 0x5600,
	VEC_SPECULATION		= 0x5700,
	VEC_DEBUG		= 0x5900,
	VEC_UNALIGNED		= 0x5a00,
	VEC_UNSUPPORTED_DATA	= 0x5b00,
	VEC_FP_FAULT		= 0x5c00,
	VEC_FP_TRAP		= 0x5d00,
	VEC_LOWER_PRIVILEGE	= 0x5e00,
	VEC_TAKEN_BRANCH	= 0x5f00,
	VEC_SINGLE_STEP		= 0x6000,
	VEC_VIRTUALIZATION	= 0x6100,
	VEC_IA32_EXCEPTION	= 0x6900,
	VEC_IA32_INTERCEPT	= 0x6a00,
	VEC_IA32_INTERRUPT	= 0x6b00,
};

/* ISR.code of General Exception (SDM 2:8.3, General Exception vector). */
enum {
	GE_ILLEGAL_OPERATION	= 0x00,
	GE_PRIVILEGED_OPERATION	= 0x10,
	GE_PRIVILEGED_REGISTER	= 0x20,
	GE_RESERVED_FIELD	= 0x30,
	GE_DISABLED_ISA		= 0x40,
	GE_ILLEGAL_DEPENDENCY	= 0x80,
};

/*
 * Deliver a fault of the instruction at ip, ri: IIP and IPSR.ri name it. isr
 * holds code and the x, w, r, na, sp, rs, ir, ed bits; ei and ni are added here.
 */
int raise_fault(struct vcpu *v, enum vector vec, uint64_t isr);

/* The same with CR.IFA (and, for the vectors that have it, ITIR and IHA) set from va. */
int raise_fault_at(struct vcpu *v, enum vector vec, uint64_t isr, uint64_t va);

/* General Exception with one of the GE_ codes, ISR.r, w etc. clear. */
int raise_general(struct vcpu *v, uint32_t ge_code);
int raise_illegal(struct vcpu *v);

/* Break fault: CR.IIM = imm. */
int raise_break(struct vcpu *v, uint64_t imm);

/* Speculation fault of chk and fchkf: CR.IIM = displacement >> 4 (SDM 2:8.3). */
int raise_speculation(struct vcpu *v, uint64_t imm, uint64_t isr);

/* Register NaT Consumption fault; isr has r, w, na for accesses, 0 code part is added here. */
int raise_reg_nat(struct vcpu *v, uint64_t isr);

/*
 * Disabled Floating-point Register fault: low and high say which half was
 * touched; isr has r, w and sp of a memory reference.
 */
int raise_disabled_fp(struct vcpu *v, bool low, bool high, uint64_t isr);

/* Floating-point fault or trap with ISR.code. The trap's instruction has completed. */
int raise_fp_fault(struct vcpu *v, uint32_t code);
int raise_fp_trap(struct vcpu *v, uint32_t code);

/*
 * Deliver a trap: the instruction at ip, ri has completed, and ip, ri have been
 * moved on to where execution resumes; last is the bundle of the trapping
 * instruction and ei its slot.
 */
int raise_trap(struct vcpu *v, enum vector vec, uint64_t isr, uint64_t last, uint32_t ei);

/* Set PSR (all but ri) and everything derived from it. */
void psr_set(struct vcpu *v, uint64_t psr);

static inline uint64_t psr_get(const struct vcpu *v)
{
	return v->vpd->vpsr;
}

/*
 * Check that f<a>..: the disabled-FP test that FP handlers make first: mask
 * bit 0 when a low (f2-f31), bit 1 when a high (f32-f127) register is named.
 * isr as raise_disabled_fp() takes it. Returns EXEC_NEXT or what that returned.
 */
static inline int fp_check(struct vcpu *v, uint32_t halves, uint64_t isr)
{
	uint64_t psr = psr_get(v);
	bool low = (halves & 1) && (psr & PSR_DFL);
	bool high = (halves & 2) && (psr & PSR_DFH);

	if (__builtin_expect(low || high, 0))
		return raise_disabled_fp(v, low, high, isr);
	return EXEC_NEXT;
}

/* The half that f<n> belongs to, for fp_check(); f0 and f1 belong to none. */
static inline uint32_t fp_half(uint32_t n)
{
	return n >= 32 ? 2 : n >= 2 ? 1 : 0;
}

/* Record that targets of these halves were written (PSR.mfl, mfh). */
static inline void fp_modified(struct vcpu *v, uint32_t halves)
{
	v->vpd->vpsr |= (uint64_t)(halves & 3) << 4;
}

#endif
