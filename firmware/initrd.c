// SPDX-License-Identifier: GPL-2.0-only
/* Is a file an initial RAM disk, and is it whole as far as one can tell? */
#include <string.h>

#include "firmware/image.h"

#define CPIO_HEADER	110	/* of "newc": a magic and 13 fields of 8 hexadecimal digits */
#define CPIO_SIZE	54	/* where the file's size is */
#define CPIO_NAME_SIZE	94

static bool is_cpio(const uint8_t *data, size_t size)
{
	return size >= 6 && (!memcmp(data, "070701", 6) || !memcmp(data, "070702", 6));
}

/* A field of a cpio header; false when it is not hexadecimal. */
static bool hex8(const uint8_t *p, uint64_t *value)
{
	int i;

	*value = 0;
	for (i = 0; i < 8; i++) {
		uint8_t c = p[i] | 0x20;

		if (c >= '0' && c <= '9')
			*value = *value * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			*value = *value * 16 + c - 'a' + 10;
		else
			return false;
	}
	return true;
}

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~3ull;
}

/*
 * Walk a cpio archive to its trailer. What follows, another archive perhaps,
 * is left to the kernel.
 */
static const char *cpio_error(const uint8_t *data, size_t size)
{
	uint64_t at = 0;

	for (;;) {
		uint64_t name_size, file_size, name = at + CPIO_HEADER, end;

		if (size < name || !is_cpio(data + at, size - at))
			return size < name ? "is a truncated cpio archive" :
					     "is a damaged cpio archive";
		if (!hex8(data + at + CPIO_SIZE, &file_size) ||
		    !hex8(data + at + CPIO_NAME_SIZE, &name_size) || !name_size)
			return "is a damaged cpio archive";
		if (name_size > size - name)
			return "is a truncated cpio archive";
		if (name_size == 11 && !memcmp(data + name, "TRAILER!!!", 11))
			return NULL;
		end = align4(align4(name + name_size) + file_size);
		if (end > align4(size))
			return "is a truncated cpio archive";
		at = end;
		if (at >= size)
			return "is a truncated cpio archive";
	}
}

/* Formats that a kernel knows and that are not looked into. */
static bool is_known(const uint8_t *data, size_t size)
{
	static const struct {
		uint16_t at, len;
		char magic[8];
	} formats[] = {
		{ 0, 3, "BZh" },
		{ 0, 6, "\xfd" "7zXZ" },
		{ 0, 3, "\x5d\0\0" },			/* lzma */
		{ 0, 4, "\x89LZO" },
		{ 0, 4, "\x02!L\x18" },			/* lz4 */
		{ 0, 4, "\x28\xb5\x2f\xfd" },		/* zstd */
		{ 0, 4, "hsqs" },
		{ 0, 8, { '-', 'r', 'o', 'm', '1', 'f', 's', '-' } },
		{ 0, 4, "\x45\x3d\xcd\x28" },		/* cramfs */
		{ 1080, 2, "\x53\xef" },		/* ext2, ext3, ext4 */
	};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (size >= (size_t)formats[i].at + formats[i].len &&
		    !memcmp(data + formats[i].at, formats[i].magic, formats[i].len))
			return true;
	return false;
}

bool image_check_initrd(const char *path, const uint8_t *data, size_t size, uint64_t max)
{
	const char *error = NULL;

	if (is_gzip(data, size)) {
		enum gunzip_status status = gunzip(data, size, max, NULL, NULL);

		if (status != GUNZIP_OK)
			error = gunzip_error(status);
	} else if (is_cpio(data, size)) {
		error = cpio_error(data, size);
	} else if (!is_known(data, size)) {
		error = "is no initrd that a kernel takes: neither a cpio archive, a file system nor "
			"one of these compressed";
	}
	if (error)
		image_error(path, "%s", error);
	return !error;
}
