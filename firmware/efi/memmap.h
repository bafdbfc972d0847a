/* SPDX-License-Identifier: GPL-2.0-only */
/* The EFI memory map: what every part of guest-physical memory is for. */
#ifndef FIRMWARE_EFI_MEMMAP_H
#define FIRMWARE_EFI_MEMMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/efi/efi.h"

#define EFI_MAX_RANGES	256

/* Sorted by start, never overlapping; neighbours of a kind are one range. */
struct efi_range {
	uint64_t start, end;	/* multiples of EFI_PAGE_SIZE */
	uint64_t attribute;
	uint32_t type;
};

struct efi_memmap {
	uint32_t nr;
	struct efi_range range[EFI_MAX_RANGES];
};

void memmap_init(struct efi_memmap *map);

/*
 * Make [start, end) a range of the type, over whatever was there; a range of
 * attribute 0 keeps the attribute of what it covers. -ENOSPC when the map is
 * full.
 */
int memmap_set(struct efi_memmap *map, uint64_t start, uint64_t end, uint32_t type,
	       uint64_t attribute);

/* Is all of [start, end) of this type? */
bool memmap_is(const struct efi_memmap *map, uint64_t start, uint64_t end, uint32_t type);

/*
 * Take size bytes of conventional memory in [min, max) for the type, the
 * highest that are free. Returns the address, 0 when there is no room.
 */
uint64_t memmap_alloc(struct efi_memmap *map, uint32_t type, uint64_t size, uint64_t align,
		      uint64_t min, uint64_t max);

/* Write the map as EFI descriptors into buf (map->nr of them). */
void memmap_descriptors(const struct efi_memmap *map, struct efi_memory_descriptor *buf);

#endif
