/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware library: PAL, SAL, EFI and ACPI for one VM, and the direct
 * boot path. It sees the guest through libriven only.
 */
#ifndef RIVEN_FIRMWARE_H
#define RIVEN_FIRMWARE_H

#include <stdint.h>
#include <stdio.h>

#include <riven/riven.h>

struct riven_fw;

/* What the machine looks like; the device model fills it in. */
struct riven_platform {
	uint64_t ram_size;		/* bytes; RAM is laid out by riven_fw_map_ram() */
	uint32_t nr_vcpus;
	uint64_t iosapic_base;		/* guest-physical; GSI 0 upwards */
	uint32_t iosapic_pins;
	uint32_t uart_port;		/* legacy I/O port of the 16550, e.g. 0x3f8 */
	uint32_t uart_gsi;
	uint32_t pm_port;		/* ACPI PM1a event block: 4 bytes, then the control block:
					   2 bytes; writing SLP_EN with SLP_TYP 5 (_S5) powers off */
	uint32_t pm_gsi;		/* the SCI; level */
	uint32_t nr_virtio;		/* virtio-mmio devices */
	struct {
		uint64_t base;
		uint32_t size;
		uint32_t gsi;
	} virtio[8];
	const char *nvram_path;		/* EFI variables file; NULL: not kept */
};

/* What the guest asked of the machine (riven_fw_status). */
enum riven_fw_request {
	RIVEN_FW_NOTHING,
	RIVEN_FW_POWER_OFF,		/* EFI ResetSystem(EfiResetShutdown) */
	RIVEN_FW_RESET,			/* cold or warm reset */
};

/*
 * Create RAM and firmware memory slots (slot numbers 0-7) for the platform and
 * put stubs and tables there. *err as in riven_vm_create().
 */
int riven_fw_create(struct riven_vm *vm, const struct riven_platform *platform,
		    struct riven_fw **fw, const char **err);
void riven_fw_destroy(struct riven_fw *fw);

/*
 * Direct boot: load an ELF or gzipped ELF kernel, optional initrd and command
 * line, and put vcpu where a boot loader would leave it. On failure prints one
 * line to stderr naming the file and what is wrong, and returns negative errno.
 */
int riven_fw_boot_direct(struct riven_fw *fw, struct riven_vcpu *vcpu, const char *kernel,
			 const char *initrd, const char *cmdline);

/* Answer a RIVEN_EXIT_FIRMWARE in the vCPU's run page. Returns what the guest asked for. */
enum riven_fw_request riven_fw_call(struct riven_fw *fw, struct riven_vcpu *vcpu);

/* Trace calls by name with arguments and status to f; NULL: off. */
void riven_fw_trace(struct riven_fw *fw, FILE *f);

/* Print the counts of calls, unimplemented ones marked. */
void riven_fw_print_stats(struct riven_fw *fw, FILE *f);

#endif
