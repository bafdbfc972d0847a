/* SPDX-License-Identifier: GPL-2.0-only */
/* What every transition does on the way in; for assembly only. */
#ifndef TRANSITION_START_H
#define TRANSITION_START_H

/*
 * A command starts with no exception unmasked, round to nearest, 64-bit x87,
 * and strings that go up. Changes rax and the stack below rsp.
 */
	.macro	start_fpu
	pushq	$0x1f80
	ldmxcsr	(%rsp)
	movl	$0x37f, (%rsp)
	fldcw	(%rsp)
	popq	%rax
	cld
	.endm

#endif
