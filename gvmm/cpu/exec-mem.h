/* SPDX-License-Identifier: GPL-2.0-only */
/* What the handlers of memory references share. */
#ifndef GVMM_CPU_EXEC_MEM_H
#define GVMM_CPU_EXEC_MEM_H

#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/mmu/mmu.h"

/* Value of size (1, 2, 4, 8) bytes in host memory, zero-extended. */
static inline uint64_t host_load(const void *p, uint32_t size)
{
	switch (size) {
	case 1:
		return __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED);
	case 2:
		return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
	case 4:
		return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
	default:
		return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
	}
}

static inline void host_store(void *p, uint32_t size, uint64_t value)
{
	switch (size) {
	case 1:
		__atomic_store_n((uint8_t *)p, (uint8_t)value, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((uint16_t *)p, (uint16_t)value, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_RELAXED);
		break;
	default:
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELAXED);
		break;
	}
}

/* Between a register's value and memory order: the bytes turn round when PSR.be is set. */
static inline uint64_t mem_order(const struct vcpu *v, uint64_t value, uint32_t size)
{
	if (__builtin_expect(v->be, 0))
		return __builtin_bswap64(value) >> (64 - 8 * size);
	return value;
}

static inline int mem_to_exec(enum mem_status status)
{
	return status == MEM_OK ? EXEC_NEXT : status == MEM_EXIT ? EXEC_EXIT : EXEC_FAULT;
}

/* r3 += increment after a reference; a NaT increment spreads. */
static inline void post_increment(struct vcpu *v, uint32_t r3, uint64_t increment, uint8_t nat)
{
	uint32_t slot = gr_slot(v, r3);

	v->gr[slot] += increment;
	v->nat[slot] |= nat;
}

/* The flags of mmu_translate() for a load with these LD_ bits. */
static inline uint32_t load_flags(uint32_t aux)
{
	return MEM_READ | (aux & LD_S ? MEM_SPEC : 0) | (aux & LD_A ? MEM_ADV : 0);
}

/* Do these LD_ bits put a load that was carried out into the ALAT? */
static inline bool enters_alat(uint32_t aux)
{
	return (aux & LD_A) || (aux & (LD_C | LD_CLR)) == LD_C;
}

/* May loads from pages of this attribute be speculative: WB, WC (SDM 2:4.4, table 4-11)? */
static inline bool ma_is_speculative(uint32_t ma)
{
	return ma == 0 || ma == 6;
}

#endif
