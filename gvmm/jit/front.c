// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bundles of a block: straight on, and along branches that are always
 * taken, inside one 4 KiB page.
 */
#include "gvmm/isa/decode.h"
#include "gvmm/jit/translate.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

static bool seen(const struct translation *t, uint64_t ip)
{
	uint32_t n;

	for (n = 0; n < t->bundles; n++)
		if (t->bundle[n].ip == ip)
			return true;
	return false;
}

/* Where the bundle's main path goes on; *ends: nowhere that is known. */
static uint64_t successor(const struct bundle *b, bool *ends)
{
	uint32_t n;

	for (n = 0; n < 3; n++) {
		const struct insn *i = &b->insn[n];

		switch (i->op) {
		case OP_BR_COND:
		case OP_BRL_COND:
			if (!i->qp)
				return b->ip + (uint64_t)i->imm;
			break;
		case OP_BR_RET:
		case OP_BR_CALL:
		case OP_BRL_CALL:
		case OP_BR_CALL_IND:
		case OP_BR_COND_IND:
		case OP_BR_IA:
			*ends |= !i->qp;
			break;
		case OP_BR_CTOP:
		case OP_BR_CEXIT:
		case OP_BR_WTOP:
		case OP_BR_WEXIT:
		case OP_RFI:
		case OP_COVER:
		case OP_FC:
		case OP_FC_I:
		case OP_SRLZ_I:
		case OP_EPC:
			*ends = true;
			break;
		default:
			break;
		}
	}
	return b->ip + 16;
}

void collect_bundles(struct translation *t)
{
	const uint8_t *page = t->v->window + (t->key.gpa & PAGE_MASK);
	uint64_t ip = t->key.ip;
	bool ends = false;

	do {
		struct bundle *b = &t->bundle[t->bundles++];
		const uint64_t *bytes = (const uint64_t *)(page + (ip & ~PAGE_MASK));
		uint8_t template;

		b->ip = ip;
		decode_bundle(bytes[0], bytes[1], b->insn, &template);
		ip = successor(b, &ends);
	} while (!ends && t->bundles < key_limit(&t->key) && !((ip ^ t->key.ip) & PAGE_MASK) &&
		 !seen(t, ip));
	t->next_ip = ip;
}
