// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both engines run the same random programs from the same states, the same
 * number of bundles: everything that can be seen of the machine must be equal
 * afterwards, memory included.
 *
 * usage: engines RUNS [SEED]	one result for every tenth of the runs
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <riven/vpd.h>

#include "gvmm/isa/disasm.h"
#include "gvmm/jit/jit.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/seed.h"
#include "tests/fuzz/world.h"
#include "tests/jit/likely.h"
#include "tests/lib/ktap.h"

#define PAGE_BITS	12
#define CHUNKS		24
#define CHUNK_BUNDLES	64
#define HANG_SECONDS	30
#define CACHE_SIZE	(1ull << 20)

/* Say where two states differ. */
static void report(const struct riven_state *a, const struct riven_state *b)
{
	static const struct {
		char name[12];
		size_t offset, count;
	} parts[] = {
#define PART(field) { #field, offsetof(struct riven_state, field), sizeof(a->field) / 8 }
		PART(gr), PART(nat), PART(bank), PART(bank_nat), PART(fr), PART(pr), PART(br),
		PART(ip), PART(psr), PART(cfm), PART(ar), PART(cr), PART(rr), PART(insvc),
		PART(ndirty), PART(cfle), PART(dirty), PART(dirty_nat), PART(itr), PART(dtr),
#undef PART
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const uint64_t *x = (const uint64_t *)((const uint8_t *)a + parts[i].offset);
		const uint64_t *y = (const uint64_t *)((const uint8_t *)b + parts[i].offset);

		for (size_t n = 0; n < parts[i].count; n++)
			if (x[n] != y[n])
				printf("# %s[%zu]: interp %016" PRIx64 " jit %016" PRIx64 "\n",
				       parts[i].name, n, x[n], y[n]);
	}
}

static void prepare(struct world *w, const struct world *from)
{
	if (from)
		memcpy(w->ram, from->ram, RAM_SIZE / 2);
	w->run->invalidate.gpa = 0;
	w->run->invalidate.len = RAM_SIZE;
	world_command(w, RIVEN_CMD_INVALIDATE);
	world_command(w, RIVEN_CMD_RESET);
}

/* The answers that the outside world gives are those of both machines. */
static void answer(struct world *w, uint64_t noise)
{
	struct riven_run *run = w->run;

	switch (run->exit_reason) {
	case RIVEN_EXIT_FIRMWARE:
		run->fw.action = RIVEN_FW_DONE;
		break;
	case RIVEN_EXIT_HALT:
		run->irq[1] |= noise | 1;
		run->attention = 1;
		break;
	case RIVEN_EXIT_TRACE:
		run->trace_tail = run->trace_head;
		break;
	case RIVEN_EXIT_MMIO:
		memset(run->mmio.data, (int)noise, 16);
		break;
	default:
		break;
	}
}

static struct riven_state initial, seen[2];
static uint8_t ram[RAM_SIZE / 2];	/* as the program found it */

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

/* Both machines at the start of the run that seed stands for; again: of the last one. */
static void start(struct world *w, uint64_t seed, bool again)
{
	bool wild;

	/* Elsewhere is what programs before it have left. */
	if (again)
		memcpy(w[0].ram, ram, sizeof(ram));

	current_seed = seed;
	random_seed(seed);
	wild = !below(4);
	likely_program(w[0].ram, wild);
	prepare(&w[0], NULL);
	prepare(&w[1], &w[0]);
	if (!again)
		memcpy(ram, w[0].ram, sizeof(ram));
	world_command(&w[0], RIVEN_CMD_GET_STATE);
	memcpy(&initial, &w[0].run->state, sizeof(initial));
	random_machine_state(&initial);
	if (!wild)
		likely_state(&initial);
	for (int n = 0; n < 2; n++) {
		memcpy(&w[n].run->state, &initial, sizeof(initial));
		world_command(&w[n], RIVEN_CMD_SET_STATE);
	}
	if (below(2)) {
		uint32_t less = below(RSE_PHYS);

		raise_stack(&w[0], less);
		raise_stack(&w[1], less);
	}
}

/* Both run so many bundles; are they still the same? */
static bool advance(struct world *w, uint64_t bundles, uint64_t noise, uint32_t reason[2])
{
	for (int n = 0; n < 2; n++) {
		w[n].run->bundle_limit = bundles;
		reason[n] = world_command(&w[n], RIVEN_CMD_RUN);
		answer(&w[n], noise);
		world_command(&w[n], RIVEN_CMD_GET_STATE);
		memcpy(&seen[n], &w[n].run->state, sizeof(seen[n]));
	}
	return reason[0] == reason[1] && memcmp(&seen[0], &seen[1], sizeof(seen[0])) == 0;
}

static void print_bundle(const struct world *w, uint64_t ip)
{
	uint64_t gpa = ip & (RAM_SIZE - 1) & ~15ull, lo, hi;
	char text[DISASM_SIZE];

	memcpy(&lo, w->ram + gpa, 8);
	memcpy(&hi, w->ram + gpa + 8, 8);
	for (unsigned int n = 0; n < 3; n++) {
		disasm_slot(text, sizeof(text), lo, hi, n, ip);
		printf("#   %06" PRIx64 ".%u %s\n", ip, n, text);
	}
}

/*
 * Has the translator cleared NaT bits that the interpreter still has? It does
 * so for stacked registers outside of the frame, whose contents are undefined
 * (SDM 2:6.3); a program that reads one sees the difference.
 */
static bool cleared_nats(const struct world *w)
{
	const struct vcpu *a = (const struct vcpu *)(w[0].area + RIVEN_VCPU_STATE);
	const struct vcpu *b = (const struct vcpu *)(w[1].area + RIVEN_VCPU_STATE);

	for (uint32_t n = GR_STACKED; n < GR_SLOTS; n++)
		if (a->nat[n] && !b->nat[n])
			return true;
	return false;
}

/*
 * Has the program, up to the end of the chunk, executed from a page that it has written
 * to? When that takes effect without fc is not defined (SDM 1:4.4.6.2), and it differs.
 */
static bool wrote_code(struct world *w, uint64_t seed, int chunk, const uint64_t *noise)
{
	static bool executed[RAM_SIZE >> PAGE_BITS];
	struct vcpu *v = (struct vcpu *)(w->area + RIVEN_VCPU_STATE);

	memset(executed, 0, sizeof(executed));
	start(w, seed, true);
	for (int k = 0; k <= chunk; k++) {
		uint32_t reason = RIVEN_EXIT_INTR;

		for (int n = 0; n < CHUNK_BUNDLES && reason == RIVEN_EXIT_INTR; n++) {
			executed[(v->ip & (RAM_SIZE - 1)) >> PAGE_BITS] = true;
			w->run->bundle_limit = 1;
			reason = world_command(w, RIVEN_CMD_RUN);
		}
		answer(w, noise[k]);
	}
	for (uint64_t page = 0; page < sizeof(ram); page += 1 << PAGE_BITS)
		if (executed[page >> PAGE_BITS] &&
		    memcmp(ram + page, w->ram + page, 1 << PAGE_BITS) != 0)
			return true;
	return false;
}

/*
 * The smallest number of bundles in the chunk after which they differ, and what
 * led there. Returns whether that is no fault of theirs.
 */
static bool narrow(struct world *w, uint64_t seed, int chunk, const uint64_t *noise)
{
	uint64_t ips[16] = { 0 };
	uint32_t reason[2];

	for (uint64_t n = 1; n <= CHUNK_BUNDLES; n++) {
		start(w, seed, true);
		for (int k = 0; k < chunk; k++)
			advance(w, CHUNK_BUNDLES, noise[k], reason);
		if (n == 1)
			ips[0] = seen[0].ip;
		if (!advance(w, n, noise[chunk], reason)) {
			if (cleared_nats(w))
				return true;
			printf("# seed %" PRIu64 ": different after %" PRIu64
			       " bundles of chunk %d\n", seed, n, chunk);
			for (uint64_t k = n < 16 ? 0 : n - 16; k < n; k++)
				print_bundle(&w[0], ips[k % 16]);
			report(&seen[0], &seen[1]);
			return false;
		}
		ips[n % 16] = seen[0].ip;
		if (reason[0] != RIVEN_EXIT_INTR)
			break;
	}
	return false;
}

/* Some programs are translated for a host of the baseline. */
static void choose_host(struct world *w, uint64_t seed)
{
	struct vcpu *v = (struct vcpu *)(w->area + RIVEN_VCPU_STATE);

	if (!v->jit->ready)
		cache_prepare(v);
	v->jit->cpu = seed % 3 ? cpu_features() : 0;
}

static bool one_run(struct world *w, uint64_t seed)
{
	uint32_t reason[2];
	uint64_t noise[CHUNKS];

	alarm(HANG_SECONDS);
	start(w, seed, false);
	choose_host(&w[1], seed);
	for (int chunk = 0; chunk < CHUNKS; chunk++)
		noise[chunk] = next_random();
	for (int chunk = 0; chunk < CHUNKS; chunk++) {
		if (!advance(w, CHUNK_BUNDLES, noise[chunk], reason)) {
			static struct riven_state found[2];

			memcpy(found, seen, sizeof(found));
			alarm(0);
			if (wrote_code(w, seed, chunk, noise) || narrow(w, seed, chunk, noise))
				return true;
			printf("# seed %" PRIu64 ", chunk %d, exits %u and %u\n", seed, chunk,
			       reason[0], reason[1]);
			report(&found[0], &found[1]);
			return false;
		}
		if (reason[0] == RIVEN_EXIT_DEAD || reason[0] == RIVEN_EXIT_INTERNAL)
			break;
	}
	alarm(0);
	if (memcmp(w[0].ram, w[1].ram, RAM_SIZE / 2) != 0 &&
	    !wrote_code(w, seed, CHUNKS - 1, noise)) {
		printf("# seed %" PRIu64 ": memory differs\n", seed);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct world w[2];

	if (!runs) {
		fprintf(stderr, "usage: engines RUNS [SEED]\n");
		return 2;
	}
	seed_watch();
	ktap_begin();
	for (int part = 0; part < 10; part++) {
		uint64_t from = first + runs * part / 10, to = first + runs * (part + 1) / 10;
		uint64_t bad = 0, bundles = 0;

		if (from == to)
			continue;
		for (int n = 0; n < 2; n++) {
			world_create(&w[n], RAM_SIZE, 1024);
			/* A clock that stands still is the same for both. */
			((struct vm *)(w[n].region + RIVEN_VM_OFFSET))->data.itc_mult = 0;
		}
		world_translate(&w[1], CACHE_SIZE);
		for (uint64_t seed = from; seed < to && bad < 5; seed++)
			bad += !one_run(w, seed);
		bad += w[1].run->stats.block_errors != 0;
		bundles = w[1].run->stats.bundles - w[1].run->stats.interpreted;
		for (int n = 0; n < 2; n++)
			world_destroy(&w[n]);
		ktap_result(!bad, "seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64
			    " bundles of translated code", from, to - 1, bundles);
	}
	return ktap_end();
}
