// SPDX-License-Identifier: GPL-2.0-only
/* Virtio transport, queues and devices, driven by a small driver and by a hostile one. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/charbackend.h"
#include "devices/virtio.h"
#include "tests/lib/ktap.h"
#include "tests/unit/fake-host.h"

/* A stand-in for libriven: two memory slots, side by side in the guest but not in the host. */
#define SLOT	0x40000ull
#define BASE	0x100000ull
static uint8_t slots[2][SLOT + 64];
/* And a slot whose memory must not be touched. */
#define HUGE_BASE	(1ull << 40)
#define HUGE_SIZE	(1ull << 30)
static uint64_t rom_start = ~0ull;		/* guest memory from here on is ROM */
static uint64_t written_bytes;

void *riven_vm_host_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	(void)vm;
	if (gpa >= HUGE_BASE && gpa - HUGE_BASE < HUGE_SIZE && len <= HUGE_SIZE - (gpa - HUGE_BASE))
		return (void *)(uintptr_t)(0x1000 + gpa - HUGE_BASE);
	for (uint64_t i = 0; i < 2; i++) {
		uint64_t start = BASE + i * SLOT;

		if (gpa >= start && gpa - start < SLOT && len <= SLOT - (gpa - start))
			return slots[i] + (gpa - start);
	}
	return NULL;
}

void *riven_vm_dma_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	return gpa + len > rom_start ? NULL : riven_vm_host_ptr(vm, gpa, len);
}

void riven_vm_mem_written(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	(void)vm;
	(void)gpa;
	__atomic_fetch_add(&written_bytes, len, __ATOMIC_SEQ_CST);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool line;
static uint32_t interrupts;

static void set_line(void *opaque, uint32_t pin, bool asserted)
{
	(void)opaque;
	(void)pin;
	interrupts += asserted && !line;
	line = asserted;
}

static const struct irq irq = { set_line, NULL, 16 };

/* The driver. */

#define RING_DESC	(BASE + 0x0000)
#define RING_AVAIL	(BASE + 0x4000)
#define RING_USED	(BASE + 0x6000)
#define QUEUE_STRIDE	0x8000
#define BUFFERS		(BASE + 0x10000)

#define F_NEXT		1
#define F_WRITE		2
#define F_INDIRECT	4

struct desc {
	uint64_t gpa;
	uint32_t len;
	uint16_t flags, next;
};

static struct virtio_device *dev;
static uint32_t queue_size;

static uint8_t *mem(uint64_t gpa)
{
	return riven_vm_host_ptr(NULL, gpa, 1);
}

static uint32_t get(uint32_t reg)
{
	uint32_t value;

	pthread_mutex_lock(&lock);
	value = (uint32_t)virtio_mmio_ops.read(dev, reg, 4);
	pthread_mutex_unlock(&lock);
	return value;
}

static void set(uint32_t reg, uint32_t value)
{
	pthread_mutex_lock(&lock);
	virtio_mmio_ops.write(dev, reg, 4, value);
	pthread_mutex_unlock(&lock);
}

static struct desc *desc(uint32_t q, uint32_t n)
{
	return (struct desc *)mem(RING_DESC + q * QUEUE_STRIDE) + n;
}

static uint16_t *avail(uint32_t q)
{
	return (uint16_t *)mem(RING_AVAIL + q * QUEUE_STRIDE);
}

static uint16_t *used(uint32_t q)
{
	return (uint16_t *)mem(RING_USED + q * QUEUE_STRIDE);
}

static uint32_t used_len(uint32_t q, uint32_t n)
{
	uint32_t len;

	memcpy(&len, (uint8_t *)used(q) + 4 + n % queue_size * 8 + 4, 4);
	return len;
}

static void negotiate(uint64_t features)
{
	set(0x70, 0);
	set(0x70, 1);
	set(0x70, 3);
	set(0x24, 0);
	set(0x20, (uint32_t)features);
	set(0x24, 1);
	set(0x20, (uint32_t)(features >> 32));
	set(0x70, 11);
}

static void set_queue(uint32_t q)
{
	set(0x30, q);
	set(0x38, queue_size);
	set(0x80, (uint32_t)RING_DESC + q * QUEUE_STRIDE);
	set(0x84, 0);
	set(0x90, (uint32_t)RING_AVAIL + q * QUEUE_STRIDE);
	set(0x94, 0);
	set(0xa0, (uint32_t)RING_USED + q * QUEUE_STRIDE);
	set(0xa4, 0);
	set(0x44, 1);
}

static void start(struct virtio_device *d, uint64_t features, uint32_t size)
{
	dev = d;
	queue_size = size;
	memset(slots, 0, sizeof(slots));
	line = false;
	interrupts = 0;
	negotiate(features | VIRTIO_F_VERSION_1);
	for (uint32_t q = 0; q < d->nr_queues; q++)
		set_queue(q);
	set(0x70, 15);
}

static void submit(uint32_t q, uint16_t head)
{
	uint16_t *a = avail(q);

	a[2 + a[1] % queue_size] = head;
	__atomic_store_n(&a[1], (uint16_t)(a[1] + 1), __ATOMIC_SEQ_CST);
	set(0x50, q);
}

/* Wait for the used index; false when it does not come within 10 s. */
static bool completed(uint32_t q, uint16_t index)
{
	for (int i = 0; i < 10000; i++) {
		if (__atomic_load_n(&used(q)[1], __ATOMIC_SEQ_CST) == index) {
			/* And let the device finish what belongs to it. */
			pthread_mutex_lock(&lock);
			pthread_mutex_unlock(&lock);
			return true;
		}
		usleep(1000);
	}
	return false;
}

static void test_registers(void)
{
	dev = virtio_rng_create();
	virtio_init(dev, NULL, &irq);
	ktap_result(get(0) == 0x74726976 && get(4) == 2 && get(8) == VIRTIO_ID_RNG,
		    "magic, version and device id");
	set(0x14, 0);
	ktap_result(get(0x10) == 0x30000000, "low features: indirect, event index");
	set(0x14, 1);
	ktap_result(get(0x10) == 1, "high features: version 1");
	set(0x14, 2);
	ktap_result(get(0x10) == 0, "no features beyond 64");
	set(0x30, 0);
	ktap_result(get(0x34) == VIRTQ_SIZE_MAX, "queue 0 exists");
	set(0x30, 1);
	ktap_result(get(0x34) == 0, "queue 1 does not");
	set(0x30, 0xffffffff);
	ktap_result(get(0x34) == 0 && get(0x44) == 0, "nor does queue 4294967295");
	ktap_result(get(0xb0) == ~0u && get(0xb4) == ~0u, "there is no shared memory");
	negotiate(0);
	ktap_result(!(get(0x70) & 8), "a driver without version 1 is refused");
	negotiate(VIRTIO_F_VERSION_1 | 1ull << 40);
	ktap_result(!(get(0x70) & 8), "a feature that is not offered is refused");
	negotiate(VIRTIO_F_VERSION_1);
	ktap_result(get(0x70) & 8, "features that are offered are accepted");
	queue_size = 300;
	set_queue(0);
	ktap_result(get(0x70) & 0x40 && !get(0x44), "a queue too long is refused");
	negotiate(VIRTIO_F_VERSION_1);
	queue_size = 3;
	set_queue(0);
	ktap_result(get(0x70) & 0x40, "a size that is no power of two is refused");
	negotiate(VIRTIO_F_VERSION_1);
	queue_size = 16;
	set_queue(0);
	ktap_result(get(0x44) == 1 && !(get(0x70) & 0x40), "a good queue becomes ready");
	negotiate(VIRTIO_F_VERSION_1);
	set(0x30, 0);
	set(0x38, 16);
	set(0x84, 0xffffffff);
	set(0x44, 1);
	ktap_result(get(0x70) & 0x40, "rings outside memory are refused");
	set(0x70, 0);
	ktap_result(get(0x70) == 0 && get(0x44) == 0, "writing 0 to Status resets");
	free(dev);
}

static void test_rng(void)
{
	uint32_t nonzero = 0;
	struct virtio_device *d = virtio_rng_create();

	virtio_init(d, NULL, &irq);
	start(d, 0, 16);
	/* Across the border of the two slots. */
	*desc(0, 0) = (struct desc){ BASE + SLOT - 32, 64, F_WRITE, 0 };
	submit(0, 0);
	ktap_result(completed(0, 1) && used_len(0, 0) == 64, "64 random bytes come");
	for (int i = 0; i < 32; i++)
		nonzero += (slots[0][SLOT - 32 + i] != 0) + (slots[1][i] != 0);
	ktap_result(nonzero > 32, "on both sides of a slot's border");
	for (int i = 0; i < 64; i++)
		nonzero += slots[0][SLOT + i] != 0;
	ktap_result(nonzero <= 64, "and nowhere else");
	ktap_result(line && get(0x60) == 1, "with an interrupt");
	set(0x64, 1);
	ktap_result(!line && get(0x60) == 0, "which can be acknowledged");
	avail(0)[0] = 1;
	submit(0, 0);
	ktap_result(completed(0, 2) && !line, "no interrupt when the driver wants none");
	avail(0)[0] = 0;

	/* Indirect. */
	start(d, VIRTIO_F_INDIRECT, 16);
	struct desc *table = (struct desc *)mem(BUFFERS);
	table[0] = (struct desc){ BUFFERS + 0x1000, 8, F_WRITE | F_NEXT, 1 };
	table[1] = (struct desc){ BUFFERS + 0x2000, 8, F_WRITE, 0 };
	*desc(0, 0) = (struct desc){ BUFFERS, 32, F_INDIRECT, 0 };
	submit(0, 0);
	ktap_result(completed(0, 1) && used_len(0, 0) == 16, "an indirect table works");

	/* Event index. */
	start(d, VIRTIO_F_EVENT_IDX, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 8, F_WRITE, 0 };
	avail(0)[2 + 16] = 1;	/* tell me of the second */
	submit(0, 0);
	ktap_result(completed(0, 1) && !line, "event index: not told of the first");
	submit(0, 0);
	ktap_result(completed(0, 2) && line, "event index: told of the second");
	ktap_result(*(uint16_t *)((uint8_t *)used(0) + 4 + 16 * 8) == 2,
		    "event index: the device asks to be told of the next");

	/* More requests than the ring's index counts. */
	start(d, 0, 2);
	*desc(0, 0) = (struct desc){ BUFFERS, 4, F_WRITE, 0 };
	bool ok = true;
	for (uint32_t i = 1; i <= 70000 && ok; i++) {
		submit(0, 0);
		ok = used(0)[1] == (uint16_t)i;
	}
	ktap_result(ok, "indices wrap");
	free(d);
}

/* Things a broken driver puts in its rings; each must stop the device and nothing else. */
static void test_hostile(void)
{
	struct virtio_device *d = virtio_rng_create();
	struct desc *table;

	virtio_init(d, NULL, &irq);
#define BROKEN(name) ktap_result(get(0x70) & 0x40 && used(0)[1] == 0, "broken: " name)
	start(d, 0, 16);
	submit(0, 16);
	BROKEN("a head beyond the table");
	submit(0, 0);
	ktap_result(used(0)[1] == 0, "a broken device does nothing more");
	ktap_result(get(0x60) & 2, "and tells so by a configuration interrupt");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 4, F_WRITE | F_NEXT, 16 };
	submit(0, 0);
	BROKEN("a next beyond the table");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 4, F_WRITE | F_NEXT, 1 };
	*desc(0, 1) = (struct desc){ BUFFERS, 4, F_WRITE | F_NEXT, 0 };
	submit(0, 0);
	BROKEN("a chain without end");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ 0x40, 4, F_WRITE, 0 };
	submit(0, 0);
	BROKEN("a buffer where no memory is");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ ~0ull - 3, 0xffffffff, F_WRITE, 0 };
	submit(0, 0);
	BROKEN("a buffer that wraps");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ BASE + 2 * SLOT - 4, 8, F_WRITE, 0 };
	submit(0, 0);
	BROKEN("a buffer that ends outside");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 4, F_WRITE | F_NEXT, 1 };
	*desc(0, 1) = (struct desc){ BUFFERS, 4, 0, 0 };
	submit(0, 0);
	BROKEN("a readable buffer behind a writable one");

	start(d, 0, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 16, F_INDIRECT, 0 };
	submit(0, 0);
	BROKEN("an indirect table that was not agreed on");

	start(d, VIRTIO_F_INDIRECT, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 16, F_INDIRECT, 0 };
	table = (struct desc *)mem(BUFFERS);
	table[0] = (struct desc){ BUFFERS, 16, F_INDIRECT, 0 };
	submit(0, 0);
	BROKEN("an indirect table in an indirect table");

	start(d, VIRTIO_F_INDIRECT, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 24, F_INDIRECT, 0 };
	submit(0, 0);
	BROKEN("an indirect table of one and a half descriptors");

	start(d, VIRTIO_F_INDIRECT, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 0xfffffff0, F_INDIRECT, 0 };
	submit(0, 0);
	BROKEN("an indirect table of 268 million descriptors");

	start(d, 0, 16);
	rom_start = BUFFERS + 16;
	*desc(0, 0) = (struct desc){ BUFFERS, 32, F_WRITE, 0 };
	submit(0, 0);
	BROKEN("a buffer to be written that ends in ROM");
	rom_start = ~0ull;

	start(d, 0, 16);
	for (uint16_t i = 0; i < 5; i++)
		*desc(0, i) = (struct desc){ HUGE_BASE, 1u << 30, F_WRITE | (i < 4 ? F_NEXT : 0),
					     (uint16_t)(i + 1) };
	submit(0, 0);
	BROKEN("a chain of more than 4 GiB");

	start(d, 0, 16);
	avail(0)[1] = 100;
	set(0x50, 0);
	BROKEN("an index that is far ahead");
#undef BROKEN
	free(d);
}

/* Random rings and registers. What counts is that the sanitizers stay silent. */
static void test_random(void)
{
	static const uint64_t interesting[] = { RING_DESC, RING_AVAIL, RING_USED, BUFFERS,
						BASE + SLOT - 8, BASE + 2 * SLOT - 8, 0,
						~0ull - 7 };
	struct virtio_device *d = virtio_rng_create();
	uint64_t seed = 88172645463325252ull;

	virtio_init(d, NULL, &irq);
	for (int run = 0; run < 2000; run++) {
		start(d, VIRTIO_F_INDIRECT | (run & 1 ? VIRTIO_F_EVENT_IDX : 0), 16);
		for (uint32_t i = 0; i < 64; i++) {
			struct desc *t = i < 16 ? desc(0, i) : (struct desc *)mem(BUFFERS) + i;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			t->gpa = interesting[seed & 7] + (seed >> 3 & 0xfff);
			t->len = seed >> 20 & 1 ? (uint32_t)(seed >> 32) : seed >> 40 & 0x1ff;
			t->flags = seed >> 50 & 7;
			t->next = seed >> 54 & 0x1f;
		}
		for (uint32_t i = 0; i < 16; i++)
			submit(0, (uint16_t)i);
		for (uint32_t i = 0; i < 50; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			pthread_mutex_lock(&lock);
			virtio_mmio_ops.write(d, seed & 0x1fc, seed >> 10 & 1 ? 4 : 8, seed >> 16);
			virtio_mmio_ops.read(d, seed >> 20 & 0x1fc, seed >> 30 & 1 ? 4 : 2);
			pthread_mutex_unlock(&lock);
		}
	}
	ktap_result(true, "2000 random drivers do no harm");
	free(d);
}

static void test_console(void)
{
	struct virtio_console *con = virtio_console_create(&host_backend);
	struct virtio_device *d = virtio_console_device(con);

	virtio_init(d, NULL, &irq);
	host.in = "";
	host.room = 4096;
	start(d, 1, 16);
	memcpy(mem(BUFFERS), "hello, world", 12);
	*desc(1, 0) = (struct desc){ BUFFERS, 5, F_NEXT, 1 };
	*desc(1, 1) = (struct desc){ BUFFERS + 5, 7, 0, 0 };
	submit(1, 0);
	ktap_result(completed(1, 1) && host.nr_out == 12 && !memcmp(host.out, "hello, world", 12),
		    "output is sent");
	host.room = 3;
	submit(1, 0);
	ktap_result(used(1)[1] == 1, "output waits for a full host");
	host.room = 100;
	pthread_mutex_lock(&lock);
	virtio_console_writable(con);
	pthread_mutex_unlock(&lock);
	ktap_result(completed(1, 2) && host.nr_out == 24 &&
			    !memcmp(host.out + 12, "hello, world", 12),
		    "and goes on whole");

	host.in = "abcdef";
	pthread_mutex_lock(&lock);
	virtio_console_readable(con);
	pthread_mutex_unlock(&lock);
	ktap_result(strlen(host.in) == 6, "input waits for a buffer");
	*desc(0, 0) = (struct desc){ BUFFERS + 0x100, 4, F_WRITE, 0 };
	*desc(0, 1) = (struct desc){ BUFFERS + 0x200, 64, F_WRITE, 0 };
	submit(0, 0);
	submit(0, 1);
	ktap_result(completed(0, 2) && used_len(0, 0) == 4 && used_len(0, 1) == 2 &&
			    !memcmp(mem(BUFFERS + 0x100), "abcd", 4) &&
			    !memcmp(mem(BUFFERS + 0x200), "ef", 2),
		    "input fills buffers in order");
	submit(0, 0);
	ktap_result(used(0)[1] == 2, "a buffer without input stays with the device");
	host.in = "xyz";
	pthread_mutex_lock(&lock);
	virtio_console_readable(con);
	pthread_mutex_unlock(&lock);
	ktap_result(completed(0, 3) && used_len(0, 2) == 3, "until input comes");

	set(0x64, 3);
	pthread_mutex_lock(&lock);
	virtio_console_resize(con, 132, 43);
	pthread_mutex_unlock(&lock);
	ktap_result(get(0x100) == (132 | 43 << 16) && get(0x60) == 2 && get(0xfc) == 1,
		    "a new size is a configuration change");
	set(0x108, 'E');
	ktap_result(host.out[24] == 'E', "an emergency write is sent");
	free(con);
}

static char image[] = "/tmp/riven-virtio-XXXXXX";

/* One block request; returns its status, or 0xff when it was not answered. */
static uint8_t request(uint32_t type, uint64_t sector, uint32_t len, bool in)
{
	static uint16_t count;
	uint64_t header[2] = { type, sector };

	if (!used(0)[1])
		count = 0;
	memcpy(mem(BUFFERS), header, 16);
	*mem(BUFFERS + 16) = 0xee;
	*desc(0, 0) = (struct desc){ BUFFERS, 16, F_NEXT, 1 };
	*desc(0, 1) = (struct desc){ BUFFERS + 0x1000, len, (uint16_t)(F_NEXT | (in ? F_WRITE : 0)),
				     2 };
	*desc(0, 2) = (struct desc){ BUFFERS + 16, 1, F_WRITE, 0 };
	submit(0, 0);
	return completed(0, ++count) ? *mem(BUFFERS + 16) : 0xff;
}

static void test_block(void)
{
	struct virtio_blk *blk;
	uint8_t data[1024], back[1024];
	int fd = mkstemp(image);

	for (int i = 0; i < 1024; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	if (fd < 0 || ftruncate(fd, 64 * 512) < 0) {
		ktap_result(false, "cannot make %s", image);
		return;
	}
	blk = virtio_blk_create(image, false, "serial-number-0");
	ktap_result(blk != NULL, "an image is opened");
	ktap_result(!virtio_blk_create(image, true, ""), "an image in use is refused");
	virtio_blk_start(blk, NULL, &irq, &lock);
	start(virtio_blk_device(blk), 1ull << 9, 16);
	ktap_result(get(0x100) == 64 && get(0x104) == 0 && get(0x114) == 512,
		    "capacity and block size");

	memcpy(mem(BUFFERS + 0x1000), data, 1024);
	ktap_result(request(1, 5, 1024, false) == 0 && pread(fd, back, 1024, 5 * 512) == 1024 &&
			    !memcmp(back, data, 1024),
		    "a write reaches the image");
	memset(mem(BUFFERS + 0x1000), 0, 1024);
	ktap_result(request(0, 5, 1024, true) == 0 && !memcmp(mem(BUFFERS + 0x1000), data, 1024) &&
			    used_len(0, 1) == 1025,
		    "a read brings it back");
	ktap_result(line, "and interrupts");
	ktap_result(request(4, 0, 0, false) == 0, "flush succeeds");
	ktap_result(request(8, 0, 20, true) == 0 &&
			    !strcmp((char *)mem(BUFFERS + 0x1000), "serial-number-0"),
		    "the serial number is told");
	ktap_result(request(99, 0, 16, true) == 2, "an unknown request is unsupported");
	ktap_result(request(0, 63, 1024, true) == 1, "a read beyond the end is an error");
	ktap_result(request(0, ~0ull, 512, true) == 1, "so is one at sector 2^64 - 1");
	ktap_result(request(1, 64, 512, false) == 1, "so is a write beyond the end");
	ktap_result(request(0, 0, 100, true) == 1, "so is a part of a sector");
	ktap_result(request(0, 63, 512, true) == 0, "the last sector can be read");

	/* No status byte, and no whole header. */
	*desc(0, 0) = (struct desc){ BUFFERS, 16, 0, 0 };
	submit(0, 0);
	usleep(100000);
	ktap_result(get(0x70) & 0x40, "a request without status breaks the driver");
	start(virtio_blk_device(blk), 0, 16);
	*desc(0, 0) = (struct desc){ BUFFERS, 15, F_NEXT, 1 };
	*desc(0, 1) = (struct desc){ BUFFERS + 16, 1, F_WRITE, 0 };
	submit(0, 0);
	usleep(100000);
	ktap_result(get(0x70) & 0x40, "so does one with half a header");

	/* Resets at any moment. */
	for (int i = 0; i < 300; i++) {
		start(virtio_blk_device(blk), 0, 16);
		*desc(0, 0) = (struct desc){ BUFFERS, 16, F_NEXT, 1 };
		*desc(0, 1) = (struct desc){ BUFFERS + 0x1000, 512, F_NEXT | F_WRITE, 2 };
		*desc(0, 2) = (struct desc){ BUFFERS + 16, 1, F_WRITE, 0 };
		submit(0, 0);
		submit(0, 0);
		if (i % 3 == 0)
			usleep(10);
		set(0x70, 0);
	}
	ktap_result(get(0x70) == 0, "resets with requests under way");
	virtio_blk_destroy(blk);

	blk = virtio_blk_create(image, true, "");
	virtio_blk_start(blk, NULL, &irq, &lock);
	start(virtio_blk_device(blk), 1ull << 5, 16);
	set(0x14, 0);
	ktap_result(get(0x10) >> 5 & 1, "read-only is a feature");
	ktap_result(request(1, 0, 512, false) == 1, "and writes fail");
	ktap_result(request(0, 5, 512, true) == 0 && !memcmp(mem(BUFFERS + 0x1000), data, 512),
		    "and reads do not");
	virtio_blk_destroy(blk);

	ktap_result(ftruncate(fd, 1000) == 0 && !virtio_blk_create(image, false, ""),
		    "an image of 1000 bytes is refused");
	ktap_result(ftruncate(fd, 0) == 0 && !virtio_blk_create(image, false, ""),
		    "an empty image is refused");
	ktap_result(!virtio_blk_create("/nonexistent", false, "") &&
			    !virtio_blk_create("/tmp", true, "") &&
			    !virtio_blk_create("/dev/null", false, ""),
		    "what is no image is refused");
	close(fd);
	unlink(image);
}

int main(void)
{
	ktap_begin();
	test_registers();
	test_rng();
	test_hostile();
	test_random();
	test_console();
	test_block();
	return ktap_end();
}
