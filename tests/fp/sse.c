// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of docs/fp-invariants.md by which translated code computes with
 * SSE and FMA on doubles, carried out here as they are written there, against
 * gvmm/fp: results with every bit, NaNs too, and flags. All rounding modes, with
 * and without flush-to-zero, operands of every class.
 * usage: sse [OPERATIONS]
 */
#include <emmintrin.h>
#include <string.h>

#include "gvmm/fp/form.h"
#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

#define SIGN	(1ull << 63)
#define QUIET	(1ull << 51)
#define ONE	0x3ff0000000000000ull

/* What an operation may look like; its operands are f3, f4 and f2. */
enum shape { SHAPE_ADD, SHAPE_ADD_F3, SHAPE_MUL, SHAPE_FULL, SHAPES };

struct host_op {
	enum fp_fma_op op;
	enum shape shape;
	bool single;
	uint64_t f3, f4, f2;
};

static const char *const op_names[] = { "fma", "fms", "fnma" };
static const char *const shape_names[] = { "f3 * 1 + f2", "1 * f4 + f2", "f3 * f4", "f3 * f4 + f2" };

static double from_bits(uint64_t b)
{
	double x;

	memcpy(&x, &b, 8);
	return x;
}

static uint64_t to_bits(double x)
{
	uint64_t b;

	memcpy(&b, &x, 8);
	return b;
}

static bool is_nan(uint64_t b)
{
	return b << 1 > 0x7ffull << 53;
}

static uint64_t sse_add(uint64_t a, uint64_t b)
{
	double x = from_bits(a);

	__asm__ volatile("addsd %1, %0" : "+x"(x) : "x"(from_bits(b)));
	return to_bits(x);
}

static uint64_t sse_sub(uint64_t a, uint64_t b)
{
	double x = from_bits(a);

	__asm__ volatile("subsd %1, %0" : "+x"(x) : "x"(from_bits(b)));
	return to_bits(x);
}

static uint64_t sse_mul(uint64_t a, uint64_t b)
{
	double x = from_bits(a);

	__asm__ volatile("mulsd %1, %0" : "+x"(x) : "x"(from_bits(b)));
	return to_bits(x);
}

static __attribute__((target("fma"))) uint64_t sse_fma(const struct host_op *h)
{
	double x = from_bits(h->f4);
	double b = from_bits(h->f3), c = from_bits(h->f2);

	switch (h->op) {
	case FP_FMA:
		__asm__ volatile("vfmadd213sd %2, %1, %0" : "+x"(x) : "x"(b), "x"(c));
		break;
	case FP_FMS:
		__asm__ volatile("vfmsub213sd %2, %1, %0" : "+x"(x) : "x"(b), "x"(c));
		break;
	default:
		__asm__ volatile("vfnmadd213sd %2, %1, %0" : "+x"(x) : "x"(b), "x"(c));
		break;
	}
	return to_bits(x);
}

/* Rule 12: which NaN, when the order of operands cannot say it. */
static uint64_t choose_nan(const struct host_op *h, uint64_t r)
{
	if (!is_nan(r))
		return r;
	if (is_nan(h->f4))
		return h->f4 | QUIET;
	if (h->shape != SHAPE_MUL && is_nan(h->f2))
		return h->f2 | QUIET;
	return is_nan(h->f3) ? h->f3 | QUIET : r;
}

/* Rules 10 to 12: the operation with a double for its result. */
static uint64_t host_double(const struct host_op *h)
{
	switch (h->shape) {
	case SHAPE_ADD:
		if (h->op == FP_FMA)
			return sse_add(h->f2, h->f3);
		if (h->op == FP_FNMA)
			return sse_sub(h->f2, h->f3);
		return choose_nan(h, sse_sub(h->f3, h->f2));
	case SHAPE_ADD_F3:
		if (h->op == FP_FMA)
			return sse_add(h->f4, h->f2);
		if (h->op == FP_FMS)
			return sse_sub(h->f4, h->f2);
		return choose_nan(h, sse_sub(h->f2, h->f4));
	case SHAPE_MUL:
		if (h->op != FP_FNMA)
			return sse_mul(h->f4, h->f3);
		return choose_nan(h, sse_mul(h->f4 ^ SIGN, h->f3));
	default:
		return choose_nan(h, sse_fma(h));
	}
}

/* Rule 13: rounding to single. False: the handler's. */
static bool host_single(uint64_t *r)
{
	uint32_t high = (uint32_t)(*r >> 32) & 0x7fffffff;
	double x = from_bits(*r);

	if ((*r & 0x1fffffff) == 0x10000000 || high >= 0x7ff00000)
		return false;
	if (high < 0x38100000 && *r << 1)
		return false;
	__asm__ volatile("cvtsd2ss %0, %0; cvtss2sd %0, %0" : "+x"(x));
	*r = to_bits(x);
	return true;
}

static uint64_t operand(bool single)
{
	uint64_t bits = 0;

	if (!single || rnd_below(8) == 0)
		return rnd_double();
	/* A single in double form: no denormal. */
	do {
		bits = fp_to_double(fp_from_single(rnd_single()));
	} while (!(bits >> 52 & 0x7ff) && bits << 1);
	return bits;
}

static uint64_t taken, declined;

static bool op_case(enum fp_fma_op op, enum shape shape, bool single, uint32_t rc)
{
	struct host_op h = { op, shape, single, operand(single), operand(single), operand(single) };
	struct fp_control ctl = {
		.format = single ? FP_FMT_24_8 : FP_FMT_53_11, .rc = (uint8_t)rc,
		.disabled = FPF_ALL, .ftz = rnd_below(4) == 0,
	};
	uint32_t saved = _mm_getcsr(), flags, status;
	struct fpreg r = { 0 };
	uint64_t host;
	bool used = true;

	if (rnd_below(8) == 0)
		h.f2 = rnd_below(2) ? h.f3 : h.f4;
	if (shape == SHAPE_ADD)
		h.f4 = ONE;
	else if (shape == SHAPE_ADD_F3)
		h.f3 = ONE;
	_mm_setcsr(0x1f80 | rc << 13 | (uint32_t)ctl.ftz << 15);
	host = host_double(&h);
	if (single)
		used = host_single(&host);
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	declined += !used;
	taken += used;
	if (!used)
		return true;
	status = fp_fma(&r, fp_from_double(h.f3), fp_from_double(h.f4),
			shape == SHAPE_MUL ? fp_make(false, 0, 0) : fp_from_double(h.f2), op,
			shape == SHAPE_MUL, ctl);
	if (status == flags && same_reg(r, fp_from_double(host)))
		return true;
	printf("# %s%s %s rc %u ftz %d: gvmm flags %02x, host flags %02x\n", op_names[op],
	       single ? ".s" : ".d", shape_names[shape], rc, ctl.ftz, status, flags);
	print_reg("f3", fp_from_double(h.f3));
	print_reg("f4", fp_from_double(h.f4));
	print_reg("f2", fp_from_double(h.f2));
	print_reg("gvmm", r);
	print_reg("host", fp_from_double(host));
	return false;
}

static void test_arithmetic(unsigned long each, bool fma)
{
	enum fp_fma_op op;
	enum shape shape;
	uint32_t single, rc;

	for (op = FP_FMA; op <= FP_FNMA; op++) {
		for (shape = 0; shape < SHAPES; shape++) {
			for (single = 0; single < 2; single++) {
				bool ok = true;
				unsigned long i;

				if (shape == SHAPE_FULL && !fma) {
					ktap_skip(op_names[op], "this processor has no FMA");
					continue;
				}
				taken = declined = 0;
				for (rc = 0; rc < 4; rc++)
					for (i = 0; ok && i < each; i++)
						ok = op_case(op, shape, single, rc);
				ktap_result(ok && taken > declined, "%s%s %s", op_names[op],
					    single ? ".s" : ".d", shape_names[shape]);
			}
		}
	}
}

/* Rule 14: fcvt.fx and fcvt.fxu. */
static bool convert_case(bool is_unsigned)
{
	bool trunc = rnd_below(2);
	uint32_t rc = rnd_below(4), saved = _mm_getcsr(), flags, status;
	uint64_t bits = rnd_below(4) ? (rnd_double() & 0x800fffffffffffffull) |
				       (uint64_t)(1015 + rnd_below(75)) << 52 : rnd_double();
	struct fp_control ctl = { FP_FMT_64_17, (uint8_t)(trunc ? FP_RZ : rc), FPF_ALL, false };
	uint64_t n;
	struct fpreg r = { 0 };

	_mm_setcsr(0x1f80 | rc << 13);
	if (trunc)
		__asm__ volatile("cvttsd2siq %1, %0" : "=r"(n) : "x"(from_bits(bits)));
	else
		__asm__ volatile("cvtsd2siq %1, %0" : "=r"(n) : "x"(from_bits(bits)));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	if ((n + 1 <= 2 && !(bits >> 52 & 0x7ff) && bits << 1) || (is_unsigned && n >> 63)) {
		declined++;
		return true;
	}
	taken++;
	status = fp_fcvt_fx(&r, fp_from_double(bits), is_unsigned, ctl);
	if (status == flags && same_reg(r, fp_from_int(n)))
		return true;
	printf("# fcvt.fx%s%s: host %016llx flags %02x, gvmm %016llx status %02x\n",
	       is_unsigned ? "u" : "", trunc ? ".trunc" : "", (unsigned long long)n, flags,
	       (unsigned long long)r.sig, status);
	print_reg("operand", fp_from_double(bits));
	return false;
}

/* Rule 15: fcvt.xf and the fma.d or fma.s that normalizes its result. */
static bool integer_case(bool single)
{
	uint64_t n = rnd_bits();
	uint32_t rc = rnd_below(4), saved = _mm_getcsr(), flags, status;
	struct fp_control ctl = {
		single ? FP_FMT_24_8 : FP_FMT_53_11, (uint8_t)rc, FPF_ALL, rnd_below(2),
	};
	struct fpreg x, r = { 0 };
	double host = 0;

	if (rnd_below(2))
		n = (uint64_t)((int64_t)n >> rnd_below(64));
	x = fp_fcvt_xf(fp_from_int(n));
	_mm_setcsr(0x1f80 | rc << 13 | (uint32_t)ctl.ftz << 15);
	if (single)
		__asm__ volatile("cvtsi2ssq %1, %0; cvtss2sd %0, %0" : "+x"(host) : "r"(n));
	else
		__asm__ volatile("cvtsi2sdq %1, %0" : "+x"(host) : "r"(n));
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	status = fp_fma(&r, x, fp_make(false, 0xffff, SIGN), fp_make(false, 0, 0), FP_FMA, true, ctl);
	if (status != flags || !same_reg(r, fp_from_double(to_bits(host)))) {
		printf("# fcvt.xf, fnorm.%c of %016llx: host flags %02x, gvmm %02x\n",
		       single ? 's' : 'd', (unsigned long long)n, flags, status);
		print_reg("host", fp_from_double(to_bits(host)));
		print_reg("gvmm", r);
		return false;
	}
	/* fcvt.xf alone gives a double exactly when this says so. */
	if (n + (1ull << 53) <= 1ull << 54) {
		uint64_t bits;

		if (!fp_exact_double(x, &bits) || bits != to_bits((double)(int64_t)n)) {
			printf("# fcvt.xf of %016llx is no double\n", (unsigned long long)n);
			return false;
		}
	}
	return true;
}

/* Rule 16: memory formats by shifts. */
static bool single_case(void)
{
	uint64_t d = rnd_double();
	uint32_t s = rnd_single(), z = 2 * s + 0x01000000u;
	uint64_t widened = (uint64_t)(s & 0x80000000u) << 32;
	uint32_t stored = (uint32_t)(d >> 32 & 0xc0000000u) | (uint32_t)(d >> 29 & 0x3fffffffu);

	if (stored != fp_to_single(fp_from_double(d))) {
		printf("# stfs of %016llx\n", (unsigned long long)d);
		return false;
	}
	if (z < 0x02000000u && z != 0x01000000u)
		return true;
	if (z != 0x01000000u)
		widened |= ((uint64_t)(s & 0x7fffffff) << 29) + (0x380ull << 52);
	if (same_reg(fp_from_single(s), fp_from_double(widened)))
		return true;
	printf("# ldfs of %08x\n", s);
	return false;
}

static void repeat(bool (*f)(bool), bool arg, unsigned long n, const char *name)
{
	bool ok = true;
	unsigned long i;

	taken = 1;
	declined = 0;
	for (i = 0; ok && i < n; i++)
		ok = f(arg);
	ktap_result(ok && taken > declined, "%s", name);
}

static bool memory_case(bool unused)
{
	(void)unused;
	return single_case();
}

int main(int argc, char **argv)
{
	unsigned long each = operations(argc, argv) / 100 + 1;

	ktap_begin();
	test_arithmetic(each, __builtin_cpu_supports("fma"));
	repeat(convert_case, false, each, "fcvt.fx");
	repeat(convert_case, true, each, "fcvt.fxu");
	repeat(integer_case, false, each, "fcvt.xf and fnorm.d");
	repeat(integer_case, true, each, "fcvt.xf and fnorm.s");
	repeat(memory_case, false, each, "ldfs, stfs");
	return ktap_end();
}
