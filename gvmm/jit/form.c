// SPDX-License-Identifier: GPL-2.0-only
/* The forms of floating-point registers that blocks are translated for, at run time. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/jit.h"

/* So often a block may be left for a register in another form. */
#define MISSES		16u
/* So many blocks for an address may come to that. */
#define DOUBTS		4u

static uint32_t doubt_slot(uint64_t ip)
{
	return (uint32_t)(ip >> 4 ^ ip >> 16) & ((1u << DOUBT_BITS) - 1);
}

bool jit_trusts(const struct jit *j, uint64_t ip)
{
	return j->doubt[doubt_slot(ip)] < DOUBTS;
}

/* The block is dropped, for a better one, when it has missed too often. */
static void miss(struct vcpu *v, struct block *b)
{
	uint8_t *doubt = &v->jit->doubt[doubt_slot(b->key.ip)];

	if (++b->misses != MISSES || b->dropped)
		return;
	*doubt += *doubt < DOUBTS;
	cache_drop(v, b);
}

uint32_t jit_form(struct vcpu *v, uint32_t n, uint32_t form, uint32_t sites)
{
	struct fpreg r = fr_get(v, n & 127);
	uint64_t bits;

	if (form == FPREG_DOUBLE && fp_exact_double(r, &bits)) {
		v->fr[n & 127] = fp_double_form(bits);
		return 1;
	}
	if (form == FP_EXP_INTEGER && r.se == FP_EXP_INTEGER) {
		v->fr[n & 127] = r;
		return 1;
	}
	miss(v, block_at(v->jit, sites - (uint32_t)sizeof(struct block)));
	return 0;
}
