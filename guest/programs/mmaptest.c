// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmaptest: what a process may do with its address space, and what it sees when it may not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "programs.h"

static sigjmp_buf escape;
static volatile uintptr_t fault_address;
static volatile int fault_code;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault_address = (uintptr_t)info->si_addr;
	fault_code = info->si_code;
	siglongjmp(escape, sig);
}

/* The signal which a one-byte store (or load) at p raises, 0 for none. */
static int store_signal(volatile char *p)
{
	int sig = sigsetjmp(escape, 1);

	if (sig == 0)
		*p = 1;
	return sig;
}

static int load_signal(volatile char *p)
{
	int sig = sigsetjmp(escape, 1);

	if (sig == 0)
		(void)*p;
	return sig;
}

static char *map(size_t length, int prot, int flags, int fd)
{
	char *p = mmap(NULL, length, prot, flags, fd, 0);

	need("mmap", p != MAP_FAILED);
	return p;
}

static void test_anonymous(long page)
{
	const long pages = 256;
	char *p = map(pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long i, sum = 0;

	for (i = 0; i < pages * page; i += 64)
		sum += p[i];
	check("mmap.anonymous_is_zero", sum, 0);
	for (i = 0; i < pages; i++)
		*(long *)(p + i * page) = i;
	for (i = 0; i < pages; i++)
		sum += *(long *)(p + i * page);
	check("mmap.anonymous_holds", sum, pages * (pages - 1) / 2);
	madvise(p, pages * page, MADV_DONTNEED);
	check("mmap.dontneed_is_zero", *(long *)(p + 7 * page), 0);
	munmap(p, pages * page);
	check("mmap.unmapped_signal", load_signal(p + 5), SIGSEGV);
	check("mmap.unmapped_address", fault_address - (uintptr_t)p, 5);
	check("mmap.unmapped_code", fault_code, SEGV_MAPERR);
}

static void test_protect(long page)
{
	char *p = map(3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	p[page] = 42;
	mprotect(p + page, page, PROT_READ);
	check("mprotect.read_only_load", load_signal(p + page), 0);
	check("mprotect.read_only_store", store_signal(p + page + 3), SIGSEGV);
	check("mprotect.read_only_address", fault_address - (uintptr_t)p, page + 3);
	check("mprotect.read_only_code", fault_code, SEGV_ACCERR);
	check("mprotect.neighbour_store", store_signal(p + 2 * page), 0);
	mprotect(p + page, page, PROT_NONE);
	check("mprotect.none_load", load_signal(p + page), SIGSEGV);
	mprotect(p + page, page, PROT_READ | PROT_WRITE);
	check("mprotect.restored_store", store_signal(p + page + 1), 0);
	check("mprotect.content_kept", p[page], 42);
	munmap(p, 3 * page);
}

static void test_file(long page)
{
	char name[] = "/tmp/mmaptest.XXXXXX";
	char back[8] = "";
	int fd = mkstemp(name);
	char *shared, *private;

	need("mkstemp", fd >= 0);
	unlink(name);
	need("ftruncate", ftruncate(fd, page + 100) == 0);
	shared = map(3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	private = map(page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	memcpy(shared + 10, "riven", 5); /* NOLINT: no string */
	need("pread", pread(fd, back, 5, 10) == 5);
	check("file.store_reaches_file", memcmp(back, "riven", 5), 0);
	check("file.private_sees_it", memcmp(private + 10, "riven", 5), 0);
	private[10] = 'R';
	check("file.private_store_stays", shared[10], 'r');
	need("pwrite", pwrite(fd, "X", 1, page + 50) == 1);
	check("file.write_reaches_map", shared[page + 50], 'X');
	check("file.beyond_end", load_signal(shared + 2 * page), SIGBUS);
	munmap(shared, 3 * page);
	munmap(private, page);
	close(fd);
}

static void test_remap(long page)
{
	char *p = map(2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *q;

	memcpy(p + page, "moved", sizeof("moved"));
	q = mremap(p, 2 * page, 64 * page, MREMAP_MAYMOVE);
	need("mremap", q != MAP_FAILED);
	check("mremap.content", strcmp(q + page, "moved"), 0);
	check("mremap.grown_is_zero", q[63 * page], 0);
	munmap(q, 64 * page);
}

static void test_fork(long page)
{
	char *shared = map(page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	char *private = map(page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int status = -1;
	pid_t pid;

	*private = 1;
	pid = fork();
	need("fork", pid >= 0);
	if (pid == 0) {
		*shared = 7;
		*private = 7;
		_exit(0);
	}
	need("waitpid", waitpid(pid, &status, 0) == pid);
	check("fork.shared_page", *shared, 7);
	check("fork.private_page", *private, 1);
}

/* Code written to memory runs, after the caches were told of it: the instructions are those of a function here. */
static long __attribute__((noinline, aligned(16))) forty_two(void)
{
	return 42;
}

static void test_execute(long page)
{
#ifdef __ia64__
	/* A function pointer of ia64 names a descriptor: entry address and global pointer. */
	struct descriptor {
		uintptr_t entry, gp;
	} copy = *(struct descriptor *)(uintptr_t)forty_two;
	char *p = map(page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memcpy(p, (void *)copy.entry, 256);
	__builtin___clear_cache(p, p + 256);
	copy.entry = (uintptr_t)p;
	check("execute.copied_code", ((long (*)(void))(void *)&copy)(), 42);
	munmap(p, page);
#else
	(void)page;
	check("execute.copied_code", forty_two(), 42);
#endif
}

int mmaptest(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	long page = sysconf(_SC_PAGESIZE);

	(void)argc;
	(void)argv;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	test_anonymous(page);
	test_protect(page);
	test_file(page);
	test_remap(page);
	test_fork(page);
	test_execute(page);
	return check_status();
}
