/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI variables: the store and the file that keeps the non-volatile ones. */
#ifndef FIRMWARE_EFI_VARIABLES_H
#define FIRMWARE_EFI_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/efi/efi.h"

/* Limits, which QueryVariableInfo tells. */
#define VARIABLE_MAX_NAME	512		/* UTF-16 units with the final NUL */
#define VARIABLE_MAX_DATA	(32u << 10)	/* bytes of one */
#define VARIABLE_MAX_TOTAL	(256u << 10)	/* bytes of all, names and headers included */
#define VARIABLE_OVERHEAD	32		/* counted for each */

/* name and data are the store's. */
struct efi_variable {
	struct efi_variable *next;
	struct efi_guid guid;
	uint32_t attributes;
	uint32_t name_len;	/* units, the final NUL included */
	uint16_t *name;
	uint32_t size;
	uint8_t *data;
};

struct efi_variables {
	struct efi_variable *first;
	uint64_t used;		/* bytes of VARIABLE_MAX_TOTAL */
};

struct efi_variable *variable_find(struct efi_variables *vars, const uint16_t *name,
				   const struct efi_guid *guid);

/*
 * Set (replace) a variable; size 0 deletes. Copies name and data. Returns an
 * EFI status: EFI_OUT_OF_RESOURCES beyond the limits.
 */
uint64_t variable_set(struct efi_variables *vars, const uint16_t *name,
		      const struct efi_guid *guid, uint32_t attributes, const void *data,
		      uint32_t size);

/* Forget those that do not outlive a reset. */
void variables_drop_volatile(struct efi_variables *vars);
void variables_free(struct efi_variables *vars);

/*
 * Read a variables file; one that is not there means none. Returns 0 or a
 * negative errno value with a constant sentence in *err.
 */
int variables_load(struct efi_variables *vars, const char *path, const char **err);

/* Write the non-volatile ones, so that the file is the old or the new one at any moment. */
int variables_save(const struct efi_variables *vars, const char *path);

#endif
