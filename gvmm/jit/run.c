// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatcher: finds the block for the state that the guest is in, has code
 * translated that runs often, and gives to the interpreter what no block can
 * be for.
 */
#include <riven/profile.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/jit/jit.h"
#include "gvmm/jit/verify-round.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

/* Bundles between two looks whether the NaT bits have gone. */
#define NAT_BUNDLES	64u
/* Bundles that the interpreter runs at most before blocks are looked for again. */
#define COLD_BUNDLES	64u

typedef int enter_function(struct vcpu *v, const void *code);

/*
 * Have the NaT bits gone? Registers above the frame and below the dirty ones
 * count for nothing.
 */
static bool nat_gone(struct vcpu *v)
{
	uint32_t low = v->fb - rse_dirty(v), high = v->fb + v->frame.sof, n;
	uint64_t any = 0;

	for (n = 0; n < 32; n++)
		any |= v->nat[n];
	for (n = low; n < high; n++)
		any |= v->nat[n];
	if (any)
		return false;
	memset(v->nat + GR_STACKED, 0, sizeof(v->nat) - GR_STACKED);
	v->nat_maybe = false;
	return true;
}

bool jit_translatable(struct vcpu *v)
{
	return !v->nat_maybe || nat_gone(v);
}

static uint8_t *heat_of(const struct vcpu *v)
{
	uint64_t at = v->ip >> 4 ^ v->ip >> 20 ^ v->ri << (HEAT_BITS - 2);

	return &v->jit->heat[at & ((1 << HEAT_BITS) - 1)];
}

/* Has the code at ip been executed so often, or more often? Counts if not. */
static bool has_run(struct vcpu *v, uint32_t times)
{
	uint8_t *heat = heat_of(v);

	if (*heat >= times)
		return true;
	(*heat)++;
	return false;
}

/* Often enough that there may be a block? Another processor makes them sooner. */
static bool is_warm(struct vcpu *v)
{
	uint32_t hot = v->vm->data.hot_count;

	return has_run(v, v->jit->background ? hot / 2 : hot);
}

/* Often enough for the vCPU to make one itself? */
static bool is_hot(struct vcpu *v)
{
	return has_run(v, v->vm->data.hot_count);
}

/* The bundles at ip, for which there is no block, up to a branch to what is hot. */
static int run_cold(struct vcpu *v, uint32_t *left)
{
	uint32_t before = *left;
	int status = EXEC_NEXT;

	while (*left && !v->attention && status == EXEC_NEXT) {
		uint32_t most = *left < COLD_BUNDLES ? *left : COLD_BUNDLES, rest = most;

		status = interp_to_branch(v, &rest);
		*left -= most - rest;
		if (is_warm(v) || (v->jit->background && background_ready(v)))
			break;
	}
	v->stats.interpreted += before - *left;
	return status;
}

static struct block *translate(struct vcpu *v, const struct key *key)
{
	uint64_t began = __builtin_ia32_rdtsc();
	struct block *b;

	if (v->profiling)
		v->profile->doing = RIVEN_DOING_TRANSLATING;
	b = translate_block(v, key);
	if (v->profiling)
		v->profile->doing = RIVEN_DOING_GVMM;
	v->stats.translate_ns += timer_ns(v, __builtin_ia32_rdtsc() - began);
	return b;
}

/* Make the block if the code is hot; NULL: not yet, or there can be none. */
static struct block *make_block(struct vcpu *v, const struct key *key)
{
	if ((v->jit->background && background_wants(v, key)) || !is_hot(v))
		return NULL;
	return translate(v, key);
}

static bool takes(const struct block *b, struct frame f)
{
	return b && frame_meets(f, b->needs);
}

/*
 * Is the code likely to run in many frames, of which it does not need much? So it is when it
 * has just been called, with parameters and nothing else, and where an interruption's handler
 * begins.
 */
static bool may_open(const struct vcpu *v)
{
	return !(v->frame.whole & ~0xffull) || !(v->vpd->vpsr & PSR_IC);
}

/*
 * The block for ip, which is on the current code page, or NULL. limit: of at
 * most so many bundles, if it is not 0. open: had best be one for any frame.
 */
static struct block *find_block(struct vcpu *v, uint32_t limit, bool open)
{
	struct key exact = {
		.ip = v->ip | v->ri, .gpa = v->code_gpa | (v->ip & ~PAGE_MASK),
		.frame = v->frame, .flags = key_flags(v) | limit << KEY_LIMIT_SHIFT,
	};
	struct key any = exact;
	struct block *b = NULL;

	v->stats.block_lookups++;
	/* What has never been warm has no block. */
	if (!v->code_plain || !is_warm(v))
		return NULL;
	any.frame = (struct frame){ 0 };
	any.flags |= KEY_OPEN;
	open |= may_open(v);
	if (open)
		b = cache_find(v, &any);
	if (!takes(b, v->frame)) {
		/* What there is for any frame but this one need not be made. */
		open &= !b;
		b = cache_find(v, &exact);
		if (!b && open && translate_open(v)) {
			b = make_block(v, &any);
			if (!b)
				return NULL;
		}
		if (!takes(b, v->frame))
			b = make_block(v, &exact);
	}
	if (b && !limit)
		cache_note_jump(v, b);
	return b;
}

/*
 * The same, if it fits into count bundles; begun: there were more. A slice ends in front of
 * the first block that does not fit, and so does a round in lockstep, unless it has an exact
 * end: then the block is cut. So blocks start where they do without: in a loop whose
 * registers rotate there would be others for each place where time is up.
 */
static struct block *find_fitting(struct vcpu *v, uint32_t count, bool open, bool begun, bool *stop)
{
	const struct verify *f = v->verify;
	struct block *b = find_block(v, 0, open);

	*stop = false;
	if (!b || b->bundles <= count)
		return b;
	/* But not in a bundle that has begun. */
	*stop = (f ? !f->exact && f->first_block : begun) && !(v->ri && v->last_ip == v->ip);
	return f && f->exact ? find_block(v, count, open) : NULL;
}

/* In place of a link: what the jump cache has for ip does not take the frame. */
#define NO_LINK	1u

/* After translated code has come back with status. */
static int handle_leave(struct vcpu *v, int status, uint32_t *link)
{
	switch (status) {
	case LEAVE_LOOKUP:
	case LEAVE_REFUSED:
		v->stats.block_refusals += status == LEAVE_REFUSED;
		v->ri = v->ip & 3;
		v->ip &= ~15ull;
		*link = status == LEAVE_REFUSED ? NO_LINK : (uint32_t)v->jit->leave_arg;
		return EXEC_NEXT;
	case LEAVE_FINISH:
		v->stats.block_finishes++;
		return interp_finish(v, true);
	case LEAVE_ATTENTION:
		v->stats.block_attentions++;
		return interp_finish(v, false);
	case EXEC_JUMP:
		return EXEC_NEXT;
	case EXEC_FAULT:
		v->stats.block_faults++;
		return EXEC_NEXT;
	case EXEC_EXIT:
		v->stats.block_faults++;
		return EXEC_EXIT;
	default:
		v->stats.block_faults++;
		return interp_wind_up(v, status, v->jit->leave_arg);
	}
}

/* Run code, for up to *count bundles, and what it leaves to be done. */
static int enter(struct vcpu *v, const void *code, uint32_t *count, uint32_t *link)
{
	struct jit *j = v->jit;
	int status;

	j->left = *count;
	status = ((enter_function *)cache_rx(j, j->enter))(v, code);
	*count = j->left;
	return handle_leave(v, status, link);
}

/* Can the link at offset, of a block that has not been evicted, lead only to an open one? */
static bool wants_open(const struct vcpu *v, uint32_t link, uint32_t evictions)
{
	return link > NO_LINK && evictions == v->jit->evictions && link_at(v->jit, link)->open;
}

/* The code for ip if that has run before, and nothing has to be done in front of it. */
static const void *known_code(struct vcpu *v, uint32_t count)
{
	return count >= BLOCK_BUNDLES && !v->verify ? cache_jump(v) : NULL;
}

int jit_bundles(struct vcpu *v, uint32_t *count)
{
	struct jit *j = v->jit;
	int status = EXEC_NEXT;
	uint32_t link = 0, evictions = 0, whole = *count;
	bool stop;

	if (!j->ready)
		cache_prepare(v);
	if (!j->ready)
		return interp_bundles(v, count);
	/* The host allows it before the first run, but the thread may die. */
	j->background = background_on(v);
	while (*count && !v->attention && status == EXEC_NEXT) {
		uint32_t from = link;
		const void *code;
		struct block *b;

		link = 0;
		if (!jit_translatable(v)) {
			uint32_t some = *count < NAT_BUNDLES ? *count : NAT_BUNDLES, rest = some;

			status = interp_bundles(v, &rest);
			*count -= some - rest;
			v->stats.interpreted += some - rest;
			v->stats.interpreted_nat += some - rest;
			continue;
		}
		if (j->background && background_ready(v))
			background_collect(v);
		code = from ? NULL : known_code(v, *count);
		if (code) {
			evictions = j->evictions;
			status = enter(v, code, count, &link);
			continue;
		}
		if ((v->ip & PAGE_MASK) != v->code_page) {
			status = interp_fetch_page(v);
			if (status == EXEC_FAULT) {
				--*count;
				status = EXEC_NEXT;
				continue;
			}
			if (status != EXEC_NEXT) {
				--*count;
				break;
			}
		}
		/* The way out of a loop is as hot as that: else its epilogue would make blocks of the loop. */
		if (from > NO_LINK && v->ri)
			*heat_of(v) = UINT8_MAX;
		b = find_fitting(v, *count, wants_open(v, from, evictions), *count < whole, &stop);
		if (stop)
			break;
		if (!b) {
			status = run_cold(v, count);
			continue;
		}
		/* What has been evicted since may be the block that the link belongs to. */
		if (from > NO_LINK && !(b->key.flags >> KEY_LIMIT_SHIFT) && evictions == j->evictions)
			cache_link(v, from, b);
		if (v->verify && !v->verify->first_block)
			v->verify->first_block = (uint32_t)((uint8_t *)b - j->rw);
		evictions = j->evictions;
		status = enter(v, cache_rx(j, b->code), count, &link);
	}
	return status == EXEC_EXIT || status == EXEC_EXIT_NEXT ? EXEC_EXIT : EXEC_NEXT;
}
