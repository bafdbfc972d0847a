// SPDX-License-Identifier: GPL-2.0-only
/* The ACPI tables and HCDP, as ACPI 2.0 has them: what IA-64 systems know. */
#include <string.h>

#include "firmware/acpi/acpi.h"
#include "firmware/fw.h"

#define UART_CLOCK	1843200

uint8_t fw_checksum(const void *table, size_t size)
{
	const uint8_t *p = table;
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *p++);
	return (uint8_t)-sum;
}

void acpi_seal(struct acpi_header *h, const char *signature, size_t length, uint8_t revision)
{
	memcpy(h->signature, signature, 4);
	h->length = (uint32_t)length;
	h->revision = revision;
	memcpy(h->oem_id, "RIVEN ", 6);
	memcpy(h->oem_table_id, "RIVENVM ", 8);
	h->oem_revision = 1;
	memcpy(h->creator_id, "RIVN", 4);
	h->creator_revision = 1;
	h->checksum = 0;
	h->checksum = fw_checksum(h, length);
}

static struct acpi_address io_address(uint32_t port, uint8_t bytes)
{
	return (struct acpi_address){ .space = ACPI_SPACE_IO, .width = (uint8_t)(bytes * 8),
				      .address = port };
}

static uint64_t build_dsdt(struct riven_fw *fw, struct fw_area *area)
{
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, fw_dsdt_size, 16, &host);

	if (gpa)
		memcpy(host, fw_dsdt, fw_dsdt_size);
	return gpa;
}

/* The page that the DSDT reads, and the FACS at the start of the NVS memory. */
static void build_nvs(struct riven_fw *fw)
{
	const struct riven_platform *p = &fw->platform;
	struct acpi_facs *facs = fw_data(fw, FW_ACPI_NVS);
	uint32_t *page = fw_data(fw, FW_PLATFORM_GPA), i;

	memcpy(facs->signature, "FACS", 4);
	facs->length = sizeof(*facs);
	facs->version = 1;

	page[FW_PLATFORM_UART_PORT / 4] = p->uart_port;
	page[FW_PLATFORM_UART_GSI / 4] = p->uart_gsi;
	for (i = 0; i < p->nr_virtio; i++) {
		uint32_t *dev = page + FW_PLATFORM_VIRTIO / 4 + i * 4;

		dev[0] = (uint32_t)p->virtio[i].base;
		dev[1] = (uint32_t)(p->virtio[i].base >> 32);
		dev[2] = p->virtio[i].size;
		dev[3] = p->virtio[i].gsi;
	}
}

/* Fixed hardware is the power port; an SMI command of 0 says that ACPI mode is always on. */
static uint64_t build_fadt(struct riven_fw *fw, struct fw_area *area, uint64_t dsdt)
{
	const struct riven_platform *p = &fw->platform;
	struct acpi_fadt *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, sizeof(*t), 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->facs = FW_ACPI_NVS;
	t->x_facs = FW_ACPI_NVS;
	t->dsdt = (uint32_t)dsdt;
	t->x_dsdt = dsdt;
	t->pm_profile = FADT_ENTERPRISE_SERVER;
	t->sci = (uint16_t)p->pm_gsi;
	t->pm1a_event = p->pm_port;
	t->pm1_event_length = 4;
	t->x_pm1a_event = io_address(p->pm_port, 4);
	t->pm1a_control = p->pm_port + 4;
	t->pm1_control_length = 2;
	t->x_pm1a_control = io_address(p->pm_port + 4, 2);
	/* Latencies above 100 and 1000 microseconds: no C2, no C3. */
	t->c2_latency = 0xfff;
	t->c3_latency = 0xfff;
	t->flags = FADT_WBINVD | FADT_NO_SLEEP_BUTTON | FADT_NO_RTC_STATUS;
	acpi_seal(&t->header, "FACP", sizeof(*t), 3);
	return gpa;
}

static uint64_t build_madt(struct riven_fw *fw, struct fw_area *area)
{
	const struct riven_platform *p = &fw->platform;
	size_t size = sizeof(struct acpi_madt) + sizeof(struct acpi_io_sapic) +
		      p->nr_vcpus * sizeof(struct acpi_local_sapic);
	struct acpi_local_sapic *cpu;
	struct acpi_io_sapic *io;
	struct acpi_madt *t;
	uint32_t i;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, size, 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->interrupt_block = RIVEN_PIB_BASE;
	cpu = (struct acpi_local_sapic *)(t + 1);
	for (i = 0; i < p->nr_vcpus; i++, cpu++) {
		cpu->type = MADT_LOCAL_SAPIC;
		cpu->length = sizeof(*cpu);
		cpu->processor = (uint8_t)i;
		cpu->id = (uint8_t)i;
		cpu->flags = 1;
		cpu->uid = i;
	}
	io = (struct acpi_io_sapic *)cpu;
	io->type = MADT_IO_SAPIC;
	io->length = sizeof(*io);
	io->address = p->iosapic_base;
	acpi_seal(&t->header, "APIC", size, 2);
	return gpa;
}

/* One proximity domain. */
static uint64_t build_srat(struct riven_fw *fw, struct fw_area *area)
{
	const struct riven_platform *p = &fw->platform;
	uint64_t low = p->ram_size < RIVEN_FW_RAM_LOW ? p->ram_size : RIVEN_FW_RAM_LOW;
	uint32_t i, nr_memory = p->ram_size > low ? 2 : 1;
	size_t size = sizeof(struct acpi_srat) + p->nr_vcpus * sizeof(struct acpi_srat_processor) +
		      nr_memory * sizeof(struct acpi_srat_memory);
	struct acpi_srat_processor *cpu;
	struct acpi_srat_memory *mem;
	struct acpi_srat *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, size, 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->reserved1 = 1;
	cpu = (struct acpi_srat_processor *)(t + 1);
	for (i = 0; i < p->nr_vcpus; i++, cpu++) {
		cpu->type = SRAT_PROCESSOR;
		cpu->length = sizeof(*cpu);
		cpu->id = (uint8_t)i;
		cpu->flags = 1;
	}
	mem = (struct acpi_srat_memory *)cpu;
	for (i = 0; i < nr_memory; i++) {
		mem[i].type = SRAT_MEMORY;
		mem[i].length = sizeof(*mem);
		mem[i].base = i ? 4ull << 30 : 0;
		mem[i].size = i ? p->ram_size - low : low;
		mem[i].flags = 1;
	}
	acpi_seal(&t->header, "SRAT", size, 2);
	return gpa;
}

static uint64_t build_slit(struct riven_fw *fw, struct fw_area *area)
{
	struct acpi_slit *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, sizeof(*t), 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->localities = 1;
	t->distance[0] = 10;
	acpi_seal(&t->header, "SLIT", sizeof(*t), 1);
	return gpa;
}

static uint64_t build_spcr(struct riven_fw *fw, struct fw_area *area)
{
	struct acpi_spcr *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, sizeof(*t), 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->base = io_address(fw->platform.uart_port, 1);
	t->interrupt_type = SPCR_IO_SAPIC;
	t->gsi = fw->platform.uart_gsi;
	t->baud_rate = SPCR_115200;
	t->stop_bits = 1;
	t->terminal = SPCR_VT_UTF8;
	t->pci_device = 0xffff;
	t->pci_vendor = 0xffff;
	acpi_seal(&t->header, "SPCR", sizeof(*t), 1);
	return gpa;
}

uint64_t hcdp_build(struct riven_fw *fw, struct fw_area *area)
{
	uint32_t nr = fw->platform.uart_port != 0;
	size_t size = sizeof(struct hcdp) + nr * sizeof(struct hcdp_uart);
	struct hcdp *t;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, size, 16, &host);

	if (!gpa)
		return 0;
	t = host;
	t->nr_uarts = nr;
	if (nr) {
		struct hcdp_uart *uart = (struct hcdp_uart *)(t + 1);

		uart->bits = 8;
		uart->parity = 1;
		uart->stop_bits = 1;
		uart->baud = 115200;
		uart->base = io_address(fw->platform.uart_port, 1);
		uart->gsi = fw->platform.uart_gsi;
		uart->clock = UART_CLOCK;
		uart->flags = HCDP_EDGE_SENSITIVE | HCDP_PRIMARY_CONSOLE | HCDP_INTERRUPT;
	}
	acpi_seal(&t->header, "HCDP", size, 3);
	return gpa;
}

uint64_t acpi_build(struct riven_fw *fw, struct fw_area *area)
{
	uint64_t dsdt = build_dsdt(fw, area);
	const uint64_t table[] = {
		build_fadt(fw, area, dsdt), build_madt(fw, area), build_srat(fw, area),
		build_slit(fw, area), ssdt_build(fw, area),
		fw->platform.uart_port ? build_spcr(fw, area) : 0,
	};
	const uint32_t nr = sizeof(table) / sizeof(table[0]) - !fw->platform.uart_port;
	size_t size = sizeof(struct acpi_header) + nr * sizeof(table[0]);
	struct acpi_header *xsdt;
	struct acpi_rsdp *rsdp;
	uint64_t xsdt_gpa, rsdp_gpa;
	uint32_t i;
	void *host;

	xsdt_gpa = fw_area_alloc(fw, area, size, 16, &host);
	if (!dsdt || !xsdt_gpa)
		return 0;
	xsdt = host;
	for (i = 0; i < nr; i++) {
		if (!table[i])
			return 0;
		memcpy((uint8_t *)(xsdt + 1) + i * sizeof(table[0]), &table[i], sizeof(table[0]));
	}
	acpi_seal(xsdt, "XSDT", size, 1);
	build_nvs(fw);

	rsdp_gpa = fw_area_alloc(fw, area, sizeof(*rsdp), 16, &host);
	if (!rsdp_gpa)
		return 0;
	rsdp = host;
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem_id, "RIVEN ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt_gpa;
	rsdp->checksum = fw_checksum(rsdp, 20);
	rsdp->extended_checksum = fw_checksum(rsdp, sizeof(*rsdp));
	return rsdp_gpa;
}
