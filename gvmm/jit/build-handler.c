// SPDX-License-Identifier: GPL-2.0-only
/* Instructions that their handler carries out, and what that may change. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/jit/build.h"

static bool changes_psr(const struct insn *i)
{
	switch (i->op) {
	case OP_SUM:
	case OP_RUM:
	case OP_SSM:
	case OP_RSM:
	case OP_MOV_TO_PSR_L:
	case OP_MOV_TO_PSR_UM:
		return true;
	default:
		return false;
	}
}

bool changes_machine(const struct insn *i)
{
	switch (i->op) {
	case OP_EPC:
	case OP_MOV_TO_CR:
	case OP_MOV_TO_RR:
	case OP_MOV_TO_PKR:
	case OP_MOV_TO_IBR:
	case OP_MOV_TO_DBR:
	case OP_MOV_M_TO_AR:
	case OP_MOV_M_TO_AR_IMM:
	case OP_ITC_D:
	case OP_ITC_I:
	case OP_ITR_D:
	case OP_ITR_I:
	case OP_PTC_L:
	case OP_PTC_G:
	case OP_PTC_GA:
	case OP_PTC_E:
	case OP_PTR_D:
	case OP_PTR_I:
		return true;
	default:
		return changes_psr(i);
	}
}

/* What a handler changes among the locations. Bits. */
enum {
	CHANGES_ALL = 1, CHANGES_GR = 2, CHANGES_BASE = 4, CHANGES_R1 = 8,
	CHANGES_FR = 16, CHANGES_TWO = 32,	/* f1, and another one in r4 */
};

static uint32_t m_unit_changes(const struct insn *i)
{
	switch (op_format(i->op)) {
	case FMT_M1:
	case FMT_M16:
	case FMT_M17:
		return CHANGES_GR;
	case FMT_M2:
	case FMT_M3:
		return CHANGES_GR | CHANGES_BASE;
	case FMT_M6:
	case FMT_M18:
		return CHANGES_FR;
	case FMT_M7:
	case FMT_M8:
		return CHANGES_FR | CHANGES_BASE;
	case FMT_M11:
		return CHANGES_FR | CHANGES_TWO;
	case FMT_M12:
		return CHANGES_FR | CHANGES_TWO | CHANGES_BASE;
	case FMT_M10:
		return CHANGES_BASE;
	case FMT_M19:
		return CHANGES_GR;
	case FMT_M9:
	case FMT_M13:
		return 0;
	case FMT_M14:
	case FMT_M15:
		return CHANGES_BASE;
	default:
		break;
	}
	/* No location: application registers that are one have no need of the handler, or fault. */
	if (changes_machine(i))
		return 0;
	switch (i->op) {
	case OP_MF:
	case OP_MF_A:
	case OP_INVALA:
	case OP_INVALA_E:
	case OP_INVALA_E_FP:
	case OP_FC:
	case OP_FC_I:
	case OP_SYNC_I:
	case OP_SRLZ_D:
	case OP_LOADRS:
	case OP_FLUSHRS:
	case OP_MOV_TO_PMC:
	case OP_MOV_TO_PMD:
	case OP_PROBE_R_FAULT:
	case OP_PROBE_W_FAULT:
	case OP_PROBE_RW_FAULT:
		return 0;
	case OP_MOV_M_FROM_AR:
	case OP_MOV_FROM_CR:
	case OP_MOV_FROM_PSR:
	case OP_MOV_FROM_PSR_UM:
	case OP_MOV_FROM_RR:
	case OP_MOV_FROM_PKR:
	case OP_MOV_FROM_IBR:
	case OP_MOV_FROM_DBR:
	case OP_MOV_FROM_PMC:
	case OP_MOV_FROM_PMD:
	case OP_MOV_FROM_CPUID:
	case OP_PROBE_R:
	case OP_PROBE_W:
	case OP_PROBE_R_IMM:
	case OP_PROBE_W_IMM:
	case OP_TPA:
	case OP_TAK:
	case OP_THASH:
	case OP_TTAG:
		return CHANGES_GR;
	default:
		return CHANGES_ALL;
	}
}

static uint32_t changes(const struct insn *i)
{
	switch (op_unit(i->op)) {
	case UNIT_A:
	case UNIT_F:
		return CHANGES_R1;
	case UNIT_I:
		return i->op != OP_MOV_I_TO_AR && i->op != OP_MOV_I_TO_AR_IMM &&
		       i->op != OP_MOV_TO_PR && i->op != OP_MOV_TO_PR_ROT ? CHANGES_R1 : CHANGES_ALL;
	case UNIT_M:
		return m_unit_changes(i);
	case UNIT_B:
		return i->op == OP_EPC ? 0 : CHANGES_ALL;
	default:
		return CHANGES_ALL;
	}
}

/* The handler about to be called changes the location. */
static void forget(struct translation *t, uint32_t loc)
{
	lose(t, loc);
	t->held[loc] = IR_NONE;
}

static void forget_float(struct translation *t, uint32_t fr)
{
	forget(t, LOC_FR + fr);
	forget(t, LOC_FT + fr);
	forget(t, LOC_FB + fr);
	t->fr_lost[fr / 64] |= 1ull << fr % 64;
}

/* What an instruction of the F unit writes: f1, predicates, or both. */
static void forget_float_targets(struct translation *t, const struct insn *i)
{
	enum op_format format = op_format(i->op);
	bool compares = format == FMT_F4 || format == FMT_F5;

	if (compares && i->r1 < 64)
		forget(t, LOC_PR + pred_of(t, i->r1));
	if ((compares || format == FMT_F6 || format == FMT_F7) && i->r4 < 64)
		forget(t, LOC_PR + pred_of(t, i->r4));
	if (!compares)
		forget_float(t, float_of(t, i->r1 & 127));
}

static void forget_changed(struct translation *t, const struct insn *i, uint32_t what)
{
	if (op_unit(i->op) == UNIT_F) {
		forget_float_targets(t, i);
		return;
	}
	if ((what & (CHANGES_GR | CHANGES_R1)) && i->r1 && i->r1 < 128)
		forget(t, LOC_GR + guest_of(t, i->r1));
	if (what & CHANGES_FR)
		forget_float(t, float_of(t, i->r1 & 127));
	if (what & CHANGES_TWO)
		forget_float(t, float_of(t, i->r4 & 127));
	if ((what & CHANGES_BASE) && i->r3)
		forget(t, LOC_GR + guest_of(t, i->r3));
	if (!(what & CHANGES_R1))
		return;
	if (i->r1 < 64)
		forget(t, LOC_PR + pred_of(t, i->r1));
	if (i->r4 < 64)
		forget(t, LOC_PR + pred_of(t, i->r4));
}

/* What the handler has done to the frame, when it is known now. */
static void follow_frame(struct translation *t, const struct insn *i)
{
	struct frame *f = &t->frame;

	switch (i->op) {
	case OP_ALLOC:
		/* A frame that cannot be faults: the code behind is not reached. */
		if (!alloc_legal(i))
			break;
		f->sof = i->r2;
		f->sol = i->r3;
		f->sor = (uint8_t)(i->r4 * 8u);
		break;
	case OP_CLRRRB:
		f->rrb_gr = f->rrb_fr = f->rrb_pr = 0;
		break;
	case OP_CLRRRB_PR:
		f->rrb_pr = 0;
		break;
	default:
		break;
	}
}

void build_handler(struct translation *t, const struct insn *i)
{
	ir_ref qp = op_flags(i->op) & F_UNC ? get(t, LOC_PR) : qualifier(t, i);
	uint32_t what = changes(i), at;

	if (ir_is(t, qp, 0))
		return;
	if (changes_psr(i)) {
		t->ic = IC_UNKNOWN;
		t->floats = 0;
	}
	forget_changed(t, i, what);
	ir_add(t, IR_HANDLER, IR_VOID, IR_NONE, IR_NONE, ir_is(t, qp, 1) ? IR_NONE : qp, 0);
	at = t->nr_ir - 1;
	t->ir[at].size = !(what & CHANGES_ALL);
	t->ir[at].site = ir_site(t);
	/* PSR and FPSR may be others. */
	if (op_unit(i->op) == UNIT_M || i->op == OP_FCLRF || i->op == OP_FSETC)
		t->floats = 0;
	if (what & CHANGES_ALL) {
		forget_all(t);
		follow_frame(t, i);
		t->ir[at].imm = add_exit(t, EXIT_LINK, 0, 0);
	}
}
