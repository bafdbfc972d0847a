/* SPDX-License-Identifier: GPL-2.0-only */
/* The blob's first byte: the transition calls here with the vCPU area's address in rdi. */

	.section .text.entry, "ax", @progbits
	.globl	gvmm_entry
	.hidden	gvmm_entry
	.hidden	gvmm_main
	.type	gvmm_entry, @function
gvmm_entry:
	jmp	gvmm_main
	.size	gvmm_entry, . - gvmm_entry

	.section .note.GNU-stack, "", @progbits
