// SPDX-License-Identifier: GPL-2.0-only
/* Exceptions by name. */
#include <stdio.h>

#include "host-driver/lib/exception.h"
#include "host-driver/process/process.h"

#define NR_EXCEPTIONS	32
#define VECTOR_PF	14

static const char exception_names[NR_EXCEPTIONS][24] = {
	"division error", "debug exception", "NMI", "breakpoint", "overflow", "bound range",
	"invalid instruction", "device not available", "double fault", "vector 9", "invalid TSS",
	"segment not present", "stack fault", "general protection", "page fault", "vector 15",
	"x87 exception", "alignment check", "machine check", "SIMD exception", "vector 20",
	"control protection",
};

void describe_exception(struct riven_vcpu *c, uint64_t base, size_t blob_size,
			const struct exception *e)
{
	char ip[40], address[40], name[24];

	process_describe(base, blob_size, e->ip, ip);
	process_describe(base, blob_size, e->address, address);
	if (e->vector < NR_EXCEPTIONS && exception_names[e->vector][0])
		snprintf(name, sizeof(name), "%s", exception_names[e->vector]);
	else
		snprintf(name, sizeof(name), "vector %u", (unsigned int)e->vector);
	if (e->vector == VECTOR_PF)
		snprintf(c->error, sizeof(c->error),
			 "the GVMM met a page fault (%s) at %s, address %s",
			 e->error & 16 ? "fetch" : e->error & 2 ? "write" : "read", ip, address);
	else
		snprintf(c->error, sizeof(c->error),
			 "the GVMM met an exception (%s) at %s, error code 0x%x", name, ip,
			 (unsigned int)e->error);
}
