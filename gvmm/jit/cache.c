// SPDX-License-Identifier: GPL-2.0-only
/*
 * The translation cache of a vCPU: blocks one behind the other, found by their
 * key, dropped by page. A full cache is emptied.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/isa/exec.h"
#include "gvmm/jit/jit.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

#define JIT_FIELD(field) \
	((int32_t)(RIVEN_VCPU_JIT - RIVEN_VCPU_STATE + offsetof(struct jit, field)))

static uint32_t hash_key(const struct key *k)
{
	uint64_t h = k->ip >> 4 ^ k->gpa << 7 ^ k->flags ^ k->frame.whole << 16;

	return (uint32_t)(h * 0x9e3779b97f4a7c15ull >> (64 - HASH_BITS));
}

static uint32_t hash_page(uint64_t gpa)
{
	return (uint32_t)((gpa >> 12) * 0x9e3779b97f4a7c15ull >> (64 - PAGE_HASH_BITS));
}

static bool key_equal(const struct key *a, const struct key *b)
{
	return a->ip == b->ip && a->gpa == b->gpa && a->flags == b->flags &&
	       a->frame.whole == b->frame.whole;
}

/* Into translated code: (vcpu, code), as a C function that returns the status. */
static void make_enter(struct emit *e)
{
	static const uint8_t saved[] = { RBX, RBP, R12, R13, R14, R15 };
	uint32_t n;

	for (n = 0; n < sizeof(saved); n++)
		emit_push(e, saved[n]);
	/* Calls from translated code find the stack aligned. */
	emit_alu_imm(e, ALU_SUB, 8, RSP, 8);
	emit_mov(e, R15, RDI);
	emit_load(e, 4, R14, mem_at(R15, JIT_FIELD(left)));
	emit_load(e, 4, RBX, mem_at(R15, offsetof(struct vcpu, fb)));
	emit_shift(e, SHIFT_SHL, 8, RBX, 3);
	emit_alu(e, ALU_ADD, 8, RBX, R15);
	emit_load(e, 8, R13, mem_at(R15, offsetof(struct vcpu, mtlb_data)));
	emit_jmp_reg(e, RSI);
}

/* Out of it: status in eax, argument in rdx. */
static void make_leave(struct emit *e)
{
	static const uint8_t saved[] = { R15, R14, R13, R12, RBP, RBX };
	uint32_t n;

	emit_store(e, 4, mem_at(R15, JIT_FIELD(left)), R14);
	emit_store(e, 8, mem_at(R15, JIT_FIELD(leave_arg)), RDX);
	emit_alu_imm(e, ALU_ADD, 8, RSP, 8);
	for (n = 0; n < sizeof(saved); n++)
		emit_pop(e, saved[n]);
	emit_ret(e);
}

_Static_assert(offsetof(struct vcpu, gr) == 0, "make_enter adds nothing to the frame base");

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
	e = (struct emit){ .p = j->rw + 64, .end = j->rw + 4096, .to_rx = j->to_rx };
	j->enter = (uint32_t)(e.p - j->rw);
	make_enter(&e);
	j->leave_lookup = (uint32_t)(e.p - j->rw);
	emit_mov_imm(&e, RAX, LEAVE_LOOKUP);
	emit_mov_imm(&e, RDX, 0);
	j->leave = (uint32_t)(e.p - j->rw);
	make_leave(&e);
	j->first = ((uint32_t)(e.p - j->rw) + 63) & ~63u;
	j->used = j->first;
	j->ready = true;
}

struct block *cache_find(struct vcpu *v, const struct key *key)
{
	struct jit *j = v->jit;
	uint32_t offset = j->hash[hash_key(key)];

	for (; offset; offset = block_at(j, offset)->next_hash)
		if (key_equal(&block_at(j, offset)->key, key))
			return block_at(j, offset);
	return NULL;
}

void cache_insert(struct vcpu *v, uint32_t offset)
{
	struct jit *j = v->jit;
	struct block *b = block_at(j, offset);
	uint32_t *hash = &j->hash[hash_key(&b->key)];
	uint32_t *page = &j->pages[hash_page(b->key.gpa)];

	b->next_hash = *hash;
	*hash = offset;
	b->next_page = *page;
	*page = offset;
}

static struct jump *jump_slot(struct jit *j, uint64_t ip)
{
	return &j->jump[(ip >> 4 ^ ip >> 17) & ((1 << JUMP_BITS) - 1)];
}

void cache_note_jump(struct vcpu *v, const struct block *b)
{
	struct jit *j = v->jit;

	*jump_slot(j, b->key.ip) = (struct jump){
		.tag = b->key.ip | b->key.flags,
		.frame = b->key.frame,
		.gen = v->code_gen[b->key.ip >> 61],
		.code = cache_rx(j, b->code),
	};
}

const void *jit_find(struct vcpu *v)
{
	struct jit *j = v->jit;
	const struct jump *e = jump_slot(j, v->ip);

	if (e->tag == (v->ip | key_flags(v)) && e->gen == v->code_gen[v->ip >> 61] &&
	    e->frame.whole == v->frame.whole && e->code && !v->nat_maybe)
		return e->code;
	return cache_rx(j, j->leave_lookup);
}

/*
 * These branches cannot leave the world: they jump or deliver a trap, and in
 * both cases the guest goes on at ip.
 */
const void *jit_return(struct vcpu *v, const struct insn *i)
{
	exec_br_ret(v, i);
	return jit_find(v);
}

const void *jit_call_indirect(struct vcpu *v, const struct insn *i)
{
	exec_br_call_ind(v, i);
	return jit_find(v);
}

const void *jit_branch_indirect(struct vcpu *v, const struct insn *i)
{
	exec_br_ind(v, i);
	return jit_find(v);
}

/* Who still jumps to the block comes to the dispatcher instead. */
static void kill(struct jit *j, struct block *b)
{
	uint8_t *entry = cache_at(j, b->code);
	uint32_t disp = b->stale - (b->code + 5);

	entry[0] = 0xe9;
	__builtin_memcpy(entry + 1, &disp, 4);
}

static void unchain(struct jit *j, uint32_t offset)
{
	uint32_t *at = &j->hash[hash_key(&block_at(j, offset)->key)];

	while (*at && *at != offset)
		at = &block_at(j, *at)->next_hash;
	if (*at)
		*at = block_at(j, offset)->next_hash;
}

void jit_invalidate(struct vcpu *v, uint64_t gpa)
{
	struct jit *j = v->jit;
	bool found = false;
	uint32_t *at, n;

	if (!j || !j->ready)
		return;
	at = &j->pages[hash_page(gpa)];
	while (*at) {
		struct block *b = block_at(j, *at);

		if ((b->key.gpa ^ gpa) >> 12) {
			at = &b->next_page;
			continue;
		}
		unchain(j, *at);
		kill(j, b);
		*at = b->next_page;
		found = true;
	}
	/* Links and jumps from elsewhere find their way again. */
	for (n = 0; found && n < 8; n++)
		v->code_gen[n]++;
}

void cache_flush(struct vcpu *v)
{
	struct jit *j = v->jit;

	memset(j->hash, 0, sizeof(j->hash));
	memset(j->pages, 0, sizeof(j->pages));
	memset(j->jump, 0, sizeof(j->jump));
	j->used = j->first;
	v->stats.block_flushes++;
}

/* Called between blocks, or by a handler whose status makes its block leave. */
void jit_invalidate_all(struct vcpu *v)
{
	if (!v->jit || !v->jit->ready)
		return;
	cache_flush(v);
}
