/* SPDX-License-Identifier: GPL-2.0-only */
/* The P2M: what a guest frame is, and its dirty log (enum riven_p2m). */
#ifndef GVMM_MMU_P2M_H
#define GVMM_MMU_P2M_H

#include "gvmm/cpu/vcpu.h"
#include "gvmm/vm.h"

/* The byte of the frame of gpa, or NULL above the window. */
static inline uint8_t *p2m_slot(const struct vcpu *v, uint64_t gpa)
{
	uint8_t *region = (uint8_t *)v->vm - RIVEN_VM_OFFSET;

	if (gpa >= RIVEN_WINDOW_SIZE)
		return NULL;
	return region + RIVEN_P2M_OFFSET + (gpa >> MTLB_PAGE_BITS);
}

/* What the frame of gpa is: RIVEN_P2M_NONE, RAM or ROM with flags. */
static inline uint8_t p2m_get(const struct vcpu *v, uint64_t gpa)
{
	const uint8_t *slot = p2m_slot(v, gpa);

	return slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : RIVEN_P2M_NONE;
}

static inline bool p2m_is_memory(uint8_t p2m)
{
	uint8_t type = p2m & RIVEN_P2M_TYPE;

	return type == RIVEN_P2M_RAM || type == RIVEN_P2M_ROM;
}

/* May writes to the frame pass without being noticed? */
static inline bool p2m_write_freely(uint8_t p2m)
{
	return (p2m & RIVEN_P2M_TYPE) == RIVEN_P2M_RAM &&
	       (p2m & (RIVEN_P2M_LOG | RIVEN_P2M_DIRTY)) != RIVEN_P2M_LOG;
}

/* Mark the frame of gpa, which is in the window, dirty. The host clears marks concurrently. */
static inline void p2m_set_dirty(const struct vcpu *v, uint64_t gpa)
{
	__atomic_fetch_or(p2m_slot(v, gpa), RIVEN_P2M_DIRTY, __ATOMIC_ACQ_REL);
}

#endif
