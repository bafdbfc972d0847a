/* SPDX-License-Identifier: GPL-2.0-only */
/* The GVMM, byte for byte, as part of libriven. */

	.section .rodata
	.balign	64
	.globl	riven_blob
	.globl	riven_blob_end
	.type	riven_blob, @object
riven_blob:
	.incbin	"gvmm.bin"
riven_blob_end:
	.size	riven_blob, . - riven_blob

	.section .note.GNU-stack, "", @progbits
