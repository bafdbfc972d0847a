/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page through which the firmware tells the DSDT what the machine has: for
 * C and for dsdt.asl. Offsets are from FW_PLATFORM_GPA; every field is 4 bytes.
 */
#ifndef FIRMWARE_ACPI_PLATFORM_H
#define FIRMWARE_ACPI_PLATFORM_H

/* Firmware data, guest-physical: EFI runtime data, ACPI reclaim, ACPI NVS. */
#define FW_DATA_BASE		0xff100000
#define FW_DATA_SIZE		0x00040000
#define FW_RUNTIME_DATA		0xff100000
#define FW_RUNTIME_DATA_SIZE	0x00010000
#define FW_ACPI_DATA		0xff110000
#define FW_ACPI_DATA_SIZE	0x00020000
#define FW_ACPI_NVS		0xff130000
#define FW_ACPI_NVS_SIZE	0x00010000

#define FW_PLATFORM_GPA		0xff130100
#define FW_PLATFORM_SIZE	0x100
#define FW_PLATFORM_UART_PORT	0x00	/* 0: no UART */
#define FW_PLATFORM_UART_GSI	0x04
#define FW_PLATFORM_VIRTIO	0x40	/* FW_NR_VIRTIO times base low, high, size (0: none), GSI */
#define FW_NR_VIRTIO		8

#endif
