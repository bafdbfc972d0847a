// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine TLB: direct-mapped arrays of 4 KiB pages that loads, stores and
 * fetches look into first. They hold nothing that the guest's TLB does not, so
 * a page goes when its TLB entry goes, when a region gets another identifier,
 * or when protection keys change. Maps of the slots that were filled make the
 * cost of a flush that of the fills before it, at most the size of the arrays.
 * What translated code probes is kept in step with them, entry by entry.
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

static void set_probe_tags(struct mtlb_words *tags, uint32_t slot, uint64_t page)
{
	uint32_t n;

	for (n = 0; n < MTLB_SIZES; n++)
		tags[n].word[slot] = page == MTLB_NONE ? MTLB_NONE :
				     (~page & ~(PAGE_SIZE - 1)) | ((1u << n) - 1);
}

/* Translated code is to find what the entry says. */
static void set_probe(struct vcpu *v, const struct mtlb_entry *e)
{
	struct mtlb_probe *p = (struct mtlb_probe *)((uint8_t *)v->mtlb + MTLB_PROBE_OFFSET);
	uint32_t n = (uint32_t)(e - v->mtlb), slot = n % MTLB_ENTRIES;

	p += n / MTLB_ENTRIES;
	p->addend.word[slot] = e->addend;
	set_probe_tags(p->read, slot, e->tag_read);
	set_probe_tags(p->write, slot, e->tag_write);
}

static void clear(struct vcpu *v, struct mtlb_entry *e)
{
	e->tag_read = e->tag_write = e->tag_exec = MTLB_NONE;
	set_probe(v, e);
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

bool mtlb_holds(const struct vcpu *v, uint32_t mode, uint64_t va)
{
	return holds(mtlb_slot(array_of(v, mode), va), va & ~(PAGE_SIZE - 1));
}

static void see_regions(struct vcpu *v)
{
	uint32_t n;

	for (n = 0; n < 8; n++)
		v->tlb->rid_seen[n] = rr_rid(v->vpd->rr[n]);
}

/* What addresses in these regions mean as code may have changed. */
static void forget_code(struct vcpu *v, uint32_t regions)
{
	for (; regions; regions &= regions - 1)
		v->code_gen[__builtin_ctz(regions)] = ++v->tlb->code_last;
}

static void forget_all_code(struct vcpu *v)
{
	forget_code(v, 0xff);
	memset(v->tlb->code, 0, sizeof(v->tlb->code));
}

/* Contexts differ above the region's own number. */
static struct tlb_code *code_of(struct vcpu *v, uint32_t region, uint32_t rid)
{
	return &v->tlb->code[region][(rid >> 3 ^ rid >> 8) & (TLB_CODE_RIDS - 1)];
}

/* The same in regions that have had this identifier and may get it again. */
static void forget_old_code(struct vcpu *v, uint32_t rid)
{
	uint32_t n;

	for (n = 0; n < 8; n++)
		if (code_of(v, n, rid)->rid == rid)
			code_of(v, n, rid)->gen = 0;
}

/* A region gets another identifier: code means what it meant when it had that last. */
static void switch_code(struct vcpu *v, uint32_t n, uint32_t from, uint32_t to)
{
	struct tlb_code was = *code_of(v, n, to);

	*code_of(v, n, from) = (struct tlb_code){ from, v->code_gen[n] };
	v->code_gen[n] = was.gen && was.rid == to ? was.gen : ++v->tlb->code_last;
}

void mtlb_reset(struct vcpu *v)
{
	uint32_t n;

	for (n = 0; n < MTLB_MODES * MTLB_ENTRIES; n++) {
		v->mtlb[n].addend = 0;
		clear(v, &v->mtlb[n]);
	}
	memset(v->tlb->map, 0, sizeof(v->tlb->map));
	forget_all_code(v);
	see_regions(v);
	v->tlb->pk_seen = psr_get(v) & PSR_PK;
	v->code_page = MTLB_NONE;
	mmu_psr_changed(v);
}

/* A slot holds a page of a region: map is the array's. */
static void note_slot(struct mtlb_map *map, uint64_t page, uint32_t slot)
{
	map[page >> 61].slots[slot / 64] |= 1ull << slot % 64;
	map[page >> 61].words |= 1u << slot / 64;
}

void mtlb_fill(struct vcpu *v, uint32_t mode, uint64_t va, uint32_t rights, uint64_t host_page)
{
	uint64_t page = va & ~(PAGE_SIZE - 1);
	uint32_t slot = va >> MTLB_PAGE_BITS & (MTLB_ENTRIES - 1);
	struct mtlb_entry *e = array_of(v, mode) + slot;

	/* Instruction and data translations of a page need not agree. */
	if (!holds(e, page) || e->addend != host_page - page)
		*e = (struct mtlb_entry){ MTLB_NONE, MTLB_NONE, MTLB_NONE, host_page - page };
	if (rights & MEM_READ)
		e->tag_read = page;
	if (rights & MEM_WRITE)
		e->tag_write = page;
	if (rights & MEM_EXEC)
		e->tag_exec = page;
	set_probe(v, e);
	note_slot(v->tlb->map[mode], page, slot);
	v->stats.mtlb_fills++;
}

/* What slots of word w may hold pages of these regions; their maps start anew. */
static uint64_t take_slots(struct mtlb_map *map, uint32_t regions, uint32_t w)
{
	uint64_t bits = 0;

	for (; regions; regions &= regions - 1) {
		struct mtlb_map *m = &map[__builtin_ctz(regions)];

		bits |= m->slots[w];
		m->slots[w] = 0;
		m->words &= ~(1u << w);
	}
	return bits;
}

/* Clear the entries of one array for [first, last], offsets in these regions (bits 7:0). */
static void flush_slots(struct vcpu *v, uint32_t mode, uint32_t regions, uint64_t first,
			uint64_t last)
{
	struct mtlb_map *map = v->tlb->map[mode];
	uint32_t words = 0, steps = 0, r;

	for (r = regions; r; r &= r - 1)
		words |= map[__builtin_ctz(r)].words;
	for (; words; words &= words - 1) {
		uint32_t w = (uint32_t)__builtin_ctz(words);
		uint64_t bits = take_slots(map, regions, w);

		for (; bits; bits &= bits - 1) {
			uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(bits);
			struct mtlb_entry *e = array_of(v, mode) + slot;
			uint64_t page = page_of(e);

			steps++;
			/* A page of another region may have taken the slot since. */
			if (page == MTLB_NONE || !(regions >> (page >> 61) & 1))
				continue;
			if ((page & VA_OFFSET) - first <= last - first)
				clear(v, e);
			else
				note_slot(map, page, slot);
		}
	}
	v->stats.mtlb_flush_steps += steps;
	vcpu_worked(v, steps);
}

/* The same page by page. */
static void flush_pages(struct vcpu *v, uint32_t mode, uint32_t regions, uint64_t first,
			uint64_t last)
{
	for (; regions; regions &= regions - 1) {
		uint64_t region = (uint64_t)__builtin_ctz(regions) << 61;
		uint64_t page;

		for (page = first; page <= last; page += PAGE_SIZE) {
			struct mtlb_entry *e = mtlb_slot(array_of(v, mode), page);

			if (holds(e, region | page))
				clear(v, e);
		}
		v->stats.mtlb_flush_steps += (last - first) / PAGE_SIZE + 1;
	}
}

void mtlb_forget(struct vcpu *v, uint32_t rid, const struct tlb_span *s)
{
	uint32_t region, modes, regions = 0;

	if (!s->modes)
		return;
	/* Every region with this identifier reaches the entries. */
	for (region = 0; region < 8; region++)
		if (rr_rid(v->vpd->rr[region]) == rid)
			regions |= 1u << region;
	for (modes = s->modes; modes; modes &= modes - 1) {
		uint32_t mode = (uint32_t)__builtin_ctz(modes);

		if (s->last - s->first < PROBE_MAX * PAGE_SIZE)
			flush_pages(v, mode, regions, s->first, s->last);
		else
			flush_slots(v, mode, regions, s->first, s->last);
	}
	if (s->code) {
		forget_code(v, regions);
		forget_old_code(v, rid);
	}
	if ((regions >> (v->code_page >> 61) & 1) &&
	    (v->code_page & VA_OFFSET) - s->first <= s->last - s->first)
		v->code_page = MTLB_NONE;
}

static void flush_regions(struct vcpu *v, uint32_t regions)
{
	uint32_t mode;

	for (mode = MTLB_CPL0; mode <= MTLB_CPL3; mode++)
		flush_slots(v, mode, regions, 0, VA_OFFSET);
	if (regions >> (v->code_page >> 61) & 1)
		v->code_page = MTLB_NONE;
	v->stats.mtlb_flushes++;
}

void mtlb_flush_virtual(struct vcpu *v)
{
	flush_regions(v, 0xff);
	forget_all_code(v);
	see_regions(v);
}

void mtlb_flush_all(struct vcpu *v)
{
	mtlb_flush_virtual(v);
	flush_slots(v, MTLB_PHYSICAL, 0xff, 0, VA_OFFSET);
}

void mmu_rr_changed(struct vcpu *v, uint32_t n)
{
	uint32_t rid = rr_rid(v->vpd->rr[n & 7]), old = v->tlb->rid_seen[n & 7];

	/* Preferred page size and walker enable have no part in what is translated already. */
	if (old == rid)
		return;
	v->tlb->rid_seen[n & 7] = rid;
	flush_regions(v, 1u << (n & 7));
	switch_code(v, n & 7, old, rid);
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
	if (__builtin_expect(v->shadows != NULL, 0))
		v->mtlb_data = v->mtlb_rse = empty;
	if (__builtin_expect(!(psr & PSR_DB), 1))
		return;
	/* The arrays know nothing of breakpoints: look at each access. */
	if (data_breakpoints_armed(v))
		v->mtlb_data = v->mtlb_rse = empty;
	if (inst_breakpoints_armed(v))
		v->mtlb_code = empty;
}
