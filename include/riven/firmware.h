/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware library: PAL, SAL, EFI and ACPI for one VM, and the direct
 * boot path. It sees the guest through libriven only.
 *
 * Guest-physical map:
 *	0 .. 3 GiB			RAM, as much as there is
 *	0xfee00000 .. 0xfeffffff	processor interrupt block (the GVMM's)
 *	0xff000000 .. 0xff01ffff	firmware code, read only: PAL, SAL, EFI
 *	0xff100000 .. 0xff13ffff	firmware data: EFI, SAL and ACPI tables
 *	4 GiB ..			the rest of RAM
 * Devices have what is left between RAM and 4 GiB.
 */
#ifndef RIVEN_FIRMWARE_H
#define RIVEN_FIRMWARE_H

#include <stdint.h>
#include <stdio.h>

#include <riven/riven.h>

struct riven_fw;

/* RAM sizes that riven_fw_create() takes, in bytes: a multiple of 1 MiB from MIN to MAX. */
#define RIVEN_FW_RAM_MIN	(16ull << 20)
#define RIVEN_FW_RAM_MAX	(RIVEN_WINDOW_SIZE - (1ull << 30))
#define RIVEN_FW_RAM_LOW	(3ull << 30)	/* the rest lies from 4 GiB up */

/* What the machine looks like; the device model fills it in. */
struct riven_platform {
	uint64_t ram_size;		/* bytes */
	uint32_t nr_vcpus;		/* local SAPIC of vCPU n: id n, eid 0 */
	uint64_t iosapic_base;		/* guest-physical; GSI 0 upwards */
	uint32_t iosapic_pins;
	uint32_t uart_port;		/* legacy I/O port of the 16550, e.g. 0x3f8 */
	uint32_t uart_gsi;		/* edge, active high */
	uint32_t pm_port;		/* ACPI PM1a event block: 4 bytes, then the control block:
					   2 bytes; writing SLP_EN with SLP_TYP 5 (_S5) powers off */
	uint32_t pm_gsi;		/* the SCI; level, active low */
	uint32_t nr_virtio;		/* virtio-mmio devices */
	struct {
		uint64_t base;
		uint32_t size;
		uint32_t gsi;		/* level, active high */
	} virtio[8];
	const char *nvram_path;		/* EFI variables file; NULL: not kept */
};

/* What the guest asked of the machine (riven_fw_call). */
enum riven_fw_request {
	RIVEN_FW_NOTHING,
	RIVEN_FW_POWER_OFF,		/* EFI ResetSystem(EfiResetShutdown) */
	RIVEN_FW_RESET,			/* cold or warm reset: boot again */
};

/*
 * Create RAM and firmware memory slots (slot numbers 0-7) for the platform and
 * put stubs and tables there; read the variables file. *platform is copied.
 * Returns 0 or a negative errno value with *err set to a constant sentence.
 */
int riven_fw_create(struct riven_vm *vm, const struct riven_platform *platform,
		    struct riven_fw **fw, const char **err);
/* Does nothing when fw is NULL. Memory slots stay with the VM. */
void riven_fw_destroy(struct riven_fw *fw);

/*
 * Start reading and unpacking the files of a direct boot (initrd NULL: none), for a guest with
 * so much RAM, by threads: to be called before the VM is made, which takes as long. The names
 * must stay. NULL: out of memory.
 */
struct riven_boot;
struct riven_boot *riven_boot_read(const char *kernel, const char *initrd, uint64_t ram_size);
/* Waits for the threads. Does nothing when boot is NULL. */
void riven_boot_free(struct riven_boot *boot);

/*
 * Direct boot: load an ELF or gzipped ELF kernel, optional initrd (NULL: none)
 * and command line (NULL: empty), rebuild the firmware's tables, and put vcpu,
 * which becomes processor 0, where a boot loader would leave it. May be called
 * again to boot again. On failure prints one line to stderr naming the file and
 * what is wrong, and returns negative errno.
 */
int riven_fw_boot_direct(struct riven_fw *fw, struct riven_vcpu *vcpu, const char *kernel,
			 const char *initrd, const char *cmdline);
/* The same with files that have been read or are being so. They stay the caller's. */
int riven_fw_boot(struct riven_fw *fw, struct riven_vcpu *vcpu, struct riven_boot *boot,
		  const char *cmdline);

/* Answer a RIVEN_EXIT_FIRMWARE in the vCPU's run page. Returns what the guest asked for. */
enum riven_fw_request riven_fw_call(struct riven_fw *fw, struct riven_vcpu *vcpu);

/*
 * Let a device model answer SAL_PCI_CONFIG_READ and _WRITE. Called with the
 * segment, bus << 8 | device << 3 | function, register and size (1, 2 or 4) in
 * bytes; returns false when there is no such function. Without it, or when it
 * says false, reads give all ones.
 */
typedef bool riven_fw_pci_config(void *opaque, uint32_t segment, uint32_t bdf, uint32_t reg,
				 uint32_t size, bool is_write, uint32_t *value);
void riven_fw_set_pci(struct riven_fw *fw, riven_fw_pci_config *config, void *opaque);

/* Trace calls by name with arguments and status to f; NULL: off. */
void riven_fw_trace(struct riven_fw *fw, FILE *f);

/*
 * Print the counts of calls, unimplemented ones marked: as text, a line each, or as a
 * JSON array of {"name", "calls", "implemented"}. Any thread.
 */
void riven_fw_print_stats(struct riven_fw *fw, FILE *f, bool json);

#endif
