/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between libriven and its hosts. libriven keeps what every host has in
 * common: slots, P2M, commands, requests, waiting. A host makes worlds and
 * enters them, through struct host_ops.
 *
 * Locking: vm->lock covers slots and P2M types. A vCPU in its world holds no
 * lock; who must change what a world sees calls vm_pause() first.
 */
#ifndef HOST_DRIVER_LIB_HOST_H
#define HOST_DRIVER_LIB_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <riven/riven.h>
#include <riven/vpd.h>

#define NR_MEMSLOTS	32
#define SLOT_ALIGN	0x10000ull
#define STLB_ENTRIES_MIN	64
#define STLB_ENTRIES_MAX	(1u << 20)

/* Ranges whose decoded code a vCPU drops before it runs on; more than that: all. */
#define NR_INVALIDATIONS	256

/* A slot in use has size != 0. */
struct memslot {
	uint64_t gpa;
	uint64_t size;		/* bytes, multiple of SLOT_ALIGN */
	uint32_t flags;		/* enum riven_slot_flags */
	uint8_t *host;		/* the caller's view of the memory */
};

struct host_ops {
	char name[16];

	/* What keeps the host from making worlds here, one sentence; NULL: nothing. May be NULL. */
	const char *(*problem)(void);

	/* As riven_check_cap(); what libriven knows itself is not asked. */
	long (*check_cap)(enum riven_cap cap);

	/*
	 * Make a world without vCPUs and set vm->data and vm->p2m to views of its
	 * VM data (zeroed) and P2M (zeroed). *err as in riven_vm_create().
	 */
	int (*vm_create)(struct riven_vm *vm, const struct riven_vm_options *opt,
			 const char **err);
	void (*vm_destroy)(struct riven_vm *vm);

	/*
	 * Allocate zeroed memory for a slot, set slot->host, map it in the window.
	 * Called with all vCPUs outside; so are the next two.
	 */
	int (*slot_map)(struct riven_vm *vm, struct memslot *slot);
	/* slot->flags changed. */
	int (*slot_protect)(struct riven_vm *vm, struct memslot *slot);
	void (*slot_unmap)(struct riven_vm *vm, struct memslot *slot);

	/* Make the vCPU's area, zeroed; set its views of it. */
	int (*vcpu_create)(struct riven_vcpu *vcpu);
	void (*vcpu_destroy)(struct riven_vcpu *vcpu);

	/*
	 * Enter the world for run->command; back when it is done. -EFAULT when the
	 * GVMM itself faulted: vcpu->error tells where.
	 */
	int (*vcpu_enter)(struct riven_vcpu *vcpu);

	/*
	 * Where the vCPU was interrupted by a signal, whose handler calls this with what it got
	 * as context, between entering vcpu_enter() and leaving it: the instruction's offset in
	 * the region; ~0: outside of that; LOCATE_LATER: the signal makes the world stop, and
	 * vcpu_enter() calls sampler_take(). NULL: the host takes no samples.
	 */
	uint64_t (*vcpu_locate)(struct riven_vcpu *vcpu, void *context);

	/*
	 * Keep other threads that work for the vCPU out of its world, or let them in again;
	 * NULL: there are none.
	 */
	void (*vcpu_hold)(struct riven_vcpu *vcpu, bool hold);

	/* run->kick was set: see to it that a running vCPU looks. NULL: it does anyway. */
	void (*vcpu_kick)(struct riven_vcpu *vcpu);
};

#define LOCATE_LATER	(~0ull - 1)

extern const struct host_ops process_host_ops, kmod_host_ops, kvm_host_ops;

/* The host of that name, the default one for NULL, a choice for "auto"; NULL: there is none. */
const struct host_ops *find_host(const char *name);

struct invalidation {
	uint64_t gpa;
	uint64_t len;
};

struct riven_vcpu {
	struct riven_vm *vm;
	uint32_t id;
	void *host;		/* the host's own */

	/* Views of the vCPU area. */
	struct riven_run *run;
	struct vpd *vpd;
	struct riven_trace_record *trace;
	const struct riven_difference *difference;
	const struct riven_profile *profile;

	_Atomic uint32_t in_world;
	_Atomic uint32_t exits;		/* counts departures; futex */
	_Atomic uint32_t exit_waiters;
	_Atomic uint32_t user_kick;	/* riven_vcpu_kick() was called */
	_Atomic uint32_t wake;		/* counts wake-ups; futex of riven_vcpu_wait() */
	_Atomic uint32_t waiting;

	/* What to tell the GVMM before it runs guest code again. */
	pthread_mutex_t request_lock;
	_Atomic uint32_t requests;	/* bits of enum vcpu_request */
	uint32_t nr_invalidations;
	struct invalidation invalidations[NR_INVALIDATIONS];

	struct sampler *sampler;	/* NULL: no samples are taken */

	bool broken;		/* the GVMM faulted: no more guest code */
	char error[200];
};

enum vcpu_request {
	REQUEST_MEM_CHANGED = 1,
	REQUEST_INVALIDATE = 2,
};

struct riven_vm {
	const struct host_ops *ops;
	void *host;

	struct riven_vm_data *data;
	uint8_t *p2m;
	uint64_t tsc_frequency;
	uint64_t itc_frequency;
	uint32_t stlb_entries;
	uint32_t hot_count;	/* executions before code is translated */
	bool verify;		/* compare the engines */
	enum riven_background_use background;
	uint64_t code_size;	/* of each vCPU's translation cache, whole pages; 0: none */
	void (*trace)(void *opaque, uint32_t vcpu_id, const struct riven_trace_record *rec);
	void *trace_opaque;
	uint32_t sample_rate;
	void (*sample)(void *opaque, uint32_t vcpu_id, const struct riven_sample *s);
	void *sample_opaque;
	const uint8_t *region;	/* in the caller's address space, where it runs; or NULL */

	pthread_mutex_t lock;
	struct memslot slots[NR_MEMSLOTS];
	_Atomic uint32_t paused;	/* 1: vCPUs stay outside; futex */
	struct riven_vcpu *_Atomic vcpus[RIVEN_MAX_VCPUS];
};

/* The blob built into libriven (blob.S). */
extern const uint8_t riven_blob[], riven_blob_end[];

/* Ticks per second of the TSC, found once per process. */
uint64_t tsc_frequency(void);
uint64_t tsc_read(void);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t clock_ns(void);

/* Sleep until *word != value or ns nanoseconds passed (0: no limit); may wake early. */
void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns);
void futex_wake(_Atomic uint32_t *word);

/* Samples (sample.c). Make what a vCPU needs for them: 0 or a negative errno value. */
int sampler_create(struct riven_vcpu *vcpu);
void sampler_destroy(struct riven_vcpu *vcpu);
/* The calling thread runs the vCPU from now on. */
void sampler_attach(struct riven_vcpu *vcpu);
/* The vCPU was interrupted at offset of the region, ~0: outside of its world. */
void sampler_take(struct riven_vcpu *vcpu, uint64_t offset);
/* The oldest sample that nobody has had, and what run->trace_head was then; false: none. */
bool sampler_next(struct riven_vcpu *vcpu, struct riven_sample *s, uint32_t *trace_head);

/*
 * Keep all vCPUs outside their worlds; the caller holds vm->lock and runs no
 * vCPU. vm_resume() lets them in again.
 */
void vm_pause(struct riven_vm *vm);
void vm_resume(struct riven_vm *vm);

/* Post requests for a vCPU, to be carried out before it runs guest code again. */
void vcpu_request_mem_changed(struct riven_vcpu *vcpu);
void vcpu_request_invalidate(struct riven_vcpu *vcpu, uint64_t gpa, uint64_t len);
/* Make a vCPU leave its world if it is inside, and wait until it has left once. */
void vcpu_expel(struct riven_vcpu *vcpu);
/* The same, but wait for some milliseconds only. */
void vcpu_nudge(struct riven_vcpu *vcpu);

#endif
