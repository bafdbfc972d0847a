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

static bool seen(const struct translation *t, uint64_t ip)
{
	uint32_t n;

	for (n = 0; n < t->bundles; n++)
		if (t->bundle[n].ip == ip)
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

/* Is the instruction a branch that the main path follows? */
static bool follows(const struct translation *t, const struct bundle *b, const uint64_t *bytes,
		    uint32_t n)
{
	const struct insn *i = &b->insn[n];
	uint64_t target = b->ip + (uint64_t)i->imm;

	switch (i->op) {
	case OP_BR_COND:
	case OP_BRL_COND:
	case OP_BR_CLOOP:
		break;
	default:
		return false;
	}
	return (!i->qp || predicted_taken(bytes, n)) && !((target ^ t->key.ip) & PAGE_MASK) &&
	       (target == t->key.ip || !seen(t, target));
}

/* Where the bundle's main path goes on; *end: nowhere that is known. */
static uint64_t successor(const struct translation *t, struct bundle *b, const uint64_t *bytes,
			  bool *end)
{
	uint32_t n;

	b->follows = FOLLOWS_NONE;
	for (n = 0; n < 3; n++) {
		if (follows(t, b, bytes, n)) {
			b->follows = (uint8_t)n;
			return b->ip + (uint64_t)b->insn[n].imm;
		}
		*end |= ends(&b->insn[n]);
	}
	return b->ip + 16;
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
	uint32_t n;
	bool end = false;

	do {
		struct bundle *b = &t->bundle[t->bundles++];
		const uint64_t *bytes = (const uint64_t *)(page + (ip & ~PAGE_MASK));

		b->ip = ip;
		decode(t, (t->key.gpa & PAGE_MASK) | (ip & ~PAGE_MASK), bytes, b->insn);
		/* What lies in front of the first slot is done. */
		for (n = 0; t->bundles == 1 && n < key_slot(&t->key); n++)
			b->insn[n] = (struct insn){ .op = OP_NOP_I };
		ip = successor(t, b, bytes, &end);
	} while (!end && t->bundles < t->limit && !((ip ^ t->key.ip) & PAGE_MASK) &&
		 !seen(t, ip));
	t->next_ip = ip;
	t->loops = !end && ip == t->key.ip;
}
