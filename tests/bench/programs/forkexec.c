// SPDX-License-Identifier: GPL-2.0-only
/* A process forks, the child executes this program anew, which ends at once, and the parent waits for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bench.h"

#define TIMES 2		/* in a unit of work */

uint64_t bench(unsigned int scale)
{
	char *const arguments[] = { program_invocation_name, BENCH_NOTHING, NULL };
	uint64_t sum = 0;

	bench_one_processor();
	for (unsigned long i = 0; i < (unsigned long)scale * TIMES; i++) {
		pid_t child = fork();
		int status;

		if (child < 0)
			abort();
		if (child == 0) {
			execv(program_invocation_name, arguments);
			_exit(127);
		}
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
			abort();
		sum = bench_mix(sum, (uint64_t)WEXITSTATUS(status) + i);
	}
	return sum;
}
