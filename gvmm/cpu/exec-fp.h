/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the floating-point handlers share: the checks that come before an
 * operation and the recording that comes after it, in the order of the
 * instruction pages (SDM vol. 3).
 */
#ifndef GVMM_CPU_EXEC_FP_H
#define GVMM_CPU_EXEC_FP_H

#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/vcpu.h"
#include "gvmm/fp/fp.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/insn.h"
#include "gvmm/isa/opcodes.h"

static inline struct fpreg fr_read(const struct vcpu *v, uint32_t n)
{
	return fr_get(v, fr_slot(v, n));
}

/* Write target f<n>, which is neither f0 nor f1. */
static inline void fr_write(struct vcpu *v, uint32_t n, struct fpreg value)
{
	v->fr[fr_slot(v, n)] = value;
	fp_modified(v, fp_half(n));
}

/* The disabled-FP check for up to four registers; 0 names one that is never disabled. */
static inline int fr_check(struct vcpu *v, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	if (__builtin_expect(!(psr_get(v) & (PSR_DFL | PSR_DFH)), 1))
		return EXEC_NEXT;
	return fp_check(v, fp_half(a) | fp_half(b) | fp_half(c) | fp_half(d), 0);
}

/* Before an instruction with target f1 and these sources: is it legal and enabled? */
static inline int fr_enter(struct vcpu *v, uint32_t f1, uint32_t a, uint32_t b, uint32_t c)
{
	if (__builtin_expect(f1 < 2, 0))
		return raise_illegal(v);
	return fr_check(v, f1, a, b, c);
}

static inline struct fp_control fr_controls(const struct vcpu *v, const struct insn *i,
					    enum fp_pc pc)
{
	return fp_controls(v->fpsr, (uint32_t)i->imm & 3, pc);
}

static inline void fr_flags(struct vcpu *v, const struct insn *i, uint32_t status)
{
	v->fpsr = fpsr_update(v->fpsr, (uint32_t)i->imm & 3, status);
}

/* After an operation with target f1: fault, or write, record flags and trap. */
static inline int fr_finish(struct vcpu *v, const struct insn *i, struct fpreg value,
			    uint32_t status)
{
	if (__builtin_expect(status & FP_FAULT, 0))
		return raise_fp_fault(v, fp_isr_code(status));
	fr_write(v, i->r1, value);
	fr_flags(v, i, status);
	if (__builtin_expect(status & FP_TRAP, 0))
		return raise_fp_trap(v, fp_isr_code(status));
	return EXEC_NEXT;
}

#endif
