/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the GVMM that libriven has, for those who look where its time goes. */
	.section .rodata
	.globl gvmm_names, gvmm_names_end
gvmm_names:
	.incbin "gvmm.names"
gvmm_names_end:
	.section .note.GNU-stack, "", @progbits
