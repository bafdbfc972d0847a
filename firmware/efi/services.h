/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI services by name, as handlers of struct fw_proc. */
#ifndef FIRMWARE_EFI_SERVICES_H
#define FIRMWARE_EFI_SERVICES_H

#include "firmware/fw.h"

void efi_get_time(struct fw_call *c);
void efi_set_time(struct fw_call *c);
void efi_get_wakeup_time(struct fw_call *c);
void efi_set_wakeup_time(struct fw_call *c);

void efi_set_virtual_address_map(struct fw_call *c);

void efi_get_variable(struct fw_call *c);
void efi_get_next_variable_name(struct fw_call *c);
void efi_set_variable(struct fw_call *c);
void efi_query_variable_info(struct fw_call *c);

/*
 * End a service whose use of guest memory did not succeed: false when it did.
 * The call fails, or is made again when a page has to be mapped first.
 */
static inline bool efi_guest_failed(struct fw_call *c, enum guest_status status)
{
	if (status == GUEST_BAD)
		c->ret[0] = EFI_INVALID_PARAMETER;
	return status != GUEST_OK;
}

/* The FPSWA interface as its caller finds it (Itanium Software Conventions, FPSWA 1.12). */
struct fpswa_interface {
	uint32_t revision;
	uint32_t reserved;
	uint64_t procedure;	/* address of its descriptor */
};

/* The runtime services table: addresses of function descriptors behind the header. */
#define EFI_RUNTIME_TABLE_SIZE	((uint32_t)(sizeof(struct efi_table_header) + FW_NR_RUNTIME * 8))

/* Set size and CRC of a table whose fields have changed. */
void efi_seal(struct efi_table_header *h, uint32_t size);

#endif
