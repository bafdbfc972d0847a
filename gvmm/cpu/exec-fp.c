// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point arithmetic, minimum and maximum, and conversion (SDM 3:4.6.1, 4.6.5, 4.6.6). */
#include "gvmm/cpu/exec-fp.h"

/* f2 = f0 asks for the product alone, by the register's number (SDM vol. 3, fma). */
static inline int multiply_add(struct vcpu *v, const struct insn *i, enum fp_fma_op op)
{
	struct fp_control ctl = fr_controls(v, i, i->aux & 3);
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, i->r3, i->r4);

	if (e)
		return e;
	status = fp_fma(&r, fr_read(v, i->r3), fr_read(v, i->r4), fr_read(v, i->r2), op,
			i->r2 == 0, ctl);
	return fr_finish(v, i, r, status);
}

_Static_assert((int)PC_NONE == FP_PC_NONE && (int)PC_S == FP_PC_SINGLE && (int)PC_D == FP_PC_DOUBLE,
	       "aux is an enum fp_pc");

int exec_fma(struct vcpu *v, const struct insn *i)
{
	return multiply_add(v, i, FP_FMA);
}

int exec_fms(struct vcpu *v, const struct insn *i)
{
	return multiply_add(v, i, FP_FMS);
}

int exec_fnma(struct vcpu *v, const struct insn *i)
{
	return multiply_add(v, i, FP_FNMA);
}

static inline int parallel_multiply_add(struct vcpu *v, const struct insn *i, enum fp_fma_op op)
{
	struct fp_control ctl = fr_controls(v, i, FP_PC_PAIR);
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, i->r3, i->r4);

	if (e)
		return e;
	status = fp_fpma(&r, fr_read(v, i->r3), fr_read(v, i->r4), fr_read(v, i->r2), op,
			 i->r2 == 0, ctl);
	return fr_finish(v, i, r, status);
}

int exec_fpma(struct vcpu *v, const struct insn *i)
{
	return parallel_multiply_add(v, i, FP_FMA);
}

int exec_fpms(struct vcpu *v, const struct insn *i)
{
	return parallel_multiply_add(v, i, FP_FMS);
}

int exec_fpnma(struct vcpu *v, const struct insn *i)
{
	return parallel_multiply_add(v, i, FP_FNMA);
}

static inline int fixed_multiply_add(struct vcpu *v, const struct insn *i, enum fp_xma_op op)
{
	int e = fr_enter(v, i->r1, i->r2, i->r3, i->r4);

	if (e)
		return e;
	fr_write(v, i->r1, fp_xma(fr_read(v, i->r3), fr_read(v, i->r4), fr_read(v, i->r2), op));
	return EXEC_NEXT;
}

int exec_xma_l(struct vcpu *v, const struct insn *i)
{
	return fixed_multiply_add(v, i, FP_XMA_L);
}

int exec_xma_h(struct vcpu *v, const struct insn *i)
{
	return fixed_multiply_add(v, i, FP_XMA_H);
}

int exec_xma_hu(struct vcpu *v, const struct insn *i)
{
	return fixed_multiply_add(v, i, FP_XMA_HU);
}

static int minmax(struct vcpu *v, const struct insn *i, enum fp_minmax_op op)
{
	struct fp_control ctl = fr_controls(v, i, FP_PC_NONE);
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	status = fp_minmax(&r, fr_read(v, i->r2), fr_read(v, i->r3), op, ctl);
	return fr_finish(v, i, r, status);
}

int exec_fmin(struct vcpu *v, const struct insn *i)
{
	return minmax(v, i, FP_MIN);
}

int exec_fmax(struct vcpu *v, const struct insn *i)
{
	return minmax(v, i, FP_MAX);
}

int exec_famin(struct vcpu *v, const struct insn *i)
{
	return minmax(v, i, FP_AMIN);
}

int exec_famax(struct vcpu *v, const struct insn *i)
{
	return minmax(v, i, FP_AMAX);
}

static int parallel_minmax(struct vcpu *v, const struct insn *i, enum fp_minmax_op op)
{
	struct fp_control ctl = fr_controls(v, i, FP_PC_PAIR);
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	status = fp_fpminmax(&r, fr_read(v, i->r2), fr_read(v, i->r3), op, ctl);
	return fr_finish(v, i, r, status);
}

int exec_fpmin(struct vcpu *v, const struct insn *i)
{
	return parallel_minmax(v, i, FP_MIN);
}

int exec_fpmax(struct vcpu *v, const struct insn *i)
{
	return parallel_minmax(v, i, FP_MAX);
}

int exec_fpamin(struct vcpu *v, const struct insn *i)
{
	return parallel_minmax(v, i, FP_AMIN);
}

int exec_fpamax(struct vcpu *v, const struct insn *i)
{
	return parallel_minmax(v, i, FP_AMAX);
}

/* aux of the conversions to integer. */
#define CVT_UNSIGNED	1
#define CVT_TRUNC	2

static struct fp_control convert_controls(const struct vcpu *v, const struct insn *i)
{
	struct fp_control ctl = fr_controls(v, i, FP_PC_NONE);

	if (i->aux & CVT_TRUNC)
		ctl.rc = FP_RZ;
	return ctl;
}

int exec_fcvt_fx(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, 0, 0);

	if (e)
		return e;
	status = fp_fcvt_fx(&r, fr_read(v, i->r2), i->aux & CVT_UNSIGNED, convert_controls(v, i));
	return fr_finish(v, i, r, status);
}

int exec_fpcvt_fx(struct vcpu *v, const struct insn *i)
{
	struct fpreg r = { 0 };
	uint32_t status;
	int e = fr_enter(v, i->r1, i->r2, 0, 0);

	if (e)
		return e;
	status = fp_fpcvt_fx(&r, fr_read(v, i->r2), i->aux & CVT_UNSIGNED,
			     convert_controls(v, i));
	return fr_finish(v, i, r, status);
}

int exec_fcvt_xf(struct vcpu *v, const struct insn *i)
{
	int e = fr_enter(v, i->r1, i->r2, 0, 0);

	if (e)
		return e;
	fr_write(v, i->r1, fp_fcvt_xf(fr_read(v, i->r2)));
	return EXEC_NEXT;
}
