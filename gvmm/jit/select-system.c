// SPDX-License-Identifier: GPL-2.0-only
/* The frame that cover makes, and the floating-point flags in MXCSR. */
#include "gvmm/fp/fp.h"
#include "gvmm/jit/select.h"

/*
 * The frame moves up over imm registers, its own, and is empty then (gvmm/cpu/rse.h).
 * What was in it has to be where the register stack engine finds it.
 */
void select_cover(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	uint32_t loc;

	sync_some(h, LOC_GR + 32, LOC_PR);
	/* The locations are those of other registers from here on. */
	for (loc = LOC_GR + 32; loc < LOC_PR; loc++) {
		alloc_overwritten(h, loc);
		h->pinned = 0;
	}
	if (i->imm == COVER_UNKNOWN) {
		emit_load(e, 1, RAX, VCPU(frame));
		emit_alu_store(e, ALU_ADD, 4, VCPU(fb), RAX);
		emit_lea_scaled(e, REG_FRAME, REG_FRAME, RAX, 3);
	} else if (i->imm) {
		emit_alu_mem_imm(e, ALU_ADD, 4, VCPU(fb), (int32_t)i->imm);
		emit_alu_imm(e, ALU_ADD, 8, REG_FRAME, (int32_t)i->imm * 8);
	}
	h->frame = h->memory_frame = (struct frame){ 0 };
	store_frame(h, h->memory_frame);
}

/* The frame marker in memory as CFM has it; only with BMI2. */
void select_marker(struct host *h, ir_ref d)
{
	uint32_t reg = def(h, d);

	/* The fields of struct frame that are CFM's, in its order: sor without the bits below 8. */
	emit_mov_imm(h->e, RAX, 0x3f7f7f787f7full);
	emit_load(h->e, 8, reg, VCPU(frame));
	emit_pext(h->e, reg, reg, RAX);
}

/* The flags of MXCSR, which are in the order of a status field's. */
void select_get_flags(struct host *h, ir_ref d)
{
	uint32_t reg = def(h, d);

	flags_drop(h);
	emit_mxcsr(h->e, MXCSR_STORE, JIT(mxcsr));
	emit_load(h->e, 4, reg, JIT(mxcsr));
	emit_alu_imm(h->e, ALU_AND, 4, reg, FPF_ALL);
}

/* To load MXCSR takes long: only if there is one. */
void select_clear_flags(struct host *h, const struct ir *i)
{
	struct emit *e = h->e;
	uint8_t *skip, *none;

	if (i->c == IR_NONE)
		flags_drop(h);
	skip = guard_begin(h, i->c);
	emit_mxcsr(e, MXCSR_STORE, JIT(mxcsr));
	emit_test_mem_imm1(e, JIT(mxcsr), FPF_ALL);
	none = emit_jcc(e, CC_E);
	emit_alu_mem_imm(e, ALU_AND, 4, JIT(mxcsr), ~FPF_ALL);
	emit_mxcsr(e, MXCSR_LOAD, JIT(mxcsr));
	emit_land(e, none);
	guard_end(h, skip);
}
