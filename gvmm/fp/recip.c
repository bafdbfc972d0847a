// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reciprocal and reciprocal square root approximations (SDM vol. 3: frcpa,
 * frsqrta, fprcpa, fprsqrta).
 */
#include "gvmm/fp/internal.h"

/*
 * The architecture's tables: bits 62:53 of the result's significand. Each is
 * the function's value at the middle of its interval, rounded to 11 bits.
 * Indexed by significand{62:55}; by exponent{0} and significand{62:56}.
 */
static const uint16_t recip_table[256] = {
	0x3fc, 0x3f4, 0x3ec, 0x3e4, 0x3dd, 0x3d5, 0x3cd, 0x3c6, 0x3be, 0x3b7,
	0x3af, 0x3a8, 0x3a1, 0x399, 0x392, 0x38b, 0x384, 0x37d, 0x376, 0x36f,
	0x368, 0x361, 0x35b, 0x354, 0x34d, 0x346, 0x340, 0x339, 0x333, 0x32c,
	0x326, 0x320, 0x319, 0x313, 0x30d, 0x307, 0x300, 0x2fa, 0x2f4, 0x2ee,
	0x2e8, 0x2e2, 0x2dc, 0x2d7, 0x2d1, 0x2cb, 0x2c5, 0x2bf, 0x2ba, 0x2b4,
	0x2af, 0x2a9, 0x2a3, 0x29e, 0x299, 0x293, 0x28e, 0x288, 0x283, 0x27e,
	0x279, 0x273, 0x26e, 0x269, 0x264, 0x25f, 0x25a, 0x255, 0x250, 0x24b,
	0x246, 0x241, 0x23c, 0x237, 0x232, 0x22e, 0x229, 0x224, 0x21f, 0x21b,
	0x216, 0x211, 0x20d, 0x208, 0x204, 0x1ff, 0x1fb, 0x1f6, 0x1f2, 0x1ed,
	0x1e9, 0x1e5, 0x1e0, 0x1dc, 0x1d8, 0x1d4, 0x1cf, 0x1cb, 0x1c7, 0x1c3,
	0x1bf, 0x1bb, 0x1b6, 0x1b2, 0x1ae, 0x1aa, 0x1a6, 0x1a2, 0x19e, 0x19a,
	0x197, 0x193, 0x18f, 0x18b, 0x187, 0x183, 0x17f, 0x17c, 0x178, 0x174,
	0x171, 0x16d, 0x169, 0x166, 0x162, 0x15e, 0x15b, 0x157, 0x154, 0x150,
	0x14d, 0x149, 0x146, 0x142, 0x13f, 0x13b, 0x138, 0x134, 0x131, 0x12e,
	0x12a, 0x127, 0x124, 0x120, 0x11d, 0x11a, 0x117, 0x113, 0x110, 0x10d,
	0x10a, 0x107, 0x103, 0x100, 0x0fd, 0x0fa, 0x0f7, 0x0f4, 0x0f1, 0x0ee,
	0x0eb, 0x0e8, 0x0e5, 0x0e2, 0x0df, 0x0dc, 0x0d9, 0x0d6, 0x0d3, 0x0d0,
	0x0cd, 0x0ca, 0x0c8, 0x0c5, 0x0c2, 0x0bf, 0x0bc, 0x0b9, 0x0b7, 0x0b4,
	0x0b1, 0x0ae, 0x0ac, 0x0a9, 0x0a6, 0x0a4, 0x0a1, 0x09e, 0x09c, 0x099,
	0x096, 0x094, 0x091, 0x08e, 0x08c, 0x089, 0x087, 0x084, 0x082, 0x07f,
	0x07c, 0x07a, 0x077, 0x075, 0x073, 0x070, 0x06e, 0x06b, 0x069, 0x066,
	0x064, 0x061, 0x05f, 0x05d, 0x05a, 0x058, 0x056, 0x053, 0x051, 0x04f,
	0x04c, 0x04a, 0x048, 0x045, 0x043, 0x041, 0x03f, 0x03c, 0x03a, 0x038,
	0x036, 0x033, 0x031, 0x02f, 0x02d, 0x02b, 0x029, 0x026, 0x024, 0x022,
	0x020, 0x01e, 0x01c, 0x01a, 0x018, 0x015, 0x013, 0x011, 0x00f, 0x00d,
	0x00b, 0x009, 0x007, 0x005, 0x003, 0x001,
};
static const uint16_t recip_sqrt_table[256] = {
	0x1a5, 0x1a0, 0x19a, 0x195, 0x18f, 0x18a, 0x185, 0x180, 0x17a, 0x175,
	0x170, 0x16b, 0x166, 0x161, 0x15d, 0x158, 0x153, 0x14e, 0x14a, 0x145,
	0x140, 0x13c, 0x138, 0x133, 0x12f, 0x12a, 0x126, 0x122, 0x11e, 0x11a,
	0x115, 0x111, 0x10d, 0x109, 0x105, 0x101, 0x0fd, 0x0fa, 0x0f6, 0x0f2,
	0x0ee, 0x0ea, 0x0e7, 0x0e3, 0x0df, 0x0dc, 0x0d8, 0x0d5, 0x0d1, 0x0ce,
	0x0ca, 0x0c7, 0x0c3, 0x0c0, 0x0bd, 0x0b9, 0x0b6, 0x0b3, 0x0b0, 0x0ad,
	0x0a9, 0x0a6, 0x0a3, 0x0a0, 0x09d, 0x09a, 0x097, 0x094, 0x091, 0x08e,
	0x08b, 0x088, 0x085, 0x082, 0x07f, 0x07d, 0x07a, 0x077, 0x074, 0x071,
	0x06f, 0x06c, 0x069, 0x067, 0x064, 0x061, 0x05f, 0x05c, 0x05a, 0x057,
	0x054, 0x052, 0x04f, 0x04d, 0x04a, 0x048, 0x045, 0x043, 0x041, 0x03e,
	0x03c, 0x03a, 0x037, 0x035, 0x033, 0x030, 0x02e, 0x02c, 0x029, 0x027,
	0x025, 0x023, 0x020, 0x01e, 0x01c, 0x01a, 0x018, 0x016, 0x014, 0x011,
	0x00f, 0x00d, 0x00b, 0x009, 0x007, 0x005, 0x003, 0x001, 0x3fc, 0x3f4,
	0x3ec, 0x3e5, 0x3dd, 0x3d5, 0x3ce, 0x3c7, 0x3bf, 0x3b8, 0x3b1, 0x3aa,
	0x3a3, 0x39c, 0x395, 0x38e, 0x388, 0x381, 0x37a, 0x374, 0x36d, 0x367,
	0x361, 0x35a, 0x354, 0x34e, 0x348, 0x342, 0x33c, 0x336, 0x330, 0x32b,
	0x325, 0x31f, 0x31a, 0x314, 0x30f, 0x309, 0x304, 0x2fe, 0x2f9, 0x2f4,
	0x2ee, 0x2e9, 0x2e4, 0x2df, 0x2da, 0x2d5, 0x2d0, 0x2cb, 0x2c6, 0x2c1,
	0x2bd, 0x2b8, 0x2b3, 0x2ae, 0x2aa, 0x2a5, 0x2a1, 0x29c, 0x298, 0x293,
	0x28f, 0x28a, 0x286, 0x282, 0x27d, 0x279, 0x275, 0x271, 0x26d, 0x268,
	0x264, 0x260, 0x25c, 0x258, 0x254, 0x250, 0x24c, 0x249, 0x245, 0x241,
	0x23d, 0x239, 0x235, 0x232, 0x22e, 0x22a, 0x227, 0x223, 0x220, 0x21c,
	0x218, 0x215, 0x211, 0x20e, 0x20a, 0x207, 0x204, 0x200, 0x1fd, 0x1f9,
	0x1f6, 0x1f3, 0x1f0, 0x1ec, 0x1e9, 0x1e6, 0x1e3, 0x1df, 0x1dc, 0x1d9,
	0x1d6, 0x1d3, 0x1d0, 0x1cd, 0x1ca, 0x1c7, 0x1c4, 0x1c1, 0x1be, 0x1bb,
	0x1b8, 0x1b5, 0x1b2, 0x1af, 0x1ac, 0x1aa,
};

/* Unbiased exponent ranges and precisions of the formats the limits are about. */
struct limits {
	int32_t emin, emax, precision;
};

static const struct limits register_limits = { -65534, 65535, 64 };
static const struct limits single_limits = { -126, 127, 24 };

/* Is the reciprocal of b near overflow, or near underflow? */
static bool reciprocal_huge(struct fp_value b, const struct limits *l)
{
	return b.exp - FP_EXP_BIAS <= l->emin - 2;
}

static bool reciprocal_tiny(struct fp_value b, const struct limits *l)
{
	return b.exp - FP_EXP_BIAS >= l->emax - 2;
}

/* May a remainder of this operand, in an iteration, lose bits to underflow? */
static bool loses_precision(struct fp_value a, const struct limits *l)
{
	return a.exp - FP_EXP_BIAS <= l->emin + l->precision - 1;
}

/* May the iteration for a / b fail by a's or the quotient's exponent? */
static bool quotient_limits(struct fp_value a, struct fp_value b, const struct limits *l)
{
	int32_t estimate = a.exp - b.exp;

	return estimate >= l->emax || estimate <= l->emin + 1 || loses_precision(a, l);
}

static struct fpreg approximate_reciprocal(struct fp_value b)
{
	uint64_t fraction = recip_table[b.sig >> 55 & 0xff];

	return fp_make(b.sign, (uint32_t)(2 * FP_EXP_BIAS - 1 - b.exp) & FPREG_EXP_MASK,
		       FP_INT_BIT | fraction << 53);
}

static struct fpreg approximate_root(struct fp_value a)
{
	uint32_t index = ((uint32_t)a.exp & 1) << 7 | (a.sig >> 56 & 0x7f);
	int32_t half = (a.exp - FP_EXP_BIAS) >> 1;

	return fp_make(false, (uint32_t)(FP_EXP_BIAS - 1 - half) & FPREG_EXP_MASK,
		       FP_INT_BIT | (uint64_t)recip_sqrt_table[index] << 53);
}

/*
 * The quotients that need no iteration, of f2 / f3; *done tells whether it is
 * one. What is left has neither NaN, infinity nor zero, but may be unnormal.
 */
static uint32_t special_quotient(struct fpreg *f1, struct fpreg f2, struct fpreg f3,
				 const struct limits *swa, struct fp_control ctl, bool *done)
{
	uint32_t k2 = fp_kind(f2), k3 = fp_kind(f3), all = k2 | k3, status;
	bool sign = fp_sign(f2) != fp_sign(f3);

	*done = true;
	if (all & FPK_UNSUP)
		return fp_invalid(f1, ctl);
	if (all & FPK_NAN) {
		if (all & FPK_SNAN && !(ctl.disabled & FPF_V))
			return fp_fault(FP_ISR_V);
		*f1 = fp_quiet(k2 & FPK_NAN ? f2 : f3);
		return all & FPK_SNAN ? FPF_V : 0;
	}
	if ((k2 & k3 & FPK_INF) || (k2 & FPK_ANY_ZERO && k3 & FPK_ANY_ZERO))
		return fp_invalid(f1, ctl);
	if (k3 & FPK_ANY_ZERO && !(k2 & FPK_INF)) {
		if (!(ctl.disabled & FPF_Z))
			return fp_fault(FP_ISR_Z);
		*f1 = fp_infinity(sign);
		return FPF_Z;
	}
	*done = (all & FPK_INF) || (k2 & FPK_ANY_ZERO);
	if (swa && !*done) {
		struct fp_value a = fp_unpack(f2), b = fp_unpack(f3);

		if (reciprocal_huge(b, swa) || reciprocal_tiny(b, swa) ||
		    quotient_limits(a, b, swa))
			return fp_fault(FP_ISR_SWA);
	}
	status = fp_denormal(all, ctl);
	if (*done && !(status & FP_FAULT))
		*f1 = k2 & FPK_INF ? fp_infinity(sign) : fp_zero(sign);
	return status;
}

uint32_t fp_frcpa(struct fpreg *f1, struct fpreg f2, struct fpreg f3, struct fp_control ctl)
{
	uint32_t status;
	bool done;

	if (fp_is_natval(f2) || fp_is_natval(f3)) {
		*f1 = fp_natval();
		return 0;
	}
	status = special_quotient(f1, f2, f3, &register_limits, ctl, &done);
	if (done || status & FP_FAULT)
		return status;
	*f1 = approximate_reciprocal(fp_unpack(f3));
	return status | FP_P1;
}

/* One half of fprcpa: limits clear the predicate, and no assist is asked for. */
static uint32_t half_fprcpa(struct fpreg *f1, struct fpreg f2, struct fpreg f3,
			    struct fp_control ctl)
{
	const struct limits *l = &single_limits;
	struct fp_value a, b;
	uint32_t status;
	bool done;

	status = special_quotient(f1, f2, f3, NULL, ctl, &done);
	if (done || status & FP_FAULT)
		return status;
	a = fp_unpack(f2);
	b = fp_unpack(f3);
	if (reciprocal_huge(b, l)) {
		*f1 = fp_infinity(b.sign);
		return status;
	}
	if (reciprocal_tiny(b, l)) {
		*f1 = fp_zero(b.sign);
		return status;
	}
	*f1 = approximate_reciprocal(b);
	return quotient_limits(a, b, l) ? status : status | FP_P1;
}

/* The roots that need no iteration: to_register distinguishes frsqrta from fprsqrta. */
static uint32_t special_root(struct fpreg *f1, struct fpreg f3, bool to_register,
			     struct fp_control ctl, bool *done)
{
	uint32_t kind = fp_kind(f3), status;

	*done = true;
	if (kind & FPK_UNSUP)
		return fp_invalid(f1, ctl);
	if (kind & FPK_NAN) {
		if (kind & FPK_SNAN && !(ctl.disabled & FPF_V))
			return fp_fault(FP_ISR_V);
		*f1 = fp_quiet(f3);
		return kind & FPK_SNAN ? FPF_V : 0;
	}
	if (fp_sign(f3) && !(kind & FPK_ANY_ZERO))
		return fp_invalid(f1, ctl);
	*done = kind & (FPK_INF | FPK_ANY_ZERO);
	if (to_register && !*done && loses_precision(fp_unpack(f3), &register_limits))
		return fp_fault(FP_ISR_SWA);
	status = fp_denormal(kind, ctl);
	if (*done && !(status & FP_FAULT)) {
		/* frsqrta gives the root itself, fprsqrta its reciprocal. */
		bool infinite = (kind & FPK_INF) ? to_register : !to_register;

		*f1 = infinite ? fp_infinity(fp_sign(f3)) : fp_zero(fp_sign(f3));
	}
	return status;
}

uint32_t fp_frsqrta(struct fpreg *f1, struct fpreg f3, struct fp_control ctl)
{
	uint32_t status;
	bool done;

	if (fp_is_natval(f3)) {
		*f1 = f3;
		return 0;
	}
	status = special_root(f1, f3, true, ctl, &done);
	if (done || status & FP_FAULT)
		return status;
	*f1 = approximate_root(fp_unpack(f3));
	return status | FP_P1;
}

static uint32_t half_fprsqrta(struct fpreg *f1, struct fpreg f3, struct fp_control ctl)
{
	struct fp_value a;
	uint32_t status;
	bool done;

	status = special_root(f1, f3, false, ctl, &done);
	if (done || status & FP_FAULT)
		return status;
	a = fp_unpack(f3);
	*f1 = approximate_root(a);
	return loses_precision(a, &single_limits) ? status : status | FP_P1;
}

/* The predicate of a parallel approximation: both halves' (SDM vol. 3, fprcpa). */
static uint32_t join_halves(struct fpreg *f1, uint32_t high_status, struct fpreg high,
			    uint32_t low_status, struct fpreg low)
{
	uint32_t status = fp_join(high_status, low_status);

	if (status & FP_FAULT)
		return status;
	*f1 = fp_pair(fp_to_single(high), fp_to_single(low));
	return status | (high_status & low_status & FP_P1);
}

uint32_t fp_fprcpa(struct fpreg *f1, struct fpreg f2, struct fpreg f3, struct fp_control ctl)
{
	struct fpreg high = { 0 }, low = { 0 };
	uint32_t high_status, low_status;

	if (fp_is_natval(f2) || fp_is_natval(f3)) {
		*f1 = fp_natval();
		return 0;
	}
	high_status = half_fprcpa(&high, fp_high(f2), fp_high(f3), ctl);
	low_status = half_fprcpa(&low, fp_low(f2), fp_low(f3), ctl);
	return join_halves(f1, high_status, high, low_status, low);
}

uint32_t fp_fprsqrta(struct fpreg *f1, struct fpreg f3, struct fp_control ctl)
{
	struct fpreg high = { 0 }, low = { 0 };
	uint32_t high_status, low_status;

	if (fp_is_natval(f3)) {
		*f1 = f3;
		return 0;
	}
	high_status = half_fprsqrta(&high, fp_high(f3), ctl);
	low_status = half_fprsqrta(&low, fp_low(f3), ctl);
	return join_halves(f1, high_status, high, low_status, low);
}
