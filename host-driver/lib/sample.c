// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples: a timer sends SIGPROF to the thread that runs a vCPU, and what it was
 * doing is noted in a ring, which the same thread empties when it is outside.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host-driver/lib/host.h"

#define RING	4096u

struct sampler {
	bool armed;
	timer_t timer;
	_Atomic uint32_t head, tail;
	struct {
		struct riven_sample s;
		uint32_t trace_head;
	} ring[RING];
};

/* The vCPU that this thread runs. */
static _Thread_local struct riven_vcpu *volatile sampled
	__attribute__((tls_model("initial-exec")));

/* The guest's IP, where the GVMM says that it is. */
static uint64_t guest_ip(const struct riven_vcpu *c)
{
	uint64_t offset = __atomic_load_n(&c->profile->ip_offset, __ATOMIC_RELAXED);

	if (offset < RIVEN_VCPU_STATE || offset > RIVEN_VCPU_STATE + RIVEN_VCPU_STATE_SIZE - 8 ||
	    offset % 8)
		return 0;
	return __atomic_load_n((const uint64_t *)((const uint8_t *)c->profile - RIVEN_VCPU_PROFILE +
						  offset), __ATOMIC_RELAXED);
}

void sampler_take(struct riven_vcpu *c, uint64_t offset)
{
	struct sampler *p = c->sampler;
	uint32_t head = atomic_load(&p->head), used = head - atomic_load(&p->tail);
	struct riven_sample *s = &p->ring[head % RING].s;
	uint64_t offset_in_cache;

	/* Whoever empties the ring is late: have the vCPU come out. */
	if (used >= RING / 2)
		__atomic_store_n(&c->run->kick, 1, __ATOMIC_SEQ_CST);
	if (used >= RING)
		return;
	s->gvmm = offset < RIVEN_BLOB_MAX ? offset : ~0ull;
	offset_in_cache = offset - RIVEN_CODE_RX_OFFSET - c->id * c->vm->code_size;
	s->code = offset_in_cache < c->vm->code_size ? offset_in_cache : ~0ull;
	s->ip = guest_ip(c);
	s->doing = atomic_load(&c->waiting) ? RIVEN_DOING_WAITING :
		   offset == ~0ull	    ? RIVEN_DOING_HOST :
					      __atomic_load_n(&c->profile->doing, __ATOMIC_RELAXED);
	if (s->doing >= RIVEN_NR_DOINGS)
		s->doing = RIVEN_DOING_GVMM;
	p->ring[head % RING].trace_head = __atomic_load_n(&c->run->trace_head, __ATOMIC_ACQUIRE);
	atomic_store(&p->head, head + 1);
}

bool sampler_next(struct riven_vcpu *c, struct riven_sample *s, uint32_t *trace_head)
{
	struct sampler *p = c->sampler;
	uint32_t tail = atomic_load(&p->tail);

	if (atomic_load(&p->head) == tail)
		return false;
	*s = p->ring[tail % RING].s;
	*trace_head = p->ring[tail % RING].trace_head;
	atomic_store(&p->tail, tail + 1);
	return true;
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
	struct riven_vcpu *c = sampled;
	int saved = errno;
	uint64_t offset = ~0ull;

	(void)sig;
	/* Nobody else's. */
	if (!c || si->si_code != SI_TIMER || si->si_value.sival_ptr != c)
		return;
	if (atomic_load(&c->in_world))
		offset = c->vm->ops->vcpu_locate(c, context);
	if (offset != LOCATE_LATER)
		sampler_take(c, offset);
	errno = saved;
}

static void install(void)
{
	/* On the other stack, since the GVMM's has no room to spare; system calls go on. */
	struct sigaction sa = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};

	sigfillset(&sa.sa_mask);
	sigaction(SIGPROF, &sa, NULL);
}

int sampler_create(struct riven_vcpu *c)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	c->sampler = calloc(1, sizeof(*c->sampler));
	return c->sampler ? 0 : -ENOMEM;
}

static void disarm(struct sampler *p)
{
	if (p->armed)
		timer_delete(p->timer);
	p->armed = false;
}

void sampler_destroy(struct riven_vcpu *c)
{
	if (!c->sampler)
		return;
	disarm(c->sampler);
	if (sampled == c)
		sampled = NULL;
	free(c->sampler);
	c->sampler = NULL;
}

void sampler_attach(struct riven_vcpu *c)
{
	struct sampler *p = c->sampler;
	/* A little off, so that it does not keep step with the guest's own clock. */
	long period = 1000000000L / c->vm->sample_rate * 997 / 1000;
	struct itimerspec every = { .it_interval.tv_nsec = period, .it_value.tv_nsec = period };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF };

	if (sampled == c && p->armed)
		return;
	if (c->run->command != RIVEN_CMD_RUN)
		return;
	disarm(p);
	sampled = c;
	ev.sigev_value.sival_ptr = c;
	ev._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &ev, &p->timer) == 0) {
		p->armed = true;
		timer_settime(p->timer, 0, &every, NULL);
	}
}
