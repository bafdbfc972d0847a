/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IA-64 floating point: pure functions over 82-bit registers. None of them
 * touches processor state: controls come in as struct fp_control, and the
 * FPSR flags, the fault or trap and the predicates go out as a status word.
 *
 * Operands are the architecture's: f2, f3, f4 as the instruction pages name
 * them. Every function that takes registers propagates NaTVal itself.
 */
#ifndef GVMM_FP_FP_H
#define GVMM_FP_FP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gvmm/fp/fpmem.h"
#include "gvmm/fp/fpreg.h"

/* FPSR.sf.rc (SDM 1:5.2, table 5-5). */
enum fp_rounding {
	FP_RN = 0,	/* to nearest, ties to even */
	FP_RM = 1,	/* to minus infinity */
	FP_RP = 2,	/* to plus infinity */
	FP_RZ = 3,	/* to zero */
};

/* The instruction's precision completer; FP_PC_PAIR: a parallel instruction. */
enum fp_pc { FP_PC_NONE, FP_PC_SINGLE, FP_PC_DOUBLE, FP_PC_PAIR };

/* Significand bits and exponent bits of a result (SDM 1:5.2, table 5-6). */
enum fp_format {
	FP_FMT_24_8, FP_FMT_53_11,
	FP_FMT_24_15, FP_FMT_53_15, FP_FMT_64_15,
	FP_FMT_24_17, FP_FMT_53_17, FP_FMT_64_17,
	FP_FMT_PAIR,
	FP_FORMATS
};

/* FPSR flags and trap disable bits, in FPSR's order (SDM 1:5.2). */
#define FPF_V	0x01u	/* invalid operation */
#define FPF_D	0x02u	/* denormal or unnormal operand */
#define FPF_Z	0x04u	/* zero divide */
#define FPF_O	0x08u	/* overflow */
#define FPF_U	0x10u	/* underflow */
#define FPF_I	0x20u	/* inexact */
#define FPF_ALL 0x3fu

/* What FPSR and the completers ask of one operation. */
struct fp_control {
	uint8_t format;		/* enum fp_format */
	uint8_t rc;		/* enum fp_rounding */
	uint8_t disabled;	/* FPF_V ...: exceptions that do not fault or trap */
	bool ftz;
};

/*
 * Status word: FPF_ALL for FPSR.sf.flags; then what happened. FP_FAULT: the
 * target is unchanged and no flag is to be recorded. FP_TRAP: the target and
 * the flags are to be written, then the trap taken. ISR.code is in bits 31:16
 * (SDM 2:8.3; the trap's bit 0, "fp", is set in it).
 */
#define FP_FAULT	0x040u
#define FP_TRAP		0x080u
#define FP_P1		0x100u	/* value of the first target predicate */
#define FP_P2		0x200u	/* and of the second (fcmp, fclass) */

static inline uint32_t fp_isr_code(uint32_t status)
{
	return status >> 16;
}

/*
 * ISR.code bits. Faults: of the scalar or the high half in 3:0, of the low
 * half in 7:4. Traps: in 14:11 and in 10:7 (SDM 2:8.3, FP fault and FP trap
 * vectors).
 */
#define FP_ISR_V	0x0001u
#define FP_ISR_D	0x0002u
#define FP_ISR_Z	0x0004u
#define FP_ISR_SWA	0x0008u
#define FP_ISR_TRAP	0x0001u	/* an FP trap, beside the single-step and branch traps */
#define FP_ISR_O	0x0800u
#define FP_ISR_U	0x1000u
#define FP_ISR_I	0x2000u
#define FP_ISR_FPA	0x4000u	/* the result's magnitude was rounded up */

/* FPSR layout (SDM 1:5.2, figure 5-2). */
#define FPSR_SF_SHIFT(sf)	(6 + 13 * (sf))
#define FPSR_SF_FTZ		0x01u
#define FPSR_SF_WRE		0x02u
#define FPSR_SF_PC		0x0cu
#define FPSR_SF_RC_SHIFT	4
#define FPSR_SF_TD		0x40u
#define FPSR_SF_CONTROLS	0x7fu
#define FPSR_FLAGS_SHIFT(sf)	(13 + 13 * (sf))

extern const uint8_t fp_format_of[4][8];

/* Controls of an instruction with status field sf (0-3) and completer pc. */
static inline struct fp_control fp_controls(uint64_t fpsr, uint32_t sf, enum fp_pc pc)
{
	uint32_t field = (uint32_t)(fpsr >> FPSR_SF_SHIFT(sf));

	return (struct fp_control){
		.format = fp_format_of[pc][field >> 1 & 7],
		.rc = field >> FPSR_SF_RC_SHIFT & 3,
		.disabled = (fpsr | (field & FPSR_SF_TD ? FPF_ALL : 0)) & FPF_ALL,
		.ftz = field & FPSR_SF_FTZ,
	};
}

/* FPSR with a status word's flags recorded in status field sf. */
static inline uint64_t fpsr_update(uint64_t fpsr, uint32_t sf, uint32_t status)
{
	return fpsr | (uint64_t)(status & FPF_ALL) << FPSR_FLAGS_SHIFT(sf);
}

/*
 * Does a value of the FPSR have reserved bits or encodings in use? (SDM 1:5.2:
 * bits 63:58, sf0.td, and pc = 1 in any status field.)
 */
bool fpsr_reserved(uint64_t fpsr);

/* Do the flags of sf ask for the recovery that fchkf branches to? */
bool fpsr_check_flags(uint64_t fpsr, uint32_t sf);

/* FPSR after fsetc; the caller refuses it when fpsr_reserved(). */
uint64_t fpsr_set_controls(uint64_t fpsr, uint32_t sf, uint32_t amask7, uint32_t omask7);

/* FPSR after fclrf. */
uint64_t fpsr_clear_flags(uint64_t fpsr, uint32_t sf);

/* Multiply-add (SDM vol. 3: fma, fms, fnma, fpma, fpms, fpnma). */
enum fp_fma_op { FP_FMA, FP_FMS, FP_FNMA };

/*
 * f1 = f3 * f4 op f2. no_add: f2 names f0, so that the product alone is
 * rounded and a zero keeps its sign.
 */
uint32_t fp_fma(struct fpreg *f1, struct fpreg f3, struct fpreg f4, struct fpreg f2,
		enum fp_fma_op op, bool no_add, struct fp_control ctl);
uint32_t fp_fpma(struct fpreg *f1, struct fpreg f3, struct fpreg f4, struct fpreg f2,
		 enum fp_fma_op op, bool no_add, struct fp_control ctl);

/* Fixed-point multiply-add (xma); no flags. */
enum fp_xma_op { FP_XMA_L, FP_XMA_H, FP_XMA_HU };
struct fpreg fp_xma(struct fpreg f3, struct fpreg f4, struct fpreg f2, enum fp_xma_op op);

/* Compare (fcmp, fpcmp). The parallel form has the negated relations too. */
enum fp_relation {
	FP_EQ, FP_LT, FP_LE, FP_UNORD,
	FP_NEQ, FP_NLT, FP_NLE, FP_ORD,
};

/* Status: FP_P1 and FP_P2 are the two predicates; neither, when an operand is NaTVal. */
uint32_t fp_cmp(struct fpreg f2, struct fpreg f3, enum fp_relation rel, struct fp_control ctl);
uint32_t fp_fpcmp(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_relation rel,
		  struct fp_control ctl);

/* Class (fclass.m): FP_P1, FP_P2 as fp_cmp(). fclass9 as encoded. */
uint32_t fp_class(struct fpreg f2, uint32_t fclass9);

/* Minimum and maximum, of values or of magnitudes. */
enum fp_minmax_op { FP_MIN, FP_MAX, FP_AMIN, FP_AMAX };
uint32_t fp_minmax(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_minmax_op op,
		   struct fp_control ctl);
uint32_t fp_fpminmax(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_minmax_op op,
		     struct fp_control ctl);

/*
 * Reciprocal and reciprocal square root approximations; FP_P1 is the target
 * predicate. A software assist fault comes where SDM 2:8.1.1 mandates it.
 */
uint32_t fp_frcpa(struct fpreg *f1, struct fpreg f2, struct fpreg f3, struct fp_control ctl);
uint32_t fp_frsqrta(struct fpreg *f1, struct fpreg f3, struct fp_control ctl);
uint32_t fp_fprcpa(struct fpreg *f1, struct fpreg f2, struct fpreg f3, struct fp_control ctl);
uint32_t fp_fprsqrta(struct fpreg *f1, struct fpreg f3, struct fp_control ctl);

/* To integer (fcvt.fx, .fxu; .trunc: ctl.rc is FP_RZ), from signed integer (fcvt.xf). */
uint32_t fp_fcvt_fx(struct fpreg *f1, struct fpreg f2, bool is_unsigned, struct fp_control ctl);
uint32_t fp_fpcvt_fx(struct fpreg *f1, struct fpreg f2, bool is_unsigned, struct fp_control ctl);
struct fpreg fp_fcvt_xf(struct fpreg f2);

/* Sign and exponent merges. */
enum fp_merge_op { FP_MERGE_S, FP_MERGE_NS, FP_MERGE_SE };
struct fpreg fp_fmerge(struct fpreg f2, struct fpreg f3, enum fp_merge_op op);
struct fpreg fp_fpmerge(struct fpreg f2, struct fpreg f3, enum fp_merge_op op);

/* Significand shuffles and logic. */
enum fp_shuffle_op {
	FP_MIX_L, FP_MIX_R, FP_MIX_LR, FP_SXT_L, FP_SXT_R,
	FP_SWAP, FP_SWAP_NL, FP_SWAP_NR, FP_PACK,
	FP_AND, FP_ANDCM, FP_OR, FP_XOR,
};
struct fpreg fp_shuffle(struct fpreg f2, struct fpreg f3, enum fp_shuffle_op op);
struct fpreg fp_fselect(struct fpreg f3, struct fpreg f4, struct fpreg f2);

#endif
