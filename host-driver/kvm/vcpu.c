// SPDX-License-Identifier: GPL-2.0-only
/* Entering a world, and what comes out of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-driver/kvm/kvm.h"
#include "host-driver/lib/exception.h"
#include "transition/kvm.h"

/* Room for the tables of 32 GiB in small pages or of any size in large ones; used as needed. */
#define POOL_SIZE	0x4000000ull
#define OWN_SIZE	(SYS_SIZE + POOL_SIZE)

/* What the processor pushed, and the nub's entry below it. */
struct nub_frame {
	uint64_t vector;
	uint64_t error;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t ss;
};

_Static_assert(sizeof(struct nub_frame) == NUB_FRAME_SIZE, "transition/kvm.h");

/* The handler of a sample's signal has let KVM_RUN be interrupted: here it is. */
static void take_sample(struct riven_vcpu *c, struct kvm_vcpu *kv)
{
	struct kvm_regs r;

	if (!kv->sample_due)
		return;
	kv->sample_due = 0;
	if (ioctl(kv->fd, KVM_GET_REGS, &r) == 0)
		sampler_take(c, r.rip - kv->vm->base < RIVEN_REGION_SIZE ? r.rip - kv->vm->base :
									   ~0ull);
}

/*
 * Run until the world leaves by itself; signals of this thread are no reason to. c: whose
 * samples may be due, or NULL.
 */
static int run(struct riven_vcpu *c, struct kvm_vcpu *kv)
{
	int ret;

	do {
		ret = ioctl(kv->fd, KVM_RUN, 0);
		if (ret < 0 && errno == EINTR && c) {
			take_sample(c, kv);
			errno = EINTR;
		}
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

uint64_t kvm_vcpu_locate(struct riven_vcpu *c, void *context)
{
	struct kvm_vcpu *kv = ((struct process_vcpu *)c->host)->extension;

	(void)context;
	kv->sample_due = 1;
	return LOCATE_LATER;
}

static bool left_by(const struct kvm_vcpu *kv, uint16_t port)
{
	return kv->run->exit_reason == KVM_EXIT_IO && kv->run->io.port == port &&
	       kv->run->io.direction == KVM_EXIT_IO_OUT;
}

static void describe_nub(struct riven_vcpu *c, struct kvm_vcpu *kv)
{
	const struct process_vm *pvm = kv->vm->memory;
	struct nub_frame f;
	struct kvm_sregs s = { 0 };
	struct kvm_regs r = { 0 };
	struct exception e;
	uint64_t stack_top;

	ioctl(kv->fd, KVM_GET_REGS, &r);
	ioctl(kv->fd, KVM_GET_SREGS, &s);
	stack_top = r.rsp - (kv->vm->base + RIVEN_REGION_SIZE) < SYS_STACK2 ? SYS_STACK2 : SYS_SIZE;
	memcpy(&f, kv->own + stack_top - sizeof(f), sizeof(f));
	e = (struct exception){ .vector = f.vector, .error = f.error, .ip = f.rip,
				.address = s.cr2 };
	describe_exception(c, kv->vm->base, pvm->blob_size, &e);
}

static void describe_exit(struct riven_vcpu *c, struct kvm_vcpu *kv, int ret)
{
	const struct process_vm *pvm = kv->vm->memory;
	const struct kvm_run *run = kv->run;
	struct kvm_regs r = { 0 };
	char ip[40], what[80];

	ioctl(kv->fd, KVM_GET_REGS, &r);
	process_describe(kv->vm->base, pvm->blob_size, r.rip, ip);
	if (ret)
		snprintf(what, sizeof(what), "KVM_RUN failed: %s", strerrordesc_np(-ret));
	else if (run->exit_reason == KVM_EXIT_SHUTDOWN)
		snprintf(what, sizeof(what), "its world shut down (triple fault)");
	else if (run->exit_reason == KVM_EXIT_MMIO)
		snprintf(what, sizeof(what), "an access to no memory, 0x%llx",
			 (unsigned long long)run->mmio.phys_addr);
	else if (run->exit_reason == KVM_EXIT_IO)
		snprintf(what, sizeof(what), "an access to port 0x%x", run->io.port);
	else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		snprintf(what, sizeof(what), "KVM cannot emulate what it does (suberror %u)",
			 run->internal.suberror);
	else
		snprintf(what, sizeof(what), "KVM exit %u", run->exit_reason);
	snprintf(c->error, sizeof(c->error), "the GVMM stopped at %s: %s", ip, what);
}

/* After a fault: finish what KVM has begun, and stand at the entry again. */
static void start_afresh(struct kvm_vcpu *kv)
{
	kv->run->immediate_exit = 1;
	(void)ioctl(kv->fd, KVM_RUN, 0);
	kv->run->immediate_exit = 0;
	(void)kvm_set_entry(kv, riven_kvm_entry);
}

int kvm_vcpu_enter(struct riven_vcpu *c)
{
	struct kvm_vcpu *kv = ((struct process_vcpu *)c->host)->extension;
	int ret = run(c, kv);

	if (!ret && left_by(kv, PORT_EXIT))
		return 0;
	if (!ret && left_by(kv, PORT_NUB))
		describe_nub(c, kv);
	else
		describe_exit(c, kv, ret);
	start_afresh(kv);
	return -EFAULT;
}

/* Run the few instructions that read the TSC: does a world work here, and tell the time? */
static int check_clock(struct kvm_vcpu *kv, const char **err)
{
	uint64_t before = tsc_read(), inside;
	struct kvm_regs r;
	int ret = run(NULL, kv);

	if (ret || !left_by(kv, PORT_EXIT) || ioctl(kv->fd, KVM_GET_REGS, &r) < 0) {
		*err = "KVM does not run code at CPL 3 that leaves by port I/O";
		return -ENOTSUP;
	}
	inside = r.rdx << 32 | (r.rax & 0xffffffff);
	if (inside < before || inside > tsc_read()) {
		*err = "KVM does not show its guests the host's TSC; Linux 5.16 can";
		return -ENOTSUP;
	}
	start_afresh(kv);
	return 0;
}

static int map_system_area(struct kvm_vcpu *kv)
{
	static const struct {
		uint64_t offset;
		uint32_t flags;
	} pages[] = {
		{ SYS_ENTRY, TABLE_EXEC | TABLE_USER },
		{ SYS_NUB, TABLE_EXEC },
		{ SYS_TABLES, 0 },
		{ SYS_STACK, TABLE_WRITE },
		{ SYS_STACK2, TABLE_WRITE },
	};
	uint64_t va = kv->vm->base + RIVEN_REGION_SIZE;
	int ret = 0;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && !ret; i++)
		ret = tables_map(&kv->tables, va + pages[i].offset,
				 kv->own_gpa + pages[i].offset, 0x1000, pages[i].flags);
	return ret;
}

static int make_processor(struct kvm_vcpu *kv, const char **err)
{
	struct kvm_vm *kvm = kv->vm;
	void *p;

	kv->fd = ioctl(kvm->fd, KVM_CREATE_VCPU, kv->id);
	if (kv->fd < 0) {
		*err = "KVM cannot create a virtual processor";
		return -errno;
	}
	p = mmap(NULL, kvm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, kv->fd, 0);
	if (p == MAP_FAILED) {
		*err = "cannot map KVM's run page";
		return -errno;
	}
	kv->run = p;
	return kvm_setup_processor(kv, err);
}

static int make_own_memory(struct kvm_vcpu *kv)
{
	struct kvm_vm *kvm = kv->vm;
	void *p = mmap(NULL, OWN_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int ret;

	if (p == MAP_FAILED)
		return -errno;
	kv->own = p;
	ret = kvm_lend(kvm, p, OWN_SIZE, &kv->own_gpa);
	if (ret)
		return ret;
	tables_init(&kv->tables, kv->own + SYS_SIZE, POOL_SIZE, kv->own_gpa + SYS_SIZE);
	kvm_fill_system_area(kv);
	ret = map_system_area(kv);
	return ret ? ret : kvm_fill_tables(kvm, kv);
}

int kvm_vcpu_start(struct kvm_vcpu *kv, const char **err)
{
	int ret = make_own_memory(kv);

	if (ret) {
		*err = "cannot lend memory to KVM";
		return ret;
	}
	ret = make_processor(kv, err);
	return ret ? ret : check_clock(kv, err);
}

void kvm_vcpu_stop(struct kvm_vcpu *kv)
{
	if (kv->run)
		munmap(kv->run, kv->vm->run_size);
	if (kv->fd >= 0)
		close(kv->fd);
	if (kv->own_gpa)
		kvm_take_back(kv->vm, kv->own_gpa);
	if (kv->own)
		munmap(kv->own, OWN_SIZE);
}
