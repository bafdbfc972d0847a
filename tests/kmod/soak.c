// SPDX-License-Identifier: GPL-2.0-only
/*
 * Four worlds on two processors, while everything comes at them that a host
 * has: timer interrupts and signals, NMIs, moves from one processor to the
 * other, interprocessor interrupts. No register changes in a world, and none
 * of its host's thread.
 *
 * usage: soak [SECONDS]
 */
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/kmod/raw.h"
#include "tests/lib/ktap.h"

#define NR_WORKERS	4
#define NMI_FILE	"/sys/kernel/debug/riven_test/nmi"

struct worker {
	pthread_t thread;
	struct raw raw;
	int number;
	uint64_t rounds;
	uint64_t changed_inside;
	uint64_t changed_outside;
	uint64_t failed;
};

/* What of the thread's own state the switch could lose. */
struct state {
	uint8_t vector[8][16];
	uint32_t mxcsr;
	uint16_t control;
	uint16_t ds, es, fs, gs, none;
	uint64_t gs_base;
	uint64_t tls;
};

static struct worker workers[NR_WORKERS];
static volatile bool stop;
static __thread uint64_t tls;

/* ioctl() between loading and storing of registers. */
static long enter_with(int fd, struct riven_kmod_exit *exit, const struct state *before,
		       struct state *after)
{
	long ret = SYS_ioctl;

	__asm__ volatile("movdqu 0(%[b]), %%xmm0; movdqu 16(%[b]), %%xmm1\n"
			 "movdqu 32(%[b]), %%xmm2; movdqu 48(%[b]), %%xmm3\n"
			 "movdqu 64(%[b]), %%xmm12; movdqu 80(%[b]), %%xmm13\n"
			 "movdqu 96(%[b]), %%xmm14; movdqu 112(%[b]), %%xmm15\n"
			 "ldmxcsr 128(%[b]); fldcw 132(%[b])\n"
			 "syscall\n"
			 "movdqu %%xmm0, 0(%[a]); movdqu %%xmm1, 16(%[a])\n"
			 "movdqu %%xmm2, 32(%[a]); movdqu %%xmm3, 48(%[a])\n"
			 "movdqu %%xmm12, 64(%[a]); movdqu %%xmm13, 80(%[a])\n"
			 "movdqu %%xmm14, 96(%[a]); movdqu %%xmm15, 112(%[a])\n"
			 "stmxcsr 128(%[a]); fnstcw 132(%[a])\n"
			 "movw %%ds, 134(%[a]); movw %%es, 136(%[a])\n"
			 "movw %%fs, 138(%[a]); movw %%gs, 140(%[a])\n"
			 "movl $0x1f80, -4(%%rsp); ldmxcsr -4(%%rsp)\n"
			 "movw $0x37f, -4(%%rsp); fldcw -4(%%rsp)\n"
			 : "+a"(ret)
			 : "D"((long)fd), "S"((long)RIVEN_KMOD_ENTER), "d"(exit), [b] "r"(before),
			   [a] "r"(after)
			 : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm12", "xmm13",
			   "xmm14", "xmm15");
	return ret;
}

_Static_assert(offsetof(struct state, mxcsr) == 128 && offsetof(struct state, control) == 132 &&
		       offsetof(struct state, ds) == 134, "asm");

/* Selectors that are not the usual: of an LDT; a base without a selector. */
static void set_segments(int number)
{
	struct user_desc desc = { .entry_number = 1, .base_addr = 0x1000, .limit = 0xfffff,
				  .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };

	if (number == 0 && syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)) == 0)
		__asm__ volatile("movw %w0, %%es" : : "r"(1 << 3 | 7));
	if (number == 1)
		syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000);
	if (number == 2)
		__asm__ volatile("movw %w0, %%ds; movw %w0, %%gs" : : "r"(0x2b));
}

static void fill_state(struct state *s, int number)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < sizeof(s->vector); i++)
		s->vector[i / 16][i % 16] = (uint8_t)(i * 3 + (size_t)number * 29 + 1);
	s->mxcsr = 0x1f80 | (number & 3) << 13;
	s->control = 0x37f & ~((number & 1) << 9);
	__asm__ volatile("movw %%ds, %0" : "=m"(s->ds));
	__asm__ volatile("movw %%es, %0" : "=m"(s->es));
	__asm__ volatile("movw %%fs, %0" : "=m"(s->fs));
	__asm__ volatile("movw %%gs, %0" : "=m"(s->gs));
	syscall(SYS_arch_prctl, ARCH_GET_GS, &s->gs_base);
	s->tls = tls = 0x1234 + (uint64_t)number;
}

static void fill_orders(volatile struct orders *o, int number)
{
	for (int i = 0; i < 16; i++)
		o->gpr[i] = 0x9e3779b97f4a7c15ull * (uint64_t)(i + 1 + 16 * number);
	for (int i = 0; i < 16; i++) {
		for (int n = 0; n < 32; n++)
			o->vector[i][n] = (uint8_t)(i * 32 + n + number * 57);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct riven_kmod_exit exit = { 0 };
	struct state before, after = { 0 };

	set_segments(w->number);
	fill_orders(w->raw.orders, w->number);
	fill_state(&before, w->number);
	while (!stop) {
		long ret;

		w->raw.orders->times = 20000;
		w->raw.orders->op = OP_REGISTERS;
		do {
			ret = enter_with(w->raw.vcpu, &exit, &before, &after);
			syscall(SYS_arch_prctl, ARCH_GET_GS, &after.gs_base);
			after.tls = tls;
			w->changed_outside += memcmp(&before, &after, sizeof(before)) != 0;
		} while (ret == -EINTR);
		w->failed += ret != 0 || exit.reason != RIVEN_KMOD_DONE;
		w->changed_inside += w->raw.orders->bad != 0;
		w->raw.orders->bad = 0;
		w->rounds++;
	}
	return NULL;
}

/* A child of its own: an NMI that is lost fails the write. */
static pid_t start_nmis(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = open(NMI_FILE, O_WRONLY);

		if (fd < 0)
			_exit(2);
		if (write(fd, "100", 3) != 3)
			_exit(1);
		close(fd);
	}
}

static void move(uint64_t n)
{
	for (int i = 0; i < NR_WORKERS; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((n >> i & 1), &set);
		pthread_setaffinity_np(workers[i].thread, sizeof(set), &set);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Moves, signals, and interrupts of the other processor, at no regular time. */
static void disturb(double until)
{
	uint64_t seed = 1;

	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	while (seconds() < until) {
		struct timespec pause = { 0 };
		void *p;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		move(seed >> 33);
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
		p = mmap(NULL, 0x100000, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (p != MAP_FAILED)
			munmap(p, 0x100000);
		pthread_kill(workers[seed >> 60 & 3].thread, SIGUSR1);
		pause.tv_nsec = (long)(seed >> 40 & 0x3fffff);
		nanosleep(&pause, NULL);
	}
}

static void report(pid_t nmis)
{
	struct riven_kmod_counts sum = { 0 };
	uint64_t inside = 0, outside = 0, failed = 0, least = ~0ull;
	int status = -1;

	for (int i = 0; i < NR_WORKERS; i++) {
		struct worker *w = &workers[i];
		struct riven_kmod_counts c = { 0 };

		ioctl(w->raw.vcpu, RIVEN_KMOD_COUNTS, &c);
		sum.entries += c.entries;
		sum.interrupts += c.interrupts;
		sum.nmis += c.nmis;
		sum.machine_checks += c.machine_checks;
		inside += w->changed_inside;
		outside += w->changed_outside;
		failed += w->failed;
		least = w->rounds < least ? w->rounds : least;
		raw_destroy(&w->raw);
	}
	printf("# %llu entries, %llu interrupts, %llu NMIs, %llu machine checks in worlds\n",
	       (unsigned long long)sum.entries, (unsigned long long)sum.interrupts,
	       (unsigned long long)sum.nmis, (unsigned long long)sum.machine_checks);
	ktap_result(!failed && least > 10, "every world goes on");
	ktap_result(!inside, "no register changes in a world");
	ktap_result(!outside, "no register changes outside");
	ktap_result(sum.interrupts > 100, "interrupts arrive in worlds");
	if (nmis < 0) {
		ktap_skip("no NMI is lost", "tests/kmod/helper is not loaded");
		return;
	}
	kill(nmis, SIGTERM);
	ktap_result(waitpid(nmis, &status, 0) == nmis && WIFSIGNALED(status), "no NMI is lost");
	ktap_result(sum.nmis > 20, "NMIs arrive in worlds");
}

int main(int argc, char **argv)
{
	double length = argc > 1 ? atof(argv[1]) : 5;
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int device = open("/dev/riven", O_RDWR | O_CLOEXEC);
	pid_t nmis = -1;

	if (device < 0) {
		printf("there is no driver: /dev/riven cannot be opened: %s\n", strerror(errno));
		return 4;
	}
	ktap_begin();
	sigaction(SIGUSR1, &act, NULL);
	if (access(NMI_FILE, W_OK) == 0)
		nmis = start_nmis();
	for (int i = 0; i < NR_WORKERS; i++) {
		workers[i].number = i;
		if (raw_create(device, &workers[i].raw)) {
			printf("Bail out! no virtual machine\n");
			return 1;
		}
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	disturb(seconds() + length);
	stop = true;
	for (int i = 0; i < NR_WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	report(nmis);
	return ktap_end();
}
