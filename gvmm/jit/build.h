/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the front end share: making operations of guest instructions. */
#ifndef GVMM_JIT_BUILD_H
#define GVMM_JIT_BUILD_H

#include "gvmm/jit/translate.h"

/* Entries of the machine TLB and its arrays, one for a privilege level, are found by shifts. */
#define ENTRY_SHIFT	5
#define ARRAY_SHIFT	(MTLB_BITS + ENTRY_SHIFT)

_Static_assert(sizeof(struct mtlb_entry) == 1 << ENTRY_SHIFT && MTLB_CPL0 == 0 && MTLB_CPL3 == 3,
	       "as large as the shifts say");

static inline bool at_cpl0(const struct translation *t)
{
	return !(t->key.flags & KEY_CPL);
}

/* Append an operation; its reference. Operands that are missing are IR_NONE. */
ir_ref ir_add(struct translation *t, uint32_t op, uint32_t type, ir_ref a, ir_ref b, ir_ref c,
	      int64_t imm);
/* The operation that was appended last. */
static inline struct ir *ir_last(struct translation *t)
{
	return &t->ir[t->nr_ir - 1];
}

/*
 * What follows makes values (build-value.c). An operation that is there already is not
 * made again, until ir_forget().
 */
void ir_forget(struct translation *t);
ir_ref ir_k(struct translation *t, uint64_t value);
ir_ref ir_bool(struct translation *t, bool value);

/* Is the value known? BOOLs: 0 or 1. */
static inline bool ir_known(const struct translation *t, ir_ref r, uint64_t *value)
{
	const struct ir *i = &t->ir[ir_index(r)];

	if (i->op != IR_K)
		return false;
	*value = (uint64_t)i->imm ^ (r & IR_NOT ? 1 : 0);
	return true;
}

static inline bool ir_is(const struct translation *t, ir_ref r, uint64_t value)
{
	uint64_t known;

	return ir_known(t, r, &known) && known == value;
}

/* How many of the low bits of an integer can be set, looking at depth operations. */
uint32_t ir_bits(const struct translation *t, ir_ref r, uint32_t depth);
#define IR_BITS_DEPTH	4

/* Integer operations, folded where the operands are known: ADD to XOR, ANDN. */
ir_ref ir_binary(struct translation *t, uint32_t op, ir_ref a, ir_ref b);
ir_ref ir_unary(struct translation *t, uint32_t op, ir_ref a, int64_t imm);
ir_ref ir_sized(struct translation *t, uint32_t op, ir_ref a, uint32_t size);
/* SHL, SHR and ROR of the low 32 bits, by up to 31; the result is zero-extended. */
ir_ref ir_short(struct translation *t, uint32_t op, ir_ref a, uint32_t count);
ir_ref ir_add_imm(struct translation *t, ir_ref a, int64_t imm);
/* SHLV, SHRV, SARV. */
ir_ref ir_shift_by(struct translation *t, uint32_t op, ir_ref a, ir_ref b);
/* SHLADD, SHRP, MUL. */
ir_ref ir_pair(struct translation *t, uint32_t op, ir_ref a, ir_ref b, int64_t imm);
/* An integer or VEC as the one or the other. */
ir_ref ir_vector(struct translation *t, ir_ref a);
ir_ref ir_scalar(struct translation *t, ir_ref a);
/* A parallel operation; b may be IR_NONE. */
ir_ref ir_par(struct translation *t, enum ir_par op, ir_ref a, ir_ref b, int64_t imm);
/* Of BOOLs. */
ir_ref ir_and(struct translation *t, ir_ref a, ir_ref b);
ir_ref ir_or(struct translation *t, ir_ref a, ir_ref b);
ir_ref ir_choose(struct translation *t, ir_ref c, ir_ref a, ir_ref b);	/* any type */

/* CMP of integers, of which 4 or 8 bytes count. */
ir_ref ir_compare(struct translation *t, ir_ref a, ir_ref b, uint32_t size, enum ir_rel rel);
ir_ref is_zero(struct translation *t, ir_ref a);
/* Is any bit of mask, which is not 0, set in a? */
ir_ref has_bits(struct translation *t, ir_ref a, uint64_t mask);
/* May x be a frame marker that cannot be written to PFS or IFS? True for some that can. */
ir_ref marker_unusual(struct translation *t, ir_ref x);

/* What a location holds, as this type; its usual type; and that it holds another value from here on. */
ir_ref get_as(struct translation *t, uint32_t loc, enum ir_type type);
ir_ref get(struct translation *t, uint32_t loc);
void put(struct translation *t, uint32_t loc, ir_ref value);
/* An operation behind this one may change the location in memory, as a PUT then says. */
void lose(struct translation *t, uint32_t loc);
/* The same, and it is this value that memory holds then. */
void lose_to(struct translation *t, uint32_t loc, ir_ref value);
/* A handler may have changed any location. */
void forget_all(struct translation *t);

/* General registers as instructions name them; r0 is 0. gr_any: may be a VEC. */
ir_ref gr(struct translation *t, uint32_t n);
ir_ref gr_any(struct translation *t, uint32_t n);
/* The qualifying predicate of i. */
ir_ref qualifier(struct translation *t, const struct insn *i);
/* Write a legal target if qp is true. */
void set_gr(struct translation *t, ir_ref qp, uint32_t n, ir_ref value);
void set_loc(struct translation *t, ir_ref qp, uint32_t loc, ir_ref value);
/* Write a predicate; p0 is left alone. */
void set_pr(struct translation *t, uint32_t n, ir_ref value);

/* The site of the current instruction, for an operation that may call its handler. */
uint16_t ir_site(struct translation *t);
/* The current instruction is its handler's. */
void build_handler(struct translation *t, const struct insn *i);

/*
 * Behind a LOAD: room for what a store to the same place asks of it. store_again: a STORE
 * of data that nothing qualifies, if one of the block's loads can have looked it up.
 */
void leave_room(struct translation *t);
bool store_again(struct translation *t, ir_ref va, uint32_t size, ir_ref data, int64_t imm);

/*
 * Have the current instruction's handler do it, off the main path, when condition
 * holds. It changes no location that was not lost before, but for loc; the result is what it
 * leaves there, or value. Behind it the instruction counts as done in either case.
 */
void aside(struct translation *t, ir_ref condition);
ir_ref aside_value(struct translation *t, ir_ref condition, ir_ref value, uint32_t loc);

/*
 * What an open block needs the instruction for (open.c).
 */
void open_note(struct translation *t, const struct insn *i);

/* Fields of struct vcpu and of the VPD, of size bytes. */
ir_ref load_field(struct translation *t, int64_t field, uint32_t size);
/* The same, offset bytes on: one that is in bounds whatever the guest's registers hold. */
ir_ref load_indexed(struct translation *t, int64_t field, ir_ref offset, uint32_t size);
/* Only when qp is true. */
void store_field(struct translation *t, ir_ref qp, int64_t field, uint32_t size, ir_ref value);
#define VCPU_FIELD(f)	((int64_t)offsetof(struct vcpu, f))
#define VPD_FIELD(f)	((int64_t)(RIVEN_VCPU_VPD - RIVEN_VCPU_STATE + offsetof(struct vpd, f)))

/* A new way out; its number. */
int64_t add_exit(struct translation *t, enum exit_kind kind, uint64_t ip, uint32_t ri);
/* What follows the current slot when a branch there is not taken, as an exit. */
int64_t exit_behind(struct translation *t);
/* Leave when condition holds; from here on it is known not to. */
void exit_if(struct translation *t, ir_ref condition, int64_t exit);
/* To the interpreter before the current instruction, of which nothing is done. */
int64_t exit_before(struct translation *t);
/* The main path ends. */
void end_block(struct translation *t, uint64_t ip);
void end_interp(struct translation *t);

/* PSR bits that have no effect but that somebody looks at them: ssm and the like may change them.
 */
#define UM_PLAIN (PSR_AC | PSR_MFL | PSR_MFH)
#define SM_PLAIN \
	(UM_PLAIN | PSR_UP | PSR_IC | PSR_I | PSR_DFL | PSR_DFH | PSR_SP | PSR_PP | PSR_DI | PSR_SI)

/*
 * What instructions become, by kind: true when the instruction was taken. All of
 * them leave alone what they decline.
 */
bool build_alu(struct translation *t, const struct insn *i);
bool build_parallel(struct translation *t, const struct insn *i);
bool build_compare(struct translation *t, const struct insn *i);
bool build_memory(struct translation *t, const struct insn *i);
bool build_branch(struct translation *t, const struct insn *i);
bool build_float(struct translation *t, const struct insn *i);
bool build_float_memory(struct translation *t, const struct insn *i);
bool build_system(struct translation *t, const struct insn *i);
bool build_privileged(struct translation *t, const struct insn *i);
bool build_address(struct translation *t, const struct insn *i);

#endif
