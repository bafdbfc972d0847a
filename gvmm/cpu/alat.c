// SPDX-License-Identifier: GPL-2.0-only
/* The advanced load address table (SDM 1:4.4.5). */
#include "gvmm/cpu/alat.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

static struct alat_entry *find(struct vcpu *v, uint32_t reg)
{
	struct alat_entry *e = &v->alat[alat_index(reg)];

	return e->reg == reg ? e : NULL;
}

void alat_drop(struct vcpu *v, struct alat_entry *e)
{
	e->size = 0;
	e->reg = 0;
	v->alat_live &= ~(1ull << (e - v->alat));
}

/* Bits of the granules that size bytes at gpa touch. */
static uint64_t granules(uint64_t gpa, uint32_t size)
{
	return 1ull << (gpa >> ALAT_GRANULE_BITS & 63) |
	       1ull << ((gpa + size - 1) >> ALAT_GRANULE_BITS & 63);
}

void alat_insert(struct vcpu *v, uint32_t reg, uint64_t gpa, uint32_t size)
{
	struct alat_entry *e = &v->alat[alat_index(reg)];

	if (!v->alat_live)
		v->alat_granules = 0;
	v->alat_live |= 1ull << (e - v->alat);
	v->alat_granules |= granules(gpa, size);
	*e = (struct alat_entry){ .gpa = gpa, .reg = (uint16_t)reg, .size = (uint8_t)size };
}

bool alat_check(struct vcpu *v, uint32_t reg)
{
	if (find(v, reg)) {
		v->stats.alat_hits++;
		return true;
	}
	v->stats.alat_misses++;
	return false;
}

void alat_remove(struct vcpu *v, uint32_t reg)
{
	struct alat_entry *e = find(v, reg);

	if (e)
		alat_drop(v, e);
}

void alat_clear(struct vcpu *v)
{
	while (v->alat_live)
		alat_drop(v, &v->alat[__builtin_ctzll(v->alat_live)]);
}

void alat_store(struct vcpu *v, uint64_t gpa, uint32_t size)
{
	uint64_t live;

	if (!(v->alat_granules & granules(gpa, size)))
		return;
	for (live = v->alat_live; live; live &= live - 1) {
		struct alat_entry *e = &v->alat[__builtin_ctzll(live)];

		if (gpa < e->gpa + e->size && e->gpa < gpa + size)
			alat_drop(v, e);
	}
}

void alat_move(struct vcpu *v, uint32_t low, uint32_t high, uint32_t delta)
{
	struct alat_entry old[ALAT_ENTRIES];
	uint32_t n;

	if (!v->alat_live)
		return;
	memcpy(old, v->alat, sizeof(old));
	alat_clear(v);
	for (n = 0; n < ALAT_ENTRIES; n++) {
		const struct alat_entry *e = &old[n];
		bool stacked = e->reg >= GR_STACKED && !(e->reg & ALAT_FR);

		if (e->size && (!stacked || (e->reg >= low && e->reg < high)))
			alat_insert(v, e->reg + (stacked ? delta : 0), e->gpa, e->size);
	}
}
