/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of functions by their addresses, from ELF files and symbol lists. */
#ifndef TOOLS_SYMBOLS_H
#define TOOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* Without names at first; NULL when memory is short. */
struct symbols *symbols_create(void);
void symbols_destroy(struct symbols *s);

/*
 * Take the names of an ELF file's functions, or if there must be some, of a list like
 * System.map ("address type name" in each line), in gzip or not. False after a line on
 * stderr: it cannot be read, or there must be some and are none.
 */
bool symbols_add_file(struct symbols *s, const char *file, bool must);
/* Those of the GVMM that is built in: offsets in the blob. */
bool symbols_add_gvmm(struct symbols *s);

size_t symbols_count(const struct symbols *s);

/* The function that address lies in, and how far; NULL: nobody knows. */
const char *symbols_find(struct symbols *s, uint64_t address, uint64_t *offset);

/* "name+0x10", "name", or the address alone. */
void symbols_describe(struct symbols *s, uint64_t address, char *text, size_t size);

/* A function for each: in order of addresses. */
void symbols_each(struct symbols *s, void (*each)(void *opaque, uint64_t address, uint64_t size,
						  const char *name), void *opaque);

#endif
