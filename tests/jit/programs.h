/* SPDX-License-Identifier: GPL-2.0-only */
/* The random programs that both engines have to do the same in, and what is no fault of theirs. */
#ifndef TESTS_JIT_PROGRAMS_H
#define TESTS_JIT_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/fuzz/program.h"
#include "tests/fuzz/world.h"

/* Programs that share a world, with what is in its caches. */
#define WORLD_RUNS	1000

/* A machine, and how far it is in its program. */
struct player {
	struct world w;
	uint64_t seed;
	uint64_t first;		/* bundles it had run when the program began */
	uint64_t exits;		/* that have been answered since */
};

/* With a clock that stands still: it is the same for all. */
void player_create(struct player *p);
void player_destroy(struct player *p);

/*
 * So many machines at the start of the program that seed stands for: what they do depends
 * on nothing that they did before.
 */
void program_start(struct player *p, int count, uint64_t seed);

/*
 * Run up to so many bundles, and do what the outside world would when it exits: that
 * depends on the program and on how many exits there were. Returns the exit reason.
 */
uint32_t program_run(struct player *p, uint64_t bundles);

/* Bundles of the program that the machine has begun. */
uint64_t program_bundles(const struct player *p);

/* No more will happen after this exit. */
bool program_ended(uint32_t reason);

/* Is the memory of both machines, p[0] and p[1], the same? */
bool program_same_memory(const struct player *p);

/*
 * Does the program, in its first so many bundles, execute from a page that it has written
 * to? When that takes effect without fc is not defined (SDM 1:4.4.6.2), and it differs.
 * p is a machine without a translator; it runs the program.
 */
bool program_wrote_code(struct player *p, uint64_t seed, uint64_t bundles);

/*
 * Give results for the arguments RUNS [SEED]: one for every tenth of the runs; or
 * --bundles N SEED...: one for each seed. part() has programs run, those of the seeds
 * from `from` on, until it comes to `to` or has compared so many bundles. False: usage.
 */
bool programs_results(int argc, char **argv,
		      void (*part)(uint64_t from, uint64_t to, uint64_t bundles));

#endif
