/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The intermediate form: what a block does, as a list of small typed operations
 * in program order. An operation that makes a value is named by its place in the
 * list; each is defined once. The front end (build*.c) knows IA-64 and no host, the
 * back end (alloc.c, select*.c, exit.c) the other way round.
 *
 * Architectural registers are *locations*. GET reads what one holds when the
 * block is entered (or after a HANDLER), PUT says what it holds from here on. A
 * PUT makes no code: memory need only be up to date where an operation can leave
 * the block, and there the back end stores what it lacks.
 */
#ifndef GVMM_JIT_IR_H
#define GVMM_JIT_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Operations in one block. */
#define IR_MAX		2048u

enum ir_type {
	IR_VOID, IR_I64,
	IR_BOOL,	/* 0 or 1: a predicate */
	IR_F64,		/* a double */
	IR_VEC,		/* a general register's elements, for parallel operations */
};

/*
 * A reference to a value: its operation's number. Of a BOOL, IR_NOT makes it the
 * complement.
 */
typedef uint16_t ir_ref;
#define IR_NONE		0x7f7fu	/* a number that memset() can fill with */
#define IR_NOT		0x8000u

static inline uint32_t ir_index(ir_ref r)
{
	return r & ~IR_NOT;
}

/* Locations. General registers as the file holds them: 32 + distance from the frame base. */
enum ir_loc {
	LOC_GR = 0,
	LOC_PR = 128,		/* physical predicate registers */
	/* Physical floating-point registers: the words of an entry, see gvmm/fp/form.h. */
	LOC_FR = 192,		/* sig */
	LOC_FT = 320,		/* se, which tells the form */
	LOC_FB = 448,		/* the second operand of a sequence */
	LOC_BR = 576,
	LOC_LC = 584, LOC_EC, LOC_PFS, LOC_CCV, LOC_UNAT,
	LOC_IP,			/* where the branch that leaves goes */
	LOC_NONE,
	NR_LOCS = LOC_NONE
};

/* Relations of CMP; of a BOOL's complement there is no need. */
enum ir_rel { REL_EQ, REL_LT, REL_LE, REL_LTU, REL_LEU };

/* What an operation is beside its operands. */
enum ir_flags {
	IRF_EXIT = 1,	/* may leave the block: locations are in memory then */
	IRF_EFFECT = 2,	/* is never dropped for want of a use of its value */
	IRF_END = 4,	/* the last operation of a block */
	IRF_GUARD = 8,	/* may have a guard and another value */
	IRF_APART = 16,	/* changes memory of locations, or PSR: loops keep none in registers */
};

/*
 * X(name, result, a, b, c, flags): types of the result and the operands. Result ANY
 * follows from the location or the operation's own type; an operand VOID is IR_NONE.
 * c of LOAD, STORE, UNHIT, STV, CLRFLAG and HANDLER is a guard, or IR_NONE: done only when it is true. b
 * of a guarded LOAD is its value else. imm of LOAD and STORE: enum ir_mem; of EXIT,
 * EXITIF, HANDLER, ALLOC and the floating-point operations that can leave: number of a
 * struct exit, which for HANDLER and ALLOC only says what the frame is afterwards. a of
 * LOST is what memory holds if it does change, or IR_NONE. ASIDE and ASIDEV: when a is
 * true the site's handler does the instruction, off the main path; what it changes is
 * LOST before. The value of ASIDEV is what it has left in loc, or b.
 *
 * Floating point (docs/fp-invariants.md has the rules): operations that set flags are
 * never dropped. FLOATS leaves unless a's conditions (enum ir_floats) hold; FORM unless
 * the register whose location is loc has the form a, or can be given it.
 */
#define IR_OPS(X)							\
	X(NOP, VOID, VOID, VOID, VOID, 0)				\
	X(K, ANY, VOID, VOID, VOID, 0)		/* imm */		\
	X(GET, ANY, VOID, VOID, VOID, 0)	/* loc; size 1: even without a use */ \
	X(PUT, VOID, ANY, VOID, VOID, 0)	/* loc */		\
	X(LOST, VOID, ANY, VOID, VOID, IRF_EFFECT) /* loc: memory may change here */ \
	X(ADD, I64, I64, I64, VOID, 0)					\
	X(SUB, I64, I64, I64, VOID, 0)					\
	X(AND, I64, I64, I64, VOID, 0)					\
	X(OR, I64, I64, I64, VOID, 0)					\
	X(XOR, I64, I64, I64, VOID, 0)					\
	X(COM, I64, I64, VOID, VOID, 0)					\
	X(ANDN, I64, I64, I64, VOID, 0)		/* a & ~b */		\
	X(SHLADD, I64, I64, I64, VOID, 0)	/* (a << imm) + b */	\
	X(SHL, I64, I64, VOID, VOID, 0)		/* by imm, 0 to 63 */	\
	X(SHR, I64, I64, VOID, VOID, 0)					\
	X(SAR, I64, I64, VOID, VOID, 0)					\
	X(ROR, I64, I64, VOID, VOID, 0)					\
	X(SHLV, I64, I64, I64, VOID, 0)		/* by b, any number */	\
	X(SHRV, I64, I64, I64, VOID, 0)					\
	X(SARV, I64, I64, I64, VOID, 0)					\
	X(SHRP, I64, I64, I64, VOID, 0)		/* low half of a:b >> imm */ \
	X(SXT, I64, I64, VOID, VOID, 0)		/* from size bytes */	\
	X(ZXT, I64, I64, VOID, VOID, 0)					\
	X(BSWAP, I64, I64, VOID, VOID, 0)	/* the low size bytes */ \
	X(POPCNT, I64, I64, VOID, VOID, 0)				\
	X(CTZ, I64, I64, VOID, VOID, 0)		/* of 0: 64 */		\
	X(TOVEC, VEC, I64, VOID, VOID, 0)				\
	X(FROMVEC, I64, VEC, VOID, VOID, 0)				\
	X(PAR, VEC, VEC, VEC, VOID, 0)		/* size: enum ir_par; imm: its immediate */ \
	X(MUL, I64, I64, I64, VOID, 0)					\
	X(MULH, I64, I64, I64, I64, 0)		/* high half of a * b + c */ \
	X(MULHU, I64, I64, I64, I64, 0)		/* the same, a and b unsigned */ \
	X(DIV, I64, I64, I64, VOID, 0)		/* neither by 0 nor -2^63 by -1 */ \
	X(DIVU, I64, I64, I64, VOID, 0)					\
	X(CMP, BOOL, I64, I64, VOID, 0)		/* imm: REL_*; size 4 or 8 */ \
	X(BIT, BOOL, I64, VOID, VOID, 0)	/* bit imm of a */	\
	X(BITV, BOOL, I64, I64, VOID, 0)	/* bit b modulo 64 of a */ \
	X(BTR, I64, I64, I64, VOID, 0)		/* a without that bit */ \
	X(BAND, BOOL, BOOL, BOOL, VOID, 0)				\
	X(BOR, BOOL, BOOL, BOOL, VOID, 0)				\
	X(SEL, I64, I64, I64, BOOL, 0)		/* c ? a : b */		\
	X(BSEL, BOOL, BOOL, BOOL, BOOL, 0)				\
	X(BITS, I64, F64, VOID, VOID, 0)	/* the 64 bits of a */	\
	X(DOUBLE, F64, I64, VOID, VOID, 0)	/* a's 64 bits */	\
	X(FSEL, F64, F64, F64, BOOL, 0)		/* c ? a : b */		\
	X(FADD, F64, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)		\
	X(FSUB, F64, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)	/* imm 1: b's NaN before a's */ \
	X(FMUL, F64, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)	/* imm 1: -a * b */ \
	X(FMA, F64, F64, F64, F64, IRF_EFFECT | IRF_GUARD)	/* imm: enum fp_fma_op */ \
	X(FMIN, F64, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)		\
	X(FMAX, F64, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)		\
	X(FDIV, F64, F64, F64, VOID, IRF_EFFECT)	/* size 4: rounded to single */ \
	X(FSQRT, F64, F64, VOID, VOID, IRF_EFFECT)			\
	X(FNEG, F64, F64, VOID, VOID, 0)				\
	X(FABS, F64, F64, VOID, VOID, 0)				\
	X(FSIGN, F64, F64, F64, VOID, 0)	/* b with a's sign; imm 1: the other one */ \
	X(FSINGLE, F64, F64, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_GUARD) /* rounded to single */ \
	X(FCMP, BOOL, F64, F64, VOID, IRF_EFFECT | IRF_GUARD)	/* imm: FCMP_* */ \
	X(FROMI, F64, I64, VOID, VOID, IRF_EFFECT | IRF_GUARD)	/* imm 1: unsigned; size 4: to single */ \
	X(TOI, I64, F64, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_GUARD)	/* size 1: towards zero */ \
	X(FLAGD, VOID, I64, VOID, VOID, IRF_EFFECT) /* D of status field imm, unless a < 0 */ \
	X(FLOATS, VOID, I64, VOID, VOID, IRF_EXIT | IRF_EFFECT)		\
	X(FORM, VOID, I64, VOID, VOID, IRF_EXIT | IRF_EFFECT)		\
	X(LOAD, ANY, I64, ANY, BOOL, IRF_EXIT | IRF_EFFECT)	/* [a], size bytes */ \
	X(LOADP, ANY, I64, VOID, VOID, IRF_EXIT | IRF_EFFECT) /* the first half of size bytes at [a] */ \
	X(ADDEND, I64, ANY, VOID, VOID, 0)	/* host address less that of LOAD a, which is right before it */ \
	X(SECOND, ANY, ANY, VOID, VOID, 0)	/* the other half of LOADP a, which is right before it */ \
	X(STORE, VOID, I64, ANY, BOOL, IRF_EXIT | IRF_EFFECT)	/* [a] = b */ \
	X(STOREAT, VOID, I64, ANY, I64, IRF_EFFECT) /* [a] = b, which ADDEND c's LOAD has looked up */ \
	X(RMW, I64, I64, I64, I64, IRF_EXIT | IRF_EFFECT | IRF_GUARD) /* imm: enum ir_rmw */ \
	X(HIT, BOOL, VOID, VOID, VOID, 0)	/* has loc an ALAT entry? */ \
	X(UNHIT, VOID, VOID, VOID, BOOL, IRF_EFFECT)	/* drop it: there is one */ \
	X(SPILL, VOID, I64, VOID, VOID, IRF_EXIT | IRF_EFFECT) /* the register at loc to [a]; imm: of FLOATS */ \
	X(FILL, VOID, I64, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_APART) /* and from [a], in memory */ \
	X(LDV, I64, VOID, VOID, VOID, 0)	/* size bytes at imm of the vcpu */ \
	X(LDX, I64, I64, VOID, VOID, 0)		/* the same, a bytes on */ \
	X(STV, VOID, I64, VOID, BOOL, IRF_EFFECT | IRF_APART)			\
	X(GETPRS, I64, VOID, VOID, VOID, IRF_EXIT) /* all predicates: bit n is LOC_PR + n */ \
	X(SETPRS, VOID, I64, VOID, VOID, IRF_EFFECT | IRF_APART) /* the same, to memory */ \
	X(SETROT, VOID, VOID, VOID, VOID, IRF_EFFECT | IRF_APART) /* the rotating ones to bits of imm */ \
	X(MARKER, I64, VOID, VOID, VOID, 0)	/* CFM */		\
	X(COVER, VOID, VOID, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_APART) /* of imm registers */ \
	X(GETFLAG, I64, VOID, VOID, VOID, 0)	/* the flags in MXCSR */ \
	X(CLRFLAG, VOID, VOID, VOID, BOOL, IRF_EFFECT) /* no flag is set there */ \
	X(FENCE, VOID, VOID, VOID, VOID, IRF_EFFECT)			\
	X(ASIDE, VOID, BOOL, VOID, VOID, IRF_EXIT | IRF_EFFECT)		\
	X(ASIDEV, I64, BOOL, I64, VOID, IRF_EXIT | IRF_EFFECT)		\
	X(HANDLER, VOID, VOID, VOID, BOOL, IRF_EXIT | IRF_EFFECT | IRF_APART)	\
	X(ALLOC, VOID, VOID, VOID, VOID, IRF_EXIT | IRF_EFFECT)	/* frame: imm */ \
	X(FRAME, VOID, VOID, VOID, VOID, IRF_EFFECT)	/* it is imm from here on */ \
	X(EXITIF, VOID, BOOL, VOID, VOID, IRF_EXIT | IRF_EFFECT) /* to exit imm */ \
	X(EXIT, VOID, VOID, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_END) \
	X(LOOP, VOID, VOID, VOID, VOID, IRF_EXIT | IRF_EFFECT | IRF_END)

enum ir_op {
#define X(name, result, a, b, c, flags) IR_##name,
	IR_OPS(X)
#undef X
	NR_IR_OPS
};

struct ir {
	uint8_t op;		/* enum ir_op */
	uint8_t type;		/* enum ir_type of the value */
	uint8_t size;		/* bytes, where that matters */
	uint8_t slot;		/* of the guest instruction, 0-2 */
	uint16_t bundle;	/* its bundle's index in the block */
	uint16_t loc;		/* GET, PUT: enum ir_loc */
	int64_t imm;
	ir_ref a, b, c;
	ir_ref other, guard;	/* IRF_GUARD: done only if guard is true, else the value is other */
	uint16_t site;		/* LOAD, STORE, HANDLER ...: index of its struct site, or 0 */
	/* Made by ir_uses(): the next operation that uses the same value, 0: none. */
	uint16_t next_a, next_b, next_c, next_other, next_guard;
	uint16_t first;		/* the first use of this operation's own value */
	uint16_t until;		/* PUT: the next PUT of the location, or the block's end */
	uint16_t exits;		/* operations from this one on that can leave the block */
	uint16_t exit;		/* LOAD: taken when the handler has loaded something else than a double */
	uint16_t second;	/* LOADP: location of the other half; loc is that of the first */
};

_Static_assert(sizeof(struct ir) == 48, "no padding in operations");

/* Are there no operands beside a and b? */
static inline bool ir_is_binary(const struct ir *i)
{
	return (i->c & i->other & i->guard) == IR_NONE;
}

/* What FLOATS makes sure of. */
enum ir_floats {
	FLOATS_LOW = 1,		/* f2-f31 are enabled, and marked as modified */
	FLOATS_HIGH = 2,	/* f32-f127 */
	FLOATS_MAIN = 4,	/* FP_FAST_MAIN */
	FLOATS_DIVIDE = 8,	/* FP_FAST_DIVIDE, and the flag I of status field 1 is set */
};

/*
 * Parallel operations: X(name, operands). The number is the size of an element in
 * bytes; S and U: signed and unsigned saturation; with one operand, imm is a count or
 * an order. A VEC is eight bytes; none of them looks at what else its register holds.
 */
#define IR_PARS(X)							\
	X(ADD1, 2) X(ADD2, 2) X(ADD4, 2) X(SUB1, 2) X(SUB2, 2) X(SUB4, 2) \
	X(ADDS1, 2) X(ADDS2, 2) X(ADDU1, 2) X(ADDU2, 2)			\
	X(SUBS1, 2) X(SUBS2, 2) X(SUBU1, 2) X(SUBU2, 2)			\
	X(AVG1, 2) X(AVG2, 2)			/* unsigned, a half rounded up */ \
	X(EQ1, 2) X(EQ2, 2) X(EQ4, 2) X(GT1, 2) X(GT2, 2) X(GT4, 2)	\
	X(MINU1, 2) X(MIN2, 2) X(MAXU1, 2) X(MAX2, 2)			\
	X(MULL2, 2) X(MULH2, 2) X(MULHU2, 2)	/* half of each product */ \
	X(MADD2, 2)				/* sums of two products */ \
	X(SAD1, 2)							\
	X(AND, 2) X(ANDN, 2) X(OR, 2) X(XOR, 2)	/* ANDN: a & ~b */	\
	X(SHL2, 1) X(SHL4, 1) X(SHR2, 1) X(SHR4, 1) X(SAR2, 1) X(SAR4, 1) \
	X(SHLV2, 2) X(SHLV4, 2) X(SHRV2, 2) X(SHRV4, 2) X(SARV2, 2) X(SARV4, 2) /* all by b */ \
	/* Elements of the low or high halves, one of a and one of b in turn. */ \
	X(LOW1, 2) X(LOW2, 2) X(LOW4, 2) X(HIGH1, 2) X(HIGH2, 2) X(HIGH4, 2) \
	/* Even or odd elements, in the same way. */			\
	X(EVEN1, 2) X(ODD1, 2) X(EVEN2, 2) X(ODD2, 2)			\
	/* The low half with elements twice as wide, zero-extended. */	\
	X(WIDEN1, 1) X(WIDEN2, 1)					\
	X(DOWN, 1)				/* the high half, as the low one */ \
	/* a's elements, then b's, half as wide: from signed to S or U. */ \
	X(PACKS2, 2) X(PACKU2, 2) X(PACKS4, 2)				\
	X(ORDER1, 1)				/* enum ir_order */	\
	X(ORDER2, 1)				/* imm: two bits for each element */

enum ir_par {
#define X(name, operands) PAR_##name,
	IR_PARS(X)
#undef X
	NR_IR_PARS
};

/* Orders of bytes, as mux1 has them. */
enum ir_order { ORDER_BRCST, ORDER_MIX, ORDER_SHUF, ORDER_ALT, ORDER_REV, NR_ORDERS };

/* imm of LOAD, LOADP, STORE and STOREAT. */
enum ir_mem {
	IRM_BE = 1,		/* big-endian */
	IRM_ACQUIRE = 2,	/* forgets advanced loads */
	IRM_ADVANCED = 4,	/* enters the ALAT */
	IRM_DOUBLE = 8,		/* what the handler loads gets double form */
	IRM_WRITABLE = 16,	/* the place can be stored to as well: else by `exit`, behind it */
};

/* imm of COVER, or: of as many as the frame has. */
#define COVER_UNKNOWN	(-1)

/* imm of RMW: at [a] b is stored, stored if c was there, or added; the value is what was there. */
enum ir_rmw { RMW_XCHG, RMW_CMPXCHG, RMW_ADD, RMW_KIND = 3, RMW_BE = 4 };

/* Ways out. */
enum exit_kind {
	EXIT_LINK,		/* to the block for ip */
	EXIT_FINISH,		/* to the interpreter, for the bundle at ip from slot ri on */
	EXIT_CALL,		/* to the block for ip, with the frame pushed; PFS and BR are put */
	EXIT_CALL_IND,		/* to LOC_IP, likewise */
	EXIT_INDIRECT,		/* to LOC_IP */
	EXIT_RETURN,		/* br.ret */
	EXIT_BRANCH,		/* any other branch: its handler tells */
};

struct translation;

uint32_t ir_flags(uint32_t op);
const char *ir_name(uint32_t op);
const char *ir_par_name(uint32_t par);

/*
 * Passes. ir_check: is the list well formed? The reason if it is not, else
 * NULL. ir_optimize: drop what has no use, then find the uses.
 */
const char *ir_check(const struct translation *t);
void ir_optimize(struct translation *t);

#endif
