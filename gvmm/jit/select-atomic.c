// SPDX-License-Identifier: GPL-2.0-only
/* Semaphores: the host's locked instructions, which are fences as well. */
#include "gvmm/jit/select.h"

void select_rmw(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t va = use(h, i->a), data = use(h, i->b), expected = REG_NONE, reg = REG_NONE;
	bool compares = (i->imm & RMW_KIND) == RMW_CMPXCHG, big = i->imm & RMW_BE;
	struct host_mem m = mem_at(RCX, 0);
	struct emit *e = h->e;
	uint8_t *skip;
	struct stub *s;

	if (compares)
		expected = use(h, i->c);
	/* The other value is there before the probe may fail. */
	if (i->guard != IR_NONE)
		reg = def_over(h, d, i->other, IR_NONE);
	skip = guard_begin(h, i->guard);
	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	if (reg == REG_NONE)
		reg = def(h, d);
	/* All of CCV is compared: with bits above the size it is the handler's. */
	if (compares && i->size < 8) {
		emit_zero_extend(e, i->size, RAX, expected);
		emit_alu(e, ALU_CMP, 8, RAX, expected);
		s->site[3] = emit_jcc(e, CC_NE);
	}
	probe(h, s, va, i->size, TAG_WRITE | TAG_ACQUIRE);
	emit_lea(e, RCX, mem_indexed(RAX, va, 0));
	if (compares && big) {
		emit_mov(e, RDX, data);
		emit_bswap(e, i->size, RDX);
		data = RDX;
	}
	emit_mov(e, RAX, compares ? expected : data);
	if (big)
		emit_bswap(e, i->size, RAX);
	if (compares)
		emit_atomic(e, ATOMIC_CMPXCHG, i->size, m, data);
	else
		emit_atomic(e, i->imm == RMW_ADD ? ATOMIC_ADD : ATOMIC_XCHG, i->size, m, RAX);
	if (big)
		emit_bswap(e, i->size, RAX);
	emit_zero_extend(e, i->size, reg, RAX);
	s->reg = (uint8_t)reg;
	s->back = e->p;
	guard_end(h, skip);
}
