/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of a character device: what it takes is kept, what it gives is a string. */
#ifndef TESTS_UNIT_FAKE_HOST_H
#define TESTS_UNIT_FAKE_HOST_H

#include <stdint.h>
#include <string.h>

#include "devices/charbackend.h"

static struct {
	char out[4096];
	size_t nr_out, room;	/* bytes taken, and how many more it takes */
	const char *in;		/* what is still to be read */
} host;

static size_t host_write(void *opaque, const uint8_t *data, size_t size)
{
	(void)opaque;
	if (size > host.room)
		size = host.room;
	memcpy(host.out + host.nr_out, data, size);
	host.nr_out += size;
	host.room -= size;
	return size;
}

static size_t host_read(void *opaque, uint8_t *data, size_t size)
{
	size_t n = strlen(host.in);

	(void)opaque;
	if (n > size)
		n = size;
	memcpy(data, host.in, n);
	host.in += n;
	return n;
}

static const struct char_backend host_backend = { host_write, host_read, NULL };

#endif
