/* SPDX-License-Identifier: GPL-2.0-only */
/* Which instructions of the system become code of their own, and when. */
#ifndef GVMM_JIT_WAYS_H
#define GVMM_JIT_WAYS_H

#include "gvmm/jit/translate.h"

/* Instructions that are not in the table are inline wherever there is a form for them. */
enum jit_way {
	WAY_INLINE,	/* always, where there is a form */
	WAY_COUNTED,	/* when its handler has been called so often that the code would have paid */
	WAY_HANDLER,	/* never */
};

/*
 * X(instruction, way). What is small, or frequent in every system, is inline; what
 * takes more than a dozen host instructions is counted first; what looks into or changes
 * the TLB beyond a probe is its handler's.
 */
#define JIT_WAYS(X)							\
	X(SSM, INLINE) X(RSM, INLINE) X(SUM, INLINE) X(RUM, INLINE)	\
	X(MOV_FROM_PSR, INLINE) X(MOV_FROM_PSR_UM, INLINE)		\
	X(MOV_TO_PSR_L, COUNTED) X(MOV_TO_PSR_UM, HANDLER)		\
	X(MOV_TO_CR, INLINE) X(MOV_FROM_CR, INLINE)			\
	X(MOV_M_TO_AR, INLINE) X(MOV_M_TO_AR_IMM, INLINE) X(MOV_M_FROM_AR, INLINE) \
	X(MOV_I_TO_AR, INLINE) X(MOV_I_TO_AR_IMM, INLINE) X(MOV_I_FROM_AR, INLINE) \
	X(MOV_FROM_RR, INLINE) X(MOV_TO_RR, COUNTED)			\
	X(MOV_FROM_PKR, HANDLER) X(MOV_TO_PKR, HANDLER)			\
	X(MOV_FROM_IBR, HANDLER) X(MOV_TO_IBR, HANDLER)			\
	X(MOV_FROM_DBR, HANDLER) X(MOV_TO_DBR, HANDLER)			\
	X(MOV_FROM_PMC, HANDLER) X(MOV_TO_PMC, HANDLER)			\
	X(MOV_FROM_PMD, HANDLER) X(MOV_TO_PMD, HANDLER)			\
	X(MOV_FROM_CPUID, HANDLER)					\
	X(THASH, COUNTED) X(TTAG, COUNTED) X(TPA, COUNTED) X(TAK, HANDLER) \
	X(PROBE_R, COUNTED) X(PROBE_W, COUNTED)				\
	X(PROBE_R_IMM, COUNTED) X(PROBE_W_IMM, COUNTED)			\
	X(PROBE_R_FAULT, COUNTED) X(PROBE_W_FAULT, COUNTED) X(PROBE_RW_FAULT, COUNTED) \
	X(ITC_D, HANDLER) X(ITC_I, HANDLER) X(ITR_D, HANDLER) X(ITR_I, HANDLER) \
	X(PTC_L, HANDLER) X(PTC_G, HANDLER) X(PTC_GA, HANDLER) X(PTC_E, HANDLER) \
	X(PTR_D, HANDLER) X(PTR_I, HANDLER)				\
	X(COVER, INLINE) X(BSW_0, INLINE) X(BSW_1, INLINE)		\
	X(FLUSHRS, COUNTED) X(LOADRS, COUNTED)				\
	X(EPC, INLINE)							\
	X(SRLZ_D, INLINE) X(SRLZ_I, INLINE) X(SYNC_I, INLINE)		\
	X(MF, INLINE) X(MF_A, INLINE) X(INVALA, INLINE) X(INVALA_E, HANDLER) \
	X(INVALA_E_FP, HANDLER) X(FC, HANDLER) X(FC_I, HANDLER)

/*
 * A counted instruction becomes inline after so many calls of its handler on the vCPU
 * to which its own code would have had the answer, if they are at least half of all: some
 * 40 ns each more than that code, they have cost as much as to translate a full block once
 * more, some 40 us. A block that has been made before is then dropped by a later call
 * out of it.
 */
#define INLINE_CALLS	1000u

enum jit_way jit_way(uint32_t op);

/*
 * Is the current instruction, for which there is a form, to be inline? If not it is to
 * be its handler's, who looks each time whether that has changed. Where everything is
 * translated at once, for tests, it changes with every call.
 */
bool inline_wanted(struct translation *t, const struct insn *i);

/* In place of the handler of a counted instruction that is not inline. */
int jit_counted(struct vcpu *v, const struct insn *i);

#endif
