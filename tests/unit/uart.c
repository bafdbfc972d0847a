// SPDX-License-Identifier: GPL-2.0-only
/* The 16550A against its data sheet, and as Linux's 8250 driver probes it. */
#include <string.h>

#include "devices/uart16550.h"
#include "tests/lib/ktap.h"
#include "tests/unit/fake-host.h"

static struct {
	bool level;
	uint32_t edges;
} line;

static void set_line(void *opaque, uint32_t pin, bool asserted)
{
	(void)opaque;
	(void)pin;
	line.edges += asserted && !line.level;
	line.level = asserted;
}

static struct uart u;

static void out(uint32_t reg, uint8_t value)
{
	uart_ops.write(&u, reg, 1, value);
}

static uint8_t in(uint32_t reg)
{
	return (uint8_t)uart_ops.read(&u, reg, 1);
}

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR, FCR = 2 };

static void begin(void)
{
	memset(&u, 0, sizeof(u));
	u.be = host_backend;
	u.irq = (struct irq){ set_line, NULL, 4 };
	memset(&host, 0, sizeof(host));
	host.room = sizeof(host.out);
	host.in = "";
	uart_reset(&u);
	memset(&line, 0, sizeof(line));
}

#define EXPECT_EQ(got, want, name)                                                                 \
	do {                                                                                       \
		unsigned int g_ = (got), w_ = (want);                                              \
		if (!ktap_result(g_ == w_, name))                                                  \
			printf("# expected 0x%x, got 0x%x; build/tests/unit/uart\n", w_, g_);      \
	} while (0)

static void test_reset_values(void)
{
	begin();
	EXPECT_EQ(in(IER), 0, "IER is 0 after reset");
	EXPECT_EQ(in(IIR), 1, "no interrupt is pending after reset");
	EXPECT_EQ(in(LCR), 0, "LCR is 0 after reset");
	EXPECT_EQ(in(MCR), 0, "MCR is 0 after reset");
	EXPECT_EQ(in(LSR), 0x60, "the transmitter is empty after reset");
	EXPECT_EQ(in(MSR), 0xb0, "the modem lines say connected");
}

static void test_registers(void)
{
	begin();
	out(SCR, 0x5a);
	EXPECT_EQ(in(SCR), 0x5a, "SCR holds what is written");
	out(IER, 0xff);
	EXPECT_EQ(in(IER), 0x0f, "IER has four bits");
	out(IER, 0);
	out(MCR, 0xff & ~0x10);
	EXPECT_EQ(in(MCR), 0x0f, "MCR has five bits");
	out(LCR, 0x83);
	out(DATA, 0x34);
	out(IER, 0x12);
	EXPECT_EQ(in(DATA) | in(IER) << 8, 0x1234, "DLAB reaches the divisor");
	out(LCR, 0x03);
	EXPECT_EQ(in(IER), 0, "the divisor is not IER");
	EXPECT_EQ(host.nr_out, 0, "writing the divisor sends nothing");
	out(LSR, 0);
	out(MSR, 0);
	EXPECT_EQ(in(LSR), 0x60, "LSR is read only");
	EXPECT_EQ(uart_ops.read(&u, SCR, 1), 0x5a, "reads have the access's width");
	EXPECT_EQ(uart_ops.read(&u, LCR, 2), 0x0f03, "a wide read gives consecutive registers");
}

static void test_transmit(void)
{
	begin();
	for (const char *p = "hello"; *p; p++)
		out(DATA, (uint8_t)*p);
	EXPECT_EQ(host.nr_out == 5 && !memcmp(host.out, "hello", 5), 1, "bytes are sent in order");
	out(IER, 2);
	EXPECT_EQ(line.level, 1, "enabling the transmitter interrupt raises it when empty");
	EXPECT_EQ(in(IIR), 2, "IIR names the transmitter");
	EXPECT_EQ(line.level, 0, "reading IIR drops the transmitter interrupt");
	EXPECT_EQ(in(IIR), 1, "and it is gone");
	line.edges = 0;
	out(DATA, 'x');
	EXPECT_EQ(line.level && line.edges == 1, 1, "a byte sent raises it again");
	out(DATA, 'y');
	EXPECT_EQ(line.edges, 2, "with an edge for each byte");
	out(IER, 0);
	EXPECT_EQ(line.level, 0, "disabling it drops the line");
	out(IER, 2);
	EXPECT_EQ(in(IIR), 2, "and enabling raises it anew");
}

static void test_full_host(void)
{
	begin();
	out(FCR, 1);
	out(IER, 2);
	in(IIR);
	host.room = 3;
	for (int i = 0; i < 16; i++)
		out(DATA, (uint8_t)('a' + i));
	EXPECT_EQ(host.nr_out, 3, "a full host takes what it can");
	EXPECT_EQ(in(LSR), 0, "the transmitter is not empty while the host is full");
	EXPECT_EQ(line.level, 0, "nor does it interrupt");
	host.room = 5;
	uart_writable(&u);
	EXPECT_EQ(host.nr_out == 8 && !line.level, 1, "it goes on when there is room");
	host.room = 100;
	uart_writable(&u);
	EXPECT_EQ(host.nr_out == 16 && memcmp(host.out, "abcdefghijklmnop", 16) == 0, 1,
		  "nothing is lost or reordered");
	EXPECT_EQ(line.level && in(IIR) == 0xc2 && in(LSR) == 0x60, 1,
		  "empty at last: an interrupt");
}

static void test_receive(void)
{
	begin();
	out(FCR, 0x81);		/* trigger level 8 */
	out(IER, 1);
	host.in = "abc";
	uart_readable(&u);
	EXPECT_EQ(line.level, 1, "input raises an interrupt");
	EXPECT_EQ(in(IIR), 0xcc, "fewer than the trigger level are a time-out");
	EXPECT_EQ(in(LSR), 0x61, "data is ready");
	EXPECT_EQ(in(DATA), 'a', "the first byte comes first");
	in(DATA);
	EXPECT_EQ(line.level, 1, "the interrupt stays while there are more");
	EXPECT_EQ(in(DATA), 'c', "the last byte comes last");
	EXPECT_EQ(line.level, 0, "an empty FIFO drops the interrupt");
	EXPECT_EQ(in(LSR), 0x60, "no data is ready");
	host.in = "0123456789012345678901234";
	uart_readable(&u);
	EXPECT_EQ(in(IIR), 0xc4, "the trigger level is data available");
	EXPECT_EQ(strlen(host.in), 25 - 16, "the FIFO holds 16");
	for (int i = 0; i < 25; i++) {
		if (in(DATA) != (uint8_t)"0123456789012345678901234"[i])
			EXPECT_EQ(i, 25, "input is in order");
	}
	EXPECT_EQ(in(LSR), 0x60, "input beyond the FIFO waits on the host and is not overrun");
	out(FCR, 0);
	host.in = "xy";
	uart_readable(&u);
	EXPECT_EQ(strlen(host.in), 1, "without FIFO one byte is held");
	EXPECT_EQ(in(IIR), 0x04, "without FIFO a byte is data available");
}

static void test_priorities(void)
{
	begin();
	out(FCR, 1);
	out(IER, 0x0f);
	out(MCR, 0x10);		/* loop: modem lines change */
	out(MCR, 0);
	host.in = "a";
	uart_receive_break(&u);
	EXPECT_EQ(in(IIR) & 0x0f, 6, "line status comes first");
	EXPECT_EQ(in(LSR), 0x60 | 0x80 | 0x10 | 0x08 | 0x01, "a break is told in LSR");
	EXPECT_EQ(in(LSR) & 0x9e, 0, "reading LSR clears its errors");
	EXPECT_EQ(in(IIR) & 0x0f, 4, "then data");
	EXPECT_EQ(in(DATA), 0, "a break is a zero byte");
	EXPECT_EQ(in(DATA), 'a', "data follow a break");
	EXPECT_EQ(in(IIR) & 0x0f, 2, "then the transmitter");
	EXPECT_EQ(in(IIR) & 0x0f, 0, "then the modem lines");
	in(MSR);
	EXPECT_EQ(in(IIR) & 0x0f, 1, "reading MSR ends the last");
}

static void test_loop(void)
{
	begin();
	out(MCR, 0x1a);
	EXPECT_EQ(in(MSR) & 0xf0, 0x90, "loop: RTS and OUT2 come back as CTS and DCD");
	out(MCR, 0x15);
	EXPECT_EQ(in(MSR) & 0xf0, 0x60, "loop: DTR and OUT1 come back as DSR and RI");
	out(MCR, 0x10);
	EXPECT_EQ(in(MSR) & 0x06, 0x06, "falling RI and changing DSR are noted");
	EXPECT_EQ(in(MSR) & 0x0f, 0, "until MSR is read");
	out(DATA, 0xa5);
	EXPECT_EQ(host.nr_out, 0, "loop: nothing is sent");
	EXPECT_EQ(in(LSR) & 1, 1, "loop: a byte arrives");
	out(DATA, 0x5a);
	EXPECT_EQ(in(LSR) & 2, 2, "loop: a second byte without FIFO overruns");
	EXPECT_EQ(in(DATA), 0xa5, "loop: the byte is the one sent");
}

/* The order of accesses of a driver that probes, starts up, and only then wants input. */
static void test_early_input(void)
{
	begin();
	host.in = "typed early";
	uart_readable(&u);
	EXPECT_EQ(in(LSR), 0x60, "input waits before the guest wants it");
	EXPECT_EQ(in(DATA), 0, "probing reads nothing");
	out(FCR, 1);
	out(FCR, 7);
	out(FCR, 0);
	in(LSR);
	in(DATA);
	in(IIR);
	in(MSR);
	out(LCR, 3);
	out(FCR, 0x81);
	out(IER, 5);
	for (int i = 0; i < 11; i++) {
		if (in(DATA) != (uint8_t)"typed early"[i])
			EXPECT_EQ(i, 11, "early input arrives whole");
	}
	EXPECT_EQ(in(LSR), 0x60, "early input survives probing");

	host.in = "0123456789abcdefgh";
	uart_readable(&u);
	in(DATA);
	out(FCR, 7);
	for (int i = 1; i < 18; i++) {
		if (in(DATA) != (uint8_t)"0123456789abcdefgh"[i])
			EXPECT_EQ(i, 18, "input after a FIFO reset arrives whole");
	}
	EXPECT_EQ(in(LSR), 0x60, "a FIFO reset loses nothing");
}

static void test_polling(void)
{
	uint32_t looks = 0;

	begin();
	host.in = "z";
	uart_readable(&u);
	while (!(in(LSR) & 1) && looks < 100)
		looks++;
	EXPECT_EQ(looks < 100 && in(DATA) == 'z', 1, "a guest that polls gets its input");
	host.in = "yz";
	uart_readable(&u);
	EXPECT_EQ(in(LSR) & 1, 1, "and goes on getting it");
	begin();
	host.in = "z";
	uart_readable(&u);
	for (looks = 0; !(in(LSR) & 1) && looks < 100; looks++)
		in(MSR);
	EXPECT_EQ(looks < 100 && in(DATA) == 'z', 1, "so does one that polls more than LSR");
}

/* What Linux's autoconfig() tells a 16550A by. */
static void test_probe(void)
{
	begin();
	out(IER, 0);
	EXPECT_EQ(in(IER), 0, "probe: IER reads 0");
	out(IER, 0x0f);
	EXPECT_EQ(in(IER), 0x0f, "probe: IER reads 0xf");
	out(IER, 0);
	out(LCR, 0xbf);
	out(2, 0);
	out(LCR, 0);
	out(FCR, 1);
	EXPECT_EQ(in(IIR) >> 6, 3, "probe: the FIFO is a working one");
	out(LCR, 0xbf);
	EXPECT_EQ(in(2) != 0, 1, "probe: there is no EFR");
	out(LCR, 0);
	out(LCR, 0x80);
	out(FCR, 0x21);
	EXPECT_EQ(in(IIR) >> 5, 6, "probe: there is no 64-byte FIFO");
	out(LCR, 0);
	out(IER, 0x40);
	EXPECT_EQ(in(IER), 0, "probe: there is no UUE");
}

static void test_all_accesses(void)
{
	uint32_t seed = 12345;

	begin();
	for (int i = 0; i < 1000000; i++) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			out(seed >> 8 & 7, (uint8_t)(seed >> 16));
		else
			in(seed >> 8 & 7);
		if (seed >> 28 == 3)
			uart_receive_break(&u);
		if (!*host.in)
			host.in = "abcdefgh";
		host.nr_out = 0;
		host.room = seed >> 20 & 3;
		if (seed >> 27 == 5) {
			uart_readable(&u);
			uart_writable(&u);
		}
	}
	ktap_result(true, "a million random accesses do no harm");
}

int main(void)
{
	ktap_begin();
	test_reset_values();
	test_registers();
	test_transmit();
	test_full_host();
	test_receive();
	test_priorities();
	test_loop();
	test_early_input();
	test_polling();
	test_probe();
	test_all_accesses();
	return ktap_end();
}
