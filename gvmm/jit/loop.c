// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops: a block that comes back to its start keeps what its locations hold in
 * registers, the same ones each time round.
 */
#include "gvmm/jit/select.h"

/* Registers that locations may have throughout the loop; the others are for what is made inside. */
#define HEADER_GPRS	7
#define HEADER_XMMS	9

/*
 * Is what the locations hold at the loop's head what the operations find where they
 * are? Not if a handler may change them, or has to have a register in memory.
 */
static bool keeps_locations(const struct translation *t)
{
	struct loc_set put = { { 0 } };
	uint32_t n;

	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];
		uint32_t fr = i->loc - LOC_FT + LOC_FR;

		if (ir_flags(i->op) & IRF_APART)
			return false;
		if (i->op == IR_PUT)
			loc_put(&put, i->loc, true);
		if (i->op == IR_FORM && (loc_in(&put, i->loc) || loc_in(&put, fr)))
			return false;
	}
	return true;
}

/* What floating-point operations rely on is looked at once, before the loop. */
static void look_ahead(struct host *h)
{
	const struct translation *t = h->t;
	uint32_t n;

	for (n = 1; n < t->nr_ir; n++) {
		h->now = n;
		if (t->ir[n].op == IR_FLOATS)
			select_floats(h, &t->ir[n]);
		else if (t->ir[n].op == IR_FORM)
			select_form(h, &t->ir[n]);
	}
	h->now = 1;
	h->looked = true;
}

/* The first PUT of the location, or the end. */
static uint32_t first_put(const struct translation *t, uint32_t loc)
{
	uint32_t n;

	for (n = 1; n < t->nr_ir; n++)
		if (t->ir[n].op == IR_PUT && t->ir[n].loc == loc)
			return n;
	return t->nr_ir;
}

/* Bytes of the location that a GET reads. */
static uint32_t loc_size(const struct translation *t, uint32_t index)
{
	return t->ir[index].type == IR_BOOL ? 1 : 8;
}

static void make_header(struct host *h, uint32_t index, uint32_t reg)
{
	const struct translation *t = h->t;
	uint32_t loc = t->ir[index].loc, put = first_put(t, loc);
	struct content *c = content_of(h, loc);
	struct value *v = &h->value[index];

	if (reg >= 16) {
		emit_load_double(h->e, reg, loc_mem(loc));
		h->uses_xmm = 1;
	} else {
		emit_load(h->e, loc_size(t, index), reg, loc_mem(loc));
	}
	v->reg = (uint8_t)reg;
	h->in_reg[reg] = (ir_ref)index;
	h->header[loc] = (uint8_t)reg;
	v->locs = (uint16_t)loc;
	*c = (struct content){
		.ref = (ir_ref)index, .next = LOC_NONE, .until = (uint16_t)put, .memory = IR_NONE,
	};
	loc_put(&h->dirty, loc, put != t->nr_ir);
	if (put == t->nr_ir) {
		c->memory = (ir_ref)index;
		v->home = (uint16_t)loc;
	}
}

static bool pool_fits(uint32_t type, uint32_t reg)
{
	return (type == IR_VEC || type == IR_F64) == (reg >= 16);
}

/* What each of the locations holds at the end had best be made in its register. */
static void give_hints(struct host *h)
{
	const struct translation *t = h->t;
	uint32_t n;

	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];

		if (i->op == IR_PUT && i->until == t->nr_ir && h->header[i->loc] != REG_NONE &&
		    pool_fits(t->ir[ir_index(i->a)].type, h->header[i->loc]))
			h->value[ir_index(i->a)].hint = h->header[i->loc];
	}
}

/* Registers that can be given to locations. */
struct header_pool {
	uint32_t regs, gprs, xmms;
};

/* First those that the loop computes with, then what spares a reference to memory. */
static void make_headers(struct host *h, struct header_pool *pool, bool rest)
{
	const struct translation *t = h->t;
	uint32_t n, reg;

	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];
		bool xmm = i->type == IR_F64;
		uint32_t *left = xmm ? &pool->xmms : &pool->gprs;

		if (i->op != IR_GET || (i->type == IR_BOOL || i->size) != rest || !*left)
			continue;
		reg = (uint32_t)__builtin_ctz(pool->regs & (xmm ? POOL_XMM : POOL_GPR));
		pool->regs &= ~(1u << reg);
		--*left;
		make_header(h, n, reg);
	}
}

/* What is left goes down with each round: a stub can tell whether this is the first one. */
static void count_rounds(struct host *h)
{
	h->counts_rounds = true;
	h->spills |= 1u << FIRST_ROUND;
	__builtin_memset(h->written, 0xff, sizeof(h->written));
	emit_store(h->e, 4, spill_mem(FIRST_ROUND), REG_LEFT);
}

void loop_begin(struct host *h)
{
	struct translation *t = h->t;
	struct header_pool pool = { POOL_GPR | POOL_XMM, HEADER_GPRS, HEADER_XMMS };

	make_entry(h);
	if (keeps_locations(t)) {
		look_ahead(h);
		make_headers(h, &pool, false);
		make_headers(h, &pool, true);
		count_rounds(h);
	}
	give_hints(h);
	h->loop_head = h->e->p;
}

struct move {
	uint8_t to, from;	/* REG_NONE: from its place in memory */
	ir_ref value;
};

/* Between registers of any kind. */
static void move(struct emit *e, uint32_t to, uint32_t from)
{
	if (to >= 16 && from >= 16)
		emit_mov_double(e, to, from);
	else if (to >= 16)
		emit_mov_to_xmm(e, to, from);
	else if (from >= 16)
		emit_mov_to_gpr(e, to, from);
	else
		emit_mov(e, to, from);
}

/* All moves at once: no source is overwritten before it has been read. */
static void move_all(struct host *h, struct move *m, uint32_t count)
{
	struct emit *e = h->e;

	while (count) {
		uint32_t n, k;

		for (n = 0; n < count; n++) {
			for (k = 0; k < count; k++)
				if (k != n && m[k].from == m[n].to)
					break;
			if (k == count)
				break;
		}
		if (n == count) {
			/* A cycle: one of its registers waits in a scratch register. */
			uint8_t scratch = m[0].to >= 16 ? XMM(15) : RDX;

			move(e, scratch, m[0].to);
			for (k = 0; k < count; k++)
				if (m[k].from == m[0].to)
					m[k].from = scratch;
			continue;
		}
		if (m[n].from != REG_NONE)
			move(e, m[n].to, m[n].from);
		else
			load_value(h, ir_index(m[n].value), m[n].to);
		m[n] = m[--count];
	}
}

/* What a loop does with locations. */
struct scan {
	struct loc_set read;		/* in memory, when they are not in a register of the header */
	uint16_t put[NR_LOCS];		/* the first PUT, or the end */
	uint32_t headers;		/* registers that locations have throughout */
};

static void scan_loop(const struct host *h, struct scan *s)
{
	const struct translation *t = h->t;
	uint32_t n, loc;

	*s = (struct scan){ 0 };
	for (loc = 0; loc < NR_LOCS; loc++) {
		s->put[loc] = (uint16_t)t->nr_ir;
		if (h->header[loc] != REG_NONE)
			s->headers |= 1u << h->header[loc];
	}
	for (n = t->nr_ir - 1; n; n--) {
		const struct ir *i = &t->ir[n];

		if (i->op == IR_PUT) {
			s->put[i->loc] = (uint16_t)n;
		} else if (i->op == IR_GET) {
			loc_put(&s->read, i->loc, true);
		} else if (i->op == IR_SPILL) {
			loc_put(&s->read, i->loc, true);
			loc_put(&s->read, i->loc - LOC_FR + LOC_FT, true);
			loc_put(&s->read, i->loc - LOC_FR + LOC_FB, true);
		} else if (i->op == IR_FORM) {
			loc_put(&s->read, i->loc, true);
			loc_put(&s->read, i->loc - LOC_FT + LOC_FR, true);
		} else if (i->op == IR_GETPRS) {
			for (loc = LOC_PR; loc < LOC_FR; loc++)
				loc_put(&s->read, loc, true);
		}
	}
}

/* Does the stub store what locations hold, inside of the loop? */
static bool stores_state(const struct stub *s)
{
	return (s->kind == STUB_EXIT || s->kind == STUB_ACCESS || s->kind == STUB_FORM ||
		s->kind == STUB_ZERO) && !s->entry;
}

/* Do all stubs up to the location's first PUT still find a register of the loop's end as it was? */
static bool survives(const struct host *h, uint32_t reg, uint32_t put)
{
	uint32_t n;

	/* Not all in order: those of what is looked at ahead of the loop come first. */
	for (n = 0; n < h->nr_stubs; n++) {
		const struct stub *s = &h->stub[n];
		const struct ir *i = &h->t->ir[s->op];
		/* Unless there is another value, a load writes its register last. */
		bool late = (i->op == IR_LOAD && i->c == IR_NONE && i[1].op != IR_ADDEND) ||
			    i->op == IR_LOADP;

		if (s->op < put && stores_state(s) && h->written[reg] < 2 * s->op + (late ? 1 : 2))
			return false;
	}
	return true;
}

/*
 * What the location holds at the loop's end need not be stored there, if it is known or in
 * a register that survives: stubs store it, and the code behind the loop.
 */
static bool is_pending(struct host *h, const struct scan *s, uint32_t loc)
{
	const struct content *c = &h->content[loc];
	const struct value *v = &h->value[ir_index(c->ref)];
	bool known = h->t->ir[ir_index(c->ref)].op == IR_K;

	if (!h->counts_rounds || h->nr_pending == NR_PENDING || loc_in(&s->read, loc))
		return false;
	if (!known && (v->reg == REG_NONE || (s->headers >> v->reg & 1) ||
		       !survives(h, v->reg, s->put[loc])))
		return false;
	h->pending[h->nr_pending++] = (struct pending){
		{ (uint16_t)loc, known ? REG_NONE : v->reg, SPILL_NONE, c->ref }, s->put[loc],
	};
	return true;
}

static bool is_first(const struct translation *t, const struct ir *i)
{
	return last_ip_at(t, i->bundle, i->slot) == LAST_KNOWN;
}

void loop_pending(struct host *h, const struct stub *s)
{
	const struct translation *t = h->t;
	bool last = h->last_pending && is_first(t, &t->ir[s->op]), any = last;
	uint8_t *first;
	uint32_t n;

	if (!stores_state(s))
		return;
	for (n = 0; n < h->nr_pending && !any; n++)
		any = s->op < h->pending[n].until;
	if (!any)
		return;
	emit_alu_load(h->e, ALU_CMP, 4, REG_LEFT, spill_mem(FIRST_ROUND));
	first = emit_jcc(h->e, CC_E);
	for (n = 0; n < h->nr_pending; n++)
		if (s->op < h->pending[n].until)
			store_saved(h, &h->pending[n].what);
	if (last)
		store_address(h, offsetof(struct vcpu, last_ip), t->bundle[t->bundles - 1].ip);
	emit_land(h->e, first);
}

/* What the handler of the very first slot has to know: which instruction came before it. */
static void note_last(struct host *h)
{
	const struct translation *t = h->t;

	h->last_pending = h->counts_rounds;
	if (!h->counts_rounds && t->nr_sites && t->site_of[1] == 0)
		store_address(h, offsetof(struct vcpu, last_ip), t->bundle[t->bundles - 1].ip);
}

void loop_end(struct host *h)
{
	struct translation *t = h->t;
	struct emit *e = h->e;
	struct move moves[NR_HOST];
	uint32_t loc, n, count = 0, complements = 0;
	struct scan s;

	flags_drop(h);
	scan_loop(h, &s);
	for (loc = loc_next(&h->dirty, 0); loc != LOC_NONE; loc = loc_next(&h->dirty, loc + 1))
		if (h->header[loc] == REG_NONE && !is_pending(h, &s, loc))
			store_loc(h, loc);
	for (loc = 0; loc < NR_LOCS; loc++) {
		ir_ref r = h->content[loc].ref;
		uint8_t to = h->header[loc], from;

		if (to == REG_NONE)
			continue;
		from = h->value[ir_index(r)].reg;
		if (r & IR_NOT)
			complements |= 1u << to;
		if (from != to)
			moves[count++] = (struct move){ to, from, r };
	}
	move_all(h, moves, count);
	for (; complements; complements &= complements - 1)
		emit_alu_imm(e, ALU_XOR, 4, (uint32_t)__builtin_ctz(complements), 1);
	if (h->memory_frame.whole != t->key.frame.whole)
		store_frame(h, t->key.frame);
	note_last(h);
	emit_alu_imm(e, ALU_SUB, 4, REG_LEFT, (int32_t)t->bundles);
	emit_patch(e, emit_jcc(e, CC_GE), h->loop_head + e->to_rx);
	main_path_ends(h);
	for (loc = 0; loc < NR_LOCS; loc++)
		if (h->header[loc] == REG_NONE || s.put[loc] == t->nr_ir)
			continue;
		else if (h->header[loc] >= 16)
			emit_store_double(e, loc_mem(loc), h->header[loc]);
		else
			emit_store(e, loc >= LOC_PR && loc < LOC_FR ? 1 : 8, loc_mem(loc),
				   h->header[loc]);
	for (n = 0; n < h->nr_pending; n++)
		store_saved(h, &h->pending[n].what);
	store_address(h, offsetof(struct vcpu, last_ip), t->bundle[t->bundles - 1].ip);
	leave_late(h);
}
