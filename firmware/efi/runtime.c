// SPDX-License-Identifier: GPL-2.0-only
/* EFI runtime services: the table of them and the small ones. */
#include <stdlib.h>
#include <zlib.h>

#include "firmware/efi/services.h"

#define MAX_DESCRIPTORS	1024

/* GetNextHighMonotonicCount(count) */
static void get_next_high_monotonic_count(struct fw_call *c)
{
	uint32_t high = (uint32_t)(c->fw->monotonic_high + 1);

	if (efi_guest_failed(c, guest_write(c, c->arg[0], &high, sizeof(high))))
		return;
	c->fw->monotonic_high++;
}

/* ResetSystem(type, status, size, data) does not return to the guest. */
static void reset_system(struct fw_call *c)
{
	if ((uint32_t)c->arg[0] > EFI_RESET_PLATFORM)
		c->ret[0] = EFI_INVALID_PARAMETER;
	else
		c->fw->request = (uint32_t)c->arg[0] == EFI_RESET_SHUTDOWN ? RIVEN_FW_POWER_OFF :
									     RIVEN_FW_RESET;
}

void efi_seal(struct efi_table_header *h, uint32_t size)
{
	h->size = size;
	h->crc32 = 0;
	h->crc32 = (uint32_t)crc32(0, (const uint8_t *)h, size);
}

/* Where the OS wants a guest-physical address; false when it did not map it. */
static bool convert(const struct efi_memory_descriptor *map, uint32_t nr, uint64_t *address)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		uint64_t offset = *address - map[i].physical_start;

		if (map[i].attribute & EFI_MEMORY_RUNTIME && *address >= map[i].physical_start &&
		    offset / EFI_PAGE_SIZE < map[i].pages) {
			*address = map[i].virtual_start + offset;
			return true;
		}
	}
	return false;
}

/* Has the OS given every part of the firmware that stays a virtual address? */
static bool all_mapped(const struct efi_memory_descriptor *map, uint32_t nr)
{
	uint64_t parts[] = { FW_RUNTIME_CODE, FW_RUNTIME_DATA };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!convert(map, nr, &parts[i]))
			return false;
	return true;
}

/*
 * Make everything that an OS in virtual mode reads virtual: descriptors, tables (UEFI 2.1, 7.4).
 * All of it lies in memory that the guest can write, so what is there does not say where to look.
 */
static void go_virtual(struct riven_fw *fw, const struct efi_memory_descriptor *map, uint32_t nr)
{
	struct efi_system_table *st = fw_data(fw, fw->system_table);
	struct efi_table_header *rt = fw_data(fw, fw->runtime_table);
	struct fpswa_interface *fpswa = fw_data(fw, fw->fpswa);
	struct efi_descriptor *assist = (struct efi_descriptor *)(fpswa + 1);
	struct efi_descriptor *d = fw_data(fw, fw->runtime_descriptors);
	uint64_t *service = (uint64_t *)(rt + 1);
	int i;

	convert(map, nr, &assist->entry);
	convert(map, nr, &assist->gp);
	convert(map, nr, &fpswa->procedure);
	for (i = 0; i < FW_NR_RUNTIME; i++) {
		convert(map, nr, &d[i].entry);
		convert(map, nr, &d[i].gp);
		convert(map, nr, &service[i]);
	}
	efi_seal(rt, EFI_RUNTIME_TABLE_SIZE);
	convert(map, nr, &st->firmware_vendor);
	convert(map, nr, &st->runtime_services);
	convert(map, nr, &st->tables);
	efi_seal(&st->header, sizeof(*st));
	riven_vm_mem_written(fw->vm, FW_RUNTIME_DATA, FW_RUNTIME_DATA_SIZE);
	fw->virtual_map = true;
}

/* SetVirtualAddressMap(map size, descriptor size, descriptor version, map) */
void efi_set_virtual_address_map(struct fw_call *c)
{
	uint64_t size = c->arg[0], step = c->arg[1], version = c->arg[2], va = c->arg[3], i, nr;
	struct efi_memory_descriptor *map;

	if (c->fw->virtual_map || !c->fw->exited_boot_services) {
		c->ret[0] = EFI_UNSUPPORTED;
		return;
	}
	if ((uint32_t)version != EFI_MEMORY_DESCRIPTOR_VERSION || step < sizeof(*map) ||
	    size / step > MAX_DESCRIPTORS || step > 4096) {
		c->ret[0] = EFI_INVALID_PARAMETER;
		return;
	}
	nr = size / step;
	map = calloc(nr + 1, sizeof(*map));
	if (!map) {
		c->ret[0] = EFI_OUT_OF_RESOURCES;
		return;
	}
	for (i = 0; i < nr; i++)
		if (efi_guest_failed(c, guest_read(c, va + i * step, &map[i], sizeof(*map))))
			goto out;
	if (!all_mapped(map, (uint32_t)nr))
		c->ret[0] = EFI_NO_MAPPING;
	else
		go_virtual(c->fw, map, (uint32_t)nr);
out:
	free(map);
}

/* In the order of the runtime services table; their stubs are numbered the same way. */
const struct fw_proc efi_runtime_procs[] = {
	{ 0, 2, "GetTime", efi_get_time },
	{ 1, 1, "SetTime", efi_set_time },
	{ 2, 3, "GetWakeupTime", efi_get_wakeup_time },
	{ 3, 2, "SetWakeupTime", efi_set_wakeup_time },
	{ 4, 4, "SetVirtualAddressMap", efi_set_virtual_address_map },
	{ 5, 2, "ConvertPointer", NULL },
	{ 6, 5, "GetVariable", efi_get_variable },
	{ 7, 3, "GetNextVariableName", efi_get_next_variable_name },
	{ 8, 5, "SetVariable", efi_set_variable },
	{ 9, 1, "GetNextHighMonotonicCount", get_next_high_monotonic_count },
	{ 10, 4, "ResetSystem", reset_system },
	{ 11, 3, "UpdateCapsule", NULL },
	{ 12, 4, "QueryCapsuleCapabilities", NULL },
	{ 13, 4, "QueryVariableInfo", efi_query_variable_info },
	{ 0 },
};

_Static_assert(sizeof(efi_runtime_procs) / sizeof(efi_runtime_procs[0]) == FW_NR_RUNTIME + 1,
	       "a stub for each runtime service");
