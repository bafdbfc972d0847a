/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame marker (SDM 1:3.1.10) in the form in which it is worked with. */
#ifndef GVMM_CPU_FRAME_H
#define GVMM_CPU_FRAME_H

#include <stdint.h>

/* Physical stacked registers (PAL_RSE_INFO). Dirty ones and frame never exceed this many. */
#define RSE_PHYS 96

/*
 * Shape and rename bases of a frame, within the bounds of R4
 * (docs/rse-invariants.md). One word, so that a load, a store or a compare
 * takes all of it: field n is bits 8n to 8n+7.
 */
struct frame {
	union {
		struct {
			uint8_t sof, sol;
			uint8_t sor;		/* in registers, a multiple of 8 */
			uint8_t rrb_gr, rrb_fr, rrb_pr;
			uint8_t zero[2];
		};
		uint64_t whole;
	};
};

_Static_assert(sizeof(struct frame) == 8, "a frame marker is one word");

/* The marker as CFM, PFS and IFS hold it, bits 37:0. */
static inline uint64_t frame_to_cfm(struct frame f)
{
	return f.sof | (uint64_t)f.sol << 7 | (uint64_t)(f.sor / 8) << 14 |
	       (uint64_t)f.rrb_gr << 18 | (uint64_t)f.rrb_fr << 25 | (uint64_t)f.rrb_pr << 32;
}

/* frame_from_cfm() of whatever is not plain (rse.c). */
struct frame frame_cut_down(uint64_t fm);

/* The frame of bits 37:0 of fm. What no alloc could have made is cut down to what fits (R4). */
static inline struct frame frame_from_cfm(uint64_t fm)
{
	uint32_t sof = fm & 127, sol = fm >> 7 & 127;

	/* Nothing rotates in nearly all. */
	if (__builtin_expect(!(fm >> 14 & 0xffffff) && sof <= RSE_PHYS && sol <= sof, 1))
		return (struct frame){ .whole = sof | sol << 8 };
	return frame_cut_down(fm);
}

/* Turned by one register, as loop branches do (SDM 1:4.5.1). */
static inline struct frame frame_rotated(struct frame f)
{
	if (f.sor)
		f.rrb_gr = f.rrb_gr ? f.rrb_gr - 1 : f.sor - 1;
	f.rrb_fr = f.rrb_fr ? f.rrb_fr - 1 : 95;
	f.rrb_pr = f.rrb_pr ? f.rrb_pr - 1 : 47;
	return f;
}

#endif
