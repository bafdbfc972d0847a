// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that only make a value: folded where the operands are known, and made
 * once where the same one is there already.
 */
#include "gvmm/jit/build.h"

/* The operations of the block by a hash of what they are; 0: none. */
struct made {
	uint16_t at[1024];
};

static struct made *made(struct translation *t)
{
	_Static_assert(sizeof(struct made) <= sizeof(t->scratch), "the table fits its room");
	return (struct made *)t->scratch;
}

void ir_forget(struct translation *t)
{
	__builtin_memset(made(t), 0, sizeof(struct made));
}

static uint32_t hash(const struct ir *i)
{
	uint64_t x = i->op | (uint64_t)i->size << 8 | (uint64_t)i->a << 16 | (uint64_t)i->b << 32 |
		     (uint64_t)i->c << 48;

	x = (x ^ (uint64_t)i->imm * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
	return x >> 54;
}

static bool same(const struct ir *x, const struct ir *y)
{
	return x->op == y->op && x->type == y->type && x->size == y->size && x->a == y->a &&
	       x->b == y->b && x->c == y->c && x->imm == y->imm;
}

/* An operation whose value depends on nothing but what is given here. */
static ir_ref pure(struct translation *t, struct ir i)
{
	uint16_t *at = &made(t)->at[hash(&i)];
	ir_ref r;

	if (*at && same(&t->ir[*at], &i))
		return *at;
	r = ir_add(t, i.op, i.type, i.a, i.b, i.c, i.imm);
	t->ir[r].size = i.size;
	*at = r;
	return r;
}

static ir_ref integer(struct translation *t, uint32_t op, uint32_t size, ir_ref a, ir_ref b,
		      int64_t imm)
{
	return pure(t, (struct ir){ .op = (uint8_t)op, .type = IR_I64, .size = (uint8_t)size,
				    .a = a, .b = b, .c = IR_NONE, .imm = imm });
}

ir_ref ir_k(struct translation *t, uint64_t value)
{
	return integer(t, IR_K, 0, IR_NONE, IR_NONE, (int64_t)value);
}

ir_ref ir_bool(struct translation *t, bool value)
{
	return ir_add(t, IR_K, IR_BOOL, IR_NONE, IR_NONE, IR_NONE, value);
}

/* The number of bits up to the highest one that is set. */
static uint32_t width(uint64_t x)
{
	return x ? 64 - (uint32_t)__builtin_clzll(x) : 0;
}

uint32_t ir_bits(const struct translation *t, ir_ref r, uint32_t depth)
{
	const struct ir *i = &t->ir[ir_index(r)];
	uint32_t a, b;

	switch (i->op) {
	case IR_K:
		return width((uint64_t)i->imm);
	case IR_LOAD:
		return i->b == IR_NONE ? i->size * 8u : 64;
	case IR_RMW:
		return i->guard == IR_NONE ? i->size * 8u : 64;
	case IR_LDV:
	case IR_LDX:
		return i->size * 8u;
	case IR_POPCNT:
	case IR_CTZ:
		return 7;
	case IR_CMP:
	case IR_BIT:
		return 1;
	default:
		break;
	}
	if (!depth)
		return 64;
	switch (i->op) {
	case IR_ZXT:
		a = ir_bits(t, i->a, depth - 1);
		return a < i->size * 8u ? a : i->size * 8u;
	case IR_SHR:
		a = ir_bits(t, i->a, depth - 1);
		a = i->size == 4 && a > 32 ? 32 : a;
		return a > (uint32_t)i->imm ? a - (uint32_t)i->imm : 0;
	case IR_SHL:
		a = ir_bits(t, i->a, depth - 1) + (uint32_t)i->imm;
		b = i->size == 4 ? 32 : 64;
		return a < b ? a : b;
	case IR_ROR:
		/* As a shift to the left it loses nothing, or it is a true rotation. */
		a = ir_bits(t, i->a, depth - 1);
		b = i->size == 4 ? 32 : 64;
		return a <= (uint32_t)i->imm ? a + b - (uint32_t)i->imm : b;
	case IR_AND:
		a = ir_bits(t, i->a, depth - 1);
		b = ir_bits(t, i->b, depth - 1);
		return a < b ? a : b;
	case IR_ANDN:
		return ir_bits(t, i->a, depth - 1);
	case IR_OR:
	case IR_XOR:
	case IR_ADD:
	case IR_SEL:
		a = ir_bits(t, i->a, depth - 1);
		b = ir_bits(t, i->b, depth - 1);
		a = (a > b ? a : b) + (i->op == IR_ADD);
		return a < 64 ? a : 64;
	default:
		return 64;
	}
}

static bool fits(const struct translation *t, ir_ref r, uint32_t bits)
{
	return ir_bits(t, r, IR_BITS_DEPTH) <= bits;
}

static uint64_t fold(uint32_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case IR_ADD:
		return a + b;
	case IR_SUB:
		return a - b;
	case IR_AND:
		return a & b;
	case IR_ANDN:
		return a & ~b;
	case IR_OR:
		return a | b;
	default:
		return a ^ b;
	}
}

/* a op b where b is the neutral element. */
static bool is_neutral(uint32_t op, uint64_t b)
{
	return op == IR_AND ? b == ~0ull : b == 0;
}

static bool commutes(uint32_t op)
{
	return op != IR_SUB && op != IR_ANDN;
}

/* a op a */
static ir_ref with_itself(struct translation *t, uint32_t op, ir_ref a)
{
	switch (op) {
	case IR_SUB:
	case IR_XOR:
	case IR_ANDN:
		return ir_k(t, 0);
	case IR_AND:
	case IR_OR:
		return a;
	default:
		return IR_NONE;
	}
}

/* a op b for a known b; IR_NONE: there is nothing simpler. */
static ir_ref with_known(struct translation *t, uint32_t op, ir_ref a, uint64_t b)
{
	if (is_neutral(op, b))
		return a;
	switch (op) {
	case IR_AND:
		if (!(b & (b + 1)) && fits(t, a, width(b)))
			return a;
		if (b == 0xff || b == 0xffff || b == 0xffffffff)
			return ir_sized(t, IR_ZXT, a, width(b) / 8);
		return b ? IR_NONE : ir_k(t, 0);
	case IR_ANDN:
		return ir_binary(t, IR_AND, a, ir_k(t, ~b));
	case IR_OR:
		return ~b ? IR_NONE : ir_k(t, b);
	case IR_XOR:
		return ~b ? IR_NONE : ir_unary(t, IR_COM, a, 0);
	default:
		return IR_NONE;
	}
}

ir_ref ir_binary(struct translation *t, uint32_t op, ir_ref a, ir_ref b)
{
	uint64_t x = 0, y = 0;
	bool ka = ir_known(t, a, &x), kb = ir_known(t, b, &y);
	ir_ref r = IR_NONE;

	if (ka && kb)
		return ir_k(t, fold(op, x, y));
	if (ka && commutes(op)) {
		ir_ref swap = a;

		a = b;
		b = swap;
		y = x;
		kb = true;
	}
	if (kb)
		r = with_known(t, op, a, y);
	else if (ka && op == IR_ANDN && x == ~0ull)
		return ir_unary(t, IR_COM, b, 0);
	else if (a == b)
		r = with_itself(t, op, a);
	else if (op == IR_AND && t->ir[ir_index(b)].op == IR_COM)
		return ir_binary(t, IR_ANDN, a, t->ir[ir_index(b)].a);
	else if (op == IR_AND && t->ir[ir_index(a)].op == IR_COM)
		return ir_binary(t, IR_ANDN, b, t->ir[ir_index(a)].a);
	return r != IR_NONE ? r : integer(t, op, 0, a, b, 0);
}

static uint64_t fold_unary(uint32_t op, uint64_t a, uint32_t n)
{
	switch (op) {
	case IR_SHL:
		return a << n;
	case IR_SHR:
		return a >> n;
	case IR_SAR:
		return (uint64_t)((int64_t)a >> n);
	case IR_ROR:
		return n ? a >> n | a << (64 - n) : a;
	case IR_COM:
		return ~a;
	default:
		return a ? (uint64_t)__builtin_ctzll(a) : 64;
	}
}

/* (a << n) >> n, or with a rotation, of whole bytes: an extension. */
static ir_ref extension(struct translation *t, uint32_t op, ir_ref a, uint32_t n)
{
	const struct ir *i = &t->ir[ir_index(a)];

	if ((op != IR_SHR && op != IR_SAR) || (n != 32 && n != 48 && n != 56) || i->size == 4 ||
	    !((i->op == IR_SHL && i->imm == (int64_t)n) ||
	      (i->op == IR_ROR && i->imm == 64 - (int64_t)n)))
		return IR_NONE;
	return ir_sized(t, op == IR_SAR ? IR_SXT : IR_ZXT, i->a, (64 - n) / 8);
}

/* A shift to the left that loses nothing: a rotation has more ways of being done. */
static bool rotates(const struct translation *t, uint32_t op, ir_ref a, int64_t imm)
{
	return op == IR_SHL && imm > 3 && fits(t, a, 64 - (uint32_t)imm);
}

ir_ref ir_unary(struct translation *t, uint32_t op, ir_ref a, int64_t imm)
{
	uint64_t x;
	ir_ref r;

	if (imm == 0 && (op == IR_SHL || op == IR_SHR || op == IR_SAR || op == IR_ROR))
		return a;
	if (op != IR_POPCNT && ir_known(t, a, &x))
		return ir_k(t, fold_unary(op, x, (uint32_t)imm));
	if (op == IR_COM && t->ir[ir_index(a)].op == IR_COM)
		return t->ir[ir_index(a)].a;
	r = extension(t, op, a, (uint32_t)imm);
	if (r != IR_NONE)
		return r;
	if (rotates(t, op, a, imm))
		return integer(t, IR_ROR, 0, a, IR_NONE, 64 - imm);
	return integer(t, op, 0, a, IR_NONE, imm);
}

static uint64_t fold_sized(uint32_t op, uint64_t a, uint32_t size)
{
	uint32_t n = 64 - size * 8;

	switch (op) {
	case IR_SXT:
		return (uint64_t)((int64_t)(a << n) >> n);
	case IR_ZXT:
		return a << n >> n;
	default:
		return __builtin_bswap64(a) >> n;
	}
}

/* Is the value as it would be when extended from so many bytes? */
static bool is_extended(const struct translation *t, uint32_t op, ir_ref a, uint32_t size)
{
	const struct ir *i = &t->ir[ir_index(a)];

	if (op == IR_SXT && i->op == IR_SXT && i->size <= size)
		return true;
	if (op == IR_SXT || op == IR_ZXT)
		return fits(t, a, size * 8 - (op == IR_SXT));
	return false;
}

ir_ref ir_sized(struct translation *t, uint32_t op, ir_ref a, uint32_t size)
{
	const struct ir *i = &t->ir[ir_index(a)];
	uint64_t x;

	if (ir_known(t, a, &x))
		return ir_k(t, fold_sized(op, x, size));
	if (is_extended(t, op, a, size))
		return a;
	/* What was extended from more before is as good as not. */
	if ((op == IR_SXT || op == IR_ZXT) && (i->op == IR_SXT || i->op == IR_ZXT) &&
	    i->size >= size)
		a = i->a;
	return integer(t, op, size, a, IR_NONE, 0);
}

ir_ref ir_short(struct translation *t, uint32_t op, ir_ref a, uint32_t count)
{
	uint64_t x;

	if (!count)
		return ir_sized(t, IR_ZXT, a, 4);
	if (!ir_known(t, a, &x))
		return integer(t, op, 4, a, IR_NONE, count);
	return ir_k(t, op == IR_SHL ? (uint32_t)(x << count) :
		       op == IR_SHR ? (uint32_t)x >> count :
				      (uint32_t)x >> count | (uint32_t)(x << (32 - count)));
}

ir_ref ir_pair(struct translation *t, uint32_t op, ir_ref a, ir_ref b, int64_t imm)
{
	return integer(t, op, 0, a, b, imm);
}

ir_ref ir_shift_by(struct translation *t, uint32_t op, ir_ref a, ir_ref b)
{
	static const uint8_t fixed[] = { IR_SHL, IR_SHR, IR_SAR };
	uint64_t n;

	if (!ir_known(t, b, &n))
		return ir_pair(t, op, a, b, fits(t, b, 6));
	if (n > 63 && op != IR_SARV)
		return ir_k(t, 0);
	return ir_unary(t, fixed[op - IR_SHLV], a, n > 63 ? 63 : (int64_t)n);
}

ir_ref ir_add_imm(struct translation *t, ir_ref a, int64_t imm)
{
	return imm ? ir_binary(t, IR_ADD, a, ir_k(t, (uint64_t)imm)) : a;
}

ir_ref ir_vector(struct translation *t, ir_ref a)
{
	const struct ir *i = &t->ir[ir_index(a)];

	if (i->type == IR_VEC)
		return a;
	if (i->op == IR_FROMVEC)
		return i->a;
	return pure(t, (struct ir){ .op = IR_TOVEC, .type = IR_VEC, .a = a, .b = IR_NONE,
				    .c = IR_NONE });
}

ir_ref ir_scalar(struct translation *t, ir_ref a)
{
	const struct ir *i = &t->ir[ir_index(a)];

	if (i->type != IR_VEC)
		return a;
	return i->op == IR_TOVEC ? i->a : integer(t, IR_FROMVEC, 0, a, IR_NONE, 0);
}

ir_ref ir_par(struct translation *t, enum ir_par op, ir_ref a, ir_ref b, int64_t imm)
{
	return pure(t, (struct ir){ .op = IR_PAR, .type = IR_VEC, .size = (uint8_t)op, .a = a,
				    .b = b, .c = IR_NONE, .imm = imm });
}

ir_ref ir_and(struct translation *t, ir_ref a, ir_ref b)
{
	if (ir_is(t, a, 1) || ir_is(t, b, 0))
		return b;
	if (ir_is(t, b, 1) || ir_is(t, a, 0) || a == b)
		return a;
	return ir_add(t, IR_BAND, IR_BOOL, a, b, IR_NONE, 0);
}

ir_ref ir_or(struct translation *t, ir_ref a, ir_ref b)
{
	if (ir_is(t, a, 0) || ir_is(t, b, 1))
		return b;
	if (ir_is(t, b, 0) || ir_is(t, a, 1) || a == b)
		return a;
	return ir_add(t, IR_BOR, IR_BOOL, a, b, IR_NONE, 0);
}

ir_ref ir_choose(struct translation *t, ir_ref c, ir_ref a, ir_ref b)
{
	uint32_t type = t->ir[ir_index(a)].type;

	if (ir_is(t, c, 1) || a == b)
		return a;
	if (ir_is(t, c, 0))
		return b;
	return ir_add(t, type == IR_BOOL ? IR_BSEL : type == IR_F64 ? IR_FSEL : IR_SEL, type, a, b,
		      c, 0);
}

static bool relation_holds(enum ir_rel rel, bool four, uint64_t a, uint64_t b)
{
	int64_t x = four ? (int32_t)a : (int64_t)a, y = four ? (int32_t)b : (int64_t)b;

	switch (rel) {
	case REL_EQ:
		return x == y;
	case REL_LT:
		return x < y;
	case REL_LE:
		return x <= y;
	case REL_LTU:
		return (uint64_t)x < (uint64_t)y;
	default:
		return (uint64_t)x <= (uint64_t)y;
	}
}

ir_ref ir_compare(struct translation *t, ir_ref a, ir_ref b, uint32_t size, enum ir_rel rel)
{
	uint64_t x, y;
	ir_ref r;

	if (ir_known(t, a, &x) && ir_known(t, b, &y))
		return ir_bool(t, relation_holds(rel, size == 4, x, y));
	r = ir_add(t, IR_CMP, IR_BOOL, a, b, IR_NONE, rel);
	t->ir[r].size = (uint8_t)size;
	return r;
}

ir_ref is_zero(struct translation *t, ir_ref a)
{
	return ir_compare(t, a, ir_k(t, 0), 8, REL_EQ);
}

ir_ref has_bits(struct translation *t, ir_ref a, uint64_t mask)
{
	if (!(mask & (mask - 1)) && t->ir[ir_index(a)].op != IR_K)
		return ir_add(t, IR_BIT, IR_BOOL, a, IR_NONE, IR_NONE, __builtin_ctzll(mask));
	return is_zero(t, ir_binary(t, IR_AND, a, ir_k(t, mask))) ^ IR_NOT;
}
