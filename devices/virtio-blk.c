// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio block device on a raw image (virtio 1.1, section 5.2). A thread of
 * its own does the reading and writing, without the machine's lock.
 */
#include "devices/virtio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR		512ull
#define SERIAL_SIZE	20

#define F_SEG_MAX	(1ull << 2)
#define F_RO		(1ull << 5)
#define F_BLK_SIZE	(1ull << 6)
#define F_FLUSH		(1ull << 9)

/* In the configuration space. */
#define CONFIG_CAPACITY	0
#define CONFIG_SEG_MAX	12
#define CONFIG_BLK_SIZE	20
#define CONFIG_SIZE	24

#define REQ_IN		0
#define REQ_OUT		1
#define REQ_FLUSH	4
#define REQ_GET_ID	8

#define STATUS_OK	0
#define STATUS_IOERR	1
#define STATUS_UNSUPP	2

struct request {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
};

struct virtio_blk {
	struct virtio_device dev;
	int fd;
	bool read_only;
	uint64_t size;			/* bytes */
	char serial[SERIAL_SIZE];

	pthread_mutex_t *lock;		/* the machine's */
	pthread_cond_t work, idle;
	pthread_t thread;
	bool started;
	/* Under the lock. */
	bool pending, busy, stop;

	/* The thread's. */
	struct virtq_chain chain;
	struct iovec iov[VIRTQ_BUFS];
};

/* The buffers of [offset, offset + size) as an iovec; how many entries. */
static int make_iov(struct virtio_blk *blk, const struct virtq_buf *bufs, uint32_t n,
		    uint64_t offset, uint64_t size)
{
	int count = 0;

	for (uint32_t i = 0; i < n && size; i++) {
		uint64_t len = bufs[i].len;

		if (offset >= len) {
			offset -= len;
			continue;
		}
		len -= offset;
		if (len > size)
			len = size;
		blk->iov[count].iov_base = bufs[i].host + offset;
		blk->iov[count].iov_len = len;
		count++;
		offset = 0;
		size -= len;
	}
	return count;
}

/* Read or write all of size bytes at the image's offset. */
static uint8_t transfer(struct virtio_blk *blk, bool write, uint64_t skip, uint64_t at,
			uint64_t size)
{
	const struct virtq_chain *c = &blk->chain;
	uint64_t done = 0;

	while (done < size) {
		int n = make_iov(blk, write ? c->bufs : c->bufs + c->nr_out,
				 write ? c->nr_out : c->nr_in, skip + done, size - done);
		ssize_t ret = write ? pwritev(blk->fd, blk->iov, n, (off_t)(at + done)) :
				      preadv(blk->fd, blk->iov, n, (off_t)(at + done));

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return STATUS_IOERR;
		done += (uint64_t)ret;
	}
	return STATUS_OK;
}

/* Carry out the request in blk->chain; *written bytes of its in buffers, status excluded. */
static uint8_t carry_out(struct virtio_blk *blk, uint64_t *written)
{
	const struct virtq_chain *c = &blk->chain;
	uint64_t data_in = c->in_size - 1;
	uint64_t data_out = c->out_size - sizeof(struct request);
	struct request r;
	uint64_t size;
	uint8_t status;

	*written = 0;
	virtq_read(c, 0, &r, sizeof(r));
	switch (r.type) {
	case REQ_IN:
	case REQ_OUT:
		size = r.type == REQ_IN ? data_in : data_out;
		if (size % SECTOR || r.sector > blk->size / SECTOR ||
		    size > blk->size - r.sector * SECTOR)
			return STATUS_IOERR;
		if (r.type == REQ_OUT)
			return blk->read_only ? STATUS_IOERR :
						transfer(blk, true, sizeof(r), r.sector * SECTOR,
							 size);
		status = transfer(blk, false, 0, r.sector * SECTOR, size);
		*written = size;
		return status;
	case REQ_FLUSH:
		return blk->read_only || fdatasync(blk->fd) == 0 ? STATUS_OK : STATUS_IOERR;
	case REQ_GET_ID:
		*written = virtq_write(c, 0, blk->serial,
				       data_in < SERIAL_SIZE ? (uint32_t)data_in : SERIAL_SIZE);
		return STATUS_OK;
	default:
		return STATUS_UNSUPP;
	}
}

/* One request, if there is one. Called and left with the lock held. */
static bool serve(struct virtio_blk *blk)
{
	struct virtq *q = &blk->dev.queues[0];
	const struct virtq_buf *last;
	uint64_t written;
	uint8_t status;

	if (!virtio_pop(&blk->dev, 0, &blk->chain))
		return false;
	if (blk->chain.out_size < sizeof(struct request) || !blk->chain.in_size) {
		virtio_broken(&blk->dev);
		return false;
	}
	blk->busy = true;
	pthread_mutex_unlock(blk->lock);
	status = carry_out(blk, &written);
	virtq_write(&blk->chain, blk->chain.in_size - 1, &status, 1);
	pthread_mutex_lock(blk->lock);
	blk->busy = false;

	/* The status is the last byte of the in buffers, wherever the data ended. */
	last = &blk->chain.bufs[blk->chain.nr_out + blk->chain.nr_in - 1];
	riven_vm_mem_written(q->vm, last->gpa + last->len - 1, 1);
	virtq_push(q, &blk->chain, (uint32_t)written + 1);
	virtio_used(&blk->dev, 0);
	pthread_cond_broadcast(&blk->idle);
	return true;
}

static void *worker(void *opaque)
{
	struct virtio_blk *blk = opaque;

	pthread_mutex_lock(blk->lock);
	while (!blk->stop) {
		if (!blk->pending) {
			pthread_cond_wait(&blk->work, blk->lock);
			continue;
		}
		blk->pending = false;
		while (!blk->stop && serve(blk))
			;
	}
	pthread_mutex_unlock(blk->lock);
	return NULL;
}

static void blk_notify(struct virtio_device *dev, uint32_t n)
{
	struct virtio_blk *blk = (struct virtio_blk *)dev;

	(void)n;
	blk->pending = true;
	pthread_cond_signal(&blk->work);
}

/* The request under way still uses guest memory: it ends first. */
static void blk_reset(struct virtio_device *dev)
{
	struct virtio_blk *blk = (struct virtio_blk *)dev;

	blk->pending = false;
	dev->status |= VIRTIO_STATUS_BROKEN;
	while (blk->busy)
		pthread_cond_wait(&blk->idle, blk->lock);
}

static const struct virtio_ops blk_ops = { .notify = blk_notify, .reset = blk_reset };

static bool complain(const char *path, const char *what)
{
	fprintf(stderr, "riven: disk %s: %s\n", path, what);
	return false;
}

/* One writer, or readers only: two guests on one image destroy it. */
static bool lock_image(const struct virtio_blk *blk, const char *path)
{
	struct flock fl = { .l_type = blk->read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(blk->fd, F_OFD_SETLK, &fl) < 0 && (errno == EAGAIN || errno == EACCES))
		return complain(path, "in use by another program; end it, or use ,ro in both");
	return true;
}

static bool open_image(struct virtio_blk *blk, const char *path)
{
	struct stat st;

	blk->fd = open(path, (blk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
	if (blk->fd < 0)
		return complain(path, errno == EACCES && !blk->read_only ?
					      "no permission to write; use ,ro to only read" :
					      strerror(errno));
	if (fstat(blk->fd, &st) < 0)
		return complain(path, strerror(errno));
	if (S_ISREG(st.st_mode))
		blk->size = (uint64_t)st.st_size;
	else if (!S_ISBLK(st.st_mode) || ioctl(blk->fd, BLKGETSIZE64, &blk->size) < 0)
		return complain(path, "neither a file nor a block device");
	if (!blk->size)
		return complain(path, "empty; a disk needs at least one sector of 512 bytes");
	if (blk->size % SECTOR)
		return complain(path,
				"its size is not a multiple of 512 bytes; is it a raw image?");
	return lock_image(blk, path);
}

struct virtio_blk *virtio_blk_create(const char *path, bool read_only, const char *serial)
{
	struct virtio_blk *blk = calloc(1, sizeof(*blk));
	const uint32_t seg_max = VIRTQ_SIZE_MAX - 2, blk_size = (uint32_t)SECTOR;
	uint64_t capacity;

	if (!blk) {
		complain(path, "out of memory");
		return NULL;
	}
	blk->read_only = read_only;
	if (!open_image(blk, path)) {
		if (blk->fd >= 0)
			close(blk->fd);
		free(blk);
		return NULL;
	}
	memcpy(blk->serial, serial, strnlen(serial, SERIAL_SIZE));
	blk->dev.id = VIRTIO_ID_BLOCK;
	blk->dev.features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (read_only ? F_RO : 0);
	blk->dev.nr_queues = 1;
	blk->dev.ops = &blk_ops;
	capacity = blk->size / SECTOR;
	memcpy(blk->dev.config + CONFIG_CAPACITY, &capacity, sizeof(capacity));
	memcpy(blk->dev.config + CONFIG_SEG_MAX, &seg_max, sizeof(seg_max));
	memcpy(blk->dev.config + CONFIG_BLK_SIZE, &blk_size, sizeof(blk_size));
	blk->dev.config_size = CONFIG_SIZE;
	pthread_cond_init(&blk->work, NULL);
	pthread_cond_init(&blk->idle, NULL);
	return blk;
}

int virtio_blk_start(struct virtio_blk *blk, struct riven_vm *vm, const struct irq *irq,
		     pthread_mutex_t *lock)
{
	int ret;

	virtio_init(&blk->dev, vm, irq);
	blk->lock = lock;
	ret = pthread_create(&blk->thread, NULL, worker, blk);
	blk->started = ret == 0;
	return -ret;
}

void virtio_blk_destroy(struct virtio_blk *blk)
{
	if (!blk)
		return;
	if (blk->started) {
		pthread_mutex_lock(blk->lock);
		blk->stop = true;
		pthread_cond_signal(&blk->work);
		pthread_mutex_unlock(blk->lock);
		pthread_join(blk->thread, NULL);
	}
	close(blk->fd);
	pthread_cond_destroy(&blk->work);
	pthread_cond_destroy(&blk->idle);
	free(blk);
}

struct virtio_device *virtio_blk_device(struct virtio_blk *blk)
{
	return &blk->dev;
}
