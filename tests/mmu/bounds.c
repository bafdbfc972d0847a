// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever the guest does to the TLB, one instruction looks at a bounded number
 * of entries: steps are counted in the fullest and most awkward states there
 * are, never timed. And what such a purge only notes is in force at once.
 */
#include "tests/mmu/world.h"

#include "tests/lib/ktap.h"

#define ENTRIES		(1u << 20)
#define RID		0x777u
#define GOOD		(PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9)
#define LIMIT		20000u
/* Part of the machine TLB that one address can concern: arrays of the privilege levels. */
#define MTLB_LIMIT	(2 * 4 * MTLB_ENTRIES)

static uint64_t steps_before, flush_before;
static uint64_t worst, worst_flush;

static void begin_steps(void)
{
	steps_before = v->stats.stlb_purge_steps;
	flush_before = v->stats.mtlb_flush_steps;
}

static void end_steps(void)
{
	uint64_t steps = v->stats.stlb_purge_steps - steps_before;
	uint64_t flush = v->stats.mtlb_flush_steps - flush_before;

	if (steps > worst)
		worst = steps;
	if (flush > worst_flush)
		worst_flush = flush;
}

static void start(uint32_t entries)
{
	uint32_t n;

	world_reset(entries);
	for (n = 0; n < 8; n++)
		set_rr(n, RID, 14, false);
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	v->ip = 7ull << 61 | 1ull << 50;
	worst = worst_flush = 0;
}

/* Pages of 2^ps bytes from va on; both kinds. Nothing is purged by the way. */
static void fill_stlb(uint64_t va, uint32_t count, uint32_t ps)
{
	uint32_t n;

	for (n = 0; n < count; n++)
		tlb_insert_tc(v, n & 1, GOOD, ps << 2, va + ((uint64_t)n << ps));
}

/* Reads of one page for every slot of the machine TLB, in each array and many regions. */
static void fill_mtlb(void)
{
	struct mem_loc loc;
	uint32_t n, cpl;

	for (cpl = 0; cpl < 4; cpl++) {
		psr_set(v, (psr_get(v) & ~PSR_CPL) | (uint64_t)cpl << PSR_CPL_SHIFT);
		for (n = 0; n < 8 * MTLB_ENTRIES; n++)
			mmu_translate(v, (uint64_t)(n / MTLB_ENTRIES) << 61 | (uint64_t)n << 12, 1,
				      MEM_READ, &loc);
	}
	psr_set(v, psr_get(v) & ~PSR_CPL);
}

static bool found(bool data, uint64_t va)
{
	return tlb_find(v, data ? TLB_DATA : TLB_INST, va);
}

static void report(const char *what)
{
	ktap_result(worst <= LIMIT && worst_flush <= MTLB_LIMIT, "%s", what);
	printf("# %" PRIu64 " entries of the TLB, %" PRIu64 " of the machine TLB\n", worst,
	       worst_flush);
}

static void test_purges(void)
{
	uint32_t bits;

	start(ENTRIES);
	fill_stlb(0, ENTRIES, 12);
	for (bits = 12; bits < 64; bits++) {
		begin_steps();
		tlb_purge(v, 1ull << 36, RID, bits);
		end_steps();
	}
	report("ptc.l, ptc.g, ptc.ga of every size in a full STLB of 1 Mi entries");

	start(ENTRIES);
	fill_stlb(0, ENTRIES, 12);
	for (bits = 12; bits < 64; bits++) {
		begin_steps();
		tlb_purge_tr(v, bits & 1, 1ull << 36, bits);
		end_steps();
	}
	report("ptr of every size in it");

	start(ENTRIES);
	fill_stlb(0, ENTRIES, 12);
	begin_steps();
	tlb_purge_all(v);
	end_steps();
	ktap_result(!found(true, 0x1000) && !found(false, 0), "ptc.e leaves nothing");
	report("ptc.e of it");
	fill_stlb(0, 1000, 14);
	ktap_result(found(false, 0) && found(true, 0x4000) && found(true, 999 << 14) &&
			    !found(true, 1001 << 14),
		    "and the STLB fills again");
}

static void test_inserts(void)
{
	static const uint8_t sizes[] = { 12, 13, 14, 16, 18, 20, 22, 24, 26, 28, 32 };
	uint32_t n;

	start(ENTRIES);
	fill_stlb(0, ENTRIES, 12);
	for (n = 0; n < 40 * sizeof(sizes); n++) {
		begin_steps();
		tlb_insert_tc(v, n & 1, GOOD, (uint64_t)sizes[n % sizeof(sizes)] << 2,
			      (uint64_t)n << 33);
		end_steps();
	}
	report("itc of every size in a full STLB");

	start(ENTRIES);
	fill_stlb(0, ENTRIES, 12);
	for (n = 0; n < 64; n++) {
		begin_steps();
		tlb_insert_tr(v, n & 1, n, GOOD, 32 << 2, (uint64_t)n << 32);
		end_steps();
	}
	report("itr of 4 GiB pages in it");
}

/* Chains of the greatest length where a purge has to look. */
static void test_long_chains(void)
{
	uint32_t round, n;

	start(ENTRIES);
	/* The same pages in sizes that all have to be probed for; few lie in one bucket. */
	for (round = 0; round < 16; round++)
		for (n = 0; n < 1024; n++)
			tlb_insert_tc(v, true, GOOD, 12 << 2, (uint64_t)(round << 10 | n) << 12);
	fill_stlb(1ull << 40, 100000, 12);
	begin_steps();
	tlb_purge(v, 0, RID, 22);
	end_steps();
	report("a purge that probes for as many pages as it may");

	start(16384);
	fill_stlb(0, 16384, 28);
	begin_steps();
	tlb_purge(v, 0, RID, 61);
	end_steps();
	ktap_result(v->stats.stlb_purged == 16384 - v->stats.stlb_evictions,
		    "a purge that looks through all entries removes all");
	report("and looks at each once");
}

/* Every slot of every array filled, every region with the same identifier, large pages. */
static void test_machine_tlb(void)
{
	uint32_t n;

	start(64);
	for (n = 0; n < 64; n++)
		tlb_insert_tr(v, true, n, GOOD, 20 << 2, (uint64_t)n << 20);
	fill_mtlb();
	begin_steps();
	tlb_purge_tr(v, true, 0, 61);
	end_steps();
	report("ptr of all translation registers with the machine TLB full");

	start(ENTRIES);
	fill_stlb(0, 20000, 20);
	fill_mtlb();
	begin_steps();
	tlb_purge(v, 0, RID, 61);
	end_steps();
	fill_stlb(0, 20000, 20);
	fill_mtlb();
	begin_steps();
	tlb_purge_all(v);
	end_steps();
	fill_stlb(0, 20000, 20);
	fill_mtlb();
	for (n = 0; n < 8; n++) {
		begin_steps();
		set_rr(n, RID + 1, 14, false);
		end_steps();
	}
	begin_steps();
	mmu_flush_mtlb(v);
	end_steps();
	report("ptc, ptc.e, mov to rr, a flush of everything with the machine TLB full");

	start(64);
	fill_stlb(0, 64, 20);
	fill_mtlb();
	for (n = 0; n < 1000; n++) {
		struct mem_loc loc;

		begin_steps();
		tlb_insert_tc(v, true, GOOD, 20 << 2, 1ull << 40 | (uint64_t)n << 20);
		end_steps();
		mmu_translate(v, 1ull << 40 | (uint64_t)n << 20, 1, MEM_READ, &loc);
	}
	report("itc that evicts large pages");
}

/* Purges that are only noted: exact as long as there are few of them. */
static void test_noted(void)
{
	struct mem_loc loc;
	uint32_t n;
	bool ok;

	start(ENTRIES);
	fill_stlb(0, 500000, 12);
	mmu_translate(v, 0x100001000, 1, MEM_READ, &loc);
	tlb_insert_tc(v, true, GOOD, 12 << 2, 1ull << 32);
	tlb_insert_tc(v, true, GOOD, 12 << 2, 1ull << 33);
	mmu_translate(v, 1ull << 32, 1, MEM_READ, &loc);
	ok = mtlb_read(v, 1ull << 32, 8) != NULL;
	tlb_purge(v, 0, RID, 30);
	ktap_result(ok && v->tlb->nr_purges == 1 && mtlb_read(v, 1ull << 32, 8) &&
			    !found(true, 0x1000) && !found(false, 0x3fffe000) &&
			    found(false, 0x40000000) && found(true, 0x70001000),
		    "a large purge takes its range and nothing else");
	tlb_purge(v, 1ull << 32, RID, 32);
	ktap_result(!mtlb_read(v, 1ull << 32, 8) && !found(true, 1ull << 32) &&
			    found(true, 1ull << 33),
		    "and what the machine TLB holds of it");
	tlb_insert_tc(v, true, GOOD, 12 << 2, 0x1000);
	ktap_result(found(true, 0x1000) && !found(true, 0x3000),
		    "what is inserted behind it stays");
	tlb_purge(v, 0x1000, RID, 12);
	ktap_result(!found(true, 0x1000), "until it is purged itself");

	for (n = 0; n < 14; n++) {
		tlb_insert_tc(v, true, GOOD, 12 << 2, 0x1000);
		tlb_purge(v, (uint64_t)(n + 4) << 32, RID, 30);
	}
	ktap_result(v->tlb->nr_purges == TLB_PURGES_MAX && found(true, 0x70001000) &&
			    !found(true, 0x3000),
		    "as many as can be noted are exact");
	tlb_insert_tc(v, true, GOOD, 12 << 2, 0x1000);
	tlb_purge(v, 1ull << 40, RID, 30);
	ktap_result(!v->tlb->nr_purges && !found(true, 0x3000) && !found(true, 0x70001000),
		    "one more empties the STLB");

	start(ENTRIES);
	fill_stlb(0, 500000, 12);
	for (n = 0; n < 100; n++)
		tlb_purge(v, (uint64_t)n << 24, RID, 24);
	ktap_result(v->tlb->nr_purges == 1 && !found(true, 0x1000) && !found(false, 0x63ffe000) &&
			    found(false, 0x64000000),
		    "purges of neighbours in a row count as one");
	for (n = 0; n < 100; n++)
		tlb_purge(v, (uint64_t)(n & 1) << 40, RID, 30);
	ktap_result(v->tlb->nr_purges == 2 && found(true, 0x70001000),
		    "and the same ones over and over");
	tlb_insert_tc(v, true, GOOD, 12 << 2, 1ull << 40);
	tlb_purge(v, 1ull << 40, RID, 30);
	ktap_result(!found(true, 1ull << 40), "but not with an insert in between");
}

/* Costly instructions end a slice of the run loop early. */
static void test_attention(void)
{
	uint32_t n;

	start(16384);
	fill_stlb(0, 16384, 12);
	v->attention = 0;
	for (n = 0; n < 2; n++)
		tlb_purge(v, 1ull << 50, RID + 1, 40);
	tlb_purge(v, 1ull << 50, RID, 40);
	tlb_purge(v, 1ull << 51, RID, 40);
	ktap_result(v->attention, "much work makes the run loop look up");
	v->attention = 0;
	for (n = 0; n < 200; n++)
		tlb_purge_all(v);
	ktap_result(v->attention, "so do many instructions of some work each");
}

int main(void)
{
	ktap_begin();
	world_create();
	test_purges();
	test_inserts();
	test_long_chains();
	test_machine_tlb();
	test_noted();
	test_attention();
	return ktap_end();
}
