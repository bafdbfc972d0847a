// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16550A as its data sheet has it, with a line that is as fast as the host:
 * a byte written is sent at once unless the host side is full.
 *
 * Input waits on the host until the guest is seen to want it: it has enabled
 * the receive interrupt, or reads LSR over and over. So what is typed (or
 * piped in) before a driver has set up the port is not lost to its probing.
 */
#include "devices/uart16550.h"

#include <string.h>

enum {
	REG_DATA = 0, REG_IER = 1, REG_IIR = 2, REG_LCR = 3,
	REG_MCR = 4, REG_LSR = 5, REG_MSR = 6, REG_SCR = 7,
};

#define IER_RDI		0x01
#define IER_THRI	0x02
#define IER_RLSI	0x04
#define IER_MSI		0x08
#define IER_BITS	0x0f

#define IIR_NONE	0x01
#define IIR_MSI		0x00
#define IIR_THRI	0x02
#define IIR_RDI		0x04
#define IIR_RLSI	0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFOS	0xc0

#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define FCR_CLEAR_TX	0x04
#define FCR_TRIGGER	0xc0

#define LCR_DLAB	0x80

#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT1	0x04
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10
#define MCR_BITS	0x1f

#define LSR_DR		0x01
#define LSR_OE		0x02
#define LSR_FE		0x08
#define LSR_BI		0x10
#define LSR_THRE	0x20
#define LSR_TEMT	0x40
#define LSR_FIFOERR	0x80

#define MSR_DELTAS	0x0f
#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80
#define MSR_CONNECTED	(MSR_CTS | MSR_DSR | MSR_DCD)

/* So many looks at LSR in vain are somebody waiting; drivers' probing does fewer. */
#define LOOKS_IN_A_ROW	4
#define LOOKS		16

/* In rx[] and held[]. */
#define RX_BREAK	0x100

static bool fifo_on(const struct uart *u)
{
	return u->fcr & FCR_ENABLE;
}

static uint32_t rx_size(const struct uart *u)
{
	return fifo_on(u) ? UART_FIFO : 1;
}

static uint32_t rx_trigger(const struct uart *u)
{
	static const uint8_t levels[4] = { 1, 4, 8, 14 };

	return fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

/* Error bits of LSR: overrun, and those of the oldest character. */
static uint8_t line_errors(const struct uart *u)
{
	uint8_t errors = u->overrun ? LSR_OE : 0;

	if (u->rx_count && (u->rx[0] & RX_BREAK))
		errors |= LSR_BI | LSR_FE;
	return errors;
}

static uint8_t interrupt_id(const struct uart *u)
{
	if ((u->ier & IER_RLSI) && line_errors(u))
		return IIR_RLSI;
	/* Nothing more is on its way, so the time-out is at once. */
	if ((u->ier & IER_RDI) && u->rx_count)
		return u->rx_count >= rx_trigger(u) ? IIR_RDI : IIR_TIMEOUT;
	if ((u->ier & IER_THRI) && u->thre_pending)
		return IIR_THRI;
	if ((u->ier & IER_MSI) && (u->msr & MSR_DELTAS))
		return IIR_MSI;
	return IIR_NONE;
}

static void update_irq(struct uart *u)
{
	irq_set(&u->irq, interrupt_id(u) != IIR_NONE);
}

/* Take input as far as there is room and the guest wants it. */
static void fill_rx(struct uart *u)
{
	uint8_t byte;

	if ((u->mcr & MCR_LOOP) || !((u->ier & IER_RDI) || u->polls))
		return;
	while (u->rx_count < rx_size(u)) {
		if (u->held_count) {
			u->rx[u->rx_count++] = u->held[0];
			u->held_count--;
			memmove(u->held, u->held + 1, u->held_count * sizeof(u->held[0]));
		} else if (u->break_waiting) {
			u->break_waiting = false;
			u->rx[u->rx_count++] = RX_BREAK;
		} else if (char_read(&u->be, &byte, 1)) {
			u->rx[u->rx_count++] = byte;
		} else {
			break;
		}
	}
}

/* Keep what the guest never saw; there is room, since held fills rx before the backend does. */
static void clear_rx(struct uart *u)
{
	uint32_t keep = u->rx_count;

	if (u->mcr & MCR_LOOP)
		keep = 0;
	if (keep > UART_FIFO - u->held_count)
		keep = UART_FIFO - u->held_count;
	memmove(u->held + keep, u->held, u->held_count * sizeof(u->held[0]));
	memcpy(u->held, u->rx, keep * sizeof(u->held[0]));
	u->held_count += keep;
	u->rx_count = 0;
	u->overrun = false;
}

static uint8_t read_data(struct uart *u)
{
	uint8_t byte = 0;

	if (u->rx_count) {
		byte = (uint8_t)u->rx[0];
		u->rx_count--;
		memmove(u->rx, u->rx + 1, u->rx_count * sizeof(u->rx[0]));
	}
	fill_rx(u);
	return byte;
}

static void loop_back(struct uart *u, uint8_t byte)
{
	if (u->rx_count < rx_size(u))
		u->rx[u->rx_count++] = byte;
	else
		u->overrun = true;
}

static void write_data(struct uart *u, uint8_t byte)
{
	u->thre_pending = false;
	/* The line falls in between, for a listener that waits for an edge. */
	update_irq(u);
	if (u->mcr & MCR_LOOP)
		loop_back(u, byte);
	else if (u->tx_count || !char_write(&u->be, &byte, 1)) {
		if (u->tx_count < UART_FIFO)
			u->tx[u->tx_count++] = byte;
	}
	u->thre_pending = u->tx_count == 0;
}

static uint8_t read_lsr(struct uart *u)
{
	uint8_t lsr = line_errors(u);

	if (!u->rx_count && (++u->looks_in_a_row >= LOOKS_IN_A_ROW || ++u->looks >= LOOKS)) {
		u->polls = true;
		fill_rx(u);
	}
	if (lsr & LSR_BI)
		lsr |= fifo_on(u) ? LSR_FIFOERR : 0;
	if (u->rx_count)
		lsr |= LSR_DR;
	if (!u->tx_count)
		lsr |= LSR_THRE | LSR_TEMT;
	u->overrun = false;
	if (u->rx_count)
		u->rx[0] &= (uint16_t)~RX_BREAK;
	return lsr;
}

/* Set the modem lines, and note which changed; RI counts when it falls. */
static void set_modem_lines(struct uart *u, uint8_t lines)
{
	uint8_t changed = (u->msr ^ lines) & 0xf0;

	if (changed & MSR_RI && lines & MSR_RI)
		changed &= (uint8_t)~MSR_RI;
	u->msr = (uint8_t)(lines | (u->msr & MSR_DELTAS) | changed >> 4);
}

static void update_modem_lines(struct uart *u)
{
	uint8_t lines = MSR_CONNECTED;

	if (u->mcr & MCR_LOOP) {
		lines = 0;
		lines |= u->mcr & MCR_RTS ? MSR_CTS : 0;
		lines |= u->mcr & MCR_DTR ? MSR_DSR : 0;
		lines |= u->mcr & MCR_OUT1 ? MSR_RI : 0;
		lines |= u->mcr & MCR_OUT2 ? MSR_DCD : 0;
	}
	set_modem_lines(u, lines);
}

static void write_fcr(struct uart *u, uint8_t value)
{
	bool toggled = (value ^ u->fcr) & FCR_ENABLE;

	if (toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX)))
		clear_rx(u);
	/* Bytes that wait for the host's side are on the line already: they stay. */
	u->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | FCR_TRIGGER) : 0;
	fill_rx(u);
}

static void write_ier(struct uart *u, uint8_t value)
{
	uint8_t set = value & ~u->ier;

	u->ier = value & IER_BITS;
	if ((set & IER_THRI) && !u->tx_count)
		u->thre_pending = true;
	fill_rx(u);
}

static void write_mcr(struct uart *u, uint8_t value)
{
	if ((u->mcr ^ value) & MCR_LOOP)
		clear_rx(u);
	u->mcr = value & MCR_BITS;
	update_modem_lines(u);
	fill_rx(u);
}

static uint8_t read_iir(struct uart *u)
{
	uint8_t id = interrupt_id(u);

	if (id == IIR_THRI)
		u->thre_pending = false;
	return id | (fifo_on(u) ? IIR_FIFOS : 0);
}

static uint8_t read_reg(struct uart *u, uint32_t reg)
{
	uint8_t value;

	if (reg != REG_LSR)
		u->looks_in_a_row = 0;
	switch (reg) {
	case REG_DATA:
		return u->lcr & LCR_DLAB ? u->dll : read_data(u);
	case REG_IER:
		return u->lcr & LCR_DLAB ? u->dlm : u->ier;
	case REG_IIR:
		return read_iir(u);
	case REG_LCR:
		return u->lcr;
	case REG_MCR:
		return u->mcr;
	case REG_LSR:
		return read_lsr(u);
	case REG_MSR:
		value = u->msr;
		u->msr &= (uint8_t)~MSR_DELTAS;
		return value;
	default:
		return u->scr;
	}
}

static void write_reg(struct uart *u, uint32_t reg, uint8_t value)
{
	u->looks_in_a_row = 0;
	if (reg != REG_DATA && reg != REG_SCR) {
		u->looks = 0;
		u->polls = false;
	}
	switch (reg) {
	case REG_DATA:
		if (u->lcr & LCR_DLAB)
			u->dll = value;
		else
			write_data(u, value);
		break;
	case REG_IER:
		if (u->lcr & LCR_DLAB)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case REG_IIR:
		write_fcr(u, value);
		break;
	case REG_LCR:
		u->lcr = value;
		break;
	case REG_MCR:
		write_mcr(u, value);
		break;
	case REG_SCR:
		u->scr = value;
		break;
	default:
		break;		/* LSR and MSR are read only */
	}
}

/* A wide access reaches one register after the other. */
static uint64_t uart_read(void *opaque, uint64_t offset, uint32_t size)
{
	struct uart *u = opaque;
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value |= (uint64_t)read_reg(u, (uint32_t)(offset + i) & 7) << 8 * i;
	update_irq(u);
	return value;
}

static void uart_write(void *opaque, uint64_t offset, uint32_t size, uint64_t value)
{
	struct uart *u = opaque;

	for (uint32_t i = 0; i < size; i++)
		write_reg(u, (uint32_t)(offset + i) & 7, (uint8_t)(value >> 8 * i));
	update_irq(u);
}

const struct bus_ops uart_ops = { .read = uart_read, .write = uart_write };

void uart_reset(struct uart *u)
{
	struct irq irq = u->irq;
	struct char_backend be = u->be;

	memset(u, 0, sizeof(*u));
	u->irq = irq;
	u->be = be;
	u->dll = 12;		/* 9600 baud */
	u->msr = MSR_CONNECTED;
	update_irq(u);
}

void uart_readable(void *opaque)
{
	struct uart *u = opaque;

	fill_rx(u);
	update_irq(u);
}

void uart_writable(void *opaque)
{
	struct uart *u = opaque;
	size_t sent;

	if (!u->tx_count)
		return;
	sent = char_write(&u->be, u->tx, u->tx_count);
	u->tx_count -= (uint32_t)sent;
	memmove(u->tx, u->tx + sent, u->tx_count);
	if (!u->tx_count)
		u->thre_pending = true;
	update_irq(u);
}

void uart_receive_break(struct uart *u)
{
	u->break_waiting = true;
	fill_rx(u);
	update_irq(u);
}
