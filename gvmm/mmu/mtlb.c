// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine TLB: direct-mapped arrays of 4 KiB pages that loads, stores and
 * fetches look into first. They hold nothing that the guest's TLB does not, so
 * a page goes when its TLB entry goes, when a region gets another identifier,
 * or when protection keys change. Maps of the slots that were filled make the
 * cost of a flush that of the fills before it.
 */
#include "gvmm/mmu/tlb.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/string.h"

#define PAGE_SIZE	(1ull << MTLB_PAGE_BITS)

/* Up to so many pages are looked for one by one. */
#define PROBE_MAX	64

static struct mtlb_entry *array_of(const struct vcpu *v, uint32_t mode)
{
	return v->mtlb + mode * MTLB_ENTRIES;
}

static void clear(struct mtlb_entry *e)
{
	e->tag_read = e->tag_write = e->tag_exec = MTLB_NONE;
}

/* Does the entry hold the page? All its tags that are not MTLB_NONE name the same page. */
static bool holds(const struct mtlb_entry *e, uint64_t page)
{
	return e->tag_read == page || e->tag_write == page || e->tag_exec == page;
}

/* The page that an entry holds, or MTLB_NONE. */
static uint64_t page_of(const struct mtlb_entry *e)
{
	return e->tag_read != MTLB_NONE ? e->tag_read :
	       e->tag_write != MTLB_NONE ? e->tag_write : e->tag_exec;
}

static void see_regions(struct vcpu *v)
{
	uint32_t n;

	for (n = 0; n < 8; n++)
		v->tlb->rid_seen[n] = rr_rid(v->vpd->rr[n]);
}

void mtlb_reset(struct vcpu *v)
{
	uint32_t n;

	for (n = 0; n < MTLB_MODES * MTLB_ENTRIES; n++) {
		clear(&v->mtlb[n]);
		v->mtlb[n].addend = 0;
	}
	memset(v->tlb->map, 0, sizeof(v->tlb->map));
	see_regions(v);
	v->tlb->pk_seen = psr_get(v) & PSR_PK;
	v->code_page = MTLB_NONE;
	mmu_psr_changed(v);
}

void mtlb_fill(struct vcpu *v, uint32_t mode, uint64_t va, uint32_t rights, uint64_t host_page)
{
	uint64_t page = va & ~(PAGE_SIZE - 1);
	uint32_t slot = va >> MTLB_PAGE_BITS & (MTLB_ENTRIES - 1);
	struct mtlb_entry *e = array_of(v, mode) + slot;
	struct mtlb_map *map = &v->tlb->map[mode][va >> 61];

	/* Instruction and data translations of a page need not agree. */
	if (!holds(e, page) || e->addend != host_page - page) {
		clear(e);
		e->addend = host_page - page;
	}
	if (rights & MEM_READ)
		e->tag_read = page;
	if (rights & MEM_WRITE)
		e->tag_write = page;
	if (rights & MEM_EXEC)
		e->tag_exec = page;
	map->slots[slot / 64] |= 1ull << slot % 64;
	map->words |= 1u << slot / 64;
	v->stats.mtlb_fills++;
}

/*
 * Clear the entries of a region in [first, first + size) of one array;
 * whole: of all of it.
 */
static void flush_map(struct vcpu *v, uint32_t mode, uint32_t region, uint64_t first,
		      uint64_t size, bool whole)
{
	struct mtlb_map *map = &v->tlb->map[mode][region];
	uint32_t words;

	for (words = map->words; words; words &= words - 1) {
		uint32_t w = (uint32_t)__builtin_ctz(words);
		uint64_t bits;

		for (bits = map->slots[w]; bits; bits &= bits - 1) {
			struct mtlb_entry *e = array_of(v, mode) + w * 64 +
					       (uint32_t)__builtin_ctzll(bits);
			uint64_t page = page_of(e);

			/* A page of another region may have taken the slot since. */
			if (page != MTLB_NONE && page >> 61 == region &&
			    (whole || page - first < size))
				clear(e);
		}
		if (whole)
			map->slots[w] = 0;
	}
	if (whole)
		map->words = 0;
}

static void forget_range(struct vcpu *v, uint32_t mode, uint64_t first, uint32_t ps)
{
	uint64_t pages = 1ull << (ps - MTLB_PAGE_BITS);
	uint64_t va = first;

	if (pages > PROBE_MAX) {
		flush_map(v, mode, first >> 61, first, 1ull << ps, false);
		return;
	}
	for (; pages; pages--, va += PAGE_SIZE) {
		struct mtlb_entry *e = mtlb_slot(array_of(v, mode), va);

		if (holds(e, va))
			clear(e);
	}
}

void mtlb_forget(struct vcpu *v, struct tlb_entry *e)
{
	uint32_t region, modes;

	if (!e->filled)
		return;
	/* Every region with this identifier reaches the entry. */
	for (region = 0; region < 8; region++) {
		uint64_t first = (uint64_t)region << 61 | e->va;

		if (rr_rid(v->vpd->rr[region]) != e->rid)
			continue;
		for (modes = e->filled; modes; modes &= modes - 1)
			forget_range(v, (uint32_t)__builtin_ctz(modes), first, e->ps);
		if ((v->code_page ^ first) >> e->ps == 0)
			v->code_page = MTLB_NONE;
	}
	e->filled = 0;
}

void mtlb_flush_region(struct vcpu *v, uint32_t region)
{
	uint32_t mode;

	for (mode = MTLB_CPL0; mode <= MTLB_CPL3; mode++)
		flush_map(v, mode, region, 0, 0, true);
	if (v->code_page >> 61 == region)
		v->code_page = MTLB_NONE;
	v->stats.mtlb_flushes++;
}

void mtlb_flush_virtual(struct vcpu *v)
{
	uint32_t mode, region;

	for (mode = MTLB_CPL0; mode <= MTLB_CPL3; mode++)
		for (region = 0; region < 8; region++)
			flush_map(v, mode, region, 0, 0, true);
	see_regions(v);
	v->code_page = MTLB_NONE;
	v->stats.mtlb_flushes++;
}

void mtlb_flush_all(struct vcpu *v)
{
	uint32_t region;

	mtlb_flush_virtual(v);
	for (region = 0; region < 8; region++)
		flush_map(v, MTLB_PHYSICAL, region, 0, 0, true);
}

void mmu_rr_changed(struct vcpu *v, uint32_t n)
{
	uint32_t rid = rr_rid(v->vpd->rr[n & 7]);

	/* Preferred page size and walker enable have no part in what is translated already. */
	if (v->tlb->rid_seen[n & 7] == rid)
		return;
	v->tlb->rid_seen[n & 7] = rid;
	mtlb_flush_region(v, n & 7);
}

void mmu_flush_mtlb(struct vcpu *v)
{
	mtlb_flush_all(v);
	mmu_psr_changed(v);
}

void mmu_psr_changed(struct vcpu *v)
{
	uint64_t psr = psr_get(v);
	struct mtlb_entry *empty = array_of(v, MTLB_EMPTY);
	struct mtlb_entry *physical = array_of(v, MTLB_PHYSICAL);
	bool pk = psr & PSR_PK;

	if (pk != v->tlb->pk_seen) {
		v->tlb->pk_seen = pk;
		mtlb_flush_virtual(v);
	}
	v->mtlb_data = psr & PSR_DT ? array_of(v, v->cpl & 3) : physical;
	v->mtlb_code = psr & PSR_IT ? array_of(v, v->cpl & 3) : physical;
	v->mtlb_rse = psr & PSR_RT ? array_of(v, v->rsc >> 2 & 3) : physical;
	if (__builtin_expect(!(psr & PSR_DB), 1))
		return;
	/* The arrays know nothing of breakpoints: look at each access. */
	if (data_breakpoints_armed(v))
		v->mtlb_data = v->mtlb_rse = empty;
	if (inst_breakpoints_armed(v))
		v->mtlb_code = empty;
}
