/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatch table of the interpreter: for each instruction number of
 * gvmm/isa/opcodes.def the distance of its handler from the table's start.
 */
	.section .rodata
	.balign 4
	.globl exec_base, exec_offset
	.hidden exec_base, exec_offset
	.type exec_offset, @object
exec_base:
exec_offset:
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	.hidden exec; .long exec - exec_base;
#include <gvmm/isa/opcodes.def>
#undef OP
	.size exec_offset, . - exec_offset
	.section .note.GNU-stack, "", @progbits
