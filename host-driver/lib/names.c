// SPDX-License-Identifier: GPL-2.0-only
/* What libriven says about itself, and names of exits. */
#include <errno.h>
#include <string.h>

#include "host-driver/lib/host.h"

int riven_api_version(void)
{
	return RIVEN_ABI_VERSION;
}

long riven_check_cap(const char *host, enum riven_cap cap)
{
	if (host && strcmp(host, process_host_ops.name) != 0)
		return -EINVAL;

	switch (cap) {
	case RIVEN_CAP_STLB_MIN:
		return STLB_ENTRIES_MIN;
	case RIVEN_CAP_STLB_MAX:
		return STLB_ENTRIES_MAX;
	case RIVEN_CAP_MEMSLOTS:
		return NR_MEMSLOTS;
	default:
		return process_host_ops.check_cap(cap);
	}
}

const char *riven_exit_name(uint32_t exit_reason)
{
	static const char names[RIVEN_NR_EXITS][12] = {
#define X(name, text) #name,
		RIVEN_EXITS(X)
#undef X
	};

	return exit_reason < RIVEN_NR_EXITS ? names[exit_reason] : "unknown";
}
