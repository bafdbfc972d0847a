/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI tables (ACPI 2.0c; SPCR 1.02; PCDP 2.0) as they lie in memory. */
#ifndef FIRMWARE_ACPI_ACPI_H
#define FIRMWARE_ACPI_ACPI_H

#include <stddef.h>
#include <stdint.h>

struct riven_fw;
struct fw_area;

#define PACKED	__attribute__((packed))

struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;	/* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} PACKED;

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} PACKED;

/* Fill in a finished table's header. */
void acpi_seal(struct acpi_header *h, const char *signature, size_t length, uint8_t revision);

/* Processors as devices. The table's guest-physical address, 0 when the area is full. */
uint64_t ssdt_build(struct riven_fw *fw, struct fw_area *area);

/* Generic address: which space, how wide in bits, where. */
struct acpi_address {
	uint8_t space;
	uint8_t width;
	uint8_t offset;
	uint8_t access;
	uint64_t address;
} PACKED;

#define ACPI_SPACE_IO	1

struct acpi_fadt {
	struct acpi_header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved1;
	uint8_t pm_profile;
	uint16_t sci;
	uint32_t smi_cmd;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event;
	uint32_t pm1a_control, pm1b_control;
	uint32_t pm2_control, pm_timer;
	uint32_t gpe0, gpe1;
	uint8_t pm1_event_length, pm1_control_length, pm2_control_length, pm_timer_length;
	uint8_t gpe0_length, gpe1_length, gpe1_base, cstate;
	uint16_t c2_latency, c3_latency;
	uint16_t flush_size, flush_stride;
	uint8_t duty_offset, duty_width;
	uint8_t day_alarm, month_alarm, century;
	uint16_t boot_flags;
	uint8_t reserved2;
	uint32_t flags;
	struct acpi_address reset;
	uint8_t reset_value;
	uint8_t reserved3[3];
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct acpi_address x_pm1a_event, x_pm1b_event;
	struct acpi_address x_pm1a_control, x_pm1b_control;
	struct acpi_address x_pm2_control, x_pm_timer;
	struct acpi_address x_gpe0, x_gpe1;
} PACKED;

_Static_assert(sizeof(struct acpi_fadt) == 244, "FADT of ACPI 2.0");

#define FADT_WBINVD		(1u << 0)
#define FADT_NO_SLEEP_BUTTON	(1u << 5)
#define FADT_NO_RTC_STATUS	(1u << 6)

#define FADT_ENTERPRISE_SERVER	4

struct acpi_facs {
	char signature[4];
	uint32_t length;
	uint32_t hardware_signature;
	uint32_t waking_vector;
	uint32_t global_lock;
	uint32_t flags;
	uint64_t x_waking_vector;
	uint8_t version;
	uint8_t reserved[31];
} PACKED;

_Static_assert(sizeof(struct acpi_facs) == 64, "FACS");

struct acpi_madt {
	struct acpi_header header;
	uint32_t interrupt_block;
	uint32_t flags;
} PACKED;

#define MADT_IO_SAPIC		6
#define MADT_LOCAL_SAPIC	7

struct acpi_io_sapic {
	uint8_t type, length;
	uint8_t id;
	uint8_t reserved;
	uint32_t gsi_base;
	uint64_t address;
} PACKED;

/* With an empty UID string, padded so that what follows stays aligned. */
struct acpi_local_sapic {
	uint8_t type, length;
	uint8_t processor;
	uint8_t id, eid;
	uint8_t reserved[3];
	uint32_t flags;
	uint32_t uid;
	char uid_string[8];
} PACKED;

struct acpi_srat {
	struct acpi_header header;
	uint32_t reserved1;
	uint64_t reserved2;
} PACKED;

#define SRAT_PROCESSOR	0
#define SRAT_MEMORY	1

struct acpi_srat_processor {
	uint8_t type, length;
	uint8_t domain;
	uint8_t id;
	uint32_t flags;
	uint8_t eid;
	uint8_t domain_high[3];
	uint32_t clock_domain;
} PACKED;

struct acpi_srat_memory {
	uint8_t type, length;
	uint32_t domain;
	uint16_t reserved1;
	uint64_t base, size;
	uint32_t reserved2;
	uint32_t flags;
	uint64_t reserved3;
} PACKED;

_Static_assert(sizeof(struct acpi_srat_memory) == 40, "SRAT memory affinity");

struct acpi_slit {
	struct acpi_header header;
	uint64_t localities;
	uint8_t distance[1];
} PACKED;

struct acpi_spcr {
	struct acpi_header header;
	uint8_t interface;
	uint8_t reserved1[3];
	struct acpi_address base;
	uint8_t interrupt_type;
	uint8_t pc_interrupt;
	uint32_t gsi;
	uint8_t baud_rate;
	uint8_t parity;
	uint8_t stop_bits;
	uint8_t flow_control;
	uint8_t terminal;
	uint8_t reserved2;
	uint16_t pci_device, pci_vendor;
	uint8_t pci_bus, pci_slot, pci_function;
	uint32_t pci_flags;
	uint8_t pci_segment;
	uint32_t reserved3;
} PACKED;

_Static_assert(sizeof(struct acpi_spcr) == 80, "SPCR");

#define SPCR_IO_SAPIC	(1 << 2)
#define SPCR_115200	7
#define SPCR_VT_UTF8	2

struct hcdp {
	struct acpi_header header;
	uint32_t nr_uarts;
} PACKED;

struct hcdp_uart {
	uint8_t type;
	uint8_t bits;
	uint8_t parity;
	uint8_t stop_bits;
	uint8_t pci_segment, pci_bus, pci_device, pci_function;
	uint64_t baud;
	struct acpi_address base;
	uint16_t pci_device_id, pci_vendor_id;
	uint32_t gsi;
	uint32_t clock;
	uint8_t pci_interface;
	uint8_t flags;
	uint16_t conout_index;
	uint32_t reserved;
} PACKED;

_Static_assert(sizeof(struct hcdp_uart) == 48, "PCDP UART");

#define HCDP_EDGE_SENSITIVE	(1 << 0)
#define HCDP_PRIMARY_CONSOLE	(1 << 2)
#define HCDP_INTERRUPT		(1 << 6)

#endif
