// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiply-add and conversion of finite operands against MPFR: every
 * operation, precision, range, rounding mode, with traps disabled and enabled,
 * flush-to-zero, flags and ISR.code. The expectations are written from SDM
 * 1:5.4, figure 5-12, without a look at the code under test.
 * usage: arith [OPERATIONS]
 */
#include <mpfr.h>
#include <string.h>

#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

struct format {
	int precision, emin, emax, denormal_exp;
	char name[16];
};

static const struct format formats[FP_FORMATS] = {
	[FP_FMT_24_8] = { 24, -126, 127, 0xff81, "24/8" },
	[FP_FMT_53_11] = { 53, -1022, 1023, 0xfc01, "53/11" },
	[FP_FMT_24_15] = { 24, -16382, 16383, 0, "24/15" },
	[FP_FMT_53_15] = { 53, -16382, 16383, 0, "53/15" },
	[FP_FMT_64_15] = { 64, -16382, 16383, 0, "64/15" },
	[FP_FMT_24_17] = { 24, -65534, 65535, 1, "24/17" },
	[FP_FMT_53_17] = { 53, -65534, 65535, 1, "53/17" },
	[FP_FMT_64_17] = { 64, -65534, 65535, 1, "64/17" },
	[FP_FMT_PAIR] = { 24, -126, 127, 0, "pair" },
};

static const mpfr_rnd_t roundings[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
static mpfr_t ma, mb, mc, mr;
static mpfr_exp_t wide_emin, wide_emax;

static void to_mpfr(mpfr_t x, struct fpreg r)
{
	long exp = fp_exp(r) ? (long)fp_exp(r) : 0xc001;

	mpfr_set_ui_2exp(x, r.sig, exp - 0xffff - 63, MPFR_RNDN);
	mpfr_setsign(x, x, fp_sign(r), MPFR_RNDN);
}

static bool unnormal(struct fpreg r)
{
	return fp_exp(r) ? !(r.sig >> 63) : r.sig != 0;
}

/* The register encoding of a value that format f can hold, or of any normal one. */
static struct fpreg encode(mpfr_t x, const struct format *f, bool denormal)
{
	bool sign = mpfr_signbit(x);
	long exp;
	mpfr_t t;
	uint64_t sig;

	if (mpfr_zero_p(x))
		return fp_make(sign, 0, 0);
	exp = mpfr_get_exp(x) - 1;
	if (denormal && exp < f->emin)
		exp = f->emin;
	else
		denormal = false;
	mpfr_init2(t, 64);
	mpfr_mul_2si(t, x, 63 - exp, MPFR_RNDN);
	mpfr_abs(t, t, MPFR_RNDN);
	sig = mpfr_get_ui(t, MPFR_RNDN);
	mpfr_clear(t);
	return fp_make(sign, denormal ? (uint32_t)f->denormal_exp : (uint32_t)(exp + 0xffff) &
		       0x1ffff, sig);
}

struct expected {
	struct fpreg r;
	uint32_t status;
};

/* What becomes of mr (rounded with unbounded exponent, ternary value t): figure 5-12. */
static struct expected finish(int t, struct fp_control ctl, uint32_t status)
{
	const struct format *f = &formats[ctl.format];
	mpfr_rnd_t rnd_mode = roundings[ctl.rc];
	struct expected e = { .status = status };
	bool sign = mpfr_signbit(mr), inexact = t != 0, up = inexact && (t > 0) != sign;
	uint32_t trap = 0;
	long exp;

	if (mpfr_zero_p(mr)) {
		e.r = fp_make(sign, 0, 0);
		return e;
	}
	exp = mpfr_get_exp(mr) - 1;
	if (exp > f->emax || (exp < f->emin && !(ctl.disabled & FPF_U))) {
		bool over = exp > f->emax;

		e.status |= over ? FPF_O : FPF_U;
		if (!over || !(ctl.disabled & FPF_O)) {
			e.r = encode(mr, f, false);
			if (ctl.format == FP_FMT_PAIR)
				e.r = fp_make(sign, 0xff80 + ((uint32_t)(exp + 127) & 0xff), e.r.sig);
			e.status |= inexact ? FPF_I : 0;
			trap = (over ? 1u << 11 : 1u << 12) | (inexact ? 1u << 13 : 0) |
			       (up ? 1u << 14 : 0);
			e.status |= FP_TRAP | (trap | 1) << 16;
			return e;
		}
		up = ctl.rc == FP_RN || (ctl.rc == FP_RP && !sign) || (ctl.rc == FP_RM && sign);
		inexact = true;
		e.r = up ? fp_make(sign, 0x1ffff, 1ull << 63)
			 : fp_make(sign, (uint32_t)(f->emax + 0xffff), ~0ull << (64 - f->precision));
	} else if (exp < f->emin && ctl.ftz) {
		e.status |= FPF_U;
		e.r = fp_make(sign, 0, 0);
		inexact = true;
		up = false;
	} else if (exp < f->emin) {
		mpfr_set_emin(f->emin - f->precision + 2);
		t = mpfr_check_range(mr, t, rnd_mode);
		t = mpfr_subnormalize(mr, t, rnd_mode);
		mpfr_set_emin(wide_emin);
		inexact = t != 0;
		up = inexact && (t > 0) != sign;
		if (inexact)
			e.status |= FPF_U;
		e.r = encode(mr, f, true);
	} else {
		e.r = encode(mr, f, false);
	}
	if (inexact) {
		e.status |= FPF_I;
		if (!(ctl.disabled & FPF_I))
			e.status |= FP_TRAP | (1u | 1u << 13 | (up ? 1u << 14 : 0)) << 16;
	}
	return e;
}

static struct expected reference(struct fpreg a, struct fpreg b, struct fpreg c,
				 enum fp_fma_op op, bool no_add, struct fp_control ctl)
{
	struct expected e = { .status = 0 };
	int t;

	if (unnormal(a) || unnormal(b) || unnormal(c)) {
		if (!(ctl.disabled & FPF_D)) {
			e.status = FP_FAULT | 2u << 16;
			return e;
		}
		e.status = FPF_D;
	}
	to_mpfr(ma, a);
	to_mpfr(mb, b);
	to_mpfr(mc, c);
	if (op == FP_FNMA)
		mpfr_neg(ma, ma, MPFR_RNDN);
	if (op == FP_FMS)
		mpfr_neg(mc, mc, MPFR_RNDN);
	mpfr_set_prec(mr, formats[ctl.format].precision);
	t = no_add ? mpfr_mul(mr, ma, mb, roundings[ctl.rc])
		   : mpfr_fma(mr, ma, mb, mc, roundings[ctl.rc]);
	return finish(t, ctl, e.status);
}

static bool check(const char *what, struct expected e, struct fpreg got, uint32_t status)
{
	if (status == e.status && (status & FP_FAULT || same_reg(got, e.r)))
		return true;
	printf("# %s: expected status %08x, got %08x\n", what, e.status, status);
	if (!(e.status & FP_FAULT))
		print_reg("expected", e.r);
	print_reg("got", got);
	return false;
}

static struct fp_control rnd_control(uint32_t format, uint32_t rc)
{
	return (struct fp_control){
		.format = format,
		.rc = rc,
		.disabled = rnd_below(2) ? FPF_ALL : rnd() & FPF_ALL,
		.ftz = rnd_below(4) == 0,
	};
}

/* An addend that cancels most of the product, or lands near half an ulp of it. */
static struct fpreg near_product(struct fpreg a, struct fpreg b)
{
	struct fp_control ctl = { .format = FP_FMT_64_17, .rc = rnd_below(4), .disabled = 0x3f };
	struct fpreg c;

	fp_fma(&c, a, b, fp_make(false, 0, 0), FP_FMA, true, ctl);
	if (fp_exp(c) - 1 >= 0x1fffd)
		return rnd_finite();
	c.sig += rnd_below(5) - 2;
	c.sig |= 1ull << 63;
	if (rnd_below(2)) {
		int32_t exp = (int32_t)fp_exp(c) + (int32_t)rnd_below(270) - 135;

		if (exp > 0 && exp < 0x1ffff)
			c = fp_make(fp_sign(c), (uint32_t)exp, rnd_below(2) ? 1ull << 63 : c.sig);
	}
	c.se ^= rnd_below(4) ? FPREG_SIGN : 0;
	return c;
}

static bool fma_case(uint32_t format, uint32_t rc)
{
	struct fp_control ctl = rnd_control(format, rc);
	enum fp_fma_op op = rnd_below(3);
	bool no_add = rnd_below(8) == 0;
	struct fpreg a = rnd_finite(), b = rnd_finite(), c = rnd_finite(), got = { 0 };
	uint32_t status;

	/* The product of two numbers is exact in twice the bits: make ties of them. */
	if (rnd_below(4) == 0)
		b = fp_make(false, fp_exp(b), 1ull << 63);
	if (rnd_below(2))
		c = near_product(a, b);
	/* A product of all 128 bits just below a power of two, less that power. */
	if (rnd_below(16) == 0) {
		a.sig = ~(uint64_t)rnd_below(4);
		b.sig = ~(uint64_t)rnd_below(4);
		c = fp_make(rnd_below(2), fp_exp(a) + fp_exp(b) - 0xffff + 2 - rnd_below(2),
			    (rnd_below(4) ? 1ull << 63 : ~0ull) + rnd_below(3));
		if (fp_exp(a) + fp_exp(b) - 0xffff - 1 >= 0x1fff0)
			c = rnd_finite();
	}
	/* Bring the result near an end of the format's range. */
	if (rnd_below(4) == 0) {
		int32_t end = rnd_below(2) ? formats[format].emin : formats[format].emax;
		int32_t exp = end + 0xffff + 0xffff - (int32_t)fp_exp(a) + (int32_t)rnd_below(140) - 70;

		if (exp > 0 && exp < 0x1ffff)
			b = fp_make(fp_sign(b), (uint32_t)exp, b.sig | 1ull << 63);
		if (rnd_below(2))
			c = near_product(a, b);
	}
	if (no_add)
		c = fp_make(false, 0, 0);
	status = fp_fma(&got, a, b, c, op, no_add, ctl);
	if (check("fma", reference(a, b, c, op, no_add, ctl), got, status))
		return true;
	print_reg("f3", a);
	print_reg("f4", b);
	print_reg("f2", c);
	printf("#   op %d no_add %d disabled %02x ftz %d\n", op, no_add, ctl.disabled, ctl.ftz);
	return false;
}

/* fpma: the halves are singles; statuses join. Finite halves only. */
static uint32_t finite_single(void)
{
	uint32_t m = rnd_single();

	return (m >> 23 & 0xff) == 0xff ? m & ~0x40000000u : m;
}

/* What a parallel operation gives whose halves have these statuses; no result with a fault. */
static struct expected join(uint32_t high, uint32_t low, uint64_t significand)
{
	struct expected e = { .status = 0 };

	if ((high | low) & FP_FAULT) {
		e.status = FP_FAULT | (high & FP_FAULT ? high >> 16 : 0) << 16 |
			   (low & FP_FAULT ? low >> 16 << 4 : 0) << 16;
		return e;
	}
	e.status = (high | low) & (FPF_ALL | FP_TRAP);
	if (high & FP_TRAP)
		e.status |= high >> 16 << 16;
	if (low & FP_TRAP)
		e.status |= (low >> 16 & ~1u) << 12 | 1u << 16;
	e.r = fp_from_int(significand);
	return e;
}

static bool fpma_case(uint32_t rc)
{
	struct fp_control ctl = rnd_control(FP_FMT_PAIR, rc);
	enum fp_fma_op op = rnd_below(3);
	bool no_add = rnd_below(8) == 0;
	uint32_t m[6];
	struct expected high, low, e;
	struct fpreg got = { 0 };
	uint32_t status, i;

	for (i = 0; i < 6; i++)
		m[i] = finite_single();
	if (no_add)
		m[4] = m[5] = 0;
	status = fp_fpma(&got, fp_from_int((uint64_t)m[0] << 32 | m[1]),
			 fp_from_int((uint64_t)m[2] << 32 | m[3]),
			 fp_from_int((uint64_t)m[4] << 32 | m[5]), op, no_add, ctl);
	high = reference(fp_from_single(m[0]), fp_from_single(m[2]), fp_from_single(m[4]), op,
			 no_add, ctl);
	low = reference(fp_from_single(m[1]), fp_from_single(m[3]), fp_from_single(m[5]), op,
			no_add, ctl);
	e = join(high.status, low.status, (uint64_t)fp_to_single(high.r) << 32 | fp_to_single(low.r));
	if (check("fpma", e, got, status))
		return true;
	for (i = 0; i < 6; i++)
		printf("#   operand %u %08x\n", i, m[i]);
	printf("#   op %d no_add %d disabled %02x ftz %d\n", op, no_add, ctl.disabled, ctl.ftz);
	return false;
}

/* To integer of 64 or 32 bits. */
static struct expected reference_int(struct fpreg a, int width, bool is_unsigned,
				     struct fp_control ctl, uint64_t *value)
{
	struct expected e = { .status = 0 };
	bool invalid, up, inexact, special = fp_exp(a) == 0x1ffff;
	int t;

	*value = 1ull << (width - 1);
	if (special) {
		invalid = true;
		up = inexact = false;
	} else {
		to_mpfr(ma, a);
		mpfr_set_prec(mr, 200);
		t = mpfr_rint(mr, ma, roundings[ctl.rc]);
		inexact = mpfr_cmp(mr, ma) != 0;
		up = mpfr_cmpabs(mr, ma) > 0;
		(void)t;
		if (is_unsigned) {
			mpfr_set_ui_2exp(mc, 1, width, MPFR_RNDN);
			invalid = mpfr_cmp(mr, mc) >= 0 || mpfr_sgn(mr) < 0;
		} else {
			mpfr_set_ui_2exp(mc, 1, width - 1, MPFR_RNDN);
			invalid = mpfr_cmp(mr, mc) >= 0;
			mpfr_neg(mc, mc, MPFR_RNDN);
			invalid |= mpfr_cmp(mr, mc) < 0;
		}
	}
	if (invalid) {
		e.status = ctl.disabled & FPF_V ? FPF_V : FP_FAULT | 1u << 16;
		return e;
	}
	if (unnormal(a)) {
		if (!(ctl.disabled & FPF_D)) {
			e.status = FP_FAULT | 2u << 16;
			return e;
		}
		e.status = FPF_D;
	}
	*value = is_unsigned ? mpfr_get_ui(mr, MPFR_RNDN) : (uint64_t)mpfr_get_si(mr, MPFR_RNDN);
	if (inexact) {
		e.status |= FPF_I;
		if (!(ctl.disabled & FPF_I))
			e.status |= FP_TRAP | (1u | 1u << 13 | (up ? 1u << 14 : 0)) << 16;
	}
	return e;
}

static bool cvt_case(uint32_t rc)
{
	struct fp_control ctl = rnd_control(FP_FMT_64_17, rc);
	bool is_unsigned = rnd_below(2);
	struct fpreg a = rnd_below(8) ? rnd_finite() : rnd_any(), got = { 0 };
	struct expected e;
	uint64_t value;
	uint32_t status;

	if (rnd_below(2))
		a = fp_make(rnd_below(2), 0xffff - 3 + rnd_below(70), a.sig);
	if (fp_is_natval(a))
		return true;
	status = fp_fcvt_fx(&got, a, is_unsigned, ctl);
	e = reference_int(a, 64, is_unsigned, ctl, &value);
	e.r = fp_from_int(value);
	if (check("fcvt.fx", e, got, status))
		return true;
	print_reg("f2", a);
	printf("#   unsigned %d disabled %02x\n", is_unsigned, ctl.disabled);
	return false;
}

static bool pcvt_case(uint32_t rc)
{
	struct fp_control ctl = rnd_control(FP_FMT_PAIR, rc);
	bool is_unsigned = rnd_below(2);
	uint32_t m[2] = { rnd_single(), rnd_single() }, status;
	struct expected high, low, e;
	struct fpreg got = { 0 };
	uint64_t vh, vl;

	if (rnd_below(2))
		m[0] = (m[0] & 0x807fffffu) | (125 + rnd_below(36)) << 23;
	status = fp_fpcvt_fx(&got, fp_from_int((uint64_t)m[0] << 32 | m[1]), is_unsigned, ctl);
	high = reference_int(fp_from_single(m[0]), 32, is_unsigned, ctl, &vh);
	low = reference_int(fp_from_single(m[1]), 32, is_unsigned, ctl, &vl);
	e = join(high.status, low.status, vh << 32 | (vl & 0xffffffffu));
	if (check("fpcvt.fx", e, got, status))
		return true;
	printf("#   %08x %08x unsigned %d disabled %02x\n", m[0], m[1], is_unsigned, ctl.disabled);
	return false;
}

static bool cmp_case(void)
{
	struct fp_control ctl = rnd_control(FP_FMT_64_17, 0);
	enum fp_relation rel = rnd_below(4);
	struct fpreg a = rnd_finite(), b = rnd_below(3) ? rnd_finite() : a;
	uint32_t status, expected;
	int order;
	bool holds;

	if (rnd_below(4) == 0)
		b.sig += rnd_below(3) - 1;
	if (rnd_below(4) == 0)
		b.se ^= FPREG_SIGN;
	/* The same value, unnormalized. */
	if (rnd_below(4) == 0 && fp_exp(b) > 8 && fp_exp(b) < 0x1fff0 && !(b.sig & 0xf)) {
		uint32_t n = rnd_below(5);

		b = fp_make(fp_sign(b), fp_exp(b) + n, b.sig >> n);
	}
	if (fp_is_natval(b))
		return true;
	status = fp_cmp(a, b, rel, ctl);
	to_mpfr(ma, a);
	to_mpfr(mb, b);
	order = mpfr_cmp(ma, mb);
	holds = rel == FP_EQ ? order == 0 : rel == FP_LT ? order < 0 : rel == FP_LE && order <= 0;
	expected = holds ? FP_P1 : FP_P2;
	if (unnormal(a) || unnormal(b))
		expected = ctl.disabled & FPF_D ? expected | FPF_D : FP_FAULT | 2u << 16;
	if (status == expected)
		return true;
	printf("# fcmp relation %d: expected status %08x, got %08x\n", rel, expected, status);
	print_reg("f2", a);
	print_reg("f3", b);
	return false;
}

int main(int argc, char **argv)
{
	static const char rc_names[4][3] = { "rn", "rm", "rp", "rz" };
	unsigned long n = operations(argc, argv), i, each = n / 36 + 1;
	uint32_t format, rc;
	bool ok;

	wide_emin = mpfr_get_emin();
	wide_emax = mpfr_get_emax();
	mpfr_inits2(64, ma, mb, mc, mr, (mpfr_ptr)NULL);
	ktap_begin();
	for (format = 0; format < FP_FORMATS; format++) {
		for (rc = 0; rc < 4; rc++) {
			for (i = 0, ok = true; ok && i < each; i++)
				ok = format == FP_FMT_PAIR ? fpma_case(rc) : fma_case(format, rc);
			ktap_result(ok, "multiply-add %s %s", formats[format].name, rc_names[rc]);
		}
	}
	for (rc = 0; rc < 4; rc++) {
		for (i = 0, ok = true; ok && i < each; i++)
			ok = cvt_case(rc);
		ktap_result(ok, "fcvt.fx and fcvt.fxu %s", rc_names[rc]);
		for (i = 0, ok = true; ok && i < each; i++)
			ok = pcvt_case(rc);
		ktap_result(ok, "fpcvt.fx and fpcvt.fxu %s", rc_names[rc]);
	}
	for (i = 0, ok = true; ok && i < each * 2; i++)
		ok = cmp_case();
	ktap_result(ok, "fcmp");
	mpfr_clears(ma, mb, mc, mr, (mpfr_ptr)NULL);
	mpfr_free_cache();
	return ktap_end();
}
