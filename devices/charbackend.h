/* SPDX-License-Identifier: GPL-2.0-only */
/* What a serial device needs from the host side: somewhere to write to and read from. */
#ifndef DEVICES_CHARBACKEND_H
#define DEVICES_CHARBACKEND_H

#include <stddef.h>
#include <stdint.h>

/* Neither waits. */
struct char_backend {
	/* Bytes taken, in order; fewer than size: the device is told when there is room. */
	size_t (*write)(void *opaque, const uint8_t *data, size_t size);
	/* Bytes read; fewer than size: the device is told when there are more. */
	size_t (*read)(void *opaque, uint8_t *data, size_t size);
	void *opaque;
};

static inline size_t char_write(const struct char_backend *be, const uint8_t *data, size_t size)
{
	return be->write ? be->write(be->opaque, data, size) : size;
}

static inline size_t char_read(const struct char_backend *be, uint8_t *data, size_t size)
{
	return be->read ? be->read(be->opaque, data, size) : 0;
}

#endif
