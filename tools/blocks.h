/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The blocks in a vCPU's translation cache, as its trace records tell of them. Where
 * a new one lies, those that were there before have gone.
 */
#ifndef TOOLS_BLOCKS_H
#define TOOLS_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/abi.h>

struct block_info {
	uint64_t ip, gpa, cfm;
	uint32_t offset;	/* of the code in the cache */
	uint32_t size, main;	/* bytes of all code, and of the main path */
	uint32_t bundles;
	uint32_t flags;		/* enum riven_block_flags */
	uint32_t user;		/* its owner's; 0 at first */
	uint32_t left;		/* granules that are still its own; 0: it has gone */
};

struct blocks {
	struct block_info *info;	/* from 1 on */
	uint32_t nr, room, free;
	uint32_t *owner;		/* of each granule; 0: nobody */
	uint32_t nr_granules;
	uint32_t first;			/* offset of the first block */
	uint64_t gone;			/* counts those that were overwritten */
};

/* For a cache of size bytes; false: memory is short. */
bool blocks_init(struct blocks *b, uint64_t size);
void blocks_free(struct blocks *b);

/* A record of RIVEN_TRACE_BLOCKS: the block, which stays until another comes; NULL: none. */
struct block_info *blocks_add(struct blocks *b, const struct riven_trace_record *rec);
/* The block whose code is at offset of the cache, or NULL. */
struct block_info *blocks_at(struct blocks *b, uint64_t offset);

#endif
