// SPDX-License-Identifier: GPL-2.0-only
/* Page faults: memory is mapped, touched page by page, and unmapped. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../bench.h"

#define PAGES	64
#define TIMES	4	/* in a unit of work */

uint64_t bench(unsigned int scale)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t sum = 0;

	for (unsigned long n = 0; n < (unsigned long)scale * TIMES; n++) {
		uint8_t *area = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (area == MAP_FAILED)
			abort();
		/* One fault a page, whatever the kernel would like better. */
		madvise(area, PAGES * page, MADV_NOHUGEPAGE);
		for (unsigned int i = 0; i < PAGES; i++) {
			volatile uint8_t *byte = area + i * page;

			sum = bench_mix(sum, *byte + i);
			*byte = 1;
		}
		munmap(area, PAGES * page);
	}
	return sum;
}
