// SPDX-License-Identifier: GPL-2.0-only
/* Instructions on the register stack, and moves of application registers. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/fp/fp.h"
#include "gvmm/jit/build.h"
#include "gvmm/jit/ways.h"

enum {
	AR_KR0 = 0, AR_KR7 = 7, AR_RSC = 16, AR_BSP = 17, AR_BSPSTORE = 18, AR_RNAT = 19,
	AR_CSD = 25, AR_SSD = 26, AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40,
	AR_PFS = 64, AR_LC = 65, AR_EC = 66,
};

#define RSC_MODE	3ull
#define RSC_PL_SHIFT	2
#define RSC_PL		(3ull << RSC_PL_SHIFT)

/* The flags of all status fields. */
#define FPSR_ALL_FLAGS	((uint64_t)FPF_ALL << FPSR_FLAGS_SHIFT(0) |		\
			 (uint64_t)FPF_ALL << FPSR_FLAGS_SHIFT(1) |		\
			 (uint64_t)FPF_ALL << FPSR_FLAGS_SHIFT(2) |		\
			 (uint64_t)FPF_ALL << FPSR_FLAGS_SHIFT(3))

/* PFS without the frame marker's sizes, EC and privilege level. */
#define PFS_UNUSUAL	(0xfull << 58 | 0x3fffull << 38)
/* What rotates, in a frame marker. */
#define MARKER_ROTATES	(0xffffffull << 14)

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
	t->open = false;
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

static ir_ref rse_busy(struct translation *t)
{
	return has_bits(t, load_field(t, VCPU_FIELD(rsc), 8), RSC_MODE);
}

/* The frame's lowest registers are in memory only. */
static ir_ref frame_lacks(struct translation *t)
{
	ir_ref fb = load_field(t, VCPU_FIELD(fb), 4), dirty = load_field(t, VCPU_FIELD(dirty), 4);

	return ir_compare(t, fb, dirty, 8, REL_LTU);
}

/* x / 63, for x up to 63 + 96 */
static ir_ref collections(struct translation *t, ir_ref x)
{
	return ir_unary(t, IR_SHR, ir_binary(t, IR_ADD, ir_unary(t, IR_SHL, x, 6),
					     ir_binary(t, IR_ADD, x, ir_k(t, 65))), 12);
}

/* BSP when no register lacks: BSPSTORE, the dirty registers and the collections among them. */
static ir_ref bsp(struct translation *t)
{
	ir_ref store = load_field(t, VCPU_FIELD(bspstore), 8);
	ir_ref dirty = ir_binary(t, IR_SUB, load_field(t, VCPU_FIELD(fb), 4),
				 load_field(t, VCPU_FIELD(dirty), 4));
	ir_ref index = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, store, 3), ir_k(t, 63));
	ir_ref words = ir_binary(t, IR_ADD, dirty,
				 collections(t, ir_binary(t, IR_ADD, index, dirty)));

	return ir_add(t, IR_SHLADD, IR_I64, words, store, IR_NONE, 3);
}

/* FPSR's value, flags in MXCSR included. */
static ir_ref fpsr(struct translation *t)
{
	ir_ref flags = ir_add(t, IR_GETFLAG, IR_I64, IR_NONE, IR_NONE, IR_NONE, 0);

	return ir_binary(t, IR_OR, load_field(t, VCPU_FIELD(fpsr), 8),
			 ir_unary(t, IR_SHL, flags, FPSR_FLAGS_SHIFT(0)));
}

/* The value of a register that is no location, and when the handler has to read it; IR_NONE: always. */
static ir_ref read_ar(struct translation *t, uint32_t n, ir_ref *slow)
{
	*slow = ir_bool(t, false);
	switch (n) {
	case AR_KR0 ... AR_KR7:
		return load_field(t, VCPU_FIELD(kr) + n * 8, 8);
	case AR_RSC:
		return load_field(t, VCPU_FIELD(rsc), 8);
	case AR_BSP:
		*slow = frame_lacks(t);
		return bsp(t);
	case AR_BSPSTORE:
		*slow = rse_busy(t);
		return load_field(t, VCPU_FIELD(bspstore), 8);
	case AR_RNAT:
		*slow = rse_busy(t);
		return load_field(t, VCPU_FIELD(rnat), 8);
	case AR_CSD:
		return load_field(t, VCPU_FIELD(csd), 8);
	case AR_FPSR:
		return fpsr(t);
	case AR_SSD:
		return load_field(t, VCPU_FIELD(ssd), 8);
	default:
		return IR_NONE;
	}
}

static bool mov_from_ar(struct translation *t, const struct insn *i)
{
	uint32_t loc = ar_loc(i->r3, i->aux), target = LOC_GR + guest_of(t, i->r1);
	ir_ref qp = qualifier(t, i), x, slow;

	if (!target_ok(t, i->r1))
		return false;
	if (loc != LOC_NONE) {
		set_loc(t, qp, target, get(t, loc));
		return true;
	}
	x = i->aux ? IR_NONE : read_ar(t, i->r3, &slow);
	if (x == IR_NONE)
		return false;
	set_loc(t, qp, target, aside_value(t, ir_and(t, slow, qp), x, target));
	return true;
}

static ir_ref above(struct translation *t, ir_ref a, ir_ref b)
{
	return ir_compare(t, b, a, 8, REL_LTU);
}

ir_ref marker_unusual(struct translation *t, ir_ref x)
{
	ir_ref sof = ir_binary(t, IR_AND, x, ir_k(t, 127));
	ir_ref sol = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, x, 7), ir_k(t, 127));
	ir_ref sizes = ir_or(t, above(t, sof, ir_k(t, RSE_PHYS)), above(t, sol, sof));

	return ir_or(t, sizes, has_bits(t, x, MARKER_ROTATES));
}

/* The machine TLB's array for a privilege level, that RSC has, less the one for level 0. */
static ir_ref array_of_pl(struct translation *t, ir_ref rsc)
{
	return ir_unary(t, IR_SHL, ir_binary(t, IR_AND, rsc, ir_k(t, RSC_PL)),
			ARRAY_SHIFT - RSC_PL_SHIFT);
}

/*
 * RSC, with the array that the RSE looks into: one for a privilege level, unless PSR has
 * chosen another. Inline when no reserved bit is set.
 */
static bool write_rsc(struct translation *t, ir_ref qp, ir_ref x)
{
	uint64_t level = (uint64_t)(t->key.flags & KEY_CPL) << RSC_PL_SHIFT, known;
	ir_ref rse, base, by_level;

	if (ir_known(t, x, &known)) {
		if (known & RSC_RESERVED)
			return false;
		/* Software cannot promote the RSE above its own privilege. */
		if ((known & RSC_PL) < level)
			known = (known & ~RSC_PL) | level;
		x = ir_k(t, known);
	} else if (level && level != RSC_PL) {
		return false;
	} else {
		aside(t, ir_and(t, qp, has_bits(t, x, RSC_RESERVED)));
		x = level ? ir_binary(t, IR_OR, x, ir_k(t, RSC_PL)) : x;
	}
	rse = load_field(t, VCPU_FIELD(mtlb_rse), 8);
	base = load_field(t, VCPU_FIELD(mtlb), 8);
	by_level = ir_compare(t, ir_binary(t, IR_SUB, rse, base), ir_k(t, 4ull << ARRAY_SHIFT), 8,
			      REL_LTU);
	store_field(t, ir_and(t, qp, by_level), VCPU_FIELD(mtlb_rse), 8,
		    ir_binary(t, IR_ADD, base, array_of_pl(t, x)));
	store_field(t, qp, VCPU_FIELD(rsc), 8, x);
	return true;
}

/* FPSR: inline when only flags change. */
static void write_fpsr(struct translation *t, ir_ref qp, ir_ref x)
{
	ir_ref old = load_field(t, VCPU_FIELD(fpsr), 8);

	aside(t, ir_and(t, qp, has_bits(t, ir_binary(t, IR_XOR, old, x), ~FPSR_ALL_FLAGS)));
	store_field(t, qp, VCPU_FIELD(fpsr), 8, x);
	ir_add(t, IR_CLRFLAG, IR_VOID, IR_NONE, IR_NONE, ir_is(t, qp, 1) ? IR_NONE : qp, 0);
	t->floats &= ~(uint32_t)(FLOATS_MAIN | FLOATS_DIVIDE);
}

/* Registers that are no locations. */
static bool write_ar(struct translation *t, uint32_t n, ir_ref qp, ir_ref x)
{
	switch (n) {
	case AR_KR0 ... AR_KR7:
		if (t->key.flags & KEY_CPL)
			return false;
		store_field(t, qp, VCPU_FIELD(kr) + n * 8, 8, x);
		return true;
	case AR_RSC:
		return write_rsc(t, qp, x);
	case AR_BSPSTORE:
		aside(t, ir_and(t, qp, ir_or(t, rse_busy(t), frame_lacks(t))));
		store_field(t, qp, VCPU_FIELD(bspstore), 8,
			    ir_binary(t, IR_AND, x, ir_k(t, ~7ull)));
		return true;
	case AR_RNAT:
		aside(t, ir_and(t, qp, rse_busy(t)));
		store_field(t, qp, VCPU_FIELD(rnat), 8,
			    ir_binary(t, IR_AND, x, ir_k(t, ~0ull >> 1)));
		return true;
	case AR_CSD:
		store_field(t, qp, VCPU_FIELD(csd), 8, x);
		return true;
	case AR_FPSR:
		write_fpsr(t, qp, x);
		return true;
	case AR_SSD:
		store_field(t, qp, VCPU_FIELD(ssd), 8, x);
		return true;
	default:
		return false;
	}
}

static bool mov_to_ar(struct translation *t, const struct insn *i, ir_ref x)
{
	uint32_t loc = ar_loc(i->r3, i->aux);
	ir_ref qp = qualifier(t, i), slow;

	switch (loc) {
	case LOC_NONE:
		return !i->aux && write_ar(t, i->r3, qp, x);
	case LOC_PFS:
		slow = ir_or(t, has_bits(t, x, PFS_UNUSUAL), marker_unusual(t, x));
		set_loc(t, qp, loc, aside_value(t, ir_and(t, slow, qp), x, loc));
		return true;
	case LOC_EC:
		x = ir_binary(t, IR_AND, x, ir_k(t, 63));
		break;
	default:
		break;
	}
	set_loc(t, qp, loc, x);
	return true;
}

/* flushrs: there is nothing to store, nor a collection in front of BSP. */
static bool flushrs(struct translation *t, const struct insn *i)
{
	ir_ref some, full, index;

	if (!inline_wanted(t, i))
		return false;
	some = ir_compare(t, load_field(t, VCPU_FIELD(fb), 4), load_field(t, VCPU_FIELD(dirty), 4),
			  8, REL_EQ) ^
	       IR_NOT;
	index = ir_binary(t, IR_AND, load_field(t, VCPU_FIELD(bspstore), 8), ir_k(t, 63 << 3));
	full = ir_compare(t, index, ir_k(t, 63 << 3), 8, REL_EQ);
	aside(t, ir_or(t, some, full));
	return true;
}

/* loadrs: what it asks for is what is dirty, so that nothing is to be loaded nor forgotten. */
static bool loadrs(struct translation *t, const struct insn *i)
{
	ir_ref rsc, bytes, above_store, slow;

	/* In a frame that is not empty it faults unless it asks for nothing. */
	if (t->open || t->frame.sof || !inline_wanted(t, i))
		return false;
	rsc = load_field(t, VCPU_FIELD(rsc), 8);
	bytes = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, rsc, 16), ir_k(t, 0x3ff8));
	above_store = ir_binary(t, IR_SUB, bsp(t), load_field(t, VCPU_FIELD(bspstore), 8));
	slow = ir_compare(t, above_store, bytes, 8, REL_EQ) ^ IR_NOT;
	slow = ir_or(t, slow, ir_or(t, frame_lacks(t), has_bits(t, rsc, RSC_MODE)));
	aside(t, slow);
	return true;
}

bool build_system(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_FLUSHRS:
		return flushrs(t, i);
	case OP_LOADRS:
		return loadrs(t, i);
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
