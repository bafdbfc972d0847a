/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Floating-point registers in the front end: which form they are known to have, and
 * their values. Numbers are those of instructions; rules: docs/fp-invariants.md.
 */
#ifndef GVMM_JIT_BUILD_FR_H
#define GVMM_JIT_BUILD_FR_H

#include "gvmm/jit/build.h"

/*
 * The form of f<n>, as the register file tells it in se: FPREG_DOUBLE, FPREG_SEQ and
 * value, FP_EXP_INTEGER, a canonical register's se; FORM_NONE when that is not known.
 */
uint32_t fr_form(const struct translation *t, uint32_t n);

/* f1 */
#define ONE_DOUBLE	0x3ff0000000000000ull

/* The form of fcvt.xf of an integer, which is its first word. */
#define FORM_CONVERTED	(FPREG_SEQ | FP_SEQ_SIGNED << 8 | FP_SEQ_A)
bool fr_is_converted(const struct translation *t, uint32_t n);
/* The first word, of a register whose form is known. */
ir_ref fr_word(struct translation *t, uint32_t n);

/*
 * Can the value be had as a double, or as the significand of an integer? Then fr_double()
 * and fr_integer() give it: they may let the block be left before the instruction.
 */
bool fr_has_double(const struct translation *t, uint32_t n);
bool fr_has_integer(const struct translation *t, uint32_t n);
ir_ref fr_double(struct translation *t, uint32_t n);
ir_ref fr_integer(struct translation *t, uint32_t n);

/* Is n a legal target? f0 and f1 are not. */
static inline bool fr_target_ok(uint32_t n)
{
	return n >= 2;
}

/* Write a legal target, if qp is true: a double or the 64 bits of one; an integer. */
void fr_set_double(struct translation *t, ir_ref qp, uint32_t n, ir_ref value);
void fr_set_integer(struct translation *t, ir_ref qp, uint32_t n, ir_ref value);
/* Any canonical register, or any form: the words; se is at most 32 bits, sign-extended. */
void fr_set(struct translation *t, ir_ref qp, uint32_t n, ir_ref sig, ir_ref se);

/* A form as an operand, or for fr_set(). */
ir_ref fr_form_value(struct translation *t, uint32_t form);

/*
 * Registers of these numbers (0: none) are going to be read or written, and floats
 * hold besides (FLOATS_MAIN, FLOATS_DIVIDE), or the block is left before the instruction.
 */
void fr_need(struct translation *t, uint32_t floats, uint32_t a, uint32_t b, uint32_t c,
	     uint32_t d);

/* Conversions of a double's 64 bits, folded. */
ir_ref ir_word(struct translation *t, ir_ref value);
ir_ref ir_double(struct translation *t, ir_ref bits);
ir_ref ir_kd(struct translation *t, uint64_t bits);

/*
 * Divide and square-root sequences (build-seq.c): frcpa and frsqrta; a multiply-add
 * that is one of their steps; a conversion of a quotient.
 */
bool build_approximation(struct translation *t, const struct insn *i);
bool build_step(struct translation *t, const struct insn *i);
bool build_quotient(struct translation *t, const struct insn *i);

#endif
