// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the host's TSC ticks: as CPUID says where that agrees with the
 * clock, else as measured.
 */
#include <cpuid.h>
#include <pthread.h>
#include <time.h>

#include "host-driver/lib/host.h"

#define NS_PER_S	1000000000ull
#define MEASURE_NS	8000000

/* A measurement over MEASURE_NS is good to some 20 ppm; CPUID is believed within 500. */
#define TOLERANCE_PPM	500

struct sample {
	uint64_t ns;
	uint64_t tsc;
};

static uint64_t frequency;

uint64_t tsc_read(void)
{
	return __builtin_ia32_rdtsc();
}

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* TSC and clock of the same moment: the narrowest of several brackets. */
static struct sample take_sample(void)
{
	struct sample best = { 0, 0 };
	uint64_t width = ~0ull;

	for (int i = 0; i < 16; i++) {
		uint64_t before = tsc_read();
		uint64_t ns = clock_ns();
		uint64_t after = tsc_read();

		if (after - before < width) {
			width = after - before;
			best.ns = ns;
			best.tsc = before + width / 2;
		}
	}
	return best;
}

static uint64_t measure(void)
{
	struct timespec pause = { .tv_nsec = MEASURE_NS };
	struct sample a = take_sample(), b;

	nanosleep(&pause, NULL);
	b = take_sample();
	return (uint64_t)((unsigned __int128)(b.tsc - a.tsc) * NS_PER_S / (b.ns - a.ns));
}

static bool close_to(uint64_t value, uint64_t measured)
{
	uint64_t diff = value > measured ? value - measured : measured - value;

	return diff <= measured / 1000000 * TOLERANCE_PPM;
}

/* CPUID leaf 15h: TSC = crystal * EBX / EAX; 40000010h: kHz in EAX, from a hypervisor. */
static uint64_t from_cpuid(uint64_t measured)
{
	uint32_t a, b, c, d;

	if (__get_cpuid(0x15, &a, &b, &c, &d) && a && b && c) {
		uint64_t hz = (uint64_t)c * b / a;

		if (close_to(hz, measured))
			return hz;
	}
	__cpuid(1, a, b, c, d);
	if (!(c >> 31))
		return 0;
	__cpuid(0x40000000, a, b, c, d);
	if (a >= 0x40000010 && a < 0x40010000) {
		__cpuid(0x40000010, a, b, c, d);
		if (close_to(a * 1000ull, measured))
			return a * 1000ull;
	}
	return 0;
}

static void find_frequency(void)
{
	uint64_t measured = measure();
	uint64_t told = from_cpuid(measured);

	frequency = told ? told : measured;
}

uint64_t tsc_frequency(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_frequency);
	return frequency;
}
