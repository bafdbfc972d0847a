// SPDX-License-Identifier: GPL-2.0-only
/* The process host's struct host_ops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "host-driver/process/process.h"

#define HUGE_PAGE	0x200000ull

const struct region_part process_area_parts[] = {
	{ RIVEN_VCPU_RUN, RIVEN_VCPU_RUN_SIZE },
	{ RIVEN_VCPU_VPD, sizeof(struct vpd) },
	{ RIVEN_VCPU_STATE, RIVEN_VCPU_STATE_SIZE },
	{ RIVEN_VCPU_MTLB, RIVEN_VCPU_MTLB_SIZE },
	{ RIVEN_VCPU_STACK, RIVEN_VCPU_STACK_SIZE },
	{ RIVEN_VCPU_TRACE, RIVEN_VCPU_TRACE_SIZE },
	{ RIVEN_VCPU_JIT, RIVEN_VCPU_JIT_SIZE },
	{ RIVEN_VCPU_VERIFY, RIVEN_VCPU_VERIFY_SIZE },
	{ RIVEN_VCPU_PROFILE, RIVEN_VCPU_PROFILE_SIZE },
	{ RIVEN_VCPU_DECODE, RIVEN_VCPU_DECODE_SIZE },
	{ RIVEN_VCPU_STLB, RIVEN_VCPU_STLB_MAX },
};

const size_t process_nr_area_parts = sizeof(process_area_parts) / sizeof(process_area_parts[0]);

_Static_assert(RIVEN_VCPU_MTLB + RIVEN_VCPU_MTLB_SIZE < RIVEN_VCPU_STACK,
	       "a guard lies below the stack");

static long process_check_cap(enum riven_cap cap)
{
	switch (cap) {
	case RIVEN_CAP_MAX_VCPUS:
		return 1;
	case RIVEN_CAP_ISOLATED:
		return 0;
	default:
		return -EINVAL;
	}
}

static int process_vm_create(struct riven_vm *vm, const struct riven_vm_options *opt,
			     const char **err)
{
	struct process_vm *pvm = calloc(1, sizeof(*pvm));
	int ret;

	if (!pvm) {
		*err = "out of memory";
		return -ENOMEM;
	}
	pvm->perf_map = opt->perf_map;
	ret = process_reserve(pvm, opt->region_base, err);
	if (ret)
		goto free_pvm;
	ret = process_map_blob(pvm, opt->gvmm_path, err);
	if (ret)
		goto release;
	ret = process_map_private(pvm, RIVEN_VM_OFFSET, RIVEN_VM_SIZE);
	if (!ret)
		ret = process_map_private(pvm, RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE);
	if (ret) {
		*err = "cannot map memory for the virtual machine";
		goto release;
	}
	process_catch_faults();
	vm->host = pvm;
	vm->region = pvm->base;
	vm->data = (struct riven_vm_data *)(pvm->base + RIVEN_VM_OFFSET);
	vm->p2m = pvm->base + RIVEN_P2M_OFFSET;
	return 0;

release:
	process_release(pvm);
free_pvm:
	free(pvm);
	return ret;
}

static void process_vm_destroy(struct riven_vm *vm)
{
	process_release(vm->host);
	free(vm->host);
}

static uint64_t area_offset(const struct riven_vcpu *c)
{
	return RIVEN_VCPU_OFFSET + c->id * RIVEN_VCPU_STRIDE;
}

static void unmap_vcpu(struct riven_vcpu *c)
{
	uint64_t size = c->vm->code_size;

	process_unmap(c->vm->host, area_offset(c), RIVEN_VCPU_STRIDE);
	if (!size)
		return;
	process_unmap(c->vm->host, RIVEN_CODE_RX_OFFSET + c->id * size, size);
	process_unmap(c->vm->host, RIVEN_CODE_RW_OFFSET + c->id * size, size);
}

static int map_vcpu(struct riven_vcpu *c)
{
	struct process_vm *pvm = c->vm->host;
	uint64_t size = c->vm->code_size;
	int ret = 0;

	for (size_t i = 0; !ret && i < process_nr_area_parts; i++) {
		const struct region_part *part = &process_area_parts[i];

		ret = process_map_private(pvm, area_offset(c) + part->offset, part->size);
		/* Large tables are touched here and there, soon everywhere. */
		if (!ret && part->size >= HUGE_PAGE)
			madvise(pvm->base + area_offset(c) + part->offset, part->size,
				MADV_HUGEPAGE);
	}
	if (ret || !size)
		return ret;
	if ((c->id + 1) * size > RIVEN_CODE_MAX)
		return -ENOSPC;
	return process_map_code(pvm, RIVEN_CODE_RX_OFFSET + c->id * size,
				RIVEN_CODE_RW_OFFSET + c->id * size, size);
}

static int process_vcpu_create(struct riven_vcpu *c)
{
	struct process_vm *pvm = c->vm->host;
	struct process_vcpu *pv = calloc(1, sizeof(*pv));
	uint8_t *area = pvm->base + area_offset(c);
	int ret;

	if (!pv)
		return -ENOMEM;
	ret = map_vcpu(c);
	if (ret) {
		unmap_vcpu(c);
		free(pv);
		return ret;
	}
	pv->code_size = c->vm->code_size;
	pv->code_rx = (uint64_t)(uintptr_t)(pvm->base + RIVEN_CODE_RX_OFFSET) +
		      c->id * pv->code_size;
	pv->vcpu = c;
	pv->vm = pvm;
	pv->entry.blob = (uint64_t)(uintptr_t)(pvm->base + RIVEN_BLOB_OFFSET);
	pv->entry.area = (uint64_t)(uintptr_t)area;
	pv->entry.stack_top = pv->entry.area + RIVEN_VCPU_STACK + RIVEN_VCPU_STACK_SIZE;
	c->host = pv;
	c->run = (struct riven_run *)(area + RIVEN_VCPU_RUN);
	c->vpd = (struct vpd *)(area + RIVEN_VCPU_VPD);
	c->trace = (struct riven_trace_record *)(area + RIVEN_VCPU_TRACE);
	c->profile = (const struct riven_profile *)(area + RIVEN_VCPU_PROFILE);
	c->difference = (const struct riven_difference *)(area + RIVEN_VCPU_VERIFY);
	return 0;
}

static void process_vcpu_destroy(struct riven_vcpu *c)
{
	background_stop(c);
	unmap_vcpu(c);
	free(c->host);
}

void process_describe(uint64_t base, size_t blob_size, uint64_t address, char text[40])
{
	uint64_t offset = address - base;

	if (offset < blob_size)
		snprintf(text, 40, "gvmm+0x%llx", (unsigned long long)offset);
	else if (offset < RIVEN_REGION_SIZE)
		snprintf(text, 40, "region+0x%llx", (unsigned long long)offset);
	else
		snprintf(text, 40, "0x%llx", (unsigned long long)address);
}

static int process_vcpu_enter(struct riven_vcpu *c)
{
	struct process_vcpu *pv = c->host;
	uint64_t base = (uint64_t)(uintptr_t)pv->vm->base;
	char ip[40], address[40];

	if (c->run->command == RIVEN_CMD_RUN && !pv->has_run) {
		pv->has_run = true;
		background_start(c);
	}
	background_wake(pv);
	if (!process_enter_guarded(pv))
		return 0;
	process_describe(base, pv->vm->blob_size, pv->fault_ip, ip);
	process_describe(base, pv->vm->blob_size, pv->fault_address, address);
	snprintf(c->error, sizeof(c->error), "the GVMM met SIG%s at %s, address %s",
		 sigabbrev_np(pv->fault_signal), ip, address);
	return -EFAULT;
}

static uint64_t process_vcpu_locate(struct riven_vcpu *c, void *context)
{
	const struct process_vcpu *pv = c->host;
	const ucontext_t *u = context;
	uint64_t offset = (uint64_t)u->uc_mcontext.gregs[REG_RIP] -
			  (uint64_t)(uintptr_t)pv->vm->base;

	return offset < RIVEN_REGION_SIZE ? offset : ~0ull;
}

/* The GVMM looks at run->kick often; no kick function is needed. */
const struct host_ops process_host_ops = {
	.name = "process",
	.check_cap = process_check_cap,
	.vm_create = process_vm_create,
	.vm_destroy = process_vm_destroy,
	.slot_map = process_slot_map,
	.slot_protect = process_slot_protect,
	.slot_unmap = process_slot_unmap,
	.vcpu_create = process_vcpu_create,
	.vcpu_destroy = process_vcpu_destroy,
	.vcpu_enter = process_vcpu_enter,
	.vcpu_locate = process_vcpu_locate,
	.vcpu_hold = background_hold,
};
