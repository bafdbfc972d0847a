/* SPDX-License-Identifier: GPL-2.0-only */
/* What a benchmark program and main.c share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <string.h>

/*
 * A program's own part: does `scale` units of work, each of about a millisecond when run natively, and returns a checksum
 * of all results. It starts from the same state at each call.
 */
uint64_t bench(unsigned int scale);

/* The argument with which a program ends at once: for one that executes itself. */
#define BENCH_NOTHING "-n"

/* Stay on one processor from now on, children too: a guest with one has no other either. */
void bench_one_processor(void);

/* A pseudo-random sequence which is the same everywhere; *state starts at any value but 0. */
static inline uint32_t bench_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return (uint32_t)(x >> 32);
}

/* Add a value to a checksum. */
static inline uint64_t bench_mix(uint64_t sum, uint64_t value)
{
	return (sum << 7 | sum >> 57) + (value ^ 0x9e3779b97f4a7c15);
}

static inline uint64_t bench_mix_double(uint64_t sum, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bench_mix(sum, bits);
}

#endif
