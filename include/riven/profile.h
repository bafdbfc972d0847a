/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the GVMM counts by instruction, always, and what it tells who takes samples: at
 * RIVEN_VCPU_PROFILE of the vCPU area. The host reads it at any time.
 */
#ifndef RIVEN_PROFILE_H
#define RIVEN_PROFILE_H

#include <stdint.h>

#define RIVEN_PROFILE_OPS	1024

/* What a vCPU is doing. */
enum riven_doing {
	RIVEN_DOING_GVMM,		/* interpreting, or deciding what to do */
	RIVEN_DOING_TRANSLATED,		/* translated code, or a handler that it calls */
	RIVEN_DOING_TRANSLATING,
	/* Not in its world. */
	RIVEN_DOING_HOST,		/* the host: devices, firmware */
	RIVEN_DOING_WAITING,		/* the guest is halted */
	RIVEN_NR_DOINGS
};

struct riven_profile {
	uint32_t doing;			/* one of the first three, with RIVEN_VM_PROFILE */
	uint32_t ip_offset;		/* of the guest's IP, from the vCPU area on */
	/* By number of the instruction (enum riven_op): numbers that only grow. */
	uint64_t handlers[RIVEN_PROFILE_OPS];	/* translated code called the handler */
	uint64_t accesses[RIVEN_PROFILE_OPS];	/* and since its own code had no answer: a TLB miss */
	uint64_t stops[RIVEN_PROFILE_OPS];	/* of both: the block had to be left behind it */
	uint64_t simple[RIVEN_PROFILE_OPS];	/* of handlers, about: its own code would have had it */
	uint64_t finishes[RIVEN_PROFILE_OPS];	/* the interpreter's: no translated code does them */
};

#endif
