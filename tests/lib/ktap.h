/* SPDX-License-Identifier: GPL-2.0-only */
/* KTAP output for test programs: one line a property, what was expected and got when it fails. */
#ifndef TESTS_LIB_KTAP_H
#define TESTS_LIB_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int ktap_count, ktap_failures;

static inline void ktap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
}

/* One result; the name is a printf format. Returns ok. */
__attribute__((format(printf, 2, 3))) static inline bool ktap_result(bool ok, const char *name, ...)
{
	va_list ap;

	ktap_count++;
	ktap_failures += !ok;
	printf("%sok %u ", ok ? "" : "not ", ktap_count);
	va_start(ap, name);
	vprintf(name, ap);
	va_end(ap);
	printf("\n");
	return ok;
}

static inline void ktap_skip(const char *name, const char *why)
{
	ktap_count++;
	printf("ok %u %s # SKIP %s\n", ktap_count, name, why);
}

/* The plan and the exit status. */
static inline int ktap_end(void)
{
	printf("1..%u\n", ktap_count);
	return ktap_failures != 0;
}

#endif
