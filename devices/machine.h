/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine around a VM's processors: I/O SAPIC, serial port, power
 * management and virtio devices, and what ends its run. Knows nothing of the
 * command line nor of the firmware's inside.
 */
#ifndef DEVICES_MACHINE_H
#define DEVICES_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/firmware.h>
#include <riven/riven.h>

#include "devices/ioloop.h"

#define MACHINE_MAX_DISKS	6

struct machine_options {
	bool terminal;			/* standard input is one, in raw mode */
	bool virtio_console;		/* once set up by the guest, it gets the input */
	uint32_t nr_disks;
	struct {
		const char *path;
		bool read_only;
	} disks[MACHINE_MAX_DISKS];
};

/* Why the processors stopped. */
enum machine_stop {
	MACHINE_RUNNING,
	MACHINE_POWER_OFF,
	MACHINE_RESET,
	MACHINE_QUIT,		/* Ctrl-A x */
	MACHINE_SIGNAL,		/* told to end by a signal */
	MACHINE_DEAD,		/* a vCPU cannot go on */
	MACHINE_ERROR,
};

struct machine;

/*
 * Make the devices of a VM that has no vCPU running. loop outlives the machine.
 * 0, or a negative errno value after one line on stderr.
 */
int machine_create(const struct machine_options *opt, struct riven_vm *vm, struct ioloop *loop,
		   struct machine **machine);
/* No vCPU runs. Output that is still buffered is written first. */
void machine_destroy(struct machine *m);
/* As the reset line of a real machine: all devices, processors excepted. No vCPU runs. */
void machine_reset(struct machine *m);

/* Addresses and interrupts, for the firmware; ram_size, nr_vcpus and nvram_path are left alone. */
void machine_platform(const struct machine *m, struct riven_platform *platform);

/* A vCPU that machine_stop() has to kick. */
void machine_add_vcpu(struct machine *m, struct riven_vcpu *vcpu);
/* Answer RIVEN_EXIT_MMIO and RIVEN_EXIT_PIO in the run page. False: no device is there. */
bool machine_mmio(struct machine *m, struct riven_run *run);
bool machine_pio(struct machine *m, struct riven_run *run);

/* Stop for this reason, unless stopped already; any thread. */
void machine_stop(struct machine *m, enum machine_stop why);
enum machine_stop machine_stopped(struct machine *m);
/* Wait until stopped. */
enum machine_stop machine_wait(struct machine *m);

/* The terminal's size may have changed. */
void machine_resize(struct machine *m);
/* Wait until output is written. */
void machine_flush(struct machine *m);
/* Give up waiting for a reader of the output that does not read. */
void machine_abandon_output(struct machine *m);

#endif
