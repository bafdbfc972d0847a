/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/riven without libriven, and a stand-in for the GVMM that does what the
 * first words of its vCPU's area say.
 */
#ifndef TESTS_KMOD_RAW_H
#define TESTS_KMOD_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <riven/kmod.h>
#include <riven/layout.h>

#define BASE		0x100000000000ull
#define AREA		RIVEN_VCPU_OFFSET
#define AREA_BYTES	0x10000ull
#define STACK		(RIVEN_VCPU_OFFSET + RIVEN_VCPU_STACK)
#define RAM		RIVEN_WINDOW_OFFSET
#define RAM_BYTES	0x400000ull

/* struct orders, op */
enum op {
	OP_RETURN,
	OP_SPIN,	/* until op changes */
	OP_WRITE,	/* 1 to the byte at address */
	OP_READ,	/* the byte at address */
	OP_REGISTERS,	/* see that none of them changes, `times` long; bad: what did */
	OP_SYSCALL,
	OP_SYSENTER,
};

struct orders {
	uint32_t op;
	uint32_t bad;
	uint64_t address;
	uint64_t times;
	uint64_t gpr[16];
	uint8_t vector[16][32];
};

_Static_assert(offsetof(struct orders, gpr) == 24 && offsetof(struct orders, vector) == 152, "asm");

extern const uint8_t stand_in[], stand_in_end[];

#define EACH_GPR(X, last)						\
	X(0, rax) X(1, rbx) X(2, rcx) X(3, rdx) X(4, rsi) X(5, rbp) X(6, r8) X(7, r9)	\
	X(8, r10) X(9, r11) X(10, r12) X(11, r13) X(12, r14) last(13, r15)
#define LOAD_GPR(n, r)	"	movq 24 + 8 * " #n "(%rdi), %" #r "\n"
#define CHECK_GPR(n, r)	"	cmpq %" #r ", 24 + 8 * " #n "(%rdi); jne 7f\n"
#define EACH_VECTOR(X)							\
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define LOAD_YMM(n)	"	vmovdqu 152 + 32 * " #n "(%rdi), %ymm" #n "\n"
#define LOAD_XMM(n)	"	movdqu 152 + 32 * " #n "(%rdi), %xmm" #n "\n"
#define CHECK_YMM(n)							\
	"	vpcmpeqb 152 + 32 * " #n "(%rdi), %ymm" #n ", %ymm15\n"	\
	"	vpmovmskb %ymm15, %eax; cmpl $-1, %eax; jne 8f\n"
#define CHECK_XMM(n)							\
	"	movdqa %xmm" #n ", %xmm15; pcmpeqb 152 + 32 * " #n "(%rdi), %xmm15\n" \
	"	pmovmskb %xmm15, %eax; cmpl $0xffff, %eax; jne 8f\n"

__asm__("	.section .rodata\n"
	"	.balign	64\n"
	"	.globl	stand_in, stand_in_end\n"
	"stand_in:\n"
	"	pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"	movl	(%rdi), %eax\n"
	"	cmpl	$1, %eax; je 1f\n"
	"	cmpl	$2, %eax; je 2f\n"
	"	cmpl	$3, %eax; je 3f\n"
	"	cmpl	$4, %eax; je 4f\n"
	"	cmpl	$5, %eax; je 50f\n"
	"	cmpl	$6, %eax; je 60f\n"
	"0:	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
	"	ret\n"
	"1:	cmpl $1, (%rdi); je 1b; jmp 0b\n"
	"2:	movq 8(%rdi), %rdx; movb $1, (%rdx); jmp 0b\n"
	"3:	movq 8(%rdi), %rdx; movb (%rdx), %al; jmp 0b\n"
	"4:\n"
	/* Vectors as wide as they are here. */
	"	xorl %ecx, %ecx; movl $1, %eax; pushq %rdi; cpuid; popq %rdi\n"
	"	btl $28, %ecx; jnc 5f\n"
	EACH_VECTOR(LOAD_YMM)
	"	jmp 6f\n"
	"5:\n"
	EACH_VECTOR(LOAD_XMM)
	"6:\n"
	EACH_GPR(LOAD_GPR, LOAD_GPR)
	"61:	decq 16(%rdi); js 62f\n"
	EACH_GPR(CHECK_GPR, CHECK_GPR)
	"	jmp 61b\n"
	"62:	xorl %ecx, %ecx; movl $1, %eax; pushq %rdi; cpuid; popq %rdi\n"
	"	btl $28, %ecx; jnc 63f\n"
	EACH_VECTOR(CHECK_YMM)
	"	jmp 0b\n"
	"63:\n"
	EACH_VECTOR(CHECK_XMM)
	"	jmp 0b\n"
	"7:	movl $1, 4(%rdi); jmp 0b\n"
	"8:	movl $2, 4(%rdi); jmp 0b\n"
	"50:	syscall; jmp 0b\n"
	"60:	movq %rsp, %rcx; leaq 0b(%rip), %rdx; sysenter; jmp 0b\n"
	"stand_in_end:\n"
	"	.text\n");

struct raw {
	int vm;
	int vcpu;
	uint8_t *memory;	/* area, stack, RAM */
	volatile struct orders *orders;
};

static inline int raw_map(int vm, uint64_t offset, const void *p, uint64_t size, uint32_t flags,
			  int vcpu)
{
	struct riven_kmod_map arg = { .offset = offset, .size = size,
				      .address = (uint64_t)(uintptr_t)p, .flags = flags,
				      .vcpu = vcpu };

	return ioctl(vm, RIVEN_KMOD_MAP, &arg) < 0 ? -errno : 0;
}

static inline int raw_unmap(int vm, uint64_t offset)
{
	return ioctl(vm, RIVEN_KMOD_UNMAP, &offset) < 0 ? -errno : 0;
}

static inline int raw_vm(int device)
{
	struct riven_kmod_vm arg = { .base = BASE, .blob = (uint64_t)(uintptr_t)stand_in,
				     .blob_size = (uintptr_t)stand_in_end - (uintptr_t)stand_in };
	int fd = ioctl(device, RIVEN_KMOD_CREATE_VM, &arg);

	return fd < 0 ? -errno : fd;
}

static inline int raw_vcpu(int vm, uint32_t id)
{
	int fd = ioctl(vm, RIVEN_KMOD_CREATE_VCPU, &id);

	return fd < 0 ? -errno : fd;
}

/* Memory for a virtual machine. */
static inline void raw_memory(struct raw *r)
{
	*r = (struct raw){ .vm = -1, .vcpu = -1 };
	r->memory = mmap(NULL, AREA_BYTES + RIVEN_VCPU_STACK_SIZE + RAM_BYTES,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->memory == MAP_FAILED) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	r->orders = (struct orders *)r->memory;
}

/* With vCPU 0, its area and stack, and RAM. */
static inline int raw_open(int device, struct raw *r)
{
	uint8_t *stack = r->memory + AREA_BYTES, *ram = stack + RIVEN_VCPU_STACK_SIZE;
	int ret;

	r->vm = raw_vm(device);
	if (r->vm < 0)
		return r->vm;
	ret = raw_map(r->vm, AREA, r->memory, AREA_BYTES, RIVEN_KMOD_WRITE, 0);
	if (!ret)
		ret = raw_map(r->vm, STACK, stack, RIVEN_VCPU_STACK_SIZE, RIVEN_KMOD_WRITE, 0);
	if (!ret)
		ret = raw_map(r->vm, RAM, ram, RAM_BYTES, RIVEN_KMOD_WRITE | RIVEN_KMOD_NOW, -1);
	if (!ret)
		ret = r->vcpu = raw_vcpu(r->vm, 0);
	return ret < 0 ? ret : 0;
}

static inline int raw_create(int device, struct raw *r)
{
	raw_memory(r);
	return raw_open(device, r);
}

static inline void raw_destroy(struct raw *r)
{
	if (r->vcpu >= 0)
		close(r->vcpu);
	if (r->vm >= 0)
		close(r->vm);
	munmap(r->memory, AREA_BYTES + RIVEN_VCPU_STACK_SIZE + RAM_BYTES);
}

static inline int raw_enter_once(const struct raw *r, struct riven_kmod_exit *exit)
{
	return ioctl(r->vcpu, RIVEN_KMOD_ENTER, exit) < 0 ? -errno : 0;
}

/* Until it is back; the reason, or a negative errno value. */
static inline int raw_enter(const struct raw *r, struct riven_kmod_exit *exit)
{
	int ret;

	do {
		ret = raw_enter_once(r, exit);
	} while (ret == -EINTR);
	return ret ? ret : (int)exit->reason;
}

static inline int raw_do(const struct raw *r, enum op op, uint64_t address)
{
	struct riven_kmod_exit exit;

	r->orders->address = address;
	r->orders->op = op;
	return raw_enter(r, &exit);
}

/* A number of a file of lines "name number"; -1: there is none. */
static inline long long raw_number(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char line[512], word[64];
	long long value = -1, n;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %lld", word, &n) == 2 && strcmp(word, name) == 0)
			value = n;
	}
	if (f)
		fclose(f);
	return value;
}

#endif
