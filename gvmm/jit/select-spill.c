// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spills and fills of floating-point registers. Where they are canonical in the register
 * file 16 bytes go from the one place to the other.
 */
#include "gvmm/fp/form.h"
#include "gvmm/jit/select.h"

/* To the stub if PSR disables the register's half of the file, or for a write has not marked it. */
static void check_half(struct host *h, struct stub *s, uint32_t floats, bool write)
{
	uint32_t disabled = floats == FLOATS_LOW ? PSR_DFL : PSR_DFH;
	uint32_t modified = floats == FLOATS_LOW ? PSR_MFL : PSR_MFH;
	struct emit *e = h->e;

	if (!floats)
		return;
	if (!write) {
		struct host_mem third = VPD(vpsr);

		third.disp += 2;
		emit_test_mem_imm1(e, third, disabled >> 16);
		s->site[1] = emit_jcc(e, CC_NE);
		return;
	}
	emit_load(e, 4, RAX, VPD(vpsr));
	emit_alu_imm(e, ALU_AND, 4, RAX, (int32_t)(disabled | modified));
	emit_alu_imm(e, ALU_CMP, 4, RAX, (int32_t)modified);
	s->site[1] = emit_jcc(e, CC_NE);
}

_Static_assert(((PSR_DFL | PSR_DFH) & ~0xff0000ull) == 0, "they are in the third byte");

void select_spill(struct host *h, const struct ir *i)
{
	uint32_t se = i->loc - LOC_FR + LOC_FT, va = use(h, i->a);
	struct emit *e = h->e;
	struct stub *s;

	flags_drop(h);
	if (loc_in(&h->dirty, i->loc))
		store_loc(h, i->loc);
	if (loc_in(&h->dirty, se))
		store_loc(h, se);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	check_half(h, s, (uint32_t)i->imm, false);
	probe(h, s, va, 16, TAG_WRITE);
	emit_load(e, 8, RCX, loc_mem(i->loc));
	emit_load(e, 4, RDX, loc_mem(se));
	emit_test(e, 4, RDX, RDX);
	_Static_assert(FPREG_FORM == 1u << 31, "the sign");
	s->form = emit_jcc(e, CC_S);
	s->form_back = e->p;
	emit_store(e, 8, mem_indexed(RAX, va, 0), RCX);
	emit_store(e, 8, mem_indexed(RAX, va, 8), RDX);
	s->va = (uint8_t)va;
	s->back = e->p;
}

/* The register has another form: to the handler unless the thunk makes canonical words of it. */
void make_spill(struct host *h, struct stub *s)
{
	struct emit *e = h->e;

	emit_land(e, s->form);
	emit_call(e, cache_rx(h->t->jit, h->t->jit->thunk_spill));
	emit_patch(e, emit_jcc(e, CC_NE), s->form_back + e->to_rx);
	s->site[3] = emit_jmp(e);
}

/* NE, and rsp is left alone. */
static void succeed(struct emit *e)
{
	emit_pop(e, RSI);
	emit_test(e, 8, RSP, RSP);
	emit_ret(e);
}

/*
 * rcx and edx, an entry of the register file, to canonical words: NE when that has double
 * form and is zero or a normal number (fp_from_double()), else E. Changes no other register.
 */
void make_spill_thunk(struct jit *j, struct emit *e)
{
	uint8_t *other, *special, *nonzero;

	j->thunk_spill = (uint32_t)(e->p - j->rw);
	emit_push(e, RSI);
	emit_alu_imm(e, ALU_CMP, 4, RDX, (int32_t)FPREG_DOUBLE);
	other = emit_jcc(e, CC_NE);
	emit_mov(e, RSI, RCX);
	emit_shift(e, SHIFT_SHR, 8, RSI, 52);
	emit_mov4(e, RDX, RSI);
	emit_alu_imm(e, ALU_AND, 4, RDX, 0x7ff);
	/* esi: the sign, in its place */
	emit_shift(e, SHIFT_SHR, 4, RSI, 11);
	emit_shift(e, SHIFT_SHL, 4, RSI, 17);
	emit_shift(e, SHIFT_SHL, 8, RCX, 12);
	emit_alu_imm(e, ALU_SUB, 4, RDX, 1);
	emit_alu_imm(e, ALU_CMP, 4, RDX, 0x7fe);
	special = emit_jcc(e, CC_AE);
	emit_shift(e, SHIFT_SHR, 8, RCX, 1);
	emit_bts(e, RCX, 63);
	emit_alu_imm(e, ALU_ADD, 4, RDX, 0xfc01);
	emit_alu(e, ALU_OR, 4, RDX, RSI);
	succeed(e);
	/* Zero: the exponent field less 1 and the fraction are 0xffffffff and 0. */
	emit_land(e, special);
	emit_alu_imm(e, ALU_ADD, 4, RDX, 1);
	emit_alu(e, ALU_OR, 8, RDX, RCX);
	nonzero = emit_jcc(e, CC_NE);
	emit_mov4(e, RDX, RSI);
	succeed(e);
	emit_land(e, other);
	emit_land(e, nonzero);
	emit_alu(e, ALU_CMP, 4, RSI, RSI);
	emit_pop(e, RSI);
	emit_ret(e);
}

void select_fill(struct host *h, const struct ir *i)
{
	uint32_t se = i->loc - LOC_FR + LOC_FT, va = use(h, i->a);
	struct emit *e = h->e;
	struct stub *s;

	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	check_half(h, s, (uint32_t)i->imm, true);
	probe(h, s, va, 16, TAG_READ);
	emit_load(e, 8, RCX, mem_indexed(RAX, va, 0));
	emit_store(e, 8, loc_mem(i->loc), RCX);
	emit_load(e, 4, RCX, mem_indexed(RAX, va, 8));
	emit_alu_imm(e, ALU_AND, 4, RCX, FPREG_SIGN | FPREG_EXP_MASK);
	emit_store(e, 8, loc_mem(se), RCX);
	s->back = e->p;
	alloc_overwritten(h, i->loc);
	alloc_overwritten(h, se);
}
