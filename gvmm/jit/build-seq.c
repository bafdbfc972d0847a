// SPDX-License-Identifier: GPL-2.0-only
/*
 * Divide and square-root sequences (docs/fp-invariants.md, rules 19 to 21): their values
 * are known by operands and number and are not computed; the result is the host's.
 */
#include "gvmm/jit/build-fr.h"

/* A sequence for operands: words or doubles. */
struct sequence {
	enum fp_seq seq;
	ir_ref a, b;		/* b of a root: IR_NONE */
};

#define FORM_SEQ(s, value)	(FPREG_SEQ | (uint32_t)(s) << 8 | (value))

static bool is_seq_form(uint32_t form)
{
	return form != FORM_NONE && (form & ~0x3ffu) == FPREG_SEQ;
}

/* The value that a conversion of bits is made of. */
static ir_ref plain(const struct translation *t, ir_ref r)
{
	const struct ir *i = &t->ir[ir_index(r)];

	return r != IR_NONE && (i->op == IR_BITS || i->op == IR_DOUBLE) ? i->a : r;
}

static bool same(const struct translation *t, ir_ref a, ir_ref b)
{
	uint64_t x, y;

	if (a == IR_NONE || b == IR_NONE)
		return a == b;
	a = plain(t, a);
	b = plain(t, b);
	return a == b || (ir_known(t, a, &x) && ir_known(t, b, &y) && x == y);
}

/* The sequence that f<n> holds a value of, if that is more than an operand. */
static bool sequence_of(struct translation *t, uint32_t n, struct sequence *s)
{
	uint32_t form = n < 2 ? FORM_NONE : fr_form(t, n), fr = float_of(t, n);

	if (!is_seq_form(form) || (form & 0xff) < FP_SEQ_Y0)
		return false;
	s->seq = (enum fp_seq)(form >> 8 & 3);
	s->a = get(t, LOC_FR + fr);
	s->b = s->seq == FP_SEQ_ROOT ? IR_NONE : get(t, LOC_FB + fr);
	return true;
}

/* Values of the sequence that f<n> may be: a set of bits. */
static uint64_t values_of(struct translation *t, uint32_t n, const struct sequence *s)
{
	bool floats = s->seq == FP_SEQ_DOUBLE || s->seq == FP_SEQ_ROOT;
	uint32_t form, fr = float_of(t, n);
	ir_ref sig;
	uint64_t set = 0, bits;
	struct sequence of;
	int constant;

	if (n < 2) {
		form = FPREG_DOUBLE;
		sig = ir_kd(t, n ? ONE_DOUBLE : 0);
		set = n ? 1ull << FP_SEQ_ONE : 1ull << FP_SEQ_ZERO;
	} else {
		form = fr_form(t, n);
		sig = t->held[LOC_FR + fr];
	}
	if (form == FORM_NONE || sig == IR_NONE)
		return set;
	if (n >= 2 && sequence_of(t, n, &of))
		return of.seq == s->seq && same(t, of.a, s->a) && same(t, of.b, s->b) ?
		       1ull << (form & 0xff) : 0;
	if (form != (floats ? FPREG_DOUBLE : FORM_SEQ(s->seq, FP_SEQ_A)))
		return set;
	if (same(t, sig, s->a))
		set |= 1ull << FP_SEQ_A;
	if (same(t, sig, s->b))
		set |= 1ull << FP_SEQ_B;
	if (floats && ir_known(t, sig, &bits)) {
		constant = fp_seq_constant(s->seq, bits);
		if (constant >= 0)
			set |= 1ull << constant;
	}
	return set;
}

static void set_value(struct translation *t, uint32_t n, const struct sequence *s, uint32_t value)
{
	uint32_t fr = float_of(t, n);

	if (s->b != IR_NONE)
		put(t, LOC_FB + fr, s->b);
	fr_set(t, ir_bool(t, true), n, s->a, fr_form_value(t, FORM_SEQ(s->seq, value)));
}

/* An exponent of a double lies in [low, low + count). */
static ir_ref exponent_out(struct translation *t, ir_ref value, uint32_t low, uint32_t count)
{
	ir_ref x = ir_unary(t, IR_SHR, ir_unary(t, IR_SHL, ir_word(t, value), 1), 53);

	return ir_compare(t, ir_add_imm(t, x, -(int64_t)low), ir_k(t, count), 8, REL_LTU) ^ IR_NOT;
}

static ir_ref is_equal(struct translation *t, ir_ref a, uint64_t b)
{
	return ir_compare(t, a, ir_k(t, b), 8, REL_EQ);
}

/* Leave unless fp_seq_operands() holds. */
static void check_operands(struct translation *t, const struct sequence *s)
{
	int64_t exit = exit_before(t);
	ir_ref x;

	switch (s->seq) {
	case FP_SEQ_SIGNED:
		exit_if(t, is_zero(t, s->a), exit);
		exit_if(t, is_zero(t, s->b), exit);
		exit_if(t, ir_and(t, is_equal(t, s->b, ~0ull), is_equal(t, s->a, 1ull << 63)),
			exit);
		break;
	case FP_SEQ_UNSIGNED:
		exit_if(t, is_zero(t, s->a), exit);
		exit_if(t, is_zero(t, s->b), exit);
		break;
	case FP_SEQ_ROOT:
		/* Positive besides. */
		x = ir_unary(t, IR_SHR, ir_word(t, s->a), 52);
		x = ir_compare(t, ir_add_imm(t, x, -1), ir_k(t, 0x7fe), 8, REL_LTU);
		exit_if(t, x ^ IR_NOT, exit);
		break;
	default:
		exit_if(t, exponent_out(t, s->a, 0x201, 0x3fe), exit);
		exit_if(t, exponent_out(t, s->b, 0x201, 0x3fe), exit);
		break;
	}
}

static bool holds_integer(const struct translation *t, uint32_t n, enum fp_seq seq)
{
	return n >= 2 && fr_form(t, n) == FORM_SEQ(seq, FP_SEQ_A);
}

bool build_approximation(struct translation *t, const struct insn *i)
{
	struct sequence s = { FP_SEQ_DOUBLE, IR_NONE, IR_NONE };
	bool root = i->op == OP_FRSQRTA, word;

	if (!ir_is(t, qualifier(t, i), 1) || !fr_target_ok(i->r1))
		return false;
	if (root)
		s.seq = FP_SEQ_ROOT;
	else if (holds_integer(t, i->r2, FP_SEQ_SIGNED) && holds_integer(t, i->r3, FP_SEQ_SIGNED))
		s.seq = FP_SEQ_SIGNED;
	else if (holds_integer(t, i->r2, FP_SEQ_UNSIGNED) &&
		 holds_integer(t, i->r3, FP_SEQ_UNSIGNED))
		s.seq = FP_SEQ_UNSIGNED;
	word = s.seq == FP_SEQ_SIGNED || s.seq == FP_SEQ_UNSIGNED;
	if (!word && (!fr_has_double(t, i->r3) || (!root && !fr_has_double(t, i->r2))))
		return false;
	fr_need(t, FLOATS_DIVIDE | FLOATS_MAIN, i->r1, root ? 0 : i->r2, i->r3, 0);
	if (root) {
		s.a = fr_double(t, i->r3);
	} else {
		s.a = word ? fr_word(t, i->r2) : fr_double(t, i->r2);
		s.b = word ? fr_word(t, i->r3) : fr_double(t, i->r3);
	}
	check_operands(t, &s);
	set_value(t, i->r1, &s, FP_SEQ_Y0);
	set_pr(t, i->r4, ir_bool(t, true));
	return true;
}

/* fnorm.s1 of an integer: an operand of an unsigned division. */
static bool unsigned_operand(struct translation *t, const struct insn *i)
{
	uint32_t n = i->r4 == 1 ? i->r3 : i->r4;
	struct sequence s = { FP_SEQ_UNSIGNED, IR_NONE, IR_NONE };

	if (i->op != OP_FMA || i->imm != 1 || i->r2 || (i->r3 != 1 && i->r4 != 1) || n < 2 ||
	    fr_form(t, n) != FP_EXP_INTEGER)
		return false;
	fr_need(t, FLOATS_DIVIDE, i->r1, n, 0, 0);
	s.a = fr_word(t, n);
	ir_add(t, IR_FLAGD, IR_VOID, s.a, IR_NONE, IR_NONE, 1);
	set_value(t, i->r1, &s, FP_SEQ_A);
	return true;
}

/* The value that an instruction makes of values of the sequence, or -1. */
static int step_value(struct translation *t, const struct insn *i, const struct sequence *s)
{
	enum fp_fma_op op = i->op >= OP_FNMA && i->op <= OP_FNMA_D ? FP_FNMA :
			    i->op >= OP_FMS && i->op <= OP_FMS_D ? FP_FMS : FP_FMA;
	uint64_t f3 = values_of(t, i->r3, s), f4 = values_of(t, i->r4, s);
	uint64_t f2 = values_of(t, i->r2, s), a, b, c;
	int value;

	for (a = f3; a; a &= a - 1)
		for (b = f4; b; b &= b - 1)
			for (c = f2; c; c &= c - 1) {
				value = fp_seq_step(s->seq, op, (uint32_t)__builtin_ctzll(a),
						    (uint32_t)__builtin_ctzll(b),
						    (uint32_t)__builtin_ctzll(c),
						    (enum fp_pc)i->aux, (uint32_t)i->imm);
				if (value >= 0)
					return value;
			}
	return -1;
}

/* Leave unless fp_seq_single_operands() holds. */
static void check_single(struct translation *t, const struct sequence *s)
{
	int64_t exit = exit_before(t);

	exit_if(t, has_bits(t, ir_binary(t, IR_OR, ir_word(t, s->a), ir_word(t, s->b)),
			    0x1fffffff), exit);
	exit_if(t, exponent_out(t, s->a, 0x3c2, 0x7c), exit);
	exit_if(t, exponent_out(t, s->b, 0x3c2, 0x7c), exit);
}

static void result(struct translation *t, const struct insn *i, const struct sequence *s,
		   bool single)
{
	ir_ref r;

	if (single)
		check_single(t, s);
	if (s->seq == FP_SEQ_ROOT) {
		r = ir_add(t, IR_FSQRT, IR_F64, ir_double(t, s->a), IR_NONE, IR_NONE, 0);
	} else {
		r = ir_add(t, IR_FDIV, IR_F64, ir_double(t, s->a), ir_double(t, s->b), IR_NONE, 0);
		t->ir[r].size = single ? 4 : 8;
	}
	fr_set_double(t, ir_bool(t, true), i->r1, r);
}

bool build_step(struct translation *t, const struct insn *i)
{
	struct sequence s;
	bool single;
	int value;

	if (!ir_is(t, qualifier(t, i), 1) || !fr_target_ok(i->r1))
		return false;
	if (unsigned_operand(t, i))
		return true;
	if (!sequence_of(t, i->r3, &s) && !sequence_of(t, i->r4, &s) && !sequence_of(t, i->r2, &s))
		return false;
	value = step_value(t, i, &s);
	if (value < 0)
		return false;
	fr_need(t, FLOATS_DIVIDE | FLOATS_MAIN, i->r1, i->r2, i->r3, i->r4);
	if (fp_seq_is_result(s.seq, (uint32_t)value, &single))
		result(t, i, &s, single);
	else
		set_value(t, i->r1, &s, (uint32_t)value);
	return true;
}

bool build_quotient(struct translation *t, const struct insn *i)
{
	bool is_signed = i->op == OP_FCVT_FX_TRUNC;
	struct sequence s;
	ir_ref r;

	if (i->imm != 1 || i->op == OP_FCVT_FX || !ir_is(t, qualifier(t, i), 1) ||
	    !fr_target_ok(i->r1) || !sequence_of(t, i->r2, &s) ||
	    s.seq != (is_signed ? FP_SEQ_SIGNED : FP_SEQ_UNSIGNED) ||
	    (fr_form(t, i->r2) & 0xff) != fp_seq_quotient)
		return false;
	fr_need(t, FLOATS_DIVIDE, i->r1, i->r2, 0, 0);
	r = ir_add(t, is_signed ? IR_DIV : IR_DIVU, IR_I64, ir_word(t, s.a), ir_word(t, s.b),
		   IR_NONE, 0);
	fr_set_integer(t, ir_bool(t, true), i->r1, r);
	return true;
}
