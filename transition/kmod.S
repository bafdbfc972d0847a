/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transition of the kmod host: the switch between the host kernel and a
 * world, and the nub, which is all that runs at CPL 0 while the world's IDT is
 * loaded. These pages lie at the same address on both sides. S1, S2 ...:
 * docs/switch-invariants.md.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/alternative.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>

#include "transition/kmod.h"
#include "transition/start.h"

	.section .text.riven_nub, "ax"
	.balign	4096
	.globl	riven_nub, riven_nub_end, riven_nub_stubs
	.type	riven_nub, @function
riven_nub:

/*
 * Entries of the 256 vectors. All frames are made the same: vector, error code,
 * rip, cs, rflags, rsp, ss.
 */
riven_nub_stubs:
	.set	vector, 0
	.rept	256
	.balign	NUB_STUB_SIZE
	.byte	0xf3, 0x0f, 0x1e, 0xfa	/* endbr64: the host may have turned IBT on */
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
		  vector == 21 || vector == 29 || vector == 30)
	pushq	$0
	.endif
	pushq	$vector
	.if	vector == VECTOR_NMI || vector == VECTOR_MC
	jmp	.Lasync
	.else
	jmp	.Lvector
	.endif
	.set	vector, vector + 1
	.endr

/*
 * void riven_switch(struct area *area)
 * Into the world and out again. Called with interrupts off (S1), the world's
 * GDT and TSS loaded and the host's IDT.
 */
	.balign	16
	.globl	riven_switch
riven_switch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	movq	%rsp, A_HOST_RSP(%rdi)
	leaq	AREA_STACK_TOP(%rdi), %rsp

	/* From here to the other lidt the nub answers (S2). */
	lidt	A_WORLD_IDT(%rdi)

	xorl	%eax, %eax
	xorl	%edx, %edx
	testl	$FLAG_FSGSBASE, A_FLAGS(%rdi)
	jz	1f
	wrfsbase %rax
	wrgsbase %rax
	jmp	2f
1:	movl	$MSR_FS_BASE, %ecx
	wrmsr
	movl	$MSR_GS_BASE, %ecx
	wrmsr
2:	cmpw	$0, A_HOST_LDT(%rdi)
	je	3f
	lldt	%ax
3:	movq	A_WORLD_CR4(%rdi), %rax
	cmpq	A_HOST_CR4(%rdi), %rax
	je	4f
	movq	%rax, %cr4
4:	movq	A_WORLD_CR3(%rdi), %rax
	movq	%rax, %cr3

	pushq	$SEL_USER_DATA
	pushq	A_RSP(%rdi)
	pushq	A_RFLAGS(%rdi)
	pushq	$SEL_USER_CODE
	pushq	A_RIP(%rdi)
	testl	$FLAG_VERW, A_FLAGS(%rdi)
	jz	5f
	verw	A_VERW(%rdi)
5:	movq	A_RAX(%rdi), %rax
	movq	A_RBX(%rdi), %rbx
	movq	A_RCX(%rdi), %rcx
	movq	A_RDX(%rdi), %rdx
	movq	A_RSI(%rdi), %rsi
	movq	A_RBP(%rdi), %rbp
	movq	A_R8(%rdi), %r8
	movq	A_R9(%rdi), %r9
	movq	A_R10(%rdi), %r10
	movq	A_R11(%rdi), %r11
	movq	A_R12(%rdi), %r12
	movq	A_R13(%rdi), %r13
	movq	A_R14(%rdi), %r14
	movq	A_R15(%rdi), %r15
	movq	A_RDI(%rdi), %rdi

	/* What is noted now is told first (S7); the frame is 40 bytes. */
.Lcommit:
	cmpl	$0, A_PENDING - AREA_STACK_TOP + 40(%rsp)
	jne	.Labort
	iretq
.Lcommit_end:

/* An NMI came behind the check: nothing of the world has run, its registers stand. */
.Labort:
	pushq	%rdi
	movq	%rsp, %rdi
	andq	$-AREA_SIZE, %rdi
	movq	$EXIT_NONE, A_VECTOR(%rdi)
	jmp	.Lexit

/* NMI and machine check: noted, whatever they interrupt. */
.Lasync:
	pushq	%rdi
	movq	%rsp, %rdi
	andq	$-AREA_SIZE, %rdi
	cmpl	$VECTOR_NMI, 8(%rsp)
	jne	1f
	orl	$PENDING_NMI, A_PENDING(%rdi)
	testb	$3, 32(%rsp)
	jz	.Lasync_cpl0
	jmp	2f
1:	testb	$3, 32(%rsp)
	jnz	1f
	orl	$PENDING_MC, A_PENDING(%rdi)
	jmp	.Lasync_cpl0
1:	orl	$PENDING_MC_WORLD, A_PENDING(%rdi)
2:
	movq	$EXIT_NONE, 8(%rsp)
	jmp	.Lsave

/*
 * In the switch or the nub itself: back to where it was, without an iret, so
 * that NMIs stay blocked (S5, S6). Each interrupted stack has room (S5).
 */
.Lasync_cpl0:
	pushq	%rax
	pushq	%rcx
	movq	40(%rsp), %rcx
	leaq	riven_nub(%rip), %rax
	subq	%rax, %rcx
	cmpq	$riven_nub_end - riven_nub, %rcx
	jae	.Lasync_wild
	subq	$.Lcommit - riven_nub, %rcx
	cmpq	$.Lcommit_end - .Lcommit, %rcx
	jae	1f
	leaq	.Labort(%rip), %rax
	movq	%rax, 40(%rsp)
1:	movq	64(%rsp), %rcx
	movq	40(%rsp), %rax
	movq	%rax, -8(%rcx)
	movq	56(%rsp), %rax
	movq	%rax, -16(%rcx)
	leaq	-16(%rcx), %rcx
	movq	%rcx, 64(%rsp)
	popq	%rcx
	popq	%rax
	popq	%rdi
	movq	40(%rsp), %rsp
	popfq
	ANNOTATE_UNRET_SAFE
	ret
	int3

/* CPL 0, but not here: a SYSCALL of the world on its way to nowhere (S8). */
.Lasync_wild:
	popq	%rcx
	popq	%rax
	jmp	.Lcpl0

/* Interrupts, exceptions, and the way out of the GVMM. */
.Lvector:
	pushq	%rdi
	movq	%rsp, %rdi
	andq	$-AREA_SIZE, %rdi
	testb	$3, 32(%rsp)
	jz	.Lcpl0

.Lsave:
	movq	%rax, A_RAX(%rdi)
	movq	%rbx, A_RBX(%rdi)
	movq	%rcx, A_RCX(%rdi)
	movq	%rdx, A_RDX(%rdi)
	movq	%rsi, A_RSI(%rdi)
	movq	%rbp, A_RBP(%rdi)
	movq	%r8, A_R8(%rdi)
	movq	%r9, A_R9(%rdi)
	movq	%r10, A_R10(%rdi)
	movq	%r11, A_R11(%rdi)
	movq	%r12, A_R12(%rdi)
	movq	%r13, A_R13(%rdi)
	movq	%r14, A_R14(%rdi)
	movq	%r15, A_R15(%rdi)
	popq	A_RDI(%rdi)
	popq	A_VECTOR(%rdi)
	popq	A_ERROR(%rdi)
	popq	A_RIP(%rdi)
	popq	%rax
	popq	A_RFLAGS(%rdi)
	popq	A_RSP(%rdi)
	jmp	.Lexit

/*
 * From CPL 0 only two things come: SYSCALL or SYSENTER of the world, which end
 * where nothing is mapped, and segments that the host can no longer load (S16).
 */
.Lcpl0:
	popq	%rax
	popq	A_VECTOR(%rdi)
	popq	A_ERROR(%rdi)
	popq	A_NUB_RIP(%rdi)
	leaq	.Lsegments(%rip), %rax
	movq	A_NUB_RIP(%rdi), %rcx
	subq	%rax, %rcx
	cmpq	$.Lsegments_end - .Lsegments, %rcx
	jae	1f
	movw	$1, A_NO_SEGMENTS(%rdi)
	jmp	.Lexit_again
1:	orq	$EXIT_CPL0, A_VECTOR(%rdi)

.Lexit:
	cmpl	$14, A_VECTOR(%rdi)
	jne	.Lexit_again
	movq	%cr2, %rax
	movq	%rax, A_CR2(%rdi)
	movq	A_HOST_CR2(%rdi), %rax
	movq	%rax, %cr2
.Lexit_again:
	leaq	AREA_STACK_TOP(%rdi), %rsp
	movq	A_HOST_CR3(%rdi), %rax
	movq	%rax, %cr3
	movq	A_HOST_CR4(%rdi), %rax
	cmpq	A_WORLD_CR4(%rdi), %rax
	je	1f
	movq	%rax, %cr4
1:	cld

	/* No value of the world's steers what the host speculates (S18). */
	xorl	%ebx, %ebx
	xorl	%esi, %esi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d

	/* Bases come behind segments, which overwrite them (S17). */
	cmpw	$0, A_NO_SEGMENTS(%rdi)
	jne	.Lno_segments
.Lsegments:
	movw	A_HOST_LDT(%rdi), %ax
	testw	%ax, %ax
	jz	1f
	lldt	%ax
1:	movl	%ds, %eax
	cmpw	%ax, A_HOST_DS(%rdi)
	je	1f
	movw	A_HOST_DS(%rdi), %ds
1:	movl	%es, %eax
	cmpw	%ax, A_HOST_ES(%rdi)
	je	1f
	movw	A_HOST_ES(%rdi), %es
1:	movl	%fs, %eax
	cmpw	%ax, A_HOST_FS(%rdi)
	je	1f
	movw	A_HOST_FS(%rdi), %fs
1:	movl	%gs, %eax
	cmpw	%ax, A_HOST_GS(%rdi)
	je	.Lsegments_end
	movw	A_HOST_GS(%rdi), %gs
.Lsegments_end:
	jmp	2f
.Lno_segments:
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
2:	testl	$FLAG_FSGSBASE, A_FLAGS(%rdi)
	jz	3f
	movq	A_HOST_FS_BASE(%rdi), %rax
	wrfsbase %rax
	movq	A_HOST_GS_BASE(%rdi), %rax
	wrgsbase %rax
	jmp	4f
3:	movl	$MSR_FS_BASE, %ecx
	movl	A_HOST_FS_BASE(%rdi), %eax
	movl	A_HOST_FS_BASE + 4(%rdi), %edx
	wrmsr
	movl	$MSR_GS_BASE, %ecx
	movl	A_HOST_GS_BASE(%rdi), %eax
	movl	A_HOST_GS_BASE + 4(%rdi), %edx
	wrmsr
4:	testl	$FLAG_IBRS, A_FLAGS(%rdi)
	jz	5f
	movl	$MSR_IA32_SPEC_CTRL, %ecx
	rdmsr
	wrmsr
5:
	/* The host answers again. */
	lidt	A_HOST_IDT(%rdi)
	movq	A_HOST_RSP(%rdi), %rsp
	FILL_RETURN_BUFFER %rax, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
		X86_FEATURE_RSB_VMEXIT_LITE
	UNTRAIN_RET
	CLEAR_BRANCH_HISTORY
	popfq
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
	.balign	4096, 0xcc
riven_nub_end:
	.size	riven_nub, riven_nub_end - riven_nub
	STACK_FRAME_NON_STANDARD riven_nub

/*
 * void riven_raise(unsigned long handler)
 * The host's handler of an interrupt, as its gate would call it (S9).
 */
	.text
	.balign	16
	.globl	riven_raise
	.type	riven_raise, @function
riven_raise:
	pushq	%rbp
	movq	%rsp, %rbp
	andq	$-16, %rsp
	pushq	$SEL_KERNEL_DATA
	pushq	%rbp
	pushfq
	pushq	$SEL_KERNEL_CODE
	CALL_NOSPEC rdi
	/* Its iret has put the stack pointer back. */
	popq	%rbp
	RET
	.size	riven_raise, . - riven_raise
	STACK_FRAME_NON_STANDARD riven_raise

/*
 * CPL 3, in a page of its own behind the region. rbx: the blob, r12: the vCPU
 * area, r13: top of the GVMM's stack; the GVMM keeps them, and one that does
 * not harms only itself. The next command goes on behind the int.
 */
	.section .rodata.riven_entry, "a"
	.balign	16
	.globl	riven_kmod_entry, riven_kmod_entry_end
riven_kmod_entry:
	movq	%r13, %rsp
	start_fpu
	movq	%r12, %rdi
	call	*%rbx
	int	$VECTOR_EXIT
	jmp	riven_kmod_entry
riven_kmod_entry_end:

	.section .note.GNU-stack, "", @progbits
