/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to general registers by the number an instruction names, for exec handlers. */
#ifndef GVMM_CPU_GR_H
#define GVMM_CPU_GR_H

#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/vcpu.h"

/* A general register's contents. */
struct gr {
	uint64_t value;
	uint8_t nat;	/* 0 or 1 */
};

static inline struct gr gr_load(const struct vcpu *v, uint32_t n)
{
	uint32_t slot = gr_slot(v, n);

	return (struct gr){ v->gr[slot], v->nat[slot] };
}

static inline uint64_t gr_get(const struct vcpu *v, uint32_t n)
{
	return v->gr[gr_slot(v, n)];
}

/* NaT bit of r<n>, 0 or 1. */
static inline uint8_t gr_nat(const struct vcpu *v, uint32_t n)
{
	return v->nat[gr_slot(v, n)];
}

/* Write r<n>, a legal target (gr_target_ok). */
static inline void gr_put(struct vcpu *v, uint32_t n, uint64_t value, uint8_t nat)
{
	uint32_t slot = gr_slot(v, n);

	v->gr[slot] = value;
	v->nat[slot] = nat;
}

/*
 * The end of a handler whose result goes to r1: writes it, or raises Illegal
 * Operation where r1 is no target. Inline, as most of what runs ends here.
 */
static inline __attribute__((always_inline)) int gr_result(struct vcpu *v, const struct insn *i,
							    uint64_t value, uint8_t nat)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	gr_put(v, i->r1, value, nat);
	return EXEC_NEXT;
}

#endif
