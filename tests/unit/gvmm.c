// SPDX-License-Identifier: GPL-2.0-only
/* libriven with the real GVMM: what the host and a running guest see of each other. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <riven/riven.h>
#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"
#include "tests/lib/ktap.h"

/* libriven's own GVMM is not linked in; the test takes the build's file. */
const uint8_t riven_blob[1], riven_blob_end[1];

#define CODE	0x100000ull
#define IVA	0x200000ull
#define DATA	0x300000ull
#define TELL	0xf0000000ull	/* no memory: a store there is seen by the host */
#define RAM	0x1000000ull

/* Bundles, as assembled from the text beside them. */
static const uint64_t loop_code[][2] = {
	{ 0x0000210010044011, 0x4000000000000200 },	/* 1: adds r8 = 1, r8;; br.sptk 1b */
};

static const uint64_t tell_code[][2] = {
	{ 0x400024000004400a, 0x000400000023702c },	/* 1: mov r8 = 1;; st8.rel [r11] = r8 */
	{ 0x0000080000000017, 0x48fffff000100000 },	/* br.sptk 1b */
};

static const uint64_t tell_two[2] = { 0x400024000008400a, 0x000400000023702c }; /* r8 = 2 */

static const uint64_t store_code[][2] = {
	{ 0x00e011981228000b, 0x0004000000203024 },	/* 1: st8 [r9] = r10;; ld8 r14 = [r9];; */
	{ 0x000011b816380008, 0x0004000000000200 },	/* st8.rel [r11] = r14 */
	{ 0x0000080000000017, 0x48ffffe000100000 },	/* br.sptk 1b */
};

static const uint64_t sizes_code[][2] = {
	{ 0x00f0100012007008, 0x0004000000201024 },	/* 1: ld1 r14 = [r9]; ld2 r15 = [r9] */
	{ 0x0110101012008009, 0x0004000000203024 },	/* ld4 r16 = [r9]; ld8 r17 = [r9];; */
	{ 0x7800118016380008, 0x000400000023102c },	/* st1 [r11] = r14; st2 [r11] = r15 */
	{ 0x8800119016400009, 0x000400000023302c },	/* st4 [r11] = r16; st8 [r11] = r17;; */
	{ 0x0000080000000017, 0x48ffffc000100000 },	/* br.sptk 1b */
};

static const uint64_t interrupt_code[][2] = {
	{ 0x400004248200400a, 0x000400000023702c },	/* mov r8 = cr.ivr;; st8.rel [r11] = r8 */
	{ 0x0000042c8600000a, 0x0004000000006000 },	/* mov cr.eoi = r0;; srlz.d */
	{ 0x0000000100000011, 0x0020000000000200 },	/* rfi;; */
};

static char gvmm_path[4096];

struct guest {
	struct riven_vm *vm;
	struct riven_vcpu *vcpu;
	struct riven_run *run;
	struct riven_state state;
};

static void put(struct guest *g, uint64_t gpa, const void *data, size_t size)
{
	memcpy(riven_vm_host_ptr(g->vm, gpa, size), data, size);
}

static void begin_at(struct guest *g, const void *code, size_t size, uint64_t base)
{
	struct riven_vm_options opt = { .host = getenv("RIVEN_HOST"), .gvmm_path = gvmm_path,
					.region_base = base };
	const char *err = "";

	memset(g, 0, sizeof(*g));
	if (riven_vm_create(&opt, &g->vm, &err) || riven_vcpu_create(g->vm, 0, &g->vcpu) ||
	    riven_vm_set_memslot(g->vm, 0, 0, RAM, 0) ||
	    riven_vcpu_get_state(g->vcpu, &g->state)) {
		printf("Bail out! no virtual machine with %s: %s\n", gvmm_path, err);
		exit(1);
	}
	g->run = riven_vcpu_run_page(g->vcpu);
	put(g, CODE, code, size);
	g->state.ip = CODE;
	g->state.psr = PSR_BN;
	g->state.gr[9] = DATA;
	g->state.gr[10] = 0x1122334455667788;
	g->state.gr[11] = TELL;
	g->state.cr[CR_IVA] = IVA;
	riven_vcpu_set_state(g->vcpu, &g->state);
}

static void begin(struct guest *g, const void *code, size_t size)
{
	begin_at(g, code, size, 0);
}

static void end(struct guest *g)
{
	riven_vm_destroy(g->vm);
}

/* Run until the guest stores to TELL; the value, or ~0 when it does something else. */
static uint64_t told(struct guest *g)
{
	uint64_t value = 0;

	if (riven_vcpu_run(g->vcpu) || g->run->exit_reason != RIVEN_EXIT_MMIO ||
	    !g->run->mmio.is_write || g->run->mmio.gpa != TELL)
		return ~0ull;
	memcpy(&value, g->run->mmio.data, g->run->mmio.len <= 8 ? g->run->mmio.len : 8);
	return value;
}

static void test_code_written(void)
{
	struct guest g;
	bool first, again;

	begin(&g, tell_code, sizeof(tell_code));
	first = told(&g) == 1;
	again = told(&g) == 1;
	put(&g, CODE, tell_two, sizeof(tell_two));
	riven_vm_mem_written(g.vm, CODE, sizeof(tell_two));
	ktap_result(first && again && told(&g) == 2,
		    "code that a device overwrites is decoded anew");
	put(&g, CODE, tell_code, sizeof(tell_two));
	riven_vm_flush_code(g.vm);
	ktap_result(told(&g) == 1, "a flush drops all decoded code");
	end(&g);
}

static void test_slots(void)
{
	uint8_t log[RAM / 4096 / 8];
	struct guest g;
	uint64_t value;

	begin(&g, store_code, sizeof(store_code));
	value = told(&g);
	ktap_result(value == 0x1122334455667788, "the guest stores to RAM and reads it back");

	riven_vm_set_memslot(g.vm, 0, 0, RAM, RIVEN_SLOT_LOG);
	told(&g);
	ktap_result(riven_vm_get_dirty_log(g.vm, 0, log) == 0 &&
			    log[DATA / 4096 / 8] == 1 && log[CODE / 4096 / 8] == 0,
		    "the guest's store is in the dirty log");
	ktap_result(riven_vm_get_dirty_log(g.vm, 0, log) == 0 && log[DATA / 4096 / 8] == 0,
		    "fetching the log clears it");
	told(&g);
	ktap_result(riven_vm_get_dirty_log(g.vm, 0, log) == 0 && log[DATA / 4096 / 8] == 1,
		    "the next store is logged again");

	riven_vm_set_memslot(g.vm, 0, 0, RAM, RIVEN_SLOT_ROM);
	memset(riven_vm_host_ptr(g.vm, DATA, 8), 0x33, 8);
	ktap_result(told(&g) == 0x3333333333333333, "a store to ROM is dropped");
	riven_vm_set_memslot(g.vm, 0, 0, 0, 0);
	ktap_result(riven_vcpu_run(g.vcpu) == 0 && g.run->exit_reason == RIVEN_EXIT_DEAD,
		    "a guest without memory is dead");
	end(&g);
}

static void test_mmio_sizes(void)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8 };
	static const uint8_t data[8] = { 0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7 };
	struct guest g;
	bool reads = true, writes = true;

	begin(&g, sizes_code, sizeof(sizes_code));
	g.state.gr[9] = TELL + 0x100;
	riven_vcpu_set_state(g.vcpu, &g.state);
	for (int i = 0; i < 4; i++) {
		reads = reads && !riven_vcpu_run(g.vcpu) &&
			g.run->exit_reason == RIVEN_EXIT_MMIO && !g.run->mmio.is_write &&
			g.run->mmio.gpa == TELL + 0x100 && g.run->mmio.len == sizes[i];
		memcpy(g.run->mmio.data, data, sizeof(data));
	}
	ktap_result(reads, "loads of 1, 2, 4 and 8 bytes from no memory exit");
	for (int i = 0; i < 4; i++)
		writes = writes && !riven_vcpu_run(g.vcpu) && g.run->mmio.is_write &&
			 g.run->mmio.len == sizes[i] && !memcmp(g.run->mmio.data, data, sizes[i]);
	ktap_result(writes, "and get what the host answers, as stores show");
	end(&g);
}

static void test_translate(void)
{
	uint64_t gpa = 0;
	struct guest g;

	begin(&g, loop_code, sizeof(loop_code));
	ktap_result(riven_vcpu_translate(g.vcpu, DATA + 5, RIVEN_ACCESS_READ, &gpa) == 0 &&
			    gpa == DATA + 5,
		    "physical addresses translate to themselves");
	g.state.psr |= PSR_DT;
	riven_vcpu_set_state(g.vcpu, &g.state);
	ktap_result(riven_vcpu_translate(g.vcpu, DATA, RIVEN_ACCESS_READ, &gpa) == -EFAULT,
		    "an address without translation is told");
	end(&g);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct runner {
	struct guest *g;
	pthread_t thread;
	_Atomic uint32_t exits;
	_Atomic uint64_t exit_time;
	_Atomic bool stop;
};

static void *run_loop(void *opaque)
{
	struct runner *r = opaque;

	while (!atomic_load(&r->stop) && riven_vcpu_run(r->g->vcpu) == 0) {
		atomic_store(&r->exit_time, now_ns());
		atomic_fetch_add(&r->exits, 1);
	}
	return NULL;
}

static void start(struct runner *r, struct guest *g)
{
	*r = (struct runner){ .g = g };
	pthread_create(&r->thread, NULL, run_loop, r);
}

static void stop(struct runner *r)
{
	atomic_store(&r->stop, true);
	riven_vcpu_kick(r->g->vcpu);
	pthread_join(r->thread, NULL);
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

static void kick(struct guest *g)
{
	riven_vcpu_kick(g->vcpu);
}

static void interrupt(struct guest *g)
{
	riven_vcpu_interrupt(g->vcpu, 0x41);
}

/* The shortest of many times from doing to the exit that follows; others use the processors too. */
static uint64_t shortest(struct guest *g, void (*act)(struct guest *g))
{
	uint64_t best = ~0ull;
	struct runner r;

	start(&r, g);
	for (int i = 0; i < 300 && best > 1000000; i++) {
		uint32_t exits = atomic_load(&r.exits);
		uint64_t from;

		sleep_ms(1);
		from = now_ns();
		act(g);
		while (atomic_load(&r.exits) == exits)
			sleep_ms(1);
		if (atomic_load(&r.exit_time) - from < best)
			best = atomic_load(&r.exit_time) - from;
	}
	stop(&r);
	return best;
}

static void test_promptness(void)
{
	struct riven_stats before, after;
	uint32_t exits, tries = 0;
	struct guest g;
	struct runner r;
	uint64_t ns;

	begin(&g, loop_code, sizeof(loop_code));
	ns = shortest(&g, kick);
	ktap_result(ns < 1000000, "a kick ends a busy guest's run in less than 1 ms");
	printf("# %llu ns\n", (unsigned long long)ns);

	g.state.psr |= PSR_IC | PSR_I;
	riven_vcpu_set_state(g.vcpu, &g.state);
	put(&g, IVA + 0x3000, interrupt_code, sizeof(interrupt_code));
	ns = shortest(&g, interrupt);
	ktap_result(ns < 1000000 && g.run->exit_reason == RIVEN_EXIT_INTR,
		    "an interrupt reaches a busy guest in less than 1 ms");
	printf("# %llu ns\n", (unsigned long long)ns);

	/* The last kick may have come when the run was over: it counts for the next one. */
	start(&r, &g);
	sleep_ms(50);
	exits = atomic_load(&r.exits);
	riven_vcpu_stats(g.vcpu, &before);
	do {
		sleep_ms(5);
		riven_vcpu_stats(g.vcpu, &after);
	} while (after.bundles <= before.bundles && tries++ < 2000);
	ktap_result(after.bundles > before.bundles && atomic_load(&r.exits) == exits && exits < 2,
		    "counters of a busy guest can be read without an exit to its host");
	stop(&r);
	end(&g);
}

static void test_interrupt(void)
{
	struct guest g;

	begin(&g, loop_code, sizeof(loop_code));
	put(&g, IVA + 0x3000, interrupt_code, sizeof(interrupt_code));
	g.state.psr |= PSR_IC | PSR_I;
	riven_vcpu_set_state(g.vcpu, &g.state);
	g.run->bundle_limit = 10000;
	riven_vm_interrupt_message(g.vm, 0xfee00000, 0x41);
	riven_vm_interrupt_message(g.vm, 0xfee00000, 0x57);
	ktap_result(told(&g) == 0x57, "the higher of two vectors is delivered first");
	ktap_result(told(&g) == 0x41, "the lower one after the end of the first");
	ktap_result(riven_vcpu_run(g.vcpu) == 0 && g.run->exit_reason == RIVEN_EXIT_INTR,
		    "then the guest goes on");
	end(&g);
}

/* The same guest in worlds at several bases: all of its state must be the same. */
static void test_bases(void)
{
	static const uint64_t bases[] = { 0x110000000000, 0x130000001000, 0x150000000000,
					  0x200000200000, 0x3fffffff0000 };
	static struct guest g, first;
	bool same = true;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		begin_at(&g, store_code, sizeof(store_code), bases[i]);
		for (int n = 0; n < 100; n++)
			same = same && told(&g) == 0x1122334455667788;
		riven_vcpu_get_state(g.vcpu, &g.state);
		/* Time goes on between two runs. */
		g.state.ar[44] = 0;
		g.state.ar[45] = 0;
		if (!i)
			first.state = g.state;
		same = same && memcmp(&first.state, &g.state, sizeof(g.state)) == 0;
		end(&g);
	}
	ktap_result(same, "a guest's state does not depend on where its world lies");
}

int main(void)
{
	const char *build = getenv("RIVEN_BUILD");

	snprintf(gvmm_path, sizeof(gvmm_path), "%s/gvmm.bin", build ? build : "build");
	ktap_begin();
	test_code_written();
	test_slots();
	test_mmio_sizes();
	test_translate();
	test_interrupt();
	test_promptness();
	test_bases();
	return ktap_end();
}
