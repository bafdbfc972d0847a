// SPDX-License-Identifier: GPL-2.0-only
/* Multiply-add: fma, fms, fnma (SDM vol. 3) with one rounding. */
#include "gvmm/fp/internal.h"

/*
 * Which operand is larger, whether significands carry or cancel, and how they
 * round varies from one instruction to the next, so that branches on it would
 * be mispredicted; what follows selects by masks instead.
 */

/* The exact product, normalized. */
static inline struct fp_wide multiply(struct fp_value a, struct fp_value b)
{
	fp_u128 m = (fp_u128)a.sig * b.sig;
	uint32_t top = (uint32_t)(m >> 127);

	m <<= top ^ 1;
	return (struct fp_wide){
		.hi = (uint64_t)(m >> 64),
		.lo = (uint64_t)m,
		.exp = a.exp + b.exp - FP_EXP_BIAS + (int32_t)top,
		.sign = a.sign != b.sign,
	};
}

/*
 * Shift x right by n, keeping in *below the 64 bits that follow m's last one,
 * the lowest of them standing for all the rest.
 */
static inline fp_u128 shift_right(fp_u128 m, uint32_t n, uint64_t *below)
{
	uint64_t high = (uint64_t)(m >> 64), low = (uint64_t)m;

	if (__builtin_expect(n < 64, 1)) {
		*below = low << 1 << (63 - n);
		return (fp_u128)(high >> n) << 64 | high << 1 << (63 - n) | low >> n;
	}
	if (n < 128) {
		n -= 64;
		*below = high << 1 << (63 - n) | low >> n | (low << 1 << (63 - n) != 0);
		return high >> n;
	}
	*below = 1;
	return 0;
}

/* p + c. An exact zero comes back as hi == 0. */
static inline __attribute__((always_inline)) struct fp_wide add(struct fp_wide p, struct fp_value c)
{
	int32_t delta = p.exp - c.exp;
	bool c_larger = (delta < 0) | ((delta == 0) & (c.sig > p.hi));
	uint64_t swap = (p.hi ^ c.sig) & -(uint64_t)c_larger, swap_low = p.lo & -(uint64_t)c_larger;
	fp_u128 large = (fp_u128)(p.hi ^ swap) << 64 | (p.lo ^ swap_low);
	fp_u128 small = (fp_u128)(c.sig ^ swap) << 64 | swap_low, sum;
	bool subtract = p.sign != c.sign;
	uint64_t invert = -(uint64_t)subtract, below, high, low;
	uint32_t carry, shift;
	struct fp_wide r = { .exp = c_larger ? c.exp : p.exp, .sign = c_larger ? c.sign : p.sign };

	small = shift_right(small, (uint32_t)(delta < 0 ? -delta : delta), &below);
	sum = large + (small ^ ((fp_u128)invert << 64 | invert)) + (subtract && !below);
	carry = !subtract && sum < large;
	below = (below ^ invert) - invert;
	if (__builtin_expect(!(sum >> 64) && !carry, 0)) {
		/* 64 bits cancelled: at most 65 are left, the last of them below. */
		if (!sum)
			return (struct fp_wide){ 0 };
		sum = sum << 64 | below;
		below = 0;
		r.exp -= 64;
	}
	below = below >> carry | (below & 1) | ((uint64_t)sum & carry) << 63;
	sum = sum >> carry | (fp_u128)carry << 127;
	high = (uint64_t)(sum >> 64);
	low = (uint64_t)sum;
	shift = (uint32_t)__builtin_clzll(high);
	r.exp += (int32_t)carry - (int32_t)shift;
	r.hi = high << shift | low >> 1 >> (63 - shift);
	r.lo = low << shift | below >> 1 >> (63 - shift) | (below << shift != 0);
	return r;
}

/* All of a, b and (unless no_add) c are non-zero and finite. */
static inline __attribute__((always_inline))
uint32_t fma_finite(struct fpreg *f1, struct fp_value a, struct fp_value b, struct fp_value c,
		    bool no_add, struct fp_control ctl)
{
	struct fp_wide r = multiply(a, b);

	if (!no_add) {
		r = add(r, c);
		if (__builtin_expect(!r.hi, 0)) {
			*f1 = fp_zero(ctl.rc == FP_RM);
			return 0;
		}
	}
	return fp_round(f1, r, ctl);
}

/* The NaN that an operation with these operands returns: f4 before f2 before f3. */
static struct fpreg propagate(struct fpreg f3, struct fpreg f4, struct fpreg f2)
{
	if (fp_kind(f4) & FPK_NAN)
		return fp_quiet(f4);
	if (fp_kind(f2) & FPK_NAN)
		return fp_quiet(f2);
	return fp_quiet(f3);
}

/* A product that is zero, plus c. */
static uint32_t add_to_zero(struct fpreg *f1, bool sign, struct fpreg c, uint32_t kind,
			    bool c_sign, bool no_add, struct fp_control ctl)
{
	struct fp_wide w = { 0 };
	struct fp_value x;

	if (no_add) {
		*f1 = fp_zero(sign);
		return 0;
	}
	if (kind & FPK_ANY_ZERO) {
		*f1 = fp_zero(sign == c_sign ? sign : ctl.rc == FP_RM);
		return 0;
	}
	x = fp_unpack(c);
	w.hi = x.sig;
	w.exp = x.exp;
	w.sign = c_sign;
	return fp_round(f1, w, ctl);
}

/* Everything but three normal operands, in the order of SDM 1:5.4.1, figure 5-11. */
static __attribute__((noinline))
uint32_t fma_special(struct fpreg *f1, struct fpreg f3, struct fpreg f4, struct fpreg f2,
		     enum fp_fma_op op, bool no_add, struct fp_control ctl)
{
	uint32_t k3 = fp_kind(f3), k4 = fp_kind(f4), k2 = fp_kind(f2);
	uint32_t all = k3 | k4 | k2, status;
	bool psign = (fp_sign(f3) != fp_sign(f4)) != (op == FP_FNMA);
	bool csign = fp_sign(f2) != (op == FP_FMS);
	struct fp_value a, b, c = { 0 };

	if (all & FPK_NATVAL) {
		*f1 = fp_natval();
		return 0;
	}
	if (all & FPK_UNSUP)
		return fp_invalid(f1, ctl);
	if (all & FPK_NAN) {
		if (all & FPK_SNAN && !(ctl.disabled & FPF_V))
			return fp_fault(FP_ISR_V);
		*f1 = propagate(f3, f4, f2);
		return all & FPK_SNAN ? FPF_V : 0;
	}
	if (all & FPK_INF) {
		bool product = (k3 | k4) & FPK_INF;

		/* A pseudo-zero times infinity is infinity (SDM 1:5.1.3). */
		if (product && ((k3 | k4) & FPK_ZERO || (k2 & FPK_INF && psign != csign)))
			return fp_invalid(f1, ctl);
		status = fp_denormal(all, ctl);
		if (!(status & FP_FAULT))
			*f1 = fp_infinity(product ? psign : csign);
		return status;
	}
	status = fp_denormal(all, ctl);
	if (status & FP_FAULT)
		return status;
	if ((k3 | k4) & FPK_ANY_ZERO)
		return status | add_to_zero(f1, psign, f2, k2, csign, no_add, ctl);
	if (k2 & FPK_ANY_ZERO)
		no_add = true;
	else
		c = fp_unpack(f2);
	c.sign = csign;
	a = fp_unpack(f3);
	b = fp_unpack(f4);
	a.sign = psign;
	b.sign = false;
	return status | fma_finite(f1, a, b, c, no_add, ctl);
}

uint32_t fp_fma(struct fpreg *f1, struct fpreg f3, struct fpreg f4, struct fpreg f2,
		enum fp_fma_op op, bool no_add, struct fp_control ctl)
{
	struct fp_value a = { f3.sig, (int32_t)fp_exp(f3), fp_sign(f3) != (op == FP_FNMA) };
	struct fp_value b = { f4.sig, (int32_t)fp_exp(f4), fp_sign(f4) };
	struct fp_value c = { f2.sig, (int32_t)fp_exp(f2), fp_sign(f2) != (op == FP_FMS) };

	if (__builtin_expect(fp_is_normal(f3) && fp_is_normal(f4) && (no_add || fp_is_normal(f2)),
			     1))
		return fma_finite(f1, a, b, c, no_add, ctl);
	return fma_special(f1, f3, f4, f2, op, no_add, ctl);
}
