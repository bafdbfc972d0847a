// SPDX-License-Identifier: GPL-2.0-only
/* Virtio console, one port (virtio 1.1, section 5.3). */
#include "devices/virtio.h"

#include <stdlib.h>
#include <string.h>

#include "devices/charbackend.h"

#define QUEUE_RX	0
#define QUEUE_TX	1

#define F_SIZE		(1ull << 0)
#define F_EMERG_WRITE	(1ull << 2)

#define CONFIG_COLUMNS	0
#define CONFIG_ROWS	2
#define CONFIG_EMERG	8
#define CONFIG_SIZE	12

#define PART	512

struct virtio_console {
	struct virtio_device dev;
	struct char_backend be;
	void (*ready)(void *opaque, bool up);
	void *ready_opaque;

	/* Output of which the backend has taken a part. */
	bool sending;
	uint64_t sent;
	struct virtq_chain tx, rx;
};

/* Send the rest of con->tx. False: the backend is full. */
static bool send_rest(struct virtio_console *con)
{
	uint8_t part[PART];
	uint32_t n;
	size_t taken;

	while (con->sent < con->tx.out_size) {
		n = virtq_read(&con->tx, con->sent, part, sizeof(part));
		taken = char_write(&con->be, part, n);
		con->sent += taken;
		if (taken < n)
			return false;
	}
	return true;
}

static void transmit(struct virtio_console *con)
{
	for (;;) {
		if (!con->sending) {
			if (!virtio_pop(&con->dev, QUEUE_TX, &con->tx))
				break;
			con->sending = true;
			con->sent = 0;
		}
		if (!send_rest(con))
			break;
		con->sending = false;
		virtq_push(&con->dev.queues[QUEUE_TX], &con->tx, 0);
	}
	virtio_used(&con->dev, QUEUE_TX);
}

static void receive(struct virtio_console *con)
{
	struct virtq *q = &con->dev.queues[QUEUE_RX];
	uint8_t part[PART];

	while (virtio_pop(&con->dev, QUEUE_RX, &con->rx)) {
		size_t size = con->rx.in_size < PART ? con->rx.in_size : PART;
		size_t n = char_read(&con->be, part, size);

		if (!n) {
			virtq_unpop(q);
			break;
		}
		virtq_write(&con->rx, 0, part, (uint32_t)n);
		virtq_push(q, &con->rx, (uint32_t)n);
	}
	virtio_used(&con->dev, QUEUE_RX);
}

static void console_notify(struct virtio_device *dev, uint32_t n)
{
	struct virtio_console *con = (struct virtio_console *)dev;

	if (con->ready)
		con->ready(con->ready_opaque, true);
	if (n == QUEUE_TX)
		transmit(con);
	else
		receive(con);
}

static void console_reset(struct virtio_device *dev)
{
	struct virtio_console *con = (struct virtio_console *)dev;

	con->sending = false;
	if (con->ready)
		con->ready(con->ready_opaque, false);
}

/* Output for a driver that has nothing set up. */
static void console_config_write(struct virtio_device *dev, uint32_t offset, uint32_t value)
{
	struct virtio_console *con = (struct virtio_console *)dev;
	uint8_t byte = (uint8_t)value;

	if (offset == CONFIG_EMERG)
		char_write(&con->be, &byte, 1);
}

static const struct virtio_ops console_ops = {
	.notify = console_notify,
	.reset = console_reset,
	.config_write = console_config_write,
};

void virtio_console_readable(void *con)
{
	receive(con);
}

void virtio_console_writable(void *opaque)
{
	struct virtio_console *con = opaque;

	if (con->sending)
		transmit(con);
}

void virtio_console_resize(struct virtio_console *con, uint16_t columns, uint16_t rows)
{
	memcpy(con->dev.config + CONFIG_COLUMNS, &columns, sizeof(columns));
	memcpy(con->dev.config + CONFIG_ROWS, &rows, sizeof(rows));
	virtio_config_changed(&con->dev);
}

void virtio_console_on_ready(struct virtio_console *con, void (*ready)(void *opaque, bool up),
			     void *opaque)
{
	con->ready = ready;
	con->ready_opaque = opaque;
}

struct virtio_console *virtio_console_create(const struct char_backend *be)
{
	struct virtio_console *con = calloc(1, sizeof(*con));

	if (!con)
		return NULL;
	con->be = *be;
	con->dev.id = VIRTIO_ID_CONSOLE;
	con->dev.features = F_SIZE | F_EMERG_WRITE;
	con->dev.nr_queues = 2;
	con->dev.ops = &console_ops;
	con->dev.config_size = CONFIG_SIZE;
	return con;
}

struct virtio_device *virtio_console_device(struct virtio_console *con)
{
	return &con->dev;
}
