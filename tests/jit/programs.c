// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/jit/likely.h"
#include "tests/jit/programs.h"

#define PAGE_BITS	12
#define PAGE_SIZE	(1ull << PAGE_BITS)

void player_create(struct player *p)
{
	memset(p, 0, sizeof(*p));
	world_create(&p->w, RAM_SIZE, 1024);
	((struct vm *)(p->w.region + RIVEN_VM_OFFSET))->data.itc_mult = 0;
}

void player_destroy(struct player *p)
{
	world_destroy(&p->w);
}

/*
 * The register stack as far up in gr[] as may be, less a few registers: the next
 * ones that are stored make it slide.
 */
static void raise_stack(struct world *w, uint32_t less)
{
	struct vcpu *v = (struct vcpu *)(w->area + RIVEN_VCPU_STATE);
	uint32_t low = v->dirty < v->fb ? v->dirty : v->fb;
	uint32_t delta = GR_SLOTS - 2 * RSE_PHYS - less - v->dirty;

	memmove(&v->gr[low + delta], &v->gr[low], (v->fb + RSE_PHYS - low) * sizeof(v->gr[0]));
	memmove(&v->nat[low + delta], &v->nat[low], v->fb + RSE_PHYS - low);
	v->fb += delta;
	v->dirty += delta;
}

/* All of memory is 0 again, but for what likely_program() makes. */
static void clear_memory(struct world *w)
{
	if (madvise(w->ram, RAM_SIZE, MADV_DONTNEED)) {
		perror("madvise");
		exit(2);
	}
}

static void reset(struct world *w)
{
	w->run->invalidate.gpa = 0;
	w->run->invalidate.len = RAM_SIZE;
	world_command(w, RIVEN_CMD_INVALIDATE);
	world_command(w, RIVEN_CMD_RESET);
}

void program_start(struct player *p, int count, uint64_t seed)
{
	static struct riven_state state;
	uint32_t less = RSE_PHYS;
	bool wild;

	random_seed(seed);
	wild = !below(4);
	for (int n = 0; n < count; n++) {
		clear_memory(&p[n].w);
		if (n == 0)
			likely_program(p->w.ram, wild);
		else
			likely_copy(p[n].w.ram, p->w.ram);
		reset(&p[n].w);
	}
	world_command(&p->w, RIVEN_CMD_GET_STATE);
	memcpy(&state, &p->w.run->state, sizeof(state));
	random_machine_state(&state);
	if (!wild)
		likely_state(&state);
	if (below(2))
		less = below(RSE_PHYS);
	for (int n = 0; n < count; n++) {
		memcpy(&p[n].w.run->state, &state, sizeof(state));
		world_command(&p[n].w, RIVEN_CMD_SET_STATE);
		if (less < RSE_PHYS)
			raise_stack(&p[n].w, less);
		p[n].seed = seed;
		p[n].first = p[n].w.run->stats.bundles;
		p[n].exits = 0;
	}
}

/* Any number, the same each time for the same exit of the same program. */
static uint64_t noise(const struct player *p)
{
	uint64_t x = (p->seed << 20 ^ p->exits) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

static void answer(struct player *p)
{
	struct riven_run *run = p->w.run;

	switch (run->exit_reason) {
	case RIVEN_EXIT_FIRMWARE:
		run->fw.action = RIVEN_FW_DONE;
		break;
	case RIVEN_EXIT_HALT:
		run->irq[1] |= noise(p) | 1;
		run->attention = 1;
		break;
	case RIVEN_EXIT_TRACE:
		run->trace_tail = run->trace_head;
		break;
	case RIVEN_EXIT_MMIO:
		memset(run->mmio.data, (int)noise(p), 16);
		break;
	default:
		return;
	}
	p->exits++;
}

uint32_t program_run(struct player *p, uint64_t bundles)
{
	uint32_t reason;

	p->w.run->bundle_limit = bundles;
	reason = world_command(&p->w, RIVEN_CMD_RUN);
	answer(p);
	return reason;
}

uint64_t program_bundles(const struct player *p)
{
	return p->w.run->stats.bundles - p->first;
}

bool program_ended(uint32_t reason)
{
	return reason == RIVEN_EXIT_DEAD || reason == RIVEN_EXIT_INTERNAL;
}

/* Pages that nobody has touched since program_start() are 0, and most are that. */
bool program_same_memory(const struct player *p)
{
	static uint8_t here[2][RAM_SIZE / PAGE_SIZE];

	for (int n = 0; n < 2; n++)
		if (mincore(p[n].w.ram, RAM_SIZE, here[n]))
			return false;
	for (uint64_t page = 0; page < RAM_SIZE / PAGE_SIZE; page++)
		if ((here[0][page] | here[1][page]) & 1 &&
		    memcmp(p[0].w.ram + page * PAGE_SIZE, p[1].w.ram + page * PAGE_SIZE,
			   PAGE_SIZE) != 0)
			return false;
	return true;
}

bool program_wrote_code(struct player *p, uint64_t seed, uint64_t bundles)
{
	static uint8_t before[RAM_SIZE];
	const struct vcpu *v = (const struct vcpu *)(p->w.area + RIVEN_VCPU_STATE);
	uint64_t executed[RAM_SIZE / PAGE_SIZE];
	uint32_t nr_executed = 0, reason = RIVEN_EXIT_INTR;

	program_start(p, 1, seed);
	memcpy(before, p->w.ram, sizeof(before));
	while (program_bundles(p) < bundles && !program_ended(reason)) {
		uint32_t n = 0;

		reason = program_run(p, 1);
		while (n < nr_executed && executed[n] != v->code_gpa)
			n++;
		if (n == nr_executed && v->code_gpa < RAM_SIZE)
			executed[nr_executed++] = v->code_gpa;
		for (n = 0; n < nr_executed; n++)
			if (memcmp(before + executed[n], p->w.ram + executed[n], PAGE_SIZE) != 0)
				return true;
	}
	return false;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

bool programs_results(int argc, char **argv,
		      void (*part)(uint64_t from, uint64_t to, uint64_t bundles))
{
	uint64_t runs = argc > 1 ? number(argv[1]) : 0, first = argc > 2 ? number(argv[2]) : 1;

	if (argc > 3 && !strcmp(argv[1], "--bundles")) {
		for (int n = 3; n < argc; n++)
			part(number(argv[n]), UINT64_MAX, number(argv[2]));
		return true;
	}
	if (!runs)
		return false;
	for (int n = 0; n < 10; n++) {
		uint64_t from = first + runs * n / 10, to = first + runs * (n + 1) / 10;

		if (from < to)
			part(from, to, UINT64_MAX);
	}
	return true;
}
