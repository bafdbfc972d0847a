/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The advanced load address table (SDM 1:4.4.5.2): which registers hold data
 * that no store has overwritten in memory since. Registers are named by slot
 * in gr[], or by ALAT_FR + number in fr[].
 */
#ifndef GVMM_CPU_ALAT_H
#define GVMM_CPU_ALAT_H

#include "gvmm/cpu/vcpu.h"

/* Stores of up to this many bytes, aligned, lie in one granule. */
#define ALAT_GRANULE_BITS	4

/* The one place where a register's entry can be: translated code has it built in. */
static inline uint32_t alat_index(uint32_t reg)
{
	return (reg & (ALAT_ENTRIES / 2 - 1)) | (reg & ALAT_FR ? ALAT_ENTRIES / 2 : 0);
}

static inline uint32_t alat_entries(const struct vcpu *v)
{
	return (uint32_t)__builtin_popcountll(v->alat_live);
}

/* Enter an advanced load of size bytes at gpa, in place of the register's older one, or another's. */
void alat_insert(struct vcpu *v, uint32_t reg, uint64_t gpa, uint32_t size);
/* Does the register have an entry? Counts hits and misses. */
bool alat_check(struct vcpu *v, uint32_t reg);
void alat_remove(struct vcpu *v, uint32_t reg);
void alat_clear(struct vcpu *v);
/* e is in use. */
void alat_drop(struct vcpu *v, struct alat_entry *e);
/* Stacked registers in slots [low, high) go up by delta slots, the others are forgotten. */
void alat_move(struct vcpu *v, uint32_t low, uint32_t high, uint32_t delta);
/* alat_store(), the effect of a store, is in gvmm/mmu/mmu.h. */

/*
 * After an acquire or a fence no load may seem to have been done before it. What
 * other processors and devices stored in between is not watched, so forget all.
 */
static inline void alat_acquire(struct vcpu *v)
{
	if (__builtin_expect(v->alat_live != 0, 0))
		alat_clear(v);
}

#endif
