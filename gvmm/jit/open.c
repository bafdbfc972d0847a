// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open blocks: those of a key without a frame. While nothing has said what the frame is
 * they need of it only what they look at when they are entered: that nothing rotates,
 * and that there are as many registers as they write to. So one block does for what all
 * callers of a function, or all interruptions, bring along.
 */
#include "gvmm/jit/build.h"

/* Does the instruction use what the whole frame marker says, which an open block does not know? */
static bool needs_frame(const struct jit *j, const struct insn *i)
{
	switch (i->op) {
	case OP_BR_CALL:
	case OP_BRL_CALL:
	case OP_BR_CALL_IND:
	case OP_CLRRRB:
	case OP_CLRRRB_PR:
		return true;
	case OP_COVER:
		return !(j->cpu & CPU_BMI2);
	default:
		return is_rotating(i);
	}
}

/* Is the frame known behind it? */
static bool closes(const struct insn *i)
{
	return i->op == OP_ALLOC || i->op == OP_COVER;
}

bool open_fits(const struct jit *j, const struct insn insn[3], uint32_t slot)
{
	for (; slot < 3; slot++) {
		if (needs_frame(j, &insn[slot]))
			return false;
		if (closes(&insn[slot]) && !insn[slot].qp)
			return true;
	}
	return true;
}

/* Does it name, in r1 and r4, predicates that rotate? */
static bool names_predicates(const struct insn *i)
{
	switch (op_format(i->op)) {
	case FMT_A6:
	case FMT_A7:
	case FMT_A8:
	case FMT_I16:
	case FMT_I17:
	case FMT_I30:
	case FMT_F4:
	case FMT_F5:
		return i->r1 >= 16 || i->r4 >= 16;
	case FMT_F6:
	case FMT_F7:
		return i->r4 >= 16;
	default:
		return false;
	}
}

/* Fields of these are no general or floating-point registers, but for one. */
static bool names_other(const struct insn *i, bool *rotates)
{
	switch (op_format(i->op)) {
	case FMT_I26:
	case FMT_M29:
	case FMT_M32:
		*rotates = i->r2 >= 32;
		return true;
	case FMT_I28:
	case FMT_M31:
	case FMT_M33:
		*rotates = i->r1 >= 32;
		return true;
	case FMT_I27:
	case FMT_M30:
		*rotates = false;
		return true;
	default:
		return false;
	}
}

void open_note(struct translation *t, const struct insn *i)
{
	bool rotates;

	if (!names_other(i, &rotates))
		rotates = i->r1 >= 32 || i->r2 >= 32 || i->r3 >= 32 || i->r4 >= 32;
	/* alloc may change what rotates only while nothing is turned. */
	t->needs.plain |= rotates || i->qp >= 16 || names_predicates(i) || i->op == OP_ALLOC;
}
