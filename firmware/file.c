// SPDX-License-Identifier: GPL-2.0-only
/* Reading and unpacking files for a boot. */
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "firmware/image.h"

#define CHUNK		(1u << 20)
#define HUGE_PAGE	(size_t)0x200000
/* No byte of a deflate stream makes more than so many. */
#define DEFLATE_MAX	1032

static _Thread_local char *errors_to;
static _Thread_local size_t errors_size;

void image_errors_to(char *text, size_t size)
{
	errors_to = text;
	errors_size = size;
}

void image_error(const char *path, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	/* clang-tidy 14 loses sight of va_start when it looks at several files. */
	vsnprintf(text, sizeof(text), format, ap); /* NOLINT(clang-analyzer-valist.*) */
	va_end(ap);
	if (errors_to)
		snprintf(errors_to, errors_size, "riven: %s: %s\n", path, text);
	else
		fprintf(stderr, "riven: %s: %s\n", path, text);
}

/* Room for at least *size bytes, which becomes what there is: large pages are had sooner. */
static uint8_t *alloc_room(size_t *size)
{
	uint8_t *data;

	if (*size < HUGE_PAGE)
		return malloc(*size);
	*size = (*size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	data = aligned_alloc(HUGE_PAGE, *size);
	if (data)
		madvise(data, *size, MADV_HUGEPAGE);
	return data;
}

/* Make room for more bytes behind *size; false when there is no memory. */
static bool grow(uint8_t **data, size_t *room, size_t size, size_t more)
{
	size_t want = *room ? *room : CHUNK;
	uint8_t *p;

	if (*room - size >= more)
		return true;
	while (want - size < more)
		want *= 2;
	p = realloc(*data, want);
	if (!p)
		return false;
	*data = p;
	*room = want;
	return true;
}

/*
 * Everything up to the end of fd, whose size is expected bytes but may change meanwhile;
 * -EFBIG beyond max bytes.
 */
static int read_all(int fd, uint64_t expected, uint64_t max, uint8_t **data, size_t *size)
{
	size_t room = expected + 1;

	if (expected > max)
		return -EFBIG;
	*data = alloc_room(&room);
	if (!*data)
		return -ENOMEM;
	for (;;) {
		ssize_t n;

		if (!grow(data, &room, *size, 1))
			return -ENOMEM;
		n = read(fd, *data + *size, room - *size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		*size += (size_t)n;
		if (*size > max)
			return -EFBIG;
	}
}

int image_read_file(const char *path, uint64_t max, uint8_t **data, size_t *size)
{
	struct stat st;
	int fd, r;

	*data = NULL;
	*size = 0;
	/* Opening a FIFO that nobody writes to would wait for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		r = -errno;
		image_error(path, "cannot be opened: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		image_error(path, "is not a regular file");
		close(fd);
		return -EINVAL;
	}
	r = read_all(fd, (uint64_t)st.st_size, max, data, size);
	close(fd);
	if (r == -EFBIG)
		image_error(path, "is larger than the guest's memory allows (%llu MiB)",
			    (unsigned long long)(max >> 20));
	else if (r)
		image_error(path, "cannot be read: %s", strerror(-r));
	else if (!*size)
		image_error(path, "is empty");
	if (!r && !*size)
		r = -EINVAL;
	if (r) {
		free(*data);
		*data = NULL;
	}
	return r;
}

const char *gunzip_error(enum gunzip_status status)
{
	switch (status) {
	case GUNZIP_OK:
		break;
	case GUNZIP_DAMAGED:
		return "is a damaged gzip file";
	case GUNZIP_TRUNCATED:
		return "is a truncated gzip file";
	case GUNZIP_TOO_BIG:
		return "is too large for the guest's memory when unpacked";
	case GUNZIP_NO_MEMORY:
		return "cannot be unpacked: out of memory";
	}
	return "is fine";
}

/*
 * The whole file at once, which takes a quarter of the time: when it is one member that is
 * whole. NULL: zlib is to find out what it is.
 */
static uint8_t *unpack_at_once(const uint8_t *in, size_t in_size, uint64_t max, size_t *out_size)
{
	struct libdeflate_decompressor *d = NULL;
	enum libdeflate_result r = LIBDEFLATE_BAD_DATA;
	uint32_t size = 0;
	size_t room;
	uint8_t *data;

	/* A member ends with the size of what it unpacks to, modulo 2^32. */
	if (in_size >= sizeof(size))
		memcpy(&size, in + in_size - sizeof(size), sizeof(size));
	if (!size || size > max || size / DEFLATE_MAX > in_size)
		return NULL;
	room = size;
	data = alloc_room(&room);
	if (data)
		d = libdeflate_alloc_decompressor();
	if (d) {
		r = libdeflate_gzip_decompress(d, in, in_size, data, size, out_size);
		libdeflate_free_decompressor(d);
	}
	if (r == LIBDEFLATE_SUCCESS)
		return data;
	free(data);
	return NULL;
}

enum gunzip_status gunzip(const uint8_t *in, size_t in_size, uint64_t max, uint8_t **out,
			  size_t *out_size)
{
	size_t whole_size;
	uint8_t *whole = unpack_at_once(in, in_size, max, &whole_size), *data = NULL;
	size_t room = 0, size = 0;
	z_stream z = { 0 };
	enum gunzip_status status = GUNZIP_OK;
	int r = Z_OK;

	if (whole && out) {
		*out = whole;
		*out_size = whole_size;
		return GUNZIP_OK;
	}
	if (whole) {
		free(whole);
		return GUNZIP_OK;
	}
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return GUNZIP_NO_MEMORY;
	while (r != Z_STREAM_END) {
		size_t take = in_size < CHUNK ? in_size : CHUNK;

		if (!grow(&data, &room, out ? size : 0, CHUNK)) {
			status = GUNZIP_NO_MEMORY;
			break;
		}
		z.next_in = (Bytef *)(uintptr_t)in;
		z.avail_in = (uInt)take;
		z.next_out = data + (out ? size : 0);
		z.avail_out = CHUNK;
		r = inflate(&z, Z_NO_FLUSH);
		in += take - z.avail_in;
		in_size -= take - z.avail_in;
		size += CHUNK - z.avail_out;
		if (r == Z_MEM_ERROR) {
			status = GUNZIP_NO_MEMORY;
			break;
		}
		if (r != Z_OK && r != Z_STREAM_END) {
			status = r == Z_BUF_ERROR && !in_size ? GUNZIP_TRUNCATED : GUNZIP_DAMAGED;
			break;
		}
		if (size > max) {
			status = GUNZIP_TOO_BIG;
			break;
		}
	}
	inflateEnd(&z);
	if (status != GUNZIP_OK || !out) {
		free(data);
		return status;
	}
	*out = data;
	*out_size = size;
	return GUNZIP_OK;
}
