// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing but TLB misses: one word of each page of a large area, page after page in random order. The area has as many
 * pages as the environment's PAGES says, or 2048.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../bench.h"

#define PAGES_MAX (1u << 20)
#define TOUCHES	2048	/* in a unit of work */

static unsigned int wanted_pages(void)
{
	const char *text = getenv("PAGES");
	unsigned long pages = text ? strtoul(text, NULL, 10) : 0;

	return pages >= 2 && pages <= PAGES_MAX ? (unsigned int)pages : 2048;
}

/* The index of the next page stands in each page: one circle through all of them (Sattolo's shuffle). */
static void link_pages(uint8_t *area, size_t page, uint32_t *order, unsigned int pages)
{
	uint64_t state = 1;

	for (unsigned int i = 0; i < pages; i++)
		order[i] = i;
	for (unsigned int i = pages - 1; i; i--) {
		unsigned int other = bench_random(&state) % i;
		uint32_t kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
	for (unsigned int i = 0; i < pages; i++)
		*(volatile uint32_t *)(area + i * page) = order[i];
}

uint64_t bench(unsigned int scale)
{
	unsigned int pages = wanted_pages();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint32_t *order = malloc(pages * sizeof(*order)), at = 0;
	uint8_t *area = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t sum = 0;

	if (!order || area == MAP_FAILED)
		abort();
	link_pages(area, page, order, pages);
	free(order);
	for (unsigned long i = 0; i < (unsigned long)scale * TOUCHES; i++) {
		at = *(volatile uint32_t *)(area + at * page);
		sum = bench_mix(sum, at);
	}
	munmap(area, pages * page);
	return sum;
}
