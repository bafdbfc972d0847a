/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoded form of one IA-64 instruction: what the decoder makes and
 * both engines and the disassembler take.
 */
#ifndef GVMM_ISA_INSN_H
#define GVMM_ISA_INSN_H

#include <stdint.h>

/*
 * One decoded instruction, 16 bytes. Operand registers are the numbers that
 * the encoding holds, before rotation. What a format leaves unused is zero;
 * the opcodes-*.def files say, per format, which operand goes where. Rules that
 * hold everywhere: a base address is in r3, and so is the number of an AR, CR
 * or indirect register; what is stored or moved to a register is in r2; of two
 * predicate targets p1 is in r1 and p2 in r4; displacements are bytes from the
 * bundle's address; the status field sf is in imm, but fchkf has it in r2.
 */
struct insn {
	int64_t imm;	/* immediate or IP-relative displacement, sign-extended */
	uint16_t op;	/* enum riven_op */
	uint8_t qp;	/* qualifying predicate */
	uint8_t r1;	/* first target: r, f, b, ar, cr, p as the format says */
	uint8_t r2;
	uint8_t r3;
	uint8_t r4;
	uint8_t aux;	/* the table's aux column: size, type, relation ... */
};

_Static_assert(sizeof(struct insn) == 16, "decoded instructions are 16 bytes");

#endif
