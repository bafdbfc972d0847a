/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reporting for the guest's test programs: one line "PASS name" or "FAIL name: expected, got" for each check, and an
 * exit status which is 0 only if all passed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

static int failures;

/* Reports whether a value is the expected one. */
static inline void check(const char *name, long got, long expected)
{
	if (got == expected) {
		printf("PASS %s\n", name);
	} else {
		printf("FAIL %s: expected %ld (%#lx), got %ld (%#lx)\n", name, expected, expected, got, got);
		failures++;
	}
	fflush(stdout);
}

/* Ends the program because a system call it relies on failed. */
static inline void need(const char *name, int ok)
{
	if (ok)
		return;
	fflush(stdout);
	perror(name);
	exit(2);
}

static inline int check_status(void)
{
	return failures ? 1 : 0;
}

#endif
