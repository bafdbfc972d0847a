// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <riven/vpd.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/encoding.h"
#include "gvmm/isa/opcodes.h"
#include "tests/fuzz/program.h"
#include "tests/jit/likely-dense.h"
#include "tests/jit/likely-float.h"
#include "tests/jit/likely.h"

/* What references find, most of the time. */
#define DATA		0x100000ull
#define DATA_SIZE	0x10000ull

/* What compilers make most of their code of. */
static const uint16_t common[] = {
	OP_ADD, OP_ADD_1, OP_SUB, OP_SUB_1, OP_ADDP4, OP_AND, OP_ANDCM, OP_OR, OP_XOR, OP_SHLADD,
	OP_SUB_IMM, OP_AND_IMM, OP_ANDCM_IMM, OP_OR_IMM, OP_XOR_IMM, OP_ADDS, OP_ADDL,
	OP_ADDP4_IMM, OP_SHLADDP4,
	OP_CMP_LT, OP_CMP_LT_IMM, OP_CMP_LTU, OP_CMP_LTU_IMM, OP_CMP_EQ, OP_CMP_EQ_IMM,
	OP_CMP4_LT, OP_CMP4_LT_IMM, OP_CMP4_LTU, OP_CMP4_LTU_IMM, OP_CMP4_EQ, OP_CMP4_EQ_IMM,
	OP_CMP_EQ_UNC, OP_CMP_LT_UNC_IMM, OP_CMP4_LTU_UNC, OP_CMP_EQ_AND, OP_CMP_NE_OR_IMM,
	OP_CMP_GT_AND, OP_CMP_LE_OR, OP_CMP4_GE_OR_ANDCM, OP_CMP4_EQ_OR_ANDCM_IMM,
	OP_TBIT_Z, OP_TBIT_Z_UNC, OP_TBIT_NZ_AND, OP_TBIT_NZ_OR, OP_TBIT_Z_OR_ANDCM,
	OP_SHL, OP_SHR, OP_SHR_U, OP_SHRP, OP_EXTR, OP_EXTR_U, OP_DEP, OP_DEP_Z, OP_DEP_IMM,
	OP_DEP_Z_IMM, OP_ZXT1, OP_ZXT2, OP_ZXT4, OP_SXT1, OP_SXT2, OP_SXT4, OP_POPCNT,
	OP_MOV_TO_BR, OP_MOV_FROM_BR, OP_MOV_FROM_IP, OP_MOV_FROM_PR, OP_MOV_TO_PR,
	OP_LD1, OP_LD2, OP_LD4, OP_LD8, OP_LD1_IMM, OP_LD2_IMM, OP_LD4_IMM, OP_LD8_IMM,
	OP_LD8_REG, OP_LD4_REG, OP_LD4_ACQ, OP_LD8_BIAS, OP_LD8_FILL, OP_LD8_A, OP_LD8_C_CLR,
	OP_ST1, OP_ST2, OP_ST4, OP_ST8, OP_ST1_IMM, OP_ST4_IMM, OP_ST8_IMM, OP_ST8_SPILL,
	OP_ST8_REL, OP_LFETCH_IMM, OP_XCHG8, OP_FETCHADD8_ACQ,
	OP_BR_COND, OP_BR_COND, OP_BR_COND, OP_BR_CLOOP, OP_BR_CTOP, OP_BR_CEXIT, OP_BR_WTOP,
	OP_BR_CALL, OP_BR_CALL, OP_BR_RET, OP_BR_RET, OP_BR_COND_IND, OP_BR_CALL_IND,
	OP_MOVL, OP_BRL_COND, OP_BRL_CALL, OP_ALLOC, OP_ALLOC, OP_MOV_I_TO_AR, OP_MOV_I_FROM_AR,
	OP_MOV_M_FROM_AR, OP_CHK_S_M, OP_SETF_SIG, OP_GETF_SIG, OP_LDFD, OP_STFD, OP_FMA,
	OP_FMA_D, OP_COVER, OP_CLRRRB, OP_FLUSHRS, OP_LOADRS,
	OP_XMA_L, OP_XMA_H, OP_XMA_HU, OP_TNAT_Z, OP_TNAT_NZ_OR, OP_TNAT_Z_UNC,
};

/* Parallel operations and other rearrangements. */
static const uint16_t parallel[] = {
	OP_PADD1, OP_PADD2, OP_PADD4, OP_PADD1_SSS, OP_PADD2_SSS, OP_PADD1_UUU, OP_PADD2_UUU,
	OP_PADD1_UUS, OP_PADD2_UUS, OP_PSUB1, OP_PSUB2, OP_PSUB4, OP_PSUB1_SSS, OP_PSUB2_SSS,
	OP_PSUB1_UUU, OP_PSUB2_UUU, OP_PSUB1_UUS, OP_PSUB2_UUS, OP_PAVG1, OP_PAVG1_RAZ, OP_PAVG2,
	OP_PAVG2_RAZ, OP_PAVGSUB1, OP_PAVGSUB2, OP_PCMP1_EQ, OP_PCMP2_EQ, OP_PCMP4_EQ,
	OP_PCMP1_GT, OP_PCMP2_GT, OP_PCMP4_GT, OP_PSHLADD2, OP_PSHRADD2,
	OP_PMPYSHR2, OP_PMPYSHR2_U, OP_PMPY2_R, OP_PMPY2_L, OP_PMIN1_U, OP_PMIN2, OP_PMAX1_U,
	OP_PMAX2, OP_PSAD1, OP_PACK2_SSS, OP_PACK2_USS, OP_PACK4_SSS,
	OP_MIX1_R, OP_MIX1_L, OP_MIX2_R, OP_MIX2_L, OP_MIX4_R, OP_MIX4_L, OP_UNPACK1_H,
	OP_UNPACK1_L, OP_UNPACK2_H, OP_UNPACK2_L, OP_UNPACK4_H, OP_UNPACK4_L, OP_MUX1, OP_MUX1,
	OP_MUX2, OP_PSHR2, OP_PSHR2_U, OP_PSHR4, OP_PSHR4_U, OP_PSHR2_IMM, OP_PSHR2_U_IMM,
	OP_PSHR4_IMM, OP_PSHR4_U_IMM, OP_PSHL2, OP_PSHL4, OP_PSHL2_IMM, OP_PSHL4_IMM,
	OP_CZX1_L, OP_CZX1_R, OP_CZX2_L, OP_CZX2_R, OP_AND, OP_OR, OP_XOR, OP_ANDCM, OP_ADDS,
	OP_SHL, OP_SHR, OP_SHR_U, OP_SHRP, OP_EXTR, OP_EXTR_U, OP_DEP, OP_DEP_Z, OP_ZXT4, OP_SXT4,
	OP_LD8, OP_ST8, OP_LD4, OP_ST4, OP_ADDP4_IMM,
	OP_TNAT_Z, OP_TNAT_Z_UNC, OP_TNAT_NZ_AND, OP_TNAT_Z_OR, OP_TNAT_NZ_OR_ANDCM,
	OP_TF_Z, OP_TF_Z_UNC, OP_TF_NZ_OR, OP_MOV_FROM_PR, OP_MOV_TO_PR, OP_MOV_TO_PR_ROT,
};

/* Every so many instructions of the present program are of the second kind. */
static uint32_t parallel_each;
/* Out of four instructions so many are floating point. */
static uint32_t floats;

/* Is the program a floating-point loop, or a dense one? Its state is to be one, too. */
static bool loop, dense;

/* What kernels make much of besides. */
static const uint16_t privileged[] = {
	OP_MOV_TO_CR,
	OP_MOV_TO_CR,
	OP_MOV_TO_CR,
	OP_MOV_FROM_CR,
	OP_MOV_FROM_CR,
	OP_MOV_M_TO_AR,
	OP_MOV_M_TO_AR,
	OP_MOV_M_TO_AR_IMM,
	OP_MOV_M_FROM_AR,
	OP_MOV_M_FROM_AR,
	OP_MOV_I_TO_AR,
	OP_MOV_I_TO_AR_IMM,
	OP_MOV_I_FROM_AR,
	OP_SSM,
	OP_SSM,
	OP_RSM,
	OP_RSM,
	OP_SUM,
	OP_RUM,
	OP_MOV_FROM_PSR,
	OP_MOV_TO_PSR_L,
	OP_MOV_FROM_PSR_UM,
	OP_MOV_TO_PSR_UM,
	OP_SRLZ_D,
	OP_SRLZ_I,
	OP_SYNC_I,
	OP_MF,
	OP_MF_A,
	OP_INVALA,
	OP_INVALA_E,
	OP_FC,
	OP_FC_I,
	OP_MOV_TO_RR,
	OP_MOV_FROM_RR,
	OP_MOV_TO_PKR,
	OP_MOV_FROM_PKR,
	OP_ITC_D,
	OP_ITC_I,
	OP_PTC_L,
	OP_PTC_GA,
	OP_PROBE_R,
	OP_PROBE_W,
	OP_PROBE_R_IMM,
	OP_PROBE_W_IMM,
	OP_PROBE_R_FAULT,
	OP_PROBE_W_FAULT,
	OP_PROBE_RW_FAULT,
	OP_TPA,
	OP_TPA,
	OP_THASH,
	OP_THASH,
	OP_TTAG,
	OP_MOV_TO_RR,
	OP_MOV_FROM_RR,
	OP_MOV_TO_PSR_L,
	OP_TAK,
	OP_BSW_0,
	OP_BSW_1,
	OP_COVER,
	OP_RFI,
	OP_RFI,
	OP_EPC,
	OP_BREAK_M,
	OP_BREAK_I,
	OP_BREAK_B,
	OP_FLUSHRS,
	OP_LOADRS,
	OP_CMPXCHG4_ACQ,
	OP_CMPXCHG8_REL,
	OP_XCHG4,
	OP_FETCHADD4_ACQ,
	OP_FETCHADD8_REL,
	OP_CMPXCHG1_ACQ,
	OP_LFETCH_FAULT_IMM,
	OP_MOV_TO_PR,
	OP_MOV_FROM_PR,
	OP_MOV_TO_PR_ROT,
	OP_CLRRRB,
	OP_ALLOC,
	OP_BR_RET,
	OP_NOP_M,
	OP_NOP_I,
	OP_STF_SPILL,
	OP_STF_SPILL_IMM,
	OP_STF_SPILL_IMM,
};

static const uint8_t control[] = {
	CR_DCR, CR_ITM, CR_IVA, CR_PTA, CR_IPSR, CR_IPSR, CR_ISR, CR_IIP, CR_IIP, CR_IFA, CR_ITIR,
	CR_IIPA, CR_IFS, CR_IFS, CR_IIM, CR_IHA, CR_LID, CR_IVR, CR_TPR, CR_EOI, CR_IRR0, CR_ITV,
};

static const uint8_t application[] = {
	0, 1, 6, 7, 16, 16, 17, 18, 18, 19, 19, 25, 26, 32, 36, 40, 44, 64, 64, 65, 66,
};

static bool fits(enum op_unit has, enum op_unit wanted)
{
	return has == wanted || (has == UNIT_A && (wanted == UNIT_M || wanted == UNIT_I));
}

#define R3_SHIFT	20
#define R2_SHIFT	13
#define R1_SHIFT	6

static uint64_t with_register(uint64_t slot, uint32_t shift, uint64_t n)
{
	return (slot & ~(0x7full << shift)) | n << shift;
}

/* PSR bits that ssm and the like change without going astray. */
static uint64_t tame_mask(uint64_t slot)
{
	static const uint32_t bits[] = {
		0x2000, 0x4000, 0x6000, 0x20000, 0x8, 0x4, 0x10, 0x20, 0x40000, 0x80000, 0x2,
		0x100000, 0x200000, 0x8000,
	};
	uint64_t mask = bits[below(sizeof(bits) / sizeof(bits[0]))];

	slot &= ~(0x1fffffull << 6 | 3ull << 31 | 1ull << 36);
	return slot | (mask & 0x1fffff) << 6 | (mask >> 21 & 3) << 31 | (mask >> 23 & 1) << 36;
}

/* Branches stay near; frames are of a common shape; registers are those in use. */
static uint64_t tame(uint32_t op, uint64_t slot)
{
	switch (op) {
	case OP_BR_COND:
	case OP_BR_CLOOP:
	case OP_BR_CTOP:
	case OP_BR_CEXIT:
	case OP_BR_WTOP:
	case OP_BR_CALL:
		slot &= ~(0xfffffull << 13 | 1ull << 36);
		slot |= below(2) ? below(24) << 13 : (0x100000 - below(24)) % 0x100000 << 13 | 1ull << 36;
		break;
	case OP_ALLOC:
		slot &= ~(0x3ffffull << 13 | 0x7full << 6);
		slot |= (16 + below(64)) << 13 | below(16) << 20 | below(3) << 27 | 34ull << 6;
		break;
	case OP_SSM:
	case OP_RSM:
	case OP_SUM:
	case OP_RUM:
		slot = tame_mask(slot);
		break;
	default:
		if (below(8))
			slot &= ~(0x60ull << 20 | 0x60ull << 13 | 0x60ull << 6);
		else
			slot &= ~(0x50ull << 20 | 0x50ull << 13 | 0x50ull << 6);
		slot = rows[op].match | (slot & ~rows[op].mask);
		break;
	}
	if (op == OP_MOV_TO_CR || op == OP_MOV_FROM_CR)
		slot = with_register(slot, R3_SHIFT, control[below(sizeof(control))]);
	else if ((op == OP_STF_SPILL || op == OP_STF_SPILL_IMM) && below(4))
		slot = with_register(slot, R2_SHIFT, 0);
	else if (op == OP_MOV_M_TO_AR || op == OP_MOV_M_FROM_AR || op == OP_MOV_I_TO_AR ||
		 op == OP_MOV_I_FROM_AR || op == OP_MOV_M_TO_AR_IMM || op == OP_MOV_I_TO_AR_IMM)
		slot = with_register(slot, R3_SHIFT, application[below(sizeof(application))]);
	return below(3) ? slot & ~63ull : slot;
}

static uint32_t draw_op(bool kernel)
{
	if (kernel && below(2))
		return privileged[below(sizeof(privileged) / sizeof(privileged[0]))];
	if (below(4) < floats)
		return likely_floats[below(nr_likely_floats)];
	if (!below(parallel_each))
		return parallel[below(sizeof(parallel) / sizeof(parallel[0]))];
	return common[below(sizeof(common) / sizeof(common[0]))];
}

static uint64_t common_slot(enum op_unit unit, bool kernel)
{
	for (;;) {
		uint32_t op = draw_op(kernel);
		const struct row *r = &rows[op];

		if (unit == UNIT_L || unit == UNIT_NONE)
			return next_random() >> 23;
		if (fits((enum op_unit)r->unit, unit) || (unit == UNIT_F && r->unit == UNIT_F))
			return tame(op, r->match | (next_random() >> 23 & ~r->mask));
	}
}

static void put_bundle(uint8_t *at, uint64_t template, uint64_t s0, uint64_t s1, uint64_t s2)
{
	uint64_t lo = template | s0 << 5 | s1 << 46, hi = s1 >> 18 | s2 << 23;

	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

/* r1 = r3 op, in the places that adds and ld8 have them; imm: up to 127. */
static uint64_t slot_of(uint32_t op, uint64_t r1, uint64_t r3, uint64_t imm)
{
	return rows[op].match | r1 << 6 | imm << 13 | r3 << 20;
}

/* A register is saved, changed over a reference, and restored: what compilers do to LC. */
static void save_and_restore(uint8_t *at)
{
	uint64_t a = 2 + below(14), b = 2 + below(30), c = 2 + below(30), nop = rows[OP_NOP_I].match;

	put_bundle(at, 0x03, slot_of(OP_ADDS, a, b, 0), slot_of(OP_ADDS, b, b, 1 + below(100)), nop);
	put_bundle(at + 16, 0x01, slot_of(below(2) ? OP_LD8 : OP_LD1, 32 + below(8), c, 0), nop, nop);
	put_bundle(at + 32, 0x01, rows[OP_NOP_M].match, slot_of(OP_ADDS, b, a, 0), nop);
}

#define TEMPLATE_MMI	0x08
#define TEMPLATE_MIB	0x10
#define TEMPLATE_M_MI	   0x0a
#define TEMPLATE_M_MI_STOP 0x0b

#define AR_RSC 16ull

/* An empty frame, of which nothing is dirty: the second flushrs and loadrs have nothing to do. */
static void flush_and_load(uint8_t *at)
{
	uint64_t nop = rows[OP_NOP_I].match, rsc = AR_RSC << R3_SHIFT;
	uint64_t pages = 2 + below(30);

	put_bundle(at, TEMPLATE_MIB, rows[OP_NOP_M].match, nop, rows[OP_COVER].match);
	put_bundle(at + 16, TEMPLATE_M_MI_STOP, rows[OP_FLUSHRS].match, rows[OP_FLUSHRS].match,
		   nop);
	put_bundle(at + 32, TEMPLATE_M_MI_STOP, rows[OP_MOV_M_TO_AR_IMM].match | rsc,
		   rows[OP_LOADRS].match, nop);
	/* And a page that has been referred to is asked about. */
	put_bundle(at + 48, TEMPLATE_M_MI_STOP, slot_of(OP_LD8, 8, pages, 0),
		   slot_of(below(2)   ? OP_TPA
			   : below(2) ? OP_PROBE_R_IMM
				      : OP_PROBE_W_IMM,
			   9, pages, below(4)),
		   nop);
}

/* A vector that goes on behind the bundle that was interrupted. */
static void skip_bundle(uint8_t *at)
{
	uint64_t r16 = 16ull << R1_SHIFT, iip = (uint64_t)CR_IIP << R3_SHIFT;

	put_bundle(at, TEMPLATE_MMI, rows[OP_MOV_FROM_CR].match | iip | r16, rows[OP_NOP_M].match,
		   slot_of(OP_ADDS, 16, 16, 16));
	put_bundle(at + 16, TEMPLATE_MIB, rows[OP_MOV_TO_CR].match | iip | 16ull << R2_SHIFT,
		   rows[OP_NOP_I].match, rows[OP_RFI].match);
}

static void common_bundle(uint8_t *at, bool kernel)
{
	static const uint8_t templates[] = {
		0x00, 0x01, 0x02, 0x04, 0x08, 0x09, 0x0a, 0x0c, 0x0e, 0x10, 0x11, 0x12, 0x16, 0x18,
		0x19, 0x1c, 0x0c, 0x0d, 0x0e, 0x1c, 0x0c, 0x0d,
	};
	/* The last ones have a floating-point slot. */
	unsigned int template = templates[below(sizeof(templates) - (floats ? 0 : 6))];
	uint64_t s[3];

	for (unsigned int i = 0; i < 3; i++)
		s[i] = common_slot(template_unit(template, i), kernel);
	put_bundle(at, template, s[0], s[1], s[2]);
}

/* A value that a register of the system might well have. */
static uint64_t plausible(const struct riven_state *s)
{
	switch (below(7)) {
	case 6:
		return 24 << 2;
	case 0:
		return s->cfm | (below(2) ? 1ull << 63 : 0);
	case 1:
		return (s->psr & ~(3ull << 32)) | (below(4) ? 0 : below(4)) << 32 |
		       below(3) << 41 | (below(2) ? 1ull << 14 : 0);
	case 2:
		return CODE + (below(CODE_SIZE) & ~15ull);
	case 3:
		return (12 + below(3)) << 2;
	case 4:
		return below(4) << 2 | below(4);
	default:
		return 0x10000000000661 | (below(RAM_SIZE) & ~0xfffull) | below(4) << 7 | 3 << 9;
	}
}

/* What decides how interruptions come and go. */
static void likely_system(struct riven_state *s)
{
	for (int i = 1; i < 128; i++)
		if (!below(3))
			s->gr[i] = plausible(s);
	s->psr |= (below(2) ? 1ull << 14 : 0) | (below(4) ? 0 : 8);
	s->cr[CR_IIP] = CODE + (below(CODE_SIZE) & ~15ull);
	s->cr[CR_IPSR] = (s->psr & ~(3ull << 32)) | below(4) << 32 | below(3) << 41 |
			 (below(2) ? 1ull << 14 : 0);
	s->cr[CR_IFS] = s->cfm | (below(2) ? 1ull << 63 : 0);
	s->cr[CR_TPR] = below(3) ? 0 : below(16) << 4;
	if (below(4))
		s->cr[CR_PTA] = (below(RAM_SIZE) & ~0x7fffull) | (14 + below(6)) << 2 |
				below(2) << 8 | below(2);
	for (int i = 0; i < 4; i++)
		s->cr[CR_IRR0 + i] = below(8) ? 0 : 1ull << (16 + below(48));
}

void likely_state(struct riven_state *s)
{
	if (below(8)) {
		s->nat[0] = s->nat[1] = 0;
		s->bank_nat = 0;
		s->dirty_nat[0] = s->dirty_nat[1] = 0;
		s->ar[36] = 0;
		s->ar[19] = 0;
	}
	s->psr = 1ull << 44 | (below(2) ? 1ull << 13 : 0) | (below(8) ? 0 : 2);
	if (below(2))	/* translated, one to one */
		s->psr |= 1ull << 36 | 1ull << 17 | 1ull << 27 |
			  (below(2) ? 0 : below(4)) << 32;
	s->cfm = (16 + below(64)) | below(16) << 7;
	if (below(2))
		s->cfm = 40 | 20ull << 7 | below(3) << 14 | below(8) << 18 * (s->cfm & 1) |
			 below(48) << 32;
	for (int i = 1; i < 128; i++)
		if (below(3))
			s->gr[i] = 0x100000 + (below(0x100000) & ~7ull);
	s->cr[CR_IVA] = IVT;
	s->ar[16] &= ~3ull;
	s->ar[18] = 0x300000 + (below(0x1000) & ~7ull);
	s->ar[64] = (20 + below(40)) | below(20) << 7 | below(64) << 52;
	s->ar[65] = below(40);
	s->ar[66] = below(20);
	for (int i = 0; i < 8; i++) {
		s->rr[i] = 24 << 2 | (uint64_t)i << 8;
		s->ibr[i] = s->dbr[i] = 0;
	}
	for (int i = 0; i < 64; i++)
		s->itr[i].pte = s->dtr[i].pte = 0;
	s->itr[0] = (struct riven_tr){ 0x10000000000661 | 3 << 7 | 3 << 9, 24 << 2, 0, 0 };
	s->dtr[0] = s->itr[0];
	if (below(2))
		likely_system(s);
	if (loop)
		likely_loop_state(s);
	else if (below(4) || dense)
		likely_float_state(s);
	if (dense)
		likely_dense_state(s);
}

static void make_bundle(uint8_t *at, bool wild, bool kernel)
{
	if (wild)
		random_bundle(at);
	else
		common_bundle(at, kernel);
}

void likely_program(uint8_t *ram, bool wild)
{
	bool kernel = below(2);

	parallel_each = below(3) ? 12 : 2;
	floats = below(3) ? 1 + (uint32_t)below(3) : 0;
	for (uint64_t a = CODE; a < CODE + CODE_SIZE; a += 16)
		make_bundle(ram + a, wild, kernel);
	for (uint64_t a = CODE; !wild && a < CODE + CODE_SIZE - 48; a += 16 * (3 + below(24)))
		save_and_restore(ram + a);
	for (uint64_t a = CODE; kernel && !wild && a < CODE + CODE_SIZE - 64;
	     a += 16 * (5 + below(40)))
		flush_and_load(ram + a);
	loop = !wild && below(3) == 0;
	dense = !wild && !loop && below(3) == 0;
	if (loop)
		likely_float_loop(ram);
	else if (dense)
		likely_dense(ram);
	for (uint64_t a = IVT; a < IVT + IVT_SIZE; a += 16)
		make_bundle(ram + a, kernel ? !below(8) : below(2), kernel);
	for (uint64_t a = IVT; a < IVT + IVT_SIZE && kernel; a += 0x100)
		if (below(4))
			skip_bundle(ram + a);
	for (uint64_t a = DATA; a < DATA + DATA_SIZE; a += 8) {
		uint64_t x = floats && below(2) ? likely_float_word() : interesting();

		memcpy(ram + a, &x, 8);
	}
	for (uint64_t a = DATA; floats && a < DATA + DATA_SIZE; a += 16)
		if (!below(6))
			likely_extended(ram + a);
}

void likely_copy(uint8_t *to, const uint8_t *from)
{
	memcpy(to + CODE, from + CODE, CODE_SIZE);
	memcpy(to + IVT, from + IVT, IVT_SIZE);
	memcpy(to + DATA, from + DATA, DATA_SIZE);
}
