/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the register stack, written the simple way: an unbounded stack of
 * registers and a list of where in memory each one belongs; and what rse.c needs
 * of the rest of the GVMM. Operations are done on both; check() compares them and
 * checks the rules of docs/rse-invariants.md.
 */
#ifndef TESTS_UNIT_RSE_MODEL_H
#define TESTS_UNIT_RSE_MODEL_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/mmu.h"

#define NREG		6000		/* registers of the model's stack */
#define BOTTOM		200		/* where it starts; what lies below was never written */
#define MEM_BASE	0x6000000000004000ull
#define MEM_SIZE	(512 * 1024)
#define USER_BASE	(MEM_BASE + 0x2000)
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
static uint32_t allowed = UINT32_MAX;	/* slow accesses until all of them fault */
static uint64_t seed;
static bool failed;
static uint32_t step_number, illegal_count, fault_count, slide_count;

static inline uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static inline uint64_t rnd64(void)
{
	return (uint64_t)rnd(1u << 31) << 40 ^ (uint64_t)rnd(1u << 31) << 16 ^ rnd(1u << 16);
}

static inline void differ(const char *what, uint64_t expected, uint64_t got)
{
	if (expected == got || failed)
		return;
	failed = true;
	printf("# step %u: %s: expected %#" PRIx64 ", got %#" PRIx64 "\n", step_number, what, expected,
	       got);
}

static inline void rule(bool ok, const char *which)
{
	if (ok || failed)
		return;
	failed = true;
	printf("# step %u: rule %s is broken: fb %u, dirty %u, sof %u, bsp %#" PRIx64
	       ", bspstore %#" PRIx64 "\n", step_number, which, v->fb, v->dirty, v->frame.sof,
	       rse_bsp(v), v->bspstore);
}

/* What rse.c needs of the rest of the GVMM. */

static inline uint8_t *at(uint64_t va)
{
	if (va - MEM_BASE > MEM_SIZE - 8) {
		rule(false, "access inside the backing store");
		return memory;
	}
	return memory + (va - MEM_BASE);
}

static inline enum mem_status injected(void)
{
	if (allowed && rnd(256) >= fault_rate) {
		allowed -= allowed != UINT32_MAX;
		return MEM_OK;
	}
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

void alat_move(struct vcpu *vc, uint32_t low, uint32_t high, uint32_t delta)
{
	(void)vc;
	(void)low;
	(void)high;
	(void)delta;
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

static inline bool collection(uint64_t addr)
{
	return (addr & 0x1f8) == 0x1f8;
}

/* Lay the stack out so that a store to addr is the next one, of register next. */
static inline void map_store(struct backing *b, uint64_t addr, uint32_t next)
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

static inline uint64_t read_memory(uint64_t addr)
{
	uint64_t x;

	memcpy(&x, at(addr), 8);
	return v->rsc & 16 ? __builtin_bswap64(x) : x;
}

/* Translations of the backing store come and go, so that both ways to memory are used. */
static inline void shuffle_tlb(void)
{
	uint64_t va = MEM_BASE + rnd(MEM_SIZE >> 12) * 4096;
	struct mtlb_entry *e = mtlb_slot(tlb, va);

	e->tag_read = rnd(3) ? va : MTLB_NONE;
	e->tag_write = rnd(3) ? va : MTLB_NONE;
	e->addend = (uint64_t)(uintptr_t)memory - MEM_BASE;
}

static inline void check_rules(void)
{
	uint64_t words = 0, collections = 0, bsp = rse_bsp(v), p;
	struct frame f = v->frame;

	rule(v->fb >= GR_STACKED && v->fb <= GR_SLOTS - RSE_PHYS && v->dirty >= GR_STACKED &&
	     v->dirty <= GR_SLOTS - 2 * RSE_PHYS, "R2");
	rule(rse_dirty(v) + v->frame.sof <= RSE_PHYS, "R3");
	rule(f.sof <= 96 && f.sol <= f.sof && f.sor <= f.sof && f.sor % 8 == 0, "R4");
	rule((f.rrb_gr < f.sor || f.rrb_gr == 0) && f.rrb_fr < 96 && f.rrb_pr < 48, "R4");
	rule(!f.zero[0] && !f.zero[1], "R4");
	rule(!collection(bsp), "R14");
	if (rse_missing(v)) {
		rule(rse_missing(v) <= v->frame.sof, "R8");
		rule(v->bspstore - bsp <= 100 * 8, "R8");
		for (p = bsp; p != v->bspstore && words < 200; p += 8, words++)
			collections += collection(p);
		rule(words - collections == rse_missing(v), "R8");
	} else {
		rule(bsp - v->bspstore <= 100 * 8, "R5");
		for (p = v->bspstore; p != bsp && words < 200; p += 8, words++)
			collections += collection(p);
		rule(words - collections == rse_dirty(v), "R5");
		rule(!v->cfle, "R10");
	}
}

static inline void check_register(uint32_t a, uint32_t slot)
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
static inline void check_memory(uint32_t depth)
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

static inline void check(void)
{
	static uint32_t turn, offset;
	uint32_t n, first = m->oldest > m->bof ? m->oldest - m->bof : 0;

	check_rules();
	slide_count += v->fb - m->bof != offset;
	offset = v->fb - m->bof;
	differ("sof", m->sof, v->frame.sof);
	differ("sol", m->sol, v->frame.sol);
	differ("BSP", m->store.addr[m->bof], rse_bsp(v));
	if (v->bspstore != m->store.addr[m->oldest - 1] + 8)
		differ("BSPSTORE", m->store.addr[m->oldest], v->bspstore);
	differ("registers that lack", first, rse_missing(v));
	differ("dirty registers", m->oldest < m->bof ? m->bof - m->oldest : 0, rse_dirty(v));
	for (n = first; n < m->sof && !failed; n++)
		check_register(m->bof + n, v->fb + n);
	for (n = m->oldest; n < m->bof && !failed; n++)
		check_register(n, v->fb - (m->bof - n));
	if (!failed)
		check_memory(++turn % 64 ? 130 : NREG);
}

/*
 * What gvmm/cpu/rse.h lets translated code do by itself is all that happens
 * where it lets it; the unsigned numbers are those of the text there.
 */
struct seen {
	uint32_t fb, dirty;
	uint64_t bspstore, rnat;
	struct frame frame;
	bool cfle;
};

static inline struct seen look(void)
{
	return (struct seen){ v->fb, v->dirty, v->bspstore, v->rnat, v->frame, v->cfle };
}

static inline void only_moved(const struct seen *s, uint32_t fb, struct frame frame)
{
	rule(v->fb == fb && v->frame.whole == frame.whole && v->dirty == s->dirty &&
	     v->bspstore == s->bspstore && v->rnat == s->rnat && v->cfle == s->cfle, "R15");
}

static inline int checked_alloc(uint32_t sof, uint32_t sol, uint32_t sor)
{
	struct seen s = look();
	struct frame f = s.frame;
	int status = rse_alloc(v, sof, sol, sor);

	f.sof = (uint8_t)sof;
	f.sol = (uint8_t)sol;
	f.sor = (uint8_t)sor;
	if (s.fb - s.dirty > RSE_PHYS - sof)
		return status;
	rule(status == EXEC_NEXT, "R15");
	only_moved(&s, s.fb, f);
	return status;
}

static inline void checked_restore(uint64_t fm, bool is_rfi)
{
	struct seen s = look();
	struct frame f = frame_from_cfm(fm);
	uint32_t fb = s.fb - (is_rfi ? f.sof : f.sol);

	rse_restore(v, fm, is_rfi ? fm & 127 : fm >> 7 & 127);
	if (fb - s.dirty <= (uint32_t)RSE_PHYS - f.sof)
		only_moved(&s, fb, f);
	else
		rule(rse_missing(v) || !v->frame.sof, "R15");
}

static inline void checked_call(void)
{
	struct seen s = look();

	rse_call(v);
	only_moved(&s, s.fb + s.frame.sol,
		   (struct frame){ .sof = (uint8_t)(s.frame.sof - s.frame.sol) });
}

static inline void checked_cover(void)
{
	struct seen s = look();

	rse_cover(v);
	only_moved(&s, s.fb + s.frame.sof, (struct frame){ 0 });
}

/* The operations, each on both sides. */

static inline void finish(int status, int (*again)(struct vcpu *))
{
	uint32_t tries = 0;

	while (status != EXEC_NEXT && !failed && tries++ < 10000) {
		check_rules();
		shuffle_tlb();
		status = again(v);
	}
	rule(status == EXEC_NEXT, "R9 (an instruction never completes)");
}

static inline void forget(uint32_t first, uint32_t end)
{
	for (; first < end; first++)
		m->reg[first].known = false;
}

static inline void op_write(void)
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

static inline int alloc_again(struct vcpu *vc)
{
	(void)vc;
	return checked_alloc(new_sof, m->sol, m->sor);
}

static inline void alloc(uint32_t sof, uint32_t sol, uint32_t sor)
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

static inline void op_alloc(void)
{
	uint32_t sof = rnd(8) ? rnd(30) : rnd(97);

	if (m->bof + 400 > NREG)
		return;
	alloc(sof, rnd(sof + 1), rnd(sof / 8 + 1) * 8);
}

static inline uint64_t marker(void)
{
	return m->sof | m->sol << 7 | (m->sor / 8) << 14;
}

static inline void op_call(void)
{
	if (m->depth == MAX_DEPTH || m->bof + 400 > NREG)
		return;
	m->callers[m->depth++] = marker();
	m->bof += m->sol;
	m->sof -= m->sol;
	checked_call();
	m->sol = m->sor = 0;
}

static inline void load_frame(void)
{
	rule(v->cfle == (rse_missing(v) != 0), "R10");
	finish(rse_fill_frame(v), rse_fill_frame);
	if (m->oldest > m->bof)
		m->oldest = m->bof;
}

/* A return or, with rfi, the return to a frame that was covered. */
static inline void restore(uint64_t fm, bool is_rfi)
{
	uint32_t sof = fm & 127;
	uint32_t old_end = m->bof + m->sof;
	uint32_t preserved = is_rfi ? sof : fm >> 7 & 127;

	m->bof -= preserved;
	m->sof = sof;
	m->sol = fm >> 7 & 127;
	m->sor = (fm >> 14 & 15) * 8;
	/* What was beyond the returned-from frame is undefined, and so are the outs. */
	if (sof > preserved)
		forget(m->bof + preserved, m->bof + sof);
	else if (old_end < m->bof + sof)
		forget(old_end, m->bof + sof);
	checked_restore(fm, is_rfi);
}

/* The frame part of a return, when its frame fits: bad frame markers have a test of their own. */
static inline bool return_to_caller(void)
{
	uint64_t fm;

	if (m->depth == m->base_depth)
		return false;
	fm = m->callers[m->depth - 1];
	if ((fm & 127) - (fm >> 7 & 127) > RSE_PHYS - rse_dirty(v))
		return false;
	m->depth--;
	restore(fm, false);
	check();
	return true;
}

static inline void op_cover_restore(void)
{
	uint64_t fm = marker();

	m->bof += m->sof;
	m->sof = m->sol = m->sor = 0;
	checked_cover();
	check();
	restore(fm, true);
	load_frame();
}

static inline void op_flush(void)
{
	finish(rse_flush(v), rse_flush);
	differ("BSPSTORE after flushrs", rse_bsp(v), v->bspstore);
	m->oldest = m->bof;
}

/* loadrs of the registers from first on, in an empty frame. */
static inline void load_from(uint32_t first)
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

static inline void start(uint64_t wanted_seed, uint32_t faults, bool big_endian)
{
	seed = wanted_seed * 0x9e3779b97f4a7c15ull + 1;
	fault_rate = faults;
	failed = false;
	step_number = 0;
	memset(v, 0, sizeof(*v));
	memset(m, 0, sizeof(*m));
	memset(memory, 0xa5, sizeof(memory));
	for (uint32_t n = 0; n < MTLB_ENTRIES; n++)
		tlb[n].tag_read = tlb[n].tag_write = tlb[n].tag_exec = MTLB_NONE;
	v->mtlb_rse = tlb;
	v->window = memory;
	v->rsc = big_endian ? 16 : 0;
	/* Near an end of gr[], so that it soon slides. */
	v->fb = v->dirty = rnd(2) ? GR_STACKED : GR_SLOTS - 2 * RSE_PHYS;
	m->bof = m->oldest = m->store.floor = BOTTOM;
	map_store(&m->store, USER_BASE + rnd(64) * 8, BOTTOM);
	rse_set_bspstore(v, m->store.addr[BOTTOM]);
	v->frame.sof = m->sof = rnd(97);
}

#endif
