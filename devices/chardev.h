/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's line to standard input and output. Output goes through a buffer
 * and a thread of its own, so that a slow reader holds up nothing but the
 * serial line; input waits in a buffer until a device takes it.
 *
 * On a terminal, Ctrl-A introduces a command: x quits, h helps, a is Ctrl-A
 * itself, b is a break, p the power button.
 */
#ifndef DEVICES_CHARDEV_H
#define DEVICES_CHARDEV_H

#include <pthread.h>
#include <stdbool.h>

#include "devices/charbackend.h"
#include "devices/ioloop.h"

#define CHARDEV_OUT	65536
#define CHARDEV_IN	4096
#define CHARDEV_CLIENTS	4

/* A device on the line; called with the machine's lock held. */
struct chardev_client {
	void (*readable)(void *opaque);
	void (*writable)(void *opaque);
	void (*send_break)(void *opaque);	/* NULL: no such thing */
	void *opaque;
};

/* What keys ask of the machine; called in the I/O thread without the lock. */
enum chardev_key {
	CHARDEV_QUIT,
	CHARDEV_POWER_BUTTON,
};

struct chardev {
	pthread_mutex_t *machine_lock;
	struct ioloop *loop;
	void (*key)(void *opaque, enum chardev_key key);
	void *key_opaque;
	int in_fd, out_fd;
	bool escapes;		/* on a terminal */
	bool escaped;		/* Ctrl-A was typed */

	/* Under machine_lock. */
	uint32_t nr_clients;
	struct chardev_client clients[CHARDEV_CLIENTS];
	struct chardev_client *reader;	/* who gets the input */
	uint8_t in[CHARDEV_IN];
	size_t in_head, in_count;
	bool in_polled, in_always_ready, in_ended;
	int in_wake;		/* eventfd: there is room again */

	/* Under out_lock. */
	pthread_mutex_t out_lock;
	pthread_cond_t out_more;	/* for the writer: bytes or the end */
	pthread_cond_t out_less;	/* for chardev_flush() */
	pthread_t writer;
	uint8_t out[CHARDEV_OUT];
	size_t out_head, out_count;
	bool out_writing, out_full_seen, out_telling, out_closed, out_end, out_abandoned;
};

/*
 * machine_lock and loop outlive the line. 0 or a negative errno value. Closed
 * descriptors are no error: there is no input, or output is dropped.
 */
int chardev_init(struct chardev *cd, int in_fd, int out_fd, bool terminal,
		 pthread_mutex_t *machine_lock, struct ioloop *loop,
		 void (*key)(void *opaque, enum chardev_key key), void *key_opaque);
/* Write what is buffered, then end. */
void chardev_destroy(struct chardev *cd);

/* The client's side. The first client is the reader until another becomes it. */
struct chardev_client *chardev_attach(struct chardev *cd, const struct chardev_client *client);
void chardev_set_reader(struct chardev *cd, struct chardev_client *client);
/* For a reset: all clients go, buffers stay. */
void chardev_detach_all(struct chardev *cd);
struct char_backend chardev_backend(struct chardev *cd);

/* Text of the machine's own, between the guest's bytes. */
void chardev_message(struct chardev *cd, const char *text);
/* Wait until all output is written, or given up by chardev_abandon(). */
void chardev_flush(struct chardev *cd);
/* Do not wait for a reader that does not read: for a user who wants out. */
void chardev_abandon(struct chardev *cd);

#endif
