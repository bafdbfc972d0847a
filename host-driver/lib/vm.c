// SPDX-License-Identifier: GPL-2.0-only
/* Virtual machines: making and ending them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-driver/lib/host.h"

#define ITC_FREQUENCY_MIN	1000000ull
#define ITC_FREQUENCY_MAX	10000000000ull
#define SAMPLE_RATE_MAX		10000

/* Code is translated when it is about to run for this time plus one. */
#define HOT_COUNT		30

/* The engine that the options and the environment ask for; DEFAULT: they name none that exists. */
static enum riven_engine choose_engine(enum riven_engine wanted)
{
	const char *name = getenv("RIVEN_ENGINE");

	if (wanted != RIVEN_ENGINE_DEFAULT)
		return wanted;
	if (!name || !*name || strcmp(name, "jit") == 0)
		return RIVEN_ENGINE_JIT;
	if (strcmp(name, "interp") == 0)
		return RIVEN_ENGINE_INTERP;
	if (strcmp(name, "jit-eager") == 0)
		return RIVEN_ENGINE_JIT_EAGER;
	if (strcmp(name, "verify") == 0)
		return RIVEN_ENGINE_VERIFY;
	return RIVEN_ENGINE_DEFAULT;
}

static const char *check_options(const struct riven_vm_options *opt)
{
	uint32_t stlb = opt->stlb_entries;

	if (!find_host(opt->host))
		return "there is no such host; `riven host` lists them";
	if (stlb && (stlb < STLB_ENTRIES_MIN || stlb > STLB_ENTRIES_MAX || (stlb & (stlb - 1))))
		return "the STLB must have a power of two of entries from 64 to 1048576";
	if (opt->itc_frequency && (opt->itc_frequency < ITC_FREQUENCY_MIN ||
				   opt->itc_frequency > ITC_FREQUENCY_MAX))
		return "the ITC frequency must be from 1000000 to 10000000000 Hz";
	if (choose_engine(opt->engine) == RIVEN_ENGINE_DEFAULT)
		return "RIVEN_ENGINE in the environment must be interp, jit, jit-eager or verify";
	if (opt->code_cache &&
	    (opt->code_cache < RIVEN_CODE_CACHE_MIN ||
	     opt->code_cache > RIVEN_CODE_MAX))
		return "the translation cache must have from 1M to 1G bytes";
	if (opt->sample_rate > SAMPLE_RATE_MAX)
		return "samples can be taken from 1 to 10000 times a second";
	if (opt->sample_rate && !find_host(opt->host)->vcpu_locate)
		return "this host takes no samples; process and kvm do";
	if (opt->background == RIVEN_BACKGROUND_ON && !find_host(opt->host)->vcpu_hold)
		return "only the process host has another processor translate";
	if (opt->perf_map && find_host(opt->host) != &process_host_ops)
		return "only the process host's worlds are in this process, where perf looks";
	return NULL;
}

/* ITC = TSC * mult >> 32; mult is exact for the host's own frequency. */
static void fill_vm_data(struct riven_vm *vm, uint32_t trace_mask)
{
	struct riven_vm_data *d = vm->data;

	d->abi_version = RIVEN_ABI_VERSION;
	d->stlb_entries = vm->stlb_entries;
	d->nr_vcpus = 0;
	d->itc_frequency = vm->itc_frequency;
	d->tsc_frequency = vm->tsc_frequency;
	d->itc_mult = (uint64_t)(((unsigned __int128)vm->itc_frequency << 32) /
				 vm->tsc_frequency);
	d->flags = (vm->verify ? RIVEN_VM_VERIFY : 0) | (vm->sample_rate ? RIVEN_VM_PROFILE : 0);
	d->trace_mask = trace_mask;
	d->hot_count = vm->hot_count;
	d->code_size = vm->code_size;
}

int riven_vm_create(const struct riven_vm_options *opt, struct riven_vm **out, const char **err)
{
	const char *dummy, *bad = check_options(opt);
	enum riven_engine engine;
	struct riven_vm *vm;
	int ret;

	if (!err)
		err = &dummy;
	*err = "";
	if (bad) {
		*err = bad;
		return -EINVAL;
	}

	vm = calloc(1, sizeof(*vm));
	if (!vm) {
		*err = "out of memory";
		return -ENOMEM;
	}
	vm->ops = find_host(opt->host);
	vm->tsc_frequency = tsc_frequency();
	vm->itc_frequency = opt->itc_frequency ? opt->itc_frequency : vm->tsc_frequency;
	vm->stlb_entries = opt->stlb_entries ? opt->stlb_entries : 4096;
	engine = choose_engine(opt->engine);
	vm->verify = engine == RIVEN_ENGINE_VERIFY;
	vm->hot_count = engine == RIVEN_ENGINE_JIT ? HOT_COUNT : 0;
	vm->background = opt->background;
	if (engine != RIVEN_ENGINE_INTERP)
		vm->code_size = (opt->code_cache ? opt->code_cache : RIVEN_CODE_CACHE_DEFAULT) &
				~0xfffull;
	vm->trace = opt->trace;
	vm->trace_opaque = opt->trace_opaque;
	vm->sample_rate = opt->sample_rate;
	vm->sample = opt->sample;
	vm->sample_opaque = opt->sample_opaque;
	pthread_mutex_init(&vm->lock, NULL);

	ret = vm->ops->vm_create(vm, opt, err);
	if (ret) {
		pthread_mutex_destroy(&vm->lock);
		free(vm);
		return ret;
	}
	fill_vm_data(vm, opt->trace_mask);
	*out = vm;
	return 0;
}

void riven_vm_destroy(struct riven_vm *vm)
{
	if (!vm)
		return;
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		if (!c)
			continue;
		sampler_destroy(c);
		vm->ops->vcpu_destroy(c);
		pthread_mutex_destroy(&c->request_lock);
		free(c);
	}
	for (uint32_t i = 0; i < NR_MEMSLOTS; i++) {
		if (vm->slots[i].size)
			vm->ops->slot_unmap(vm, &vm->slots[i]);
	}
	vm->ops->vm_destroy(vm);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

uint64_t riven_vm_itc_frequency(struct riven_vm *vm)
{
	return vm->itc_frequency;
}

uint32_t riven_vm_stlb_entries(struct riven_vm *vm)
{
	return vm->stlb_entries;
}

const void *riven_vm_region(struct riven_vm *vm)
{
	return vm->region;
}
