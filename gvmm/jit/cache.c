// SPDX-License-Identifier: GPL-2.0-only
/*
 * The translation cache of a vCPU: a ring of blocks, found by their key, dropped
 * by page, and evicted one by one, the oldest first, when others need the room.
 * Whatever leads to a block is known, and undone when it goes: the links that
 * were patched to, and one entry of the jump cache.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/jit.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

/* Chains of the hash tables are no longer, as a rule; each block there may miss all caches. */
#define CHAIN_USUAL	8u
#define CHAIN_WORK	8u

/* Where the code that all blocks share has to end. */
#define THUNKS_END	8192

static uint32_t hash_key(const struct key *k)
{
	uint64_t h = k->ip >> 4 ^ k->gpa << 7 ^ k->flags ^ k->frame.whole << 16;

	return (uint32_t)(h * 0x9e3779b97f4a7c15ull >> (64 - HASH_BITS));
}

static uint32_t hash_page(uint64_t gpa)
{
	return (uint32_t)((gpa >> 12) * 0x9e3779b97f4a7c15ull >> (64 - PAGE_HASH_BITS));
}

void cache_prepare(struct vcpu *v)
{
	struct jit *j = v->jit;
	uint8_t *region = (uint8_t *)v->vm - RIVEN_VM_OFFSET;
	uint64_t size = v->vm->data.code_size;
	struct emit e;

	j->rw = region + RIVEN_CODE_RW_OFFSET + v->id * size;
	j->to_rx = (int64_t)RIVEN_CODE_RX_OFFSET - (int64_t)RIVEN_CODE_RW_OFFSET;
	j->size = (uint32_t)size;
	/* Offset 0 stands for none. */
	e = (struct emit){ .p = j->rw + 64, .end = j->rw + THUNKS_END, .to_rx = j->to_rx };
	make_thunks(v, &e);
	/* A mistake of the translator's, which is told; everything is interpreted then. */
	if (e.full) {
		v->stats.block_errors++;
		return;
	}
	cache_forget_returns(j);
	j->first = ((uint32_t)(e.p - j->rw) + 63) & ~63u;
	j->used = j->first;
	j->oldest = j->top = 0;
	j->bottom = j->first;
	j->ready = true;
}

struct block *cache_find(struct vcpu *v, const struct key *key)
{
	struct jit *j = v->jit;
	uint32_t offset = j->hash[hash_key(key)], steps = 0;

	while (offset && !key_equal(&block_at(j, offset)->key, key)) {
		offset = block_at(j, offset)->next_hash;
		steps++;
	}
	/* A guest can see to it that a chain is long. */
	if (steps > CHAIN_USUAL)
		vcpu_worked(v, steps * CHAIN_WORK);
	return offset ? block_at(j, offset) : NULL;
}

/*
 * Where the jump cache may have the code for ip, its slot included: one of JUMP_GENS
 * neighbours, which gen picks. make_find() knows this, too.
 */
static struct jump *jump_slot(struct jit *j, uint64_t ip, uint32_t gen)
{
	uint64_t at = ip >> 4 ^ ip >> 17 ^ (gen & (JUMP_GENS - 1));

	/* The slot takes the two highest bits. */
	return &j->jump[(at ^ ip << (JUMP_BITS - 2)) & ((1 << JUMP_BITS) - 1)];
}

const void *cache_jump(struct vcpu *v)
{
	struct jit *j = v->jit;
	uint64_t ip = v->ip | v->ri;
	uint32_t gen = v->code_gen[v->ip >> 61];
	const struct jump *e = jump_slot(j, ip, gen);

	if (e->ip == ip && e->flags == key_flags(v) && e->gen == gen &&
	    (e->frame.whole == v->frame.whole || e->frame.whole == FRAME_ANY))
		return e->code;
	return NULL;
}

void cache_note_jump(struct vcpu *v, const struct block *b)
{
	uint32_t gen = v->code_gen[b->key.ip >> 61];
	struct jit *j = v->jit;

	*jump_slot(j, b->key.ip, gen) = (struct jump){
		.ip = b->key.ip,
		.flags = key_state(&b->key),
		.frame.whole = b->key.flags & KEY_OPEN ? FRAME_ANY : b->key.frame.whole,
		.gen = gen,
		.code = cache_rx(j, b->code),
	};
}

/* Links. */

static void set_jump(struct jit *j, uint32_t at, uint32_t disp)
{
	__builtin_memcpy(cache_at(j, at), &disp, sizeof(disp));
}

/* The link leads to the dispatcher again. */
static void unlink(struct jit *j, struct link *l)
{
	if (!l->target)
		return;
	set_jump(j, l->jump, l->unpatched);
	if (l->prev_in)
		link_at(j, l->prev_in)->next_in = l->next_in;
	else
		block_at(j, l->target)->incoming = l->next_in;
	if (l->next_in)
		link_at(j, l->next_in)->prev_in = l->prev_in;
	l->target = 0;
}

/* Where the link enters the block: whom it lets in has been looked at if that is known. */
static uint32_t entry_for(const struct link *l, const struct block *b)
{
	bool meets = !l->open || (l->needs.sof >= b->needs.sof && l->needs.plain >= b->needs.plain);

	return meets ? b->inner : b->code;
}

void cache_link(struct vcpu *v, uint32_t offset, const struct block *to)
{
	struct jit *j = v->jit;
	struct link *l = link_at(j, offset);
	struct block *b = block_at(j, (uint32_t)((const uint8_t *)to - j->rw));

	/* Who is not sure what the frame is can go only where that does not matter. */
	if (l->open && !(b->key.flags & KEY_OPEN)) {
		l->loose = true;
		return;
	}
	unlink(j, l);
	l->target = (uint32_t)((uint8_t *)b - j->rw);
	l->prev_in = 0;
	l->next_in = b->incoming;
	if (b->incoming)
		link_at(j, b->incoming)->prev_in = offset;
	b->incoming = offset;
	set_jump(j, l->jump, entry_for(l, b) - (l->jump + 4));
	if (l->guess) {
		uint32_t region = b->key.ip >> 61, field;

		__builtin_memcpy(cache_at(j, l->guess), &b->key.ip, 8);
		field = (uint32_t)(offsetof(struct vcpu, code_gen) + region * 4);
		__builtin_memcpy(cache_at(j, l->gen - 4), &field, 4);
	}
	if (l->gen)
		__builtin_memcpy(cache_at(j, l->gen), &v->code_gen[b->key.ip >> 61], 4);
}

/* Blocks. */

void cache_insert(struct vcpu *v, uint32_t offset)
{
	struct jit *j = v->jit;
	struct block *b = block_at(j, offset);
	uint32_t *hash = &j->hash[hash_key(&b->key)];
	uint32_t *page = &j->pages[hash_page(b->key.gpa)];
	uint32_t at;

	b->prev_hash = b->prev_page = 0;
	b->incoming = b->misses = 0;
	b->dropped = false;
	b->next_hash = *hash;
	if (*hash)
		block_at(j, *hash)->prev_hash = offset;
	*hash = offset;
	b->next_page = *page;
	if (*page)
		block_at(j, *page)->prev_page = offset;
	*page = offset;
	for (at = b->links; at; at = link_at(j, at)->next) {
		struct link *l = link_at(j, at);

		__builtin_memcpy(&l->unpatched, cache_at(j, l->jump), 4);
		l->target = 0;
	}
	j->used = block_next(b);
}

/* Nothing finds the block, and nothing leads to it, any more. */
static void forget(struct jit *j, struct block *b)
{
	uint32_t n;

	if (b->prev_hash)
		block_at(j, b->prev_hash)->next_hash = b->next_hash;
	else
		j->hash[hash_key(&b->key)] = b->next_hash;
	if (b->next_hash)
		block_at(j, b->next_hash)->prev_hash = b->prev_hash;
	if (b->prev_page)
		block_at(j, b->prev_page)->next_page = b->next_page;
	else
		j->pages[hash_page(b->key.gpa)] = b->next_page;
	if (b->next_page)
		block_at(j, b->next_page)->prev_page = b->prev_page;
	while (b->incoming)
		unlink(j, link_at(j, b->incoming));
	for (n = 0; n < JUMP_GENS; n++) {
		struct jump *jump = jump_slot(j, b->key.ip, n);

		if (jump->code == cache_rx(j, b->code))
			jump->code = NULL;
	}
	cache_forget_returns(j);
	b->dropped = true;
}

/* The oldest block makes room; its own exits count no longer. */
static void evict(struct vcpu *v)
{
	struct jit *j = v->jit;
	struct block *b = block_at(j, j->oldest);
	uint32_t at;

	if (!b->dropped)
		forget(j, b);
	/* What has dropped itself may have called since then. */
	else
		cache_forget_returns(j);
	for (at = b->links; at; at = link_at(j, at)->next)
		unlink(j, link_at(j, at));
	j->oldest = block_next(b);
	if (j->oldest >= j->top)
		j->oldest = 0;
	j->evictions++;
	v->stats.block_evictions++;
}

/* The next block goes to the start; those from the bottom on are the oldest now. */
static void wrap(struct vcpu *v)
{
	struct jit *j = v->jit;

	while (j->oldest)
		evict(v);
	j->top = j->used;
	j->oldest = j->bottom < j->top ? j->bottom : 0;
	j->used = j->bottom = j->first;
}

uint32_t cache_reserve(struct vcpu *v, uint32_t blocks)
{
	struct jit *j = v->jit;
	uint32_t room = blocks * BLOCK_ROOM;

	if (j->size - j->used < room) {
		if (blocks > 1)
			return 0;
		wrap(v);
	}
	while (j->oldest && j->oldest < j->used + room)
		evict(v);
	return j->used;
}

/* Should anybody be on the way to the block, he comes to the dispatcher instead. */
static void kill(struct jit *j, const struct block *b)
{
	const uint32_t entry[] = { b->code, b->inner };
	uint32_t n;

	for (n = 0; n < 2; n++) {
		*cache_at(j, entry[n]) = 0xe9;
		set_jump(j, entry[n] + 1, b->stale - (entry[n] + 5));
	}
}

void cache_drop(struct vcpu *v, struct block *b)
{
	forget(v->jit, b);
	kill(v->jit, b);
}

void jit_invalidate(struct vcpu *v, uint64_t gpa)
{
	struct jit *j = v->jit;
	uint32_t at, steps = 0;

	if (!j || !j->ready)
		return;
	background_invalidate(v, gpa);
	at = j->pages[hash_page(gpa)];
	while (at) {
		struct block *b = block_at(j, at);

		at = b->next_page;
		steps++;
		if (!((b->key.gpa ^ gpa) >> 12))
			cache_drop(v, b);
	}
	vcpu_worked(v, steps * CHAIN_WORK);
}

void cache_flush(struct vcpu *v)
{
	struct jit *j = v->jit;

	memset(j->hash, 0, sizeof(j->hash));
	memset(j->pages, 0, sizeof(j->pages));
	memset(j->jump, 0, sizeof(j->jump));
	cache_forget_returns(j);
	background_invalidate(v, ~0ull);
	/* What is being made goes on where it is. */
	if (!background_pending(v))
		j->used = j->first;
	j->bottom = j->used;
	j->oldest = j->top = 0;
	j->evictions++;
	v->stats.block_flushes++;
}

/* Called between blocks, or by a handler whose status makes its block leave. */
void jit_invalidate_all(struct vcpu *v)
{
	if (!v->jit || !v->jit->ready)
		return;
	cache_flush(v);
}
