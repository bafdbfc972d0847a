// SPDX-License-Identifier: GPL-2.0-only
/* Merges, logic, shuffles (SDM 3:4.6.5) and the status field instructions (SDM 3:4.6.7). */
#include "gvmm/cpu/exec-fp.h"
#include "gvmm/cpu/fpsr.h"

static inline int merge(struct vcpu *v, const struct insn *i, enum fp_merge_op op)
{
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	fr_write(v, i->r1, fp_fmerge(fr_read(v, i->r2), fr_read(v, i->r3), op));
	return EXEC_NEXT;
}

int exec_fmerge_s(struct vcpu *v, const struct insn *i)
{
	return merge(v, i, FP_MERGE_S);
}

int exec_fmerge_ns(struct vcpu *v, const struct insn *i)
{
	return merge(v, i, FP_MERGE_NS);
}

int exec_fmerge_se(struct vcpu *v, const struct insn *i)
{
	return merge(v, i, FP_MERGE_SE);
}

static int parallel_merge(struct vcpu *v, const struct insn *i, enum fp_merge_op op)
{
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	fr_write(v, i->r1, fp_fpmerge(fr_read(v, i->r2), fr_read(v, i->r3), op));
	return EXEC_NEXT;
}

int exec_fpmerge_s(struct vcpu *v, const struct insn *i)
{
	return parallel_merge(v, i, FP_MERGE_S);
}

int exec_fpmerge_ns(struct vcpu *v, const struct insn *i)
{
	return parallel_merge(v, i, FP_MERGE_NS);
}

int exec_fpmerge_se(struct vcpu *v, const struct insn *i)
{
	return parallel_merge(v, i, FP_MERGE_SE);
}

static int shuffle(struct vcpu *v, const struct insn *i, enum fp_shuffle_op op)
{
	int e = fr_enter(v, i->r1, i->r2, i->r3, 0);

	if (e)
		return e;
	fr_write(v, i->r1, fp_shuffle(fr_read(v, i->r2), fr_read(v, i->r3), op));
	return EXEC_NEXT;
}

int exec_fmix_l(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_MIX_L);
}

int exec_fmix_r(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_MIX_R);
}

int exec_fmix_lr(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_MIX_LR);
}

int exec_fsxt_l(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_SXT_L);
}

int exec_fsxt_r(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_SXT_R);
}

int exec_fpack(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_PACK);
}

int exec_fswap(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_SWAP);
}

int exec_fswap_nl(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_SWAP_NL);
}

int exec_fswap_nr(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_SWAP_NR);
}

int exec_fand(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_AND);
}

int exec_fandcm(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_ANDCM);
}

int exec_for(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_OR);
}

int exec_fxor(struct vcpu *v, const struct insn *i)
{
	return shuffle(v, i, FP_XOR);
}

int exec_fselect(struct vcpu *v, const struct insn *i)
{
	int e = fr_enter(v, i->r1, i->r2, i->r3, i->r4);

	if (e)
		return e;
	fr_write(v, i->r1, fp_fselect(fr_read(v, i->r3), fr_read(v, i->r4), fr_read(v, i->r2)));
	return EXEC_NEXT;
}

int exec_fsetc(struct vcpu *v, const struct insn *i)
{
	uint64_t fpsr = fpsr_set_controls(fpsr_get(v), (uint32_t)i->imm & 3, i->r2, i->r3);

	if (fpsr_reserved(fpsr))
		return raise_general(v, GE_RESERVED_FIELD);
	return fpsr_set(v, fpsr);
}

int exec_fclrf(struct vcpu *v, const struct insn *i)
{
	return fpsr_set(v, fpsr_clear_flags(fpsr_get(v), (uint32_t)i->imm & 3));
}

/* ISR.code of a Speculation fault that fchkf raised (SDM 2:8.3). */
#define SPECULATION_FCHKF 4

int exec_fchkf(struct vcpu *v, const struct insn *i)
{
	if (!fpsr_check_flags(fpsr_get(v), i->r2 & 3))
		return EXEC_NEXT;
	/* IIM is the encoded immediate, 21 bits, not sign-extended (SDM 2:8.3). */
	return raise_speculation(v, (uint64_t)i->imm >> 4 & 0x1fffff, SPECULATION_FCHKF);
}
