// SPDX-License-Identifier: GPL-2.0-only
/* The kvm host's struct host_ops. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host-driver/kvm/kvm.h"
#include "transition/kvm.h"

#define NR_CPUID	256
#define VA_END		0x800000000000ull

static long kvm_check_cap(enum riven_cap cap)
{
	switch (cap) {
	case RIVEN_CAP_ISOLATED:
		return 1;
	default:
		return process_host_ops.check_cap(cap);
	}
}

static const char *open_error(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "there is no /dev/kvm; load the kvm module and turn virtualization on in "
		       "the firmware";
	case EACCES:
	case EPERM:
		return "no permission to open /dev/kvm; join its group (often `kvm`)";
	default:
		return "cannot open /dev/kvm";
	}
}

static int open_kvm(struct kvm_vm *kvm, const char **err)
{
	static const struct {
		int cap;
		const char *missing;
	} needs[] = {
		{ KVM_CAP_USER_MEMORY, "this KVM lacks KVM_CAP_USER_MEMORY" },
		{ KVM_CAP_READONLY_MEM, "this KVM lacks KVM_CAP_READONLY_MEM" },
		{ KVM_CAP_IMMEDIATE_EXIT, "this KVM lacks KVM_CAP_IMMEDIATE_EXIT" },
		{ KVM_CAP_XCRS, "this KVM lacks KVM_CAP_XCRS" },
		{ KVM_CAP_EXT_CPUID, "this KVM lacks KVM_CAP_EXT_CPUID" },
		{ KVM_CAP_VCPU_EVENTS, "this KVM lacks KVM_CAP_VCPU_EVENTS" },
	};
	int size;

	kvm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->kvm_fd < 0) {
		*err = open_error(errno);
		return -errno;
	}
	if (ioctl(kvm->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		*err = "/dev/kvm does not speak version 12 of KVM's interface";
		return -ENOTSUP;
	}
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (ioctl(kvm->kvm_fd, KVM_CHECK_EXTENSION, needs[i].cap) <= 0) {
			*err = needs[i].missing;
			return -ENOTSUP;
		}
	}
	size = ioctl(kvm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	kvm->fd = ioctl(kvm->kvm_fd, KVM_CREATE_VM, 0);
	if (kvm->fd < 0 || size < (int)sizeof(struct kvm_run)) {
		*err = "KVM cannot create a virtual machine (KVM_CREATE_VM)";
		return kvm->fd < 0 ? -errno : -ENOTSUP;
	}
	kvm->run_size = (size_t)size;
	return 0;
}

/* The processor's features as KVM can give them, and with them the width of addresses. */
static int get_features(struct kvm_vm *kvm, const char **err)
{
	uint32_t bits = 36;

	kvm->cpuid = calloc(1, sizeof(*kvm->cpuid) + NR_CPUID * sizeof(kvm->cpuid->entries[0]));
	if (!kvm->cpuid) {
		*err = "out of memory";
		return -ENOMEM;
	}
	kvm->cpuid->nent = NR_CPUID;
	if (ioctl(kvm->kvm_fd, KVM_GET_SUPPORTED_CPUID, kvm->cpuid) < 0) {
		*err = "KVM does not tell the processor's features (KVM_GET_SUPPORTED_CPUID)";
		return -errno;
	}
	for (uint32_t i = 0; i < kvm->cpuid->nent; i++) {
		if (kvm->cpuid->entries[i].function == 0x80000008)
			bits = kvm->cpuid->entries[i].eax & 0xff;
	}
	kvm->gpa_end = 1ull << (bits < 52 ? bits : 52);
	return 0;
}

static void close_kvm(struct kvm_vm *kvm)
{
	if (kvm->fd >= 0)
		close(kvm->fd);
	if (kvm->kvm_fd >= 0)
		close(kvm->kvm_fd);
	free(kvm->cpuid);
	free(kvm);
}

static int choose_base(struct kvm_vm *kvm, uint64_t wanted, const char **err)
{
	kvm->base = wanted ? wanted : WORLD_BASE;
	if (kvm->base % 4096) {
		*err = "the region's base must be a multiple of 4096";
		return -EINVAL;
	}
	if (kvm->base > VA_END - RIVEN_REGION_SIZE - SYS_SIZE) {
		*err = "a region at the wanted base does not end within the lower half of the "
		       "address space";
		return -EINVAL;
	}
	return 0;
}

static int map_vm(struct kvm_vm *kvm)
{
	int ret = kvm_map(kvm, RIVEN_BLOB_OFFSET, kvm->memory->blob_size, TABLE_EXEC, -1);

	if (!ret)
		ret = kvm_map(kvm, RIVEN_VM_OFFSET, RIVEN_VM_SIZE, TABLE_WRITE, -1);
	if (!ret)
		ret = kvm_map(kvm, RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE, TABLE_WRITE, -1);
	return ret;
}

static int kvm_vm_create(struct riven_vm *vm, const struct riven_vm_options *opt,
			 const char **err)
{
	struct kvm_vm *kvm = calloc(1, sizeof(*kvm));
	struct riven_vm_options anywhere = *opt;
	int ret;

	if (!kvm) {
		*err = "out of memory";
		return -ENOMEM;
	}
	kvm->fd = kvm->kvm_fd = -1;
	ret = choose_base(kvm, opt->region_base, err);
	if (!ret)
		ret = open_kvm(kvm, err);
	if (!ret)
		ret = get_features(kvm, err);
	if (ret)
		goto close;
	anywhere.region_base = 0;
	ret = process_host_ops.vm_create(vm, &anywhere, err);
	if (ret)
		goto close;
	vm->region = NULL;
	kvm->memory = vm->host;
	kvm->memory->extension = kvm;
	ret = map_vm(kvm);
	if (!ret)
		return 0;
	*err = "cannot lend memory to KVM";
	process_host_ops.vm_destroy(vm);
close:
	close_kvm(kvm);
	return ret;
}

/* KVM's references to the memory go before the memory does. */
static void kvm_vm_destroy(struct riven_vm *vm)
{
	close_kvm(kvm_of(vm));
	process_host_ops.vm_destroy(vm);
}

static uint64_t window_offset(const struct memslot *slot)
{
	return RIVEN_WINDOW_OFFSET + slot->gpa;
}

static int map_slot(struct kvm_vm *kvm, const struct memslot *slot)
{
	return kvm_map(kvm, window_offset(slot), slot->size,
		       slot->flags & RIVEN_SLOT_ROM ? 0 : TABLE_WRITE, -1);
}

/*
 * The world has mappings of its own, so the window is the caller's view, and
 * memory need not be shared memory, which seldom gets huge pages.
 */
static int kvm_slot_map(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;
	int ret = process_map_private(pvm, window_offset(slot), slot->size);

	if (ret)
		return ret;
	slot->host = pvm->base + window_offset(slot);
	ret = map_slot(pvm->extension, slot);
	if (ret)
		process_unmap(pvm, window_offset(slot), slot->size);
	return ret;
}

/* KVM cannot make a range read-only that it has: it goes and comes back. */
static int kvm_slot_protect(struct riven_vm *vm, struct memslot *slot)
{
	kvm_unmap(kvm_of(vm), window_offset(slot));
	return map_slot(kvm_of(vm), slot);
}

static void kvm_slot_unmap(struct riven_vm *vm, struct memslot *slot)
{
	kvm_unmap(kvm_of(vm), window_offset(slot));
	process_unmap(vm->host, window_offset(slot), slot->size);
}

static int map_vcpu(struct kvm_vm *kvm, const struct riven_vcpu *c)
{
	uint64_t area = RIVEN_VCPU_OFFSET + c->id * RIVEN_VCPU_STRIDE, code = c->vm->code_size;
	int ret = 0;

	for (size_t i = 0; i < process_nr_area_parts && !ret; i++)
		ret = kvm_map(kvm, area + process_area_parts[i].offset,
			      process_area_parts[i].size, TABLE_WRITE, (int32_t)c->id);
	if (ret || !code)
		return ret;
	/* The two views of the translation cache: two ranges to KVM, the same pages. */
	ret = kvm_map(kvm, RIVEN_CODE_RX_OFFSET + c->id * code, code, TABLE_EXEC, (int32_t)c->id);
	if (!ret)
		ret = kvm_map(kvm, RIVEN_CODE_RW_OFFSET + c->id * code, code, TABLE_WRITE,
			      (int32_t)c->id);
	return ret;
}

static void stop_vcpu(struct kvm_vm *kvm, struct kvm_vcpu *kv)
{
	kvm_unmap_vcpu(kvm, (int32_t)kv->id);
	kvm->vcpus[kv->id] = NULL;
	kvm_vcpu_stop(kv);
	free(kv);
}

static int kvm_vcpu_create(struct riven_vcpu *c)
{
	struct kvm_vm *kvm = kvm_of(c->vm);
	struct kvm_vcpu *kv = calloc(1, sizeof(*kv));
	int ret;

	if (!kv)
		return -ENOMEM;
	ret = process_host_ops.vcpu_create(c);
	if (ret) {
		free(kv);
		return ret;
	}
	kv->vm = kvm;
	kv->id = c->id;
	kv->fd = -1;
	ret = kvm_vcpu_start(kv, &kvm->problem);
	if (!ret) {
		kvm->vcpus[c->id] = kv;
		ret = map_vcpu(kvm, c);
	}
	if (ret) {
		stop_vcpu(kvm, kv);
		process_host_ops.vcpu_destroy(c);
		return ret;
	}
	((struct process_vcpu *)c->host)->extension = kv;
	return 0;
}

static void kvm_vcpu_destroy(struct riven_vcpu *c)
{
	stop_vcpu(kvm_of(c->vm), ((struct process_vcpu *)c->host)->extension);
	process_host_ops.vcpu_destroy(c);
}

/* A world of the smallest kind is made, and the GVMM started in it. */
static const char *kvm_problem(void)
{
	struct riven_vm_options opt = { .host = "kvm", .stlb_entries = STLB_ENTRIES_MIN };
	const char *err = NULL;
	struct riven_vcpu *c;
	struct riven_vm *vm;

	if (riven_vm_create(&opt, &vm, &err))
		return err;
	if (riven_vcpu_create(vm, 0, &c) == 0)
		err = NULL;
	else
		err = kvm_of(vm)->problem ? kvm_of(vm)->problem : "the GVMM does not run in KVM";
	riven_vm_destroy(vm);
	return err;
}

/* The GVMM looks at run->kick often, and it never sleeps; no kick function is needed. */
const struct host_ops kvm_host_ops = {
	.name = "kvm",
	.problem = kvm_problem,
	.check_cap = kvm_check_cap,
	.vm_create = kvm_vm_create,
	.vm_destroy = kvm_vm_destroy,
	.slot_map = kvm_slot_map,
	.slot_protect = kvm_slot_protect,
	.slot_unmap = kvm_slot_unmap,
	.vcpu_create = kvm_vcpu_create,
	.vcpu_destroy = kvm_vcpu_destroy,
	.vcpu_enter = kvm_vcpu_enter,
	.vcpu_locate = kvm_vcpu_locate,
};
