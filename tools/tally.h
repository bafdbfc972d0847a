/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters by key, made as they are asked for. */
#ifndef TOOLS_TALLY_H
#define TOOLS_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_COUNTS	4

struct tally_entry {
	uint64_t key[3];
	uint64_t n[TALLY_COUNTS];
	uint64_t extra[2];	/* the caller's own */
	uint64_t used;
};

struct tally {
	struct tally_entry *entry;
	size_t nr, room;	/* room: a power of two, or 0 */
};

/* The entry, zeroed if it is new; NULL: memory is short. Stays where it is until the next call. */
struct tally_entry *tally_at(struct tally *t, uint64_t a, uint64_t b, uint64_t c);
/* Bring the entries to the front, in order, for reading; nothing is added from then on. */
void tally_sort(struct tally *t, int (*compare)(const void *a, const void *b));
void tally_free(struct tally *t);

/* Orders of entries: the largest sum of counts first, for tally_sort(). */
int tally_by_sum(const void *a, const void *b);
uint64_t tally_sum(const struct tally_entry *e);

#endif
