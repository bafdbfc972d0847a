// SPDX-License-Identifier: GPL-2.0-only
/*
 * PAL procedures about caches. The guest is told of the Itanium 2 9000's; none
 * is modelled, but code that was decoded has to go when instruction caches are
 * flushed.
 */
#include "firmware/pal.h"

struct cache {
	uint8_t level, type;		/* type 1 instruction, 2 data or unified */
	bool unified, write_back;
	uint8_t ways;
	uint8_t line, stride;		/* log2 of bytes */
	uint8_t store_latency, load_latency;	/* cycles */
	uint32_t size;			/* bytes */
	uint8_t tag_lsb;		/* log2 of a way's size */
};

static const struct cache caches[] = {
	{ 0, 1, false, false, 4, 6, 6, 0xff, 1, 16 << 10, 12 },
	{ 0, 2, false, false, 4, 6, 6, 3, 1, 16 << 10, 12 },
	{ 1, 1, false, false, 8, 7, 7, 0xff, 7, 1 << 20, 17 },
	{ 1, 2, false, true, 8, 7, 7, 7, 5, 256 << 10, 15 },
	{ 2, 2, true, true, 12, 7, 7, 7, 14, 12 << 20, 20 },
};

#define NR_CACHES	(sizeof(caches) / sizeof(caches[0]))
#define LEVELS		3
#define HINTS		(1u << 0 | 1u << 3)	/* temporal level 1, non-temporal all levels */

static const struct cache *find(uint64_t level, uint64_t type)
{
	size_t i;

	for (i = 0; i < NR_CACHES; i++)
		if (caches[i].level == level && caches[i].type == type)
			return &caches[i];
	return NULL;
}

bool pal_cache_exists(uint64_t level, uint64_t type)
{
	return find(level, type) != NULL;
}

/* (1 instruction, 2 data, 3 both, 4 make coherent; operation; progress so far) */
void pal_cache_flush(struct fw_call *c)
{
	if (c->arg[0] < 1 || c->arg[0] > 4 || c->arg[1] > 3)
		c->ret[0] = PAL_INVALID;
	else if (c->arg[0] != 2)
		riven_vm_flush_code(c->fw->vm);
}

/* (level, type) */
void pal_cache_info(struct fw_call *c)
{
	const struct cache *k = find(c->arg[0], c->arg[1]);

	if (!k) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	c->ret[1] = (uint64_t)k->unified | (uint64_t)k->write_back << 1 | (uint64_t)k->ways << 8 |
		    (uint64_t)k->line << 16 | (uint64_t)k->stride << 24 |
		    (uint64_t)k->store_latency << 32 | (uint64_t)k->load_latency << 40 |
		    (uint64_t)HINTS << 48 | (uint64_t)HINTS << 56;
	c->ret[2] = (uint64_t)k->size | (uint64_t)k->tag_lsb << 40 |
		    (uint64_t)(RIVEN_PHYS_BITS - 1) << 48;
}

void pal_cache_summary(struct fw_call *c)
{
	c->ret[1] = LEVELS;
	c->ret[2] = NR_CACHES;
}

/* (level, type): data and tags without protection. */
void pal_cache_prot_info(struct fw_call *c)
{
	const struct cache *k = find(c->arg[0], c->arg[1]);

	if (!k) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	/* Data in the lower half: 64 bits a unit. Tags in the upper: which address bits. */
	c->ret[1] = 64 | (uint64_t)k->tag_lsb << 40 | (uint64_t)(RIVEN_PHYS_BITS - 1) << 46 |
		    1ull << 62;
}

/* (0 virtual, 1 physical): nothing is prefetched, so no other processor has to do anything. */
void pal_prefetch_visibility(struct fw_call *c)
{
	c->ret[0] = c->arg[0] > 1 ? PAL_INVALID : 1;
}
