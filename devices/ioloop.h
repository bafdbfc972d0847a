/* SPDX-License-Identifier: GPL-2.0-only */
/* The I/O thread: waits for file descriptors and calls who asked. */
#ifndef DEVICES_IOLOOP_H
#define DEVICES_IOLOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define IOLOOP_MAX_FDS	64

struct ioloop_fd {
	int fd;		/* -1: free */
	uint32_t events;
	void (*ready)(void *opaque, uint32_t events);
	void *opaque;
};

struct ioloop {
	int epoll;
	int wake;	/* eventfd */
	bool running;
	bool stop;	/* under lock */
	pthread_t thread;
	pthread_mutex_t lock;
	struct ioloop_fd fds[IOLOOP_MAX_FDS];
};

/* 0 or a negative errno value. */
int ioloop_init(struct ioloop *loop);
int ioloop_start(struct ioloop *loop);
/* End the thread; the callback that runs ends first. */
void ioloop_stop(struct ioloop *loop);
void ioloop_destroy(struct ioloop *loop);

/*
 * Call ready in the I/O thread when fd has events (EPOLLIN, EPOLLOUT).
 * -EPERM: a file that is always ready; -EBADF and the like.
 */
int ioloop_add(struct ioloop *loop, int fd, uint32_t events,
	       void (*ready)(void *opaque, uint32_t events), void *opaque);
/* No events: leave it alone until changed again. */
void ioloop_change(struct ioloop *loop, int fd, uint32_t events);
/* After this, ready is not called any more, unless it runs right now in the I/O thread. */
void ioloop_remove(struct ioloop *loop, int fd);

#endif
