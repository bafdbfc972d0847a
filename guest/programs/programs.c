// SPDX-License-Identifier: GPL-2.0-only
/*
 * All test programs in one file: the name by which it is called says which one to run.
 */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "programs.h"

int main(int argc, char **argv)
{
	static const struct {
		char name[16];
		int (*run)(int argc, char **argv);
	} programs[] = {
		{ "forktest", forktest },
		{ "mmaptest", mmaptest },
		{ "pipetest", pipetest },
		{ "sigtest", sigtest },
	};
	const char *name = argc > 0 ? basename(argv[0]) : "";
	unsigned int i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(name, programs[i].name) == 0)
			return programs[i].run(argc, argv);
	fprintf(stderr, "%s: call this program by the name of one of its tests, e.g. forktest\n", name);
	return 2;
}
