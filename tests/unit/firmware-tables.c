// SPDX-License-Identifier: GPL-2.0-only
/* The tables that an OS finds: checksums, links, contents; iasl takes the ACPI ones apart. */
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "firmware/acpi/acpi.h"
#include "firmware/fw.h"
#include "tests/lib/ktap.h"
#include "tests/unit/fake-riven.h"

static struct riven_fw *fw;

static void *mem(uint64_t gpa)
{
	return riven_vm_host_ptr(&fake_vm, gpa, 1);
}

static void start(const struct riven_platform *p)
{
	const char *err = "";

	fake_reset();
	if (riven_fw_create(&fake_vm, p, &fw, &err)) {
		printf("Bail out! %s\n", err);
		exit(1);
	}
}

static bool sum_ok(const void *table, size_t size)
{
	return fw_checksum(table, size) == 0;
}

static bool crc_ok(const struct efi_table_header *h)
{
	uint8_t copy[512];

	if (h->size > sizeof(copy))
		return false;
	memcpy(copy, h, h->size);
	((struct efi_table_header *)copy)->crc32 = 0;
	return h->crc32 == crc32(0, copy, h->size);
}

/* A configuration table by the first word of its GUID. */
static void *config(uint32_t guid)
{
	const struct efi_system_table *st = mem(fw->system_table);
	const struct efi_configuration_table *t = mem(st->tables);
	uint64_t i;

	for (i = 0; i < st->nr_tables; i++)
		if (t[i].guid.a == guid)
			return mem(t[i].table);
	return NULL;
}

/* An ACPI table, found the way an OS does. */
static struct acpi_header *find_table(const char *signature)
{
	struct acpi_rsdp *rsdp = config(0x8868e871);
	struct acpi_header *xsdt = mem(rsdp->xsdt);
	uint32_t i, nr = (xsdt->length - sizeof(*xsdt)) / 8;

	for (i = 0; i < nr; i++) {
		struct acpi_header *t;
		uint64_t at;

		memcpy(&at, (uint8_t *)(xsdt + 1) + i * 8, 8);
		t = mem(at);
		if (!memcmp(t->signature, signature, 4))
			return t;
	}
	return NULL;
}

static void test_efi(void)
{
	const struct efi_system_table *st = mem(fw->system_table);
	const struct efi_table_header *rt = mem(st->runtime_services);
	const uint64_t *service = (const uint64_t *)(rt + 1);
	unsigned int i, good = 0;

	ktap_result(st->header.signature == EFI_SYSTEM_SIGNATURE && crc_ok(&st->header),
		    "system table");
	ktap_result(!memcmp(mem(st->firmware_vendor), u"Riven", 12), "vendor");
	ktap_result(rt->signature == EFI_RUNTIME_SIGNATURE && crc_ok(rt), "runtime services table");
	for (i = 0; i < FW_NR_RUNTIME; i++) {
		const struct efi_descriptor *d = mem(service[i]);
		uint64_t bundle[2];
		uint32_t imm = FW_BREAK + FW_STUB_RUNTIME + i;

		/* Template MIB with a stop, then break.m: imm20a in bits 25:6, i in bit 36. */
		memcpy(bundle, mem(d->entry), sizeof(bundle));
		good += (bundle[0] & 0x1f) == 0x11 &&
			(bundle[0] >> 5 & 0x1ffffffffff) ==
				((uint64_t)(imm & 0xfffff) << 6 | (uint64_t)(imm >> 20) << 36);
	}
	ktap_result(good == FW_NR_RUNTIME, "every service's stub breaks with its number");
}

static void test_memmap(void)
{
	const struct efi_memmap *map = &fw->map;
	uint64_t usable = 0;
	uint32_t i, disorder = 0;

	for (i = 0; i < map->nr; i++) {
		disorder += i && map->range[i].start < map->range[i - 1].end;
		if (map->range[i].type == EFI_CONVENTIONAL_MEMORY)
			usable += map->range[i].end - map->range[i].start;
	}
	ktap_result(!disorder, "memory map: sorted, nothing twice");
	ktap_result(usable == fw->platform.ram_size - 4096, "memory map: all RAM but the null page");
	ktap_result(memmap_is(map, 4ull << 30, 5ull << 30, EFI_CONVENTIONAL_MEMORY) &&
			    !memmap_is(map, 3ull << 30, 4ull << 30, EFI_CONVENTIONAL_MEMORY),
		    "memory map: RAM beyond 3 GiB lies from 4 GiB up");
	ktap_result(memmap_is(map, FW_PAL_CODE, FW_PAL_CODE + FW_PAL_SIZE, EFI_PAL_CODE) &&
			    FW_PAL_CODE % FW_PAL_SIZE == 0,
		    "memory map: PAL code is aligned to its size");
	ktap_result(memmap_is(map, RIVEN_IOPORT_BASE, RIVEN_IOPORT_BASE + RIVEN_IOPORT_SIZE,
			      EFI_MEMORY_MAPPED_IO_PORT_SPACE),
		    "memory map: I/O port space");
}

static void test_memmap_ops(void)
{
	struct efi_memmap map;
	uint64_t at;
	uint32_t i;
	int r = 0;

	memmap_init(&map);
	memmap_set(&map, 0, 1 << 20, EFI_CONVENTIONAL_MEMORY, EFI_MEMORY_WB);
	at = memmap_alloc(&map, EFI_LOADER_DATA, 5000, 4096, 0, ~0ull);
	ktap_result(at == (1 << 20) - 8192 && map.nr == 2 &&
			    map.range[1].attribute == EFI_MEMORY_WB,
		    "memmap_alloc takes the highest pages, attribute kept");
	at = memmap_alloc(&map, EFI_LOADER_DATA, 4096, 65536, 0, ~0ull);
	ktap_result(at == 0xf0000 && map.nr == 4, "aligned");
	at = memmap_alloc(&map, EFI_LOADER_DATA, 4096, 4096, 0x2000, 0x3000);
	ktap_result(at == 0x2000, "within bounds");
	ktap_result(!memmap_alloc(&map, EFI_LOADER_DATA, 4096, 4096, 0x2000, 0x3000),
		    "not twice");
	ktap_result(!memmap_alloc(&map, EFI_LOADER_DATA, 1 << 20, 4096, 0, ~0ull), "not too much");
	memmap_set(&map, 0, 1 << 20, EFI_CONVENTIONAL_MEMORY, EFI_MEMORY_WB);
	ktap_result(map.nr == 1, "neighbours of a kind are one");
	for (i = 1; i < 2 * EFI_MAX_RANGES && !r; i += 2)
		r = memmap_set(&map, i * 4096, (i + 1) * 4096, EFI_LOADER_CODE, 0);
	ktap_result(r == -ENOSPC && map.nr <= EFI_MAX_RANGES, "a full map says so");
}

static void test_acpi(void)
{
	static const char signatures[][5] = { "FACP", "APIC", "SRAT", "SLIT", "SSDT", "SPCR" };
	struct acpi_rsdp *rsdp = config(0x8868e871);
	struct acpi_header *xsdt = mem(rsdp->xsdt), *dsdt;
	struct acpi_facs *facs;
	struct acpi_fadt *fadt;
	uint32_t *page = mem(FW_PLATFORM_GPA);
	size_t i;

	ktap_result(!memcmp(rsdp->signature, "RSD PTR ", 8) && sum_ok(rsdp, 20) &&
			    sum_ok(rsdp, sizeof(*rsdp)),
		    "RSDP");
	ktap_result(!memcmp(xsdt->signature, "XSDT", 4) && sum_ok(xsdt, xsdt->length), "XSDT");
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		struct acpi_header *t = find_table(signatures[i]);

		ktap_result(t && sum_ok(t, t->length), "%s", signatures[i]);
	}
	fadt = (struct acpi_fadt *)find_table("FACP");
	dsdt = mem(fadt->x_dsdt);
	facs = mem(fadt->x_facs);
	ktap_result(fadt->header.revision == 3 && fadt->x_dsdt == fadt->dsdt, "FADT of ACPI 2.0");
	ktap_result(fadt->pm1a_event == 0x600 && fadt->x_pm1a_control.address == 0x604 &&
			    fadt->sci == 9,
		    "FADT: power port and SCI");
	ktap_result(!memcmp(dsdt->signature, "DSDT", 4) && sum_ok(dsdt, dsdt->length), "DSDT");
	ktap_result(!memcmp(facs->signature, "FACS", 4) && fadt->x_facs % 64 == 0, "FACS");
	ktap_result(page[FW_PLATFORM_UART_PORT / 4] == 0x3f8 && page[0x40 / 4] == 0xfed00000 &&
			    page[0x50 / 4 + 3] == 17 && !page[0x60 / 4 + 2],
		    "the page that the DSDT reads");
}

static void test_madt(void)
{
	struct acpi_madt *madt = (struct acpi_madt *)find_table("APIC");
	const uint8_t *p = (const uint8_t *)(madt + 1), *end = (uint8_t *)madt + madt->header.length;
	unsigned int cpus = 0, io = 0;

	while (p < end && p[1]) {
		if (p[0] == MADT_LOCAL_SAPIC) {
			const struct acpi_local_sapic *s = (const void *)p;

			cpus += s->id == cpus && s->uid == cpus && s->flags == 1;
		} else if (p[0] == MADT_IO_SAPIC) {
			const struct acpi_io_sapic *s = (const void *)p;

			io += s->address == 0xfec00000 && !s->gsi_base;
		}
		p += p[1];
	}
	ktap_result(p == end && cpus == fw->platform.nr_vcpus && io == 1,
		    "MADT: %u processors, one I/O SAPIC", fw->platform.nr_vcpus);
	ktap_result(madt->interrupt_block == RIVEN_PIB_BASE, "MADT: interrupt block");
}

static void test_console(void)
{
	struct hcdp *hcdp = config(0xf951938d);
	struct hcdp_uart *uart = (struct hcdp_uart *)(hcdp + 1);

	ktap_result(!memcmp(hcdp->header.signature, "HCDP", 4) && hcdp->nr_uarts == 1 &&
			    sum_ok(hcdp, hcdp->header.length) &&
			    hcdp->header.length == sizeof(*hcdp) + sizeof(*uart),
		    "HCDP");
	ktap_result(uart->base.space == ACPI_SPACE_IO && uart->base.address == 0x3f8 &&
			    uart->gsi == 4 && uart->flags & HCDP_PRIMARY_CONSOLE,
		    "HCDP: the UART is the console");
}

static void test_sal(void)
{
	static const uint8_t sizes[] = { 48, 32, 16, 32, 16, 16 };
	const uint8_t *sst = config(0xeb9d2d32), *p = sst + 96;
	uint64_t proc[3], domain[2] = { 0 };
	uint32_t size;
	uint16_t entries, i;

	memcpy(&size, sst + 4, 4);
	memcpy(&entries, sst + 10, 2);
	ktap_result(!memcmp(sst, "SST_", 4) && sum_ok(sst, size), "SAL system table");
	memcpy(proc, p + 8, sizeof(proc));
	ktap_result(p[0] == 0 && proc[0] == FW_PAL_CODE && proc[1] == fw_stub(FW_STUB_SAL),
		    "SAL: entry points");
	for (i = 0; i < entries && p[0] < sizeof(sizes); i++) {
		if (p[0] == 4) {
			memcpy(domain, p + 8, 8);
			memcpy(domain, mem(domain[0]), 16);
		}
		p += sizes[p[0]];
	}
	ktap_result(p == sst + size, "SAL: descriptors fill the table");
	ktap_result(domain[0] == fw->platform.nr_vcpus, "SAL: coherence domain");
}

static void dump(const char *dir, const char *name, const void *table, uint32_t length)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.dat", dir, name);
	f = fopen(path, "w");
	if (f) {
		fwrite(table, length, 1, f);
		fclose(f);
	}
}

/* Does the disassembler understand every table without a complaint? */
static void test_iasl(void)
{
	static const char names[][5] = { "FACP", "APIC", "SRAT", "SLIT", "SSDT", "SPCR" };
	char dir[] = "/tmp/riven-acpi-XXXXXX", command[512];
	struct acpi_fadt *fadt = (struct acpi_fadt *)find_table("FACP");
	struct acpi_header *dsdt = mem(fadt->x_dsdt);
	size_t i;

	if (system("iasl -v >/dev/null 2>&1")) {
		ktap_skip("iasl takes the tables apart", "no iasl (package acpica-tools)");
		return;
	}
	if (!mkdtemp(dir))
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct acpi_header *t = find_table(names[i]);

		dump(dir, names[i], t, t->length);
		snprintf(command, sizeof(command),
			 "cd %s && iasl -d %s.dat >log 2>&1 && "
			 "! grep -Eiq '\\*\\*\\*|error|warning|invalid' log && "
			 "! grep -q '\\*\\*\\*\\*' %s.dsl",
			 dir, names[i], names[i]);
		if (!ktap_result(system(command) == 0, "iasl takes apart %s", names[i]))
			printf("# %s\n", command);
	}
	dump(dir, "DSDT", dsdt, dsdt->length);
	snprintf(command, sizeof(command),
		 "cd %s && iasl -d DSDT.dat >log 2>&1 && grep -q LNRO0005 DSDT.dsl && "
		 "iasl -p again DSDT.dsl >log 2>&1",
		 dir);
	ktap_result(system(command) == 0, "iasl takes apart DSDT and compiles it again");
	snprintf(command, sizeof(command),
		 "cd %s && test $(grep -c 'Device (C' SSDT.dsl) = %u && grep -q 'Device (C%03X)' SSDT.dsl",
		 dir, fw->platform.nr_vcpus, fw->platform.nr_vcpus - 1);
	ktap_result(system(command) == 0, "SSDT: %u processors", fw->platform.nr_vcpus);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		printf("# %s stays\n", dir);
}

int main(void)
{
	struct riven_platform p = fake_platform(5ull << 30);
	int i;

	ktap_begin();
	start(&p);
	test_efi();
	test_memmap();
	test_memmap_ops();
	test_acpi();
	test_madt();
	test_console();
	test_sal();
	test_iasl();
	riven_fw_destroy(fw);

	p.nr_vcpus = 64;
	p.nr_virtio = 8;
	for (i = 2; i < 8; i++)
		p.virtio[i] = p.virtio[0];
	start(&p);
	test_madt();
	test_sal();
	test_iasl();
	riven_fw_destroy(fw);

	p.uart_port = 0;
	start(&p);
	ktap_result(!find_table("SPCR") && !((struct hcdp *)config(0xf951938d))->nr_uarts,
		    "no console tables without a UART");
	riven_fw_destroy(fw);
	fake_reset();
	return ktap_end();
}
