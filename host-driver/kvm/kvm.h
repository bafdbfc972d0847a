/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kvm host: a world is a KVM virtual machine. Its memory is that of a
 * world of the process host, lent to KVM range by range; page tables of its
 * own hold the same ranges and nothing else of the host.
 */
#ifndef HOST_DRIVER_KVM_KVM_H
#define HOST_DRIVER_KVM_KVM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#include "host-driver/kvm/tables.h"
#include "host-driver/lib/host.h"
#include "host-driver/process/process.h"

/* Where a world's region lies unless the caller wants another place. */
#define WORLD_BASE	0x100000000000ull

#define NR_KVM_SLOTS	1024

/* Memory lent to KVM. The index is KVM's slot number. */
struct kvm_slot {
	uint64_t size;		/* 0: free */
	uint64_t gpa;
	uint64_t va;		/* where in the region ... */
	uint32_t flags;		/* ... and how (enum table_flags); 0: not in it */
	int32_t vcpu;		/* whose tables alone have it; -1: all */
};

/* process_vm.extension */
struct kvm_vm {
	struct process_vm *memory;
	int kvm_fd;
	int fd;
	uint64_t base;			/* of the region in the world */
	uint64_t gpa_end;		/* of what the processor can address */
	size_t run_size;
	const char *problem;		/* why a vCPU could not be made */
	struct kvm_cpuid2 *cpuid;	/* what KVM and the processor support */
	struct kvm_vcpu *vcpus[RIVEN_MAX_VCPUS];
	struct kvm_slot slots[NR_KVM_SLOTS];
};

/* process_vcpu.extension */
struct kvm_vcpu {
	struct kvm_vm *vm;
	int fd;
	uint32_t id;
	struct kvm_run *run;
	uint8_t *own;		/* the system area, then the pool of tables */
	uint64_t own_gpa;
	struct tables tables;
	volatile int sample_due;	/* SIGPROF came while it was in the world */
};

static inline struct kvm_vm *kvm_of(const struct riven_vm *vm)
{
	return ((struct process_vm *)vm->host)->extension;
}

/* transition/kvm.S */
extern const uint8_t riven_kvm_entry[], riven_kvm_clock[], riven_kvm_entry_end[];
extern const uint8_t riven_kvm_nub[], riven_kvm_nub_end[];

/* Memory (memory.c). All return 0 or a negative errno value. */
/* Lend host memory to KVM, outside of the region; *gpa: where. */
int kvm_lend(struct kvm_vm *kvm, void *host, uint64_t size, uint64_t *gpa);
void kvm_take_back(struct kvm_vm *kvm, uint64_t gpa);
/* Put a range of the region into the world, for one vCPU or (-1) all of them. */
int kvm_map(struct kvm_vm *kvm, uint64_t offset, uint64_t size, uint32_t flags, int32_t vcpu);
/* Take it away again: afterwards nothing in the world reaches the memory. */
void kvm_unmap(struct kvm_vm *kvm, uint64_t offset);
void kvm_unmap_vcpu(struct kvm_vm *kvm, int32_t vcpu);
/* A new vCPU's tables: with all that all vCPUs have. */
int kvm_fill_tables(struct kvm_vm *kvm, struct kvm_vcpu *kv);

/* The virtual processor (vcpu.c). */
int kvm_vcpu_start(struct kvm_vcpu *kv, const char **err);
void kvm_vcpu_stop(struct kvm_vcpu *kv);
int kvm_vcpu_enter(struct riven_vcpu *c);
uint64_t kvm_vcpu_locate(struct riven_vcpu *c, void *context);

/* Its registers (setup.c). 0 or a negative errno value; *err as in riven_vm_create(). */
void kvm_fill_system_area(struct kvm_vcpu *kv);
int kvm_setup_processor(struct kvm_vcpu *kv, const char **err);
/* Begin at one of the entries of the system area, at CPL 3. */
int kvm_set_entry(struct kvm_vcpu *kv, const uint8_t *entry);

#endif
