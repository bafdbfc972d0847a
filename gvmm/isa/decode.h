/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoder: bundles to struct insn, by the table gvmm/isa/opcodes.def. It
 * keeps no state and accepts any bytes.
 */
#ifndef GVMM_ISA_DECODE_H
#define GVMM_ISA_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include <gvmm/isa/insn.h>
#include <gvmm/isa/opcodes.h>

/*
 * Decodes one bundle, lo being its first eight bytes as a little-endian number
 * (instruction fetch is little-endian whatever PSR.be says, SDM 1:3.3.1).
 *
 * What the manual reserves becomes OP_ILLEGAL, which faults always, or
 * OP_ILLEGAL_QP, which faults if its qp is true; what it says hardware ignores
 * becomes OP_NOP_B. A reserved template makes three OP_ILLEGAL. In an MLX
 * bundle the long instruction is out[1], and out[2] is OP_X2ND.
 */
void decode_bundle(uint64_t lo, uint64_t hi, struct insn out[3], uint8_t *template);

/*
 * The instruction that slot (41 bits) holds for a unit out of M, I, F, B and X,
 * before any look at its operands; OP_ILLEGAL if there is none.
 */
unsigned int decode_lookup(enum op_unit unit, uint64_t slot);

/*
 * Fills the operands of i from slot, and from the L slot for X-unit formats;
 * i is all zero before. Returns false if an operand's value is reserved, which
 * makes an Illegal Operation fault if qp is true (SDM 3:4.8).
 */
bool decode_operands(struct insn *i, enum op_format format, uint64_t slot, uint64_t lslot);

/* The unit of slot 0, 1 or 2 by template 0..31; UNIT_NONE where reserved. */
enum op_unit template_unit(unsigned int template, unsigned int slot);

/* Whether template has a stop after slot 0, 1 or 2. */
bool template_stop(unsigned int template, unsigned int slot);

/* The 41 bits of slot 0, 1 or 2. */
static inline uint64_t bundle_slot(uint64_t lo, uint64_t hi, unsigned int slot)
{
	const uint64_t mask = ((uint64_t)1 << 41) - 1;

	switch (slot) {
	case 0:
		return lo >> 5 & mask;
	case 1:
		return (lo >> 46 | hi << 18) & mask;
	default:
		return hi >> 23;
	}
}

#endif
