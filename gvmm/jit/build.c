// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front end's core: appending operations, what locations hold, ways out, and
 * the walk over a block's instructions.
 */
#include "gvmm/isa/exec.h"
#include "gvmm/jit/build.h"
#include "gvmm/jit/ways.h"

#define FOLLOWS_NONE	3

static void too_large(struct translation *t, const char *what)
{
	t->error = what;
	t->large = true;
}

ir_ref ir_add(struct translation *t, uint32_t op, uint32_t type, ir_ref a, ir_ref b, ir_ref c,
	      int64_t imm)
{
	struct ir *i = &t->ir[t->nr_ir];

	*i = (struct ir){
		.op = (uint8_t)op, .type = (uint8_t)type, .bundle = (uint16_t)t->at,
		.slot = (uint8_t)t->slot, .a = a, .b = b, .c = c, .imm = imm, .loc = LOC_NONE,
		.other = IR_NONE, .guard = IR_NONE,
	};
	if (t->nr_ir + 1 < IR_MAX)
		return (ir_ref)t->nr_ir++;
	too_large(t, "too many operations");
	return (ir_ref)t->nr_ir;
}

ir_ref get_as(struct translation *t, uint32_t loc, enum ir_type type)
{
	if (loc == LOC_GR)
		return ir_k(t, 0);
	if (loc == LOC_PR)
		return ir_bool(t, true);
	if (t->held[loc] == IR_NONE) {
		ir_ref r = ir_add(t, IR_GET, type, IR_NONE, IR_NONE, IR_NONE, 0);

		t->ir[r].loc = (uint16_t)loc;
		t->held[loc] = r;
	}
	return t->held[loc];
}

ir_ref get(struct translation *t, uint32_t loc)
{
	return get_as(t, loc, loc >= LOC_PR && loc < LOC_FR ? IR_BOOL : IR_I64);
}

void put(struct translation *t, uint32_t loc, ir_ref value)
{
	if (t->held[loc] == value)
		return;
	ir_add(t, IR_PUT, IR_VOID, value, IR_NONE, IR_NONE, 0);
	ir_last(t)->loc = (uint16_t)loc;
	t->held[loc] = value;
}

void lose_to(struct translation *t, uint32_t loc, ir_ref value)
{
	ir_add(t, IR_LOST, IR_VOID, value, IR_NONE, IR_NONE, 0);
	ir_last(t)->loc = (uint16_t)loc;
}

void lose(struct translation *t, uint32_t loc)
{
	lose_to(t, loc, IR_NONE);
}

void forget_all(struct translation *t)
{
	__builtin_memset(t->held, IR_NONE & 0xff, sizeof(t->held));
	t->floats = 0;
	t->fr_lost[0] = t->fr_lost[1] = ~0ull;
	/* And no value made before can be had behind it. */
	ir_forget(t);
}

ir_ref gr(struct translation *t, uint32_t n)
{
	return ir_scalar(t, gr_any(t, n));
}

ir_ref gr_any(struct translation *t, uint32_t n)
{
	return get(t, LOC_GR + guest_of(t, n));
}

ir_ref qualifier(struct translation *t, const struct insn *i)
{
	return get(t, LOC_PR + pred_of(t, i->qp));
}

void set_loc(struct translation *t, ir_ref qp, uint32_t loc, ir_ref value)
{
	if (!ir_is(t, qp, 1))
		value = ir_choose(t, qp, ir_scalar(t, value), ir_scalar(t, get(t, loc)));
	put(t, loc, value);
}

void set_gr(struct translation *t, ir_ref qp, uint32_t n, ir_ref value)
{
	set_loc(t, qp, LOC_GR + guest_of(t, n), value);
}

void set_pr(struct translation *t, uint32_t n, ir_ref value)
{
	uint32_t slot = pred_of(t, n);

	if (slot)
		put(t, LOC_PR + slot, value);
}

uint16_t ir_site(struct translation *t)
{
	uint16_t here = (uint16_t)(t->at * 4 + t->slot);

	if (t->nr_sites && t->site_of[t->nr_sites] == here)
		return (uint16_t)t->nr_sites;
	t->site_of[++t->nr_sites] = here;
	t->counted[t->nr_sites] = false;
	return (uint16_t)t->nr_sites;
}

void aside(struct translation *t, ir_ref condition)
{
	if (ir_is(t, condition, 0))
		return;
	ir_add(t, IR_ASIDE, IR_VOID, condition, IR_NONE, IR_NONE, 0);
	ir_last(t)->site = ir_site(t);
}

ir_ref aside_value(struct translation *t, ir_ref condition, ir_ref value, uint32_t loc)
{
	ir_ref r;

	if (ir_is(t, condition, 0))
		return value;
	lose(t, loc);
	r = ir_add(t, IR_ASIDEV, IR_I64, condition, value, IR_NONE, 0);
	t->ir[r].site = ir_site(t);
	t->ir[r].loc = (uint16_t)loc;
	return r;
}

ir_ref load_indexed(struct translation *t, int64_t field, ir_ref offset, uint32_t size)
{
	const struct ir *i = &t->ir[ir_index(offset)];
	uint64_t known;
	ir_ref r;

	/* What the place is known to be away is no addition. */
	if (i->op == IR_ADD && ir_known(t, i->b, &known) && known < 1u << 30) {
		offset = i->a;
		field += (int64_t)known;
	}
	r = ir_add(t, IR_LDX, IR_I64, offset, IR_NONE, IR_NONE, field);
	t->ir[r].size = (uint8_t)size;
	return r;
}

ir_ref load_field(struct translation *t, int64_t field, uint32_t size)
{
	ir_ref r = ir_add(t, IR_LDV, IR_I64, IR_NONE, IR_NONE, IR_NONE, field);

	t->ir[r].size = (uint8_t)size;
	return r;
}

void store_field(struct translation *t, ir_ref qp, int64_t field, uint32_t size, ir_ref value)
{
	ir_add(t, IR_STV, IR_VOID, value, IR_NONE, ir_is(t, qp, 1) ? IR_NONE : qp, field);
	ir_last(t)->size = (uint8_t)size;
}

int64_t add_exit(struct translation *t, enum exit_kind kind, uint64_t ip, uint32_t ri)
{
	struct exit *e = &t->exit[t->nr_exits];

	if (t->nr_exits + 1 < NR_EXITS)
		t->nr_exits++;
	else
		too_large(t, "too many exits");
	*e = (struct exit){
		.kind = (uint8_t)kind, .ri = (uint8_t)ri, .bundle = (uint16_t)t->at, .ip = ip,
		.frame = t->frame, .open = t->open,
	};
	return e - t->exit;
}

int64_t exit_before(struct translation *t)
{
	if (t->before < 0)
		t->before = add_exit(t, EXIT_FINISH, t->bundle[t->at].ip, t->slot);
	return t->before;
}

static bool is_nop(const struct insn *i)
{
	return exec_offset[i->op] == exec_offset[OP_NOP_M];
}

int64_t exit_behind(struct translation *t)
{
	const struct bundle *b = &t->bundle[t->at];
	uint32_t n;

	for (n = t->slot + 1; n < 3; n++)
		if (!is_nop(&b->insn[n]))
			return add_exit(t, EXIT_FINISH, b->ip, n);
	return add_exit(t, EXIT_LINK, b->ip + 16, 0);
}

/* A BOOL has become known: predicates that hold it, or its complement, do too. */
static void learn(struct translation *t, ir_ref r, bool value)
{
	uint32_t loc;

	for (loc = LOC_PR + 1; loc < LOC_FR; loc++)
		if (ir_index(t->held[loc]) == ir_index(r) && t->held[loc] != IR_NONE)
			put(t, loc, ir_bool(t, t->held[loc] == r ? value : !value));
}

void exit_if(struct translation *t, ir_ref condition, int64_t exit)
{
	ir_ref held[LOC_FR - LOC_PR];
	uint32_t n;

	if (ir_is(t, condition, 0))
		return;
	/* Out there it is known to hold. */
	__builtin_memcpy(held, &t->held[LOC_PR], sizeof(held));
	learn(t, condition, true);
	ir_add(t, IR_EXITIF, IR_VOID, condition, IR_NONE, IR_NONE, exit);
	for (n = 1; n < LOC_FR - LOC_PR; n++)
		if (t->held[LOC_PR + n] != held[n])
			put(t, LOC_PR + n, ir_bool(t, !ir_is(t, t->held[LOC_PR + n], 1)));
}

void end_block(struct translation *t, uint64_t ip)
{
	ir_add(t, IR_EXIT, IR_VOID, IR_NONE, IR_NONE, IR_NONE, add_exit(t, EXIT_LINK, ip, 0));
	t->done = true;
}

void end_interp(struct translation *t)
{
	int64_t exit = add_exit(t, EXIT_FINISH, t->bundle[t->at].ip, t->slot);

	ir_add(t, IR_EXIT, IR_VOID, IR_NONE, IR_NONE, IR_NONE, exit);
	t->done = true;
}

static void build_insn(struct translation *t, const struct insn *i)
{
	t->before = -1;
	if (t->open)
		open_note(t, i);
	if (t->frame.whole != t->frame_was.whole || t->open != t->open_was)
		t->frame_since = t->nr_ir - 1;
	t->frame_was = t->frame;
	t->open_was = t->open;
	/* The block starts in the middle of a long instruction. */
	if (i->op == OP_X2ND && t->slot == key_slot(&t->key) && !t->at) {
		end_interp(t);
		return;
	}
	if (is_nop(i))
		return;
	/* What is never executed. */
	if (i->qp && ir_is(t, qualifier(t, i), 0) && !(op_flags(i->op) & F_UNC) &&
	    op_unit(i->op) != UNIT_B)
		return;
	if (jit_way(i->op) == WAY_HANDLER) {
		build_handler(t, i);
		return;
	}
	if (build_parallel(t, i) || build_alu(t, i) || build_compare(t, i) || build_memory(t, i) ||
	    build_branch(t, i) || build_float(t, i) || build_float_memory(t, i) ||
	    build_system(t, i) || build_privileged(t, i) || build_address(t, i))
		return;
	build_handler(t, i);
}

/*
 * In a loop registers have at its end the form that they are to have at its start:
 * then it need be looked at only once.
 */
static bool forms_stay(const struct translation *t)
{
	uint32_t n;

	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];

		if (i->op == IR_FORM && (t->held[i->loc] == IR_NONE ||
					 !ir_is(t, t->held[i->loc], (uint64_t)t->ir[i->a].imm)))
			return false;
	}
	return true;
}

/*
 * Small loops have registers to spare. General registers and predicates that they change and do not read have a
 * GET of their own in front then, of size 1, so that they are kept in one: memory is
 * written where the loop is left instead of each time round. What is known in the end needs none.
 */
#define CARRIED		6u
#define CARRY_BUNDLES	8u

static void carry(struct translation *t, uint32_t first)
{
	uint8_t seen[NR_LOCS] = { 0 };
	enum { GOT = 1, PUT = 2, KNOWN = 4 };
	uint32_t n, left = CARRIED;

	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];

		if (ir_flags(i->op) & IRF_APART)
			return;
		if (i->op == IR_GET) {
			left -= left && i->type == IR_I64;
			seen[i->loc] |= GOT;
		} else if (i->op == IR_PUT) {
			seen[i->loc] &= GOT;
			seen[i->loc] |= t->ir[ir_index(i->a)].op == IR_K ? KNOWN : PUT;
		}
	}
	for (n = 1; n < LOC_FR && left; n++) {
		if (seen[n] != PUT)
			continue;
		t->ir[first].op = IR_GET;
		t->ir[first].type = n < LOC_PR ? IR_I64 : IR_BOOL;
		t->ir[first].loc = (uint16_t)n;
		t->ir[first++].size = 1;
		left--;
	}
}

/* The block ends in front of the bundle, for which the frame has to be known. */
static void cut(struct translation *t)
{
	/* Whoever wants the block has looked at the first one: the code has changed since. */
	if (!t->at) {
		too_large(t, "nothing that an open block can have");
		return;
	}
	t->bundles = t->at;
	t->next_ip = t->bundle[t->at].ip;
	t->loops = false;
}

void build_block(struct translation *t)
{
	bool small = t->loops && t->bundles <= CARRY_BUNDLES;
	uint32_t n;

	t->frame = t->key.frame;
	t->open = t->open_was = t->key.flags & KEY_OPEN;
	t->needs = (struct needs){ 0 };
	t->frame_was = t->frame;
	t->frame_since = 0;
	t->ic = IC_UNKNOWN;
	t->counting = IR_NONE;
	t->at = t->slot = 0;
	forget_all(t);
	t->fr_lost[0] = t->fr_lost[1] = 0;
	t->trust = jit_trusts(t->jit, t->key.ip);
	t->entry_exit = t->loops ? add_exit(t, EXIT_FINISH, t->key.ip, 0) : 0;
	/* Operation 0 stands for no operation. */
	ir_add(t, IR_NOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
	for (n = 0; small && n < CARRIED; n++)
		ir_add(t, IR_NOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
	for (t->at = 0; t->at < t->bundles && !t->done && !t->error; t->at++) {
		if (t->open && !open_fits(t->jit, t->bundle[t->at].insn, 0)) {
			cut(t);
			break;
		}
		for (t->slot = 0; t->slot < 3 && !t->done && !t->error; t->slot++)
			build_insn(t, &t->bundle[t->at].insn[t->slot]);
	}
	if (t->done || t->error)
		return;
	t->at = t->bundles - 1;
	t->slot = 2;
	if (t->loops && t->open == !!(t->key.flags & KEY_OPEN) &&
	    t->frame.whole == t->key.frame.whole && forms_stay(t)) {
		if (small)
			carry(t, 1);
		ir_add(t, IR_LOOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
		return;
	}
	t->loops = false;
	end_block(t, t->next_ip);
}
