/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that commands read whole. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The whole file ("-": standard input), unpacked if it is in gzip, by malloc, and its
 * size; NULL after a line on stderr.
 */
uint8_t *file_read(const char *name, size_t *size);

#endif
