// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long from riven_vcpu_kick() to the exit, while the guest does what keeps
 * the GVMM longest from looking up. Prints the distribution in microseconds of
 * the vCPU's processor time, which leaves out what other programs take.
 *
 * usage: kick [KICKS]
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <riven/riven.h>
#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"

#define CODE		0x100000ull
#define RAM		0x1000000ull
#define BACKING_STORE	0x300000ull
#define UNCACHEABLE	(1ull << 63)
#define STLB		(1u << 20)
#define KICKS_MAX	1000000

/* Translations of 4 KiB pages, readable and writable at every level. */
#define PTE		0x7e1ull
#define PAGE_ITIR	(12ull << 2)

/* Bundles, as assembled from the text beside them. */
static const uint64_t tight[][2] = {
	{ 0x0000000100000011, 0x4000000000000200 },	/* 1: br.sptk 1b;; */
};

static const uint64_t storm[][2] = {
	{ 0x0000000100000011, 0x0020000000000200 },	/* rfi;; to itself */
};

/* Fill the TLB, then purge a part of it, or all; and again. */
static const uint64_t fill_and_purge[][2] = {
	{ 0xd000042c2a5c0003, 0x8400d80280005504 },	/* mov cr.itir = r23;
							   mov ar.lc = r26;; mov r20 = r27;; */
	{ 0x0000042c28500009, 0x0004000000000200 },	/* 1: mov cr.ifa = r20;; */
	{ 0xa940042e0058000a, 0x0004000000400050 },	/* itc.d r22;; add r20 = r21, r20 */
	{ 0x0000000100000011, 0x48ffffe0a0000200 },	/* br.cloop.sptk 1b;; */
	{ 0x0000040b3064000a, 0x0004000000000200 },	/* ptc.ga r24, r25;; */
	{ 0x0000000100000011, 0x48ffffb000000200 },	/* br.sptk again */
};

static const uint64_t fill_and_purge_all[][2] = {
	{ 0xd000042c2a5c0003, 0x8400d80280005504 },
	{ 0x0000042c28500009, 0x0004000000000200 },
	{ 0xa940042e0058000a, 0x0004000000400050 },
	{ 0x0000000100000011, 0x48ffffe0a0000200 },
	{ 0x000004343000000a, 0x0004000000000200 },	/* ptc.e r24;; */
	{ 0x0000000100000011, 0x48ffffb000000200 },
};

/* The same once, and then purges only, of ranges that hold nothing. */
static const uint64_t fill_once[][2] = {
	{ 0xd000042c2a5c0003, 0x8400d80280005504 },
	{ 0x0000042c28500009, 0x0004000000000200 },
	{ 0xa940042e0058000a, 0x0004000000400050 },
	{ 0x0000000100000011, 0x48ffffe0a0000200 },
	{ 0x0000040b3064000a, 0x0004000000000200 },	/* 2: ptc.ga r24, r25;; */
	{ 0x0000040b3874000a, 0x0004000000000200 },	/* ptc.ga r28, r29;; */
	{ 0x0000000100000011, 0x48ffffe000000200 },	/* br.sptk 2b */
};

static const uint64_t purge_all[][2] = {
	{ 0x000004343000000b, 0x0004000000086860 },	/* 1: ptc.e r24;; ptc.e r24;; */
	{ 0x0000000100000011, 0x48fffff000000200 },	/* br.sptk 1b;; */
};

static const uint64_t spill[][2] = {
	{ 0x0200042a2450000b, 0x00040000000b0183 },	/* mov ar.bspstore = r20;;
							   alloc r32 = ar.pfs, 96, 0, 0, 0;; */
	{ 0x0000000100000011, 0x0008000000000200 },	/* cover;; */
	{ 0x0000000c0000000a, 0x0004000000000200 },	/* flushrs;; */
	{ 0x0000000100000011, 0x48ffffd000000200 },	/* br.sptk again */
};

struct guest {
	struct riven_vm *vm;
	struct riven_vcpu *vcpu;
	pthread_t thread;
	_Atomic uint32_t exits;
	_Atomic uint64_t exit_time;
	_Atomic bool stop;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void sleep_us(long us)
{
	struct timespec ts = { .tv_nsec = us * 1000 };

	nanosleep(&ts, NULL);
}

static void *run(void *opaque)
{
	struct guest *g = opaque;

	while (!atomic_load(&g->stop) && riven_vcpu_run(g->vcpu) == 0) {
		atomic_store(&g->exit_time, now_ns(CLOCK_THREAD_CPUTIME_ID));
		atomic_fetch_add(&g->exits, 1);
	}
	return NULL;
}

static void create(struct guest *g, const void *code, size_t size, struct riven_state *state)
{
	struct riven_vm_options opt = { .stlb_entries = STLB };
	const char *err = "";

	memset(g, 0, sizeof(*g));
	if (riven_vm_create(&opt, &g->vm, &err) || riven_vcpu_create(g->vm, 0, &g->vcpu) ||
	    riven_vm_set_memslot(g->vm, 0, 0, RAM, 0) ||
	    riven_vcpu_get_state(g->vcpu, state)) {
		fprintf(stderr, "kick: no virtual machine: %s\n", err);
		exit(1);
	}
	memcpy(riven_vm_host_ptr(g->vm, CODE, size), code, size);
	state->ip = CODE;
	state->psr = PSR_BN;
	state->cr[CR_IIP] = CODE;
	state->cr[CR_IPSR] = PSR_BN;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double us(uint64_t ns)
{
	return (double)ns / 1e3;
}

static void print(const char *name, uint64_t *ns, uint32_t n)
{
	qsort(ns, n, sizeof(*ns), compare);
	printf("%-44s %9.1f %9.1f %9.1f %9.1f\n", name, us(ns[0]), us(ns[n / 2]),
	       us(ns[n - 1 - n / 100]), us(ns[n - 1]));
	fflush(stdout);
}

/* Kicks at moments that bear no relation to what the guest is at. */
static void measure(const char *name, struct guest *g, uint32_t kicks)
{
	uint64_t *ns = calloc(kicks, sizeof(*ns));
	clockid_t clock;
	uint32_t n;

	if (!ns || pthread_create(&g->thread, NULL, run, g) ||
	    pthread_getcpuclockid(g->thread, &clock)) {
		fputs("kick: out of memory or threads\n", stderr);
		exit(1);
	}
	sleep_us(900000);
	for (n = 0; n < kicks; n++) {
		uint32_t exits = atomic_load(&g->exits);
		uint64_t from;

		sleep_us(500 + random() % 5000);
		from = now_ns(clock);
		riven_vcpu_kick(g->vcpu);
		while (atomic_load(&g->exits) == exits)
			sched_yield();
		ns[n] = atomic_load(&g->exit_time) - from;
	}
	atomic_store(&g->stop, true);
	riven_vcpu_kick(g->vcpu);
	pthread_join(g->thread, NULL);
	print(name, ns, kicks);
	free(ns);
	riven_vm_destroy(g->vm);
}

/* bits: log2 of the size that each ptc.ga purges. */
static void measure_tlb(const char *name, const void *code, size_t size, uint32_t bits,
			uint32_t kicks)
{
	struct riven_state state;
	struct guest g;

	create(&g, code, size, &state);
	state.gr[21] = 1 << 12;
	state.gr[22] = PTE;
	state.gr[23] = PAGE_ITIR;
	state.gr[25] = (uint64_t)bits << 2;
	state.gr[26] = STLB - 1;
	state.gr[28] = 1ull << 50;
	state.gr[29] = (uint64_t)bits << 2;
	if (code == fill_once)
		state.gr[24] = 1ull << 40;
	riven_vcpu_set_state(g.vcpu, &state);
	measure(name, &g, kicks);
}

static void measure_plain(const char *name, const void *code, size_t size, uint64_t backing_store,
			  uint32_t kicks)
{
	struct riven_state state;
	struct guest g;

	create(&g, code, size, &state);
	state.gr[20] = backing_store;
	riven_vcpu_set_state(g.vcpu, &state);
	measure(name, &g, kicks);
}

int main(int argc, char **argv)
{
	unsigned long kicks = argc > 1 ? strtoul(argv[1], NULL, 10) : 500;

	if (argc > 2 || !kicks || kicks > KICKS_MAX) {
		fprintf(stderr, "usage: %s [KICKS], 1 to %d\n", argv[0], KICKS_MAX);
		return 2;
	}
	printf("%-44s %9s %9s %9s %9s\n", "us from kick to exit; the guest does", "min", "median",
	       "99 %", "max");
	measure_plain("a branch to itself", tight, sizeof(tight), 0, kicks);
	measure_plain("rfi to itself", storm, sizeof(storm), 0, kicks);
	measure_plain("register spills", spill, sizeof(spill), BACKING_STORE, kicks);
	measure_plain("register spills to uncacheable memory", spill, sizeof(spill),
		      UNCACHEABLE | BACKING_STORE, kicks);
	measure_plain("ptc.e, STLB empty", purge_all, sizeof(purge_all), 0, kicks);
	measure_tlb("1 Mi itc, ptc.ga of 1 GiB of them", fill_and_purge, sizeof(fill_and_purge), 30,
		    kicks);
	measure_tlb("1 Mi itc, ptc.ga of all of them", fill_and_purge, sizeof(fill_and_purge), 40,
		    kicks);
	measure_tlb("1 Mi itc, ptc.e", fill_and_purge_all, sizeof(fill_and_purge_all), 0, kicks);
	measure_tlb("ptc.ga of 4 MiB without entries, full STLB", fill_once, sizeof(fill_once), 22,
		    kicks);
	measure_tlb("ptc.ga of 4 GiB without entries, full STLB", fill_once, sizeof(fill_once), 32,
		    kicks);
	return 0;
}
