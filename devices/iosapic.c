// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O SAPIC. Registers are reached through a select register and a window,
 * and the EOI register is written by the interrupt handler of a level-triggered
 * line when it is done.
 */
#include "devices/iosapic.h"

#define REG_SELECT	0x00
#define REG_WINDOW	0x10
#define REG_EOI		0x40

#define SEL_ID		0x00
#define SEL_VERSION	0x01
#define SEL_RTE		0x10

#define VERSION		0x21

/* Redirection table entry. */
#define RTE_VECTOR		0xffull
#define RTE_DELIVERY		0x700ull
#define RTE_DELIVERY_SHIFT	8
#define RTE_LOWEST		1
#define RTE_STATUS		(1ull << 12)	/* read only; messages leave at once */
#define RTE_POLARITY		(1ull << 13)
#define RTE_REMOTE_IRR		(1ull << 14)	/* read only */
#define RTE_LEVEL		(1ull << 15)
#define RTE_MASK		(1ull << 16)
#define RTE_DEST_SHIFT		48		/* id 63:56, eid 55:48 */
#define RTE_LOW_WRITABLE \
	(RTE_VECTOR | RTE_DELIVERY | RTE_POLARITY | RTE_LEVEL | RTE_MASK)
#define RTE_HIGH_WRITABLE	0xffff0000ull

#define MESSAGE_BASE		0xfee00000ull
#define MESSAGE_REDIRECTABLE	(1ull << 3)

static void send_message(struct iosapic *io, uint32_t pin)
{
	uint64_t rte = io->rte[pin];
	uint64_t address = MESSAGE_BASE | rte >> RTE_DEST_SHIFT << 4;

	if ((rte & RTE_DELIVERY) >> RTE_DELIVERY_SHIFT == RTE_LOWEST)
		address |= MESSAGE_REDIRECTABLE;
	io->send(io->opaque, address, (uint32_t)(rte & (RTE_VECTOR | RTE_DELIVERY)));
}

/* A level-triggered line sends when active, unmasked, and not in service. */
static void check_level(struct iosapic *io, uint32_t pin)
{
	uint64_t *rte = &io->rte[pin];

	if (!io->asserted[pin] || (*rte & (RTE_LEVEL | RTE_MASK | RTE_REMOTE_IRR)) != RTE_LEVEL)
		return;
	*rte |= RTE_REMOTE_IRR;
	send_message(io, pin);
}

void iosapic_set(void *opaque, uint32_t pin, bool asserted)
{
	struct iosapic *io = opaque;
	bool edge;

	if (pin >= IOSAPIC_PINS)
		return;
	edge = asserted && !io->asserted[pin];
	io->asserted[pin] = asserted;
	if (io->rte[pin] & RTE_LEVEL)
		check_level(io, pin);
	else if (edge && !(io->rte[pin] & RTE_MASK))
		send_message(io, pin);
}

static void end_of_interrupt(struct iosapic *io, uint32_t vector)
{
	for (uint32_t pin = 0; pin < IOSAPIC_PINS; pin++) {
		uint64_t *rte = &io->rte[pin];

		if ((*rte & RTE_VECTOR) != vector || !(*rte & RTE_REMOTE_IRR))
			continue;
		*rte &= ~RTE_REMOTE_IRR;
		check_level(io, pin);
	}
}

static uint32_t read_selected(const struct iosapic *io)
{
	uint32_t n = io->select;

	if (n == SEL_VERSION)
		return VERSION | (IOSAPIC_PINS - 1) << 16;
	if (n >= SEL_RTE && n < SEL_RTE + 2 * IOSAPIC_PINS) {
		uint64_t rte = io->rte[(n - SEL_RTE) / 2];

		return (uint32_t)(n & 1 ? rte >> 32 : rte);
	}
	return 0;
}

static void write_selected(struct iosapic *io, uint32_t value)
{
	uint32_t n = io->select, pin;
	uint64_t *rte;

	if (n < SEL_RTE || n >= SEL_RTE + 2 * IOSAPIC_PINS)
		return;
	pin = (n - SEL_RTE) / 2;
	rte = &io->rte[pin];
	if (n & 1) {
		*rte = (*rte & 0xffffffff) | (value & RTE_HIGH_WRITABLE) << 32;
		return;
	}
	*rte = (*rte & ~RTE_LOW_WRITABLE) | (value & RTE_LOW_WRITABLE);
	/* An edge-triggered line is never in service. */
	if (!(*rte & RTE_LEVEL))
		*rte &= ~RTE_REMOTE_IRR;
	check_level(io, pin);
}

static uint64_t iosapic_read(void *opaque, uint64_t offset, uint32_t size)
{
	const struct iosapic *io = opaque;
	uint32_t value = 0;

	if (offset == REG_SELECT)
		value = io->select;
	else if (offset == REG_WINDOW)
		value = read_selected(io);
	return size < 4 ? value & ((1u << 8 * size) - 1) : value;
}

static void iosapic_write(void *opaque, uint64_t offset, uint32_t size, uint64_t value)
{
	struct iosapic *io = opaque;

	if (offset == REG_SELECT)
		io->select = (uint32_t)value & 0xff;
	else if (offset == REG_WINDOW && size >= 4)
		write_selected(io, (uint32_t)value);
	else if (offset == REG_EOI)
		end_of_interrupt(io, (uint32_t)value & 0xff);
}

const struct bus_ops iosapic_ops = { .read = iosapic_read, .write = iosapic_write };

void iosapic_reset(struct iosapic *io)
{
	io->select = 0;
	for (uint32_t pin = 0; pin < IOSAPIC_PINS; pin++)
		io->rte[pin] = RTE_MASK;
}
