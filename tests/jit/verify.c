// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lockstep of both engines: it finds nothing where they do the same, in
 * random programs, and finds translations that were made wrong on purpose.
 *
 * usage: verify RUNS [SEED]		random programs, one result for every tenth of them
 *	  verify --bundles N SEED...	for each seed, programs until N bundles have been compared
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gvmm/isa/encoding.h"
#include "gvmm/jit/jit.h"
#include "tests/fuzz/seed.h"
#include "tests/jit/programs.h"
#include "tests/lib/ktap.h"
#include "tools/run.h"

#define CACHE_SIZE	(1ull << 20)
#define RUN_BUNDLES	1536
#define HANG_SECONDS	60

#define CONSTANT	0x1234u
#define LONG_CONSTANT	0x1122334455667788ull

/* What difference_print() needs of libriven. */
const char *riven_exit_name(uint32_t reason)
{
	return reason == RIVEN_EXIT_MMIO ? "MMIO" : "another";
}

static void world_make(struct world *w)
{
	world_create(w, RAM_SIZE, 1024);
	/* A clock that stands still. */
	((struct vm *)(w->region + RIVEN_VM_OFFSET))->data.itc_mult = 0;
	world_translate(w, CACHE_SIZE);
	world_verify(w);
}

static const struct riven_difference *difference(const struct world *w)
{
	return (const struct riven_difference *)(w->area + RIVEN_VCPU_VERIFY);
}

/* Random programs. */

/* Run one program; false: there was a difference that counts. p[1] is there to judge. */
static bool one_run(struct player *p, uint64_t seed)
{
	uint32_t reason = RIVEN_EXIT_INTR;
	const struct riven_difference *d = difference(&p->w);

	current_seed = seed;
	program_start(p, 1, seed);
	while (program_bundles(p) < RUN_BUNDLES && !program_ended(reason))
		reason = program_run(p, RUN_BUNDLES - program_bundles(p));
	if (reason != RIVEN_EXIT_INTERNAL ||
	    program_wrote_code(&p[1], seed, program_bundles(p) + d->bundles))
		return true;
	printf("# seed %" PRIu64 "\n", seed);
	difference_print(stdout, d);
	return false;
}

/* Programs that share a cache of translations. */
static void part(uint64_t from, uint64_t to, uint64_t most)
{
	uint64_t bad = 0, compared = 0, interpreted = 0, retries = 0, seed = from;

	while (seed < to && compared < most && bad < 3) {
		uint64_t end = to - seed < WORLD_RUNS ? to : seed + WORLD_RUNS;
		const struct riven_stats *s;
		struct player p[2];

		player_create(&p[0]);
		player_create(&p[1]);
		world_translate(&p->w, CACHE_SIZE);
		world_verify(&p->w);
		s = &p->w.run->stats;
		for (; seed < end && compared + s->verified < most && bad < 3; seed++) {
			alarm(HANG_SECONDS);
			bad += !one_run(p, seed);
			alarm(0);
		}
		bad += s->block_errors != 0;
		compared += s->verified;
		interpreted += s->interpreted;
		retries += s->verify_retries;
		player_destroy(&p[0]);
		player_destroy(&p[1]);
	}
	ktap_result(!bad, "seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64
		    " bundles compared, %" PRIu64 " translated, %" PRIu64 " rounds repeated",
		    from, seed - 1, compared, compared - interpreted, retries);
}

/* Wrong translations. */

static void put_bundle(uint8_t *at, unsigned int template, uint64_t s0, uint64_t s1, uint64_t s2)
{
	uint64_t lo = template | s0 << 5 | s1 << 46, hi = s1 >> 18 | s2 << 23;

	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

#define NOP		(1ull << 27)		/* nop.m, nop.i */
#define MII_STOP	0x01
#define MLX_STOP	0x05
#define MIB_STOP	0x11

/* adds r1 = imm, r3; imm < 0x2000 (A4). */
static uint64_t adds(uint64_t r1, uint64_t imm, uint64_t r3)
{
	return 8ull << 37 | 2ull << 34 | r1 << 6 | (imm & 0x7f) << 13 | r3 << 20 |
	       (imm >> 7 & 0x3f) << 27;
}

/*
 * A loop: r8 += CONSTANT; r9 = LONG_CONSTANT; [r4] = r9; back to its start.
 * movl's immediate is in pieces (X2).
 */
static void make_loop(struct world *w)
{
	const uint64_t x = LONG_CONSTANT;
	uint64_t movl = 6ull << 37 | (x >> 63) << 36 | (x >> 7 & 0x1ff) << 27 |
			(x >> 16 & 31) << 22 | (x >> 21 & 1) << 21 | (x & 0x7f) << 13 | 9 << 6;
	uint64_t st8 = 4ull << 37 | 0x33ull << 30 | 4 << 20 | 9 << 13;
	uint64_t back = 4ull << 37 | 1ull << 36 | (0x100000 - 2ull) << 13;

	put_bundle(w->ram + CODE, MII_STOP, NOP, adds(8, CONSTANT, 8), NOP);
	put_bundle(w->ram + CODE + 16, MLX_STOP, NOP, x >> 22 & ((1ull << 41) - 1), movl);
	put_bundle(w->ram + CODE + 32, MIB_STOP, st8, NOP, back);
}

static void start_loop(struct world *w)
{
	struct riven_state *s;

	world_make(w);
	make_loop(w);
	s = &w->run->state;
	world_command(w, RIVEN_CMD_GET_STATE);
	s->ip = CODE;
	s->psr = 1ull << 44;
	s->gr[4] = 0x100000;
	s->nat[0] = s->nat[1] = 0;
	world_command(w, RIVEN_CMD_SET_STATE);
}

static uint32_t run_loop(struct world *w, uint64_t bundles)
{
	w->run->bundle_limit = bundles;
	return world_command(w, RIVEN_CMD_RUN);
}

/* Change the bytes in all translated code; how often they were there. */
static int patch(struct world *w, const void *from, const void *to, size_t size)
{
	const struct jit *j = (const struct jit *)(w->area + RIVEN_VCPU_JIT);
	int found = 0;

	for (uint32_t at = j->first; at + size <= CACHE_SIZE; at++)
		if (memcmp(j->rw + at, from, size) == 0) {
			memcpy(j->rw + at, to, size);
			found++;
		}
	return found;
}

static bool prints(const struct riven_difference *d, const char *text)
{
	char *buffer = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&buffer, &size);
	bool found;

	difference_print(f, d);
	fclose(f);
	found = strstr(buffer, text) != NULL;
	free(buffer);
	return found;
}

static void wrong_register(void)
{
	const uint32_t right = CONSTANT, wrong = CONSTANT + 1;
	const struct riven_difference *d;
	struct world w;

	start_loop(&w);
	d = difference(&w);
	ktap_result(run_loop(&w, 3000) == RIVEN_EXIT_INTR && w.run->stats.verified > 2500,
		    "a loop is compared");
	ktap_result(patch(&w, &right, &wrong, 4) > 0, "its constant is in the translation");
	ktap_result(run_loop(&w, 3000) == RIVEN_EXIT_INTERNAL &&
		    w.run->exit_detail == RIVEN_INTERNAL_DIFFERENCE, "a wrong constant is found");
	ktap_result(d->what & RIVEN_DIFFERENT_STATE && d->jit.gr[8] - d->interp.gr[8] == 1 &&
		    d->interp.gr[8] - d->before.gr[8] == CONSTANT &&
		    d->interp.gr[9] == d->jit.gr[9], "and the first time that it was used");
	ktap_result(d->ip[0] == CODE && d->before.ip == CODE && d->bundles >= 1 &&
		    d->bundles <= 3 && d->code_size > 0, "with the block that is wrong");
	ktap_result(prints(d, "r8 ") && prints(d, "adds r8=4660,r8") && prints(d, "0x1235"),
		    "the report has the register, the guest's code and the host's");
	world_destroy(&w);
}

static void wrong_store(void)
{
	const uint64_t right = LONG_CONSTANT, wrong = LONG_CONSTANT ^ 0xff00;
	const struct riven_difference *d;
	struct world w;
	uint64_t word;

	start_loop(&w);
	d = difference(&w);
	run_loop(&w, 300);
	ktap_result(patch(&w, &right, &wrong, 8) > 0, "a long constant is in the translation");
	ktap_result(run_loop(&w, 3000) == RIVEN_EXIT_INTERNAL, "a wrong one is found");
	ktap_result(d->what & RIVEN_DIFFERENT_STATE && d->jit.gr[9] == wrong,
		    "before it is stored where it can be");
	memcpy(&word, w.ram + 0x100000, 8);
	ktap_result(word == right, "memory is as it was before");
	world_destroy(&w);
}

/* A full cache. */

#define LONG_CODE	0x200000ull
#define LONG_BUNDLES	0x8000u
#define LONG_ROUNDS	4

/* A loop in which each bundle adds a number of its own to r8: their sum. */
static uint64_t make_long_loop(struct world *w)
{
	const uint64_t br = 4ull << 37, minus = 1ull << 36;
	uint64_t sum = 0;

	for (uint32_t n = 0; n < LONG_BUNDLES; n++) {
		uint64_t slot = NOP, imm = n % 0x1fff;
		unsigned int template = MII_STOP;

		if (n == LONG_BUNDLES - 1) {
			template = MIB_STOP;
			slot = br | minus | (0x100000 - (uint64_t)n) << 13;
		}
		sum += imm;
		put_bundle(w->ram + LONG_CODE + n * 16, template, NOP, adds(8, imm, 8), slot);
	}
	return sum;
}

/* Go on at ip, with addresses translated one to one. */
static void start_at(struct world *w, uint64_t ip, uint64_t pr)
{
	const uint64_t size = 24 << 2, all = 0x10000000000661 | 3 << 7 | 3 << 9;
	struct riven_state *s = &w->run->state;

	world_command(w, RIVEN_CMD_GET_STATE);
	s->ip = ip;
	s->psr = 1ull << 44 | 1ull << 36 | 1ull << 27 | 1ull << 17;
	s->rr[0] = size;
	s->itr[0] = s->dtr[0] = (struct riven_tr){ all, size, 0, 0 };
	s->pr = pr;
	s->gr[4] = CODE;
	s->gr[8] = 0;
	world_command(w, RIVEN_CMD_SET_STATE);
}

/* Its translation is larger than the cache. lockstep: with the interpreter beside it. */
static void long_loop(bool lockstep)
{
	uint64_t sum, bundles;
	struct world w;
	uint32_t reason;

	world_create(&w, RAM_SIZE, 1024);
	world_translate(&w, CACHE_SIZE / 4);
	if (lockstep)
		world_verify(&w);
	sum = make_long_loop(&w);
	start_at(&w, LONG_CODE, 1);
	reason = run_loop(&w, (uint64_t)LONG_ROUNDS * LONG_BUNDLES);
	bundles = w.run->stats.bundles;
	world_command(&w, RIVEN_CMD_GET_STATE);
	ktap_result(reason == RIVEN_EXIT_INTR && bundles == LONG_ROUNDS * LONG_BUNDLES &&
		    w.run->state.gr[8] == LONG_ROUNDS * sum && w.run->state.ip == LONG_CODE,
		    "a loop too large for the cache%s", lockstep ? ", in lockstep" : "");
	ktap_result(w.run->stats.block_evictions > LONG_BUNDLES / BLOCK_BUNDLES &&
		    w.run->stats.block_flushes == 0, "evicts blocks one by one");
	world_destroy(&w);
}

static bool expects(const struct jit *j, uint64_t code)
{
	for (uint32_t n = 0; n < NR_RETURNS; n++)
		if (j->returns[n] == code)
			return true;
	return false;
}

/*
 * A bundle drops its own block, and then calls: what the return is expected to find goes
 * with the block when that is evicted, even if all of the blocks evicted so far have been
 * dropped before.
 */
static void evicted_return(void)
{
	const uint64_t fc = 1ull << 37 | 0x30ull << 27 | 4 << 20, call = 5ull << 37;
	const uint64_t there = (LONG_CODE - CODE) / 16, p6 = 6;
	uint64_t code;
	struct world w;
	const struct jit *j;

	world_create(&w, RAM_SIZE, 1024);
	world_translate(&w, CACHE_SIZE / 4);
	j = (const struct jit *)(w.area + RIVEN_VCPU_JIT);
	make_long_loop(&w);
	put_bundle(w.ram + CODE, MIB_STOP, fc | p6, NOP, call | there << 13);
	/* The oldest blocks: this one, and others that are dropped. */
	start_at(&w, CODE, 1);
	while (j->used < CACHE_SIZE / 4 / 2 + BLOCK_ROOM / 4)
		run_loop(&w, 64);
	w.run->invalidate.len = 4096;
	for (uint64_t page = 0; page < LONG_BUNDLES * 16; page += 4096) {
		w.run->invalidate.gpa = LONG_CODE + page;
		world_command(&w, RIVEN_CMD_INVALIDATE);
	}
	/* That was work for which the loop looks up. */
	run_loop(&w, 64);
	start_at(&w, CODE, 1 | 1 << p6);
	run_loop(&w, 64);
	code = j->returns[j->returns_top / 8];
	ktap_result(w.run->stats.block_evictions == 0 &&
		    code - (uint64_t)(uintptr_t)cache_rx(j, j->first) < 4096,
		    "a block that has dropped itself calls");
	while (w.run->stats.block_evictions == 0)
		run_loop(&w, 64);
	ktap_result(!expects(j, code), "no return is expected in an evicted block");
	world_destroy(&w);
}

int main(int argc, char **argv)
{
	seed_watch();
	ktap_begin();
	wrong_register();
	wrong_store();
	long_loop(false);
	long_loop(true);
	evicted_return();
	if (!programs_results(argc, argv, part)) {
		fprintf(stderr, "usage: verify RUNS [SEED]\n"
			"       verify --bundles N SEED...\n");
		return 2;
	}
	return ktap_end();
}
