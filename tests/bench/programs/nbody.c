// SPDX-License-Identifier: GPL-2.0-only
/* Five bodies under gravity: multiply and add, a square root and a division for each pair. */
#include <math.h>

#include "../bench.h"

#define BODIES 5

struct body {
	double x[3], v[3], mass;
};

static struct body bodies[BODIES];

static void start(void)
{
	for (int i = 0; i < BODIES; i++) {
		double r = 1 + 2.5 * i;

		bodies[i] = (struct body){ .x = { i % 2 ? r : -r, r / 3, i * 0.1 },
					   .v = { 0.3 / r, i % 2 ? 0.4 : -0.4, 0.01 * i },
					   .mass = i ? 0.02 / i : 10 };
	}
}

static void step(double dt)
{
	for (int i = 0; i < BODIES; i++) {
		struct body *a = &bodies[i];

		for (int k = i + 1; k < BODIES; k++) {
			struct body *b = &bodies[k];
			double d[3] = { a->x[0] - b->x[0], a->x[1] - b->x[1], a->x[2] - b->x[2] };
			double square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
			double pull = dt / (square * sqrt(square));

			for (int c = 0; c < 3; c++) {
				a->v[c] -= d[c] * b->mass * pull;
				b->v[c] += d[c] * a->mass * pull;
			}
		}
	}
	for (int i = 0; i < BODIES; i++)
		for (int c = 0; c < 3; c++)
			bodies[i].x[c] += dt * bodies[i].v[c];
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	start();
	for (unsigned int i = 0; i < 5000 * scale; i++)
		step(0.001);
	for (int i = 0; i < BODIES; i++)
		for (int c = 0; c < 3; c++)
			sum = bench_mix_double(sum, bodies[i].x[c]);
	return sum;
}
