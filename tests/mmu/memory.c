// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where accesses go: RAM, ROM and the dirty log, physical addressing, accesses
 * that leave the world and come back, unaligned and page-crossing ones, what
 * the machine TLB may answer by itself, breakpoints, the ALAT.
 */
#include "tests/mmu/world.h"

#include "gvmm/cpu/alat.h"
#include "tests/lib/ktap.h"

#define RID	0x321u
#define VA	(3ull << 61 | 0x100000)
#define PA	0x100000ull
#define HOLE	0x2000000ull		/* no memory here */
#define ROM	0x1000000ull
#define GOOD	(PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9)
#define PHYS_UC	(1ull << 63)

static void map(uint64_t va, uint64_t pa, uint64_t flags, uint32_t ps)
{
	tlb_insert_tc(v, true, pa | flags, ps << 2, va);
}

static void start(void)
{
	world_reset(64);
	memset(p2m_of(HOLE), RIVEN_P2M_NONE, 256);
	memset(p2m_of(RIVEN_PIB_BASE), RIVEN_P2M_NONE, RIVEN_PIB_SIZE >> 12);
	memset(p2m_of(ROM), RIVEN_P2M_ROM, 16);
	memset(v->window + PA, 0, 0x10000);
	set_rr(3, RID, 14, false);
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
}

static void physical(void)
{
	start();
	psr_set(v, PSR_IC);
}

static uint32_t vec(void)
{
	return (uint32_t)(v->ip - IVA);
}

static enum mem_status store64(uint64_t va, uint64_t value)
{
	return mem_write_slow(v, va, 8, MEM_WRITE, &value);
}

static uint64_t ram64(uint64_t pa)
{
	uint64_t x;

	memcpy(&x, v->window + pa, 8);
	return x;
}

static void test_dirty_log(void)
{
	uint64_t x;

	start();
	map(VA, PA, GOOD, 14);
	ktap_result(mem_read_slow(v, VA, 8, MEM_READ, &x) == MEM_OK && mtlb_read(v, VA, 8) &&
		    mtlb_write(v, VA, 8), "RAM: one look serves reads and writes");
	*p2m_of(PA) |= RIVEN_P2M_LOG;
	mmu_flush_mtlb(v);
	ktap_result(!mtlb_read(v, VA, 8) && !mtlb_write(v, VA, 8),
		    "a change of the P2M empties the arrays");
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	ktap_result(mtlb_read(v, VA, 8) && !mtlb_write(v, VA, 8) &&
			    !(*p2m_of(PA) & RIVEN_P2M_DIRTY),
		    "dirty log: a read leaves the frame clean and writes guarded");
	store64(VA, 1);
	ktap_result((*p2m_of(PA) & RIVEN_P2M_DIRTY) && mtlb_write(v, VA, 8) && ram64(PA) == 1,
		    "dirty log: the first write marks the frame and frees the next");
	ktap_result(!(*p2m_of(PA + 0x1000) & RIVEN_P2M_DIRTY), "dirty log: no other frame");
	*p2m_of(PA) &= ~RIVEN_P2M_DIRTY;
	mmu_flush_mtlb(v);
	ktap_result(!mtlb_write(v, VA, 8) && store64(VA, 2) == MEM_OK &&
			    (*p2m_of(PA) & RIVEN_P2M_DIRTY),
		    "dirty log: a mark that was fetched comes again");
	*p2m_of(PA) = RIVEN_P2M_RAM | RIVEN_P2M_LOG;
	*p2m_of(PA + 0x1000) = RIVEN_P2M_RAM | RIVEN_P2M_LOG;
	mmu_flush_mtlb(v);
	store64(VA + 0xffc, 3);
	ktap_result((*p2m_of(PA) & RIVEN_P2M_DIRTY) && (*p2m_of(PA + 0x1000) & RIVEN_P2M_DIRTY),
		    "dirty log: a store across frames marks both");

	start();
	map(VA, ROM, GOOD, 14);
	memset(v->window + ROM, 0x5a, 16);
	ktap_result(store64(VA, 0) == MEM_OK && ram64(ROM) == 0x5a5a5a5a5a5a5a5aull,
		    "ROM: a write is dropped");
	ktap_result(mem_read_slow(v, VA, 8, MEM_READ, &x) == MEM_OK && x == 0x5a5a5a5a5a5a5a5aull &&
			    mtlb_read(v, VA, 8) && !mtlb_write(v, VA, 8),
		    "ROM: reads are memory, writes are not");
}

static void test_machine_tlb(void)
{
	uint64_t x;

	start();
	map(VA, PA, GOOD & ~PTE_D, 14);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	ktap_result(mtlb_read(v, VA, 8) && !mtlb_write(v, VA, 8), "no free writes to a clean page");
	ktap_result(!mtlb_read(v, VA + 1, 8) && !mtlb_read(v, VA + 0xffc, 8) &&
			    mtlb_read(v, VA + 4, 4),
		    "only aligned accesses are free");
	psr_set(v, psr_get(v) | PSR_CPL);
	ktap_result(!mtlb_read(v, VA, 8), "each privilege level has its own array");
	psr_set(v, psr_get(v) & ~PSR_CPL);
	ktap_result(mtlb_read(v, VA, 8), "and comes back to it");
	psr_set(v, psr_get(v) | PSR_PK);
	ktap_result(!mtlb_read(v, VA, 8), "PSR.pk empties the arrays");

	start();
	map(VA, PA, GOOD, 14);
	v->vpd->pkr[0] = 1 | 1 << 1;
	psr_set(v, psr_get(v) | PSR_PK);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	ktap_result(mtlb_read(v, VA, 8) && !mtlb_write(v, VA, 8), "a key that denies writes");

	start();
	map(VA, PA, GOOD | 4 << 2, 14);
	ktap_result(mem_read_slow(v, VA, 8, MEM_READ, &x) == MEM_OK && !mtlb_read(v, VA, 8),
		    "uncacheable pages are never free");

	start();
	map(VA, PA, GOOD, 14);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	mem_read_slow(v, VA + 0x3000, 8, MEM_READ, &x);
	tlb_purge(v, VA, RID, 12);
	ktap_result(!mtlb_read(v, VA, 8) && !mtlb_read(v, VA + 0x3000, 8),
		    "a purge takes all of an entry that it overlaps");

	start();
	map(VA, PA, GOOD, 14);
	set_rr(4, RID, 14, false);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	mem_read_slow(v, 4ull << 61 | (VA & VA_OFFSET), 8, MEM_READ, &x);
	ktap_result(mtlb_read(v, 4ull << 61 | (VA & VA_OFFSET), 8),
		    "two regions with one identifier");
	tlb_purge(v, VA, RID, 14);
	ktap_result(!mtlb_read(v, 4ull << 61 | (VA & VA_OFFSET), 8), "a purge reaches both");

	start();
	map(VA & ~0xffffffull, 0, GOOD, 24);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	set_rr(3, RID + 1, 14, false);
	ktap_result(!mtlb_read(v, VA, 8), "another region identifier hides the page");
	set_rr(3, RID, 16, true);
	ktap_result(mem_read_slow(v, VA, 8, MEM_READ, &x) == MEM_OK, "the old one brings it back");
	set_rr(3, RID, 14, false);
	ktap_result(mtlb_read(v, VA, 8), "page size and walker enable change nothing");
	tlb_purge(v, VA, RID, 28);
	ktap_result(!mtlb_read(v, VA, 8), "a purge of many pages");
}

static void test_breakpoints(void)
{
	uint64_t x;

	start();
	map(VA, PA, GOOD, 14);
	mem_read_slow(v, VA, 8, MEM_READ, &x);
	v->vpd->dbr[0] = VA + 0x10;
	v->vpd->dbr[1] = 1ull << 63 | 1ull << 56 | 0xffffffffffffffull;
	psr_set(v, psr_get(v) | PSR_DB);
	ktap_result(!mtlb_read(v, VA, 8), "an armed breakpoint takes the array away");
	ktap_result(mem_read_slow(v, VA + 8, 8, MEM_READ, &x) == MEM_OK, "no match: below");
	ktap_result(mem_read_slow(v, VA + 0x11, 1, MEM_READ, &x) == MEM_OK, "no match: above");
	ktap_result(store64(VA + 0x10, 0) == MEM_OK, "no match: a store of a read breakpoint");
	ktap_result(mem_read_slow(v, VA + 0xc, 8, MEM_READ, &x) == MEM_FAULT && vec() == VEC_DEBUG,
		    "match: any byte");
	start();
	map(VA, PA, GOOD, 14);
	v->vpd->dbr[0] = VA;
	v->vpd->dbr[1] = 1ull << 62 | 8ull << 56 | (0xffffffffffffffull & ~0xffull);
	psr_set(v, psr_get(v) | PSR_DB);
	ktap_result(store64(VA + 0xf8, 0) == MEM_OK, "no match: another privilege level");
	psr_set(v, psr_get(v) | PSR_CPL);
	ktap_result(store64(VA + 0x100, 0) == MEM_OK, "no match: outside of the mask");
	ktap_result(store64(VA + 0xf8, 0) == MEM_FAULT && vec() == VEC_DEBUG,
		    "match: inside of the mask");
}

static void test_physical(void)
{
	uint64_t x = 0;

	physical();
	store64(PA, 0x1122334455667788ull);
	ktap_result(mem_read_slow(v, PA, 8, MEM_READ, &x) == MEM_OK && x == 0x1122334455667788ull &&
		    mtlb_read(v, PA, 8), "physical: memory");
	ktap_result(mem_read_slow(v, PHYS_UC | PA, 8, MEM_READ, &x) == MEM_OK &&
		    x == 0x1122334455667788ull && !mtlb_read(v, PHYS_UC | PA, 8),
		    "physical: bit 63 is uncacheable");
	ktap_result(mem_read_slow(v, PHYS_UC | PA, 8, MEM_READ | MEM_SPEC, &x) == MEM_DEFER &&
		    mem_read_slow(v, PHYS_UC | PA, 8, MEM_READ | MEM_ADV, &x) == MEM_DEFER,
		    "physical: uncacheable memory is not read on speculation");
	ktap_result(mem_read_slow(v, HOLE, 8, MEM_READ | MEM_SPEC, &x) == MEM_DEFER,
		    "physical: what is not memory is not read on speculation");
	ktap_result(mem_read_slow(v, 1ull << 50, 8, MEM_READ | MEM_SPEC, &x) == MEM_DEFER,
		    "physical: ld.s of an unimplemented address is deferred");
	ktap_result(mem_read_slow(v, 1ull << 50, 8, MEM_READ, &x) == MEM_FAULT &&
		    vec() == VEC_GENERAL_EXCEPTION &&
		    v->vpd->vcr[CR_ISR] == (GE_RESERVED_FIELD | ISR_R),
		    "physical: an unimplemented address");
	physical();
	ktap_result(mem_read_slow(v, PHYS_UC | 1ull << 62, 8, MEM_READ, &x) == MEM_FAULT &&
			    vec() == VEC_GENERAL_EXCEPTION,
		    "physical: an unimplemented uncacheable address");
	physical();
	{
		struct mem_loc loc;

		ktap_result(mmu_translate(v, PHYS_UC | PA, 8,
					  MEM_READ | MEM_WRITE | MEM_NO_UNALIGNED,
					  &loc) == MEM_FAULT &&
				    vec() == VEC_UNSUPPORTED_DATA,
			    "physical: no semaphores in uncacheable memory");
	}
}

/* What the run loop does when the host has answered. */
static void answer(uint64_t value)
{
	memset(v->mmio_data, 0, sizeof(v->mmio_data));
	memcpy(v->mmio_data, &value, 8);
	v->mmio_done = true;
}

static void test_mmio(void)
{
	struct riven_run *run = v->run;
	uint64_t x = 0;
	uint16_t h = 0xbeef;

	start();
	map(VA, HOLE, GOOD | 4 << 2, 14);
	ktap_result(mem_read_slow(v, VA + 8, 4, MEM_READ, &x) == MEM_EXIT &&
		    run->exit_reason == RIVEN_EXIT_MMIO && run->mmio.gpa == HOLE + 8 &&
		    run->mmio.len == 4 && !run->mmio.is_write, "MMIO: a read leaves");
	answer(0x12345678);
	ktap_result(mem_read_slow(v, VA + 8, 4, MEM_READ, &x) == MEM_OK &&
			    (uint32_t)x == 0x12345678,
		    "MMIO: and takes the answer");
	ktap_result(mem_read_slow(v, VA + 8, 4, MEM_READ, &x) == MEM_EXIT, "MMIO: once");
	answer(1);
	ktap_result(mem_read_slow(v, VA + 0xc, 4, MEM_READ, &x) == MEM_EXIT,
		    "MMIO: an answer is for one address");
	answer(1);
	ktap_result(mem_write_slow(v, VA + 0xc, 4, MEM_WRITE, &x) == MEM_EXIT && run->mmio.is_write,
		    "MMIO: and for one direction");
	ktap_result(mem_write_slow(v, VA + 2, 2, MEM_WRITE, &h) == MEM_EXIT && run->mmio.len == 2 &&
		    run->mmio.data[0] == 0xef && run->mmio.data[1] == 0xbe && !run->mmio.data[2],
		    "MMIO: a write takes its data along");
	answer(0);
	ktap_result(mem_write_slow(v, VA + 2, 2, MEM_WRITE, &h) == MEM_OK,
		    "MMIO: and is done once");
	ktap_result(mem_read_slow(v, VA + 1, 4, MEM_READ, &x) == MEM_FAULT &&
			    vec() == VEC_UNALIGNED,
		    "MMIO: unaligned accesses fault");
	start();
	map(VA, PA, GOOD, 14);
	map(VA + 0x4000, HOLE, GOOD, 14);
	ktap_result(mem_read_slow(v, VA + 0x3ffc, 8, MEM_READ, &x) == MEM_FAULT &&
		    vec() == VEC_UNALIGNED && v->vpd->vcr[CR_IFA] == VA + 0x3ffc,
		    "MMIO: accesses across its border fault");
	start();
	map(VA, HOLE, GOOD, 14);
	ktap_result(mem_read_slow(v, VA, 8, MEM_READ | MEM_SPEC, &x) == MEM_DEFER,
		    "MMIO: never on speculation, whatever the attribute");
}

static void test_ports(void)
{
	struct riven_run *run = v->run;
	uint32_t x = 0xa5;

	physical();
	/* Port 0x3f9: page 0xfe, byte 1 of its four ports. */
	ktap_result(mem_write_slow(v, PHYS_UC | (RIVEN_IOPORT_BASE + (0xfe << 12) + 0x3f9), 1,
				   MEM_WRITE, &x) == MEM_EXIT &&
		    run->exit_reason == RIVEN_EXIT_PIO && run->pio.port == 0x3f9 &&
		    run->pio.len == 1 && run->pio.is_write && run->pio.data == 0xa5,
		    "port: a write");
	answer(0);
	ktap_result(mem_write_slow(v, PHYS_UC | (RIVEN_IOPORT_BASE + (0xfe << 12) + 0x3f9), 1,
				   MEM_WRITE, &x) == MEM_OK, "port: is done once");
	ktap_result(mem_read_slow(v, RIVEN_IOPORT_BASE + RIVEN_IOPORT_SIZE - 2, 2, MEM_READ, &x) ==
				    MEM_EXIT &&
			    run->pio.port == 0xfffe && !run->pio.is_write,
		    "port: a read of the last");
	answer(0x1234);
	mem_read_slow(v, RIVEN_IOPORT_BASE + RIVEN_IOPORT_SIZE - 2, 2, MEM_READ, &x);
	ktap_result((x & 0xffff) == 0x1234, "port: its answer");
	ktap_result(mem_read_slow(v, RIVEN_IOPORT_BASE + RIVEN_IOPORT_SIZE, 1, MEM_READ, &x) ==
				    MEM_EXIT &&
			    run->exit_reason == RIVEN_EXIT_MMIO,
		    "port: none behind the last");
}

static void test_interrupt_block(void)
{
	uint64_t x = 0;

	physical();
	ipis = 0;
	ktap_result(store64(PHYS_UC | (RIVEN_PIB_BASE + 0x100), 0x31) == MEM_OK && ipis == 1,
		    "interrupt block: a message to itself does not leave");
	ktap_result(store64(PHYS_UC | (RIVEN_PIB_BASE + 0x200), 0x32) == MEM_EXIT &&
		    v->run->exit_reason == RIVEN_EXIT_IPI && v->run->ipi.data == 0x32,
		    "interrupt block: one to another leaves");
	ktap_result(store64(PHYS_UC | (RIVEN_PIB_BASE + 0x200), 0x32) == MEM_OK && ipis == 2,
		    "interrupt block: and is sent once");
	ktap_result(mem_read_slow(v, PHYS_UC | (RIVEN_PIB_BASE + 0x1e0000), 8, MEM_READ, &x) ==
				    MEM_OK &&
			    x == 0x1e0000,
		    "interrupt block: a read does not leave");
}

static void test_crossing(void)
{
	uint8_t bytes[16], got[16];
	bool ok = true;
	uint32_t size, offset;

	for (offset = 0; offset < 16; offset++)
		bytes[offset] = (uint8_t)(0x11 * offset + 3);
	for (size = 2; size <= 16; size = size == 8 ? 10 : size == 10 ? 16 : size * 2)
		for (offset = 0; offset < size; offset++) {
			uint64_t va = VA + 0x4000 - offset;
			uint32_t n;

			start();
			/* Neighbours in the region, not in memory. */
			map(VA, PA, GOOD, 14);
			map(VA + 0x4000, PA + 0x8000, GOOD, 14);
			ok = ok && mem_write_slow(v, va, size, MEM_WRITE, bytes) == MEM_OK;
			memset(got, 0, sizeof(got));
			ok = ok && mem_read_slow(v, va, size, MEM_READ, got) == MEM_OK &&
			     !memcmp(got, bytes, size);
			for (n = 0; n < size; n++)
				ok = ok && v->window[n < offset ? PA + 0x4000 - offset + n :
						     PA + 0x8000 + n - offset] == bytes[n];
			ok = ok && !v->window[PA + 0x8000 + size - offset];
		}
	ktap_result(ok, "every size at every place across pages");

	start();
	map(VA, PA, GOOD, 14);
	ktap_result(store64(VA + 0x3ffc, ~0ull) == MEM_FAULT && vec() == VEC_ALT_DTLB &&
			    v->vpd->vcr[CR_IFA] == VA + 0x4000,
		    "the second page faults with its own address");
	ktap_result(ram64(PA + 0x3ff8) == 0, "and nothing was stored");
	start();
	map(VA, PA, GOOD, 14);
	psr_set(v, psr_get(v) | PSR_AC);
	ktap_result(store64(VA + 0x3ffc, ~0ull) == MEM_FAULT && vec() == VEC_UNALIGNED &&
		    v->vpd->vcr[CR_IFA] == VA + 0x3ffc, "PSR.ac: the access faults as a whole");
	start();
	map(VA, PA, GOOD, 14);
	ktap_result(store64(VA + 0x33, 0x0102030405060708ull) == MEM_OK && ram64(PA + 0x33) ==
		    0x0102030405060708ull, "unaligned inside of a page");
}

static void test_alat(void)
{
	uint32_t n;

	start();
	map(VA, PA, GOOD, 14);
	alat_insert(v, 40, PA + 16, 8);
	store64(VA + 8, 1);
	store64(VA + 24, 1);
	ktap_result(alat_check(v, 40), "ALAT: neighbours do not matter");
	ktap_result(!alat_check(v, 41), "ALAT: another register");
	store64(VA + 20, 1);
	ktap_result(!alat_check(v, 40) && alat_entries(v) == 0, "ALAT: an unaligned store overlaps");
	alat_insert(v, 40, PA + 0x3ff8, 16);
	store64(VA + 0x3ff8, 1);
	ktap_result(!alat_check(v, 40), "ALAT: a store into one half of a pair");
	for (n = 0; n < 3 * ALAT_ENTRIES; n++)
		alat_insert(v, 100 + n, PA, 8);
	ktap_result(alat_entries(v) == ALAT_ENTRIES / 2 && alat_check(v, 100 + n - 1) &&
			    !alat_check(v, 100),
		    "ALAT: older entries make room");
	alat_insert(v, 100 + n - 1, PA + 64, 1);
	ktap_result(alat_entries(v) == ALAT_ENTRIES / 2, "ALAT: one entry a register");
	alat_remove(v, 100 + n - 1);
	ktap_result(alat_entries(v) == ALAT_ENTRIES / 2 - 1 && !alat_check(v, 100 + n - 1),
		    "ALAT: removal");
	alat_clear(v);
	ktap_result(alat_entries(v) == 0, "ALAT: clear");
}

int main(void)
{
	ktap_begin();
	world_create();
	test_dirty_log();
	test_machine_tlb();
	test_breakpoints();
	test_physical();
	test_mmio();
	test_ports();
	test_interrupt_block();
	test_crossing();
	test_alat();
	return ktap_end();
}
