// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts from outside, kicks, and sleeping until either comes. */
#include <errno.h>

#include "host-driver/lib/host.h"

#define NS_PER_S	1000000000ull
#define VECTOR_EXTINT	0
#define VECTOR_NMI	2
#define VECTOR_FIRST	16

/* Delivery modes of interrupt messages (SDM 2:5.8.4.1). */
enum {
	DELIVER_INT = 0,
	DELIVER_LOWEST = 1,	/* I/O SAPIC's; the address has named a processor already */
	DELIVER_PMI = 2,
	DELIVER_NMI = 4,
	DELIVER_INIT = 5,
	DELIVER_EXTINT = 7,
};

static void wake(struct riven_vcpu *c)
{
	atomic_fetch_add(&c->wake, 1);
	if (atomic_load(&c->waiting))
		futex_wake(&c->wake);
}

static void attention(struct riven_vcpu *c)
{
	__atomic_store_n(&c->run->attention, 1, __ATOMIC_SEQ_CST);
	wake(c);
}

void riven_vcpu_kick(struct riven_vcpu *c)
{
	atomic_store(&c->user_kick, 1);
	__atomic_store_n(&c->run->kick, 1, __ATOMIC_SEQ_CST);
	if (c->vm->ops->vcpu_kick)
		c->vm->ops->vcpu_kick(c);
	wake(c);
}

int riven_vcpu_interrupt(struct riven_vcpu *c, uint32_t vector)
{
	if (vector > 255 ||
	    (vector < VECTOR_FIRST && vector != VECTOR_EXTINT && vector != VECTOR_NMI))
		return -EINVAL;
	__atomic_fetch_or(&c->run->irq[vector / 64], 1ull << vector % 64, __ATOMIC_SEQ_CST);
	attention(c);
	return 0;
}

static int deliver(struct riven_vcpu *c, uint32_t mode, uint32_t vector)
{
	switch (mode) {
	case DELIVER_INT:
	case DELIVER_LOWEST:
		return riven_vcpu_interrupt(c, vector);
	case DELIVER_NMI:
		return riven_vcpu_interrupt(c, VECTOR_NMI);
	case DELIVER_EXTINT:
		return riven_vcpu_interrupt(c, VECTOR_EXTINT);
	case DELIVER_PMI:
		__atomic_store_n(&c->run->pmi, 1, __ATOMIC_SEQ_CST);
		attention(c);
		return 0;
	case DELIVER_INIT:
		__atomic_store_n(&c->run->init, 1, __ATOMIC_SEQ_CST);
		attention(c);
		return 0;
	default:
		return -EINVAL;
	}
}

/* Address bits 19:12 are the target's id, 11:4 its eid, as in CR.LID 31:24 and 23:16. */
int riven_vm_interrupt_message(struct riven_vm *vm, uint64_t address, uint32_t data)
{
	uint32_t target = (uint32_t)(address >> 4 & 0xffff);

	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);
		uint64_t lid;

		if (!c)
			continue;
		lid = __atomic_load_n(&c->vpd->vcr[CR_LID], __ATOMIC_RELAXED);
		if ((lid >> 16 & 0xffff) == target)
			return deliver(c, data >> 8 & 7, data & 0xff);
	}
	return -ENODEV;
}

static bool has_work(struct riven_vcpu *c)
{
	return __atomic_load_n(&c->run->attention, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&c->run->kick, __ATOMIC_SEQ_CST);
}

/* Nanoseconds until the TSC reaches deadline, 0: it has; at most one second. */
static uint64_t ns_until(uint64_t deadline, uint64_t frequency)
{
	uint64_t now = tsc_read(), ticks = deadline - now;

	if (deadline <= now)
		return 0;
	if (ticks >= frequency)
		return NS_PER_S;
	return (uint64_t)((unsigned __int128)ticks * NS_PER_S / frequency) + 1;
}

void riven_vcpu_wait(struct riven_vcpu *c)
{
	uint64_t deadline = c->run->halt.tsc_deadline;

	atomic_fetch_add(&c->waiting, 1);
	for (;;) {
		uint32_t seen = atomic_load(&c->wake);
		uint64_t ns = ns_until(deadline, c->vm->tsc_frequency);

		if (!ns || has_work(c))
			break;
		futex_wait(&c->wake, seen, ns);
	}
	atomic_fetch_sub(&c->waiting, 1);
}
