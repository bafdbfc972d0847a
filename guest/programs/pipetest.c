// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipetest [MEGABYTES]: a child writes MEGABYTES (10 unless told) into a pipe in pieces of odd sizes, the parent reads
 * them in pieces of other sizes; count and content must be the same at both ends.
 */
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "programs.h"

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 24;
}

static void writer(int fd, long total)
{
	static unsigned char buf[20011];
	uint32_t seed = 1;
	long done = 0;

	while (done < total) {
		long n = 1 + (done * 7 + 4099) % (long)sizeof(buf), i, off = 0;

		if (n > total - done)
			n = total - done;
		for (i = 0; i < n; i++)
			buf[i] = next(&seed);
		while (off < n) {
			ssize_t w = write(fd, buf + off, n - off);

			if (w <= 0)
				_exit(1);
			off += w;
		}
		done += n;
	}
	_exit(0);
}

int pipetest(int argc, char **argv)
{
	static unsigned char buf[65536];
	long total = (argc > 1 ? atol(argv[1]) : 10) << 20;
	long count = 0, wrong = 0;
	int fds[2], status = -1;
	uint32_t seed = 1;
	ssize_t n, i;
	pid_t pid;

	need("pipe", pipe(fds) == 0);
	pid = fork();
	need("fork", pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		writer(fds[1], total);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, 1 + (count * 13 + 977) % (long)sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			wrong += buf[i] != next(&seed);
		count += n;
	}
	need("waitpid", waitpid(pid, &status, 0) == pid);
	check("pipe.count", count, total);
	check("pipe.wrong_bytes", wrong, 0);
	check("pipe.writer_status", status, 0);
	return check_status();
}
