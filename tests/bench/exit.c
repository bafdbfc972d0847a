// SPDX-License-Identifier: GPL-2.0-only
/*
 * What leaving a world costs: nanoseconds of processor time for each way out
 * and back, on every host that works here, as comma-separated values.
 *
 * usage: exit [TIMES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <riven/riven.h>

#include "gvmm/cpu/psr.h"

#define CODE	0x100000ull
#define DEVICE	0xf0000000ull	/* no memory */
#define RAM	0x1000000ull
#define TIMES	20000
#define TIMES_MAX	100000000

/* Bundles, as assembled from the text beside them. */
static const uint64_t store_code[][2] = {
	{ 0x400024000004400a, 0x000400000023702c },	/* 1: mov r8 = 1;; st8.rel [r11] = r8 */
	{ 0x0000080000000017, 0x48fffff000100000 },	/* br.sptk 1b */
};

/* Of this thread, which leaves out what other programs take. */
static uint64_t processor_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* A command of the host that does nearly nothing: the bare switch. */
static int switches(struct riven_vcpu *c, long times)
{
	uint64_t gpa;
	int ret = 0;

	for (long i = 0; i < times && !ret; i++)
		ret = riven_vcpu_translate(c, CODE, RIVEN_ACCESS_READ, &gpa);
	return ret;
}

/* Stores of the guest to a device: run, exit, and run again to finish the store. */
static int stores(struct riven_vcpu *c, long times)
{
	struct riven_run *run = riven_vcpu_run_page(c);

	for (long i = 0; i < times; i++) {
		if (riven_vcpu_run(c) || run->exit_reason != RIVEN_EXIT_MMIO ||
		    run->mmio.gpa != DEVICE)
			return -1;
	}
	return 0;
}

static int measure(const char *host, const char *kind, struct riven_vcpu *c, long times,
		   int (*run)(struct riven_vcpu *c, long times))
{
	uint64_t begin;

	if (run(c, times / 10 + 1))
		return -1;
	begin = processor_ns();
	if (run(c, times))
		return -1;
	printf("%s,%s,%ld,%.0f\n", host, kind, times,
	       (double)(processor_ns() - begin) / (double)times);
	return 0;
}

static int measure_host(const char *host, long times)
{
	struct riven_vm_options opt = { .host = host };
	static struct riven_state state;
	struct riven_vcpu *c = NULL;
	struct riven_vm *vm = NULL;
	const char *err = "";
	int ret = -1;

	if (riven_vm_create(&opt, &vm, &err) || riven_vcpu_create(vm, 0, &c) ||
	    riven_vm_set_memslot(vm, 0, 0, RAM, 0) || riven_vcpu_get_state(c, &state)) {
		fprintf(stderr, "exit: no virtual machine on the host %s: %s\n", host, err);
		goto destroy;
	}
	memcpy(riven_vm_host_ptr(vm, CODE, sizeof(store_code)), store_code, sizeof(store_code));
	state.ip = CODE;
	state.psr = PSR_BN;
	state.gr[11] = DEVICE;
	if (riven_vcpu_set_state(c, &state) == 0 && !measure(host, "switch", c, times, switches))
		ret = measure(host, "mmio-write", c, times, stores);
	if (ret)
		fprintf(stderr, "exit: the guest on the host %s does something else\n", host);
destroy:
	riven_vm_destroy(vm);
	return ret;
}

int main(int argc, char **argv)
{
	char *end = "";
	long times = argc > 1 ? strtol(argv[1], &end, 0) : TIMES;
	const char *host;
	int status = 0;

	if (argc > 2 || *end || times < 1 || times > TIMES_MAX) {
		fprintf(stderr, "usage: exit [TIMES], from 1 to %d\n", TIMES_MAX);
		return 2;
	}
	printf("host,exit,times,ns\n");
	for (unsigned int i = 0; (host = riven_host_name(i)); i++) {
		const char *problem = riven_host_problem(host);

		if (problem)
			fprintf(stderr, "exit: %s left out: %s\n", host, problem);
		else if (measure_host(host, times))
			status = 1;
	}
	return status;
}
