/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libriven: the user-space API. The command, the firmware and device models
 * such as QEMU's see nothing else and never learn which host they run on.
 *
 * Functions return 0 or a negative errno value unless they say otherwise.
 * Functions of one vCPU belong to the thread that runs it, except
 * riven_vcpu_kick() and riven_vcpu_interrupt(), which any thread and any
 * signal handler may call.
 */
#ifndef RIVEN_RIVEN_H
#define RIVEN_RIVEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riven/abi.h>
#include <riven/difference.h>
#include <riven/layout.h>
#include <riven/profile.h>

struct riven_vm;
struct riven_vcpu;

int riven_api_version(void);

enum riven_cap {
	RIVEN_CAP_MAX_VCPUS,	/* vCPUs a VM may have */
	RIVEN_CAP_STLB_MIN,	/* smallest and largest STLB */
	RIVEN_CAP_STLB_MAX,
	RIVEN_CAP_MEMSLOTS,	/* memory slots a VM may have */
	RIVEN_CAP_ISOLATED,	/* 1: guests run outside the caller's address space */
};

/*
 * Names of the hosts there are, the default first; NULL beyond the last. Where
 * a host's name is taken, "auto" is one too: a host with isolation if there is
 * one that works on this machine, else the default.
 */
const char *riven_host_name(unsigned int n);
/* The one that "auto" is on this machine. Tries them out. */
const char *riven_host_auto(void);
/* Why a host cannot make worlds here, one sentence; NULL when it can. Tries it out. */
const char *riven_host_problem(const char *host);
/* Value of a capability of a host (NULL: the default), or -EINVAL. */
long riven_check_cap(const char *host, enum riven_cap cap);

/* How guest code is executed. */
enum riven_engine {
	RIVEN_ENGINE_DEFAULT,	/* what the environment's RIVEN_ENGINE says, else jit */
	RIVEN_ENGINE_INTERP,	/* one instruction after the other */
	RIVEN_ENGINE_JIT,	/* translated to host code */
	RIVEN_ENGINE_JIT_EAGER,	/* the same, even what runs only once: for tests */
	RIVEN_ENGINE_VERIFY,	/* the same, and all that it does is compared with interp */
};

#define RIVEN_CODE_CACHE_MIN		(1ull << 20)
#define RIVEN_CODE_CACHE_DEFAULT	(64ull << 20)

/* Where a vCPU was when its host looked. */
struct riven_sample {
	uint32_t doing;		/* enum riven_doing */
	uint64_t ip;		/* of the guest; of translated code the one that was noted last */
	/* Where the host's instruction is: offsets, ~0 when it is not there. */
	uint64_t code;		/* in the vCPU's translation cache */
	uint64_t gvmm;		/* in the blob */
};

/*
 * May the translator work on another processor, beside the guest? Hosts that cannot do that
 * take no notice. AUTO: if the process may run on more than one.
 */
enum riven_background_use {
	RIVEN_BACKGROUND_AUTO,
	RIVEN_BACKGROUND_ON,
	RIVEN_BACKGROUND_OFF,
};

struct riven_vm_options {
	const char *host;		/* NULL: the default */
	const char *gvmm_path;		/* blob file; NULL: the one built into libriven */
	uint64_t region_base;		/* wanted base of the region; 0: any */
	uint32_t stlb_entries;		/* 0: 4096 */
	uint32_t trace_mask;		/* 1 << enum riven_trace */
	uint64_t itc_frequency;		/* Hz; 0: the host TSC's */
	enum riven_engine engine;
	uint64_t code_cache;		/* bytes of translated code for each vCPU; 0: 64 MiB */
	enum riven_background_use background;
	/* Called for every trace record while a vCPU runs; NULL: none. */
	void (*trace)(void *opaque, uint32_t vcpu_id, const struct riven_trace_record *rec);
	void *trace_opaque;
	/*
	 * Look at each vCPU so many times a second while it runs or waits; 0: never. It takes
	 * the signal SIGPROF. sample is called in the vCPU's thread when it has left the world,
	 * in order with trace.
	 */
	uint32_t sample_rate;
	void (*sample)(void *opaque, uint32_t vcpu_id, const struct riven_sample *s);
	void *sample_opaque;
	/*
	 * Have perf(1) look for names of the GVMM's and translated code in /tmp/perf-PID.map,
	 * which is the caller's to write: by riven_vm_region() and RIVEN_TRACE_BLOCKS.
	 */
	bool perf_map;
};

/*
 * On failure *err (when err is not NULL) points to a constant or VM-independent
 * sentence that says what was wrong.
 */
int riven_vm_create(const struct riven_vm_options *opt, struct riven_vm **vm, const char **err);
void riven_vm_destroy(struct riven_vm *vm);

enum riven_slot_flags {
	RIVEN_SLOT_ROM = 1,		/* guest writes are dropped */
	RIVEN_SLOT_FIRMWARE = 2,	/* firmware stubs live here */
	RIVEN_SLOT_LOG = 4,		/* keep a dirty log */
};

/*
 * Make (size > 0), change the flags of, or remove (size 0) memory slot `slot`.
 * gpa and size are multiples of 64 KiB. libriven allocates the memory;
 * riven_vm_host_ptr() reaches it. -EEXIST when it overlaps another slot,
 * -EINVAL outside the window, -ENOMEM.
 */
int riven_vm_set_memslot(struct riven_vm *vm, uint32_t slot, uint64_t gpa, uint64_t size,
			 uint32_t flags);
/*
 * Host address of [gpa, gpa + len) in RAM or ROM, or NULL when it is not all in one
 * slot. Good until the slot's flags change.
 */
void *riven_vm_host_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len);
/* The same for what a device writes on the guest's behalf: NULL in ROM, too. */
void *riven_vm_dma_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len);
/* Where the region lies in the caller's address space; NULL: the host runs it in another. */
const void *riven_vm_region(struct riven_vm *vm);
/* Frequency of the guest's ITC in Hz, as PAL and SAL report it. */
uint64_t riven_vm_itc_frequency(struct riven_vm *vm);
uint32_t riven_vm_stlb_entries(struct riven_vm *vm);
/* Fetch and clear a slot's dirty log: one bit for each 4 KiB page, size/4096/8 bytes. */
int riven_vm_get_dirty_log(struct riven_vm *vm, uint32_t slot, uint8_t *bitmap);
/* Memory was written by a device: drop what was decoded from it. */
void riven_vm_mem_written(struct riven_vm *vm, uint64_t gpa, uint64_t len);
/* The guest has had its instruction caches flushed: drop all that was decoded. */
void riven_vm_flush_code(struct riven_vm *vm);

/* id: 0 .. RIVEN_MAX_VCPUS-1. -EEXIST, -EINVAL; -ENOTSUP when the host has no more. */
int riven_vcpu_create(struct riven_vm *vm, uint32_t id, struct riven_vcpu **vcpu);
/*
 * Run until an exit. Returns 0 with run->exit_reason set, or a negative errno
 * value. The answer to an exit (MMIO data, firmware results) is written into
 * the run page before the next call.
 */
int riven_vcpu_run(struct riven_vcpu *vcpu);
struct riven_run *riven_vcpu_run_page(struct riven_vcpu *vcpu);
/* Put the vCPU in its reset state; nothing is pending any more. Counters stay. */
int riven_vcpu_reset(struct riven_vcpu *vcpu);
int riven_vcpu_get_state(struct riven_vcpu *vcpu, struct riven_state *state);
int riven_vcpu_set_state(struct riven_vcpu *vcpu, const struct riven_state *state);
/* Guest virtual to guest-physical as the guest would access now; -EFAULT when it has no mapping. */
int riven_vcpu_translate(struct riven_vcpu *vcpu, uint64_t va, enum riven_access access,
			 uint64_t *gpa);
/* Counters so far; any thread, values may be a moment old. */
void riven_vcpu_stats(struct riven_vcpu *vcpu, struct riven_stats *stats);
/* The vCPU's counts by instruction, as they grow. They stay where they are as long as the vCPU. */
const struct riven_profile *riven_vcpu_profile(struct riven_vcpu *vcpu);
/* Wait until interrupted, kicked, or the host TSC reaches the deadline of an EXIT_HALT. */
void riven_vcpu_wait(struct riven_vcpu *vcpu);

/* Make a running vCPU leave, or the next run return at once, with RIVEN_EXIT_INTR. */
void riven_vcpu_kick(struct riven_vcpu *vcpu);
/* Pend external interrupt vector (2 NMI, 0 ExtINT, 16-255) and wake the vCPU. */
int riven_vcpu_interrupt(struct riven_vcpu *vcpu, uint32_t vector);
/*
 * A SAPIC interrupt message: address in 0xfee00000 .. 0xfeefffff names the
 * target by id and eid (SDM 2:5.8.4), data vector and delivery mode.
 * -ENODEV when there is no such vCPU.
 */
int riven_vm_interrupt_message(struct riven_vm *vm, uint64_t address, uint32_t data);

/* "MMIO" and the like; "unknown" for a number that is no exit reason. */
const char *riven_exit_name(uint32_t exit_reason);
/* Where the engines differed, after RIVEN_EXIT_INTERNAL of RIVEN_ENGINE_VERIFY; NULL: nowhere. */
const struct riven_difference *riven_vcpu_difference(struct riven_vcpu *vcpu);
/* What led to the last RIVEN_EXIT_INTERNAL, one line; "" when there was none. */
const char *riven_vcpu_error(struct riven_vcpu *vcpu);

#endif
