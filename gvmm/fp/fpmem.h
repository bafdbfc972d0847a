/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Register format to memory formats and back (SDM 1:5.3.1, 1:5.3.2; the same
 * conversions serve setf and getf). Values are in host byte order: a caller
 * with PSR.be set swaps before or after.
 */
#ifndef GVMM_FP_FPMEM_H
#define GVMM_FP_FPMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "gvmm/fp/fpreg.h"

#define FP_INT_BIT	(1ull << 63)	/* the explicit integer bit of a significand */
#define FP_EXP_BIAS	0xffff
#define FP_EXP_SPECIAL	0x1ffffu	/* infinities, NaNs, unsupported encodings */
#define FP_EXP_INTEGER	0x1003eu	/* of integers and parallel pairs */
#define FP_EXP_NATVAL	0x1fffeu

static inline struct fpreg fp_make(bool sign, uint32_t exp, uint64_t sig)
{
	return (struct fpreg){ .sig = sig, .se = (sign ? FPREG_SIGN : 0) | exp };
}

static inline uint32_t fp_exp(struct fpreg r)
{
	return (uint32_t)r.se & FPREG_EXP_MASK;
}

static inline bool fp_sign(struct fpreg r)
{
	return r.se >> 17 & 1;
}

/* The value of a register whose speculative load was deferred (SDM 1:5.1.3). */
static inline struct fpreg fp_natval(void)
{
	return (struct fpreg){ .sig = 0, .se = FP_EXP_NATVAL };
}

static inline bool fp_is_natval(struct fpreg r)
{
	return r.sig == 0 && (r.se & (FPREG_SIGN | FPREG_EXP_MASK)) == FP_EXP_NATVAL;
}

/* Integer form: ldf8, setf.sig, and every parallel or integer result. */
static inline struct fpreg fp_from_int(uint64_t value)
{
	return (struct fpreg){ .sig = value, .se = FP_EXP_INTEGER };
}

static inline uint64_t fp_to_int(struct fpreg r)
{
	return r.sig;
}

static inline struct fpreg fp_from_single(uint32_t m)
{
	bool sign = m >> 31;
	uint32_t exp = m >> 23 & 0xff;
	uint64_t frac = (uint64_t)(m & 0x7fffff) << 40;

	if (exp == 0xff)
		return fp_make(sign, FP_EXP_SPECIAL, FP_INT_BIT | frac);
	if (exp)
		return fp_make(sign, exp + 0xff80, FP_INT_BIT | frac);
	return fp_make(sign, frac ? 0xff81 : 0, frac);
}

static inline struct fpreg fp_from_double(uint64_t m)
{
	bool sign = m >> 63;
	uint32_t exp = (uint32_t)(m >> 52) & 0x7ff;
	uint64_t frac = (m & 0xfffffffffffffull) << 11;

	if (exp == 0x7ff)
		return fp_make(sign, FP_EXP_SPECIAL, FP_INT_BIT | frac);
	if (exp)
		return fp_make(sign, exp + 0xfc00, FP_INT_BIT | frac);
	return fp_make(sign, frac ? 0xfc01 : 0, frac);
}

/* Double-extended: the significand's 8 bytes and the 2 bytes of sign and exponent. */
static inline struct fpreg fp_from_ext(uint64_t sig, uint16_t se)
{
	uint32_t exp = se & 0x7fff;

	if (exp == 0x7fff)
		exp = FP_EXP_SPECIAL;
	else if (exp)
		exp += 0xc000;
	return fp_make(se >> 15, exp, sig);
}

/* Spill format: the words at the lower and the higher address (little-endian order). */
static inline struct fpreg fp_from_spill(uint64_t low, uint64_t high)
{
	return (struct fpreg){ .sig = low, .se = high & (FPREG_SIGN | FPREG_EXP_MASK) };
}

/*
 * Register to single: no rounding, no check; a value out of the format's
 * range loses exponent bits, as the architecture has it (SDM 1:5.3.2).
 */
static inline uint32_t fp_to_single(struct fpreg r)
{
	uint32_t exp = fp_exp(r);
	uint32_t field = r.sig & FP_INT_BIT ? (exp >> 9 & 0x80) | (exp & 0x7f) : 0;

	return (fp_sign(r) ? 0x80000000u : 0) | field << 23 | (uint32_t)(r.sig >> 40 & 0x7fffff);
}

static inline uint64_t fp_to_double(struct fpreg r)
{
	uint64_t exp = fp_exp(r);
	uint64_t field = r.sig & FP_INT_BIT ? (exp >> 6 & 0x400) | (exp & 0x3ff) : 0;

	return (fp_sign(r) ? 1ull << 63 : 0) | field << 52 | (r.sig >> 11 & 0xfffffffffffffull);
}

/* Sign and exponent of the double-extended form; its significand is fp_to_int(). */
static inline uint16_t fp_to_ext_se(struct fpreg r)
{
	uint32_t exp = fp_exp(r);

	return (uint16_t)((fp_sign(r) ? 0x8000u : 0) | (exp >> 2 & 0x4000) | (exp & 0x3fff));
}

/* The spill format's word at the higher address; the other is fp_to_int(). */
static inline uint64_t fp_to_spill_high(struct fpreg r)
{
	return r.se & (FPREG_SIGN | FPREG_EXP_MASK);
}

/* setf.exp, getf.exp. */
static inline struct fpreg fp_from_exp(uint64_t value)
{
	return (struct fpreg){ .sig = FP_INT_BIT, .se = value & (FPREG_SIGN | FPREG_EXP_MASK) };
}

static inline uint64_t fp_to_exp(struct fpreg r)
{
	return r.se & (FPREG_SIGN | FPREG_EXP_MASK);
}

#endif
