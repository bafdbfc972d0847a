// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decode cache: decoded bundles by guest-physical address, direct-mapped.
 * IA-64 makes changes of code explicit (fc, SDM 1:4.4.6.2), so entries live
 * until fc, DMA or a change of the memory map takes them away.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/decode.h"
#include "gvmm/isa/exec.h"
#include "gvmm/jit/jit.h"

#define FRAME_SHIFT	12
#define FRAME_SIZE	(1ull << FRAME_SHIFT)
#define GEN_ONE		(1ull << DECODE_GEN_SHIFT)

_Static_assert(DECODE_BITS < 64 - DECODE_GEN_SHIFT, "a generation for each line, and more");

/* Frames with code that one call walks, and frames it looks at: for more it drops everything. */
#define WALK_FRAMES	32
#define LOOK_FRAMES	8192

static uint8_t *p2m_entry(const struct vcpu *v, uint64_t gpa)
{
	return (uint8_t *)v->vm - RIVEN_VM_OFFSET + RIVEN_P2M_OFFSET + (gpa >> FRAME_SHIFT);
}

void decode_fill(struct vcpu *v, struct decoded *d, uint64_t gpa)
{
	const uint64_t *bundle = (const uint64_t *)(v->window + gpa);
	uint8_t *p2m = p2m_entry(v, gpa);
	uint32_t n;

	if (!(*p2m & RIVEN_P2M_CODE))
		__atomic_fetch_or(p2m, RIVEN_P2M_CODE, __ATOMIC_RELAXED);
	decode_bundle(bundle[0], bundle[1], d->insn, &d->template);
	d->active = d->pred = 0;
	for (n = 0; n < 3; n++) {
		const struct insn *i = &d->insn[n];

		if (exec_offset[i->op] != exec_offset[OP_NOP_M])
			d->active |= 1 << n;
		if (i->qp && !(op_flags(i->op) & F_UNC))
			d->pred |= 1 << n;
	}
	d->tag = gpa | v->decode_tag;
	v->stats.decode_misses++;
}

/* Bundles of [gpa, end), which is inside one frame. */
static void invalidate_lines(struct vcpu *v, uint64_t gpa, uint64_t end)
{
	for (gpa &= ~15ull; gpa < end; gpa += 16) {
		struct decoded *d = decode_line(v, gpa);

		if (d->tag == (gpa | v->decode_tag))
			d->tag = 0;
	}
}

void decode_invalidate(struct vcpu *v, uint64_t gpa, uint64_t len)
{
	uint32_t walked = 0;
	uint64_t end;

	if (gpa >= RIVEN_WINDOW_SIZE)
		return;
	end = len < RIVEN_WINDOW_SIZE - gpa ? gpa + len : RIVEN_WINDOW_SIZE;
	if (end - gpa > LOOK_FRAMES * FRAME_SIZE) {
		decode_invalidate_all(v);
		return;
	}
	while (gpa < end) {
		uint64_t next = (gpa | (FRAME_SIZE - 1)) + 1;

		if (next > end)
			next = end;
		if (*p2m_entry(v, gpa) & RIVEN_P2M_CODE) {
			if (walked++ == WALK_FRAMES) {
				decode_invalidate_all(v);
				return;
			}
			invalidate_lines(v, gpa, next);
			jit_invalidate(v, gpa);
		}
		gpa = next;
	}
}

void decode_invalidate_all(struct vcpu *v)
{
	struct decoded *lines = v->decode_cache;

	v->code_page = MTLB_NONE;
	jit_invalidate_all(v);
	v->decode_tag = (v->decode_tag + GEN_ONE) | DECODE_VALID;
	/*
	 * Generations come round, and old lines must not look valid then. Each
	 * takes one line away, so that none lives through all of them.
	 */
	lines[v->decode_tag >> DECODE_GEN_SHIFT & v->decode_mask].tag = 0;
}
