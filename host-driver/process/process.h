/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process host: a world is a reserved region of the calling process. The
 * GVMM is entered by a call on a stack of its own.
 */
#ifndef HOST_DRIVER_PROCESS_PROCESS_H
#define HOST_DRIVER_PROCESS_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "host-driver/lib/host.h"

/* riven_vm.host */
struct process_vm {
	void *extension;	/* of a host that builds on this one */
	uint8_t *base;		/* of the region */
	size_t blob_size;	/* rounded up to pages */
	bool perf_map;		/* executable memory is such that perf looks up names in a map */
	struct process_slot {
		int fd;		/* of a slot that is or has been ROM */
		uint64_t host;	/* of the memslot that this belongs to; 0: free */
	} slots[NR_MEMSLOTS];
};

/* What the transition needs; offsets are known to transition/process.S. */
struct process_entry {
	uint64_t blob;		/*  0: entry point */
	uint64_t area;		/*  8: vCPU area */
	uint64_t stack_top;	/* 16: of the GVMM's stack, 16-byte aligned */
	uint64_t host_stack;	/* 24: kept while inside */
};

_Static_assert(offsetof(struct process_entry, host_stack) == 24, "transition/process.S");

/* riven_vcpu.host */
struct process_vcpu {
	struct process_entry entry;
	void *extension;		/* of a host that builds on this one */
	struct background *background;	/* or NULL */
	bool has_run;
	struct riven_vcpu *vcpu;
	const struct process_vm *vm;
	uint64_t code_rx;		/* the vCPU's translation cache, executable view */
	uint64_t code_size;
	volatile int fault_signal;	/* what the GVMM died of; 0: nothing */
	volatile uint64_t fault_ip;
	volatile uint64_t fault_address;
};

/*
 * Transition: enter the world, return 0 when the GVMM comes back. A signal
 * handler that makes the thread resume at riven_process_abort with rbx
 * pointing to the entry makes riven_process_enter() return 1.
 */
int riven_process_enter(struct process_entry *entry);
void riven_process_abort(void);

/* The parts of a vCPU area that are memory; the rest stays unmapped. */
struct region_part {
	uint64_t offset;
	uint64_t size;
};

extern const struct region_part process_area_parts[];
extern const size_t process_nr_area_parts;

/* An address in a world whose region is at base, as an offset where it lies in the region. */
void process_describe(uint64_t base, size_t blob_size, uint64_t address, char text[40]);

/* Memory (memory.c). All return 0 or a negative errno value. */
int process_reserve(struct process_vm *pvm, uint64_t wanted_base, const char **err);
void process_release(struct process_vm *pvm);
int process_map_blob(struct process_vm *pvm, const char *path, const char **err);
/* Private zeroed memory at an offset in the region. */
int process_map_private(struct process_vm *pvm, uint64_t offset, uint64_t size);
/* Shared memory of size bytes that is executable at one offset and writable at another. */
int process_map_code(struct process_vm *pvm, uint64_t rx, uint64_t rw, uint64_t size);
void process_unmap(struct process_vm *pvm, uint64_t offset, uint64_t size);

/* Guest RAM (ram.c): struct host_ops. */
int process_slot_map(struct riven_vm *vm, struct memslot *slot);
int process_slot_protect(struct riven_vm *vm, struct memslot *slot);
void process_slot_unmap(struct riven_vm *vm, struct memslot *slot);

/*
 * Translating on another processor (background.c). background_start: if that is wanted, and
 * of use; without the thread the vCPU just does it itself. background_wake: the vCPU is about
 * to enter its world. background_hold: struct host_ops, vcpu_hold.
 */
void background_start(struct riven_vcpu *vcpu);
void background_stop(struct riven_vcpu *vcpu);
void background_wake(struct process_vcpu *pv);
void background_hold(struct riven_vcpu *vcpu, bool hold);

/* Faults of the GVMM (fault.c). Run the world of pv with faults caught. */
void process_catch_faults(void);
int process_enter_guarded(struct process_vcpu *pv);

#endif
