// SPDX-License-Identifier: GPL-2.0-only
/* What has to hold before floating-point operations (docs/fp-invariants.md). */
#include "gvmm/cpu/fpsr.h"
#include "gvmm/jit/select.h"

/* The flag I of status field 1. */
#define FPSR_SF1_I	((uint64_t)FPF_I << FPSR_FLAGS_SHIFT(1))

_Static_assert(FPSR_SF1_I == 1ull << 31, "it is the highest bit of the fourth byte");

static uint32_t psr_mask(uint32_t floats)
{
	return (floats & FLOATS_LOW ? PSR_MFL | PSR_DFL : 0) |
	       (floats & FLOATS_HIGH ? PSR_MFH | PSR_DFH : 0);
}

void select_floats(struct host *h, const struct ir *i)
{
	uint32_t floats = (uint32_t)h->t->ir[ir_index(i->a)].imm, mask = psr_mask(floats);
	struct emit *e = h->e;
	struct stub *s;

	if (h->looked)
		return;
	flags_drop(h);
	s = add_stub(h, STUB_FORM);
	s->entry = h->t->loops && !h->loop_head;
	save_state(h, s);
	if (mask) {
		emit_load(e, 4, RAX, VPD(vpsr));
		emit_alu_imm(e, ALU_AND, 4, RAX, (int32_t)mask);
		emit_alu_imm(e, ALU_CMP, 4, RAX, mask & (PSR_MFL | PSR_MFH));
		s->site[0] = emit_jcc(e, CC_NE);
	}
	if (floats & (FLOATS_MAIN | FLOATS_DIVIDE)) {
		emit_test_mem_imm1(e, VCPU(fp_fast),
				   floats & FLOATS_DIVIDE ? FP_FAST_DIVIDE : FP_FAST_MAIN);
		s->site[1] = emit_jcc(e, CC_E);
	}
	if (floats & FLOATS_DIVIDE) {
		emit_test_mem_imm1(e, vcpu_field(offsetof(struct vcpu, fpsr) + 3), 0x80);
		s->site[2] = emit_jcc(e, CC_E);
	}
}

void select_form(struct host *h, const struct ir *i)
{
	struct stub *s;

	if (h->looked)
		return;
	flags_drop(h);
	alloc_form(h, i->loc, i->a);
	s = add_stub(h, STUB_FORM);
	s->entry = h->t->loops && !h->loop_head;
	save_state(h, s);
	emit_alu_mem_imm(h->e, ALU_CMP, 4, loc_mem(i->loc),
			 (int32_t)h->t->ir[ir_index(i->a)].imm);
	s->site[0] = emit_jcc(h->e, CC_NE);
	s->back = h->e->p;
}

void call_form(struct host *h, uint32_t n, uint32_t form)
{
	struct jit *j = h->t->jit;
	struct emit *e = h->e;

	emit_mov_imm(e, RAX, n);
	emit_mov_imm(e, RDX, form);
	emit_mov_imm(e, RCX, (uint32_t)((uint8_t *)h->t->sites - j->rw));
	emit_call(e, cache_rx(j, h->uses_xmm ? j->thunk_form_xmm : j->thunk_form));
}

/* FORM: try to give the register its form. Else, and for FLOATS, the block has to be left. */
void make_form(struct host *h, const struct stub *s)
{
	const struct ir *i = &h->t->ir[s->op];
	struct emit *e = h->e;

	if (i->op == IR_FORM) {
		call_form(h, i->loc - LOC_FT, (uint32_t)h->t->ir[ir_index(i->a)].imm);
		emit_patch(e, emit_jcc(e, CC_NE), s->back + e->to_rx);
	} else {
		call_form(h, 0, FORM_NONE);
	}
	store_state(h, s);
	leave_by(h, &h->t->exit[s->entry ? h->t->entry_exit : i->imm]);
}
