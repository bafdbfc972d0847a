// SPDX-License-Identifier: GPL-2.0-only
/* Translating a block: the passes one after the other, and the block's descriptor. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/exec.h"
#include "gvmm/jit/host.h"
#include "gvmm/jit/ways.h"
#include "gvmm/vm.h"

/* What a site's instruction calls. */
static uintptr_t handler_of(const struct translation *t, uint32_t site, const struct insn *i)
{
	if (t->counted[site])
		return (uintptr_t)jit_counted;
	if (changes_machine(i))
		return (uintptr_t)jit_sync;
	return (uintptr_t)((const char *)exec_offset + exec_offset[i->op]);
}

/* What handlers are told, in front of the block's code. */
static void fill_sites(struct translation *t, uint32_t block)
{
	uint32_t n;

	for (n = 1; n <= t->nr_sites; n++) {
		uint32_t bundle = t->site_of[n] / 4, slot = t->site_of[n] % 4;
		const struct bundle *b = &t->bundle[bundle];
		const struct insn *i = &b->insn[slot];

		t->sites[n] = (struct site){
			.insn = *i, .ip = b->ip, .slot = slot, .rest = t->bundles - bundle - 1,
			.last_ip = last_ip_at(t, bundle, slot),
			.handler = handler_of(t, n, i),
			.is_long = slot == 1 && b->insn[2].op == OP_X2ND,
			.flags = key_state(&t->key),
			.block = block,
		};
	}
}

static uint8_t *aligned(const struct jit *j, uint8_t *p)
{
	return j->rw + ((uint32_t)(p - j->rw) + 15) / 16 * 16;
}

static struct translation *begin(struct vcpu *v, const struct key *key, const struct wanted *w)
{
	struct translation *t = (struct translation *)((uint8_t *)v->jit + TRANSLATION_OFFSET);

	t->v = v;
	t->jit = v->jit;
	t->key = *key;
	t->background = w;
	t->checked = !v->vm->data.hot_count || v->verify;
	t->fr = w ? w->fr : v->fr;
	t->fr_b = w ? w->fr_b : v->fr_b;
	t->bundles = t->nr_ir = t->nr_exits = t->nr_sites = t->links = 0;
	t->nr_marks = 0;
	t->at = t->slot = 0;
	t->done = false;
	t->error = NULL;
	t->large = false;
	return t;
}

/*
 * To operations. Where every block is translated, to test the translator, they are
 * checked before and after they are changed, and where values are (alloc_check()).
 */
static bool make_ir(struct translation *t)
{
	collect_bundles(t);
	build_block(t);
	if (t->checked && !t->error)
		t->error = ir_check(t);
	if (t->error)
		return false;
	ir_optimize(t);
	if (t->checked)
		t->error = ir_check(t);
	return !t->error;
}

/* To host code at offset of the cache: the block, or NULL when it does not fit. */
static struct block *make_code(struct translation *t, uint32_t offset)
{
	struct jit *j = t->jit;
	struct host *h = (struct host *)((uint8_t *)t + HOST_OFFSET);
	struct block *b = block_at(j, offset);
	struct emit e;
	uint8_t *start;

	t->sites = (struct site *)(b + 1);
	fill_sites(t, offset);
	start = aligned(j, (uint8_t *)(t->sites + t->nr_sites + 1));
	e = (struct emit){
		.p = start, .end = j->rw + offset + BLOCK_ROOM - EMIT_SLACK, .to_rx = j->to_rx,
	};
	select_block(t, &e);
	if (e.full || t->error)
		return NULL;
	*b = (struct block){
		.key = t->key, .code = (uint32_t)(start - j->rw), .bundles = t->bundles,
		.inner = h->inner, .needs = t->needs,
		.stale = h->stale, .links = t->links, .rest = (uint32_t)(h->rest - j->rw),
		.end = (uint32_t)(e.p - j->rw),
	};
	return b;
}

static void tell(struct vcpu *v, const struct block *b)
{
	const uint64_t arg[5] = {
		b->code, (b->end - b->code) | (uint64_t)(b->rest - b->code) << 32, b->key.gpa,
		frame_to_cfm(b->key.frame),
		b->key.flags & (KEY_CPL | KEY_BE | KEY_IT | KEY_OPEN),
	};

	_Static_assert(KEY_CPL == (int)RIVEN_BLOCK_CPL && KEY_BE == (int)RIVEN_BLOCK_BE &&
		       KEY_IT == (int)RIVEN_BLOCK_IT && KEY_OPEN == (int)RIVEN_BLOCK_OPEN,
		       "the host knows these");
	trace_block(v, b->key.ip, b->bundles, arg);
}

bool translate_open(struct vcpu *v)
{
	return open_fits(v->jit, interp_fetch(v)->insn, v->ri);
}

void translate_mark(struct vcpu *v, const struct key *key)
{
	uint8_t *p2m = (uint8_t *)v->vm - RIVEN_VM_OFFSET + RIVEN_P2M_OFFSET + (key->gpa >> 12);

	if (!(*p2m & RIVEN_P2M_CODE))
		__atomic_fetch_or(p2m, RIVEN_P2M_CODE, __ATOMIC_RELAXED);
}

struct block *translate_at(struct vcpu *v, const struct key *key, uint32_t offset,
			   const struct wanted *w, bool *failed)
{
	struct translation *t;
	struct block *b = NULL;
	uint32_t limit;

	*failed = false;
	/* What does not fit does in halves. */
	for (limit = key_limit(key); limit && !b; limit = t->bundles / 2) {
		t = begin(v, key, w);
		t->limit = limit;
		if (make_ir(t))
			b = make_code(t, offset);
		/* That is the translator's own mistake, which its tests look for. */
		*failed |= t->error && !t->large;
	}
	return b;
}

void translate_enter(struct vcpu *v, uint32_t offset)
{
	const struct block *b = block_at(v->jit, offset);

	cache_insert(v, offset);
	v->stats.blocks++;
	v->stats.blocks_open += !!(b->key.flags & KEY_OPEN);
	v->stats.block_bundles += b->bundles;
	v->stats.block_bytes += b->end - b->code;
	tell(v, b);
}

struct block *translate_block(struct vcpu *v, const struct key *key)
{
	uint32_t offset = cache_reserve(v, 1);
	struct block *b;
	bool failed;

	translate_mark(v, key);
	b = translate_at(v, key, offset, NULL, &failed);
	v->stats.block_errors += failed;
	if (b)
		translate_enter(v, offset);
	return b;
}
