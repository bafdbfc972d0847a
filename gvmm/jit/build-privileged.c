// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers, PSR and what orders their changes. What is rare, and every
 * fault, is the handler's: each instruction asks inline whether this is the common case.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/jit/build.h"
#include "gvmm/jit/ways.h"

static ir_ref psr(struct translation *t)
{
	return load_field(t, VPD_FIELD(vpsr), 8);
}

/* Is PSR.ic set? */
static ir_ref collects(struct translation *t)
{
	if (t->ic != IC_UNKNOWN)
		return ir_bool(t, t->ic == IC_SET);
	return has_bits(t, psr(t), PSR_IC);
}

/* Does an interrupt wait for PSR.i, which is clear in old? */
static ir_ref held_back(struct translation *t, ir_ref old)
{
	return ir_and(t, is_zero(t, load_field(t, VCPU_FIELD(irq_ready), 1)) ^ IR_NOT,
		      has_bits(t, old, PSR_I) ^ IR_NOT);
}

/* Bits of PSR that the block's key knows: a mask of them, and what they are. */
static uint64_t known_psr(const struct translation *t, uint64_t *value)
{
	uint32_t mode = (t->key.flags & KEY_MODE) / KEY_MODE_1;

	*value = (t->key.flags & KEY_BE ? PSR_BE : 0) | (mode < MTLB_PHYSICAL ? PSR_DT : 0);
	return PSR_BE | (mode <= MTLB_PHYSICAL ? PSR_DT : 0);
}

/* ssm, rsm, sum, rum: of so many bits. What stays as it is, such as PSR.be, is no change. */
static bool change_psr(struct translation *t, const struct insn *i, bool set, uint64_t bits,
		       uint64_t plain)
{
	uint64_t mask = (uint64_t)i->imm, value, known = known_psr(t, &value) & bits;
	ir_ref qp = qualifier(t, i), old, new;

	mask &= ~(known & (set ? value : ~value));
	if (mask & ~plain)
		return false;
	old = psr(t);
	/* An interrupt that waited for this comes behind the bundle. */
	if (set && (mask & PSR_I))
		aside(t, ir_and(t, held_back(t, old), qp));
	new = ir_binary(t, set ? IR_OR : IR_AND, old, ir_k(t, set ? mask : ~mask));
	store_field(t, qp, VPD_FIELD(vpsr), 8, new);
	if (mask & (PSR_MFL | PSR_MFH | PSR_DFL | PSR_DFH))
		t->floats = 0;
	if (mask & PSR_IC)
		t->ic = !ir_is(t, qp, 1) ? IC_UNKNOWN : set ? IC_SET : IC_CLEAR;
	return true;
}

/* mov psr.l: inline if none but plain bits change; reserved ones are clear, and so would change. */
static bool mov_to_psr(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), x = ir_sized(t, IR_ZXT, gr(t, i->r2), 4), old, slow;

	if (!inline_wanted(t, i))
		return false;
	old = psr(t);
	slow = has_bits(t, ir_binary(t, IR_XOR, old, x), PSR_L & ~SM_PLAIN);
	slow = ir_or(t, slow, ir_and(t, has_bits(t, x, PSR_I), held_back(t, old)));
	aside(t, ir_and(t, slow, qp));
	/* The handler, if it has been called, has left this there, too. */
	x = ir_binary(t, IR_OR, ir_binary(t, IR_AND, old, ir_k(t, ~PSR_L)), x);
	store_field(t, qp, VPD_FIELD(vpsr), 8, x);
	t->floats = 0;
	t->ic = IC_UNKNOWN;
	return true;
}

static bool mov_from_psr(struct translation *t, const struct insn *i, uint64_t mask)
{
	if (!target_ok(t, i->r1))
		return false;
	set_gr(t, qualifier(t, i), i->r1, ir_binary(t, IR_AND, psr(t), ir_k(t, mask)));
	return true;
}

static bool is_interruption_register(uint32_t n)
{
	return n >= CR_IPSR && n <= CR_IHA;
}

/* Is the register but a place for a number? */
static bool is_plain_cr(uint32_t n)
{
	switch (n) {
	case CR_DCR:
	case CR_ITM:
	case CR_IVA:
	case CR_PTA:
	case CR_IPSR:
	case CR_ISR:
	case CR_IIP ... CR_IHA:
	case CR_LID:
	case CR_TPR:
	case CR_ITV:
		return true;
	default:
		return false;
	}
}

static bool mov_from_cr(struct translation *t, const struct insn *i)
{
	uint32_t n = i->r3, loc = LOC_GR + guest_of(t, i->r1);
	ir_ref qp = qualifier(t, i), x;

	if (!at_cpl0(t) || !target_ok(t, i->r1) || !is_plain_cr(n))
		return false;
	x = load_field(t, VPD_FIELD(vcr) + n * 8, 8);
	if (is_interruption_register(n))
		x = aside_value(t, ir_and(t, collects(t), qp), x, loc);
	set_loc(t, qp, loc, x);
	return true;
}

/* Can x not be written to the register as it is? IR_NONE: never; true: not here. */
static ir_ref refused(struct translation *t, uint32_t n, ir_ref x)
{
	uint64_t slot;

	switch (n) {
	case CR_IIP:
	case CR_IFA:
	case CR_ITIR:
	case CR_IIM:
	case CR_IHA:
		return ir_bool(t, false);
	case CR_ISR:
	case CR_IPSR:
		slot = n == CR_ISR ? 3ull << ISR_EI_SHIFT : PSR_RI;
		return ir_or(t, has_bits(t, x, n == CR_ISR ? CR_ISR_RESERVED : CR_IPSR_RESERVED),
			     is_zero(t, ir_binary(t, IR_AND, ir_unary(t, IR_COM, x, 0),
						  ir_k(t, slot))));
	case CR_IFS:
		return ir_or(t, has_bits(t, x, CR_IFS_RESERVED), marker_unusual(t, x));
	default:
		return IR_NONE;
	}
}

/* TPR masks nothing while no interrupt is pending. */
static void mov_to_tpr(struct translation *t, ir_ref qp, ir_ref x)
{
	ir_ref pending = is_zero(t, load_field(t, VPD_FIELD(vhpi), 8)) ^ IR_NOT;

	aside(t, ir_and(t, qp, ir_or(t, pending, has_bits(t, x, CR_TPR_RESERVED))));
	store_field(t, qp, VPD_FIELD(vcr) + CR_TPR * 8, 8,
		    ir_binary(t, IR_AND, x, ir_k(t, CR_TPR_KEPT)));
}

static bool mov_to_cr(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), x = gr(t, i->r2), slow;
	uint32_t n = i->r3;

	if (!at_cpl0(t))
		return false;
	if (n == CR_TPR) {
		mov_to_tpr(t, qp, x);
		return true;
	}
	slow = refused(t, n, x);
	if (slow == IR_NONE)
		return false;
	slow = ir_or(t, slow, collects(t));
	aside(t, ir_and(t, slow, qp));
	if (n == CR_IHA)
		x = ir_binary(t, IR_AND, x, ir_k(t, ~3ull));
	store_field(t, qp, VPD_FIELD(vcr) + n * 8, 8, x);
	return true;
}

/* A fence: loads done ahead of it count no longer. */
static void fence(struct translation *t, const struct insn *i, bool memory)
{
	ir_ref some = is_zero(t, load_field(t, VCPU_FIELD(alat_live), 8)) ^ IR_NOT;

	if (memory)
		ir_add(t, IR_FENCE, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
	aside(t, ir_and(t, some, qualifier(t, i)));
}

/* cover: IFS has the frame when PSR.ic is clear. */
static void cover(struct translation *t)
{
	uint32_t n;
	ir_ref marker = t->open ? ir_add(t, IR_MARKER, IR_I64, IR_NONE, IR_NONE, IR_NONE, 0) :
				  ir_k(t, frame_to_cfm(t->frame));

	store_field(t, collects(t) ^ IR_NOT, VPD_FIELD(vcr) + CR_IFS * 8, 8,
		    ir_binary(t, IR_OR, marker, ir_k(t, CR_IFS_V)));
	ir_add(t, IR_COVER, IR_VOID, IR_NONE, IR_NONE, IR_NONE,
	       t->open ? COVER_UNKNOWN : t->frame.sof);
	t->frame = (struct frame){ 0 };
	t->open = false;
	for (n = 32; n < LOC_PR; n++)
		t->held[LOC_GR + n] = IR_NONE;
}

/*
 * bsw: r16 to r31 change places with those of the other bank. The interpreter's when that
 * has NaT bits, or advanced loads have to be forgotten, or it is this bank already.
 */
static bool switch_bank(struct translation *t, const struct insn *i)
{
	bool one = i->aux;
	int64_t save = one ? VPD_FIELD(vbgr) : VPD_FIELD(vgr);
	int64_t from = one ? VPD_FIELD(vgr) : VPD_FIELD(vbgr);
	ir_ref old = psr(t), always = ir_bool(t, true), other, nats, loads;
	uint32_t n;

	if (!at_cpl0(t))
		return false;
	nats = load_field(t, one ? VPD_FIELD(vnat) : VPD_FIELD(vbnat), 2);
	loads = load_field(t, VCPU_FIELD(alat_live), 8);
	exit_if(t, is_zero(t, ir_binary(t, IR_OR, nats, loads)) ^ IR_NOT, exit_before(t));
	other = has_bits(t, old, PSR_BN);
	exit_if(t, one ? other : other ^ IR_NOT, exit_before(t));
	store_field(t, always, one ? VPD_FIELD(vbnat) : VPD_FIELD(vnat), 8, ir_k(t, 0));
	for (n = 0; n < 16; n++) {
		ir_ref other_gr = load_field(t, from + n * 8, 8);

		store_field(t, always, save + n * 8, 8, gr(t, 16 + n));
		put(t, LOC_GR + 16 + n, other_gr);
	}
	store_field(t, always, VPD_FIELD(vpsr), 8, ir_binary(t, IR_XOR, old, ir_k(t, PSR_BN)));
	return true;
}

bool build_privileged(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_SUM:
		return change_psr(t, i, true, PSR_UM, UM_PLAIN);
	case OP_RUM:
		return change_psr(t, i, false, PSR_UM, UM_PLAIN);
	case OP_SSM:
		return at_cpl0(t) && change_psr(t, i, true, PSR_L, SM_PLAIN);
	case OP_RSM:
		return at_cpl0(t) && change_psr(t, i, false, PSR_L, SM_PLAIN);
	case OP_MOV_TO_PSR_L:
		return at_cpl0(t) && mov_to_psr(t, i);
	case OP_EPC:
		/* No page promotes the most privileged level. */
		return at_cpl0(t);
	case OP_MOV_FROM_PSR:
		return at_cpl0(t) && mov_from_psr(t, i, PSR_L | PSR_MC | PSR_IT);
	case OP_MOV_FROM_PSR_UM:
		return mov_from_psr(t, i, PSR_UM);
	case OP_MOV_FROM_CR:
		return mov_from_cr(t, i);
	case OP_MOV_TO_CR:
		return mov_to_cr(t, i);
	case OP_COVER:
		cover(t);
		return true;
	case OP_BSW_0:
	case OP_BSW_1:
		return switch_bank(t, i);
	case OP_SRLZ_D:
	case OP_SRLZ_I:
	case OP_SYNC_I:
		/* Changes take effect at once. */
		return true;
	case OP_MF:
	case OP_MF_A:
		fence(t, i, true);
		return true;
	case OP_INVALA:
		fence(t, i, false);
		return true;
	default:
		return false;
	}
}
