// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front end's core: appending operations, what locations hold, ways out, and
 * the walk over a block's instructions.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/isa/exec.h"
#include "gvmm/jit/build.h"

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
	};
	if (t->nr_ir + 1 < IR_MAX)
		return (ir_ref)t->nr_ir++;
	too_large(t, "too many operations");
	return (ir_ref)t->nr_ir;
}

static enum ir_type loc_type(uint32_t loc)
{
	return loc >= LOC_PR && loc < LOC_FR ? IR_BOOL :
	       loc >= LOC_FR && loc < LOC_BR ? IR_F64 : IR_I64;
}

ir_ref get(struct translation *t, uint32_t loc)
{
	if (loc == LOC_GR)
		return ir_k(t, 0);
	if (loc == LOC_PR)
		return ir_bool(t, true);
	if (t->held[loc] == IR_NONE) {
		ir_ref r = ir_add(t, IR_GET, loc_type(loc), IR_NONE, IR_NONE, IR_NONE, 0);

		t->ir[r].loc = (uint16_t)loc;
		t->held[loc] = r;
	}
	return t->held[loc];
}

void put(struct translation *t, uint32_t loc, ir_ref value)
{
	if (t->held[loc] == value)
		return;
	ir_add(t, IR_PUT, IR_VOID, value, IR_NONE, IR_NONE, 0);
	ir_last(t)->loc = (uint16_t)loc;
	t->held[loc] = value;
}

void lose(struct translation *t, uint32_t loc)
{
	ir_add(t, IR_LOST, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
	ir_last(t)->loc = (uint16_t)loc;
}

/* The handler about to be called changes the location. */
static void forget(struct translation *t, uint32_t loc)
{
	lose(t, loc);
	t->held[loc] = IR_NONE;
}

void forget_all(struct translation *t)
{
	uint32_t loc;

	for (loc = 0; loc < NR_LOCS; loc++)
		t->held[loc] = IR_NONE;
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
	return (uint16_t)t->nr_sites;
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
		.frame = t->frame,
	};
	return e - t->exit;
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

/* Can the handler raise no attention, and change nothing but what r1 and r4 name? */
static bool is_pure(const struct insn *i)
{
	switch (op_unit(i->op)) {
	case UNIT_A:
	case UNIT_F:
		return true;
	case UNIT_I:
		return i->op != OP_MOV_I_TO_AR && i->op != OP_MOV_I_TO_AR_IMM &&
		       i->op != OP_MOV_TO_PR && i->op != OP_MOV_TO_PR_ROT;
	default:
		return false;
	}
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

void build_handler(struct translation *t, const struct insn *i)
{
	ir_ref qp = op_flags(i->op) & F_UNC ? get(t, LOC_PR) : qualifier(t, i);
	uint32_t at;

	if (is_interps(i)) {
		end_interp(t);
		return;
	}
	if (ir_is(t, qp, 0))
		return;
	if (is_pure(i)) {
		if (i->r1 < 128)
			forget(t, LOC_GR + guest_of(t, i->r1));
		if (i->r1 < 64)
			forget(t, LOC_PR + pred_of(t, i->r1));
		if (i->r4 < 64)
			forget(t, LOC_PR + pred_of(t, i->r4));
		if (i->r1 < 128)
			forget(t, LOC_FR + float_of(t, i->r1));
	}
	ir_add(t, IR_HANDLER, IR_VOID, IR_NONE, IR_NONE, ir_is(t, qp, 1) ? IR_NONE : qp, 0);
	at = t->nr_ir - 1;
	t->ir[at].size = is_pure(i);
	t->ir[at].site = ir_site(t);
	if (!is_pure(i)) {
		forget_all(t);
		follow_frame(t, i);
		t->ir[at].imm = add_exit(t, EXIT_LINK, 0, 0);
	}
}

static void build_insn(struct translation *t, const struct insn *i)
{
	if (is_nop(i))
		return;
	/* What is never executed. */
	if (i->qp && ir_is(t, qualifier(t, i), 0) && !(op_flags(i->op) & F_UNC) &&
	    op_unit(i->op) != UNIT_B)
		return;
	if (build_parallel(t, i) || build_alu(t, i) || build_compare(t, i) || build_memory(t, i) ||
	    build_branch(t, i) || build_float(t, i) || build_system(t, i))
		return;
	build_handler(t, i);
}

void build_block(struct translation *t)
{
	t->frame = t->key.frame;
	forget_all(t);
	/* Operation 0 stands for no operation. */
	ir_add(t, IR_NOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
	for (t->at = 0; t->at < t->bundles && !t->done && !t->error; t->at++)
		for (t->slot = 0; t->slot < 3 && !t->done && !t->error; t->slot++)
			build_insn(t, &t->bundle[t->at].insn[t->slot]);
	if (t->done)
		return;
	t->at = t->bundles - 1;
	t->slot = 2;
	if (t->loops && t->frame.whole == t->key.frame.whole) {
		ir_add(t, IR_LOOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
		return;
	}
	t->loops = false;
	end_block(t, t->next_ip);
}
