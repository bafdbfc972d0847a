// SPDX-License-Identifier: GPL-2.0-only
/*
 * frcpa, frsqrta and their parallel forms: the tables against the functions
 * they approximate, and the divide and square root sequences of Intel's
 * library against this machine's divider (results and flags) and, beyond its
 * exponents, against MPFR.
 * usage: approx [OPERATIONS]
 */
#include <immintrin.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

static const struct fpreg one = { 1ull << 63, 0xffff };
static const struct fpreg half = { 1ull << 63, 0xfffe };
static const struct fpreg zero = { 0, 0 };

/* FPSR as Linux/ia64 starts a process with, all exceptions disabled; rc of s0 is rc. */
static uint64_t fpsr_with(uint32_t rc)
{
	const uint64_t s0 = 0x0c | rc << 4, s1 = 0x4e, s2 = 0x4c;

	return 0x3f | s0 << 6 | s1 << 19 | s2 << 32 | s2 << 45;
}

struct machine {
	uint64_t fpsr;
	bool wre;		/* the last instruction is not of a memory format's range */
};

static struct fpreg multiply_add(struct machine *m, uint32_t sf, enum fp_pc pc, enum fp_fma_op op,
				 struct fpreg a, struct fpreg b, struct fpreg c, bool no_add)
{
	struct fpreg r = zero;
	uint32_t status = fp_fma(&r, a, b, c, op, no_add, fp_controls(m->fpsr, sf, pc));

	m->fpsr = fpsr_update(m->fpsr, sf, status);
	return r;
}

/* In status field 1: register range, 64 bits, to nearest. */
static struct fpreg mul1(struct machine *m, struct fpreg a, struct fpreg b)
{
	return multiply_add(m, 1, FP_PC_NONE, FP_FMA, a, b, zero, true);
}

static struct fpreg fma1(struct machine *m, struct fpreg a, struct fpreg b, struct fpreg c)
{
	return multiply_add(m, 1, FP_PC_NONE, FP_FMA, a, b, c, false);
}

static struct fpreg fnma1(struct machine *m, struct fpreg a, struct fpreg b, struct fpreg c)
{
	return multiply_add(m, 1, FP_PC_NONE, FP_FNMA, a, b, c, false);
}

/* frcpa.s0, and the predicate. */
static bool frcpa0(struct machine *m, struct fpreg *y, struct fpreg a, struct fpreg b)
{
	uint32_t status = fp_frcpa(y, a, b, fp_controls(m->fpsr, 0, FP_PC_NONE));

	m->fpsr = fpsr_update(m->fpsr, 0, status);
	return status & FP_P1;
}

static bool frsqrta0(struct machine *m, struct fpreg *y, struct fpreg a)
{
	uint32_t status = fp_frsqrta(y, a, fp_controls(m->fpsr, 0, FP_PC_NONE));

	m->fpsr = fpsr_update(m->fpsr, 0, status);
	return status & FP_P1;
}

static struct fpreg divide_single(struct machine *m, struct fpreg a, struct fpreg b)
{
	struct fpreg y = zero, e, q;

	if (!frcpa0(m, &y, a, b))
		return y;
	q = mul1(m, a, y);
	e = fnma1(m, b, y, one);
	q = fma1(m, q, e, q);
	e = mul1(m, e, e);
	q = fma1(m, q, e, q);
	e = mul1(m, e, e);
	q = multiply_add(m, 1, FP_PC_DOUBLE, FP_FMA, q, e, q, false);
	return multiply_add(m, 0, FP_PC_SINGLE, FP_FMA, q, one, zero, true);
}

static struct fpreg divide_double(struct machine *m, struct fpreg a, struct fpreg b)
{
	struct fpreg y = zero, e, q, r;

	if (!frcpa0(m, &y, a, b))
		return y;
	q = mul1(m, a, y);
	e = fnma1(m, b, y, one);
	y = fma1(m, e, y, y);
	q = fma1(m, e, q, q);
	e = mul1(m, e, e);
	y = fma1(m, e, y, y);
	q = fma1(m, e, q, q);
	e = mul1(m, e, e);
	y = fma1(m, e, y, y);
	q = multiply_add(m, 1, FP_PC_DOUBLE, FP_FMA, e, q, q, false);
	r = multiply_add(m, 1, FP_PC_DOUBLE, FP_FNMA, b, q, a, false);
	return multiply_add(m, 0, FP_PC_DOUBLE, FP_FMA, r, y, q, false);
}

/* Double-extended, or register range when s0 has wre set. */
static struct fpreg divide_extended(struct machine *m, struct fpreg a, struct fpreg b)
{
	struct fpreg y = zero, d, d2, d3, d5, y1, q, r;

	if (!frcpa0(m, &y, a, b))
		return y;
	d = fnma1(m, b, y, one);
	q = mul1(m, a, y);
	d2 = mul1(m, d, d);
	d3 = fma1(m, d, d, d);
	d5 = fma1(m, d2, d2, d);
	y1 = fma1(m, y, d3, y);
	y = fma1(m, y1, d5, y);
	r = fnma1(m, b, q, a);
	q = fma1(m, r, y, q);
	d = fnma1(m, b, y, one);
	y = fma1(m, d, y, y);
	r = fnma1(m, b, q, a);
	return multiply_add(m, 0, FP_PC_NONE, FP_FMA, r, y, q, false);
}

static struct fpreg root_single(struct machine *m, struct fpreg a)
{
	struct fpreg y = zero, g, h, e, t;

	if (!frsqrta0(m, &y, a))
		return y;
	h = mul1(m, half, y);
	g = mul1(m, a, y);
	e = fnma1(m, g, h, half);
	g = fma1(m, g, e, g);
	h = fma1(m, h, e, h);
	e = fnma1(m, g, h, half);
	h = fma1(m, h, e, h);
	/* In single, so that the remainder is exact and zero for an exact root. */
	g = multiply_add(m, 1, FP_PC_SINGLE, FP_FMA, g, e, g, false);
	t = fnma1(m, g, g, a);
	return multiply_add(m, 0, FP_PC_SINGLE, FP_FMA, t, h, g, false);
}

static struct fpreg root_wide(struct machine *m, struct fpreg a, enum fp_pc pc)
{
	struct fpreg y = zero, g, h, e, d;

	if (!frsqrta0(m, &y, a))
		return y;
	h = mul1(m, half, y);
	g = mul1(m, a, y);
	e = fnma1(m, g, h, half);
	h = fma1(m, e, h, h);
	g = fma1(m, e, g, g);
	e = fnma1(m, g, h, half);
	h = fma1(m, e, h, h);
	g = fma1(m, e, g, g);
	e = fnma1(m, g, h, half);
	d = fnma1(m, g, g, a);
	h = fma1(m, e, h, h);
	g = fma1(m, d, h, g);
	d = fnma1(m, g, g, a);
	return multiply_add(m, 0, pc, FP_FMA, d, h, g, false);
}

static bool is_nan(struct fpreg r)
{
	return fp_exp(r) == 0x1ffff && r.sig != 1ull << 63;
}

static bool verdict(const char *what, struct fpreg a, struct fpreg b, struct fpreg expected,
		    struct fpreg got, uint32_t flags, uint64_t fpsr)
{
	uint32_t got_flags = fpsr >> FPSR_FLAGS_SHIFT(0) & FPF_ALL;

	if (got_flags == flags && (same_reg(expected, got) || (is_nan(expected) && is_nan(got))))
		return true;
	printf("# %s: expected flags %02x, got %02x\n", what, flags, got_flags);
	print_reg("a", a);
	print_reg("b", b);
	print_reg("expected", expected);
	print_reg("got", got);
	return false;
}

static uint32_t mxcsr(uint32_t rc)
{
	return 0x1f80 | rc << 13;
}

static bool single_case(uint32_t rc)
{
	struct machine m = { .fpsr = fpsr_with(rc) };
	uint32_t ba = rnd_single(), bb = rnd_single(), bh, flags, saved = _mm_getcsr();
	struct fpreg a = fp_from_single(ba), b = fp_from_single(bb), got;
	bool root = rnd_below(2);
	float x, y;

	memcpy(&x, &ba, 4);
	memcpy(&y, &bb, 4);
	_mm_setcsr(mxcsr(rc));
	if (root)
		__asm__ volatile("sqrtss %1, %0" : "=x"(x) : "x"(x));
	else
		__asm__ volatile("divss %1, %0" : "+x"(x) : "x"(y));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	memcpy(&bh, &x, 4);
	got = root ? root_single(&m, a) : divide_single(&m, a, b);
	return verdict(root ? "single root" : "single quotient", a, b, fp_from_single(bh), got,
		       flags, m.fpsr);
}

static bool double_case(uint32_t rc)
{
	struct machine m = { .fpsr = fpsr_with(rc) };
	uint64_t ba = rnd_double(), bb = rnd_double(), bh;
	struct fpreg a = fp_from_double(ba), b = fp_from_double(bb), got;
	uint32_t flags, saved = _mm_getcsr();
	bool root = rnd_below(2);
	double x, y;

	memcpy(&x, &ba, 8);
	memcpy(&y, &bb, 8);
	_mm_setcsr(mxcsr(rc));
	if (root)
		__asm__ volatile("sqrtsd %1, %0" : "=x"(x) : "x"(x));
	else
		__asm__ volatile("divsd %1, %0" : "+x"(x) : "x"(y));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	memcpy(&bh, &x, 8);
	got = root ? root_wide(&m, a, FP_PC_DOUBLE) : divide_double(&m, a, b);
	return verdict(root ? "double root" : "double quotient", a, b, fp_from_double(bh), got,
		       flags, m.fpsr);
}

/* Any double-extended operand, by x87. */
static struct fpreg rnd_extended(void)
{
	uint64_t sig = rnd_bits() | 1ull << 63;
	uint32_t exp = 0xffff - 40 + rnd_below(80);
	bool sign = rnd_below(2);

	switch (rnd_below(8)) {
	case 0:
		exp = 0xc001 + rnd_below(0x7ffe);
		break;
	case 1:
		sig &= ~(1ull << 63);
		exp = 0;
		break;
	case 2:
		exp = rnd_below(2) ? 0xc001 + rnd_below(66) : 0x13ffe - rnd_below(66);
		break;
	case 3:
		return rnd_below(2) ? fp_make(sign, 0x1ffff, sig) : fp_make(sign, 0, 0);
	default:
		break;
	}
	return fp_make(sign, exp, sig);
}

static bool extended_case(uint32_t rc)
{
	struct machine m = { .fpsr = fpsr_with(rc) };
	struct fpreg a = rnd_extended(), b = rnd_extended(), got;
	uint16_t cw = (uint16_t)(0x33f | rc << 10), saved, sw, se;
	long double x = 0, y = 0, h = 0;
	bool root = rnd_below(2);
	uint64_t sig;

	memcpy(&x, &a.sig, 8);
	memcpy(&y, &b.sig, 8);
	se = fp_to_ext_se(a);
	memcpy((char *)&x + 8, &se, 2);
	se = fp_to_ext_se(b);
	memcpy((char *)&y + 8, &se, 2);
	__asm__ volatile("fnstcw %0; fnclex; fldcw %1" : "=m"(saved) : "m"(cw));
	if (root)
		__asm__ volatile("fldt %2; fsqrt; fnstsw %1; fstpt %0"
				 : "=m"(h), "=a"(sw) : "m"(x) : "st");
	else
		__asm__ volatile("fldt %2; fldt %3; fdivrp; fnstsw %1; fstpt %0"
				 : "=m"(h), "=a"(sw) : "m"(x), "m"(y) : "st", "st(1)");
	__asm__ volatile("fnclex; fldcw %0" : : "m"(saved));
	memcpy(&sig, &h, 8);
	memcpy(&se, (char *)&h + 8, 2);
	got = root ? root_wide(&m, a, FP_PC_NONE) : divide_extended(&m, a, b);
	return verdict(root ? "extended root" : "extended quotient", a, b, fp_from_ext(sig, se), got,
		       sw & 0x3f, m.fpsr);
}

static mpfr_t ma, mb, mr;

/* The register range: exponents that only the software assist limits bound. */
static bool register_case(uint32_t rc)
{
	static const mpfr_rnd_t roundings[] = { MPFR_RNDN, MPFR_RNDD, MPFR_RNDU, MPFR_RNDZ };
	struct machine m = { .fpsr = fpsr_with(rc) | FPSR_SF_WRE << FPSR_SF_SHIFT(0) };
	struct fpreg a = fp_make(rnd_below(2), 1 + rnd_below(0x1fffe), rnd_sig(64));
	struct fpreg b = fp_make(rnd_below(2), 1 + rnd_below(0x1fffe), rnd_sig(64)), got, expected;
	int32_t ea = (int32_t)fp_exp(a) - 0xffff, eb = (int32_t)fp_exp(b) - 0xffff;
	bool root = rnd_below(2), assist;
	struct fpreg y = zero;
	uint32_t status;
	long exp;
	int t;

	if (root)
		a.se &= ~(uint64_t)FPREG_SIGN;
	/* SDM 2:8.1.1 and the divide algorithm's proof: where the iteration may fail. */
	if (root)
		assist = ea <= -65534 + 63;
	else
		assist = eb <= -65534 - 2 || eb >= 65535 - 2 || ea - eb >= 65535 ||
			 ea - eb <= -65534 + 1 || ea <= -65534 + 63;
	status = root ? fp_frsqrta(&y, a, fp_controls(m.fpsr, 0, FP_PC_NONE))
		      : fp_frcpa(&y, a, b, fp_controls(m.fpsr, 0, FP_PC_NONE));
	if (status != (assist ? FP_FAULT | 8u << 16 : FP_P1)) {
		printf("# assist %d, got status %08x\n", assist, status);
		print_reg("a", a);
		print_reg("b", b);
		return false;
	}
	if (assist)
		return true;
	mpfr_set_ui_2exp(ma, a.sig, ea - 63, MPFR_RNDN);
	mpfr_setsign(ma, ma, fp_sign(a), MPFR_RNDN);
	mpfr_set_ui_2exp(mb, b.sig, eb - 63, MPFR_RNDN);
	mpfr_setsign(mb, mb, fp_sign(b), MPFR_RNDN);
	t = root ? mpfr_sqrt(mr, ma, roundings[rc]) : mpfr_div(mr, ma, mb, roundings[rc]);
	exp = mpfr_get_exp(mr) - 1;
	mpfr_mul_2si(ma, mr, 63 - exp, MPFR_RNDN);
	mpfr_abs(ma, ma, MPFR_RNDN);
	expected = fp_make(mpfr_signbit(mr), (uint32_t)(exp + 0xffff), mpfr_get_ui(ma, MPFR_RNDN));
	got = root ? root_wide(&m, a, FP_PC_NONE) : divide_extended(&m, a, b);
	/* The last remainder of a small operand is denormal, though exact. */
	m.fpsr &= ~((uint64_t)FPF_D << FPSR_FLAGS_SHIFT(0));
	return verdict(root ? "register root" : "register quotient", a, b, expected, got,
		       t ? FPF_I : 0, m.fpsr);
}

static uint32_t pair_operand(void)
{
	uint32_t m = rnd_single();

	return rnd_below(8) ? (m & 0x807fffffu) | (30 + rnd_below(200)) << 23 : m;
}

/* Parallel divide where fprcpa says that the iteration works. */
static bool pair_case(unsigned long *worked)
{
	struct fp_control ctl = fp_controls(fpsr_with(0), 0, FP_PC_PAIR);
	uint32_t ma_[2] = { pair_operand(), pair_operand() };
	uint32_t mb_[2] = { pair_operand(), pair_operand() };
	uint32_t i, got, expected;
	struct fpreg a = fp_from_int((uint64_t)ma_[0] << 32 | ma_[1]);
	struct fpreg b = fp_from_int((uint64_t)mb_[0] << 32 | mb_[1]);
	struct fpreg ones = fp_from_int(0x3f8000003f800000ull), y = zero, e, q, r;
	float x, z;

	if (!(fp_fprcpa(&y, a, b, ctl) & FP_P1))
		return true;
	/* Iterating in single, 1/b comes out half an ulp off for a divisor of all ones. */
	if (!(~mb_[0] & 0x7fffff) || !(~mb_[1] & 0x7fffff))
		return true;
	(*worked)++;
	fp_fpma(&e, b, y, ones, FP_FNMA, false, ctl);
	fp_fpma(&y, e, y, y, FP_FMA, false, ctl);
	fp_fpma(&e, b, y, ones, FP_FNMA, false, ctl);
	fp_fpma(&y, e, y, y, FP_FMA, false, ctl);
	fp_fpma(&q, a, y, zero, FP_FMA, true, ctl);
	fp_fpma(&e, b, y, ones, FP_FNMA, false, ctl);
	fp_fpma(&y, e, y, y, FP_FMA, false, ctl);
	fp_fpma(&r, b, q, a, FP_FNMA, false, ctl);
	fp_fpma(&q, r, y, q, FP_FMA, false, ctl);
	fp_fpma(&r, b, q, a, FP_FNMA, false, ctl);
	fp_fpma(&q, r, y, q, FP_FMA, false, ctl);
	for (i = 0; i < 2; i++) {
		got = (uint32_t)(q.sig >> (i ? 0 : 32));
		memcpy(&x, &ma_[i], 4);
		memcpy(&z, &mb_[i], 4);
		x /= z;
		memcpy(&expected, &x, 4);
		if (got != expected) {
			printf("# %08x / %08x: expected %08x, got %08x\n", ma_[i], mb_[i], expected,
			       got);
			return false;
		}
	}
	return true;
}

/* Every table entry's relative error at both ends of its interval (SDM vol. 3: 2^-8.886, 2^-8.831). */
static bool table_error(bool root)
{
	const long double limit = root ? 0x1p-8L * 0.5622L : 0x1p-8L * 0.5412L;
	long double worst = 0;
	uint32_t i, end;

	for (i = 0; i < 512; i++) {
		for (end = 0; end < 2; end++) {
			uint64_t step = (uint64_t)(i & 0xff) << 55, last = (1ull << 55) - 1;
			struct fpreg x = fp_make(false, 0xffff + (i >> 8), 1ull << 63 | step |
						 (end ? last : 0));
			struct fpreg y = zero;
			struct fp_control ctl = fp_controls(fpsr_with(0), 0, FP_PC_NONE);
			uint32_t status = root ? fp_frsqrta(&y, x, ctl) : fp_frcpa(&y, one, x, ctl);
			long double vx = ldexpl((long double)x.sig, (int)fp_exp(x) - 0xffff - 63);
			long double vy = ldexpl((long double)y.sig, (int)fp_exp(y) - 0xffff - 63);
			long double error = root ? fabsl(vy * sqrtl(vx) - 1) : fabsl(vy * vx - 1);

			if (status != FP_P1 || y.sig << 11)
				return false;
			worst = error > worst ? error : worst;
		}
	}
	printf("# worst relative error 2^%.3Lf\n", log2l(worst));
	return worst < limit;
}

int main(int argc, char **argv)
{
	static const char rc_names[4][3] = { "rn", "rm", "rp", "rz" };
	unsigned long n = operations(argc, argv), i, each = n / 17 + 1, worked = 0;
	uint32_t rc;
	bool ok;

	mpfr_inits2(64, ma, mb, mr, (mpfr_ptr)NULL);
	ktap_begin();
	ktap_result(table_error(false), "frcpa's table is within the stated error");
	ktap_result(table_error(true), "frsqrta's table is within the stated error");
	for (rc = 0; rc < 4; rc++) {
		for (i = 0, ok = true; ok && i < each; i++)
			ok = single_case(rc);
		ktap_result(ok, "single divide and square root %s", rc_names[rc]);
		for (i = 0, ok = true; ok && i < each; i++)
			ok = double_case(rc);
		ktap_result(ok, "double divide and square root %s", rc_names[rc]);
		for (i = 0, ok = true; ok && i < each; i++)
			ok = extended_case(rc);
		ktap_result(ok, "double-extended divide and square root %s", rc_names[rc]);
		for (i = 0, ok = true; ok && i < each; i++)
			ok = register_case(rc);
		ktap_result(ok, "register range divide and square root %s", rc_names[rc]);
	}
	for (i = 0, ok = true; ok && i < each; i++)
		ok = pair_case(&worked);
	printf("# %lu of %lu pairs by iteration\n", worked, each);
	ktap_result(ok && worked > each / 8, "parallel divide to nearest");
	mpfr_clears(ma, mb, mr, (mpfr_ptr)NULL);
	mpfr_free_cache();
	return ktap_end();
}
