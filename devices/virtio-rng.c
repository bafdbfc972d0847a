// SPDX-License-Identifier: GPL-2.0-only
/* Virtio entropy device (virtio 1.1, section 5.4). */
#include "devices/virtio.h"

#include <stdlib.h>
#include <sys/random.h>

/* A request gets at most so much: the guest's buffers may be large, and getrandom() takes time. */
#define REQUEST_MAX	4096

struct virtio_rng {
	struct virtio_device dev;
	struct virtq_chain chain;
};

static uint32_t fill(const struct virtq_chain *chain)
{
	uint8_t bytes[REQUEST_MAX];
	size_t size = chain->in_size < REQUEST_MAX ? chain->in_size : REQUEST_MAX;
	ssize_t n = getrandom(bytes, size, 0);

	return n > 0 ? virtq_write(chain, 0, bytes, (uint32_t)n) : 0;
}

static void rng_notify(struct virtio_device *dev, uint32_t n)
{
	struct virtio_rng *rng = (struct virtio_rng *)dev;

	while (virtio_pop(dev, n, &rng->chain))
		virtq_push(&dev->queues[n], &rng->chain, fill(&rng->chain));
	virtio_used(dev, n);
}

static const struct virtio_ops rng_ops = { .notify = rng_notify };

struct virtio_device *virtio_rng_create(void)
{
	struct virtio_rng *rng = calloc(1, sizeof(*rng));

	if (!rng)
		return NULL;
	rng->dev.id = VIRTIO_ID_RNG;
	rng->dev.nr_queues = 1;
	rng->dev.ops = &rng_ops;
	return &rng->dev;
}
