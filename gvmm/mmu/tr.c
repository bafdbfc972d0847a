// SPDX-License-Identifier: GPL-2.0-only
/* Translation registers (SDM 2:4.1.1.1). */
#include "gvmm/mmu/tlb.h"

static uint32_t set_of(enum tlb_kind kind)
{
	return kind == TLB_DATA;
}

struct tlb_entry *tr_find(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t offset)
{
	struct tlb *t = v->tlb;
	uint32_t set = set_of(kind);
	uint64_t used;

	for (used = t->tr_used[set]; used; used &= used - 1) {
		struct tlb_entry *e = &t->tr[set][__builtin_ctzll(used)];

		if (tlb_match(e, rid, offset))
			return e;
	}
	return NULL;
}

/* Free a register; its pages come to those that have to go. */
static void clear(struct vcpu *v, uint32_t set, uint32_t index, struct tlb_span *gone)
{
	struct tlb *t = v->tlb;

	tlb_span_add(gone, &t->tr[set][index]);
	t->tr[set][index].kind = 0;
	t->tr_used[set] &= ~(1ull << index);
}

static void clear_one(struct vcpu *v, uint32_t set, uint32_t index)
{
	struct tlb_span gone = TLB_SPAN_EMPTY;

	if (!(v->tlb->tr_used[set] >> index & 1))
		return;
	clear(v, set, index, &gone);
	mtlb_forget(v, v->tlb->tr[set][index].rid, &gone);
}

void tr_purge(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t first, uint64_t last)
{
	struct tlb *t = v->tlb;
	uint32_t set = set_of(kind);
	struct tlb_span gone = TLB_SPAN_EMPTY;
	uint64_t used;

	for (used = t->tr_used[set]; used; used &= used - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(used);

		if (tlb_overlap(&t->tr[set][index], rid, first, last))
			clear(v, set, index, &gone);
	}
	mtlb_forget(v, rid, &gone);
}

void tr_reset(struct vcpu *v)
{
	v->tlb->tr_used[0] = 0;
	v->tlb->tr_used[1] = 0;
}

/* Put a translation into a register, in place of what was there. */
static void put(struct vcpu *v, uint32_t set, uint32_t index, uint64_t pte, uint64_t itir,
		uint64_t va, uint32_t rid)
{
	struct tlb *t = v->tlb;
	uint32_t ps = rr_ps(itir);

	clear_one(v, set, index);
	t->tr[set][index] = (struct tlb_entry){
		.va = va & VA_OFFSET & ~((1ull << ps) - 1),
		.pte = pte,
		.rid = rid,
		.key = rr_rid(itir),
		.ps = (uint8_t)ps,
		.kind = set ? TLB_DATA : TLB_INST,
	};
	t->tr_used[set] |= 1ull << index;
}

void tlb_insert_tr(struct vcpu *v, bool data, uint32_t index, uint64_t pte, uint64_t itir,
		   uint64_t ifa)
{
	enum tlb_kind kind = data ? TLB_DATA : TLB_INST;
	uint32_t rid = rr_rid(region_register(v, ifa));
	uint32_t ps = rr_ps(itir);
	uint64_t first = ifa & VA_OFFSET & ~((1ull << ps) - 1);

	/*
	 * Overlap with another translation register is a machine check that the
	 * processor need not notice; the newer one stays.
	 */
	stlb_purge(v, kind, rid, first, ps);
	tr_purge(v, kind, rid, first, first + ((1ull << ps) - 1));
	put(v, data, index & (TLB_NR_TR - 1), pte, itir, ifa, rid);
}

void tlb_purge_tr(struct vcpu *v, bool data, uint64_t va, uint32_t page_bits)
{
	enum tlb_kind kind = data ? TLB_DATA : TLB_INST;
	uint32_t rid = rr_rid(region_register(v, va));
	uint32_t bits = page_bits < PS_MIN ? PS_MIN : page_bits > 61 ? 61 : page_bits;
	uint64_t first = va & VA_OFFSET & ~((1ull << bits) - 1);

	stlb_purge(v, kind, rid, first, bits);
	tr_purge(v, kind, rid, first, first + ((1ull << bits) - 1));
	v->stats.stlb_purges++;
}

void tlb_get_tr(const struct vcpu *v, bool data, uint32_t index, struct riven_tr *tr)
{
	const struct tlb_entry *e = &v->tlb->tr[data][index & (TLB_NR_TR - 1)];

	*tr = (struct riven_tr){ 0 };
	if (!(v->tlb->tr_used[data] >> (index & (TLB_NR_TR - 1)) & 1))
		return;
	tr->pte = e->pte;
	tr->itir = (uint64_t)e->key << 8 | (uint64_t)e->ps << 2;
	tr->va = e->va;
	tr->rid = e->rid;
}

void tlb_set_tr(struct vcpu *v, bool data, uint32_t index, const struct riven_tr *tr)
{
	bool unimplemented;

	index &= TLB_NR_TR - 1;
	if (!(tr->pte & PTE_P) || tlb_check_insert(v, tr->pte, tr->itir, tr->va, &unimplemented)) {
		clear_one(v, data, index);
		return;
	}
	put(v, data, index, tr->pte, tr->itir, tr->va, tr->rid & 0xffffff);
}
