/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions of x86-64 that end a GVMM in a world of its own. */
#ifndef HOST_DRIVER_LIB_EXCEPTION_H
#define HOST_DRIVER_LIB_EXCEPTION_H

#include <stddef.h>
#include <stdint.h>

#include "host-driver/lib/host.h"

struct exception {
	uint64_t vector;
	uint64_t error;
	uint64_t ip;
	uint64_t address;	/* of a page fault */
};

/* Say in c->error what it was, in a world whose region is at base. */
void describe_exception(struct riven_vcpu *c, uint64_t base, size_t blob_size,
			const struct exception *e);

#endif
