/* SPDX-License-Identifier: GPL-2.0-only */
/* One translation under way: what the translator's files share. */
#ifndef GVMM_JIT_TRANSLATE_H
#define GVMM_JIT_TRANSLATE_H

#include "gvmm/isa/insn.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/ir.h"
#include "gvmm/jit/jit.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

struct bundle {
	uint64_t ip;
	struct insn insn[3];
	uint8_t follows;	/* slot of the branch along which the block goes on; 3: none */
	uint8_t rotations;	/* of the registers, from the block's start up to here */
};

/* A way out of the block off its main path, or at its end. */
struct exit {
	uint8_t kind;		/* enum exit_kind */
	uint8_t ri;		/* EXIT_FINISH */
	uint16_t bundle;	/* index of the last bundle that counts as executed */
	uint16_t site;		/* of the branch, or 0 */
	uint64_t ip;
	struct frame frame;	/* in force there; CALL: the caller's */
	bool open;		/* it is not known: that of the block's entry */
};

#define NR_EXITS	(2 * 3 * BLOCK_BUNDLES)

#define LAST_KNOWN	1ull

/*
 * What a handler that translated code calls has to find, beside the code; read by
 * the shared code of thunks.c.
 */
struct site {
	struct insn insn;
	uint64_t ip;
	uint64_t last_ip;	/* LAST_KNOWN: what the vCPU holds is right */
	uint64_t handler;
	uint32_t slot;
	uint32_t rest;		/* bundles to give back when the block is left here */
	uint32_t is_long;	/* takes two slots */
	uint32_t flags;		/* of the block's key */
	uint32_t block;		/* offset of the block in the cache */
};

_Static_assert(sizeof(struct site) == 64, "thunks.c knows the fields by offset");

#define NR_SITES	(3 * BLOCK_BUNDLES + 1)

/* From here on host code belongs to another operation; 0: to none, but to the entry. */
struct mark {
	uint32_t at;		/* offset in the cache */
	uint16_t op;
};

#define NR_MARKS	(2 * IR_MAX)

struct translation {
	struct vcpu *v;
	struct jit *jit;
	struct key key;
	bool background;		/* the vCPU runs meanwhile */
	bool checked;			/* operations and what the passes make of them */
	const struct fpreg *fr;		/* what the block is expected to find there */
	const uint64_t *fr_b;
	/* Kept only for who asks (`riven disasm`): room for NR_MARKS, or NULL. */
	struct mark *marks;
	uint32_t nr_marks;

	/* The guest's code (front.c). */
	uint32_t limit;			/* bundles that there may be */
	uint32_t bundles;
	bool loops;			/* the main path comes back to its start */
	bool cut;			/* the epilogue goes on in another block, with its last branch */
	uint64_t next_ip;		/* where it leads else */
	struct bundle bundle[BLOCK_BUNDLES];

	/* Building: where it stands, and what locations hold now (IR_NONE: as at the last GET). */
	uint32_t at, slot;
	bool done;			/* the main path has ended */
	uint32_t frame_since;		/* operation from which on frame and open are as they are now */
	struct frame frame, frame_was;	/* the latter at the instruction before */
	bool open, open_was;		/* frame is not known, and counts as empty */
	struct needs needs;		/* what it has to be, in an open block */
	enum { IC_UNKNOWN, IC_CLEAR, IC_SET } ic;	/* PSR.ic */
	ir_ref held[NR_LOCS];
	uint32_t floats;		/* FLOATS_* that hold here */
	ir_ref counting;		/* value of EC that is known not to be 0 */
	uint64_t fr_lost[2];		/* bit: a handler has written the register */
	bool trust;			/* registers are expected to have the form they have now */
	int64_t entry_exit;		/* of a loop: to the interpreter before anything is done */
	int64_t before;			/* exit_before() of the instruction, or -1 */

	/* The intermediate form. */
	uint32_t nr_ir, nr_exits, nr_sites;
	const char *error;		/* why there can be no block */
	bool large;			/* because it is too large: of fewer bundles there can */
	struct ir ir[IR_MAX + 1];
	struct exit exit[NR_EXITS];
	uint16_t site_of[NR_SITES];	/* bundle * 4 + slot */
	bool counted[NR_SITES];		/* see inline_wanted() */
	uint32_t links;			/* offset of the last one made */
	struct site *sites;		/* in the cache, beside the code */
	uint8_t scratch[65536];		/* the passes' own, one after the other */
};

/* Is it a loop branch that turns the rename bases? */
static inline bool is_rotating(const struct insn *i)
{
	return i->op == OP_BR_CTOP || i->op == OP_BR_CEXIT || i->op == OP_BR_WTOP ||
	       i->op == OP_BR_WEXIT;
}

/* Register names of instructions to what they mean in the current frame. */
static inline uint32_t guest_of(const struct translation *t, uint32_t n)
{
	const struct frame *f = &t->frame;

	if (n < 32)
		return n;
	n -= 32;
	if (n < f->sor) {
		n += f->rrb_gr;
		if (n >= f->sor)
			n -= f->sor;
	}
	return 32 + n;
}

/* May an instruction write to it? An open block is entered only where it may. */
static inline bool target_ok(struct translation *t, uint32_t n)
{
	if (t->open && n >= 32 && t->needs.sof < n - 31)
		t->needs.sof = (uint8_t)(n - 31);
	return n != 0 && (n < 32 || t->open || n - 32 < t->frame.sof);
}

static inline uint32_t pred_of(const struct translation *t, uint32_t n)
{
	if (n < 16)
		return n;
	n += t->frame.rrb_pr;
	return n < 64 ? n : n - 48;
}

static inline uint32_t float_of(const struct translation *t, uint32_t n)
{
	if (n < 32)
		return n;
	n += t->frame.rrb_fr;
	return n < 128 ? n : n - 96;
}

/*
 * The instruction before a slot of a bundle of the block, as its bundle's address, or
 * LAST_KNOWN: that was before the block.
 */
static inline uint64_t last_ip_at(const struct translation *t, uint32_t bundle, uint32_t slot)
{
	if (slot > (bundle ? 0 : key_slot(&t->key)))
		return t->bundle[bundle].ip;
	return bundle ? t->bundle[bundle - 1].ip : LAST_KNOWN;
}

/* Collecting the bundles of a block (front.c). */
void collect_bundles(struct translation *t);

/* Guest instructions to operations (build.c), for all bundles. */
void build_block(struct translation *t);

/*
 * May code behind the instruction rely on something that this changes: PSR, or what
 * addresses mean (build-handler.c)?
 */
bool changes_machine(const struct insn *i);

/* Can an open block have the bundle, from the slot on (open.c)? */
bool open_fits(const struct jit *j, const struct insn insn[3], uint32_t slot);

/* Operations to host code (select.c), then what lies off the main path (exit.c). */
void select_block(struct translation *t, struct emit *e);

/*
 * The workspace: struct translation behind the tables of the vCPU's translator,
 * and the back end's state behind that.
 */
#define TRANSLATION_OFFSET	0x100000u
#define HOST_OFFSET		0x40000u

_Static_assert(sizeof(struct translation) <= HOST_OFFSET, "the workspace fits");
_Static_assert(sizeof(struct jit) <= TRANSLATION_OFFSET, "tables lie below the workspace");

#endif
