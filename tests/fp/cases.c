// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating point by hand: special operands, flags, faults, traps and encodings,
 * each with the manual's section. Nothing here is computed by the code under
 * test.
 */
#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

/* Operands by name. */
enum operand {
	P0, M0, P1, M1, P2, HALF, PINF, MINF,
	QNAN_A, QNAN_B, QNAN_C, SNAN_A, SNAN_A_QUIET, INDEFINITE,
	NATVAL, PSEUDO_NAN, PSEUDO_INF, PPSEUDO0, MPSEUDO0, MPSEUDO0_TOP,
	UNNORMAL_1, DENORMAL_E, PSEUDO_DENORMAL, DENORMAL_S, DENORMAL_D,
	MAX_S, MAX_D, MAX_R, MIN_S, MIN_D, MIN_E, MIN_R, INT_2_63, INT_M2_63, INT_2_64, ONE_ULP_R,
	OPERANDS
};

#define S(exp, sig)	{ (sig), (exp) }
#define NEG		FPREG_SIGN

static const struct fpreg val[OPERANDS] = {
	[P0] = S(0, 0),
	[M0] = S(NEG, 0),
	[P1] = S(0xffff, 1ull << 63),
	[M1] = S(NEG | 0xffff, 1ull << 63),
	[P2] = S(0x10000, 1ull << 63),
	[HALF] = S(0xfffe, 1ull << 63),
	[PINF] = S(0x1ffff, 1ull << 63),
	[MINF] = S(NEG | 0x1ffff, 1ull << 63),
	[QNAN_A] = S(0x1ffff, 0xc00000000000000aull),
	[QNAN_B] = S(NEG | 0x1ffff, 0xc00000000000000bull),
	[QNAN_C] = S(0x1ffff, 0xc00000000000000cull),
	[SNAN_A] = S(0x1ffff, 0x800000000000000aull),
	[SNAN_A_QUIET] = S(0x1ffff, 0xc00000000000000aull),
	[INDEFINITE] = S(NEG | 0x1ffff, 0xc000000000000000ull),
	[NATVAL] = S(0x1fffe, 0),
	[PSEUDO_NAN] = S(0x1ffff, 0x4000000000000001ull),
	[PSEUDO_INF] = S(0x1ffff, 0),
	[PPSEUDO0] = S(0x1003e, 0),
	[MPSEUDO0] = S(NEG | 0x1003e, 0),
	[MPSEUDO0_TOP] = S(NEG | 0x1fffe, 0),
	[UNNORMAL_1] = S(0x1003e, 1),
	[DENORMAL_E] = S(0, 1ull << 62),
	[PSEUDO_DENORMAL] = S(0, 1ull << 63),
	[DENORMAL_S] = S(0xff81, 1ull << 62),
	[DENORMAL_D] = S(0xfc01, 1ull << 62),
	[MAX_S] = S(0x1007e, 0xffffff0000000000ull),
	[MAX_D] = S(0x103fe, 0xfffffffffffff800ull),
	[MAX_R] = S(0x1fffe, ~0ull),
	[MIN_S] = S(0x0ff81, 1ull << 63),
	[MIN_D] = S(0x0fc01, 1ull << 63),
	[MIN_E] = S(0x0c001, 1ull << 63),
	[MIN_R] = S(0x00001, 1ull << 63),
	[INT_2_63] = S(0x1003e, 1ull << 63),
	[INT_M2_63] = S(NEG | 0x1003e, 1ull << 63),
	[INT_2_64] = S(0x1003f, 1ull << 63),
	[ONE_ULP_R] = S(0xffff, (1ull << 63) | 1),
};

/* Status words: fault of the scalar or high half; trap with bit 0 of ISR.code. */
#define FAULT(code)	(FP_FAULT | (uint32_t)(code) << 16)
#define TRAP(flags, code) ((flags) | FP_TRAP | ((uint32_t)(code) | 1) << 16)
#define ISR_V	1
#define ISR_D	2
#define ISR_Z	4
#define ISR_SWA	8
#define ISR_O	0x0800
#define ISR_U	0x1000
#define ISR_I	0x2000
#define ISR_FPA	0x4000

static struct fp_control control(uint32_t format, uint32_t rc, uint32_t enabled)
{
	return (struct fp_control){ .format = format, .rc = rc, .disabled = FPF_ALL & ~enabled };
}

static void expect(const char *name, uint32_t want_status, struct fpreg want, uint32_t status,
		   struct fpreg got)
{
	bool faults = want_status & FP_FAULT;

	if (ktap_result(status == want_status && (faults || same_reg(got, want)), "%s", name))
		return;
	printf("# expected status %08x, got %08x\n", want_status, status);
	if (!faults)
		print_reg("expected", want);
	print_reg("got", got);
}

struct fma_case {
	char name[80];
	uint8_t op, f3, f4, f2;
	uint32_t format, rc, enabled, status;
	struct fpreg result;
};

/* The default format; and as f2: f0, so no addition. */
#define D64	FP_FMT_64_17
#define NO_ADD	255

static const struct fma_case fma_cases[] = {
	{ "1:5.1.3 NaTVal in f3 wins over an SNaN", FP_FMA, NATVAL, SNAN_A, P1, D64, 0, FPF_V, 0,
	  S(0x1fffe, 0) },
	{ "1:5.1.3 NaTVal in f4 wins over unsupported", FP_FMA, PSEUDO_NAN, NATVAL, P1, D64, 0, 0, 0,
	  S(0x1fffe, 0) },
	{ "1:5.1.3 NaTVal in f2", FP_FNMA, P1, P1, NATVAL, D64, 0, 0, 0, S(0x1fffe, 0) },
	{ "1:5.1.3 minus pseudo-zero of NaTVal's exponent is no NaTVal", FP_FMA, MPSEUDO0_TOP, P1, P1,
	  D64, 0, 0, FPF_D, S(0xffff, 1ull << 63) },
	{ "1:5.4.1 pseudo-NaN is invalid: QNaN indefinite", FP_FMA, PSEUDO_NAN, P1, P1, D64, 0, 0,
	  FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "1:5.4.1 pseudo-infinity is invalid before a QNaN propagates", FP_FMA, P1, QNAN_A,
	  PSEUDO_INF, D64, 0, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "1:5.4.1 unsupported operand, V enabled", FP_FMA, P1, P1, PSEUDO_INF, D64, 0, FPF_V,
	  FAULT(ISR_V), { 0 } },
	{ "1:5.4.1 SNaN is quieted", FP_FMA, SNAN_A, P1, P1, D64, 0, 0, FPF_V,
	  S(0x1ffff, 0xc00000000000000aull) },
	{ "1:5.4.1 SNaN, V enabled", FP_FMA, P1, P1, SNAN_A, D64, 0, FPF_V, FAULT(ISR_V), { 0 } },
	{ "3:fma NaN of f4 before f2 and f3", FP_FMA, QNAN_A, QNAN_B, QNAN_C, D64, 0, FPF_V, 0,
	  S(NEG | 0x1ffff, 0xc00000000000000bull) },
	{ "3:fma NaN of f2 before f3", FP_FMA, QNAN_A, P1, QNAN_C, D64, 0, 0, 0,
	  S(0x1ffff, 0xc00000000000000cull) },
	{ "3:fma SNaN in f3 signals though f4's QNaN is the result", FP_FMA, SNAN_A, QNAN_B, P1, D64,
	  0, 0, FPF_V, S(NEG | 0x1ffff, 0xc00000000000000bull) },
	{ "3:fms a NaN in f2 keeps its sign", FP_FMS, P1, P1, QNAN_C, D64, 0, 0, 0,
	  S(0x1ffff, 0xc00000000000000cull) },
	{ "3:fnma a NaN in f3 keeps its sign", FP_FNMA, QNAN_A, P1, P1, D64, 0, 0, 0,
	  S(0x1ffff, 0xc00000000000000aull) },
	{ "3:fma.s a NaN keeps its whole significand", FP_FMA, QNAN_A, P1, P1, FP_FMT_24_8, 0, 0, 0,
	  S(0x1ffff, 0xc00000000000000aull) },
	{ "1:5.4.1 a NaN hides a denormal operand", FP_FMA, QNAN_A, DENORMAL_D, P1, D64, 0, FPF_D, 0,
	  S(0x1ffff, 0xc00000000000000aull) },
	{ "1:5.4.1 infinity times zero", FP_FMA, PINF, M0, P1, D64, 0, 0, FPF_V,
	  S(NEG | 0x1ffff, 3ull << 62) },
	{ "1:5.4.1 zero times infinity plus QNaN is that QNaN", FP_FMA, P0, PINF, QNAN_C, D64, 0,
	  FPF_V, 0, S(0x1ffff, 0xc00000000000000cull) },
	{ "1:5.1.3 pseudo-zero times infinity is infinity, with D", FP_FMA, MPSEUDO0, PINF, P1, D64, 0,
	  0, FPF_D, S(NEG | 0x1ffff, 1ull << 63) },
	{ "1:5.4.1 infinity less infinity", FP_FMS, PINF, P1, PINF, D64, 0, 0, FPF_V,
	  S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:fnma minus infinity plus minus infinity", FP_FNMA, PINF, P1, MINF, D64, 0, FPF_ALL, 0,
	  S(NEG | 0x1ffff, 1ull << 63) },
	{ "3:fms finite less infinity", FP_FMS, P1, P1, PINF, D64, 0, FPF_ALL, 0,
	  S(NEG | 0x1ffff, 1ull << 63) },
	{ "1:5.4.1 infinity and a denormal: D", FP_FMA, PINF, DENORMAL_E, P1, D64, 0, 0, FPF_D,
	  S(0x1ffff, 1ull << 63) },
	{ "1:5.4.1 infinity and a denormal, D enabled", FP_FMA, PINF, DENORMAL_E, P1, D64, 0, FPF_D,
	  FAULT(ISR_D), { 0 } },
	{ "1:5.4.1 V comes before D", FP_FMA, PINF, P0, DENORMAL_E, D64, 0, FPF_V | FPF_D,
	  FAULT(ISR_V), { 0 } },
	{ "1:5.4.1 V disabled leaves D unreported", FP_FMA, PINF, P0, DENORMAL_E, D64, 0, FPF_D, FPF_V,
	  S(NEG | 0x1ffff, 3ull << 62) },
	{ "1:5.1.3 an integer in a register is unnormal", FP_FMA, UNNORMAL_1, P1, P0, D64, 0, 0, FPF_D,
	  S(0xffff, 1ull << 63) },
	{ "1:5.1.2 exponent 0 means -16382", FP_FMA, DENORMAL_E, P2, P0, D64, 0, 0, FPF_D,
	  S(0xc001, 1ull << 63) },
	{ "1:5.1.3 pseudo-denormals are unnormal", FP_FMA, PSEUDO_DENORMAL, P1, P0, D64, 0, 0, FPF_D,
	  S(0xc001, 1ull << 63) },
	{ "1:5.1.3 a pseudo-zero is zero with D", FP_FMA, PPSEUDO0, P1, P1, D64, 0, 0, FPF_D,
	  S(0xffff, 1ull << 63) },
	{ "1:5.1.3 a pseudo-zero addend", FP_FMA, P1, P1, MPSEUDO0, D64, 0, 0, FPF_D,
	  S(0xffff, 1ull << 63) },
	{ "1:5.1.3 a pseudo-zero keeps its sign in a sum of zeros", FP_FMA, MPSEUDO0, P1, M0, D64, 0, 0,
	  FPF_D, S(NEG, 0) },
	{ "3:fma -0 plus +0 is +0", FP_FMA, M0, P1, P0, D64, FP_RN, FPF_ALL, 0, S(0, 0) },
	{ "3:fma -0 plus +0 to minus infinity is -0", FP_FMA, M0, P1, P0, D64, FP_RM, FPF_ALL, 0,
	  S(NEG, 0) },
	{ "3:fma f2 = f0 keeps the product's zero", FP_FMA, M0, P1, NO_ADD, D64, FP_RN, FPF_ALL, 0,
	  S(NEG, 0) },
	{ "3:fms f2 = f0 is the product", FP_FMS, M1, P1, NO_ADD, D64, FP_RN, FPF_ALL, 0,
	  S(NEG | 0xffff, 1ull << 63) },
	{ "3:fnma f2 = f0 negates the product", FP_FNMA, P0, P1, NO_ADD, D64, FP_RN, FPF_ALL, 0,
	  S(NEG, 0) },
	{ "3:fma 1 - 1 is +0", FP_FMA, P1, P1, M1, D64, FP_RN, FPF_ALL, 0, S(0, 0) },
	{ "3:fma 1 - 1 to minus infinity is -0", FP_FMA, P1, P1, M1, D64, FP_RM, FPF_ALL, 0, S(NEG, 0) },
	{ "3:fma 1 - 1 to plus infinity is +0", FP_FMA, P1, P1, M1, D64, FP_RP, FPF_ALL, 0, S(0, 0) },

	{ "1:5.4.2 overflow to nearest is infinity", FP_FMA, MAX_S, P2, P0, FP_FMT_24_8, FP_RN, 0,
	  FPF_O | FPF_I, S(0x1ffff, 1ull << 63) },
	{ "1:5.4.2 overflow to zero is the largest number", FP_FMA, MAX_S, P2, P0, FP_FMT_24_8, FP_RZ,
	  0, FPF_O | FPF_I, S(0x1007e, 0xffffff0000000000ull) },
	{ "1:5.4.2 overflow to minus infinity of a positive", FP_FMA, MAX_D, P2, P0, FP_FMT_53_11,
	  FP_RM, 0, FPF_O | FPF_I, S(0x103fe, 0xfffffffffffff800ull) },
	{ "1:5.4.2 overflow to minus infinity of a negative", FP_FNMA, MAX_D, P2, P0, FP_FMT_53_11,
	  FP_RM, 0, FPF_O | FPF_I, S(NEG | 0x1ffff, 1ull << 63) },
	{ "1:5.4.2 overflow disabled, inexact enabled: infinity was rounded up", FP_FMA, MAX_D, P2, P0,
	  FP_FMT_53_11, FP_RN, FPF_I, TRAP(FPF_O | FPF_I, ISR_I | ISR_FPA),
	  S(0x1ffff, 1ull << 63) },
	{ "1:5.4.2 overflow disabled, inexact enabled: the largest number was not", FP_FMA, MAX_D, P2,
	  P0, FP_FMT_53_11, FP_RZ, FPF_I, TRAP(FPF_O | FPF_I, ISR_I),
	  S(0x103fe, 0xfffffffffffff800ull) },
	{ "1:5.4.2 overflow enabled, exact: the register's exponent holds it", FP_FMA, MAX_S, P2, P0,
	  FP_FMT_24_8, FP_RN, FPF_O, TRAP(FPF_O, ISR_O), S(0x1007f, 0xffffff0000000000ull) },
	{ "1:5.4.2 overflow enabled, inexact, rounded up", FP_FMA, MAX_R, P1, P0, FP_FMT_24_8, FP_RN,
	  FPF_O, TRAP(FPF_O | FPF_I, ISR_O | ISR_I | ISR_FPA), S(0x1ffff, 1ull << 63) },
	{ "1:5.4.2 overflow enabled: exponent modulo 2^17", FP_FMA, MAX_R, P2, P0, D64, FP_RN, FPF_O,
	  TRAP(FPF_O, ISR_O), S(0x1ffff, ~0ull) },
	{ "1:5.4.2 overflow enabled: exponent modulo 2^17, further", FP_FMA, MAX_R, MAX_R, P0, D64,
	  FP_RZ, FPF_O, TRAP(FPF_O | FPF_I, ISR_O | ISR_I), S(0x0fffe, ~0ull - 1) },
	{ "1:5.4.3 exact denormal: no flag", FP_FMA, MIN_S, HALF, P0, FP_FMT_24_8, FP_RN, 0, 0,
	  S(0xff81, 1ull << 62) },
	{ "1:5.4.3 exact denormal, double", FP_FMA, MIN_D, HALF, P0, FP_FMT_53_11, FP_RN, 0, 0,
	  S(0xfc01, 1ull << 62) },
	{ "1:5.1.3 denormals of the 15-bit range have exponent 0", FP_FMA, MIN_E, HALF, P0,
	  FP_FMT_64_15, FP_RN, 0, 0, S(0, 1ull << 62) },
	{ "1:5.1.3 and so in its 24-bit precision", FP_FMA, MIN_E, HALF, P0, FP_FMT_24_15, FP_RN, 0, 0,
	  S(0, 1ull << 62) },
	{ "1:5.1.3 register format denormals have exponent 1", FP_FMA, MIN_R, HALF, P0, D64, FP_RN, 0,
	  0, S(1, 1ull << 62) },
	{ "1:5.4.3 underflow enabled: tiny is enough", FP_FMA, MIN_S, HALF, P0, FP_FMT_24_8, FP_RN,
	  FPF_U, TRAP(FPF_U, ISR_U), S(0xff80, 1ull << 63) },
	{ "1:5.4.3 underflow enabled: exponent modulo 2^17", FP_FMA, MIN_R, HALF, P0, D64, FP_RN,
	  FPF_U, TRAP(FPF_U, ISR_U), S(0, 1ull << 63) },
	{ "1:5.4.3 underflow enabled: exponent modulo 2^17, below 0", FP_FMA, MIN_R, MIN_R, P0, D64,
	  FP_RN, FPF_U, TRAP(FPF_U, ISR_U), S(0x10003, 1ull << 63) },
	{ "1:5.4.3 far below the smallest denormal", FP_FMA, MIN_R, MIN_R, P0, D64, FP_RN, 0,
	  FPF_U | FPF_I, S(0, 0) },
	{ "1:5.4.3 far below the smallest denormal, rounded up", FP_FMA, MIN_R, MIN_R, P0, D64, FP_RP,
	  FPF_I, TRAP(FPF_U | FPF_I, ISR_I | ISR_FPA), S(1, 1) },
	{ "1:5.4.3 inexact alone, rounded down", FP_FMA, ONE_ULP_R, ONE_ULP_R, P0, D64, FP_RZ, FPF_I,
	  TRAP(FPF_I, ISR_I), S(0xffff, (1ull << 63) | 2) },
	{ "1:5.4.3 inexact alone, rounded up", FP_FMA, ONE_ULP_R, ONE_ULP_R, P0, D64, FP_RP, FPF_I,
	  TRAP(FPF_I, ISR_I | ISR_FPA), S(0xffff, (1ull << 63) | 3) },
};

static void multiply_add(void)
{
	unsigned int n;

	for (n = 0; n < sizeof(fma_cases) / sizeof(fma_cases[0]); n++) {
		const struct fma_case *c = &fma_cases[n];
		struct fpreg got = { 0 };
		bool no_add = c->f2 == NO_ADD;
		uint32_t status = fp_fma(&got, val[c->f3], val[c->f4], val[no_add ? P0 : c->f2],
					 c->op, no_add, control(c->format, c->rc, c->enabled));

		expect(c->name, c->status, c->result, status, got);
	}
}

/* Flush-to-zero (SDM 1:5.2) and tininess after rounding (SDM 1:5.4.3). */
static void underflow(void)
{
	struct fp_control ctl = control(FP_FMT_24_8, FP_RN, 0);
	struct fpreg got = { 0 };
	uint32_t status;
	/* 2^-126 less a quarter ulp of single. */
	struct fpreg below_min = { ~0ull << 38, 0xff80 };

	status = fp_fma(&got, below_min, val[P1], val[P0], FP_FMA, true, ctl);
	expect("1:5.4.3 what rounds up to the smallest normal is not tiny", FPF_I, val[MIN_S], status,
	       got);
	ctl.rc = FP_RZ;
	status = fp_fma(&got, below_min, val[P1], val[P0], FP_FMA, true, ctl);
	expect("1:5.4.3 rounded to zero it is", FPF_U | FPF_I,
	       (struct fpreg)S(0xff81, 0x7fffff0000000000ull), status, got);
	ctl.ftz = true;
	status = fp_fma(&got, below_min, val[M1], val[P0], FP_FMA, true, ctl);
	expect("1:5.2 ftz gives a zero of the same sign", FPF_U | FPF_I, val[M0], status, got);
	status = fp_fma(&got, val[MIN_S], val[HALF], val[P0], FP_FMA, true, ctl);
	expect("1:5.4.1 ftz of an exact denormal is inexact", FPF_U | FPF_I, val[P0], status, got);
	ctl.disabled &= ~FPF_I;
	status = fp_fma(&got, val[MIN_S], val[HALF], val[P0], FP_FMA, true, ctl);
	expect("1:5.4.1 ftz and inexact enabled: not rounded up", TRAP(FPF_U | FPF_I, ISR_I), val[P0],
	       status, got);
	ctl.disabled &= ~FPF_U;
	status = fp_fma(&got, val[MIN_S], val[HALF], val[P0], FP_FMA, true, ctl);
	expect("1:5.2 ftz is ignored when underflow is enabled", TRAP(FPF_U, ISR_U),
	       (struct fpreg)S(0xff80, 1ull << 63), status, got);
}

static struct fpreg pair(uint32_t high, uint32_t low)
{
	return fp_from_int((uint64_t)high << 32 | low);
}

static void parallel(void)
{
	const uint32_t one = 0x3f800000, snan = 0x7f800001, max = 0x7f7fffff, two = 0x40000000;
	const uint32_t inf = 0x7f800000, denormal = 0x00400000, min = 0x00800000;
	struct fp_control none = control(FP_FMT_PAIR, FP_RN, 0);
	struct fpreg got = { 0 };
	uint32_t status;

	status = fp_fpma(&got, pair(snan, one), pair(one, snan), pair(one, one), FP_FMA, false,
			 control(FP_FMT_PAIR, FP_RN, FPF_V));
	expect("2:8.3 fpma faults: high half in 3:0, low half in 7:4", FAULT(0x11), got, status, got);
	status = fp_fpma(&got, pair(one, denormal), pair(one, one), pair(one, one), FP_FMA, false,
			 control(FP_FMT_PAIR, FP_RN, FPF_D));
	expect("2:8.3 fpma: denormal in the low half", FAULT(0x20), got, status, got);
	status = fp_fpma(&got, pair(max, one), pair(two, one), pair(0, 0), FP_FMA, true,
			 control(FP_FMT_PAIR, FP_RN, FPF_O));
	expect("1:5.4.2 fpma overflow: exponent modulo 2^8, high half's code in 14:11",
	       TRAP(FPF_O, 0x0800), pair(0x7fffffff, one), status, got);
	status = fp_fpma(&got, pair(one, max), pair(one, max), pair(0, 0), FP_FMA, true,
			 control(FP_FMT_PAIR, FP_RZ, FPF_O));
	expect("1:5.4.2 fpma overflow in the low half: code in 10:7",
	       TRAP(FPF_O | FPF_I, (ISR_O | ISR_I) >> 4), pair(one, 0x3f7ffffe), status, got);
	status = fp_fpma(&got, pair(min, one), pair(0x3f000000, one), pair(0, 0), FP_FMA, true,
			 control(FP_FMT_PAIR, FP_RN, FPF_U));
	expect("1:5.4.3 fpma underflow enabled: exponent modulo 2^8", TRAP(FPF_U, ISR_U),
	       pair(0x00000000, one), status, got);
	status = fp_fpma(&got, pair(min, inf), pair(0x3f000000, 0), pair(0, 0), FP_FMA, true, none);
	expect("3:fpma a denormal and an indefinite", FPF_V, pair(denormal, 0xffc00000), status, got);
	status = fp_fpma(&got, val[P1], pair(one, one), pair(0x80000000, 0), FP_FMA, false, none);
	expect("1:5.1.3 f1 in a parallel instruction is its significand", 0, pair(0x80000000, 0),
	       status, got);
	status = fp_fpma(&got, val[NATVAL], pair(snan, one), pair(one, one), FP_FMA, false,
			 control(FP_FMT_PAIR, FP_RN, FPF_V));
	expect("3:fpma NaTVal", 0, val[NATVAL], status, got);
	status = fp_fpcmp(&got, pair(one, 0x7fc00000), pair(one, one), FP_NEQ, none);
	expect("3:fpcmp.neq of equals and of a QNaN", 0, pair(0, ~0u), status, got);
	status = fp_fpcmp(&got, pair(one, 0x7fc00000), pair(two, one), FP_NLT, none);
	expect("3:fpcmp.nlt a QNaN is invalid and the relation false", FPF_V, pair(0, ~0u), status, got);
	status = fp_fpcmp(&got, pair(0x7fc00000, one), pair(one, one), FP_ORD, none);
	expect("3:fpcmp.ord", 0, pair(0, ~0u), status, got);
	status = fp_fpminmax(&got, pair(snan, 0xc0000000), pair(one, one), FP_AMAX, none);
	expect("3:fpamax a NaN gives f3; else the larger magnitude with its sign", FPF_V,
	       pair(one, 0xc0000000), status, got);
	status = fp_fpcvt_fx(&got, pair(0x4f000000, 0xcf000000), false, none);
	expect("3:fpcvt.fx 2^31 is invalid, -2^31 is not", FPF_V, pair(0x80000000, 0x80000000), status,
	       got);
	status = fp_fpcvt_fx(&got, pair(0xbf800000, 0x4f000000), true, none);
	expect("3:fpcvt.fxu -1 is invalid, 2^31 is not", FPF_V, pair(0x80000000, 0x80000000), status,
	       got);
}

struct cmp_case {
	char name[72];
	uint8_t rel, f2, f3;
	uint32_t enabled, status;
};

static const struct cmp_case cmp_cases[] = {
	{ "3:fcmp NaTVal clears both predicates", FP_EQ, NATVAL, SNAN_A, FPF_V, 0 },
	{ "3:fcmp.unord NaTVal clears both predicates", FP_UNORD, P1, NATVAL, FPF_V, 0 },
	{ "3:fcmp.eq of a QNaN is false without V", FP_EQ, QNAN_A, P1, FPF_V, FP_P2 },
	{ "3:fcmp.eq of an SNaN is invalid", FP_EQ, SNAN_A, P1, 0, FPF_V | FP_P2 },
	{ "3:fcmp.eq of an SNaN, V enabled", FP_EQ, SNAN_A, P1, FPF_V, FAULT(ISR_V) },
	{ "3:fcmp.lt of a QNaN is invalid", FP_LT, P1, QNAN_A, 0, FPF_V | FP_P2 },
	{ "3:fcmp.le of a QNaN, V enabled", FP_LE, P1, QNAN_A, FPF_V, FAULT(ISR_V) },
	{ "3:fcmp.unord of a QNaN", FP_UNORD, P1, QNAN_A, FPF_V, FP_P1 },
	{ "3:fcmp.unord of an SNaN is invalid and true", FP_UNORD, SNAN_A, P1, 0, FPF_V | FP_P1 },
	{ "3:fcmp.eq of unsupported is invalid and false", FP_EQ, PSEUDO_INF, PINF, 0, FPF_V | FP_P2 },
	{ "3:fcmp.unord of unsupported is invalid and true", FP_UNORD, PSEUDO_NAN, P1, 0,
	  FPF_V | FP_P1 },
	{ "3:fcmp.eq +0 and -0", FP_EQ, P0, M0, FPF_ALL, FP_P1 },
	{ "3:fcmp.lt -0 and +0", FP_LT, M0, P0, FPF_ALL, FP_P2 },
	{ "1:5.1.3 fcmp.eq a pseudo-zero is zero, with D", FP_EQ, PPSEUDO0, M0, 0, FPF_D | FP_P1 },
	{ "3:fcmp.eq a pseudo-zero, D enabled", FP_EQ, PPSEUDO0, M0, FPF_D, FAULT(ISR_D) },
	{ "3:fcmp.lt zero and the least denormal", FP_LT, P0, DENORMAL_E, 0, FPF_D | FP_P1 },
	{ "3:fcmp.eq an integer 1 and 1", FP_EQ, UNNORMAL_1, P1, 0, FPF_D | FP_P1 },
	{ "3:fcmp.lt -infinity and the least number", FP_LT, MINF, MPSEUDO0, 0, FPF_D | FP_P1 },
	{ "3:fcmp.eq infinities", FP_EQ, PINF, PINF, FPF_ALL, FP_P1 },
	{ "3:fcmp.lt the largest number and infinity", FP_LT, MAX_R, PINF, FPF_ALL, FP_P1 },
	{ "3:fcmp.le infinities of both signs", FP_LE, PINF, MINF, FPF_ALL, FP_P2 },
	{ "3:fcmp V comes before D", FP_LT, QNAN_A, DENORMAL_D, FPF_D, FPF_V | FP_P2 },
};

static void compare(void)
{
	unsigned int n;

	for (n = 0; n < sizeof(cmp_cases) / sizeof(cmp_cases[0]); n++) {
		const struct cmp_case *c = &cmp_cases[n];
		uint32_t status = fp_cmp(val[c->f2], val[c->f3], c->rel,
					 control(D64, FP_RN, c->enabled));

		if (!ktap_result(status == c->status, "%s", c->name))
			printf("# expected status %08x, got %08x\n", c->status, status);
	}
}

/* The class bits of fclass9 (SDM vol. 3, fclass). */
static void classify(void)
{
	static const struct { uint8_t operand; uint16_t bits; char name[24]; } classes[] = {
		{ P0, 0x005, "+zero" }, { M0, 0x006, "-zero" }, { P1, 0x011, "+normal" },
		{ M1, 0x012, "-normal" }, { PINF, 0x021, "+infinity" }, { MINF, 0x022, "-infinity" },
		{ QNAN_A, 0x080, "QNaN" }, { QNAN_B, 0x080, "negative QNaN" },
		{ SNAN_A, 0x040, "SNaN" }, { NATVAL, 0x100, "NaTVal" },
		{ UNNORMAL_1, 0x009, "unnormal" }, { DENORMAL_E, 0x009, "denormal" },
		{ PSEUDO_DENORMAL, 0x009, "pseudo-denormal" }, { PPSEUDO0, 0x009, "pseudo-zero" },
		{ MPSEUDO0, 0x00a, "negative pseudo-zero" }, { PSEUDO_NAN, 0x000, "pseudo-NaN" },
		{ PSEUDO_INF, 0x000, "pseudo-infinity" },
	};
	unsigned int n, mask;

	for (n = 0; n < sizeof(classes) / sizeof(classes[0]); n++) {
		uint32_t bits = classes[n].bits, bad = 0x200;

		for (mask = 0; mask < 0x200; mask++) {
			/* A sign and a kind must both be asked for, or the one bit there is. */
			bool member = bits && (mask & bits) == bits;
			uint32_t want = member ? FP_P1 : FP_P2;

			if (bits == 0x100 && !member)
				want = 0;
			if (fp_class(val[classes[n].operand], mask) != want && bad == 0x200)
				bad = mask;
		}
		if (!ktap_result(bad == 0x200, "3:fclass %s", classes[n].name))
			printf("# wrong for fclass9 = %03x\n", bad);
	}
}

struct pair_case {
	char name[80];
	uint8_t f2, f3;
	uint32_t enabled, status;
	struct fpreg result;
};

static const struct pair_case min_cases[] = {
	{ "3:fmin NaTVal", SNAN_A, NATVAL, FPF_V, 0, S(0x1fffe, 0) },
	{ "3:fmin a NaN gives f3", QNAN_A, P1, 0, FPF_V, S(0xffff, 1ull << 63) },
	{ "3:fmin an SNaN in f3 is not quieted", P1, SNAN_A, 0, FPF_V, S(0x1ffff, 0x800000000000000aull) },
	{ "3:fmin a QNaN, V enabled", QNAN_A, P1, FPF_V, FAULT(ISR_V), { 0 } },
	{ "3:fmin unsupported", PSEUDO_INF, P1, 0, FPF_V, S(0xffff, 1ull << 63) },
	{ "3:fmin of equals gives f3", P0, M0, FPF_ALL, 0, S(NEG, 0) },
	{ "3:fmin keeps an unnormal as it is", UNNORMAL_1, P2, 0, FPF_D, S(0x1003e, 1) },
	{ "3:fmin an unnormal, D enabled", UNNORMAL_1, P2, FPF_D, FAULT(ISR_D), { 0 } },
	{ "3:fmin -infinity", P1, MINF, FPF_ALL, 0, S(NEG | 0x1ffff, 1ull << 63) },
};

static const struct pair_case frcpa_cases[] = {
	{ "3:frcpa NaTVal clears the predicate", NATVAL, SNAN_A, FPF_V, 0, S(0x1fffe, 0) },
	{ "3:frcpa unsupported", PSEUDO_NAN, P1, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frcpa SNaN", P1, SNAN_A, 0, FPF_V, S(0x1ffff, 0xc00000000000000aull) },
	{ "3:frcpa NaN of f2 before f3", QNAN_B, QNAN_A, FPF_V, 0, S(NEG | 0x1ffff, 0xc00000000000000bull) },
	{ "3:frcpa infinity by infinity", PINF, MINF, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frcpa zero by zero", M0, P0, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frcpa pseudo-zero by zero", PPSEUDO0, P0, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frcpa zero by zero, V enabled", P0, P0, FPF_V, FAULT(ISR_V), { 0 } },
	{ "3:frcpa one by -0", P1, M0, 0, FPF_Z, S(NEG | 0x1ffff, 1ull << 63) },
	{ "3:frcpa one by zero, Z enabled", P1, P0, FPF_Z, FAULT(ISR_Z), { 0 } },
	{ "3:frcpa infinity by zero is no zero divide", PINF, M0, FPF_ALL, 0, S(NEG | 0x1ffff, 1ull << 63) },
	{ "3:frcpa infinity by a number", MINF, P2, FPF_ALL, 0, S(NEG | 0x1ffff, 1ull << 63) },
	{ "3:frcpa a number by infinity", M1, PINF, FPF_ALL, 0, S(NEG, 0) },
	{ "3:frcpa zero by a number", P0, M1, FPF_ALL, 0, S(NEG, 0) },
	{ "3:frcpa zero by a denormal: D", P0, DENORMAL_D, 0, FPF_D, S(0, 0) },
	{ "3:frcpa of 1", P1, P1, FPF_ALL, FP_P1, S(0xfffe, 0xff80000000000000ull) },
	{ "3:frcpa of -1", P1, M1, FPF_ALL, FP_P1, S(NEG | 0xfffe, 0xff80000000000000ull) },
	{ "3:frcpa of a denormal", P1, DENORMAL_D, 0, FPF_D | FP_P1, S(0x103fd, 0xff80000000000000ull) },
	{ "3:frcpa of a denormal, D enabled", P1, DENORMAL_D, FPF_D, FAULT(ISR_D), { 0 } },
	{ "2:8.1.1 frcpa of a huge divisor: assist", P1, MAX_R, 0, FAULT(ISR_SWA), { 0 } },
	{ "2:8.1.1 frcpa of a tiny dividend: assist", MIN_R, P1, 0, FAULT(ISR_SWA), { 0 } },
	{ "2:8.1.1 frcpa of a huge quotient: assist", MAX_R, HALF, 0, FAULT(ISR_SWA), { 0 } },
};

static const struct pair_case frsqrta_cases[] = {
	{ "3:frsqrta NaTVal", P0, NATVAL, FPF_V, 0, S(0x1fffe, 0) },
	{ "3:frsqrta unsupported", P0, PSEUDO_INF, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frsqrta QNaN of either sign", P0, QNAN_B, FPF_V, 0, S(NEG | 0x1ffff, 0xc00000000000000bull) },
	{ "3:frsqrta SNaN", P0, SNAN_A, 0, FPF_V, S(0x1ffff, 0xc00000000000000aull) },
	{ "3:frsqrta of a negative", P0, M1, 0, FPF_V, S(NEG | 0x1ffff, 3ull << 62) },
	{ "3:frsqrta of -infinity, V enabled", P0, MINF, FPF_V, FAULT(ISR_V), { 0 } },
	{ "3:frsqrta of infinity", P0, PINF, FPF_ALL, 0, S(0x1ffff, 1ull << 63) },
	{ "3:frsqrta of -0", P0, M0, FPF_ALL, 0, S(NEG, 0) },
	{ "3:frsqrta of a negative pseudo-zero", P0, MPSEUDO0, 0, FPF_D, S(NEG, 0) },
	{ "3:frsqrta of 1", P0, P1, FPF_ALL, FP_P1, S(0xfffe, 0xff80000000000000ull) },
	{ "3:frsqrta of 2", P0, P2, FPF_ALL, FP_P1, S(0xfffe, 0xb4a0000000000000ull) },
	{ "3:frsqrta of a denormal", P0, DENORMAL_D, 0, FPF_D | FP_P1, S(0x101fe, 0xb4a0000000000000ull) },
	{ "2:8.1.1 frsqrta of a tiny operand: assist", P0, MIN_R, 0, FAULT(ISR_SWA), { 0 } },
};

static void two_operands(void)
{
	struct fp_control ctl;
	struct fpreg got;
	unsigned int n;
	uint32_t status;

	for (n = 0; n < sizeof(min_cases) / sizeof(min_cases[0]); n++) {
		const struct pair_case *c = &min_cases[n];

		got = val[P0];
		status = fp_minmax(&got, val[c->f2], val[c->f3], FP_MIN,
				   control(D64, FP_RN, c->enabled));
		expect(c->name, c->status, c->result, status, got);
	}
	status = fp_minmax(&got, val[M1], val[HALF], FP_AMAX, control(D64, FP_RN, FPF_ALL));
	expect("3:famax the larger magnitude keeps its sign", 0, val[M1], status, got);
	status = fp_minmax(&got, val[P1], val[M1], FP_AMIN, control(D64, FP_RN, FPF_ALL));
	expect("3:famin of equal magnitudes gives f3", 0, val[M1], status, got);
	status = fp_minmax(&got, val[M0], val[P0], FP_MAX, control(D64, FP_RN, FPF_ALL));
	expect("3:fmax of equals gives f3", 0, val[P0], status, got);
	for (n = 0; n < sizeof(frcpa_cases) / sizeof(frcpa_cases[0]); n++) {
		const struct pair_case *c = &frcpa_cases[n];

		got = val[P0];
		status = fp_frcpa(&got, val[c->f2], val[c->f3], control(D64, FP_RN, c->enabled));
		expect(c->name, c->status, c->result, status, got);
	}
	for (n = 0; n < sizeof(frsqrta_cases) / sizeof(frsqrta_cases[0]); n++) {
		const struct pair_case *c = &frsqrta_cases[n];

		got = val[P0];
		status = fp_frsqrta(&got, val[c->f3], control(D64, FP_RN, c->enabled));
		expect(c->name, c->status, c->result, status, got);
	}
	ctl = control(FP_FMT_PAIR, FP_RN, 0);
	status = fp_fprcpa(&got, pair(0x3f800000, 0x3f800000), pair(0x3f800000, 0xbf800000), ctl);
	expect("3:fprcpa of 1 and -1", FP_P1, pair(0x3f7f8000, 0xbf7f8000), status, got);
	status = fp_fprcpa(&got, pair(0x3f800000, 0x3f800000), pair(0x3f800000, 0), ctl);
	expect("3:fprcpa one half by zero clears the predicate", FPF_Z, pair(0x3f7f8000, 0x7f800000),
	       status, got);
	status = fp_fprcpa(&got, pair(0x3f800000, 0x00800000), pair(0x7f000000, 0x3f800000), ctl);
	expect("3:fprcpa limits clear the predicate and ask for no assist", 0,
	       pair(0x00000000, 0x3f7f8000), status, got);
	status = fp_fprsqrta(&got, pair(0x7f800000, 0x80000000), ctl);
	expect("3:fprsqrta of infinity and -0", 0, pair(0, 0xff800000), status, got);
	status = fp_fprsqrta(&got, pair(0x3f800000, 0x40000000), ctl);
	expect("3:fprsqrta of 1 and 2", FP_P1, pair(0x3f7f8000, 0x3f34a000), status, got);
	status = fp_fprsqrta(&got, pair(0xbf800000, 0x3f800000), control(FP_FMT_PAIR, FP_RN, FPF_V));
	expect("3:fprsqrta of -1, V enabled", FAULT(ISR_V), got, status, got);
}

/* A power of two by its unbiased exponent; below the register's range, unnormalized. */
static struct fpreg power(int32_t exp)
{
	int32_t under = -65534 - exp;

	if (under > 0)
		return fp_make(false, 1, 1ull << (63 - under));
	return fp_make(false, (uint32_t)(exp + 0xffff), 1ull << 63);
}

/*
 * The last exponents that the divide and square root iterations can do without
 * software assistance (SDM 2:8.1.1): a, b, then whether they need it.
 */
static void assist_limits(void)
{
	static const struct { char name[48]; int32_t a, b; bool assist; } limits[] = {
		{ "divisor 2^65532", 0, 65532, false }, { "divisor 2^65533", 0, 65533, true },
		{ "divisor 2^-65535", -1, -65535, false }, { "divisor 2^-65536", -2, -65536, true },
		{ "quotient 2^65534", 65534, 0, false }, { "quotient 2^65535", 65535, 0, true },
		{ "quotient 2^-65532", -32766, 32766, false },
		{ "quotient 2^-65533", -32767, 32766, true },
		{ "dividend 2^-65470", -65470, 0, false }, { "dividend 2^-65471", -65471, 0, true },
	};
	struct fp_control ctl = control(D64, FP_RN, 0);
	struct fpreg y;
	unsigned int n;
	uint32_t status;

	for (n = 0; n < sizeof(limits) / sizeof(limits[0]); n++) {
		status = fp_frcpa(&y, power(limits[n].a), power(limits[n].b), ctl) & ~FPF_D;
		ktap_result(status == (limits[n].assist ? FAULT(ISR_SWA) : FP_P1), "2:8.1.1 frcpa %s",
			    limits[n].name);
	}
	status = fp_frsqrta(&y, power(-65470), ctl);
	ktap_result(status == FP_P1, "2:8.1.1 frsqrta of 2^-65470");
	status = fp_frsqrta(&y, power(-65471), ctl);
	ktap_result(status == FAULT(ISR_SWA), "2:8.1.1 frsqrta of 2^-65471");
	status = fp_frcpa(&y, val[P1], power(-65536), control(D64, FP_RN, FPF_D));
	ktap_result(status == FAULT(ISR_SWA), "1:5.4.1 the assist comes before D");
}

struct cvt_case {
	char name[80];
	uint8_t f2, is_unsigned;
	uint32_t rc, enabled, status;
	uint64_t value;
};

static const struct cvt_case cvt_cases[] = {
	{ "3:fcvt.fx QNaN gives the integer indefinite", QNAN_A, 0, FP_RN, 0, FPF_V, 1ull << 63 },
	{ "3:fcvt.fx infinity, V enabled", PINF, 0, FP_RN, FPF_V, FAULT(ISR_V), 0 },
	{ "3:fcvt.fx unsupported", PSEUDO_NAN, 0, FP_RN, 0, FPF_V, 1ull << 63 },
	{ "3:fcvt.fx 2^63 is invalid", INT_2_63, 0, FP_RN, 0, FPF_V, 1ull << 63 },
	{ "3:fcvt.fx -2^63 is not", INT_M2_63, 0, FP_RN, FPF_ALL, 0, 1ull << 63 },
	{ "3:fcvt.fxu 2^63 is not", INT_2_63, 1, FP_RN, FPF_ALL, 0, 1ull << 63 },
	{ "3:fcvt.fxu 2^64 is invalid", INT_2_64, 1, FP_RN, 0, FPF_V, 1ull << 63 },
	{ "3:fcvt.fxu -1 is invalid", M1, 1, FP_RN, 0, FPF_V, 1ull << 63 },
	{ "3:fcvt.fx a half to even", HALF, 0, FP_RN, 0, FPF_I, 0 },
	{ "3:fcvt.fx a half rounded up", HALF, 0, FP_RP, FPF_I, TRAP(FPF_I, ISR_I | ISR_FPA), 1 },
	{ "3:fcvt.fx a half truncated", HALF, 0, FP_RZ, FPF_I, TRAP(FPF_I, ISR_I), 0 },
	{ "3:fcvt.fx an unnormal integer", UNNORMAL_1, 0, FP_RN, 0, FPF_D, 1 },
	{ "3:fcvt.fx a pseudo-zero, D enabled", PPSEUDO0, 0, FP_RN, FPF_D, FAULT(ISR_D), 0 },
	{ "3:fcvt.fx -0", M0, 0, FP_RN, FPF_ALL, 0, 0 },
	{ "3:fcvt.fx the least denormal rounded up", DENORMAL_E, 0, FP_RP, 0, FPF_D | FPF_I, 1 },
};

static void convert(void)
{
	struct fpreg got = { 0 };
	unsigned int n;
	uint32_t status;

	for (n = 0; n < sizeof(cvt_cases) / sizeof(cvt_cases[0]); n++) {
		const struct cvt_case *c = &cvt_cases[n];

		status = fp_fcvt_fx(&got, val[c->f2], c->is_unsigned, control(D64, c->rc, c->enabled));
		expect(c->name, c->status, fp_from_int(c->value), status, got);
	}
	status = fp_fcvt_fx(&got, val[NATVAL], false, control(D64, FP_RN, FPF_ALL));
	expect("3:fcvt.fx NaTVal", 0, val[NATVAL], status, got);
	expect("3:fcvt.xf zero", 0, val[P0], 0, fp_fcvt_xf(fp_from_int(0)));
	expect("3:fcvt.xf -2^63", 0, val[INT_M2_63], 0, fp_fcvt_xf(fp_from_int(1ull << 63)));
	expect("3:fcvt.xf -1", 0, val[M1], 0, fp_fcvt_xf(fp_from_int(~0ull)));
	expect("3:fcvt.xf NaTVal", 0, val[NATVAL], 0, fp_fcvt_xf(val[NATVAL]));
}

static void fields(void)
{
	const struct fpreg a = { 0x8123456789abcdefull, 0x21234 }, b = { 0x7edcba9876543210ull, 0x14321 };
	static const struct { char name[24]; uint8_t op; uint64_t sig; } shuffles[] = {
		{ "3:fmix.l", FP_MIX_L, 0x812345677edcba98ull },
		{ "3:fmix.r", FP_MIX_R, 0x89abcdef76543210ull },
		{ "3:fmix.lr", FP_MIX_LR, 0x8123456776543210ull },
		{ "3:fsxt.l", FP_SXT_L, 0xffffffff7edcba98ull },
		{ "3:fsxt.r", FP_SXT_R, 0xffffffff76543210ull },
		{ "3:fswap", FP_SWAP, 0x7654321081234567ull },
		{ "3:fswap.nl", FP_SWAP_NL, 0xf654321081234567ull },
		{ "3:fswap.nr", FP_SWAP_NR, 0x7654321001234567ull },
		{ "3:fand", FP_AND, 0x0000000000000000ull },
		{ "3:fandcm", FP_ANDCM, 0x8123456789abcdefull },
		{ "3:for", FP_OR, 0xffffffffffffffffull },
		{ "3:fxor", FP_XOR, 0xffffffffffffffffull },
	};
	unsigned int n;

	for (n = 0; n < sizeof(shuffles) / sizeof(shuffles[0]); n++) {
		expect(shuffles[n].name, 0, fp_from_int(shuffles[n].sig), 0,
		       fp_shuffle(a, b, shuffles[n].op));
		if (!fp_is_natval(fp_shuffle(val[NATVAL], b, shuffles[n].op)) ||
		    !fp_is_natval(fp_shuffle(a, val[NATVAL], shuffles[n].op)))
			ktap_result(false, "%s NaTVal", shuffles[n].name);
	}
	expect("3:fpack converts to single as a store does", 0, pair(0xbf800000, 0x7f800000), 0,
	       fp_shuffle(val[M1], val[PINF], FP_PACK));
	expect("3:fmerge.s", 0, (struct fpreg){ b.sig, 0x34321 }, 0, fp_fmerge(a, b, FP_MERGE_S));
	expect("3:fmerge.ns", 0, b, 0, fp_fmerge(a, b, FP_MERGE_NS));
	expect("3:fmerge.se", 0, (struct fpreg){ b.sig, a.se }, 0, fp_fmerge(a, b, FP_MERGE_SE));
	expect("3:fmerge NaTVal", 0, val[NATVAL], 0, fp_fmerge(a, val[NATVAL], FP_MERGE_S));
	expect("3:fpmerge.s", 0, fp_from_int(0xfedcba98f6543210ull), 0, fp_fpmerge(a, b, FP_MERGE_S));
	expect("3:fpmerge.ns", 0, fp_from_int(0x7edcba9876543210ull), 0,
	       fp_fpmerge(a, b, FP_MERGE_NS));
	expect("3:fpmerge.se", 0, fp_from_int(0x815cba9889d43210ull), 0,
	       fp_fpmerge(a, b, FP_MERGE_SE));
	expect("3:fselect", 0, fp_from_int(0x8123456776543210ull), 0,
	       fp_fselect(a, b, fp_from_int(0xffffffff00000000ull)));
	expect("3:fselect NaTVal", 0, val[NATVAL], 0, fp_fselect(a, b, val[NATVAL]));
	expect("3:xma.h is signed, f2 is not", 0, fp_from_int(0), 0,
	       fp_xma(fp_from_int(~0ull), fp_from_int(1), fp_from_int(~0ull), FP_XMA_H));
	expect("3:xma.hu", 0, fp_from_int(1), 0,
	       fp_xma(fp_from_int(~0ull), fp_from_int(1), fp_from_int(~0ull), FP_XMA_HU));
	expect("1:5.1.3 xma takes f1's significand", 0, fp_from_int(1ull << 63), 0,
	       fp_xma(val[P1], fp_from_int(1), val[P0], FP_XMA_L));
	expect("3:xma NaTVal", 0, val[NATVAL], 0, fp_xma(val[P1], val[NATVAL], val[P0], FP_XMA_L));
}

static void memory_formats(void)
{
	expect("1:5.3.1 single denormal", 0, (struct fpreg)S(0xff81, 1ull << 40), 0, fp_from_single(1));
	expect("1:5.3.1 double denormal", 0, (struct fpreg)S(0xfc01, 1ull << 11), 0, fp_from_double(1));
	expect("1:5.3.1 double-extended denormal", 0, (struct fpreg)S(0, 1), 0, fp_from_ext(1, 0));
	expect("1:5.3.1 double-extended normal", 0, val[M1], 0, fp_from_ext(1ull << 63, 0xbfff));
	expect("1:5.3.1 -0 of single", 0, val[M0], 0, fp_from_single(0x80000000));
	expect("1:5.3.1 infinity of double", 0, val[MINF], 0, fp_from_double(0xfffull << 52));
	expect("1:5.3.1 NaN of single", 0, (struct fpreg)S(0x1ffff, 0x8000010000000000ull), 0,
	       fp_from_single(0x7f800001));
	expect("1:5.3.1 double-extended infinity", 0, val[PINF], 0, fp_from_ext(1ull << 63, 0x7fff));
	expect("3:setf.sig", 0, val[UNNORMAL_1], 0, fp_from_int(1));
	expect("3:setf.exp", 0, val[M1], 0, fp_from_exp(~0ull << 18 | 0x2ffff));
	ktap_result(fp_to_exp(val[M1]) == 0x2ffff, "3:getf.exp");
	ktap_result(fp_to_single(val[UNNORMAL_1]) == 0 && fp_to_double(val[UNNORMAL_1]) == 0,
		    "1:5.3.2 an unnormal is stored with exponent 0");
	/* Exponent 0x1fffe: bit 16 and bits 6:0 make 0xfe. */
	ktap_result(fp_to_single(val[MAX_R]) == 0x7f7fffff, "1:5.3.2 stfs drops exponent bits 15:7");
	ktap_result(fp_to_double(val[INDEFINITE]) == 0xfff8ull << 48, "1:5.3.2 QNaN to double");
	ktap_result(fp_to_spill_high(val[MINF]) == 0x3ffff, "1:5.3.2 spill format");
	expect("1:5.3.1 fill ignores the other bits", 0, val[NATVAL], 0,
	       fp_from_spill(0, ~0x3ffffull | 0x1fffe));
}

static void status_register(void)
{
	const uint64_t reset = 0x0009804c0270033full;	/* Linux/ia64's default */
	struct fp_control c;

	ktap_result(!fpsr_reserved(reset), "1:5.2 the default FPSR has no reserved field set");
	ktap_result(fpsr_reserved(1ull << 58) && fpsr_reserved(1ull << 63), "1:5.2 bits 63:58");
	ktap_result(fpsr_reserved(1ull << 12), "1:5.2 sf0.td");
	ktap_result(fpsr_reserved(reset & ~(1ull << 48)), "1:5.2 sf3.pc = 1");
	ktap_result(fpsr_set_controls(reset, 2, 0x7f, 0x40) ==
			    ((reset & ~(0x7full << 32)) | 0x4cull << 32),
		    "3:fsetc takes s0's controls, masked, and sets some");
	ktap_result(fpsr_set_controls(reset, 1, 0, 0) == (reset & ~(0x7full << 19)), "3:fsetc clears");
	ktap_result(fpsr_clear_flags(~0ull, 1) == ~(0x3full << 26), "3:fclrf");
	ktap_result(fpsr_update(0, 3, FPF_V | FPF_I | FP_P1 | FP_TRAP | 1u << 30) == 0x21ull << 52,
		    "1:5.2 flags of sf3");
	ktap_result(!fpsr_check_flags(0x3f, 0), "3:fchkf no flag");
	ktap_result(fpsr_check_flags(0x3e | 1ull << 13, 0), "3:fchkf a flag whose trap is enabled");
	ktap_result(!fpsr_check_flags(0x3f | 1ull << 13 | 1ull << 26, 1), "3:fchkf a flag s0 has too");
	ktap_result(fpsr_check_flags(0x3f | 1ull << 26, 1), "3:fchkf a flag that s0 lacks");
	c = fp_controls(reset, 1, FP_PC_NONE);
	ktap_result(c.format == FP_FMT_64_17 && c.rc == FP_RN && c.disabled == FPF_ALL && !c.ftz,
		    "1:5.2 table 5-6: s1 of the default FPSR");
	c = fp_controls(0, 0, FP_PC_SINGLE);
	ktap_result(c.format == FP_FMT_24_8 && c.disabled == 0, "1:5.2 table 5-6: .s");
	c = fp_controls(1ull << 32 | 2ull << 32 | 3ull << 36, 2, FP_PC_DOUBLE);
	ktap_result(c.format == FP_FMT_53_17 && c.rc == FP_RZ && c.ftz, "1:5.2 table 5-6: .d with wre");
	c = fp_controls(1ull << 51, 3, FP_PC_NONE);
	ktap_result(c.format == FP_FMT_24_15 && c.disabled == FPF_ALL, "1:5.2 td disables all");
	c = fp_controls(2ull << 8, 0, FP_PC_NONE);
	ktap_result(c.format == FP_FMT_53_15, "1:5.2 table 5-6: pc = 2");
	c = fp_controls(3ull << 8 | 2ull << 6, 0, FP_PC_PAIR);
	ktap_result(c.format == FP_FMT_PAIR, "1:5.2 table 5-6: parallel");
}

int main(void)
{
	ktap_begin();
	multiply_add();
	underflow();
	parallel();
	compare();
	classify();
	two_operands();
	assist_limits();
	convert();
	fields();
	memory_formats();
	status_register();
	return ktap_end();
}
