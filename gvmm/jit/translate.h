/* SPDX-License-Identifier: GPL-2.0-only */
/* One translation under way: what the translator's files share. */
#ifndef GVMM_JIT_TRANSLATE_H
#define GVMM_JIT_TRANSLATE_H

#include "gvmm/isa/insn.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/emit.h"
#include "gvmm/jit/jit.h"

/*
 * Host registers. rax, rcx and rdx are scratch; r15 is the vCPU, rbx its
 * &gr[fb], r14 the bundles left, r13 mtlb_data. The others hold guest registers.
 */
#define REG_VCPU	R15
#define REG_FRAME	RBX
#define REG_LEFT	R14
#define REG_MTLB	R13

#define NR_POOL		8
#define GUEST_NONE	0xff

/*
 * General registers as they lie in the file: r0-r31 by number, then 32 + the
 * distance from the frame base.
 */
#define NR_GUEST	128

/* Which guest registers host registers hold, and which of those memory does not have yet. */
struct held {
	uint8_t guest[NR_HOST_REGS];	/* GUEST_NONE: free */
	uint32_t dirty;			/* bit per host register */
};

struct regs {
	struct held held;
	uint8_t host[NR_GUEST];		/* HOST_NONE: in memory only */
};

struct bundle {
	uint64_t ip;
	struct insn insn[3];
};

/* Code off the main path, made when that is complete. */
struct stub {
	enum stub_kind {
		STUB_EXIT,	/* to a known address: spill, account, jump */
		STUB_STATUS,	/* a handler's status is no EXEC_NEXT: leave */
		STUB_FINISH,	/* leave before the next slot */
		STUB_ACCESS,	/* call the handler of a memory reference, come back */
	} kind;
	uint8_t *site[4];	/* jumps that lead here */
	uint8_t *back;		/* ACCESS: where it goes on (writable view) */
	uint16_t bundle;	/* index of the bundle */
	uint8_t slot;
	bool ends_bundle;	/* FINISH: the next slot is the next bundle's first */
	uint64_t target;	/* EXIT: address */
	const struct insn *insn;
	uint32_t reload;	/* ACCESS: host registers whose value the handler changed */
	struct held held;		/* of the main path where it jumps here */
};

#define NR_STUBS	256

struct translation {
	struct vcpu *v;
	struct jit *jit;
	struct emit e;
	struct key key;
	struct frame frame;		/* where translation stands */

	struct bundle bundle[BLOCK_BUNDLES];
	uint32_t bundles;
	uint64_t next_ip;		/* where the last bundle falls through to */

	uint32_t at;			/* index of the bundle being translated */
	uint32_t slot;
	bool done;			/* the main path has ended */

	struct regs regs;
	uint32_t pinned;		/* host registers that must not be taken now */
	uint32_t turn;			/* where the search for one to take starts */

	/* The flags tell about predicates as long as nothing but moves was emitted. */
	uint8_t *flags_at;
	uint32_t flags_true, flags_false;	/* slots in pr[] that hold cc, and its opposite */
	enum host_cc flags_cc;

	uint32_t links;			/* offset of the last one made */
	uint8_t *entry;
	struct insn *insns;		/* copies of all instructions, for handlers */
	uint32_t nr_stubs;
	struct stub stub[NR_STUBS];
};

/* Fields of struct vcpu, registers in memory. */
static inline struct host_mem vcpu_field(size_t offset)
{
	return mem_at(REG_VCPU, (int32_t)offset);
}

#define VCPU(field) vcpu_field(offsetof(struct vcpu, field))

static inline struct host_mem guest_mem(uint32_t g)
{
	if (g < 32)
		return vcpu_field(offsetof(struct vcpu, gr) + g * 8);
	return mem_at(REG_FRAME, (int32_t)(g - 32) * 8);
}

static inline struct host_mem pred_mem(uint32_t slot)
{
	return vcpu_field(offsetof(struct vcpu, pr) + slot);
}

/* Register names of instructions to what they mean in the current frame. */
static inline uint32_t guest_of(const struct translation *t, uint32_t n)
{
	const struct frame *f = &t->frame;

	if (n < 32)
		return n;
	n -= 32;
	if (n < f->sor) {
		n += f->rrb_gr;
		if (n >= f->sor)
			n -= f->sor;
	}
	return 32 + n;
}

static inline bool target_ok(const struct translation *t, uint32_t n)
{
	return n != 0 && (n < 32 || n - 32 < t->frame.sof);
}

static inline uint32_t pred_of(const struct translation *t, uint32_t n)
{
	if (n < 16)
		return n;
	n += t->frame.rrb_pr;
	return n < 64 ? n : n - 48;
}

/* Collecting the bundles of a block (front.c). */
void collect_bundles(struct translation *t);

/* Register allocation (regs.c). */
void regs_reset(struct regs *r);
/* Host register that holds guest register g, to be read (and, with a def, written). */
uint32_t reg_use(struct translation *t, uint32_t g);
/* Host register for g, whose old value does not matter. */
uint32_t reg_def(struct translation *t, uint32_t g);
/* The value in memory is out of date. */
static inline void reg_dirty(struct translation *t, uint32_t host)
{
	t->regs.held.dirty |= 1u << host;
}
/* Store what is dirty; nothing is dirty then. */
void regs_clean(struct translation *t);
/* That, and forget what registers hold. */
void regs_flush(struct translation *t);
/* Store what h says is dirty, without a change of state. */
void regs_spill(struct translation *t, const struct held *h);
/* What was emitted since before leaves the flags as they were. */
void flags_kept(struct translation *t, const uint8_t *before);

/* Predicates and the flags (lower.c). */
void flags_hold(struct translation *t, enum host_cc cc, uint32_t p_true, uint32_t p_false);
/* Jump when predicate qp is false (want false) or true; the site. */
uint8_t *jump_if(struct translation *t, uint32_t qp, bool want);
/* The qualifying predicate of i: NULL when it is p0, else a site for guard_end(). */
uint8_t *guard_begin(struct translation *t, const struct insn *i);
void guard_end(struct translation *t, uint8_t *site);

/* What leaves the block (exit.c). */
struct stub *add_stub(struct translation *t, enum stub_kind kind);
/* ip, ri and last_ip as a handler of the current instruction has to find them. */
void set_position(struct translation *t);
void call_handler(struct translation *t, const struct insn *i);
/* Leave for target, known now, when the jump at site is taken. */
void exit_at(struct translation *t, uint8_t *site, uint64_t target);
/* The same, here and always. */
void exit_here(struct translation *t, uint64_t target);
/* Give back the bundles behind the current one. */
void account_bundles(struct translation *t);
/* v->ip is set: go wherever that leads. */
void exit_dynamic(struct translation *t);
/* The rest of the bundle, from this instruction on, is the interpreter's. */
void exit_interp(struct translation *t);
void reload_frame(struct translation *t);
/* The frame marker as the translation knows it, to memory (lower-branch.c); takes rax. */
void store_frame(struct translation *t);
void make_stubs(struct translation *t);

/*
 * Lowering: true when the instruction was translated to host code. All of them
 * leave alone what they decline.
 */
bool lower_alu(struct translation *t, const struct insn *i);
bool lower_compare(struct translation *t, const struct insn *i);
bool lower_memory(struct translation *t, const struct insn *i);
bool lower_branch(struct translation *t, const struct insn *i);
bool lower_float(struct translation *t, const struct insn *i);
bool lower_system(struct translation *t, const struct insn *i);

#endif
