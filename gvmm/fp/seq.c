// SPDX-License-Identifier: GPL-2.0-only
/* Division and square-root sequences as tables, and their values one by one. */
#include "gvmm/fp/seq.h"

/* One multiply-add. Status field 1 but for results, which are status field 0's. */
struct step {
	uint8_t value;			/* what it makes */
	uint8_t op, f3, f4, f2, pc;
	bool result;
};

/*
 * Division. The quotients of the three lengths share their first steps; a
 * letter is what a value approximates: y the reciprocal, q the quotient, e and r
 * errors.
 */
enum {
	E0 = FP_SEQ_FIRST, E1, E2, Y1, Y2, Y3, QD, RD, DOUBLE_RESULT,
	Y2S, QS, RS, SINGLE_RESULT,
	Q0, Q1, Q2, R2, Q3,
};

static const struct step division[] = {
	{ E0, FP_FNMA, FP_SEQ_B, FP_SEQ_Y0, FP_SEQ_ONE, FP_PC_NONE, false },
	{ E1, FP_FMA, E0, E0, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ E2, FP_FMA, E1, E1, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ Y1, FP_FMA, E0, FP_SEQ_Y0, FP_SEQ_Y0, FP_PC_NONE, false },
	{ Y2, FP_FMA, E1, Y1, Y1, FP_PC_NONE, false },
	{ Y3, FP_FMA, E2, Y2, Y2, FP_PC_NONE, false },
	{ QD, FP_FMA, FP_SEQ_A, Y3, FP_SEQ_ZERO, FP_PC_DOUBLE, false },
	{ RD, FP_FNMA, FP_SEQ_B, QD, FP_SEQ_A, FP_PC_NONE, false },
	{ DOUBLE_RESULT, FP_FMA, RD, Y3, QD, FP_PC_DOUBLE, true },

	{ Y2S, FP_FMA, Y1, E0, FP_SEQ_Y0, FP_PC_NONE, false },
	{ QS, FP_FMA, FP_SEQ_A, Y2S, FP_SEQ_ZERO, FP_PC_SINGLE, false },
	{ RS, FP_FNMA, FP_SEQ_B, QS, FP_SEQ_A, FP_PC_NONE, false },
	{ SINGLE_RESULT, FP_FMA, RS, Y2S, QS, FP_PC_SINGLE, true },

	{ Q0, FP_FMA, FP_SEQ_A, FP_SEQ_Y0, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ Q1, FP_FMA, E0, Q0, Q0, FP_PC_NONE, false },
	{ Q2, FP_FMA, E1, Q1, Q1, FP_PC_NONE, false },
	{ R2, FP_FNMA, FP_SEQ_B, Q2, FP_SEQ_A, FP_PC_NONE, false },
	{ Q3, FP_FMA, R2, Y2, Q2, FP_PC_NONE, false },
};

const uint8_t fp_seq_quotient = Q3;

/* Square root: g approximates the root, h half its reciprocal; s, t, u are of a polynomial. */
enum {
	HALF = FP_SEQ_FIRST, C3_2, C5_2, C63_8, C231_16, C35_8, CONSTANTS_END,
	H = CONSTANTS_END, G, E, S, EE, T, S1, E4, T1, GG, GE, U, G1, H1, D, ROOT_RESULT,
	ROOT_END
};

_Static_assert((int)ROOT_END <= FP_SEQ_VALUES && (int)Q3 < FP_SEQ_VALUES, "values fit their numbers");

static const uint64_t root_constants[] = {
	[HALF - FP_SEQ_FIRST] = 0x3fe0000000000000,
	[C3_2 - FP_SEQ_FIRST] = 0x3ff8000000000000,
	[C5_2 - FP_SEQ_FIRST] = 0x4004000000000000,
	[C63_8 - FP_SEQ_FIRST] = 0x401f800000000000,
	[C231_16 - FP_SEQ_FIRST] = 0x402ce00000000000,
	[C35_8 - FP_SEQ_FIRST] = 0x4011800000000000,
};

static const struct step root[] = {
	{ H, FP_FMA, HALF, FP_SEQ_Y0, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ G, FP_FMA, FP_SEQ_A, FP_SEQ_Y0, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ E, FP_FNMA, G, H, HALF, FP_PC_NONE, false },
	{ S, FP_FMA, C5_2, E, C3_2, FP_PC_NONE, false },
	{ EE, FP_FMA, E, E, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ T, FP_FMA, C231_16, E, C63_8, FP_PC_NONE, false },
	{ S1, FP_FMA, EE, S, E, FP_PC_NONE, false },
	{ E4, FP_FMA, EE, EE, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ T1, FP_FMA, E, T, C35_8, FP_PC_NONE, false },
	{ GG, FP_FMA, S1, G, G, FP_PC_NONE, false },
	{ GE, FP_FMA, G, E4, FP_SEQ_ZERO, FP_PC_NONE, false },
	{ U, FP_FMA, E4, T1, S1, FP_PC_NONE, false },
	{ G1, FP_FMA, T1, GE, GG, FP_PC_DOUBLE, false },
	{ H1, FP_FMA, U, H, H, FP_PC_NONE, false },
	{ D, FP_FNMA, G1, G1, FP_SEQ_A, FP_PC_NONE, false },
	{ ROOT_RESULT, FP_FMA, D, H1, G1, FP_PC_DOUBLE, true },
};

#define NR(a) (uint32_t)(sizeof(a) / sizeof((a)[0]))

/* Not an array of pointers: the blob has no relocations. */
static const struct step *steps_of(enum fp_seq seq, uint32_t *count)
{
	if (seq == FP_SEQ_ROOT) {
		*count = NR(root);
		return root;
	}
	*count = NR(division);
	return division;
}

bool fp_seq_is_result(enum fp_seq seq, uint32_t value, bool *single)
{
	*single = seq == FP_SEQ_DOUBLE && value == SINGLE_RESULT;
	return seq == FP_SEQ_ROOT ? value == ROOT_RESULT
				  : seq == FP_SEQ_DOUBLE &&
					    (value == DOUBLE_RESULT || value == SINGLE_RESULT);
}

int fp_seq_step(enum fp_seq seq, enum fp_fma_op op, uint32_t f3, uint32_t f4, uint32_t f2,
		enum fp_pc pc, uint32_t sf)
{
	uint32_t count, n;
	const struct step *s = steps_of(seq, &count);

	for (n = 0; n < count; n++, s++) {
		bool factors = (s->f3 == f3 && s->f4 == f4) || (s->f3 == f4 && s->f4 == f3);

		if (factors && s->op == op && s->f2 == f2 && s->pc == pc && sf == !s->result)
			return s->value;
	}
	return -1;
}

int fp_seq_constant(enum fp_seq seq, uint64_t bits)
{
	uint32_t n;

	if (seq == FP_SEQ_ROOT)
		for (n = 0; n < NR(root_constants); n++)
			if (root_constants[n] == bits)
				return (int)(FP_SEQ_FIRST + n);
	return -1;
}

/* The formats of status field 1 (64 bits, wre), and those of results. */
static struct fp_control step_control(const struct step *s, uint32_t rc)
{
	static const uint8_t wide[] = { FP_FMT_64_17, FP_FMT_24_17, FP_FMT_53_17 };
	struct fp_control ctl = { .rc = FP_RN, .disabled = FPF_ALL };

	ctl.format = wide[s->pc];
	if (s->result) {
		ctl.format = s->pc == FP_PC_SINGLE ? FP_FMT_24_8 : FP_FMT_53_11;
		ctl.rc = (uint8_t)rc;
	}
	return ctl;
}

static struct fpreg operand(enum fp_seq seq, uint64_t x)
{
	struct fp_control ctl = { .format = FP_FMT_64_17, .rc = FP_RN, .disabled = FPF_ALL };
	struct fpreg r = { 0 };

	switch (seq) {
	case FP_SEQ_SIGNED:
		return fp_fcvt_xf(fp_from_int(x));
	case FP_SEQ_UNSIGNED:
		fp_fma(&r, fp_from_int(x), fp_make(false, FP_EXP_BIAS, FP_INT_BIT),
		       fp_make(false, 0, 0), FP_FMA, true, ctl);
		return r;
	default:
		return fp_from_double(x);
	}
}

/* Bits of the values that have to be known for a value, itself included. */
static uint64_t values_for(enum fp_seq seq, uint32_t value)
{
	uint32_t n;
	const struct step *s = steps_of(seq, &n);
	uint64_t need = 1ull << value;

	while (n--)
		if (need >> s[n].value & 1)
			need |= 1ull << s[n].f3 | 1ull << s[n].f4 | 1ull << s[n].f2;
	return need;
}

struct fpreg fp_seq_compute(enum fp_seq seq, uint32_t value, uint64_t a, uint64_t b, uint32_t rc,
			    uint32_t *flags)
{
	struct fp_control ctl = { .format = FP_FMT_64_17, .rc = FP_RN, .disabled = FPF_ALL };
	struct fpreg v[FP_SEQ_VALUES] = { { 0 } };
	uint32_t count, n, status[2] = { 0, 0 };
	const struct step *s = steps_of(seq, &count);
	uint64_t need;

	value %= FP_SEQ_VALUES;
	need = values_for(seq, value);
	v[FP_SEQ_ONE] = fp_make(false, FP_EXP_BIAS, FP_INT_BIT);
	v[FP_SEQ_A] = operand(seq, a);
	v[FP_SEQ_B] = operand(seq, b);
	for (n = 0; seq == FP_SEQ_ROOT && n < NR(root_constants); n++)
		v[FP_SEQ_FIRST + n] = fp_from_double(root_constants[n]);
	if (need >> FP_SEQ_Y0 & 1)
		status[0] = seq == FP_SEQ_ROOT ?
				    fp_frsqrta(&v[FP_SEQ_Y0], v[FP_SEQ_A], ctl) :
				    fp_frcpa(&v[FP_SEQ_Y0], v[FP_SEQ_A], v[FP_SEQ_B], ctl);
	for (n = 0; n < count; n++, s++)
		if (need >> s->value & 1)
			status[!s->result] |= fp_fma(&v[s->value], v[s->f3], v[s->f4], v[s->f2],
						     s->op, s->f2 == FP_SEQ_ZERO,
						     step_control(s, rc));
	for (n = 0; flags && n < 2; n++)
		flags[n] = status[n] & FPF_ALL;
	return v[value];
}

/* Biased exponents of doubles, from low on, below which number. */
static bool exponent_in(uint64_t bits, uint32_t low, uint32_t count)
{
	return ((bits >> 52 & 0x7ff) - low) < count;
}

bool fp_seq_single_operands(uint64_t a, uint64_t b)
{
	return !((a | b) & 0x1fffffff) && exponent_in(a, 0x3c2, 0x7c) && exponent_in(b, 0x3c2, 0x7c);
}

bool fp_seq_operands(enum fp_seq seq, uint64_t a, uint64_t b)
{
	switch (seq) {
	case FP_SEQ_SIGNED:
		return a && b && !(a == 1ull << 63 && b == ~0ull);
	case FP_SEQ_UNSIGNED:
		return a && b;
	case FP_SEQ_ROOT:
		return !(a >> 63) && exponent_in(a, 1, 0x7fe);
	default:
		/* The quotient is normal. */
		return exponent_in(a, 0x201, 0x3fe) && exponent_in(b, 0x201, 0x3fe);
	}
}
