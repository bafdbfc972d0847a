/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The back end's state: where values are while the operations of a block become
 * host code, one after the other.
 */
#ifndef GVMM_JIT_HOST_H
#define GVMM_JIT_HOST_H

#include <riven/profile.h>

#include "gvmm/jit/emit.h"
#include "gvmm/jit/translate.h"

/*
 * Host registers: r15 is the vCPU, rbx its &gr[fb], r14 the bundles left. rax, rcx
 * and rdx are scratch, xmm14 and xmm15 too; the others hold values. XMM registers are
 * numbered behind the general ones.
 */
#define REG_VCPU	R15
#define REG_FRAME	RBX
#define REG_LEFT	R14

#define XMM(n)		(16u + (n))
#define NR_HOST		32
#define POOL_GPR	(1u << RBP | 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | 1u << R10 | \
			 1u << R11 | 1u << R12 | 1u << R13)
#define POOL_XMM	(0x3fffu << 16)
/* Those that a C function leaves alone. */
#define KEPT_REGS	(1u << RBP | 1u << R12 | 1u << R13)

/* Values that have to leave their register lie here, 8 bytes each, from rsp on. */
#define NR_SPILLS	32
#define SPILL_BYTES	(NR_SPILLS * 8)
#define SPILL_NONE	0xff
#define FIRST_ROUND	(NR_SPILLS - 1)

#define REG_NONE	HOST_NONE

struct value {
	uint16_t next;		/* its next use, 0: none */
	uint16_t home;		/* a location whose memory holds it, or LOC_NONE */
	uint16_t locs;		/* first location that holds it, LOC_NONE: none */
	uint8_t reg;		/* REG_NONE: in none */
	uint8_t spill;		/* SPILL_NONE: in none */
	uint8_t hint;		/* register that it had best be made in */
};

/* What a location holds. */
struct content {
	ir_ref ref;		/* IR_NONE: what memory holds */
	uint16_t next;		/* next location that holds the same value */
	uint16_t until;		/* operation that changes it next */
	ir_ref memory;		/* the value that memory holds, if that is known */
	bool lost;		/* memory is about to change: ref is not to be found there */
};

/* Set of locations. */
struct loc_set {
	uint64_t bits[(NR_LOCS + 63) / 64];
};

static inline bool loc_in(const struct loc_set *s, uint32_t loc)
{
	return s->bits[loc / 64] >> (loc % 64) & 1;
}

static inline void loc_put(struct loc_set *s, uint32_t loc, bool in)
{
	uint64_t bit = 1ull << (loc % 64);

	s->bits[loc / 64] = in ? s->bits[loc / 64] | bit : s->bits[loc / 64] & ~bit;
}

/* The first location of the set from loc on, or LOC_NONE. */
static inline uint32_t loc_next(const struct loc_set *s, uint32_t loc)
{
	uint32_t n = loc / 64;
	uint64_t left = loc < NR_LOCS ? s->bits[n] >> (loc % 64) << (loc % 64) : 0;

	while (!left) {
		if (++n >= sizeof(s->bits) / 8)
			return LOC_NONE;
		left = s->bits[n];
	}
	return n * 64 + (uint32_t)__builtin_ctzll(left);
}

/* Where something lies that has to be stored when the block is left. */
struct saved {
	uint16_t loc;
	uint8_t reg;		/* or REG_NONE: spill slot, or a known value */
	uint8_t spill;
	ir_ref ref;
};

/*
 * What a location holds at a loop's end, and memory does not: nothing changes it before
 * operation `until` of the next round, where the location gets something else.
 */
struct pending {
	struct saved what;
	uint16_t until;
};

#define NR_PENDING	64

#define NR_SAVED	8192
#define NR_STUBS	(IR_MAX / 4)

#define FRAME_UNKNOWN	(~0ull)

/* Code off the main path, made when that is complete. */
struct stub {
	enum stub_kind {
		STUB_EXIT,	/* leave by an exit */
		STUB_ACCESS,	/* let the handler do the operation, come back */
		STUB_ALAT,	/* only what alat says */
		STUB_SINGLE,	/* the same for half of a pair, or to its ACCESS, the stub `access` */
		STUB_FORM,	/* give a register its form and come back, or leave */
		/* Of floating-point operations (select-float.c). */
		STUB_NAN, STUB_ZERO, STUB_UNSIGNED, STUB_FLAG,
	} kind;
	uint8_t *site[4];	/* jumps that lead here */
	uint8_t *back;		/* ACCESS: where it goes on (writable view) */
	/*
	 * ACCESS by a store: jump taken when the ALAT has entries, and where it goes on
	 * behind that. By a load of a single: when that is no ordinary number, unless it is zero.
	 */
	uint8_t *alat, *alat_back;
	/* ACCESS by a spill: jump taken when the register is not canonical, and where it goes on. */
	uint8_t *form, *form_back;
	int32_t addend;		/* of what rax says then: where its addend lies, from the vCPU */
	uint8_t addend_reg;	/* or the register that has it, or that ACCESS by a load gives it; or REG_NONE */
	uint8_t va;		/* register that holds the address then */
	uint8_t *begin;		/* ACCESS: its code */
	uint16_t access;
	uint16_t op;
	bool entry;		/* FORM: in front of a loop */
	uint8_t reg;		/* takes the result; ACCESS: from its location */
	uint8_t second;		/* ACCESS by LOADP: takes the other half, or REG_NONE */
	uint8_t from[2];	/* operands, or REG_NONE */
	uint16_t saved, nr_saved;
	struct frame frame, memory_frame;	/* as in struct host */
};

struct host {
	struct translation *t;
	struct emit *e;
	uint32_t now;			/* operation */
	uint32_t pinned;		/* registers that must not be taken now */
	uint32_t uses_xmm;		/* some value is in one */
	ir_ref in_reg[NR_HOST];		/* value in a register, IR_NONE: free */
	uint32_t spills;		/* slots in use */
	/* The flags tell about a BOOL. */
	uint32_t flags;			/* its index, 0: none */
	enum host_cc cc;		/* holds when it is 1 */

	/* The one in force, and what memory says: FRAME_UNKNOWN, the one or the other. */
	struct frame frame, memory_frame;
	uint8_t *loop_head;		/* where a loop comes back to (writable view) */
	uint8_t header[NR_LOCS];	/* register of a location at a loop's head */
	bool looked;			/* FLOATS and FORM have been made before the loop */
	bool counts_rounds;		/* slot FIRST_ROUND has what r14 is in the first one */
	uint16_t written[NR_HOST];	/* first in the loop: twice the operation, and 1 if by its value */
	uint32_t nr_pending;
	struct pending pending[NR_PENDING];
	bool last_pending;		/* the last instruction's address is, too */
	uint8_t *late;			/* site of the entry's way out */
	uint8_t *refused[2];		/* of its way out for frames that an open block does not take */
	uint32_t inner;			/* offset of the entry behind that */
	uint32_t stale;			/* offset of where a dropped block leads */
	uint8_t *rest;			/* where the main path has ended (writable view), NULL: not yet */

	uint32_t nr_stubs, nr_saved;
	struct stub stub[NR_STUBS];
	struct saved saved[NR_SAVED];
	struct content content[NR_LOCS];
	struct loc_set touched;		/* their content may have changed */
	bool prepared;			/* that of the others is nothing */
	struct loc_set dirty;		/* memory does not hold what the location does */
	struct value value[IR_MAX + 1];
};

/* Fields of struct vcpu, locations in memory. */
static inline struct host_mem vcpu_field(size_t offset)
{
	return mem_at(REG_VCPU, (int32_t)offset);
}

#define VCPU(field) vcpu_field(offsetof(struct vcpu, field))
#define JIT_INDEXED(field, reg) mem_indexed(REG_VCPU, reg, \
	(int32_t)(RIVEN_VCPU_JIT - RIVEN_VCPU_STATE + offsetof(struct jit, field)))
#define PROFILE(field) \
	vcpu_field(RIVEN_VCPU_PROFILE - RIVEN_VCPU_STATE + offsetof(struct riven_profile, field))
#define VPD(field)	vcpu_field(RIVEN_VCPU_VPD - RIVEN_VCPU_STATE + offsetof(struct vpd, field))
#define JIT(field) vcpu_field(RIVEN_VCPU_JIT - RIVEN_VCPU_STATE + offsetof(struct jit, field))

static inline struct host_mem spill_mem(uint32_t slot)
{
	return mem_at(RSP, (int32_t)slot * 8);
}

struct host_mem loc_mem(uint32_t loc);
/* A field of what lies there, offset bytes on. */
static inline struct host_mem loc_mem_at(uint32_t loc, int32_t offset)
{
	struct host_mem m = loc_mem(loc);

	m.disp += offset;
	return m;
}

/* Where values are (alloc.c). */
void alloc_begin(struct host *h, struct translation *t, struct emit *e);
/* Host register that holds the value of a reference, which is pinned. */
uint32_t use(struct host *h, ir_ref r);
/* A register for the value that the current operation makes, pinned. */
uint32_t def(struct host *h, ir_ref r);
/* The same, and it holds a; other must keep its register, if it has one. */
uint32_t def_over(struct host *h, ir_ref r, ir_ref a, ir_ref other);
/* The same without a's value: a's register if a is not needed any more. */
uint32_t def_after(struct host *h, ir_ref r, ir_ref a);
/*
 * Before the current operation (alloc-check.c): is every operand where the allocator says, and is
 * that possible? What is wrong, or NULL.
 */
const char *alloc_check(const struct host *h);
/* The current operation is done with its operands. */
void alloc_step(struct host *h);
/* What the location holds, to be changed. */
struct content *content_of(struct host *h, uint32_t loc);
/* Operations GET, PUT and LOST. */
void alloc_get(struct host *h, const struct ir *i);
void alloc_put(struct host *h, const struct ir *i);
void alloc_lost(struct host *h, uint32_t loc, ir_ref known);
/*
 * A floating-point register, whose tag is at loc, is about to be looked at in memory,
 * where it has that form afterwards.
 */
void alloc_form(struct host *h, uint32_t loc, ir_ref form);
/* The operation itself writes the location's memory, and what it held is of no use. */
void alloc_overwritten(struct host *h, uint32_t loc);
/* Memory of the locations from first up to end is brought up to date. */
void sync_some(struct host *h, uint32_t first, uint32_t end);
/* The value of a BOOL's index as a byte in a register, or REG_NONE: see bool_mem(). */
uint32_t bool_reg(struct host *h, uint32_t index);
struct host_mem bool_mem(struct host *h, uint32_t index);
/* Is the value needed behind the current operation, other than by locations that are clean? */
bool is_needed(struct host *h, uint32_t index);
/*
 * What follows changes the flags, or is not always executed: a BOOL in them that is
 * still needed is put into a register. This changes no flags.
 */
void flags_drop(struct host *h);
/* A value's place in memory, or the value if it is known, into a register. */
void load_value(struct host *h, uint32_t index, uint32_t reg);
/* Bring memory of the location up to date; all of them. Changes rax. */
void store_loc(struct host *h, uint32_t loc);
void sync_all(struct host *h);
/* A handler was called (after sync_all): nothing is left in registers, or nothing at all. */
void drop_registers(struct host *h, uint32_t kept);
void drop_values(struct host *h);
/* Spill what is used behind the operation and has no place but a register that is not kept. */
void keep_values(struct host *h, uint32_t kept);
/* Note in the stub what would have to be stored now. */
void save_state(struct host *h, struct stub *s);
/* Store what the stub has noted. Changes rax. */
void store_state(struct host *h, const struct stub *s);
void store_saved(struct host *h, const struct saved *d);
/* Loops (loop.c): registers for the locations that are read, loaded; and back to that state. */
void loop_begin(struct host *h);
void loop_end(struct host *h);
/* For a stub: store what is pending where it leaves the loop, if this is not the first round. */
void loop_pending(struct host *h, const struct stub *s);

/* Conditions (select.c): emit what sets the flags; the condition that r holds. */
enum host_cc condition(struct host *h, ir_ref r);

struct stub *add_stub(struct host *h, enum stub_kind kind);

/* What follows is the operation's code. */
static inline void mark(struct host *h, uint32_t op)
{
	struct translation *t = h->t;

	if (t->marks && t->nr_marks < NR_MARKS)
		t->marks[t->nr_marks++] = (struct mark){
			(uint32_t)(h->e->p - t->jit->rw), (uint16_t)op,
		};
}

/* What follows, up to the block's end, is off the main path. */
static inline void main_path_ends(struct host *h)
{
	if (!h->rest)
		h->rest = h->e->p;
}

/* Ways out (exit.c): everything is in memory. */
void leave_by(struct host *h, const struct exit *x);
/* For the address where the block starts, without an entry's bundles. */
void leave_late(struct host *h);
void make_stubs(struct host *h);
/* Fill up with int3 to an offset in the cache that is a multiple of size, a power of two. */
static inline void align_code(const struct jit *j, struct emit *e, uint32_t size)
{
	while ((uint32_t)(e->p - j->rw) & (size - 1))
		emit1(e, 0xcc);
}

/*
 * What all blocks share in the cache beside code: sixteen bytes each, of which the upper
 * half is zero. Byte orders of ORDER1, and of the second half of interleaved bytes, odd or
 * even pairs; bits of doubles.
 */
enum host_mask {
	MASK_EVEN = NR_ORDERS, MASK_ODD, MASK_SIGN, MASK_MAGNITUDE, MASK_QUIET_NAN, NR_MASKS,
};
void make_masks(struct jit *j, struct emit *e);

static inline const void *mask_rx(const struct host *h, uint32_t mask)
{
	return cache_rx(h->t->jit, h->t->jit->masks + mask * 16);
}
/* For a spill, and its thunk (select-spill.c). */
void make_spill(struct host *h, struct stub *s);
void make_spill_thunk(struct jit *j, struct emit *e);
/* The thunk that drops what a store overwrites from the ALAT (select-alat.c). */
void make_alat(struct jit *j, struct emit *e);
/* Thunks that move all predicates (select-predicates.c). */
void make_predicates(struct jit *j, struct emit *e);
/* For STUB_FORM (select-form.c), and those of floating-point operations. */
void make_form(struct host *h, const struct stub *s);
/* Register n gets this form: NE if it has it (jit_form()). Changes rax, rcx, rdx. */
void call_form(struct host *h, uint32_t n, uint32_t form);
void make_nan(struct host *h, const struct stub *s);
void make_zero(struct host *h, const struct stub *s);
void make_unsigned(struct host *h, const struct stub *s);
void make_flag(struct host *h, const struct stub *s);
/* The first bytes, which also become a jump to `stale` when the block is dropped. */
void make_entry(struct host *h);
void reload_frame_at(struct emit *e);
/* May the handler change the place of the frame in the register file? */
bool moves_frame(uint32_t op);
void store_address(struct host *h, size_t field, uint64_t ip);
void store_frame(struct host *h, struct frame f);
/* Memory says what the frame is. Changes rax. */
void sync_frame(struct host *h);
/* rax = the site's address; call the shared code at offset thunk of the cache. */
void call_thunk(struct host *h, uint32_t site, uint32_t thunk);

_Static_assert(TRANSLATION_OFFSET + HOST_OFFSET + sizeof(struct host) <= RIVEN_VCPU_JIT_SIZE,
	       "the workspace fits");

#endif
