// SPDX-License-Identifier: GPL-2.0-only
/* Quicksort of random integers: unpredictable branches, recursion, swaps. */
#include "../bench.h"

#define COUNT 20000

static int32_t numbers[COUNT];

static void sort(int32_t *a, long low, long high)
{
	while (low < high) {
		int32_t pivot = a[low + (high - low) / 2];
		long i = low, k = high;

		while (i <= k) {
			while (a[i] < pivot)
				i++;
			while (a[k] > pivot)
				k--;
			if (i <= k) {
				int32_t t = a[i];

				a[i++] = a[k];
				a[k--] = t;
			}
		}
		/* The smaller part by recursion, so that its depth is bounded. */
		if (k - low < high - i) {
			sort(a, low, k);
			low = i;
		} else {
			sort(a, i, high);
			high = k;
		}
	}
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 2, sum = 0;

	for (unsigned int round = 0; round < 2 * scale; round++) {
		for (unsigned int i = 0; i < COUNT; i++)
			numbers[i] = (int32_t)bench_random(&state);
		sort(numbers, 0, COUNT - 1);
		for (unsigned int i = 0; i < COUNT; i += 100)
			sum = bench_mix(sum, (uint32_t)numbers[i]);
	}
	return sum;
}
