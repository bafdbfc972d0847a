// SPDX-License-Identifier: GPL-2.0-only
/* The fast Fourier transform, forth and back, of 2048 complex numbers: butterflies at growing strides. */
#include "../bench.h"

#define BITS 11
#define N (1 << BITS)

static double re[N], im[N], cosine[N / 2], sine[N / 2];

/* The roots of unity, by their Taylor series: libm's differ between machines. */
static void make_roots(void)
{
	for (int i = 0; i < N / 2; i++) {
		double angle = -6.283185307179586 * i / N, c = 1, s = angle, term = angle;

		for (int k = 2; k < 26; k++) {
			term *= angle / k;
			switch (k % 4) {
			case 0:
				c += term;
				break;
			case 1:
				s += term;
				break;
			case 2:
				c -= term;
				break;
			default:
				s -= term;
			}
		}
		cosine[i] = c;
		sine[i] = s;
	}
}

static void transform(double *x, double *y)
{
	for (unsigned int i = 1, k = 0; i < N; i++) {
		unsigned int bit = N / 2;

		for (; k & bit; bit /= 2)
			k ^= bit;
		k |= bit;
		if (i < k) {
			double t = x[i];

			x[i] = x[k];
			x[k] = t;
			t = y[i];
			y[i] = y[k];
			y[k] = t;
		}
	}
	for (int size = 2; size <= N; size *= 2)
		for (int start = 0; start < N; start += size)
			for (int k = 0; k < size / 2; k++) {
				int low = start + k, high = low + size / 2, root = k * (N / size);
				double u = x[high] * cosine[root] - y[high] * sine[root];
				double v = x[high] * sine[root] + y[high] * cosine[root];

				x[high] = x[low] - u;
				y[high] = y[low] - v;
				x[low] += u;
				y[low] += v;
			}
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 9, sum = 0;

	make_roots();
	for (int i = 0; i < N; i++) {
		re[i] = (double)bench_random(&state) / 4294967296.0;
		im[i] = 0;
	}
	for (unsigned int round = 0; round < 10 * scale; round++) {
		transform(re, im);
		sum = bench_mix_double(sum, re[round % N]);
		/* With real and imaginary part exchanged, the same transform goes back. */
		transform(im, re);
		for (int i = 0; i < N; i++) {
			re[i] /= N;
			im[i] /= N;
		}
	}
	for (int i = 0; i < N; i++)
		sum = bench_mix_double(sum, re[i]);
	return sum;
}
