// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores: the machine TLB is probed inline. Whatever it does not answer
 * is done by the instruction's handler, off the main path.
 */
#include "gvmm/jit/select.h"

_Static_assert(sizeof(struct mtlb_entry) == 32, "index is shifted by 5");

/* Where the machine TLB's array for data lies, from the vCPU. */
static int32_t mtlb_at(const struct host *h, size_t field)
{
	uint32_t mode = (h->t->key.flags & KEY_MODE) / KEY_MODE_1;

	return (int32_t)(RIVEN_VCPU_MTLB - RIVEN_VCPU_STATE + field +
			 mode * MTLB_ENTRIES * sizeof(struct mtlb_entry));
}

/* rax = host address less va; the stub's first sites: where the probe fails. */
static void probe(struct host *h, struct stub *s, uint32_t va, uint32_t size, bool store,
		  bool acquire)
{
	size_t tag = store ? offsetof(struct mtlb_entry, tag_write) :
			     offsetof(struct mtlb_entry, tag_read);
	struct emit *e = h->e;

	if (h->t->jit->cpu & CPU_BMI2) {
		emit_rorx4(e, RAX, va, MTLB_PAGE_BITS - 5);
	} else {
		emit_mov4(e, RAX, va);
		emit_shift(e, SHIFT_SHR, 4, RAX, MTLB_PAGE_BITS - 5);
	}
	emit_alu_imm(e, ALU_AND, 4, RAX, (MTLB_ENTRIES - 1) << 5);
	emit_mov(e, RCX, va);
	emit_alu_imm(e, ALU_AND, 8, RCX, (int32_t)(~0xfffu | (size - 1)));
	emit_alu_load(e, ALU_CMP, 8, RCX, mem_indexed(REG_VCPU, RAX, mtlb_at(h, tag)));
	s->site[0] = emit_jcc(e, CC_NE);
	if (store || acquire) {
		emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(alat_count), 0);
		s->site[1] = emit_jcc(e, CC_NE);
	}
	emit_load(e, 8, RAX, mem_indexed(REG_VCPU, RAX,
					 mtlb_at(h, offsetof(struct mtlb_entry, addend))));
}

void select_load(struct host *h, ir_ref d, const struct ir *i)
{
	struct emit *e = h->e;
	struct stub *s;
	uint32_t va = use(h, i->a), reg;
	uint8_t *skip;

	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	if (i->c == IR_NONE) {
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
	probe(h, s, va, i->size, false, i->imm & IRM_ACQUIRE);
	if ((i->imm & IRM_BE) && i->size > 2 && (h->t->jit->cpu & CPU_MOVBE)) {
		emit_load_swapped(e, i->size, reg, mem_indexed(RAX, va, 0));
	} else {
		emit_load(e, i->size, reg, mem_indexed(RAX, va, 0));
		if (i->imm & IRM_BE)
			emit_bswap(e, i->size, reg);
	}
	s->reg = (uint8_t)reg;
	s->back = e->p;
	guard_end(h, skip);
}

void select_store(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t va = use(h, i->a), data = REG_NONE;
	int32_t imm = 0;
	bool known = small_constant(h, i->b, &imm) && !i->imm;
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
	probe(h, s, va, i->size, true, false);
	if (known) {
		emit_store_imm(e, i->size, mem_indexed(RAX, va, 0), imm);
	} else {
		if (i->imm && i->size > 1) {
			emit_mov(e, RCX, data);
			emit_bswap(e, i->size, RCX);
			data = RCX;
		}
		emit_store(e, i->size, mem_indexed(RAX, va, 0), data);
	}
	s->reg = REG_NONE;
	s->back = e->p;
	guard_end(h, skip);
}
