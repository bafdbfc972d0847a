// SPDX-License-Identifier: GPL-2.0-only
/* The registers of the memory-mapped transport. */
#include "devices/virtio.h"

#include <string.h>

enum {
	REG_MAGIC = 0x000,
	REG_VERSION = 0x004,
	REG_DEVICE_ID = 0x008,
	REG_VENDOR_ID = 0x00c,
	REG_DEVICE_FEATURES = 0x010,
	REG_DEVICE_FEATURES_SEL = 0x014,
	REG_DRIVER_FEATURES = 0x020,
	REG_DRIVER_FEATURES_SEL = 0x024,
	REG_QUEUE_SEL = 0x030,
	REG_QUEUE_NUM_MAX = 0x034,
	REG_QUEUE_NUM = 0x038,
	REG_QUEUE_READY = 0x044,
	REG_QUEUE_NOTIFY = 0x050,
	REG_INTERRUPT_STATUS = 0x060,
	REG_INTERRUPT_ACK = 0x064,
	REG_STATUS = 0x070,
	REG_QUEUE_DESC = 0x080,		/* low and high halves */
	REG_QUEUE_DRIVER = 0x090,
	REG_QUEUE_DEVICE = 0x0a0,
	REG_SHM_LEN = 0x0b0,		/* and the base behind it: all ones, no such region */
	REG_SHM_END = 0x0c0,
	REG_CONFIG_GENERATION = 0x0fc,
	REG_CONFIG = 0x100,
};

#define MAGIC	0x74726976	/* "virt" */
#define VERSION	2
#define VENDOR	0x4e564952	/* "RIVN" */

#define INTERRUPT_USED		1
#define INTERRUPT_CONFIG	2

static uint64_t offered(const struct virtio_device *dev)
{
	return dev->features | VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1;
}

static struct virtq *selected(struct virtio_device *dev)
{
	return dev->queue_sel < dev->nr_queues ? &dev->queues[dev->queue_sel] : NULL;
}

static void interrupt(struct virtio_device *dev, uint32_t why)
{
	dev->interrupts |= why;
	irq_set(&dev->irq, dev->interrupts != 0);
}

bool virtio_running(const struct virtio_device *dev)
{
	return (dev->status & VIRTIO_STATUS_DRIVER_OK) && !(dev->status & VIRTIO_STATUS_BROKEN);
}

void virtio_used(struct virtio_device *dev, uint32_t n)
{
	if (virtq_should_interrupt(&dev->queues[n]))
		interrupt(dev, INTERRUPT_USED);
}

void virtio_config_changed(struct virtio_device *dev)
{
	dev->config_generation++;
	if (dev->status & VIRTIO_STATUS_DRIVER_OK)
		interrupt(dev, INTERRUPT_CONFIG);
}

void virtio_broken(struct virtio_device *dev)
{
	dev->status |= VIRTIO_STATUS_BROKEN;
	if (dev->status & VIRTIO_STATUS_DRIVER_OK)
		interrupt(dev, INTERRUPT_CONFIG);
}

bool virtio_pop(struct virtio_device *dev, uint32_t n, struct virtq_chain *chain)
{
	int ret;

	if (!virtio_running(dev))
		return false;
	ret = virtq_pop(&dev->queues[n], chain);
	if (ret < 0)
		virtio_broken(dev);
	return ret > 0;
}

void virtio_reset(struct virtio_device *dev)
{
	if (dev->ops->reset)
		dev->ops->reset(dev);
	for (uint32_t n = 0; n < dev->nr_queues; n++)
		virtq_reset(&dev->queues[n]);
	dev->status = 0;
	dev->interrupts = 0;
	dev->driver_features = 0;
	dev->device_features_sel = 0;
	dev->driver_features_sel = 0;
	dev->queue_sel = 0;
	irq_set(&dev->irq, false);
}

void virtio_init(struct virtio_device *dev, struct riven_vm *vm, const struct irq *irq)
{
	dev->vm = vm;
	dev->irq = *irq;
	for (uint32_t n = 0; n < dev->nr_queues; n++) {
		dev->queues[n].vm = vm;
		dev->queues[n].size_max = VIRTQ_SIZE_MAX;
		virtq_reset(&dev->queues[n]);
	}
}

static uint32_t read_config(const struct virtio_device *dev, uint32_t offset, uint32_t size)
{
	uint32_t value = 0;

	if (offset < dev->config_size) {
		uint32_t n = dev->config_size - offset;

		memcpy(&value, dev->config + offset, n < size ? n : size);
	}
	return value;
}

static uint32_t read_reg(struct virtio_device *dev, uint32_t reg)
{
	const struct virtq *q = selected(dev);

	if (reg >= REG_SHM_LEN && reg < REG_SHM_END)
		return ~0u;
	switch (reg) {
	case REG_MAGIC:
		return MAGIC;
	case REG_VERSION:
		return VERSION;
	case REG_DEVICE_ID:
		return dev->id;
	case REG_VENDOR_ID:
		return VENDOR;
	case REG_DEVICE_FEATURES:
		return dev->device_features_sel > 1 ?
			       0 :
			       (uint32_t)(offered(dev) >> 32 * dev->device_features_sel);
	case REG_QUEUE_NUM_MAX:
		return q ? q->size_max : 0;
	case REG_QUEUE_READY:
		return q && q->ready;
	case REG_INTERRUPT_STATUS:
		return dev->interrupts;
	case REG_STATUS:
		return dev->status;
	case REG_CONFIG_GENERATION:
		return dev->config_generation;
	default:
		return 0;
	}
}

static uint64_t mmio_read(void *opaque, uint64_t offset, uint32_t size)
{
	struct virtio_device *dev = opaque;
	uint32_t reg = (uint32_t)offset;

	if (reg < REG_CONFIG)
		return size == 4 ? read_reg(dev, reg) : 0;
	if (size <= 4)
		return read_config(dev, reg - REG_CONFIG, size);
	return read_config(dev, reg - REG_CONFIG, 4) |
	       (uint64_t)read_config(dev, reg - REG_CONFIG + 4, 4) << 32;
}

static void notify_all(struct virtio_device *dev)
{
	for (uint32_t n = 0; n < dev->nr_queues; n++)
		dev->ops->notify(dev, n);
}

static void write_status(struct virtio_device *dev, uint32_t value)
{
	uint32_t old = dev->status;

	if (!value) {
		virtio_reset(dev);
		return;
	}
	/* Only a reset clears bits. */
	value = (value & 0xff) | old;
	if ((value & VIRTIO_STATUS_FEATURES) && !(old & VIRTIO_STATUS_FEATURES)) {
		if ((dev->driver_features & ~offered(dev)) ||
		    !(dev->driver_features & VIRTIO_F_VERSION_1))
			value &= ~(uint32_t)VIRTIO_STATUS_FEATURES;
	}
	if (!(value & VIRTIO_STATUS_FEATURES))
		value &= ~(uint32_t)VIRTIO_STATUS_DRIVER_OK;
	dev->status = value;
	if ((value & VIRTIO_STATUS_DRIVER_OK) && !(old & VIRTIO_STATUS_DRIVER_OK))
		notify_all(dev);
}

static void write_ready(struct virtio_device *dev, struct virtq *q, uint32_t value)
{
	/* The specification has a driver take a queue back by a reset of the device only. */
	if (!value || q->ready)
		return;
	q->event_idx = dev->driver_features & VIRTIO_F_EVENT_IDX;
	q->indirect = dev->driver_features & VIRTIO_F_INDIRECT;
	if (!(dev->status & VIRTIO_STATUS_FEATURES) || !virtq_enable(q))
		virtio_broken(dev);
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
	*address = high ? (*address & 0xffffffff) | (uint64_t)value << 32 :
			  (*address & ~0xffffffffull) | value;
}

/* Registers of the selected queue; they are fixed while it is ready. */
static void write_queue(struct virtio_device *dev, uint32_t reg, uint32_t value)
{
	struct virtq *q = selected(dev);
	bool high = reg & 4;

	if (!q || q->ready)
		return;
	switch (reg & ~4u) {
	case REG_QUEUE_DESC:
		set_half(&q->desc_gpa, high, value);
		break;
	case REG_QUEUE_DRIVER:
		set_half(&q->avail_gpa, high, value);
		break;
	case REG_QUEUE_DEVICE:
		set_half(&q->used_gpa, high, value);
		break;
	default:
		break;
	}
	if (reg == REG_QUEUE_NUM)
		q->size = value;
	if (reg == REG_QUEUE_READY)
		write_ready(dev, q, value);
}

static void write_driver_features(struct virtio_device *dev, uint32_t value)
{
	if (dev->status & VIRTIO_STATUS_FEATURES)
		return;
	if (dev->driver_features_sel <= 1)
		set_half(&dev->driver_features, dev->driver_features_sel, value);
	else if (value)
		dev->driver_features |= 1ull << 63;	/* nobody offered these */
}

static void write_reg(struct virtio_device *dev, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case REG_DEVICE_FEATURES_SEL:
		dev->device_features_sel = value;
		break;
	case REG_DRIVER_FEATURES:
		write_driver_features(dev, value);
		break;
	case REG_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = value;
		break;
	case REG_QUEUE_SEL:
		dev->queue_sel = value;
		break;
	case REG_QUEUE_NOTIFY:
		if (value < dev->nr_queues && virtio_running(dev))
			dev->ops->notify(dev, value);
		break;
	case REG_INTERRUPT_ACK:
		dev->interrupts &= ~value;
		irq_set(&dev->irq, dev->interrupts != 0);
		break;
	case REG_STATUS:
		write_status(dev, value);
		break;
	default:
		write_queue(dev, reg, value);
		break;
	}
}

static void mmio_write(void *opaque, uint64_t offset, uint32_t size, uint64_t value)
{
	struct virtio_device *dev = opaque;

	if (offset >= REG_CONFIG) {
		if (dev->ops->config_write)
			dev->ops->config_write(dev, (uint32_t)offset - REG_CONFIG,
					       (uint32_t)value);
	} else if (size == 4) {
		write_reg(dev, (uint32_t)offset, (uint32_t)value);
	}
}

const struct bus_ops virtio_mmio_ops = { .read = mmio_read, .write = mmio_write };
