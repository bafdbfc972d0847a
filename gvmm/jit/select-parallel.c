// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parallel operations to SSE, up to SSE4.1. A VEC is the low half of an xmm register;
 * what the upper half holds is nobody's.
 */
#include "gvmm/jit/select.h"

/* Two-operand instructions with prefix 66, of the first or the 38 map. */
static const uint32_t plain[NR_IR_PARS] = {
	[PAR_ADD1] = 0x0ffc, [PAR_ADD2] = 0x0ffd, [PAR_ADD4] = 0x0ffe,
	[PAR_SUB1] = 0x0ff8, [PAR_SUB2] = 0x0ff9, [PAR_SUB4] = 0x0ffa,
	[PAR_ADDS1] = 0x0fec, [PAR_ADDS2] = 0x0fed, [PAR_ADDU1] = 0x0fdc, [PAR_ADDU2] = 0x0fdd,
	[PAR_SUBS1] = 0x0fe8, [PAR_SUBS2] = 0x0fe9, [PAR_SUBU1] = 0x0fd8, [PAR_SUBU2] = 0x0fd9,
	[PAR_AVG1] = 0x0fe0, [PAR_AVG2] = 0x0fe3,
	[PAR_EQ1] = 0x0f74, [PAR_EQ2] = 0x0f75, [PAR_EQ4] = 0x0f76,
	[PAR_GT1] = 0x0f64, [PAR_GT2] = 0x0f65, [PAR_GT4] = 0x0f66,
	[PAR_MINU1] = 0x0fda, [PAR_MIN2] = 0x0fea, [PAR_MAXU1] = 0x0fde, [PAR_MAX2] = 0x0fee,
	[PAR_MULL2] = 0x0fd5, [PAR_MULH2] = 0x0fe5, [PAR_MULHU2] = 0x0fe4, [PAR_MADD2] = 0x0ff5,
	[PAR_SAD1] = 0x0ff6,
	[PAR_AND] = 0x0fdb, [PAR_OR] = 0x0feb, [PAR_XOR] = 0x0fef,
	[PAR_SHLV2] = 0x0ff1, [PAR_SHLV4] = 0x0ff2, [PAR_SHRV2] = 0x0fd1, [PAR_SHRV4] = 0x0fd2,
	[PAR_SARV2] = 0x0fe1, [PAR_SARV4] = 0x0fe2,
	/* These are followed by another one. */
	[PAR_LOW1] = 0x0f60, [PAR_LOW2] = 0x0f61, [PAR_LOW4] = 0x0f62,
	[PAR_HIGH1] = 0x0f60, [PAR_HIGH2] = 0x0f61, [PAR_HIGH4] = 0x0f62,
	[PAR_EVEN1] = 0x0f60, [PAR_ODD1] = 0x0f60, [PAR_EVEN2] = 0x0f61, [PAR_ODD2] = 0x0f61,
	[PAR_PACKS2] = 0x0f6c, [PAR_PACKU2] = 0x0f6c, [PAR_PACKS4] = 0x0f6c,
};

enum { PSHUFB = 0x0f3800, PSHUF = 0x0f70, PMOVZXBW = 0x0f3830, PMOVZXWD = 0x0f3833, PANDN = 0x0fdf };

static const uint64_t masks[NR_MASKS] = {
	[ORDER_BRCST] = 0, [ORDER_MIX] = 0x0703050106020400, [ORDER_SHUF] = 0x0703060205010400,
	[ORDER_ALT] = 0x0705030106040200, [ORDER_REV] = 0x0001020304050607,
	[MASK_EVEN] = 0x0d0c090805040100, [MASK_ODD] = 0x0f0e0b0a07060302,
	[MASK_SIGN] = 0x8000000000000000, [MASK_MAGNITUDE] = 0x7fffffffffffffff,
	[MASK_QUIET_NAN] = 0x7ff8000000000000,
};

void make_masks(struct jit *j, struct emit *e)
{
	uint32_t n;

	align_code(j, e, 16);
	j->masks = (uint32_t)(e->p - j->rw);
	for (n = 0; n < NR_MASKS; n++) {
		emit8(e, masks[n]);
		emit8(e, 0);
	}
}

static void shuffle_bytes(struct host *h, uint32_t reg, uint32_t mask)
{
	emit_sse_rip(h->e, 0x66, PSHUFB, reg, mask_rx(h, mask));
}

static void shuffle_words4(struct host *h, uint32_t reg, uint32_t from, uint32_t order)
{
	emit_sse_imm(h->e, 0x66, PSHUF, reg, from, order);
}

static bool commutes(uint32_t par)
{
	switch (par) {
	case PAR_ADD1:
	case PAR_ADD2:
	case PAR_ADD4:
	case PAR_ADDS1:
	case PAR_ADDS2:
	case PAR_ADDU1:
	case PAR_ADDU2:
	case PAR_AVG1:
	case PAR_AVG2:
	case PAR_EQ1:
	case PAR_EQ2:
	case PAR_EQ4:
	case PAR_MINU1:
	case PAR_MIN2:
	case PAR_MAXU1:
	case PAR_MAX2:
	case PAR_MULL2:
	case PAR_MULH2:
	case PAR_MULHU2:
	case PAR_MADD2:
	case PAR_SAD1:
	case PAR_AND:
	case PAR_OR:
	case PAR_XOR:
		return true;
	default:
		return false;
	}
}

/* What the first instruction has left to be done. */
static void second_step(struct host *h, uint32_t par, uint32_t reg)
{
	switch (par) {
	case PAR_HIGH1:
	case PAR_HIGH2:
	case PAR_HIGH4:
		shuffle_words4(h, reg, reg, 0xee);
		break;
	case PAR_EVEN1:
		shuffle_bytes(h, reg, MASK_EVEN);
		break;
	case PAR_ODD1:
		shuffle_bytes(h, reg, MASK_ODD);
		break;
	case PAR_EVEN2:
		shuffle_words4(h, reg, reg, 0x08);
		break;
	case PAR_ODD2:
		shuffle_words4(h, reg, reg, 0x0d);
		break;
	case PAR_PACKS2:
		emit_sse(h->e, 0x66, 0x0f63, 4, reg, reg);
		break;
	case PAR_PACKU2:
		emit_sse(h->e, 0x66, 0x0f67, 4, reg, reg);
		break;
	case PAR_PACKS4:
		emit_sse(h->e, 0x66, 0x0f6b, 4, reg, reg);
		break;
	default:
		break;
	}
}

static void two_operands(struct host *h, ir_ref d, const struct ir *i)
{
	ir_ref a = i->a, b = i->b;
	uint32_t op = plain[i->size], ra, rb, reg;

	if (i->size == PAR_ANDN) {
		/* The complemented operand is the one that is overwritten. */
		a = i->b;
		b = i->a;
		op = PANDN;
	}
	ra = use(h, a);
	rb = use(h, b);
	if (commutes(i->size) && is_needed(h, ir_index(a)) && !is_needed(h, ir_index(b))) {
		ir_ref swap = a;

		a = b;
		b = swap;
		rb = ra;
	}
	reg = def_over(h, d, a, b);
	emit_sse(h->e, 0x66, op, 4, reg, ir_index(a) == ir_index(b) ? reg : rb);
	second_step(h, i->size, reg);
}

/* A shift by a number: in the group of its element size. */
static void shift(struct host *h, ir_ref d, const struct ir *i)
{
	static const uint8_t numbers[] = { 6, 6, 2, 2, 4, 4 };
	uint32_t which = i->size - PAR_SHL2, reg = def_over(h, d, i->a, IR_NONE);

	emit_sse_imm(h->e, 0x66, which & 1 ? 0x0f72 : 0x0f71, numbers[which], reg,
		     (uint32_t)i->imm);
}

void select_parallel(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t a, reg;

	switch (i->size) {
	case PAR_SHL2:
	case PAR_SHL4:
	case PAR_SHR2:
	case PAR_SHR4:
	case PAR_SAR2:
	case PAR_SAR4:
		shift(h, d, i);
		break;
	case PAR_WIDEN1:
	case PAR_WIDEN2:
		a = use(h, i->a);
		reg = def_after(h, d, i->a);
		emit_sse(h->e, 0x66, i->size == PAR_WIDEN1 ? PMOVZXBW : PMOVZXWD, 4, reg, a);
		break;
	case PAR_DOWN:
		a = use(h, i->a);
		shuffle_words4(h, def_after(h, d, i->a), a, 0x01);
		break;
	case PAR_ORDER1:
		reg = def_over(h, d, i->a, IR_NONE);
		shuffle_bytes(h, reg, (uint32_t)i->imm);
		break;
	case PAR_ORDER2:
		a = use(h, i->a);
		reg = def_after(h, d, i->a);
		emit_sse_imm(h->e, 0xf2, PSHUF, reg, a, (uint32_t)i->imm);
		break;
	default:
		two_operands(h, d, i);
		break;
	}
}

/* From where the value is; nothing else needs it in a general register. */
void select_to_vector(struct host *h, ir_ref d, const struct ir *i)
{
	const struct ir *a = &h->t->ir[ir_index(i->a)];
	uint32_t from = h->value[ir_index(i->a)].reg, reg = def(h, d);

	if (a->op == IR_K && a->imm == 0)
		emit_sse(h->e, 0x66, plain[PAR_XOR], 4, reg, reg);
	else if (a->op == IR_K && a->imm == -1)
		emit_sse(h->e, 0x66, plain[PAR_EQ1], 4, reg, reg);
	else if (a->op == IR_K && from == REG_NONE) {
		emit_mov_imm(h->e, RAX, (uint64_t)a->imm);
		emit_mov_to_xmm(h->e, reg, RAX);
	} else if (from == REG_NONE) {
		load_value(h, ir_index(i->a), reg);
	} else {
		emit_mov_to_xmm(h->e, reg, from);
	}
}

void select_from_vector(struct host *h, ir_ref d, const struct ir *i)
{
	uint32_t from = h->value[ir_index(i->a)].reg, reg = def(h, d);

	if (from == REG_NONE)
		load_value(h, ir_index(i->a), reg);
	else
		emit_mov_to_gpr(h->e, reg, from);
}
