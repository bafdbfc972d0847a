// SPDX-License-Identifier: GPL-2.0-only
/* The x86-64 encoder. */
#include "gvmm/jit/emit.h"

void emit1(struct emit *e, uint32_t byte)
{
	if (e->p < e->end)
		*e->p++ = (uint8_t)byte;
	else
		e->full = true;
}

void emit4(struct emit *e, uint32_t x)
{
	if (e->end - e->p < 4) {
		e->full = true;
		return;
	}
	__builtin_memcpy(e->p, &x, 4);
	e->p += 4;
}

void emit8(struct emit *e, uint64_t x)
{
	emit4(e, (uint32_t)x);
	emit4(e, (uint32_t)(x >> 32));
}

static bool is_imm8(int64_t x)
{
	return x == (int8_t)x;
}

/*
 * The parts of an instruction are written behind e->p, which finish() moves over
 * all of them: there is room for EMIT_SLACK bytes behind the end.
 */
static void finish(struct emit *e, uint8_t *p)
{
	if (p > e->end)
		e->full = true;
	else
		e->p = p;
}

/* REX prefix: wide, and the fourth bits of the fields. byte: sil and the like need one. */
static uint8_t *put_rex(uint8_t *p, uint32_t size, uint32_t reg, uint32_t index, uint32_t base,
			bool byte)
{
	uint32_t bits = (size == 8) << 3 | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 |
			(base >> 3 & 1);

	*p = (uint8_t)(0x40 | bits);
	return p + (bits || byte);
}

static uint8_t *put_opcode(uint8_t *p, uint32_t op)
{
	if (op > 0xffff)
		*p++ = (uint8_t)(op >> 16);
	if (op > 0xff)
		*p++ = (uint8_t)(op >> 8);
	*p++ = (uint8_t)op;
	return p;
}

static uint8_t *put_mem(uint8_t *p, uint32_t reg, struct host_mem m)
{
	bool sib = m.index != HOST_NONE || (m.base & 7) == RSP;
	uint32_t rm = sib ? 4 : m.base & 7u;
	uint32_t mod = 2;

	if (m.disp == 0 && (m.base & 7) != RBP)
		mod = 0;
	else if (is_imm8(m.disp))
		mod = 1;
	*p++ = (uint8_t)(mod << 6 | (reg & 7) << 3 | rm);
	if (sib)
		*p++ = (uint8_t)((m.index == HOST_NONE ? 4u : m.index & 7u) << 3 | (m.base & 7u));
	__builtin_memcpy(p, &m.disp, 4);
	return p + (mod == 2 ? 4 : mod);
}

static void rex(struct emit *e, uint32_t size, uint32_t reg, uint32_t index, uint32_t base,
		bool byte)
{
	finish(e, put_rex(e->p, size, reg, index, base, byte));
}

static void opcode(struct emit *e, uint32_t op)
{
	finish(e, put_opcode(e->p, op));
}

/* op reg, rm. bytes: a byte register is named, so that 4 to 7 are spl to dil. */
static void op_rr(struct emit *e, uint32_t size, uint32_t op, uint32_t reg, uint32_t rm, bool bytes)
{
	uint8_t *p = e->p;

	if (size == 2)
		*p++ = 0x66;
	p = put_opcode(put_rex(p, size, reg, 0, rm, bytes), op);
	*p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
	finish(e, p);
}

static __attribute__((noinline)) void op_rm_rare(struct emit *e, uint32_t size, uint32_t op,
						 uint32_t reg, struct host_mem m, bool bytes)
{
	uint8_t *p = e->p;

	if (size == 2)
		*p++ = 0x66;
	p = put_rex(p, size, reg, m.index == HOST_NONE ? 0 : m.index, m.base, bytes);
	finish(e, put_mem(put_opcode(p, op), reg, m));
}

/* op reg, [m]. Most have a byte of opcode, a base and a displacement: these are one word. */
static void op_rm(struct emit *e, uint32_t size, uint32_t op, uint32_t reg, struct host_mem m,
		  bool bytes)
{
	uint32_t rex = 0x40 | (size == 8) << 3 | (reg >> 3 & 1) << 2 | (m.base >> 3 & 1);
	bool small = is_imm8(m.disp);
	uint64_t x = (uint64_t)(uint32_t)m.disp << 16 | (small ? 0x4000u : 0x8000u) |
		     (reg & 7) << 11 | (m.base & 7u) << 8 | op;
	uint32_t length = small ? 3 : 6;

	if (op > 0xff || size == 2 || !m.disp || m.index != HOST_NONE || (m.base & 7) == RSP) {
		op_rm_rare(e, size, op, reg, m, bytes);
		return;
	}
	if (rex != 0x40 || bytes) {
		x = x << 8 | rex;
		length++;
	}
	__builtin_memcpy(e->p, &x, 8);
	finish(e, e->p + length);
}

void emit_alu(struct emit *e, enum host_alu op, uint32_t size, uint32_t reg, uint32_t rm)
{
	op_rr(e, size, size == 1 ? op << 3 | 2 : op << 3 | 3, reg, rm, size == 1);
}

void emit_alu_imm(struct emit *e, enum host_alu op, uint32_t size, uint32_t rm, int32_t imm)
{
	if (size == 1) {
		op_rr(e, 1, 0x80, op, rm, true);
		emit1(e, (uint8_t)imm);
	} else if (is_imm8(imm)) {
		op_rr(e, size, 0x83, op, rm, false);
		emit1(e, (uint8_t)imm);
	} else {
		op_rr(e, size, 0x81, op, rm, false);
		emit4(e, (uint32_t)imm);
	}
}

void emit_alu_load(struct emit *e, enum host_alu op, uint32_t size, uint32_t reg,
		   struct host_mem m)
{
	op_rm(e, size, op << 3 | 3, reg, m, false);
}

void emit_alu_mem_imm(struct emit *e, enum host_alu op, uint32_t size, struct host_mem m,
		      int32_t imm)
{
	if (size == 1) {
		op_rm(e, 1, 0x80, op, m, false);
		emit1(e, (uint8_t)imm);
	} else if (is_imm8(imm)) {
		op_rm(e, size, 0x83, op, m, false);
		emit1(e, (uint8_t)imm);
	} else {
		op_rm(e, size, 0x81, op, m, false);
		emit1(e, (uint8_t)imm);
		emit1(e, (uint8_t)(imm >> 8));
		if (size > 2) {
			emit1(e, (uint8_t)(imm >> 16));
			emit1(e, (uint8_t)(imm >> 24));
		}
	}
}

void emit_alu_store(struct emit *e, enum host_alu op, uint32_t size, struct host_mem m,
		    uint32_t reg)
{
	op_rm(e, size, size == 1 ? op << 3 : op << 3 | 1, reg, m, size == 1);
}

void emit_test(struct emit *e, uint32_t size, uint32_t a, uint32_t b)
{
	op_rr(e, size == 1 ? 4 : size, size == 1 ? 0x84 : 0x85, a, b, size == 1);
}

void emit_test_mem_imm1(struct emit *e, struct host_mem m, uint32_t imm)
{
	op_rm(e, 1, 0xf6, 0, m, false);
	emit1(e, imm);
}

void emit_not(struct emit *e, uint32_t reg)
{
	op_rr(e, 8, 0xf7, 2, reg, false);
}

void emit_neg(struct emit *e, uint32_t reg)
{
	op_rr(e, 8, 0xf7, 3, reg, false);
}

void emit_shift(struct emit *e, enum host_shift op, uint32_t size, uint32_t reg, uint32_t count)
{
	op_rr(e, size, 0xc1, op, reg, false);
	emit1(e, count);
}

void emit_shift_cl(struct emit *e, enum host_shift op, uint32_t size, uint32_t reg)
{
	op_rr(e, size, 0xd3, op, reg, false);
}

void emit_shrd(struct emit *e, uint32_t low, uint32_t high, uint32_t count)
{
	op_rr(e, 8, 0x0fac, high, low, false);
	emit1(e, count);
}

void emit_bt(struct emit *e, uint32_t reg, uint32_t bit)
{
	op_rr(e, 8, 0x0fba, 4, reg, false);
	emit1(e, bit);
}

void emit_bts(struct emit *e, uint32_t reg, uint32_t bit)
{
	op_rr(e, 8, 0x0fba, 5, reg, false);
	emit1(e, bit);
}

void emit_bt_reg(struct emit *e, uint32_t reg, uint32_t bit)
{
	op_rr(e, 8, 0x0fa3, bit, reg, false);
}

void emit_btr_reg(struct emit *e, uint32_t reg, uint32_t bit)
{
	op_rr(e, 8, 0x0fb3, bit, reg, false);
}

void emit_bts_reg(struct emit *e, uint32_t reg, uint32_t bit)
{
	op_rr(e, 8, 0x0fab, bit, reg, false);
}

void emit_bit_mem(struct emit *e, enum host_bit op, struct host_mem m, uint32_t bit)
{
	op_rm(e, 8, 0x0fba, op, m, false);
	emit1(e, bit);
}

void emit_bsf(struct emit *e, uint32_t reg, uint32_t rm)
{
	op_rr(e, 8, 0x0fbc, reg, rm, false);
}

/* The prefix of three-operand instructions; map 2: 0f38, 3: 0f3a; pp: 0, 66, f3, f2. */
static void vex(struct emit *e, uint32_t map, uint32_t pp, uint32_t size, uint32_t reg,
		uint32_t second, uint32_t rm)
{
	emit1(e, 0xc4);
	emit1(e, (reg < 8) << 7 | 1 << 6 | (rm < 8) << 5 | map);
	emit1(e, (size == 8) << 7 | (~second & 15) << 3 | pp);
}

static void modrm_reg(struct emit *e, uint32_t reg, uint32_t rm)
{
	emit1(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void emit_rorx(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm, uint32_t count)
{
	vex(e, 3, 3, size, reg, 0, rm);
	emit1(e, 0xf0);
	modrm_reg(e, reg, rm);
	emit1(e, count);
}

void emit_shift_x(struct emit *e, enum host_shift op, uint32_t reg, uint32_t rm, uint32_t count)
{
	vex(e, 2, op == SHIFT_SHL ? 1 : op == SHIFT_SHR ? 3 : 2, 8, reg, count, rm);
	emit1(e, 0xf7);
	modrm_reg(e, reg, rm);
}

void emit_pext(struct emit *e, uint32_t reg, uint32_t a, uint32_t mask)
{
	vex(e, 2, 2, 8, reg, a, mask);
	emit1(e, 0xf5);
	modrm_reg(e, reg, mask);
}

void emit_andn(struct emit *e, uint32_t reg, uint32_t a, uint32_t rm)
{
	vex(e, 2, 0, 8, reg, a, rm);
	emit1(e, 0xf2);
	modrm_reg(e, reg, rm);
}

void emit_andn_load(struct emit *e, uint32_t reg, uint32_t a, struct host_mem m)
{
	emit1(e, 0xc4);
	emit1(e, (reg < 8) << 7 | (m.index == HOST_NONE || m.index < 8) << 6 | (m.base < 8) << 5 | 2);
	emit1(e, 1 << 7 | (~a & 15) << 3);
	emit1(e, 0xf2);
	finish(e, put_mem(e->p, reg, m));
}

void emit_tzcnt(struct emit *e, uint32_t reg, uint32_t rm)
{
	emit1(e, 0xf3);
	op_rr(e, 8, 0x0fbc, reg, rm, false);
}

void emit_bswap(struct emit *e, uint32_t size, uint32_t reg)
{
	if (size == 2) {
		op_rr(e, 2, 0xc1, SHIFT_ROL, reg, false);
		emit1(e, 8);
	} else if (size > 2) {
		rex(e, size, 0, 0, reg, false);
		emit1(e, 0x0f);
		emit1(e, 0xc8 | (reg & 7));
	}
}

void emit_imul(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm, int32_t imm)
{
	op_rr(e, size, 0x69, reg, rm, false);
	emit4(e, (uint32_t)imm);
}

void emit_imul_reg(struct emit *e, uint32_t reg, uint32_t rm)
{
	op_rr(e, 8, 0x0faf, reg, rm, false);
}

void emit_mul_wide(struct emit *e, uint32_t rm, bool is_signed)
{
	op_rr(e, 8, 0xf7, is_signed ? 5 : 4, rm, false);
}

void emit_divide(struct emit *e, uint32_t size, uint32_t rm, bool is_signed)
{
	op_rr(e, size, 0xf7, is_signed ? 7 : 6, rm, false);
}

void emit_sign_to_rdx(struct emit *e)
{
	emit1(e, 0x48);
	emit1(e, 0x99);
}

void emit_popcnt(struct emit *e, uint32_t reg, uint32_t rm)
{
	emit1(e, 0xf3);
	op_rr(e, 8, 0x0fb8, reg, rm, false);
}

void emit_mov(struct emit *e, uint32_t reg, uint32_t rm)
{
	if (reg != rm)
		op_rr(e, 8, 0x8b, reg, rm, false);
}

void emit_mov4(struct emit *e, uint32_t reg, uint32_t rm)
{
	op_rr(e, 4, 0x8b, reg, rm, false);
}

void emit_mov_imm(struct emit *e, uint32_t reg, uint64_t imm)
{
	if (imm <= 0xffffffff) {
		rex(e, 4, 0, 0, reg, false);
		emit1(e, 0xb8 | (reg & 7));
		emit4(e, (uint32_t)imm);
	} else if ((int64_t)imm == (int32_t)imm) {
		op_rr(e, 8, 0xc7, 0, reg, false);
		emit4(e, (uint32_t)imm);
	} else {
		rex(e, 8, 0, 0, reg, false);
		emit1(e, 0xb8 | (reg & 7));
		emit8(e, imm);
	}
}

void emit_lea(struct emit *e, uint32_t reg, struct host_mem m)
{
	op_rm(e, 8, 0x8d, reg, m, false);
}

void emit_lea_scaled(struct emit *e, uint32_t reg, uint32_t base, uint32_t index, uint32_t scale)
{
	if (base == HOST_NONE) {
		rex(e, 8, reg, index, 0, false);
		emit1(e, 0x8d);
		emit1(e, (reg & 7) << 3 | 4);
		emit1(e, scale << 6 | (index & 7) << 3 | 5);
		emit4(e, 0);
		return;
	}
	rex(e, 8, reg, index, base, false);
	emit1(e, 0x8d);
	/* A displacement of 0, as rbp and r13 cannot be a base without one. */
	emit1(e, 1 << 6 | (reg & 7) << 3 | 4);
	emit1(e, scale << 6 | (index & 7) << 3 | (base & 7));
	emit1(e, 0);
}

/* A displacement of four bytes, relative to what follows it. */
static uint8_t *displacement(struct emit *e, const void *rx)
{
	uint8_t *site = e->p;

	emit4(e, (uint32_t)((const uint8_t *)rx - ((const uint8_t *)emit_here(e) + 4)));
	return site;
}

void emit_lea_rip(struct emit *e, uint32_t reg, const void *rx)
{
	rex(e, 8, reg, 0, 0, false);
	emit1(e, 0x8d);
	emit1(e, (reg & 7) << 3 | 5);
	displacement(e, rx);
}

void emit_zero_extend(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm)
{
	if (size == 1)
		op_rr(e, 4, 0x0fb6, reg, rm, true);
	else if (size == 2)
		op_rr(e, 4, 0x0fb7, reg, rm, false);
	else
		op_rr(e, size, 0x8b, reg, rm, false);
}

void emit_sign_extend(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm)
{
	if (size == 1)
		op_rr(e, 8, 0x0fbe, reg, rm, true);
	else if (size == 2)
		op_rr(e, 8, 0x0fbf, reg, rm, false);
	else
		op_rr(e, 8, size == 4 ? 0x63 : 0x8b, reg, rm, false);
}

void emit_load(struct emit *e, uint32_t size, uint32_t reg, struct host_mem m)
{
	if (size == 1)
		op_rm(e, 4, 0x0fb6, reg, m, false);
	else if (size == 2)
		op_rm(e, 4, 0x0fb7, reg, m, false);
	else
		op_rm(e, size, 0x8b, reg, m, false);
}

void emit_store(struct emit *e, uint32_t size, struct host_mem m, uint32_t reg)
{
	op_rm(e, size, size == 1 ? 0x88 : 0x89, reg, m, size == 1);
}

void emit_store_imm(struct emit *e, uint32_t size, struct host_mem m, int32_t imm)
{
	op_rm(e, size, size == 1 ? 0xc6 : 0xc7, 0, m, false);
	if (size <= 2)
		emit1(e, (uint8_t)imm);
	if (size == 2)
		emit1(e, (uint8_t)(imm >> 8));
	if (size > 2)
		emit4(e, (uint32_t)imm);
}

void emit_load_swapped(struct emit *e, uint32_t size, uint32_t reg, struct host_mem m)
{
	op_rm(e, size, 0x0f38f0, reg, m, false);
}

void emit_store_swapped(struct emit *e, uint32_t size, struct host_mem m, uint32_t reg)
{
	op_rm(e, size, 0x0f38f1, reg, m, false);
}

void emit_load_double(struct emit *e, uint32_t reg, struct host_mem m)
{
	emit1(e, 0xf2);
	op_rm(e, 4, 0x0f10, reg - 16, m, false);
}

void emit_load_word(struct emit *e, uint32_t reg, struct host_mem m)
{
	if (reg >= 16)
		emit_load_double(e, reg, m);
	else
		emit_load(e, 8, reg, m);
}

void emit_store_double(struct emit *e, struct host_mem m, uint32_t reg)
{
	emit1(e, 0xf2);
	op_rm(e, 4, 0x0f11, reg - 16, m, false);
}

void emit_mov_double(struct emit *e, uint32_t reg, uint32_t rm)
{
	/* movapd: all of the register, so that nothing waits for its old value */
	if (reg != rm) {
		emit1(e, 0x66);
		op_rr(e, 4, 0x0f28, reg - 16, rm - 16, false);
	}
}

void emit_sse(struct emit *e, uint32_t prefix, uint32_t op, uint32_t size, uint32_t reg,
	      uint32_t rm)
{
	if (prefix)
		emit1(e, prefix);
	op_rr(e, size, op, reg & 15, rm & 15, false);
}

void emit_zero_double(struct emit *e, uint32_t reg)
{
	/* xorps */
	emit_sse(e, 0, 0x0f57, 4, reg, reg);
}

void emit_mov_to_gpr(struct emit *e, uint32_t reg, uint32_t xmm)
{
	emit_sse(e, 0x66, 0x0f7e, 8, xmm, reg);
}

void emit_mov_to_xmm(struct emit *e, uint32_t xmm, uint32_t reg)
{
	emit_sse(e, 0x66, 0x0f6e, 8, xmm, reg);
}

void emit_sse_imm(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, uint32_t rm,
		  uint32_t imm)
{
	emit_sse(e, prefix, op, 4, reg, rm);
	emit1(e, imm);
}

void emit_sse_rip(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, const void *rx)
{
	if (prefix)
		emit1(e, prefix);
	rex(e, 4, reg & 15, 0, 0, false);
	opcode(e, op);
	emit1(e, (reg & 7) << 3 | 5);
	displacement(e, rx);
}

void emit_sse_mem(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, struct host_mem m)
{
	emit1(e, prefix);
	op_rm(e, 4, op, reg & 15, m, false);
}

void emit_scalar(struct emit *e, enum host_sse op, uint32_t reg, uint32_t rm)
{
	emit_sse(e, op >> 8, 0x0f00 | (op & 0xff), 4, reg, rm);
}

void emit_scalar_rip(struct emit *e, enum host_sse op, uint32_t reg, const void *rx)
{
	emit_sse_rip(e, op >> 8, 0x0f00 | (op & 0xff), reg, rx);
}

/* The prefix and opcode of a scalar operation; in two bytes where rm's number allows that. */
static void vex_scalar(struct emit *e, enum host_sse op, uint32_t reg, uint32_t a, uint32_t rm)
{
	uint32_t prefix = op >> 8, code = prefix == 0x66 ? 1 : prefix == 0xf3 ? 2 : 3;

	if (rm < 8) {
		emit1(e, 0xc5);
		emit1(e, (reg < 8) << 7 | (~a & 15) << 3 | code);
	} else {
		vex(e, 1, code, 4, reg, a, rm);
	}
	emit1(e, op & 0xff);
}

void emit_vex_scalar(struct emit *e, enum host_sse op, uint32_t reg, uint32_t a, uint32_t b)
{
	vex_scalar(e, op, reg - 16, a - 16, b - 16);
	modrm_reg(e, reg, b);
}

void emit_vex_scalar_rip(struct emit *e, enum host_sse op, uint32_t reg, uint32_t a,
			 const void *rx)
{
	vex_scalar(e, op, reg - 16, a - 16, 0);
	emit1(e, (reg & 7) << 3 | 5);
	displacement(e, rx);
}

void emit_ptest_rip(struct emit *e, uint32_t reg, const void *rx)
{
	emit_sse_rip(e, 0x66, 0x0f3817, reg, rx);
}

void emit_fma(struct emit *e, enum host_fma op, uint32_t reg, uint32_t a, uint32_t b)
{
	reg -= 16;
	a -= 16;
	b -= 16;
	/* VEX.LIG.66.0F38.W1 */
	emit1(e, 0xc4);
	emit1(e, (reg < 8) << 7 | 1 << 6 | (b < 8) << 5 | 2);
	emit1(e, 0x80 | (15 - a) << 3 | 1);
	emit1(e, op);
	emit1(e, 0xc0 | (reg & 7) << 3 | (b & 7));
}

void emit_from_int(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm)
{
	emit_sse(e, size == 4 ? 0xf3 : 0xf2, 0x0f2a, 8, reg, rm);
}

void emit_to_int(struct emit *e, bool truncate, uint32_t reg, uint32_t rm)
{
	emit_sse(e, 0xf2, truncate ? 0x0f2c : 0x0f2d, 8, reg, rm);
}

void emit_atomic(struct emit *e, enum host_atomic op, uint32_t size, struct host_mem m,
		 uint32_t reg)
{
	emit1(e, 0xf0);
	op_rm(e, size, size == 1 ? op : op | 1, reg, m, size == 1);
}

void emit_setcc(struct emit *e, enum host_cc cc, uint32_t reg)
{
	op_rr(e, 4, 0x0f90 | cc, 0, reg, true);
}

void emit_setcc_mem(struct emit *e, enum host_cc cc, struct host_mem m)
{
	op_rm(e, 4, 0x0f90 | cc, 0, m, false);
}

void emit_cmov(struct emit *e, enum host_cc cc, uint32_t reg, uint32_t rm)
{
	op_rr(e, 8, 0x0f40 | cc, reg, rm, false);
}

uint8_t *emit_jcc(struct emit *e, enum host_cc cc)
{
	emit1(e, 0x0f);
	emit1(e, 0x80 | cc);
	return displacement(e, emit_here(e));
}

uint8_t *emit_jmp(struct emit *e)
{
	emit1(e, 0xe9);
	return displacement(e, emit_here(e));
}

void emit_jcc_to(struct emit *e, enum host_cc cc, const void *rx)
{
	emit1(e, 0x0f);
	emit1(e, 0x80 | cc);
	displacement(e, rx);
}

uint8_t *emit_lea_forward(struct emit *e, uint32_t reg)
{
	rex(e, 8, reg, 0, 0, false);
	emit1(e, 0x8d);
	emit1(e, (reg & 7) << 3 | 5);
	return displacement(e, emit_here(e));
}

void emit_patch(struct emit *e, uint8_t *site, const void *rx)
{
	uint32_t disp = (uint32_t)((const uint8_t *)rx - (site + e->to_rx + 4));

	/* Of code that did not fit nothing is ever run. */
	if (!e->full)
		__builtin_memcpy(site, &disp, 4);
}

void emit_land(struct emit *e, uint8_t *site)
{
	emit_patch(e, site, emit_here(e));
}

void emit_jmp_to(struct emit *e, const void *rx)
{
	emit1(e, 0xe9);
	displacement(e, rx);
}

void emit_jmp_reg(struct emit *e, uint32_t reg)
{
	op_rr(e, 4, 0xff, 4, reg, false);
}

void emit_call(struct emit *e, const void *target)
{
	int64_t disp = (const uint8_t *)target - ((const uint8_t *)emit_here(e) + 5);

	if (disp == (int32_t)disp) {
		emit1(e, 0xe8);
		displacement(e, target);
	} else {
		emit_mov_imm(e, RAX, (uint64_t)(uintptr_t)target);
		op_rr(e, 4, 0xff, 2, RAX, false);
	}
}

void emit_call_mem(struct emit *e, struct host_mem m)
{
	op_rm(e, 4, 0xff, 2, m, false);
}

void emit_push(struct emit *e, uint32_t reg)
{
	rex(e, 4, 0, 0, reg, false);
	emit1(e, 0x50 | (reg & 7));
}

void emit_pop(struct emit *e, uint32_t reg)
{
	rex(e, 4, 0, 0, reg, false);
	emit1(e, 0x58 | (reg & 7));
}

void emit_mxcsr(struct emit *e, enum host_mxcsr op, struct host_mem m)
{
	op_rm(e, 4, 0x0fae, op, m, false);
}

void emit_fence(struct emit *e)
{
	emit1(e, 0x0f);
	emit1(e, 0xae);
	emit1(e, 0xf0);
}

void emit_ret(struct emit *e)
{
	emit1(e, 0xc3);
}
