/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's other parts: interrupts, timer, run loop. */
#ifndef GVMM_CPU_CPU_H
#define GVMM_CPU_CPU_H

#include "gvmm/cpu/rse.h"
#include "gvmm/cpu/vcpu.h"

/* Run loop (interp.c): until an exit; sets run->exit_reason. */
void interp_run(struct vcpu *v);
/*
 * Execute exactly one instruction at ip, ri and what follows from it (traps,
 * the next ip and ri): what translated code calls for what it lacks. Returns
 * EXEC_NEXT, EXEC_JUMP, EXEC_SYNC, EXEC_FAULT or an exit.
 */
int interp_step(struct vcpu *v);

/*
 * A taken branch of the instruction at ip, ri: to target, with the traps that
 * this raises. Everything else that the instruction changes is done before.
 * Returns EXEC_JUMP or EXEC_FAULT.
 */
int branch_to(struct vcpu *v, uint64_t target);

/* Drop decoded bundles of a guest-physical range (fc, DMA). */
void decode_invalidate(struct vcpu *v, uint64_t gpa, uint64_t len);
void decode_invalidate_all(struct vcpu *v);

/* Can this alloc make its frame, with its target inside? Else it is an illegal operation. */
static inline bool alloc_legal(const struct insn *i)
{
	uint32_t sof = i->r2;

	return sof <= RSE_PHYS && i->r3 <= sof && i->r4 * 8u <= sof && i->r1 != 0 &&
	       (i->r1 < 32 || i->r1 - 32u < sof);
}

/* Bank switch of r16-r31 to bank (0 or 1), PSR.bn included. */
void bank_switch(struct vcpu *v, uint32_t bank);

/* SAPIC (sapic.c, SDM 2:5.8). */
void sapic_reset(struct vcpu *v);
void sapic_merge(struct vcpu *v);		/* take run->irq[] */
void sapic_pend(struct vcpu *v, uint32_t vector);
/* Is an interrupt pending that neither TPR nor one in service masks? PSR.i is the caller's. */
bool sapic_deliverable(struct vcpu *v);
/* irr[], insvc[] or TPR changed: ends a halt and sets attention if one is deliverable now. */
void sapic_changed(struct vcpu *v);
uint64_t sapic_read_ivr(struct vcpu *v);
void sapic_write_eoi(struct vcpu *v);
/* Store to the interrupt block; false: leave to the host (RIVEN_EXIT_IPI was set up). */
bool sapic_write_pib(struct vcpu *v, uint64_t offset, uint32_t size, uint64_t data);
bool sapic_read_pib(struct vcpu *v, uint64_t offset, uint32_t size, uint64_t *data);

/* Interval timer (timer.c, SDM 2:10.5.5). */
uint64_t itc_read(struct vcpu *v);
void itc_write(struct vcpu *v, uint64_t value);
void timer_poll(struct vcpu *v);		/* pend ITV when ITM has been reached */
/* ITM or ITV was written, after a timer_poll() under the old values. */
void timer_update(struct vcpu *v);
/* Nanoseconds that so many ticks of the host's TSC are. */
uint64_t timer_ns(const struct vcpu *v, uint64_t ticks);
uint64_t timer_deadline_tsc(struct vcpu *v);	/* host TSC of the next match, ~0: none */

/*
 * Firmware calls (firmware.c). break_is_firmware: is this break a stub's?
 * firmware_call executes it; the call that waits for the host's answer
 * (fw_pending) has to be executed again before anything else, interrupts too.
 */
bool break_is_firmware(struct vcpu *v, uint64_t imm);
int firmware_call(struct vcpu *v, uint64_t imm);

/* State transfer and reset (state.c). */
void vcpu_reset(struct vcpu *v);
void state_get(struct vcpu *v, struct riven_state *s);
void state_set(struct vcpu *v, const struct riven_state *s);

/* Trace ring (trace.c). trace_full: is there too little room to go on? */
bool trace_full(const struct vcpu *v);
void trace_fault(struct vcpu *v, uint32_t vector, uint64_t isr);
/* A block was translated; arg as struct riven_trace_record has it. */
void trace_block(struct vcpu *v, uint64_t ip, uint32_t bundles, const uint64_t arg[5]);
void trace_tlb(struct vcpu *v, enum riven_trace_tlb op, uint64_t va, uint64_t pte, uint64_t itir);

/*
 * The blob's entry, first byte of gvmm.bin: area is the vCPU area's address in
 * this world. Carries out run->command.
 */
void gvmm_main(uint8_t *area);

#endif
