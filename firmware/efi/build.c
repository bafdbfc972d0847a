// SPDX-License-Identifier: GPL-2.0-only
/* What EFI hands to an OS: system table, runtime services, configuration tables, memory map. */
#include <errno.h>
#include <string.h>

#include "firmware/efi/services.h"

static const struct efi_guid guid_acpi20 = {
	0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};
static const struct efi_guid guid_sal = {
	0xeb9d2d32, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};
static const struct efi_guid guid_hcdp = {
	0xf951938d, 0x620b, 0x42ef, { 0x82, 0x79, 0xa8, 0x4b, 0x79, 0x61, 0x78, 0x98 }
};

static const uint16_t vendor[] = u"Riven";

/* Everything that is memory, before anything is loaded. */
static int build_memmap(struct riven_fw *fw)
{
	const uint64_t wb = EFI_MEMORY_WB, stays = EFI_MEMORY_WB | EFI_MEMORY_RUNTIME;
	uint64_t size = fw->platform.ram_size;
	uint64_t low = size < RIVEN_FW_RAM_LOW ? size : RIVEN_FW_RAM_LOW;
	const struct {
		uint64_t start, size, attribute;
		uint32_t type;
	} part[] = {
		{ 0, low, wb, EFI_CONVENTIONAL_MEMORY },
		/* The null page is nobody's. */
		{ 0, EFI_PAGE_SIZE, wb, EFI_RESERVED_MEMORY },
		{ 4ull << 30, size - low, wb, EFI_CONVENTIONAL_MEMORY },
		{ FW_PAL_CODE, FW_PAL_SIZE, stays, EFI_PAL_CODE },
		{ FW_RUNTIME_CODE, FW_RUNTIME_SIZE, stays, EFI_RUNTIME_SERVICES_CODE },
		{ FW_RUNTIME_DATA, FW_RUNTIME_DATA_SIZE, stays, EFI_RUNTIME_SERVICES_DATA },
		{ FW_ACPI_DATA, FW_ACPI_DATA_SIZE, wb, EFI_ACPI_RECLAIM_MEMORY },
		{ FW_ACPI_NVS, FW_ACPI_NVS_SIZE, wb, EFI_ACPI_MEMORY_NVS },
		{ RIVEN_IOPORT_BASE, RIVEN_IOPORT_SIZE, EFI_MEMORY_UC | EFI_MEMORY_RUNTIME,
		  EFI_MEMORY_MAPPED_IO_PORT_SPACE },
	};
	size_t i;

	memmap_init(&fw->map);
	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (part[i].size && memmap_set(&fw->map, part[i].start, part[i].start + part[i].size,
					       part[i].type, part[i].attribute))
			return -ENOSPC;
	return 0;
}

/* The runtime services table, its function descriptors behind it. */
static uint64_t build_runtime(struct riven_fw *fw, struct fw_area *area)
{
	struct efi_table_header *h;
	struct efi_descriptor *d;
	uint64_t gpa, descriptors, *service;
	void *host;
	int i;

	gpa = fw_area_alloc(fw, area, EFI_RUNTIME_TABLE_SIZE, 16, &host);
	if (!gpa)
		return 0;
	h = host;
	service = (uint64_t *)(h + 1);
	descriptors = fw_area_alloc(fw, area, FW_NR_RUNTIME * sizeof(*d), 16, &host);
	if (!descriptors)
		return 0;
	fw->runtime_descriptors = descriptors;
	d = host;
	for (i = 0; i < FW_NR_RUNTIME; i++) {
		d[i].entry = fw_stub(FW_STUB_RUNTIME + (uint32_t)i);
		d[i].gp = FW_RUNTIME_DATA;
		service[i] = descriptors + (uint64_t)i * sizeof(*d);
	}
	h->signature = EFI_RUNTIME_SIGNATURE;
	h->revision = EFI_REVISION;
	efi_seal(h, EFI_RUNTIME_TABLE_SIZE);
	return gpa;
}

int efi_build(struct riven_fw *fw)
{
	struct fw_area runtime = { FW_RUNTIME_DATA, FW_RUNTIME_DATA + FW_RUNTIME_DATA_SIZE };
	struct fw_area acpi = { FW_ACPI_DATA, FW_ACPI_DATA + FW_ACPI_DATA_SIZE };
	struct efi_configuration_table *tables;
	struct efi_system_table *st;
	uint64_t name, config;
	void *host;

	memset(fw_data(fw, FW_DATA_BASE), 0, FW_DATA_SIZE);
	if (build_memmap(fw))
		return -ENOSPC;
	fw->virtual_map = false;
	fw->exited_boot_services = false;

	fw->system_table = fw_area_alloc(fw, &runtime, sizeof(*st), 16, &host);
	if (!fw->system_table)
		return -ENOSPC;
	st = host;
	fw->runtime_table = build_runtime(fw, &runtime);
	fw->fpswa = fpswa_build(fw, &runtime);
	name = fw_area_alloc(fw, &runtime, sizeof(vendor), 2, &host);
	if (!name || !fw->runtime_table || !fw->fpswa)
		return -ENOSPC;
	memcpy(host, vendor, sizeof(vendor));
	config = fw_area_alloc(fw, &runtime, 3 * sizeof(*tables), 16, &host);
	if (!config)
		return -ENOSPC;
	tables = host;
	tables[0] = (struct efi_configuration_table){ guid_acpi20, acpi_build(fw, &acpi) };
	tables[1] = (struct efi_configuration_table){ guid_sal, sal_build(fw, &runtime) };
	tables[2] = (struct efi_configuration_table){ guid_hcdp, hcdp_build(fw, &runtime) };
	if (!tables[0].table || !tables[1].table || !tables[2].table)
		return -ENOSPC;

	st->header.signature = EFI_SYSTEM_SIGNATURE;
	st->header.revision = EFI_REVISION;
	st->firmware_vendor = name;
	st->firmware_revision = 1;
	st->runtime_services = fw->runtime_table;
	st->nr_tables = 3;
	st->tables = config;
	efi_seal(&st->header, sizeof(*st));
	return 0;
}
