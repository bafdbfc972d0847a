/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of gvmm/fp share: operand kinds, unpacked values, rounding. */
#ifndef GVMM_FP_INTERNAL_H
#define GVMM_FP_INTERNAL_H

#include "gvmm/fp/fp.h"

typedef unsigned __int128 fp_u128;

/* Kinds of register contents (SDM 1:5.1.3, table 5-2), one bit each, to be or-ed. */
#define FPK_NORMAL	0x001u
#define FPK_UNORM	0x002u	/* non-zero, not normalized; exponent-0 encodings too */
#define FPK_ZERO	0x004u
#define FPK_PZERO	0x008u	/* pseudo-zero */
#define FPK_INF		0x010u
#define FPK_QNAN	0x020u
#define FPK_SNAN	0x040u
#define FPK_UNSUP	0x080u	/* pseudo-NaN, pseudo-infinity */
#define FPK_NATVAL	0x100u

#define FPK_NAN		(FPK_QNAN | FPK_SNAN)
#define FPK_UNNORMAL	(FPK_UNORM | FPK_PZERO)		/* what the D exception is about */
#define FPK_ANY_ZERO	(FPK_ZERO | FPK_PZERO)

static inline bool fp_is_normal(struct fpreg r)
{
	return r.sig & FP_INT_BIT && fp_exp(r) - 1 < FP_EXP_SPECIAL - 1;
}

static inline uint32_t fp_kind(struct fpreg r)
{
	uint32_t exp = fp_exp(r);

	if (exp == FP_EXP_SPECIAL) {
		if (!(r.sig & FP_INT_BIT))
			return FPK_UNSUP;
		if (r.sig == FP_INT_BIT)
			return FPK_INF;
		return r.sig >> 62 & 1 ? FPK_QNAN : FPK_SNAN;
	}
	if (r.sig & FP_INT_BIT)
		return exp ? FPK_NORMAL : FPK_UNORM;
	if (r.sig)
		return FPK_UNORM;
	if (!exp)
		return FPK_ZERO;
	return fp_is_natval(r) ? FPK_NATVAL : FPK_PZERO;
}

/*
 * A non-zero finite value with its integer bit set: sig * 2^(exp - bias - 63).
 * exp is biased by FP_EXP_BIAS but may lie outside the register's 17 bits.
 */
struct fp_value {
	uint64_t sig;
	int32_t exp;
	bool sign;
};

/* Normalize a register of kind FPK_NORMAL or FPK_UNORM. */
static inline struct fp_value fp_unpack(struct fpreg r)
{
	struct fp_value x = { r.sig, (int32_t)fp_exp(r), fp_sign(r) };
	int shift = __builtin_clzll(x.sig | 1);

	/* Exponent 0 encodes double-extended denormals (SDM 1:5.1.2). */
	if (!x.exp)
		x.exp = 0xc001;
	x.sig <<= shift;
	x.exp -= shift;
	return x;
}

/*
 * The same with 128 significand bits, hi first; the lowest bit of lo stands for
 * all the bits that may follow it.
 */
struct fp_wide {
	uint64_t hi, lo;
	int32_t exp;
	bool sign;
};

struct fp_range {
	int32_t emin, emax;	/* biased exponents of the normal range */
	int32_t exp_denormal;	/* exponent field of its denormals */
	uint32_t drop;		/* low significand bits that are always zero */
};

extern const struct fp_range fp_ranges[FP_FORMATS];

/* A significand rounded as if the exponent were unbounded. */
struct fp_rounded {
	uint64_t sig;
	int32_t exp;
	bool inexact;
	bool up;	/* incremented */
};

/* Shall a magnitude with last kept bit odd and discarded part rest (0.rest) be incremented? */
static inline bool fp_round_up(uint32_t rc, bool sign, bool odd, uint64_t rest)
{
	if (__builtin_expect(rc == FP_RN, 1))
		return (rest > FP_INT_BIT) | ((rest == FP_INT_BIT) & odd);
	if (rc == FP_RZ)
		return false;
	return rest && sign == (rc == FP_RM);
}

static inline struct fp_rounded fp_round_unbounded(struct fp_wide w, uint32_t drop, uint32_t rc)
{
	uint64_t rest = drop ? w.hi << (64 - drop) | (w.lo != 0) : w.lo;
	struct fp_rounded r = { .sig = w.hi >> drop << drop, .exp = w.exp };

	r.inexact = rest != 0;
	r.up = fp_round_up(rc, w.sign, w.hi >> drop & 1, rest);
	r.sig += (uint64_t)r.up << drop;
	if (__builtin_expect(!r.sig, 0) && r.up) {
		r.sig = FP_INT_BIT;
		r.exp++;
	}
	return r;
}

/* Round a result that overflows or underflows ctl.format. */
uint32_t fp_round_out_of_range(struct fpreg *f1, uint64_t hi, uint64_t lo, int32_t exp, bool sign,
			       struct fp_control ctl);

/* Status of a result that is inexact and nothing else. */
static inline uint32_t fp_inexact(bool up, struct fp_control ctl)
{
	if (__builtin_expect(ctl.disabled & FPF_I, FPF_I))
		return FPF_I;
	return FPF_I | FP_TRAP | (FP_ISR_TRAP | FP_ISR_I | (up ? FP_ISR_FPA : 0)) << 16;
}

/* Round w, which is normalized, to ctl.format and write it to *f1. */
static inline uint32_t fp_round(struct fpreg *f1, struct fp_wide w, struct fp_control ctl)
{
	const struct fp_range *f = &fp_ranges[ctl.format];
	struct fp_rounded r = fp_round_unbounded(w, f->drop, ctl.rc);

	if (__builtin_expect(r.exp < f->emin || r.exp > f->emax, 0))
		return fp_round_out_of_range(f1, w.hi, w.lo, w.exp, w.sign, ctl);
	f1->sig = r.sig;
	f1->se = (w.sign ? FPREG_SIGN : 0) | (uint32_t)r.exp;
	return r.inexact ? fp_inexact(r.up, ctl) : 0;
}

static inline uint32_t fp_fault(uint32_t code)
{
	return FP_FAULT | code << 16;
}

/* An invalid operation that makes a NaN of no operand: the QNaN indefinite. */
static inline uint32_t fp_invalid(struct fpreg *f1, struct fp_control ctl)
{
	if (!(ctl.disabled & FPF_V))
		return fp_fault(FP_ISR_V);
	*f1 = fp_make(true, FP_EXP_SPECIAL, 3ull << 62);
	return FPF_V;
}

/* The D exception for operands of these kinds: FPF_D, a fault, or nothing. */
static inline uint32_t fp_denormal(uint32_t kinds, struct fp_control ctl)
{
	if (!(kinds & FPK_UNNORMAL))
		return 0;
	return ctl.disabled & FPF_D ? FPF_D : fp_fault(FP_ISR_D);
}

static inline struct fpreg fp_quiet(struct fpreg nan)
{
	nan.sig |= 1ull << 62;
	return nan;
}

static inline struct fpreg fp_infinity(bool sign)
{
	return fp_make(sign, FP_EXP_SPECIAL, FP_INT_BIT);
}

static inline struct fpreg fp_zero(bool sign)
{
	return fp_make(sign, 0, 0);
}

/* Order of two values that are not NaN, unsupported or NaTVal: negative, 0, positive. */
int fp_order(struct fpreg a, struct fpreg b);

/* Status of a parallel operation from those of its halves. */
uint32_t fp_join(uint32_t high, uint32_t low);

/* The halves of a parallel operand in register format. */
static inline struct fpreg fp_high(struct fpreg r)
{
	return fp_from_single((uint32_t)(r.sig >> 32));
}

static inline struct fpreg fp_low(struct fpreg r)
{
	return fp_from_single((uint32_t)r.sig);
}

static inline struct fpreg fp_pair(uint32_t high, uint32_t low)
{
	return fp_from_int((uint64_t)high << 32 | low);
}

#endif
