// SPDX-License-Identifier: GPL-2.0-only
/* Signals to the command, taken one by one in the I/O thread. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "devices/terminal.h"
#include "tools/run.h"

static atomic_int received;
static int fd = -1;

static const int wanted[] = { SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,
			      SIGTSTP, SIGCONT, SIGWINCH };

/* What the parent has ignored (nohup, a shell's background jobs) stays ignored. */
static sigset_t wanted_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct sigaction old;

		if (sigaction(wanted[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaddset(&set, wanted[i]);
	}
	return set;
}

void signals_block(void)
{
	sigset_t set = wanted_set();

	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void take(void *opaque, uint32_t events)
{
	struct machine *m = opaque;
	struct signalfd_siginfo si;

	(void)events;
	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGTSTP:
		terminal_restore();
		kill(getpid(), SIGSTOP);
		break;
	case SIGCONT:
		terminal_raw();
		break;
	case SIGWINCH:
		machine_resize(m);
		break;
	default:
		atomic_store(&received, (int)si.ssi_signo);
		machine_stop(m, MACHINE_SIGNAL);
		machine_abandon_output(m);
		break;
	}
}

int signals_start(struct ioloop *loop, struct machine *m)
{
	sigset_t set = wanted_set();

	fd = signalfd(fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return ioloop_add(loop, fd, EPOLLIN, take, m);
}

int signals_received(void)
{
	return atomic_load(&received);
}
