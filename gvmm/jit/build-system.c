// SPDX-License-Identifier: GPL-2.0-only
/* alloc, and moves of the application registers that compilers use. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/build.h"

enum { AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40, AR_PFS = 64, AR_LC = 65, AR_EC = 66 };

/* The frame grows or shrinks in place when the file has room; else the handler does it. */
static bool alloc(struct translation *t, const struct insn *i)
{
	struct frame *f = &t->frame;
	uint32_t sor = i->r4 * 8u;
	int64_t after;

	if (!alloc_legal(i) || (sor != f->sor && (f->rrb_gr | f->rrb_fr | f->rrb_pr)))
		return false;
	f->sof = i->r2;
	f->sol = i->r3;
	f->sor = (uint8_t)sor;
	after = add_exit(t, EXIT_LINK, 0, 0);
	lose(t, LOC_GR + guest_of(t, i->r1));
	ir_add(t, IR_ALLOC, IR_VOID, IR_NONE, IR_NONE, IR_NONE, after);
	ir_last(t)->site = ir_site(t);
	/* Registers are named after the new frame's rotation, which none but r1 uses. */
	put(t, LOC_GR + guest_of(t, i->r1), get(t, LOC_PFS));
	return true;
}

/* The location of an application register that needs no work; is_i: it is the I unit's. */
static uint32_t ar_loc(uint32_t n, bool is_i)
{
	switch (n) {
	case AR_PFS:
		return is_i ? LOC_PFS : LOC_NONE;
	case AR_LC:
		return is_i ? LOC_LC : LOC_NONE;
	case AR_EC:
		return is_i ? LOC_EC : LOC_NONE;
	case AR_CCV:
		return is_i ? LOC_NONE : LOC_CCV;
	case AR_UNAT:
		return is_i ? LOC_NONE : LOC_UNAT;
	default:
		return LOC_NONE;
	}
}

static bool mov_from_ar(struct translation *t, const struct insn *i)
{
	uint32_t loc = ar_loc(i->r3, i->aux);

	if (!target_ok(t, i->r1) || loc == LOC_NONE)
		return false;
	set_gr(t, qualifier(t, i), i->r1, get(t, loc));
	return true;
}

/* Only those that take any value. */
static bool mov_to_ar(struct translation *t, const struct insn *i, ir_ref value)
{
	uint32_t loc = ar_loc(i->r3, i->aux);

	if (loc != LOC_LC && loc != LOC_CCV && loc != LOC_UNAT)
		return false;
	set_loc(t, qualifier(t, i), loc, value);
	return true;
}

bool build_system(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_ALLOC:
		return alloc(t, i);
	case OP_MOV_M_FROM_AR:
	case OP_MOV_I_FROM_AR:
		return mov_from_ar(t, i);
	case OP_MOV_M_TO_AR:
	case OP_MOV_I_TO_AR:
		return mov_to_ar(t, i, gr(t, i->r2));
	case OP_MOV_M_TO_AR_IMM:
	case OP_MOV_I_TO_AR_IMM:
		return mov_to_ar(t, i, ir_k(t, (uint64_t)i->imm));
	default:
		return false;
	}
}
