/* SPDX-License-Identifier: GPL-2.0-only */
/* How an ISA case is to end: where it stops, or which interruption it raises. */
#ifndef TESTS_ISA_OUTCOME_H
#define TESTS_ISA_OUTCOME_H

#include "tests/isa/state.h"

struct outcome {
	/* Given by the runner. */
	uint64_t ip;		/* the bundle of the instruction under test ... */
	uint32_t slot;		/* ... and its slot */
	uint64_t iva;

	/* Expected. */
	int vector;		/* offset from IVA, or -1: no interruption */
	int stop;		/* number of the `stop` reached, when there is none */
	uint64_t isr;
	uint64_t iip, ri, ei;
	bool has_iip, has_ri, has_ei;
	uint64_t ifa, iim, itir, iha, iipa;
	bool has_ifa, has_iim, has_itir, has_iha, has_iipa;
};

/* One that expects no interruption. */
void outcome_init(struct outcome *o, uint64_t ip, uint32_t slot, uint64_t iva);

/*
 * Apply one token; false if it is none of these:
 *
 *	stop=N		which `stop` ends the case; 0 by default
 *	fault=VECTOR	general, nat, break, dtlb ...: see outcome.c
 *	isr=		0 by default; ei and ni are added
 *	iip= iipa=	offsets from the first bundle; iip.abs= is an address. IIP is by
 *			default that of the instruction under test or, for a trap, of the next
 *	ri= ei=		by default likewise
 *	ifa= iim= itir= iha=	not looked at by default
 *	rrb.gr= rrb.fr= rrb.pr=	the new rename base: registers get new names, first of all.
 *			rotate=N stands for N rotations of all three
 *	bank=0|1	the bank that is current: r16-r31 are exchanged if it is another
 */
bool outcome_apply(struct outcome *o, struct riven_state *want, const char *token);

/*
 * Did the case end as it was to? stub is that of the break which ended it: 1
 * in a vector. Prints what differs. After an interruption *want is adjusted for
 * what delivery changes; *got loses the traces of a `stop` above privilege level 0,
 * where it is an ordinary break.
 */
bool outcome_check(const struct outcome *o, uint32_t stub, struct riven_state *want,
		   struct riven_state *got);

#endif
