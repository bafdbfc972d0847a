// SPDX-License-Identifier: GPL-2.0-only
/*
 * libriven and a host (RIVEN_HOST names it, else process), with a stand-in for
 * the GVMM that does what run->pmi says.
 */
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host-driver/process/process.h"
#include "tests/lib/ktap.h"

/* What the stand-in does on RIVEN_CMD_RUN. */
enum {
	FAKE_HALT, FAKE_SPIN, FAKE_UD2, FAKE_NULL, FAKE_STACK, FAKE_JUMP, FAKE_CLOBBER, FAKE_STORE,
};

/*
 * The stand-in: counts commands in run->stats (as an array), then acts. FAKE_STORE
 * stores a byte to the window at run->mmio.gpa.
 */
_Static_assert(offsetof(struct riven_run, kick) == 0, "asm below");
_Static_assert(offsetof(struct riven_run, command) == 64, "asm below");
_Static_assert(offsetof(struct riven_run, pmi) == 40, "asm below");
_Static_assert(offsetof(struct riven_run, exit_reason) == 80, "asm below");
_Static_assert(offsetof(struct riven_run, mmio.gpa) == 96, "asm below");
_Static_assert(offsetof(struct riven_run, stats) == 360, "asm below");
_Static_assert(RIVEN_WINDOW_OFFSET - RIVEN_VCPU_OFFSET == 0x7f00000000, "asm below");
_Static_assert(RIVEN_EXIT_HALT == 4 && RIVEN_EXIT_INTR == 5, "asm below");
__asm__("	.section .rodata\n"
	"	.globl	riven_blob, riven_blob_end\n"
	"riven_blob:\n"
	"	movl	64(%rdi), %eax\n"
	"	incq	360(%rdi,%rax,8)\n"
	"	movl	$0, 80(%rdi)\n"
	"	testl	%eax, %eax\n"
	"	jz	1f\n"
	"	ret\n"
	"1:	movl	$4, 80(%rdi)\n"
	"	movl	40(%rdi), %eax\n"
	"	cmpl	$1, %eax\n"
	"	je	spin\n"
	"	cmpl	$2, %eax\n"
	"	je	invalid\n"
	"	cmpl	$3, %eax\n"
	"	je	null\n"
	"	cmpl	$4, %eax\n"
	"	je	stack\n"
	"	cmpl	$5, %eax\n"
	"	je	jump\n"
	"	cmpl	$6, %eax\n"
	"	je	clobber\n"
	"	cmpl	$7, %eax\n"
	"	je	store\n"
	"	ret\n"
	"spin:	pause\n"
	"	cmpl	$0, (%rdi)\n"
	"	je	spin\n"
	"	movl	$0, (%rdi)\n"
	"	movl	$5, 80(%rdi)\n"
	"	ret\n"
	"invalid: ud2\n"
	"null:	movl	%eax, 0\n"
	"stack:	pushq	%rax\n"
	"	jmp	stack\n"
	"jump:	xorl	%eax, %eax\n"
	"	jmp	*%rax\n"
	"clobber:\n"
	"	pushq	$0x7f80\n"
	"	ldmxcsr	(%rsp)\n"
	"	movl	$0xc7f, (%rsp)\n"
	"	fldcw	(%rsp)\n"
	"	popq	%rax\n"
	"	ret\n"
	"store:	movabsq	$0x7f00000000, %rax\n"
	"	addq	%rdi, %rax\n"
	"	addq	96(%rdi), %rax\n"
	"	movb	$0x5a, (%rax)\n"
	"	ret\n"
	"riven_blob_end:\n"
	"	.text\n");

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

static const char *host_name;

static struct riven_vm *new_vm(struct riven_vcpu **c)
{
	struct riven_vm_options opt = { .host = host_name };
	struct riven_vm *vm = NULL;
	const char *err = "";

	*c = NULL;
	if (riven_vm_create(&opt, &vm, &err) || riven_vcpu_create(vm, 0, c) || !*c) {
		printf("Bail out! no virtual machine: %s\n", err);
		exit(1);
	}
	return vm;
}

static uint64_t count(struct riven_vcpu *c, enum riven_command cmd)
{
	return __atomic_load_n((uint64_t *)&c->run->stats + cmd, __ATOMIC_SEQ_CST);
}

/* Within 10 seconds, does the count of a command exceed what it was? */
static bool grows(struct riven_vcpu *c, enum riven_command cmd, uint64_t before)
{
	for (int i = 0; i < 10000 && count(c, cmd) <= before; i++)
		sleep_ms(1);
	return count(c, cmd) > before;
}

static void test_options(void)
{
	static const uint32_t bad[] = { 1, 63, 65, 100, 2097152 };
	struct riven_vm_options opt = { 0 };
	struct riven_vm *vm = NULL;
	const char *err = NULL;
	bool ok = true;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opt.stlb_entries = bad[i];
		ok = ok && riven_vm_create(&opt, &vm, &err) == -EINVAL && err && *err;
	}
	ktap_result(ok, "STLB sizes out of range are refused with a reason");
	opt.stlb_entries = 0;
	opt.host = "nowhere";
	ktap_result(riven_vm_create(&opt, &vm, &err) == -EINVAL, "an unknown host is refused");
	opt.host = host_name;
	opt.gvmm_path = "/nonexistent";
	ktap_result(riven_vm_create(&opt, &vm, &err) == -ENOENT && *err,
		    "a missing GVMM file is refused");
	ktap_result(riven_check_cap("nowhere", RIVEN_CAP_MEMSLOTS) == -EINVAL &&
			    riven_check_cap(NULL, RIVEN_CAP_MEMSLOTS) >= 8 &&
			    riven_check_cap(host_name, RIVEN_CAP_STLB_MAX) == 1 << 20,
		    "capabilities are told");
	ktap_result(!riven_host_problem(riven_host_auto()) &&
			    (riven_check_cap(riven_host_auto(), RIVEN_CAP_ISOLATED) == 1 ||
			     strcmp(riven_host_auto(), riven_host_name(0)) == 0),
		    "\"auto\" is a host that works and isolates, or else the default");
}

static void test_bases(void)
{
	/* Above what AddressSanitizer keeps for itself; not all are aligned for large pages. */
	static const uint64_t bases[] = { 0x110000000000, 0x130000001000, 0x150000000000,
					  0x200000200000, 0x3fffffff0000 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct riven_vm_options opt = { .host = host_name, .region_base = bases[i] };
		struct riven_vcpu *c = NULL;
		struct riven_vm *vm = NULL;
		const char *err = "";
		int ret = riven_vm_create(&opt, &vm, &err);

		if (!ret)
			ret = riven_vcpu_create(vm, 0, &c);
		if (!ret)
			ret = riven_vcpu_run(c);
		/* Isolated worlds have their own addresses. */
		ktap_result(!ret && c->run->exit_reason == RIVEN_EXIT_HALT &&
				    (riven_check_cap(host_name, RIVEN_CAP_ISOLATED) ||
				     (uint64_t)(uintptr_t)c->run == bases[i] + RIVEN_VCPU_OFFSET),
			    "a world runs at base 0x%llx", (unsigned long long)bases[i]);
		if (ret)
			printf("# %s (%d)\n", err, ret);
		riven_vm_destroy(vm);
	}
}

static void test_slots(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	uint8_t *host, *window;

	ktap_result(riven_vm_set_memslot(vm, 0, 0, 0x1000000, 0) == 0, "a RAM slot is made");
	ktap_result(riven_vm_set_memslot(vm, 1, 0xff0000, 0x20000, 0) == -EEXIST,
		    "an overlapping slot is refused");
	ktap_result(riven_vm_set_memslot(vm, 1, 0x1001000, 0x10000, 0) == -EINVAL &&
			    riven_vm_set_memslot(vm, 1, 0x2000000, 0x1000, 0) == -EINVAL,
		    "a misaligned slot is refused");
	ktap_result(riven_vm_set_memslot(vm, 1, RIVEN_WINDOW_SIZE - 0x10000, 0x20000, 0) ==
					    -EINVAL &&
			    riven_vm_set_memslot(vm, 1, ~0xffffull, 0x20000, 0) == -EINVAL,
		    "a slot beyond the window is refused");
	ktap_result(riven_vm_set_memslot(vm, 1, 0xfee00000, 0x10000, 0) == -EINVAL,
		    "a slot over the interrupt block is refused");
	ktap_result(riven_vm_set_memslot(vm, 32, 0x2000000, 0x10000, 0) == -EINVAL &&
			    riven_vm_set_memslot(vm, 1, 0x2000000, 0x10000, 8) == -EINVAL,
		    "bad slot numbers and flags are refused");

	host = riven_vm_host_ptr(vm, 0x123456, 16);
	window = (uint8_t *)c->run + (RIVEN_WINDOW_OFFSET - RIVEN_VCPU_OFFSET);
	if (host)
		memcpy(host, "fifteen letters", 16);
	ktap_result(host && memcmp(window + 0x123456, "fifteen letters", 16) == 0,
		    "host view and window are the same memory");
	ktap_result(!riven_vm_host_ptr(vm, 0xfffff8, 9) && !riven_vm_host_ptr(vm, ~0ull, 2) &&
			    riven_vm_host_ptr(vm, 0xfffff8, 8) &&
			    riven_vm_dma_ptr(vm, 0xfffff8, 8) && !riven_vm_dma_ptr(vm, 0xfffff8, 9),
		    "host pointers end with the slot");
	ktap_result(vm->p2m[0] == RIVEN_P2M_RAM && vm->p2m[0xfff] == RIVEN_P2M_RAM &&
			    vm->p2m[0x1000] == RIVEN_P2M_NONE,
		    "the P2M has the slot's frames and no others");

	riven_vm_set_memslot(vm, 0, 0, 0x1000000, RIVEN_SLOT_ROM | RIVEN_SLOT_FIRMWARE);
	ktap_result(vm->p2m[5] == (RIVEN_P2M_ROM | RIVEN_P2M_FIRMWARE),
		    "a slot's flags can be changed");
	ktap_result(riven_vm_host_ptr(vm, 0x1000, 16) && !riven_vm_dma_ptr(vm, 0x1000, 16),
		    "devices read ROM and do not write it");
	ktap_result(riven_vm_set_memslot(vm, 0, 0, 0, 0) == 0 && vm->p2m[0] == 0 &&
			    !riven_vm_host_ptr(vm, 0, 1),
		    "a slot is removed");
	ktap_result(riven_vm_set_memslot(vm, 3, 0x100000000, 0x10000, 0) == 0 &&
			    riven_vm_host_ptr(vm, 0x100000000, 0x10000) != NULL,
		    "a slot above 4 GiB is made");
	riven_vm_destroy(vm);
}

static void test_faults(void)
{
	static const struct {
		uint32_t flags;
		const char *name;
	} cases[] = {
		{ FAKE_UD2, "an invalid instruction" },
		{ FAKE_NULL, "a null pointer" },
		{ FAKE_STACK, "a stack overflow" },
		{ FAKE_JUMP, "a wild jump" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct riven_vcpu *c;
		struct riven_vm *vm = new_vm(&c);
		struct riven_state state;
		int ret;

		c->run->pmi = cases[i].flags;
		ret = riven_vcpu_run(c);
		ktap_result(!ret && c->run->exit_reason == RIVEN_EXIT_INTERNAL,
			    "%s in the GVMM is an INTERNAL exit", cases[i].name);
		printf("# %s\n", riven_vcpu_error(c));
		ktap_result(riven_vcpu_run(c) == -EIO && riven_vcpu_get_state(c, &state) == 0,
			    "after %s state can be read but not run", cases[i].name);
		riven_vm_destroy(vm);
	}
}

static void test_rom(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	int ret;

	riven_vm_set_memslot(vm, 0, 0, 0x10000, 0);
	c->run->pmi = FAKE_STORE;
	c->run->mmio.gpa = 0x100;
	ret = riven_vcpu_run(c);
	ktap_result(!ret && c->run->exit_reason == RIVEN_EXIT_HALT &&
			    *(uint8_t *)riven_vm_host_ptr(vm, 0x100, 1) == 0x5a,
		    "the world writes RAM");
	riven_vm_set_memslot(vm, 0, 0, 0x10000, RIVEN_SLOT_ROM);
	ret = riven_vcpu_run(c);
	ktap_result(!ret && c->run->exit_reason == RIVEN_EXIT_INTERNAL,
		    "the world cannot write ROM");
	riven_vm_destroy(vm);
}

static void test_clobber(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	uint16_t cw_before, cw_after;
	unsigned int mx_before, mx_after;

	c->run->pmi = FAKE_CLOBBER;
	fesetround(FE_UPWARD);
	__asm__ volatile("fnstcw %0" : "=m"(cw_before));
	mx_before = __builtin_ia32_stmxcsr();
	riven_vcpu_run(c);
	__asm__ volatile("fnstcw %0" : "=m"(cw_after));
	mx_after = __builtin_ia32_stmxcsr();
	fesetround(FE_TONEAREST);
	ktap_result(cw_before == cw_after && mx_before == mx_after,
		    "the host's floating-point control survives a run");
	riven_vm_destroy(vm);
}

struct runner {
	struct riven_vcpu *c;
	pthread_t thread;
	_Atomic uint64_t returned;	/* when the last run returned */
	_Atomic uint32_t runs;
	_Atomic bool stop;
};

static void *run_loop(void *arg)
{
	struct runner *r = arg;

	while (!atomic_load(&r->stop)) {
		riven_vcpu_run(r->c);
		atomic_store(&r->returned, now_ns());
		atomic_fetch_add(&r->runs, 1);
	}
	return NULL;
}

static void start(struct runner *r, struct riven_vcpu *c)
{
	*r = (struct runner){ .c = c };
	c->run->pmi = FAKE_SPIN;
	pthread_create(&r->thread, NULL, run_loop, r);
	while (!atomic_load(&c->in_world))
		;
}

static void stop(struct runner *r)
{
	atomic_store(&r->stop, true);
	riven_vcpu_kick(r->c);
	pthread_join(r->thread, NULL);
}

static void test_kick(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	uint64_t best = ~0ull;
	struct runner r;

	start(&r, c);
	for (int i = 0; i < 500 && best >= 1000000; i++) {
		uint32_t runs = atomic_load(&r.runs);
		uint64_t begin = now_ns();

		riven_vcpu_kick(c);
		while (atomic_load(&r.runs) == runs)
			sleep_ms(1);
		if (atomic_load(&r.returned) - begin < best)
			best = atomic_load(&r.returned) - begin;
		sleep_ms(1);
	}
	/* The best of several, since other programs share the processors. */
	ktap_result(best < 1000000, "a kicked vCPU leaves in less than 1 ms");
	printf("# best: %llu ns\n", (unsigned long long)best);
	stop(&r);
	c->run->pmi = FAKE_SPIN;
	riven_vcpu_kick(c);
	ktap_result(riven_vcpu_run(c) == 0 && c->run->exit_reason == RIVEN_EXIT_INTR,
		    "a kick before a run ends it at once");
	riven_vm_destroy(vm);
}

static void test_requests(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	uint8_t log[0x1000000 / 4096 / 8];
	uint64_t invalidations, changes;
	struct runner r;
	bool ok;

	riven_vm_set_memslot(vm, 0, 0, 0x1000000, 0);
	start(&r, c);
	invalidations = count(c, RIVEN_CMD_INVALIDATE);
	riven_vm_mem_written(vm, 0x4000, 512);
	ktap_result(!atomic_load(&c->requests), "a device's write where no code is costs nothing");
	vm->p2m[2] |= RIVEN_P2M_CODE;
	for (int i = 0; i < 100; i++)
		riven_vm_mem_written(vm, 0x2000, 512);
	ktap_result(grows(c, RIVEN_CMD_INVALIDATE, invalidations) && atomic_load(&r.runs) == 0,
		    "a device's write drops decoded code without an exit to the caller");

	changes = count(c, RIVEN_CMD_MEM_CHANGED);
	ok = true;
	for (int i = 0; i < 50; i++) {
		ok = ok && !riven_vm_set_memslot(vm, 1, 0x8000000, 0x100000, 0);
		ok = ok && !riven_vm_set_memslot(vm, 1, 0, 0, 0);
	}
	ktap_result(ok && grows(c, RIVEN_CMD_MEM_CHANGED, changes) && atomic_load(&r.runs) == 0,
		    "slots come and go under a running vCPU");

	ktap_result(riven_vm_get_dirty_log(vm, 0, log) == -EINVAL, "no log without its flag");
	riven_vm_set_memslot(vm, 0, 0, 0x1000000, RIVEN_SLOT_LOG);
	riven_vm_mem_written(vm, 0x2fff, 2);
	ok = riven_vm_get_dirty_log(vm, 0, log) == 0 && log[0] == 0x0c;
	for (size_t i = 1; i < sizeof(log); i++)
		ok = ok && log[i] == 0;
	ktap_result(ok, "a device's write is in the dirty log");
	ktap_result(riven_vm_get_dirty_log(vm, 0, log) == 0 && log[0] == 0,
		    "fetching the log clears it");
	stop(&r);
	riven_vm_destroy(vm);
}

static void test_state_keeps_answers(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	struct riven_state state;
	uint64_t gpa;

	c->run->exit_reason = RIVEN_EXIT_MMIO;
	c->run->mmio.gpa = 0x12345;
	c->run->mmio.data[0] = 0x77;
	vm->p2m[0] |= RIVEN_P2M_CODE;
	riven_vm_mem_written(vm, 0, 4096);
	ktap_result(riven_vcpu_translate(c, 0, RIVEN_ACCESS_READ, &gpa) == -EFAULT &&
			    riven_vcpu_get_state(c, &state) == 0 &&
			    c->run->exit_reason == RIVEN_EXIT_MMIO &&
			    c->run->mmio.gpa == 0x12345 && c->run->mmio.data[0] == 0x77,
		    "commands leave the exit and its answer alone");
	riven_vm_destroy(vm);
}

static void *interrupt_soon(void *vcpu)
{
	sleep_ms(5);
	riven_vcpu_interrupt(vcpu, 0x41);
	return NULL;
}

static void test_wait(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);
	uint64_t begin, took;
	pthread_t t;

	begin = now_ns();
	c->run->halt.tsc_deadline = tsc_read() + tsc_frequency() / 50;
	riven_vcpu_wait(c);
	took = now_ns() - begin;
	ktap_result(took >= 19990000 && took < 120000000,
		    "a wait with a deadline 20 ms away took %llu us",
		    (unsigned long long)took / 1000);

	c->run->halt.tsc_deadline = ~0ull;
	pthread_create(&t, NULL, interrupt_soon, c);
	riven_vcpu_wait(c);
	pthread_join(t, NULL);
	ktap_result(c->run->irq[1] == 2 && c->run->attention == 1,
		    "an interrupt ends a wait and is pending");
	c->run->attention = 0;
	riven_vcpu_kick(c);
	riven_vcpu_wait(c);
	ktap_result(c->run->kick == 1, "a kick ends a wait");
	riven_vm_destroy(vm);
}

static void test_messages(void)
{
	struct riven_vcpu *c;
	struct riven_vm *vm = new_vm(&c);

	c->vpd->vcr[CR_LID] = 0x12ull << 24 | 0x34ull << 16;
	ktap_result(!riven_vm_interrupt_message(vm, 0xfee00000 | 0x12 << 12 | 0x34 << 4, 0x30) &&
			    c->run->irq[0] == 1ull << 0x30,
		    "a message reaches the vCPU that its address names");
	ktap_result(riven_vm_interrupt_message(vm, 0xfee00000 | 0x12 << 12, 0x30) == -ENODEV,
		    "a message for nobody is refused");
	riven_vm_interrupt_message(vm, 0xfee00000 | 0x12 << 12 | 0x34 << 4, 0x400);
	ktap_result(c->run->irq[0] == (1ull << 0x30 | 4), "NMI delivery pends vector 2");
	ktap_result(riven_vcpu_interrupt(c, 1) == -EINVAL &&
			    riven_vcpu_interrupt(c, 15) == -EINVAL &&
			    riven_vcpu_interrupt(c, 256) == -EINVAL,
		    "reserved vectors are refused");
	riven_vm_destroy(vm);
}

static void on_trace(void *opaque, uint32_t id, const struct riven_trace_record *rec)
{
	uint64_t *sum = opaque;

	*sum += rec->ip + id;
}

static void test_trace(void)
{
	uint64_t sum = 0;
	struct riven_vm_options opt = { .host = host_name, .trace = on_trace,
					.trace_opaque = &sum };
	struct riven_vcpu *c = NULL;
	struct riven_vm *vm = NULL;

	if (riven_vm_create(&opt, &vm, NULL) || riven_vcpu_create(vm, 0, &c))
		return;
	/* Across the index's and the ring's wrap. */
	c->run->trace_tail = 0xfffffffe;
	for (uint32_t i = 0; i < 4; i++)
		c->trace[(0xfffffffe + i) % (RIVEN_VCPU_TRACE_SIZE / 64)].ip = 1u << (4 * i);
	c->run->trace_head = 2;
	riven_vcpu_run(c);
	ktap_result(sum == 0x1111 && c->run->trace_tail == 2, "trace records arrive once each");
	riven_vm_destroy(vm);
}

static void test_vcpus(void)
{
	struct riven_vcpu *c, *d;
	struct riven_vm *vm = new_vm(&c);

	ktap_result(count(c, RIVEN_CMD_RESET) == 1, "a new vCPU is reset");
	riven_vcpu_interrupt(c, 0x20);
	ktap_result(riven_vcpu_reset(c) == 0 && count(c, RIVEN_CMD_RESET) == 2 &&
			    !c->run->irq[0] && !c->run->attention,
		    "a reset takes pending interrupts away");
	ktap_result(riven_vcpu_create(vm, 0, &d) == -EEXIST, "a vCPU exists once");
	ktap_result(riven_vcpu_create(vm, 1, &d) == -ENOTSUP, "a second vCPU is not supported yet");
	ktap_result(riven_vcpu_create(vm, RIVEN_MAX_VCPUS, &d) == -EINVAL, "ids have a limit");
	ktap_result(strcmp(riven_exit_name(RIVEN_EXIT_FIRMWARE), "FIRMWARE") == 0 &&
			    strcmp(riven_exit_name(999), "unknown") == 0,
		    "exits have names");
	riven_vm_destroy(vm);
}

static void test_tsc(void)
{
	uint64_t t0 = tsc_read(), n0 = now_ns(), t1, n1;
	double measured, error;

	sleep_ms(50);
	t1 = tsc_read();
	n1 = now_ns();
	measured = (double)(t1 - t0) * 1e9 / (double)(n1 - n0);
	error = ((double)tsc_frequency() - measured) / measured;
	ktap_result(error < 0.001 && error > -0.001, "the TSC's frequency is right within 0.1 %%");
	printf("# %llu Hz, against 50 ms of the clock: %+.1f ppm\n",
	       (unsigned long long)tsc_frequency(), error * 1e6);
}

int main(void)
{
	host_name = getenv("RIVEN_HOST");
	ktap_begin();
	test_options();
	test_bases();
	test_vcpus();
	test_slots();
	test_faults();
	test_rom();
	test_clobber();
	test_kick();
	test_requests();
	test_state_keeps_answers();
	test_wait();
	test_messages();
	test_trace();
	test_tsc();
	return ktap_end();
}
