/* SPDX-License-Identifier: GPL-2.0-only */
/* Operands for the floating-point tests: random, and of the kinds that break things. */
#ifndef TESTS_FP_RANDOM_H
#define TESTS_FP_RANDOM_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gvmm/fp/fp.h"

static uint64_t rnd_state = 0x9e3779b97f4a7c15ull;

static inline uint64_t rnd(void)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline uint32_t rnd_below(uint32_t n)
{
	return (uint32_t)((rnd() >> 32) * n >> 32);
}

/* 64 bits with long runs of equal bits, few bits set, or plainly random. */
static inline uint64_t rnd_bits(void)
{
	uint64_t a = rnd(), b = rnd(), c = rnd();

	switch (rnd_below(6)) {
	case 0:
		return a & b & c;
	case 1:
		return a | b | c;
	case 2:
		return ~0ull << rnd_below(64);
	case 3:
		return (1ull << rnd_below(64)) + (rnd_below(2) ? 1ull << rnd_below(64) : 0);
	case 4:
		return a << rnd_below(64);
	default:
		return a;
	}
}

/* A significand as a number of the given precision has it. */
static inline uint64_t rnd_sig(uint32_t bits)
{
	return (rnd_bits() | 1ull << 63) & ~0ull << (64 - bits);
}

/* A finite exponent field: moderate, around a format's ends, or any at all. */
static inline uint32_t rnd_exp(void)
{
	static const uint32_t edges[] = {
		0x00001, 0x0c001, 0x0fc01, 0x0ff81, 0x1007e, 0x103fe, 0x13ffe, 0x1fffe,
		0x1003e, 0x0ffff,
	};
	int32_t e;

	switch (rnd_below(4)) {
	case 0:
		e = (int32_t)edges[rnd_below(10)] + (int32_t)rnd_below(150) - 75;
		break;
	case 1:
		e = (int32_t)rnd_below(0x1ffff);
		break;
	default:
		e = 0xffff + (int32_t)rnd_below(140) - 70;
		break;
	}
	return e < 1 ? 1 : e > 0x1fffe ? 0x1fffe : (uint32_t)e;
}

/* Any finite register value but NaTVal; sometimes zero or unnormal. */
static inline struct fpreg rnd_finite(void)
{
	static const uint8_t precisions[] = { 24, 53, 64, 64 };
	struct fpreg r = fp_make(rnd_below(2), rnd_exp(), rnd_sig(precisions[rnd_below(4)]));

	switch (rnd_below(24)) {
	case 0:
		r.sig >>= 1 + rnd_below(63);
		break;
	case 1:
		return fp_make(rnd_below(2), 0, 0);
	case 2:
		return fp_make(rnd_below(2), 0, rnd_bits());
	case 3:
		return fp_from_single((uint32_t)rnd() & 0x807fffffu);
	case 4:
		return fp_from_double(rnd_bits() & 0x800fffffffffffffull);
	case 5:
		r.sig = 0;
		break;
	default:
		break;
	}
	return fp_is_natval(r) ? fp_make(false, 0, 0) : r;
}

/* Any bit pattern a register can hold. */
static inline struct fpreg rnd_any(void)
{
	switch (rnd_below(16)) {
	case 0:
		return fp_make(rnd_below(2), 0x1ffff, 1ull << 63);
	case 1:
		return fp_make(rnd_below(2), 0x1ffff, rnd_bits());
	case 2:
		return fp_natval();
	default:
		return rnd_finite();
	}
}

/* A single or double as memory holds it: any class. */
static inline uint32_t rnd_single(void)
{
	uint32_t frac = (uint32_t)rnd_bits() & 0x7fffff;

	switch (rnd_below(8)) {
	case 0:
		return (uint32_t)rnd();
	case 1:
		return (uint32_t)rnd_below(2) << 31 | frac;
	case 2:
		return (uint32_t)rnd_below(2) << 31 | 0x7f800000 | (rnd_below(2) ? frac : 0);
	case 3:
		return (uint32_t)rnd_below(2) << 31;
	case 4:
		return (uint32_t)rnd_below(2) << 31 | (1 + rnd_below(24)) << 23 | frac;
	case 5:
		return (uint32_t)rnd_below(2) << 31 | (231 + rnd_below(24)) << 23 | frac;
	default:
		return (uint32_t)rnd_below(2) << 31 | (110 + rnd_below(40)) << 23 | frac;
	}
}

static inline uint64_t rnd_double(void)
{
	uint64_t frac = rnd_bits() & 0xfffffffffffffull, sign = rnd() & 1ull << 63;

	switch (rnd_below(8)) {
	case 0:
		return rnd();
	case 1:
		return sign | frac;
	case 2:
		return sign | 0x7ffull << 52 | (rnd_below(2) ? frac : 0);
	case 3:
		return sign;
	case 4:
		return sign | (uint64_t)(1 + rnd_below(53)) << 52 | frac;
	case 5:
		return sign | (uint64_t)(1994 + rnd_below(53)) << 52 | frac;
	default:
		return sign | (uint64_t)(990 + rnd_below(70)) << 52 | frac;
	}
}

/* Operations to do: the program's argument, or the quick default. */
static inline unsigned long operations(int argc, char **argv)
{
	unsigned long n = 300000;
	char *end;

	if (argc < 2)
		return n;
	errno = 0;
	n = strtoul(argv[1], &end, 10);
	if (errno || *end || end == argv[1] || n < 1000 || n > 10000000000ul) {
		fprintf(stderr, "%s: '%s' is not a number of operations from 1000 to 10000000000\n",
			argv[0], argv[1]);
		exit(2);
	}
	return n;
}

static inline void print_reg(const char *name, struct fpreg r)
{
	printf("#   %-9s %c %05x %016llx\n", name, fp_sign(r) ? '-' : '+', fp_exp(r),
	       (unsigned long long)r.sig);
}

static inline bool same_reg(struct fpreg a, struct fpreg b)
{
	return a.sig == b.sig && a.se == b.se;
}

#endif
