// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bundles of a block: straight on, along branches that are always taken, and
 * along those that their hint says are (SDM 3:4.5.2.1), inside one 4 KiB page.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/decode.h"
#include "gvmm/jit/translate.h"

/* The branch whether hint, in bits 34:33 of the slot; its lowest bit: predicted not taken. */
#define HINT_SHIFT	33

#define FOLLOWS_NONE	3

/* The slot of loop branches. */
#define LOOP_SLOT	2

/* A bundle in another state of the rename bases is another one. */
static bool seen(const struct translation *t, uint64_t ip, uint32_t rotations)
{
	uint32_t n;

	for (n = 0; n < t->bundles; n++)
		if (t->bundle[n].ip == ip && t->bundle[n].rotations == rotations)
			return true;
	return false;
}

static uint64_t raw_slot(const uint64_t *bytes, uint32_t n)
{
	return n == 0 ? bytes[0] >> 5 : n == 1 ? bytes[0] >> 46 | bytes[1] << 18 : bytes[1] >> 23;
}

static bool predicted_taken(const uint64_t *bytes, uint32_t n)
{
	return !(raw_slot(bytes, n) >> HINT_SHIFT & 1);
}

/* Does the block end behind the instruction, which is no branch that it follows? */
static bool ends(const struct insn *i)
{
	switch (i->op) {
	case OP_BR_COND:
	case OP_BRL_COND:
	case OP_BR_RET:
	case OP_BR_CALL:
	case OP_BRL_CALL:
	case OP_BR_CALL_IND:
	case OP_BR_COND_IND:
	case OP_BR_IA:
		return !i->qp;
	case OP_BR_CTOP:
	case OP_BR_CEXIT:
	case OP_BR_WTOP:
	case OP_BR_WEXIT:
	case OP_RFI:
	case OP_FC:
	case OP_FC_I:
	case OP_EPC:
		return true;
	default:
		return false;
	}
}

/* Is the instruction a branch that the main path follows, to *to? */
static bool follows(const struct translation *t, const struct bundle *b, const uint64_t *bytes,
		    uint32_t n, uint64_t *to)
{
	const struct insn *i = &b->insn[n];
	uint64_t target = b->ip + (uint64_t)i->imm;

	if ((target ^ t->key.ip) & PAGE_MASK)
		return false;
	*to = target;
	switch (i->op) {
	case OP_BR_COND:
	case OP_BRL_COND:
	case OP_BR_CLOOP:
		return (!i->qp || predicted_taken(bytes, n)) &&
		       (target == t->key.ip || !seen(t, target, b->rotations));
	case OP_BR_CTOP:
	case OP_BR_WTOP:
		return predicted_taken(bytes, n);
	case OP_BR_CEXIT:
	case OP_BR_WEXIT:
		*to = b->ip + 16;
		return !predicted_taken(bytes, n);
	default:
		return false;
	}
}

/* Where the bundle's main path goes on; *end: nowhere that is known. */
static uint64_t successor(const struct translation *t, struct bundle *b, const uint64_t *bytes,
			  bool *end)
{
	uint64_t to;
	uint32_t n;

	b->follows = FOLLOWS_NONE;
	for (n = 0; n < 3; n++) {
		if (follows(t, b, bytes, n, &to)) {
			b->follows = (uint8_t)n;
			return to;
		}
		*end |= ends(&b->insn[n]);
	}
	return b->ip + 16;
}

/*
 * Loops whose registers rotate are unrolled up to so many bundles. Twice as many take a
 * tenth of the time off, and make three to five times as much code in all: the stores
 * where a block is left grow with the square.
 */
#define UNROLL_BUNDLES	16u
/* The states of the rename bases, of which floating-point registers have most: a circle. */
#define STATES		96u

/* Iterations of so many bundles in a block: they divide the circle. */
static uint32_t iterations(uint32_t bundles)
{
	uint32_t n = bundles < UNROLL_BUNDLES ? UNROLL_BUNDLES / bundles : 1;

	while (STATES % n)
		n--;
	return n;
}

/* Does the block begin with the loop's branch? */
static bool begins_at_rotation(const struct translation *t)
{
	return key_slot(&t->key) == LOOP_SLOT && is_rotating(&t->bundle[0].insn[LOOP_SLOT]);
}

/* The last stage predicate that qualifies an instruction, counted from p16 on. */
static uint32_t last_stage(const struct translation *t)
{
	uint32_t n, k, last = 0;

	for (n = 0; n < t->bundles; n++)
		for (k = 0; k < 3; k++)
			if (t->bundle[n].insn[k].qp > 16 + last)
				last = t->bundle[n].insn[k].qp - 16u;
	return last;
}

/* Bundles since the main path was at ip before; 0: it was not. */
static uint32_t iteration(const struct translation *t, uint64_t ip)
{
	uint32_t n;

	for (n = 1; n <= t->bundles; n++)
		if (t->bundle[t->bundles - n].ip == ip)
			return n;
	return 0;
}

/*
 * Is it time for another block where the main path comes back to ip? One that begins
 * with the loop's branch is the epilogue, and long enough when the last stage is over.
 * Others end in states that other blocks for the loop end in, too.
 */
static bool unrolled(struct translation *t, uint64_t ip, uint32_t rotations)
{
	uint32_t state = (STATES - t->key.frame.rrb_fr) % STATES + rotations, length;

	if (!rotations || ip > t->bundle[t->bundles - 1].ip)
		return false;
	length = iteration(t, ip);
	if (!length)
		return false;
	if (!begins_at_rotation(t))
		return t->bundles + length > t->limit || state % iterations(length) == 0;
	/* It has seen no whole iteration yet. */
	if (length == t->bundles)
		return false;
	if (rotations > last_stage(t))
		return true;
	t->cut = t->bundles + length > t->limit;
	return t->cut;
}

/* The bundle at bytes, which the decode cache of the interpreter may have. */
static void decode(const struct translation *t, uint64_t gpa, const uint64_t *bytes,
		   struct insn insn[3])
{
	const struct decoded *d = decode_line(t->v, gpa);
	uint8_t template;

	if (!t->background && d->tag == (gpa | t->v->decode_tag))
		__builtin_memcpy(insn, d->insn, sizeof(d->insn));
	else
		decode_bundle(bytes[0], bytes[1], insn, &template);
}

void collect_bundles(struct translation *t)
{
	const uint8_t *page = t->v->window + (t->key.gpa & PAGE_MASK);
	uint64_t ip = t->key.ip & ~15ull;
	uint32_t n, rotations = 0;
	bool end = false;

	t->cut = false;

	do {
		struct bundle *b = &t->bundle[t->bundles++];
		const uint64_t *bytes = (const uint64_t *)(page + (ip & ~PAGE_MASK));

		b->ip = ip;
		b->rotations = (uint8_t)rotations;
		decode(t, (t->key.gpa & PAGE_MASK) | (ip & ~PAGE_MASK), bytes, b->insn);
		/* What lies in front of the first slot is done. */
		for (n = 0; t->bundles == 1 && n < key_slot(&t->key); n++)
			b->insn[n] = (struct insn){ .op = OP_NOP_I };
		ip = successor(t, b, bytes, &end);
		rotations += b->follows != FOLLOWS_NONE && is_rotating(&b->insn[b->follows]);
	} while (!end && t->bundles < t->limit && !((ip ^ t->key.ip) & PAGE_MASK) &&
		 !seen(t, ip, rotations) && !unrolled(t, ip, rotations));
	t->next_ip = ip;
	t->loops = !end && ip == t->key.ip && rotations % STATES == 0;
}
