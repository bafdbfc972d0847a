// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tools/file.h"

#define SIZE_MAX_READ	((size_t)1 << 32)

/* All that is left to read; NULL: *why says what went wrong. */
static uint8_t *read_all(gzFile f, size_t *size, const char **why)
{
	uint8_t *bytes = NULL, *more;
	size_t room = 0;
	int n, error;

	for (;;) {
		if (*size == room) {
			room = room ? 2 * room : 1 << 20;
			more = room <= SIZE_MAX_READ ? realloc(bytes, room) : NULL;
			if (!more) {
				*why = "it is too large";
				break;
			}
			bytes = more;
		}
		n = gzread(f, bytes + *size, (unsigned int)(room - *size < 1u << 30 ? room - *size :
								     1u << 30));
		if (n < 0) {
			*why = gzerror(f, &error);
			if (error == Z_ERRNO)
				*why = strerror(errno);
			break;
		}
		if (n == 0)
			return bytes;
		*size += (size_t)n;
	}
	free(bytes);
	return NULL;
}

uint8_t *file_read(const char *name, size_t *size)
{
	int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	const char *why = NULL;
	uint8_t *bytes = NULL;
	gzFile f = NULL;

	*size = 0;
	if (fd >= 0)
		f = gzdopen(fd, "rb");
	if (f) {
		bytes = read_all(f, size, &why);
		gzclose(f);
	} else {
		why = strerror(errno);
		if (fd >= 0)
			close(fd);
	}
	if (!bytes)
		fprintf(stderr, "riven: cannot read %s: %s\n", name, why);
	return bytes;
}
