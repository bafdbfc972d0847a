// SPDX-License-Identifier: GPL-2.0-only
/* The Mandelbrot set: a short dependent chain of multiplications and a comparison. */
#include "../bench.h"

#define SIZE 48
#define STEPS 200

static unsigned int steps(double re, double im)
{
	double x = 0, y = 0;
	unsigned int n = 0;

	while (n < STEPS && x * x + y * y < 4) {
		double t = x * x - y * y + re;

		y = 2 * x * y + im;
		x = t;
		n++;
	}
	return n;
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	for (unsigned int round = 0; round < 2 * scale; round++) {
		double step = 3.0 / SIZE / (1 + round % 8), corner = -0.5 * SIZE;
		unsigned int row = 0;

		for (int i = 0; i < SIZE; i++)
			for (int k = 0; k < SIZE; k++)
				row += steps(-0.75 + step * (corner + k), step * (corner + i));
		sum = bench_mix(sum, row);
	}
	return sum;
}
