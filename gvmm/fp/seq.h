/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Division and square root as compilers and libraries expand them: an
 * approximation, then multiply-adds in status field 1 that refine it. Translated
 * code that finds such a sequence computes its result with the host's divide
 * instead. The values in between are nearly always dead; the register file can
 * hold one as what it is, value n of the sequence for operands a and b, and it
 * is computed when somebody reads it (docs/fp-invariants.md).
 */
#ifndef GVMM_FP_SEQ_H
#define GVMM_FP_SEQ_H

#include "gvmm/fp/fp.h"

/* What the operands a and b are. */
enum fp_seq {
	FP_SEQ_DOUBLE,		/* a / b: doubles */
	FP_SEQ_SIGNED,		/* a / b: fcvt.xf of 64-bit integers */
	FP_SEQ_UNSIGNED,	/* a / b: fnorm.s1 of 64-bit integers */
	FP_SEQ_ROOT,		/* square root of a, a double; b is nothing */
	FP_SEQS
};

/* Values of all sequences; FP_SEQ_FIRST and up have steps that make them. */
enum fp_seq_value {
	FP_SEQ_ZERO, FP_SEQ_ONE,	/* f0, f1 */
	FP_SEQ_A, FP_SEQ_B,		/* the operands */
	FP_SEQ_Y0,			/* frcpa or frsqrta */
	FP_SEQ_FIRST,
	FP_SEQ_VALUES = 48
};

/* Values that translated code has to know. */
extern const uint8_t fp_seq_quotient;	/* rounded towards zero, the integer quotient */
/* Results in status field 0: doubles and singles. */
bool fp_seq_is_result(enum fp_seq seq, uint32_t value, bool *single);

/*
 * The value that an instruction makes of others: f3 * f4 op f2 with completer
 * pc in status field sf; f2 is FP_SEQ_ZERO for f0. -1 when no sequence has such a
 * step.
 */
int fp_seq_step(enum fp_seq seq, enum fp_fma_op op, uint32_t f3, uint32_t f4, uint32_t f2,
		enum fp_pc pc, uint32_t sf);

/* The value of sequence seq that is this constant, a double; or -1. */
int fp_seq_constant(enum fp_seq seq, uint64_t bits);

/*
 * The register that step by step execution gives for a value; rc is for results.
 * flags[0] and [1], if not NULL, get the flags of the steps that lead to it, of
 * status fields 0 (the approximation's too) and 1.
 */
struct fpreg fp_seq_compute(enum fp_seq seq, uint32_t value, uint64_t a, uint64_t b, uint32_t rc,
			    uint32_t *flags);

/*
 * May the host's divide or root stand in for the sequence? Neither a special
 * case of the approximation nor a step in which anything but I can be flagged.
 */
bool fp_seq_operands(enum fp_seq seq, uint64_t a, uint64_t b);

/* Besides: for the quotient rounded to single, which is proper for singles only. */
bool fp_seq_single_operands(uint64_t a, uint64_t b);

#endif
