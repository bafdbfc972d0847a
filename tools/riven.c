// SPDX-License-Identifier: GPL-2.0-only
/* The riven command. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/run.h"

static const char usage[] =
	"usage: riven COMMAND [options]\n"
	"\n"
	"  run      run a guest; `riven run --help` lists its options\n"
	"  stat     print the counters of a guest that runs\n"
	"  disasm   disassemble an IA-64 program, or show what the translator makes of it\n"
	"  host     list the hosts that make worlds: what they can do, or why not here,\n"
	"           and which of them `--host auto` takes;\n"
	"           with --check NAME that one alone, and its exit status is 1 if it cannot\n"
	"  help     this text\n"
	"\n"
	"`riven --version` prints the version.\n";

/* Returns whether it makes worlds. */
static bool print_host(const char *h)
{
	const char *problem = riven_host_problem(h);
	long vcpus = riven_check_cap(h, RIVEN_CAP_MAX_VCPUS);

	if (problem) {
		printf("%s: not available: %s\n", h, problem);
		return false;
	}
	printf("%s: %ld vCPU%s, STLB of %ld to %ld entries, %ld memory slots, guests %s\n", h, vcpus,
	       vcpus == 1 ? "" : "s", riven_check_cap(h, RIVEN_CAP_STLB_MIN),
	       riven_check_cap(h, RIVEN_CAP_STLB_MAX), riven_check_cap(h, RIVEN_CAP_MEMSLOTS),
	       riven_check_cap(h, RIVEN_CAP_ISOLATED) ? "in an address space of their own" :
							"in the caller's address space");
	return true;
}

static int cmd_host(int argc, char **argv)
{
	const char *h;

	if (argc == 3 && strcmp(argv[1], "--check") == 0)
		return print_host(argv[2]) ? STATUS_OK : STATUS_ERROR;
	if (argc > 1) {
		fprintf(stderr, "usage: riven host [--check NAME]\n");
		return STATUS_USAGE;
	}
	for (unsigned int i = 0; (h = riven_host_name(i)); i++)
		print_host(h);
	printf("auto: %s\n", riven_host_auto());
	return STATUS_OK;
}

/* Or a disk image could become standard output. */
static void fill_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
			exit(STATUS_ERROR);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		char name[8];
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "run", cmd_run },
		{ "stat", cmd_stat },
		{ "disasm", cmd_disasm },
		{ "host", cmd_host },
	};
	const char *name = argc > 1 ? argv[1] : "";

	/* Whole lines, or trace and console would mix within one. */
	setvbuf(stderr, NULL, _IOLBF, 0);
	fill_standard_fds();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		fputs(usage, stdout);
		return STATUS_OK;
	}
	if (strcmp(name, "--version") == 0) {
		printf("riven, ABI version %d\n", riven_api_version());
		return STATUS_OK;
	}
	if (*name)
		fprintf(stderr, "riven: there is no command '%s'; `riven help` lists them\n", name);
	else
		fprintf(stderr, "riven: which command? `riven help` lists them\n");
	return STATUS_USAGE;
}
