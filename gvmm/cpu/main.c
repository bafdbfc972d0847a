// SPDX-License-Identifier: GPL-2.0-only
/* The blob's entry: finds its data from the vCPU area's address and carries out one command. */
#include <stddef.h>

#include <riven/profile.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fpsr.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/jit.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/vm.h"

/* Every part of the region lies at a fixed distance from the area (include/riven/layout.h). */
static struct vcpu *locate(uint8_t *area)
{
	struct riven_run *run = (struct riven_run *)(area + RIVEN_VCPU_RUN);
	uint8_t *region = area - RIVEN_VCPU_OFFSET - run->vcpu_id * RIVEN_VCPU_STRIDE;
	struct vcpu *v = (struct vcpu *)(area + RIVEN_VCPU_STATE);

	v->id = run->vcpu_id;
	v->run = run;
	v->vm = (struct vm *)(region + RIVEN_VM_OFFSET);
	v->vpd = (struct vpd *)(area + RIVEN_VCPU_VPD);
	v->window = region + RIVEN_WINDOW_OFFSET;
	v->mtlb = (struct mtlb_entry *)(area + RIVEN_VCPU_MTLB);
	v->decode_cache = area + RIVEN_VCPU_DECODE;
	v->tlb = (struct tlb *)(area + RIVEN_VCPU_STLB);
	v->trace = (struct riven_trace_record *)(area + RIVEN_VCPU_TRACE);
	v->jit = v->vm->data.code_size ? (struct jit *)(area + RIVEN_VCPU_JIT) : NULL;
	v->decode_mask = (v->jit ? DECODE_LINES_JIT : DECODE_LINES) - 1;
	v->verify = v->jit && v->vm->data.flags & RIVEN_VM_VERIFY ? verify_at(area) : NULL;
	_Static_assert((int)RIVEN_NR_OPS <= RIVEN_PROFILE_OPS &&
			       sizeof(struct riven_profile) <= RIVEN_VCPU_PROFILE_SIZE,
		       "a counter for each instruction");
	v->profile = (struct riven_profile *)(area + RIVEN_VCPU_PROFILE);
	v->profiling = v->vm->data.flags & RIVEN_VM_PROFILE;
	if (v->profiling)
		v->profile->ip_offset = RIVEN_VCPU_STATE + offsetof(struct vcpu, ip);
	/* The frame base is never 0 once the vCPU has been reset. */
	if (!v->fb)
		vcpu_reset(v);
	return v;
}

/* Where an access of the guest would go now, without any effect on the guest. */
static void translate(struct vcpu *v)
{
	struct riven_run *run = v->run;
	uint32_t flags = 0;
	struct mem_loc loc;

	if (run->translate.access & RIVEN_ACCESS_READ)
		flags |= MEM_READ;
	if (run->translate.access & RIVEN_ACCESS_WRITE)
		flags |= MEM_WRITE;
	if (run->translate.access & RIVEN_ACCESS_EXEC)
		flags = MEM_EXEC;
	v->quiet = true;
	run->translate.valid = mmu_translate(v, run->translate.va, 1, flags, &loc) == MEM_OK;
	v->quiet = false;
	run->translate.gpa = run->translate.valid ? loc.gpa : 0;
}

/* All but RIVEN_CMD_RUN. */
static void command(struct vcpu *v)
{
	struct riven_run *run = v->run;

	switch (run->command) {
	case RIVEN_CMD_RESET:
		vcpu_reset(v);
		break;
	case RIVEN_CMD_GET_STATE:
		state_get(v, &run->state);
		break;
	case RIVEN_CMD_SET_STATE:
		state_set(v, &run->state);
		break;
	case RIVEN_CMD_TRANSLATE:
		translate(v);
		break;
	case RIVEN_CMD_INVALIDATE:
		decode_invalidate(v, run->invalidate.gpa, run->invalidate.len);
		break;
	case RIVEN_CMD_MEM_CHANGED:
		mmu_flush_mtlb(v);
		decode_invalidate_all(v);
		break;
	default:
		run->exit_reason = RIVEN_EXIT_INTERNAL;
		return;
	}
	run->exit_reason = RIVEN_EXIT_NONE;
}

/* Where in the blob, which the region starts with. */
static uint64_t background_entry(const struct vcpu *v)
{
	uint64_t entry = (uint64_t)(uintptr_t)gvmm_background;

	/* A compiler that knew what it is would compute with it in data, which has no relocations. */
	asm("" : "+r"(entry));
	return entry - ((uint64_t)(uintptr_t)v->window - RIVEN_WINDOW_OFFSET);
}

void gvmm_main(uint8_t *area)
{
	struct vcpu *v = locate(area);

	if (v->run->command == RIVEN_CMD_RUN) {
		fpsr_enter(v);
		interp_run(v);
		fpsr_leave(v);
	} else {
		v->mxcsr_live = false;
		command(v);
	}
	v->vpd->vpr = pr_pack(v);
	v->run->background.entry = background_entry(v);
	v->run->stats = v->stats;
}
