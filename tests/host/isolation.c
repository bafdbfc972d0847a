// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GVMM that goes wild in a world of an isolated host: it reaches nothing
 * outside of its region, it may not do what only CPL 0 may, and each attempt
 * ends its own guest alone. The stand-in for the GVMM does what run->pmi says.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-driver/kvm/kvm.h"
#include "host-driver/lib/host.h"
#include "tests/lib/ktap.h"
#include "transition/kvm.h"

/* The attempts: X(name, assembly, a word of the error). rdx: run->mmio.gpa as an address. */
#define ATTEMPTS(X)							\
	X(halt, "", "")							\
	X(read, "movb (%rdx), %al", "read")				\
	X(write, "movb $1, (%rdx)", "write")				\
	X(call, "call *%rdx", "fetch")					\
	X(stack, "movq %rdx, %rsp; ret", "")				\
	X(busy, "movl $200000000, %ecx; 9: decl %ecx; jnz 9b", "")	\
	X(bmi2, "pdep %rax, %rax, %rax", "")				\
	X(avx2, "vpaddd %ymm1, %ymm2, %ymm3; vzeroupper", "")		\
	X(fma, "vxorps %xmm1, %xmm1, %xmm1; vfmadd231sd %xmm1, %xmm1, %xmm1", "") \
	X(avx512f, "vpaddd %zmm1, %zmm2, %zmm3; vzeroupper", "")	\
	X(cli, "cli", "protection")					\
	X(sti, "sti", "protection")					\
	X(hlt, "hlt", "protection")					\
	X(in, "inb $0x10, %al; inb $0x60, %al", "port")		\
	X(out, "outb %al, $0x80", "protection")				\
	X(out_nub, "outb %al, $0x20", "protection")			\
	X(out_wide, "outl %eax, $0x10", "protection")			\
	X(out_far, "movl $0xcf8, %edx; outl %eax, %dx", "protection")	\
	X(cr0, "movq %cr0, %rax", "protection")				\
	X(cr3, "movq %rax, %cr3", "protection")				\
	X(cr8, "movq %rax, %cr8", "protection")				\
	X(dr7, "movq %rax, %dr7", "protection")				\
	X(rdmsr, "movl $0xc0000080, %ecx; rdmsr", "protection")		\
	X(wrmsr, "movl $0xc0000080, %ecx; wrmsr", "protection")		\
	X(lgdt, "lgdt (%rsp)", "protection")				\
	X(lidt, "lidt (%rsp)", "protection")				\
	X(ltr, "ltr %ax", "protection")					\
	X(lmsw, "lmsw %ax", "protection")				\
	X(clts, "clts", "protection")					\
	X(invd, "invd", "protection")					\
	X(wbinvd, "wbinvd", "protection")				\
	X(invlpg, "invlpg (%rdx)", "protection")			\
	X(swapgs, "swapgs", "protection")				\
	X(sysret, "sysretq", "")					\
	X(sysexit, "sysexitq", "")					\
	X(syscall, "syscall", "")					\
	X(sysenter, "sysenter", "")					\
	X(int80, "int $0x80", "exception")				\
	X(int14, "int $14", "exception")				\
	X(int3, "int3", "exception")					\
	X(ud2, "ud2", "invalid")					\
	/* Some processors read the outer stack pointer before they check. */ \
	X(kernel_code, "pushq $0; pushq $0; pushq $0x08; pushq %rdx; lretq", "protection") \
	X(kernel_stack, "movl $0x10, %eax; movw %ax, %ss", "protection") \
	X(xsetbv, "xorl %ecx, %ecx; movl $3, %eax; xorl %edx, %edx; xsetbv", "protection") \
	X(divide, "xorl %ecx, %ecx; divl %ecx", "division")		\
	X(step, "pushfq; orl $0x100, (%rsp); popfq; nop", "debug")	\
	X(sse, "pushq $0; ldmxcsr (%rsp); xorps %xmm0, %xmm0; divss %xmm0, %xmm0", "SIMD") \
	X(noncanonical, "movabsq $0x8000000000000000, %rax; movb (%rax), %al", "")

enum attempt {
#define X(name, code, word) ATTEMPT_##name,
	ATTEMPTS(X)
#undef X
	NR_ATTEMPTS
};

_Static_assert(offsetof(struct riven_run, command) == 64, "asm below");
_Static_assert(offsetof(struct riven_run, pmi) == 40, "asm below");
_Static_assert(offsetof(struct riven_run, exit_reason) == 80, "asm below");
_Static_assert(offsetof(struct riven_run, mmio.gpa) == 96, "asm below");
_Static_assert(RIVEN_EXIT_HALT == 4, "asm below");
__asm__("	.section .rodata\n"
	"	.globl	riven_blob, riven_blob_end\n"
	"riven_blob:\n"
	"	movl	$0, 80(%rdi)\n"
	"	cmpl	$0, 64(%rdi)\n"
	"	je	1f\n"
	"	ret\n"
	"1:	movl	$4, 80(%rdi)\n"
	"	movl	40(%rdi), %eax\n"
	"	movq	96(%rdi), %rdx\n"
	"	leaq	table(%rip), %rcx\n"
	"	movslq	(%rcx,%rax,4), %rax\n"
	"	addq	%rcx, %rax\n"
	"	jmp	*%rax\n"
#define X(name, code, word) "do_" #name ": " code "; ret\n"
	ATTEMPTS(X)
#undef X
	"	.balign	4\n"
	"table:\n"
#define X(name, code, word) "	.long	do_" #name " - table\n"
	ATTEMPTS(X)
#undef X
	"riven_blob_end:\n"
	"	.text\n");

static const struct {
	char name[16];
	char word[16];
} attempts[] = {
#define X(name, code, word) { #name, word },
	ATTEMPTS(X)
#undef X
};

static const char *host_name;
static bool is_kmod;
static uint8_t canary[4096] __attribute__((aligned(4096)));

static struct riven_vm *new_vm(struct riven_vcpu **c)
{
	struct riven_vm_options opt = { .host = host_name };
	struct riven_vm *vm = NULL;
	const char *err = "";

	if (riven_vm_create(&opt, &vm, &err) || riven_vm_set_memslot(vm, 0, 0, 0x100000, 0) ||
	    riven_vm_set_memslot(vm, 1, 0x200000, 0x10000, RIVEN_SLOT_ROM) ||
	    riven_vcpu_create(vm, 0, c)) {
		printf("Bail out! no virtual machine: %s\n", err);
		exit(1);
	}
	return vm;
}

/* Runs the attempt in a world of its own; true when it ended the guest, and cleanly. */
static bool dies(enum attempt attempt, uint64_t address, const char *word)
{
	struct riven_state state;
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	bool ok;

	c->run->pmi = attempt;
	c->run->mmio.gpa = address;
	ok = riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_INTERNAL &&
	     strstr(riven_vcpu_error(c), word);
	printf("# %s: %s\n", attempts[attempt].name,
	       c->run->exit_reason == RIVEN_EXIT_INTERNAL ? riven_vcpu_error(c) : "goes on");
	ok = ok && riven_vcpu_run(c) == -EIO && riven_vcpu_get_state(c, &state) == 0;
	riven_vm_destroy(vm);
	return ok;
}

static bool runs(enum attempt attempt, uint64_t address)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	bool ok;

	c->run->pmi = attempt;
	c->run->mmio.gpa = address;
	ok = riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_HALT;
	if (!ok)
		printf("# %s\n", riven_vcpu_error(c));
	riven_vm_destroy(vm);
	return ok;
}

static void test_memory(void)
{
	const uint64_t base = WORLD_BASE, area = base + RIVEN_VCPU_OFFSET;
	const uint64_t window = base + RIVEN_WINDOW_OFFSET, system = base + RIVEN_REGION_SIZE;
	static const enum attempt all[] = { ATTEMPT_read, ATTEMPT_write, ATTEMPT_call };
	const struct {
		const char *name;
		uint64_t address;
		bool may[3];		/* read, write, execute */
	} places[] = {
		{ "the host's data", (uint64_t)(uintptr_t)canary, { false } },
		{ "the host's code", (uint64_t)(uintptr_t)&riven_vcpu_run, { false } },
		{ "the host's stack", (uint64_t)(uintptr_t)&places, { false } },
		{ "address 0", 0, { false } },
		{ "the host kernel", 0xffffffff81000000, { false } },
		{ "the host's direct map", 0xffff888000000000, { false } },
		{ "below the region", base - 8, { false } },
		{ "the blob", base, { true, false, false } },
		{ "behind the blob", base + RIVEN_VM_OFFSET - 8, { false } },
		{ "the VM's data", base + RIVEN_VM_OFFSET, { true, true, false } },
		{ "the P2M", base + RIVEN_P2M_OFFSET + 0x5000, { true, true, false } },
		{ "the vCPU's registers", area + RIVEN_VCPU_STATE, { true, true, false } },
		{ "the guard below the stack", area + RIVEN_VCPU_STACK - 8, { false } },
		{ "the stack", area + RIVEN_VCPU_STACK, { true, true, false } },
		{ "another vCPU's area", area + RIVEN_VCPU_STRIDE, { false } },
		{ "RAM", window + 0x1000, { true, true, false } },
		{ "the end of RAM", window + 0xffff8, { true, true, false } },
		{ "behind RAM", window + 0x100000, { false } },
		{ "ROM", window + 0x200000, { true, false, false } },
		{ "behind ROM", window + 0x210000, { false } },
		{ "the end of the window", system - 8, { false } },
		{ "the entry code", system + SYS_ENTRY, { true, false, false } },
		{ "the nub", system + SYS_NUB, { false } },
		{ "the descriptor tables", system + SYS_TABLES, { false } },
		{ "the nub's stack", system + SYS_STACK, { false } },
		{ "behind the system area", system + SYS_SIZE, { false } },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bool ok = true;

		for (size_t n = 0; n < 3; n++) {
			/* Code is where one may execute: nothing to learn from a call there. */
			if (all[n] == ATTEMPT_call && places[i].may[0] && !places[i].may[1] &&
			    places[i].address != window + 0x200000)
				continue;
			ok = (places[i].may[n] ? runs(all[n], places[i].address) :
						 dies(all[n], places[i].address,
						      attempts[all[n]].word)) && ok;
		}
		ktap_result(ok, "%s: reads, writes and executes as it may", places[i].name);
	}
}

static void feature(enum attempt attempt, bool host_has)
{
	if (host_has)
		ktap_result(runs(attempt, 0), "%s works as on the host", attempts[attempt].name);
	else
		ktap_skip(attempts[attempt].name, "the processor has it not");
}

static void test_features(void)
{
	feature(ATTEMPT_bmi2, __builtin_cpu_supports("bmi2"));
	feature(ATTEMPT_avx2, __builtin_cpu_supports("avx2"));
	feature(ATTEMPT_fma, __builtin_cpu_supports("fma"));
	feature(ATTEMPT_avx512f, __builtin_cpu_supports("avx512f"));
}

/* Some emulators of x86-64 do not: a child of ours would be killed for it. */
static bool raises_simd_exceptions(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGFPE, SIG_DFL);
		__asm__ volatile("pushq $0; ldmxcsr (%rsp); xorps %xmm0, %xmm0; divss %xmm0, %xmm0");
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

/* What the error says of an attempt. */
static const char *word_of(enum attempt a)
{
	/* In KVM the way out of the GVMM is a port; the driver opens none. */
	if (a == ATTEMPT_in && is_kmod)
		return "protection";
	/* QEMU's emulation reads the stack as CPL 0 would, so SMAP is what ends this one there. */
	if (a == ATTEMPT_kernel_code && is_kmod)
		return "";
	/* Nothing of the host's entry code runs; SYSENTER is protection or invalid, by vendor. */
	if (a == ATTEMPT_syscall && is_kmod)
		return "invalid";
	if (a == ATTEMPT_sysenter && is_kmod)
		return "exception";
	return attempts[a].word;
}

static void test_instructions(void)
{
	for (enum attempt a = ATTEMPT_cli; a < NR_ATTEMPTS; a++) {
		if (a == ATTEMPT_sse && !raises_simd_exceptions()) {
			ktap_skip("sse ends the guest", "the processor raises no SIMD exceptions");
			continue;
		}
		ktap_result(dies(a, WORLD_BASE + RIVEN_REGION_SIZE, word_of(a)),
			    "%s ends the guest", attempts[a].name);
	}
	ktap_result(dies(ATTEMPT_stack, 0x1234, "") && dies(ATTEMPT_stack, ~0ull - 7, ""),
		    "a wild stack pointer ends the guest");
}

/* The code of a bad GVMM ends, and leaves behind what it was. */
static void test_nothing_else(void)
{
	struct riven_vcpu *c, *d;
	struct riven_vm *good = new_vm(&c), *bad = new_vm(&d);
	uint8_t *ram = riven_vm_host_ptr(good, 0, 0x100000);
	bool ok = true;

	for (size_t i = 0; i < 0x100000; i++)
		ok = ok && ram[i] == 0;
	for (size_t i = 0; i < sizeof(canary); i++)
		ok = ok && canary[i] == 0;
	ktap_result(ok, "memory of the host and of another guest is as it was");

	d->run->pmi = ATTEMPT_ud2;
	ok = riven_vcpu_run(d) == 0 && d->run->exit_reason == RIVEN_EXIT_INTERNAL;
	for (int i = 0; i < 100; i++) {
		c->run->pmi = ATTEMPT_halt;
		ok = ok && riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_HALT;
	}
	ktap_result(ok, "another guest of the same process runs on");
	riven_vm_destroy(bad);
	c->run->pmi = ATTEMPT_halt;
	ktap_result(riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_HALT,
		    "and when the dead one is gone");
	riven_vm_destroy(good);
}

/* Slots that are gone are gone at once, and memory that comes again is there. */
static void test_slots(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	bool ok = true;

	c->run->pmi = ATTEMPT_write;
	c->run->mmio.gpa = WORLD_BASE + RIVEN_WINDOW_OFFSET + 0x400000;
	for (int i = 0; i < 100 && ok; i++) {
		uint8_t *p;

		ok = riven_vm_set_memslot(vm, 2, 0x400000, 0x210000, 0) == 0;
		p = riven_vm_host_ptr(vm, 0x400000, 1);
		ok = ok && p && *p == 0 && riven_vcpu_run(c) == 0 &&
		     c->run->exit_reason == RIVEN_EXIT_HALT && *p == 1 &&
		     riven_vm_set_memslot(vm, 2, 0, 0, 0) == 0;
	}
	ktap_result(ok, "100 times memory comes, is written and goes");
	ktap_result(riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_INTERNAL,
		    "memory that went is out of reach");
	riven_vm_destroy(vm);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Signals interrupt KVM_RUN; the world goes on where it was. */
static void test_signals(void)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	bool ok;

	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	ok = runs(ATTEMPT_busy, 0);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	ktap_result(ok && alarms > 5, "signals do not disturb a world");
	printf("# %d signals\n", (int)alarms);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_leaks(void)
{
	int before = open_fds();

	for (int i = 0; i < 20; i++) {
		struct riven_vcpu *c;

		riven_vm_destroy(new_vm(&c));
	}
	ktap_result(open_fds() == before, "20 virtual machines leave no file descriptor behind");
}

int main(int argc, char **argv)
{
	const char *problem;

	host_name = argc > 1 ? argv[1] : "kvm";
	is_kmod = strcmp(host_name, "kmod") == 0;
	problem = riven_host_problem(host_name);
	if (problem) {
		printf("the host %s does not work here: %s\n", host_name, problem);
		return 4;
	}
	ktap_begin();
	ktap_result(riven_check_cap(host_name, RIVEN_CAP_ISOLATED) == 1, "the host says it isolates");
	test_memory();
	test_features();
	test_instructions();
	test_slots();
	test_signals();
	test_nothing_else();
	test_leaks();
	return ktap_end();
}
