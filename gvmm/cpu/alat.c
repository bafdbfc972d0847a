// SPDX-License-Identifier: GPL-2.0-only
/* The advanced load address table (SDM 1:4.4.5). */
#include "gvmm/cpu/alat.h"
#include "gvmm/mmu/mmu.h"

static struct alat_entry *find(struct vcpu *v, uint32_t reg)
{
	uint32_t n;

	if (!v->alat_count)
		return NULL;
	for (n = 0; n < ALAT_ENTRIES; n++)
		if (v->alat[n].size && v->alat[n].reg == reg)
			return &v->alat[n];
	return NULL;
}

static void drop(struct vcpu *v, struct alat_entry *e)
{
	e->size = 0;
	v->alat_count--;
}

void alat_insert(struct vcpu *v, uint32_t reg, uint64_t gpa, uint32_t size)
{
	struct alat_entry *e = find(v, reg);

	if (!e) {
		e = &v->alat[v->alat_next];
		v->alat_next = (v->alat_next + 1) % ALAT_ENTRIES;
		if (!e->size)
			v->alat_count++;
	}
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
		drop(v, e);
}

void alat_clear(struct vcpu *v)
{
	uint32_t n;

	for (n = 0; v->alat_count && n < ALAT_ENTRIES; n++)
		if (v->alat[n].size)
			drop(v, &v->alat[n]);
}

void alat_store(struct vcpu *v, uint64_t gpa, uint32_t size)
{
	uint32_t n;

	for (n = 0; v->alat_count && n < ALAT_ENTRIES; n++) {
		struct alat_entry *e = &v->alat[n];

		if (e->size && gpa < e->gpa + e->size && e->gpa < gpa + size)
			drop(v, e);
	}
}
