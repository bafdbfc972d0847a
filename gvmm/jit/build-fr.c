// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point registers in the front end. */
#include "gvmm/cpu/fault.h"
#include "gvmm/jit/build-fr.h"

ir_ref ir_kd(struct translation *t, uint64_t bits)
{
	return ir_add(t, IR_K, IR_F64, IR_NONE, IR_NONE, IR_NONE, (int64_t)bits);
}

ir_ref ir_word(struct translation *t, ir_ref value)
{
	const struct ir *i = &t->ir[value];

	if (i->type == IR_I64)
		return value;
	if (i->op == IR_K)
		return ir_k(t, (uint64_t)i->imm);
	if (i->op == IR_DOUBLE)
		return i->a;
	return ir_add(t, IR_BITS, IR_I64, value, IR_NONE, IR_NONE, 0);
}

ir_ref ir_double(struct translation *t, ir_ref bits)
{
	const struct ir *i = &t->ir[bits];

	if (i->type == IR_F64)
		return bits;
	if (i->op == IR_K)
		return ir_kd(t, (uint64_t)i->imm);
	return ir_add(t, IR_DOUBLE, IR_F64, bits, IR_NONE, IR_NONE, 0);
}

static bool was_lost(const struct translation *t, uint32_t fr)
{
	return t->fr_lost[fr / 64] >> fr % 64 & 1;
}

uint32_t fr_form(const struct translation *t, uint32_t n)
{
	ir_ref se = t->held[LOC_FT + float_of(t, n)];
	uint64_t form;

	if (se == IR_NONE || !ir_known(t, se, &form))
		return FORM_NONE;
	return (uint32_t)form;
}

/*
 * Will the register, of which nothing is known, have this form? It is expected to if it
 * has now, as the block is about to be entered. What a handler has made in between is
 * given the benefit of the doubt.
 */
static bool is_likely(const struct translation *t, uint32_t n, uint32_t form)
{
	uint32_t fr = float_of(t, n);
	struct fpreg r;
	uint64_t bits;

	if (!t->trust)
		return false;
	if (was_lost(t, fr) || t->held[LOC_FT + fr] != IR_NONE)
		return true;
	r = fp_canonical(t->fr[fr], t->fr_b[fr]);
	return form == FPREG_DOUBLE ? fp_exact_double(r, &bits) : r.se == form;
}

bool fr_is_converted(const struct translation *t, uint32_t n)
{
	return n >= 2 && fr_form(t, n) == FORM_CONVERTED;
}

bool fr_has_double(const struct translation *t, uint32_t n)
{
	uint32_t form = fr_form(t, n);

	if (n < 2 || form == FPREG_DOUBLE || form == FORM_CONVERTED)
		return true;
	return form == FORM_NONE && is_likely(t, n, FPREG_DOUBLE);
}

bool fr_has_integer(const struct translation *t, uint32_t n)
{
	uint32_t form = fr_form(t, n);

	if (n < 2 || form == FP_EXP_INTEGER)
		return true;
	return form == FORM_NONE && is_likely(t, n, FP_EXP_INTEGER);
}

/* An operand or location for se: as a number of 32 bits, which a store extends. */
ir_ref fr_form_value(struct translation *t, uint32_t form)
{
	return ir_k(t, (uint64_t)(int64_t)(int32_t)form);
}

/* See to it that the register, of which nothing is known, has this form. */
static void settle_form(struct translation *t, uint32_t fr, uint32_t form)
{
	ir_ref k = fr_form_value(t, form);

	ir_add(t, IR_FORM, IR_VOID, k, IR_NONE, IR_NONE, exit_before(t));
	ir_last(t)->loc = (uint16_t)(LOC_FT + fr);
	t->held[LOC_FT + fr] = k;
	t->held[LOC_FR + fr] = IR_NONE;
}

ir_ref fr_word(struct translation *t, uint32_t n)
{
	return ir_word(t, get_as(t, LOC_FR + float_of(t, n), IR_I64));
}

/* Numbers from -2^53 to 2^53 are doubles. */
#define EXACT		(1ull << 53)

/* fcvt.xf of an integer becomes a double, or the block is left. */
static ir_ref settle_converted(struct translation *t, uint32_t n)
{
	ir_ref a = fr_word(t, n), large, r;

	large = ir_compare(t, ir_k(t, 2 * EXACT), ir_add_imm(t, a, EXACT), 8, REL_LTU);
	exit_if(t, large, exit_before(t));
	r = ir_add(t, IR_FROMI, IR_F64, a, IR_NONE, IR_NONE, 0);
	t->ir[r].size = 8;
	fr_set_double(t, ir_bool(t, true), n, r);
	return r;
}

ir_ref fr_double(struct translation *t, uint32_t n)
{
	uint32_t fr = float_of(t, n);
	ir_ref held, r;

	if (n < 2)
		return ir_kd(t, n ? ONE_DOUBLE : 0);
	if (fr_is_converted(t, n))
		return settle_converted(t, n);
	if (fr_form(t, n) == FORM_NONE)
		settle_form(t, fr, FPREG_DOUBLE);
	held = get_as(t, LOC_FR + fr, IR_F64);
	r = ir_double(t, held);
	/* Once is enough; but memory that is right already is not to be written again. */
	if (r != held && t->ir[held].op != IR_GET)
		put(t, LOC_FR + fr, r);
	return r;
}

ir_ref fr_integer(struct translation *t, uint32_t n)
{
	uint32_t fr = float_of(t, n);

	if (n < 2)
		return ir_k(t, n ? FP_INT_BIT : 0);
	if (fr_form(t, n) == FORM_NONE)
		settle_form(t, fr, FP_EXP_INTEGER);
	return ir_word(t, get_as(t, LOC_FR + fr, IR_I64));
}

/* The words, when both may be the new ones or the old ones. */
static void choose(struct translation *t, ir_ref qp, uint32_t fr, ir_ref sig, ir_ref se)
{
	ir_ref old_se = get(t, LOC_FT + fr), old = get_as(t, LOC_FR + fr, t->ir[sig].type);
	uint64_t a, b;

	if (ir_known(t, se, &a) && ir_known(t, old_se, &b) && a == b) {
		if (t->ir[old].type != t->ir[sig].type) {
			old = ir_word(t, old);
			sig = ir_word(t, sig);
		}
		put(t, LOC_FR + fr, ir_choose(t, qp, sig, old));
		return;
	}
	put(t, LOC_FR + fr, ir_choose(t, qp, ir_word(t, sig), ir_word(t, old)));
	put(t, LOC_FT + fr, ir_choose(t, qp, se, old_se));
}

void fr_set(struct translation *t, ir_ref qp, uint32_t n, ir_ref sig, ir_ref se)
{
	uint32_t fr = float_of(t, n);
	uint64_t a, b;

	if (!ir_is(t, qp, 1)) {
		choose(t, qp, fr, sig, se);
		return;
	}
	put(t, LOC_FR + fr, sig);
	if (t->held[LOC_FT + fr] == IR_NONE || !ir_known(t, t->held[LOC_FT + fr], &a) ||
	    !ir_known(t, se, &b) || a != b)
		put(t, LOC_FT + fr, se);
}

void fr_set_double(struct translation *t, ir_ref qp, uint32_t n, ir_ref value)
{
	fr_set(t, qp, n, value, fr_form_value(t, FPREG_DOUBLE));
}

void fr_set_integer(struct translation *t, ir_ref qp, uint32_t n, ir_ref value)
{
	fr_set(t, qp, n, value, fr_form_value(t, FP_EXP_INTEGER));
}

static uint32_t half(uint32_t n)
{
	return n >= 32 ? FLOATS_HIGH : n >= 2 ? FLOATS_LOW : 0;
}

void fr_need(struct translation *t, uint32_t floats, uint32_t a, uint32_t b, uint32_t c,
	     uint32_t d)
{
	floats |= half(a) | half(b) | half(c) | half(d);
	floats &= ~t->floats;
	if (!floats)
		return;
	ir_add(t, IR_FLOATS, IR_VOID, ir_k(t, floats), IR_NONE, IR_NONE, exit_before(t));
	t->floats |= floats;
}
