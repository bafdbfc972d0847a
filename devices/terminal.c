// SPDX-License-Identifier: GPL-2.0-only
/* Terminal settings. */
#include "devices/terminal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios original;
static bool is_terminal;
static atomic_bool is_raw;	/* lock-free, as signal handlers need */

void terminal_restore(void)
{
	if (atomic_exchange(&is_raw, false))
		tcsetattr(STDIN_FILENO, TCSANOW, &original);
}

/* The default action follows, once the terminal is usable again. */
static void on_fatal(int sig)
{
	terminal_restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

bool terminal_init(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &original) < 0)
		return false;
	is_terminal = true;
	atexit(terminal_restore);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], on_fatal);
	return true;
}

void terminal_raw(void)
{
	struct termios raw = original;

	/* A background process that sets the terminal is stopped. */
	if (!is_terminal || tcgetpgrp(STDIN_FILENO) != getpgrp())
		return;
	cfmakeraw(&raw);
	atomic_store(&is_raw, true);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

bool terminal_size(uint16_t *columns, uint16_t *rows)
{
	struct winsize ws;

	if (!is_terminal || ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0 || !ws.ws_col || !ws.ws_row)
		return false;
	*columns = ws.ws_col;
	*rows = ws.ws_row;
	return true;
}
