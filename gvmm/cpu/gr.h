/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to general registers by the number an instruction names, for exec handlers. */
#ifndef GVMM_CPU_GR_H
#define GVMM_CPU_GR_H

#include "gvmm/cpu/vcpu.h"

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

#endif
