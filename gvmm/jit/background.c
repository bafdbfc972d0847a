// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translating on another processor, where the host has a thread for that. The vCPU asks for
 * blocks and goes on in the interpreter; the thread makes them one after the other, each
 * behind the one before, in room that the vCPU has made; the vCPU enters them when it comes by.
 * The vCPU's thread alone changes the cache's tables.
 *
 * The workspace (struct translation) is the thread's while something is under way that has
 * not been done, else the vCPU's.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/jit.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

bool background_on(const struct vcpu *v)
{
	const struct riven_background *b = &v->run->background;

	/* Tests have all code translated when it runs for the first time. */
	return load(&b->allowed) && !load(&b->dead) && v->vm->data.hot_count && !v->verify;
}

bool background_pending(const struct vcpu *v)
{
	return v->run->background.wanted != v->jit->taken;
}

static bool is_wanted(const struct vcpu *v, const struct key *key)
{
	const struct jit *j = v->jit;
	uint32_t n;

	for (n = j->taken; n != v->run->background.wanted; n++) {
		const struct wanted *w = &j->wanted[n % NR_WANTED];

		if (key_equal(&w->key, key))
			return !w->stale;
	}
	return false;
}

/*
 * A translation takes some 10 us. One that takes much longer was interrupted: the thread has no
 * processor of its own. Then the vCPU is better off without it, first for a short time, then,
 * if it has not become better, for longer ones.
 */
#define LATE(second)	((second) / 3000)
#define OFF(second)	((second) / 50)
#define OFF_MAX(second)	((second) * 2)

static void look_if_late(struct vcpu *v, const struct wanted *w, uint64_t now)
{
	uint64_t second = v->vm->data.tsc_frequency;
	struct jit *j = v->jit;
	/* Until then the thread had others to make. */
	uint64_t began = w->posted > j->last_done ? w->posted : j->last_done;

	if (began > now || now - began < LATE(second) || now < j->off_until)
		return;
	/* Long ago is as good as never. */
	if (!j->off_for || now - j->off_until > OFF_MAX(second))
		j->off_for = OFF(second);
	else if (j->off_for < OFF_MAX(second))
		j->off_for *= 2;
	j->off_until = now + j->off_for;
	__atomic_store_n(&v->run->background.off, 1, __ATOMIC_RELAXED);
}

/* Is there a thread to do it, and a processor for that? */
static bool is_served(struct vcpu *v)
{
	struct riven_background *b = &v->run->background;
	struct jit *j = v->jit;
	uint64_t now = __builtin_ia32_rdtsc();

	if (background_pending(v))
		look_if_late(v, &j->wanted[j->taken % NR_WANTED], now);
	if (now < j->off_until)
		return false;
	if (b->off)
		__atomic_store_n(&b->off, 0, __ATOMIC_RELAXED);
	return load(&b->awake);
}

static void post(const struct vcpu *v, struct wanted *w, const struct key *key)
{
	w->key = *key;
	w->offset = 0;
	w->posted = __builtin_ia32_rdtsc();
	w->stale = w->failed = false;
	memcpy(w->fr, v->fr, sizeof(w->fr));
	memcpy(w->fr_b, v->fr_b, sizeof(w->fr_b));
}

bool background_wants(struct vcpu *v, const struct key *key)
{
	struct riven_background *b = &v->run->background;
	uint32_t pending, offset;
	struct jit *j = v->jit;

	if (!is_served(v)) {
		if (load(&b->done) != b->wanted)
			return true;
		__atomic_store_n(&b->missed, b->missed + 1, __ATOMIC_RELAXED);
		if (!background_ready(v))
			return false;
		background_collect(v);
		return cache_find(v, key);
	}
	if (is_wanted(v, key))
		return true;
	pending = b->wanted - j->taken;
	/* Not if other blocks had to go for it: in a small cache they are worth more. */
	if (pending == NR_WANTED || (NR_WANTED + 1) * BLOCK_ROOM > j->size / 8)
		return true;
	offset = cache_reserve(v, pending + 1);
	if (!offset)
		return true;
	if (!pending)
		j->next = offset;
	translate_mark(v, key);
	post(v, &j->wanted[b->wanted % NR_WANTED], key);
	__atomic_store_n(&b->wanted, b->wanted + 1, __ATOMIC_RELEASE);
	return true;
}

static void return_from_interrupt(void)
{
	asm volatile("movq	%%rsp, %%rax\n"
		     "leaq	-128(%%rsp), %%rsp\n"	/* what a compiler may keep there */
		     "movl	%%ss, %%ecx\n"
		     "pushq	%%rcx\n"
		     "pushq	%%rax\n"
		     "pushfq\n"
		     "movl	%%cs, %%ecx\n"
		     "pushq	%%rcx\n"
		     "leaq	1f(%%rip), %%rcx\n"
		     "pushq	%%rcx\n"
		     "iretq\n"
		     "1:" ::: "rax", "rcx", "cc", "memory");
}

/*
 * Instructions that another processor has written may be executed from here on. Of those that
 * serialize (Intel SDM 3A, 9.3) user mode may execute three; hypervisors trap CPUID.
 */
static void serialize(const struct jit *j)
{
	uint32_t a = 0, b, c = 0, d;

	if (j->cpu & CPU_SERIALIZE)
		asm volatile("serialize" ::: "memory");
	else if (j->cpu & CPU_IRET)
		return_from_interrupt();
	else
		asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
}

void background_collect(struct vcpu *v)
{
	struct jit *j = v->jit;
	uint32_t done = load(&v->run->background.done);

	for (; j->taken != done; j->taken++) {
		const struct wanted *w = &j->wanted[j->taken % NR_WANTED];
		uint64_t ns = timer_ns(v, w->done - w->began);

		look_if_late(v, w, w->done);
		j->last_done = w->done;
		v->stats.translate_ns += ns;
		v->stats.background_ns += ns;
		v->stats.block_errors += w->failed;
		if (!w->offset)
			continue;
		v->stats.blocks_background++;
		translate_enter(v, w->offset);
		if (w->stale)
			cache_drop(v, block_at(j, w->offset));
	}
	serialize(j);
}

void background_invalidate(struct vcpu *v, uint64_t gpa)
{
	struct jit *j = v->jit;
	uint32_t n;

	for (n = j->taken; n != v->run->background.wanted; n++)
		if (gpa == ~0ull || !((j->wanted[n % NR_WANTED].key.gpa ^ gpa) >> 12))
			j->wanted[n % NR_WANTED].stale = true;
}

/* Is there still memory where the code is? */
static bool has_memory(const struct vcpu *v, uint64_t gpa)
{
	const uint8_t *p2m = (const uint8_t *)v->vm - RIVEN_VM_OFFSET + RIVEN_P2M_OFFSET;

	return __atomic_load_n(&p2m[gpa >> 12], __ATOMIC_RELAXED) & RIVEN_P2M_TYPE;
}

void gvmm_background(uint8_t *area)
{
	struct vcpu *v = (struct vcpu *)(area + RIVEN_VCPU_STATE);
	struct riven_background *b = &((struct riven_run *)(area + RIVEN_VCPU_RUN))->background;
	const struct block *block = NULL;
	struct jit *j = v->jit;
	struct wanted *w;

	if (load(&b->wanted) == b->done)
		return;
	w = &j->wanted[b->done % NR_WANTED];
	w->began = __builtin_ia32_rdtsc();
	if (has_memory(v, w->key.gpa))
		block = translate_at(v, &w->key, j->next, w, &w->failed);
	if (block) {
		w->offset = j->next;
		j->next = block_next(block);
	}
	w->done = __builtin_ia32_rdtsc();
	__atomic_store_n(&b->done, b->done + 1, __ATOMIC_RELEASE);
}
