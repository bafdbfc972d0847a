// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frame of every benchmark program.
 *
 *   NAME SCALE RUNS    runs the work RUNS times, prints "SCALE CHECKSUM SECONDS" with the shortest time
 *   NAME -n            does nothing
 *   NAME -a SECONDS    finds the scale that takes about SECONDS here; then prints "ready SCALE", waits for a line of input,
 *                      runs the work once, prints "done SCALE CHECKSUM SECONDS" and waits for another line
 *
 * The waiting lets an observer outside the guest read counters that belong to the run alone.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define SCALE_MAX 100000

void bench_one_processor(void)
{
	int here = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(here < 0 ? 0 : here, &set);
	/* Where this is not allowed the figures are noisier, no more. */
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double timed(unsigned int scale, uint64_t *sum)
{
	double start = now();

	*sum = bench(scale);
	return now() - start;
}

static void wait_for_line(void)
{
	int c;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

static void adjusted(double wanted)
{
	unsigned int scale = 1;
	uint64_t sum;
	double t;

	/* A run that is long enough to be extrapolated. */
	while (t = timed(scale, &sum), t < wanted / 10 && scale < SCALE_MAX / 4)
		scale *= 4;
	t = (double)scale * wanted / t;
	scale = t < 1 ? 1 : t > SCALE_MAX ? SCALE_MAX : (unsigned int)t;

	printf("ready %u\n", scale);
	fflush(stdout);
	wait_for_line();
	t = timed(scale, &sum);
	printf("done %u %016" PRIx64 " %.6f\n", scale, sum, t);
	fflush(stdout);
	wait_for_line();
}

int main(int argc, char **argv)
{
	unsigned long scale, runs;
	uint64_t sum = 0, first = 0;
	double best = 0, t;

	if (argc == 2 && strcmp(argv[1], BENCH_NOTHING) == 0)
		return 0;
	if (argc == 3 && strcmp(argv[1], "-a") == 0) {
		adjusted(strtod(argv[2], NULL));
		return 0;
	}
	scale = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	runs = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (scale == 0 || scale > SCALE_MAX || runs == 0) {
		fprintf(stderr, "usage: %s SCALE RUNS | -a SECONDS\n", argv[0]);
		return 2;
	}
	for (unsigned long i = 0; i < runs; i++) {
		t = timed((unsigned int)scale, &sum);
		if (i == 0 || t < best)
			best = t;
		if (i == 0)
			first = sum;
		if (sum != first) {
			fprintf(stderr, "%s: two runs gave different checksums\n", argv[0]);
			return 1;
		}
	}
	printf("%lu %016" PRIx64 " %.6f\n", scale, sum, best);
	return 0;
}
