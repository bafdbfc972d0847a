// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register stack engine at its limits: the ends of gr[], 96 dirty
 * registers, frames that lack registers, and every position in a group of 64
 * words of the backing store.
 */
#include "tests/lib/ktap.h"
#include "tests/unit/rse-model.h"

#define GROUP		64
#define KERNEL_BASE	(MEM_BASE + 0x20000)

static void start_at(uint32_t position, uint32_t slot)
{
	start(position + 1, 0, position & 1);
	v->fb = v->dirty = slot;
	map_store(&m->store, USER_BASE + position * 8, BOTTOM);
	rse_set_bspstore(v, USER_BASE + position * 8);
	v->frame = (struct frame){ 0 };
	m->sof = 0;
	forget(BOTTOM, BOTTOM + 96);
}

static void fill_frame(void)
{
	for (uint32_t n = 0; n < m->sof; n++) {
		m->reg[m->bof + n] = (struct reg){ rnd64(), rnd(4) == 0, true };
		v->gr[v->fb + n] = m->reg[m->bof + n].value;
		v->nat[v->fb + n] = m->reg[m->bof + n].nat;
	}
}

/* Where the register n above (or below) the one that belongs at addr does, one word at a time. */
static uint64_t walk(uint64_t addr, int n)
{
	while (collection(addr) && n >= 0)
		addr += 8;
	for (; n > 0; n--)
		do
			addr += 8;
		while (collection(addr));
	for (; n < 0; n++)
		do
			addr -= 8;
		while (collection(addr));
	return addr;
}

/* BSP from BSPSTORE and any number of registers that are dirty or lack. */
static bool bsp_follows(void)
{
	static const uint64_t bases[] = { 0, MEM_BASE, ~0ull << 9, 0x7ffffffffffffe00 };

	start(1, 0, false);
	for (uint32_t b = 0; b < 4; b++) {
		for (uint32_t position = 0; position < GROUP; position++) {
			for (int n = -RSE_PHYS; n <= RSE_PHYS; n++) {
				v->bspstore = bases[b] + position * 8;
				v->fb = GR_SLOTS / 2;
				v->dirty = (uint32_t)((int)v->fb - n);
				differ("BSP", walk(v->bspstore, n), rse_bsp(v));
			}
		}
	}
	return !failed;
}

/* A recursion of 120 frames does not fit into gr[] on its way up, nor on the way down. */
static bool deep_recursion(uint32_t slot)
{
	uint32_t slides = slide_count;

	start_at(17, slot);
	for (uint32_t depth = 0; depth < 120 && !failed; depth++) {
		alloc(45 + depth % 3, 40 + depth % 2, 0);
		fill_frame();
		check();
		op_call();
		check();
	}
	while (m->depth && !failed) {
		rule(return_to_caller(), "a frame of the recursion fits");
		load_frame();
		check();
	}
	differ("the first frame", BOTTOM, m->bof);
	rule(slide_count - slides >= 4, "the test: gr[] slid");
	return !failed;
}

#define SECRET	0x5ec12e75ec12e7ull

static bool tells_secret(void)
{
	for (uint32_t n = v->fb; n < v->fb + v->frame.sof; n++)
		if (v->gr[n] == SECRET || v->nat[n])
			return true;
	return false;
}

/* What is in gr[] beyond the 96 registers that a processor has is never seen. */
static bool nothing_from_beyond(uint32_t slot)
{
	uint32_t slides = slide_count;

	start_at(17, slot);
	for (uint32_t n = 0; n < GR_SLOTS; n++) {
		bool within = n >= v->dirty && n < v->dirty + RSE_PHYS;

		v->gr[n] = n < GR_STACKED || within ? 0 : SECRET;
		v->nat[n] = n >= GR_STACKED && !within;
	}
	for (uint32_t depth = 0; depth < 120 && !failed; depth++) {
		alloc(90 + depth % 7, 20 + depth % 40, 0);
		rule(!tells_secret(), "a frame has nothing from beyond, on the way up");
		if (depth % 5 == 4) {
			op_call();
			op_flush();
			rule(return_to_caller(), "the frame fits");
			load_frame();
			rule(!tells_secret(), "nor when it has been loaded");
		}
		op_call();
		rule(!tells_secret(), "nor the next one");
	}
	while (m->depth && !failed) {
		rule(return_to_caller(), "a frame of the recursion fits");
		load_frame();
		rule(!tells_secret(), "nor on the way down");
	}
	rule(slide_count - slides >= 2, "the test: gr[] slid");
	return !failed;
}

/* With 96 dirty registers a frame of n makes the engine store n of them, and loads n later. */
static bool full_of_dirty(void)
{
	for (uint32_t n = 0; n <= RSE_PHYS && !failed; n++) {
		start_at(n % GROUP, n & 2 ? GR_STACKED : GR_SLOTS - 2 * RSE_PHYS);
		alloc(96, 96, 0);
		fill_frame();
		op_call();
		differ("dirty registers", 96, rse_dirty(v));
		rule(rse_fits(v, v->fb, 0) && !rse_fits(v, v->fb, 1), "room beside 96 registers");
		alloc(n, n / 2, 0);
		differ("registers stored", n, v->stats.rse_spills);
		check();
		rule(return_to_caller(), "the frame fits");
		differ("registers that lack", n, rse_missing(v));
		load_frame();
		differ("registers loaded", n, v->stats.rse_fills);
		check();
	}
	return !failed;
}

/* A frame of 20 registers, all of which lack. */
static void lack_twenty(uint32_t position)
{
	start_at(position, GR_STACKED + position);
	alloc(20, 20, 0);
	fill_frame();
	op_call();
	op_flush();
	rule(return_to_caller(), "the frame fits");
	differ("registers that lack", 20, rse_missing(v));
}

/* Load a word at a time until only so many lack, and no more is to be loaded by itself. */
static void load_down_to(uint32_t lacking)
{
	rule(v->cfle, "R10");
	while (rse_missing(v) > lacking && !failed) {
		allowed = 1;
		rse_fill_frame(v);
		check_rules();
	}
	allowed = UINT32_MAX;
	v->cfle = lacking == 0;
	differ("registers that lack", lacking, rse_missing(v));
}

/* What there is after something was done in a frame that lacks some of its 20 registers. */
static void expect(const char *what, uint64_t bsp, uint32_t dirty, uint32_t missing)
{
	check_rules();
	if (failed || rse_bsp(v) != bsp || rse_dirty(v) != dirty || rse_missing(v) != missing)
		printf("# %s: %u dirty and %u lacking, expected %u and %u\n", what, rse_dirty(v),
		       rse_missing(v), dirty, missing);
	differ(what, bsp, rse_bsp(v));
	differ(what, dirty, rse_dirty(v));
	differ(what, missing, rse_missing(v));
}

static uint32_t over(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* Everything that may happen to such a frame, whether or not the manual defines it (SDM 2:6.8). */
static void in_incomplete(uint32_t lacking)
{
	static struct vcpu saved;
	uint64_t bsp = rse_bsp(v);

	saved = *v;
	for (uint32_t sol = 0; sol <= 20; sol++) {
		v->frame.sol = (uint8_t)sol;
		checked_call();
		expect("call", walk(bsp, (int)sol), over(sol, lacking), over(lacking, sol));
		*v = saved;
	}
	checked_cover();
	expect("cover", walk(bsp, 20), 20 - lacking, 0);
	*v = saved;
	for (uint32_t sof = 0; sof <= 40; sof++) {
		differ("alloc", EXEC_NEXT, (uint64_t)checked_alloc(sof, sof, 0));
		expect("alloc", bsp, 0, lacking < sof ? lacking : sof);
		*v = saved;
	}
	for (uint32_t sof = 0; sof <= 30; sof++) {
		checked_restore(sof | sof / 2 << 7, true);
		expect("rfi", walk(bsp, -(int)sof), 0, sof);
		*v = saved;
		checked_restore(sof | sof / 2 << 7, false);
		expect("br.ret", walk(bsp, -(int)(sof / 2)), 0,
		       lacking + sof / 2 < sof ? lacking + sof / 2 : sof);
		*v = saved;
	}
	differ("flushrs", EXEC_NEXT, (uint64_t)rse_flush(v));
	expect("flushrs", bsp, 0, lacking);
	v->rsc &= 31;
	differ("loadrs", EXEC_NEXT, (uint64_t)rse_load(v));
	expect("loadrs of nothing", bsp, 0, 0);
	*v = saved;
	for (uint32_t n = 0; n < GROUP; n++) {
		rse_set_bspstore(v, KERNEL_BASE + n * 8 + 3);
		expect("write to BSPSTORE", walk(KERNEL_BASE + n * 8, 0), 0, 0);
		*v = saved;
	}
	rse_set_incomplete(v, bsp, v->bspstore);
	expect("state as it was", bsp, 0, lacking);
	*v = saved;
	/* rfi with IFS.v clear goes on where the interruption came. */
	rse_enable_load(v);
}

static bool incomplete_frames(void)
{
	for (uint32_t position = 0; position < GROUP && !failed; position++) {
		for (uint32_t lacking = 1; lacking <= 20 && !failed; lacking++) {
			lack_twenty(position);
			load_down_to(lacking);
			in_incomplete(lacking);
			load_frame();
			check();
		}
	}
	return !failed;
}

/* BSPSTORE written with dirty registers: BSP is that far above. */
static bool bspstore_writes(void)
{
	start(3, 0, false);
	for (uint32_t n = 0; n <= RSE_PHYS; n++) {
		for (uint32_t position = 0; position < GROUP; position++) {
			uint64_t to = KERNEL_BASE + position * 8;

			v->fb = GR_SLOTS / 2;
			v->dirty = v->fb - n;
			v->frame = (struct frame){ .sof = (uint8_t)(RSE_PHYS - n) };
			rse_set_bspstore(v, to);
			expect("write to BSPSTORE", walk(to, (int)n), n, 0);
			differ("BSPSTORE", to, v->bspstore);
		}
	}
	return !failed;
}

/* loadrs that drops, keeps or loads registers where gr[] ends. */
static bool loads_at_the_ends(void)
{
	for (uint32_t n = 0; n <= RSE_PHYS && !failed; n++) {
		for (uint32_t flushed = 0; flushed < 2; flushed++) {
			start_at(n % GROUP, n & 1 ? GR_STACKED : GR_SLOTS - 2 * RSE_PHYS);
			alloc(96, 96, 0);
			fill_frame();
			op_call();
			if (flushed)
				op_flush();
			load_from(m->bof - n);
			check();
			rule(return_to_caller(), "the frame fits");
			differ("registers that lack", 96 - n, rse_missing(v));
			load_frame();
			check();
		}
	}
	return !failed;
}

int main(void)
{
	ktap_begin();
	ktap_result(bsp_follows(), "BSP follows from BSPSTORE, wherever that is");
	ktap_result(deep_recursion(GR_STACKED), "a deep recursion from the low end of gr[]");
	ktap_result(deep_recursion(GR_SLOTS - 2 * RSE_PHYS), "a deep recursion from the high end");
	ktap_result(nothing_from_beyond(GR_STACKED), "nothing from beyond the registers of a processor");
	ktap_result(nothing_from_beyond(GR_SLOTS - 2 * RSE_PHYS), "nor at the high end");
	ktap_result(full_of_dirty(), "96 dirty registers and a frame of any size");
	ktap_result(incomplete_frames(), "anything may happen to a frame that lacks registers");
	ktap_result(bspstore_writes(), "BSPSTORE takes the dirty registers along");
	ktap_result(loads_at_the_ends(), "loadrs at the ends of gr[]");
	return ktap_end();
}
