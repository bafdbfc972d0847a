// SPDX-License-Identifier: GPL-2.0-only
/* Split virtqueues: taking requests and giving them back. */
#include "devices/virtqueue.h"

#include <errno.h>
#include <string.h>

#define DESC_SIZE	16
#define DESC_NEXT	1
#define DESC_WRITE	2
#define DESC_INDIRECT	4

#define AVAIL_NO_INTERRUPT	1

/* Rings: flags, index, then entries, then the event index of the other side. */
#define RING_FLAGS	0
#define RING_INDEX	2
#define RING_ENTRIES	4
#define AVAIL_ENTRY	2
#define USED_ENTRY	8

/* Memory slots are multiples of this. */
#define SLOT_ALIGN	0x10000ull

struct desc {
	uint64_t gpa;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

_Static_assert(sizeof(struct desc) == DESC_SIZE, "descriptor layout");

static uint16_t load16(const uint8_t *p)
{
	return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE);
}

static void store16(uint8_t *p, uint16_t value)
{
	__atomic_store_n((uint16_t *)p, value, __ATOMIC_RELEASE);
}

void virtq_reset(struct virtq *q)
{
	struct riven_vm *vm = q->vm;
	uint32_t size_max = q->size_max;

	memset(q, 0, sizeof(*q));
	q->vm = vm;
	q->size_max = size_max;
	q->size = size_max;
}

bool virtq_enable(struct virtq *q)
{
	if (!q->size || q->size > q->size_max || (q->size & (q->size - 1)))
		return false;
	if (q->desc_gpa % 16 || q->avail_gpa % 2 || q->used_gpa % 4)
		return false;
	q->desc = riven_vm_host_ptr(q->vm, q->desc_gpa, (uint64_t)q->size * DESC_SIZE);
	q->avail = riven_vm_host_ptr(q->vm, q->avail_gpa,
				     RING_ENTRIES + (uint64_t)q->size * AVAIL_ENTRY + 2);
	q->used = riven_vm_dma_ptr(q->vm, q->used_gpa,
				   RING_ENTRIES + (uint64_t)q->size * USED_ENTRY + 2);
	q->avail_next = 0;
	q->used_next = 0;
	q->used_told = 0;
	q->ready = q->desc && q->avail && q->used;
	return q->ready;
}

/* Host address of a piece of a buffer, which the device reads or writes. */
static uint8_t *buffer_ptr(struct virtq *q, uint64_t gpa, uint64_t len, bool write)
{
	return write ? riven_vm_dma_ptr(q->vm, gpa, len) : riven_vm_host_ptr(q->vm, gpa, len);
}

static bool add_piece(struct virtq_chain *chain, uint64_t gpa, uint8_t *host, uint32_t len,
		      bool write)
{
	uint32_t n = chain->nr_out + chain->nr_in;
	struct virtq_buf *last = n ? &chain->bufs[n - 1] : NULL;

	/* Pieces of one buffer that lie side by side are one. */
	if (last && last->gpa + last->len == gpa && last->host + last->len == host &&
	    write == (chain->nr_in != 0) && (uint64_t)last->len + len <= UINT32_MAX) {
		last->len += len;
	} else {
		if (n == VIRTQ_BUFS)
			return false;
		chain->bufs[n] = (struct virtq_buf){ gpa, host, len };
		chain->nr_in += write;
		chain->nr_out += !write;
	}
	if (write)
		chain->in_size += len;
	else
		chain->out_size += len;
	return true;
}

/* A buffer may lie across memory slots; no other hole is allowed. */
static bool add_buffer(struct virtq *q, struct virtq_chain *chain, const struct desc *d)
{
	bool write = d->flags & DESC_WRITE;
	uint64_t gpa = d->gpa, left = d->len;
	uint8_t *host;

	/* A chain has 4 GiB at most (virtio 1.1, section 2.6.5). */
	if ((!write && chain->nr_in) || chain->out_size + chain->in_size + left > UINT32_MAX)
		return false;
	host = buffer_ptr(q, gpa, left, write);
	if (host)
		return !left || add_piece(chain, gpa, host, (uint32_t)left, write);
	while (left) {
		uint64_t n = SLOT_ALIGN - gpa % SLOT_ALIGN;

		if (n > left)
			n = left;
		host = buffer_ptr(q, gpa, n, write);
		if (!host || !add_piece(chain, gpa, host, (uint32_t)n, write))
			return false;
		gpa += n;
		left -= n;
	}
	return true;
}

/*
 * Follow a chain through a table of size descriptors, each at most once.
 * *indirect: a descriptor that leads to another table, then the chain ends here.
 */
static bool walk(struct virtq *q, struct virtq_chain *chain, const uint8_t *table, uint32_t size,
		 uint16_t first, struct desc *indirect)
{
	uint32_t at = first;

	for (uint32_t count = 0; count < size; count++) {
		struct desc d;

		if (at >= size)
			return false;
		memcpy(&d, table + at * DESC_SIZE, sizeof(d));
		/* The copy must stay one. */
		__asm__ volatile("" ::: "memory");
		if (d.flags & DESC_INDIRECT) {
			if (!indirect || (d.flags & DESC_NEXT))
				return false;
			*indirect = d;
			return true;
		}
		if (!add_buffer(q, chain, &d))
			return false;
		if (!(d.flags & DESC_NEXT))
			return true;
		at = d.next;
	}
	return false;
}

static bool walk_indirect(struct virtq *q, struct virtq_chain *chain, const struct desc *d)
{
	uint32_t n = d->len / DESC_SIZE;
	const uint8_t *table;

	if (!q->indirect || !n || d->len % DESC_SIZE || n > q->size_max)
		return false;
	table = riven_vm_host_ptr(q->vm, d->gpa, d->len);
	return table && walk(q, chain, table, n, 0, NULL);
}

int virtq_pop(struct virtq *q, struct virtq_chain *chain)
{
	struct desc indirect = { .len = 0 };
	uint16_t index, head;

	if (!q->ready)
		return 0;
	index = load16(q->avail + RING_INDEX);
	if (index == q->avail_next) {
		if (!q->event_idx)
			return 0;
		/* Ask to be told of the next, then look again: it may just have come. */
		store16(q->used + RING_ENTRIES + q->size * USED_ENTRY, q->avail_next);
		riven_vm_mem_written(q->vm,
				     q->used_gpa + RING_ENTRIES + (uint64_t)q->size * USED_ENTRY,
				     2);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		index = load16(q->avail + RING_INDEX);
		if (index == q->avail_next)
			return 0;
	}
	if ((uint16_t)(index - q->avail_next) > q->size)
		return -EPROTO;

	head = load16(q->avail + RING_ENTRIES + (q->avail_next & (q->size - 1)) * AVAIL_ENTRY);
	q->avail_next++;
	chain->head = head;
	chain->nr_out = 0;
	chain->nr_in = 0;
	chain->out_size = 0;
	chain->in_size = 0;
	if (!walk(q, chain, q->desc, q->size, head, &indirect))
		return -EPROTO;
	if ((indirect.flags & DESC_INDIRECT) && !walk_indirect(q, chain, &indirect))
		return -EPROTO;
	return 1;
}

void virtq_unpop(struct virtq *q)
{
	q->avail_next--;
}

/* Tell libriven of the first bytes of the in buffers. */
static void mark_written(struct virtq *q, const struct virtq_chain *chain, uint32_t written)
{
	for (uint32_t i = 0; i < chain->nr_in && written; i++) {
		const struct virtq_buf *b = &chain->bufs[chain->nr_out + i];
		uint32_t n = b->len < written ? b->len : written;

		riven_vm_mem_written(q->vm, b->gpa, n);
		written -= n;
	}
}

void virtq_push(struct virtq *q, const struct virtq_chain *chain, uint32_t written)
{
	uint32_t at = RING_ENTRIES + (q->used_next & (q->size - 1)) * USED_ENTRY;
	const uint32_t entry[2] = { chain->head, written };

	if (!q->ready)
		return;
	mark_written(q, chain, written);
	memcpy(q->used + at, entry, sizeof(entry));
	store16(q->used + RING_INDEX, ++q->used_next);
	riven_vm_mem_written(q->vm, q->used_gpa, RING_ENTRIES + (uint64_t)q->size * USED_ENTRY);
}

bool virtq_should_interrupt(struct virtq *q)
{
	uint16_t told = q->used_told, event;

	if (!q->ready || q->used_next == told)
		return false;
	/* The driver sees the index before it is asked whether it wants to know. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	q->used_told = q->used_next;
	if (!q->event_idx)
		return !(load16(q->avail + RING_FLAGS) & AVAIL_NO_INTERRUPT);
	event = load16(q->avail + RING_ENTRIES + q->size * AVAIL_ENTRY);
	return (uint16_t)(q->used_next - event - 1) < (uint16_t)(q->used_next - told);
}

/* Copy one way or the other through n buffers. */
static uint32_t copy(const struct virtq_buf *bufs, uint32_t n, uint64_t offset, uint8_t *to,
		     const uint8_t *from, uint32_t size)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < n && done < size; i++) {
		uint32_t part;

		if (offset >= bufs[i].len) {
			offset -= bufs[i].len;
			continue;
		}
		part = bufs[i].len - (uint32_t)offset;
		if (part > size - done)
			part = size - done;
		if (to)
			memcpy(to + done, bufs[i].host + offset, part);
		else
			memcpy(bufs[i].host + offset, from + done, part);
		done += part;
		offset = 0;
	}
	return done;
}

uint32_t virtq_read(const struct virtq_chain *chain, uint64_t offset, void *data, uint32_t size)
{
	return copy(chain->bufs, chain->nr_out, offset, data, NULL, size);
}

uint32_t virtq_write(const struct virtq_chain *chain, uint64_t offset, const void *data,
		     uint32_t size)
{
	return copy(chain->bufs + chain->nr_out, chain->nr_in, offset, NULL, data, size);
}
