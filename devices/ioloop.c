// SPDX-License-Identifier: GPL-2.0-only
/* The I/O thread. */
#include "devices/ioloop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int control(struct ioloop *loop, int op, uint32_t slot)
{
	struct epoll_event ev = { .events = loop->fds[slot].events, .data.u32 = slot };

	return epoll_ctl(loop->epoll, op, loop->fds[slot].fd, &ev) < 0 ? -errno : 0;
}

static int find(const struct ioloop *loop, int fd)
{
	for (int i = 0; i < IOLOOP_MAX_FDS; i++) {
		if (loop->fds[i].fd == fd)
			return i;
	}
	return -1;
}

int ioloop_add(struct ioloop *loop, int fd, uint32_t events,
	       void (*ready)(void *opaque, uint32_t events), void *opaque)
{
	int slot, ret = -ENOSPC;

	if (fd < 0)
		return -EBADF;
	pthread_mutex_lock(&loop->lock);
	slot = find(loop, -1);
	if (slot >= 0) {
		loop->fds[slot] = (struct ioloop_fd){ fd, events, ready, opaque };
		ret = control(loop, EPOLL_CTL_ADD, (uint32_t)slot);
		if (ret)
			loop->fds[slot].fd = -1;
	}
	pthread_mutex_unlock(&loop->lock);
	return ret;
}

void ioloop_change(struct ioloop *loop, int fd, uint32_t events)
{
	int slot;

	pthread_mutex_lock(&loop->lock);
	slot = find(loop, fd);
	if (slot >= 0 && loop->fds[slot].events != events) {
		bool was = loop->fds[slot].events != 0;

		/* Hang-ups are reported as long as epoll knows the descriptor. */
		loop->fds[slot].events = events;
		control(loop, !events ? EPOLL_CTL_DEL : was ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
			(uint32_t)slot);
	}
	pthread_mutex_unlock(&loop->lock);
}

void ioloop_remove(struct ioloop *loop, int fd)
{
	int slot;

	pthread_mutex_lock(&loop->lock);
	slot = find(loop, fd);
	if (slot >= 0) {
		if (loop->fds[slot].events)
			control(loop, EPOLL_CTL_DEL, (uint32_t)slot);
		loop->fds[slot].fd = -1;
	}
	pthread_mutex_unlock(&loop->lock);
}

static void drain_wake(void *opaque, uint32_t events)
{
	struct ioloop *loop = opaque;
	uint64_t count;

	(void)events;
	while (read(loop->wake, &count, sizeof(count)) > 0)
		;
}

static bool stopping(struct ioloop *loop)
{
	bool stop;

	pthread_mutex_lock(&loop->lock);
	stop = loop->stop;
	pthread_mutex_unlock(&loop->lock);
	return stop;
}

static void dispatch(struct ioloop *loop, const struct epoll_event *ev)
{
	struct ioloop_fd f = { .fd = -1 };

	if (ev->data.u32 >= IOLOOP_MAX_FDS)
		return;
	pthread_mutex_lock(&loop->lock);
	f = loop->fds[ev->data.u32];
	pthread_mutex_unlock(&loop->lock);
	if (f.fd >= 0)
		f.ready(f.opaque, ev->events);
}

static void *run(void *opaque)
{
	struct ioloop *loop = opaque;
	struct epoll_event ev;

	/* One event at a time: its callback may remove the others. */
	while (!stopping(loop)) {
		if (epoll_wait(loop->epoll, &ev, 1, -1) == 1)
			dispatch(loop, &ev);
	}
	return NULL;
}

int ioloop_init(struct ioloop *loop)
{
	int ret;

	memset(loop, 0, sizeof(*loop));
	for (int i = 0; i < IOLOOP_MAX_FDS; i++)
		loop->fds[i].fd = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake < 0) {
		ret = -errno;
		close(loop->epoll);
		return ret;
	}
	pthread_mutex_init(&loop->lock, NULL);
	return ioloop_add(loop, loop->wake, EPOLLIN, drain_wake, loop);
}

int ioloop_start(struct ioloop *loop)
{
	int ret = pthread_create(&loop->thread, NULL, run, loop);

	loop->running = ret == 0;
	return -ret;
}

void ioloop_stop(struct ioloop *loop)
{
	const uint64_t one = 1;

	if (!loop->running)
		return;
	pthread_mutex_lock(&loop->lock);
	loop->stop = true;
	pthread_mutex_unlock(&loop->lock);
	while (write(loop->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(loop->thread, NULL);
	loop->running = false;
}

void ioloop_destroy(struct ioloop *loop)
{
	ioloop_stop(loop);
	close(loop->wake);
	close(loop->epoll);
	pthread_mutex_destroy(&loop->lock);
}
