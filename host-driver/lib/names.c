// SPDX-License-Identifier: GPL-2.0-only
/* What libriven says about itself: its version, its hosts, names of exits. */
#include <errno.h>
#include <string.h>

#include "host-driver/lib/host.h"

int riven_api_version(void)
{
	return RIVEN_ABI_VERSION;
}

static const struct host_ops *const hosts[] = { &process_host_ops, &kmod_host_ops, &kvm_host_ops };

#define NR_HOSTS	(sizeof(hosts) / sizeof(hosts[0]))

static const char *problem_of(const struct host_ops *ops)
{
	return ops->problem ? ops->problem() : NULL;
}

static const struct host_ops *automatic;

static void choose(void)
{
	automatic = hosts[0];
	for (size_t i = 0; i < NR_HOSTS; i++) {
		if (hosts[i]->check_cap(RIVEN_CAP_ISOLATED) > 0 && !problem_of(hosts[i])) {
			automatic = hosts[i];
			return;
		}
	}
}

const struct host_ops *find_host(const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (name && strcmp(name, "auto") == 0) {
		pthread_once(&once, choose);
		return automatic;
	}
	for (size_t i = 0; i < NR_HOSTS; i++) {
		if (!name || strcmp(name, hosts[i]->name) == 0)
			return hosts[i];
	}
	return NULL;
}

const char *riven_host_name(unsigned int n)
{
	return n < NR_HOSTS ? hosts[n]->name : NULL;
}

const char *riven_host_auto(void)
{
	return find_host("auto")->name;
}

const char *riven_host_problem(const char *host)
{
	const struct host_ops *ops = find_host(host);

	return ops ? problem_of(ops) : "there is no such host";
}

long riven_check_cap(const char *host, enum riven_cap cap)
{
	const struct host_ops *ops = find_host(host);

	if (!ops)
		return -EINVAL;
	switch (cap) {
	case RIVEN_CAP_STLB_MIN:
		return STLB_ENTRIES_MIN;
	case RIVEN_CAP_STLB_MAX:
		return STLB_ENTRIES_MAX;
	case RIVEN_CAP_MEMSLOTS:
		return NR_MEMSLOTS;
	default:
		return ops->check_cap(cap);
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
