// SPDX-License-Identifier: GPL-2.0-only
/* Integer compares and tests of a bit, a NaT bit, a feature (SDM 3:2; A6 to A8, I16, I17, I30). */
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"

/* p1 and p2 are written at once: they are different registers, or p0. */
static inline void put_both(struct vcpu *v, const struct insn *i, bool p1, bool p2)
{
	v->pr[pr_slot(v, i->r1)] = p1;
	v->pr[pr_slot(v, i->r4)] = p2;
	v->pr[0] = 1;
}

/* Result of a plain compare: the relation and its complement, both 0 for a NaT. */
static inline __attribute__((always_inline)) int put_relation(struct vcpu *v, const struct insn *i,
							       uint8_t nat, bool rel)
{
	if (__builtin_expect(i->r1 == i->r4, 0))
		return raise_illegal(v);
	put_both(v, i, rel && !nat, !rel && !nat);
	return EXEC_NEXT;
}

/*
 * The result by compare type. Called with a false qualifying predicate for
 * .unc only, which then clears both targets.
 */
static int put_result(struct vcpu *v, const struct insn *i, uint8_t nat, bool rel)
{
	if (i->r1 == i->r4)
		return raise_illegal(v);
	switch (i->aux & CMP_CTYPE) {
	case CMP_AND:
		if (nat || !rel)
			put_both(v, i, false, false);
		break;
	case CMP_OR:
		if (!nat && rel)
			put_both(v, i, true, true);
		break;
	case CMP_OR_ANDCM:
		if (!nat && rel)
			put_both(v, i, true, false);
		break;
	case CMP_UNC:
		if (!pr_get(v, i->qp)) {
			put_both(v, i, false, false);
			break;
		}
		/* fall through */
	default:
		put_both(v, i, rel && !nat, !rel && !nat);
		break;
	}
	return EXEC_NEXT;
}

/* a rel b, as AUX_CMP names the relation. */
static bool relation(uint32_t aux, uint64_t a, uint64_t b)
{
	bool four = aux & CMP_FOUR;
	int64_t sa = four ? (int32_t)a : (int64_t)a;
	int64_t sb = four ? (int32_t)b : (int64_t)b;

	switch (aux & CMP_REL) {
	case CMP_EQ:
		return sa == sb;
	case CMP_NE:
		return sa != sb;
	case CMP_LT:
		return sa < sb;
	case CMP_LE:
		return sa <= sb;
	case CMP_GT:
		return sa > sb;
	case CMP_GE:
		return sa >= sb;
	default:
		/* Sign extension keeps the unsigned order of two four-byte values. */
		return (uint64_t)sa < (uint64_t)sb;
	}
}

int exec_cmp_lt(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, (int64_t)a.value < (int64_t)b.value);
}

int exec_cmp_ltu(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, a.value < b.value);
}

int exec_cmp_eq(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, a.value == b.value);
}

int exec_cmp4_lt(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, (int32_t)a.value < (int32_t)b.value);
}

int exec_cmp4_ltu(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, (uint32_t)a.value < (uint32_t)b.value);
}

int exec_cmp4_eq(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_relation(v, i, a.nat | b.nat, (uint32_t)a.value == (uint32_t)b.value);
}

int exec_cmp_lt_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, i->imm < (int64_t)b.value);
}

int exec_cmp_ltu_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, (uint64_t)i->imm < b.value);
}

int exec_cmp_eq_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, (uint64_t)i->imm == b.value);
}

int exec_cmp4_lt_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, (int32_t)i->imm < (int32_t)b.value);
}

int exec_cmp4_ltu_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, (uint32_t)i->imm < (uint32_t)b.value);
}

int exec_cmp4_eq_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_relation(v, i, b.nat, (uint32_t)i->imm == (uint32_t)b.value);
}

int exec_cmp_unc(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return put_result(v, i, a.nat | b.nat, relation(i->aux, a.value, b.value));
}

int exec_cmp_unc_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return put_result(v, i, b.nat, relation(i->aux, (uint64_t)i->imm, b.value));
}

int exec_cmp_par(struct vcpu *v, const struct insn *i)
{
	return exec_cmp_unc(v, i);
}

int exec_cmp_par_imm(struct vcpu *v, const struct insn *i)
{
	return exec_cmp_unc_imm(v, i);
}

/* The tested bit is the relation of .nz, its complement that of .z. */
static int test(struct vcpu *v, const struct insn *i, uint8_t nat, bool bit)
{
	return put_result(v, i, nat, (i->aux & CMP_REL) == CMP_NZ ? bit : !bit);
}

int exec_tbit(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r3);

	return test(v, i, a.nat, a.value >> (i->imm & 63) & 1);
}

int exec_tnat(struct vcpu *v, const struct insn *i)
{
	return test(v, i, 0, gr_nat(v, i->r3));
}

int exec_tf(struct vcpu *v, const struct insn *i)
{
	return test(v, i, 0, v->vpd->vcpuid[4] >> (i->imm & 63) & 1);
}
