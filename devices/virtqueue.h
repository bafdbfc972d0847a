/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Split virtqueues (virtio 1.1, section 2.6). The rings are the guest's and
 * may hold anything at any moment: all is read once, into copies, and checked.
 */
#ifndef DEVICES_VIRTQUEUE_H
#define DEVICES_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/riven.h>

#define VIRTQ_SIZE_MAX	256
#define VIRTQ_BUFS	(VIRTQ_SIZE_MAX + 16)

/* A piece of guest memory. */
struct virtq_buf {
	uint64_t gpa;
	uint8_t *host;
	uint32_t len;
};

/* A request: first what the device reads, then what it writes. */
struct virtq_chain {
	uint16_t head;
	uint32_t nr_out, nr_in;
	uint64_t out_size, in_size;	/* bytes */
	struct virtq_buf bufs[VIRTQ_BUFS];
};

struct virtq {
	struct riven_vm *vm;
	uint32_t size_max;
	/* As the driver set them. */
	uint32_t size;
	bool ready;
	uint64_t desc_gpa, avail_gpa, used_gpa;
	bool event_idx, indirect;	/* features in force */

	/* While ready: the rings. */
	const uint8_t *desc, *avail;
	uint8_t *used;
	uint16_t avail_next;		/* index of the next request to take */
	uint16_t used_next;
	uint16_t used_told;		/* used_next when the driver was last interrupted */
};

void virtq_reset(struct virtq *q);
/* The driver says that the queue is set up. False: its rings are no good. */
bool virtq_enable(struct virtq *q);

/* Take the next request. 1: *chain is filled; 0: there is none; -EPROTO: the driver is broken. */
int virtq_pop(struct virtq *q, struct virtq_chain *chain);
/* Put the last request taken back: it will be taken again. */
void virtq_unpop(struct virtq *q);
/* Give a request back, written bytes of its in buffers having been filled in order. */
void virtq_push(struct virtq *q, const struct virtq_chain *chain, uint32_t written);
/* Must the driver be interrupted for what was pushed since this was last true? */
bool virtq_should_interrupt(struct virtq *q);

/* Copy between a request's buffers, from offset on, and memory. Bytes copied. */
uint32_t virtq_read(const struct virtq_chain *chain, uint64_t offset, void *data, uint32_t size);
uint32_t virtq_write(const struct virtq_chain *chain, uint64_t offset, const void *data,
		     uint32_t size);

#endif
