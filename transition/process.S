/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transition of the process host: into a world and out of it by call and
 * return, on the world's own stack.
 */

#include "transition/start.h"

/* struct process_entry */
#define ENTRY_BLOB		0
#define ENTRY_AREA		8
#define ENTRY_STACK_TOP		16
#define ENTRY_HOST_STACK	24

	.text

/*
 * int riven_process_enter(struct process_entry *entry)
 * 0: the GVMM came back. 1: riven_process_abort was taken.
 */
	.globl	riven_process_enter
	.type	riven_process_enter, @function
	.balign	16
riven_process_enter:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	pushq	%rbx
	.cfi_offset rbx, -24
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)

	/* rbx outlives the call: the ABI says so, and so does riven_process_abort. */
	movq	%rdi, %rbx
	movq	%rsp, ENTRY_HOST_STACK(%rbx)
	movq	ENTRY_STACK_TOP(%rbx), %rsp

	start_fpu
	movq	ENTRY_AREA(%rbx), %rdi
	call	*ENTRY_BLOB(%rbx)
	xorl	%eax, %eax

.Lleave:
	movq	ENTRY_HOST_STACK(%rbx), %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	riven_process_enter, . - riven_process_enter

/* The GVMM faulted; a signal handler has put the entry's address in rbx. */
	.globl	riven_process_abort
	.type	riven_process_abort, @function
	.balign	16
riven_process_abort:
	fninit
	cld
	movl	$1, %eax
	jmp	.Lleave
	.size	riven_process_abort, . - riven_process_abort

	.section .note.GNU-stack, "", @progbits
