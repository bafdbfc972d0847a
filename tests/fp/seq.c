// SPDX-License-Identifier: GPL-2.0-only
/*
 * Division and square-root sequences (gvmm/fp/seq.h): the host's instruction
 * gives the result of the whole sequence and the flags of its last step, for
 * random and for hard operands, in all rounding modes; what is flagged on the
 * way; the steps are those that compilers and libraries emit.
 * usage: seq [OPERATIONS]
 */
#include <emmintrin.h>
#include <string.h>

#include "gvmm/fp/form.h"
#include "tests/fp/listings.h"
#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

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

/* Follow a listing by the table; the number of the value in its result, or -1. */
static int follow(const struct listing *l, uint32_t *values)
{
	int held[16];
	uint32_t n;

	for (n = 0; n < 16; n++)
		held[n] = FP_SEQ_VALUES;
	held[0] = FP_SEQ_ZERO;
	held[1] = FP_SEQ_ONE;
	held[l->b] = FP_SEQ_B;
	held[l->a] = FP_SEQ_A;
	held[l->y0] = FP_SEQ_Y0;
	for (n = 0; n < 6 && l->constants[n].reg; n++)
		held[l->constants[n].reg] = fp_seq_constant(l->seq, l->constants[n].bits);
	for (n = 0; n < 20 && l->code[n].dest; n++) {
		const struct code *c = &l->code[n];
		int value = fp_seq_step(l->seq, (enum fp_fma_op)c->op, (uint32_t)held[c->f3],
					(uint32_t)held[c->f4], (uint32_t)held[c->f2],
					(enum fp_pc)c->pc, (uint32_t)c->sf);

		if (value < 0) {
			printf("# instruction %u is no step\n", n);
			return -1;
		}
		held[c->dest] = value;
		values[n] = (uint32_t)value;
	}
	return held[l->result];
}

/* A listing, step by step, with plain multiply-adds: each register is what the table computes. */
static bool execute(const struct listing *l, const uint32_t *values, uint64_t a, uint64_t b)
{
	static const uint8_t formats[2][3] = {
		{ FP_FMT_64_15, FP_FMT_24_8, FP_FMT_53_11 },
		{ FP_FMT_64_17, FP_FMT_24_17, FP_FMT_53_17 },
	};
	struct fp_control ctl = { .format = FP_FMT_64_17, .disabled = FPF_ALL };
	struct fpreg f[16] = { { 0 } };
	uint32_t n, flags[2];

	f[1] = fp_make(false, 0xffff, 1ull << 63);
	f[l->b] = fp_seq_compute(l->seq, FP_SEQ_B, a, b, 0, NULL);
	f[l->a] = fp_seq_compute(l->seq, FP_SEQ_A, a, b, 0, NULL);
	if (l->seq == FP_SEQ_ROOT)
		fp_frsqrta(&f[l->y0], f[l->a], ctl);
	else
		fp_frcpa(&f[l->y0], f[l->a], f[l->b], ctl);
	for (n = 0; n < 6 && l->constants[n].reg; n++)
		f[l->constants[n].reg] = fp_from_double(l->constants[n].bits);
	for (n = 0; n < 20 && l->code[n].dest; n++) {
		const struct code *c = &l->code[n];
		struct fpreg r = { 0 };
		uint32_t status;

		ctl.format = formats[c->sf][c->pc];
		status = fp_fma(&r, f[c->f3], f[c->f4], f[c->f2], (enum fp_fma_op)c->op, c->f2 == 0,
				ctl);
		f[c->dest] = r;
		if (status & ~FPF_I ||
		    !same_reg(fp_seq_compute(l->seq, values[n], a, b, 0, flags), r) ||
		    (flags[0] | flags[1]) & ~FPF_I) {
			printf("# step %u of %016llx, %016llx: status %x\n", n,
			       (unsigned long long)a, (unsigned long long)b, status);
			return false;
		}
	}
	return true;
}

/* Doubles that make quotients and roots lie near a tie or near a double. */
static uint64_t hard_double(uint32_t low, uint32_t count)
{
	uint64_t frac = rnd_bits() & 0xfffffffffffffull;

	switch (rnd_below(4)) {
	case 0:
		frac &= ~0ull << rnd_below(52);
		break;
	case 1:
		frac = 0xfffffffffffffull - rnd_below(16);
		break;
	case 2:
		frac = rnd_below(16);
		break;
	default:
		break;
	}
	return (uint64_t)(low + rnd_below(count)) << 52 | frac;
}

static uint64_t hard_single(void)
{
	return (hard_double(0x3c2, 0x7c) & ~0x1fffffffull) | (rnd() & 1ull << 63);
}

/* a such that a / b is close to a double or to the middle of two. */
static uint64_t near_quotient(uint64_t b)
{
	double q = from_bits(hard_double(0x3f0, 0x20)), x = from_bits(b) * q;
	uint64_t a = to_bits(x) + rnd_below(5) - 2;

	return a;
}

static void operands(enum fp_seq seq, bool single, uint64_t *a, uint64_t *b)
{
	do {
		switch (seq) {
		case FP_SEQ_SIGNED:
		case FP_SEQ_UNSIGNED:
			*a = rnd_bits();
			*b = rnd_below(2) ? rnd_bits() : rnd() >> rnd_below(64);
			if (seq == FP_SEQ_SIGNED && rnd_below(2))
				*a = (uint64_t)((int64_t)*a >> rnd_below(64));
			/* A product and its neighbours: where truncation is decided. */
			if (rnd_below(2))
				*a = *b * (rnd() >> rnd_below(64)) + rnd_below(3) - 1;
			break;
		case FP_SEQ_ROOT:
			*a = hard_double(1, 0x7fe);
			if (rnd_below(2)) {
				double g = from_bits(hard_double(0x3ff, 2));

				*a = to_bits(g * g) + rnd_below(5) - 2;
			}
			*b = 0;
			break;
		default:
			*b = single ? hard_single() : hard_double(0x201, 0x3fe) ^ (rnd() & 1ull << 63);
			*a = single ? hard_single() : rnd_below(2) ? near_quotient(*b) : rnd_double();
			break;
		}
	} while (!fp_seq_operands(seq, *a, *b) ||
		 (single && !fp_seq_single_operands(*a, *b)));
}

static bool float_case(const struct listing *l, uint32_t value, bool single)
{
	uint32_t saved = _mm_getcsr(), rc = rnd_below(4), all[2], flags;
	struct fpreg r;
	uint64_t a, b;
	double x;

	operands(l->seq, single, &a, &b);
	_mm_setcsr(0x1f80 | rc << 13);
	x = from_bits(a);
	if (l->seq == FP_SEQ_ROOT) {
		__asm__ volatile("sqrtsd %0, %0" : "+x"(x));
	} else if (single) {
		double y = from_bits(b);

		__asm__ volatile("cvtsd2ss %0, %0; cvtsd2ss %1, %1; divss %1, %0; cvtss2sd %0, %0"
				 : "+x"(x), "+x"(y));
	} else {
		__asm__ volatile("divsd %1, %0" : "+x"(x) : "x"(from_bits(b)));
	}
	flags = _mm_getcsr() & 0x3f;
	_mm_setcsr(saved);
	r = fp_seq_compute(l->seq, value, a, b, rc, all);
	if (same_reg(r, fp_from_double(to_bits(x))) && flags == all[0] && !((all[0] | all[1]) & ~FPF_I))
		return true;
	printf("# %016llx, %016llx, rc %u: host flags %x, last step's %x, others %x\n",
	       (unsigned long long)a, (unsigned long long)b, rc, flags, all[0], all[1]);
	print_reg("host", fp_from_double(to_bits(x)));
	print_reg("steps", r);
	return false;
}

static bool integer_case(const struct listing *l, uint32_t value)
{
	struct fp_control ctl = { .format = FP_FMT_64_17, .rc = FP_RZ, .disabled = FPF_ALL };
	struct fpreg r = { 0 };
	uint32_t all[2], status;
	uint64_t a, b, q;

	operands(l->seq, false, &a, &b);
	if (!b)
		return false;
	if (l->seq == FP_SEQ_SIGNED)
		q = (uint64_t)((int64_t)a / (int64_t)b);
	else
		q = a / b;
	status = fp_fcvt_fx(&r, fp_seq_compute(l->seq, value, a, b, 0, all),
			    l->seq == FP_SEQ_UNSIGNED, ctl);
	if (same_reg(r, fp_from_int(q)) && !((all[0] | all[1] | status) & ~FPF_I))
		return true;
	printf("# %016llx / %016llx: expected %016llx, got %016llx, flags %x %x\n",
	       (unsigned long long)a, (unsigned long long)b, (unsigned long long)q,
	       (unsigned long long)r.sig, all[1], status);
	return false;
}

static void test_listing(const struct listing *l, unsigned long n)
{
	uint32_t values[20] = { 0 };
	int value = follow(l, values);
	bool integer = l->seq == FP_SEQ_SIGNED || l->seq == FP_SEQ_UNSIGNED, single = false;
	bool ok = value >= 0;
	unsigned long i;

	if (integer)
		ok = value == fp_seq_quotient;
	else
		ok = ok && fp_seq_is_result(l->seq, (uint32_t)value, &single);
	ktap_result(ok, "%s is found by its steps", l->name);
	for (i = 0; ok && i < n / 20 + 1; i++) {
		uint64_t a, b;

		operands(l->seq, single, &a, &b);
		ok = execute(l, values, a, b);
	}
	ktap_result(ok, "%s: every step", l->name);
	for (i = 0; ok && i < n; i++)
		ok = integer ? integer_case(l, (uint32_t)value)
			     : float_case(l, (uint32_t)value, single);
	ktap_result(ok, "%s: the host's result and flags", l->name);
}

int main(int argc, char **argv)
{
	unsigned long n = operations(argc, argv);
	uint32_t l;

	ktap_begin();
	for (l = 0; l < NR_LISTINGS; l++)
		test_listing(&listings[l], n / NR_LISTINGS + 1);
	return ktap_end();
}
