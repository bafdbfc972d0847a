// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random instruction streams at random privilege and in random states: no
 * crash of the host side (ASan, UBSan, guard pages) and no hang.
 *
 * usage: streams RUNS [SEED]	one result for every tenth of the runs
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/program.h"
#include "tests/fuzz/seed.h"
#include "tests/fuzz/world.h"
#include "tests/lib/ktap.h"

#define BUNDLES		3000
#define EXITS		40
#define HANG_SECONDS	30


static void answer(struct world *w)
{
	struct riven_run *run = w->run;

	switch (run->exit_reason) {
	case RIVEN_EXIT_FIRMWARE:
		run->fw.action = (uint32_t)below(5);
		run->fw.touch_va = interesting();
		run->fw.touch_access = (uint32_t)below(8);
		break;
	case RIVEN_EXIT_HALT:
		run->irq[below(4)] |= next_random();
		run->attention = 1;
		break;
	case RIVEN_EXIT_TRACE:
		run->trace_tail = run->trace_head;
		break;
	case RIVEN_EXIT_MMIO:
		for (int i = 0; i < 16; i++)
			run->mmio.data[i] = (uint8_t)next_random();
		break;
	default:
		break;
	}
	if (!below(4)) {
		run->irq[below(4)] |= next_random();
		run->attention = 1;
	}
}

static void one_run(struct world *w, uint64_t seed)
{
	uint32_t reason;

	current_seed = seed;
	random_seed(seed);
	for (uint64_t a = CODE; a < CODE + CODE_SIZE; a += 16)
		random_bundle(w->ram + a);
	for (uint64_t a = IVT; a < IVT + IVT_SIZE; a += 16)
		random_bundle(w->ram + a);
	w->run->invalidate.gpa = CODE;
	w->run->invalidate.len = IVT + IVT_SIZE - CODE;
	world_command(w, RIVEN_CMD_INVALIDATE);
	world_command(w, RIVEN_CMD_RESET);
	world_command(w, RIVEN_CMD_GET_STATE);
	random_machine_state(&w->run->state);
	world_command(w, RIVEN_CMD_SET_STATE);
	alarm(HANG_SECONDS);
	for (int i = 0; i < EXITS; i++) {
		w->run->bundle_limit = BUNDLES / EXITS;
		reason = world_command(w, RIVEN_CMD_RUN);
		if (reason == RIVEN_EXIT_DEAD || reason == RIVEN_EXIT_INTERNAL)
			break;
		answer(w);
	}
	alarm(0);
	world_command(w, RIVEN_CMD_GET_STATE);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 64, 1024, 65536 };
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct world w;

	if (!runs) {
		fprintf(stderr, "usage: streams RUNS [SEED]\n");
		return 2;
	}
	seed_watch();
	ktap_begin();
	for (int part = 0; part < 10; part++) {
		uint64_t from = first + runs * part / 10, to = first + runs * (part + 1) / 10;

		if (from == to)
			continue;
		world_create(&w, RAM_SIZE, sizes[part % 3]);
		for (uint64_t seed = from; seed < to; seed++)
			one_run(&w, seed);
		world_destroy(&w);
		ktap_result(true, "seeds %" PRIu64 " to %" PRIu64, from, to - 1);
	}
	return ktap_end();
}
