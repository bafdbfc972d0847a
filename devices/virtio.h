/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio devices on the memory-mapped transport, version 2 (virtio 1.1,
 * section 4.2). All functions are called with the machine's lock held.
 */
#ifndef DEVICES_VIRTIO_H
#define DEVICES_VIRTIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/bus.h"
#include "devices/virtqueue.h"

#define VIRTIO_MMIO_SIZE	0x200
#define VIRTIO_QUEUES		2
#define VIRTIO_CONFIG		64

#define VIRTIO_ID_BLOCK		2
#define VIRTIO_ID_CONSOLE	3
#define VIRTIO_ID_RNG		4

#define VIRTIO_F_INDIRECT	(1ull << 28)
#define VIRTIO_F_EVENT_IDX	(1ull << 29)
#define VIRTIO_F_VERSION_1	(1ull << 32)

#define VIRTIO_STATUS_DRIVER_OK	4
#define VIRTIO_STATUS_FEATURES	8
#define VIRTIO_STATUS_BROKEN	0x40	/* DEVICE_NEEDS_RESET */

struct virtio_device;

struct virtio_ops {
	/* Queue n may have requests. Also called for each queue when the driver is ready. */
	void (*notify)(struct virtio_device *dev, uint32_t n);
	/* Let go of all requests; the queues are still as they were. NULL: nothing to do. */
	void (*reset)(struct virtio_device *dev);
	/* A write to config[]; NULL: dropped. */
	void (*config_write)(struct virtio_device *dev, uint32_t offset, uint32_t value);
};

struct virtio_device {
	/* Set by the device before virtio_init(). */
	uint32_t id;
	uint64_t features;		/* the device's own */
	uint32_t nr_queues;
	const struct virtio_ops *ops;
	uint8_t config[VIRTIO_CONFIG];
	uint32_t config_size;

	/* Set by virtio_init(). */
	struct riven_vm *vm;
	struct irq irq;

	struct virtq queues[VIRTIO_QUEUES];
	uint32_t status;
	uint32_t interrupts;		/* InterruptStatus */
	uint32_t config_generation;
	uint64_t driver_features;
	uint32_t device_features_sel, driver_features_sel, queue_sel;
};

extern const struct bus_ops virtio_mmio_ops;	/* opaque: struct virtio_device */

void virtio_init(struct virtio_device *dev, struct riven_vm *vm, const struct irq *irq);
/* As the driver's reset. */
void virtio_reset(struct virtio_device *dev);
bool virtio_running(const struct virtio_device *dev);
/* Interrupt the driver if it wants to know what queue n has given back. */
void virtio_used(struct virtio_device *dev, uint32_t n);
/* config[] has changed. */
void virtio_config_changed(struct virtio_device *dev);
/* The driver made no sense: stop until it resets the device. */
void virtio_broken(struct virtio_device *dev);
/* virtq_pop() on queue n of a running device; a broken driver gives 0. */
bool virtio_pop(struct virtio_device *dev, uint32_t n, struct virtq_chain *chain);

/* Devices. Made with malloc(); free with their own functions. */

struct virtio_blk;
/*
 * A raw image file or block device. serial: at most 20 characters. NULL, having
 * printed one line to stderr naming the file and what is wrong.
 */
struct virtio_blk *virtio_blk_create(const char *path, bool read_only, const char *serial);
/* lock: the machine's. 0 or a negative errno value. */
int virtio_blk_start(struct virtio_blk *blk, struct riven_vm *vm, const struct irq *irq,
		     pthread_mutex_t *lock);
/* The lock is not held. Ends its thread and closes the file. */
void virtio_blk_destroy(struct virtio_blk *blk);
struct virtio_device *virtio_blk_device(struct virtio_blk *blk);

struct char_backend;
struct virtio_console;
struct virtio_console *virtio_console_create(const struct char_backend *be);
struct virtio_device *virtio_console_device(struct virtio_console *con);
/* For the character backend. */
void virtio_console_readable(void *con);
void virtio_console_writable(void *con);
void virtio_console_resize(struct virtio_console *con, uint16_t columns, uint16_t rows);
/* Called when the driver has set the console up or let it go; NULL: nobody wants to know. */
void virtio_console_on_ready(struct virtio_console *con, void (*ready)(void *opaque, bool up),
			     void *opaque);

struct virtio_device *virtio_rng_create(void);

#endif
