// SPDX-License-Identifier: GPL-2.0-only
/* The product of matrices of doubles: loads, multiplications and additions in counted loops. */
#include "../bench.h"

#define N 96

static double a[N][N], b[N][N], c[N][N];

static void multiply(void)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			double t = 0;

			for (int j = 0; j < N; j++)
				t += a[i][j] * b[j][k];
			c[i][k] = t;
		}
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 8, sum = 0;

	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			a[i][k] = (double)bench_random(&state) / 4294967296.0 - 0.5;
			b[i][k] = (double)bench_random(&state) / 4294967296.0 - 0.5;
		}
	for (unsigned int round = 0; round < 4 * scale; round++) {
		multiply();
		sum = bench_mix_double(sum, c[round % N][N - 1]);
		/* Another product each time, of the same size of numbers. */
		for (int i = 0; i < N; i++)
			a[i][round % N] = c[i][i] * 0.25;
	}
	return sum;
}
