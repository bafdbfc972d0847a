// SPDX-License-Identifier: GPL-2.0-only
/* Translating on another processor: the guest computes the same whatever the thread does. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <riven/riven.h>

#include "gvmm/cpu/psr.h"
#include "tests/lib/ktap.h"

/* libriven's own GVMM is not linked in; the test takes the build's file. */
const uint8_t riven_blob[1], riven_blob_end[1];

#define CODE	    0x100000ull
#define RAM	    0x1000000ull
#define BUNDLES	    2048u
#define BUNDLES_RUN 5000000u
/* Seconds until the thread must have had its turn. */
#define PATIENCE 60

/* adds r8 = 1, r8;; nop.i 0; and a slot 2 of zero */
#define ADD_LOW	 0x0000210010044011ull
#define ADD_HIGH 0x0000000000000200ull
#define NOP_B	 (2ull << 60)
/* br.cond.sptk.few to so many bundles behind, modulo 2^21 */
#define BR(bundles) (4ull << 60 | ((bundles) >> 20 & 1) << 59 | ((bundles)&0xfffff) << 36)

static char gvmm_path[4096];

struct guest {
	struct riven_vm *vm;
	struct riven_vcpu *vcpu;
	struct riven_run *run;
};

/*
 * A loop of BUNDLES bundles, in many blocks, each of which adds 1 to r8. There is a branch every
 * now and then: where one goes the interpreter looks for translated code.
 */
static void put_code(struct guest *g)
{
	uint64_t(*code)[2] = riven_vm_host_ptr(g->vm, CODE, BUNDLES * 16);

	for (uint64_t n = 0; n < BUNDLES; n++) {
		code[n][0] = ADD_LOW;
		code[n][1] = ADD_HIGH | (n + 1 == BUNDLES ? BR(0ull - n)
					 : n % 16 == 15	  ? BR(1ull)
							  : NOP_B);
	}
}

static void begin(struct guest *g, enum riven_background_use use)
{
	struct riven_vm_options opt = {
		.gvmm_path = gvmm_path,
		.engine = RIVEN_ENGINE_JIT,
		.background = use,
	};
	static struct riven_state s;
	const char *err = "";

	/* Memory first: then nothing but running the guest is left to be done. */
	if (riven_vm_create(&opt, &g->vm, &err) || riven_vm_set_memslot(g->vm, 0, 0, RAM, 0) ||
	    riven_vcpu_create(g->vm, 0, &g->vcpu) || riven_vcpu_get_state(g->vcpu, &s)) {
		printf("Bail out! no virtual machine with %s: %s\n", gvmm_path, err);
		exit(1);
	}
	g->run = riven_vcpu_run_page(g->vcpu);
	put_code(g);
	s.ip = CODE;
	s.psr = PSR_BN;
	riven_vcpu_set_state(g->vcpu, &s);
}

static void end(struct guest *g)
{
	riven_vm_destroy(g->vm);
}

/* So many bundles; has each added 1, whatever else called for the vCPU meanwhile? */
static bool run(struct guest *g, uint64_t bundles)
{
	uint64_t before = g->run->stats.bundles;
	static struct riven_state s;

	g->run->bundle_limit = bundles;
	if (riven_vcpu_run(g->vcpu) || riven_vcpu_get_state(g->vcpu, &s))
		return false;
	return g->run->exit_reason == RIVEN_EXIT_INTR && s.gr[8] == g->run->stats.bundles &&
	       s.gr[8] - before == bundles && g->run->bundle_limit == bundles &&
	       s.ip == CODE + s.gr[8] % BUNDLES * 16;
}

struct changer {
	struct guest *g;
	pthread_t thread;
	_Atomic bool stop;
	bool slots; /* they come and go, too */
	bool ok;
};

/* Devices write where the code is, all the time, so that it is translated again. */
static void *change(void *opaque)
{
	const struct timespec pause = {.tv_nsec = 200000};
	struct changer *c = opaque;
	struct riven_vm *vm = c->g->vm;

	while (!atomic_load(&c->stop)) {
		if (c->slots)
			c->ok = c->ok && !riven_vm_set_memslot(vm, 1, 1ull << 32, 0x100000, 0);
		riven_vm_mem_written(vm, CODE, BUNDLES * 16);
		if (c->slots)
			c->ok = c->ok && !riven_vm_set_memslot(vm, 1, 0, 0, 0);
		else
			nanosleep(&pause, NULL);
		riven_vm_mem_written(vm, CODE + 0x1000, 16);
	}
	return NULL;
}

static void change_begin(struct changer *c, struct guest *g, bool slots)
{
	*c = (struct changer){.g = g, .slots = slots, .ok = true};
	pthread_create(&c->thread, NULL, change, c);
}

static void change_end(struct changer *c)
{
	atomic_store(&c->stop, true);
	pthread_join(c->thread, NULL);
}

static bool is_made(const struct guest *g)
{
	return g->run->stats.blocks_background;
}

static bool is_dead(const struct guest *g)
{
	return __atomic_load_n(&g->run->background.dead, __ATOMIC_SEQ_CST);
}

/* Run while the code changes until something has come about, but not for ever. */
static bool run_until(struct guest *g, bool (*holds)(const struct guest *g))
{
	time_t began = time(NULL);
	struct changer c;
	bool ok = true;

	change_begin(&c, g, false);
	while (ok && !holds(g) && time(NULL) - began < PATIENCE)
		ok = run(g, BUNDLES_RUN / 100);
	change_end(&c);
	return ok && holds(g);
}

static void test_use(void)
{
	struct guest g;
	bool ok;

	begin(&g, RIVEN_BACKGROUND_ON);
	ktap_result(run_until(&g, is_made), "code is translated on another processor");
	ktap_result(!g.run->stats.block_errors, "without errors");
	end(&g);

	begin(&g, RIVEN_BACKGROUND_OFF);
	ok = run(&g, BUNDLES_RUN);
	ktap_result(ok && g.run->stats.blocks && !g.run->stats.blocks_background &&
			    !g.run->background.allowed,
		    "but not if that is switched off");
	end(&g);
}

static uint64_t gvmm_pages(void)
{
	struct stat st = {0};

	stat(gvmm_path, &st);
	return ((uint64_t)st.st_size + 4095) & ~4095ull;
}

/* The thread comes in where the GVMM's last page ends, and nothing is behind it. */
static void test_dead(void)
{
	uint64_t bundles;
	struct guest g;
	bool ok;

	begin(&g, RIVEN_BACKGROUND_ON);
	g.run->background.entry = gvmm_pages() - 1;
	ok = run(&g, 1);
	ktap_result(ok && run_until(&g, is_dead), "a fault of the GVMM there ends the thread");
	ok = run(&g, BUNDLES_RUN);
	ktap_result(ok && g.run->stats.blocks, "and the guest goes on without it");
	bundles = g.run->stats.interpreted;
	ok = run(&g, BUNDLES_RUN);
	/* But for the ends of slices, into which the next block does not fit. */
	ktap_result(ok && g.run->stats.interpreted - bundles < BUNDLES_RUN / 100,
		    "in translated code");
	end(&g);
}

static void test_changes(void)
{
	struct guest g;
	struct changer c;
	bool ok = true;

	begin(&g, RIVEN_BACKGROUND_ON);
	change_begin(&c, &g, true);
	for (int n = 0; ok && n < 200; n++)
		ok = run(&g, 1000);
	change_end(&c);
	ktap_result(ok && c.ok, "slots and code change meanwhile");
	ktap_result(!g.run->background.dead && !g.run->stats.block_errors, "without errors");
	end(&g);
}

static void test_ends(void)
{
	bool ok = true;

	for (int n = 0; ok && n < 200; n++) {
		struct guest g;

		begin(&g, RIVEN_BACKGROUND_ON);
		ok = run(&g, n % 2 ? 1 : BUNDLES * 20);
		end(&g);
	}
	ktap_result(ok, "machines end while the thread works, sleeps or begins");
}

int main(void)
{
	const char *build = getenv("RIVEN_BUILD");

	snprintf(gvmm_path, sizeof(gvmm_path), "%s/gvmm.bin", build ? build : "build");
	ktap_begin();
	test_use();
	test_dead();
	test_changes();
	test_ends();
	return ktap_end();
}
