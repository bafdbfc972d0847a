/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The register stack (SDM 2:6, 1:4.1). What its state means and which rules
 * always hold is told in docs/rse-invariants.md; R numbers are from there.
 *
 * What translated code may do by itself with fb, dirty and frame of struct
 * vcpu, given the frame (sof, sol, ...) that it is translated for. All numbers
 * are indices into gr[], 32 bits wide; a comparison is one of unsigned numbers.
 *
 *   br.call	fb += sol; frame = { .sof = sof - sol }. Never a check: neither the
 *		end of gr[] nor registers that lack matter (R2, R8).
 *   cover	fb += sof; frame = { 0 }. Never a check. (IFS is the caller's.)
 *   alloc	to (sof', sol', sor'): fb - dirty > 96 - sof': to rse_alloc(). Else
 *		the new sizes go to frame, and nothing more is to be done.
 *   br.ret	to a frame f, frame_from_cfm() of PFS: fb - f.sol - dirty > 96 - f.sof:
 *		to rse_restore(). Else fb -= f.sol; frame = f.
 *   rfi	likewise with f of IFS, when that is valid, and f.sof in place of f.sol.
 *		With IFS.v clear nothing moves, but rse_enable_load().
 *
 * The subtraction makes one comparison of two: registers that are missing give
 * a huge number, a frame too large for what is dirty one above the bound.
 * BSP, BSPSTORE and RNAT need no work in any of these: BSP is rse_bsp().
 *
 * rse_alloc(), rse_restore(), rse_flush() and rse_load() may move the whole
 * stack inside gr[]: whoever keeps &gr[fb] has to look at fb again after them.
 */
#ifndef GVMM_CPU_RSE_H
#define GVMM_CPU_RSE_H

#include "gvmm/cpu/vcpu.h"

/* Registers below the frame that are in no memory yet. */
static inline uint32_t rse_dirty(const struct vcpu *v)
{
	return v->fb > v->dirty ? v->fb - v->dirty : 0;
}

/* The frame's lowest registers that are in memory only: it is incomplete (SDM 2:6.8). */
static inline uint32_t rse_missing(const struct vcpu *v)
{
	return v->dirty > v->fb ? v->dirty - v->fb : 0;
}

/* Is a frame of sof registers at fb complete, and does it fit beside the dirty ones (R3)? */
static inline bool rse_fits(const struct vcpu *v, uint32_t fb, uint32_t sof)
{
	return fb - v->dirty <= RSE_PHYS - sof;
}

/* br.call's frame part; PFS is the caller's. */
static inline void rse_call(struct vcpu *v)
{
	uint32_t sol = v->frame.sol;

	v->fb += sol;
	v->frame = (struct frame){ .sof = (uint8_t)(v->frame.sof - sol) };
}

/* cover's frame part; IFS is the caller's. */
static inline void rse_cover(struct vcpu *v)
{
	v->fb += v->frame.sof;
	v->frame = (struct frame){ 0 };
}

/* AR.BSP: where r32 belongs. */
uint64_t rse_bsp(const struct vcpu *v);

/*
 * Functions that return int may touch memory and return EXEC_NEXT, EXEC_FAULT
 * or EXEC_EXIT; state is consistent at every return and the instruction can be
 * run again.
 */
int rse_alloc(struct vcpu *v, uint32_t sof, uint32_t sol, uint32_t sor);
/*
 * br.ret's and rfi's frame part: fm is the frame marker to restore, bits 37:0,
 * of whose frame the lowest `preserved` registers lie below the current frame
 * (br.ret: its sol, rfi: its sof). Registers that lack are loaded before the
 * next instruction (rse_enable_load).
 */
void rse_restore(struct vcpu *v, uint64_t fm, uint32_t preserved);
/* Set RSE.CFLE when the frame is incomplete: the end of br.ret and of every rfi. */
void rse_enable_load(struct vcpu *v);
int rse_fill_frame(struct vcpu *v);	/* mandatory loads of an incomplete frame */
int rse_flush(struct vcpu *v);		/* flushrs */
int rse_load(struct vcpu *v);		/* loadrs */
void rse_set_bspstore(struct vcpu *v, uint64_t addr);
/* The frame lacks the registers that belong between bsp and bspstore; state_set()'s. */
void rse_set_incomplete(struct vcpu *v, uint64_t bsp, uint64_t bspstore);

#endif
