// SPDX-License-Identifier: GPL-2.0-only
/* Semaphores and 16-byte references (SDM 3:2 cmpxchg, xchg, fetchadd, cmp8xchg16, ld16, st16). */
#include "gvmm/cpu/exec-mem.h"
#include "gvmm/cpu/gr.h"

typedef long long vec128 __attribute__((vector_size(16)));

/* Where a semaphore works. */
struct target {
	uint64_t va;
	uint32_t size;
	void *host;
	bool writable;		/* ROM is not: it is read only */
};

/*
 * Checks and translation of a semaphore with register operand r2 (0: none,
 * since r0 is never NaT). Returns EXEC_NEXT when it may go on.
 */
static int enter(struct vcpu *v, const struct insn *i, uint32_t r2, struct target *t)
{
	struct mem_loc loc;
	enum mem_status status;

	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (gr_nat(v, i->r3) | gr_nat(v, r2))
		return raise_reg_nat(v, ISR_R | ISR_W);
	t->va = gr_get(v, i->r3);
	t->writable = true;
	t->host = mtlb_write(v, t->va, t->size);
	if (t->host && mtlb_read(v, t->va, t->size))
		return EXEC_NEXT;
	status = mmu_translate(v, t->va, t->size, MEM_READ | MEM_WRITE | MEM_NO_UNALIGNED, &loc);
	if (status != MEM_OK)
		return mem_to_exec(status);
	t->host = loc.host;
	t->writable = loc.writable;
	return EXEC_NEXT;
}

/*
 * The value read goes to r1. A semaphore of release form forgets all advanced
 * loads too: that covers what it stored.
 */
static int leave(struct vcpu *v, const struct insn *i, const struct target *t, uint64_t old)
{
	alat_acquire(v);
	gr_put(v, i->r1, mem_order(v, old, t->size), 0);
	return EXEC_NEXT;
}

/* Exchange in memory order; returns what was there. */
static uint64_t exchange(const struct target *t, uint64_t new)
{
	if (!t->writable)
		return host_load(t->host, t->size);
	switch (t->size) {
	case 1:
		return __atomic_exchange_n((uint8_t *)t->host, (uint8_t)new, __ATOMIC_SEQ_CST);
	case 2:
		return __atomic_exchange_n((uint16_t *)t->host, (uint16_t)new, __ATOMIC_SEQ_CST);
	case 4:
		return __atomic_exchange_n((uint32_t *)t->host, (uint32_t)new, __ATOMIC_SEQ_CST);
	default:
		return __atomic_exchange_n((uint64_t *)t->host, new, __ATOMIC_SEQ_CST);
	}
}

/* Store new if the memory holds expected, both in memory order; returns what was there. */
static uint64_t compare_exchange(const struct target *t, uint64_t expected, uint64_t new)
{
	uint8_t e1 = (uint8_t)expected;
	uint16_t e2 = (uint16_t)expected;
	uint32_t e4 = (uint32_t)expected;

	if (!t->writable)
		return host_load(t->host, t->size);
	switch (t->size) {
	case 1:
		__atomic_compare_exchange_n((uint8_t *)t->host, &e1, (uint8_t)new, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return e1;
	case 2:
		__atomic_compare_exchange_n((uint16_t *)t->host, &e2, (uint16_t)new, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return e2;
	case 4:
		__atomic_compare_exchange_n((uint32_t *)t->host, &e4, (uint32_t)new, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return e4;
	default:
		__atomic_compare_exchange_n((uint64_t *)t->host, &expected, new, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return expected;
	}
}

int exec_xchg(struct vcpu *v, const struct insn *i)
{
	struct target t = { .size = 1u << (i->aux & LD_SIZE) };
	int status = enter(v, i, i->r2, &t);

	if (status != EXEC_NEXT)
		return status;
	return leave(v, i, &t, exchange(&t, mem_order(v, gr_get(v, i->r2), t.size)));
}

int exec_cmpxchg(struct vcpu *v, const struct insn *i)
{
	struct target t = { .size = 1u << (i->aux & LD_SIZE) };
	int status = enter(v, i, i->r2, &t);
	uint64_t mask = ~0ull >> (64 - 8 * t.size);
	uint64_t old;

	if (status != EXEC_NEXT)
		return status;
	/* All of CCV is compared, with the value in memory zero-extended. */
	if (v->ccv & ~mask)
		old = host_load(t.host, t.size);
	else
		old = compare_exchange(&t, mem_order(v, v->ccv, t.size),
				       mem_order(v, gr_get(v, i->r2), t.size));
	return leave(v, i, &t, old);
}

/* fetchadd on big-endian data. Each round that fails is another processor's success. */
static uint64_t add_swapped(struct vcpu *v, const struct target *t, uint64_t increment)
{
	for (;;) {
		uint64_t old = host_load(t->host, t->size);
		uint64_t new = mem_order(v, mem_order(v, old, t->size) + increment, t->size);

		if (!t->writable || compare_exchange(t, old, new) == old)
			return old;
	}
}

int exec_fetchadd(struct vcpu *v, const struct insn *i)
{
	struct target t = { .size = 1u << (i->aux & LD_SIZE) };
	int status = enter(v, i, 0, &t);
	uint64_t old;

	if (status != EXEC_NEXT)
		return status;
	if (v->be || !t.writable)
		old = add_swapped(v, &t, (uint64_t)i->imm);
	else if (t.size == 4)
		old = __atomic_fetch_add((uint32_t *)t.host, (uint32_t)i->imm, __ATOMIC_SEQ_CST);
	else
		old = __atomic_fetch_add((uint64_t *)t.host, (uint64_t)i->imm, __ATOMIC_SEQ_CST);
	return leave(v, i, &t, old);
}

/*
 * Compare 8 bytes at p with expected; if equal, store low and high into the 16
 * bytes that they lie in. Returns the 8 bytes that were there.
 */
static uint64_t compare8_exchange16(uint64_t *p, uint64_t expected, uint64_t low, uint64_t high)
{
	uint64_t *pair = (uint64_t *)((uintptr_t)p & ~(uintptr_t)15);
	bool is_high = p != pair;

	for (;;) {
		uint64_t old_low = __atomic_load_n(&pair[0], __ATOMIC_RELAXED);
		uint64_t old_high = __atomic_load_n(&pair[1], __ATOMIC_RELAXED);
		uint64_t old = is_high ? old_high : old_low;
		bool done;

		if (old != expected)
			return old;
		__asm__ volatile("lock cmpxchg16b %[pair]"
				 : [pair] "+m" (*(vec128 *)pair), "+a" (old_low), "+d" (old_high),
				   "=@ccz" (done)
				 : "b" (low), "c" (high)
				 : "memory");
		if (done)
			return old;
	}
}

int exec_cmp8xchg16(struct vcpu *v, const struct insn *i)
{
	struct target t = { .size = 8 };
	int status = enter(v, i, i->r2, &t);
	uint64_t old;

	if (status != EXEC_NEXT)
		return status;
	if (t.writable)
		old = compare8_exchange16(t.host, mem_order(v, v->ccv, 8),
					  mem_order(v, gr_get(v, i->r2), 8),
					  mem_order(v, v->csd, 8));
	else
		old = host_load(t.host, 8);
	return leave(v, i, &t, old);
}

/*
 * The translation of a 16-byte reference; MEM_NO_UNALIGNED also makes memory
 * that does not support it fault. *host is NULL if ROM is written; *gpa is where
 * it lies.
 */
static int enter16(struct vcpu *v, uint64_t va, uint32_t flags, void **host, uint64_t *gpa)
{
	struct mem_loc loc;
	enum mem_status status;

	*host = flags & MEM_WRITE ? mtlb_write(v, va, 16) :
				    (void *)(uintptr_t)mtlb_read(v, va, 16);
	if (*host) {
		*gpa = mtlb_gpa(v, *host);
		return EXEC_NEXT;
	}
	status = mmu_translate(v, va, 16, flags | MEM_NO_UNALIGNED, &loc);
	if (status != MEM_OK)
		return mem_to_exec(status);
	*host = (flags & MEM_WRITE) && !loc.writable ? NULL : loc.host;
	*gpa = loc.gpa;
	return EXEC_NEXT;
}

int exec_ld16(struct vcpu *v, const struct insn *i)
{
	uint64_t gpa;
	vec128 pair;
	void *host;
	int status;

	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, ISR_R);
	status = enter16(v, gr_get(v, i->r3), MEM_READ, &host, &gpa);
	if (status != EXEC_NEXT)
		return status;
	/* One aligned 16-byte move is atomic on every processor with AVX. */
	pair = *(volatile vec128 *)host;
	if (i->aux & LD_ACQ)
		alat_acquire(v);
	gr_put(v, i->r1, mem_order(v, (uint64_t)pair[0], 8), 0);
	v->csd = mem_order(v, (uint64_t)pair[1], 8);
	return EXEC_NEXT;
}

int exec_st16(struct vcpu *v, const struct insn *i)
{
	vec128 pair = {
		(long long)mem_order(v, gr_get(v, i->r2), 8), (long long)mem_order(v, v->csd, 8),
	};
	uint64_t gpa;
	void *host;
	int status;

	if (gr_nat(v, i->r3) | gr_nat(v, i->r2))
		return raise_reg_nat(v, ISR_W);
	status = enter16(v, gr_get(v, i->r3), MEM_WRITE, &host, &gpa);
	if (status != EXEC_NEXT || !host)
		return status;
	*(volatile vec128 *)host = pair;
	if (v->alat_live)
		alat_store(v, gpa, 16);
	return EXEC_NEXT;
}
