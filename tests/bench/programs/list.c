// SPDX-License-Identifier: GPL-2.0-only
/* A linked list in random order: built, searched, sorted by merging, reversed. */
#include <stddef.h>

#include "../bench.h"

#define NODES 8192

struct node {
	struct node *next;
	uint32_t key;
	uint32_t payload[5];
};

static struct node nodes[NODES];

static struct node *build(uint64_t *state)
{
	struct node *head = NULL;

	/* An odd step visits all nodes, far apart from one another. */
	for (unsigned int i = 0, at = 0; i < NODES; i++, at = (at + 3571) % NODES) {
		nodes[at].key = bench_random(state);
		nodes[at].payload[0] = i;
		nodes[at].next = head;
		head = &nodes[at];
	}
	return head;
}

static struct node *merge(struct node *a, struct node *b)
{
	struct node *head = NULL, **tail = &head;

	while (a && b) {
		struct node **from = a->key <= b->key ? &a : &b;

		*tail = *from;
		tail = &(*tail)->next;
		*from = *tail;
	}
	*tail = a ? a : b;
	return head;
}

/* Merge sort with a bin for each power of two. */
static struct node *sort(struct node *list)
{
	struct node *bins[24] = { NULL }, *run;

	while (list) {
		int i;

		run = list;
		list = list->next;
		run->next = NULL;
		for (i = 0; bins[i]; i++) {
			run = merge(bins[i], run);
			bins[i] = NULL;
		}
		bins[i] = run;
	}
	run = NULL;
	for (int i = 0; i < 24; i++)
		run = merge(bins[i], run);
	return run;
}

static struct node *reverse(struct node *list)
{
	struct node *done = NULL;

	while (list) {
		struct node *next = list->next;

		list->next = done;
		done = list;
		list = next;
	}
	return done;
}

static uint64_t search(const struct node *list, uint32_t key)
{
	uint64_t steps = 0;

	while (list && list->key < key) {
		list = list->next;
		steps++;
	}
	return steps;
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 6, sum = 0;

	for (unsigned int round = 0; round < 2 * scale; round++) {
		struct node *list = sort(build(&state));

		for (int i = 0; i < 50; i++)
			sum = bench_mix(sum, search(list, bench_random(&state)));
		list = reverse(list);
		sum = bench_mix(sum, list->payload[0]);
	}
	return sum;
}
