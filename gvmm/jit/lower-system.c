// SPDX-License-Identifier: GPL-2.0-only
/* alloc, and moves of the application registers that compilers use. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/translate.h"

enum { AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40, AR_PFS = 64, AR_LC = 65, AR_EC = 66 };

/*
 * The frame grows or shrinks in place while it fits (rse_fits()); else the
 * handler does it, off the main path.
 */
static bool alloc(struct translation *t, const struct insn *i)
{
	uint32_t sof = i->r2, sol = i->r3, sor = i->r4 * 8u, d;
	struct frame *f = &t->frame;
	struct emit *e = &t->e;
	struct stub *s;

	if (!alloc_legal(i) || (sor != f->sor && (f->rrb_gr | f->rrb_fr | f->rrb_pr)))
		return false;
	/* Registers are named after the new frame's rotation, which none but r1 uses. */
	regs_flush(t);
	f->sof = (uint8_t)sof;
	f->sol = (uint8_t)sol;
	f->sor = (uint8_t)sor;
	d = reg_def(t, guest_of(t, i->r1));
	s = add_stub(t, STUB_ACCESS);
	emit_load(e, 4, RAX, VCPU(fb));
	emit_alu_load(e, ALU_SUB, 4, RAX, VCPU(dirty));
	emit_alu_imm(e, ALU_CMP, 4, RAX, (int32_t)(RSE_PHYS - sof));
	s->site[0] = emit_jcc(e, CC_A);
	store_frame(t);
	emit_load(e, 8, d, VCPU(pfs));
	reg_dirty(t, d);
	s->reload = 1u << d;
	s->back = e->p;
	t->flags_at = NULL;
	return true;
}

/* Where an application register that needs no work lies; is_i: it is the I unit's. */
static bool ar_place(uint32_t n, bool is_i, struct host_mem *m)
{
	switch (n) {
	case AR_PFS:
		*m = VCPU(pfs);
		return is_i;
	case AR_LC:
		*m = VCPU(lc);
		return is_i;
	case AR_EC:
		*m = VCPU(ec);
		return is_i;
	case AR_CCV:
		*m = VCPU(ccv);
		return !is_i;
	case AR_UNAT:
		*m = VCPU(unat);
		return !is_i;
	case AR_FPSR:
		*m = VCPU(fpsr);
		return !is_i;
	default:
		return false;
	}
}

static bool mov_from_ar(struct translation *t, const struct insn *i)
{
	struct host_mem m;
	uint8_t *skip;
	uint32_t d;

	if (!target_ok(t, i->r1) || !ar_place(i->r3, i->aux, &m))
		return false;
	d = i->qp ? reg_use(t, guest_of(t, i->r1)) : reg_def(t, guest_of(t, i->r1));
	skip = guard_begin(t, i);
	emit_load(&t->e, 8, d, m);
	reg_dirty(t, d);
	guard_end(t, skip);
	return true;
}

/* Only those that take any value. */
static bool mov_to_ar(struct translation *t, const struct insn *i)
{
	struct host_mem m;
	uint8_t *skip;
	uint32_t a;

	if ((i->r3 != AR_LC && i->r3 != AR_CCV && i->r3 != AR_UNAT) ||
	    !ar_place(i->r3, i->aux, &m))
		return false;
	a = reg_use(t, guest_of(t, i->r2));
	skip = guard_begin(t, i);
	emit_store(&t->e, 8, m, a);
	guard_end(t, skip);
	return true;
}

static bool mov_to_ar_imm(struct translation *t, const struct insn *i)
{
	struct host_mem m;
	uint8_t *skip;

	if ((i->r3 != AR_LC && i->r3 != AR_CCV && i->r3 != AR_UNAT) ||
	    !ar_place(i->r3, i->aux, &m))
		return false;
	skip = guard_begin(t, i);
	emit_store_imm(&t->e, 8, m, (int32_t)i->imm);
	guard_end(t, skip);
	return true;
}

bool lower_system(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_ALLOC:
		return alloc(t, i);
	case OP_MOV_M_FROM_AR:
	case OP_MOV_I_FROM_AR:
		return mov_from_ar(t, i);
	case OP_MOV_M_TO_AR:
	case OP_MOV_I_TO_AR:
		return mov_to_ar(t, i);
	case OP_MOV_M_TO_AR_IMM:
	case OP_MOV_I_TO_AR_IMM:
		return mov_to_ar_imm(t, i);
	default:
		return false;
	}
}
