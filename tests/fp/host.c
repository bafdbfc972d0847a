// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating point against this machine's own: x87 for the register formats with
 * a 15-bit exponent (24, 53 and 64 significand bits), SSE and FMA for single
 * and double, results and flags, all rounding modes, special operands too.
 * x86 agrees with SDM 1:5.4 on everything but which NaN an operation returns.
 * usage: host [OPERATIONS]
 */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

/* x87 rounding and precision control, MXCSR rounding: in FPSR's encodings. */
#define X87_CW(pc, rc)	(0x3fu | (uint32_t)(pc) << 8 | (uint32_t)(rc) << 10)
#define MXCSR(rc, ftz)	(0x1f80u | (uint32_t)(rc) << 13 | (uint32_t)(ftz) << 15)

static const uint8_t x87_format[4] = { FP_FMT_24_15, 0, FP_FMT_53_15, FP_FMT_64_15 };

static struct fp_control control(uint32_t format, uint32_t rc, bool ftz)
{
	return (struct fp_control){ .format = format, .rc = rc, .disabled = FPF_ALL, .ftz = ftz };
}

static struct fpreg from_long_double(long double x)
{
	uint64_t sig;
	uint16_t se;

	memcpy(&sig, &x, 8);
	memcpy(&se, (char *)&x + 8, 2);
	return fp_from_ext(sig, se);
}

static long double to_long_double(struct fpreg r)
{
	long double x = 0;
	uint16_t se = fp_to_ext_se(r);

	memcpy(&x, &r.sig, 8);
	memcpy((char *)&x + 8, &se, 2);
	return x;
}

/* A valid double-extended operand: no pseudo-denormal, no unsupported encoding. */
static long double rnd_long_double(void)
{
	uint64_t sig = rnd_bits() | 1ull << 63;
	uint16_t se;

	switch (rnd_below(10)) {
	case 0:
		se = 0;
		sig &= ~(1ull << 63);
		if (rnd_below(2))
			sig = 0;
		break;
	case 1:
		se = 0x7fff;
		if (rnd_below(2))
			sig = 1ull << 63;
		break;
	case 2:
		se = (uint16_t)(1 + rnd_below(70));
		break;
	case 3:
		se = (uint16_t)(0x7ffe - rnd_below(70));
		break;
	case 4:
		se = (uint16_t)(1 + rnd_below(0x7ffe));
		break;
	default:
		se = (uint16_t)(0x3fff - 35 + rnd_below(70));
		break;
	}
	return to_long_double(fp_from_ext(sig, (uint16_t)(se | rnd_below(2) << 15)));
}

enum x87_op { X87_ADD, X87_SUB, X87_MUL, X87_OPS };

/* One x87 operation; *sw gets the status word, before the store that clears C1. */
static long double x87(enum x87_op op, long double a, long double b, uint32_t cw, uint16_t *sw)
{
	uint16_t control_word = (uint16_t)cw, saved;
	long double r;

	__asm__ volatile("fnstcw %0" : "=m"(saved));
	__asm__ volatile("fnclex; fldcw %0" : : "m"(control_word));
	switch (op) {
	case X87_ADD:
		__asm__ volatile("fldt %3; fldt %2; faddp; fnstsw %1; fstpt %0"
				 : "=m"(r), "=a"(*sw) : "m"(a), "m"(b) : "st", "st(1)");
		break;
	case X87_SUB:
		/* AT&T's names: a - b. */
		__asm__ volatile("fldt %2; fldt %3; fsubrp; fnstsw %1; fstpt %0"
				 : "=m"(r), "=a"(*sw) : "m"(a), "m"(b) : "st", "st(1)");
		break;
	default:
		__asm__ volatile("fldt %3; fldt %2; fmulp; fnstsw %1; fstpt %0"
				 : "=m"(r), "=a"(*sw) : "m"(a), "m"(b) : "st", "st(1)");
		break;
	}
	__asm__ volatile("fnclex; fldcw %0" : : "m"(saved));
	return r;
}

static bool is_nan(struct fpreg r)
{
	return fp_exp(r) == 0x1ffff && r.sig != 1ull << 63;
}

static bool same_value(struct fpreg host, struct fpreg ours)
{
	return (is_nan(host) && is_nan(ours)) || same_reg(host, ours);
}

static bool x87_case(uint32_t pc, uint32_t rc)
{
	enum x87_op op = rnd_below(X87_OPS);
	long double a = rnd_long_double(), b = rnd_long_double(), host;
	struct fpreg ra = from_long_double(a), rb = from_long_double(b), r = { 0 };
	struct fpreg one = fp_make(false, 0xffff, 1ull << 63);
	struct fp_control ctl = control(x87_format[pc], rc, false), enabled;
	uint32_t status, flags;
	uint16_t sw;
	bool ok;

	if (op == X87_MUL)
		status = fp_fma(&r, ra, rb, fp_make(false, 0, 0), FP_FMA, true, ctl);
	else
		status = fp_fma(&r, ra, one, rb, op == X87_SUB ? FP_FMS : FP_FMA, false, ctl);
	host = x87(op, a, b, X87_CW(pc, rc), &sw);
	flags = sw & 0x3f;
	ok = status == flags && same_value(from_long_double(host), r);
	/* Inexact alone, enabled: fpa is x87's C1 (round-up). */
	if (ok && flags & FPF_I) {
		struct fpreg ignored = { 0 };
		uint32_t code;

		enabled = ctl;
		enabled.disabled = FPF_ALL & ~FPF_I;
		if (op == X87_MUL)
			code = fp_fma(&ignored, ra, rb, fp_make(false, 0, 0), FP_FMA, true, enabled);
		else
			code = fp_fma(&ignored, ra, one, rb, op == X87_SUB ? FP_FMS : FP_FMA, false,
				      enabled);
		ok = (fp_isr_code(code) >> 14 & 1) == (sw >> 9 & 1) && code & FP_TRAP;
	}
	if (ok)
		return true;
	printf("# x87 op %d: expected flags %02x, got status %08x; C1 %d\n", op, flags, status,
	       sw >> 9 & 1);
	print_reg("a", ra);
	print_reg("b", rb);
	print_reg("expected", from_long_double(host));
	print_reg("got", r);
	return false;
}

/* The NaN that a fused multiply-add with NaN operands returns on x86 differs; its class does not. */
#define SSE_BODY(type, bits, from, to, fma_insn, format)					\
static __attribute__((target("fma"))) bool sse_##type##_case(uint32_t rc)			\
{												\
	bool ftz = rnd_below(4) == 0;								\
	bits ba = rnd_##type(), bb = rnd_##type(), bc = rnd_##type(), bh;			\
	struct fp_control ctl = control(format, rc, ftz);					\
	uint32_t saved = _mm_getcsr(), status, flags;						\
	struct fpreg r = { 0 };									\
	type a, b, c;										\
	type h;											\
												\
	memcpy(&a, &ba, sizeof(a));								\
	memcpy(&b, &bb, sizeof(b));								\
	memcpy(&c, &bc, sizeof(c));								\
	_mm_setcsr(MXCSR(rc, ftz));								\
	h = a;											\
	__asm__ volatile(fma_insn " %2, %1, %0" : "+x"(h) : "x"(b), "x"(c));			\
	flags = _mm_getcsr() & 0x3f;								\
	_mm_setcsr(saved);									\
	memcpy(&bh, &h, sizeof(h));								\
	status = fp_fma(&r, from(ba), from(bb), from(bc), FP_FMA, false, ctl);			\
	if (status == flags && same_value(from(bh), r) && (is_nan(r) || to(r) == bh))		\
		return true;									\
	printf("# " fma_insn " ftz %d: expected flags %02x, got status %08x\n", ftz, flags,	\
	       status);										\
	print_reg("a", from(ba));								\
	print_reg("b", from(bb));								\
	print_reg("c", from(bc));								\
	print_reg("expected", from(bh));							\
	print_reg("got", r);									\
	return false;										\
}

typedef float single;

SSE_BODY(single, uint32_t, fp_from_single, fp_to_single, "vfmadd213ss", FP_FMT_24_8)
SSE_BODY(double, uint64_t, fp_from_double, fp_to_double, "vfmadd213sd", FP_FMT_53_11)

/* Double to 64-bit integer, in the mode and truncating; single to 32 bits. */
static bool cvt_case(uint32_t rc)
{
	bool trunc = rnd_below(2);
	uint64_t bits = rnd_below(4) ? (rnd_double() & 0x800fffffffffffffull) |
				       (uint64_t)(1015 + rnd_below(75)) << 52 : rnd_double();
	struct fp_control ctl = control(FP_FMT_64_17, trunc ? FP_RZ : rc, false);
	uint32_t saved = _mm_getcsr(), flags, status;
	struct fpreg r = { 0 };
	double x;
	long long host;

	memcpy(&x, &bits, 8);
	_mm_setcsr(MXCSR(rc, 0));
	if (trunc)
		__asm__ volatile("cvttsd2siq %1, %0" : "=r"(host) : "x"(x));
	else
		__asm__ volatile("cvtsd2siq %1, %0" : "=r"(host) : "x"(x));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	status = fp_fcvt_fx(&r, fp_from_double(bits), false, ctl);
	/* x86 does not report a denormal operand of a conversion; IA-64 does. */
	if ((bits >> 52 & 0x7ff) == 0 && bits << 12)
		flags |= FPF_D;
	if (status == flags && same_reg(r, fp_from_int((uint64_t)host)))
		return true;
	printf("# cvtsd2si trunc %d: expected %016llx flags %02x, got %016llx status %08x\n", trunc,
	       (unsigned long long)host, flags, (unsigned long long)r.sig, status);
	print_reg("operand", fp_from_double(bits));
	return false;
}

/* fcvt.xf is exact: the host's conversion to long double. */
static bool xf_case(void)
{
	int64_t n = (int64_t)rnd_bits();
	struct fpreg r = fp_fcvt_xf(fp_from_int((uint64_t)n));

	if (same_reg(r, from_long_double((long double)n)))
		return true;
	printf("# fcvt.xf of %lld\n", (long long)n);
	print_reg("expected", from_long_double((long double)n));
	print_reg("got", r);
	return false;
}

/* Compares: (v)ucomis and comis in their four outcomes, with SNaN, QNaN and denormal flags. */
static bool cmp_case(void)
{
	uint64_t ba = rnd_double(), bb = rnd_below(3) ? rnd_double() : ba;
	enum fp_relation rel = rnd_below(4);
	uint32_t saved = _mm_getcsr(), flags, status, expected;
	bool ordered = rel == FP_LT || rel == FP_LE, holds;
	double a, b;
	uint8_t zf, cf, pf;

	if (rnd_below(4) == 0)
		bb ^= 1ull << 63;
	memcpy(&a, &ba, 8);
	memcpy(&b, &bb, 8);
	_mm_setcsr(MXCSR(0, 0));
	if (ordered)
		__asm__ volatile("comisd %4, %3; setz %0; setc %1; setp %2"
				 : "=q"(zf), "=q"(cf), "=q"(pf) : "x"(a), "x"(b) : "cc");
	else
		__asm__ volatile("ucomisd %4, %3; setz %0; setc %1; setp %2"
				 : "=q"(zf), "=q"(cf), "=q"(pf) : "x"(a), "x"(b) : "cc");
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	holds = rel == FP_UNORD ? pf : !pf && (rel == FP_EQ ? zf : rel == FP_LT ? cf && !zf
										 : cf || zf);
	expected = flags | (holds ? FP_P1 : FP_P2);
	status = fp_cmp(fp_from_double(ba), fp_from_double(bb), rel, control(FP_FMT_64_17, 0, false));
	if (status == expected)
		return true;
	printf("# fcmp relation %d: expected %08x, got %08x\n", rel, expected, status);
	print_reg("f2", fp_from_double(ba));
	print_reg("f3", fp_from_double(bb));
	return false;
}

/* fmin and fmax are SSE's minsd and maxsd with the operands as they stand. */
static bool minmax_case(void)
{
	uint64_t ba = rnd_double(), bb = rnd_below(3) ? rnd_double() : ba, bh;
	bool max = rnd_below(2);
	uint32_t saved = _mm_getcsr(), flags, status;
	struct fpreg r = { 0 };
	double a, b;

	if (rnd_below(4) == 0)
		bb ^= 1ull << 63;
	memcpy(&a, &ba, 8);
	memcpy(&b, &bb, 8);
	_mm_setcsr(MXCSR(0, 0));
	if (max)
		__asm__ volatile("maxsd %1, %0" : "+x"(a) : "x"(b));
	else
		__asm__ volatile("minsd %1, %0" : "+x"(a) : "x"(b));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	memcpy(&bh, &a, 8);
	status = fp_minmax(&r, fp_from_double(ba), fp_from_double(bb), max ? FP_MAX : FP_MIN,
			   control(FP_FMT_64_17, 0, false));
	if (status == flags && same_reg(r, fp_from_double(bh)))
		return true;
	printf("# %s: expected flags %02x, got status %08x\n", max ? "fmax" : "fmin", flags, status);
	print_reg("f2", fp_from_double(ba));
	print_reg("f3", fp_from_double(bb));
	print_reg("expected", fp_from_double(bh));
	print_reg("got", r);
	return false;
}

/* Memory formats: what is loaded is stored again; and xma against 128-bit integers. */
static bool formats_case(void)
{
	uint32_t s = rnd_single();
	uint64_t d = rnd_double(), sig = rnd_bits();
	uint16_t se = (uint16_t)rnd();
	struct fpreg e = fp_from_ext(sig, se);

	if (fp_to_single(fp_from_single(s)) != s || fp_to_double(fp_from_double(d)) != d) {
		printf("# single %08x or double %016llx does not come back\n", s,
		       (unsigned long long)d);
		return false;
	}
	if (fp_to_int(e) != sig || fp_to_ext_se(e) != se) {
		printf("# double-extended %04x %016llx does not come back\n", se,
		       (unsigned long long)sig);
		return false;
	}
	return true;
}

static bool xma_case(void)
{
	uint64_t a = rnd_bits(), b = rnd_bits(), c = rnd_bits();
	unsigned __int128 u = (unsigned __int128)a * b + c;
	__int128 s = (__int128)((unsigned __int128)((__int128)(int64_t)a * (int64_t)b) + c);
	struct fpreg ra = fp_from_int(a), rb = fp_from_int(b), rc = fp_from_int(c);

	if (fp_xma(ra, rb, rc, FP_XMA_L).sig == (uint64_t)u &&
	    fp_xma(ra, rb, rc, FP_XMA_HU).sig == (uint64_t)(u >> 64) &&
	    fp_xma(ra, rb, rc, FP_XMA_H).sig == (uint64_t)(s >> 64))
		return true;
	printf("# xma of %016llx %016llx %016llx\n", (unsigned long long)a, (unsigned long long)b,
	       (unsigned long long)c);
	return false;
}

int main(int argc, char **argv)
{
	static const char rc_names[4][3] = { "rn", "rm", "rp", "rz" };
	static const uint8_t precisions[4] = { 24, 0, 53, 64 };
	unsigned long n = operations(argc, argv), i, each = n / 29 + 1;
	bool fma = __builtin_cpu_supports("fma");
	uint32_t pc, rc;
	bool ok;

	ktap_begin();
	for (pc = 0; pc < 4; pc++) {
		for (rc = 0; pc != 1 && rc < 4; rc++) {
			for (i = 0, ok = true; ok && i < each; i++)
				ok = x87_case(pc, rc);
			ktap_result(ok, "x87 add, subtract, multiply with %d bits, %s", precisions[pc],
				    rc_names[rc]);
		}
	}
	for (rc = 0; rc < 4; rc++) {
		if (!fma) {
			ktap_skip("fused multiply-add", "this processor has no FMA");
			continue;
		}
		for (i = 0, ok = true; ok && i < each; i++)
			ok = sse_single_case(rc);
		ktap_result(ok, "fma.s against SSE %s", rc_names[rc]);
		for (i = 0, ok = true; ok && i < each; i++)
			ok = sse_double_case(rc);
		ktap_result(ok, "fma.d against SSE %s", rc_names[rc]);
	}
	for (rc = 0; rc < 4; rc++) {
		for (i = 0, ok = true; ok && i < each; i++)
			ok = cvt_case(rc);
		ktap_result(ok, "fcvt.fx against SSE %s", rc_names[rc]);
	}
	for (i = 0, ok = true; ok && i < each; i++)
		ok = xf_case();
	ktap_result(ok, "fcvt.xf");
	for (i = 0, ok = true; ok && i < each; i++)
		ok = cmp_case();
	ktap_result(ok, "fcmp against SSE");
	for (i = 0, ok = true; ok && i < each; i++)
		ok = minmax_case();
	ktap_result(ok, "fmin and fmax against SSE");
	for (i = 0, ok = true; ok && i < each; i++)
		ok = formats_case();
	ktap_result(ok, "memory formats come back as they were");
	for (i = 0, ok = true; ok && i < each; i++)
		ok = xma_case();
	ktap_result(ok, "xma");
	return ktap_end();
}
