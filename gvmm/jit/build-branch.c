// SPDX-License-Identifier: GPL-2.0-only
/* Branches. */
#include "gvmm/jit/build.h"

#define LAST_PR		63

#define PFS_PEC_SHIFT	52
#define PFS_PPL_SHIFT	62

/* In physical mode a branch may trap, unless it stays in the page. */
static bool may_trap(const struct translation *t, uint64_t target)
{
	return !(t->key.flags & KEY_IT) && ((target ^ t->key.ip) & PAGE_MASK);
}

static uint64_t target_of(const struct translation *t, const struct insn *i)
{
	return t->bundle[t->at].ip + (uint64_t)i->imm;
}

/* Go out when qp holds: for good when it always does. */
static void leave_if(struct translation *t, ir_ref qp, int64_t exit)
{
	if (!ir_is(t, qp, 1)) {
		exit_if(t, qp, exit);
		return;
	}
	ir_add(t, IR_EXIT, IR_VOID, IR_NONE, IR_NONE, IR_NONE, exit);
	t->done = true;
}

static int64_t branch_exit(struct translation *t, enum exit_kind kind, uint64_t target)
{
	int64_t exit = add_exit(t, kind, target, 0);

	t->exit[exit].site = ir_site(t);
	return exit;
}

/* The main path goes on behind the branch, wherever that leads. */
static void follow(struct translation *t)
{
	t->slot = 2;
}

static bool followed(const struct translation *t)
{
	return t->bundle[t->at].follows == t->slot;
}

static bool branch(struct translation *t, const struct insn *i)
{
	uint64_t target = target_of(t, i);
	ir_ref qp = qualifier(t, i);

	if (ir_is(t, qp, 0) && !followed(t))
		return true;
	if (followed(t)) {
		/* Predicates known now may tell more than the hint did. */
		if (ir_is(t, qp, 0)) {
			ir_add(t, IR_EXIT, IR_VOID, IR_NONE, IR_NONE, IR_NONE, exit_behind(t));
			t->done = true;
			return true;
		}
		exit_if(t, qp ^ IR_NOT, exit_behind(t));
		follow(t);
		return true;
	}
	leave_if(t, qp, branch_exit(t, may_trap(t, target) ? EXIT_BRANCH : EXIT_LINK, target));
	return true;
}

static bool cloop(struct translation *t, const struct insn *i)
{
	uint64_t target = target_of(t, i);
	ir_ref lc = get(t, LOC_LC), zero = is_zero(t, lc);

	if (may_trap(t, target))
		return false;
	if (followed(t)) {
		exit_if(t, zero, exit_behind(t));
		put(t, LOC_LC, ir_add_imm(t, lc, -1));
		follow(t);
		return true;
	}
	put(t, LOC_LC, ir_add_imm(t, lc, -1));
	exit_if(t, zero ^ IR_NOT, add_exit(t, EXIT_LINK, target, 0));
	put(t, LOC_LC, ir_k(t, 0));
	return true;
}

/* p63 and one rotation. */
static void rotate(struct translation *t, bool p63)
{
	put(t, LOC_PR + pred_of(t, LAST_PR), ir_bool(t, p63));
	t->frame = frame_rotated(t->frame);
}

/* One way through a rotating branch: on to target when condition holds. */
static void turn(struct translation *t, ir_ref condition, bool p63, uint64_t target)
{
	struct frame saved = t->frame;
	uint32_t loc = LOC_PR + pred_of(t, LAST_PR);
	ir_ref old = get(t, loc);

	rotate(t, p63);
	leave_if(t, condition, add_exit(t, EXIT_LINK, target, 0));
	t->frame = saved;
	if (!t->done)
		put(t, loc, old);
}

/* The main path goes on behind a rotation. */
static void turn_along(struct translation *t, bool p63)
{
	rotate(t, p63);
	ir_add(t, IR_FRAME, IR_VOID, IR_NONE, IR_NONE, IR_NONE, (int64_t)t->frame.whole);
	follow(t);
}

/* The block begins with this instruction. */
static bool is_first(const struct translation *t)
{
	return !t->at && t->slot == key_slot(&t->key);
}

/*
 * The epilogue's end, where EC is 1 or, if the block does not know better, 0. Behind it
 * EC has been counted down.
 */
static void epilogue_ends(struct translation *t, uint64_t off)
{
	ir_ref ec = get(t, LOC_EC), left = ir_add_imm(t, ec, -1), some;

	some = ec == t->counting ? ir_bool(t, true) : is_zero(t, ec) ^ IR_NOT;
	if (!ir_is(t, some, 1)) {
		ir_ref p63 = get(t, LOC_PR + pred_of(t, LAST_PR));

		put(t, LOC_PR + pred_of(t, LAST_PR), ir_bool(t, false));
		leave_if(t, some ^ IR_NOT, add_exit(t, EXIT_LINK, off, 0));
		if (t->done)
			return;
		put(t, LOC_PR + pred_of(t, LAST_PR), p63);
	}
	put(t, LOC_EC, left);
	turn(t, is_zero(t, left), false, off);
	t->counting = left;
}

/*
 * br.ctop, br.cexit, br.wtop, br.wexit. The main path is the loop: what leads out of it
 * goes on in a block that begins with this branch. The main path of that one is the epilogue,
 * in which EC counts down.
 */
static bool rotating(struct translation *t, const struct insn *i)
{
	uint64_t next = t->bundle[t->at].ip + 16, target = target_of(t, i);
	bool counted = i->op == OP_BR_CTOP || i->op == OP_BR_CEXIT;
	bool exits = i->op == OP_BR_CEXIT || i->op == OP_BR_WEXIT;
	uint64_t on = exits ? next : target, off = exits ? target : next;
	ir_ref lc = get(t, LOC_LC), loops;

	if (may_trap(t, target)) {
		ir_add(t, IR_EXIT, IR_VOID, IR_NONE, IR_NONE, IR_NONE,
		       branch_exit(t, EXIT_BRANCH, 0));
		t->done = true;
		return true;
	}
	if (t->cut && t->at == t->bundles - 1) {
		end_block(t, t->bundle[t->at].ip | t->slot);
		return true;
	}
	loops = counted ? is_zero(t, lc) ^ IR_NOT : qualifier(t, i);
	if (followed(t) && !is_first(t) && !ir_is(t, loops, 0)) {
		exit_if(t, loops ^ IR_NOT,
			add_exit(t, EXIT_LINK, t->bundle[t->at].ip | t->slot, 0));
		if (counted)
			put(t, LOC_LC, ir_add_imm(t, lc, -1));
		turn_along(t, counted);
		return true;
	}
	if (!ir_is(t, loops, 0)) {
		if (counted)
			put(t, LOC_LC, ir_add_imm(t, lc, -1));
		turn(t, loops, counted, on);
		if (t->done)
			return true;
		if (counted)
			put(t, LOC_LC, ir_k(t, 0));
	}
	epilogue_ends(t, off);
	if (t->done)
		return true;
	turn_along(t, false);
	if (!followed(t))
		end_block(t, on);
	return true;
}

/* Leave with locations that are put for this way out only: one, or two. */
struct put {
	uint32_t loc;
	ir_ref value;
};

static void leave_with(struct translation *t, ir_ref qp, int64_t exit, const struct put *puts,
		       uint32_t count)
{
	ir_ref old[3] = { IR_NONE, IR_NONE, IR_NONE };
	uint32_t n;

	for (n = 0; n < count; n++) {
		if (!ir_is(t, qp, 1))
			old[n] = get(t, puts[n].loc);
		put(t, puts[n].loc, puts[n].value);
	}
	leave_if(t, qp, exit);
	for (n = 0; n < count && !t->done; n++)
		put(t, puts[n].loc, old[n]);
}

static ir_ref branch_register(struct translation *t, uint32_t n)
{
	return ir_binary(t, IR_AND, get(t, LOC_BR + (n & 7)), ir_k(t, ~15ull));
}

/* A call, to a known target or through a branch register. */
static bool call(struct translation *t, const struct insn *i, bool direct)
{
	uint64_t target = direct ? target_of(t, i) : 0, pfs;
	ir_ref qp = qualifier(t, i), ec;
	struct put puts[3];

	if (direct ? may_trap(t, target) : !(t->key.flags & KEY_IT)) {
		leave_if(t, qp, branch_exit(t, EXIT_BRANCH, target));
		return true;
	}
	pfs = frame_to_cfm(t->frame) | (uint64_t)(t->key.flags & KEY_CPL) << PFS_PPL_SHIFT;
	ec = ir_unary(t, IR_SHL, get(t, LOC_EC), PFS_PEC_SHIFT);
	puts[0] = (struct put){ LOC_PFS, ir_binary(t, IR_OR, ec, ir_k(t, pfs)) };
	if (!direct)
		puts[2] = (struct put){ LOC_IP, branch_register(t, i->r2) };
	puts[1] = (struct put){ LOC_BR + (i->r1 & 7), ir_k(t, t->bundle[t->at].ip + 16) };
	leave_with(t, qp, branch_exit(t, direct ? EXIT_CALL : EXIT_CALL_IND, target), puts,
		   direct ? 2 : 3);
	return true;
}

static bool indirect(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i);
	struct put ip;

	if (!(t->key.flags & KEY_IT) || i->op == OP_BR_RET) {
		leave_if(t, qp, branch_exit(t, t->key.flags & KEY_IT ? EXIT_RETURN : EXIT_BRANCH, 0));
		return true;
	}
	ip = (struct put){ LOC_IP, branch_register(t, i->r2) };
	leave_with(t, qp, branch_exit(t, EXIT_INDIRECT, 0), &ip, 1);
	return true;
}

bool build_branch(struct translation *t, const struct insn *i)
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
		return call(t, i, true);
	case OP_BR_CALL_IND:
		return call(t, i, false);
	case OP_BR_RET:
	case OP_BR_COND_IND:
		return indirect(t, i);
	case OP_RFI:
	case OP_BREAK_M:
	case OP_BREAK_I:
	case OP_BREAK_B:
	case OP_BREAK_X:
	case OP_BR_IA:
	case OP_ILLEGAL:
	case OP_ILLEGAL_QP:
		leave_if(t, qualifier(t, i), branch_exit(t, EXIT_BRANCH, 0));
		return true;
	default:
		return false;
	}
}
