/* SPDX-License-Identifier: GPL-2.0-only */
/* Which random program was running when the test hung or crashed. */
#ifndef TESTS_FUZZ_SEED_H
#define TESTS_FUZZ_SEED_H

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static uint64_t current_seed;

/* What failed and with which seed, from a signal handler. */
static void tell(const char *what, size_t size)
{
	char digits[24];
	size_t n = sizeof(digits);
	uint64_t seed = current_seed;

	digits[--n] = '\n';
	do {
		digits[--n] = (char)('0' + seed % 10);
		seed /= 10;
	} while (seed);
	if (write(1, what, size) < 0 || write(1, digits + n, sizeof(digits) - n) < 0)
		_exit(2);
}

static void hang(int sig)
{
	static const char what[] = "not ok hang, seed ";

	(void)sig;
	tell(what, sizeof(what) - 1);
	_exit(1);
}

/* ASan and UBSan end the program: say which seed it was. */
static void crash(int sig)
{
	static const char what[] = "not ok crash, seed ";

	tell(what, sizeof(what) - 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

const char *__asan_default_options(void)
{
	return "abort_on_error=1:handle_segv=0:handle_abort=0";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* Name the seed at a crash, and at the end of the time that alarm() has set. */
static void seed_watch(void)
{
	signal(SIGALRM, hang);
	signal(SIGSEGV, crash);
	signal(SIGABRT, crash);
}

#endif
