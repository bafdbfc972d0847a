// SPDX-License-Identifier: GPL-2.0-only
/* Products and quotients of integer matrices: multiply, which IA-64 does in floating-point registers, and divide. */
#include "../bench.h"

#define N 64

static int64_t a[N][N], b[N][N], c[N][N];

static void multiply(void)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			int64_t t = 0;

			for (int j = 0; j < N; j++)
				t += a[i][j] * b[j][k];
			c[i][k] = t;
		}
}

/* Makes the next operands out of the product, small again. */
static void reduce(int64_t modulus)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			a[i][k] = c[i][k] % modulus;
			b[i][k] += c[k][i] / modulus & 15;
		}
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 3, sum = 0;

	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			a[i][k] = (int32_t)bench_random(&state) >> 16;
			b[i][k] = (int32_t)bench_random(&state) >> 16;
		}
	for (unsigned int round = 0; round < 6 * scale; round++) {
		multiply();
		reduce(997 + round % 64);
		sum = bench_mix(sum, (uint64_t)c[round % N][N / 2]);
	}
	return sum;
}
