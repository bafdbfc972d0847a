/* SPDX-License-Identifier: GPL-2.0-only */
/* The GVMM, byte for byte, in pages of its own that worlds share. */

	.section .rodata.riven_blob, "a"
	.balign	4096
	.globl	riven_blob, riven_blob_end
riven_blob:
	.incbin	"gvmm.bin"
	.balign	4096
riven_blob_end:

	.section .note.GNU-stack, "", @progbits
