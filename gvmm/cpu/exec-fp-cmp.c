// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point instructions that write predicates, and fpcmp (SDM 3:4.6.2 to 4.6.5). */
#include "gvmm/cpu/exec-fp.h"

_Static_assert((int)FCMP_EQ == FP_EQ && (int)FCMP_LT == FP_LT && (int)FCMP_LE == FP_LE &&
	       (int)FCMP_UNORD == FP_UNORD, "the table's relations are enum fp_relation's");
_Static_assert((FCMP_EQ | FCMP_NOT) == (int)FP_NEQ && (FCMP_UNORD | FCMP_NOT) == (int)FP_ORD,
	       "and so are their complements");

/* The predicates' half of compare and class: p1 is r1, p2 is r4. */
static void set_predicates(struct vcpu *v, const struct insn *i, uint32_t status)
{
	pr_set(v, i->r1, status & FP_P1);
	pr_set(v, i->r4, status & FP_P2);
}

/*
 * Before a compare or class: *go is whether to carry it out. One that is not,
 * for a false qualifying predicate, clears both targets (.unc only; the others
 * do not come here then).
 */
static int enter_compare(struct vcpu *v, const struct insn *i, uint32_t f2, uint32_t f3, bool *go)
{
	*go = pr_get(v, i->qp);
	if (i->r1 == i->r4)
		return raise_illegal(v);
	if (*go)
		return fr_check(v, f2, f3, 0, 0);
	set_predicates(v, i, 0);
	return EXEC_NEXT;
}

int exec_fcmp(struct vcpu *v, const struct insn *i)
{
	uint32_t status;
	bool go;
	int e = enter_compare(v, i, i->r2, i->r3, &go);

	if (e || !go)
		return e;
	status = fp_cmp(fr_read(v, i->r2), fr_read(v, i->r3), i->aux & FCMP_REL,
			fr_controls(v, i, FP_PC_NONE));
	if (__builtin_expect(status & FP_FAULT, 0))
		return raise_fp_fault(v, fp_isr_code(status));
	set_predicates(v, i, status);
	fr_flags(v, i, status);
	return EXEC_NEXT;
}

int exec_fclass(struct vcpu *v, const struct insn *i)
{
	bool go;
	int e = enter_compare(v, i, i->r2, 0, &go);

	if (e || !go)
		return e;
	set_predicates(v, i, fp_class(fr_read(v, i->r2), (uint32_t)i->imm));
	return EXEC_NEXT;
}

int exec_fpcmp(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	status = fp_fpcmp(&r, fr_read(v, i->r2), fr_read(v, i->r3),
			  i->aux & (FCMP_REL | FCMP_NOT), fr_controls(v, i, FP_PC_PAIR));
	return fr_finish(v, i, r, status);
}

/* After an approximation: its target predicate is r4. */
static int finish_approximation(struct vcpu *v, const struct insn *i, struct fpreg r,
				uint32_t status)
{
	if (!(status & FP_FAULT))
		pr_set(v, i->r4, status & FP_P1);
	return fr_finish(v, i, r, status);
}

/* A false qualifying predicate clears the target predicate and checks nothing. */
static bool approximation_is_off(struct vcpu *v, const struct insn *i)
{
	if (pr_get(v, i->qp))
		return false;
	pr_set(v, i->r4, false);
	return true;
}

int exec_frcpa(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e;

	if (approximation_is_off(v, i))
		return EXEC_NEXT;
	e = fr_enter(v, i->r1, i->r2, i->r3, 0);
	if (e)
		return e;
	status = fp_frcpa(&r, fr_read(v, i->r2), fr_read(v, i->r3), fr_controls(v, i, FP_PC_NONE));
	return finish_approximation(v, i, r, status);
}

int exec_fprcpa(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e;

	if (approximation_is_off(v, i))
		return EXEC_NEXT;
	e = fr_enter(v, i->r1, i->r2, i->r3, 0);
	if (e)
		return e;
	status = fp_fprcpa(&r, fr_read(v, i->r2), fr_read(v, i->r3),
			   fr_controls(v, i, FP_PC_PAIR));
	return finish_approximation(v, i, r, status);
}

int exec_frsqrta(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e;

	if (approximation_is_off(v, i))
		return EXEC_NEXT;
	e = fr_enter(v, i->r1, i->r3, 0, 0);
	if (e)
		return e;
	status = fp_frsqrta(&r, fr_read(v, i->r3), fr_controls(v, i, FP_PC_NONE));
	return finish_approximation(v, i, r, status);
}

int exec_fprsqrta(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e;

	if (approximation_is_off(v, i))
		return EXEC_NEXT;
	e = fr_enter(v, i->r1, i->r3, 0, 0);
	if (e)
		return e;
	status = fp_fprsqrta(&r, fr_read(v, i->r3), fr_controls(v, i, FP_PC_PAIR));
	return finish_approximation(v, i, r, status);
}
