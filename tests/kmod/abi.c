// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of /dev/riven, and what happens to a process that misuses them:
 * a clear errno value, and nothing left behind.
 */
#include <asm/prctl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/kmod/raw.h"
#include "tests/lib/ktap.h"

#define BAD	((void *)8)		/* nobody's memory */
#define KERNEL	0xffffffff81000000ull
#define NOBODY	65534

static int device;

static int call(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int create(uint64_t base, uint64_t blob, uint64_t size)
{
	struct riven_kmod_vm arg = { .base = base, .blob = blob, .blob_size = size };
	int ret = call(device, RIVEN_KMOD_CREATE_VM, &arg);

	if (ret >= 0)
		close(ret);
	return ret < 0 ? ret : 0;
}

static void test_device(void)
{
	struct riven_kmod_info info;
	struct raw r;

	ktap_result(call(device, RIVEN_KMOD_INFO, &info) == 0 && info.version == 1 &&
		    info.blob_size > 0, "the driver tells its version");
	ktap_result(call(device, RIVEN_KMOD_INFO, BAD) == -EFAULT, "INFO to a bad pointer");
	ktap_result(call(device, RIVEN_KMOD_CREATE_VM, BAD) == -EFAULT,
		    "CREATE_VM from a bad pointer");
	ktap_result(raw_create(device, &r) == 0, "a virtual machine is made");
	ktap_result(call(device, 0, NULL) == -ENOTTY && call(device, RIVEN_KMOD_MAP, BAD) == -ENOTTY &&
		    call(device, RIVEN_KMOD_ENTER, BAD) == -ENOTTY &&
		    call(r.vm, RIVEN_KMOD_INFO, BAD) == -ENOTTY &&
		    call(r.vm, RIVEN_KMOD_ENTER, BAD) == -ENOTTY &&
		    call(r.vcpu, RIVEN_KMOD_MAP, BAD) == -ENOTTY && call(r.vcpu, 0, NULL) == -ENOTTY,
		    "calls on the wrong file");
	raw_destroy(&r);
}

static void test_create_vm(void)
{
	uint64_t blob = (uint64_t)(uintptr_t)stand_in;

	ktap_result(create(BASE, 0, 0) == 0, "the module's own blob");
	ktap_result(create(BASE, blob, 1) == 0 &&
		    create(RIVEN_KMOD_BASE_MAX & ~0xfffull, blob, 1) == 0 &&
		    create(0x1000, blob, 1) == 0, "bases from the first to the last");
	ktap_result(create(0, 0, 0) == -EINVAL && create(BASE + 8, 0, 0) == -EINVAL &&
		    create(RIVEN_KMOD_BASE_MAX + 0x1000, 0, 0) == -EINVAL &&
		    create(0x8000000000000000, 0, 0) == -EINVAL &&
		    create(~0xfffull, 0, 0) == -EINVAL, "bases that will not do");
	ktap_result(create(BASE, 0, 4096) == -EINVAL && create(BASE, blob, 0) == -EINVAL &&
		    create(BASE, blob, RIVEN_BLOB_MAX + 1) == -EINVAL &&
		    create(BASE, blob, ~0ull) == -EINVAL, "sizes of a blob that will not do");
	ktap_result(create(BASE, 8, 4096) == -EFAULT && create(BASE, KERNEL, 4096) == -EFAULT &&
		    create(BASE, ~0xfffull, 8192) == -EFAULT, "a blob that is not there");
}

static int try_map(const struct raw *r, uint64_t offset, uint64_t size, uint64_t address,
		   uint32_t flags, int vcpu)
{
	return raw_map(r->vm, offset, (void *)(uintptr_t)address, size, flags, vcpu);
}

static void test_map_values(const struct raw *r, uint64_t ok)
{
	const uint64_t at = RAM + 0x10000000;
	const uint32_t w = RIVEN_KMOD_WRITE, now = RIVEN_KMOD_NOW;

	ktap_result(call(r->vm, RIVEN_KMOD_MAP, BAD) == -EFAULT &&
		    call(r->vm, RIVEN_KMOD_UNMAP, BAD) == -EFAULT, "MAP, UNMAP from a bad pointer");
	ktap_result(try_map(r, at + 1, 4096, ok, w, -1) == -EINVAL &&
		    try_map(r, at, 4095, ok, w, -1) == -EINVAL &&
		    try_map(r, at, 4096, ok + 1, w, -1) == -EINVAL &&
		    try_map(r, at, 0, ok, w, -1) == -EINVAL, "MAP of parts of pages, of nothing");
	ktap_result(try_map(r, RIVEN_REGION_SIZE, 4096, ok, w, -1) == -EINVAL &&
		    try_map(r, RIVEN_REGION_SIZE - 4096, 8192, ok, w, -1) == -EINVAL &&
		    try_map(r, at, ~0xfffull, ok, w, -1) == -EINVAL &&
		    try_map(r, ~0xfffull, 8192, ok, w, -1) == -EINVAL &&
		    try_map(r, 0, 4096, ok, w, -1) == -EINVAL &&
		    try_map(r, RIVEN_BLOB_MAX - 4096, 4096, ok, w, -1) == -EINVAL,
		    "MAP outside of the region and over the blob");
	ktap_result(try_map(r, at, 4096, ok, w | RIVEN_KMOD_EXEC, -1) == -EINVAL &&
		    try_map(r, at, 4096, ok, 8, -1) == -EINVAL &&
		    try_map(r, at, 4096, ok, ~0u, -1) == -EINVAL &&
		    try_map(r, at, 4096, ok, w, -2) == -EINVAL &&
		    try_map(r, at, 4096, ok, w, RIVEN_MAX_VCPUS) == -EINVAL,
		    "MAP with flags and vCPUs that there are not");
	ktap_result(try_map(r, at, 4096, 0, w, -1) == -EINVAL &&
		    try_map(r, at, 4096, KERNEL, w | now, -1) == -EFAULT &&
		    try_map(r, at, 4096, 0x800000000000, w | now, -1) == -EFAULT &&
		    try_map(r, at, 8192, 0x7ffffffff000, w | now, -1) == -EFAULT &&
		    try_map(r, at, 4096, 0x1000, w | now, -1) == -EFAULT &&
		    try_map(r, at, 4096, (uint64_t)(uintptr_t)stand_in & ~0xfffull, w | now, -1) ==
			    -EFAULT,
		    "MAP of what the caller may not write");
}

static void test_map_overlaps(const struct raw *r, uint64_t ok)
{
	const uint64_t at = RAM + 0x10000000;
	const uint32_t w = RIVEN_KMOD_WRITE;
	int n = 0, ret;

	ktap_result(try_map(r, RAM, 4096, ok, w, -1) == -EEXIST &&
		    try_map(r, RAM - 4096, 8192, ok, w, -1) == -EEXIST &&
		    try_map(r, RAM + RAM_BYTES - 4096, 8192, ok, w, -1) == -EEXIST &&
		    try_map(r, AREA, 4096, ok, w, 0) == -EEXIST, "MAP over a MAP");
	ktap_result(raw_unmap(r->vm, at) == -ENOENT && raw_unmap(r->vm, RAM + 4096) == -ENOENT &&
		    raw_unmap(r->vm, ~0ull) == -ENOENT, "UNMAP of what is no MAP");
	do {
		ret = try_map(r, at + (uint64_t)n * 8192, 4096, ok, w, -1);
	} while (!ret && n++ < 10000);
	ktap_result(ret == -ENOSPC && n > 100, "MAPs come to an end (%d)", n);
	while (n-- && !raw_unmap(r->vm, at + (uint64_t)n * 8192))
		;
	ktap_result(n == -1 && try_map(r, at, 4096, ok, w, -1) == 0 && raw_unmap(r->vm, at) == 0,
		    "and can be taken away");
}

/* As a user for whom limits hold. */
static int with_limit(void)
{
	struct rlimit limit = { 0x40000, 0x40000 };
	struct raw r;
	int ret, again;

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	ret = raw_create(device, &r);
	again = raw_map(r.vm, RAM, r.memory, 0x10000, RIVEN_KMOD_WRITE | RIVEN_KMOD_NOW, -1);
	return ret == -ENOMEM && again == 0 ? 0 : 2;
}

/* Pages that the world touches count as well: the guest ends, and only then. */
static int with_limit_later(void)
{
	struct rlimit limit = { 0x40000, 0x40000 };
	struct riven_kmod_exit exit = { 0 };
	struct raw r;
	uint64_t page;

	if (raw_create(device, &r) || raw_unmap(r.vm, RAM) ||
	    raw_map(r.vm, RAM, r.memory + AREA_BYTES + RIVEN_VCPU_STACK_SIZE, RAM_BYTES,
		    RIVEN_KMOD_WRITE, -1) ||
	    setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(NOBODY) || setuid(NOBODY))
		return 1;
	for (page = 0; page < RAM_BYTES; page += 4096) {
		r.orders->op = OP_WRITE;
		r.orders->address = BASE + RAM + page;
		if (raw_enter(&r, &exit) != RIVEN_KMOD_DONE)
			break;
	}
	return page > 0x10000 && page <= 0x40000 && exit.reason == RIVEN_KMOD_NO_MEMORY &&
	       exit.error == ENOMEM && raw_do(&r, OP_RETURN, 0) == RIVEN_KMOD_DONE ? 0 : 2;
}

static int in_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_vcpus(struct raw *r)
{
	struct riven_kmod_exit exit;
	struct riven_kmod_counts counts;
	int second;

	ktap_result(raw_vcpu(r->vm, RIVEN_MAX_VCPUS) == -EINVAL && raw_vcpu(r->vm, ~0u) == -EINVAL &&
		    raw_vcpu(r->vm, 0) == -EEXIST &&
		    call(r->vm, RIVEN_KMOD_CREATE_VCPU, BAD) == -EFAULT, "vCPUs that cannot be");
	second = raw_vcpu(r->vm, RIVEN_MAX_VCPUS - 1);
	ktap_result(second >= 0 && close(second) == 0 &&
		    (second = raw_vcpu(r->vm, RIVEN_MAX_VCPUS - 1)) >= 0 && close(second) == 0,
		    "a vCPU that went can come again");
	ktap_result(raw_do(r, OP_RETURN, 0) == RIVEN_KMOD_DONE, "ENTER and back");
	ktap_result(call(r->vcpu, RIVEN_KMOD_ENTER, BAD) == -EFAULT &&
		    raw_enter(r, &exit) == RIVEN_KMOD_DONE, "ENTER with a bad pointer");
	ktap_result(call(r->vcpu, RIVEN_KMOD_COUNTS, BAD) == -EFAULT &&
		    call(r->vcpu, RIVEN_KMOD_COUNTS, &counts) == 0 && counts.entries >= 3 &&
		    counts.faults >= 2, "COUNTS");
}

/* A vCPU of a number without memory: its first push is a page fault, again and again. */
static void test_no_memory(const struct raw *r)
{
	struct riven_kmod_exit exit = { 0 };
	struct raw bare = { .vm = r->vm, .vcpu = raw_vcpu(r->vm, 7) };
	bool ok = bare.vcpu >= 0;

	for (int i = 0; i < 3 && ok; i++)
		ok = raw_enter(&bare, &exit) == RIVEN_KMOD_EXCEPTION && exit.vector == 14;
	ktap_result(ok, "a vCPU without memory only faults");
	close(bare.vcpu);
}

static bool faults(const struct raw *r, enum op op, uint64_t address)
{
	struct riven_kmod_exit exit = { 0 };
	bool canonical = (uint64_t)((int64_t)(address << 16) >> 16) == address;

	r->orders->address = address;
	r->orders->op = op;
	/* Of the kernel's half it is not told what has a translation. */
	return raw_enter(r, &exit) == RIVEN_KMOD_EXCEPTION && exit.vector == (canonical ? 14 : 13) &&
	       (!canonical ||
		(exit.address == address && (address >> 63 == 0 || exit.error & 1))) &&
	       raw_do(r, OP_RETURN, 0) == RIVEN_KMOD_DONE;
}

/* Slots, and what is beyond them. */
static void test_window(void)
{
	struct raw a, b;
	uint8_t *ram;
	bool ok = raw_create(device, &a) == 0;

	ok = raw_create(device, &b) == 0 && ok && raw_unmap(b.vm, RAM) == 0;

	ram = a.memory + AREA_BYTES + RIVEN_VCPU_STACK_SIZE;
	ktap_result(ok && raw_do(&a, OP_WRITE, BASE + RAM + 0x123) == RIVEN_KMOD_DONE &&
		    ram[0x123] == 1, "a guest writes its own RAM");
	ktap_result(ok && faults(&b, OP_READ, BASE + RAM + 0x123) &&
		    faults(&b, OP_WRITE, BASE + RAM + 0x123),
		    "a guest does not reach another one's RAM at the same address");
	ktap_result(ok && faults(&a, OP_READ, BASE + RAM + RAM_BYTES) &&
		    faults(&a, OP_READ, BASE + RAM - 1) &&
		    faults(&a, OP_WRITE, BASE + RAM + RIVEN_WINDOW_SIZE - 1),
		    "a guest reaches nothing beyond its slots");
	ktap_result(ok && faults(&a, OP_READ, (uint64_t)(uintptr_t)ram) &&
		    faults(&a, OP_READ, (uint64_t)(uintptr_t)&ok),
		    "nor its host's own view of its RAM, nor the host's stack");
	ktap_result(ok && raw_unmap(a.vm, RAM) == 0 && faults(&a, OP_READ, BASE + RAM) &&
		    raw_map(a.vm, RAM, ram, 4096, RIVEN_KMOD_NOW, -1) == 0 &&
		    raw_do(&a, OP_READ, BASE + RAM) == RIVEN_KMOD_DONE &&
		    faults(&a, OP_WRITE, BASE + RAM), "what went is gone, and may come read-only");
	raw_destroy(&a);
	raw_destroy(&b);
}

/*
 * Pages that one world touched one by one are a large one in the next, which then touches what
 * came beside it: at no multiple of what is pinned at a time.
 */
static void test_large(struct raw *r)
{
	const uint64_t large = 0x200000, at = RAM + 0x10000000, before = 0x3000;
	uint8_t *memory = mmap(NULL, 3 * large, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *page = (uint8_t *)(((uintptr_t)memory + 2 * large - 1) & ~(large - 1));
	bool ok = memory != MAP_FAILED;
	uint64_t offset;

	madvise(page, large, MADV_HUGEPAGE);
	ok = ok && mprotect(page + large, 0x10000, PROT_NONE) == 0 &&
	     raw_map(r->vm, at - before, page - before, large + 0x10000, RIVEN_KMOD_WRITE,
		     -1) == 0;
	for (offset = 0; offset < large && ok; offset += 4096)
		ok = raw_do(r, OP_WRITE, BASE + at + offset) == RIVEN_KMOD_DONE;
	close(r->vcpu);
	r->vcpu = raw_vcpu(r->vm, 0);
	mprotect(page + large, 0x10000, PROT_READ | PROT_WRITE);
	for (offset = 0; offset < 0xd000 && ok; offset += 4096)
		ok = raw_do(r, OP_WRITE, BASE + at + large + offset) == RIVEN_KMOD_DONE &&
		     page[large + offset] == 1;
	ktap_result(ok, "a page beside a large one (at +0x%llx)", (unsigned long long)offset);
	ok = raw_unmap(r->vm, at - before) == 0;
	for (offset = 0; offset < large + 0xd000 && ok; offset += 0x1000)
		ok = faults(r, OP_READ, BASE + at + offset);
	ktap_result(ok, "which are gone when they are unmapped (to +0x%llx)",
		    (unsigned long long)offset);
	munmap(memory, 3 * large);
}

/* ioctl() as a 32-bit program makes it. */
static int call32(int fd, unsigned long request, void *arg)
{
	int ret = 54;

	__asm__ volatile("int $0x80" : "+a"(ret) : "b"(fd), "c"((uint32_t)request),
			 "d"((uint32_t)(uintptr_t)arg) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void test_32bit(const struct raw *r)
{
	struct low {
		struct riven_kmod_info info;
		struct riven_kmod_vm vm;
		struct riven_kmod_map map;
		struct riven_kmod_exit exit;
		uint64_t offset;
		uint32_t id;
	} *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		      -1, 0);
	int vm, vcpu, ret;
	bool ok;

	ret = low == MAP_FAILED ? -ENOMEM : call32(device, RIVEN_KMOD_INFO, &low->info);
	if (ret == -ENOSYS) {
		ktap_skip("a 32-bit program's calls", "this kernel has none (CONFIG_IA32_EMULATION)");
		return;
	}
	low->vm = (struct riven_kmod_vm){ .base = BASE };
	low->map = (struct riven_kmod_map){ .offset = RAM, .size = 4096, .vcpu = -1,
					    .address = (uint64_t)(uintptr_t)r->memory };
	low->offset = RAM;
	vm = call32(device, RIVEN_KMOD_CREATE_VM, &low->vm);
	ok = ret == 0 && low->info.version == RIVEN_KMOD_VERSION && vm >= 0 &&
	     call32(vm, RIVEN_KMOD_MAP, &low->map) == 0 &&
	     call32(vm, RIVEN_KMOD_UNMAP, &low->offset) == 0 &&
	     call32(vm, RIVEN_KMOD_UNMAP, &low->offset) == -ENOENT;
	vcpu = call32(vm, RIVEN_KMOD_CREATE_VCPU, &low->id);
	/* Without memory for its stack. */
	ok = ok && vcpu >= 0 && call32(vcpu, RIVEN_KMOD_ENTER, &low->exit) == 0 &&
	     low->exit.reason == RIVEN_KMOD_EXCEPTION && low->exit.vector == 14 &&
	     call32(vcpu, RIVEN_KMOD_ENTER, BAD) == -EFAULT;
	ktap_result(ok, "a 32-bit program's calls are the same");
	close(vcpu);
	close(vm);
	munmap(low, 4096);
}

/* Addresses of the kernel by name, where it tells them. */
static void test_kernel(const struct raw *r)
{
	static const char *const names[] = { "_text", "init_task", "riven_nub", "world_idt",
					     "riven_switch", "gdt_page", "idt_table" };
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned int seen = 0;
	char line[512];
	bool ok = true;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long address;
		char name[256];

		if (sscanf(line, "%llx %*c %255s", &address, name) != 2 || !address)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strcmp(name, names[i]) != 0)
				continue;
			seen++;
			ok = ok && faults(r, OP_READ, address) && faults(r, OP_WRITE, address);
		}
	}
	if (f)
		fclose(f);
	ok = ok && faults(r, OP_READ, 0xffff888000000000) && faults(r, OP_READ, 0xfffffe0000001000) &&
	     faults(r, OP_READ, 0x8000000000000000) && faults(r, OP_WRITE, 0xffffffffff5fb000);
	ktap_result(ok, "the kernel is out of reach");
	printf("# %u addresses by name\n", seen);
}

/* The ways to the host's entry code: not there, not even up to its first instruction. */
static void test_syscalls(const struct raw *r)
{
	const uint64_t mine = 0x123456789000;
	struct riven_kmod_exit exit = { 0 };
	uint64_t base = 0;
	int times;

	syscall(SYS_arch_prctl, ARCH_SET_GS, mine);
	for (times = 0; times < 1000; times++) {
		r->orders->op = OP_SYSCALL;
		if (raw_enter(r, &exit) != RIVEN_KMOD_EXCEPTION || exit.vector != 6)
			break;
		r->orders->op = OP_SYSENTER;
		if (raw_enter(r, &exit) != RIVEN_KMOD_EXCEPTION ||
		    (exit.vector != 6 && exit.vector != 13))
			break;
	}
	ktap_result(times == 1000, "SYSCALL and SYSENTER are no instructions in a world");
	printf("# reason %u, vector %u after %d times\n", exit.reason, exit.vector, times);
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	ktap_result(base == mine && getppid() > 0, "and still are on the host, with its GS base");
	syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
}

/* Who waits for it to be inside may be there himself for a moment. */
static void *spin(void *arg)
{
	struct riven_kmod_exit exit;
	int ret;

	do {
		ret = raw_enter(arg, &exit);
	} while (ret == -EBUSY);
	return (void *)(intptr_t)ret;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * Wait till a thread is inside: then another is not let in. It may come out for a moment, as ENTER
 * does for the kernel's work; then this one goes in, and an alarm takes it out again.
 */
static bool wait_inside(const struct raw *r)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct riven_kmod_exit exit;
	int ret = -EINTR;

	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 5000 && ret == -EINTR; i++) {
		struct timespec ms = { .tv_nsec = 1000000 };

		if (raw_map(r->vm, AREA + 0x1000000, r->memory, 4096, 0, 0) == -EBUSY)
			ret = raw_enter_once(r, &exit);
		else
			raw_unmap(r->vm, AREA + 0x1000000);
		nanosleep(&ms, NULL);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	return ret == -EBUSY;
}

static void test_busy(struct raw *r)
{
	pthread_t thread;
	void *result = NULL;
	uint64_t at = RIVEN_VCPU_OFFSET + 5 * RIVEN_VCPU_STRIDE;

	r->orders->op = OP_SPIN;
	pthread_create(&thread, NULL, spin, r);
	ktap_result(wait_inside(r), "a world with a thread inside takes no other, and no MAP");
	ktap_result(raw_unmap(r->vm, RAM) == -EBUSY &&
		    raw_map(r->vm, at, r->memory, 4096, RIVEN_KMOD_WRITE, 5) == 0 &&
		    raw_unmap(r->vm, at) == 0, "nor an UNMAP; other worlds do");
	r->orders->op = OP_RETURN;
	pthread_join(thread, &result);
	ktap_result((intptr_t)result == RIVEN_KMOD_DONE, "it comes back when it is told");
}

static void test_close_inside(void)
{
	struct raw r, copy;
	pthread_t thread;
	void *result = NULL;
	bool ok = raw_create(device, &r) == 0;

	r.orders->op = OP_SPIN;
	copy = r;
	pthread_create(&thread, NULL, spin, &copy);
	ok = ok && wait_inside(&r) && close(r.vcpu) == 0 && close(r.vm) == 0;
	usleep(20000);
	r.orders->op = OP_RETURN;
	pthread_join(thread, &result);
	/* A signal might have made it call again, on a file that is closed. */
	ktap_result(ok && ((intptr_t)result == RIVEN_KMOD_DONE || (intptr_t)result == -EBADF),
		    "files are closed while a thread is inside");
	r.vcpu = r.vm = -1;
	raw_destroy(&r);
}

static int die_inside(void)
{
	struct raw r;
	pthread_t thread;

	if (raw_create(device, &r))
		return 1;
	r.orders->op = OP_SPIN;
	pthread_create(&thread, NULL, spin, &r);
	if (!wait_inside(&r))
		return 2;
	kill(getpid(), SIGKILL);
	return 3;
}

static void test_kill_inside(void)
{
	bool ok = true;

	/* -1: by a signal. */
	for (int i = 0; i < 20 && ok; i++)
		ok = in_child(die_inside) == -1;
	ktap_result(ok, "20 processes are killed inside");
}

static struct raw *inherited;

static int use_inherited(void)
{
	struct riven_kmod_exit exit;
	uint8_t *ram = inherited->memory + AREA_BYTES + RIVEN_VCPU_STACK_SIZE;
	bool ok = raw_enter(inherited, &exit) == -EIO &&
		  raw_map(inherited->vm, RAM + 0x10000000, ram, 4096, 0, -1) == -EIO &&
		  raw_unmap(inherited->vm, RAM) == -EIO && raw_vcpu(inherited->vm, 9) == -EIO &&
		  call(inherited->vcpu, RIVEN_KMOD_COUNTS, BAD) == -EIO;

	/* Its copy of the memory is its own. */
	ram[0x2000] = 77;
	return ok ? 0 : 1;
}

static void test_fork(struct raw *r)
{
	uint8_t *ram = r->memory + AREA_BYTES + RIVEN_VCPU_STACK_SIZE;

	inherited = r;
	ram[0x2000] = 5;
	ktap_result(in_child(use_inherited) == 0, "a child cannot use its parent's virtual machine");
	ktap_result(raw_do(r, OP_WRITE, BASE + RAM + 0x2001) == RIVEN_KMOD_DONE && ram[0x2000] == 5 &&
		    ram[0x2001] == 1, "the parent's goes on, in the parent's memory");
}

static void test_signals(const struct raw *r)
{
	struct sigaction act = { .sa_handler = on_alarm }, old;
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct riven_kmod_exit exit;
	int interrupted = 0, ret;

	sigaction(SIGALRM, &act, &old);
	r->orders->op = OP_SPIN;
	setitimer(ITIMER_REAL, &often, NULL);
	while ((ret = raw_enter_once(r, &exit)) == -EINTR && ++interrupted < 20)
		;
	setitimer(ITIMER_REAL, &never, NULL);
	r->orders->op = OP_RETURN;
	ktap_result(ret == -EINTR && interrupted == 20 && raw_enter(r, &exit) == RIVEN_KMOD_DONE,
		    "signals interrupt ENTER, and it goes on");
	sigaction(SIGALRM, &old, NULL);
}

static struct raw *shared;
static volatile bool stop;

/* Calls of all kinds, mostly at a bad time. */
static void *meddle(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15ull + 1;
	struct riven_kmod_exit exit;
	uint64_t bad = 0;

	while (!stop) {
		uint64_t at;
		int ret = 0;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		at = RAM + RAM_BYTES + (seed >> 40 & 7) * 0x4000;
		switch (seed >> 60) {
		case 0 ... 3:
			ret = raw_map(shared->vm, at, shared->memory, 0x4000,
				      RIVEN_KMOD_WRITE | (seed >> 50 & RIVEN_KMOD_NOW), -1);
			break;
		case 4 ... 7:
			ret = raw_unmap(shared->vm, at);
			break;
		case 8:
			ret = raw_vcpu(shared->vm, 1 + (seed >> 40 & 3));
			if (ret >= 0)
				close(ret);
			break;
		default:
			ret = raw_enter_once(shared, &exit);
		}
		if (ret < 0 && ret != -EBUSY && ret != -EEXIST && ret != -ENOENT && ret != -EINTR)
			bad++;
	}
	return (void *)(uintptr_t)bad;
}

static void test_threads(struct raw *r)
{
	pthread_t threads[4];
	uintptr_t bad = 0;

	shared = r;
	stop = false;
	r->orders->op = OP_RETURN;
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, meddle, (void *)(i + 1));
	sleep(3);
	stop = true;
	for (int i = 0; i < 4; i++) {
		void *result;

		pthread_join(threads[i], &result);
		bad += (uintptr_t)result;
	}
	for (uint64_t i = 0; i < 8; i++)
		raw_unmap(r->vm, RAM + RAM_BYTES + i * 0x4000);
	ktap_result(!bad && raw_do(r, OP_RETURN, 0) == RIVEN_KMOD_DONE,
		    "4 threads call at the same time");
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The nth allocation of this thread from now on fails; 0: none. */
static void fail_nth(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	put("/proc/thread-self/fail-nth", text);
}

static bool create_without(int n)
{
	struct raw r;
	int ret;

	raw_memory(&r);
	fail_nth(n);
	ret = raw_open(device, &r);
	fail_nth(0);
	raw_destroy(&r);
	if (ret && ret != -ENOMEM && ret != -EFAULT)
		printf("# without allocation %d: error %d\n", n, -ret);
	return !ret || ret == -ENOMEM || ret == -EFAULT;
}

/* A new vCPU, which has its tables filled, and a page that its world touches. */
static bool run_without(int n)
{
	struct riven_kmod_exit exit = { 0 };
	struct raw r;
	int vcpu, ret = 0;
	bool ok;

	if (raw_create(device, &r))
		return false;
	close(r.vcpu);
	fail_nth(n);
	vcpu = r.vcpu = raw_vcpu(r.vm, 0);
	if (vcpu >= 0)
		ret = raw_enter(&r, &exit);
	fail_nth(0);
	ok = vcpu >= 0 || vcpu == -ENOMEM;
	ok = ok && (ret == RIVEN_KMOD_DONE || ret == RIVEN_KMOD_NO_MEMORY);
	if (!ok)
		printf("# without allocation %d: vCPU %d, ENTER %d, error %d\n", n, vcpu, ret,
		       (int)exit.error);
	raw_destroy(&r);
	return ok;
}

/* Every allocation may fail once: an error comes back, or it went well. */
static void test_no_allocation(void)
{
	const char *slab = "/sys/kernel/debug/failslab/", *page = "/sys/kernel/debug/fail_page_alloc/";
	static const char *const settings[][2] = {
		{ "ignore-gfp-wait", "N" }, { "verbose", "0" },
	};
	bool ok = true;
	char path[128];

	if (access(slab, F_OK)) {
		ktap_skip("allocations fail", "this kernel injects no faults (CONFIG_FAILSLAB)");
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", slab, settings[i][0]);
		ok = ok && put(path, settings[i][1]);
		snprintf(path, sizeof(path), "%s%s", page, settings[i][0]);
		ok = ok && put(path, settings[i][1]);
	}
	snprintf(path, sizeof(path), "%smin-order", page);
	ok = ok && put(path, "0");
	for (int n = 1; n <= 60 && ok; n++)
		ok = create_without(n) && run_without(n);
	ktap_result(ok, "allocations fail");
}

static long long pins(void)
{
	const char *path = "/proc/vmstat";

	/* Each processor has some of its own, which it adds to these once in a while. */
	put("/proc/sys/vm/stat_refresh", "1");
	return raw_number(path, "nr_foll_pin_acquired") - raw_number(path, "nr_foll_pin_released");
}

static long long users(void)
{
	FILE *f = fopen("/proc/modules", "r");
	char line[512];
	long long n = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "riven ", 6) == 0)
			sscanf(line, "%*s %*s %lld", &n);
	}
	if (f)
		fclose(f);
	return n;
}

static void test_left_behind(long long pins_before)
{
	const char *meminfo = "/proc/meminfo";
	long long before, after;
	struct raw r;
	bool ok = true;

	/* What a virtual machine takes is some 5 MiB. */
	before = raw_number(meminfo, "MemFree:");
	for (int i = 0; i < 100 && ok; i++) {
		ok = raw_create(device, &r) == 0 &&
		     raw_do(&r, OP_WRITE, BASE + RAM) == RIVEN_KMOD_DONE;
		raw_destroy(&r);
	}
	after = raw_number(meminfo, "MemFree:");
	ktap_result(ok && before > 0 && before - after < 50 * 1024, "100 virtual machines leave no memory behind");
	printf("# %lld KiB less are free\n", before - after);
	ktap_result(raw_number("/proc/self/status", "VmLck:") == 0, "no locked memory is left");
	ktap_result(pins() == pins_before, "no pinned page is left");
	/* This file is the one user. */
	ktap_result(users() == 1, "no file of the driver is left");
}

int main(void)
{
	long long pins_before = pins();
	struct raw r;

	device = open("/dev/riven", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		printf("there is no driver: /dev/riven cannot be opened: %s\n", strerror(errno));
		return 4;
	}
	ktap_begin();
	test_device();
	test_create_vm();
	if (raw_create(device, &r)) {
		printf("Bail out! no virtual machine\n");
		return 1;
	}
	test_map_values(&r, (uint64_t)(uintptr_t)r.memory);
	test_map_overlaps(&r, (uint64_t)(uintptr_t)r.memory);
	ktap_result(in_child(with_limit) == 0, "RLIMIT_MEMLOCK holds");
	ktap_result(in_child(with_limit_later) == 0, "RLIMIT_MEMLOCK holds for what is touched later");
	test_vcpus(&r);
	test_no_memory(&r);
	test_kernel(&r);
	test_syscalls(&r);
	test_window();
	test_large(&r);
	test_32bit(&r);
	test_busy(&r);
	test_signals(&r);
	test_close_inside();
	test_kill_inside();
	test_fork(&r);
	test_threads(&r);
	test_no_allocation();
	raw_destroy(&r);
	test_left_behind(pins_before);
	return ktap_end();
}
