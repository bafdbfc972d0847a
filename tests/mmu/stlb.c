// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB inserts, purges and look-ups against a model that keeps, for every 4 KiB
 * page of a small universe, which translation covers it. Random operations;
 * after each, what the processor may and must find is compared, and the
 * machine TLB has to hold nothing that the TLB does not.
 *
 * usage: stlb [OPERATIONS [SEED]]
 */
#include "tests/mmu/world.h"

#include "tests/lib/ktap.h"

#define RIDS		12
#define SPACE_BITS	26			/* of offsets in a region */
#define PAGES		(1u << (SPACE_BITS - 12))
#define RID_BASE	0x700		/* so that classes of identifiers collide, too */
#define TRANSLATIONS	(2 * RIDS * PAGES + 1)

/* A translation that was inserted; those in the STLB may have been evicted since. */
struct translation {
	uint64_t va, pte;
	uint32_t key;
	uint8_t ps;
	bool tr;
	uint8_t index;
};

static struct translation *translation;
static uint32_t covers[2][RIDS][PAGES];		/* 0 or index of a translation */
static uint32_t *spare, spares;
static uint64_t seed;
static bool failed;
static bool dropped;				/* something may have gone unasked */
static uint32_t full_purges;			/* that were asked for */
static uint32_t operation;

static const uint8_t sizes[] = { 12, 13, 14, 16, 18, 20, 22, 24, 26, 28, 32 };

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static bool check(bool ok, const char *what)
{
	if (!ok && !failed) {
		failed = true;
		printf("# operation %u: %s\n", operation, what);
	}
	return ok;
}

static uint32_t first_page(uint64_t va, uint32_t ps)
{
	return ps >= SPACE_BITS ? 0 : (uint32_t)((va & ~((1ull << ps) - 1)) >> 12) & (PAGES - 1);
}

static uint32_t page_count(uint32_t ps)
{
	return ps >= SPACE_BITS ? PAGES : 1u << (ps - 12);
}

/* Offset in a region: the universe lies at its start. */
static uint64_t random_offset(void)
{
	return (uint64_t)rnd(PAGES) << 12 | rnd(4096);
}

static void model_remove(uint32_t kind, uint32_t rid, uint32_t t)
{
	uint32_t first = first_page(translation[t].va, translation[t].ps);
	uint32_t n;

	for (n = 0; n < page_count(translation[t].ps); n++)
		covers[kind][rid][first + n] = 0;
	spare[spares++] = t;
}

/* Remove what overlaps; trs: translation registers too, else they stay. */
static void model_purge(uint32_t kind, uint32_t rid, uint64_t va, uint32_t ps, bool trs)
{
	uint32_t first = first_page(va, ps);
	uint32_t n;

	for (n = 0; n < page_count(ps); n++) {
		uint32_t t = covers[kind][rid][first + n];

		if (t && (trs || !translation[t].tr))
			model_remove(kind, rid, t);
	}
}

static bool model_has_tr(uint32_t kind, uint32_t rid, uint64_t va, uint32_t ps)
{
	uint32_t first = first_page(va, ps);
	uint32_t n;

	for (n = 0; n < page_count(ps); n++) {
		uint32_t t = covers[kind][rid][first + n];

		if (t && translation[t].tr)
			return true;
	}
	return false;
}

static void model_insert(uint32_t kind, uint32_t rid, const struct translation *new)
{
	uint32_t first = first_page(new->va, new->ps);
	uint32_t t = spare[--spares];
	uint32_t n;

	translation[t] = *new;
	for (n = 0; n < page_count(new->ps); n++)
		covers[kind][rid][first + n] = t;
}

static void random_rr(uint32_t n)
{
	set_rr(n, RID_BASE + rnd(RIDS), 14, false);
}

static uint32_t region_rid(uint32_t n)
{
	return rr_rid(v->vpd->rr[n]) - RID_BASE;
}

/* Mostly small pages, or the large ones would leave no others. */
static uint32_t page_size(void)
{
	uint32_t rarity = v->tlb->entries > 4096 ? 20000 : 500;

	return sizes[rnd(rarity) ? rnd(rnd(8) ? 2 : 4) : rnd(sizeof(sizes))];
}

static void op_insert(bool tr)
{
	uint32_t n = rnd(8), rid = region_rid(n), kind = rnd(2);
	uint64_t va = (uint64_t)n << 61 | random_offset();
	struct translation new = {
		.va = va & VA_OFFSET,
		.pte = PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9 |
		       (uint64_t)rnd(1u << 20) << 12,
		.key = rnd(1u << 24),
		.ps = tr ? sizes[rnd(6)] : (uint8_t)page_size(),
		.tr = tr,
		.index = (uint8_t)rnd(6),
	};
	uint64_t itir = (uint64_t)new.key << 8 | (uint64_t)new.ps << 2;
	struct tlb_entry *e;

	/* A cache entry over a translation register is a machine check. */
	if (!tr && model_has_tr(kind, rid, va, new.ps))
		return;
	if (tr) {
		uint32_t r, p;

		for (r = 0; r < RIDS; r++)
			for (p = 0; p < PAGES; p++) {
				uint32_t t = covers[kind][r][p];

				if (t && translation[t].tr && translation[t].index == new.index)
					model_remove(kind, r, t);
			}
		tlb_insert_tr(v, kind, new.index, new.pte, itir, va);
	} else {
		tlb_insert_tc(v, kind, new.pte, itir, va);
	}
	model_purge(kind, rid, va, new.ps, tr);
	model_insert(kind, rid, &new);
	e = tlb_find(v, kind ? TLB_DATA : TLB_INST, va);
	check(e && e->pte == new.pte, "an insert is found at once");
}

static void op_purge(void)
{
	uint32_t n = rnd(8), rid = region_rid(n), ps = page_size(), kind;
	uint64_t va = (uint64_t)n << 61 | random_offset();
	uint64_t steps = v->stats.stlb_purge_steps;

	/* Enough of those that are too large to be carried out at once. */
	if (v->tlb->top > 20000 && !rnd(20))
		ps = 22 + rnd(40);
	tlb_purge(v, va, RID_BASE + rid, ps);
	for (kind = 0; kind < 2; kind++)
		model_purge(kind, rid, va, ps, false);
	steps = v->stats.stlb_purge_steps - steps;
	check(steps <= STLB_PURGE_STEPS, "a purge is bounded");
}

static void op_purge_tr(void)
{
	uint32_t n = rnd(8), rid = region_rid(n), ps = page_size(), kind = rnd(2);
	uint64_t va = (uint64_t)n << 61 | random_offset();

	tlb_purge_tr(v, kind, va, ps);
	model_purge(kind, rid, va, ps, true);
}

static void op_purge_all(void)
{
	uint32_t kind, rid, p;

	tlb_purge_all(v);
	full_purges++;
	for (kind = 0; kind < 2; kind++)
		for (rid = 0; rid < RIDS; rid++)
			for (p = 0; p < PAGES; p++) {
				uint32_t t = covers[kind][rid][p];

				if (t && !translation[t].tr)
					model_remove(kind, rid, t);
			}
}

/* An address that some entry of the STLB may map, if a region has its identifier. */
static uint64_t mapped_address(void)
{
	struct tlb_entry *e = (struct tlb_entry *)((uint8_t *)v->tlb + 0x10000 +
						   v->tlb->entries * sizeof(uint32_t));
	uint32_t n;

	if (!v->tlb->top)
		return 0;
	e += rnd(v->tlb->top);
	for (n = 0; n < 8; n++)
		if (rr_rid(v->vpd->rr[n]) == e->rid)
			break;
	return (uint64_t)(n & 7) << 61 | ((e->va + rnd(1u << 16)) & ((1u << SPACE_BITS) - 1));
}

/* One look-up through all of mmu_translate(). */
static void op_look_up(void)
{
	uint32_t kind = rnd(2);
	uint64_t va = rnd(2) ? mapped_address() : (uint64_t)rnd(8) << 61 | random_offset();
	uint32_t t = covers[kind][region_rid(va >> 61)][(va & VA_OFFSET) >> 12];
	struct mem_loc loc;
	enum mem_status status;

	v->quiet = true;
	status = mmu_translate(v, va, 1, kind ? (rnd(2) ? MEM_READ : MEM_WRITE) : MEM_EXEC, &loc);
	v->quiet = false;
	if (status == MEM_OK) {
		uint64_t mask = t ? (1ull << translation[t].ps) - 1 : 0;

		if (check(t, "nothing is found that was purged"))
			check(loc.gpa == ((translation[t].pte & PTE_PPN & ~mask) | (va & mask)),
			      "the physical address is right");
	} else {
		check(!t || (dropped && !translation[t].tr), "what was inserted is found");
	}
}

static void check_mtlb_tag(uint64_t tag, const struct mtlb_entry *e, uint32_t kind)
{
	uint32_t t;
	uint64_t mask, gpa;

	if (tag == MTLB_NONE)
		return;
	if (!check((tag & VA_OFFSET) >> 12 < PAGES, "a machine TLB tag is in the universe"))
		return;
	t = covers[kind][region_rid(tag >> 61)][(tag & VA_OFFSET) >> 12];
	if (!check(t, "the machine TLB has forgotten what was purged"))
		return;
	mask = (1ull << translation[t].ps) - 1;
	gpa = (translation[t].pte & PTE_PPN & ~mask) | (tag & mask);
	check(tag + e->addend == (uint64_t)(uintptr_t)v->window + gpa,
	      "the machine TLB's address is right");
	check(tlb_find(v, kind ? TLB_DATA : TLB_INST, tag), "the machine TLB is part of the TLB");
}

/* Does translated code find the page, and the accesses of each size that are aligned, as the entry says? */
static void check_probe_tags(const struct mtlb_words *tags, uint32_t slot, uint64_t tag)
{
	uint32_t n, offset, bad = 0;

	for (n = 0; n < MTLB_SIZES; n++)
		for (offset = 0; offset < 16; offset++) {
			uint64_t size = 1ull << n, va = tag + 0xff0 + offset;
			uint64_t asked = ~va & (~0xfffull | (size - 1));

			bad += (tags[n].word[slot] == asked) !=
			       (tag != MTLB_NONE && !(va & (size - 1)));
		}
	check(!bad, "translated code finds what the machine TLB holds");
}

static void check_probe(uint32_t index)
{
	const struct mtlb_probe *p = (const void *)((uint8_t *)v->mtlb + MTLB_PROBE_OFFSET);
	uint32_t slot = index % MTLB_ENTRIES;

	p += index / MTLB_ENTRIES;
	check_probe_tags(p->read, slot, v->mtlb[index].tag_read);
	check_probe_tags(p->write, slot, v->mtlb[index].tag_write);
	check(p->addend.word[slot] == v->mtlb[index].addend, "and where that is");
}

static void check_mtlb(void)
{
	uint32_t n;

	for (n = 0; n < MTLB_PHYSICAL * MTLB_ENTRIES; n++) {
		const struct mtlb_entry *e = &v->mtlb[n];

		check_mtlb_tag(e->tag_read, e, 1);
		check_mtlb_tag(e->tag_write, e, 1);
		check_mtlb_tag(e->tag_exec, e, 0);
		check_probe(n);
	}
}

/* Every entry is in exactly one place, and the counts add up. */
static void check_counts(void)
{
	uint64_t in_use = v->stats.stlb_inserts - v->stats.stlb_evictions - v->stats.stlb_purged;
	uint32_t *head = (uint32_t *)((uint8_t *)v->tlb + 0x10000);
	struct tlb_entry *e = (struct tlb_entry *)(head + v->tlb->entries);
	uint64_t used = 0, linked = 0;
	uint32_t n;

	for (n = 0; n < v->tlb->entries; n++) {
		uint32_t next, length = 0;

		used += n < v->tlb->top && e[n].kind;
		next = head[n];
		/* Heads of chains before the last full purge lead nowhere. */
		if (next && (e[next - 1].stamp < v->tlb->epoch || e[next - 1].bucket != n))
			next = 0;
		for (; next && length <= STLB_CHAIN_MAX; next = e[next - 1].next) {
			check(e[next - 1].kind && e[next - 1].bucket == n, "a chain is its bucket's");
			length++;
		}
		check(length <= STLB_CHAIN_MAX, "chains are short");
		linked += length;
	}
	check(used == in_use, "counters agree with the entries in use");
	check(linked == in_use, "every entry in use is in one chain");
}

static void run(uint32_t entries, uint32_t operations)
{
	uint64_t stamp;
	uint32_t n;

	failed = dropped = false;
	memset(covers, 0, sizeof(covers));
	for (spares = 0; spares < TRANSLATIONS - 1; spares++)
		spare[spares] = spares + 1;
	world_reset(entries);
	stamp = v->tlb->stamp;
	for (n = 0; n < 8; n++)
		random_rr(n);
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	/* The executing bundle's page is never evicted: keep it out of the way. */
	v->ip = 7ull << 61 | 1ull << 40;
	for (operation = 0; operation < operations && !failed; operation++) {
		uint32_t dice = rnd(10000), asked = full_purges;
		uint64_t epoch = v->tlb->epoch;

		if (dice < 5000)
			op_insert(false);
		else if (dice < 8500)
			op_look_up();
		else if (dice < 9400)
			op_purge();
		else if (dice < 9500)
			random_rr(rnd(8));
		else if (dice < 9700)
			op_purge_tr();
		else if (dice < 9720)
			op_insert(true);
		else if (dice < 9999 || rnd(10))
			psr_set(v, (psr_get(v) & ~PSR_CPL) | (uint64_t)rnd(4) << PSR_CPL_SHIFT);
		else if (rnd(2))
			op_purge_all();
		else
			mmu_flush_mtlb(v);
		/* A full purge that nobody asked for: too many others were noted. */
		if (v->tlb->epoch != epoch && asked == full_purges)
			dropped = true;
		dropped |= v->stats.stlb_evictions != 0;
		if (operation % 1024 == 0)
			check_mtlb();
		if (operation % 4096 == 0)
			check_counts();
	}
	check_counts();
	check_mtlb();
	ktap_result(!failed, "%u entries: %u operations agree with the model", entries, operations);
	printf("# inserts %" PRIu64 ", evictions %" PRIu64 ", purged %" PRIu64 ", steps %" PRIu64
	       ", fills %" PRIu64 ", notes %" PRIu64 "\n", v->stats.stlb_inserts, v->stats.stlb_evictions,
	       v->stats.stlb_purged, v->stats.stlb_purge_steps, v->stats.mtlb_fills,
	       v->tlb->stamp - stamp);
}

int main(int argc, char **argv)
{
	uint32_t operations = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 100000;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	translation = calloc(TRANSLATIONS, sizeof(*translation));
	spare = calloc(TRANSLATIONS, sizeof(*spare));
	if (!translation || !spare)
		return 1;
	ktap_begin();
	world_create();
	run(64, operations);
	run(1024, operations);
	run(65536, operations);
	return ktap_end();
}
