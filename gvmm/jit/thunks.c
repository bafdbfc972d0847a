// SPDX-License-Identifier: GPL-2.0-only
/* Code that all blocks share: into translated code, out of it, and to handlers and back. */
#include "gvmm/jit/host.h"

#define SITE(field)	mem_at(RAX, offsetof(struct site, field))
#define SITE_CX(field)	mem_at(RCX, offsetof(struct site, field))

static const uint8_t saved[] = { RBX, RBP, R12, R13, R14, R15 };
static const uint8_t volatiles[] = { RSI, RDI, R8, R9, R10, R11 };
#define NR_XMM	14

void reload_frame_at(struct emit *e)
{
	emit_load(e, 4, REG_FRAME, VCPU(fb));
	emit_shift(e, SHIFT_SHL, 8, REG_FRAME, 3);
	emit_alu(e, ALU_ADD, 8, REG_FRAME, REG_VCPU);
}

/* One more in a table by instruction. rax: the site. Changes rcx. */
static void count(struct emit *e, struct host_mem table)
{
	emit_load(e, 2, RCX, SITE(insn.op));
	emit_shift(e, SHIFT_SHL, 4, RCX, 3);
	emit_alu_mem_imm(e, ALU_ADD, 8, mem_indexed(REG_VCPU, RCX, table.disp), 1);
}

static void note(const struct vcpu *v, struct emit *e, enum riven_doing doing)
{
	if (v->profiling)
		emit_store_imm(e, 4, PROFILE(doing), doing);
}

/* Into translated code: (vcpu, code), as a C function that returns the status. */
static void make_enter(const struct vcpu *v, struct emit *e)
{
	uint32_t n;

	for (n = 0; n < sizeof(saved); n++)
		emit_push(e, saved[n]);
	/* Calls from translated code find the stack aligned. */
	emit_mov(e, R15, RDI);
	emit_store(e, 8, JIT(stack), RSP);
	emit_alu_imm(e, ALU_SUB, 8, RSP, 8 + SPILL_BYTES);
	emit_load(e, 4, REG_LEFT, JIT(left));
	reload_frame_at(e);
	note(v, e, RIVEN_DOING_TRANSLATED);
	emit_jmp_reg(e, RSI);
}

/* Out of it: status in eax, argument in rdx. */
static void make_leave(const struct vcpu *v, struct emit *e)
{
	uint32_t n;

	note(v, e, RIVEN_DOING_GVMM);
	emit_store(e, 4, JIT(left), REG_LEFT);
	emit_store(e, 8, JIT(leave_arg), RDX);
	emit_load(e, 8, RSP, JIT(stack));
	for (n = sizeof(saved); n--;)
		emit_pop(e, saved[n]);
	emit_ret(e);
}

_Static_assert(offsetof(struct vcpu, gr) == 0, "reload_frame adds nothing to the frame base");

/* To where jit_find() says that the guest goes on. The stack is as deep as may be. */
static void make_go_on(struct emit *e)
{
	emit_load(e, 8, RSP, JIT(stack));
	emit_alu_imm(e, ALU_SUB, 8, RSP, 8 + SPILL_BYTES);
	emit_mov(e, RDI, REG_VCPU);
	emit_call(e, (const void *)jit_find);
	reload_frame_at(e);
	emit_jmp_reg(e, RAX);
}

/* The handler ends the block: its status is in eax, and how far the block got at the site. */
static void make_bad(struct emit *e, const void *leave)
{
	uint8_t *jumped, *bundle;

	emit_load(e, 8, RCX, JIT(site));
	emit_alu_load(e, ALU_ADD, 4, REG_LEFT, SITE_CX(rest));
	emit_load(e, 4, RDX, SITE_CX(is_long));
	emit_alu_imm(e, ALU_CMP, 4, RAX, EXEC_FAULT);
	jumped = emit_jcc(e, CC_BE);
	emit_alu_imm(e, ALU_CMP, 4, RAX, LEAVE_BUNDLE);
	bundle = emit_jcc(e, CC_E);
	emit_jmp_to(e, leave);
	/* The bundle has been paid for. */
	emit_land(e, bundle);
	emit_alu_imm(e, ALU_ADD, 4, REG_LEFT, 1);
	emit_land(e, jumped);
	make_go_on(e);
}

/* The instruction is done, but something has to be seen to before the next slot. */
static void make_finish(struct emit *e, const void *leave)
{
	uint8_t *next;

	emit_load(e, 8, RAX, JIT(site));
	count(e, PROFILE(stops));
	emit_load(e, 8, RCX, JIT(site));
	emit_alu_load(e, ALU_ADD, 4, REG_LEFT, SITE_CX(rest));
	emit_load(e, 8, RAX, SITE_CX(ip));
	emit_store(e, 8, VCPU(last_ip), RAX);
	emit_load(e, 4, RDX, SITE_CX(slot));
	emit_alu_load(e, ALU_ADD, 4, RDX, SITE_CX(is_long));
	emit_alu_imm(e, ALU_ADD, 4, RDX, 1);
	emit_alu_imm(e, ALU_CMP, 4, RDX, 3);
	next = emit_jcc(e, CC_AE);
	emit_store(e, 4, VCPU(ri), RDX);
	emit_mov_imm(e, RAX, LEAVE_ATTENTION);
	emit_jmp_to(e, leave);
	emit_land(e, next);
	emit_alu_imm(e, ALU_ADD, 8, RAX, 16);
	emit_store(e, 8, VCPU(ip), RAX);
	emit_mov_imm(e, RDX, 0);
	emit_mov_imm(e, RAX, LEAVE_LOOKUP);
	emit_jmp_to(e, leave);
}

/*
 * rax is a site, everything is in memory: let the handler do the instruction.
 * Comes back only if the block can go on. Returns where that begins for a call that is
 * counted elsewhere.
 */
static const void *make_call(struct emit *e, const void *leave)
{
	uint8_t *known, *bad, *attention;
	const void *counted;

	count(e, PROFILE(handlers));
	counted = e->p + e->to_rx;
	emit_store(e, 8, JIT(site), RAX);
	emit_load(e, 8, RCX, SITE(ip));
	emit_store(e, 8, VCPU(ip), RCX);
	emit_load(e, 4, RCX, SITE(slot));
	emit_store(e, 4, VCPU(ri), RCX);
	emit_load(e, 8, RCX, SITE(last_ip));
	_Static_assert(LAST_KNOWN == 1, "no bundle's address has that bit");
	emit_bt(e, RCX, 0);
	known = emit_jcc(e, CC_B);
	emit_store(e, 8, VCPU(last_ip), RCX);
	emit_land(e, known);
	emit_mov(e, RDI, REG_VCPU);
	emit_lea(e, RSI, SITE(insn));
	emit_alu_imm(e, ALU_SUB, 8, RSP, 8);
	emit_call_mem(e, SITE(handler));
	emit_alu_imm(e, ALU_ADD, 8, RSP, 8);
	emit_test(e, 4, RAX, RAX);
	bad = emit_jcc(e, CC_NE);
	emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(attention), 0);
	attention = emit_jcc(e, CC_NE);
	emit_ret(e);
	emit_land(e, bad);
	make_bad(e, leave);
	emit_land(e, attention);
	make_finish(e, leave);
	return counted;
}

static void save_volatiles(struct emit *e, uint32_t nr_xmm)
{
	uint32_t n;

	for (n = 0; n < sizeof(volatiles); n++)
		emit_push(e, volatiles[n]);
	emit_alu_imm(e, ALU_SUB, 8, RSP, (int32_t)(8 * nr_xmm + 8));
	for (n = 0; n < nr_xmm; n++)
		emit_store_double(e, mem_at(RSP, (int32_t)n * 8), XMM(n));
}

static void restore_volatiles(struct emit *e, uint32_t nr_xmm)
{
	uint32_t n;

	for (n = 0; n < nr_xmm; n++)
		emit_load_double(e, XMM(n), mem_at(RSP, (int32_t)n * 8));
	emit_alu_imm(e, ALU_ADD, 8, RSP, (int32_t)(8 * nr_xmm + 8));
	for (n = sizeof(volatiles); n--;)
		emit_pop(e, volatiles[n]);
}

/* The same, and no register changes but the scratch ones. */
static void make_access(struct emit *e, const void *call, uint32_t nr_xmm)
{
	count(e, PROFILE(accesses));
	save_volatiles(e, nr_xmm);
	emit_call(e, call);
	restore_volatiles(e, nr_xmm);
	emit_ret(e);
}

/*
 * Register eax of the floating-point file gets form edx: NE if it has. ecx is the
 * offset of the block's sites. No register changes but the scratch ones.
 */
static void make_form_thunk(struct emit *e, uint32_t nr_xmm)
{
	save_volatiles(e, nr_xmm);
	emit_mov(e, RDI, REG_VCPU);
	emit_mov(e, RSI, RAX);
	emit_call(e, (const void *)jit_form);
	restore_volatiles(e, nr_xmm);
	emit_test(e, 4, RAX, RAX);
	emit_ret(e);
}

#define JUMP(field) JIT_INDEXED(jump[0].field, RAX)

/*
 * To the block for v->ip in the frame that memory says, esi: flags of its key. When the
 * jump cache does not have it, to the dispatcher, with rdx. jump_slot() knows where it looks.
 */
static void make_find(struct emit *e, const void *miss)
{
	uint8_t *same;

	_Static_assert(sizeof(struct jump) == 32, "index is shifted by 5");
	emit_load(e, 8, R8, VCPU(ip));
	/* code_gen[] of the address's region */
	emit_mov(e, RCX, R8);
	emit_shift(e, SHIFT_SHR, 8, RCX, 61);
	emit_shift(e, SHIFT_SHL, 4, RCX, 2);
	emit_load(e, 4, R9, mem_indexed(REG_VCPU, RCX, offsetof(struct vcpu, code_gen)));
	emit_mov(e, RAX, R8);
	emit_shift(e, SHIFT_SHR, 8, RAX, 13);
	emit_alu(e, ALU_XOR, 4, RAX, R8);
	emit_shift(e, SHIFT_SHL, 4, RAX, 1);
	emit_mov4(e, RCX, R9);
	emit_alu_imm(e, ALU_AND, 4, RCX, JUMP_GENS - 1);
	emit_shift(e, SHIFT_SHL, 4, RCX, 5);
	emit_alu(e, ALU_XOR, 4, RAX, RCX);
	emit_alu_imm(e, ALU_AND, 4, RAX, ((1 << JUMP_BITS) - 1) << 5);
	emit_load(e, 8, RCX, VCPU(frame));
	emit_alu_load(e, ALU_CMP, 8, R8, JUMP(ip));
	emit_jcc_to(e, CC_NE, miss);
	emit_alu_load(e, ALU_CMP, 8, RCX, JUMP(frame));
	same = emit_jcc(e, CC_E);
	emit_alu_mem_imm(e, ALU_CMP, 8, JUMP(frame), (int32_t)FRAME_ANY);
	emit_jcc_to(e, CC_NE, miss);
	emit_land(e, same);
	emit_alu_load(e, ALU_CMP, 4, RSI, JUMP(flags));
	emit_jcc_to(e, CC_NE, miss);
	emit_alu_load(e, ALU_CMP, 4, R9, JUMP(gen));
	emit_jcc_to(e, CC_NE, miss);
	emit_load(e, 8, RAX, JUMP(code));
	emit_test(e, 8, RAX, RAX);
	emit_jcc_to(e, CC_E, miss);
	emit_jmp_reg(e, RAX);
}

#define LINK(field)	mem_at(RAX, offsetof(struct link, field))

/* How often a link that leads somewhere else now is patched again: when these bits of what is left are 0. */
#define RELINK_MASK	15

/*
 * A link, at offset rdx, that does not lead to v->ip: rax gets its address. To miss if it has not been
 * patched yet; the jump that is returned is taken if it never is.
 */
static uint8_t *begin_link(struct emit *e, const void *miss)
{
	uint8_t *loose;

	emit_load(e, 8, RAX, JIT(rw));
	emit_alu(e, ALU_ADD, 8, RAX, RDX);
	emit_alu_mem_imm(e, ALU_CMP, 1, LINK(loose), 0);
	loose = emit_jcc(e, CC_NE);
	emit_alu_mem_imm(e, ALU_CMP, 4, LINK(target), 0);
	emit_jcc_to(e, CC_E, miss);
	return loose;
}

/* To where the jump cache leads. */
static void end_link(struct emit *e, uint8_t *loose, const void *find)
{
	emit_land(e, loose);
	emit_load(e, 4, RSI, LINK(flags));
	emit_jmp_to(e, find);
}

/*
 * The link is for code that the address did not mean just now. That changes with every process
 * that runs, so that most often the jump cache has both.
 */
static void make_link(struct emit *e, const void *find, const void *miss)
{
	uint8_t *loose = begin_link(e, miss);

	emit_mov4(e, RCX, REG_LEFT);
	emit_alu_imm(e, ALU_AND, 4, RCX, RELINK_MASK);
	emit_jcc_to(e, CC_E, miss);
	end_link(e, loose, find);
}

/*
 * The same for the link of a branch through a register, which may lead anywhere: it is
 * given other targets a number of times only.
 */
static void make_indirect(struct emit *e, const void *find, const void *miss)
{
	uint8_t *loose = begin_link(e, miss), *patient;

	emit_alu_mem_imm(e, ALU_CMP, 4, LINK(patience), 0);
	patient = emit_jcc(e, CC_NE);
	end_link(e, loose, find);
	emit_land(e, patient);
	emit_alu_mem_imm(e, ALU_SUB, 4, LINK(patience), 1);
	emit_jmp_to(e, miss);
}

#define SITE_DI(field) mem_at(RDI, offsetof(struct site, field))

/*
 * What exec_br_ret() does for a frame marker without rotation, while the frame is still
 * in the file and the privilege level stays: rdi is the site, rdx the target. Falls
 * through otherwise, with both; nothing is changed then.
 */
static void make_plain_return(struct emit *e, const void *find)
{
	uint8_t *other[5];
	uint32_t n;

	emit_load(e, 8, RCX, VCPU(pfs));
	emit_mov(e, RAX, RCX);
	emit_shift(e, SHIFT_SHR, 8, RAX, 14);
	emit_alu_imm(e, ALU_AND, 4, RAX, 0xffffff);
	other[0] = emit_jcc(e, CC_NE);
	emit_mov(e, RAX, RCX);
	emit_shift(e, SHIFT_SHR, 8, RAX, 62);
	emit_alu_load(e, ALU_CMP, 4, RAX, VCPU(cpl));
	other[1] = emit_jcc(e, CC_A);
	/* r8, r9: sof and sol */
	emit_mov4(e, R8, RCX);
	emit_alu_imm(e, ALU_AND, 4, R8, 127);
	emit_mov4(e, R9, RCX);
	emit_shift(e, SHIFT_SHR, 4, R9, 7);
	emit_alu_imm(e, ALU_AND, 4, R9, 127);
	emit_alu(e, ALU_CMP, 4, R9, R8);
	other[2] = emit_jcc(e, CC_A);
	/* rse_fits() */
	emit_mov_imm(e, R10, RSE_PHYS);
	emit_alu(e, ALU_SUB, 4, R10, R8);
	other[3] = emit_jcc(e, CC_B);
	emit_load(e, 4, RAX, VCPU(fb));
	emit_alu(e, ALU_SUB, 4, RAX, R9);
	emit_mov4(e, RSI, RAX);
	emit_alu_load(e, ALU_SUB, 4, RSI, VCPU(dirty));
	emit_alu(e, ALU_CMP, 4, RSI, R10);
	other[4] = emit_jcc(e, CC_A);
	emit_store(e, 4, VCPU(fb), RAX);
	emit_shift(e, SHIFT_SHL, 4, R9, 8);
	emit_alu(e, ALU_OR, 4, R9, R8);
	emit_store(e, 8, VCPU(frame), R9);
	emit_shift(e, SHIFT_SHR, 8, RCX, 52);
	emit_alu_imm(e, ALU_AND, 4, RCX, 63);
	emit_store(e, 8, VCPU(ec), RCX);
	emit_alu_imm(e, ALU_AND, 8, RDX, ~15);
	emit_store(e, 8, VCPU(ip), RDX);
	emit_load(e, 8, RCX, SITE_DI(ip));
	emit_store(e, 8, VCPU(last_ip), RCX);
	emit_load(e, 4, RSI, SITE_DI(flags));
	reload_frame_at(e);
	emit_jmp_to(e, find);
	for (n = 0; n < 5; n++)
		emit_land(e, other[n]);
}

/* br.ret whose site is in rdi, to rdx, where nobody expected it. */
static void make_return(struct emit *e, const void *find)
{
	uint8_t *skip;

	/*
	 * Something else than a call has led here, as into a system call, or another thread
	 * made the call that comes back: the one that is expected is still to come. But not
	 * for ever.
	 */
	emit_mov4(e, RCX, REG_LEFT);
	emit_alu_imm(e, ALU_AND, 4, RCX, 7);
	skip = emit_jcc(e, CC_E);
	emit_load(e, 1, RCX, JIT(returns_top));
	emit_alu_imm(e, ALU_ADD, 1, RCX, 8);
	emit_store(e, 1, JIT(returns_top), RCX);
	emit_land(e, skip);
	make_plain_return(e, find);
	emit_mov(e, RAX, RDI);
	count(e, PROFILE(handlers));
	emit_load(e, 8, RCX, SITE(ip));
	emit_store(e, 8, VCPU(ip), RCX);
	emit_load(e, 4, RCX, SITE(slot));
	emit_store(e, 4, VCPU(ri), RCX);
	emit_mov(e, RDI, REG_VCPU);
	emit_lea(e, RSI, SITE(insn));
	emit_call(e, (const void *)jit_return);
	reload_frame_at(e);
	emit_jmp_reg(e, RAX);
}

void make_thunks(struct vcpu *v, struct emit *e)
{
	struct jit *j = v->jit;
	const void *leave, *lookup, *find, *find_any, *call;
	uint32_t n;

	j->cpu = cpu_features();
	for (n = 0; n < MTLB_SIZES; n++)
		j->tag_bits[n] = PAGE_MASK | ((1u << n) - 1);
	j->enter = (uint32_t)(e->p - j->rw);
	make_enter(v, e);
	j->leave_lookup = (uint32_t)(e->p - j->rw);
	emit_mov_imm(e, RDX, 0);
	lookup = cache_rx(j, (uint32_t)(e->p - j->rw));
	emit_mov_imm(e, RAX, LEAVE_LOOKUP);
	j->leave = (uint32_t)(e->p - j->rw);
	leave = cache_rx(j, j->leave);
	make_leave(v, e);
	j->leave_with = (uint32_t)(e->p - j->rw);
	emit_load(e, 4, RAX, JIT(leave_status));
	emit_load(e, 8, RDX, JIT(leave_arg));
	emit_jmp_to(e, leave);
	j->thunk_call = (uint32_t)(e->p - j->rw);
	call = make_call(e, leave);
	j->thunk_find = (uint32_t)(e->p - j->rw);
	find_any = cache_rx(j, j->thunk_find);
	emit_mov_imm(e, RDX, 0);
	find = cache_rx(j, (uint32_t)(e->p - j->rw));
	make_find(e, lookup);
	j->thunk_link = (uint32_t)(e->p - j->rw);
	make_link(e, find, lookup);
	j->thunk_indirect = (uint32_t)(e->p - j->rw);
	make_indirect(e, find, lookup);
	j->thunk_return = (uint32_t)(e->p - j->rw);
	make_return(e, find_any);
	j->thunk_access = (uint32_t)(e->p - j->rw);
	make_access(e, call, 0);
	j->thunk_access_xmm = (uint32_t)(e->p - j->rw);
	make_access(e, call, NR_XMM);
	j->thunk_form = (uint32_t)(e->p - j->rw);
	make_form_thunk(e, 0);
	j->thunk_form_xmm = (uint32_t)(e->p - j->rw);
	make_form_thunk(e, NR_XMM);
	make_masks(j, e);
	make_predicates(j, e);
	make_alat(j, e);
	make_spill_thunk(j, e);
}
