/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transition of the kvm host: what runs in a world beside the GVMM. The host
 * copies it into the world's system area, so it is position-independent and
 * names nothing outside.
 */
#include "transition/kvm.h"
#include "transition/start.h"

	.section .rodata

/*
 * CPL 3. rbx: the blob, r12: the vCPU area, r13: top of the GVMM's stack; the
 * GVMM keeps them, and one that does not harms only itself. The host resumes
 * behind the out for the next command.
 */
	.globl	riven_kvm_entry, riven_kvm_entry_end, riven_kvm_clock
	.balign	16
riven_kvm_entry:
	movq	%r13, %rsp
	start_fpu
	movq	%r12, %rdi
	call	*%rbx
	outb	%al, $PORT_EXIT
	jmp	riven_kvm_entry

/* CPL 3: what the TSC says here, in rdx:rax. */
riven_kvm_clock:
	rdtsc
	outb	%al, $PORT_EXIT
	jmp	riven_kvm_clock
riven_kvm_entry_end:

/*
 * CPL 0: one entry for each exception makes every frame the same; the host
 * reads it, and nothing ever returns from here.
 */
	.globl	riven_kvm_nub, riven_kvm_nub_end
	.balign	16
riven_kvm_nub:
	.set	vector, 0
	.rept	NR_EXCEPTIONS
	.balign	NUB_STUB_SIZE
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
		  vector == 21 || vector == 29 || vector == 30)
	pushq	$0
	.endif
	pushq	$vector
	jmp	1f
	.set	vector, vector + 1
	.endr
1:	outb	%al, $PORT_NUB
	hlt
	jmp	1b
riven_kvm_nub_end:

	.section .note.GNU-stack, "", @progbits
