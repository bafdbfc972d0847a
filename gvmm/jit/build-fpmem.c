// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point loads and stores, and moves from and to general registers. */
#include "gvmm/jit/build-fr.h"

/* The 32 bits that stfs makes of a double (docs/fp-invariants.md, rule 16). */
static ir_ref single_bits(struct translation *t, ir_ref value)
{
	ir_ref bits = ir_word(t, value);
	ir_ref high = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, bits, 32), ir_k(t, 0xc0000000));
	ir_ref low = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, bits, 29), ir_k(t, 0x3fffffff));

	return ir_binary(t, IR_OR, high, low);
}

static bool updates(const struct insn *i)
{
	enum op_format format = op_format(i->op);

	return format == FMT_M7 || format == FMT_M8 || format == FMT_M10 || format == FMT_M12;
}

/* What the address is incremented by, as it is before the reference. */
static ir_ref increment(struct translation *t, const struct insn *i)
{
	return op_format(i->op) == FMT_M7 ? gr(t, i->r2) : ir_k(t, (uint64_t)i->imm);
}

/* Behind the reference, so that va may leave its register to the sum. */
static void update(struct translation *t, ir_ref qp, const struct insn *i, ir_ref va, ir_ref by)
{
	uint64_t imm;

	set_gr(t, qp, i->r3, ir_known(t, by, &imm) ? ir_add_imm(t, va, (int64_t)imm) :
						     ir_binary(t, IR_ADD, va, by));
}

/* FLOATS that an operation on f<n> has to look at. */
static int64_t unsure(const struct translation *t, uint32_t n)
{
	uint32_t floats = n >= 32 ? FLOATS_HIGH : n >= 2 ? FLOATS_LOW : 0;

	return floats & ~t->floats;
}

/* ldf.fill: to memory, where the register is canonical then. */
static bool fill(struct translation *t, const struct insn *i)
{
	uint32_t fr = float_of(t, i->r1);
	int64_t floats = unsure(t, i->r1);
	ir_ref va, by = IR_NONE;

	if ((i->aux & ~(LD_SIZE | LD_FILL)) || !fr_target_ok(i->r1) ||
	    (t->key.flags & KEY_BE) || !ir_is(t, qualifier(t, i), 1) ||
	    (updates(i) && !target_ok(t, i->r3)))
		return false;
	va = gr(t, i->r3);
	if (updates(i)) {
		by = increment(t, i);
		lose(t, LOC_GR + guest_of(t, i->r3));
	}
	lose(t, LOC_FR + fr);
	lose(t, LOC_FT + fr);
	ir_add(t, IR_FILL, IR_VOID, va, IR_NONE, IR_NONE, floats);
	ir_last(t)->loc = (uint16_t)(LOC_FR + fr);
	ir_last(t)->size = 16;
	ir_last(t)->site = ir_site(t);
	t->held[LOC_FR + fr] = t->held[LOC_FT + fr] = IR_NONE;
	t->fr_lost[fr / 64] |= 1ull << fr % 64;
	t->floats |= (uint32_t)floats;
	if (updates(i))
		update(t, ir_bool(t, true), i, va, by);
	return true;
}

/* stf.spill: from memory, where the register is canonical or has double form. */
static bool spill(struct translation *t, const struct insn *i)
{
	ir_ref va, by = IR_NONE;

	if ((i->aux & ~(LD_SIZE | ST_SPILL)) || (t->key.flags & KEY_BE) ||
	    !ir_is(t, qualifier(t, i), 1) || (updates(i) && !target_ok(t, i->r3)))
		return false;
	va = gr(t, i->r3);
	if (updates(i)) {
		by = increment(t, i);
		lose(t, LOC_GR + guest_of(t, i->r3));
	}
	ir_add(t, IR_SPILL, IR_VOID, va, IR_NONE, IR_NONE, unsure(t, i->r2));
	ir_last(t)->loc = (uint16_t)(LOC_FR + float_of(t, i->r2));
	ir_last(t)->size = 16;
	ir_last(t)->site = ir_site(t);
	if (updates(i))
		update(t, ir_bool(t, true), i, va, by);
	return true;
}

static uint32_t form_of(uint32_t kind)
{
	return kind == FP_8 ? FP_EXP_INTEGER : FPREG_DOUBLE;
}

static bool load(struct translation *t, const struct insn *i)
{
	uint32_t kind = i->aux & LD_SIZE, form = form_of(kind), fr = float_of(t, i->r1);
	bool big = t->key.flags & KEY_BE, always, keeps;
	ir_ref qp = qualifier(t, i), va, by = IR_NONE, other = IR_NONE, r;
	uint32_t type = kind == FP_8 || big ? IR_I64 : IR_F64;

	if (i->aux & LD_FILL)
		return fill(t, i);
	/* Extended precision is expected to be no more than double, which is looked at. */
	if (kind == FP_E && (!t->trust || big || !ir_is(t, qp, 1)))
		return false;
	if (i->aux & ~LD_SIZE || (kind == FP_S && big) || !fr_target_ok(i->r1) ||
	    (updates(i) && !target_ok(t, i->r3)))
		return false;
	fr_need(t, 0, i->r1, 0, 0, 0);
	always = ir_is(t, qp, 1);
	keeps = always || (form == FPREG_DOUBLE ? fr_has_double(t, i->r1) : fr_has_integer(t, i->r1));
	va = gr(t, i->r3);
	if (updates(i))
		by = increment(t, i);
	if (!always && !keeps)
		other = type == IR_F64 ? ir_kd(t, 0) : ir_k(t, 0);
	else if (!always)
		other = form == FPREG_DOUBLE ? fr_double(t, i->r1) : fr_integer(t, i->r1);
	if (other != IR_NONE && type == IR_I64)
		other = ir_word(t, other);
	lose(t, LOC_FR + fr);
	lose_to(t, LOC_FT + fr, ir_k(t, (uint64_t)(int64_t)(int32_t)form));
	if (updates(i))
		lose(t, LOC_GR + guest_of(t, i->r3));
	r = ir_add(t, IR_LOAD, type, va, other, always ? IR_NONE : qp,
		   (big ? IRM_BE : 0) | (form == FPREG_DOUBLE ? IRM_DOUBLE : 0));
	t->ir[r].size = kind == FP_S ? 4 : kind == FP_E ? 10 : 8;
	t->ir[r].loc = (uint16_t)(LOC_FR + fr);
	t->ir[r].site = ir_site(t);
	if (kind == FP_S || kind == FP_E)
		t->ir[r].exit = (uint16_t)exit_behind(t);
	leave_room(t);
	if (keeps)
		qp = ir_bool(t, true);
	fr_set(t, qp, i->r1, r, ir_k(t, (uint64_t)(int64_t)(int32_t)form));
	if (updates(i))
		update(t, qualifier(t, i), i, va, by);
	return true;
}

/* Two registers, one of them odd and one even in the file, from twice eight or four bytes. */
static bool load_pair(struct translation *t, const struct insn *i)
{
	uint32_t kind = i->aux & LD_SIZE, form = form_of(kind);
	uint32_t fr[2] = { float_of(t, i->r1), float_of(t, i->r4) }, n;
	ir_ref k, va, by = IR_NONE, r[2];

	if ((i->aux & ~LD_SIZE) || kind == FP_E || (t->key.flags & KEY_BE) ||
	    !ir_is(t, qualifier(t, i), 1) || !fr_target_ok(i->r1) || !fr_target_ok(i->r4) ||
	    !((fr[0] ^ fr[1]) & 1) || (updates(i) && !target_ok(t, i->r3)))
		return false;
	fr_need(t, 0, i->r1, i->r4, 0, 0);
	k = fr_form_value(t, form);
	va = gr(t, i->r3);
	if (updates(i))
		by = increment(t, i);
	for (n = 0; n < 2; n++) {
		lose(t, LOC_FR + fr[n]);
		lose_to(t, LOC_FT + fr[n], k);
	}
	if (updates(i))
		lose(t, LOC_GR + guest_of(t, i->r3));
	r[0] = ir_add(t, IR_LOADP, kind == FP_8 ? IR_I64 : IR_F64, va, IR_NONE, IR_NONE,
		      form == FPREG_DOUBLE ? IRM_DOUBLE : 0);
	t->ir[r[0]].size = kind == FP_S ? 8 : 16;
	t->ir[r[0]].loc = (uint16_t)(LOC_FR + fr[0]);
	t->ir[r[0]].second = (uint16_t)(LOC_FR + fr[1]);
	t->ir[r[0]].site = ir_site(t);
	if (kind == FP_S)
		t->ir[r[0]].exit = (uint16_t)exit_behind(t);
	r[1] = ir_add(t, IR_SECOND, t->ir[r[0]].type, r[0], IR_NONE, IR_NONE, 0);
	fr_set(t, ir_bool(t, true), i->r1, r[0], k);
	fr_set(t, ir_bool(t, true), i->r4, r[1], k);
	if (updates(i))
		update(t, ir_bool(t, true), i, va, by);
	return true;
}

static uint32_t stored_size(const struct insn *i)
{
	return i->aux & ST_SPILL ? 16 : (i->aux & LD_SIZE) == FP_S ? 4 : 8;
}

/* What is stored: of the register's, this kind's bits; IR_NONE: that is not to be had. */
static ir_ref data_of(struct translation *t, const struct insn *i)
{
	uint32_t kind = i->aux & LD_SIZE;
	bool can;

	/* Zeros, with which kernels and libraries clear memory. */
	if (i->aux & ST_SPILL)
		return i->r2 == 0 ? ir_k(t, 0) : IR_NONE;
	can = kind == FP_8 ? fr_has_integer(t, i->r2) : fr_has_double(t, i->r2);

	if (!can)
		return IR_NONE;
	fr_need(t, 0, i->r2, 0, 0, 0);
	if (kind == FP_8)
		return fr_integer(t, i->r2);
	if (kind == FP_S)
		return single_bits(t, fr_double(t, i->r2));
	return t->key.flags & KEY_BE ? ir_word(t, fr_double(t, i->r2)) : fr_double(t, i->r2);
}

static bool store(struct translation *t, const struct insn *i)
{
	int64_t order = t->key.flags & KEY_BE ? IRM_BE : 0;
	ir_ref qp = qualifier(t, i), va, by = IR_NONE, data;

	if (i->aux & ~(LD_SIZE | ST_SPILL) ||
	    (!(i->aux & ST_SPILL) && (i->aux & LD_SIZE) == FP_E) ||
	    (updates(i) && !target_ok(t, i->r3)))
		return false;
	data = data_of(t, i);
	if (data == IR_NONE)
		return (i->aux & ST_SPILL) && spill(t, i);
	va = gr(t, i->r3);
	if (updates(i)) {
		by = increment(t, i);
		lose(t, LOC_GR + guest_of(t, i->r3));
	}
	if (!ir_is(t, qp, 1) || !store_again(t, va, stored_size(i), data, order)) {
		ir_add(t, IR_STORE, IR_VOID, va, data, ir_is(t, qp, 1) ? IR_NONE : qp, order);
		ir_last(t)->size = (uint8_t)stored_size(i);
		ir_last(t)->site = ir_site(t);
	}
	if (updates(i))
		update(t, qp, i, va, by);
	return true;
}

static bool setf_sig(struct translation *t, const struct insn *i)
{
	if (!fr_target_ok(i->r1))
		return false;
	fr_need(t, 0, i->r1, 0, 0, 0);
	fr_set_integer(t, qualifier(t, i), i->r1, gr(t, i->r2));
	return true;
}

static bool setf_d(struct translation *t, const struct insn *i)
{
	if (!fr_target_ok(i->r1))
		return false;
	fr_need(t, 0, i->r1, 0, 0, 0);
	fr_set_double(t, qualifier(t, i), i->r1, gr(t, i->r2));
	return true;
}

/* setf.s and setf.exp of what is known now, when that is a double. */
static bool setf_constant(struct translation *t, const struct insn *i)
{
	uint64_t value, bits;
	struct fpreg r;

	if (!fr_target_ok(i->r1) || !ir_known(t, gr(t, i->r2), &value))
		return false;
	r = i->op == OP_SETF_S ? fp_from_single((uint32_t)value) : fp_from_exp(value);
	if (!fp_exact_double(r, &bits))
		return false;
	fr_need(t, 0, i->r1, 0, 0, 0);
	fr_set_double(t, qualifier(t, i), i->r1, ir_kd(t, bits));
	return true;
}

static bool getf_sig(struct translation *t, const struct insn *i)
{
	if (!target_ok(t, i->r1) || !fr_has_integer(t, i->r2))
		return false;
	fr_need(t, 0, i->r2, 0, 0, 0);
	set_gr(t, qualifier(t, i), i->r1, fr_integer(t, i->r2));
	return true;
}

static bool getf_double(struct translation *t, const struct insn *i)
{
	ir_ref r;

	if (!target_ok(t, i->r1) || !fr_has_double(t, i->r2))
		return false;
	fr_need(t, 0, i->r2, 0, 0, 0);
	r = fr_double(t, i->r2);
	set_gr(t, qualifier(t, i), i->r1, i->op == OP_GETF_D ? ir_word(t, r) : single_bits(t, r));
	return true;
}

bool build_float_memory(struct translation *t, const struct insn *i)
{
	switch (op_format(i->op)) {
	case FMT_M6:
	case FMT_M7:
	case FMT_M8:
		return load(t, i);
	case FMT_M11:
	case FMT_M12:
		return load_pair(t, i);
	case FMT_M9:
	case FMT_M10:
		return store(t, i);
	default:
		break;
	}
	switch (i->op) {
	case OP_SETF_SIG:
		return setf_sig(t, i);
	case OP_SETF_D:
		return setf_d(t, i);
	case OP_SETF_S:
	case OP_SETF_EXP:
		return setf_constant(t, i);
	case OP_GETF_SIG:
		return getf_sig(t, i);
	case OP_GETF_D:
	case OP_GETF_S:
		return getf_double(t, i);
	default:
		return false;
	}
}
