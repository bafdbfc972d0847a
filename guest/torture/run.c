// SPDX-License-Identifier: GPL-2.0-only
/*
 * run [-e EVERY] [-f FIRST] [-o PREFIX] [-t SECONDS] DIRECTORY...: runs the programs in the directories in the order of
 * their names, from program FIRST on every EVERY-th, only those whose "directory/name" begins with PREFIX, and kills one
 * after SECONDS. Prints "PASS directory/name" or "FAIL directory/name: reason" for each and the sums at the end; the exit
 * status is 0 if all passed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long every = 1, first, seen, passed, failed;
static unsigned int limit = 120;
static const char *prefix = "";

static void run(const char *path, const char *name)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		/* The alarm survives exec, and its default action is to kill. */
		alarm(limit);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0) {
		passed++;
		printf("PASS %s\n", name);
	} else {
		failed++;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
			printf("FAIL %s: no end after %u s\n", name, limit);
		else if (WIFSIGNALED(status))
			printf("FAIL %s: signal %d\n", name, WTERMSIG(status));
		else
			printf("FAIL %s: exit status %d\n", name, WEXITSTATUS(status));
	}
	fflush(stdout);
}

static void run_directory(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort), i;

	if (count < 0) {
		perror(directory);
		exit(2);
	}
	for (i = 0; i < count; i++) {
		char *copy = strdup(directory);
		char path[4096], name[512];

		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
			snprintf(name, sizeof(name), "%s/%s", copy ? basename(copy) : "", entries[i]->d_name);
			if (strncmp(name, prefix, strlen(prefix)) == 0 && seen++ % every == first)
				run(path, name);
		}
		free(copy);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "e:f:o:t:")) != -1) {
		switch (option) {
		case 'e':
			every = strtoul(optarg, NULL, 0);
			break;
		case 'f':
			first = strtoul(optarg, NULL, 0);
			break;
		case 'o':
			prefix = optarg;
			break;
		case 't':
			limit = strtoul(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}
	if (every == 0 || first >= every) {
		fprintf(stderr, "run: -e wants a number above 0, and -f one below that of -e\n");
		return 2;
	}
	if (chdir("/tmp") != 0)
		perror("/tmp");
	for (; optind < argc; optind++)
		run_directory(argv[optind]);
	printf("torture: %lu passed, %lu failed\n", passed, failed);
	return failed ? 1 : 0;
}
