/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPSR (SDM 1:5.2), and MXCSR in its place: translated code computes with SSE,
 * whose rounding and flushing are those of status field 0, and whose flags
 * gather in MXCSR until somebody asks (docs/fp-invariants.md).
 */
#ifndef GVMM_CPU_FPSR_H
#define GVMM_CPU_FPSR_H

#include "gvmm/cpu/vcpu.h"

/* v->fp_fast: what the controls in FPSR allow translated code to do. */
#define FP_FAST_MAIN	1u	/* operations of status field 0 with completer .s or .d on SSE */
#define FP_FAST_DIVIDE	2u	/* divide and square-root sequences that iterate in field 1 */

/* The value of FPSR, flags in MXCSR included. */
uint64_t fpsr_get(const struct vcpu *v);

/*
 * Set FPSR, to a value without reserved fields. EXEC_SYNC when v->fp_fast has
 * changed, which translated code relies on, else EXEC_NEXT.
 */
int fpsr_set(struct vcpu *v, uint64_t fpsr);

/*
 * From the first to the second, MXCSR is the guest's and nothing in the GVMM
 * but translated code may do floating-point arithmetic.
 */
void fpsr_enter(struct vcpu *v);
void fpsr_leave(struct vcpu *v);

#endif
