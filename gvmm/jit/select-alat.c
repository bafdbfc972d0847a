// SPDX-License-Identifier: GPL-2.0-only
/* What a store does to the ALAT, as alat_store() does it. */
#include "gvmm/cpu/alat.h"
#include "gvmm/jit/select.h"

_Static_assert(sizeof(struct alat_entry) == 16, "index is shifted by 4");

static struct host_mem field(size_t offset)
{
	return mem_indexed(REG_VCPU, RDI, (int32_t)(offsetof(struct vcpu, alat) + offset));
}

/*
 * Entries that overlap the rcx bytes at guest-physical address rdx are dropped. All
 * registers are kept.
 */
void make_alat(struct jit *j, struct emit *e)
{
	static const uint8_t used[] = { RAX, RSI, RDI, R8, R9 };
	uint8_t *done, *inside, *next;
	uint32_t n;
	const uint8_t *again;

	j->thunk_alat = (uint32_t)(e->p - j->rw);
	for (n = 0; n < sizeof(used); n++)
		emit_push(e, used[n]);
	/* rax: entries left, rsi: the index of one */
	emit_load(e, 8, RAX, VCPU(alat_live));
	again = e->p + e->to_rx;
	emit_bsf(e, RSI, RAX);
	done = emit_jcc(e, CC_E);
	emit_btr_reg(e, RAX, RSI);
	emit_mov(e, RDI, RSI);
	emit_shift(e, SHIFT_SHL, 4, RDI, 4);
	emit_load(e, 8, R8, field(offsetof(struct alat_entry, gpa)));
	emit_alu(e, ALU_SUB, 8, R8, RDX);
	emit_alu(e, ALU_CMP, 8, R8, RCX);
	inside = emit_jcc(e, CC_B);
	emit_neg(e, R8);
	emit_load(e, 1, R9, field(offsetof(struct alat_entry, size)));
	emit_alu(e, ALU_CMP, 8, R8, R9);
	emit_jcc_to(e, CC_AE, again);
	emit_land(e, inside);
	/* reg and size */
	emit_store_imm(e, 4, field(offsetof(struct alat_entry, reg)), 0);
	emit_load(e, 8, R8, VCPU(alat_live));
	emit_btr_reg(e, R8, RSI);
	emit_store(e, 8, VCPU(alat_live), R8);
	next = emit_jmp(e);
	emit_patch(e, next, again);
	emit_land(e, done);
	for (n = sizeof(used); n--;)
		emit_pop(e, used[n]);
	emit_ret(e);
}
