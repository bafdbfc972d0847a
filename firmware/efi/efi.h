/* SPDX-License-Identifier: GPL-2.0-only */
/* Structures and constants of EFI (UEFI 2.1) that guest and firmware share. */
#ifndef FIRMWARE_EFI_EFI_H
#define FIRMWARE_EFI_EFI_H

#include <stdint.h>

#define EFI_PAGE_SIZE		4096ull

#define EFI_ERR(n)		(1ull << 63 | (n))
#define EFI_SUCCESS		0ull
#define EFI_INVALID_PARAMETER	EFI_ERR(2)
#define EFI_UNSUPPORTED		EFI_ERR(3)
#define EFI_BUFFER_TOO_SMALL	EFI_ERR(5)
#define EFI_DEVICE_ERROR	EFI_ERR(7)
#define EFI_WRITE_PROTECTED	EFI_ERR(8)
#define EFI_OUT_OF_RESOURCES	EFI_ERR(9)
#define EFI_NOT_FOUND		EFI_ERR(14)
#define EFI_NO_MAPPING		EFI_ERR(17)
#define EFI_SECURITY_VIOLATION	EFI_ERR(26)

enum efi_memory_type {
	EFI_RESERVED_MEMORY,
	EFI_LOADER_CODE,
	EFI_LOADER_DATA,
	EFI_BOOT_SERVICES_CODE,
	EFI_BOOT_SERVICES_DATA,
	EFI_RUNTIME_SERVICES_CODE,
	EFI_RUNTIME_SERVICES_DATA,
	EFI_CONVENTIONAL_MEMORY,
	EFI_UNUSABLE_MEMORY,
	EFI_ACPI_RECLAIM_MEMORY,
	EFI_ACPI_MEMORY_NVS,
	EFI_MEMORY_MAPPED_IO,
	EFI_MEMORY_MAPPED_IO_PORT_SPACE,
	EFI_PAL_CODE,
};

#define EFI_MEMORY_UC		1ull
#define EFI_MEMORY_WB		8ull
#define EFI_MEMORY_RUNTIME	(1ull << 63)

#define EFI_MEMORY_DESCRIPTOR_VERSION	1

struct efi_memory_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical_start;
	uint64_t virtual_start;
	uint64_t pages;
	uint64_t attribute;
};

_Static_assert(sizeof(struct efi_memory_descriptor) == 40, "EFI memory descriptor");

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision;
	uint32_t size;
	uint32_t crc32;
	uint32_t reserved;
};

#define EFI_REVISION		(2 << 16 | 10)		/* 2.1 */
#define EFI_SYSTEM_SIGNATURE	0x5453595320494249ull	/* "IBI SYST" */
#define EFI_RUNTIME_SIGNATURE	0x56524553544e5552ull	/* "RUNTSERV" */
#define EFI_BOOT_SIGNATURE	0x56524553544f4f42ull	/* "BOOTSERV" */

struct efi_system_table {
	struct efi_table_header header;
	uint64_t firmware_vendor;
	uint32_t firmware_revision;
	uint32_t pad;
	uint64_t con_in_handle, con_in;
	uint64_t con_out_handle, con_out;
	uint64_t std_err_handle, std_err;
	uint64_t runtime_services;
	uint64_t boot_services;
	uint64_t nr_tables;
	uint64_t tables;
};

_Static_assert(sizeof(struct efi_system_table) == 120, "EFI system table");

struct efi_configuration_table {
	struct efi_guid guid;
	uint64_t table;
};

/* An IA-64 function descriptor: what a service's pointer points to. */
struct efi_descriptor {
	uint64_t entry;
	uint64_t gp;
};

struct efi_time {
	uint16_t year;		/* 1900-9999 */
	uint8_t month, day;	/* from 1 */
	uint8_t hour, minute, second;
	uint8_t pad1;
	uint32_t nanosecond;
	int16_t time_zone;	/* minutes from UTC, or EFI_UNSPECIFIED_TIMEZONE */
	uint8_t daylight;
	uint8_t pad2;
};

#define EFI_UNSPECIFIED_TIMEZONE 0x7ff

struct efi_time_capabilities {
	uint32_t resolution;	/* counts a second */
	uint32_t accuracy;	/* 1e-6 parts per million */
	uint8_t sets_to_zero;
	uint8_t pad[3];
};

/* Variable attributes. */
#define EFI_VARIABLE_NON_VOLATILE	1u
#define EFI_VARIABLE_BOOTSERVICE	2u
#define EFI_VARIABLE_RUNTIME		4u
#define EFI_VARIABLE_HARDWARE_ERROR	8u
#define EFI_VARIABLE_AUTHENTICATED	(0x10u | 0x20u)
#define EFI_VARIABLE_APPEND		0x40u

enum efi_reset_type {
	EFI_RESET_COLD,
	EFI_RESET_WARM,
	EFI_RESET_SHUTDOWN,
	EFI_RESET_PLATFORM,
};

#endif
