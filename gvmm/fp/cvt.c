// SPDX-License-Identifier: GPL-2.0-only
/* Conversion between integers and floating point (SDM vol. 3: fcvt, fpcvt). */
#include "gvmm/fp/internal.h"

#define INTEGER_INDEFINITE 0x8000000000000000ull

struct rounded_int {
	uint64_t value;
	bool too_large;		/* 2^64 or more */
	bool inexact;
	bool up;
};

/* Round a magnitude to an integer. */
static struct rounded_int round_to_int(struct fp_value x, uint32_t rc)
{
	int32_t shift = FP_EXP_BIAS + 63 - x.exp;
	struct rounded_int r = { 0 };
	uint64_t rest = 0;

	if (shift < 0) {
		r.too_large = true;
		return r;
	}
	if (shift == 0) {
		r.value = x.sig;
		return r;
	}
	if (shift < 64) {
		r.value = x.sig >> shift;
		rest = x.sig << (64 - shift);
	} else {
		rest = shift == 64 ? x.sig : 1;
	}
	r.inexact = rest != 0;
	r.up = fp_round_up(rc, x.sign, r.value & 1, rest);
	r.value += r.up;
	return r;
}

/*
 * To an integer of the given width (32 or 64) in *value, which is left alone
 * by a fault. One half of fpcvt, and fcvt less its NaTVal.
 */
static uint32_t to_int(uint64_t *value, struct fpreg f2, uint32_t width, bool is_unsigned,
		       struct fp_control ctl)
{
	uint32_t kind = fp_kind(f2), status;
	struct rounded_int r = { 0 };
	bool sign = fp_sign(f2), invalid;

	if (kind & (FPK_NORMAL | FPK_UNORM))
		r = round_to_int(fp_unpack(f2), ctl.rc);
	invalid = r.too_large || kind & (FPK_UNSUP | FPK_NAN | FPK_INF);
	if (is_unsigned)
		invalid |= (sign && r.value) || (width == 32 && r.value >> 32);
	else
		invalid |= r.value > (1ull << (width - 1)) - !sign;
	if (invalid) {
		if (!(ctl.disabled & FPF_V))
			return fp_fault(FP_ISR_V);
		*value = INTEGER_INDEFINITE >> (64 - width);
		return FPF_V;
	}
	status = fp_denormal(kind, ctl);
	if (status & FP_FAULT)
		return status;
	*value = sign ? -r.value : r.value;
	if (width == 32)
		*value &= 0xffffffffu;
	return r.inexact ? status | fp_inexact(r.up, ctl) : status;
}

uint32_t fp_fcvt_fx(struct fpreg *f1, struct fpreg f2, bool is_unsigned, struct fp_control ctl)
{
	uint64_t value = 0;
	uint32_t status;

	if (fp_is_natval(f2)) {
		*f1 = f2;
		return 0;
	}
	status = to_int(&value, f2, 64, is_unsigned, ctl);
	if (!(status & FP_FAULT))
		*f1 = fp_from_int(value);
	return status;
}

uint32_t fp_fpcvt_fx(struct fpreg *f1, struct fpreg f2, bool is_unsigned, struct fp_control ctl)
{
	uint64_t high = 0, low = 0;
	uint32_t status;

	if (fp_is_natval(f2)) {
		*f1 = f2;
		return 0;
	}
	status = fp_join(to_int(&high, fp_high(f2), 32, is_unsigned, ctl),
			 to_int(&low, fp_low(f2), 32, is_unsigned, ctl));
	if (!(status & FP_FAULT))
		*f1 = fp_pair((uint32_t)high, (uint32_t)low);
	return status;
}

struct fpreg fp_fcvt_xf(struct fpreg f2)
{
	bool sign = f2.sig >> 63;
	uint64_t value = sign ? -f2.sig : f2.sig;
	int shift;

	if (fp_is_natval(f2))
		return f2;
	if (!value)
		return fp_zero(false);
	shift = __builtin_clzll(value);
	return fp_make(sign, FP_EXP_INTEGER - (uint32_t)shift, value << shift);
}
