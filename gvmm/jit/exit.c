// SPDX-License-Identifier: GPL-2.0-only
/*
 * How translated code enters and leaves a block, and what lies off its main path.
 * State is precise wherever a handler is called: locations in memory, ip, ri and
 * the last instruction's address set.
 */
#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/select.h"

void store_address(struct host *h, size_t field, uint64_t ip)
{
	emit_mov_imm(h->e, RAX, ip);
	emit_store(h->e, 8, vcpu_field(field), RAX);
}

void store_frame(struct host *h, struct frame f)
{
	if (f.whole >> 31) {
		emit_mov_imm(h->e, RAX, f.whole);
		emit_store(h->e, 8, VCPU(frame), RAX);
	} else {
		emit_store_imm(h->e, 8, VCPU(frame), (int32_t)f.whole);
	}
}

void sync_frame(struct host *h)
{
	if (h->frame.whole == h->memory_frame.whole)
		return;
	store_frame(h, h->frame);
	h->memory_frame = h->frame;
}

void reload_frame(struct host *h)
{
	reload_frame_at(h->e);
}

struct stub *add_stub(struct host *h, enum stub_kind kind)
{
	struct stub *s = &h->stub[h->nr_stubs];

	if (h->nr_stubs + 1 < NR_STUBS)
		h->nr_stubs++;
	else
		h->e->full = true;
	*s = (struct stub){ .kind = kind, .op = (uint16_t)h->now, .reg = REG_NONE,
			    .second = REG_NONE, .addend_reg = REG_NONE };
	return s;
}

/* Bundles that were paid for when the block was entered and are not executed. */
static void give_back(struct host *h, uint32_t rest)
{
	if (rest)
		emit_alu_imm(h->e, ALU_ADD, 4, REG_LEFT, (int32_t)rest);
}

static void account(struct host *h, uint32_t bundle)
{
	give_back(h, h->t->bundles - bundle - 1);
}

static void leave(struct host *h)
{
	emit_jmp_to(h->e, cache_rx(h->t->jit, h->t->jit->leave));
}

void call_thunk(struct host *h, uint32_t site, uint32_t thunk)
{
	struct emit *e = h->e;

	emit_lea_rip(e, RAX, (const uint8_t *)&h->t->sites[site] + e->to_rx);
	emit_call(e, cache_rx(h->t->jit, thunk));
}

static bool in_page(const struct host *h, uint64_t target)
{
	return !((target ^ h->t->key.ip) & PAGE_MASK);
}

/* How often a branch through a register may be given another target to lead to by itself. */
#define PATIENCE 8

/* cmp code_gen[region], a number that takes four bytes, to be patched; where that is. */
static uint8_t *compare_generation(struct emit *e, uint32_t region)
{
	size_t field = offsetof(struct vcpu, code_gen) + region * 4;

	emit_alu_mem_imm(e, ALU_CMP, 4, vcpu_field(field), 0x7fffffff);
	return e->p - 4;
}

/*
 * The jump at `jump` is patched once there is code for it, and leads behind it until then,
 * with ip set: to the shared code at `thunk`, with edx. l has what is known of the link.
 */
static void make_link(struct host *h, struct link l, uint8_t *jump, uint32_t thunk)
{
	struct emit *e = h->e;
	struct jit *j = h->t->jit;
	uint8_t *to_link;
	uint32_t offset;

	emit1(e, 0xba);		/* mov edx, imm32 */
	to_link = e->p;
	emit4(e, 0);
	emit_jmp_to(e, cache_rx(j, thunk));
	if (e->full || e->end - e->p < (int64_t)sizeof(l) + 3) {
		e->full = true;
		return;
	}
	align_code(j, e, 4);
	offset = (uint32_t)(e->p - j->rw);
	l.jump = (uint32_t)(jump - j->rw);
	l.next = h->t->links;
	l.flags = key_state(&h->t->key);
	l.needs = h->t->needs;
	*link_at(j, offset) = l;
	__builtin_memcpy(to_link, &offset, 4);
	h->t->links = offset;
	e->p = (uint8_t *)(link_at(j, offset) + 1);
}

/*
 * A jump to target, which goes to the dispatcher until that patches it. same_page:
 * it is in the block's page, and nothing has run in between. open: the frame is not known.
 */
static void chain(struct host *h, uint64_t target, bool same_page, bool open)
{
	struct emit *e = h->e;
	uint8_t *mismatch = NULL, *jump;
	struct link l = { .open = open };

	if (!same_page) {
		l.gen = (uint32_t)(compare_generation(e, target >> 61) - h->t->jit->rw);
		mismatch = emit_jcc(e, CC_NE);
	}
	jump = emit_jmp(e);
	main_path_ends(h);
	emit_land(e, jump);
	if (mismatch)
		emit_land(e, mismatch);
	store_address(h, offsetof(struct vcpu, ip), target);
	make_link(h, l, jump, h->t->jit->thunk_link);
}

/*
 * To the block for v->ip: straight there if that is where the branch has led before, else
 * the jump cache knows it, or the dispatcher finds it.
 */
static void find(struct host *h, bool open)
{
	struct emit *e = h->e;
	struct link l = { .patience = PATIENCE, .open = open };
	uint8_t *other, *mismatch, *jump;

	/* No bundle's address, but one that takes eight bytes. */
	emit_mov_imm(e, RAX, ~0ull >> 1);
	l.guess = (uint32_t)(e->p - 8 - h->t->jit->rw);
	emit_alu_load(e, ALU_CMP, 8, RAX, VCPU(ip));
	other = emit_jcc(e, CC_NE);
	l.gen = (uint32_t)(compare_generation(e, 0) - h->t->jit->rw);
	mismatch = emit_jcc(e, CC_NE);
	jump = emit_jmp(e);
	main_path_ends(h);
	emit_land(e, jump);
	emit_land(e, other);
	emit_land(e, mismatch);
	make_link(h, l, jump, h->t->jit->thunk_indirect);
}

_Static_assert(offsetof(struct vcpu, code_gen) > 127, "its displacement takes four bytes");

/* To the interpreter, for the rest of a bundle. */
static void finish(struct host *h, const struct exit *x)
{
	uint64_t last = last_ip_at(h->t, x->bundle, x->ri);

	if (last != LAST_KNOWN)
		store_address(h, offsetof(struct vcpu, last_ip), last);
	store_address(h, offsetof(struct vcpu, ip), x->ip);
	emit_store_imm(h->e, 4, VCPU(ri), x->ri);
	account(h, x->bundle);
	emit_mov_imm(h->e, RAX, LEAVE_FINISH);
	leave(h);
}

/* ip, ri and last_ip as a handler of the site's instruction has to find them. rax: the site. */
static void set_position(struct host *h, uint32_t site)
{
	const struct site *s = &h->t->sites[site];

	if (s->last_ip != LAST_KNOWN)
		store_address(h, offsetof(struct vcpu, last_ip), s->last_ip);
	store_address(h, offsetof(struct vcpu, ip), s->ip);
	emit_store_imm(h->e, 4, VCPU(ri), (int32_t)s->slot);
	emit_mov(h->e, RDI, REG_VCPU);
	emit_lea_rip(h->e, RSI, (const uint8_t *)s + h->e->to_rx);
}

/* Expect the call to come back; the site of the address of the code that looks. */
static uint8_t *push_return(struct host *h)
{
	struct emit *e = h->e;
	uint8_t *site;

	emit_load(e, 1, RCX, JIT(returns_top));
	emit_alu_imm(e, ALU_ADD, 1, RCX, 8);
	emit_store(e, 1, JIT(returns_top), RCX);
	site = emit_lea_forward(e, RAX);
	emit_store(e, 8, JIT_INDEXED(returns, RCX), RAX);
	return site;
}

/*
 * Where a return to behind the call comes in, if it is one: rdx is its target, rdi
 * the site of the br.ret. PFS has to be what the call left there, but for EC, and the
 * frame still in the file (gvmm/cpu/rse.h).
 */
static void land_return(struct host *h, const struct exit *x)
{
	struct frame f = x->frame;
	struct emit *e = h->e;
	uint64_t ip = h->t->bundle[x->bundle].ip + 16;
	uint64_t pfs = frame_to_cfm(f) | (uint64_t)(h->t->key.flags & KEY_CPL) << 62;
	const void *other = cache_rx(h->t->jit, h->t->jit->thunk_return);

	emit_alu_mem_imm(e, ALU_CMP, 4, mem_at(RDI, offsetof(struct site, flags)),
			 (int32_t)key_state(&h->t->key));
	emit_jcc_to(e, CC_NE, other);
	emit_mov_imm(e, RAX, ip);
	emit_alu(e, ALU_CMP, 8, RDX, RAX);
	emit_jcc_to(e, CC_NE, other);
	emit_mov_imm(e, RCX, pfs);
	emit_alu_load(e, ALU_XOR, 8, RCX, VCPU(pfs));
	emit_shift(e, SHIFT_ROL, 8, RCX, 64 - 52);
	emit_alu_imm(e, ALU_CMP, 8, RCX, 63);
	emit_jcc_to(e, CC_A, other);
	emit_load(e, 4, RAX, VCPU(fb));
	if (f.sol)
		emit_alu_imm(e, ALU_SUB, 4, RAX, f.sol);
	emit_mov4(e, RSI, RAX);
	emit_alu_load(e, ALU_SUB, 4, RSI, VCPU(dirty));
	emit_alu_imm(e, ALU_CMP, 4, RSI, RSE_PHYS - f.sof);
	emit_jcc_to(e, CC_A, other);
	emit_store(e, 8, VCPU(ec), RCX);
	if (f.sol) {
		emit_store(e, 4, VCPU(fb), RAX);
		emit_alu_imm(e, ALU_SUB, 8, REG_FRAME, f.sol * 8);
	}
	emit_load(e, 8, RAX, mem_at(RDI, offsetof(struct site, ip)));
	emit_store(e, 8, VCPU(last_ip), RAX);
	store_frame(h, f);
	chain(h, ip, false, false);
}

/* The frame moves up over the caller's locals (gvmm/cpu/rse.h). */
static void call(struct host *h, const struct exit *x)
{
	struct frame f = x->frame, out = { .sof = (uint8_t)(f.sof - f.sol) };
	struct emit *e = h->e;
	uint8_t *back;

	if (f.sol) {
		emit_alu_mem_imm(e, ALU_ADD, 4, VCPU(fb), f.sol);
		emit_alu_imm(e, ALU_ADD, 8, REG_FRAME, f.sol * 8);
	}
	store_frame(h, out);
	account(h, x->bundle);
	store_address(h, offsetof(struct vcpu, last_ip), h->t->bundle[x->bundle].ip);
	back = push_return(h);
	if (x->kind == EXIT_CALL)
		chain(h, x->ip, in_page(h, x->ip), false);
	else
		find(h, false);
	emit_land(e, back);
	land_return(h, x);
}

static void indirect(struct host *h, const struct exit *x)
{
	account(h, x->bundle);
	store_address(h, offsetof(struct vcpu, last_ip), h->t->bundle[x->bundle].ip);
	find(h, x->open);
}

/* To where the last call is expected to come back to, which looks whether this return does. */
static void go_back(struct host *h, const struct exit *x)
{
	const struct site *s = &h->t->sites[x->site];
	struct emit *e = h->e;

	account(h, x->bundle);
	emit_load(e, 8, RDX, vcpu_field(offsetof(struct vcpu, br) + (s->insn.r2 & 7) * 8));
	emit_lea_rip(e, RDI, (const uint8_t *)s + e->to_rx);
	emit_load(e, 1, RCX, JIT(returns_top));
	emit_load(e, 8, RAX, JIT_INDEXED(returns, RCX));
	emit_alu_imm(e, ALU_SUB, 1, RCX, 8);
	emit_store(e, 1, JIT(returns_top), RCX);
	emit_jmp_reg(e, RAX);
}

/* What its handler carries out, and behind which nothing is known. */
static void branch(struct host *h, const struct exit *x)
{
	const struct site *s = &h->t->sites[x->site];
	struct emit *e = h->e;

	emit_alu_mem_imm(e, ALU_ADD, 8, PROFILE(handlers[s->insn.op]), 1);
	account(h, x->bundle);
	set_position(h, x->site);
	emit_call(e, (const void *)jit_branch);
	/* The frame may be another; rax is where to go. */
	reload_frame(h);
	emit_jmp_reg(e, RAX);
}

void leave_by(struct host *h, const struct exit *x)
{
	if (x->frame.whole != h->memory_frame.whole && x->kind != EXIT_CALL &&
	    x->kind != EXIT_CALL_IND)
		store_frame(h, x->frame);
	switch (x->kind) {
	case EXIT_LINK:
		/* Who goes on in the middle of the bundle pays for it. */
		give_back(h, h->t->bundles - x->bundle - !(x->ip & 3));
		store_address(h, offsetof(struct vcpu, last_ip), h->t->bundle[x->bundle].ip);
		chain(h, x->ip, in_page(h, x->ip), x->open);
		break;
	case EXIT_FINISH:
		finish(h, x);
		break;
	case EXIT_CALL:
	case EXIT_CALL_IND:
		call(h, x);
		break;
	case EXIT_INDIRECT:
		indirect(h, x);
		break;
	case EXIT_RETURN:
		go_back(h, x);
		break;
	default:
		branch(h, x);
		break;
	}
}

void leave_late(struct host *h)
{
	emit_alu_imm(h->e, ALU_ADD, 4, REG_LEFT, (int32_t)h->t->bundles);
	store_address(h, offsetof(struct vcpu, ip), h->t->key.ip);
	emit_jmp_to(h->e, cache_rx(h->t->jit, h->t->jit->leave_lookup));
}

void make_entry(struct host *h)
{
	struct needs needs = h->t->needs;
	struct emit *e = h->e;

	h->refused[0] = h->refused[1] = NULL;
	if (needs.plain) {
		/* rrb_gr, rrb_fr and rrb_pr, and a byte of zeros behind them */
		emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(frame.rrb_gr), 0);
		h->refused[0] = emit_jcc(e, CC_NE);
	}
	if (needs.sof) {
		emit_alu_mem_imm(e, ALU_CMP, 1, VCPU(frame.sof), needs.sof);
		h->refused[1] = emit_jcc(e, CC_B);
	}
	h->inner = (uint32_t)(e->p - h->t->jit->rw);
	/* sub left, imm32: seven bytes */
	emit1(e, 0x41);
	emit1(e, 0x81);
	emit1(e, 0xee);
	emit4(e, h->t->bundles);
	h->late = emit_jcc(e, CC_L);
}

/*
 * What the handler has loaded gets double form. It has none if it was a denormal single, or
 * of more than double precision.
 */
static void make_double(struct host *h, const struct ir *i, uint32_t loc)
{
	struct emit *e = h->e;
	uint8_t *done;

	call_form(h, loc - LOC_FR, FPREG_DOUBLE);
	if (i->size == (i->op == IR_LOADP ? 16 : 8))
		return;
	done = emit_jcc(e, CC_NE);
	leave_by(h, &h->t->exit[i->exit]);
	emit_land(e, done);
}

/* The handler is done. The stores that rely on it need the place of what it has loaded. */
static void find_addend(struct host *h, const struct stub *s)
{
	const struct ir *i = &h->t->ir[s->op];
	struct stub again = { 0 };
	uint8_t *found;

	probe_to(h, &again, s->va, i->size, TAG_WRITABLE, s->addend_reg);
	found = emit_jmp(h->e);
	emit_land(h->e, again.site[0]);
	leave_by(h, &h->t->exit[i->exit]);
	emit_land(h->e, found);
}

/* Let the handler do a memory reference, and come back with what it loaded. */
static void make_access(struct host *h, const struct stub *s)
{
	const struct ir *i = &h->t->ir[s->op];
	struct jit *j = h->t->jit;
	uint8_t *back;

	store_state(h, s);
	if (s->frame.whole != s->memory_frame.whole)
		store_frame(h, s->frame);
	call_thunk(h, i->site, h->uses_xmm ? j->thunk_access_xmm : j->thunk_access);
	if (moves_frame(h->t->sites[i->site].insn.op))
		reload_frame(h);
	if ((i->op == IR_LOAD || i->op == IR_LOADP) && (i->imm & IRM_DOUBLE))
		make_double(h, i, i->loc);
	if (i->op == IR_LOADP && (i->imm & IRM_DOUBLE))
		make_double(h, i, i->second);
	if (i->op == IR_LOAD && s->addend_reg != REG_NONE)
		find_addend(h, s);
	if (s->reg != REG_NONE)
		emit_load_word(h->e, s->reg, loc_mem(i->loc));
	if (s->second != REG_NONE)
		emit_load_word(h->e, s->second, loc_mem(i->second));
	back = emit_jmp(h->e);
	emit_patch(h->e, back, s->back + h->e->to_rx);
}

/* A store while the ALAT has entries: those that lie where it stores are dropped. */
static void look_at_alat(struct host *h, struct stub *s)
{
	struct emit *e = h->e;
	uint8_t *back;

	emit_land(e, s->alat);
	emit_mov4(e, RDX, s->va);
	emit_shift(e, SHIFT_SHR, 4, RDX, ALAT_GRANULE_BITS);
	emit_load(e, 8, RCX, VCPU(alat_granules));
	emit_bt_reg(e, RCX, RDX);
	back = emit_jcc(e, CC_AE);
	emit_patch(e, back, s->alat_back + e->to_rx);
	/* rdx = its guest-physical address: rax is the place in the machine TLB, or it is known. */
	if (s->addend_reg != REG_NONE)
		emit_mov(e, RDX, s->addend_reg);
	else
		emit_load(e, 8, RDX, mem_indexed(REG_VCPU, RAX, s->addend));
	emit_alu(e, ALU_ADD, 8, RDX, s->va);
	emit_alu_load(e, ALU_SUB, 8, RDX, VCPU(window));
	emit_mov_imm(e, RCX, h->t->ir[s->op].size);
	emit_call(e, cache_rx(h->t->jit, h->t->jit->thunk_alat));
	back = emit_jmp(e);
	emit_patch(e, back, s->alat_back + e->to_rx);
}

/* A load of a single that is no ordinary number: back if it is zero, see load_single(). */
static void look_at_single(struct host *h, struct stub *s)
{
	struct emit *e = h->e;

	emit_land(e, s->alat);
	emit_alu_imm(e, ALU_CMP, 4, RCX, 1 << 24);
	emit_patch(e, emit_jcc(e, CC_E), s->alat_back + e->to_rx);
	if (s->kind == STUB_SINGLE)
		emit_jmp_to(e, h->stub[s->access].begin + e->to_rx);
	else
		s->site[1] = emit_jmp(e);
}

static void make_other(struct host *h, const struct stub *s)
{
	switch (s->kind) {
	case STUB_ALAT:
	case STUB_SINGLE:
		break;
	case STUB_FORM:
		make_form(h, s);
		break;
	case STUB_NAN:
		make_nan(h, s);
		break;
	case STUB_ZERO:
		make_zero(h, s);
		break;
	case STUB_UNSIGNED:
		make_unsigned(h, s);
		break;
	default:
		make_flag(h, s);
		break;
	}
}

void make_stubs(struct host *h)
{
	struct emit *e = h->e;
	uint32_t n, k;

	main_path_ends(h);
	for (n = 0; n < h->nr_stubs && !e->full && !h->t->error; n++) {
		struct stub *s = &h->stub[n];

		if (s->alat && (h->t->ir[s->op].op == IR_LOAD || s->kind == STUB_SINGLE))
			look_at_single(h, s);
		else if (s->alat)
			look_at_alat(h, s);
		if (s->form)
			make_spill(h, s);
		mark(h, s->op);
		for (k = 0; k < 4; k++)
			if (s->site[k])
				emit_land(e, s->site[k]);
		s->begin = e->p;
		h->now = s->op;
		h->memory_frame = s->memory_frame;
		if (s->kind == STUB_EXIT) {
			store_state(h, s);
			leave_by(h, &h->t->exit[h->t->ir[s->op].imm]);
		} else if (s->kind == STUB_ACCESS) {
			make_access(h, s);
		} else {
			make_other(h, s);
		}
	}
	mark(h, 0);
	emit_land(e, h->late);
	emit_alu_imm(e, ALU_ADD, 4, REG_LEFT, (int32_t)h->t->bundles);
	/* A dropped block comes in behind the addition: it has taken nothing. */
	h->stale = (uint32_t)(e->p - h->t->jit->rw);
	store_address(h, offsetof(struct vcpu, ip), h->t->key.ip);
	emit_jmp_to(e, cache_rx(h->t->jit, h->t->jit->leave_lookup));
	if (!h->refused[0] && !h->refused[1])
		return;
	for (k = 0; k < 2; k++)
		if (h->refused[k])
			emit_land(e, h->refused[k]);
	store_address(h, offsetof(struct vcpu, ip), h->t->key.ip);
	emit_mov_imm(e, RAX, LEAVE_REFUSED);
	leave(h);
}

/*
 * alloc: the frame grows or shrinks in place while it fits (rse_fits()); else the
 * handler does it, off the main path.
 */
void select_alloc(struct host *h, const struct ir *i)
{
	struct frame f = h->t->exit[i->imm].frame;
	struct emit *e = h->e;
	struct stub *s;

	flags_drop(h);
	s = add_stub(h, STUB_ACCESS);
	save_state(h, s);
	emit_load(e, 4, RAX, VCPU(fb));
	emit_alu_load(e, ALU_SUB, 4, RAX, VCPU(dirty));
	emit_alu_imm(e, ALU_CMP, 4, RAX, RSE_PHYS - f.sof);
	s->site[0] = emit_jcc(e, CC_A);
	store_frame(h, f);
	s->back = e->p;
	h->frame = h->memory_frame = f;
}
