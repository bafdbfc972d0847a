// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "firmware/efi/variables.h"

static uint32_t name_units(const uint16_t *name)
{
	uint32_t n = 0;

	while (name[n])
		n++;
	return n + 1;
}

/* What a variable counts for against VARIABLE_MAX_TOTAL. */
static uint64_t weight(uint32_t name_len, uint32_t size)
{
	return VARIABLE_OVERHEAD + name_len * 2ull + size;
}

static struct efi_variable **find_link(struct efi_variables *vars, const uint16_t *name,
				       const struct efi_guid *guid)
{
	uint32_t n = name_units(name);
	struct efi_variable **link;

	for (link = &vars->first; *link; link = &(*link)->next) {
		const struct efi_variable *v = *link;

		if (v->name_len == n && !memcmp(v->name, name, n * sizeof(*name)) &&
		    !memcmp(&v->guid, guid, sizeof(*guid)))
			break;
	}
	return link;
}

struct efi_variable *variable_find(struct efi_variables *vars, const uint16_t *name,
				   const struct efi_guid *guid)
{
	return *find_link(vars, name, guid);
}

static void free_variable(struct efi_variable *v)
{
	free(v->name);
	free(v->data);
	free(v);
}

static struct efi_variable *new_variable(const uint16_t *name, uint32_t name_len,
					 const void *data, uint32_t size)
{
	struct efi_variable *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->name = malloc(name_len * sizeof(*name));
	v->data = malloc(size);
	if (!v->name || !v->data) {
		free_variable(v);
		return NULL;
	}
	memcpy(v->name, name, name_len * sizeof(*name));
	memcpy(v->data, data, size);
	v->name_len = name_len;
	v->size = size;
	return v;
}

uint64_t variable_set(struct efi_variables *vars, const uint16_t *name,
		      const struct efi_guid *guid, uint32_t attributes, const void *data,
		      uint32_t size)
{
	struct efi_variable **link = find_link(vars, name, guid), *old = *link, *v = NULL;
	uint64_t used = vars->used - (old ? weight(old->name_len, old->size) : 0);
	uint32_t name_len = name_units(name);

	if (size) {
		used += weight(name_len, size);
		if (name_len > VARIABLE_MAX_NAME || size > VARIABLE_MAX_DATA ||
		    used > VARIABLE_MAX_TOTAL)
			return EFI_OUT_OF_RESOURCES;
		v = new_variable(name, name_len, data, size);
		if (!v)
			return EFI_OUT_OF_RESOURCES;
		v->guid = *guid;
		v->attributes = attributes;
		v->next = old ? old->next : NULL;
		*link = v;
	} else if (old) {
		*link = old->next;
	}
	if (old)
		free_variable(old);
	vars->used = used;
	return EFI_SUCCESS;
}

void variables_drop_volatile(struct efi_variables *vars)
{
	struct efi_variable **link = &vars->first;

	while (*link) {
		struct efi_variable *v = *link;

		if (v->attributes & EFI_VARIABLE_NON_VOLATILE) {
			link = &v->next;
			continue;
		}
		*link = v->next;
		vars->used -= weight(v->name_len, v->size);
		free_variable(v);
	}
}

void variables_free(struct efi_variables *vars)
{
	while (vars->first) {
		struct efi_variable *v = vars->first;

		vars->first = v->next;
		free_variable(v);
	}
	vars->used = 0;
}
