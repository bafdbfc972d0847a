// SPDX-License-Identifier: GPL-2.0-only
/* Copies of guest pages that data accesses see instead of the pages. */
#include "gvmm/mmu/shadow.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

uint8_t *shadow_view(struct vcpu *v, uint64_t gpa)
{
	struct shadows *s = v->shadows;
	uint64_t page = gpa & PAGE_MASK;
	uint32_t at = (uint32_t)(page * 0x9e3779b97f4a7c15ull >> (64 - SHADOW_BITS)), n;

	while (s->index[at] && s->page[s->index[at] - 1] != page)
		at = (at + 1) & ((1 << SHADOW_BITS) - 1);
	n = s->index[at];
	if (!n) {
		if (s->used < NR_SHADOWS)
			s->used++;
		n = s->used;
		s->index[at] = (uint8_t)n;
		s->page[n - 1] = page;
		memcpy(s->old[n - 1], v->window + page, SHADOW_SIZE);
		memcpy(s->now[n - 1], s->old[n - 1], SHADOW_SIZE);
	}
	return s->now[n - 1] + (gpa & ~PAGE_MASK);
}

void shadows_use(struct vcpu *v, struct shadows *s)
{
	v->shadows = s;
	mmu_psr_changed(v);
}

void shadows_drop(struct shadows *s)
{
	memset(s->index, 0, sizeof(s->index));
	s->used = 0;
}

void shadows_rewind(struct shadows *s)
{
	uint32_t n;

	for (n = 0; n < s->used; n++)
		memcpy(s->now[n], s->old[n], SHADOW_SIZE);
}

bool shadows_equal(const struct vcpu *v, const struct shadows *s)
{
	uint32_t n;

	for (n = 0; n < s->used; n++)
		if (!words_equal(s->now[n], v->window + s->page[n], SHADOW_SIZE / 8))
			return false;
	return true;
}
