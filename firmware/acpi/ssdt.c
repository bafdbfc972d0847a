// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SSDT: a device for each processor, in byte code put together here, because
 * there are as many as the machine has (ACPI 6.0, section 20.2).
 */
#include <string.h>

#include "firmware/acpi/acpi.h"
#include "firmware/fw.h"

/* Device (C000) { Name (_HID, "ACPI0007") Name (_UID, 0) } */
static const uint8_t device[] = {
	0x5b, 0x82, 27, 'C', '0', '0', '0',
	0x08, '_', 'H', 'I', 'D', 0x0d, 'A', 'C', 'P', 'I', '0', '0', '0', '7', 0,
	0x08, '_', 'U', 'I', 'D', 0x0a, 0,
};

_Static_assert(sizeof(device) == 27 + 2, "the length in it counts from itself");

#define DEVICE_NAME	3	/* where the name and the number are */
#define DEVICE_UID	(sizeof(device) - 1)

/* Scope (\_SB), then its length in two bytes: 4 low bits and a 1 above, 8 high bits. */
static const uint8_t scope[] = { 0x10, 0x40, 0, '\\', '_', 'S', 'B', '_' };

uint64_t ssdt_build(struct riven_fw *fw, struct fw_area *area)
{
	static const char hex[] = "0123456789ABCDEF";
	uint32_t i, nr = fw->platform.nr_vcpus;
	size_t inner = sizeof(scope) - 1 + nr * sizeof(device);
	size_t size = sizeof(struct acpi_header) + 1 + inner;
	uint8_t *p;
	void *host;
	uint64_t gpa = fw_area_alloc(fw, area, size, 16, &host);

	if (!gpa || inner >= 1 << 12)
		return 0;
	p = (uint8_t *)host + sizeof(struct acpi_header);
	memcpy(p, scope, sizeof(scope));
	p[1] |= inner & 15;
	p[2] = (uint8_t)(inner >> 4);
	p += sizeof(scope);
	for (i = 0; i < nr; i++, p += sizeof(device)) {
		memcpy(p, device, sizeof(device));
		p[DEVICE_NAME + 2] = (uint8_t)hex[i >> 4];
		p[DEVICE_NAME + 3] = (uint8_t)hex[i & 15];
		p[DEVICE_UID] = (uint8_t)i;
	}
	acpi_seal(host, "SSDT", size, 2);
	return gpa;
}
