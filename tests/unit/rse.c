// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register stack engine against a model: an unbounded stack of registers
 * and a list of where in memory each one belongs. Random sequences of alloc,
 * call, return, cover, flushrs, loadrs, backing store switches and interrupted
 * loads; after every step all rules of docs/rse-invariants.md are checked.
 *
 * usage: rse [STEPS [SEED]]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/mmu.h"
#include "tests/lib/ktap.h"

#define NREG		6000		/* registers of the model's stack */
#define BOTTOM		200		/* where it starts; what lies below was never written */
#define MEM_BASE	0x6000000000004000ull
#define MEM_SIZE	(512 * 1024)
#define USER_BASE	(MEM_BASE + 0x2000)
#define KERNEL_BASE	(MEM_BASE + 0x20000)
#define KERNEL_STRIDE	0x18000
#define KERNEL_NESTING	3
#define MAX_DEPTH	400

struct reg {
	uint64_t value;
	bool nat;
	bool known;		/* false: architecturally undefined */
};

/* Where register a belongs; a collection is never one. */
struct backing {
	uint64_t addr[NREG];
	uint32_t floor;		/* lowest register that belongs to this store */
};

struct model {
	struct reg reg[NREG];
	struct backing store;
	uint32_t bof;		/* r32 */
	uint32_t oldest;	/* the first register that is not, or not only, in memory */
	uint32_t sof, sol, sor;
	uint64_t callers[MAX_DEPTH];
	uint32_t depth, base_depth;
};

static struct vcpu vcpu, *v = &vcpu;
static struct model model, *m = &model;
static uint8_t memory[MEM_SIZE];
static struct mtlb_entry tlb[MTLB_ENTRIES];
static uint32_t fault_rate;		/* of 256 slow accesses */
static uint64_t seed;
static bool failed;
static uint32_t kernel_nesting;
static uint32_t step_number, illegal_count, fault_count, slide_count;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static uint64_t rnd64(void)
{
	return (uint64_t)rnd(1u << 31) << 40 ^ (uint64_t)rnd(1u << 31) << 16 ^ rnd(1u << 16);
}

static void differ(const char *what, uint64_t expected, uint64_t got)
{
	if (expected == got || failed)
		return;
	failed = true;
	printf("# step %u: %s: expected %#" PRIx64 ", got %#" PRIx64 "\n", step_number, what, expected,
	       got);
}

static void rule(bool ok, const char *which)
{
	if (ok || failed)
		return;
	failed = true;
	printf("# step %u: rule %s is broken: fb %u, ndirty %u, nclean %u, nmissing %u, sof %u, bsp %#"
	       PRIx64 ", bspstore %#" PRIx64 "\n", step_number, which, v->fb, v->ndirty, v->nclean,
	       v->nmissing, v->frame.sof, v->bsp, v->bspstore);
}

/* What rse.c needs of the rest of the GVMM. */

static uint8_t *at(uint64_t va)
{
	if (va - MEM_BASE > MEM_SIZE - 8) {
		rule(false, "access inside the backing store");
		return memory;
	}
	return memory + (va - MEM_BASE);
}

static enum mem_status injected(void)
{
	if (rnd(256) >= fault_rate)
		return MEM_OK;
	fault_count++;
	return rnd(2) ? MEM_FAULT : MEM_EXIT;
}

enum mem_status mem_read_slow(struct vcpu *vc, uint64_t va, uint32_t size, uint32_t flags, void *data)
{
	enum mem_status status = injected();

	(void)vc;
	rule(size == 8 && (flags & MEM_RSE) && (flags & MEM_READ), "flags of a load");
	rule(!(flags & MEM_IR) == !v->cfle, "ISR.ir of a load");
	if (status == MEM_OK)
		memcpy(data, at(va), 8);
	return status;
}

enum mem_status mem_write_slow(struct vcpu *vc, uint64_t va, uint32_t size, uint32_t flags,
			       const void *data)
{
	enum mem_status status = injected();

	(void)vc;
	rule(size == 8 && flags == (MEM_RSE | MEM_WRITE), "flags of a store");
	if (status == MEM_OK)
		memcpy(at(va), data, 8);
	return status;
}

void alat_store(struct vcpu *vc, uint64_t gpa, uint32_t size)
{
	(void)vc;
	(void)gpa;
	(void)size;
}

int raise_fault(struct vcpu *vc, enum vector vec, uint64_t isr)
{
	(void)vc;
	(void)vec;
	(void)isr;
	illegal_count++;
	return EXEC_FAULT;
}

int raise_illegal(struct vcpu *vc)
{
	return raise_fault(vc, VEC_GENERAL_EXCEPTION, 0);
}

/* The model's own arithmetic: one word at a time. */

static bool collection(uint64_t addr)
{
	return (addr & 0x1f8) == 0x1f8;
}

/* Lay the stack out so that a store to addr is the next one, of register next. */
static void map_store(struct backing *b, uint64_t addr, uint32_t next)
{
	uint64_t p = addr;
	uint32_t a;

	for (a = next; a < NREG; a++, p += 8) {
		if (collection(p))
			p += 8;
		b->addr[a] = p;
	}
	for (a = next, p = addr; a-- > 0;) {
		p -= 8;
		if (collection(p))
			p -= 8;
		b->addr[a] = p;
	}
}

static uint64_t read_memory(uint64_t addr)
{
	uint64_t x;

	memcpy(&x, at(addr), 8);
	return v->rsc & 16 ? __builtin_bswap64(x) : x;
}

/* Translations of the backing store come and go, so that both ways to memory are used. */
static void shuffle_tlb(void)
{
	uint64_t va = MEM_BASE + rnd(MEM_SIZE >> 12) * 4096;
	struct mtlb_entry *e = mtlb_slot(tlb, va);

	e->tag_read = rnd(3) ? va : MTLB_NONE;
	e->tag_write = rnd(3) ? va : MTLB_NONE;
	e->addend = (uint64_t)(uintptr_t)memory - MEM_BASE;
}

static void check_rules(void)
{
	uint64_t words = 0, collections = 0, p;

	rule(v->fb - v->ndirty - v->nclean >= GR_STACKED && v->fb <= GR_SLOTS &&
	     v->fb + RSE_PHYS <= GR_SLOTS, "R2");
	rule(v->ndirty + v->nclean + v->frame.sof <= RSE_PHYS, "R3");
	rule(v->frame.sof <= 96 && v->frame.sol <= v->frame.sof && v->frame.sor <= v->frame.sof && v->frame.sor % 8 == 0, "R4");
	rule((v->frame.rrb_gr < v->frame.sor || v->frame.rrb_gr == 0) && v->frame.rrb_fr < 96 && v->frame.rrb_pr < 48, "R4");
	if (v->nmissing) {
		rule(v->ndirty == 0 && v->nclean == 0 && v->nmissing <= v->frame.sof, "R8");
		rule(v->bspstore - v->bsp <= 100 * 8, "R8");
		for (p = v->bsp; p != v->bspstore && words < 200; p += 8, words++)
			collections += collection(p);
		rule(words - collections == v->nmissing, "R8");
	} else {
		rule(v->bsp - v->bspstore <= 100 * 8, "R5");
		for (p = v->bspstore; p != v->bsp && words < 200; p += 8, words++)
			collections += collection(p);
		rule(words - collections == v->ndirty, "R5");
		rule(!v->cfle, "R10");
	}
}

static void check_register(uint32_t a, uint32_t slot)
{
	const struct reg *r = &m->reg[a];

	if (!r->known) {
		/* Whatever it is now is what it has to stay. */
		m->reg[a] = (struct reg){ v->gr[slot], v->nat[slot], true };
		return;
	}
	if (!r->nat)
		differ("register", r->value, v->gr[slot]);
	differ("NaT bit", r->nat, v->nat[slot]);
}

/* Registers of the store that lie below BSPSTORE: memory and RNAT. */
static void check_memory(uint32_t depth)
{
	uint32_t a, n;

	for (a = m->oldest, n = 0; a > m->store.floor && n < depth; n++) {
		uint64_t addr = m->store.addr[--a];
		uint64_t coll = addr | 0x1f8;
		uint64_t bits = coll == (v->bspstore | 0x1f8) ? v->rnat : read_memory(coll);

		if (!m->reg[a].known)
			continue;
		if (!m->reg[a].nat)
			differ("backing store", m->reg[a].value, read_memory(addr));
		differ("stored NaT bit", m->reg[a].nat, bits >> (addr >> 3 & 63) & 1);
	}
}

static void check(void)
{
	static uint32_t turn, offset;
	uint32_t n, first = m->oldest > m->bof ? m->oldest - m->bof : 0;

	check_rules();
	slide_count += v->fb - m->bof != offset;
	offset = v->fb - m->bof;
	differ("sof", m->sof, v->frame.sof);
	differ("sol", m->sol, v->frame.sol);
	differ("BSP", m->store.addr[m->bof], v->bsp);
	if (v->bspstore != m->store.addr[m->oldest - 1] + 8)
		differ("BSPSTORE", m->store.addr[m->oldest], v->bspstore);
	differ("registers that lack", first, v->nmissing);
	differ("dirty registers", m->oldest < m->bof ? m->bof - m->oldest : 0, v->ndirty);
	for (n = first; n < m->sof && !failed; n++)
		check_register(m->bof + n, v->fb + n);
	for (n = m->oldest; n < m->bof && !failed; n++)
		check_register(n, v->fb - (m->bof - n));
	if (!failed)
		check_memory(++turn % 64 ? 130 : NREG);
}

/* The operations, each on both sides. */

static void finish(int status, int (*again)(struct vcpu *))
{
	uint32_t tries = 0;

	while (status != EXEC_NEXT && !failed && tries++ < 10000) {
		check_rules();
		shuffle_tlb();
		status = again(v);
	}
	rule(status == EXEC_NEXT, "R9 (an instruction never completes)");
}

static void forget(uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		m->reg[first].known = false;
}

static void op_write(void)
{
	uint32_t n;

	if (!m->sof)
		return;
	n = rnd(m->sof);
	m->reg[m->bof + n] = (struct reg){ rnd64(), rnd(4) == 0, true };
	v->gr[v->fb + n] = m->reg[m->bof + n].value;
	v->nat[v->fb + n] = m->reg[m->bof + n].nat;
}

static uint32_t new_sof;

static int alloc_again(struct vcpu *vc)
{
	return rse_alloc(vc, new_sof, m->sol, m->sor);
}

static void alloc(uint32_t sof, uint32_t sol, uint32_t sor)
{
	if (sof > m->sof)
		forget(m->bof + m->sof, m->bof + sof);
	m->sol = sol;
	m->sor = sor;
	new_sof = sof;
	finish(alloc_again(v), alloc_again);
	m->sof = sof;
	/* Lazy: stored is only what has to be. */
	if (m->bof - m->oldest + sof > RSE_PHYS)
		m->oldest = m->bof + sof - RSE_PHYS;
}

static void op_alloc(void)
{
	uint32_t sof = rnd(8) ? rnd(30) : rnd(97);

	if (m->bof + 400 > NREG)
		return;
	alloc(sof, rnd(sof + 1), rnd(sof / 8 + 1) * 8);
}

static uint64_t marker(void)
{
	return m->sof | m->sol << 7 | (m->sor / 8) << 14;
}

static void op_call(void)
{
	if (m->depth == MAX_DEPTH || m->bof + 400 > NREG)
		return;
	m->callers[m->depth++] = marker();
	m->bof += m->sol;
	m->sof -= m->sol;
	rse_call(v);
	m->sol = m->sor = 0;
}

static void load_frame(void)
{
	rule(v->cfle == (v->nmissing != 0), "R10");
	finish(rse_fill_frame(v), rse_fill_frame);
	if (m->oldest > m->bof)
		m->oldest = m->bof;
}

/* An incomplete frame is covered, its stack switched away and back, as a kernel does. */
static void kernel_visit(uint32_t steps);

static void restore(uint64_t fm, uint32_t preserved)
{
	uint32_t sof = fm & 127;
	uint32_t old_end = m->bof + m->sof;

	m->bof -= preserved;
	m->sof = sof;
	m->sol = fm >> 7 & 127;
	m->sor = (fm >> 14 & 15) * 8;
	/* What was beyond the returned-from frame is undefined, and so are the outs. */
	if (sof > preserved)
		forget(m->bof + preserved, m->bof + sof);
	else if (old_end < m->bof + sof)
		forget(old_end, m->bof + sof);
	rse_restore(v, fm, preserved);
	/* Clean registers may save loads, but not for the part in another group. */
	m->oldest = m->oldest < m->bof ? m->oldest : m->bof + v->nmissing;
}

static void op_return(void)
{
	uint64_t fm;

	if (m->depth == m->base_depth)
		return;
	fm = m->callers[m->depth - 1];
	/* Bad frame markers have a test of their own. */
	if ((fm & 127) - (fm >> 7 & 127) > RSE_PHYS - v->ndirty)
		return;
	m->depth--;
	restore(fm, fm >> 7 & 127);
	check();
	if (rnd(8) == 0 && v->nmissing) {
		int status = rse_fill_frame(v);

		m->oldest = m->bof + v->nmissing;
		if (status != EXEC_NEXT && kernel_nesting < KERNEL_NESTING)
			kernel_visit(30);
	}
	load_frame();
}

static void op_cover_restore(void)
{
	uint64_t fm = marker();

	m->bof += m->sof;
	m->sof = m->sol = m->sor = 0;
	rse_cover(v);
	check();
	restore(fm, fm & 127);
	load_frame();
}

static void op_flush(void)
{
	finish(rse_flush(v), rse_flush);
	differ("BSPSTORE after flushrs", v->bsp, v->bspstore);
	m->oldest = m->bof;
}

/* loadrs of the registers from first on, in an empty frame. */
static void load_from(uint32_t first)
{
	uint64_t bytes = m->store.addr[m->bof] - m->store.addr[first];

	v->rsc = (v->rsc & ~(0x3fffull << 16)) | bytes << 16;
	finish(rse_load(v), rse_load);
	/* Dirty registers below were never stored, nor was the NaT collection next to be. */
	if (first > m->oldest) {
		uint64_t group = m->store.addr[m->oldest - 1] | 0x1f8;
		uint32_t a = m->oldest;

		forget(m->oldest, first);
		while (a > BOTTOM && (m->store.addr[a - 1] | 0x1f8) == group)
			m->reg[--a].known = false;
	}
	m->oldest = first;
	differ("BSPSTORE after loadrs", m->store.addr[first], v->bspstore);
}

static void op_load(void)
{
	uint64_t fm = marker();
	uint32_t most, n;

	m->bof += m->sof;
	m->sof = m->sol = m->sor = 0;
	rse_cover(v);
	if (rnd(2))
		op_flush();
	most = m->bof - m->store.floor < RSE_PHYS ? m->bof - m->store.floor : RSE_PHYS;
	n = rnd(most + 1);
	load_from(m->bof - n);
	check();
	restore(fm, fm & 127);
	load_frame();
}

static void random_step(bool kernel)
{
	step_number++;
	shuffle_tlb();
	switch (rnd(kernel ? 20 : 24)) {
	case 0: case 1: case 2: case 3: case 4:
		op_write();
		break;
	case 5: case 6: case 7: case 8:
		op_alloc();
		break;
	case 9: case 10: case 11: case 12:
		op_call();
		break;
	case 13: case 14: case 15:
		op_return();
		break;
	case 16:
		op_cover_restore();
		break;
	case 17:
		op_flush();
		break;
	case 18:
		/* Runs of calls and returns move far. */
		for (uint32_t n = rnd(60); n-- && !failed;)
			op_call();
		break;
	case 19:
		for (uint32_t n = rnd(60); n-- && !failed;)
			op_return();
		break;
	case 20: case 21:
		op_load();
		break;
	default:
		kernel_visit(60);
		break;
	}
	if (!failed)
		check();
}

/*
 * What a kernel does at entry and exit: cover, put what is dirty on a stack of
 * its own, work, load it back with loadrs, switch back, rfi.
 */
static void kernel_visit(uint32_t steps)
{
	struct backing *user = malloc(sizeof(*user));
	uint64_t fm = marker(), bspstore, rnat;
	uint32_t entry, dirty, base_depth = m->base_depth;
	uint64_t kernel = KERNEL_BASE + kernel_nesting * KERNEL_STRIDE + rnd(200) * 8;

	if (!user)
		abort();
	v->cfle = false;
	m->bof += m->sof;
	m->sof = m->sol = m->sor = 0;
	rse_cover(v);
	check();
	bspstore = v->bspstore;
	rnat = v->rnat;
	entry = m->bof;
	dirty = m->oldest;
	*user = m->store;
	m->store.floor = dirty;
	m->base_depth = m->depth;
	map_store(&m->store, kernel, dirty);
	rse_set_bspstore(v, kernel);
	v->rnat = rnd64() >> 1;
	check();
	kernel_nesting++;
	while (steps-- && !failed)
		random_step(true);
	while (m->depth > m->base_depth && !failed) {
		/* A frame of outs only always fits after flushrs. */
		op_flush();
		op_return();
	}
	kernel_nesting--;
	alloc(0, 0, 0);
	rule(m->bof == entry, "the test: balanced calls");
	load_from(dirty);
	check();
	m->store = *user;
	free(user);
	m->base_depth = base_depth;
	rse_set_bspstore(v, bspstore);
	v->rnat = rnat;
	check();
	restore(fm, fm & 127);
	check();
	load_frame();
}

static void start(uint64_t wanted_seed, uint32_t faults, bool big_endian)
{
	seed = wanted_seed * 0x9e3779b97f4a7c15ull + 1;
	fault_rate = faults;
	failed = false;
	step_number = 0;
	kernel_nesting = 0;
	memset(v, 0, sizeof(*v));
	memset(m, 0, sizeof(*m));
	memset(memory, 0xa5, sizeof(memory));
	for (uint32_t n = 0; n < MTLB_ENTRIES; n++)
		tlb[n].tag_read = tlb[n].tag_write = tlb[n].tag_exec = MTLB_NONE;
	v->mtlb_rse = tlb;
	v->window = memory;
	v->rsc = big_endian ? 16 : 0;
	/* Near an end of gr[], so that it soon slides. */
	v->fb = rnd(2) ? GR_STACKED : GR_SLOTS - RSE_PHYS;
	m->bof = m->oldest = m->store.floor = BOTTOM;
	map_store(&m->store, USER_BASE + rnd(64) * 8, BOTTOM);
	rse_set_bspstore(v, m->store.addr[BOTTOM]);
	v->frame.sof = m->sof = rnd(97);
}

static bool random_sequence(uint32_t steps, uint64_t number, uint32_t faults, bool big_endian)
{
	start(number, faults, big_endian);
	check();
	while (step_number < steps && !failed)
		random_step(false);
	return !failed;
}

/* SDM 2:6.5.5: a returned-to frame that does not fit beside the dirty registers. */
static bool bad_frame_marker(void)
{
	start(7, 0, false);
	alloc(96, 96, 0);
	rse_call(v);
	differ("dirty registers", 96, v->ndirty);
	/* sof 50, sol 10: 40 outs, and 96 dirty registers. */
	rse_restore(v, 50 | 10 << 7, 10);
	differ("CFM", 0, cfm_get(v));
	differ("dirty registers after it", 86, v->ndirty);
	differ("lacking registers", 0, v->nmissing);
	check_rules();
	return !failed;
}

/* Any value of a frame marker leaves a frame that can be renamed in. */
static bool wild_frame_markers(void)
{
	start(8, 0, false);
	for (uint32_t n = 0; n < 20000 && !failed; n++) {
		rse_restore(v, rnd64() & ((1ull << 38) - 1), rnd(128));
		check_rules();
		for (uint32_t r = 0; r < 128; r++)
			rule(gr_slot(v, r) < GR_SLOTS, "R2");
		v->cfle = false;
		if (rnd(2))
			rse_call(v);
		if (rnd(4) == 0)
			rse_cover(v);
		check_rules();
		/* In a frame that may be incomplete, too: undefined, but sound. */
		if (rnd(4) == 0 && v->ndirty + 20 <= RSE_PHYS) {
			v->frame.rrb_gr = v->frame.rrb_fr = v->frame.rrb_pr = 0;	/* alloc insists on it */
			rse_alloc(v, rnd(20), 0, 0);
		}
		check_rules();
		if (rnd(2))
			rse_set_bspstore(v, USER_BASE + 0x1000 + rnd(512) * 8);
		check_rules();
	}
	return !failed;
}

/* loadrs: RSC.mode, a frame that is not empty, more than there are registers. */
static bool illegal_loads(void)
{
	start(9, 0, false);
	illegal_count = 0;
	v->rsc = 3;
	differ("loadrs with RSC.mode 3", EXEC_FAULT, (uint64_t)rse_load(v));
	v->rsc = 8ull << 16;
	alloc(5, 0, 0);
	differ("loadrs in a frame", EXEC_FAULT, (uint64_t)rse_load(v));
	alloc(0, 0, 0);
	v->rsc = 0x3ff8ull << 16;
	differ("loadrs of 2047 words", EXEC_FAULT, (uint64_t)rse_load(v));
	/* 96 registers and one collection fit, one word more does not. */
	v->bspstore = v->bsp = MEM_BASE + 0x4000;
	v->ndirty = 0;
	v->rsc = (96 + 2) * 8ull << 16;
	differ("loadrs of 96 registers", EXEC_NEXT, (uint64_t)rse_load(v));
	v->rsc = (96 + 3) * 8ull << 16;
	differ("loadrs of 97 registers", EXEC_FAULT, (uint64_t)rse_load(v));
	differ("illegal operations", 4, illegal_count);
	return !failed;
}

int main(int argc, char **argv)
{
	uint32_t steps = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	static const uint32_t rates[] = { 0, 20, 100 };

	ktap_begin();
	ktap_result(bad_frame_marker(), "a bad frame marker empties the frame (SDM 2:6.5.5)");
	ktap_result(wild_frame_markers(), "any frame marker leaves a frame that is sound");
	ktap_result(illegal_loads(), "loadrs refuses what the manual says (SDM 3:2 loadrs)");
	for (uint32_t r = 0; r < 3; r++)
		for (uint32_t n = 0; n < 6; n++)
			if (!ktap_result(random_sequence(steps, first + n, rates[r], n & 1),
					 "random sequence %" PRIu64 ", %s-endian, %u/256 faults",
					 first + n, n & 1 ? "big" : "little", rates[r]))
				printf("# alone: %s %u %" PRIu64 "\n", argv[0], steps, first + n);
	printf("# %u injected faults, %u slides seen\n", fault_count, slide_count);
	ktap_result(fault_count > 0 && slide_count > 18, "the sequences faulted and slid");
	return ktap_end();
}
