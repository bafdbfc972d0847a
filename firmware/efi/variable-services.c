// SPDX-License-Identifier: GPL-2.0-only
/* EFI variable services (UEFI 2.1, 7.1). */
#include <stdlib.h>
#include <string.h>

#include "firmware/efi/services.h"

/* Read a NUL-terminated UTF-16 string of at most VARIABLE_MAX_NAME units. */
static enum guest_status read_name(struct fw_call *c, uint64_t va, uint16_t *name)
{
	uint32_t n = 0;

	while (n < VARIABLE_MAX_NAME) {
		/* Not past the page that the final NUL may be in. */
		uint64_t at = va + n * sizeof(*name);
		uint32_t units = (uint32_t)((4096 - at % 4096) / sizeof(*name));
		enum guest_status status;

		if (!units)
			units = 1;
		if (units > VARIABLE_MAX_NAME - n)
			units = VARIABLE_MAX_NAME - n;
		status = guest_read(c, at, name + n, units * sizeof(*name));
		if (status != GUEST_OK)
			return status;
		while (units--)
			if (!name[n++])
				return GUEST_OK;
	}
	return GUEST_BAD;
}

static void note_name(struct fw_call *c, const uint16_t *name)
{
	size_t i;

	for (i = 0; i < sizeof(c->note) - 1 && name[i]; i++)
		c->note[i] = name[i] >= ' ' && name[i] < 0x7f ? (char)name[i] : '?';
	c->note[i] = 0;
}

/* Name and vendor of a call's first two arguments; false when the service has ended. */
static bool read_id(struct fw_call *c, uint16_t *name, struct efi_guid *guid)
{
	if (efi_guest_failed(c, read_name(c, c->arg[0], name)) ||
	    efi_guest_failed(c, guest_read(c, c->arg[1], guid, sizeof(*guid))))
		return false;
	note_name(c, name);
	return true;
}

/* Is a variable there for a caller of now? */
static bool visible(const struct riven_fw *fw, const struct efi_variable *v)
{
	return !fw->exited_boot_services || v->attributes & EFI_VARIABLE_RUNTIME;
}

/* GetVariable(name, vendor, attributes or 0, size in and out, data) */
void efi_get_variable(struct fw_call *c)
{
	uint64_t attributes = c->arg[2], size_va = c->arg[3], data = c->arg[4], size, new_size;
	uint16_t name[VARIABLE_MAX_NAME];
	struct efi_variable *v;
	struct efi_guid guid;
	bool fits;

	if (!read_id(c, name, &guid) ||
	    efi_guest_failed(c, guest_read(c, size_va, &size, sizeof(size))) ||
	    efi_guest_failed(c, guest_check(c, size_va, sizeof(size), RIVEN_ACCESS_WRITE)) ||
	    (attributes && efi_guest_failed(c, guest_check(c, attributes, sizeof(v->attributes),
							   RIVEN_ACCESS_WRITE))))
		return;
	v = variable_find(&c->fw->vars, name, &guid);
	if (!v || !visible(c->fw, v)) {
		c->ret[0] = EFI_NOT_FOUND;
		return;
	}
	fits = size >= v->size;
	if (fits && efi_guest_failed(c, guest_write(c, data, v->data, v->size)))
		return;
	new_size = v->size;
	guest_write(c, size_va, &new_size, sizeof(new_size));
	if (attributes)
		guest_write(c, attributes, &v->attributes, sizeof(v->attributes));
	if (!fits)
		c->ret[0] = EFI_BUFFER_TOO_SMALL;
}

/* GetNextVariableName(size in and out, name in and out, vendor in and out) */
void efi_get_next_variable_name(struct fw_call *c)
{
	uint64_t size_va = c->arg[0], name_va = c->arg[1], guid_va = c->arg[2], size, need;
	uint16_t name[VARIABLE_MAX_NAME];
	struct efi_variable *v;
	struct efi_guid guid;

	if (efi_guest_failed(c, guest_read(c, size_va, &size, sizeof(size))) ||
	    efi_guest_failed(c, read_name(c, name_va, name)) ||
	    efi_guest_failed(c, guest_read(c, guid_va, &guid, sizeof(guid))) ||
	    efi_guest_failed(c, guest_check(c, size_va, sizeof(size), RIVEN_ACCESS_WRITE)) ||
	    efi_guest_failed(c, guest_check(c, guid_va, sizeof(guid), RIVEN_ACCESS_WRITE)))
		return;
	note_name(c, name);
	if (name[0]) {
		v = variable_find(&c->fw->vars, name, &guid);
		if (!v || !visible(c->fw, v)) {
			c->ret[0] = EFI_INVALID_PARAMETER;
			return;
		}
		v = v->next;
	} else {
		v = c->fw->vars.first;
	}
	while (v && !visible(c->fw, v))
		v = v->next;
	if (!v) {
		c->ret[0] = EFI_NOT_FOUND;
		return;
	}
	need = v->name_len * sizeof(*v->name);
	if (size >= need) {
		if (efi_guest_failed(c, guest_write(c, name_va, v->name, need)))
			return;
		guest_write(c, guid_va, &v->guid, sizeof(v->guid));
	} else {
		c->ret[0] = EFI_BUFFER_TOO_SMALL;
	}
	guest_write(c, size_va, &need, sizeof(need));
}

/* What attributes allow: EFI_SUCCESS, or why not. */
static uint64_t check_attributes(const struct riven_fw *fw, const struct efi_variable *old,
				 uint32_t attributes)
{
	const uint32_t plain = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE |
			       EFI_VARIABLE_RUNTIME | EFI_VARIABLE_HARDWARE_ERROR;

	if (attributes & EFI_VARIABLE_AUTHENTICATED)
		return EFI_UNSUPPORTED;
	if (attributes & ~(plain | EFI_VARIABLE_APPEND))
		return EFI_INVALID_PARAMETER;
	if ((attributes & EFI_VARIABLE_RUNTIME) && !(attributes & EFI_VARIABLE_BOOTSERVICE))
		return EFI_INVALID_PARAMETER;
	if (fw->exited_boot_services) {
		if (old && !(old->attributes & EFI_VARIABLE_RUNTIME))
			return EFI_WRITE_PROTECTED;
		/* Deleting needs no attributes. */
		if (attributes & plain &&
		    (attributes & (EFI_VARIABLE_RUNTIME | EFI_VARIABLE_NON_VOLATILE)) !=
			    (EFI_VARIABLE_RUNTIME | EFI_VARIABLE_NON_VOLATILE))
			return EFI_INVALID_PARAMETER;
	}
	if (old && attributes & plain && (attributes & plain) != (old->attributes & plain))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* Store a variable and, if it is kept, the file; the store stays as it was when that fails. */
static uint64_t store(struct riven_fw *fw, const uint16_t *name, const struct efi_guid *guid,
		      uint32_t attributes, const void *data, uint32_t size)
{
	struct efi_variable *old = variable_find(&fw->vars, name, guid);
	bool kept = (attributes | (old ? old->attributes : 0)) & EFI_VARIABLE_NON_VOLATILE;
	uint32_t old_attributes = old ? old->attributes : 0, old_size = old ? old->size : 0;
	uint8_t *old_data = NULL;
	uint64_t status;

	if (old) {
		old_data = malloc(old_size);
		if (!old_data)
			return EFI_OUT_OF_RESOURCES;
		memcpy(old_data, old->data, old_size);
	}
	status = variable_set(&fw->vars, name, guid, attributes, data, size);
	if (!status && kept && fw->nvram_path && variables_save(&fw->vars, fw->nvram_path)) {
		variable_set(&fw->vars, name, guid, old_attributes, old_data, old_size);
		status = EFI_DEVICE_ERROR;
	}
	free(old_data);
	return status;
}

/* SetVariable(name, vendor, attributes, size, data) */
void efi_set_variable(struct fw_call *c)
{
	uint32_t attributes = (uint32_t)c->arg[2], old_size = 0;
	uint64_t size = c->arg[3];
	uint16_t name[VARIABLE_MAX_NAME];
	struct efi_variable *old;
	struct efi_guid guid;
	uint8_t *data = NULL;

	if (!read_id(c, name, &guid))
		return;
	if (!name[0]) {
		c->ret[0] = EFI_INVALID_PARAMETER;
		return;
	}
	old = variable_find(&c->fw->vars, name, &guid);
	c->ret[0] = check_attributes(c->fw, old, attributes);
	if (c->ret[0])
		return;
	if (!(attributes & (EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME)) ||
	    (!size && !(attributes & EFI_VARIABLE_APPEND))) {
		c->ret[0] = old ? store(c->fw, name, &guid, 0, NULL, 0) : EFI_NOT_FOUND;
		return;
	}
	if (!size)
		return;
	if (attributes & EFI_VARIABLE_APPEND && old)
		old_size = old->size;
	attributes &= ~EFI_VARIABLE_APPEND;
	if (size > VARIABLE_MAX_DATA - old_size) {
		c->ret[0] = EFI_OUT_OF_RESOURCES;
		return;
	}
	data = malloc(old_size + size);
	if (!data) {
		c->ret[0] = EFI_OUT_OF_RESOURCES;
		return;
	}
	if (old_size)
		memcpy(data, old->data, old_size);
	if (!efi_guest_failed(c, guest_read(c, c->arg[4], data + old_size, size)))
		c->ret[0] = store(c->fw, name, &guid, attributes, data, (uint32_t)(old_size + size));
	free(data);
}

/* QueryVariableInfo(attributes, maximum storage, remaining storage, maximum size) */
void efi_query_variable_info(struct fw_call *c)
{
	uint64_t value[3] = { VARIABLE_MAX_TOTAL, VARIABLE_MAX_TOTAL - c->fw->vars.used,
			      VARIABLE_MAX_DATA };
	uint32_t attributes = (uint32_t)c->arg[0];
	int i;

	if (!(attributes & EFI_VARIABLE_BOOTSERVICE)) {
		c->ret[0] = EFI_INVALID_PARAMETER;
		return;
	}
	for (i = 0; i < 3; i++)
		if (efi_guest_failed(c, guest_check(c, c->arg[i + 1], 8, RIVEN_ACCESS_WRITE)))
			return;
	for (i = 0; i < 3; i++)
		guest_write(c, c->arg[i + 1], &value[i], sizeof(value[i]));
}
