// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register stack engine against the model of rse-model.h: random sequences
 * of alloc, call, return, cover, flushrs, loadrs, backing store switches and
 * interrupted loads; after every step all rules of docs/rse-invariants.md are
 * checked.
 *
 * usage: rse [STEPS [SEED]]
 */
#include "tests/lib/ktap.h"
#include "tests/unit/rse-model.h"

#define KERNEL_BASE	(MEM_BASE + 0x20000)
#define KERNEL_STRIDE	0x18000
#define KERNEL_NESTING	3

static uint32_t kernel_nesting;

/* An incomplete frame is covered, its stack switched away and back, as a kernel does. */
static void kernel_visit(uint32_t steps);

static void op_return(void)
{
	if (!return_to_caller())
		return;
	if (rnd(8) == 0 && rse_missing(v)) {
		int status = rse_fill_frame(v);

		m->oldest = m->bof + rse_missing(v);
		if (status != EXEC_NEXT && kernel_nesting < KERNEL_NESTING)
			kernel_visit(30);
	}
	load_frame();
}

static void op_load(void)
{
	uint64_t fm = marker();
	uint32_t most, n;

	m->bof += m->sof;
	m->sof = m->sol = m->sor = 0;
	checked_cover();
	if (rnd(2))
		op_flush();
	most = m->bof - m->store.floor < RSE_PHYS ? m->bof - m->store.floor : RSE_PHYS;
	n = rnd(most + 1);
	load_from(m->bof - n);
	check();
	restore(fm, true);
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
	checked_cover();
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
	restore(fm, true);
	check();
	load_frame();
}

static bool random_sequence(uint32_t steps, uint64_t number, uint32_t faults, bool big_endian)
{
	start(number, faults, big_endian);
	kernel_nesting = 0;
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
	checked_call();
	differ("dirty registers", 96, rse_dirty(v));
	/* sof 50, sol 10: 40 outs, and 96 dirty registers. */
	rse_restore(v, 50 | 10 << 7, 10);
	differ("CFM", 0, cfm_get(v));
	differ("dirty registers after it", 86, rse_dirty(v));
	differ("lacking registers", 0, rse_missing(v));
	check_rules();
	return !failed;
}

/* Any value of a frame marker leaves a frame that can be renamed in. */
static bool wild_frame_markers(void)
{
	start(8, 0, false);
	for (uint32_t n = 0; n < 20000 && !failed; n++) {
		/* From br.ret or rfi; at times one that the frame was called with. */
		checked_restore(rnd(2) ? rnd64() & ((1ull << 38) - 1) : rnd(30) | rnd(30) << 7,
				rnd(2));
		check_rules();
		for (uint32_t r = 0; r < 128; r++)
			rule(gr_slot(v, r) < GR_SLOTS, "R2");
		v->cfle = false;
		if (rnd(2))
			checked_call();
		if (rnd(4) == 0)
			checked_cover();
		check_rules();
		/* In a frame that may be incomplete, too: undefined, but sound. */
		if (rnd(4) == 0 && rse_dirty(v) + 20 <= RSE_PHYS) {
			v->frame.rrb_gr = v->frame.rrb_fr = v->frame.rrb_pr = 0;	/* alloc insists on it */
			checked_alloc(rnd(20), 0, 0);
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
	v->bspstore = MEM_BASE + 0x4000;
	v->dirty = v->fb;
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
