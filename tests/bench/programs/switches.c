// SPDX-License-Identifier: GPL-2.0-only
/* Context switches: two processes on one processor hand a byte to one another through two pipes. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bench.h"

#define TURNS 100	/* in a unit of work */

/* Give back each byte, one more, until there are no more. */
static void echo(int from, int to)
{
	uint8_t byte;

	while (read(from, &byte, 1) == 1) {
		byte++;
		if (write(to, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

uint64_t bench(unsigned int scale)
{
	int there[2], back[2];
	uint64_t sum = 0;
	uint8_t byte = 0;
	pid_t child;

	bench_one_processor();
	if (pipe(there) || pipe(back))
		abort();
	child = fork();
	if (child < 0)
		abort();
	if (child == 0) {
		close(there[1]);
		echo(there[0], back[1]);
	}
	for (unsigned long i = 0; i < (unsigned long)scale * TURNS; i++) {
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			abort();
		sum = bench_mix(sum, byte);
	}
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	waitpid(child, NULL, 0);
	return sum;
}
