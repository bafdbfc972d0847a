// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kmod host's struct host_ops: libriven's half of riven.ko. The pages of a
 * world are those of a region in the calling process, lent to the driver range
 * by range, so nothing is copied and nothing is mapped twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <riven/kmod.h>

#include "host-driver/lib/host.h"
#include "host-driver/lib/exception.h"
#include "host-driver/process/process.h"

#define DEVICE		"/dev/riven"

/* Where a world's region lies unless the caller wants another place. */
#define WORLD_BASE	0x100000000000ull

/* process_vm.extension */
struct kmod_vm {
	struct process_vm *memory;
	int fd;
	uint64_t base;		/* of the region in the world */
};

/* process_vcpu.extension */
struct kmod_vcpu {
	int fd;
};

static struct kmod_vm *kmod_of(const struct riven_vm *vm)
{
	return ((struct process_vm *)vm->host)->extension;
}

static long kmod_check_cap(enum riven_cap cap)
{
	switch (cap) {
	case RIVEN_CAP_ISOLATED:
		return 1;
	default:
		return process_host_ops.check_cap(cap);
	}
}

/* Why the module did not load, if it has said so to the kernel log and we may read that. */
static const char *refusal(void)
{
	static const char mark[] = "riven: not loaded: ";
	static char text[200];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[1024];
	ssize_t n;

	text[0] = '\0';
	/* One record a read; EPIPE where some were overwritten. */
	while (fd >= 0 && ((n = read(fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE)) {
		const char *found;

		record[n > 0 ? n : 0] = '\0';
		found = strstr(record, mark);
		if (found)
			snprintf(text, sizeof(text), "the driver does not load here: %.*s",
				 (int)strcspn(found + sizeof(mark) - 1, "\n"),
				 found + sizeof(mark) - 1);
	}
	if (fd >= 0)
		close(fd);
	return text[0] ? text : NULL;
}

/* Such a kernel loads no module without a signature, and does not ask ours (the file may lack). */
static bool locked_down(void)
{
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[100] = "[none]";

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strstr(text, "[none]");
}

static const char *no_device(void)
{
	const char *why = refusal();

	if (!why && locked_down())
		return "the driver does not load here: the kernel is locked down";
	return why ? why :
		     "there is no " DEVICE "; install the driver with `make kmod-install` and load "
		     "it with `modprobe riven`; where it refuses, the kernel log says why";
}

static const char *open_error(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return no_device();
	case EACCES:
	case EPERM:
		return "no permission to open " DEVICE "; join the group `riven`";
	default:
		return "cannot open " DEVICE;
	}
}

/* 0 or a negative errno value, with *fd open. */
static int open_device(int *fd, struct riven_kmod_info *info, const char **err)
{
	int ret = 0;

	*fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (*fd < 0) {
		*err = open_error(errno);
		return -errno;
	}
	if (ioctl(*fd, RIVEN_KMOD_INFO, info) < 0)
		ret = -errno;
	else if (info->version != RIVEN_KMOD_VERSION)
		ret = -ENOTSUP;
	if (!ret)
		return 0;
	*err = "the driver behind " DEVICE " is of another version of Riven; install this one's "
	       "with `make kmod-install` and load it again";
	close(*fd);
	return ret;
}

/* The module's own blob when it is the same, and all worlds share it; else a copy. */
static int create_vm(struct kmod_vm *kmod, const struct riven_vm_options *opt, const char **err)
{
	const struct process_vm *pvm = kmod->memory;
	struct riven_kmod_vm arg = { .base = kmod->base };
	struct riven_kmod_info info = { 0 };
	size_t size = (uintptr_t)riven_blob_end - (uintptr_t)riven_blob;
	int device, ret = open_device(&device, &info, err);

	if (ret)
		return ret;
	if (opt->gvmm_path || info.blob_size != size ||
	    info.blob_hash != riven_kmod_hash(riven_blob, size)) {
		arg.blob = (uint64_t)(uintptr_t)pvm->base + RIVEN_BLOB_OFFSET;
		arg.blob_size = pvm->blob_size;
	}
	kmod->fd = ioctl(device, RIVEN_KMOD_CREATE_VM, &arg);
	if (kmod->fd < 0) {
		ret = -errno;
		*err = "the driver cannot make a virtual machine";
	}
	close(device);
	return ret;
}

static int choose_base(struct kmod_vm *kmod, uint64_t wanted, const char **err)
{
	kmod->base = wanted ? wanted : WORLD_BASE;
	if (kmod->base % 4096) {
		*err = "the region's base must be a multiple of 4096";
		return -EINVAL;
	}
	if (kmod->base > RIVEN_KMOD_BASE_MAX) {
		*err = "a region at the wanted base does not end within the lower half of the "
		       "address space";
		return -EINVAL;
	}
	return 0;
}

/* Put a range of the region into the worlds; what is executable is lent by another view. */
static int map_view(const struct kmod_vm *kmod, uint64_t offset, uint64_t view, uint64_t size,
		    uint32_t flags, int32_t vcpu)
{
	struct riven_kmod_map arg = {
		.offset = offset,
		.size = size,
		.address = (uint64_t)(uintptr_t)kmod->memory->base + view,
		.flags = flags,
		.vcpu = vcpu,
	};

	return ioctl(kmod->fd, RIVEN_KMOD_MAP, &arg) < 0 ? -errno : 0;
}

static void unmap(const struct kmod_vm *kmod, uint64_t offset)
{
	ioctl(kmod->fd, RIVEN_KMOD_UNMAP, &offset);
}

static int map_vm(struct kmod_vm *kmod)
{
	int ret = map_view(kmod, RIVEN_VM_OFFSET, RIVEN_VM_OFFSET, RIVEN_VM_SIZE,
			   RIVEN_KMOD_WRITE, -1);

	if (!ret)
		ret = map_view(kmod, RIVEN_P2M_OFFSET, RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE,
			       RIVEN_KMOD_WRITE, -1);
	return ret;
}

static int kmod_vm_create(struct riven_vm *vm, const struct riven_vm_options *opt,
			  const char **err)
{
	struct kmod_vm *kmod = calloc(1, sizeof(*kmod));
	struct riven_vm_options anywhere = *opt;
	int ret;

	if (!kmod) {
		*err = "out of memory";
		return -ENOMEM;
	}
	ret = choose_base(kmod, opt->region_base, err);
	if (ret)
		goto free_kmod;
	anywhere.region_base = 0;
	ret = process_host_ops.vm_create(vm, &anywhere, err);
	if (ret)
		goto free_kmod;
	vm->region = NULL;
	kmod->memory = vm->host;
	kmod->memory->extension = kmod;
	ret = create_vm(kmod, opt, err);
	if (ret)
		goto destroy;
	ret = map_vm(kmod);
	if (!ret)
		return 0;
	*err = "the driver cannot map the virtual machine's memory";
	close(kmod->fd);
destroy:
	process_host_ops.vm_destroy(vm);
free_kmod:
	free(kmod);
	return ret;
}

/* The driver lets go of the memory before it goes. */
static void kmod_vm_destroy(struct riven_vm *vm)
{
	struct kmod_vm *kmod = kmod_of(vm);

	close(kmod->fd);
	process_host_ops.vm_destroy(vm);
	free(kmod);
}

static uint64_t window_offset(const struct memslot *slot)
{
	return RIVEN_WINDOW_OFFSET + slot->gpa;
}

static int map_slot(const struct kmod_vm *kmod, const struct memslot *slot)
{
	return map_view(kmod, window_offset(slot), window_offset(slot), slot->size,
			RIVEN_KMOD_NOW | (slot->flags & RIVEN_SLOT_ROM ? 0 : RIVEN_KMOD_WRITE),
			-1);
}

static int kmod_slot_map(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;
	int ret = process_map_private(pvm, window_offset(slot), slot->size);

	if (ret)
		return ret;
	slot->host = pvm->base + window_offset(slot);
	madvise(slot->host, slot->size, MADV_HUGEPAGE);
	ret = map_slot(kmod_of(vm), slot);
	if (ret)
		process_unmap(pvm, window_offset(slot), slot->size);
	return ret;
}

static int kmod_slot_protect(struct riven_vm *vm, struct memslot *slot)
{
	unmap(kmod_of(vm), window_offset(slot));
	return map_slot(kmod_of(vm), slot);
}

static void kmod_slot_unmap(struct riven_vm *vm, struct memslot *slot)
{
	unmap(kmod_of(vm), window_offset(slot));
	process_unmap(vm->host, window_offset(slot), slot->size);
}

static uint64_t area_offset(const struct riven_vcpu *c)
{
	return RIVEN_VCPU_OFFSET + c->id * RIVEN_VCPU_STRIDE;
}

static void unmap_vcpu(const struct kmod_vm *kmod, const struct riven_vcpu *c)
{
	for (size_t i = 0; i < process_nr_area_parts; i++)
		unmap(kmod, area_offset(c) + process_area_parts[i].offset);
	if (c->vm->code_size) {
		unmap(kmod, RIVEN_CODE_RX_OFFSET + c->id * c->vm->code_size);
		unmap(kmod, RIVEN_CODE_RW_OFFSET + c->id * c->vm->code_size);
	}
}

static int map_vcpu(const struct kmod_vm *kmod, const struct riven_vcpu *c)
{
	uint64_t code = c->vm->code_size, rw = RIVEN_CODE_RW_OFFSET + c->id * code;
	int ret = 0;

	for (size_t i = 0; i < process_nr_area_parts && !ret; i++)
		ret = map_view(kmod, area_offset(c) + process_area_parts[i].offset,
			       area_offset(c) + process_area_parts[i].offset,
			       process_area_parts[i].size, RIVEN_KMOD_WRITE, (int32_t)c->id);
	if (ret || !code)
		return ret;
	ret = map_view(kmod, RIVEN_CODE_RX_OFFSET + c->id * code, rw, code, RIVEN_KMOD_EXEC,
		       (int32_t)c->id);
	return ret ? ret : map_view(kmod, rw, rw, code, RIVEN_KMOD_WRITE, (int32_t)c->id);
}

static int kmod_vcpu_create(struct riven_vcpu *c)
{
	struct kmod_vm *kmod = kmod_of(c->vm);
	struct kmod_vcpu *kv = calloc(1, sizeof(*kv));
	int ret;

	if (!kv)
		return -ENOMEM;
	ret = process_host_ops.vcpu_create(c);
	if (ret)
		goto free_kv;
	ret = map_vcpu(kmod, c);
	if (ret)
		goto destroy;
	kv->fd = ioctl(kmod->fd, RIVEN_KMOD_CREATE_VCPU, &c->id);
	ret = kv->fd < 0 ? -errno : 0;
	if (ret)
		goto destroy;
	((struct process_vcpu *)c->host)->extension = kv;
	return 0;

destroy:
	unmap_vcpu(kmod, c);
	process_host_ops.vcpu_destroy(c);
free_kv:
	free(kv);
	return ret;
}

static void kmod_vcpu_destroy(struct riven_vcpu *c)
{
	struct kmod_vcpu *kv = ((struct process_vcpu *)c->host)->extension;

	close(kv->fd);
	free(kv);
	unmap_vcpu(kmod_of(c->vm), c);
	process_host_ops.vcpu_destroy(c);
}

static void describe(struct riven_vcpu *c, const struct riven_kmod_exit *exit)
{
	const struct kmod_vm *kmod = kmod_of(c->vm);
	const struct exception e = {
		.vector = exit->vector,
		.error = exit->error,
		.ip = exit->ip,
		.address = exit->address,
	};
	char ip[40];

	if (exit->reason == RIVEN_KMOD_EXCEPTION) {
		describe_exception(c, kmod->base, kmod->memory->blob_size, &e);
		return;
	}
	process_describe(kmod->base, kmod->memory->blob_size, exit->ip, ip);
	if (exit->reason == RIVEN_KMOD_CPL0)
		snprintf(c->error, sizeof(c->error),
			 "the GVMM tried to enter a kernel (SYSCALL or SYSENTER) before %s", ip);
	else
		snprintf(c->error, sizeof(c->error), "no memory for what the GVMM touched at %s: %s",
			 ip, strerrordesc_np((int)exit->error));
}

/* Signals of this thread end the call, and it goes on where it was. */
static int kmod_vcpu_enter(struct riven_vcpu *c)
{
	struct kmod_vcpu *kv = ((struct process_vcpu *)c->host)->extension;
	struct riven_kmod_exit exit;
	int ret;

	do {
		ret = ioctl(kv->fd, RIVEN_KMOD_ENTER, &exit);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		snprintf(c->error, sizeof(c->error), "the driver does not enter the world: %s",
			 strerrordesc_np(errno));
	else if (exit.reason != RIVEN_KMOD_DONE)
		describe(c, &exit);
	else
		return 0;
	return -EFAULT;
}

static const char *kmod_problem(void)
{
	struct riven_vm_options opt = { .host = "kmod", .stlb_entries = STLB_ENTRIES_MIN };
	const char *err = NULL;
	struct riven_vcpu *c;
	struct riven_vm *vm;

	if (riven_vm_create(&opt, &vm, &err))
		return err;
	err = riven_vcpu_create(vm, 0, &c) ? "the GVMM does not run in the driver's world" : NULL;
	riven_vm_destroy(vm);
	return err;
}

/* The GVMM looks at run->kick often, and it never sleeps; no kick function is needed. */
const struct host_ops kmod_host_ops = {
	.name = "kmod",
	.problem = kmod_problem,
	.check_cap = kmod_check_cap,
	.vm_create = kmod_vm_create,
	.vm_destroy = kmod_vm_destroy,
	.slot_map = kmod_slot_map,
	.slot_protect = kmod_slot_protect,
	.slot_unmap = kmod_slot_unmap,
	.vcpu_create = kmod_vcpu_create,
	.vcpu_destroy = kmod_vcpu_destroy,
	.vcpu_enter = kmod_vcpu_enter,
};
