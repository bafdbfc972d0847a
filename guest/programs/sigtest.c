// SPDX-License-Identifier: GPL-2.0-only
/*
 * sigtest: delivery, masks, stacks, nesting and the state which a signal must leave as it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "programs.h"

static volatile sig_atomic_t count;
static volatile int value, nested, inner_seen;
static volatile uintptr_t handler_stack;
static sigjmp_buf escape;

static void on_count(int sig)
{
	(void)sig;
	count++;
}

static void on_value(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	value = info->si_value.sival_int;
	handler_stack = (uintptr_t)__builtin_frame_address(0);
}

static void on_outer(int sig)
{
	(void)sig;
	nested = 1;
	raise(SIGUSR2);
	inner_seen = nested == 2;
}

static void on_inner(int sig)
{
	(void)sig;
	nested = 2;
}

static void on_escape(int sig, siginfo_t *info, void *context)
{
	(void)context;
	value = info->si_code;
	siglongjmp(escape, sig);
}

static void handle(int sig, void (*plain)(int), void (*full)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_flags = flags };

	if (full) {
		action.sa_sigaction = full;
		action.sa_flags |= SA_SIGINFO;
	} else {
		action.sa_handler = plain;
	}
	need("sigaction", sigaction(sig, &action, NULL) == 0);
}

static void test_mask(void)
{
	sigset_t set, pending;

	handle(SIGUSR1, on_count, NULL, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	count = 0;
	raise(SIGUSR1);
	raise(SIGUSR1);
	sigpending(&pending);
	check("mask.pending", sigismember(&pending, SIGUSR1), 1);
	check("mask.not_delivered", count, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	check("mask.delivered_once", count, 1);
}

static void test_queue(void)
{
	union sigval v = { .sival_int = 12345 };
	char *stack = malloc(1 << 18);
	stack_t alt = { .ss_sp = stack, .ss_size = 1 << 18 };

	need("malloc", stack != NULL);
	need("sigaltstack", sigaltstack(&alt, NULL) == 0);
	handle(SIGRTMIN, NULL, on_value, SA_ONSTACK);
	sigqueue(getpid(), SIGRTMIN, v);
	check("queue.value", value, 12345);
	check("altstack.used", handler_stack - (uintptr_t)stack < (1 << 18), 1);
	alt.ss_flags = SS_DISABLE;
	sigaltstack(&alt, NULL);
	free(stack);
}

static void test_nested(void)
{
	handle(SIGUSR1, on_outer, NULL, 0);
	handle(SIGUSR2, on_inner, NULL, 0);
	raise(SIGUSR1);
	check("nested.inner_ran_inside", inner_seen, 1);
}

static void test_errors(void)
{
	volatile int zero = 0;
	int sig;

	handle(SIGFPE, NULL, on_escape, 0);
	handle(SIGSEGV, NULL, on_escape, 0);
	handle(SIGBUS, NULL, on_escape, 0);
	handle(SIGILL, NULL, on_escape, 0);

	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		*(volatile int *)(uintptr_t)zero = 1; /* NOLINT: the fault is the test */
	check("error.null_signal", sig, SIGSEGV);
#ifdef __ia64__
	/* Linux/ia64 has a page of NaTs at address 0, so that speculative loads of NULL are cheap. */
	check("error.null_code", value, SEGV_ACCERR);
#else
	check("error.null_code", value, SEGV_MAPERR);
#endif
}

#ifdef __ia64__
/* Loads with PSR.ac set: without it, a processor may or may not do an unaligned load by itself. */
static uint64_t checked_load(const void *p)
{
	uint64_t value;

	__asm__ volatile("sum 8;;\n\tld8 %0 = [%1];;\n\trum 8" : "=r"(value) : "r"(p) : "memory");
	return value;
}

static void test_ia64(void)
{
	static union {
		uint64_t align;
		unsigned char bytes[16];
	} data = { .bytes = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 } };
	uint64_t sink;
	int sig;

	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		__asm__ volatile("break 1");
	check("ia64.break_1_signal", sig, SIGFPE);
	check("ia64.break_1_code", value, FPE_INTDIV);

	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		__asm__ volatile("mov r14 = psr" : : : "r14");
	check("ia64.privileged_operation", sig, SIGILL);

	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		__asm__ volatile("mov.m ar44 = r0");
	check("ia64.privileged_register", sig, SIGILL);

	/* A speculative load of page 0 leaves a NaT, and a store of it faults. */
	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		__asm__ volatile("ld8.s r14 = [r0];;\n\tst8 [%0] = r14" : : "r"(&sink) : "r14", "memory");
	check("ia64.nat_consumption_signal", sig, SIGILL);
	check("ia64.nat_consumption_code", value, ILL_ILLOPN);

	/* The kernel carries out an unaligned load, unless the process wants a signal instead. */
	prctl(PR_SET_UNALIGN, PR_UNALIGN_NOPRINT);
	check("ia64.unaligned_load", checked_load(data.bytes + 1), 0x0807060504030201);
	prctl(PR_SET_UNALIGN, PR_UNALIGN_SIGBUS);
	sig = sigsetjmp(escape, 1);
	if (sig == 0)
		checked_load(data.bytes + 1);
	__asm__ volatile("rum 8");
	check("ia64.unaligned_signal", sig, SIGBUS);
	check("ia64.unaligned_code", value, BUS_ADRALN);
}
#else
static void test_ia64(void)
{
}
#endif

/*
 * Timer signals arrive at any instruction; a loop of integer, floating-point and procedure-call work must come out as
 * it does without them.
 */
static double __attribute__((noinline)) deep(int n, double x)
{
	return n == 0 ? x : deep(n - 1, x * 1.0000001) + n * 1e-9;
}

static uint64_t work(void)
{
	uint64_t sum = 0, bits;
	double x = 1;
	int i;

	for (i = 0; i < 3000; i++) {
		x = deep(i & 63, x) / (1 + i * 1e-7);
		sum = sum * 6364136223846793005u + i;
	}
	memcpy(&bits, &x, sizeof(bits));
	return sum ^ bits;
}

static void test_timer(void)
{
	struct itimerval timer = { { 0, 10000 }, { 0, 10000 } };
	uint64_t expected = work();
	struct timespec start, now;
	long wrong = 0;

	handle(SIGALRM, on_count, NULL, SA_RESTART);
	count = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		wrong += work() != expected;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (count < 20 && now.tv_sec - start.tv_sec < 60);
	memset(&timer, 0, sizeof(timer));
	setitimer(ITIMER_REAL, &timer, NULL);
	check("timer.signals_arrive", count >= 20, 1);
	check("timer.work_undisturbed", wrong, 0);
}

static void test_interrupted(void)
{
	struct itimerval timer = { { 0, 0 }, { 0, 50000 } };
	char c;
	int fds[2];

	need("pipe", pipe(fds) == 0);
	handle(SIGALRM, on_count, NULL, 0);
	setitimer(ITIMER_REAL, &timer, NULL);
	errno = 0;
	check("interrupted.read", read(fds[0], &c, 1), -1);
	check("interrupted.errno", errno, EINTR);
	close(fds[0]);
	close(fds[1]);
}

static void test_child(void)
{
	int status = -1;
	pid_t pid;

	handle(SIGCHLD, on_count, NULL, SA_RESTART);
	count = 0;
	pid = fork();
	need("fork", pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	check("child.stopped", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, 1);
	kill(pid, SIGCONT);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	check("child.killed_by", WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGTERM);
	check("child.parent_told", count >= 1, 1);
}

int sigtest(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	test_mask();
	test_queue();
	test_nested();
	test_errors();
	test_ia64();
	test_timer();
	test_interrupted();
	test_child();
	return check_status();
}
