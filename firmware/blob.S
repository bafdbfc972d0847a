/* SPDX-License-Identifier: GPL-2.0-only */
/* What the build made for the guest: firmware code and the DSDT. */
	.section .rodata
	.balign	16
	.global	fw_stubs, fw_stubs_size, fw_dsdt, fw_dsdt_size
fw_stubs_size:
	.quad	fw_stubs_end - fw_stubs
fw_dsdt_size:
	.quad	fw_dsdt_end - fw_dsdt
fw_stubs:
	.incbin	"firmware/stubs.bin"
fw_stubs_end:
	.balign	16
fw_dsdt:
	.incbin	"firmware/dsdt.aml"
fw_dsdt_end:

	.section .note.GNU-stack, "", @progbits
