// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register allocation: one pass along the operations, with the next use of every
 * value known. A location's memory is written only when its register is needed for
 * something else, or where a handler has to find it.
 */
#include "gvmm/jit/host.h"

struct host_mem loc_mem(uint32_t loc)
{
	if (loc < LOC_GR + 32)
		return vcpu_field(offsetof(struct vcpu, gr) + loc * 8);
	if (loc < LOC_PR)
		return mem_at(REG_FRAME, (int32_t)(loc - 32) * 8);
	if (loc < LOC_FR)
		return vcpu_field(offsetof(struct vcpu, pr) + (loc - LOC_PR));
	if (loc < LOC_FT)
		return vcpu_field(offsetof(struct vcpu, fr) + (loc - LOC_FR) * sizeof(struct fpreg));
	if (loc < LOC_FB)
		return vcpu_field(offsetof(struct vcpu, fr) + offsetof(struct fpreg, se) +
				  (loc - LOC_FT) * sizeof(struct fpreg));
	if (loc < LOC_BR)
		return vcpu_field(offsetof(struct vcpu, fr_b) + (loc - LOC_FB) * 8);
	if (loc < LOC_LC)
		return vcpu_field(offsetof(struct vcpu, br) + (loc - LOC_BR) * 8);
	switch (loc) {
	case LOC_LC:
		return VCPU(lc);
	case LOC_EC:
		return VCPU(ec);
	case LOC_PFS:
		return VCPU(pfs);
	case LOC_CCV:
		return VCPU(ccv);
	case LOC_UNAT:
		return VCPU(unat);
	default:
		return VCPU(ip);
	}
}

static const struct ir *ir_of(const struct host *h, ir_ref r)
{
	return &h->t->ir[ir_index(r)];
}

static bool is_known(const struct host *h, uint32_t index)
{
	return h->t->ir[index].op == IR_K;
}

/* All locations hold what memory does, which is not known. */
static void forget_contents(struct host *h)
{
	static const struct content nothing = {
		.ref = IR_NONE,
		.next = LOC_NONE,
		.memory = IR_NONE,
	};
	uint32_t loc;

	if (h->prepared)
		for (loc = loc_next(&h->touched, 0); loc != LOC_NONE;
		     loc = loc_next(&h->touched, loc + 1))
			h->content[loc] = nothing;
	else
		for (loc = 0; loc < NR_LOCS; loc++)
			h->content[loc] = nothing;
	h->prepared = true;
	h->dirty = h->touched = (struct loc_set){{0}};
}

struct content *content_of(struct host *h, uint32_t loc)
{
	loc_put(&h->touched, loc, true);
	return &h->content[loc];
}

void alloc_begin(struct host *h, struct translation *t, struct emit *e)
{
	uint32_t n;

	h->t = t;
	h->e = e;
	h->pinned = h->spills = h->flags = h->uses_xmm = 0;
	h->nr_stubs = h->nr_saved = 0;
	h->loop_head = h->rest = NULL;
	h->looked = h->counts_rounds = h->last_pending = false;
	h->nr_pending = 0;
	h->frame = h->memory_frame = t->key.frame;
	forget_contents(h);
	for (n = 0; n < NR_HOST; n++)
		h->in_reg[n] = IR_NONE;
	__builtin_memset(h->header, REG_NONE, sizeof(h->header));
	for (n = 0; n <= t->nr_ir; n++)
		h->value[n] = (struct value){
			t->ir[n].first, LOC_NONE, LOC_NONE, REG_NONE, SPILL_NONE, REG_NONE
		};
}

/* Can the block be left before the location changes again? */
static bool loc_needed(const struct host *h, uint32_t loc)
{
	return loc_in(&h->dirty, loc) &&
	       h->t->ir[h->now].exits != h->t->ir[h->content[loc].until].exits;
}

static bool locs_need(const struct host *h, uint32_t index)
{
	uint32_t loc;

	for (loc = h->value[index].locs; loc != LOC_NONE; loc = h->content[loc].next)
		if (loc_needed(h, loc))
			return true;
	return false;
}

static void release(struct host *h, uint32_t index)
{
	struct value *v = &h->value[index];

	if (v->reg != REG_NONE)
		h->in_reg[v->reg] = IR_NONE;
	if (v->spill != SPILL_NONE)
		h->spills &= ~(1u << v->spill);
	v->reg = REG_NONE;
	v->spill = SPILL_NONE;
}

static void spill(struct host *h, uint32_t index)
{
	struct value *v = &h->value[index];
	uint32_t free = ~h->spills;

	if (v->spill != SPILL_NONE)
		return;
	if (!free) {
		h->e->full = true;
		return;
	}
	v->spill = (uint8_t)__builtin_ctz(free);
	h->spills |= 1u << v->spill;
	if (v->reg >= 16)
		emit_store_double(h->e, spill_mem(v->spill), v->reg);
	else
		emit_store(h->e, 8, spill_mem(v->spill), v->reg);
}

/* rax = a BOOL's complement: without the flags, if they are in use, by an instruction more. */
static void complement(struct host *h, uint32_t reg)
{
	emit_mov(h->e, RAX, reg);
	if (!h->flags) {
		emit_alu_imm(h->e, ALU_XOR, 4, RAX, 1);
		return;
	}
	/* 1 - x = ~x + 2 */
	emit_not(h->e, RAX);
	emit_lea(h->e, RAX, mem_at(RAX, 2));
}

/* Store a register's value, of a reference, into the location. Changes rax for a complement. */
static void store_reg(struct host *h, uint32_t loc, ir_ref r, uint32_t reg)
{
	struct emit *e = h->e;

	if (reg >= 16) {
		emit_store_double(e, loc_mem(loc), reg);
	} else if (ir_of(h, r)->type != IR_BOOL) {
		emit_store(e, 8, loc_mem(loc), reg);
	} else if (!(r & IR_NOT)) {
		emit_store(e, 1, loc_mem(loc), reg);
	} else {
		complement(h, reg);
		emit_store(e, 1, loc_mem(loc), RAX);
	}
}

static void store_known(struct host *h, uint32_t loc, ir_ref r)
{
	int64_t x = ir_of(h, r)->imm;

	if (ir_of(h, r)->type == IR_BOOL) {
		emit_store_imm(h->e, 1, loc_mem(loc), (int32_t)x ^ (r & IR_NOT ? 1 : 0));
	} else if (x == (int32_t)x) {
		emit_store_imm(h->e, 8, loc_mem(loc), (int32_t)x);
	} else {
		emit_mov_imm(h->e, RAX, (uint64_t)x);
		emit_store(h->e, 8, loc_mem(loc), RAX);
	}
}

static void store_one(struct host *h, uint32_t loc, ir_ref r, uint32_t reg, uint32_t slot)
{
	if (reg == REG_NONE && ir_of(h, r)->op == IR_K) {
		store_known(h, loc, r);
		return;
	}
	if (reg == REG_NONE) {
		reg = ir_of(h, r)->type == IR_F64 ? XMM(15) : RAX;
		emit_load_word(h->e, reg, spill_mem(slot));
	}
	store_reg(h, loc, r, reg);
}

/* Memory of the location is brought up to date, and the value can be found there. */
void store_loc(struct host *h, uint32_t loc)
{
	struct content *c = &h->content[loc];
	struct value *v = &h->value[ir_index(c->ref)];

	store_one(h, loc, c->ref, v->reg, v->spill);
	loc_put(&h->dirty, loc, false);
	if (c->lost)
		return;
	c->memory = c->ref;
	if (!(c->ref & IR_NOT))
		v->home = (uint16_t)loc;
}

/* The value has to leave its register. */
static void evict(struct host *h, uint32_t reg)
{
	uint32_t index = h->in_reg[reg], loc;
	struct value *v = &h->value[index];

	for (loc = v->locs; loc != LOC_NONE; loc = h->content[loc].next)
		if (loc_needed(h, loc))
			store_loc(h, loc);
	if (v->next && v->home == LOC_NONE && !is_known(h, index))
		spill(h, index);
	h->in_reg[reg] = IR_NONE;
	v->reg = REG_NONE;
}

/* A free register out of the pool, pinned. */
static uint32_t take(struct host *h, uint32_t pool, uint32_t hint)
{
	uint32_t best = REG_NONE, distance = 0, bits;

	pool &= ~h->pinned;
	if (hint != REG_NONE && (pool >> hint & 1) && h->in_reg[hint] == IR_NONE) {
		h->pinned |= 1u << hint;
		return hint;
	}
	for (bits = pool; bits; bits &= bits - 1) {
		uint32_t reg = (uint32_t)__builtin_ctz(bits), next;

		if (h->in_reg[reg] == IR_NONE) {
			best = reg;
			break;
		}
		next = h->value[h->in_reg[reg]].next;
		next = next ? next : 2 * IR_MAX;
		if (next >= distance) {
			distance = next;
			best = reg;
		}
	}
	if (best == REG_NONE) {
		h->t->error = "an operation has more operands than there are registers";
		return (uint32_t)__builtin_ctz(h->pinned);
	}
	if (h->in_reg[best] != IR_NONE)
		evict(h, best);
	h->pinned |= 1u << best;
	return best;
}

static uint32_t pool_of(const struct host *h, uint32_t index)
{
	uint32_t type = h->t->ir[index].type;

	return type == IR_F64 || type == IR_VEC ? POOL_XMM : POOL_GPR;
}

/* The register changes in the loop. */
static void written(struct host *h, uint32_t reg, bool by_value)
{
	uint32_t at = 2 * h->now + by_value;

	if (h->counts_rounds && at < h->written[reg])
		h->written[reg] = (uint16_t)at;
}

static void bind(struct host *h, uint32_t index, uint32_t reg)
{
	h->value[index].reg = (uint8_t)reg;
	h->in_reg[reg] = (ir_ref)index;
	h->pinned |= 1u << reg;
	if (reg >= 16)
		h->uses_xmm = 1;
}

/* Leaves the flags alone; an XMM register's number takes rax. */
static void load_known(struct host *h, uint64_t x, uint32_t reg)
{
	if (reg < 16) {
		emit_mov_imm(h->e, reg, x);
	} else if (!x) {
		emit_zero_double(h->e, reg);
	} else {
		emit_mov_imm(h->e, RAX, x);
		emit_mov_to_xmm(h->e, reg, RAX);
	}
}

void load_value(struct host *h, uint32_t index, uint32_t reg)
{
	const struct value *v = &h->value[index];
	struct emit *e = h->e;
	struct host_mem m;

	if (is_known(h, index)) {
		load_known(h, (uint64_t)h->t->ir[index].imm, reg);
		return;
	}
	if (v->spill == SPILL_NONE && v->home == LOC_NONE) {
		h->t->error = "a value has no place";
		return;
	}
	m = v->spill != SPILL_NONE ? spill_mem(v->spill) : loc_mem(v->home);
	if (h->t->ir[index].type == IR_BOOL && v->spill == SPILL_NONE)
		emit_load(e, 1, reg, m);
	else
		emit_load_word(e, reg, m);
}

uint32_t use(struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r);
	uint32_t reg = h->value[index].reg;

	if (reg == REG_NONE) {
		reg = take(h, pool_of(h, index), h->value[index].hint);
		load_value(h, index, reg);
		bind(h, index, reg);
		written(h, reg, false);
	}
	h->pinned |= 1u << reg;
	return reg;
}

uint32_t def(struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r);
	uint32_t reg = take(h, pool_of(h, index), h->value[index].hint);

	bind(h, index, reg);
	written(h, reg, true);
	return reg;
}

bool is_needed(struct host *h, uint32_t index)
{
	const struct ir *i = &h->t->ir[h->now];
	uint32_t next = h->value[index].next;

	if (next == h->now) {
		next = 0;
		if (ir_index(i->a) == index && i->next_a != h->now)
			next = i->next_a;
		if (ir_index(i->b) == index && i->next_b != h->now)
			next = i->next_b;
		if (ir_index(i->c) == index && i->next_c != h->now)
			next = i->next_c;
		if (ir_index(i->other) == index && i->next_other != h->now)
			next = i->next_other;
		if (ir_index(i->guard) == index && i->next_guard != h->now)
			next = i->next_guard;
	}
	return next || locs_need(h, index);
}

uint32_t def_after(struct host *h, ir_ref r, ir_ref a)
{
	uint32_t index = ir_index(a), reg = h->value[index].reg;
	uint32_t hint = h->value[ir_index(r)].hint;

	if (reg == REG_NONE || !(pool_of(h, ir_index(r)) >> reg & 1) || is_needed(h, index))
		return def(h, r);
	if (hint != REG_NONE && hint != reg && h->in_reg[hint] == IR_NONE)
		return def(h, r);
	release(h, index);
	bind(h, ir_index(r), reg);
	written(h, reg, true);
	return reg;
}

uint32_t def_over(struct host *h, ir_ref r, ir_ref a, ir_ref other)
{
	uint32_t from = use(h, a), reg;

	reg = other != IR_NONE && ir_index(other) == ir_index(a) ? def(h, r) : def_after(h, r, a);
	if (reg >= 16)
		emit_mov_double(h->e, reg, from);
	else
		emit_mov(h->e, reg, from);
	return reg;
}

/* A value that is not needed any more leaves its places. */
static void let_go(struct host *h, ir_ref r)
{
	uint32_t index = ir_index(r);

	if (r != IR_NONE && !h->value[index].next && !locs_need(h, index) && h->flags != index)
		release(h, index);
}

static void step_operand(struct host *h, ir_ref r, uint32_t next)
{
	/* If it is an operand twice, its next use is that of the first. */
	if (r != IR_NONE && next != h->now)
		h->value[ir_index(r)].next = (uint16_t)next;
	let_go(h, r);
}

void alloc_step(struct host *h)
{
	const struct ir *i = &h->t->ir[h->now];

	h->pinned = 0;
	step_operand(h, i->a, i->next_a);
	step_operand(h, i->b, i->next_b);
	if (ir_is_binary(i))
		return;
	step_operand(h, i->c, i->next_c);
	step_operand(h, i->other, i->next_other);
	step_operand(h, i->guard, i->next_guard);
}

/* Take the location off the list of those that hold what it held. */
static void unlink(struct host *h, uint32_t loc)
{
	struct content *c = &h->content[loc];
	struct value *v;
	uint16_t *at;

	if (c->ref == IR_NONE)
		return;
	v = &h->value[ir_index(c->ref)];
	for (at = &v->locs; *at != LOC_NONE && *at != loc;)
		at = &h->content[*at].next;
	if (*at == loc)
		*at = c->next;
	let_go(h, c->ref);
	c->ref = IR_NONE;
	loc_put(&h->dirty, loc, false);
}

void alloc_get(struct host *h, const struct ir *i)
{
	uint32_t index = (uint32_t)(i - h->t->ir);
	struct content *c = content_of(h, i->loc);

	/* A loop's header has it. */
	if (h->value[index].locs == i->loc)
		return;
	/* It may hold what a handler has overwritten. */
	unlink(h, i->loc);
	h->value[index].home = i->loc;
	c->memory = (ir_ref)index;
	c->lost = false;
}

/* The value that the location's memory holds will not be found there any more, unless it is `but`. */
static void move_out(struct host *h, uint32_t loc, ir_ref but)
{
	struct content *c = &h->content[loc];
	uint32_t index = ir_index(c->memory);
	struct value *v;

	if (c->memory == IR_NONE || c->memory == but)
		return;
	v = &h->value[index];
	if (v->home != loc)
		return;
	if (v->next && v->reg == REG_NONE && v->spill == SPILL_NONE)
		use(h, (ir_ref)index);
	v->home = LOC_NONE;
}

/* Are both the same value, known or not? */
static bool same_value(const struct host *h, ir_ref a, ir_ref b)
{
	return a == b || (a != IR_NONE && is_known(h, ir_index(a)) && is_known(h, ir_index(b)) &&
			  ir_of(h, a)->type != IR_BOOL && ir_of(h, a)->imm == ir_of(h, b)->imm);
}

void alloc_lost(struct host *h, uint32_t loc, ir_ref known)
{
	struct content *c = content_of(h, loc);

	if (known != IR_NONE && c->memory != IR_NONE && same_value(h, c->memory, known))
		return;
	move_out(h, loc, IR_NONE);
	c->memory = IR_NONE;
	c->lost = true;
}

void alloc_form(struct host *h, uint32_t loc, ir_ref form)
{
	uint32_t reg = loc - LOC_FT + LOC_FR;

	if (loc_in(&h->dirty, reg))
		store_loc(h, reg);
	if (loc_in(&h->dirty, loc))
		store_loc(h, loc);
	alloc_lost(h, reg, IR_NONE);
	alloc_lost(h, loc, IR_NONE);
	unlink(h, reg);
	unlink(h, loc);
	h->content[reg].lost = h->content[loc].lost = false;
	h->content[loc].memory = form;
}

void alloc_overwritten(struct host *h, uint32_t loc)
{
	struct content *c = content_of(h, loc);

	move_out(h, loc, IR_NONE);
	unlink(h, loc);
	c->memory = IR_NONE;
	c->lost = false;
}

void alloc_put(struct host *h, const struct ir *i)
{
	struct content *c = content_of(h, i->loc);
	struct value *v = &h->value[ir_index(i->a)];
	uint32_t index = ir_index(i->a);

	move_out(h, i->loc, i->a);
	if (!is_known(h, index) && v->reg == REG_NONE && v->spill == SPILL_NONE &&
	    (h->flags != index || v->home != LOC_NONE) && c->memory != i->a)
		use(h, i->a);
	unlink(h, i->loc);
	c->lost = false;
	c->ref = i->a;
	c->until = i->until;
	loc_put(&h->dirty, i->loc, !same_value(h, c->memory, i->a));
	c->next = v->locs;
	v->locs = i->loc;
	if (c->memory == i->a && !(i->a & IR_NOT))
		v->home = i->loc;
}

uint32_t bool_reg(struct host *h, uint32_t index)
{
	return h->value[index].reg;
}

struct host_mem bool_mem(struct host *h, uint32_t index)
{
	const struct value *v = &h->value[index];

	if (v->spill == SPILL_NONE && v->home == LOC_NONE)
		h->t->error = "a predicate has no place";
	return v->spill != SPILL_NONE ? spill_mem(v->spill) : loc_mem(v->home);
}

void flags_drop(struct host *h)
{
	uint32_t index = h->flags, reg;

	if (!index)
		return;
	if (is_needed(h, index) && h->value[index].reg == REG_NONE &&
	    h->value[index].spill == SPILL_NONE && h->value[index].home == LOC_NONE) {
		reg = take(h, POOL_GPR, REG_NONE);
		emit_setcc(h->e, h->cc, reg);
		bind(h, index, reg);
		written(h, reg, false);
	}
	h->flags = 0;
}

void sync_some(struct host *h, uint32_t first, uint32_t end)
{
	uint32_t loc;

	flags_drop(h);
	for (loc = loc_next(&h->dirty, first); loc < end; loc = loc_next(&h->dirty, loc + 1))
		store_loc(h, loc);
}

void sync_all(struct host *h)
{
	sync_some(h, 0, LOC_NONE);
}

void keep_values(struct host *h, uint32_t kept)
{
	uint32_t reg;

	for (reg = 0; reg < NR_HOST; reg++) {
		uint32_t index = h->in_reg[reg];
		const struct value *v;

		if (index == IR_NONE || kept >> reg & 1)
			continue;
		v = &h->value[index];
		if (v->next && v->home == LOC_NONE && !is_known(h, index))
			spill(h, index);
	}
}

void drop_registers(struct host *h, uint32_t kept)
{
	uint32_t reg;

	for (reg = 0; reg < NR_HOST; reg++)
		if (h->in_reg[reg] != IR_NONE && !(kept >> reg & 1)) {
			h->value[h->in_reg[reg]].reg = REG_NONE;
			h->in_reg[reg] = IR_NONE;
		}
}

void drop_values(struct host *h)
{
	drop_registers(h, 0);
	h->spills = 0;
	forget_contents(h);
}

void save_state(struct host *h, struct stub *s)
{
	uint32_t loc;

	s->saved = (uint16_t)h->nr_saved;
	for (loc = loc_next(&h->dirty, 0); loc != LOC_NONE; loc = loc_next(&h->dirty, loc + 1)) {
		struct content *c = &h->content[loc];
		const struct value *v;

		if (!loc_needed(h, loc))
			continue;
		/* Behind a stub that comes back, memory may hold the one value or the other. */
		if (s->kind == STUB_ACCESS)
			c->memory = IR_NONE;
		if (h->nr_saved == NR_SAVED) {
			h->e->full = true;
			break;
		}
		v = &h->value[ir_index(c->ref)];
		if (v->reg == REG_NONE && v->spill == SPILL_NONE && !is_known(h, ir_index(c->ref)))
			h->t->error = "what a location holds has no place";
		h->saved[h->nr_saved++] =
			(struct saved){ (uint16_t)loc, v->reg, v->spill, c->ref };
	}
	s->nr_saved = (uint16_t)(h->nr_saved - s->saved);
	s->frame = h->frame;
	s->memory_frame = h->memory_frame;
	/* The handler has to find it. */
	if (s->kind == STUB_ACCESS && h->frame.whole != h->memory_frame.whole)
		h->memory_frame.whole = FRAME_UNKNOWN;
}

void store_saved(struct host *h, const struct saved *d)
{
	store_one(h, d->loc, d->ref, d->reg, d->spill);
}

void store_state(struct host *h, const struct stub *s)
{
	uint32_t n;

	loop_pending(h, s);
	for (n = s->saved; n < s->saved + s->nr_saved; n++)
		store_saved(h, &h->saved[n]);
}
