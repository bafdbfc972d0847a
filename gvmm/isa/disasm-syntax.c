// SPDX-License-Identifier: GPL-2.0-only
/* What the disassembler knows of each format: operands, hints, pseudo-instructions. */
#include <gvmm/isa/decode.h>
#include <gvmm/isa/disasm-syntax.h>

/* By format; what one instruction writes differently is in own_syntaxes. */
static const char syntaxes[RIVEN_NR_FORMATS][24] = {
	[FMT_A1] = "%g1=%g2,%g3",
	[FMT_A2] = "%g1=%g2,%d,%g3",
	[FMT_A3] = "%g1=%d,%g3",
	[FMT_A4] = "%g1=%d,%g3",
	[FMT_A5] = "%g1=%d,%g3",
	[FMT_A6] = "%p1,%p4=%g2,%g3",
	[FMT_A7] = "%p1,%p4=%g2,%g3",
	[FMT_A8] = "%p1,%p4=%d,%g3",
	[FMT_A9] = "%g1=%g2,%g3",
	[FMT_A10] = "%g1=%g2,%d,%g3",
	[FMT_I1] = "%g1=%g2,%g3,%d",
	[FMT_I2] = "%g1=%g2,%g3",
	[FMT_I3] = "%g1=%g2,%m",
	[FMT_I4] = "%g1=%g2,%x",
	[FMT_I5] = "%g1=%g3,%g2",
	[FMT_I6] = "%g1=%g3,%d",
	[FMT_I7] = "%g1=%g2,%g3",
	[FMT_I8] = "%g1=%g2,%d",
	[FMT_I9] = "%g1=%g3",
	[FMT_I10] = "%g1=%g2,%g3,%d",
	[FMT_I11] = "%g1=%g3,%d,%n4",
	[FMT_I12] = "%g1=%g2,%d,%n4",
	[FMT_I13] = "%g1=%i,%q,%l",
	[FMT_I14] = "%g1=%i,%g3,%d,%n4",
	[FMT_I15] = "%g1=%g2,%g3,%d,%n4",
	[FMT_I16] = "%p1,%p4=%g3,%d",
	[FMT_I17] = "%p1,%p4=%g3",
	[FMT_I18] = "%x",
	[FMT_I19] = "%x",
	[FMT_I20] = "%g2,%t",
	[FMT_I21] = "%b1=%g2,%j",
	[FMT_I22] = "%g1=%b2",
	[FMT_I23] = "pr=%g2,%x",
	[FMT_I24] = "pr.rot=%x",
	[FMT_I26] = "%a=%g2",
	[FMT_I27] = "%a=%d",
	[FMT_I28] = "%g1=%a",
	[FMT_I29] = "%g1=%g3",
	[FMT_I30] = "%p1,%p4=%d",
	[FMT_M1] = "%g1=[%g3]",
	[FMT_M2] = "%g1=[%g3],%g2",
	[FMT_M3] = "%g1=[%g3],%d",
	[FMT_M4] = "[%g3]=%g2",
	[FMT_M5] = "[%g3]=%g2,%d",
	[FMT_M6] = "%f1=[%g3]",
	[FMT_M7] = "%f1=[%g3],%g2",
	[FMT_M8] = "%f1=[%g3],%d",
	[FMT_M9] = "[%g3]=%f2",
	[FMT_M10] = "[%g3]=%f2,%d",
	[FMT_M11] = "%f1,%f4=[%g3]",
	[FMT_M12] = "%f1,%f4=[%g3],%d",
	[FMT_M13] = "[%g3]",
	[FMT_M14] = "[%g3],%g2",
	[FMT_M15] = "[%g3],%d",
	[FMT_M16] = "%g1=[%g3],%g2",
	[FMT_M17] = "%g1=[%g3],%d",
	[FMT_M18] = "%f1=%g2",
	[FMT_M19] = "%g1=%f2",
	[FMT_M20] = "%g2,%t",
	[FMT_M21] = "%f2,%t",
	[FMT_M22] = "%g1,%t",
	[FMT_M23] = "%f1,%t",
	[FMT_M26] = "%g1",
	[FMT_M27] = "%f1",
	[FMT_M28] = "%g3",
	[FMT_M29] = "%a=%g2",
	[FMT_M30] = "%a=%d",
	[FMT_M31] = "%g1=%a",
	[FMT_M32] = "%c=%g2",
	[FMT_M33] = "%g1=%c",
	[FMT_M34] = "%g1=ar.pfs,%n2,%n3,%r",
	[FMT_M37] = "%x",
	[FMT_M38] = "%g1=%g3,%g2",
	[FMT_M39] = "%g1=%g3,%d",
	[FMT_M40] = "%g3,%d",
	[FMT_M41] = "%g2",
	[FMT_M44] = "%x",
	[FMT_M45] = "%g3,%g2",
	[FMT_M46] = "%g1=%g3",
	[FMT_M47] = "%g3",
	[FMT_M48] = "%x",
	[FMT_B1] = "%t",
	[FMT_B2] = "%t",
	[FMT_B3] = "%b1=%t",
	[FMT_B4] = "%b2",
	[FMT_B5] = "%b1=%b2",
	[FMT_B6] = "%t,%j",
	[FMT_B7] = "%b2,%j",
	[FMT_B9] = "%x",
	[FMT_F1] = "%f1=%f3,%f4,%f2",
	[FMT_F2] = "%f1=%f3,%f4,%f2",
	[FMT_F3] = "%f1=%f3,%f4,%f2",
	[FMT_F4] = "%p1,%p4=%f2,%f3",
	[FMT_F5] = "%p1,%p4=%f2,%x",
	[FMT_F6] = "%f1,%p4=%f2,%f3",
	[FMT_F7] = "%f1,%p4=%f3",
	[FMT_F8] = "%f1=%f2,%f3",
	[FMT_F9] = "%f1=%f2,%f3",
	[FMT_F10] = "%f1=%f2",
	[FMT_F11] = "%f1=%f2",
	[FMT_F12] = "%h2,%h3",
	[FMT_F14] = "%t",
	[FMT_F15] = "%x",
	[FMT_F16] = "%x",
	[FMT_X1] = "%x",
	[FMT_X2] = "%g1=%x",
	[FMT_X3] = "%t",
	[FMT_X4] = "%b1=%t",
	[FMT_X5] = "%x",
};

static const struct {
	uint16_t op;
	char syntax[28];
} own_syntaxes[] = {
	{ OP_ADD_1, "%g1=%g2,%g3,1" },
	{ OP_SUB_1, "%g1=%g2,%g3,1" },
	{ OP_LD16, "%g1,ar.csd=[%g3]" },
	{ OP_LD16_ACQ, "%g1,ar.csd=[%g3]" },
	{ OP_ST16, "[%g3]=%g2,ar.csd" },
	{ OP_ST16_REL, "[%g3]=%g2,ar.csd" },
	{ OP_CMPXCHG1_ACQ, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG2_ACQ, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG4_ACQ, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG8_ACQ, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG1_REL, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG2_REL, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG4_REL, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMPXCHG8_REL, "%g1=[%g3],%g2,ar.ccv" },
	{ OP_CMP8XCHG16_ACQ, "%g1=[%g3],%g2,ar.csd,ar.ccv" },
	{ OP_CMP8XCHG16_REL, "%g1=[%g3],%g2,ar.csd,ar.ccv" },
	{ OP_MOV_FROM_IP, "%g1=ip" },
	{ OP_MOV_FROM_PR, "%g1=pr" },
	{ OP_MOV_TO_PSR_L, "psr.l=%g2" },
	{ OP_MOV_TO_PSR_UM, "psr.um=%g2" },
	{ OP_MOV_FROM_PSR, "%g1=psr" },
	{ OP_MOV_FROM_PSR_UM, "%g1=psr.um" },
	{ OP_MOV_TO_RR, "rr[%g3]=%g2" },
	{ OP_MOV_TO_DBR, "dbr[%g3]=%g2" },
	{ OP_MOV_TO_IBR, "ibr[%g3]=%g2" },
	{ OP_MOV_TO_PKR, "pkr[%g3]=%g2" },
	{ OP_MOV_TO_PMC, "pmc[%g3]=%g2" },
	{ OP_MOV_TO_PMD, "pmd[%g3]=%g2" },
	{ OP_ITR_D, "dtr[%g3]=%g2" },
	{ OP_ITR_I, "itr[%g3]=%g2" },
	{ OP_MOV_FROM_RR, "%g1=rr[%g3]" },
	{ OP_MOV_FROM_DBR, "%g1=dbr[%g3]" },
	{ OP_MOV_FROM_IBR, "%g1=ibr[%g3]" },
	{ OP_MOV_FROM_PKR, "%g1=pkr[%g3]" },
	{ OP_MOV_FROM_PMC, "%g1=pmc[%g3]" },
	{ OP_MOV_FROM_PMD, "%g1=pmd[%g3]" },
	{ OP_MOV_FROM_CPUID, "%g1=cpuid[%g3]" },
};

const char *disasm_syntax(unsigned int op)
{
	for (size_t n = 0; n < sizeof(own_syntaxes) / sizeof(own_syntaxes[0]); n++)
		if (own_syntaxes[n].op == op)
			return own_syntaxes[n].syntax;
	return syntaxes[op_format(op)];
}

/* Hints of memory references (SDM 3:4.4.1): bits 29:28, and a third bit. */
static void put_locality(struct text *t, enum op_format format, uint64_t slot)
{
	static const char names[3][8][5] = {
		{ "", ".nt1", ".d2", ".nta", ".d4", ".d5", ".d6", ".d7" },
		{ "", ".d1", ".d2", ".nta", ".d4", ".d5", ".d6", ".d7" },
		{ "", ".nt1", ".nt2", ".nta", ".d4", ".d5", ".d6", ".d7" },
	};
	unsigned int hint = slot >> 28 & 3;

	switch (format) {
	case FMT_M1:
	case FMT_M6:
		text_str(t, names[0][hint | (slot >> 19 & 1) << 2]);
		break;
	case FMT_M4:
	case FMT_M9:
		text_str(t, names[1][hint | (slot >> 12 & 1) << 2]);
		break;
	case FMT_M13:
	case FMT_M14:
	case FMT_M15:
		text_str(t, names[2][hint | (slot >> 12 & 1) << 2]);
		break;
	case FMT_M5:
	case FMT_M10:
		if (hint == 3)
			text_str(t, ".nta");
		break;
	default:
		if (hint & 1)
			text_str(t, hint == 1 ? ".nt1" : ".nta");
		break;
	}
}

/* Whether, how much to prefetch, and deallocation: wh, p and d (SDM 3:4.5.1). */
static void put_branch(struct text *t, const struct insn *i, uint64_t slot)
{
	static const char whether[4][6] = { ".sptk", ".spnt", ".dptk", ".dpnt" };
	bool plain = (i->op == OP_BR_COND || i->op == OP_BR_COND_IND || i->op == OP_BRL_COND) &&
		     !i->qp;
	unsigned int wh = slot >> 33 & 3;

	/* B5 has a third bit, whose other value is reserved and means sptk. */
	if (i->op == OP_BR_CALL_IND && !(slot >> 32 & 1))
		wh = 0;
	/* An unconditional br is written without its type and, if that is sptk, without wh. */
	if (!plain || wh)
		text_str(t, whether[wh]);
	text_str(t, slot >> 12 & 1 ? ".many" : ".few");
	if (slot >> 35 & 1)
		text_str(t, ".clr");
}

static void put_predict(struct text *t, enum op_format format, uint64_t slot)
{
	static const char ip_relative[4][6] = { ".sptk", ".loop", ".dptk", ".exit" };
	unsigned int wh = slot >> 3 & 3;

	if (format == FMT_B6)
		text_str(t, ip_relative[wh]);
	else
		text_str(t, wh == 2 ? ".dptk" : ".sptk");
	if (slot >> 35 & 1)
		text_str(t, ".imp");
}

static void put_mov_to_br(struct text *t, uint64_t slot)
{
	unsigned int wh = slot >> 20 & 3;

	if (wh != 1)
		text_str(t, wh == 2 ? ".dptk" : ".sptk");
	if (slot >> 23 & 1)
		text_str(t, ".imp");
}

void disasm_completers(struct text *t, const struct insn *i, uint64_t slot)
{
	enum op_format format = op_format(i->op);

	switch (format) {
	case FMT_M1 ... FMT_M17:
		put_locality(t, format, slot);
		break;
	case FMT_B1 ... FMT_B5:
	case FMT_X3:
	case FMT_X4:
		put_branch(t, i, slot);
		break;
	case FMT_B6:
	case FMT_B7:
		put_predict(t, format, slot);
		break;
	case FMT_I21:
		put_mov_to_br(t, slot);
		break;
	case FMT_F1:
	case FMT_F4:
	case FMT_F6:
	case FMT_F7:
	case FMT_F8:
	case FMT_F10:
	case FMT_F12:
	case FMT_F13:
	case FMT_F14:
		text_str(t, ".s");
		text_number(t, slot >> 34 & 3, 10, 1);
		break;
	default:
		break;
	}
}

/* fma and its kin, whose product or sum is with a constant register. */
static const char *pseudo_fma(struct text *t, const struct insn *i)
{
	static const char two[] = "%f1=%f3,%f4", sum[] = "%f1=%f3,%f2", one[] = "%f1=%f3";
	const char *mnemonic = op_mnemonic(i->op), *completer = mnemonic;

	while (*completer && *completer != '.')
		completer++;
	switch (i->op) {
	case OP_FMA:
	case OP_FMA_S:
	case OP_FMA_D:
		if (i->r4 == 1 && i->r2 == 0) {
			text_str(t, "fnorm");
			text_str(t, completer);
			return one;
		}
		if (i->r2 != 0 && i->r4 != 1)
			return NULL;
		text_str(t, i->r2 == 0 ? "fmpy" : "fadd");
		text_str(t, completer);
		return i->r2 == 0 ? two : sum;
	case OP_FMS:
	case OP_FMS_S:
	case OP_FMS_D:
		if (i->r4 != 1)
			return NULL;
		text_str(t, "fsub");
		text_str(t, completer);
		return sum;
	case OP_FNMA:
	case OP_FNMA_S:
	case OP_FNMA_D:
		if (i->r2 != 0)
			return NULL;
		text_str(t, "fnmpy");
		text_str(t, completer);
		return two;
	case OP_FPMA:
	case OP_FPNMA:
		if (i->r2 != 0)
			return NULL;
		text_str(t, i->op == OP_FPMA ? "fpmpy" : "fpnmpy");
		return two;
	case OP_XMA_L:
	case OP_XMA_H:
	case OP_XMA_HU:
		if (i->r2 != 0)
			return NULL;
		text_str(t, "xmpy");
		text_str(t, completer);
		return two;
	default:
		return NULL;
	}
}

/* Moves, negations and absolute values by merging signs. */
static const char *pseudo_merge(struct text *t, const struct insn *i)
{
	bool parallel = i->op == OP_FPMERGE_S || i->op == OP_FPMERGE_NS;
	bool negate = i->op == OP_FMERGE_NS || i->op == OP_FPMERGE_NS;

	if (i->r2 == i->r3 && !(parallel && !negate)) {
		text_str(t, parallel ? "fpneg" : negate ? "fneg" : "mov");
		return "%f1=%f3";
	}
	if (i->r2 == 0) {
		text_str(t, parallel ? "fp" : "f");
		text_str(t, negate ? "negabs" : "abs");
		return "%f1=%f3";
	}
	return NULL;
}

const char *disasm_pseudo(struct text *t, const struct insn *i, uint64_t slot)
{
	switch (i->op) {
	case OP_ADDS:
		if (i->imm)
			return NULL;
		text_str(t, "mov");
		return "%g1=%g3";
	case OP_ADDL:
		if (i->r3)
			return NULL;
		text_str(t, "mov");
		return "%g1=%d";
	case OP_EXTR:
	case OP_EXTR_U:
		/* To the top: a shift. */
		if (i->imm + i->r4 != 64)
			return NULL;
		text_str(t, i->op == OP_EXTR ? "shr" : "shr.u");
		return "%g1=%g3,%d";
	case OP_DEP_Z:
		if (i->imm + i->r4 != 64)
			return NULL;
		text_str(t, "shl");
		return "%g1=%g2,%d";
	case OP_MOV_TO_BR:
		/* Without a hint and importance the tag does not matter. */
		if ((slot >> 20 & 3) != 1 || (slot >> 23 & 1))
			return NULL;
		text_str(t, "mov");
		return "%b1=%g2";
	case OP_BR_COND:
	case OP_BR_COND_IND:
	case OP_BRL_COND:
		if (i->qp || (slot >> 33 & 3))
			return NULL;
		text_str(t, i->op == OP_BRL_COND ? "brl" : "br");
		return disasm_syntax(i->op);
	case OP_FMERGE_S:
	case OP_FMERGE_NS:
	case OP_FPMERGE_S:
	case OP_FPMERGE_NS:
		return pseudo_merge(t, i);
	default:
		return pseudo_fma(t, i);
	}
}
