// SPDX-License-Identifier: GPL-2.0-only
/*
 * forktest [COUNT]: forks COUNT children one after the other (200 unless told); every second one replaces itself by
 * this program, the others exit at once. Each returns a status of its own, and a page written after the fork must not
 * show through to the parent.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "programs.h"

static int cookie = 1;

static void child(int i)
{
	char arg[16];

	cookie = i + 1000;
	if (i & 1) {
		snprintf(arg, sizeof(arg), "%d", i & 127);
		execl("/proc/self/exe", "forktest", "--exit", arg, (char *)NULL);
		_exit(255);
	}
	_exit(i & 127);
}

int forktest(int argc, char **argv)
{
	int count = 200, good = 0;
	int i;

	if (argc > 2 && strcmp(argv[1], "--exit") == 0)
		return atoi(argv[2]);
	if (argc > 1)
		count = atoi(argv[1]);

	for (i = 0; i < count; i++) {
		int status = -1;
		pid_t pid = fork();

		need("fork", pid >= 0);
		if (pid == 0)
			child(i);
		need("waitpid", waitpid(pid, &status, 0) == pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == (i & 127) && cookie == 1)
			good++;
		else
			printf("child %d: status %#x, cookie %d\n", i, status, cookie);
	}
	check("fork.loop", good, count);
	return check_status();
}
