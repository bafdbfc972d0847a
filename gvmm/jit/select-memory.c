// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores: the machine TLB is probed inline. Whatever it does not answer
 * is done by the instruction's handler, off the main path.
 */
#include "gvmm/cpu/alat.h"
#include "gvmm/jit/select.h"

_Static_assert(sizeof(struct mtlb_entry) == 32, "index is shifted by 5");

_Static_assert(sizeof(((struct mtlb_words *)0)->word[0]) == 8, "index is shifted by 3");

/* Where a field of the machine TLB's entries for data lies, from the vCPU. */
static int32_t mtlb_at(const struct host *h, size_t field)
{
	uint32_t mode = (h->t->key.flags & KEY_MODE) / KEY_MODE_1;

	return (int32_t)(RIVEN_VCPU_MTLB - RIVEN_VCPU_STATE + field +
			 mode * MTLB_ENTRIES * sizeof(struct mtlb_entry));
}

/* The same in struct mtlb_probe. */
static int32_t mtlb_probe_at(const struct host *h, size_t field)
{
	uint32_t mode = (h->t->key.flags & KEY_MODE) / KEY_MODE_1;

	return (int32_t)(RIVEN_VCPU_MTLB - RIVEN_VCPU_STATE + MTLB_PROBE_OFFSET + field +
			 mode * sizeof(struct mtlb_probe));
}

_Static_assert(sizeof(struct alat_entry) == 16 && offsetof(struct alat_entry, reg) == 8,
	       "an entry's place is its index shifted by 4, reg is its second word");

/*
 * A location's entry of the ALAT, in rcx unless its place is known, and in edx the
 * number that its reg has to be if that is not.
 */
static struct host_mem alat_entry(struct host *h, uint32_t loc, size_t field)
{
	struct emit *e = h->e;

	if (loc < 32)
		return vcpu_field(offsetof(struct vcpu, alat) + alat_index(loc) * 16 + field);
	emit_load(e, 4, RDX, VCPU(fb));
	emit_alu_imm(e, ALU_ADD, 4, RDX, (int32_t)loc - 32);
	emit_mov4(e, RCX, RDX);
	emit_alu_imm(e, ALU_AND, 4, RCX, ALAT_ENTRIES / 2 - 1);
	emit_shift(e, SHIFT_SHL, 4, RCX, 4);
	return mem_indexed(REG_VCPU, RCX, (int32_t)(offsetof(struct vcpu, alat) + field));
}

static struct host_mem field_of(struct host_mem m, size_t field)
{
	m.disp += (int32_t)field;
	return m;
}

void select_hit(struct host *h, ir_ref d, const struct ir *i)
{
	struct host_mem m;

	flags_drop(h);
	m = alat_entry(h, i->loc, offsetof(struct alat_entry, reg));
	if (i->loc < 32)
		emit_alu_mem_imm(h->e, ALU_CMP, 2, m, i->loc);
	else
		emit_alu_load(h->e, ALU_CMP, 2, RDX, m);
	h->flags = d;
	h->cc = CC_E;
}

void select_unhit(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	struct host_mem m;
	uint8_t *skip;

	if (i->c == IR_NONE)
		flags_drop(h);
	skip = guard_begin(h, i->c);
	m = alat_entry(h, i->loc, 0);
	/* reg and size */
	emit_store_imm(e, 4, field_of(m, offsetof(struct alat_entry, reg)), 0);
	if (i->loc < 32) {
		emit_bit_mem(e, BIT_RESET, VCPU(alat_live), alat_index(i->loc));
	} else {
		emit_shift(e, SHIFT_SHR, 4, RCX, 4);
		emit_load(e, 8, RDX, VCPU(alat_live));
		emit_btr_reg(e, RDX, RCX);
		emit_store(e, 8, VCPU(alat_live), RDX);
	}
	guard_end(h, skip);
}

/* Enter the load from host address rax, as alat_insert() does. */
static void enter_alat(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	struct host_mem m;
	uint8_t *some;

	emit_alu_mem_imm(e, ALU_CMP, 8, VCPU(alat_live), 0);
	some = emit_jcc(e, CC_NE);
	emit_store_imm(e, 8, VCPU(alat_granules), 0);
	emit_land(e, some);
	m = alat_entry(h, i->loc, 0);
	emit_alu_load(e, ALU_SUB, 8, RAX, VCPU(window));
	emit_store(e, 8, field_of(m, offsetof(struct alat_entry, gpa)), RAX);
	if (i->loc < 32) {
		emit_store_imm(e, 4, field_of(m, offsetof(struct alat_entry, reg)),
			       (int32_t)(i->loc | (uint32_t)i->size << 16));
		emit_bit_mem(e, BIT_SET, VCPU(alat_live), alat_index(i->loc));
	} else {
		emit_alu_imm(e, ALU_OR, 4, RDX, i->size << 16);
		emit_store(e, 4, field_of(m, offsetof(struct alat_entry, reg)), RDX);
		emit_shift(e, SHIFT_SHR, 4, RCX, 4);
		emit_load(e, 8, RDX, VCPU(alat_live));
		emit_bts_reg(e, RDX, RCX);
		emit_store(e, 8, VCPU(alat_live), RDX);
	}
	/* An aligned load lies in one granule. */
	emit_shift(e, SHIFT_SHR, 4, RAX, ALAT_GRANULE_BITS);
	emit_load(e, 8, RCX, VCPU(alat_granules));
	emit_bts_reg(e, RCX, RAX);
	emit_store(e, 8, VCPU(alat_granules), RCX);
}

/* Compares rcx, the tag asked for, with that of the slot that rax says. */
static void compare_tags(struct host *h, struct stub *s, uint32_t what, int32_t read, int32_t write)
{
	struct emit *e = h->e;

	emit_alu_load(e, ALU_CMP, 8, RCX,
		      mem_indexed(REG_VCPU, RAX, what & TAG_READ ? read : write));
	s->site[0] = emit_jcc(e, CC_NE);
}

/*
 * rax = the slot for va, as an offset, once the tags have been compared. What andn makes of
 * the address is a tag as struct mtlb_probe has it: page, size and alignment in one.
 */
static void probe_words(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what)
{
	uint32_t n = (uint32_t)__builtin_ctz(size);
	size_t words = n * sizeof(struct mtlb_words);
	struct emit *e = h->e;

	emit_rorx(e, 4, RAX, va, MTLB_PAGE_BITS - 3);
	emit_alu_imm(e, ALU_AND, 4, RAX, (MTLB_ENTRIES - 1) << 3);
	emit_andn_load(e, RCX, va, JIT(tag_bits[n]));
	compare_tags(h, s, what, mtlb_probe_at(h, offsetof(struct mtlb_probe, read) + words),
		     mtlb_probe_at(h, offsetof(struct mtlb_probe, write) + words));
	s->addend = mtlb_probe_at(h, offsetof(struct mtlb_probe, addend));
}

/* The same in struct mtlb_entry, for a processor without BMI. */
static void probe_entries(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what)
{
	struct emit *e = h->e;

	emit_mov4(e, RAX, va);
	emit_shift(e, SHIFT_SHR, 4, RAX, MTLB_PAGE_BITS - 5);
	emit_alu_imm(e, ALU_AND, 4, RAX, (MTLB_ENTRIES - 1) << 5);
	emit_mov(e, RCX, va);
	emit_alu_imm(e, ALU_AND, 8, RCX, (int32_t)(~0xfffu | (size - 1)));
	compare_tags(h, s, what, mtlb_at(h, offsetof(struct mtlb_entry, tag_read)),
		     mtlb_at(h, offsetof(struct mtlb_entry, tag_write)));
	s->addend = mtlb_at(h, offsetof(struct mtlb_entry, addend));
}

void probe(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what)
{
	probe_to(h, s, va, size, what, RAX);
}

void probe_to(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what,
	      uint32_t reg)
{
	uint32_t bmi = CPU_BMI1 | CPU_BMI2;
	struct emit *e = h->e;

	if ((h->t->jit->cpu & bmi) == bmi)
		probe_words(h, s, va, size, what);
	else
		probe_entries(h, s, va, size, what);
	if (what & (TAG_ACQUIRE | TAG_WRITE)) {
		uint8_t *some;

		emit_alu_mem_imm(e, ALU_CMP, 8, VCPU(alat_live), 0);
		some = emit_jcc(e, CC_NE);
		if (what & TAG_ACQUIRE) {
			s->site[1] = some;
		} else {
			s->alat = some;
			s->alat_back = e->p;
		}
	}
	emit_load(e, 8, reg, mem_indexed(REG_VCPU, RAX, s->addend));
}

/*
 * To the stub if a single is no normal number. Whether it is a normal number is seen by twice its bits plus
 * 2^24, in ecx: denormals, infinities, NaNs, and zero, for which it is 2^24, are below 2^25.
 */
static void check_single(struct host *h, struct stub *s, uint32_t gpr)
{
	struct emit *e = h->e;

	emit_lea(e, RCX, mem_indexed(gpr, gpr, 1 << 24));
	emit_alu_imm(e, ALU_CMP, 4, RCX, 1 << 25);
	s->alat = emit_jcc(e, CC_B);
	s->alat_back = e->p;
}

static void widen_single(struct host *h, uint32_t reg, uint32_t gpr)
{
	emit_mov_to_xmm(h->e, reg, gpr);
	emit_scalar(h->e, SSE_TO_DOUBLE, reg, reg);
}

static void load_single(struct host *h, struct stub *s, uint32_t reg, struct host_mem m)
{
	emit_load(h->e, 4, RAX, m);
	check_single(h, s, RAX);
	widen_single(h, reg, RAX);
}

static struct stub *add_half(struct host *h, const struct stub *access)
{
	struct stub *s = add_stub(h, STUB_SINGLE);

	s->access = (uint16_t)(access - h->stub);
	return s;
}

/* Both are looked at before a register changes. */
static void load_singles(struct host *h, struct stub *s, uint32_t reg, uint32_t second,
			 struct host_mem m)
{
	emit_load(h->e, 4, RDX, m);
	check_single(h, add_half(h, s), RDX);
	m.disp += 4;
	emit_load(h->e, 4, RAX, m);
	check_single(h, add_half(h, s), RAX);
	widen_single(h, reg, RDX);
	if (second != REG_NONE)
		widen_single(h, second, RAX);
}

#define EXTENDED_BIAS	16383
#define DOUBLE_BIAS	1023

/* Ten bytes, of which those are taken that are a normal double. */
static void load_extended(struct host *h, struct stub *s, uint32_t reg, struct host_mem m)
{
	struct emit *e = h->e;

	emit_load(e, 8, RDX, m);
	m.disp += 8;
	emit_load(e, 2, RAX, m);
	/* The integer bit is set, and what a double has no room for is zero. */
	emit_alu(e, ALU_ADD, 8, RDX, RDX);
	s->site[1] = emit_jcc(e, CC_AE);
	emit_mov4(e, RCX, RDX);
	emit_alu_imm(e, ALU_AND, 4, RCX, 0xfff);
	s->site[2] = emit_jcc(e, CC_NE);
	emit_shift(e, SHIFT_SHR, 8, RDX, 12);
	/* rcx: the exponent less one */
	emit_mov4(e, RCX, RAX);
	emit_alu_imm(e, ALU_AND, 4, RCX, 0x7fff);
	emit_alu_imm(e, ALU_SUB, 4, RCX, EXTENDED_BIAS - DOUBLE_BIAS + 1);
	emit_alu_imm(e, ALU_CMP, 4, RCX, 0x7fe);
	s->site[3] = emit_jcc(e, CC_AE);
	emit_shift(e, SHIFT_SHR, 4, RAX, 15);
	emit_shift(e, SHIFT_SHL, 4, RAX, 11);
	emit_lea(e, RAX, mem_indexed(RAX, RCX, 1));
	emit_shift(e, SHIFT_SHL, 8, RAX, 52);
	emit_alu(e, ALU_OR, 8, RDX, RAX);
	emit_mov_to_xmm(e, reg, RDX);
}

static void load_data(struct host *h, const struct ir *i, struct stub *s, uint32_t reg,
		      struct host_mem m)
{
	bool swap = i->imm & IRM_BE;

	if (i->type == IR_F64 && i->size != 8) {
		(i->size == 4 ? load_single : load_extended)(h, s, reg, m);
		return;
	}
	if (i->type == IR_F64) {
		emit_load_double(h->e, reg, m);
		return;
	}
	if (swap && i->size > 2 && (h->t->jit->cpu & CPU_MOVBE)) {
		emit_load_swapped(h->e, i->size, reg, m);
		return;
	}
	emit_load(h->e, i->size, reg, m);
	if (swap)
		emit_bswap(h->e, i->size, reg);
}

void select_load(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	struct stub *s;
	uint32_t va = use(h, i->a), reg, addend = RAX, what = TAG_READ;
	uint32_t size = i->size == 10 ? 16 : i->size;
	uint8_t *skip;

	s = add_stub(h, STUB_ACCESS);
	if (i->c == IR_NONE) {
		flags_drop(h);
		/* Its register is written before a single is looked at, which may yet be the handler's. */
		if (i[1].op == IR_ADDEND) {
			s->addend_reg = (uint8_t)(addend = def(h, d + 1));
			s->va = (uint8_t)va;
			what = TAG_WRITABLE;
		}
		save_state(h, s);
		reg = def_after(h, d, i->a);
		skip = NULL;
	} else {
		enum host_cc cc;

		/* The other value is there before the probe may fail. */
		reg = def_over(h, d, i->b, i->a);
		cc = condition(h, i->c);
		flags_drop(h);
		save_state(h, s);
		skip = emit_jcc(e, cc ^ 1);
	}
	probe_to(h, s, va, size, what | (i->imm & IRM_ACQUIRE ? TAG_ACQUIRE : 0), addend);
	if (i->imm & IRM_ADVANCED) {
		emit_alu(e, ALU_ADD, 8, RAX, va);
		load_data(h, i, s, reg, mem_at(RAX, 0));
		enter_alat(h, i);
	} else {
		load_data(h, i, s, reg, mem_indexed(addend, va, 0));
	}
	s->reg = (uint8_t)reg;
	s->back = e->p;
	guard_end(h, skip);
}

/* Both halves of a pair, the second for the operation behind it. */
void select_pair(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t va = use(h, i->a), reg, second = REG_NONE;
	struct stub *s = add_stub(h, STUB_ACCESS);

	flags_drop(h);
	save_state(h, s);
	reg = def(h, d);
	if (i[1].op == IR_SECOND)
		second = def(h, d + 1);
	probe(h, s, va, i->size, TAG_READ);
	if (i->size == 8) {
		load_singles(h, s, reg, second, mem_indexed(RAX, va, 0));
	} else {
		emit_load_word(h->e, reg, mem_indexed(RAX, va, 0));
		if (second != REG_NONE)
			emit_load_word(h->e, second, mem_indexed(RAX, va, 8));
	}
	s->reg = (uint8_t)reg;
	s->second = (uint8_t)second;
	s->back = h->e->p;
}

/* data: a register, or REG_NONE for imm. */
static void store_data(struct host *h, const struct ir *i, struct host_mem m, uint32_t data,
		       int32_t imm)
{
	struct emit *e = h->e;

	if (data == REG_NONE) {
		emit_store_imm(e, i->size, m, imm);
	} else if (data >= 16) {
		emit_store_double(e, m, data);
	} else if (!i->imm || i->size == 1) {
		emit_store(e, i->size, m, data);
	} else if (i->size > 2 && (h->t->jit->cpu & CPU_MOVBE)) {
		emit_store_swapped(e, i->size, m, data);
	} else {
		emit_mov(e, RCX, data);
		emit_bswap(e, i->size, RCX);
		emit_store(e, i->size, m, RCX);
	}
}

/* The place is known, and that it can be written: only the ALAT has to be looked at. */
void select_store_at(struct host *h, const struct ir *i)
{
	uint32_t va = use(h, i->a), addend = use(h, i->c), data = REG_NONE;
	int32_t imm = 0;
	struct stub *s;

	if (i->imm || !small_constant(h, i->b, &imm))
		data = use(h, i->b);
	flags_drop(h);
	s = add_stub(h, STUB_ALAT);
	s->va = (uint8_t)va;
	s->addend_reg = (uint8_t)addend;
	emit_alu_mem_imm(h->e, ALU_CMP, 8, VCPU(alat_live), 0);
	s->alat = emit_jcc(h->e, CC_NE);
	s->alat_back = h->e->p;
	store_data(h, i, mem_indexed(addend, va, 0), data, imm);
}

void select_store(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t va = use(h, i->a), data = REG_NONE;
	int32_t imm = 0;
	bool known = small_constant(h, i->b, &imm) && (!i->imm || i->size == 16);
	enum host_cc cc = CC_E;
	uint8_t *skip = NULL;
	struct stub *s;

	if (!known)
		data = use(h, i->b);
	if (i->c != IR_NONE)
		cc = condition(h, i->c);
	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	if (i->c != IR_NONE)
		skip = emit_jcc(e, cc ^ 1);
	probe(h, s, va, i->size, TAG_WRITE);
	if (i->size == 16) {
		emit_store_imm(e, 8, mem_indexed(RAX, va, 0), 0);
		emit_store_imm(e, 8, mem_indexed(RAX, va, 8), 0);
	} else {
		store_data(h, i, mem_indexed(RAX, va, 0), data, imm);
	}
	s->reg = REG_NONE;
	s->va = (uint8_t)va;
	s->back = e->p;
	guard_end(h, skip);
}
