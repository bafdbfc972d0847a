// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: making, running and asking them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host-driver/lib/host.h"

#define TRACE_RECORDS	((uint32_t)(RIVEN_VCPU_TRACE_SIZE / sizeof(struct riven_trace_record)))

_Static_assert(sizeof(struct riven_run) <= RIVEN_VCPU_RUN_SIZE, "run page fits");
_Static_assert((TRACE_RECORDS & (TRACE_RECORDS - 1)) == 0, "ring indices wrap");

static void drain_trace_to(struct riven_vcpu *c, uint32_t head)
{
	struct riven_vm *vm = c->vm;
	uint32_t tail = c->run->trace_tail;

	if (head - tail > TRACE_RECORDS)
		tail = head - TRACE_RECORDS;
	for (; tail != head; tail++) {
		if (vm->trace)
			vm->trace(vm->trace_opaque, c->id, &c->trace[tail % TRACE_RECORDS]);
	}
	__atomic_store_n(&c->run->trace_tail, tail, __ATOMIC_RELEASE);
}

/* Hand on trace records and samples, in the order in which they came. */
static void drain(struct riven_vcpu *c)
{
	struct riven_sample s;
	uint32_t head;

	while (c->sampler && sampler_next(c, &s, &head)) {
		drain_trace_to(c, head);
		if (c->vm->sample)
			c->vm->sample(c->vm->sample_opaque, c->id, &s);
	}
	drain_trace_to(c, __atomic_load_n(&c->run->trace_head, __ATOMIC_ACQUIRE));
}

static void leave(struct riven_vcpu *c)
{
	atomic_store(&c->in_world, 0);
	atomic_fetch_add(&c->exits, 1);
	if (atomic_load(&c->exit_waiters))
		futex_wake(&c->exits);
}

/*
 * Carry out run->command. -EAGAIN: not entered, since guest code was to run
 * and there are requests to carry out first.
 */
static int enter(struct riven_vcpu *c)
{
	int ret;

	if (c->sampler)
		sampler_attach(c);
	for (;;) {
		atomic_store(&c->in_world, 1);
		if (!atomic_load(&c->vm->paused))
			break;
		leave(c);
		futex_wait(&c->vm->paused, 1, 0);
	}
	if (c->run->command == RIVEN_CMD_RUN && atomic_load(&c->requests)) {
		leave(c);
		return -EAGAIN;
	}
	ret = c->vm->ops->vcpu_enter(c);
	leave(c);
	drain(c);
	return ret;
}

/*
 * A command between runs. It must not disturb what an exit left in the run
 * page, nor the answer that the host may have put there.
 */
static int command(struct riven_vcpu *c, enum riven_command cmd)
{
	struct riven_run *run = c->run;
	uint32_t reason = run->exit_reason, detail = run->exit_detail;
	uint64_t ip = run->exit_ip;
	int ret;

	run->command = cmd;
	ret = enter(c);
	run->command = RIVEN_CMD_RUN;
	run->exit_reason = reason;
	run->exit_detail = detail;
	run->exit_ip = ip;
	return ret ? -EIO : 0;
}

static int invalidate(struct riven_vcpu *c, const struct invalidation *inv)
{
	uint8_t saved[sizeof(c->run->pad)];
	int ret;

	memcpy(saved, c->run->pad, sizeof(saved));
	c->run->invalidate.gpa = inv->gpa;
	c->run->invalidate.len = inv->len;
	ret = command(c, RIVEN_CMD_INVALIDATE);
	memcpy(c->run->pad, saved, sizeof(saved));
	return ret;
}

static int carry_out_requests(struct riven_vcpu *c)
{
	struct invalidation list[NR_INVALIDATIONS];
	uint32_t requests, n;
	int ret = 0;

	if (!atomic_load(&c->requests))
		return 0;

	pthread_mutex_lock(&c->request_lock);
	requests = atomic_exchange(&c->requests, 0);
	n = c->nr_invalidations;
	memcpy(list, c->invalidations, n * sizeof(list[0]));
	c->nr_invalidations = 0;
	pthread_mutex_unlock(&c->request_lock);

	if (requests & REQUEST_MEM_CHANGED)
		return command(c, RIVEN_CMD_MEM_CHANGED);
	for (uint32_t i = 0; i < n && !ret; i++)
		ret = invalidate(c, &list[i]);
	return ret;
}

/* An exit that concerns the caller of riven_vcpu_run()? left: of the bundles he allows. */
static bool exit_is_users(struct riven_vcpu *c, uint64_t left)
{
	switch (c->run->exit_reason) {
	case RIVEN_EXIT_TRACE:
		if (!left)
			c->run->exit_reason = RIVEN_EXIT_INTR;
		return !left;
	case RIVEN_EXIT_INTR:
		return atomic_exchange(&c->user_kick, 0) || !left;
	default:
		return true;
	}
}

static int run(struct riven_vcpu *c)
{
	int ret = carry_out_requests(c);

	if (ret)
		return ret;
	ret = enter(c);
	if (ret != -EFAULT)
		return ret;
	c->broken = true;
	c->run->exit_reason = RIVEN_EXIT_INTERNAL;
	c->run->exit_detail = 0;
	return 0;
}

int riven_vcpu_run(struct riven_vcpu *c)
{
	uint64_t limit = c->run->bundle_limit, left = limit ? limit : ~0ull;
	int ret;

	if (c->broken)
		return -EIO;
	c->run->command = RIVEN_CMD_RUN;
	do {
		uint64_t bundles = c->run->stats.bundles;

		ret = run(c);
		/* An exit that is not the caller's does not end the run: the rest is to come. */
		bundles = c->run->stats.bundles - bundles;
		if (limit) {
			left -= bundles < left ? bundles : left;
			c->run->bundle_limit = left;
		}
	} while (ret == -EAGAIN || (!ret && !exit_is_users(c, left)));
	c->run->bundle_limit = limit;
	return ret;
}

int riven_vcpu_create(struct riven_vm *vm, uint32_t id, struct riven_vcpu **vcpu)
{
	struct riven_vcpu *c;
	int ret;

	if (id >= RIVEN_MAX_VCPUS)
		return -EINVAL;
	if ((long)id >= vm->ops->check_cap(RIVEN_CAP_MAX_VCPUS))
		return -ENOTSUP;

	pthread_mutex_lock(&vm->lock);
	ret = -EEXIST;
	if (atomic_load(&vm->vcpus[id]))
		goto unlock;
	ret = -ENOMEM;
	c = calloc(1, sizeof(*c));
	if (!c)
		goto unlock;
	c->vm = vm;
	c->id = id;
	pthread_mutex_init(&c->request_lock, NULL);
	ret = vm->ops->vcpu_create(c);
	if (ret)
		goto free_vcpu;
	ret = vm->sample_rate ? sampler_create(c) : 0;
	if (ret) {
		vm->ops->vcpu_destroy(c);
		goto free_vcpu;
	}
	c->run->vcpu_id = id;

	vm_pause(vm);
	vm->data->nr_vcpus++;
	vm_resume(vm);
	ret = command(c, RIVEN_CMD_RESET);
	if (ret)
		goto destroy;
	atomic_store(&vm->vcpus[id], c);
	*vcpu = c;
	pthread_mutex_unlock(&vm->lock);
	return 0;

destroy:
	vm->data->nr_vcpus--;
	sampler_destroy(c);
	vm->ops->vcpu_destroy(c);
free_vcpu:
	pthread_mutex_destroy(&c->request_lock);
	free(c);
unlock:
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

struct riven_run *riven_vcpu_run_page(struct riven_vcpu *c)
{
	return c->run;
}

const struct riven_difference *riven_vcpu_difference(struct riven_vcpu *c)
{
	if (c->broken || c->run->exit_reason != RIVEN_EXIT_INTERNAL ||
	    c->run->exit_detail != RIVEN_INTERNAL_DIFFERENCE)
		return NULL;
	return c->difference;
}

const char *riven_vcpu_error(struct riven_vcpu *c)
{
	return c->error;
}

int riven_vcpu_reset(struct riven_vcpu *c)
{
	struct riven_run *run = c->run;

	for (int i = 0; i < 4; i++)
		__atomic_store_n(&run->irq[i], 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&run->pmi, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&run->init, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&run->attention, 0, __ATOMIC_SEQ_CST);
	return command(c, RIVEN_CMD_RESET);
}

int riven_vcpu_get_state(struct riven_vcpu *c, struct riven_state *state)
{
	int ret = command(c, RIVEN_CMD_GET_STATE);

	if (!ret)
		memcpy(state, &c->run->state, sizeof(*state));
	return ret;
}

int riven_vcpu_set_state(struct riven_vcpu *c, const struct riven_state *state)
{
	memcpy(&c->run->state, state, sizeof(*state));
	return command(c, RIVEN_CMD_SET_STATE);
}

int riven_vcpu_translate(struct riven_vcpu *c, uint64_t va, enum riven_access access,
			 uint64_t *gpa)
{
	struct riven_run *run = c->run;
	uint8_t saved[sizeof(run->pad)];
	int ret;

	/* The slots may have changed since the vCPU last ran. */
	ret = carry_out_requests(c);
	if (ret)
		return ret;
	memcpy(saved, run->pad, sizeof(saved));
	run->translate.va = va;
	run->translate.access = access;
	run->translate.gpa = 0;
	run->translate.valid = 0;
	ret = command(c, RIVEN_CMD_TRANSLATE);
	if (!ret && !run->translate.valid)
		ret = -EFAULT;
	if (!ret)
		*gpa = run->translate.gpa;
	memcpy(run->pad, saved, sizeof(saved));
	return ret;
}

const struct riven_profile *riven_vcpu_profile(struct riven_vcpu *c)
{
	return c->profile;
}

void riven_vcpu_stats(struct riven_vcpu *c, struct riven_stats *stats)
{
	const uint64_t *from = (const uint64_t *)&c->run->stats;
	uint64_t *to = (uint64_t *)stats;

	/* The GVMM brings the run page up to date when it exits. */
	vcpu_nudge(c);
	for (size_t i = 0; i < sizeof(*stats) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
