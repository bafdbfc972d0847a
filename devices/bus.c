// SPDX-License-Identifier: GPL-2.0-only
/* Finding the device that answers at an address. */
#include "devices/bus.h"

#include <string.h>

void bus_init(struct bus *bus)
{
	memset(bus, 0, sizeof(*bus));
	pthread_mutex_init(&bus->lock, NULL);
}

void bus_destroy(struct bus *bus)
{
	pthread_mutex_destroy(&bus->lock);
}

bool bus_add(struct bus_space *space, uint64_t base, uint64_t size, const struct bus_ops *ops,
	     void *opaque)
{
	if (space->nr == BUS_MAX_RANGES || !size || base + size < base)
		return false;
	for (uint32_t i = 0; i < space->nr; i++) {
		const struct bus_range *r = &space->ranges[i];

		if (base < r->base + r->size && r->base < base + size)
			return false;
	}
	space->ranges[space->nr++] = (struct bus_range){ base, size, ops, opaque };
	return true;
}

static const struct bus_range *find(const struct bus_space *space, uint64_t address, uint32_t size)
{
	for (uint32_t i = 0; i < space->nr; i++) {
		const struct bus_range *r = &space->ranges[i];

		if (address >= r->base && address - r->base < r->size &&
		    size <= r->size - (address - r->base))
			return r;
	}
	return NULL;
}

/* The largest part, 8 bytes at most, that a device can take at once. */
static uint32_t part_size(uint32_t left)
{
	return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

bool bus_read(struct bus *bus, struct bus_space *space, uint64_t address, uint32_t len,
	      uint8_t *data)
{
	bool answered = true;
	uint32_t size;

	pthread_mutex_lock(&bus->lock);
	for (uint32_t done = 0; done < len; done += size) {
		const struct bus_range *r;
		uint64_t value = ~0ull;

		size = part_size(len - done);
		r = find(space, address + done, size);
		if (r)
			value = r->ops->read(r->opaque, address + done - r->base, size);
		else
			answered = false;
		memcpy(data + done, &value, size);
	}
	pthread_mutex_unlock(&bus->lock);
	return answered;
}

bool bus_write(struct bus *bus, struct bus_space *space, uint64_t address, uint32_t len,
	       const uint8_t *data)
{
	bool answered = true;
	uint32_t size;

	pthread_mutex_lock(&bus->lock);
	for (uint32_t done = 0; done < len; done += size) {
		const struct bus_range *r;
		uint64_t value = 0;

		size = part_size(len - done);
		memcpy(&value, data + done, size);
		r = find(space, address + done, size);
		if (r)
			r->ops->write(r->opaque, address + done - r->base, size, value);
		else
			answered = false;
	}
	pthread_mutex_unlock(&bus->lock);
	return answered;
}
