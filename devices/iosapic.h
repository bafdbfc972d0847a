/* SPDX-License-Identifier: GPL-2.0-only */
/* An I/O SAPIC: device interrupt lines in, interrupt messages out. */
#ifndef DEVICES_IOSAPIC_H
#define DEVICES_IOSAPIC_H

#include "devices/bus.h"

#define IOSAPIC_PINS	32
#define IOSAPIC_SIZE	0x1000

struct iosapic {
	uint32_t select;		/* IOREGSEL */
	uint64_t rte[IOSAPIC_PINS];	/* redirection table */
	bool asserted[IOSAPIC_PINS];	/* state of the lines */
	/* Where messages go: address in the interrupt block, and data. */
	void (*send)(void *opaque, uint64_t address, uint32_t data);
	void *opaque;
};

extern const struct bus_ops iosapic_ops;	/* opaque: struct iosapic */

/* All entries masked. send and opaque are kept. */
void iosapic_reset(struct iosapic *io);
/*
 * Set a line. Asserted means active, whatever polarity the entry names: the
 * tables that describe the wiring are Riven's own.
 */
void iosapic_set(void *iosapic, uint32_t pin, bool asserted);

#endif
