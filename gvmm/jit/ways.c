// SPDX-License-Identifier: GPL-2.0-only
/* What of the system's instructions is inline, as their handlers' calls have been counted. */
#include <riven/profile.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/jit/build.h"
#include "gvmm/jit/ways.h"
#include "gvmm/mmu/tlb.h"
#include "gvmm/vm.h"

/* So many calls of a handler are looked at once. */
#define LOOK_EACH 8u

enum jit_way jit_way(uint32_t op)
{
	static const uint8_t ways[RIVEN_NR_OPS] = {
#define X(op, way) [OP_##op] = WAY_##way,
		JIT_WAYS(X)
#undef X
	};

	return op < RIVEN_NR_OPS ? (enum jit_way)ways[op] : WAY_INLINE;
}

/* The thread beside the vCPU reads these, too, as old as they may be. */
static uint64_t count_of(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* Is everything translated at once? */
static bool is_eager(const struct vcpu *v)
{
	return !v->vm->data.hot_count || v->verify;
}

static bool counted_enough(const struct vcpu *v, uint32_t op)
{
	uint64_t calls = count_of(&v->profile->handlers[op]);
	uint64_t simple = count_of(&v->profile->simple[op]);

	if (!is_eager(v))
		return simple >= INLINE_CALLS && 2 * simple >= calls;
	/* Both ways in turn. */
	return !((calls + count_of(&v->profile->accesses[op])) & 1);
}

bool inline_wanted(struct translation *t, const struct insn *i)
{
	if (jit_way(i->op) != WAY_COUNTED || counted_enough(t->v, i->op))
		return true;
	t->counted[ir_site(t)] = true;
	return false;
}

/* Does the machine TLB allow this to the privilege level? what: PROBE_READ, PROBE_WRITE. */
static bool mtlb_allows(const struct vcpu *v, uint64_t va, uint32_t level, uint32_t what)
{
	const struct mtlb_entry *e = mtlb_slot(v->mtlb + level * MTLB_ENTRIES, va);
	uint64_t page = mtlb_tag(va, 1);

	return (!(what & PROBE_READ) || e->tag_read == page) &&
	       (!(what & PROBE_WRITE) || e->tag_write == page);
}

static bool probe_allowed(const struct vcpu *v, const struct insn *i, uint64_t level)
{
	level &= 3;
	return mtlb_allows(v, gr_get(v, i->r3), level < v->cpl ? v->cpl : (uint32_t)level, i->aux);
}

/* Would inline code have the answer to the instruction that is next? */
static bool is_simple(const struct vcpu *v, const struct insn *i)
{
	uint64_t bytes;

	switch (i->op) {
	case OP_MOV_TO_PSR_L:
		return !((v->vpd->vpsr ^ gr_get(v, i->r2)) & PSR_L & ~SM_PLAIN);
	case OP_THASH:
	case OP_TTAG:
		return rr_ps(region_register(v, gr_get(v, i->r3))) >= PS_MIN;
	case OP_MOV_TO_RR:
		return v->vpd->rr[gr_get(v, i->r3) >> 61] == gr_get(v, i->r2);
	case OP_TPA:
		return mtlb_allows(v, gr_get(v, i->r3), 0, PROBE_READ);
	case OP_PROBE_R:
	case OP_PROBE_W:
		return probe_allowed(v, i, gr_get(v, i->r2));
	case OP_PROBE_R_IMM:
	case OP_PROBE_W_IMM:
	case OP_PROBE_R_FAULT:
	case OP_PROBE_W_FAULT:
	case OP_PROBE_RW_FAULT:
		return probe_allowed(v, i, (uint64_t)i->imm);
	case OP_FLUSHRS:
		return v->dirty == v->fb;
	case OP_LOADRS:
		bytes = v->rsc >> 16 & 0x3ff8;
		return rse_bsp(v) - bytes == v->bspstore;
	default:
		return false;
	}
}

static int call(struct vcpu *v, const struct insn *i)
{
	return changes_machine(i) ? jit_sync(v, i) : jit_call(v, i);
}

int jit_counted(struct vcpu *v, const struct insn *i)
{
	const struct site *s = (const struct site *)i;
	struct block *b = block_at(v->jit, s->block);
	int status;

	/* One call stands for those around it. */
	if (v->profile->handlers[i->op] % LOOK_EACH && !is_eager(v))
		return call(v, i);
	v->profile->simple[i->op] += is_simple(v, i) ? LOOK_EACH : 0;
	status = call(v, i);
	if (counted_enough(v, i->op) && !b->dropped)
		cache_drop(v, b);
	return status;
}
