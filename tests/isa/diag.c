// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "tests/isa/diag.h"

static char text[16384];
static size_t used;

void diag(const char *format, ...)
{
	size_t room = sizeof(text) - used;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text + used, room, format, ap);
	va_end(ap);
	/* With room for the newline. */
	if (n < 0 || (size_t)n + 1 >= room)
		return;
	used += (size_t)n;
	text[used++] = '\n';
}

void diag_flush(_Bool wanted)
{
	size_t start = 0;

	for (size_t i = 0; wanted && i < used; i++)
		if (text[i] == '\n') {
			printf("# %.*s\n", (int)(i - start), text + start);
			start = i + 1;
		}
	used = 0;
}
