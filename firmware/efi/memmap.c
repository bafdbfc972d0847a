// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "firmware/efi/memmap.h"

void memmap_init(struct efi_memmap *map)
{
	map->nr = 0;
}

/* Put r at index i. The caller has seen that there is room. */
static void insert(struct efi_memmap *map, uint32_t i, const struct efi_range *r)
{
	memmove(&map->range[i + 1], &map->range[i], (map->nr - i) * sizeof(*r));
	map->range[i] = *r;
	map->nr++;
}

static void drop(struct efi_memmap *map, uint32_t i)
{
	map->nr--;
	memmove(&map->range[i], &map->range[i + 1], (map->nr - i) * sizeof(map->range[0]));
}

/* Join range i with the next one where they are of a kind. */
static void join(struct efi_memmap *map, uint32_t i)
{
	struct efi_range *r = &map->range[i];

	if (i + 1 >= map->nr || r[0].end != r[1].start || r[0].type != r[1].type ||
	    r[0].attribute != r[1].attribute)
		return;
	r[0].end = r[1].end;
	drop(map, i + 1);
}

/* Make start the start of a range if it lies inside one. */
static void split(struct efi_memmap *map, uint64_t at)
{
	uint32_t i;

	for (i = 0; i < map->nr; i++) {
		struct efi_range rest = map->range[i];

		if (rest.start < at && at < rest.end) {
			map->range[i].end = at;
			rest.start = at;
			insert(map, i + 1, &rest);
			return;
		}
	}
}

int memmap_set(struct efi_memmap *map, uint64_t start, uint64_t end, uint32_t type,
	       uint64_t attribute)
{
	struct efi_range r = { start, end, attribute, type };
	uint32_t i;

	/* Two splits and the new range. */
	if (map->nr + 3 > EFI_MAX_RANGES)
		return -ENOSPC;
	split(map, start);
	split(map, end);
	for (i = 0; i < map->nr && map->range[i].end <= start; i++)
		;
	while (i < map->nr && map->range[i].start < end) {
		if (!r.attribute)
			r.attribute = map->range[i].attribute;
		drop(map, i);
	}
	insert(map, i, &r);
	join(map, i);
	if (i)
		join(map, i - 1);
	return 0;
}

bool memmap_is(const struct efi_memmap *map, uint64_t start, uint64_t end, uint32_t type)
{
	uint32_t i;

	for (i = 0; i < map->nr && start < end; i++) {
		const struct efi_range *r = &map->range[i];

		if (r->end <= start)
			continue;
		if (r->start > start || r->type != type)
			return false;
		start = r->end;
	}
	return start >= end;
}

uint64_t memmap_alloc(struct efi_memmap *map, uint32_t type, uint64_t size, uint64_t align,
		      uint64_t min, uint64_t max)
{
	uint32_t i = map->nr;

	size = (size + EFI_PAGE_SIZE - 1) & ~(EFI_PAGE_SIZE - 1);
	if (!size)
		return 0;
	while (i--) {
		const struct efi_range *r = &map->range[i];
		uint64_t low = r->start > min ? r->start : min;
		uint64_t high = r->end < max ? r->end : max;
		uint64_t start;

		if (r->type != EFI_CONVENTIONAL_MEMORY || high < low || high - low < size)
			continue;
		start = (high - size) & ~(align - 1);
		if (start < low || !start)
			continue;
		return memmap_set(map, start, start + size, type, 0) ? 0 : start;
	}
	return 0;
}

void memmap_descriptors(const struct efi_memmap *map, struct efi_memory_descriptor *buf)
{
	uint32_t i;

	for (i = 0; i < map->nr; i++) {
		const struct efi_range *r = &map->range[i];

		buf[i] = (struct efi_memory_descriptor){
			.type = r->type,
			.physical_start = r->start,
			.pages = (r->end - r->start) / EFI_PAGE_SIZE,
			.attribute = r->attribute,
		};
	}
}
