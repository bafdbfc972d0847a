// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integer loads and stores: the machine TLB is probed inline. Whatever it does
 * not answer is done by the handler, off the main path.
 */
#include "gvmm/jit/translate.h"

struct access {
	uint32_t size;		/* bytes */
	bool store, acquire;
	bool by_imm, by_reg;	/* r3 is incremented */
};

static uint32_t size_of(const struct insn *i)
{
	return 1u << (i->aux & LD_SIZE);
}

/* Is i a load or store of the ordinary kinds? */
static bool classify(const struct insn *i, struct access *a)
{
	enum op_format format = op_format(i->op);

	if (op_unit(i->op) != UNIT_M || !(op_flags(i->op) & F_MEM))
		return false;
	/* The formats hold the 16-byte references, too. */
	if (i->op == OP_LD16 || i->op == OP_LD16_ACQ || i->op == OP_ST16 || i->op == OP_ST16_REL)
		return false;
	*a = (struct access){ .size = size_of(i) };
	switch (format) {
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
		return !(i->aux & ~(LD_SIZE | ST_REL));
	default:
		return false;
	}
	a->acquire = i->aux & LD_ACQ;
	return !(i->aux & ~(LD_SIZE | LD_ACQ));
}

static bool legal(const struct translation *t, const struct insn *i, const struct access *a)
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

/* rax = host address less va; stub's sites: where the probe fails. */
static void probe(struct translation *t, const struct access *a, uint32_t va, struct stub *s)
{
	size_t tag = a->store ? offsetof(struct mtlb_entry, tag_write) :
				offsetof(struct mtlb_entry, tag_read);
	struct emit *e = &t->e;

	_Static_assert(sizeof(struct mtlb_entry) == 32, "index is shifted by 5");
	emit_mov(e, RAX, va);
	emit_mov(e, RCX, va);
	emit_shift(e, SHIFT_SHR, 4, RAX, MTLB_PAGE_BITS - 5);
	emit_alu_imm(e, ALU_AND, 8, RCX, (int32_t)(~0xfffu | (a->size - 1)));
	emit_alu_imm(e, ALU_AND, 4, RAX, (MTLB_ENTRIES - 1) << 5);
	emit_alu_load(e, ALU_CMP, 8, RCX, mem_indexed(REG_MTLB, RAX, (int32_t)tag));
	s->site[0] = emit_jcc(e, CC_NE);
	if (a->store || a->acquire) {
		emit_alu_mem_imm(e, ALU_CMP, 4, VCPU(alat_count), 0);
		s->site[1] = emit_jcc(e, CC_NE);
	}
	emit_load(e, 8, RAX, mem_indexed(REG_MTLB, RAX, offsetof(struct mtlb_entry, addend)));
}

static void load_data(struct translation *t, const struct access *a, uint32_t d, uint32_t va)
{
	emit_load(&t->e, a->size, d, mem_indexed(RAX, va, 0));
	if (t->key.flags & KEY_BE)
		emit_bswap(&t->e, a->size, d);
}

static void store_data(struct translation *t, const struct access *a, uint32_t from, uint32_t va)
{
	if ((t->key.flags & KEY_BE) && a->size > 1) {
		emit_mov(&t->e, RCX, from);
		emit_bswap(&t->e, a->size, RCX);
		from = RCX;
	}
	emit_store(&t->e, a->size, mem_indexed(RAX, va, 0), from);
}

static bool access(struct translation *t, const struct insn *i, const struct access *a)
{
	uint32_t va = reg_use(t, guest_of(t, i->r3)), data, by = HOST_NONE;
	struct emit *e = &t->e;
	uint8_t *skip;
	struct stub *s;

	if (a->by_reg)
		by = reg_use(t, guest_of(t, i->r2));
	if (a->store)
		data = reg_use(t, guest_of(t, i->r2));
	else if (i->qp)
		data = reg_use(t, guest_of(t, i->r1));
	else
		data = reg_def(t, guest_of(t, i->r1));
	/* What memory lacks when the handler is called is what it lacks before the access. */
	s = add_stub(t, STUB_ACCESS);
	skip = guard_begin(t, i);
	probe(t, a, va, s);
	if (a->store) {
		store_data(t, a, data, va);
	} else {
		load_data(t, a, data, va);
		reg_dirty(t, data);
		s->reload |= 1u << data;
	}
	if (a->by_imm && i->imm)
		emit_lea(e, va, mem_at(va, (int32_t)i->imm));
	else if (a->by_reg)
		emit_lea(e, va, mem_indexed(va, by, 0));
	if (a->by_imm || a->by_reg) {
		reg_dirty(t, va);
		s->reload |= 1u << va;
	}
	s->back = e->p;
	guard_end(t, skip);
	t->flags_at = NULL;
	return true;
}

/* Without a fault to raise, a prefetch is its increment. */
static bool prefetch(struct translation *t, const struct insn *i)
{
	uint32_t va, by;
	uint8_t *skip;

	if (i->aux & LFETCH_IS_FAULT)
		return false;
	if (op_format(i->op) == FMT_M13)
		return true;
	if (!target_ok(t, i->r3))
		return false;
	va = reg_use(t, guest_of(t, i->r3));
	by = op_format(i->op) == FMT_M14 ? reg_use(t, guest_of(t, i->r2)) : HOST_NONE;
	skip = guard_begin(t, i);
	if (by == HOST_NONE)
		emit_lea(&t->e, va, mem_at(va, (int32_t)i->imm));
	else
		emit_lea(&t->e, va, mem_indexed(va, by, 0));
	reg_dirty(t, va);
	guard_end(t, skip);
	return true;
}

bool lower_memory(struct translation *t, const struct insn *i)
{
	enum op_format format = op_format(i->op);
	struct access a;

	if (format == FMT_M13 || format == FMT_M14 || format == FMT_M15)
		return prefetch(t, i);
	/* No NaT bit is set: a check of one never branches. */
	if (i->op == OP_CHK_S_M || i->op == OP_CHK_S_I)
		return true;
	return classify(i, &a) && legal(t, i, &a) && access(t, i, &a);
}
