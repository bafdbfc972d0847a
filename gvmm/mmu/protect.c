// SPDX-License-Identifier: GPL-2.0-only
/* Access rights, protection keys and breakpoint registers. */
#include "gvmm/mmu/tlb.h"
#include "gvmm/cpu/fault.h"

#define R	MEM_READ
#define W	MEM_WRITE
#define X	MEM_EXEC

/*
 * Rights of a page, SDM 2:4.1.1.6, table 4-2. Privilege level 0 has its own;
 * levels more privileged than PTE.pl and PTE.pl itself may differ; less
 * privileged ones have none, but for pages of the last kind.
 */
static const struct {
	uint8_t level0, inner, own, outer;
} rights_of[8] = {
	{ R, R, R, 0 },
	{ R | X, R | X, R | X, 0 },
	{ R | W, R | W, R | W, 0 },
	{ R | W | X, R | W | X, R | W | X, 0 },
	{ R | W, R | W, R, 0 },
	{ R | W | X, R | X, R | X, 0 },
	{ R | W, R | W, R | W | X, 0 },
	{ R | X, X, X, X },
};

uint32_t page_rights(uint64_t pte, uint32_t cpl)
{
	uint32_t ar = pte >> 9 & 7, pl = pte >> 7 & 3;

	if (cpl == 0)
		return rights_of[ar].level0;
	if (cpl < pl)
		return rights_of[ar].inner;
	return cpl == pl ? rights_of[ar].own : rights_of[ar].outer;
}

uint32_t mmu_promoted_cpl(struct vcpu *v, uint64_t va)
{
	const struct tlb_entry *e = tlb_find(v, TLB_INST, va);
	uint32_t level;

	/* Gone since the fetch, or not a page that promotes. */
	if (!e || (e->pte >> 9 & 7) != 7)
		return v->cpl;
	level = e->pte >> 7 & 3;
	return level < v->cpl ? level : v->cpl;
}

/* Protection key register (SDM 2:4.1.3). */
#define PKR_V		(1ull << 0)
#define PKR_WD		(1ull << 1)
#define PKR_RD		(1ull << 2)
#define PKR_XD		(1ull << 3)

uint32_t key_rights(const struct vcpu *v, uint32_t key)
{
	uint32_t n;

	for (n = 0; n < 16; n++) {
		uint64_t pkr = v->vpd->pkr[n];

		if ((pkr & PKR_V) && (pkr >> 8 & 0xffffff) == key)
			return (pkr & PKR_RD ? 0 : R) | (pkr & PKR_WD ? 0 : W) |
			       (pkr & PKR_XD ? 0 : X);
	}
	return KEY_MISSING;
}

/* Breakpoint registers: pairs of address and control (SDM 2:7.1.1). */
#define BR_PAIRS	4
#define BR_READ		(1ull << 63)	/* DBR.r, IBR.x */
#define BR_WRITE	(1ull << 62)
#define BR_MASK		0x00ffffffffffffffull

static bool match(const uint64_t *br, uint64_t va, uint32_t size, uint32_t cpl, uint64_t want)
{
	uint32_t n, b;

	for (n = 0; n < BR_PAIRS; n++) {
		uint64_t control = br[2 * n + 1];
		uint64_t mask = control | ~BR_MASK;

		if (!(control & want) || !(control >> 56 >> cpl & 1))
			continue;
		for (b = 0; b < size; b++)
			if (!(((va + b) ^ br[2 * n]) & mask))
				return true;
	}
	return false;
}

bool data_breakpoint(const struct vcpu *v, uint64_t va, uint32_t size, uint32_t cpl,
		     uint32_t access)
{
	uint64_t want = (access & MEM_READ ? BR_READ : 0) | (access & MEM_WRITE ? BR_WRITE : 0);

	return match(v->vpd->dbr, va, size, cpl, want);
}

bool inst_breakpoint(const struct vcpu *v, uint64_t va, uint32_t cpl)
{
	/* The address of a bundle has no slot in it. */
	return match(v->vpd->ibr, va & ~15ull, 16, cpl, BR_READ);
}

bool data_breakpoints_armed(const struct vcpu *v)
{
	const uint64_t *d = v->vpd->dbr;

	return (d[1] | d[3] | d[5] | d[7]) & (BR_READ | BR_WRITE);
}

bool inst_breakpoints_armed(const struct vcpu *v)
{
	const uint64_t *i = v->vpd->ibr;

	return (i[1] | i[3] | i[5] | i[7]) & BR_READ;
}
