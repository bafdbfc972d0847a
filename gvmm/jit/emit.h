/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86-64 encoder. Code is written through the writable view of the cache;
 * displacements are those of the executable one.
 */
#ifndef GVMM_JIT_EMIT_H
#define GVMM_JIT_EMIT_H

#include <stdbool.h>
#include <stdint.h>

enum host_reg {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
	NR_HOST_REGS, HOST_NONE = 0xff,
};

/* Condition codes; cc ^ 1 is the opposite. */
enum host_cc {
	CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE,
	CC_LE, CC_G,
};

/* Scalar SSE operations, reg op= rm: prefix and opcode. */
enum host_sse {
	SSE_SQRT = 0xf251, SSE_ADD = 0xf258, SSE_MUL = 0xf259, SSE_TO_SINGLE = 0xf25a,
	SSE_SUB = 0xf25c, SSE_MIN = 0xf25d, SSE_DIV = 0xf25e, SSE_MAX = 0xf25f,
	SSE_ADD_SINGLE = 0xf358, SSE_TO_DOUBLE = 0xf35a, SSE_DIV_SINGLE = 0xf35e,
	SSE_UCOMI = 0x662e, SSE_COMI = 0x662f,
	SSE_AND = 0x6654, SSE_ANDN = 0x6655, SSE_OR = 0x6656, SSE_XOR = 0x6657,
};

/* FMA3 operations by their opcode: reg = a * reg + b and the like. */
enum host_fma { FMA_213 = 0xa9, FMS_213 = 0xab, FNMA_213 = 0xad };

/* Two-operand ALU operations by their number in the 81 /n group. */
enum host_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

/* Shifts by their number in the c1 /n group. */
enum host_shift { SHIFT_ROL = 0, SHIFT_ROR = 1, SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };

#define EMIT_SLACK	16

struct emit {
	uint8_t *p;		/* next byte, writable view */
	uint8_t *end;		/* code ends here at the latest, and EMIT_SLACK bytes may follow */
	int64_t to_rx;		/* executable address = writable address + this */
	bool full;		/* something did not fit */
};

/* A place in memory: base, or base + index, and a displacement. */
struct host_mem {
	uint8_t base;
	uint8_t index;		/* HOST_NONE: none */
	int32_t disp;
};

static inline struct host_mem mem_at(enum host_reg base, int32_t disp)
{
	return (struct host_mem){ (uint8_t)base, HOST_NONE, disp };
}

static inline struct host_mem mem_indexed(enum host_reg base, enum host_reg index, int32_t disp)
{
	return (struct host_mem){ (uint8_t)base, (uint8_t)index, disp };
}

void emit1(struct emit *e, uint32_t byte);
void emit4(struct emit *e, uint32_t x);
void emit8(struct emit *e, uint64_t x);

/* reg op= rm; size in bytes 4 or 8. */
void emit_alu(struct emit *e, enum host_alu op, uint32_t size, uint32_t reg, uint32_t rm);
void emit_alu_imm(struct emit *e, enum host_alu op, uint32_t size, uint32_t rm, int32_t imm);
void emit_alu_load(struct emit *e, enum host_alu op, uint32_t size, uint32_t reg,
		   struct host_mem m);
/* op size [m], imm. */
void emit_alu_mem_imm(struct emit *e, enum host_alu op, uint32_t size, struct host_mem m,
		      int32_t imm);
/* op size [m], reg */
void emit_alu_store(struct emit *e, enum host_alu op, uint32_t size, struct host_mem m,
		    uint32_t reg);
/* size 1, 4 or 8 */
void emit_test(struct emit *e, uint32_t size, uint32_t a, uint32_t b);
/* test byte [m], imm */
void emit_test_mem_imm1(struct emit *e, struct host_mem m, uint32_t imm);
void emit_not(struct emit *e, uint32_t reg);
void emit_neg(struct emit *e, uint32_t reg);
void emit_shift(struct emit *e, enum host_shift op, uint32_t size, uint32_t reg, uint32_t count);
void emit_shift_cl(struct emit *e, enum host_shift op, uint32_t size, uint32_t reg);
/* high:low >> count, the low half to low. */
void emit_shrd(struct emit *e, uint32_t low, uint32_t high, uint32_t count);
void emit_bt(struct emit *e, uint32_t reg, uint32_t bit);
void emit_bts(struct emit *e, uint32_t reg, uint32_t bit);
/* The bit's number is that of bit modulo 64; btr clears it, bts sets it. */
void emit_bt_reg(struct emit *e, uint32_t reg, uint32_t bit);
void emit_btr_reg(struct emit *e, uint32_t reg, uint32_t bit);
void emit_bts_reg(struct emit *e, uint32_t reg, uint32_t bit);
/* The same of a bit below 64 of 8 bytes in memory. */
enum host_bit { BIT_SET = 5, BIT_RESET = 6 };
void emit_bit_mem(struct emit *e, enum host_bit op, struct host_mem m, uint32_t bit);
/* reg = number of the lowest bit of rm that is set; ZF: there is none. */
void emit_bsf(struct emit *e, uint32_t reg, uint32_t rm);
/* BMI2, which leave the flags alone: rm rotated right; a's bits of mask; rm shifted by count's low bits. */
void emit_rorx(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm, uint32_t count);
void emit_pext(struct emit *e, uint32_t reg, uint32_t a, uint32_t mask);
void emit_shift_x(struct emit *e, enum host_shift op, uint32_t reg, uint32_t rm, uint32_t count);
/* BMI1: reg = ~a & rm */
void emit_andn(struct emit *e, uint32_t reg, uint32_t a, uint32_t rm);
void emit_andn_load(struct emit *e, uint32_t reg, uint32_t a, struct host_mem m);
/* tzcnt, which is bsf where there is no BMI1. */
void emit_tzcnt(struct emit *e, uint32_t reg, uint32_t rm);
void emit_bswap(struct emit *e, uint32_t size, uint32_t reg);
/* reg = rm * imm */
void emit_imul(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm, int32_t imm);
/* reg *= rm; rdx:rax = rax * rm, both as signed numbers or not. */
void emit_imul_reg(struct emit *e, uint32_t reg, uint32_t rm);
void emit_mul_wide(struct emit *e, uint32_t rm, bool is_signed);
/* rax = rdx:rax / rm, rdx the remainder; size 4 or 8. cqo. */
void emit_divide(struct emit *e, uint32_t size, uint32_t rm, bool is_signed);
void emit_sign_to_rdx(struct emit *e);
void emit_popcnt(struct emit *e, uint32_t reg, uint32_t rm);

/* Moves leave the flags alone. */
void emit_mov(struct emit *e, uint32_t reg, uint32_t rm);
void emit_mov4(struct emit *e, uint32_t reg, uint32_t rm);
void emit_mov_imm(struct emit *e, uint32_t reg, uint64_t imm);
void emit_lea(struct emit *e, uint32_t reg, struct host_mem m);
/* lea reg, [base + index << scale]; base HOST_NONE: none */
void emit_lea_scaled(struct emit *e, uint32_t reg, uint32_t base, uint32_t index, uint32_t scale);
void emit_lea_rip(struct emit *e, uint32_t reg, const void *rx);
void emit_zero_extend(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm);
void emit_sign_extend(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm);
/* Zero-extending loads and stores of 1, 2, 4 or 8 bytes. */
void emit_load(struct emit *e, uint32_t size, uint32_t reg, struct host_mem m);
void emit_store(struct emit *e, uint32_t size, struct host_mem m, uint32_t reg);
/* mov size [m], imm; of 8 bytes sign-extended. */
void emit_store_imm(struct emit *e, uint32_t size, struct host_mem m, int32_t imm);

/* Loads and stores of 4 or 8 bytes with their order reversed (MOVBE). */
void emit_load_swapped(struct emit *e, uint32_t size, uint32_t reg, struct host_mem m);
void emit_store_swapped(struct emit *e, uint32_t size, struct host_mem m, uint32_t reg);
/* xmm registers, numbered from 16 on: movsd. */
void emit_load_double(struct emit *e, uint32_t reg, struct host_mem m);
/* Eight bytes, into a register of either kind. */
void emit_load_word(struct emit *e, uint32_t reg, struct host_mem m);
void emit_store_double(struct emit *e, struct host_mem m, uint32_t reg);
void emit_mov_double(struct emit *e, uint32_t reg, uint32_t rm);
void emit_zero_double(struct emit *e, uint32_t reg);

/* movq */
void emit_mov_to_gpr(struct emit *e, uint32_t reg, uint32_t xmm);
void emit_mov_to_xmm(struct emit *e, uint32_t xmm, uint32_t reg);

/*
 * SSE: prefix (0: none), op 0x0f.. or 0x0f38.., register numbers. reg and rm are xmm
 * registers, numbered from 16 on, or general ones, of which size bytes count. The
 * forms with an immediate, with an operand in memory at an executable address, and
 * anywhere.
 */
void emit_sse(struct emit *e, uint32_t prefix, uint32_t op, uint32_t size, uint32_t reg,
	      uint32_t rm);
void emit_sse_imm(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, uint32_t rm,
		  uint32_t imm);
void emit_sse_rip(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, const void *rx);

void emit_sse_mem(struct emit *e, uint32_t prefix, uint32_t op, uint32_t reg, struct host_mem m);
/* Floating point: all operands are xmm registers, or 16 bytes at an executable address. */
void emit_scalar(struct emit *e, enum host_sse op, uint32_t reg, uint32_t rm);
void emit_scalar_rip(struct emit *e, enum host_sse op, uint32_t reg, const void *rx);
/* The same with three operands, reg = a op b (AVX): 128 bits, so that upper halves stay clean. */
void emit_vex_scalar(struct emit *e, enum host_sse op, uint32_t reg, uint32_t a, uint32_t b);
void emit_vex_scalar_rip(struct emit *e, enum host_sse op, uint32_t reg, uint32_t a,
			 const void *rx);
/* ptest: CC_B if reg has all bits that are set there. */
void emit_ptest_rip(struct emit *e, uint32_t reg, const void *rx);
void emit_fma(struct emit *e, enum host_fma op, uint32_t reg, uint32_t a, uint32_t b);
/* cvtsi2sd or, of size 4, cvtsi2ss; cvtsd2si or cvttsd2si: 64-bit integers. */
void emit_from_int(struct emit *e, uint32_t size, uint32_t reg, uint32_t rm);
void emit_to_int(struct emit *e, bool truncate, uint32_t reg, uint32_t rm);

/* lock op [m], reg of size bytes: reg gets what was there, for CMPXCHG rax if it was not rax. */
enum host_atomic { ATOMIC_XCHG = 0x86, ATOMIC_CMPXCHG = 0x0fb0, ATOMIC_ADD = 0x0fc0 };
void emit_atomic(struct emit *e, enum host_atomic op, uint32_t size, struct host_mem m,
		 uint32_t reg);

void emit_setcc(struct emit *e, enum host_cc cc, uint32_t reg);
void emit_setcc_mem(struct emit *e, enum host_cc cc, struct host_mem m);
void emit_cmov(struct emit *e, enum host_cc cc, uint32_t reg, uint32_t rm);

/* Jumps. The forward ones return where their displacement lies, for emit_land(). */
uint8_t *emit_jcc(struct emit *e, enum host_cc cc);
uint8_t *emit_jmp(struct emit *e);
void emit_land(struct emit *e, uint8_t *site);
/* Make the displacement at site lead to the executable address to. */
void emit_patch(struct emit *e, uint8_t *site, const void *rx);
void emit_jmp_to(struct emit *e, const void *rx);
void emit_jcc_to(struct emit *e, enum host_cc cc, const void *rx);
/* lea of a place for emit_land(), which it returns the site for. */
uint8_t *emit_lea_forward(struct emit *e, uint32_t reg);
void emit_jmp_reg(struct emit *e, uint32_t reg);
void emit_call(struct emit *e, const void *target);
void emit_call_mem(struct emit *e, struct host_mem m);
void emit_push(struct emit *e, uint32_t reg);
void emit_pop(struct emit *e, uint32_t reg);
void emit_ret(struct emit *e);
enum host_mxcsr { MXCSR_LOAD = 2, MXCSR_STORE = 3 };
void emit_mxcsr(struct emit *e, enum host_mxcsr op, struct host_mem m);
void emit_fence(struct emit *e);	/* mfence */

/* Executable address of the next byte. */
static inline const void *emit_here(const struct emit *e)
{
	return e->p + e->to_rx;
}

#endif
