// SPDX-License-Identifier: GPL-2.0-only
/* Virtual hash page table: hash, tag and walker (SDM 2:4.1.5 to 4.1.8). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/p2m.h"
#include "gvmm/mmu/tlb.h"
#include "gvmm/string.h"

#define PTA_VE		(1ull << 0)
#define PTA_BASE	(~0ull << 15)
#define RR_VE		(1ull << 0)
#define TAG_INVALID	(1ull << 63)

/* What one walk and its insert count for vcpu_worked(). */
#define WALK_STEPS	32

static uint64_t region_vpn(const struct vcpu *v, uint64_t va)
{
	uint32_t ps = rr_ps(region_register(v, va));

	return (va & VA_OFFSET) >> (ps < PS_MIN ? PS_MIN : ps);
}

/*
 * Hash and tag of the long format are the implementation's. The tag holds the
 * region identifier and all of the page number but its low bits, which follow
 * from index and tag: together they name one page.
 */
uint64_t mmu_ttag(struct vcpu *v, uint64_t va)
{
	uint64_t rid = rr_rid(region_register(v, va));

	return (rid << TTAG_RID_SHIFT | region_vpn(v, va) >> LONG_INDEX_MIN) & ~TAG_INVALID;
}

uint64_t mmu_thash(struct vcpu *v, uint64_t va)
{
	uint64_t pta = v->vpd->vcr[CR_PTA];
	uint64_t base = pta & PTA_BASE;
	uint64_t mask = pta_offsets(pta), offset;

	if (pta & PTA_VF) {
		uint64_t spread = mmu_ttag(v, va) * THASH_SPREAD >> 32;

		offset = (region_vpn(v, va) ^ spread) << 5;
	} else {
		/* Each region has its own table, at the same offset. */
		base = (base & VA_OFFSET) | (va & ~VA_OFFSET);
		offset = region_vpn(v, va) << 3;
	}
	return (base & ~mask) | (offset & mask);
}

/* May the walker run for an access (SDM 2:4.1.5, 4.1.8)? */
static bool enabled(const struct vcpu *v, uint64_t va, uint32_t flags)
{
	uint64_t psr = psr_get(v);
	uint64_t need = PSR_DT;

	if (flags & MEM_EXEC)
		need |= PSR_IT | PSR_IC;
	if (flags & MEM_RSE)
		need |= PSR_RT;
	return (psr & need) == need && (v->vpd->vcr[CR_PTA] & PTA_VE) &&
	       (region_register(v, va) & RR_VE);
}

/*
 * Where the table's entry at va lies, as the walker may read it: at the highest
 * privilege, from cacheable memory. size: 8 or 32, va a multiple of it.
 * *result is set when it may not.
 */
static const uint8_t *table_entry(struct vcpu *v, uint64_t va, uint32_t size,
				  enum vhpt_result *result)
{
	const struct tlb_entry *e = tlb_find(v, TLB_DATA, va);
	uint64_t psr = psr_get(v);
	uint64_t gpa;

	*result = VHPT_MISS;
	if (!e)
		return NULL;
	*result = VHPT_FAILED;
	if (!(e->pte & PTE_P) || !(e->pte & PTE_A) || pte_ma(e->pte) != MA_WB)
		return NULL;
	if ((psr & PSR_PK) && !(key_rights(v, e->key) & MEM_READ))
		return NULL;
	if ((psr & PSR_DB) && data_breakpoint(v, va, size, 0, MEM_READ))
		return NULL;
	gpa = tlb_pa(e, va);
	if (!p2m_is_memory(p2m_get(v, gpa)))
		return NULL;
	return mem_view(v, gpa);
}

static uint64_t read_word(const struct vcpu *v, const uint8_t *p)
{
	uint64_t x = __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);

	return v->vpd->vcr[CR_DCR] & DCR_BE ? __builtin_bswap64(x) : x;
}

enum vhpt_result vhpt_walk(struct vcpu *v, uint64_t va, uint32_t flags, struct tlb_entry **entry)
{
	bool is_long = v->vpd->vcr[CR_PTA] & PTA_VF;
	uint64_t pte, itir, tag = 0;
	enum vhpt_result result;
	const uint8_t *p;
	bool unimplemented;

	if (!enabled(v, va, flags))
		return VHPT_DISABLED;
	v->stats.vhpt_walks++;
	vcpu_worked(v, WALK_STEPS);
	p = table_entry(v, mmu_thash(v, va), is_long ? 32 : 8, &result);
	if (!p)
		return result;
	if (is_long) {
		tag = mmu_ttag(v, va);
		if (read_word(v, p + 16) != tag)
			return VHPT_FAILED;
	}
	pte = read_word(v, p);
	itir = is_long ? read_word(v, p + 8) : region_register(v, va) & 0xfffffffc;
	/* Software that changes an entry makes its tag invalid first. */
	if (is_long && read_word(v, p + 16) != tag)
		return VHPT_FAILED;
	if (tlb_check_insert(v, pte, itir, va, &unimplemented))
		return VHPT_FAILED;
	*entry = tlb_insert(v, flags & MEM_EXEC ? TLB_INST : TLB_DATA, pte, itir, va);
	v->stats.vhpt_inserts++;
	if (v->vm->data.trace_mask & 1u << RIVEN_TRACE_TLB)
		trace_tlb(v, RIVEN_TLB_VHPT, va, pte, itir);
	return VHPT_FOUND;
}
