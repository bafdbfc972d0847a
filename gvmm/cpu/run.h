/* SPDX-License-Identifier: GPL-2.0-only */
/* What the run loop's own files share: decoded bundles, and state derived from PSR. */
#ifndef GVMM_CPU_RUN_H
#define GVMM_CPU_RUN_H

#include "gvmm/cpu/vcpu.h"

/*
 * One line of the decode cache. tag is the bundle's guest-physical address,
 * decode_tag of the vCPU above it; 0: empty.
 */
struct decoded {
	uint64_t tag;
	struct insn insn[3];
	uint8_t template;
	uint8_t active;		/* bit n: slot n has something to do */
	uint8_t pred;		/* bit n: the run loop looks at slot n's predicate */
	uint8_t reserved[5];
};

_Static_assert(sizeof(struct decoded) == 64, "a decoded bundle fills a cache line");

/* Consecutive bundles are consecutive lines. */
#define DECODE_BITS	19
#define DECODE_LINES	(1u << DECODE_BITS)
/* Where there is a translator only what is cold is decoded: less memory is touched. */
#define DECODE_LINES_JIT	(1u << 17)

_Static_assert(DECODE_LINES * sizeof(struct decoded) <= RIVEN_VCPU_DECODE_SIZE,
	       "decode cache fits its area");

/* Bits 3:0 of a bundle's address are free, and so are those above the window. */
#define DECODE_VALID		1ull
#define DECODE_GEN_SHIFT	40

static inline struct decoded *decode_line(struct vcpu *v, uint64_t gpa)
{
	return (struct decoded *)v->decode_cache + (gpa >> 4 & v->decode_mask);
}

/* Decode the bundle at gpa, which is in RAM or ROM, into its line. */
void decode_fill(struct vcpu *v, struct decoded *d, uint64_t gpa);

/* Look at PSR and the breakpoint registers again: v->careful, v->attention. */
void psr_derive(struct vcpu *v);

/* ISR.code bits of traps (SDM 2:8.2, table 8-3). */
enum {
	TRAP_FP = 1 << 0,
	TRAP_LP = 1 << 1,		/* lower-privilege transfer */
	TRAP_TB = 1 << 2,		/* taken branch */
	TRAP_SS = 1 << 3,		/* single step */
	TRAP_UI = 1 << 4,		/* unimplemented instruction address */
};

/* PSR bits that the completion of an instruction clears (SDM 2:3.3.2). */
#define PSR_ONCE	(PSR_ID | PSR_DA | PSR_DD | PSR_ED | PSR_IA)

#endif
