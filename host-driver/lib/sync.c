// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a running vCPU's ear. A vCPU sets in_world before it looks at
 * vm->paused and its requests; who changes those looks at in_world
 * afterwards. So one of the two always sees the other.
 */
#include "host-driver/lib/host.h"

/* A vCPU that does not notice is told again so often. */
#define KICK_AGAIN_NS	5000000

static void kick(struct riven_vcpu *c)
{
	__atomic_store_n(&c->run->kick, 1, __ATOMIC_SEQ_CST);
	if (c->vm->ops->vcpu_kick)
		c->vm->ops->vcpu_kick(c);
}

/* Kick up to `tries` times, a wait behind each. */
static void expel(struct riven_vcpu *c, uint64_t tries)
{
	uint32_t seen = atomic_load(&c->exits);

	if (!atomic_load(&c->in_world))
		return;
	atomic_fetch_add(&c->exit_waiters, 1);
	while (tries-- && atomic_load(&c->in_world) && atomic_load(&c->exits) == seen) {
		kick(c);
		futex_wait(&c->exits, seen, KICK_AGAIN_NS);
	}
	atomic_fetch_sub(&c->exit_waiters, 1);
}

void vcpu_expel(struct riven_vcpu *c)
{
	expel(c, ~0ull);
}

void vcpu_nudge(struct riven_vcpu *c)
{
	expel(c, 2);
}

static void hold(struct riven_vm *vm, bool on)
{
	for (uint32_t id = 0; vm->ops->vcpu_hold && id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		if (c)
			vm->ops->vcpu_hold(c, on);
	}
}

void vm_pause(struct riven_vm *vm)
{
	atomic_store(&vm->paused, 1);
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		while (c && atomic_load(&c->in_world))
			vcpu_expel(c);
	}
	hold(vm, true);
}

void vm_resume(struct riven_vm *vm)
{
	hold(vm, false);
	atomic_store(&vm->paused, 0);
	futex_wake(&vm->paused);
}

void vcpu_request_mem_changed(struct riven_vcpu *c)
{
	atomic_fetch_or(&c->requests, REQUEST_MEM_CHANGED);
}

void vcpu_request_invalidate(struct riven_vcpu *c, uint64_t gpa, uint64_t len)
{
	struct invalidation *last;

	pthread_mutex_lock(&c->request_lock);
	last = c->nr_invalidations ? &c->invalidations[c->nr_invalidations - 1] : NULL;
	if (last && gpa == last->gpa + last->len) {
		last->len += len;
	} else if (c->nr_invalidations == NR_INVALIDATIONS) {
		c->nr_invalidations = 0;
		atomic_fetch_or(&c->requests, REQUEST_MEM_CHANGED);
	} else {
		c->invalidations[c->nr_invalidations++] =
			(struct invalidation){ .gpa = gpa, .len = len };
	}
	if (c->nr_invalidations)
		atomic_fetch_or(&c->requests, REQUEST_INVALIDATE);
	pthread_mutex_unlock(&c->request_lock);
}
