/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where devices answer: ranges of guest-physical memory and of legacy I/O
 * ports. One lock covers all devices; their functions are called with it held.
 */
#ifndef DEVICES_BUS_H
#define DEVICES_BUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define BUS_MAX_RANGES	32

/* A device's registers. offset + size lies within the range; size is 1, 2, 4 or 8. */
struct bus_ops {
	uint64_t (*read)(void *opaque, uint64_t offset, uint32_t size);
	void (*write)(void *opaque, uint64_t offset, uint32_t size, uint64_t value);
};

struct bus_range {
	uint64_t base;
	uint64_t size;
	const struct bus_ops *ops;
	void *opaque;
};

/* One address space. */
struct bus_space {
	uint32_t nr;
	struct bus_range ranges[BUS_MAX_RANGES];
};

struct bus {
	pthread_mutex_t lock;
	struct bus_space mmio;
	struct bus_space pio;
};

void bus_init(struct bus *bus);
void bus_destroy(struct bus *bus);

/* Before any access. False: the space is full or the range overlaps another. */
bool bus_add(struct bus_space *space, uint64_t base, uint64_t size, const struct bus_ops *ops,
	     void *opaque);

/*
 * Accesses of 1 to 16 bytes, in parts of at most 8. Where no device answers,
 * reads give ones and writes are dropped. False when nobody answered.
 */
bool bus_read(struct bus *bus, struct bus_space *space, uint64_t address, uint32_t len,
	      uint8_t *data);
bool bus_write(struct bus *bus, struct bus_space *space, uint64_t address, uint32_t len,
	       const uint8_t *data);

/* An interrupt line: where it leads. */
struct irq {
	void (*set)(void *opaque, uint32_t pin, bool asserted);
	void *opaque;
	uint32_t pin;
};

static inline void irq_set(const struct irq *irq, bool asserted)
{
	if (irq->set)
		irq->set(irq->opaque, irq->pin, asserted);
}

#endif
