// SPDX-License-Identifier: GPL-2.0-only
/* System calls that do next to nothing: what entering and leaving the kernel costs. */
#include <sys/syscall.h>
#include <unistd.h>

#include "../bench.h"

#define CALLS 5000	/* in a unit of work */

uint64_t bench(unsigned int scale)
{
	long parent = syscall(SYS_getppid);
	uint64_t sum = 0;

	for (unsigned long i = 0; i < (unsigned long)scale * CALLS; i++)
		sum = bench_mix(sum, syscall(SYS_getppid) == parent);
	return sum;
}
