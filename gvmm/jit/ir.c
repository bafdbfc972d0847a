// SPDX-License-Identifier: GPL-2.0-only
/* The intermediate form: its table, the check of a list, and the passes over it. */
#include "gvmm/jit/translate.h"

struct ir_info {
	uint8_t type, a, b, c, flags;
};

enum { IR_ANY = 0xff };

static const struct ir_info info[] = {
#define X(name, result, a, b, c, flags) { IR_##result, IR_##a, IR_##b, IR_##c, flags },
	IR_OPS(X)
#undef X
};

static const char names[][8] = {
#define X(name, result, a, b, c, flags) #name,
	IR_OPS(X)
#undef X
};

static const struct {
	char name[7];
	uint8_t operands;
} pars[] = {
#define X(name, operands) { #name, operands },
	IR_PARS(X)
#undef X
};

uint32_t ir_flags(uint32_t op)
{
	return info[op].flags;
}

const char *ir_name(uint32_t op)
{
	return names[op];
}

const char *ir_par_name(uint32_t par)
{
	return pars[par].name;
}

/* Is r a proper operand of operation n, where the table wants a type? */
static bool operand_ok(const struct translation *t, uint32_t n, ir_ref r, uint32_t type)
{
	const struct ir *d = &t->ir[ir_index(r) < n ? ir_index(r) : 0];

	if (type == IR_VOID)
		return r == IR_NONE;
	if (ir_index(r) >= n || d->type == IR_VOID || ((r & IR_NOT) && d->type != IR_BOOL))
		return false;
	return type == IR_ANY || d->type == type;
}

/* Operands that may be missing, and those that come together. */
static bool is_optional(const struct ir *i, uint32_t which)
{
	switch (i->op) {
	case IR_PAR:
		return which == 1 && pars[i->size].operands == 1;
	case IR_LOST:
		return which == 0;
	case IR_LOAD:
		return which >= 1;
	case IR_RMW:
		return which == 2 && (i->imm & RMW_KIND) != RMW_CMPXCHG;
	case IR_STORE:
	case IR_STV:
	case IR_UNHIT:
	case IR_CLRFLAG:
	case IR_HANDLER:
		return which == 2;
	default:
		return false;
	}
}

static bool stores(const struct ir *i, uint32_t type)
{
	return type == IR_I64 ||
	       ((type == IR_VEC || type == IR_F64) && i->size == 8 && !(i->imm & IRM_BE));
}

/* Sixteen bytes are stored when they are zero. */
static bool stores_zeros(const struct translation *t, const struct ir *i)
{
	const struct ir *b = &t->ir[ir_index(i->b)];

	return i->op == IR_STORE && i->size == 16 && ir_index(i->b) < t->nr_ir && b->op == IR_K &&
	       !b->imm;
}

/* Ten bytes are loaded when the block expects a double there. */
static bool loads_extended(const struct ir *i)
{
	return i->op == IR_LOAD && i->size == 10 && i->type == IR_F64 && i->c == IR_NONE;
}

static const char *check_operands(const struct translation *t, uint32_t n)
{
	const struct ir *i = &t->ir[n];
	const struct ir_info *f = &info[i->op];
	ir_ref refs[3] = { i->a, i->b, i->c };
	uint8_t types[3] = { f->a, f->b, f->c };
	uint32_t k;

	for (k = 0; k < 3; k++) {
		if (refs[k] == IR_NONE && is_optional(i, k))
			continue;
		if (!operand_ok(t, n, refs[k], types[k]))
			return "an operand is missing or of the wrong type";
	}
	if (i->op == IR_LOAD && (i->b == IR_NONE) != (i->c == IR_NONE))
		return "a load has a guard or another value, but not both";
	if (i->op == IR_LOAD && i->b != IR_NONE && t->ir[ir_index(i->b)].type != i->type)
		return "a load's other value has another type";
	if (i->op == IR_PAR && (i->b == IR_NONE) != (pars[i->size].operands == 1))
		return "a parallel operation has too many operands";
	if ((i->op == IR_STORE || i->op == IR_STOREAT) && !stores(i, t->ir[ir_index(i->b)].type))
		return "what is stored has the wrong type";
	if (i->other == IR_NONE && i->guard == IR_NONE)
		return NULL;
	if (!(f->flags & IRF_GUARD) || !operand_ok(t, n, i->other, i->type) ||
	    !operand_ok(t, n, i->guard, IR_BOOL))
		return "a guard or the other value is not as it should be";
	return NULL;
}

static bool has_site(uint32_t op)
{
	switch (op) {
	case IR_LOAD:
	case IR_LOADP:
	case IR_STORE:
	case IR_RMW:
	case IR_SPILL:
	case IR_FILL:
	case IR_ASIDE:
	case IR_ASIDEV:
	case IR_HANDLER:
	case IR_ALLOC:
		return true;
	default:
		return false;
	}
}

static bool names_exit(uint32_t op)
{
	return op == IR_EXIT || op == IR_EXITIF || op == IR_ALLOC || op == IR_FLOATS ||
	       op == IR_FORM || op == IR_FSINGLE || op == IR_TOI;
}

/* May the location hold a value of this type? */
static bool may_hold(uint32_t loc, uint32_t type)
{
	if (loc < LOC_PR)
		return type == IR_I64 || type == IR_VEC;
	if (loc < LOC_FR)
		return type == IR_BOOL;
	if (loc < LOC_FT || (loc >= LOC_FB && loc < LOC_BR))
		return type == IR_I64 || type == IR_F64;
	return type == IR_I64;
}

/* Of operands that are in order. */
static const char *check_location(const struct translation *t, const struct ir *i)
{
	if (i->op == IR_GET && !may_hold(i->loc, i->type))
		return "a location is read as what it cannot hold";
	if (i->op == IR_PUT && !may_hold(i->loc, t->ir[ir_index(i->a)].type))
		return "a location gets what it cannot hold";
	return NULL;
}

static const char *check_one(const struct translation *t, uint32_t n)
{
	const struct ir *i = &t->ir[n];
	const char *error;

	if (i->op >= NR_IR_OPS)
		return "no such operation";
	if (info[i->op].type != IR_ANY ? i->type != info[i->op].type : i->type == IR_VOID)
		return "a value has the wrong type";
	if ((i->op == IR_GET || i->op == IR_PUT || i->op == IR_LOST || i->op == IR_HIT ||
	     i->op == IR_UNHIT || i->op == IR_ASIDEV) && i->loc >= NR_LOCS)
		return "no such location";
	if (i->op == IR_PAR && i->size >= NR_IR_PARS)
		return "no such parallel operation";
	if ((i->op == IR_SPILL || i->op == IR_FILL) && (i->loc < LOC_FR || i->loc >= LOC_FT))
		return "no such register";
	if (i->op == IR_LOADP && (i->loc < LOC_FR || i->loc >= LOC_FT || i->second < LOC_FR ||
				  i->second >= LOC_FT))
		return "no such register";
	if (i->op == IR_SECOND && (i->a != n - 1 || t->ir[n - 1].op != IR_LOADP ||
				   i->type != t->ir[n - 1].type))
		return "the second half of nothing";
	if (i->op == IR_ADDEND && (i->a != n - 1 || t->ir[n - 1].op != IR_LOAD ||
				   !(t->ir[n - 1].imm & IRM_WRITABLE)))
		return "the addend of nothing";
	if (i->op == IR_STOREAT && t->ir[ir_index(i->c)].op != IR_ADDEND)
		return "a store without an addend";
	if (i->op == IR_FORM && (i->loc < LOC_FT || i->loc >= LOC_FB))
		return "no such register";
	if ((names_exit(i->op) && (uint64_t)i->imm >= t->nr_exits) || i->exit > t->nr_exits)
		return "no such exit";
	if (has_site(i->op) && (!i->site || i->site > t->nr_sites))
		return "no such site";
	if ((i->op == IR_LOAD || i->op == IR_STORE || i->op == IR_STOREAT) && i->size != 1 && i->size != 2 &&
	    i->size != 4 && i->size != 8 && !loads_extended(i) && !stores_zeros(t, i))
		return "no such size";
	if (i->op == IR_LOADP && i->size != 16 && (i->size != 8 || i->type != IR_F64))
		return "no such size";
	if (i->op == IR_RMW && i->size != 1 && i->size != 2 && i->size != 4 && i->size != 8)
		return "no such size";
	if (!(info[i->op].flags & IRF_END) != (n != t->nr_ir - 1))
		return "the end is not where it should be";
	error = check_operands(t, n);
	return error ? error : check_location(t, i);
}

const char *ir_check(const struct translation *t)
{
	uint32_t n;

	if (t->error)
		return t->error;
	for (n = 0; n < t->nr_ir; n++) {
		const char *error = check_one(t, n);

		if (error)
			return error;
	}
	return NULL;
}

/* What the backward pass knows. */
struct uses {
	uint16_t until[NR_LOCS];	/* the next PUT of a location, 0: the end */
	uint16_t next[IR_MAX];		/* the use of a value found last, 0: none */
};

static uint16_t use(struct uses *u, ir_ref r, uint32_t n)
{
	uint16_t next;

	if (r == IR_NONE)
		return 0;
	next = u->next[ir_index(r)];
	u->next[ir_index(r)] = (uint16_t)n;
	return next;
}

static void drop(struct ir *i)
{
	i->op = IR_NOP;
	i->type = IR_VOID;
	i->a = i->b = i->c = i->other = i->guard = IR_NONE;
}

/*
 * A location that is read when the block is entered, in a loop: what it holds at
 * the end is used there.
 */
static void use_at_end(const struct translation *t, struct uses *u)
{
	ir_ref last[NR_LOCS];
	uint32_t n;

	__builtin_memset(last, IR_NONE & 0xff, sizeof(last));
	for (n = 1; n < t->nr_ir; n++) {
		const struct ir *i = &t->ir[n];

		if (info[i->op].flags & IRF_APART)
			return;
		if (i->op == IR_GET)
			last[i->loc] = (ir_ref)n;
		else if (i->op == IR_PUT && last[i->loc] != IR_NONE)
			last[i->loc] = i->a;
	}
	for (n = 0; n < NR_LOCS; n++)
		if (last[n] != IR_NONE)
			u->next[ir_index(last[n])] = (uint16_t)(t->nr_ir - 1);
}

void ir_optimize(struct translation *t)
{
	struct uses *u = (struct uses *)t->scratch;
	uint32_t n, end = t->nr_ir - 1;

	_Static_assert(sizeof(*u) <= sizeof(t->scratch), "the pass fits its room");
	__builtin_memset(u, 0, offsetof(struct uses, next) + t->nr_ir * sizeof(u->next[0]));
	t->ir[t->nr_ir].exits = 0;
	if (t->ir[end].op == IR_LOOP)
		use_at_end(t, u);
	for (n = end; n; n--) {
		struct ir *i = &t->ir[n];
		uint32_t flags = info[i->op].flags;

		i->exits = (uint16_t)(i[1].exits + !!(flags & IRF_EXIT));
		i->first = u->next[n];
		if (i->op == IR_PUT) {
			i->until = u->until[i->loc] ? u->until[i->loc] : (uint16_t)t->nr_ir;
			u->until[i->loc] = (uint16_t)n;
			if (i[1].exits == t->ir[i->until].exits) {
				drop(i);
				continue;
			}
		} else if (!(flags & IRF_EFFECT) && !i->first && !(i->op == IR_GET && i->size)) {
			drop(i);
			continue;
		}
		i->next_a = use(u, i->a, n);
		i->next_b = use(u, i->b, n);
		if (ir_is_binary(i))
			continue;
		i->next_c = use(u, i->c, n);
		i->next_other = use(u, i->other, n);
		i->next_guard = use(u, i->guard, n);
	}
	/* The entry counts as a place where the block can be left. */
	t->ir[0].exits = (uint16_t)(t->ir[1].exits + 1);
}
