// SPDX-License-Identifier: GPL-2.0-only
/* Branches. A block is left by a link where the target is known, else by a look in the jump cache. */
#include "gvmm/jit/translate.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))
#define LAST_PR		63

/* In physical mode a branch may trap, unless it stays in the page. */
static bool may_trap(const struct translation *t, uint64_t target)
{
	return !(t->key.flags & KEY_IT) && ((target ^ t->key.ip) & PAGE_MASK);
}

static bool branch(struct translation *t, const struct insn *i)
{
	uint64_t target = t->bundle[t->at].ip + (uint64_t)i->imm;

	if (may_trap(t, target))
		return false;
	if (i->qp) {
		exit_at(t, jump_if(t, i->qp, true), target);
		return true;
	}
	/* The main path goes on there, or ends. */
	if (t->at + 1 < t->bundles) {
		t->slot = 2;
	} else {
		exit_here(t, target);
		t->done = true;
	}
	return true;
}

static bool cloop(struct translation *t, const struct insn *i)
{
	uint64_t target = t->bundle[t->at].ip + (uint64_t)i->imm;
	struct emit *e = &t->e;
	uint8_t *over;

	if (may_trap(t, target))
		return false;
	emit_alu_mem_imm(e, ALU_CMP, 8, VCPU(lc), 0);
	over = emit_jcc(e, CC_E);
	emit_alu_mem_imm(e, ALU_SUB, 8, VCPU(lc), 1);
	exit_at(t, emit_jmp(e), target);
	emit_land(e, over);
	t->flags_at = NULL;
	return true;
}

/* The frame marker that the translation has arrived at. */
void store_frame(struct translation *t)
{
	uint64_t whole = t->frame.whole;

	if (whole >> 31) {
		emit_mov_imm(&t->e, RAX, whole);
		emit_store(&t->e, 8, VCPU(frame), RAX);
	} else {
		emit_store_imm(&t->e, 8, VCPU(frame), (int32_t)whole);
	}
}

/* The registers rotate, in the translation and in memory. */
static void rotate(struct translation *t)
{
	t->frame = frame_rotated(t->frame);
	store_frame(t);
}

/* One way through a rotating branch: p63, one rotation, and on to where it leads. */
static void turn(struct translation *t, bool p63, uint64_t target)
{
	struct frame saved = t->frame;

	emit_store_imm(&t->e, 1, pred_mem(pred_of(t, LAST_PR)), p63);
	rotate(t);
	exit_here(t, target);
	t->frame = saved;
}

/*
 * br.ctop, br.cexit, br.wtop, br.wexit: the loop itself and its epilogue are
 * known now; for the rest there is the handler.
 */
static bool rotating(struct translation *t, const struct insn *i)
{
	uint64_t ip = t->bundle[t->at].ip, target = ip + (uint64_t)i->imm;
	bool counted = i->op == OP_BR_CTOP || i->op == OP_BR_CEXIT;
	bool exits = i->op == OP_BR_CEXIT || i->op == OP_BR_WEXIT;
	uint64_t on = exits ? ip + 16 : target;
	struct emit *e = &t->e;
	uint8_t *over, *last = NULL, *jumped;

	regs_flush(t);
	if (!may_trap(t, on)) {
		if (counted) {
			emit_alu_mem_imm(e, ALU_CMP, 8, VCPU(lc), 0);
			over = emit_jcc(e, CC_E);
			emit_alu_mem_imm(e, ALU_SUB, 8, VCPU(lc), 1);
		} else {
			over = jump_if(t, i->qp, false);
		}
		turn(t, counted, on);
		emit_land(e, over);
		emit_alu_mem_imm(e, ALU_CMP, 8, VCPU(ec), 1);
		last = emit_jcc(e, CC_BE);
		emit_alu_mem_imm(e, ALU_SUB, 8, VCPU(ec), 1);
		turn(t, false, on);
		emit_land(e, last);
	}
	set_position(t);
	call_handler(t, i);
	emit_alu_imm(e, ALU_CMP, 4, RAX, EXEC_JUMP);
	jumped = emit_jcc(e, CC_E);
	add_stub(t, STUB_STATUS)->site[0] = emit_jcc(e, CC_A);
	emit_mov_imm(e, RAX, ip);
	emit_store(e, 8, VCPU(last_ip), RAX);
	emit_mov_imm(e, RAX, ip + 16);
	emit_store(e, 8, VCPU(ip), RAX);
	emit_land(e, jumped);
	exit_dynamic(t);
	t->done = true;
	return true;
}

/* The helper that does an indirect branch. */
static const void *target_of(const struct insn *i)
{
	switch (i->op) {
	case OP_BR_RET:
		return (const void *)jit_return;
	case OP_BR_CALL_IND:
		return (const void *)jit_call_indirect;
	default:
		return (const void *)jit_branch_indirect;
	}
}

/* What a call does to frame, PFS and the return branch register: see gvmm/cpu/rse.h. */
static void push_frame(struct translation *t, const struct insn *i)
{
	const struct frame *f = &t->frame;
	struct emit *e = &t->e;

	if (f->sol) {
		emit_alu_mem_imm(e, ALU_ADD, 4, VCPU(fb), f->sol);
		emit_alu_imm(e, ALU_ADD, 8, REG_FRAME, f->sol * 8);
	}
	emit_store_imm(e, 8, VCPU(frame), f->sof - f->sol);
	emit_load(e, 8, RCX, VCPU(ec));
	emit_shift(e, SHIFT_SHL, 8, RCX, 52);
	emit_mov_imm(e, RAX, frame_to_cfm(*f) | (uint64_t)(t->key.flags & KEY_CPL) << 62);
	emit_alu(e, ALU_OR, 8, RAX, RCX);
	emit_store(e, 8, VCPU(pfs), RAX);
	emit_mov_imm(e, RAX, t->bundle[t->at].ip + 16);
	emit_store(e, 8, vcpu_field(offsetof(struct vcpu, br) + (i->r1 & 7) * 8), RAX);
}

static bool call(struct translation *t, const struct insn *i)
{
	uint64_t target = t->bundle[t->at].ip + (uint64_t)i->imm;
	uint8_t *skip;

	if (may_trap(t, target))
		return false;
	regs_flush(t);
	skip = guard_begin(t, i);
	push_frame(t, i);
	exit_here(t, target);
	guard_end(t, skip);
	t->done = !skip;
	return true;
}

static bool indirect(struct translation *t, const struct insn *i)
{
	uint8_t *skip;

	regs_flush(t);
	set_position(t);
	skip = guard_begin(t, i);
	account_bundles(t);
	emit_mov(&t->e, RDI, REG_VCPU);
	emit_lea_rip(&t->e, RSI, (const uint8_t *)(t->insns + t->at * 3 + t->slot) + t->e.to_rx);
	emit_call(&t->e, target_of(i));
	/* Frame and privilege may be others; rax is where to go. */
	reload_frame(t);
	emit_load(&t->e, 8, REG_MTLB, VCPU(mtlb_data));
	emit_jmp_reg(&t->e, RAX);
	guard_end(t, skip);
	t->done = !skip;
	return true;
}

bool lower_branch(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_BR_COND:
	case OP_BRL_COND:
		return branch(t, i);
	case OP_BR_CLOOP:
		return cloop(t, i);
	case OP_BR_CTOP:
	case OP_BR_CEXIT:
	case OP_BR_WTOP:
	case OP_BR_WEXIT:
		return rotating(t, i);
	case OP_BR_CALL:
	case OP_BRL_CALL:
		return call(t, i);
	case OP_BR_RET:
	case OP_BR_COND_IND:
	case OP_BR_CALL_IND:
		return indirect(t, i);
	default:
		return false;
	}
}
