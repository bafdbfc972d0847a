// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translating a block: what each instruction becomes. Whatever no lower_*
 * function takes is a call of the interpreter's handler.
 */
#include "gvmm/isa/exec.h"
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/translate.h"
#include "gvmm/vm.h"

void flags_hold(struct translation *t, enum host_cc cc, uint32_t p_true, uint32_t p_false)
{
	t->flags_at = t->e.p;
	t->flags_cc = cc;
	t->flags_true = p_true;
	t->flags_false = p_false;
}

uint8_t *jump_if(struct translation *t, uint32_t qp, bool want)
{
	uint32_t slot = pred_of(t, qp);
	uint8_t *site;

	if (t->flags_at == t->e.p && slot && (slot == t->flags_true || slot == t->flags_false)) {
		enum host_cc cc = slot == t->flags_true ? t->flags_cc : t->flags_cc ^ 1;

		site = emit_jcc(&t->e, want ? cc : cc ^ 1);
		t->flags_at = t->e.p;
		return site;
	}
	emit_alu_mem_imm(&t->e, ALU_CMP, 1, pred_mem(slot), 0);
	return emit_jcc(&t->e, want ? CC_NE : CC_E);
}

uint8_t *guard_begin(struct translation *t, const struct insn *i)
{
	return i->qp ? jump_if(t, i->qp, false) : NULL;
}

void guard_end(struct translation *t, uint8_t *site)
{
	if (!site)
		return;
	emit_land(&t->e, site);
	t->flags_at = NULL;
}

/* Must the instruction run outside, since what translated code relies on changes with it? */
static bool is_interps(const struct insn *i)
{
	switch (i->op) {
	case OP_ILLEGAL:
	case OP_ILLEGAL_QP:
	case OP_BREAK_M:
	case OP_BREAK_I:
	case OP_BREAK_B:
	case OP_BREAK_X:
	case OP_RFI:
	case OP_EPC:
	case OP_BR_IA:
	case OP_VMSW_0:
	case OP_VMSW_1:
	case OP_MOV_TO_PSR_L:
	case OP_MOV_TO_PSR_UM:
		return true;
	case OP_SUM:
	case OP_RUM:
	case OP_SSM:
	case OP_RSM:
		return (uint64_t)i->imm & PSR_BE;
	default:
		return false;
	}
}

/* Can the handler neither raise attention nor touch what host registers mirror? */
static bool is_pure(const struct insn *i)
{
	switch (op_unit(i->op)) {
	case UNIT_A:
	case UNIT_F:
		return true;
	case UNIT_I:
		return i->op != OP_MOV_I_TO_AR && i->op != OP_MOV_I_TO_AR_IMM;
	default:
		return false;
	}
}

/* May the handler change the place of the frame in the register file? */
static bool moves_frame(const struct insn *i)
{
	return i->op == OP_ALLOC || i->op == OP_COVER || i->op == OP_FLUSHRS || i->op == OP_LOADRS;
}

/* What the handler has done to the frame, when it is known now. */
static void follow_frame(struct translation *t, const struct insn *i)
{
	struct frame *f = &t->frame;

	switch (i->op) {
	case OP_ALLOC:
		/* A frame that cannot be faults: the code behind is not reached. */
		if (!alloc_legal(i))
			break;
		f->sof = i->r2;
		f->sol = i->r3;
		f->sor = (uint8_t)(i->r4 * 8u);
		break;
	case OP_CLRRRB:
		f->rrb_gr = f->rrb_fr = f->rrb_pr = 0;
		break;
	case OP_CLRRRB_PR:
		f->rrb_pr = 0;
		break;
	case OP_COVER:
		*f = (struct frame){ 0 };
		break;
	default:
		break;
	}
}

static void lower_handler(struct translation *t, const struct insn *i)
{
	struct emit *e = &t->e;
	uint8_t *skip;

	if (is_interps(i)) {
		exit_interp(t);
		return;
	}
	regs_flush(t);
	set_position(t);
	skip = op_flags(i->op) & F_UNC ? NULL : guard_begin(t, i);
	call_handler(t, i);
	emit_test(e, 4, RAX, RAX);
	add_stub(t, STUB_STATUS)->site[0] = emit_jcc(e, CC_NE);
	if (!is_pure(i)) {
		emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(attention), 0);
		add_stub(t, STUB_FINISH)->site[0] = emit_jcc(e, CC_NE);
		emit_load(e, 8, REG_MTLB, VCPU(mtlb_data));
		if (moves_frame(i))
			reload_frame(t);
	}
	guard_end(t, skip);
	follow_frame(t, i);
}

static void translate_insn(struct translation *t, const struct insn *i)
{
	t->pinned = 0;
	if (exec_offset[i->op] == exec_offset[OP_NOP_M])
		return;
	if (lower_alu(t, i) || lower_compare(t, i) || lower_memory(t, i) || lower_branch(t, i) ||
	    lower_float(t, i) || lower_system(t, i))
		return;
	lower_handler(t, i);
}

/* The first bytes, which also become a jump to `stale` when the block is dropped. */
static uint8_t *make_entry(struct translation *t, uint8_t **waiting)
{
	struct emit *e = &t->e;
	uint8_t *late;

	/* sub left, imm32: seven bytes */
	emit1(e, 0x41);
	emit1(e, 0x81);
	emit1(e, 0xee);
	emit4(e, t->bundles);
	late = emit_jcc(e, CC_L);
	emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(attention), 0);
	*waiting = emit_jcc(e, CC_NE);
	return late;
}

static void make_stale(struct translation *t)
{
	struct emit *e = &t->e;

	emit_mov_imm(e, RAX, t->key.ip);
	emit_store(e, 8, VCPU(ip), RAX);
	emit_jmp_to(e, cache_rx(t->jit, t->jit->leave_lookup));
}

static void translate_bundles(struct translation *t)
{
	for (t->at = 0; t->at < t->bundles && !t->done; t->at++)
		for (t->slot = 0; t->slot < 3 && !t->done; t->slot++)
			translate_insn(t, &t->bundle[t->at].insn[t->slot]);
	if (t->done)
		return;
	t->at = t->bundles - 1;
	exit_here(t, t->next_ip);
}

struct block *translate_block(struct vcpu *v, const struct key *key)
{
	struct jit *j = v->jit;
	struct translation t = { .v = v, .jit = j, .key = *key, .frame = key->frame };
	uint8_t *p2m = (uint8_t *)v->vm - RIVEN_VM_OFFSET + RIVEN_P2M_OFFSET + (key->gpa >> 12);
	uint8_t *late, *waiting, *start;
	struct block *b;
	uint32_t offset, n;

	if (!(*p2m & RIVEN_P2M_CODE))
		__atomic_fetch_or(p2m, RIVEN_P2M_CODE, __ATOMIC_RELAXED);
	offset = cache_reserve(v);
	b = block_at(j, offset);
	collect_bundles(&t);
	t.insns = (struct insn *)(b + 1);
	for (n = 0; n < t.bundles; n++)
		__builtin_memcpy(t.insns + 3 * n, t.bundle[n].insn, sizeof(t.bundle[n].insn));
	start = ((uint8_t *)(t.insns + 3 * t.bundles) - j->rw + 15) / 16 * 16 + j->rw;
	t.e = (struct emit){ .p = start, .end = j->rw + offset + BLOCK_ROOM, .to_rx = j->to_rx };
	regs_reset(&t.regs);

	late = make_entry(&t, &waiting);
	translate_bundles(&t);
	make_stubs(&t);
	emit_land(&t.e, late);
	emit_land(&t.e, waiting);
	emit_alu_imm(&t.e, ALU_ADD, 4, REG_LEFT, (int32_t)t.bundles);
	/* A dropped block comes in behind the addition: it has taken nothing. */
	*b = (struct block){
		.key = *key, .code = (uint32_t)(start - j->rw), .bundles = t.bundles,
		.stale = (uint32_t)(t.e.p - j->rw), .links = t.links,
	};
	make_stale(&t);
	if (t.e.full)
		return NULL;
	b->end = (uint32_t)(t.e.p - j->rw);
	cache_insert(v, offset);
	v->stats.blocks++;
	v->stats.block_bundles += t.bundles;
	v->stats.block_bytes += (uint64_t)(t.e.p - start);
	return b;
}
