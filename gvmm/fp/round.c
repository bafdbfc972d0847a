// SPDX-License-Identifier: GPL-2.0-only
/* Rounding to a destination format: ranges, overflow and underflow (SDM 1:5.4). */
#include "gvmm/fp/internal.h"

/* SDM 1:5.1.1, table 5-1, in the register's bias of 0xffff. */
const struct fp_range fp_ranges[FP_FORMATS] = {
	[FP_FMT_24_8]	= { 0x0ff81, 0x1007e, 0x0ff81, 40 },
	[FP_FMT_53_11]	= { 0x0fc01, 0x103fe, 0x0fc01, 11 },
	[FP_FMT_24_15]	= { 0x0c001, 0x13ffe, 0x00000, 40 },
	[FP_FMT_53_15]	= { 0x0c001, 0x13ffe, 0x00000, 11 },
	[FP_FMT_64_15]	= { 0x0c001, 0x13ffe, 0x00000, 0 },
	[FP_FMT_24_17]	= { 0x00001, 0x1fffe, 0x00001, 40 },
	[FP_FMT_53_17]	= { 0x00001, 0x1fffe, 0x00001, 11 },
	[FP_FMT_64_17]	= { 0x00001, 0x1fffe, 0x00001, 0 },
	[FP_FMT_PAIR]	= { 0x0ff81, 0x1007e, 0x0ff81, 40 },
};

/*
 * SDM 1:5.2, table 5-6: by the instruction's completer, then sf.pc and sf.wre
 * as they lie in FPSR (pc in bits 2:1). The reserved pc = 1 counts as 3.
 */
const uint8_t fp_format_of[4][8] = {
	[FP_PC_NONE] = {
		FP_FMT_24_15, FP_FMT_24_17, FP_FMT_64_15, FP_FMT_64_17,
		FP_FMT_53_15, FP_FMT_53_17, FP_FMT_64_15, FP_FMT_64_17,
	},
	[FP_PC_SINGLE] = {
		FP_FMT_24_8, FP_FMT_24_17, FP_FMT_24_8, FP_FMT_24_17,
		FP_FMT_24_8, FP_FMT_24_17, FP_FMT_24_8, FP_FMT_24_17,
	},
	[FP_PC_DOUBLE] = {
		FP_FMT_53_11, FP_FMT_53_17, FP_FMT_53_11, FP_FMT_53_17,
		FP_FMT_53_11, FP_FMT_53_17, FP_FMT_53_11, FP_FMT_53_17,
	},
	[FP_PC_PAIR] = {
		FP_FMT_PAIR, FP_FMT_PAIR, FP_FMT_PAIR, FP_FMT_PAIR,
		FP_FMT_PAIR, FP_FMT_PAIR, FP_FMT_PAIR, FP_FMT_PAIR,
	},
};

/*
 * The response to an enabled overflow or underflow: the rounded significand
 * with the true exponent modulo 2^17, or 2^8 in a half of a pair (SDM 1:5.4.2,
 * 1:5.4.3).
 */
static uint32_t trap_response(struct fpreg *f1, bool sign, struct fp_rounded r, uint32_t flag,
			      struct fp_control ctl)
{
	uint32_t exp = (uint32_t)r.exp;
	uint32_t code = FP_ISR_TRAP | (flag == FPF_O ? FP_ISR_O : FP_ISR_U);

	if (ctl.format == FP_FMT_PAIR)
		exp = 0xff80 + ((exp - 0xff80) & 0xff);
	else
		exp &= FPREG_EXP_MASK;
	*f1 = fp_make(sign, exp, r.sig);
	if (r.inexact)
		code |= FP_ISR_I;
	if (r.up)
		code |= FP_ISR_FPA;
	return flag | (r.inexact ? FPF_I : 0) | FP_TRAP | code << 16;
}

static uint32_t overflow(struct fpreg *f1, bool sign, struct fp_rounded r, struct fp_control ctl)
{
	const struct fp_range *f = &fp_ranges[ctl.format];
	bool infinite = ctl.rc == FP_RN || (ctl.rc != FP_RZ && sign == (ctl.rc == FP_RM));

	if (!(ctl.disabled & FPF_O))
		return trap_response(f1, sign, r, FPF_O, ctl);
	if (infinite)
		*f1 = fp_infinity(sign);
	else
		*f1 = fp_make(sign, (uint32_t)f->emax, ~0ull << f->drop);
	return FPF_O | fp_inexact(infinite, ctl);
}

/* Shift right by 1 or more; what is lost is kept in lo's lowest bit. */
static struct fp_wide denormalize(struct fp_wide w, uint32_t shift)
{
	uint64_t lost;

	if (shift < 64) {
		lost = w.lo << (64 - shift);
		w.lo = w.hi << (64 - shift) | w.lo >> shift | (lost != 0);
		w.hi >>= shift;
	} else if (shift < 128) {
		lost = w.lo | w.hi << 1 << (127 - shift);
		w.lo = w.hi >> (shift - 64) | (lost != 0);
		w.hi = 0;
	} else {
		w.lo = 1;
		w.hi = 0;
	}
	return w;
}

static uint32_t underflow(struct fpreg *f1, struct fp_wide w, struct fp_rounded r,
			  struct fp_control ctl)
{
	const struct fp_range *f = &fp_ranges[ctl.format];

	if (!(ctl.disabled & FPF_U))
		return trap_response(f1, w.sign, r, FPF_U, ctl);
	if (ctl.ftz) {
		*f1 = fp_zero(w.sign);
		return FPF_U | fp_inexact(false, ctl);
	}
	w = denormalize(w, (uint32_t)(f->emin - w.exp));
	r = fp_round_unbounded(w, f->drop, ctl.rc);
	if (r.sig & FP_INT_BIT)
		*f1 = fp_make(w.sign, (uint32_t)f->emin, r.sig);
	else
		*f1 = fp_make(w.sign, r.sig ? (uint32_t)f->exp_denormal : 0, r.sig);
	return r.inexact ? FPF_U | fp_inexact(r.up, ctl) : 0;
}

uint32_t fp_round_out_of_range(struct fpreg *f1, uint64_t hi, uint64_t lo, int32_t exp, bool sign,
			       struct fp_control ctl)
{
	const struct fp_range *f = &fp_ranges[ctl.format];
	struct fp_wide w = { hi, lo, exp, sign };
	struct fp_rounded r = fp_round_unbounded(w, f->drop, ctl.rc);

	if (r.exp > f->emax)
		return overflow(f1, sign, r, ctl);
	return underflow(f1, w, r, ctl);
}
