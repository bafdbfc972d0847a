// SPDX-License-Identifier: GPL-2.0-only
/* Operations to host code: integers, predicates, moves, and the walk over a block. */
#include "gvmm/jit/select.h"

static const struct ir *operand(const struct host *h, ir_ref r)
{
	return &h->t->ir[ir_index(r)];
}

bool small_constant(const struct host *h, ir_ref r, int32_t *imm)
{
	const struct ir *i = operand(h, r);

	if (i->op != IR_K || i->imm != (int32_t)i->imm)
		return false;
	*imm = (int32_t)i->imm;
	return true;
}

/* What comes next changes the flags. */
static void clobbers(struct host *h)
{
	flags_drop(h);
}

static void add(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b, reg;
	int32_t imm;

	if (small_constant(h, i->b, &imm)) {
		reg = def_after(h, d, i->a);
		emit_lea(h->e, reg, mem_at(a, imm));
		return;
	}
	b = use(h, i->b);
	reg = def_after(h, d, i->a);
	emit_lea(h->e, reg, mem_indexed(a, b, 0));
}

static void subtract(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t b = use(h, i->b), reg;

	reg = def_over(h, d, i->a, i->b);
	clobbers(h);
	emit_alu(h->e, ALU_SUB, 8, reg, b);
}

static void logic(struct host *h, ir_ref d, const struct ir *i)
{
	enum host_alu op = i->op == IR_AND ? ALU_AND : i->op == IR_OR ? ALU_OR : ALU_XOR;
	ir_ref a = i->a, b = i->b;
	uint32_t reg, rb;
	int32_t imm;

	if (small_constant(h, b, &imm)) {
		reg = def_over(h, d, a, IR_NONE);
		clobbers(h);
		/* A mask without sign bit needs half of the register only. */
		emit_alu_imm(h->e, op, op == ALU_AND && imm >= 0 ? 4 : 8, reg, imm);
		return;
	}
	use(h, a);
	use(h, b);
	if (is_needed(h, ir_index(a)) && !is_needed(h, ir_index(b))) {
		a = i->b;
		b = i->a;
	}
	rb = use(h, b);
	reg = def_over(h, d, a, b);
	clobbers(h);
	emit_alu(h->e, op, 8, reg, rb);
}

static void and_not(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b = use(h, i->b), reg;

	if (h->t->jit->cpu & CPU_BMI1) {
		reg = def_after(h, d, i->a);
		clobbers(h);
		emit_andn(h->e, reg, b, a);
		return;
	}
	reg = def_over(h, d, i->b, i->a);
	clobbers(h);
	emit_not(h->e, reg);
	emit_alu(h->e, ALU_AND, 8, reg, a);
}

static void shladd(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b = use(h, i->b);

	emit_lea_scaled(h->e, def_after(h, d, i->a), b, a, (uint32_t)i->imm);
}

/*
 * By a number. Those that another instruction does without a copy of a are done so,
 * when a's register cannot be had.
 */
static void shift(struct host *h, ir_ref d, const struct ir *i)
{
	enum host_shift op = i->op == IR_SHL ? SHIFT_SHL : i->op == IR_SHR ? SHIFT_SHR :
			     i->op == IR_SAR ? SHIFT_SAR : SHIFT_ROR;
	uint32_t size = i->size == 4 ? 4 : 8, a = use(h, i->a), reg = def_after(h, d, i->a);

	if (reg != a && op == SHIFT_ROR && (h->t->jit->cpu & CPU_BMI2)) {
		emit_rorx(h->e, size, reg, a, (uint32_t)i->imm);
		return;
	}
	if (reg != a && op == SHIFT_SHL && size == 8 && i->imm <= 3) {
		emit_lea_scaled(h->e, reg, HOST_NONE, a, (uint32_t)i->imm);
		return;
	}
	clobbers(h);
	emit_mov(h->e, reg, a);
	emit_shift(h->e, op, size, reg, (uint32_t)i->imm);
}

static void shift_without_bmi2(struct host *h, ir_ref d, const struct ir *i, enum host_shift op)
{
	uint32_t b = use(h, i->b), reg = def_over(h, d, i->a, i->b);
	struct emit *e = h->e;

	clobbers(h);
	emit_mov(e, RCX, b);
	if (!i->imm) {
		emit_mov_imm(e, RAX, op == SHIFT_SAR ? 63 : 0);
		emit_alu_imm(e, ALU_CMP, 8, RCX, 63);
		emit_cmov(e, CC_A, op == SHIFT_SAR ? RCX : reg, RAX);
	}
	emit_shift_cl(e, op, 8, reg);
}

/* Counts above 63 give 0, or what 63 gives for the arithmetic shift. */
static void shift_variable(struct host *h, ir_ref d, const struct ir *i)
{
	enum host_shift op = i->op == IR_SHLV ? SHIFT_SHL :
			     i->op == IR_SHRV ? SHIFT_SHR : SHIFT_SAR;
	struct emit *e = h->e;
	uint32_t a, b, reg;

	if (!(h->t->jit->cpu & CPU_BMI2)) {
		shift_without_bmi2(h, d, i, op);
		return;
	}
	a = use(h, i->a);
	b = use(h, i->b);
	if (i->imm) {
		emit_shift_x(e, op, def_after(h, d, i->a), a, b);
		return;
	}
	reg = def_after(h, d, i->a);
	clobbers(h);
	emit_mov_imm(e, RAX, op == SHIFT_SAR ? 63 : 0);
	emit_alu_imm(e, ALU_CMP, 8, b, 63);
	if (op == SHIFT_SAR) {
		emit_cmov(e, CC_BE, RAX, b);
		emit_shift_x(e, op, reg, a, RAX);
	} else {
		emit_shift_x(e, op, reg, a, b);
		emit_cmov(e, CC_A, reg, RAX);
	}
}

static void shrp(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), reg = def_over(h, d, i->b, i->a);

	clobbers(h);
	emit_shrd(h->e, reg, a, (uint32_t)i->imm);
}

static void count_zeros(struct host *h, uint32_t reg, uint32_t a)
{
	if (h->t->jit->cpu & CPU_BMI1) {
		emit_tzcnt(h->e, reg, a);
		return;
	}
	/* bsf of 0 is undefined, but for the flags. */
	emit_mov_imm(h->e, RAX, 64);
	emit_tzcnt(h->e, reg, a);
	emit_cmov(h->e, CC_E, reg, RAX);
}

static void unary(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t reg, a;

	switch (i->op) {
	case IR_SXT:
		a = use(h, i->a);
		emit_sign_extend(h->e, i->size, def_after(h, d, i->a), a);
		break;
	case IR_ZXT:
		a = use(h, i->a);
		emit_zero_extend(h->e, i->size, def_after(h, d, i->a), a);
		break;
	case IR_COM:
		reg = def_over(h, d, i->a, IR_NONE);
		emit_not(h->e, reg);
		break;
	case IR_BSWAP:
		reg = def_over(h, d, i->a, IR_NONE);
		clobbers(h);
		emit_bswap(h->e, i->size, reg);
		break;
	case IR_CTZ:
		a = use(h, i->a);
		reg = def(h, d);
		clobbers(h);
		count_zeros(h, reg, a);
		break;
	default:
		a = use(h, i->a);
		reg = def_after(h, d, i->a);
		clobbers(h);
		emit_popcnt(h->e, reg, a);
		break;
	}
}

static void multiply(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t a, b, c, reg;

	if (i->op == IR_MUL) {
		b = use(h, i->b);
		reg = def_over(h, d, i->a, i->b);
		clobbers(h);
		emit_imul_reg(e, reg, b);
		return;
	}
	a = use(h, i->a);
	b = use(h, i->b);
	c = use(h, i->c);
	reg = def(h, d);
	clobbers(h);
	emit_mov(e, RAX, a);
	emit_mul_wide(e, b, i->op == IR_MULH);
	emit_alu(e, ALU_ADD, 8, RAX, c);
	emit_alu_imm(e, ALU_ADC, 8, RDX, 0);
	emit_mov(e, reg, RDX);
}

/* Half as wide, which is faster, when both numbers fit. */
static void divide(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t a = use(h, i->a), b = use(h, i->b), reg = def(h, d);
	uint8_t *wide, *done;

	clobbers(h);
	emit_mov(e, RAX, a);
	emit_mov(e, RCX, a);
	emit_alu(e, ALU_OR, 8, RCX, b);
	emit_shift(e, SHIFT_SHR, 8, RCX, 32);
	wide = emit_jcc(e, CC_NE);
	emit_mov_imm(e, RDX, 0);
	emit_divide(e, 4, b, false);
	done = emit_jmp(e);
	emit_land(e, wide);
	if (i->op == IR_DIV)
		emit_sign_to_rdx(e);
	else
		emit_mov_imm(e, RDX, 0);
	emit_divide(e, 8, b, i->op == IR_DIV);
	emit_land(e, done);
	emit_mov(e, reg, RAX);
}

static enum host_cc relation(uint32_t rel, bool swapped)
{
	switch (rel) {
	case REL_EQ:
		return CC_E;
	case REL_LT:
		return swapped ? CC_G : CC_L;
	case REL_LE:
		return swapped ? CC_GE : CC_LE;
	case REL_LTU:
		return swapped ? CC_A : CC_B;
	default:
		return swapped ? CC_AE : CC_BE;
	}
}

static void hold_flags(struct host *h, ir_ref d, enum host_cc cc)
{
	h->flags = d;
	h->cc = cc;
}

static void compare(struct host *h, ir_ref d, const struct ir *i)
{
	ir_ref a = i->a, b = i->b;
	bool swapped = operand(h, a)->op == IR_K;
	uint32_t ra, rb;
	int32_t imm;

	if (swapped) {
		a = i->b;
		b = i->a;
	}
	ra = use(h, a);
	if (small_constant(h, b, &imm)) {
		clobbers(h);
		if (imm == 0)
			emit_test(h->e, i->size, ra, ra);
		else
			emit_alu_imm(h->e, ALU_CMP, i->size, ra, imm);
	} else {
		rb = use(h, b);
		clobbers(h);
		emit_alu(h->e, ALU_CMP, i->size, ra, rb);
	}
	hold_flags(h, d, relation((uint32_t)i->imm, swapped));
}

static void bit(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), b;

	if (i->op == IR_BITV) {
		b = use(h, i->b);
		clobbers(h);
		emit_bt_reg(h->e, a, b);
	} else {
		clobbers(h);
		emit_bt(h->e, a, (uint32_t)i->imm);
	}
	hold_flags(h, d, CC_B);
}

static void clear_bit(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t b = use(h, i->b), reg = def_over(h, d, i->a, i->b);

	clobbers(h);
	emit_btr_reg(h->e, reg, b);
}

enum host_cc condition(struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r), reg;
	enum host_cc cc = CC_NE;

	if (h->flags == index) {
		cc = h->cc;
	} else {
		flags_drop(h);
		reg = bool_reg(h, index);
		if (operand(h, r)->op == IR_K) {
			emit_mov_imm(h->e, RAX, (uint64_t)operand(h, r)->imm);
			reg = RAX;
		}
		if (reg != REG_NONE)
			emit_test(h->e, 1, reg, reg);
		else
			emit_alu_mem_imm(h->e, ALU_CMP, 1, bool_mem(h, index), 0);
		if (operand(h, r)->op != IR_K)
			hold_flags(h, (ir_ref)index, CC_NE);
	}
	return r & IR_NOT ? cc ^ 1 : cc;
}

/* A BOOL's register, or the scratch register with its value; the rest of either is undefined. */
static uint32_t bool_in(struct host *h, uint32_t scratch, ir_ref r)
{
	uint32_t index = ir_index(r), reg = bool_reg(h, index);
	const struct ir *i = operand(h, r);

	if (reg != REG_NONE)
		return reg;
	if (i->op == IR_K)
		emit_mov_imm(h->e, scratch, (uint64_t)i->imm);
	else
		emit_load(h->e, 1, scratch, bool_mem(h, index));
	return scratch;
}

/* The reference's value, with a complement, into a scratch register. Changes the flags. */
static void bool_value(struct host *h, uint32_t reg, ir_ref r)
{
	emit_mov(h->e, reg, bool_in(h, reg, r));
	if (r & IR_NOT)
		emit_alu_imm(h->e, ALU_XOR, 4, reg, 1);
}

/* Have the operand's value survive the flags. */
static void settle(struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r);

	if (h->flags != index)
		return;
	if (bool_reg(h, index) == REG_NONE && h->value[index].spill == SPILL_NONE &&
	    h->value[index].home == LOC_NONE)
		emit_setcc(h->e, h->cc, def(h, (ir_ref)index));
	flags_drop(h);
}

/* An or is made as an and, a | b = !(!a & !b), so that two complements cost one. */
static void bool_logic(struct host *h, ir_ref d, const struct ir *i)
{
	bool negate = i->op == IR_BOR;
	bool not_a = negate != !!(i->a & IR_NOT), not_b = negate != !!(i->b & IR_NOT);
	struct emit *e = h->e;
	uint32_t reg, a, b;

	settle(h, i->a);
	settle(h, i->b);
	reg = def(h, d);
	clobbers(h);
	a = bool_in(h, RAX, i->a);
	b = bool_in(h, RCX, i->b);
	if (not_a != not_b) {
		emit_mov(e, reg, not_a ? a : b);
		emit_alu_imm(e, ALU_XOR, 4, reg, 1);
		emit_alu(e, ALU_AND, 4, reg, not_a ? b : a);
	} else {
		/* !a & !b = !(a | b) */
		emit_mov(e, reg, a);
		emit_alu(e, not_a ? ALU_OR : ALU_AND, 4, reg, b);
		negate ^= not_a;
	}
	if (negate)
		emit_alu_imm(e, ALU_XOR, 4, reg, 1);
}

static void bool_select(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	enum host_cc cc;
	uint32_t reg;

	settle(h, i->a);
	settle(h, i->b);
	settle(h, i->c);
	reg = def(h, d);
	clobbers(h);
	bool_value(h, RAX, i->a);
	bool_value(h, RCX, i->b);
	cc = condition(h, i->c);
	emit_cmov(e, cc ^ 1, RAX, RCX);
	emit_mov(e, reg, RAX);
}

static void choose(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), reg = def_over(h, d, i->b, i->a);

	emit_cmov(h->e, condition(h, i->c), reg, a);
}

static void load_field(struct host *h, ir_ref d, const struct ir *i)
{
	emit_load(h->e, i->size, def(h, d), vcpu_field((size_t)i->imm));
}

static void load_indexed(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a = use(h, i->a), reg = def_after(h, d, i->a);

	emit_load(h->e, i->size, reg, mem_indexed(REG_VCPU, a, (int32_t)i->imm));
}

static void store_field(struct host *h, const struct ir *i)
{
	uint32_t a = use(h, i->a);
	uint8_t *skip = guard_begin(h, i->c);

	emit_store(h->e, i->size, vcpu_field((size_t)i->imm), a);
	guard_end(h, skip);
}

uint8_t *guard_begin(struct host *h, ir_ref c)
{
	enum host_cc cc;

	if (c == IR_NONE)
		return NULL;
	cc = condition(h, c);
	flags_drop(h);
	return emit_jcc(h->e, cc ^ 1);
}

void guard_end(struct host *h, uint8_t *site)
{
	if (site)
		emit_land(h->e, site);
}

static void exit_if(struct host *h, const struct ir *i)
{
	enum host_cc cc = condition(h, i->a);
	struct stub *s = add_stub(h, STUB_EXIT);

	save_state(h, s);
	s->site[0] = emit_jcc(h->e, cc);
}

/* The handler instead of what follows from here on, when a condition holds. */
static void go_aside(struct host *h, const struct ir *i, uint32_t reg)
{
	enum host_cc cc = condition(h, i->a);
	struct stub *s;

	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	s->site[0] = emit_jcc(h->e, cc);
	s->reg = (uint8_t)reg;
	s->back = h->e->p;
}

bool moves_frame(uint32_t op)
{
	return op == OP_ALLOC || op == OP_FLUSHRS || op == OP_LOADRS;
}

/* Registers are in memory when a handler runs, and what it changes is read again. */
static void handler(struct host *h, const struct ir *i)
{
	uint32_t op = h->t->sites[i->site].insn.op;
	enum host_cc cc = CC_E;
	uint8_t *skip = NULL;

	sync_all(h);
	sync_frame(h);
	if (i->c != IR_NONE) {
		cc = condition(h, i->c);
		flags_drop(h);
	}
	if (i->size)
		keep_values(h, KEPT_REGS);
	if (i->c != IR_NONE)
		skip = emit_jcc(h->e, cc ^ 1);
	call_thunk(h, i->site, h->t->jit->thunk_call);
	if (moves_frame(op))
		reload_frame(h);
	guard_end(h, skip);
	if (i->size) {
		drop_registers(h, KEPT_REGS);
		return;
	}
	drop_values(h);
	h->frame = h->memory_frame = h->t->exit[i->imm].frame;
}

static void select_one(struct host *h, const struct ir *i)
{
	ir_ref d = (ir_ref)h->now;

	switch (i->op) {
	case IR_NOP:
	case IR_K:
		break;
	case IR_GET:
		alloc_get(h, i);
		break;
	case IR_PUT:
		alloc_put(h, i);
		break;
	case IR_LOST:
		alloc_lost(h, i->loc, i->a);
		break;
	case IR_ADD:
		add(h, d, i);
		break;
	case IR_SUB:
		subtract(h, d, i);
		break;
	case IR_AND:
	case IR_OR:
	case IR_XOR:
		logic(h, d, i);
		break;
	case IR_SHLADD:
		shladd(h, d, i);
		break;
	case IR_ANDN:
		and_not(h, d, i);
		break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROR:
		shift(h, d, i);
		break;
	case IR_SHLV:
	case IR_SHRV:
	case IR_SARV:
		shift_variable(h, d, i);
		break;
	case IR_SHRP:
		shrp(h, d, i);
		break;
	case IR_COM:
	case IR_SXT:
	case IR_ZXT:
	case IR_BSWAP:
	case IR_POPCNT:
	case IR_CTZ:
		unary(h, d, i);
		break;
	case IR_MUL:
	case IR_MULH:
	case IR_MULHU:
		multiply(h, d, i);
		break;
	case IR_CMP:
		compare(h, d, i);
		break;
	case IR_BIT:
	case IR_BITV:
		bit(h, d, i);
		break;
	case IR_BTR:
		clear_bit(h, d, i);
		break;
	case IR_BAND:
	case IR_BOR:
		bool_logic(h, d, i);
		break;
	case IR_BSEL:
		bool_select(h, d, i);
		break;
	case IR_SEL:
		choose(h, d, i);
		break;
	case IR_PAR:
		select_parallel(h, d, i);
		break;
	case IR_TOVEC:
		select_to_vector(h, d, i);
		break;
	case IR_FROMVEC:
		select_from_vector(h, d, i);
		break;
	case IR_LOAD:
		select_load(h, d, i);
		break;
	case IR_STORE:
		select_store(h, i);
		break;
	case IR_STOREAT:
		select_store_at(h, i);
		break;
	case IR_LOADP:
		select_pair(h, d, i);
		break;
	case IR_ADDEND:
	case IR_SECOND:
		break;
	case IR_SPILL:
		select_spill(h, i);
		break;
	case IR_FILL:
		select_fill(h, i);
		break;
	case IR_RMW:
		select_rmw(h, d, i);
		break;
	case IR_HIT:
		select_hit(h, d, i);
		break;
	case IR_UNHIT:
		select_unhit(h, i);
		break;
	case IR_LDV:
		load_field(h, d, i);
		break;
	case IR_LDX:
		load_indexed(h, d, i);
		break;
	case IR_STV:
		store_field(h, i);
		break;
	case IR_GETPRS:
		select_get_predicates(h, d);
		break;
	case IR_SETPRS:
		select_set_predicates(h, i);
		break;
	case IR_SETROT:
		select_set_rotating(h, i);
		break;
	case IR_COVER:
		select_cover(h, i);
		break;
	case IR_MARKER:
		select_marker(h, d);
		break;
	case IR_GETFLAG:
		select_get_flags(h, d);
		break;
	case IR_CLRFLAG:
		select_clear_flags(h, i);
		break;
	case IR_FENCE:
		emit_fence(h->e);
		break;
	case IR_ASIDE:
		go_aside(h, i, REG_NONE);
		break;
	case IR_ASIDEV:
		go_aside(h, i, def_over(h, d, i->b, IR_NONE));
		break;
	case IR_HANDLER:
		handler(h, i);
		break;
	case IR_ALLOC:
		select_alloc(h, i);
		break;
	case IR_FRAME:
		h->frame.whole = (uint64_t)i->imm;
		break;
	case IR_EXITIF:
		exit_if(h, i);
		break;
	case IR_EXIT:
		sync_all(h);
		leave_by(h, &h->t->exit[i->imm]);
		break;
	case IR_DIV:
	case IR_DIVU:
		divide(h, d, i);
		break;
	case IR_LOOP:
		loop_end(h);
		break;
	default:
		select_float(h, d, i);
		break;
	}
}

void select_block(struct translation *t, struct emit *e)
{
	struct host *h = (struct host *)((uint8_t *)t + HOST_OFFSET);
	uint32_t n;

	alloc_begin(h, t, e);
	h->now = 1;
	if (t->loops)
		loop_begin(h);
	else
		make_entry(h);
	for (n = 1; n < t->nr_ir && !e->full && !t->error; n++) {
		if (t->ir[n].op <= IR_K)
			continue;
		h->now = n;
		mark(h, n);
		if (t->checked)
			t->error = alloc_check(h);
		if (!t->error)
			select_one(h, &t->ir[n]);
		alloc_step(h);
	}
	make_stubs(h);
}
