// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GVMM that faults ends its guest, not the process: a fault of a thread that
 * is in a world, at an instruction of the blob, makes the transition return
 * early. All other faults go where they went before.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "host-driver/process/process.h"

/* Enough for a signal frame with the largest extended state and a chained handler. */
#define ALT_STACK_SIZE	0x20000

#define EFLAGS_TF	0x100
#define EFLAGS_DF	0x400
#define EFLAGS_AC	0x40000

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
static struct sigaction old_actions[4];
static pthread_key_t alt_stack_key;

/* The world that this thread is in. */
static _Thread_local struct process_vcpu *volatile current
	__attribute__((tls_model("initial-exec")));
static _Thread_local bool have_alt_stack;

/*
 * Did the GVMM do it? An instruction of the blob, translated code, or a jump from there to
 * where nothing is: then the address that faulted is the instruction's own.
 */
static bool is_gvmm_fault(const struct process_vcpu *pv, uint64_t ip, uint64_t sp,
			  const siginfo_t *si)
{
	uint64_t base = pv->entry.blob;

	if (ip - base < pv->vm->blob_size || ip - pv->code_rx < pv->code_size)
		return true;
	return ip == (uint64_t)(uintptr_t)si->si_addr &&
	       pv->entry.stack_top - sp <= RIVEN_VCPU_STACK_SIZE;
}

static void chain(int sig, siginfo_t *si, void *context)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		const struct sigaction *old = &old_actions[i];

		if (signals[i] != sig)
			continue;
		if (old->sa_flags & SA_SIGINFO) {
			old->sa_sigaction(sig, si, context);
		} else if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN) {
			/* The instruction faults once more, and now as if never caught. */
			signal(sig, SIG_DFL);
			if (si->si_code <= 0)
				raise(sig);
		} else {
			old->sa_handler(sig);
		}
	}
}

static void on_fault(int sig, siginfo_t *si, void *context)
{
	struct process_vcpu *pv = current;
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	/* si_code <= 0: sent by a process, no fault at all. */
	if (!pv || si->si_code <= 0 ||
	    !is_gvmm_fault(pv, (uint64_t)regs[REG_RIP], (uint64_t)regs[REG_RSP], si)) {
		chain(sig, si, context);
		return;
	}
	current = NULL;
	pv->fault_signal = sig;
	pv->fault_ip = (uint64_t)regs[REG_RIP];
	pv->fault_address = (uint64_t)(uintptr_t)si->si_addr;
	regs[REG_RIP] = (greg_t)(uintptr_t)riven_process_abort;
	regs[REG_RBX] = (greg_t)(uintptr_t)&pv->entry;
	regs[REG_EFL] &= ~(greg_t)(EFLAGS_TF | EFLAGS_DF | EFLAGS_AC);
}

static void free_alt_stack(void *stack)
{
	stack_t off = { .ss_flags = SS_DISABLE };

	sigaltstack(&off, NULL);
	munmap(stack, ALT_STACK_SIZE);
}

static void install(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&sa.sa_mask);
	pthread_key_create(&alt_stack_key, free_alt_stack);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, &old_actions[i]);
}

void process_catch_faults(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
}

/* The GVMM's stack may be what is broken, so faults are handled on another. */
static void use_alt_stack(void)
{
	stack_t old, new = { .ss_size = ALT_STACK_SIZE };

	have_alt_stack = true;
	if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE) &&
	    old.ss_size >= ALT_STACK_SIZE)
		return;
	new.ss_sp = mmap(NULL, ALT_STACK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (new.ss_sp == MAP_FAILED)
		return;
	if (sigaltstack(&new, NULL) < 0 || pthread_setspecific(alt_stack_key, new.ss_sp) != 0)
		free_alt_stack(new.ss_sp);
}

int process_enter_guarded(struct process_vcpu *pv)
{
	int ret;

	if (!have_alt_stack)
		use_alt_stack();
	pv->fault_signal = 0;
	current = pv;
	ret = riven_process_enter(&pv->entry);
	current = NULL;
	return ret;
}
