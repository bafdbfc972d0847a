// SPDX-License-Identifier: GPL-2.0-only
/* Integer loads and stores. What the probe does not answer is done by the handler. */
#include "gvmm/isa/exec.h"
#include "gvmm/jit/build.h"

struct access {
	uint32_t size;		/* bytes */
	bool store;
	bool by_imm, by_reg;	/* r3 is incremented */
};

/* Is i a load or store of the ordinary kinds? */
static bool classify(const struct insn *i, struct access *a)
{
	uint32_t known = LD_SIZE | LD_ACQ | LD_FILL | LD_S | LD_A | LD_C | LD_CLR;

	if (op_unit(i->op) != UNIT_M || !(op_flags(i->op) & F_MEM))
		return false;
	/* The formats hold the 16-byte references, too. */
	if (i->op == OP_LD16 || i->op == OP_LD16_ACQ || i->op == OP_ST16 || i->op == OP_ST16_REL)
		return false;
	*a = (struct access){ .size = 1u << (i->aux & LD_SIZE) };
	switch (op_format(i->op)) {
	case FMT_M1:
		break;
	case FMT_M2:
		a->by_reg = true;
		break;
	case FMT_M3:
		a->by_imm = true;
		break;
	case FMT_M5:
		a->by_imm = true;
		/* fall through */
	case FMT_M4:
		a->store = true;
		known = LD_SIZE | ST_REL | ST_SPILL;
		break;
	default:
		return false;
	}
	/* ld.c.clr.acq forgets all advanced loads even if it hits. */
	return !(i->aux & ~known) && (a->store || !(i->aux & LD_C) || !(i->aux & LD_ACQ));
}

static bool legal(struct translation *t, const struct insn *i, const struct access *a)
{
	bool update = a->by_imm || a->by_reg;

	if (update && !target_ok(t, i->r3))
		return false;
	if (a->store)
		return true;
	if (!target_ok(t, i->r1) || (update && i->r1 == i->r3))
		return false;
	/* The increment is what r2 held before the load. */
	return !a->by_reg || (i->r2 != i->r1 && i->r2 != i->r3);
}

static int64_t order(const struct translation *t)
{
	return t->key.flags & KEY_BE ? IRM_BE : 0;
}

/* The bit of UNAT that belongs to va. */
static ir_ref unat_bit(struct translation *t, ir_ref va)
{
	return ir_unary(t, IR_SHR, va, 3);
}

static ir_ref hit(struct translation *t, uint32_t r)
{
	ir_ref h = ir_add(t, IR_HIT, IR_BOOL, IR_NONE, IR_NONE, IR_NONE, 0);

	t->ir[h].loc = (uint16_t)(LOC_GR + guest_of(t, r));
	return h;
}

static void unhit(struct translation *t, ir_ref qp, uint32_t r)
{
	ir_add(t, IR_UNHIT, IR_VOID, IR_NONE, IR_NONE, ir_is(t, qp, 1) ? IR_NONE : qp, 0);
	ir_last(t)->loc = (uint16_t)(LOC_GR + guest_of(t, r));
}

static int64_t kind(const struct translation *t, const struct insn *i)
{
	bool enters = (i->aux & LD_A) || (i->aux & (LD_C | LD_CLR)) == LD_C;

	return order(t) | (i->aux & LD_ACQ ? IRM_ACQUIRE : 0) | (enters ? IRM_ADVANCED : 0);
}

static void load(struct translation *t, const struct insn *i, const struct access *a, ir_ref qp,
		 ir_ref va)
{
	ir_ref r, bit, h;
	bool always;

	if (i->aux & LD_FILL) {
		bit = ir_add(t, IR_BITV, IR_BOOL, get(t, LOC_UNAT), unat_bit(t, va), IR_NONE, 0);
		exit_if(t, ir_and(t, bit, qp), exit_before(t));
	}
	/* A check load that hits leaves the register alone. */
	if (i->aux & LD_C) {
		h = hit(t, i->r1);
		if (i->aux & LD_CLR)
			unhit(t, ir_and(t, h, qp), i->r1);
		qp = ir_and(t, h ^ IR_NOT, qp);
	}
	always = ir_is(t, qp, 1);
	r = ir_add(t, IR_LOAD, IR_I64, va, always ? IR_NONE : gr(t, i->r1),
		   always ? IR_NONE : qp, kind(t, i));
	t->ir[r].size = (uint8_t)a->size;
	t->ir[r].loc = (uint16_t)(LOC_GR + guest_of(t, i->r1));
	t->ir[r].site = ir_site(t);
	leave_room(t);
	put(t, LOC_GR + guest_of(t, i->r1), r);
}

void leave_room(struct translation *t)
{
	ir_add(t, IR_NOP, IR_VOID, IR_NONE, IR_NONE, IR_NONE, 0);
}

/* A value less what is added to it, which is known. */
static ir_ref without_known(const struct translation *t, ir_ref r, int64_t *known)
{
	const struct ir *i = &t->ir[r];

	for (*known = 0; i->op == IR_ADD && t->ir[i->b].op == IR_K; i = &t->ir[r]) {
		*known += t->ir[i->b].imm;
		r = i->a;
	}
	return r;
}

static bool same_address(const struct translation *t, ir_ref a, ir_ref b)
{
	int64_t x, y;

	return without_known(t, a, &x) == without_known(t, b, &y) && x == y;
}

/*
 * Is what a load has looked up still good behind the operation? And is what follows it as
 * likely to be executed: else the load would look for a right that nobody may have.
 */
static bool keeps_addends(const struct ir *i)
{
	switch (i->op) {
	case IR_LOAD:
	case IR_LOADP:
	case IR_STORE:
	case IR_FLOATS:
	case IR_FORM:
	case IR_FSINGLE:
	case IR_TOI:
		return true;
	default:
		return !(ir_flags(i->op) & (IRF_EXIT | IRF_APART));
	}
}

/* The load of as many bytes from va, or 0. */
static uint32_t load_from(const struct translation *t, ir_ref va, uint32_t size)
{
	uint32_t n;

	for (n = t->nr_ir - 1; n > t->frame_since; n--) {
		const struct ir *i = &t->ir[n];

		if (i->op == IR_LOAD && i->size == size && i->c == IR_NONE &&
		    !(i->imm & (IRM_ACQUIRE | IRM_ADVANCED)) && same_address(t, i->a, va))
			return i[1].op == IR_NOP || i[1].op == IR_ADDEND ? n : 0;
		if (!keeps_addends(i))
			return 0;
	}
	return 0;
}

/* The load's ADDEND, and its way out where there is none, when its handler is done. */
static ir_ref addend_of(struct translation *t, uint32_t load)
{
	struct ir *i = &t->ir[load];
	uint32_t at = t->at, slot = t->slot;

	if (i[1].op == IR_ADDEND)
		return (ir_ref)(load + 1);
	t->at = i->bundle;
	t->slot = i->slot;
	if (!(i->imm & IRM_DOUBLE) || i->size != 4)
		i->exit = (uint16_t)exit_behind(t);
	t->at = at;
	t->slot = slot;
	i->imm |= IRM_WRITABLE;
	i[1].op = IR_ADDEND;
	i[1].type = IR_I64;
	i[1].a = (ir_ref)load;
	return (ir_ref)(load + 1);
}

bool store_again(struct translation *t, ir_ref va, uint32_t size, ir_ref data, int64_t imm)
{
	uint32_t load = load_from(t, va, size);

	if (!load)
		return false;
	ir_add(t, IR_STOREAT, IR_VOID, va, data, addend_of(t, load), imm);
	ir_last(t)->size = (uint8_t)size;
	return true;
}

static void store(struct translation *t, const struct insn *i, const struct access *a, ir_ref qp,
		  ir_ref va)
{
	bool always = ir_is(t, qp, 1), whole = a->size == 8 && !order(t);
	ir_ref data = whole ? gr_any(t, i->r2) : gr(t, i->r2), unat;

	if (i->aux & ST_SPILL)
		lose(t, LOC_UNAT);
	else if (always && store_again(t, va, a->size, data, order(t)))
		return;
	ir_add(t, IR_STORE, IR_VOID, va, data, always ? IR_NONE : qp, order(t));
	ir_last(t)->size = (uint8_t)a->size;
	ir_last(t)->site = ir_site(t);
	if (!(i->aux & ST_SPILL))
		return;
	unat = ir_add(t, IR_BTR, IR_I64, get(t, LOC_UNAT), unat_bit(t, va), IR_NONE, 0);
	set_loc(t, qp, LOC_UNAT, unat);
}

static void access(struct translation *t, const struct insn *i, const struct access *a)
{
	ir_ref qp = qualifier(t, i), va = gr(t, i->r3), by = IR_NONE;

	if (a->by_reg)
		by = gr(t, i->r2);
	if (!a->store)
		lose(t, LOC_GR + guest_of(t, i->r1));
	if (a->by_imm || a->by_reg)
		lose(t, LOC_GR + guest_of(t, i->r3));
	if (a->store)
		store(t, i, a, qp, va);
	else
		load(t, i, a, qp, va);
	if (a->by_imm)
		set_gr(t, qp, i->r3, ir_add_imm(t, va, i->imm));
	else if (a->by_reg)
		set_gr(t, qp, i->r3, ir_binary(t, IR_ADD, va, by));
}

/* May the byte at va be read? If so it is, and nobody looks at it; else the handler raises a fault. */
static void touch(struct translation *t, ir_ref qp, ir_ref va)
{
	bool always = ir_is(t, qp, 1);

	ir_add(t, IR_LOAD, IR_I64, va, always ? IR_NONE : ir_k(t, 0), always ? IR_NONE : qp, 0);
	ir_last(t)->size = 1;
	ir_last(t)->site = ir_site(t);
}

/* A prefetch is its increment, and the faults of a load if it is to raise them. */
static bool prefetch(struct translation *t, const struct insn *i)
{
	bool update = op_format(i->op) != FMT_M13;
	ir_ref by;

	if (update && !target_ok(t, i->r3))
		return false;
	if ((i->aux & LFETCH_IS_FAULT) && update)
		lose(t, LOC_GR + guest_of(t, i->r3));
	if (i->aux & LFETCH_IS_FAULT)
		touch(t, qualifier(t, i), gr(t, i->r3));
	if (!update)
		return true;
	by = op_format(i->op) == FMT_M14 ? gr(t, i->r2) : ir_k(t, (uint64_t)i->imm);
	set_gr(t, qualifier(t, i), i->r3, ir_binary(t, IR_ADD, gr(t, i->r3), by));
	return true;
}

/* chk.a: to the recovery code unless the advanced load still holds. */
static bool check(struct translation *t, const struct insn *i)
{
	uint64_t target = t->bundle[t->at].ip + (uint64_t)i->imm;
	ir_ref qp = qualifier(t, i), h;

	if (i->r1 == 0 || !(t->key.flags & KEY_IT))
		return false;
	h = hit(t, i->r1);
	exit_if(t, ir_and(t, h ^ IR_NOT, qp), add_exit(t, EXIT_LINK, target, 0));
	if (i->aux)
		unhit(t, qp, i->r1);
	return true;
}

/* Semaphores. cmp8xchg16 is its handler's, and so is big-endian arithmetic. */
static bool semaphore(struct translation *t, const struct insn *i)
{
	ir_ref qp = qualifier(t, i), va, data, expected = IR_NONE, other = IR_NONE, r;
	int64_t kind = RMW_XCHG, big = t->key.flags & KEY_BE ? RMW_BE : 0;

	if (i->op == OP_CMP8XCHG16_ACQ || i->op == OP_CMP8XCHG16_REL || !target_ok(t, i->r1) ||
	    (big && op_format(i->op) == FMT_M17))
		return false;
	va = gr(t, i->r3);
	if (op_format(i->op) == FMT_M17) {
		kind = RMW_ADD;
		data = ir_k(t, (uint64_t)i->imm);
	} else {
		data = gr(t, i->r2);
		if (exec_offset[i->op] == exec_offset[OP_CMPXCHG1_ACQ]) {
			kind = RMW_CMPXCHG;
			expected = get(t, LOC_CCV);
		}
	}
	if (!ir_is(t, qp, 1))
		other = gr(t, i->r1);
	lose(t, LOC_GR + guest_of(t, i->r1));
	r = ir_add(t, IR_RMW, IR_I64, va, data, expected, kind | big);
	t->ir[r].size = (uint8_t)(1u << (i->aux & LD_SIZE));
	t->ir[r].loc = (uint16_t)(LOC_GR + guest_of(t, i->r1));
	t->ir[r].site = ir_site(t);
	if (!ir_is(t, qp, 1)) {
		t->ir[r].guard = qp;
		t->ir[r].other = other;
	}
	put(t, LOC_GR + guest_of(t, i->r1), r);
	return true;
}

bool build_memory(struct translation *t, const struct insn *i)
{
	enum op_format format = op_format(i->op);
	struct access a;

	if (format == FMT_M13 || format == FMT_M14 || format == FMT_M15)
		return prefetch(t, i);
	if (format == FMT_M16 || format == FMT_M17)
		return semaphore(t, i);
	/* No NaT bit is set: a check of one never branches. */
	if (i->op == OP_CHK_S_M || i->op == OP_CHK_S_I)
		return true;
	if (i->op == OP_CHK_A_NC || i->op == OP_CHK_A_CLR)
		return check(t, i);
	if (!classify(i, &a) || !legal(t, i, &a))
		return false;
	access(t, i, &a);
	return true;
}
