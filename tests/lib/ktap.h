/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP output for test programs, one line a property. Where one fails, what was
 * expected and how to run it alone: the environment's RIVEN_CASE, when set, is
 * a part of the names of the results to give.
 */
#ifndef TESTS_LIB_KTAP_H
#define TESTS_LIB_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int ktap_count, ktap_failures;

static inline void ktap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
}

static inline bool ktap_wanted(const char *name)
{
	const char *only = getenv("RIVEN_CASE");

	return !only || strstr(name, only);
}

/* The command line of this program, as a shell takes it when no argument has blanks. */
static inline void ktap_print_alone(const char *name)
{
	FILE *f = fopen("/proc/self/cmdline", "r");
	char text[1024];
	size_t size = f ? fread(text, 1, sizeof(text), f) : 0;

	printf("#   alone: RIVEN_CASE='%s'", name);
	for (size_t i = 0; i < size; i += strnlen(text + i, size - i) + 1)
		printf(" %.*s", (int)(size - i), text + i);
	printf("\n");
	if (f)
		fclose(f);
}

/* What ktap_result() below calls; condition NULL: the caller explains a failure itself. */
__attribute__((format(printf, 5, 6))) static inline bool
ktap_report(bool ok, const char *condition, const char *file, int line, const char *format, ...)
{
	char name[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	if (!ktap_wanted(name))
		return ok;
	ktap_count++;
	ktap_failures += !ok;
	printf("%sok %u %s\n", ok ? "" : "not ", ktap_count, name);
	if (!ok && condition) {
		printf("#   expected at %s:%d: %s\n#   got: it does not hold\n", file, line,
		       condition);
		ktap_print_alone(name);
	}
	return ok;
}

/* One result; the name is a printf format. Returns ok. */
#define ktap_result(ok, ...) ktap_report((ok), #ok, __FILE__, __LINE__, __VA_ARGS__)

static inline void ktap_skip(const char *name, const char *why)
{
	if (!ktap_wanted(name))
		return;
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
