// SPDX-License-Identifier: GPL-2.0-only
/* The guest's line to standard input and output. */
#include "devices/chardev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define CTRL_A	1

static const char help_text[] =
	"\r\nCtrl-A h  this help\r\n"
	"Ctrl-A x  quit\r\n"
	"Ctrl-A p  press the power button\r\n"
	"Ctrl-A b  send a break\r\n"
	"Ctrl-A a  send Ctrl-A\r\n";

/* Output. */

static size_t put(struct chardev *cd, const uint8_t *data, size_t size)
{
	size_t done = 0;

	if (cd->out_closed)
		return size;
	while (done < size && cd->out_count < CHARDEV_OUT) {
		size_t at = (cd->out_head + cd->out_count) % CHARDEV_OUT;

		cd->out[at] = data[done++];
		cd->out_count++;
	}
	if (done < size)
		cd->out_full_seen = true;
	if (done && !cd->out_writing)
		pthread_cond_signal(&cd->out_more);
	return done;
}

static size_t backend_write(void *opaque, const uint8_t *data, size_t size)
{
	struct chardev *cd = opaque;
	size_t done;

	pthread_mutex_lock(&cd->out_lock);
	done = put(cd, data, size);
	pthread_mutex_unlock(&cd->out_lock);
	return done;
}

static void tell_writers(struct chardev *cd)
{
	pthread_mutex_lock(cd->machine_lock);
	for (uint32_t i = 0; i < cd->nr_clients; i++)
		cd->clients[i].writable(cd->clients[i].opaque);
	pthread_mutex_unlock(cd->machine_lock);
}

/* Bytes written, 0 when there is nobody to write to any more. */
static size_t write_some(int fd, const uint8_t *data, size_t size)
{
	ssize_t n;

	for (;;) {
		n = write(fd, data, size);
		if (n > 0)
			return (size_t)n;
		/* A descriptor that somebody else has made non-blocking. */
		if (n < 0 && errno == EAGAIN)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		else if (n == 0 || errno != EINTR)
			return 0;
	}
}

/* The writer's wait: true when there are bytes to write. Called and left with out_lock held. */
static bool wait_for_output(struct chardev *cd)
{
	while (!cd->out_count && !cd->out_end)
		pthread_cond_wait(&cd->out_more, &cd->out_lock);
	return cd->out_count != 0;
}

static void *writer(void *opaque)
{
	struct chardev *cd = opaque;

	pthread_mutex_lock(&cd->out_lock);
	while (wait_for_output(cd)) {
		size_t n = CHARDEV_OUT - cd->out_head;
		bool tell;
		int error;

		if (n > cd->out_count)
			n = cd->out_count;
		cd->out_writing = true;
		/* Nobody else touches bytes that are in the buffer. */
		pthread_mutex_unlock(&cd->out_lock);
		n = write_some(cd->out_fd, cd->out + cd->out_head, n);
		error = errno;
		pthread_mutex_lock(&cd->out_lock);
		cd->out_writing = false;
		if (!n) {
			/* A reader that goes away is no surprise; a full disk is. */
			if (error != EPIPE && error != EBADF)
				fprintf(stderr, "riven: the guest's output is cut off: %s\n",
					strerror(error));
			cd->out_closed = true;
			n = cd->out_count;
		}
		cd->out_head = (cd->out_head + n) % CHARDEV_OUT;
		cd->out_count -= n;
		tell = cd->out_full_seen;
		cd->out_full_seen = false;
		if (tell) {
			cd->out_telling = true;
			pthread_mutex_unlock(&cd->out_lock);
			tell_writers(cd);
			pthread_mutex_lock(&cd->out_lock);
			cd->out_telling = false;
		}
		pthread_cond_broadcast(&cd->out_less);
	}
	pthread_mutex_unlock(&cd->out_lock);
	return NULL;
}

void chardev_message(struct chardev *cd, const char *text)
{
	backend_write(cd, (const uint8_t *)text, strlen(text));
}

/* Bytes here, or perhaps still in a device that found the buffer full? */
static bool out_pending(const struct chardev *cd)
{
	return cd->out_count || cd->out_full_seen || cd->out_telling;
}

void chardev_flush(struct chardev *cd)
{
	pthread_mutex_lock(&cd->out_lock);
	while (out_pending(cd) && !cd->out_abandoned)
		pthread_cond_wait(&cd->out_less, &cd->out_lock);
	pthread_mutex_unlock(&cd->out_lock);
}

void chardev_abandon(struct chardev *cd)
{
	struct timespec until;

	/* A reader that reads at all gets a second to catch up. */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&cd->out_lock);
	while (out_pending(cd) &&
	       pthread_cond_timedwait(&cd->out_less, &cd->out_lock, &until) != ETIMEDOUT)
		;
	cd->out_abandoned = true;
	pthread_cond_broadcast(&cd->out_less);
	pthread_mutex_unlock(&cd->out_lock);
}

/* Input. */

static void poll_input(struct chardev *cd, bool on)
{
	const uint64_t one = 1;

	if (cd->in_ended || cd->in_polled == on)
		return;
	cd->in_polled = on;
	if (!cd->in_always_ready)
		ioloop_change(cd->loop, cd->in_fd, on ? EPOLLIN : 0);
	else if (on)
		(void)!write(cd->in_wake, &one, sizeof(one));
}

static size_t backend_read(void *opaque, uint8_t *data, size_t size)
{
	struct chardev *cd = opaque;
	size_t n = 0;

	while (n < size && cd->in_count) {
		data[n++] = cd->in[cd->in_head];
		cd->in_head = (cd->in_head + 1) % CHARDEV_IN;
		cd->in_count--;
	}
	if (cd->in_count < CHARDEV_IN / 2)
		poll_input(cd, true);
	return n;
}

/* The second key after Ctrl-A. The lock is held; a key for the machine is *key, else -1. */
static void escape(struct chardev *cd, uint8_t c, int *key, bool *send)
{
	switch (c) {
	case 'x':
		*key = CHARDEV_QUIT;
		break;
	case 'p':
		*key = CHARDEV_POWER_BUTTON;
		break;
	case 'b':
		if (cd->reader && cd->reader->send_break)
			cd->reader->send_break(cd->reader->opaque);
		break;
	case 'a':
	case CTRL_A:
		*send = true;
		break;
	default:
		chardev_message(cd, help_text);
		break;
	}
}

/* One byte from outside; returns the key for the machine, or -1. */
static int take(struct chardev *cd, uint8_t c)
{
	bool send = true;
	int key = -1;

	if (cd->escaped) {
		cd->escaped = false;
		send = false;
		escape(cd, c, &key, &send);
		c = CTRL_A;
	} else if (cd->escapes && c == CTRL_A) {
		cd->escaped = true;
		return -1;
	}
	/* A terminal is read even when the guest does not take it, or Ctrl-A x would not work. */
	if (send && cd->in_count < CHARDEV_IN)
		cd->in[(cd->in_head + cd->in_count++) % CHARDEV_IN] = c;
	return key;
}

static void end_input(struct chardev *cd)
{
	if (!cd->in_always_ready)
		ioloop_remove(cd->loop, cd->in_fd);
	cd->in_ended = true;
}

/* Read what there is room for; true when there may be more at once. */
static bool read_input(struct chardev *cd)
{
	uint8_t buf[512];
	size_t room = sizeof(buf);
	int key = -1;
	ssize_t n;

	pthread_mutex_lock(cd->machine_lock);
	if (!cd->escapes && CHARDEV_IN - cd->in_count < room)
		room = CHARDEV_IN - cd->in_count;
	if (!room)
		poll_input(cd, false);
	pthread_mutex_unlock(cd->machine_lock);
	if (!room)
		return false;

	n = read(cd->in_fd, buf, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR;
	/* A terminal whose process is in the background: it comes back with SIGCONT. */
	if (n < 0 && errno == EIO && cd->escapes) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		return false;
	}

	pthread_mutex_lock(cd->machine_lock);
	if (n <= 0)
		end_input(cd);
	for (ssize_t i = 0; i < n && key < 0; i++)
		key = take(cd, buf[i]);
	if (cd->in_count && cd->reader)
		cd->reader->readable(cd->reader->opaque);
	pthread_mutex_unlock(cd->machine_lock);
	if (key >= 0)
		cd->key(cd->key_opaque, (enum chardev_key)key);
	return n > 0;
}

static void input_ready(void *opaque, uint32_t events)
{
	(void)events;
	read_input(opaque);
}

/* A file that is always ready is read until there is no room, and again when told so. */
static void input_woken(void *opaque, uint32_t events)
{
	struct chardev *cd = opaque;
	uint64_t count;

	(void)events;
	(void)!read(cd->in_wake, &count, sizeof(count));
	while (!cd->in_ended && read_input(cd))
		;
}

static int start_input(struct chardev *cd)
{
	int ret;

	cd->in_wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (cd->in_wake < 0)
		return -errno;
	cd->in_polled = true;
	ret = ioloop_add(cd->loop, cd->in_fd, EPOLLIN, input_ready, cd);
	if (ret == -EPERM) {
		cd->in_always_ready = true;
		cd->in_polled = false;
		ret = ioloop_add(cd->loop, cd->in_wake, EPOLLIN, input_woken, cd);
		poll_input(cd, true);
	} else if (ret) {
		cd->in_ended = true;
		ret = 0;
	}
	return ret;
}

int chardev_init(struct chardev *cd, int in_fd, int out_fd, bool terminal,
		 pthread_mutex_t *machine_lock, struct ioloop *loop,
		 void (*key)(void *opaque, enum chardev_key key), void *key_opaque)
{
	int ret;

	memset(cd, 0, sizeof(*cd));
	cd->machine_lock = machine_lock;
	cd->loop = loop;
	cd->key = key;
	cd->key_opaque = key_opaque;
	cd->in_fd = in_fd;
	cd->out_fd = out_fd;
	cd->escapes = terminal;
	pthread_mutex_init(&cd->out_lock, NULL);
	pthread_cond_init(&cd->out_more, NULL);
	pthread_cond_init(&cd->out_less, NULL);
	ret = pthread_create(&cd->writer, NULL, writer, cd);
	if (ret)
		return -ret;
	return start_input(cd);
}

void chardev_destroy(struct chardev *cd)
{
	bool abandoned;

	ioloop_remove(cd->loop, cd->in_fd);
	ioloop_remove(cd->loop, cd->in_wake);
	chardev_flush(cd);
	pthread_mutex_lock(&cd->out_lock);
	cd->out_end = true;
	abandoned = cd->out_abandoned && cd->out_count;
	pthread_cond_signal(&cd->out_more);
	pthread_mutex_unlock(&cd->out_lock);
	/* A writer that is stuck is left to the end of the process. */
	if (abandoned) {
		pthread_detach(cd->writer);
		return;
	}
	pthread_join(cd->writer, NULL);
	close(cd->in_wake);
	pthread_cond_destroy(&cd->out_more);
	pthread_cond_destroy(&cd->out_less);
	pthread_mutex_destroy(&cd->out_lock);
}

struct chardev_client *chardev_attach(struct chardev *cd, const struct chardev_client *client)
{
	struct chardev_client *c;

	if (cd->nr_clients == CHARDEV_CLIENTS)
		return NULL;
	c = &cd->clients[cd->nr_clients++];
	*c = *client;
	if (!cd->reader)
		cd->reader = c;
	return c;
}

void chardev_set_reader(struct chardev *cd, struct chardev_client *client)
{
	if (cd->reader == client)
		return;
	cd->reader = client;
	if (cd->in_count && client)
		client->readable(client->opaque);
}

void chardev_detach_all(struct chardev *cd)
{
	cd->nr_clients = 0;
	cd->reader = NULL;
}

struct char_backend chardev_backend(struct chardev *cd)
{
	return (struct char_backend){ backend_write, backend_read, cd };
}
