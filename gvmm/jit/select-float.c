// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating-point operations on doubles, by the rules of docs/fp-invariants.md. A
 * guarded one is computed in a scratch register, and skipped as a whole.
 */
#include "gvmm/cpu/fpsr.h"
#include "gvmm/jit/select.h"

#define SCRATCH		XMM(15)

static bool has_vex(const struct host *h)
{
	return h->t->jit->cpu & CPU_AVX2;
}

/* reg = a op b. Without AVX reg is a, or may be overwritten before b is read. */
static void operate(struct host *h, enum host_sse op, uint32_t reg, uint32_t a, uint32_t b)
{
	if (reg != a && has_vex(h)) {
		emit_vex_scalar(h->e, op, reg, a, b);
		return;
	}
	emit_mov_double(h->e, reg, a);
	emit_scalar(h->e, op, reg, b);
}

/* The same with one of the constants in the cache. */
static void operate_mask(struct host *h, enum host_sse op, uint32_t reg, uint32_t a, uint32_t mask)
{
	const void *rx = mask_rx(h, mask);

	if (reg != a && has_vex(h)) {
		emit_vex_scalar_rip(h->e, op, reg, a, rx);
		return;
	}
	emit_mov_double(h->e, reg, a);
	emit_scalar_rip(h->e, op, reg, rx);
}

/* Where a result is computed, and where it goes. */
struct result {
	uint32_t work, reg;
	uint8_t *skip;		/* NULL: there is no guard */
};

/*
 * Begin an operation whose operands are in registers, which are pinned. over: the one
 * whose register the result may have, or IR_NONE; keep must have its own.
 */
static struct result begin(struct host *h, ir_ref d, const struct ir *i, ir_ref over, ir_ref keep)
{
	struct result r = { 0 };
	enum host_cc cc;

	if (i->guard == IR_NONE) {
		if (over == IR_NONE || (keep != IR_NONE && ir_index(keep) == ir_index(over)))
			r.reg = def(h, d);
		else
			r.reg = def_after(h, d, over);
		r.work = r.reg;
		return r;
	}
	r.reg = def_over(h, d, i->other, over);
	r.work = r.reg >= 16 ? SCRATCH : RCX;
	cc = condition(h, i->guard);
	flags_drop(h);
	r.skip = emit_jcc(h->e, cc ^ 1);
	return r;
}

static void end(struct host *h, const struct result *r)
{
	if (!r->skip)
		return;
	if (r->reg >= 16)
		emit_mov_double(h->e, r->reg, r->work);
	else
		emit_mov(h->e, r->reg, r->work);
	emit_land(h->e, r->skip);
}

static bool known(const struct host *h, ir_ref r)
{
	return h->t->ir[ir_index(r)].op == IR_K;
}

/*
 * Rule 12: is the result a NaN, which is always a quiet one? Then it is to be that of the
 * first of these that is one; if neither is it stays.
 */
static void check_nan(struct host *h, uint32_t work, uint32_t a, uint32_t b)
{
	struct stub *s;
	struct emit *e = h->e;

	flags_drop(h);
	s = add_stub(h, STUB_NAN);
	emit_ptest_rip(e, work, mask_rx(h, MASK_QUIET_NAN));
	s->site[0] = emit_jcc(e, CC_B);
	s->reg = (uint8_t)work;
	s->from[0] = (uint8_t)a;
	s->from[1] = (uint8_t)b;
	s->back = e->p;
}

/* Bits of a double without the sign, shifted left; what is above is a NaN. */
#define INFINITY_2	0xffe0000000000000ull
#define QUIET_BIT	(1ull << 51)

void make_nan(struct host *h, const struct stub *s)
{
	struct emit *e = h->e;
	uint8_t *found[2] = { NULL, NULL };
	uint32_t n;

	emit_mov_imm(e, RCX, INFINITY_2);
	for (n = 0; n < 2 && s->from[n] != REG_NONE; n++) {
		emit_mov_to_gpr(e, RDX, s->from[n]);
		emit_lea_scaled(e, RAX, RDX, RDX, 0);
		emit_alu(e, ALU_CMP, 8, RAX, RCX);
		found[n] = emit_jcc(e, CC_A);
	}
	emit_patch(e, emit_jmp(e), s->back + e->to_rx);
	for (n = 0; n < 2; n++)
		if (found[n])
			emit_land(e, found[n]);
	emit_mov_imm(e, RAX, QUIET_BIT);
	emit_alu(e, ALU_OR, 8, RDX, RAX);
	emit_mov_to_xmm(e, s->reg, RDX);
	emit_patch(e, emit_jmp(e), s->back + e->to_rx);
}

static enum host_sse sse_of(uint32_t op)
{
	switch (op) {
	case IR_FADD:
		return SSE_ADD;
	case IR_FSUB:
		return SSE_SUB;
	case IR_FMUL:
		return SSE_MUL;
	case IR_FMIN:
		return SSE_MIN;
	default:
		return SSE_MAX;
	}
}

static void binary(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t ra = use(h, i->a), rb = use(h, i->b);
	struct result r;

	if (has_vex(h))
		r = begin(h, d, i, is_needed(h, ir_index(i->a)) ? i->b : i->a, IR_NONE);
	else
		r = begin(h, d, i, i->a, i->b);
	operate(h, sse_of(i->op), r.work, ra, rb);
	end(h, &r);
}

/* a - b, where b's NaN is the one to return. */
static void subtract(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t ra = use(h, i->a), rb = use(h, i->b);
	struct result r = begin(h, d, i, i->a, i->b);

	operate(h, SSE_SUB, r.work, ra, rb);
	if (i->a != i->b && !known(h, i->a) && !known(h, i->b))
		check_nan(h, r.work, rb, REG_NONE);
	end(h, &r);
}

/* -a * b: the sign is changed first, for the sake of rounding. */
static void multiply_negative(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t ra = use(h, i->a), rb = use(h, i->b);
	struct result r = begin(h, d, i, IR_NONE, IR_NONE);

	operate_mask(h, SSE_XOR, r.work, ra, MASK_SIGN);
	emit_scalar(h->e, SSE_MUL, r.work, rb);
	check_nan(h, r.work, ra, rb);
	end(h, &r);
}

/* f3 * f4 op f2 is b * a op c. */
static void multiply_add(struct host *h, ir_ref d, const struct ir *i)
{
	enum host_fma op = i->imm == FP_FMA ? FMA_213 : i->imm == FP_FMS ? FMS_213 : FNMA_213;
	bool same = i->a == i->b || i->b == i->c || i->a == i->c;
	uint32_t nans = !known(h, i->a) + (!known(h, i->b) && i->b != i->a) +
			(!known(h, i->c) && i->c != i->a && i->c != i->b);
	uint32_t ra = use(h, i->a), rb = use(h, i->b), rc = use(h, i->c);
	struct result r;

	r = begin(h, d, i, same ? IR_NONE : i->b, IR_NONE);
	emit_mov_double(h->e, r.work, rb);
	emit_fma(h->e, op, r.work, ra, rc);
	if (nans > 1)
		check_nan(h, r.work, ra, rc);
	end(h, &r);
}

static void change_sign(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t ra, rb, reg;

	switch (i->op) {
	case IR_FNEG:
		ra = use(h, i->a);
		operate_mask(h, SSE_XOR, def_after(h, d, i->a), ra, MASK_SIGN);
		break;
	case IR_FABS:
		ra = use(h, i->a);
		operate_mask(h, SSE_AND, def_after(h, d, i->a), ra, MASK_MAGNITUDE);
		break;
	default:
		ra = use(h, i->a);
		rb = use(h, i->b);
		/* All but the sign, then the sign alone. */
		operate_mask(h, SSE_AND, SCRATCH, rb, MASK_MAGNITUDE);
		reg = def_after(h, d, i->a);
		operate_mask(h, i->imm ? SSE_ANDN : SSE_AND, reg, ra, MASK_SIGN);
		emit_scalar(e, SSE_OR, reg, SCRATCH);
		break;
	}
}

/* Rule 13. The upper half of the smallest normal single, and of infinity. */
#define SINGLE_MIN	0x38100000
#define HIGH_INFINITY	0x7ff00000

/* A stub that looks at the operand again, and leaves unless it is harmless after all. */
static struct stub *look_again(struct host *h, uint32_t a)
{
	struct stub *s;

	flags_drop(h);
	s = add_stub(h, STUB_ZERO);
	s->from[0] = (uint8_t)a;
	save_state(h, s);
	return s;
}

static void to_single(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a);
	struct emit *e = h->e;
	struct result r;
	struct stub *s;

	r = begin(h, d, i, IR_NONE, IR_NONE);
	s = look_again(h, a);
	emit_mov_to_gpr(e, RAX, a);
	emit_mov4(e, RCX, RAX);
	emit_alu_imm(e, ALU_AND, 4, RCX, 0x1fffffff);
	emit_alu_imm(e, ALU_CMP, 4, RCX, 0x10000000);
	s->site[0] = emit_jcc(e, CC_E);
	emit_shift(e, SHIFT_SHR, 8, RAX, 32);
	emit_alu_imm(e, ALU_AND, 4, RAX, 0x7fffffff);
	emit_alu_imm(e, ALU_SUB, 4, RAX, SINGLE_MIN);
	emit_alu_imm(e, ALU_CMP, 4, RAX, HIGH_INFINITY - SINGLE_MIN);
	s->site[1] = emit_jcc(e, CC_AE);
	s->back = e->p;
	emit_scalar(e, SSE_TO_SINGLE, r.work, a);
	emit_scalar(e, SSE_TO_DOUBLE, r.work, r.work);
	end(h, &r);
}

/* Back if the operand is zero, or (denormal) unless it is a denormal; else leave. */
void make_zero(struct host *h, const struct stub *s)
{
	struct emit *e = h->e;

	emit_mov_to_gpr(e, RAX, s->from[0]);
	emit_alu(e, ALU_ADD, 8, RAX, RAX);
	emit_patch(e, emit_jcc(e, CC_E), s->back + e->to_rx);
	if (h->t->ir[s->op].op == IR_TOI) {
		emit_shift(e, SHIFT_SHR, 8, RAX, 53);
		emit_patch(e, emit_jcc(e, CC_NE), s->back + e->to_rx);
	}
	store_state(h, s);
	leave_by(h, &h->t->exit[h->t->ir[s->op].imm]);
}

/* The relation's instruction; the condition under which it holds. */
static enum host_cc emit_compare(struct host *h, uint32_t rel, uint32_t a, uint32_t b)
{
	switch (rel) {
	case FP_LT:
		emit_scalar(h->e, SSE_COMI, b, a);
		return CC_A;
	case FP_LE:
		emit_scalar(h->e, SSE_COMI, b, a);
		return CC_AE;
	case FP_UNORD:
		emit_scalar(h->e, SSE_UCOMI, a, b);
		return CC_P;
	default:
		/* Equal and not unordered. */
		emit_scalar(h->e, SSE_UCOMI, a, b);
		emit_setcc(h->e, CC_NP, RAX);
		emit_setcc(h->e, CC_E, RCX);
		emit_test(h->e, 1, RAX, RCX);
		return CC_NE;
	}
}

static void compare(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b = use(h, i->b), reg;
	enum host_cc cc;
	uint8_t *skip;

	if (i->guard == IR_NONE) {
		flags_drop(h);
		h->cc = emit_compare(h, (uint32_t)i->imm, a, b);
		h->flags = d;
		return;
	}
	/* Its value else is false. */
	reg = def(h, d);
	emit_mov_imm(h->e, reg, 0);
	cc = condition(h, i->guard);
	flags_drop(h);
	skip = emit_jcc(h->e, cc ^ 1);
	emit_setcc(h->e, emit_compare(h, (uint32_t)i->imm, a, b), reg);
	emit_land(h->e, skip);
}

static void from_integer(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a);
	struct result r = begin(h, d, i, IR_NONE, IR_NONE);
	struct emit *e = h->e;
	struct stub *s;

	/* So that nothing waits for the register's old value. */
	emit_zero_double(e, r.work);
	if (i->imm) {
		flags_drop(h);
		s = add_stub(h, STUB_UNSIGNED);
		emit_test(e, 8, a, a);
		s->site[0] = emit_jcc(e, CC_S);
		s->reg = (uint8_t)r.work;
		s->from[0] = (uint8_t)a;
		emit_from_int(e, i->size, r.work, a);
		s->back = e->p;
	} else {
		emit_from_int(e, i->size, r.work, a);
	}
	if (i->size == 4)
		emit_scalar(e, SSE_TO_DOUBLE, r.work, r.work);
	end(h, &r);
}

/* A number from 2^63 on: half of it, its last bit for both of the last two, and twice that. */
void make_unsigned(struct host *h, const struct stub *s)
{
	uint32_t size = h->t->ir[s->op].size;
	struct emit *e = h->e;

	emit_mov(e, RAX, s->from[0]);
	emit_mov(e, RDX, RAX);
	emit_shift(e, SHIFT_SHR, 8, RAX, 1);
	emit_alu_imm(e, ALU_AND, 4, RDX, 1);
	emit_alu(e, ALU_OR, 8, RAX, RDX);
	emit_from_int(e, size, s->reg, RAX);
	emit_scalar(e, size == 4 ? SSE_ADD_SINGLE : SSE_ADD, s->reg, s->reg);
	emit_patch(e, emit_jmp(e), s->back + e->to_rx);
}

/* Rule 14. */
static void to_integer(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a);
	struct emit *e = h->e;
	struct result r;
	struct stub *s;

	r = begin(h, d, i, IR_NONE, IR_NONE);
	s = look_again(h, a);
	emit_to_int(e, i->size, r.work, a);
	emit_lea(e, RAX, mem_at(r.work, 1));
	emit_alu_imm(e, ALU_CMP, 8, RAX, 2);
	s->site[0] = emit_jcc(e, CC_BE);
	s->back = e->p;
	end(h, &r);
}

static void choose(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), reg = def_over(h, d, i->b, i->a);
	enum host_cc cc = condition(h, i->c);
	uint8_t *skip;

	flags_drop(h);
	skip = emit_jcc(h->e, cc ^ 1);
	emit_mov_double(h->e, reg, a);
	emit_land(h->e, skip);
}

/* The flag D of a status field in FPSR, which lies in one byte. */
static struct host_mem flag_d(const struct ir *i, uint32_t *bit)
{
	uint32_t at = FPSR_FLAGS_SHIFT((uint32_t)i->imm) + 1;

	*bit = 1u << at % 8;
	return vcpu_field(offsetof(struct vcpu, fpsr) + at / 8);
}

/* It is nearly always set already. */
static void set_flag_d(struct host *h, const struct ir *i)
{
	uint32_t a = use(h, i->a), bit;
	struct host_mem m = flag_d(i, &bit);
	struct stub *s;

	flags_drop(h);
	s = add_stub(h, STUB_FLAG);
	emit_test_mem_imm1(h->e, m, bit);
	s->site[0] = emit_jcc(h->e, CC_E);
	s->from[0] = (uint8_t)a;
	s->back = h->e->p;
}

void make_flag(struct host *h, const struct stub *s)
{
	struct emit *e = h->e;
	uint32_t bit;
	struct host_mem m = flag_d(&h->t->ir[s->op], &bit);

	emit_test(e, 8, s->from[0], s->from[0]);
	emit_patch(e, emit_jcc(e, CC_S), s->back + e->to_rx);
	emit_alu_mem_imm(e, ALU_OR, 1, m, (int32_t)bit);
	emit_patch(e, emit_jmp(e), s->back + e->to_rx);
}

/* For quotients and roots that sequences make. */
static void divide(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b = use(h, i->b), reg;
	struct emit *e = h->e;

	if (i->size == 8) {
		if (has_vex(h) || ir_index(i->a) != ir_index(i->b))
			reg = def_after(h, d, i->a);
		else
			reg = def(h, d);
		operate(h, SSE_DIV, reg, a, b);
		return;
	}
	reg = def(h, d);
	emit_scalar(e, SSE_TO_SINGLE, SCRATCH, b);
	emit_scalar(e, SSE_TO_SINGLE, reg, a);
	emit_scalar(e, SSE_DIV_SINGLE, reg, SCRATCH);
	emit_scalar(e, SSE_TO_DOUBLE, reg, reg);
}

static void square_root(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), reg = def(h, d);

	/* So that nothing waits for the register's old value, where that can be had. */
	if (has_vex(h))
		emit_vex_scalar(h->e, SSE_SQRT, reg, a, a);
	else
		emit_scalar(h->e, SSE_SQRT, reg, a);
}

void select_float(struct host *h, ir_ref d, const struct ir *i)
{
	switch (i->op) {
	case IR_BITS:
		emit_mov_to_gpr(h->e, def(h, d), use(h, i->a));
		break;
	case IR_DOUBLE:
		emit_mov_to_xmm(h->e, def(h, d), use(h, i->a));
		break;
	case IR_FSEL:
		choose(h, d, i);
		break;
	case IR_FSUB:
		(i->imm ? subtract : binary)(h, d, i);
		break;
	case IR_FMUL:
		(i->imm ? multiply_negative : binary)(h, d, i);
		break;
	case IR_FADD:
	case IR_FMIN:
	case IR_FMAX:
		binary(h, d, i);
		break;
	case IR_FMA:
		multiply_add(h, d, i);
		break;
	case IR_FNEG:
	case IR_FABS:
	case IR_FSIGN:
		change_sign(h, d, i);
		break;
	case IR_FSINGLE:
		to_single(h, d, i);
		break;
	case IR_FCMP:
		compare(h, d, i);
		break;
	case IR_FROMI:
		from_integer(h, d, i);
		break;
	case IR_TOI:
		to_integer(h, d, i);
		break;
	case IR_FLAGD:
		set_flag_d(h, i);
		break;
	case IR_FDIV:
		divide(h, d, i);
		break;
	case IR_FSQRT:
		square_root(h, d, i);
		break;
	case IR_FLOATS:
		select_floats(h, i);
		break;
	default:
		select_form(h, i);
		break;
	}
}
