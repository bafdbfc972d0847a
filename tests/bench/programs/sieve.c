// SPDX-License-Identifier: GPL-2.0-only
/* Primes by the sieve of Eratosthenes: byte stores at a stride, and a counting pass. */
#include "../bench.h"

#define LIMIT 200000

static unsigned char composite[LIMIT];

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	for (unsigned int round = 0; round < 2 * scale; round++) {
		unsigned int count = 0;

		memset(composite, 0, sizeof(composite));
		for (unsigned int i = 2; i < LIMIT; i++) {
			if (composite[i])
				continue;
			count++;
			for (unsigned int k = 2 * i; k < LIMIT; k += i)
				composite[k] = 1;
		}
		sum = bench_mix(sum, count);
	}
	return sum;
}
