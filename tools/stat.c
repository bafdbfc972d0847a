// SPDX-License-Identifier: GPL-2.0-only
/*
 * `riven stat`: the counters of a run, over a socket that the run listens at.
 * Who connects gets the text, a zero byte, and the JSON.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/run.h"

#define ANSWER_MAX	65536

struct stat_server {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const struct stats_source *src;
	struct ioloop *loop;
};

static const char *socket_dir(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	return dir && *dir ? dir : "/tmp";
}

static bool make_address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(a->sun_path))
		return false;
	memcpy(a->sun_path, path, strlen(path));
	return true;
}

/* The server's side. */

static void answer(void *opaque, uint32_t events)
{
	struct stat_server *s = opaque;
	char *text = NULL;
	size_t size = 0;
	FILE *f;
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	f = open_memstream(&text, &size);
	if (f) {
		stats_print(s->src, STATS_TEXT, f);
		fputc('\0', f);
		stats_print(s->src, STATS_JSON, f);
		fclose(f);
		/* It fits in the socket's buffer; who does not read gets nothing. */
		(void)!send(fd, text, size, MSG_NOSIGNAL);
		free(text);
	}
	close(fd);
}

/* What a run of the same process id has left behind goes; others' files stay. */
static void remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == getuid())
		unlink(path);
}

struct stat_server *stat_server_start(const char *path, const struct stats_source *src,
				      struct ioloop *loop)
{
	struct stat_server *s = calloc(1, sizeof(*s));
	struct sockaddr_un a;

	if (!s)
		return NULL;
	if (path)
		snprintf(s->path, sizeof(s->path), "%s", path);
	else
		snprintf(s->path, sizeof(s->path), "%s/riven-%d.sock", socket_dir(), getpid());
	s->src = src;
	s->loop = loop;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		goto free_server;
	remove_stale(s->path);
	if (!make_address(&a, s->path) || fchmod(s->fd, 0600) < 0 ||
	    bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		goto close_fd;
	if (listen(s->fd, 8) < 0 || ioloop_add(loop, s->fd, EPOLLIN, answer, s) < 0)
		goto unlink_path;
	return s;

unlink_path:
	unlink(s->path);
close_fd:
	close(s->fd);
free_server:
	free(s);
	return NULL;
}

void stat_server_stop(struct stat_server *s)
{
	if (!s)
		return;
	ioloop_remove(s->loop, s->fd);
	close(s->fd);
	unlink(s->path);
	free(s);
}

/* The command's side. */

/* Connect to a run; -1 with errno. */
static int dial(const char *path)
{
	struct sockaddr_un a;
	int fd;

	if (!make_address(&a, path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* The process id in riven-PID.sock, or 0. */
static long pid_of(const char *name)
{
	char *end;
	long pid;

	if (strncmp(name, "riven-", 6) != 0)
		return 0;
	pid = strtol(name + 6, &end, 10);
	return strcmp(end, ".sock") == 0 && pid > 0 ? pid : 0;
}

static int dial_pid(long pid)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/riven-%ld.sock", socket_dir(), pid);
	return dial(path);
}

/* The one run that answers; -1 after a line on stderr when there are none or several. */
static int dial_only(void)
{
	DIR *dir = opendir(socket_dir());
	const struct dirent *e;
	char others[256] = "";
	int found = -1, count = 0;

	while (dir && (e = readdir(dir))) {
		long pid = pid_of(e->d_name);
		int fd = pid ? dial_pid(pid) : -1;
		size_t len = strlen(others);

		if (fd < 0)
			continue;
		snprintf(others + len, sizeof(others) - len, " %ld", pid);
		if (count++)
			close(fd);
		else
			found = fd;
	}
	if (dir)
		closedir(dir);
	if (count == 1)
		return found;
	if (count) {
		close(found);
		fprintf(stderr, "riven stat: several guests run; name one:%s\n", others);
	} else {
		fprintf(stderr, "riven stat: no guest of yours runs\n");
	}
	return -1;
}

static int print_answer(int fd, bool json)
{
	static char buf[ANSWER_MAX];
	size_t size = 0, text;
	ssize_t n;

	while (size < sizeof(buf) - 1 && (n = read(fd, buf + size, sizeof(buf) - 1 - size)) > 0)
		size += (size_t)n;
	close(fd);
	buf[size] = '\0';
	text = strlen(buf);
	if (text == size) {
		fprintf(stderr, "riven stat: the guest gave no answer\n");
		return STATUS_ERROR;
	}
	fputs(json ? buf + text + 1 : buf, stdout);
	return fflush(stdout) == 0 ? STATUS_OK : STATUS_ERROR;
}

static int dial_named(const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);
	int fd = *end || pid <= 0 ? dial(name) : dial_pid(pid);

	if (fd < 0)
		fprintf(stderr, "riven stat: no guest answers at %s: %s\n", name, strerror(errno));
	return fd;
}

int cmd_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int c, fd;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j') {
			json = true;
		} else if (c == 'h') {
			puts("usage: riven stat [--json] [PID | SOCKET]\n"
			     "Print the counters of a guest that runs.");
			return STATUS_OK;
		} else {
			fprintf(stderr, "riven stat: unknown option %s; `riven stat --help`\n",
				argv[optind - 1]);
			return STATUS_USAGE;
		}
	}
	if (argc - optind > 1) {
		fprintf(stderr, "riven stat: one guest at a time; `riven stat --help`\n");
		return STATUS_USAGE;
	}
	fd = optind < argc ? dial_named(argv[optind]) : dial_only();
	return fd < 0 ? STATUS_ERROR : print_answer(fd, json);
}
