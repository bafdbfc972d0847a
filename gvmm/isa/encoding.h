/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Match values (E_*) and masks (K_*) over a 41-bit slot for the rows of
 * gvmm/isa/opcodes.def, by instruction format. Field names and positions are
 * those of SDM volume 3, chapter 4.
 */
#ifndef GVMM_ISA_ENCODING_H
#define GVMM_ISA_ENCODING_H

#include <stdint.h>

/* A field: value v with its lowest bit at position lo. */
#define EF(v, lo)	((uint64_t)(v) << (lo))
/* A mask of bits hi..lo. */
#define KF(hi, lo)	((((uint64_t)2 << ((hi) - (lo))) - 1) << (lo))

#define E_MAJOR(op)	EF(op, 37)
#define K_MAJOR		KF(40, 37)

/* A1, A3: x4, x2b; x2a = ve = 0. */
#define E_A1(x4, x2b)	(E_MAJOR(8) | EF(x4, 29) | EF(x2b, 27))
#define K_A1		(K_MAJOR | KF(35, 27))
#define E_A2(x4)	(E_MAJOR(8) | EF(x4, 29))
#define K_A2		(K_MAJOR | KF(35, 29))
#define E_A4(x2a)	(E_MAJOR(8) | EF(x2a, 34))
#define K_A4		(K_MAJOR | KF(35, 33))
#define E_A6(op, tb, x2, ta, c) \
	(E_MAJOR(op) | EF(tb, 36) | EF(x2, 34) | EF(ta, 33) | EF(c, 12))
#define K_A6		(K_MAJOR | KF(36, 33) | KF(12, 12))
#define E_A8(op, x2, ta, c) \
	(E_MAJOR(op) | EF(x2, 34) | EF(ta, 33) | EF(c, 12))
#define K_A8		(K_MAJOR | KF(35, 33) | KF(12, 12))
#define E_A9(za, zb, x4, x2b) \
	(E_MAJOR(8) | EF(za, 36) | EF(1, 34) | EF(zb, 33) | EF(x4, 29) | EF(x2b, 27))
#define K_A9		(K_MAJOR | KF(36, 27))
#define E_A10(za, zb, x4) \
	(E_MAJOR(8) | EF(za, 36) | EF(1, 34) | EF(zb, 33) | EF(x4, 29))
#define K_A10		(K_MAJOR | KF(36, 29))

/* I1 to I9, ve = 0. */
#define E_I1(x2b)	(E_MAJOR(7) | EF(1, 33) | EF(x2b, 28))
#define K_I1		(K_MAJOR | KF(36, 32) | KF(29, 28))
#define E_I7(za, zb, x2a, x2b, x2c) \
	(E_MAJOR(7) | EF(za, 36) | EF(x2a, 34) | EF(zb, 33) | EF(x2c, 30) | EF(x2b, 28))
#define K_I7		(K_MAJOR | KF(36, 28))
#define E_I10(x2, x)	(E_MAJOR(5) | EF(x2, 34) | EF(x, 33))
#define K_I10		(K_MAJOR | KF(35, 33))
#define E_I11(y)	(E_MAJOR(5) | EF(1, 34) | EF(y, 13))
#define K_I11		(K_I10 | KF(13, 13))
#define E_I12(y)	(E_MAJOR(5) | EF(1, 34) | EF(1, 33) | EF(y, 26))
#define K_I12		(K_I10 | KF(26, 26))
#define E_I16(tb, ta, c) \
	(E_MAJOR(5) | EF(tb, 36) | EF(ta, 33) | EF(c, 12))
#define K_I16		(K_MAJOR | KF(36, 33) | KF(13, 12))
#define E_I17(x, tb, ta, c) \
	(E_I16(tb, ta, c) | EF(1, 13) | EF(x, 19))
#define K_I17		(K_I16 | KF(19, 19))

/* Major opcode 0 of I and X, x3 = 0. */
#define E_MISC(x6)	EF(x6, 27)
#define K_MISC		(K_MAJOR | KF(35, 27))
#define E_NOP(x6, y)	(E_MISC(x6) | EF(y, 26))
#define K_NOP		(K_MISC | KF(26, 26))
#define E_X3(op, x3)	(E_MAJOR(op) | EF(x3, 33))
#define K_X3		(K_MAJOR | KF(35, 33))
#define E_I21(x)	(E_X3(0, 7) | EF(x, 22))
#define K_I21		(K_X3 | KF(22, 22))

/* M1, M2, M4, M6, M7, M9, M13, M14: m, x6, with x = 0. */
#define E_M1(op, m, x6)	(E_MAJOR(op) | EF(m, 36) | EF(x6, 30))
#define K_M1		(K_MAJOR | KF(36, 30) | KF(27, 27))
/* M3, M5, M8, M10, M15. */
#define E_M3(op, x6)	(E_MAJOR(op) | EF(x6, 30))
#define K_M3		(K_MAJOR | KF(35, 30))
/* Major opcodes 4 and 6 with x = 1. */
#define E_M16(x6)	(E_M1(4, 0, x6) | EF(1, 27))
#define K_M16		K_M1
#define E_M11(m, x6)	(E_M1(6, m, x6) | EF(1, 27))
/* M24 to M27, M30, M37: x2, x4 with x3 = 0. */
#define E_M24(x2, x4)	(EF(x2, 31) | EF(x4, 27))
#define K_M24		(K_MAJOR | KF(35, 27))
#define E_M44(x4)	EF(x4, 27)
#define K_M44		(K_MAJOR | KF(35, 33) | KF(30, 27))
#define E_M48(y)	(E_M24(0, 1) | EF(y, 26))
#define K_M48		(K_M24 | KF(26, 26))
/* Major opcode 1 of M, x3 = 0: x6. */
#define E_M1X(x6)	(E_MAJOR(1) | EF(x6, 27))
#define K_M1X		(K_MAJOR | KF(35, 27))
#define E_M28(x)	(E_M1X(0x30) | EF(x, 36))
#define K_M28		(K_M1X | KF(36, 36))

/* B-unit. */
#define E_B1(op, btype)	(E_MAJOR(op) | EF(btype, 6))
#define K_B1		(K_MAJOR | KF(8, 6))
#define E_B4(x6, btype)	(EF(x6, 27) | EF(btype, 6))
#define K_B4		(K_MAJOR | KF(32, 27) | KF(8, 6))
#define E_B8(op, x6)	(E_MAJOR(op) | EF(x6, 27))
#define K_B8		(K_MAJOR | KF(32, 27))

/* F-unit. */
#define E_F1(op, x)	(E_MAJOR(op) | EF(x, 36))
#define K_F1		(K_MAJOR | KF(36, 36))
#define E_F2(x2)	(E_F1(0xe, 1) | EF(x2, 34))
#define K_F2		(K_F1 | KF(35, 34))
#define E_F4(ra, rb, ta) \
	(E_MAJOR(4) | EF(rb, 36) | EF(ra, 33) | EF(ta, 12))
#define K_F4		(K_MAJOR | KF(36, 36) | KF(33, 33) | KF(12, 12))
#define E_F5(ta)	(E_MAJOR(5) | EF(ta, 12))
#define K_F5		(K_MAJOR | KF(12, 12))
#define E_F6(op, q)	(E_MAJOR(op) | EF(q, 36) | EF(1, 33))
#define K_F6		(K_MAJOR | KF(36, 36) | KF(33, 33))
#define E_F8(op, x6)	(E_MAJOR(op) | EF(x6, 27))
#define K_F8		(K_MAJOR | KF(33, 27))
#define K_F9		K_F8
#define E_F16(y)	(E_F8(0, 0x01) | EF(y, 26))
#define K_F16		(K_F8 | KF(26, 26))

/* X-unit. */
#define E_X2		E_MAJOR(6)
#define K_X2		(K_MAJOR | KF(20, 20))
#define E_X3_BRL(btype)	(E_MAJOR(0xc) | EF(btype, 6))
#define K_X3_BRL	(K_MAJOR | KF(8, 6))

#endif
