// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VHPT: hash and tag functions, both formats, when the walker runs and what
 * makes it give up (SDM 2:4.1.5 to 4.1.8); checks of inserted translations
 * (2:4.1.1.5); translation registers.
 */
#include "tests/mmu/world.h"

#include "tests/lib/ktap.h"

#define RID		0xabcdeu
#define VA		(2ull << 61 | 0x7654000)
#define PA		0x900000ull
#define TABLE_PA	0x200000ull
#define GOOD		(PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9)

static uint64_t seed = 7;

static uint64_t rnd64(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed ^ seed >> 31;
}

static void write_word(uint64_t pa, uint64_t value)
{
	if (v->vpd->vcr[CR_DCR] & DCR_BE)
		value = __builtin_bswap64(value);
	memcpy(v->window + pa, &value, 8);
}

/* Where in memory the table's entry for va lies. */
static uint64_t slot_pa(uint64_t va)
{
	return TABLE_PA + (mmu_thash(v, va) & 0x7fff);
}

static void put_short(uint64_t va, uint64_t pte)
{
	write_word(slot_pa(va), pte);
}

static void put_long(uint64_t va, uint64_t pte, uint64_t itir, uint64_t tag)
{
	uint64_t pa = slot_pa(va);

	write_word(pa, pte);
	write_word(pa + 8, itir);
	write_word(pa + 16, tag);
}

/* A table of 32 KiB, mapped by one 64 KiB page of its region. */
static void with_table(bool is_long)
{
	uint64_t base = is_long ? 5ull << 61 | 0x40000 : 0x40000;
	uint64_t table_va;

	world_reset(64);
	memset(v->window + TABLE_PA, 0, 0x10000);
	v->vpd->vcr[CR_PTA] = base | (is_long ? 1 << 8 : 0) | 15 << 2 | 1;
	set_rr(2, RID, 14, true);
	set_rr(5, 0x55, 16, false);
	set_rr(7, 7, 14, false);
	v->ip = 7ull << 61;
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	table_va = is_long ? base : 2ull << 61 | base;
	tlb_insert_tc(v, true, TABLE_PA | GOOD, 16 << 2, table_va);
}

static bool found(uint64_t va, uint32_t flags, uint64_t gpa)
{
	struct mem_loc loc;

	return mmu_translate(v, va, 1, flags, &loc) == MEM_OK && loc.gpa == gpa;
}

static uint32_t vector(uint64_t va, uint32_t flags)
{
	struct mem_loc loc;

	if (mmu_translate(v, va, flags & MEM_EXEC ? 16 : 1, flags, &loc) != MEM_FAULT)
		return ~0u;
	return (uint32_t)(v->ip - IVA);
}

static void test_hash(void)
{
	uint32_t n;
	bool ok = true;

	world_reset(64);
	v->vpd->rr[2] = (uint64_t)RID << 8 | 14 << 2 | 1;
	v->vpd->vcr[CR_PTA] = 0x1ffffc0000000000ull | 40 << 2 | 1;
	/* Page 0x6001 of the region, eight bytes each, in the region's own table. */
	ktap_result(mmu_thash(v, 2ull << 61 | 0x6001 << 14 | 0x123) ==
			    (0x5ffffc0000000000ull | 0x30008),
		    "thash: short format, region and page number");
	v->vpd->vcr[CR_PTA] = 0x40000 | 15 << 2 | 1;
	ktap_result(mmu_thash(v, 2ull << 61 | 0x6001 << 14) == (2ull << 61 | 0x40000 | 8),
		    "thash: short format, PTA.size cuts the index");
	ktap_result(mmu_thash(v, (3ull << 61) - 1) == (2ull << 61 | 0x47ff8),
		    "thash: short format, end of the table");

	for (n = 0; n < 200000; n++) {
		uint64_t a = rnd64(), b = n & 1 ? rnd64() : a ^ 1ull << rnd64() % 61;
		uint32_t ps = 12 + rnd64() % 3, size = 15 + rnd64() % 20;
		uint64_t rids[2] = { rnd64() & 0xffffff, rnd64() & 0xffffff };
		uint64_t hash[2], tag[2];
		bool differ;

		if (n & 2)
			rids[1] = rids[0];
		v->vpd->vcr[CR_PTA] = 5ull << 61 | 1ull << 40 | 1 << 8 | size << 2 | 1;
		v->vpd->rr[2] = rids[0] << 8 | ps << 2;
		v->vpd->rr[3] = rids[1] << 8 | ps << 2;
		a = 2ull << 61 | (a & VA_OFFSET);
		b = 3ull << 61 | (b & VA_OFFSET);
		hash[0] = mmu_thash(v, a);
		hash[1] = mmu_thash(v, b);
		tag[0] = mmu_ttag(v, a);
		tag[1] = mmu_ttag(v, b);
		differ = rids[0] != rids[1] || (a & VA_OFFSET) >> ps != (b & VA_OFFSET) >> ps;
		ok = ok && differ == (hash[0] != hash[1] || tag[0] != tag[1]) && !(tag[0] >> 63) &&
		     (hash[0] & 31) == 0 && hash[0] >> size == (5ull << 61 | 1ull << 40) >> size;
	}
	ktap_result(ok, "thash, ttag: long format, together they name one page");
}

static void test_short(void)
{
	with_table(false);
	put_short(VA, PA | GOOD);
	ktap_result(found(VA + 5, MEM_READ, PA + 5), "short format: data");
	ktap_result(v->stats.vhpt_walks == 1 && v->stats.vhpt_inserts == 1,
		    "short format: counted");
	put_short(VA, 0);
	ktap_result(found(VA + 5, MEM_READ, PA + 5) && v->stats.vhpt_walks == 1,
		    "short format: the translation was inserted");
	put_short(VA, PA | GOOD);
	ktap_result(found(VA, MEM_EXEC, PA), "short format: instructions");
	with_table(false);
	ktap_result(vector(VA, MEM_READ) == VEC_PAGE_NOT_PRESENT &&
		    v->vpd->vcr[CR_ITIR] == ((uint64_t)RID << 8 | 14 << 2),
		    "short format: an entry of 0 is a page that is not present");
	with_table(false);
	put_short(VA, PA | GOOD);
	found(VA, MEM_READ, PA);
	ktap_result(mmu_tak(v, VA) == (uint64_t)RID << 8, "short format: the key is the region's");
	with_table(false);
	v->vpd->vcr[CR_DCR] = DCR_BE;
	put_short(VA, PA | GOOD);
	ktap_result(found(VA, MEM_READ, PA), "short format: DCR.be");
	with_table(false);
	put_short(VA, PA | GOOD | 1 << 1);
	ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "short format: reserved bits fail");
	with_table(false);
	v->vpd->vcr[CR_PTA] += 0x80000;
	ktap_result(vector(VA, MEM_READ) == VEC_VHPT_TRANSLATION &&
		    v->vpd->vcr[CR_IHA] == mmu_thash(v, VA) && v->vpd->vcr[CR_IFA] == VA &&
		    v->vpd->vcr[CR_ITIR] == ((uint64_t)RID << 8 | 14 << 2),
		    "short format: no translation for the table");
}

static void test_long(void)
{
	with_table(true);
	put_long(VA, PA | GOOD, 0x777 << 8 | 13 << 2, mmu_ttag(v, VA));
	ktap_result(found(VA + 0x1fff, MEM_WRITE, PA + 0x1fff) && mmu_tak(v, VA) == 0x777 << 8,
		    "long format: page size and key of the entry");
	ktap_result(!found(VA + 0x2000, MEM_READ, PA + 0x2000),
		    "long format: no more than the page");
	with_table(true);
	put_long(VA, PA | GOOD, 14 << 2, mmu_ttag(v, VA) ^ 1);
	ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "long format: another tag");
	with_table(true);
	put_long(VA, PA | GOOD, 14 << 2, mmu_ttag(v, VA) | 1ull << 63);
	ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "long format: tag.ti");
	with_table(true);
	put_long(VA, PA | GOOD, 15 << 2, mmu_ttag(v, VA));
	ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "long format: no such page size");
	with_table(true);
	put_long(VA, PA | GOOD, 14 << 2 | 1ull << 40, mmu_ttag(v, VA));
	ktap_result(vector(VA, MEM_EXEC) == VEC_ITLB,
		    "long format: reserved bits of the second word");
	with_table(true);
	put_long(VA, PA & ~PTE_P, 14 << 2, mmu_ttag(v, VA));
	ktap_result(vector(VA, MEM_READ) == VEC_PAGE_NOT_PRESENT, "long format: not present");
	with_table(true);
	v->vpd->vcr[CR_DCR] = DCR_BE;
	put_long(VA, PA | GOOD, 14 << 2, mmu_ttag(v, VA));
	ktap_result(found(VA, MEM_READ, PA), "long format: DCR.be");
	with_table(true);
	v->vpd->vcr[CR_PTA] += 0x80000;
	ktap_result(vector(VA, MEM_READ) == VEC_VHPT_TRANSLATION &&
		    v->vpd->vcr[CR_IHA] == mmu_thash(v, VA) && v->vpd->vcr[CR_IFA] == VA &&
		    v->vpd->vcr[CR_ITIR] == (0x55 << 8 | 16 << 2),
		    "long format: no translation for the table, in the table's region");
}

/* SDM 2:4.1.5: what must be set for the walker to run. */
static void test_enable(void)
{
	static const struct {
		const char *name;
		uint32_t flags;
		uint64_t psr;		/* bits that have to be set */
		uint32_t disabled;	/* the vector otherwise */
	} cases[] = {
		{ "data", MEM_READ, PSR_DT, VEC_ALT_DTLB },
		{ "RSE", MEM_READ | MEM_RSE, PSR_DT | PSR_RT, VEC_ALT_DTLB },
		{ "instruction", MEM_EXEC, PSR_DT | PSR_IT | PSR_IC, VEC_ALT_ITLB },
	};
	static const uint64_t bits[] = { PSR_DT, PSR_IT, PSR_RT, PSR_IC };
	uint32_t c, b;

	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		bool ok = true;

		for (b = 0; b < 4; b++) {
			bool translated = bits[b] != (c == 0 ? PSR_DT : c == 1 ? PSR_RT : PSR_IT);
			bool needed = cases[c].psr & bits[b];
			uint32_t expected = needed ? cases[c].disabled : ~0u;

			if (!translated)
				continue;
			if (bits[b] == PSR_IC && c != 2)
				expected = ~0u;
			with_table(false);
			put_short(VA, PA | GOOD);
			psr_set(v, psr_get(v) & ~bits[b]);
			if (vector(VA, cases[c].flags) != expected) {
				printf("# PSR without %#" PRIx64 "\n", bits[b]);
				ok = false;
			}
		}
		with_table(false);
		put_short(VA, PA | GOOD);
		v->vpd->vcr[CR_PTA] &= ~1ull;
		ok = ok && vector(VA, cases[c].flags) == cases[c].disabled;
		with_table(false);
		put_short(VA, PA | GOOD);
		v->vpd->rr[2] &= ~1ull;
		ok = ok && vector(VA, cases[c].flags) == cases[c].disabled;
		ktap_result(ok, "the walker runs for %s references when it may", cases[c].name);
	}
}

/* What is wrong with the table's own page makes the walk fail. */
static void test_table_page(void)
{
	static const struct {
		const char *name;
		uint64_t clear, set;
		uint64_t psr;
	} cases[] = {
		{ "not present", PTE_P, 0, 0 },
		{ "not accessed", PTE_A, 0, 0 },
		{ "uncacheable", 0, 4 << 2, 0 },
		{ "a NaTPage", 0, 7 << 2, 0 },
		{ "without its key", 0, 0, PSR_PK },
		{ "not memory", 0, 1ull << 45, 0 },
	};
	uint32_t c;

	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		with_table(false);
		put_short(VA, PA | GOOD);
		tlb_insert_tc(v, true, ((TABLE_PA | GOOD) & ~cases[c].clear) | cases[c].set,
			      16 << 2, 2ull << 61 | 0x40000);
		psr_set(v, psr_get(v) | cases[c].psr);
		ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "a table page that is %s",
			    cases[c].name);
	}
	with_table(false);
	put_short(VA, PA | GOOD);
	v->vpd->dbr[0] = mmu_thash(v, VA);
	v->vpd->dbr[1] = 1ull << 63 | 1ull << 56 | 0xffffffffffffffull;
	psr_set(v, psr_get(v) | PSR_DB);
	ktap_result(vector(VA, MEM_READ) == VEC_DTLB, "a table entry with a breakpoint");
	with_table(false);
	tlb_purge_all(v);
	ktap_result(vector(2ull << 61 | 0x40000, MEM_READ) == VEC_VHPT_TRANSLATION,
		    "a table that the table itself would have to map");
}

static void test_check_insert(void)
{
	static const struct {
		const char *name;
		uint64_t pte, itir;
		bool ok;
	} cases[] = {
		{ "a good one", GOOD, 14 << 2, true },
		{ "bit 1", GOOD | 2, 14 << 2, false },
		{ "bit 50", GOOD | 1ull << 50, 14 << 2, false },
		{ "bit 51", GOOD | 1ull << 51, 14 << 2, false },
		{ "ed and ignored bits", GOOD | 0xfffull << 52, 14 << 2, true },
		{ "all physical page bits", GOOD | PTE_PPN, 14 << 2, true },
		{ "attribute 1", GOOD | 1 << 2, 14 << 2, false },
		{ "attribute 2", GOOD | 2 << 2, 14 << 2, false },
		{ "attribute 3", GOOD | 3 << 2, 14 << 2, false },
		{ "attribute UCE", GOOD | 5 << 2, 14 << 2, true },
		{ "attribute NaTPage", GOOD | 7 << 2, 14 << 2, true },
		{ "ITIR bit 0", GOOD, 14 << 2 | 1, false },
		{ "ITIR bit 1", GOOD, 14 << 2 | 2, false },
		{ "ITIR bit 32", GOOD, 14 << 2 | 1ull << 32, false },
		{ "a 24-bit key", GOOD, 14 << 2 | 0xffffffull << 8, true },
		{ "not present, all else set", ~1ull, 14 << 2 | 0xffffffff00000000ull, true },
		{ "not present, no such page size", 0, 15 << 2, false },
	};
	bool unimplemented, ok = true;
	uint32_t n;

	world_reset(64);
	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		int code = tlb_check_insert(v, cases[n].pte, cases[n].itir, 0, &unimplemented);

		ktap_result(code == (cases[n].ok ? 0 : GE_RESERVED_FIELD) && !unimplemented,
			    "insert of %s", cases[n].name);
	}
	for (n = 0; n < 64; n++) {
		bool good = n == 12 || n == 13 || n == 14 || n == 16 || n == 18 || n == 20 ||
			    n == 22 || n == 24 || n == 26 || n == 28 || n == 32;

		if (!tlb_check_insert(v, GOOD, n << 2, 0, &unimplemented) != good)
			ok = false;
	}
	ktap_result(ok, "insert of every page size");
}

static void test_registers(void)
{
	struct riven_tr tr;

	world_reset(64);
	set_rr(2, RID, 14, false);
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	tlb_insert_tr(v, true, 63, PA | GOOD, 5 << 8 | 24 << 2, VA);
	ktap_result(found(VA, MEM_READ, (VA & 0xffffff)), "itr.d: the page is aligned to its size");
	ktap_result(vector(VA, MEM_EXEC) == VEC_ALT_ITLB, "itr.d: not for instructions");
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	tlb_purge(v, VA, RID, 24);
	tlb_purge_all(v);
	ktap_result(found(VA, MEM_READ, VA & 0xffffff), "purges of the cache leave registers");
	tlb_get_tr(v, true, 63, &tr);
	ktap_result(tr.pte == (PA | GOOD) && tr.itir == (5 << 8 | 24 << 2) && tr.rid == RID &&
		    tr.va == (VA & VA_OFFSET & ~0xffffffull), "a register can be read back");
	tlb_purge_tr(v, false, VA, 24);
	ktap_result(found(VA, MEM_READ, VA & 0xffffff), "ptr.i leaves data registers");
	tlb_purge_tr(v, true, VA + (1 << 24), 24);
	ktap_result(found(VA, MEM_READ, VA & 0xffffff), "ptr.d leaves what does not overlap");
	tlb_purge_tr(v, true, VA, 12);
	ktap_result(!found(VA, MEM_READ, VA & 0xffffff), "ptr.d takes what overlaps in part");
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	tlb_set_tr(v, true, 3, &tr);
	ktap_result(found(VA, MEM_READ, VA & 0xffffff), "a register can be set from outside");
	tr.pte = 0;
	tlb_set_tr(v, true, 3, &tr);
	ktap_result(!found(VA, MEM_READ, VA & 0xffffff), "and cleared");
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	tlb_insert_tc(v, true, PA | GOOD, 14 << 2, VA);
	found(VA, MEM_READ, PA);
	tlb_insert_tr(v, true, 0, 0x500000 | GOOD, 14 << 2, VA);
	ktap_result(found(VA, MEM_READ, 0x500000), "itr.d replaces an entry of the cache");
	tlb_insert_tr(v, true, 0, PA | GOOD, 14 << 2, VA + 0x10000);
	ktap_result(!found(VA, MEM_READ, 0x500000) && found(VA + 0x10000, MEM_READ, PA),
		    "itr.d replaces what the register held");
}

int main(void)
{
	ktap_begin();
	world_create();
	test_hash();
	test_short();
	test_long();
	test_enable();
	test_table_page();
	test_check_insert();
	test_registers();
	return ktap_end();
}
