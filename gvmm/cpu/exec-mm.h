/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Elements of a general register for the parallel instructions. size is the
 * log2 of the element's size in bytes, n counts elements from the right.
 */
#ifndef GVMM_CPU_EXEC_MM_H
#define GVMM_CPU_EXEC_MM_H

#include "gvmm/cpu/gr.h"

/* The orders that mux1 knows, by its mbtype4 field. */
enum mux1_order {
	MUX1_BRCST = 0, MUX1_MIX = 8, MUX1_SHUF = 9, MUX1_ALT = 10, MUX1_REV = 11,
};

/* Element n of x, zero-extended. */
static inline uint64_t lane(uint64_t x, uint32_t size, uint32_t n)
{
	return x >> (n * (8u << size)) & ~0ull >> (64 - (8u << size));
}

/* Element n of x, sign-extended. */
static inline int64_t lane_signed(uint64_t x, uint32_t size, uint32_t n)
{
	uint32_t shift = 64 - (8u << size);

	return (int64_t)(lane(x, size, n) << shift) >> shift;
}

/* value, cut to an element, at the place of element n. */
static inline uint64_t lane_at(uint64_t value, uint32_t size, uint32_t n)
{
	return lane(value, size, 0) << (n * (8u << size));
}

static inline int64_t saturate_signed(int64_t x, uint32_t bits)
{
	int64_t max = (1ll << (bits - 1)) - 1;

	return x > max ? max : x < -max - 1 ? -max - 1 : x;
}

static inline int64_t saturate_unsigned(int64_t x, uint32_t bits)
{
	int64_t max = (1ll << bits) - 1;

	return x > max ? max : x < 0 ? 0 : x;
}

/* NaT of an instruction with sources r2 and r3. */
static inline uint8_t mm_nat(const struct vcpu *v, const struct insn *i)
{
	return gr_nat(v, i->r2) | gr_nat(v, i->r3);
}

/* Write r1, or raise Illegal Operation where it is no target; an exec handler's result. */
int mm_put(struct vcpu *v, const struct insn *i, uint64_t value, uint8_t nat);

#endif
