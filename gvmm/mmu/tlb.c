// SPDX-License-Identifier: GPL-2.0-only
/* The TLB as its instructions see it: inserts, purges and their checks (SDM 2:4.1.1). */
#include "gvmm/mmu/tlb.h"
#include "gvmm/cpu/fault.h"

struct tlb_entry *tlb_find(struct vcpu *v, enum tlb_kind kind, uint64_t va)
{
	uint32_t rid = rr_rid(region_register(v, va));
	uint64_t offset = va & VA_OFFSET;
	struct tlb_entry *e = tr_find(v, kind, rid, offset);

	if (e) {
		v->stats.tr_hits++;
		return e;
	}
	e = stlb_find(v, kind, rid, offset);
	if (e)
		v->stats.stlb_hits++;
	else
		v->stats.stlb_misses++;
	return e;
}

int tlb_check_insert(struct vcpu *v, uint64_t pte, uint64_t itir, uint64_t ifa, bool *unimpl)
{
	(void)v;
	(void)ifa;
	*unimpl = false;
	if ((itir & 3) || !(TLB_PAGE_SIZES >> rr_ps(itir) & 1))
		return GE_RESERVED_FIELD;
	/* Software may use the rest of a translation that is not present. */
	if (!(pte & PTE_P))
		return 0;
	if ((pte & PTE_RESERVED) || itir >> 32)
		return GE_RESERVED_FIELD;
	/* Attributes 1 to 3 are reserved. */
	if (pte_ma(pte) >= 1 && pte_ma(pte) <= 3)
		return GE_RESERVED_FIELD;
	return 0;
}

struct tlb_entry *tlb_insert(struct vcpu *v, enum tlb_kind kind, uint64_t pte, uint64_t itir,
			     uint64_t va)
{
	uint32_t ps = rr_ps(itir);
	struct tlb_entry new = {
		.va = va & VA_OFFSET & ~((1ull << ps) - 1),
		.pte = pte,
		.rid = rr_rid(region_register(v, va)),
		.key = rr_rid(itir),
		.ps = (uint8_t)ps,
		.kind = kind,
	};

	/* Only entries of the same kind have to go (SDM 2:4.1.1.4, table 4-1). */
	stlb_purge(v, kind, new.rid, new.va, ps);
	return stlb_insert(v, &new);
}

void tlb_insert_tc(struct vcpu *v, bool data, uint64_t pte, uint64_t itir, uint64_t ifa)
{
	tlb_insert(v, data ? TLB_DATA : TLB_INST, pte, itir, ifa);
}

void tlb_purge(struct vcpu *v, uint64_t va, uint64_t rid, uint32_t page_bits)
{
	/* What is no page size is undefined; keep it within a region. */
	uint32_t bits = page_bits < PS_MIN ? PS_MIN : page_bits > 61 ? 61 : page_bits;

	v->stats.stlb_purges++;
	stlb_purge(v, TLB_INST | TLB_DATA, rid & 0xffffff, va & VA_OFFSET & ~((1ull << bits) - 1),
		   bits);
}

void tlb_purge_all(struct vcpu *v)
{
	struct tlb *t = v->tlb;
	uint64_t used;
	uint32_t set;

	v->stats.stlb_purges++;
	stlb_purge_all(v);
	/* Nothing is left in the machine TLB of what translation registers map either. */
	for (set = 0; set < 2; set++)
		for (used = t->tr_used[set]; used; used &= used - 1)
			t->tr[set][__builtin_ctzll(used)].filled = 0;
}

void tlb_reset(struct vcpu *v)
{
	tr_reset(v);
	stlb_purge_all(v);
	mtlb_reset(v);
}
