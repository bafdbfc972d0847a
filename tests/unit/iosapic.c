// SPDX-License-Identifier: GPL-2.0-only
/* The I/O SAPIC: registers, edges, levels, end of interrupt. */
#include <string.h>

#include "devices/iosapic.h"
#include "tests/lib/ktap.h"

#define MASK	(1u << 16)
#define LEVEL	(1u << 15)
#define IRR	(1u << 14)
#define LOW	(1u << 13)

static struct {
	uint32_t count;
	uint64_t address;
	uint32_t data;
} sent;

static struct iosapic io;

static void on_send(void *opaque, uint64_t address, uint32_t data)
{
	(void)opaque;
	sent.count++;
	sent.address = address;
	sent.data = data;
}

static void begin(void)
{
	memset(&io, 0, sizeof(io));
	io.send = on_send;
	iosapic_reset(&io);
	memset(&sent, 0, sizeof(sent));
}

static uint32_t get(uint32_t reg)
{
	iosapic_ops.write(&io, 0, 4, reg);
	return (uint32_t)iosapic_ops.read(&io, 0x10, 4);
}

static void set(uint32_t reg, uint32_t value)
{
	iosapic_ops.write(&io, 0, 4, reg);
	iosapic_ops.write(&io, 0x10, 4, value);
}

static void set_rte(uint32_t pin, uint32_t high, uint32_t low)
{
	set(0x11 + 2 * pin, high);
	set(0x10 + 2 * pin, low);
}

static void eoi(uint32_t vector)
{
	iosapic_ops.write(&io, 0x40, 4, vector);
}

#define EXPECT_EQ(got, want, name)                                                                 \
	do {                                                                                       \
		unsigned long long g_ = (got), w_ = (want);                                        \
		if (!ktap_result(g_ == w_, name))                                                  \
			printf("# expected 0x%llx, got 0x%llx; build/tests/unit/iosapic\n", w_,    \
			       g_);                                                                \
	} while (0)

static void test_registers(void)
{
	begin();
	EXPECT_EQ(get(1) & 0xff, 0x21, "the version is a SAPIC's");
	EXPECT_EQ(get(1) >> 16 & 0xff, IOSAPIC_PINS - 1, "the version names the last pin");
	EXPECT_EQ(get(0x10), MASK, "entries are masked after reset");
	set_rte(3, 0xffffffff, 0xffffffff);
	EXPECT_EQ(get(0x10 + 6), 0x1a7ff, "an entry's low half keeps its fields and no others");
	EXPECT_EQ(get(0x11 + 6), 0xffff0000, "an entry's high half keeps id and eid");
	EXPECT_EQ(get(0x10 + 2 * IOSAPIC_PINS), 0, "beyond the last pin is nothing");
	set(0x10 + 2 * IOSAPIC_PINS, 0x1234);
	EXPECT_EQ(iosapic_ops.read(&io, 0, 4), 0x10 + 2 * IOSAPIC_PINS, "the selector reads back");
	EXPECT_EQ(iosapic_ops.read(&io, 0x20, 4), 0, "unused offsets read zero");
}

static void test_edge(void)
{
	begin();
	set_rte(4, 0x12340000, 0x51);
	iosapic_set(&io, 4, true);
	EXPECT_EQ(sent.count, 1, "an edge sends one message");
	EXPECT_EQ(sent.address, 0xfee00000 | 0x12 << 12 | 0x34 << 4, "to the entry's id and eid");
	EXPECT_EQ(sent.data, 0x51, "with the entry's vector");
	iosapic_set(&io, 4, true);
	EXPECT_EQ(sent.count, 1, "a line that stays sends no more");
	iosapic_set(&io, 4, false);
	iosapic_set(&io, 4, true);
	EXPECT_EQ(sent.count, 2, "a second edge sends a second message");
	EXPECT_EQ(get(0x18) & IRR, 0, "an edge leaves no remote IRR");
	iosapic_set(&io, 4, false);
	set(0x18, 0x51 | MASK);
	iosapic_set(&io, 4, true);
	set(0x18, 0x51);
	EXPECT_EQ(sent.count, 2, "an edge while masked is lost");
	iosapic_set(&io, 4, false);
	set(0x18, 0x51 | LOW);
	iosapic_set(&io, 4, true);
	EXPECT_EQ(sent.count, 3, "polarity does not matter to a device's line");
}

static void test_level(void)
{
	begin();
	set_rte(20, 0, 0x60 | LEVEL);
	iosapic_set(&io, 20, true);
	EXPECT_EQ(sent.count, 1, "a level sends one message");
	EXPECT_EQ(get(0x10 + 40) & IRR, IRR, "and is in service");
	iosapic_set(&io, 20, true);
	iosapic_set(&io, 20, false);
	iosapic_set(&io, 20, true);
	EXPECT_EQ(sent.count, 1, "it sends no more until its end");
	eoi(0x61);
	EXPECT_EQ(sent.count, 1, "the end of another vector does not matter");
	eoi(0x60);
	EXPECT_EQ(sent.count, 2, "still active at the end: another message");
	iosapic_set(&io, 20, false);
	eoi(0x60);
	EXPECT_EQ(sent.count, 2, "inactive at the end: none");
	EXPECT_EQ(get(0x10 + 40) & IRR, 0, "and no longer in service");
	set(0x10 + 40, 0x60 | LEVEL | MASK);
	iosapic_set(&io, 20, true);
	EXPECT_EQ(sent.count, 2, "a masked level waits");
	set(0x10 + 40, 0x60 | LEVEL);
	EXPECT_EQ(sent.count, 3, "and is sent when unmasked");
	set(0x10 + 40, 0x60 | MASK);
	EXPECT_EQ(get(0x10 + 40) & IRR, 0, "an entry made edge-triggered is not in service");
}

static void test_shared_vector(void)
{
	begin();
	set_rte(16, 0, 0x70 | LEVEL);
	set_rte(17, 0, 0x70 | LEVEL);
	iosapic_set(&io, 16, true);
	iosapic_set(&io, 17, true);
	EXPECT_EQ(sent.count, 2, "two pins may share a vector");
	iosapic_set(&io, 16, false);
	eoi(0x70);
	EXPECT_EQ(sent.count, 3, "the end reaches both, and the active one sends again");
}

static void test_delivery(void)
{
	begin();
	set_rte(5, 0, 0x42 | 1 << 8);
	iosapic_set(&io, 5, true);
	EXPECT_EQ(sent.address & 8, 8, "lowest priority asks for redirection");
	set_rte(6, 0, 4 << 8);
	iosapic_set(&io, 6, true);
	EXPECT_EQ(sent.data, 4 << 8, "the delivery mode is passed on");
}

static void test_all_accesses(void)
{
	uint32_t seed = 4711;

	begin();
	for (int i = 0; i < 1000000; i++) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			iosapic_ops.write(&io, seed >> 20 & 0x7c, 4, seed >> 3);
		else if (seed >> 30)
			iosapic_set(&io, seed >> 20 & 0x3f, seed >> 10 & 1);
		else
			iosapic_ops.read(&io, seed >> 20 & 0x7c, 4);
	}
	ktap_result(true, "a million random accesses do no harm");
}

int main(void)
{
	ktap_begin();
	test_registers();
	test_edge();
	test_level();
	test_shared_vector();
	test_delivery();
	test_all_accesses();
	return ktap_end();
}
