/* SPDX-License-Identifier: GPL-2.0-only */
/* A 16550A serial port. */
#ifndef DEVICES_UART16550_H
#define DEVICES_UART16550_H

#include "devices/bus.h"
#include "devices/charbackend.h"

#define UART_FIFO	16
#define UART_SIZE	8	/* I/O ports */

struct uart {
	struct irq irq;
	struct char_backend be;

	uint8_t ier, lcr, mcr, scr, dll, dlm;
	uint8_t fcr;		/* FIFO enable and trigger level, as written */
	uint8_t msr;		/* lines in bits 7:4, changes since the last read in 3:0 */
	bool overrun;
	bool thre_pending;	/* the transmitter-empty interrupt is due */

	/* Receiver: a byte, or a break, each. */
	uint16_t rx[UART_FIFO];
	uint32_t rx_count;
	/* Received bytes that a FIFO reset would have lost: they come again. */
	uint16_t held[UART_FIFO];
	uint32_t held_count;
	bool break_waiting;
	/* Does the guest wait for input by reading LSR over and over? */
	uint32_t looks_in_a_row;
	uint32_t looks;		/* at LSR, without input, since the port was last set up */
	bool polls;

	/* Transmitter: what the backend did not take yet. */
	uint8_t tx[UART_FIFO];
	uint32_t tx_count;
};

extern const struct bus_ops uart_ops;	/* opaque: struct uart */

/* irq and be are kept. */
void uart_reset(struct uart *u);
/* The backend has input. */
void uart_readable(void *uart);
/* The backend takes output again. */
void uart_writable(void *uart);
/* The other side sends a break. */
void uart_receive_break(struct uart *u);

#endif
