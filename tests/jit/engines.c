// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both engines run the same random programs from the same states, the same
 * number of bundles: everything that can be seen of the machine must be equal
 * afterwards, memory included.
 *
 * usage: engines RUNS [SEED]		one result for every tenth of the runs
 *	  engines --bundles N SEED...	for each seed, programs until N bundles have been compared
 *	  engines --background ...	the same, and the translator works in a thread of its own
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gvmm/isa/disasm.h"
#include "gvmm/jit/jit.h"
#include "tests/fuzz/seed.h"
#include "tests/jit/programs.h"
#include "tests/lib/ktap.h"

#define CHUNKS		24
#define CHUNK_BUNDLES	64
#define HANG_SECONDS	30
#define CACHE_SIZE	(1ull << 20)
/* The least that it takes. */
#define CACHE_BACKGROUND (16ull << 20)

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

static struct riven_state seen[2];

/* Both run so many bundles; are their states still the same? */
static bool advance(struct player *p, uint64_t bundles, uint32_t reason[2])
{
	for (int n = 0; n < 2; n++) {
		reason[n] = program_run(&p[n], bundles);
		world_command(&p[n].w, RIVEN_CMD_GET_STATE);
		memcpy(&seen[n], &p[n].w.run->state, sizeof(seen[n]));
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
 * The translator forgets NaT bits of stacked registers outside of the frame, whose contents
 * are undefined (SDM 2:6.3), and a program that reads one sees that. Does the interpreter do
 * what the translator did in these bundles of the program when it forgets them, too?
 */
static bool forgot_nats(struct player *p, uint64_t seed, uint64_t bundles)
{
	struct vcpu *v = (struct vcpu *)(p->w.area + RIVEN_VCPU_STATE);
	uint32_t reason = RIVEN_EXIT_INTR;

	program_start(p, 1, seed);
	while (program_bundles(p) < bundles && !program_ended(reason)) {
		v->nat_maybe = true;
		jit_translatable(v);
		reason = program_run(p, 1);
	}
	world_command(&p->w, RIVEN_CMD_GET_STATE);
	return memcmp(&p->w.run->state, &seen[1], sizeof(seen[1])) == 0 && program_same_memory(p);
}

/* Chunks from the start of the program on up to the first after which something differs. */
static int first_chunk(struct player *p, uint64_t seed)
{
	uint32_t reason[2];

	program_start(p, 2, seed);
	for (int chunk = 0; chunk < CHUNKS; chunk++)
		if (!advance(p, CHUNK_BUNDLES, reason) || !program_same_memory(p))
			return chunk;
	return CHUNKS;
}

/*
 * The smallest number of bundles in a chunk after which they differ, and what
 * led there. Returns whether that is no fault of theirs.
 */
static bool narrow(struct player *p, uint64_t seed)
{
	int chunk = first_chunk(p, seed);
	uint64_t ips[16] = { 0 };
	uint32_t reason[2];

	for (uint64_t n = 1; n <= CHUNK_BUNDLES && chunk < CHUNKS; n++) {
		bool same, same_memory;

		program_start(p, 2, seed);
		for (int k = 0; k < chunk; k++)
			advance(p, CHUNK_BUNDLES, reason);
		if (n == 1) {
			world_command(&p->w, RIVEN_CMD_GET_STATE);
			ips[0] = p->w.run->state.ip;
		}
		same = advance(p, n, reason);
		same_memory = program_same_memory(p);
		if (!same || !same_memory) {
			if (forgot_nats(p, seed, program_bundles(p)))
				return true;
			printf("# seed %" PRIu64 ": %s differs after %" PRIu64
			       " bundles of chunk %d\n",
			       seed, same ? "memory" : "state", n, chunk);
			for (uint64_t k = n < 16 ? 0 : n - 16; k < n; k++)
				print_bundle(&p->w, ips[k % 16]);
			report(&seen[0], &seen[1]);
			return false;
		}
		ips[n % 16] = seen[0].ip;
		if (reason[0] != RIVEN_EXIT_INTR)
			break;
	}
	printf("# seed %" PRIu64 ": the same when it runs again\n", seed);
	return false;
}

/* Some programs are translated for a host of the baseline. */
static void choose_host(struct player *p, uint64_t seed)
{
	struct vcpu *v = (struct vcpu *)(p->w.area + RIVEN_VCPU_STATE);

	if (!v->jit->ready)
		cache_prepare(v);
	v->jit->cpu = seed % 3 ? cpu_features() : 0;
}

/* What the host does (host-driver/process/background.c), but it never sleeps. */
static struct {
	bool wanted;
	pthread_t thread;
	_Atomic bool stop;
} background;

static void *translate(void *area)
{
	while (!atomic_load(&background.stop))
		gvmm_background(area);
	return NULL;
}

static void background_begin(struct world *w)
{
	struct vm *vm = (struct vm *)(w->region + RIVEN_VM_OFFSET);

	/* All code is warm at once, and hot when it comes again. */
	vm->data.hot_count = 1;
	w->run->background.allowed = w->run->background.awake = 1;
	/* What the thread needs is there after the first command. */
	world_command(w, RIVEN_CMD_RESET);
	atomic_store(&background.stop, false);
	if (pthread_create(&background.thread, NULL, translate, w->area)) {
		perror("pthread_create");
		exit(2);
	}
}

static void background_end(void)
{
	atomic_store(&background.stop, true);
	pthread_join(background.thread, NULL);
}

/*
 * Programs are short. Mostly what they want is there when they go on, and a busy machine
 * makes no difference.
 */
static void background_wait(const struct world *w, uint64_t seed)
{
	const struct riven_background *b = &w->run->background;
	struct vcpu *v = (struct vcpu *)(w->area + RIVEN_VCPU_STATE);

	v->jit->off_until = v->jit->off_for = 0;
	while (seed % 4 && __atomic_load_n(&b->done, __ATOMIC_ACQUIRE) != b->wanted)
		;
}

static bool one_run(struct player *p, uint64_t seed)
{
	uint32_t reason[2] = { 0 };
	uint64_t bundles;
	bool same = true;

	current_seed = seed;
	alarm(HANG_SECONDS);
	program_start(p, 2, seed);
	choose_host(&p[1], seed);
	for (int chunk = 0; chunk < CHUNKS && same; chunk++) {
		same = advance(p, CHUNK_BUNDLES, reason);
		if (program_ended(reason[0]))
			break;
		if (background.wanted)
			background_wait(&p[1].w, seed);
	}
	same = same && program_same_memory(p);
	alarm(0);
	if (same)
		return true;
	bundles = program_bundles(&p[0]);
	if (program_wrote_code(&p[0], seed, bundles) || narrow(p, seed))
		return true;
	printf("# seed %" PRIu64 ": exits %u and %u\n", seed, reason[0], reason[1]);
	return false;
}

/* Programs that share a cache of translations. */
static void part(uint64_t from, uint64_t to, uint64_t most)
{
	uint64_t bad = 0, bundles = 0, seed = from, errors = 0, blocks = 0, open = 0, refusals = 0;

	while (seed < to && bundles < most && bad < 5) {
		uint64_t end = to - seed < WORLD_RUNS ? to : seed + WORLD_RUNS, before = bundles;
		struct player p[2];

		player_create(&p[0]);
		player_create(&p[1]);
		world_translate(&p[1].w, background.wanted ? CACHE_BACKGROUND : CACHE_SIZE);
		if (background.wanted)
			background_begin(&p[1].w);
		for (; seed < end && bundles < most && bad < 5; seed++) {
			const struct riven_stats *s = &p[1].w.run->stats;

			bad += !one_run(p, seed);
			bundles = before + s->bundles - s->interpreted;
		}
		errors += p[1].w.run->stats.block_errors;
		blocks += p[1].w.run->stats.blocks_background;
		open += p[1].w.run->stats.blocks_open;
		refusals += p[1].w.run->stats.block_refusals;
		if (background.wanted)
			background_end();
		player_destroy(&p[0]);
		player_destroy(&p[1]);
	}
	if (background.wanted)
		printf("# %" PRIu64 " blocks were made by the thread\n", blocks);
	printf("# %" PRIu64 " blocks for any frame, %" PRIu64 " times that one was refused\n", open,
	       refusals);
	ktap_result(!bad && !errors && !blocks == !background.wanted, "seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64
		    " bundles of translated code", from, seed - 1, bundles);
}

int main(int argc, char **argv)
{
	seed_watch();
	ktap_begin();
	if (argc > 1 && strcmp(argv[1], "--background") == 0) {
		background.wanted = true;
		argc--;
		argv++;
	}
	if (!programs_results(argc, argv, part)) {
		fprintf(stderr, "usage: engines [--background] RUNS [SEED]\n"
			"       engines [--background] --bundles N SEED...\n");
		return 2;
	}
	return ktap_end();
}
