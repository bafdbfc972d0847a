/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of a world: x86-64, four levels, pages of 4 KiB and 2 MiB. They
 * live in a pool of pages whose physical address in the world is known.
 */
#ifndef HOST_DRIVER_KVM_TABLES_H
#define HOST_DRIVER_KVM_TABLES_H

#include <stdint.h>

struct tables {
	uint8_t *pool;		/* zeroed; the first page is the root */
	uint64_t size;		/* bytes */
	uint64_t used;		/* at least one page once tables_init() has run */
	uint64_t gpa;		/* of the pool */
};

enum table_flags {
	TABLE_WRITE = 1,
	TABLE_EXEC = 2,		/* never with TABLE_WRITE */
	TABLE_USER = 4,		/* open to CPL 3 */
};

void tables_init(struct tables *t, uint8_t *pool, uint64_t size, uint64_t gpa);
/*
 * Map [va, va + size) to gpa on; all are multiples of 4 KiB and nothing of it
 * is mapped. -ENOMEM when the pool is used up; then part of it is mapped.
 */
int tables_map(struct tables *t, uint64_t va, uint64_t gpa, uint64_t size, uint32_t flags);
/*
 * Take away what is mapped in [va, va + size), a range as given to
 * tables_map(). The processor forgets when its memory goes, or on a flush.
 */
void tables_unmap(struct tables *t, uint64_t va, uint64_t size);

#endif
