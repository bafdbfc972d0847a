// SPDX-License-Identifier: GPL-2.0-only
/* A linear system solved by LU decomposition with partial pivoting: multiply and subtract, compare, divide. */
#include <math.h>

#include "../bench.h"

#define N 80

static double m[N][N], x[N];

static void fill(uint64_t *state)
{
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < N; k++)
			m[i][k] = (double)bench_random(state) / 4294967296.0 - 0.5;
		x[i] = (double)bench_random(state) / 4294967296.0;
	}
}

static void swap_rows(int i, int k)
{
	double t;

	for (int j = 0; j < N; j++) {
		t = m[i][j];
		m[i][j] = m[k][j];
		m[k][j] = t;
	}
	t = x[i];
	x[i] = x[k];
	x[k] = t;
}

static void decompose(void)
{
	for (int i = 0; i < N; i++) {
		int pivot = i;

		for (int k = i + 1; k < N; k++)
			if (fabs(m[k][i]) > fabs(m[pivot][i]))
				pivot = k;
		if (pivot != i)
			swap_rows(i, pivot);
		for (int k = i + 1; k < N; k++) {
			double factor = m[k][i] / m[i][i];

			m[k][i] = factor;
			for (int j = i + 1; j < N; j++)
				m[k][j] -= factor * m[i][j];
		}
	}
}

static void solve(void)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < i; k++)
			x[i] -= m[i][k] * x[k];
	for (int i = N - 1; i >= 0; i--) {
		for (int k = i + 1; k < N; k++)
			x[i] -= m[i][k] * x[k];
		x[i] /= m[i][i];
	}
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 10, sum = 0;

	for (unsigned int round = 0; round < 12 * scale; round++) {
		fill(&state);
		decompose();
		solve();
		for (int i = 0; i < N; i += 16)
			sum = bench_mix_double(sum, x[i]);
	}
	return sum;
}
