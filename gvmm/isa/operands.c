// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operands of an instruction by its format: SDM volume 3, chapter 4, where
 * section 4.8 says how immediates are formed. The comments in the opcode table
 * say which operand goes where in struct insn.
 */
#include <gvmm/isa/decode.h>

/* Bits lo .. lo + width - 1 of a slot. */
static uint64_t bits(uint64_t slot, unsigned int lo, unsigned int width)
{
	return slot >> lo & (((uint64_t)1 << width) - 1);
}

/* The low width bits of v as a signed number. */
static int64_t sign_extend(uint64_t v, unsigned int width)
{
	return (int64_t)(v << (64 - width)) >> (64 - width);
}

/* The register fields' usual places. */
static void gr1(struct insn *i, uint64_t s)
{
	i->r1 = bits(s, 6, 7);
}

static void gr2(struct insn *i, uint64_t s)
{
	i->r2 = bits(s, 13, 7);
}

static void gr3(struct insn *i, uint64_t s)
{
	i->r3 = bits(s, 20, 7);
}

static void gr123(struct insn *i, uint64_t s)
{
	gr1(i, s);
	gr2(i, s);
	gr3(i, s);
}

static void p1p2(struct insn *i, uint64_t s)
{
	i->r1 = bits(s, 6, 6);
	i->r4 = bits(s, 27, 6);
}

/* imm8, and imm9 with its low part at lo. */
static int64_t imm8(uint64_t s)
{
	return sign_extend(bits(s, 36, 1) << 7 | bits(s, 13, 7), 8);
}

static int64_t imm9(uint64_t s, unsigned int lo)
{
	return sign_extend(bits(s, 36, 1) << 8 | bits(s, 27, 1) << 7 | bits(s, lo, 7), 9);
}

static int64_t imm21(uint64_t s)
{
	return bits(s, 36, 1) << 20 | bits(s, 6, 20);
}

/* Displacements: 20 bits at lo and a sign, counted in bundles. */
static int64_t disp20(uint64_t s, unsigned int lo)
{
	return sign_extend(bits(s, 36, 1) << 20 | bits(s, lo, 20), 21) * 16;
}

/* The displacement of chk.s, in two parts. */
static int64_t disp_chk(uint64_t s)
{
	return sign_extend(bits(s, 36, 1) << 20 | bits(s, 20, 13) << 7 | bits(s, 6, 7), 21) * 16;
}

/* dep.z with an immediate has no other input: its result is known. */
static int64_t deposited(uint64_t s)
{
	unsigned int pos = 63 - bits(s, 20, 6), len = bits(s, 27, 6) + 1;
	uint64_t v = imm8(s);

	if (len < 64)
		v &= ((uint64_t)1 << len) - 1;
	return v << pos;
}

static bool operands_a(struct insn *i, enum op_format format, uint64_t s)
{
	switch (format) {
	case FMT_A1:
	case FMT_A9:
		gr123(i, s);
		break;
	case FMT_A2:
	case FMT_A10:
		gr123(i, s);
		i->imm = bits(s, 27, 2) + 1;
		return format == FMT_A2 || i->imm <= 3;
	case FMT_A3:
		gr1(i, s);
		gr3(i, s);
		i->imm = imm8(s);
		break;
	case FMT_A4:
		gr1(i, s);
		gr3(i, s);
		i->imm = sign_extend(bits(s, 36, 1) << 13 | bits(s, 27, 6) << 7 | bits(s, 13, 7),
				     14);
		break;
	case FMT_A5:
		gr1(i, s);
		i->r3 = bits(s, 20, 2);
		i->imm = sign_extend(bits(s, 36, 1) << 21 | bits(s, 22, 5) << 16 |
				     bits(s, 27, 9) << 7 | bits(s, 13, 7), 22);
		break;
	case FMT_A6:
		p1p2(i, s);
		gr2(i, s);
		gr3(i, s);
		break;
	case FMT_A7:
		p1p2(i, s);
		gr3(i, s);
		break;
	default:	/* A8 */
		p1p2(i, s);
		gr3(i, s);
		i->imm = imm8(s);
		break;
	}
	return true;
}

/* I1 to I9: multimedia and shifts. */
static bool operands_i_shift(struct insn *i, enum op_format format, uint64_t s)
{
	static const uint8_t pmpyshr2_count[4] = { 0, 7, 15, 16 };

	gr1(i, s);
	switch (format) {
	case FMT_I1:
		gr123(i, s);
		i->imm = pmpyshr2_count[bits(s, 30, 2)];
		break;
	case FMT_I2:
	case FMT_I5:
	case FMT_I7:
		gr123(i, s);
		break;
	case FMT_I3:
		gr2(i, s);
		i->imm = bits(s, 20, 4);
		return i->imm == 0 || (i->imm >= 8 && i->imm <= 11);
	case FMT_I4:
		gr2(i, s);
		i->imm = bits(s, 20, 8);
		break;
	case FMT_I6:
		gr3(i, s);
		i->imm = bits(s, 14, 5);
		break;
	case FMT_I8:
		gr2(i, s);
		i->imm = 31 - bits(s, 20, 5);
		break;
	default:	/* I9 */
		gr3(i, s);
		break;
	}
	return true;
}

/* I10 to I17 and I30: bit fields and tests. */
static bool operands_i_field(struct insn *i, enum op_format format, uint64_t s)
{
	switch (format) {
	case FMT_I10:
		gr123(i, s);
		i->imm = bits(s, 27, 6);
		break;
	case FMT_I11:
		gr1(i, s);
		gr3(i, s);
		i->imm = bits(s, 14, 6);
		i->r4 = bits(s, 27, 6) + 1;
		break;
	case FMT_I12:
		gr1(i, s);
		gr2(i, s);
		i->imm = 63 - bits(s, 20, 6);
		i->r4 = bits(s, 27, 6) + 1;
		break;
	case FMT_I13:
		gr1(i, s);
		i->imm = deposited(s);
		break;
	case FMT_I14:
		gr1(i, s);
		gr3(i, s);
		i->r2 = bits(s, 36, 1);
		i->imm = 63 - bits(s, 14, 6);
		i->r4 = bits(s, 27, 6) + 1;
		break;
	case FMT_I15:
		gr123(i, s);
		i->imm = 63 - bits(s, 31, 6);
		i->r4 = bits(s, 27, 4) + 1;
		break;
	case FMT_I16:
		p1p2(i, s);
		gr3(i, s);
		i->imm = bits(s, 14, 6);
		break;
	case FMT_I17:
		p1p2(i, s);
		gr3(i, s);
		break;
	default:	/* I30 */
		p1p2(i, s);
		i->imm = bits(s, 14, 5) + 32;
		break;
	}
	return true;
}

/* I18 to I29. */
static bool operands_i_misc(struct insn *i, enum op_format format, uint64_t s)
{
	switch (format) {
	case FMT_I18:
	case FMT_I19:
		i->imm = imm21(s);
		break;
	case FMT_I20:
		gr2(i, s);
		i->imm = disp_chk(s);
		break;
	case FMT_I21:
		i->r1 = bits(s, 6, 3);
		gr2(i, s);
		break;
	case FMT_I22:
		gr1(i, s);
		i->r2 = bits(s, 13, 3);
		break;
	case FMT_I23:
		gr2(i, s);
		i->imm = sign_extend(bits(s, 36, 1) << 16 | bits(s, 24, 8) << 8 |
				     bits(s, 6, 7) << 1, 17);
		break;
	case FMT_I24:
		i->imm = sign_extend(bits(s, 36, 1) << 27 | bits(s, 6, 27), 28) * 65536;
		break;
	case FMT_I25:
		gr1(i, s);
		break;
	case FMT_I26:
		gr2(i, s);
		gr3(i, s);
		break;
	case FMT_I27:
		gr3(i, s);
		i->imm = imm8(s);
		break;
	default:	/* I28, I29 */
		gr1(i, s);
		gr3(i, s);
		break;
	}
	return true;
}

/* M1 to M19: memory references, setf and getf. */
static bool operands_m_memory(struct insn *i, enum op_format format, uint64_t s)
{
	static const uint8_t fetchadd_inc[4] = { 16, 8, 4, 1 };

	gr3(i, s);
	switch (format) {
	case FMT_M1:
	case FMT_M6:
		gr1(i, s);
		break;
	case FMT_M2:
	case FMT_M7:
	case FMT_M16:
		gr123(i, s);
		break;
	case FMT_M3:
	case FMT_M8:
		gr1(i, s);
		i->imm = imm9(s, 13);
		break;
	case FMT_M4:
	case FMT_M9:
		gr2(i, s);
		break;
	case FMT_M5:
	case FMT_M10:
		gr2(i, s);
		i->imm = imm9(s, 6);
		break;
	case FMT_M12:
		/* ldfps moves by 8; the others, with x6 ending in 1 or 3, by 16. */
		i->imm = bits(s, 30, 2) == 2 ? 8 : 16;
		/* fall through */
	case FMT_M11:
		gr1(i, s);
		i->r4 = bits(s, 13, 7);
		break;
	case FMT_M13:
		break;
	case FMT_M14:
		gr2(i, s);
		break;
	case FMT_M15:
		i->imm = imm9(s, 13);
		break;
	case FMT_M17:
		gr1(i, s);
		i->imm = fetchadd_inc[bits(s, 13, 2)];
		if (bits(s, 15, 1))
			i->imm = -i->imm;
		break;
	default:	/* M18, M19 */
		i->r3 = 0;
		gr1(i, s);
		gr2(i, s);
		break;
	}
	return true;
}

/* M20 to M48. */
static bool operands_m_system(struct insn *i, enum op_format format, uint64_t s)
{
	switch (format) {
	case FMT_M20:
	case FMT_M21:
		gr2(i, s);
		i->imm = disp_chk(s);
		break;
	case FMT_M22:
	case FMT_M23:
		gr1(i, s);
		i->imm = disp20(s, 13);
		break;
	case FMT_M26:
	case FMT_M27:
	case FMT_M36:
		gr1(i, s);
		break;
	case FMT_M28:
	case FMT_M47:
		gr3(i, s);
		break;
	case FMT_M29:
	case FMT_M32:
	case FMT_M42:
	case FMT_M45:
		gr2(i, s);
		gr3(i, s);
		break;
	case FMT_M30:
		gr3(i, s);
		i->imm = imm8(s);
		break;
	case FMT_M31:
	case FMT_M33:
	case FMT_M43:
	case FMT_M46:
		gr1(i, s);
		gr3(i, s);
		break;
	case FMT_M34:
		gr1(i, s);
		i->r2 = bits(s, 13, 7);
		i->r3 = bits(s, 20, 7);
		i->r4 = bits(s, 27, 4);
		break;
	case FMT_M35:
	case FMT_M41:
		gr2(i, s);
		break;
	case FMT_M37:
	case FMT_M48:
		i->imm = imm21(s);
		break;
	case FMT_M38:
		gr123(i, s);
		break;
	case FMT_M39:
		gr1(i, s);
		gr3(i, s);
		i->imm = bits(s, 13, 2);
		break;
	case FMT_M40:
		gr3(i, s);
		i->imm = bits(s, 13, 2);
		break;
	case FMT_M44:
		i->imm = bits(s, 36, 1) << 23 | bits(s, 31, 2) << 21 | bits(s, 6, 21);
		break;
	default:	/* M24, M25: no operand */
		break;
	}
	return true;
}

static bool operands_b(struct insn *i, enum op_format format, uint64_t s)
{
	switch (format) {
	case FMT_B1:
	case FMT_B2:
	case FMT_B6:
		i->imm = disp20(s, 13);
		break;
	case FMT_B3:
		i->r1 = bits(s, 6, 3);
		i->imm = disp20(s, 13);
		break;
	case FMT_B5:
		i->r1 = bits(s, 6, 3);
		/* fall through */
	case FMT_B4:
	case FMT_B7:
		i->r2 = bits(s, 13, 3);
		break;
	case FMT_B9:
		i->imm = imm21(s);
		break;
	default:	/* B8: no operand */
		break;
	}
	return true;
}

static bool operands_f(struct insn *i, enum op_format format, uint64_t s)
{
	const unsigned int sf = bits(s, 34, 2);

	switch (format) {
	case FMT_F1:
		i->imm = sf;
		/* fall through */
	case FMT_F2:
	case FMT_F3:
		gr123(i, s);
		i->r4 = bits(s, 27, 7);
		break;
	case FMT_F4:
		p1p2(i, s);
		gr2(i, s);
		gr3(i, s);
		i->imm = sf;
		break;
	case FMT_F5:
		p1p2(i, s);
		gr2(i, s);
		i->imm = bits(s, 20, 7) << 2 | bits(s, 33, 2);
		break;
	case FMT_F6:
		gr2(i, s);
		/* fall through */
	case FMT_F7:
		gr1(i, s);
		gr3(i, s);
		i->r4 = bits(s, 27, 6);
		i->imm = sf;
		break;
	case FMT_F8:
		i->imm = sf;
		/* fall through */
	case FMT_F9:
		gr123(i, s);
		break;
	case FMT_F10:
		i->imm = sf;
		/* fall through */
	case FMT_F11:
		gr1(i, s);
		gr2(i, s);
		break;
	case FMT_F12:
		i->r2 = bits(s, 13, 7);
		i->r3 = bits(s, 20, 7);
		i->imm = sf;
		break;
	case FMT_F13:
		i->imm = sf;
		break;
	case FMT_F14:
		i->imm = disp20(s, 6);
		i->r2 = sf;
		break;
	default:	/* F15, F16 */
		i->imm = imm21(s);
		break;
	}
	return true;
}

static bool operands_x(struct insn *i, enum op_format format, uint64_t s, uint64_t l)
{
	switch (format) {
	case FMT_X2:
		gr1(i, s);
		i->imm = bits(s, 36, 1) << 63 | l << 22 | bits(s, 21, 1) << 21 |
			 bits(s, 22, 5) << 16 | bits(s, 27, 9) << 7 | bits(s, 13, 7);
		break;
	case FMT_X4:
		i->r1 = bits(s, 6, 3);
		/* fall through */
	case FMT_X3:
		i->imm = (bits(s, 36, 1) << 59 | bits(l, 2, 39) << 20 | bits(s, 13, 20)) << 4;
		break;
	default:	/* X1, X5 */
		i->imm = l << 21 | imm21(s);
		break;
	}
	return true;
}

bool decode_operands(struct insn *i, enum op_format format, uint64_t slot, uint64_t lslot)
{
	if (format <= FMT_NONE)
		return true;
	if (format <= FMT_A10)
		return operands_a(i, format, slot);
	if (format <= FMT_I9)
		return operands_i_shift(i, format, slot);
	if (format <= FMT_I17 || format == FMT_I30)
		return operands_i_field(i, format, slot);
	if (format <= FMT_I29)
		return operands_i_misc(i, format, slot);
	if (format <= FMT_M19)
		return operands_m_memory(i, format, slot);
	if (format <= FMT_M48)
		return operands_m_system(i, format, slot);
	if (format <= FMT_B9)
		return operands_b(i, format, slot);
	if (format <= FMT_F16)
		return operands_f(i, format, slot);
	return operands_x(i, format, slot, lslot);
}
