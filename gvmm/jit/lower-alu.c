// SPDX-License-Identifier: GPL-2.0-only
/* Integer arithmetic, logic, shifts and bit fields. Results without a NaT bit only. */
#include "gvmm/jit/translate.h"

/* Operands in host registers, in the order of r1, r2, r3. */
struct operands {
	uint32_t d, a, b;
	uint8_t *skip;
};

/* Bits of `uses`: which of r2 and r3 are read. False when the target is illegal. */
enum { USE_R2 = 1, USE_R3 = 2 };

static bool begin(struct translation *t, const struct insn *i, uint32_t uses, struct operands *o)
{
	uint32_t g = guest_of(t, i->r1);

	if (!target_ok(t, i->r1))
		return false;
	o->a = uses & USE_R2 ? reg_use(t, guest_of(t, i->r2)) : HOST_NONE;
	o->b = uses & USE_R3 ? reg_use(t, guest_of(t, i->r3)) : HOST_NONE;
	/* The old value stays when the predicate is false. */
	o->d = i->qp ? reg_use(t, g) : reg_def(t, g);
	o->skip = guard_begin(t, i);
	return true;
}

static bool end(struct translation *t, const struct operands *o)
{
	reg_dirty(t, o->d);
	guard_end(t, o->skip);
	return true;
}

static bool result(struct translation *t, const struct operands *o)
{
	emit_mov(&t->e, o->d, RAX);
	return end(t, o);
}

static bool binary(struct translation *t, const struct insn *i, enum host_alu op)
{
	struct emit *e = &t->e;
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	if (o.d == o.a) {
		emit_alu(e, op, 8, o.d, o.b);
	} else if (o.d == o.b && op != ALU_SUB) {
		emit_alu(e, op, 8, o.d, o.a);
	} else if (o.d == o.b) {
		emit_mov(e, RAX, o.a);
		emit_alu(e, op, 8, RAX, o.b);
		emit_mov(e, o.d, RAX);
	} else if (op == ALU_ADD) {
		emit_lea(e, o.d, mem_indexed(o.a, o.b, 0));
	} else {
		emit_mov(e, o.d, o.a);
		emit_alu(e, op, 8, o.d, o.b);
	}
	return end(t, &o);
}

/* imm op r3 for the operations that commute. */
static bool with_imm(struct translation *t, const struct insn *i, enum host_alu op)
{
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	emit_mov(&t->e, o.d, o.b);
	emit_alu_imm(&t->e, op, 8, o.d, (int32_t)i->imm);
	return end(t, &o);
}

static bool add_imm(struct translation *t, const struct insn *i)
{
	uint8_t *before;
	struct operands o;

	if (!begin(t, i, i->r3 ? USE_R3 : 0, &o))
		return false;
	before = t->e.p;
	if (!i->r3)
		emit_mov_imm(&t->e, o.d, (uint64_t)i->imm);
	else if (!i->imm)
		emit_mov(&t->e, o.d, o.b);
	else
		emit_lea(&t->e, o.d, mem_at(o.b, (int32_t)i->imm));
	flags_kept(t, before);
	return end(t, &o);
}

static bool mov_imm(struct translation *t, const struct insn *i, uint64_t imm)
{
	struct operands o;
	uint8_t *before;

	if (!begin(t, i, 0, &o))
		return false;
	before = t->e.p;
	emit_mov_imm(&t->e, o.d, imm);
	flags_kept(t, before);
	return end(t, &o);
}

static bool and_complement(struct translation *t, const struct insn *i, bool imm)
{
	struct operands o;

	if (!begin(t, i, imm ? USE_R3 : USE_R2 | USE_R3, &o))
		return false;
	emit_mov(&t->e, RAX, o.b);
	emit_not(&t->e, RAX);
	if (imm)
		emit_alu_imm(&t->e, ALU_AND, 8, RAX, (int32_t)i->imm);
	else
		emit_alu(&t->e, ALU_AND, 8, RAX, o.a);
	return result(t, &o);
}

static bool add_one(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	emit_lea(&t->e, o.d, mem_indexed(o.a, o.b, 1));
	return end(t, &o);
}

static bool sub_one(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	emit_mov(&t->e, RAX, o.a);
	emit_alu(&t->e, ALU_SUB, 8, RAX, o.b);
	emit_lea(&t->e, o.d, mem_at(RAX, -1));
	return end(t, &o);
}

static bool sub_imm(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	emit_mov_imm(&t->e, RAX, (uint64_t)i->imm);
	emit_alu(&t->e, ALU_SUB, 8, RAX, o.b);
	return result(t, &o);
}

static bool shladd(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	if (i->imm <= 3) {
		emit_lea_scaled(&t->e, o.d, o.b, o.a, (uint32_t)i->imm);
		return end(t, &o);
	}
	emit_mov(&t->e, RAX, o.a);
	emit_shift(&t->e, SHIFT_SHL, 8, RAX, (uint32_t)i->imm);
	emit_lea(&t->e, o.d, mem_indexed(RAX, o.b, 0));
	return end(t, &o);
}

/* rax is the sum: bits 31:30 of the base select the region. */
static void pointer4(struct emit *e, uint32_t base)
{
	emit_zero_extend(e, 4, RAX, RAX);
	emit_mov(e, RCX, base);
	emit_shift(e, SHIFT_SHR, 8, RCX, 30);
	emit_shift(e, SHIFT_SHL, 8, RCX, 62);
	emit_shift(e, SHIFT_SHR, 8, RCX, 1);
	emit_alu(e, ALU_OR, 8, RAX, RCX);
}

static bool addp4(struct translation *t, const struct insn *i, uint32_t uses, uint32_t shift)
{
	struct operands o;

	if (!begin(t, i, uses | USE_R3, &o))
		return false;
	if (uses)
		emit_mov(&t->e, RAX, o.a);
	else
		emit_mov_imm(&t->e, RAX, (uint64_t)i->imm);
	if (shift)
		emit_shift(&t->e, SHIFT_SHL, 8, RAX, shift);
	emit_alu(&t->e, ALU_ADD, 8, RAX, o.b);
	pointer4(&t->e, o.b);
	return result(t, &o);
}

/* Counts above 63 give 0, or what 63 gives for the arithmetic shift. */
static bool shift_variable(struct translation *t, const struct insn *i, enum host_shift op)
{
	struct emit *e = &t->e;
	struct operands o;
	uint32_t value, count;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	value = op == SHIFT_SHL ? o.a : o.b;
	count = op == SHIFT_SHL ? o.b : o.a;
	emit_mov(e, RCX, count);
	emit_mov(e, RAX, value);
	emit_mov_imm(e, RDX, op == SHIFT_SAR ? 63 : 0);
	emit_alu_imm(e, ALU_CMP, 8, RCX, 63);
	if (op == SHIFT_SAR) {
		emit_cmov(e, CC_A, RCX, RDX);
		emit_shift_cl(e, op, 8, RAX);
	} else {
		emit_cmov(e, CC_A, RAX, RDX);
		emit_shift_cl(e, op, 8, RAX);
	}
	return result(t, &o);
}

static bool shrp(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	emit_mov(&t->e, RAX, o.b);
	if (i->imm & 63)
		emit_shrd(&t->e, RAX, o.a, (uint32_t)i->imm & 63);
	return result(t, &o);
}

static uint32_t clip(uint32_t pos, uint32_t len)
{
	return pos + len > 64 ? 64 - pos : len;
}

static uint64_t low_mask(uint32_t len)
{
	return ~0ull >> (64 - len);
}

static void shift_if(struct emit *e, enum host_shift op, uint32_t reg, uint32_t count)
{
	if (count)
		emit_shift(e, op, 8, reg, count);
}

static bool extract(struct translation *t, const struct insn *i, bool is_signed)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	struct emit *e = &t->e;
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	if (is_signed) {
		emit_mov(e, o.d, o.b);
		shift_if(e, SHIFT_SHL, o.d, 64 - pos - len);
		shift_if(e, SHIFT_SAR, o.d, 64 - len);
	} else if (len == 32 && pos == 0) {
		emit_zero_extend(e, 4, o.d, o.b);
	} else {
		emit_mov(e, o.d, o.b);
		if (len < 32) {
			shift_if(e, SHIFT_SHR, o.d, pos);
			if (pos + len < 64)
				emit_alu_imm(e, ALU_AND, 4, o.d, (int32_t)low_mask(len));
		} else {
			shift_if(e, SHIFT_SHL, o.d, 64 - pos - len);
			shift_if(e, SHIFT_SHR, o.d, 64 - len);
		}
	}
	return end(t, &o);
}

static bool deposit_zero(struct translation *t, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	struct operands o;

	if (!begin(t, i, USE_R2, &o))
		return false;
	emit_mov(&t->e, o.d, o.a);
	shift_if(&t->e, SHIFT_SHL, o.d, 64 - len);
	shift_if(&t->e, SHIFT_SHR, o.d, 64 - len - pos);
	return end(t, &o);
}

static bool deposit_imm(struct translation *t, const struct insn *i)
{
	uint32_t pos = i->imm & 63;
	uint64_t field = low_mask(clip(pos, i->r4)) << pos;
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	emit_mov_imm(&t->e, RAX, i->r2 ? field : ~field);
	emit_alu(&t->e, i->r2 ? ALU_OR : ALU_AND, 8, RAX, o.b);
	return result(t, &o);
}

static bool deposit(struct translation *t, const struct insn *i)
{
	uint32_t pos = i->imm & 63;
	uint64_t field = low_mask(clip(pos, i->r4)) << pos;
	struct emit *e = &t->e;
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	emit_mov(e, RAX, o.a);
	shift_if(e, SHIFT_SHL, RAX, pos);
	emit_mov_imm(e, RCX, field);
	emit_alu(e, ALU_XOR, 8, RAX, o.b);
	emit_alu(e, ALU_AND, 8, RAX, RCX);
	emit_alu(e, ALU_XOR, 8, RAX, o.b);
	return result(t, &o);
}

static bool extend(struct translation *t, const struct insn *i, bool is_signed)
{
	uint8_t *before;
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	before = t->e.p;
	(is_signed ? emit_sign_extend : emit_zero_extend)(&t->e, 1u << i->aux, o.d, o.b);
	flags_kept(t, before);
	return end(t, &o);
}

/* {r2, r3}: their low or high halves, one above the other. */
static bool halves(struct translation *t, const struct insn *i, bool high)
{
	struct emit *e = &t->e;
	struct operands o;

	if (!begin(t, i, USE_R2 | USE_R3, &o))
		return false;
	if (high) {
		emit_mov(e, RAX, o.b);
		emit_mov(e, RCX, o.a);
		emit_shift(e, SHIFT_SHR, 8, RAX, 32);
		emit_shift(e, SHIFT_SHR, 8, RCX, 32);
	} else {
		emit_zero_extend(e, 4, RAX, o.b);
		emit_mov(e, RCX, o.a);
	}
	emit_shift(e, SHIFT_SHL, 8, RCX, 32);
	emit_alu(e, ALU_OR, 8, RAX, RCX);
	return result(t, &o);
}

#define MUX1_REV	0xb

static bool reverse_bytes(struct translation *t, const struct insn *i)
{
	struct operands o;

	if ((i->imm & 15) != MUX1_REV || !begin(t, i, USE_R2, &o))
		return false;
	emit_mov(&t->e, RAX, o.a);
	emit_bswap(&t->e, 8, RAX);
	return result(t, &o);
}

static bool count_ones(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, USE_R3, &o))
		return false;
	emit_popcnt(&t->e, o.d, o.b);
	return end(t, &o);
}

static bool mov_from_br(struct translation *t, const struct insn *i)
{
	struct operands o;

	if (!begin(t, i, 0, &o))
		return false;
	emit_load(&t->e, 8, o.d, vcpu_field(offsetof(struct vcpu, br) + (i->r2 & 7) * 8));
	return end(t, &o);
}

static bool mov_to_br(struct translation *t, const struct insn *i)
{
	uint32_t a = reg_use(t, guest_of(t, i->r2));
	uint8_t *skip = guard_begin(t, i);

	emit_store(&t->e, 8, vcpu_field(offsetof(struct vcpu, br) + (i->r1 & 7) * 8), a);
	guard_end(t, skip);
	return true;
}

static bool lower_shift(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_SHL:
		return shift_variable(t, i, SHIFT_SHL);
	case OP_SHR:
		return shift_variable(t, i, SHIFT_SAR);
	case OP_SHR_U:
		return shift_variable(t, i, SHIFT_SHR);
	case OP_SHRP:
		return shrp(t, i);
	case OP_EXTR:
		return extract(t, i, true);
	case OP_EXTR_U:
		return extract(t, i, false);
	case OP_DEP_Z:
		return deposit_zero(t, i);
	case OP_DEP_IMM:
		return deposit_imm(t, i);
	case OP_DEP:
		return deposit(t, i);
	case OP_ZXT1:
	case OP_ZXT2:
	case OP_ZXT4:
		return extend(t, i, false);
	case OP_SXT1:
	case OP_SXT2:
	case OP_SXT4:
		return extend(t, i, true);
	case OP_MIX4_R:
	case OP_UNPACK4_L:
		return halves(t, i, false);
	case OP_MIX4_L:
	case OP_UNPACK4_H:
		return halves(t, i, true);
	case OP_MUX1:
		return reverse_bytes(t, i);
	case OP_POPCNT:
		return count_ones(t, i);
	default:
		return false;
	}
}

static bool lower_move(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_MOVL:
	case OP_DEP_Z_IMM:
		return mov_imm(t, i, (uint64_t)i->imm);
	case OP_MOV_FROM_IP:
		return mov_imm(t, i, t->bundle[t->at].ip);
	case OP_MOV_FROM_BR:
		return mov_from_br(t, i);
	case OP_MOV_TO_BR:
	case OP_MOV_RET_TO_BR:
		return mov_to_br(t, i);
	default:
		return lower_shift(t, i);
	}
}

bool lower_alu(struct translation *t, const struct insn *i)
{
	switch (i->op) {
	case OP_ADD:
		return binary(t, i, ALU_ADD);
	case OP_SUB:
		return binary(t, i, ALU_SUB);
	case OP_AND:
		return binary(t, i, ALU_AND);
	case OP_OR:
		return binary(t, i, ALU_OR);
	case OP_XOR:
		return binary(t, i, ALU_XOR);
	case OP_ADD_1:
		return add_one(t, i);
	case OP_SUB_1:
		return sub_one(t, i);
	case OP_ANDCM:
		return and_complement(t, i, false);
	case OP_ANDCM_IMM:
		return and_complement(t, i, true);
	case OP_ADDS:
	case OP_ADDL:
		return add_imm(t, i);
	case OP_SUB_IMM:
		return sub_imm(t, i);
	case OP_AND_IMM:
		return with_imm(t, i, ALU_AND);
	case OP_OR_IMM:
		return with_imm(t, i, ALU_OR);
	case OP_XOR_IMM:
		return with_imm(t, i, ALU_XOR);
	case OP_SHLADD:
		return shladd(t, i);
	case OP_ADDP4:
		return addp4(t, i, USE_R2, 0);
	case OP_SHLADDP4:
		return addp4(t, i, USE_R2, (uint32_t)i->imm);
	case OP_ADDP4_IMM:
		return addp4(t, i, 0, 0);
	default:
		return lower_move(t, i);
	}
}
