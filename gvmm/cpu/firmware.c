// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of firmware stubs: a break in a firmware frame leaves the world, is
 * executed again on the next entry and then acts on the host's answer
 * (enum riven_fw_action).
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/mmu.h"

static uint8_t p2m_of(const struct vcpu *v, uint64_t gpa)
{
	const uint8_t *region = (const uint8_t *)v->vm - RIVEN_VM_OFFSET;

	if (gpa >= RIVEN_WINDOW_SIZE)
		return 0;
	return region[RIVEN_P2M_OFFSET + (gpa >> 12)];
}

bool break_is_firmware(struct vcpu *v, uint64_t imm)
{
	return imm - RIVEN_FW_BREAK < RIVEN_FW_STUBS && v->cpl == 0 &&
	       (p2m_of(v, v->code_gpa) & RIVEN_P2M_FIRMWARE);
}

static void return_values(struct vcpu *v, const uint64_t *ret)
{
	int n;

	for (n = 0; n < 4; n++) {
		v->gr[8 + n] = ret[n];
		v->nat[8 + n] = 0;
	}
}

static int halt(struct vcpu *v)
{
	static const uint64_t success[4];

	return_values(v, success);
	sapic_merge(v);
	timer_poll(v);
	if (sapic_deliverable(v))
		return EXEC_SYNC;
	v->halted = true;
	v->run->exit_reason = RIVEN_EXIT_HALT;
	v->run->halt.tsc_deadline = timer_deadline_tsc(v);
	return EXEC_EXIT_NEXT;
}

/* Hand the call to the host. */
static int leave(struct vcpu *v, uint64_t stub)
{
	struct riven_run *run = v->run;
	uint32_t n;

	run->exit_reason = RIVEN_EXIT_FIRMWARE;
	run->fw.stub = stub;
	for (n = 0; n < 4; n++) {
		run->fw.gr[n] = v->gr[28 + n];
		run->fw.ret[n] = 0;
	}
	for (n = 0; n < 8; n++)
		run->fw.in[n] = n < v->frame.sof ? v->gr[gr_slot(v, 32 + n)] : 0;
	run->fw.b0 = v->br[0];
	run->fw.psr = psr_get(v) | (uint64_t)v->ri << PSR_RI_SHIFT;
	run->fw.action = RIVEN_FW_DONE;
	run->fw.touch_access = 0;
	run->fw.touch_va = 0;
	v->fw_pending = true;
	return EXEC_EXIT;
}

/* The access that the host's work needs the guest to allow. */
static enum mem_status touch(struct vcpu *v, uint32_t access, uint64_t va)
{
	struct mem_loc loc;
	uint32_t flags = 0;

	if (access & RIVEN_ACCESS_READ)
		flags |= MEM_READ;
	if (access & RIVEN_ACCESS_WRITE)
		flags |= MEM_WRITE;
	if (access & RIVEN_ACCESS_EXEC)
		flags = MEM_EXEC;
	if (!flags)
		return MEM_OK;
	return mmu_translate(v, va, 1, flags, &loc);
}

int firmware_call(struct vcpu *v, uint64_t imm)
{
	uint64_t stub = imm - RIVEN_FW_BREAK;
	struct riven_run *run = v->run;

	/* PAL calls that are hot enough to be answered here go beside this one. */
	if (stub == RIVEN_FW_HALT)
		return halt(v);

	if (!v->fw_pending || run->fw.stub != stub)
		return leave(v, stub);
	v->fw_pending = false;
	switch (run->fw.action) {
	case RIVEN_FW_DONE:
		return_values(v, run->fw.ret);
		return EXEC_SYNC;
	case RIVEN_FW_TOUCH:
		if (touch(v, run->fw.touch_access, run->fw.touch_va) == MEM_FAULT)
			return EXEC_FAULT;
		return leave(v, stub);
	case RIVEN_FW_AGAIN:
		/* Through the run loop, so that interrupts get in between. */
		return EXEC_JUMP;
	default:
		return leave(v, stub);
	}
}
