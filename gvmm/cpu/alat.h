/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The advanced load address table (SDM 1:4.4.5.2): which registers hold data
 * that no store has overwritten in memory since. Registers are named by slot
 * in gr[], or by ALAT_FR + number in fr[].
 */
#ifndef GVMM_CPU_ALAT_H
#define GVMM_CPU_ALAT_H

#include "gvmm/cpu/vcpu.h"

/* Enter an advanced load of size bytes at gpa, in place of the register's older one. */
void alat_insert(struct vcpu *v, uint32_t reg, uint64_t gpa, uint32_t size);
/* Does the register have an entry? Counts hits and misses. */
bool alat_check(struct vcpu *v, uint32_t reg);
void alat_remove(struct vcpu *v, uint32_t reg);
void alat_clear(struct vcpu *v);
/* alat_store(), the effect of a store, is in gvmm/mmu/mmu.h. */

/*
 * After an acquire or a fence no load may seem to have been done before it. What
 * other processors and devices stored in between is not watched, so forget all.
 */
static inline void alat_acquire(struct vcpu *v)
{
	if (__builtin_expect(v->alat_count != 0, 0))
		alat_clear(v);
}

#endif
