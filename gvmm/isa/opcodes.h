/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What gvmm/isa/opcodes.def is made of: instruction numbers, formats, units,
 * row flags, and the encodings of struct insn.aux.
 */
#ifndef GVMM_ISA_OPCODES_H
#define GVMM_ISA_OPCODES_H

#include <stdint.h>

/* Every instruction; OP_ILLEGAL is 0. */
enum riven_op {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) OP_##id,
#include <gvmm/isa/opcodes.def>
#undef OP
	RIVEN_NR_OPS
};

/* Execution unit types (SDM 3:4.1); A goes into I and M slots. */
enum op_unit {
	UNIT_NONE, UNIT_A, UNIT_I, UNIT_M, UNIT_B, UNIT_F, UNIT_X,
	UNIT_L,		/* slot 1 of an MLX bundle: only bits for the X slot */
};

/* Instruction formats of SDM volume 3, chapter 4. */
enum op_format {
	FMT_NONE,
	FMT_A1, FMT_A2, FMT_A3, FMT_A4, FMT_A5, FMT_A6, FMT_A7, FMT_A8, FMT_A9, FMT_A10,
	FMT_I1, FMT_I2, FMT_I3, FMT_I4, FMT_I5, FMT_I6, FMT_I7, FMT_I8, FMT_I9, FMT_I10,
	FMT_I11, FMT_I12, FMT_I13, FMT_I14, FMT_I15, FMT_I16, FMT_I17, FMT_I18, FMT_I19,
	FMT_I20, FMT_I21, FMT_I22, FMT_I23, FMT_I24, FMT_I25, FMT_I26, FMT_I27, FMT_I28,
	FMT_I29, FMT_I30,
	FMT_M1, FMT_M2, FMT_M3, FMT_M4, FMT_M5, FMT_M6, FMT_M7, FMT_M8, FMT_M9, FMT_M10,
	FMT_M11, FMT_M12, FMT_M13, FMT_M14, FMT_M15, FMT_M16, FMT_M17, FMT_M18, FMT_M19,
	FMT_M20, FMT_M21, FMT_M22, FMT_M23, FMT_M24, FMT_M25, FMT_M26, FMT_M27, FMT_M28,
	FMT_M29, FMT_M30, FMT_M31, FMT_M32, FMT_M33, FMT_M34, FMT_M35, FMT_M36, FMT_M37,
	FMT_M38, FMT_M39, FMT_M40, FMT_M41, FMT_M42, FMT_M43, FMT_M44, FMT_M45, FMT_M46,
	FMT_M47, FMT_M48,
	FMT_B1, FMT_B2, FMT_B3, FMT_B4, FMT_B5, FMT_B6, FMT_B7, FMT_B8, FMT_B9,
	FMT_F1, FMT_F2, FMT_F3, FMT_F4, FMT_F5, FMT_F6, FMT_F7, FMT_F8, FMT_F9, FMT_F10,
	FMT_F11, FMT_F12, FMT_F13, FMT_F14, FMT_F15, FMT_F16,
	FMT_X1, FMT_X2, FMT_X3, FMT_X4, FMT_X5,
	RIVEN_NR_FORMATS
};

/* Row flags. */
enum op_flags {
	F_PRIV = 1,	/* Privileged Operation fault unless PSR.cpl is 0 */
	F_BRANCH = 2,	/* may continue elsewhere: br, brl, chk, fchkf, rfi */
	F_MEM = 4,	/* references data memory, or may: loads, stores,
			   semaphores, lfetch, fc, flushrs, loadrs */
	F_FP = 8,	/* names floating-point registers: disabled-FP check, mfl, mfh */
	F_NOPRED = 16,	/* has no qualifying predicate: qp is decoded as 0 */
	F_UNC = 32,	/* writes predicates even if qp is false: call the handler,
			   which looks at qp itself */
	F_SLOT2 = 64,	/* illegal outside of slot 2; the decoder has seen to it */
};

/*
 * aux of compares and bit tests: relation, ctype, and whether the compare is
 * of the low four bytes.
 */
#define AUX_CMP(rel, ctype, four) (CMP_##rel | CMP_##ctype | ((four) ? CMP_FOUR : 0))

enum aux_cmp {
	CMP_EQ = 0, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_LTU,
	CMP_Z = 0, CMP_NZ = 1,
	CMP_REL = 7,		/* mask of the relation */
	CMP_NONE = 0 << 3, CMP_UNC = 1 << 3, CMP_AND = 2 << 3, CMP_OR = 3 << 3,
	CMP_OR_ANDCM = 4 << 3,
	CMP_CTYPE = 7 << 3,	/* mask of the ctype */
	CMP_FOUR = 1 << 6,
};

/* aux of parallel add and subtract: log2 of the element size, saturation. */
#define AUX_SAT(size, sat) ((size) | SAT_##sat)

enum aux_sat {
	SAT_SIZE = 3,		/* mask of the log2 of the element size */
	SAT_MODULO = 0 << 2, SAT_SSS = 1 << 2, SAT_UUU = 2 << 2, SAT_UUS = 3 << 2,
	SAT_KIND = 3 << 2,
};

/*
 * aux of loads, stores and semaphores. Bits 1:0 are the log2 of the size for
 * integers, the memory format for floating point.
 */
enum aux_mem {
	LD_SIZE = 3,		/* mask */
	FP_E = 0, FP_8 = 1, FP_S = 2, FP_D = 3,
	LD_S = 4,		/* control speculative */
	LD_A = 8,		/* advanced: enters the ALAT */
	LD_C = 16,		/* check load: no access on an ALAT hit */
	LD_CLR = 32,		/* check load that removes the ALAT entry */
	LD_ACQ = 64,		/* acquire ordering */
	LD_FILL = 128,		/* ld8.fill, ldf.fill */
	ST_REL = 32,		/* release ordering */
	ST_SPILL = 128,		/* st8.spill, stf.spill */
};

/* aux of lfetch. */
enum aux_lfetch {
	LFETCH_IS_FAULT = 1, LFETCH_IS_EXCL = 2,
};

/* aux of probe. */
enum aux_probe {
	PROBE_READ = 1, PROBE_WRITE = 2,
};

/* aux of fma, fms and fnma: precision completer. */
enum aux_pc {
	PC_NONE = 0,		/* precision of the status field's pc and wre */
	PC_S = 1, PC_D = 2,
};

/* aux of fcmp, fpcmp and fclass. */
enum aux_fcmp {
	FCMP_EQ = 0, FCMP_LT = 1, FCMP_LE = 2, FCMP_UNORD = 3,
	FCMP_REL = 3,		/* mask */
	FCMP_UNC = 4,		/* fcmp, fclass: .unc */
	FCMP_NOT = 4,		/* fpcmp: complement of the relation */
};

/* Flags of an instruction, enum op_flags; op < RIVEN_NR_OPS. */
extern const uint8_t riven_op_flags[RIVEN_NR_OPS];

static inline unsigned op_flags(unsigned op)
{
	return riven_op_flags[op];
}

/* Mnemonic without hints; a string of the read-only data. op < RIVEN_NR_OPS. */
const char *op_mnemonic(unsigned op);
enum op_unit op_unit(unsigned op);
enum op_format op_format(unsigned op);

#endif
