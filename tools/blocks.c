// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "tools/blocks.h"

/* No two blocks' code lies within so many bytes. */
#define GRANULE	16u

bool blocks_init(struct blocks *b, uint64_t size)
{
	*b = (struct blocks){ .nr = 1, .first = ~0u };
	b->nr_granules = (uint32_t)(size / GRANULE);
	b->owner = calloc(b->nr_granules, sizeof(*b->owner));
	return b->owner;
}

void blocks_free(struct blocks *b)
{
	free(b->owner);
	free(b->info);
	*b = (struct blocks){ 0 };
}

/* An unused entry's number; 0: memory is short. */
static uint32_t new_info(struct blocks *b)
{
	uint32_t n = b->free;

	if (n) {
		b->free = b->info[n].user;
		return n;
	}
	if (b->nr >= b->room) {
		uint32_t room = b->room ? 2 * b->room : 4096;
		struct block_info *more = realloc(b->info, room * sizeof(*more));

		if (!more)
			return 0;
		b->info = more;
		b->room = room;
	}
	return b->nr++;
}

static void give_up(struct blocks *b, uint32_t n)
{
	if (!n || --b->info[n].left)
		return;
	b->info[n].user = b->free;
	b->free = n;
	b->gone++;
}

struct block_info *blocks_add(struct blocks *b, const struct riven_trace_record *rec)
{
	uint64_t offset = rec->arg[0];
	uint32_t size = (uint32_t)rec->arg[1], first = (uint32_t)(offset / GRANULE), last, n, at;

	if (!size || offset >= b->nr_granules * (uint64_t)GRANULE ||
	    size > b->nr_granules * (uint64_t)GRANULE - offset)
		return NULL;
	last = (uint32_t)((offset + size - 1) / GRANULE);
	for (at = first; at <= last; at++) {
		give_up(b, b->owner[at]);
		b->owner[at] = 0;
	}
	n = new_info(b);
	if (!n)
		return NULL;
	b->info[n] = (struct block_info){
		.ip = rec->ip, .gpa = rec->arg[2], .cfm = rec->arg[3], .offset = (uint32_t)offset,
		.size = size, .main = (uint32_t)(rec->arg[1] >> 32), .bundles = rec->code,
		.flags = (uint32_t)rec->arg[4], .left = last - first + 1,
	};
	for (at = first; at <= last; at++)
		b->owner[at] = n;
	if (offset < b->first)
		b->first = (uint32_t)offset;
	return &b->info[n];
}

struct block_info *blocks_at(struct blocks *b, uint64_t offset)
{
	uint32_t n;

	if (offset / GRANULE >= b->nr_granules)
		return NULL;
	n = b->owner[offset / GRANULE];
	return n ? &b->info[n] : NULL;
}
