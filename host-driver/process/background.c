// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translating on another processor: a thread for each vCPU that makes what the vCPU's GVMM
 * asks for (struct riven_background). It spins while there is something to do every now and
 * then, and sleeps when there has not been for a while.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host-driver/process/process.h"

#define STACK_SIZE	0x10000u
#define GUARD_SIZE	0x10000u

/* Without a request for so long the thread falls asleep; it looks again after a time that doubles. */
#define SPIN_NS		200000u
#define PAUSES		16
#define NAP_NS		500000u
#define NAP_MAX_NS	16000000u

struct background {
	struct process_vcpu pv;		/* as which the thread enters the world */
	struct riven_vcpu *vcpu;
	uint8_t *stack;			/* with a guard below */
	pthread_t thread;
	pthread_mutex_t lock;		/* held while inside */
	_Atomic uint32_t stop;
	_Atomic uint32_t wake;		/* futex of a sleep without an end */
	_Atomic uint32_t sleeps;
};

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static bool is_wanted(const struct riven_background *run)
{
	return load(&run->wanted) != load(&run->done);
}

/* One translation; false: the GVMM has faulted. */
static bool translate(struct background *b)
{
	bool ok;

	pthread_mutex_lock(&b->lock);
	ok = !process_enter_guarded(&b->pv);
	pthread_mutex_unlock(&b->lock);
	return ok;
}

/* Is there a reason to be awake: something to do, or the vCPU has had to do it itself? */
static bool is_needed(const struct background *b, uint32_t missed)
{
	const struct riven_background *run = &b->vcpu->run->background;

	return atomic_load(&b->stop) || is_wanted(run) ||
	       (!load(&run->off) && load(&run->missed) != missed);
}

static void sleep_until_needed(struct background *b)
{
	uint32_t missed = load(&b->vcpu->run->background.missed);
	uint64_t nap = NAP_NS;

	for (;;) {
		/* Whoever has a reason changes this afterwards. */
		uint32_t wake = atomic_load(&b->wake);

		atomic_store(&b->sleeps, 1);
		if (is_needed(b, missed))
			break;
		/* Who is not in its world wakes the thread when it enters. */
		futex_wait(&b->wake, wake, atomic_load(&b->vcpu->in_world) ? nap : 0);
		nap = nap < NAP_MAX_NS ? nap * 2 : NAP_MAX_NS;
	}
	atomic_store(&b->sleeps, 0);
}

static void *work(void *arg)
{
	struct background *b = arg;
	struct riven_background *run = &b->vcpu->run->background;
	uint64_t last = clock_ns();

	__atomic_store_n(&run->awake, 1, __ATOMIC_SEQ_CST);
	while (!atomic_load(&b->stop)) {
		if (is_wanted(run)) {
			if (!translate(b)) {
				__atomic_store_n(&run->dead, 1, __ATOMIC_SEQ_CST);
				break;
			}
			last = clock_ns();
		} else if (!load(&run->off) && clock_ns() - last < SPIN_NS) {
			/* The other processor may be the same core. */
			for (int n = 0; n < PAUSES; n++)
				__builtin_ia32_pause();
		} else {
			__atomic_store_n(&run->awake, 0, __ATOMIC_SEQ_CST);
			sleep_until_needed(b);
			__atomic_store_n(&run->awake, 1, __ATOMIC_SEQ_CST);
			last = clock_ns();
		}
	}
	__atomic_store_n(&run->awake, 0, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Is there a processor besides the vCPU's? */
static bool has_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > 1;
}

static bool is_useful(const struct riven_vcpu *c, const struct process_vm *pvm)
{
	const struct riven_vm *vm = c->vm;

	return vm->code_size && vm->hot_count && !vm->verify && c->run->background.entry &&
	       c->run->background.entry < pvm->blob_size &&
	       (vm->background == RIVEN_BACKGROUND_ON ||
		(vm->background == RIVEN_BACKGROUND_AUTO && has_processors()));
}

static int start_thread(struct background *b)
{
	sigset_t all, old;
	int ret;

	/* The process's signals are for others; faults are not blocked by that. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&b->thread, NULL, work, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret;
}

void background_start(struct riven_vcpu *c)
{
	struct process_vcpu *pv = c->host;
	struct background *b;

	if (!is_useful(c, pv->vm))
		return;
	b = calloc(1, sizeof(*b));
	if (!b)
		return;
	b->vcpu = c;
	b->stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->stack == MAP_FAILED) {
		free(b);
		return;
	}
	mprotect(b->stack, GUARD_SIZE, PROT_NONE);
	b->pv = *pv;
	b->pv.entry.blob += c->run->background.entry;
	b->pv.entry.stack_top = (uint64_t)(uintptr_t)b->stack + GUARD_SIZE + STACK_SIZE;
	pthread_mutex_init(&b->lock, NULL);
	__atomic_store_n(&c->run->background.allowed, 1, __ATOMIC_SEQ_CST);
	if (start_thread(b)) {
		__atomic_store_n(&c->run->background.allowed, 0, __ATOMIC_SEQ_CST);
		pthread_mutex_destroy(&b->lock);
		munmap(b->stack, GUARD_SIZE + STACK_SIZE);
		free(b);
		return;
	}
	pv->background = b;
}

void background_stop(struct riven_vcpu *c)
{
	struct process_vcpu *pv = c->host;
	struct background *b = pv->background;

	if (!b)
		return;
	atomic_store(&b->stop, 1);
	background_wake(pv);
	pthread_join(b->thread, NULL);
	pthread_mutex_destroy(&b->lock);
	munmap(b->stack, GUARD_SIZE + STACK_SIZE);
	free(b);
	pv->background = NULL;
}

void background_wake(struct process_vcpu *pv)
{
	struct background *b = pv->background;

	if (!b)
		return;
	atomic_fetch_add(&b->wake, 1);
	if (atomic_load(&b->sleeps))
		futex_wake(&b->wake);
}

void background_hold(struct riven_vcpu *c, bool hold)
{
	struct process_vcpu *pv = c->host;

	if (!pv->background)
		return;
	if (hold)
		pthread_mutex_lock(&pv->background->lock);
	else
		pthread_mutex_unlock(&pv->background->lock);
}
