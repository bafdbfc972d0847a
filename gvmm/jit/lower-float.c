// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floating-point registers as integers: moves from and to general registers,
 * and the integer multiply-add. A NaTVal operand, a disabled register or one
 * whose write PSR does not record yet is the handler's.
 */
#include "gvmm/jit/translate.h"

#define SE_INT		0x1003e		/* exponent of an integer significand (SDM 1:5.1.3) */
#define SE_NATVAL	0x1fffe

enum { HALF_LOW = 1, HALF_HIGH = 2 };

static uint32_t half(uint32_t n)
{
	return n >= 32 ? HALF_HIGH : n >= 2 ? HALF_LOW : 0;
}

static struct host_mem float_mem(const struct translation *t, uint32_t n, size_t field)
{
	if (n >= 32) {
		n += t->frame.rrb_fr;
		n = n < 128 ? n : n - 96;
	}
	return vcpu_field(offsetof(struct vcpu, fr) + n * sizeof(struct fpreg) + field);
}

#define SIG(t, n) float_mem(t, n, offsetof(struct fpreg, sig))
#define SE(t, n) float_mem(t, n, offsetof(struct fpreg, se))

/*
 * Go to the stub unless PSR has the halves in use enabled and those written
 * marked as modified.
 */
static void check_psr(struct translation *t, struct stub *s, uint32_t used, uint32_t written)
{
	struct host_mem psr = mem_at(REG_VCPU, (int32_t)(RIVEN_VCPU_VPD - RIVEN_VCPU_STATE) +
					       (int32_t)offsetof(struct vpd, vpsr));
	uint32_t disabled = (used & HALF_LOW ? PSR_DFL : 0) | (used & HALF_HIGH ? PSR_DFH : 0);
	uint32_t modified = (written & HALF_LOW ? PSR_MFL : 0) |
			    (written & HALF_HIGH ? PSR_MFH : 0);

	if (!(disabled | modified))
		return;
	emit_load(&t->e, 4, RAX, psr);
	emit_alu_imm(&t->e, ALU_AND, 4, RAX, (int32_t)(disabled | modified));
	emit_alu_imm(&t->e, ALU_CMP, 4, RAX, (int32_t)modified);
	s->site[0] = emit_jcc(&t->e, CC_NE);
}

/* The place of up to two NaTVal checks' jumps, after check_psr()'s. */
static void check_natval(struct translation *t, struct stub *s, uint32_t site, uint32_t n)
{
	if (n < 2)
		return;
	emit_alu_mem_imm(&t->e, ALU_CMP, 4, SE(t, n), SE_NATVAL);
	s->site[site] = emit_jcc(&t->e, CC_E);
}

static bool finish(struct translation *t, struct stub *s, uint8_t *skip)
{
	s->back = t->e.p;
	guard_end(t, skip);
	t->flags_at = NULL;
	return true;
}

static bool setf_sig(struct translation *t, const struct insn *i)
{
	uint32_t a;
	struct stub *s;
	uint8_t *skip;

	if (i->r1 < 2)
		return false;
	a = reg_use(t, guest_of(t, i->r2));
	s = add_stub(t, STUB_ACCESS);
	skip = guard_begin(t, i);
	check_psr(t, s, half(i->r1), half(i->r1));
	emit_store(&t->e, 8, SIG(t, i->r1), a);
	emit_store_imm(&t->e, 8, SE(t, i->r1), SE_INT);
	return finish(t, s, skip);
}

static bool getf_sig(struct translation *t, const struct insn *i)
{
	uint32_t d;
	struct stub *s;
	uint8_t *skip;

	if (!target_ok(t, i->r1))
		return false;
	d = i->qp ? reg_use(t, guest_of(t, i->r1)) : reg_def(t, guest_of(t, i->r1));
	s = add_stub(t, STUB_ACCESS);
	skip = guard_begin(t, i);
	check_psr(t, s, half(i->r2), 0);
	check_natval(t, s, 1, i->r2);
	emit_load(&t->e, 8, d, SIG(t, i->r2));
	reg_dirty(t, d);
	s->reload = 1u << d;
	return finish(t, s, skip);
}

static bool xma(struct translation *t, const struct insn *i)
{
	uint32_t used = half(i->r1) | half(i->r2) | half(i->r3) | half(i->r4);
	struct emit *e = &t->e;
	struct stub *s;
	uint8_t *skip;

	if (i->r1 < 2)
		return false;
	s = add_stub(t, STUB_ACCESS);
	skip = guard_begin(t, i);
	check_psr(t, s, used, half(i->r1));
	check_natval(t, s, 1, i->r2);
	check_natval(t, s, 2, i->r3);
	check_natval(t, s, 3, i->r4);
	emit_load(e, 8, RAX, SIG(t, i->r3));
	if (i->op == OP_XMA_L) {
		emit_imul_load(e, RAX, SIG(t, i->r4));
		emit_alu_load(e, ALU_ADD, 8, RAX, SIG(t, i->r2));
		emit_store(e, 8, SIG(t, i->r1), RAX);
	} else {
		emit_mul_wide(e, SIG(t, i->r4), i->op == OP_XMA_H);
		emit_alu_load(e, ALU_ADD, 8, RAX, SIG(t, i->r2));
		emit_alu_imm(e, ALU_ADC, 8, RDX, 0);
		emit_store(e, 8, SIG(t, i->r1), RDX);
	}
	emit_store_imm(e, 8, SE(t, i->r1), SE_INT);
	return finish(t, s, skip);
}

bool lower_float(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_SETF_SIG:
		return setf_sig(t, i);
	case OP_GETF_SIG:
		return getf_sig(t, i);
	case OP_XMA_L:
	case OP_XMA_H:
	case OP_XMA_HU:
		return xma(t, i);
	default:
		return false;
	}
}
