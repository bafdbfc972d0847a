// SPDX-License-Identifier: GPL-2.0-only
/* The machine: which devices there are and where. */
#include "devices/machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/acpi-pm.h"
#include "devices/bus.h"
#include "devices/chardev.h"
#include "devices/iosapic.h"
#include "devices/terminal.h"
#include "devices/uart16550.h"
#include "devices/virtio.h"

#define IOSAPIC_BASE	0xfec00000ull
#define VIRTIO_BASE	0xfed00000ull
#define VIRTIO_STRIDE	0x1000
#define VIRTIO_GSI	16
#define MAX_VIRTIO	8

#define UART_PORT	0x3f8
#define UART_GSI	4
#define PM_PORT		0x600
#define PM_GSI		9

struct machine {
	struct riven_vm *vm;
	struct bus bus;
	struct chardev line;
	struct iosapic iosapic;
	struct uart uart;
	struct acpi_pm pm;

	uint32_t nr_virtio;
	struct virtio_device *virtio[MAX_VIRTIO];
	uint32_t nr_disks;
	struct virtio_blk *disks[MACHINE_MAX_DISKS];
	struct virtio_console *console;
	struct virtio_device *rng;
	struct chardev_client *uart_client, *console_client;

	pthread_mutex_t stop_lock;
	pthread_cond_t stop_cond;
	enum machine_stop stop;
	uint32_t nr_vcpus;
	struct riven_vcpu *vcpus[RIVEN_MAX_VCPUS];
};

/* Stopping. */

void machine_stop(struct machine *m, enum machine_stop why)
{
	pthread_mutex_lock(&m->stop_lock);
	if (m->stop == MACHINE_RUNNING) {
		m->stop = why;
		pthread_cond_broadcast(&m->stop_cond);
	}
	for (uint32_t i = 0; i < m->nr_vcpus; i++)
		riven_vcpu_kick(m->vcpus[i]);
	pthread_mutex_unlock(&m->stop_lock);
}

enum machine_stop machine_stopped(struct machine *m)
{
	enum machine_stop stop;

	pthread_mutex_lock(&m->stop_lock);
	stop = m->stop;
	pthread_mutex_unlock(&m->stop_lock);
	return stop;
}

enum machine_stop machine_wait(struct machine *m)
{
	enum machine_stop stop;

	pthread_mutex_lock(&m->stop_lock);
	while (m->stop == MACHINE_RUNNING)
		pthread_cond_wait(&m->stop_cond, &m->stop_lock);
	stop = m->stop;
	pthread_mutex_unlock(&m->stop_lock);
	return stop;
}

void machine_add_vcpu(struct machine *m, struct riven_vcpu *vcpu)
{
	pthread_mutex_lock(&m->stop_lock);
	if (m->nr_vcpus < RIVEN_MAX_VCPUS)
		m->vcpus[m->nr_vcpus++] = vcpu;
	pthread_mutex_unlock(&m->stop_lock);
}

static void on_power_off(void *opaque)
{
	machine_stop(opaque, MACHINE_POWER_OFF);
}

static void on_key(void *opaque, enum chardev_key key)
{
	struct machine *m = opaque;

	switch (key) {
	case CHARDEV_QUIT:
		machine_stop(m, MACHINE_QUIT);
		chardev_abandon(&m->line);
		break;
	case CHARDEV_POWER_BUTTON:
		pthread_mutex_lock(&m->bus.lock);
		acpi_pm_press(&m->pm);
		pthread_mutex_unlock(&m->bus.lock);
		break;
	}
}

/* Accesses. */

bool machine_mmio(struct machine *m, struct riven_run *run)
{
	if (run->mmio.len > sizeof(run->mmio.data))
		return false;
	if (run->mmio.is_write)
		return bus_write(&m->bus, &m->bus.mmio, run->mmio.gpa, run->mmio.len,
				 run->mmio.data);
	return bus_read(&m->bus, &m->bus.mmio, run->mmio.gpa, run->mmio.len, run->mmio.data);
}

bool machine_pio(struct machine *m, struct riven_run *run)
{
	uint8_t *data = (uint8_t *)&run->pio.data;

	if (run->pio.len > sizeof(run->pio.data))
		return false;
	if (run->pio.is_write)
		return bus_write(&m->bus, &m->bus.pio, run->pio.port, run->pio.len, data);
	run->pio.data = 0;
	return bus_read(&m->bus, &m->bus.pio, run->pio.port, run->pio.len, data);
}

/* Wiring. */

static void send_message(void *opaque, uint64_t address, uint32_t data)
{
	struct machine *m = opaque;

	/* A message for no processor is lost, as on the bus. */
	(void)riven_vm_interrupt_message(m->vm, address, data);
}

static struct irq gsi(struct machine *m, uint32_t pin)
{
	return (struct irq){ .set = iosapic_set, .opaque = &m->iosapic, .pin = pin };
}

static struct irq virtio_irq(struct machine *m)
{
	return gsi(m, VIRTIO_GSI + m->nr_virtio);
}

static void add_virtio(struct machine *m, struct virtio_device *dev)
{
	bus_add(&m->bus.mmio, VIRTIO_BASE + m->nr_virtio * VIRTIO_STRIDE, VIRTIO_MMIO_SIZE,
		&virtio_mmio_ops, dev);
	m->virtio[m->nr_virtio++] = dev;
}

static int out_of_memory(void)
{
	fprintf(stderr, "riven: out of memory\n");
	return -ENOMEM;
}

static int add_disks(struct machine *m, const struct machine_options *opt)
{
	for (uint32_t i = 0; i < opt->nr_disks && i < MACHINE_MAX_DISKS; i++) {
		struct virtio_blk *blk;
		struct irq irq = virtio_irq(m);
		char serial[24];

		snprintf(serial, sizeof(serial), "riven-disk%u", i);
		blk = virtio_blk_create(opt->disks[i].path, opt->disks[i].read_only, serial);
		if (!blk)
			return -EINVAL;
		m->disks[m->nr_disks++] = blk;
		if (virtio_blk_start(blk, m->vm, &irq, &m->bus.lock))
			return out_of_memory();
		add_virtio(m, virtio_blk_device(blk));
	}
	return 0;
}

static int add_rng(struct machine *m)
{
	struct irq irq = virtio_irq(m);

	m->rng = virtio_rng_create();
	if (!m->rng)
		return out_of_memory();
	virtio_init(m->rng, m->vm, &irq);
	add_virtio(m, m->rng);
	return 0;
}

/* The console has the keyboard while a driver runs it, the serial port otherwise. */
static void console_ready(void *opaque, bool up)
{
	struct machine *m = opaque;

	chardev_set_reader(&m->line, up ? m->console_client : m->uart_client);
}

static int add_console(struct machine *m)
{
	struct char_backend be = chardev_backend(&m->line);
	struct irq irq = virtio_irq(m);
	struct chardev_client client = {
		.readable = virtio_console_readable,
		.writable = virtio_console_writable,
	};

	m->console = virtio_console_create(&be);
	if (!m->console)
		return out_of_memory();
	client.opaque = m->console;
	m->console_client = chardev_attach(&m->line, &client);
	virtio_console_on_ready(m->console, console_ready, m);
	virtio_init(virtio_console_device(m->console), m->vm, &irq);
	add_virtio(m, virtio_console_device(m->console));
	machine_resize(m);
	return 0;
}

static void uart_break(void *uart)
{
	uart_receive_break(uart);
}

static void add_platform_devices(struct machine *m)
{
	struct chardev_client client = {
		.readable = uart_readable,
		.writable = uart_writable,
		.send_break = uart_break,
		.opaque = &m->uart,
	};

	m->iosapic.send = send_message;
	m->iosapic.opaque = m;
	bus_add(&m->bus.mmio, IOSAPIC_BASE, IOSAPIC_SIZE, &iosapic_ops, &m->iosapic);
	iosapic_reset(&m->iosapic);

	m->uart.irq = gsi(m, UART_GSI);
	m->uart.be = chardev_backend(&m->line);
	uart_reset(&m->uart);
	bus_add(&m->bus.pio, UART_PORT, UART_SIZE, &uart_ops, &m->uart);
	m->uart_client = chardev_attach(&m->line, &client);

	m->pm.irq = gsi(m, PM_GSI);
	m->pm.power_off = on_power_off;
	m->pm.opaque = m;
	acpi_pm_reset(&m->pm);
	bus_add(&m->bus.pio, PM_PORT, ACPI_PM_SIZE, &acpi_pm_ops, &m->pm);
}

static int add_devices(struct machine *m, const struct machine_options *opt)
{
	int ret;

	/* The line's thread may call as soon as there is a client. */
	pthread_mutex_lock(&m->bus.lock);
	add_platform_devices(m);
	pthread_mutex_unlock(&m->bus.lock);
	ret = add_disks(m, opt);
	if (!ret)
		ret = add_rng(m);
	if (!ret && opt->virtio_console)
		ret = add_console(m);
	return ret;
}

int machine_create(const struct machine_options *opt, struct riven_vm *vm, struct ioloop *loop,
		   struct machine **out)
{
	struct machine *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return out_of_memory();
	m->vm = vm;
	bus_init(&m->bus);
	pthread_mutex_init(&m->stop_lock, NULL);
	pthread_cond_init(&m->stop_cond, NULL);
	ret = chardev_init(&m->line, STDIN_FILENO, STDOUT_FILENO, opt->terminal, &m->bus.lock, loop,
			   on_key, m);
	if (ret) {
		fprintf(stderr, "riven: cannot start the console's thread: %s\n", strerror(-ret));
		free(m);
		return ret;
	}
	ret = add_devices(m, opt);
	if (ret) {
		machine_destroy(m);
		return ret;
	}
	*out = m;
	return 0;
}

void machine_destroy(struct machine *m)
{
	if (!m)
		return;
	chardev_destroy(&m->line);
	for (uint32_t i = 0; i < m->nr_disks; i++)
		virtio_blk_destroy(m->disks[i]);
	free(m->console);
	free(m->rng);
	bus_destroy(&m->bus);
	pthread_cond_destroy(&m->stop_cond);
	pthread_mutex_destroy(&m->stop_lock);
	/* A writer that is stuck still looks at its line. */
	if (!m->line.out_abandoned)
		free(m);
}

void machine_reset(struct machine *m)
{
	pthread_mutex_lock(&m->bus.lock);
	for (uint32_t i = 0; i < m->nr_virtio; i++)
		virtio_reset(m->virtio[i]);
	uart_reset(&m->uart);
	acpi_pm_reset(&m->pm);
	iosapic_reset(&m->iosapic);
	pthread_mutex_unlock(&m->bus.lock);

	pthread_mutex_lock(&m->stop_lock);
	m->stop = MACHINE_RUNNING;
	pthread_mutex_unlock(&m->stop_lock);
}

void machine_platform(const struct machine *m, struct riven_platform *p)
{
	p->iosapic_base = IOSAPIC_BASE;
	p->iosapic_pins = IOSAPIC_PINS;
	p->uart_port = UART_PORT;
	p->uart_gsi = UART_GSI;
	p->pm_port = PM_PORT;
	p->pm_gsi = PM_GSI;
	p->nr_virtio = m->nr_virtio;
	for (uint32_t i = 0; i < m->nr_virtio; i++) {
		p->virtio[i].base = VIRTIO_BASE + i * VIRTIO_STRIDE;
		p->virtio[i].size = VIRTIO_MMIO_SIZE;
		p->virtio[i].gsi = VIRTIO_GSI + i;
	}
}

void machine_resize(struct machine *m)
{
	uint16_t columns, rows;

	if (!m->console || !terminal_size(&columns, &rows))
		return;
	pthread_mutex_lock(&m->bus.lock);
	virtio_console_resize(m->console, columns, rows);
	pthread_mutex_unlock(&m->bus.lock);
}

void machine_flush(struct machine *m)
{
	chardev_flush(&m->line);
}

void machine_abandon_output(struct machine *m)
{
	chardev_abandon(&m->line);
}
