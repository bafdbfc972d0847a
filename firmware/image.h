/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that a boot loads: read, unpacked and checked, nothing placed yet. */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAX_SEGMENTS	64

/* A part of a kernel: filesz bytes of data, then zeros up to memsz. */
struct image_segment {
	uint64_t gpa;
	uint64_t filesz, memsz;
	const uint8_t *data;	/* in the image's file */
};

/* A kernel, unpacked. Segments are sorted by address and do not overlap; none is empty. */
struct image {
	uint8_t *file;		/* owned */
	size_t size;
	uint64_t entry;		/* guest-physical */
	unsigned int nr;
	struct image_segment segment[IMAGE_MAX_SEGMENTS];
};

/*
 * Read a file of at most max bytes. The caller frees *data. Prints one line and
 * returns a negative errno value when that fails; an empty file is an error.
 */
int image_read_file(const char *path, uint64_t max, uint8_t **data, size_t *size);

/* Read an ELF or gzipped ELF kernel for IA-64. Prints one line when it is none. */
int image_load_kernel(const char *path, uint64_t max, struct image *image);
void image_free(struct image *image);

/*
 * Is this an initrd that a kernel could take, whole, and of at most max bytes when it is
 * unpacked? Prints one line when not.
 */
bool image_check_initrd(const char *path, const uint8_t *data, size_t size, uint64_t max);

/*
 * "riven: PATH: " and the sentence, on stderr, or what image_errors_to() has named for this
 * thread. NULL: stderr again.
 */
#define IMAGE_ERROR_SIZE	1024
void image_errors_to(char *text, size_t size);
__attribute__((format(printf, 2, 3))) void image_error(const char *path, const char *format, ...);

/* How the unpacking of a gzip file went. */
enum gunzip_status {
	GUNZIP_OK,
	GUNZIP_DAMAGED,
	GUNZIP_TRUNCATED,
	GUNZIP_TOO_BIG,
	GUNZIP_NO_MEMORY,
};

static inline bool is_gzip(const uint8_t *data, size_t size)
{
	return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* Unpack the first member of a gzip file; out NULL: only see whether it is whole. */
enum gunzip_status gunzip(const uint8_t *in, size_t in_size, uint64_t max, uint8_t **out,
			  size_t *out_size);
const char *gunzip_error(enum gunzip_status status);

#endif
