// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel asks about an address: its region, its place in the hash table, whether
 * it is mapped and may be used. A page that the machine TLB holds needs no other look;
 * the handler does the rest, and raises the faults.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/isa/insn.h"
#include "gvmm/jit/build.h"
#include "gvmm/jit/ways.h"
#include "gvmm/mmu/tlb.h"

/* Place and size of a register in the VPD's files of eight. */
#define RR_SHIFT	3
#define MTLB_FIELD(f)	((int64_t)(RIVEN_VCPU_MTLB - RIVEN_VCPU_STATE + offsetof(struct mtlb_entry, f)))

/* The region register for va. */
static ir_ref region_register_of(struct translation *t, ir_ref va)
{
	ir_ref at = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, va, 61 - RR_SHIFT),
			      ir_k(t, 7 << RR_SHIFT));

	return load_indexed(t, VPD_FIELD(rr), at, 8);
}

static bool mov_from_rr(struct translation *t, const struct insn *i)
{
	if (!at_cpl0(t) || !target_ok(t, i->r1))
		return false;
	set_gr(t, qualifier(t, i), i->r1, region_register_of(t, gr(t, i->r3)));
	return true;
}

/* Inline if the register has that value already, and may have it. */
static bool mov_to_rr(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), x = gr(t, i->r2), slow, size;

	if (!at_cpl0(t) || !inline_wanted(t, i))
		return false;
	slow = ir_compare(t, region_register_of(t, gr(t, i->r3)), x, 8, REL_EQ) ^ IR_NOT;
	size = ir_add(t, IR_BITV, IR_BOOL, ir_k(t, TLB_PAGE_SIZES), ir_unary(t, IR_SHR, x, 2),
		      IR_NONE, 0);
	slow = ir_or(t, slow, ir_or(t, has_bits(t, x, RR_RESERVED), size ^ IR_NOT));
	aside(t, ir_and(t, slow, qp));
	return true;
}

/* The instruction's value is x, unless slow holds: then its handler's. */
static void answer(struct translation *t, const struct insn *i, ir_ref x, ir_ref slow)
{
	uint32_t loc = LOC_GR + guest_of(t, i->r1);
	ir_ref qp = qualifier(t, i);

	set_loc(t, qp, loc, aside_value(t, ir_and(t, slow, qp), x, loc));
}

/* What hash and tag are made of. */
struct page_number {
	ir_ref vpn, rid;
	ir_ref slow;	/* the size is not one that a region register can have been given */
};

static struct page_number page_number(struct translation *t, ir_ref va)
{
	ir_ref rr = region_register_of(t, va);
	ir_ref ps = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, rr, 2), ir_k(t, 63));
	ir_ref offset = ir_unary(t, IR_SHR, ir_unary(t, IR_SHL, va, 3), 3);

	return (struct page_number){
		.vpn = ir_shift_by(t, IR_SHRV, offset, ps),
		.rid = ir_binary(t, IR_AND, ir_unary(t, IR_SHR, rr, 8), ir_k(t, 0xffffff)),
		.slow = ir_compare(t, ps, ir_k(t, PS_MIN), 8, REL_LTU),
	};
}

/* The tag of the long format, as mmu_ttag(): its highest bit is clear. */
static ir_ref tag_of(struct translation *t, const struct page_number *p)
{
	return ir_binary(t, IR_OR, ir_unary(t, IR_SHL, p->rid, TTAG_RID_SHIFT),
			 ir_unary(t, IR_SHR, p->vpn, LONG_INDEX_MIN));
}

static bool ttag(struct translation *t, const struct insn *i)
{
	struct page_number p;

	if (!target_ok(t, i->r1) || !inline_wanted(t, i))
		return false;
	p = page_number(t, gr(t, i->r3));
	answer(t, i, tag_of(t, &p), p.slow);
	return true;
}

/* thash for a table of the format and size that there is now, as mmu_thash(). */
static bool thash(struct translation *t, const struct insn *i)
{
	uint64_t shape = t->v->vpd->vcr[CR_PTA] & (PTA_VF | PTA_SIZE), low = pta_offsets(shape);
	ir_ref va = gr(t, i->r3), pta, base, offset, slow, region;
	struct page_number p;

	if (!target_ok(t, i->r1) || !inline_wanted(t, i))
		return false;
	p = page_number(t, va);
	pta = load_field(t, VPD_FIELD(vcr) + CR_PTA * 8, 8);
	slow = ir_compare(t, ir_binary(t, IR_AND, pta, ir_k(t, PTA_VF | PTA_SIZE)), ir_k(t, shape),
			  8, REL_EQ) ^ IR_NOT;
	if (shape & PTA_VF) {
		offset = ir_pair(t, IR_MUL, tag_of(t, &p), ir_k(t, THASH_SPREAD), 0);
		offset = ir_binary(t, IR_XOR, p.vpn, ir_unary(t, IR_SHR, offset, 32));
		offset = ir_unary(t, IR_SHL, offset, 5);
		base = pta;
	} else {
		offset = ir_unary(t, IR_SHL, p.vpn, 3);
		region = ir_binary(t, IR_AND, va, ir_k(t, ~VA_OFFSET));
		base = ir_binary(t, IR_OR, region,
				 ir_unary(t, IR_SHR, ir_unary(t, IR_SHL, pta, 3), 3));
	}
	answer(t, i, ir_binary(t, IR_OR, ir_binary(t, IR_AND, base, ir_k(t, ~low)),
			       ir_binary(t, IR_AND, offset, ir_k(t, low))),
	       ir_or(t, slow, p.slow));
	return true;
}

/*
 * Place of va's entry in the machine TLB, as an offset: in the array for a privilege level.
 * Arrays for levels hold translations whatever PSR.dt says.
 */
static ir_ref entry_of(struct translation *t, ir_ref va, ir_ref level)
{
	ir_ref slot = ir_unary(t, IR_SHR, va, MTLB_PAGE_BITS - ENTRY_SHIFT);

	slot = ir_binary(t, IR_AND, slot, ir_k(t, (MTLB_ENTRIES - 1) << ENTRY_SHIFT));
	return ir_binary(t, IR_ADD, slot, ir_unary(t, IR_SHL, level, ARRAY_SHIFT));
}

/* Does the entry lack what the tag at this offset stands for? */
static ir_ref lacks(struct translation *t, ir_ref entry, ir_ref va, int64_t tag)
{
	ir_ref page = ir_binary(t, IR_AND, va, ir_k(t, PAGE_MASK));

	return ir_compare(t, load_indexed(t, tag, entry, 8), page, 8, REL_EQ) ^ IR_NOT;
}

static bool tpa(struct translation *t, const struct insn *i)
{
	ir_ref va = gr(t, i->r3), entry, x;

	if (!at_cpl0(t) || !target_ok(t, i->r1) || !inline_wanted(t, i))
		return false;
	entry = entry_of(t, va, ir_k(t, 0));
	x = ir_binary(t, IR_ADD, va, load_indexed(t, MTLB_FIELD(addend), entry, 8));
	x = ir_binary(t, IR_SUB, x, load_field(t, VCPU_FIELD(window), 8));
	answer(t, i, x, lacks(t, entry, va, MTLB_FIELD(tag_read)));
	return true;
}

/* The level that a probe asks for, which is no better than its own; IR_NONE: that takes a look. */
static ir_ref probe_level(struct translation *t, ir_ref asked)
{
	uint32_t cpl = t->key.flags & KEY_CPL;
	uint64_t known;

	if (ir_known(t, asked, &known))
		return ir_k(t, (known & 3) < cpl ? cpl : known & 3);
	if (cpl == 3)
		return ir_k(t, 3);
	return cpl ? IR_NONE : ir_binary(t, IR_AND, asked, ir_k(t, 3));
}

/* What the probe is about has not been seen to be allowed. */
static ir_ref probe_misses(struct translation *t, const struct insn *i, ir_ref level)
{
	ir_ref va = gr(t, i->r3), entry = entry_of(t, va, level), slow = ir_bool(t, false);

	if (i->aux & PROBE_READ)
		slow = lacks(t, entry, va, MTLB_FIELD(tag_read));
	if (i->aux & PROBE_WRITE)
		slow = ir_or(t, slow, lacks(t, entry, va, MTLB_FIELD(tag_write)));
	return slow;
}

/* A probe is inline if the answer is yes. */
static bool probe(struct translation *t, const struct insn *i, ir_ref asked)
{
	ir_ref level = probe_level(t, asked);

	if (level == IR_NONE || !target_ok(t, i->r1) || !inline_wanted(t, i))
		return false;
	answer(t, i, ir_k(t, 1), probe_misses(t, i, level));
	return true;
}

/* These look at memory as references do: there is nothing to ask without translation. */
static bool probe_fault(struct translation *t, const struct insn *i)
{
	ir_ref level = probe_level(t, ir_k(t, (uint64_t)i->imm));

	if ((t->key.flags & KEY_MODE) / KEY_MODE_1 > MTLB_CPL3 || !inline_wanted(t, i))
		return false;
	aside(t, ir_and(t, probe_misses(t, i, level), qualifier(t, i)));
	return true;
}

bool build_address(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_MOV_FROM_RR:
		return mov_from_rr(t, i);
	case OP_MOV_TO_RR:
		return mov_to_rr(t, i);
	case OP_THASH:
		return thash(t, i);
	case OP_TTAG:
		return ttag(t, i);
	case OP_TPA:
		return tpa(t, i);
	case OP_PROBE_R:
	case OP_PROBE_W:
		return probe(t, i, gr(t, i->r2));
	case OP_PROBE_R_IMM:
	case OP_PROBE_W_IMM:
		return probe(t, i, ir_k(t, (uint64_t)i->imm));
	case OP_PROBE_R_FAULT:
	case OP_PROBE_W_FAULT:
	case OP_PROBE_RW_FAULT:
		return probe_fault(t, i);
	default:
		return false;
	}
}
