// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "tools/tally.h"

static size_t slot_of(const struct tally *t, const uint64_t key[3])
{
	uint64_t h = key[0] * 0x9e3779b97f4a7c15ull ^ key[1] * 0xc2b2ae3d27d4eb4full ^ key[2];

	h *= 0x9e3779b97f4a7c15ull;
	return (size_t)(h >> 20) & (t->room - 1);
}

/* The entry, or the free place where it belongs; there always is one. */
static struct tally_entry *find(const struct tally *t, const uint64_t key[3])
{
	size_t at = slot_of(t, key);

	while (t->entry[at].used && memcmp(t->entry[at].key, key, sizeof(t->entry[at].key)) != 0)
		at = (at + 1) & (t->room - 1);
	return &t->entry[at];
}

static int grow(struct tally *t)
{
	struct tally bigger = { .nr = t->nr, .room = t->room ? 2 * t->room : 1024 };

	bigger.entry = calloc(bigger.room, sizeof(*bigger.entry));
	if (!bigger.entry)
		return -1;
	for (size_t n = 0; n < t->room; n++)
		if (t->entry[n].used)
			*find(&bigger, t->entry[n].key) = t->entry[n];
	free(t->entry);
	*t = bigger;
	return 0;
}

struct tally_entry *tally_at(struct tally *t, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t key[3] = { a, b, c };
	struct tally_entry *e;

	if (t->nr >= t->room / 2 && grow(t))
		return NULL;
	e = find(t, key);
	if (!e->used) {
		*e = (struct tally_entry){ .key = { a, b, c }, .used = 1 };
		t->nr++;
	}
	return e;
}

void tally_sort(struct tally *t, int (*compare)(const void *a, const void *b))
{
	size_t n, k = 0;

	/* Room is what is hashed; without any the entries are in front already. */
	for (n = 0; n < t->room; n++)
		if (t->entry[n].used)
			t->entry[k++] = t->entry[n];
	t->room = 0;
	if (t->nr)
		qsort(t->entry, t->nr, sizeof(*t->entry), compare);
}

void tally_free(struct tally *t)
{
	free(t->entry);
	*t = (struct tally){ 0 };
}

uint64_t tally_sum(const struct tally_entry *e)
{
	uint64_t sum = 0;

	for (size_t n = 0; n < TALLY_COUNTS; n++)
		sum += e->n[n];
	return sum;
}

int tally_by_sum(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;
	uint64_t m = tally_sum(x), n = tally_sum(y);

	if (m != n)
		return m > n ? -1 : 1;
	return x->key[0] < y->key[0] ? -1 : x->key[0] > y->key[0];
}
