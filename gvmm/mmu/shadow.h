/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadows of guest pages: while v->shadows is set, data accesses of the vCPU
 * see copies and leave guest memory alone. Only the comparison of the engines
 * does this (gvmm/jit/verify.c).
 */
#ifndef GVMM_MMU_SHADOW_H
#define GVMM_MMU_SHADOW_H

#include "gvmm/cpu/vcpu.h"

#define NR_SHADOWS	128
#define SHADOW_BITS	9
#define SHADOW_SIZE	(1u << MTLB_PAGE_BITS)

struct shadows {
	uint32_t used;
	uint8_t index[1 << SHADOW_BITS];	/* hash table of numbers, from 1 up */
	uint64_t page[NR_SHADOWS];		/* guest-physical */
	/* As the pages were when first seen, and as accesses have made them. */
	uint8_t old[NR_SHADOWS][SHADOW_SIZE] __attribute__((aligned(64)));
	uint8_t now[NR_SHADOWS][SHADOW_SIZE];
};

_Static_assert(NR_SHADOWS < 256, "a number fits the index");

/*
 * The shadow of RAM or ROM at gpa, good to the end of its page. Whoever sets
 * v->shadows sees to it that no more than NR_SHADOWS - 1 pages are needed.
 */
uint8_t *shadow_view(struct vcpu *v, uint64_t gpa);

/* Where data accesses find RAM or ROM at gpa now. */
static inline uint8_t *mem_view(struct vcpu *v, uint64_t gpa)
{
	if (__builtin_expect(v->shadows != NULL, 0))
		return shadow_view(v, gpa);
	return v->window + gpa;
}

/* Begin to use shadows (NULL: end); the accesses in between go the slow way. */
void shadows_use(struct vcpu *v, struct shadows *s);
/* There are none. */
void shadows_drop(struct shadows *s);
/* All are as the pages were. */
void shadows_rewind(struct shadows *s);
/* Is guest memory what the shadows are? */
bool shadows_equal(const struct vcpu *v, const struct shadows *s);

/* Are n words equal? */
static inline bool words_equal(const void *a, const void *b, uint32_t n)
{
	const uint64_t *x = a, *y = b;
	uint64_t any = 0;
	uint32_t k;

	for (k = 0; k < n; k++)
		any |= x[k] ^ y[k];
	return !any;
}

#endif
