// SPDX-License-Identifier: GPL-2.0-only
/*
 * How translated code leaves a block, and what lies off its main path. State is
 * precise wherever a handler is called: registers in memory, ip, ri and the
 * last instruction's address set.
 */
#include "gvmm/isa/exec.h"
#include "gvmm/jit/translate.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

struct stub *add_stub(struct translation *t, enum stub_kind kind)
{
	struct stub *s = &t->stub[t->nr_stubs];

	if (t->nr_stubs + 1 < NR_STUBS)
		t->nr_stubs++;
	else
		t->e.full = true;
	*s = (struct stub){
		.kind = kind, .bundle = (uint16_t)t->at, .slot = (uint8_t)t->slot,
		.insn = t->insns + t->at * 3 + t->slot, .held = t->regs.held,
	};
	return s;
}

static void store_address(struct translation *t, size_t field, uint64_t ip)
{
	emit_mov_imm(&t->e, RAX, ip);
	emit_store(&t->e, 8, vcpu_field(field), RAX);
}

static void set_position_of(struct translation *t, uint32_t bundle, uint32_t slot)
{
	/* The first bundle does not know what came before it: those that lead here do. */
	if (slot == 0 && bundle > 0)
		store_address(t, offsetof(struct vcpu, last_ip), t->bundle[bundle - 1].ip);
	store_address(t, offsetof(struct vcpu, ip), t->bundle[bundle].ip);
	if (slot)
		emit_store(&t->e, 8, VCPU(last_ip), RAX);
	emit_store_imm(&t->e, 4, VCPU(ri), (int32_t)slot);
}

void set_position(struct translation *t)
{
	uint8_t *before = t->e.p;

	set_position_of(t, t->at, t->slot);
	flags_kept(t, before);
}

static const void *handler_of(const struct insn *i)
{
	return (const char *)exec_offset + exec_offset[i->op];
}

static void call_with(struct translation *t, const void *handler, const struct insn *copy)
{
	emit_mov(&t->e, RDI, REG_VCPU);
	emit_lea_rip(&t->e, RSI, (const uint8_t *)copy + t->e.to_rx);
	emit_call(&t->e, handler);
}

void call_handler(struct translation *t, const struct insn *i)
{
	call_with(t, handler_of(i), t->insns + t->at * 3 + t->slot);
}

void reload_frame(struct translation *t)
{
	emit_load(&t->e, 4, REG_FRAME, VCPU(fb));
	emit_shift(&t->e, SHIFT_SHL, 8, REG_FRAME, 3);
	emit_alu(&t->e, ALU_ADD, 8, REG_FRAME, REG_VCPU);
}

/* Bundles that were paid for when the block was entered and are not executed. */
static void account(struct translation *t, uint32_t bundle)
{
	uint32_t rest = t->bundles - bundle - 1;

	if (rest)
		emit_alu_imm(&t->e, ALU_ADD, 4, REG_LEFT, (int32_t)rest);
}

void account_bundles(struct translation *t)
{
	account(t, t->at);
}

static void leave(struct translation *t)
{
	emit_jmp_to(&t->e, cache_rx(t->jit, t->jit->leave));
}

/* A jump to target, which goes to the dispatcher until that patches it. */
static void chain(struct translation *t, uint64_t target)
{
	struct emit *e = &t->e;
	uint32_t region = (uint32_t)(target >> 61);
	bool same_page = !((target ^ t->key.ip) & PAGE_MASK);
	uint8_t *gen = NULL, *mismatch = NULL, *jump, *to_link;
	struct link *link;
	uint32_t offset;

	if (!same_page) {
		struct host_mem m = vcpu_field(offsetof(struct vcpu, code_gen) + region * 4);

		/* A number that takes four bytes, to be patched. */
		emit_alu_mem_imm(e, ALU_CMP, 4, m, 0x7fffffff);
		gen = e->p - 4;
		mismatch = emit_jcc(e, CC_NE);
	}
	jump = emit_jmp(e);
	emit_land(e, jump);
	if (mismatch)
		emit_land(e, mismatch);
	store_address(t, offsetof(struct vcpu, ip), target);
	emit1(e, 0xba);		/* mov edx, imm32 */
	to_link = e->p;
	emit4(e, 0);
	emit_mov_imm(e, RAX, LEAVE_LOOKUP);
	leave(t);
	if (e->full || e->end - e->p < (int64_t)sizeof(*link) + 3) {
		e->full = true;
		return;
	}
	while ((e->p - t->jit->rw) & 3)
		emit1(e, 0xcc);
	offset = (uint32_t)(e->p - t->jit->rw);
	link = link_at(t->jit, offset);
	*link = (struct link){
		.jump = (uint32_t)(jump - t->jit->rw),
		.gen = gen ? (uint32_t)(gen - t->jit->rw) : 0,
		.next = t->links,
	};
	__builtin_memcpy(to_link, &offset, 4);
	t->links = offset;
	e->p = (uint8_t *)(link + 1);
}

static void depart(struct translation *t, uint32_t bundle, uint64_t target)
{
	account(t, bundle);
	store_address(t, offsetof(struct vcpu, last_ip), t->bundle[bundle].ip);
	chain(t, target);
}

void exit_at(struct translation *t, uint8_t *site, uint64_t target)
{
	struct stub *s = add_stub(t, STUB_EXIT);

	s->site[0] = site;
	s->target = target;
}

void exit_here(struct translation *t, uint64_t target)
{
	regs_flush(t);
	depart(t, t->at, target);
}

void exit_dynamic(struct translation *t)
{
	account(t, t->at);
	emit_mov(&t->e, RDI, REG_VCPU);
	emit_call(&t->e, (const void *)jit_find);
	emit_jmp_reg(&t->e, RAX);
}

void exit_interp(struct translation *t)
{
	regs_flush(t);
	set_position(t);
	account(t, t->at);
	emit_mov_imm(&t->e, RAX, LEAVE_FINISH);
	leave(t);
	t->done = true;
}

/* eax holds the status. */
static void leave_status(struct translation *t, const struct stub *s)
{
	account(t, s->bundle);
	emit_mov_imm(&t->e, RDX, t->bundle[s->bundle].insn[2].op == OP_X2ND && s->slot == 1);
	leave(t);
}

/* Registers are in memory; the instruction is done. */
static void leave_finish(struct translation *t, const struct stub *s)
{
	const struct bundle *b = &t->bundle[s->bundle];

	store_address(t, offsetof(struct vcpu, last_ip), b->ip);
	if (s->slot == 2 || (s->slot == 1 && b->insn[2].op == OP_X2ND)) {
		store_address(t, offsetof(struct vcpu, ip), b->ip + 16);
		emit_store_imm(&t->e, 4, VCPU(ri), 0);
		account(t, s->bundle);
		emit_mov_imm(&t->e, RDX, 0);
		emit_mov_imm(&t->e, RAX, LEAVE_LOOKUP);
	} else {
		store_address(t, offsetof(struct vcpu, ip), b->ip);
		emit_store_imm(&t->e, 4, VCPU(ri), s->slot + 1);
		account(t, s->bundle);
		emit_mov_imm(&t->e, RAX, LEAVE_FINISH);
	}
	leave(t);
}

/* Let the handler do a memory reference, and load again what it clobbered or changed. */
static void make_access(struct translation *t, const struct stub *s)
{
	struct emit *e = &t->e;
	uint8_t *bad, *waiting, *back;
	uint32_t host;

	regs_spill(t, &s->held);
	set_position_of(t, s->bundle, s->slot);
	call_with(t, handler_of(s->insn), s->insn);
	emit_test(e, 4, RAX, RAX);
	bad = emit_jcc(e, CC_NE);
	emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(attention), 0);
	waiting = emit_jcc(e, CC_NE);
	if (s->insn->op == OP_ALLOC)
		reload_frame(t);
	for (host = 0; host < NR_HOST_REGS; host++) {
		bool kept = (host == RBP || host == R12) && !(s->reload >> host & 1);

		if (s->held.guest[host] != GUEST_NONE && !kept)
			emit_load(e, 8, host, guest_mem(s->held.guest[host]));
	}
	back = emit_jmp(e);
	emit_patch(e, back, s->back + e->to_rx);
	emit_land(e, bad);
	leave_status(t, s);
	emit_land(e, waiting);
	leave_finish(t, s);
}

void make_stubs(struct translation *t)
{
	uint32_t n, k;

	for (n = 0; n < t->nr_stubs && !t->e.full; n++) {
		const struct stub *s = &t->stub[n];

		for (k = 0; k < 4; k++)
			if (s->site[k])
				emit_land(&t->e, s->site[k]);
		switch (s->kind) {
		case STUB_EXIT:
			regs_spill(t, &s->held);
			depart(t, s->bundle, s->target);
			break;
		case STUB_STATUS:
			leave_status(t, s);
			break;
		case STUB_FINISH:
			leave_finish(t, s);
			break;
		case STUB_ACCESS:
			make_access(t, s);
			break;
		}
	}
}
