// SPDX-License-Identifier: GPL-2.0-only
/* Checks of speculation, ALAT control, prefetch, fences and cache flushes (SDM 3:2). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/exec-mem.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/fp/fpmem.h"

/* The largest line of the caches that fc works on, in bytes. */
#define FC_LINE		128u

int exec_chk_s(struct vcpu *v, const struct insn *i)
{
	if (__builtin_expect(!gr_nat(v, i->r2), 1))
		return EXEC_NEXT;
	return branch_to(v, v->ip + (uint64_t)i->imm);
}

int exec_chk_s_fp(struct vcpu *v, const struct insn *i)
{
	int status = fp_check(v, fp_half(i->r2), 0);

	if (status != EXEC_NEXT)
		return status;
	if (!fp_is_natval(fr_get(v, fr_slot(v, i->r2))))
		return EXEC_NEXT;
	return branch_to(v, v->ip + (uint64_t)i->imm);
}

/* chk.a of a register that no load can have for its target always fails. */
static int chk_a(struct vcpu *v, const struct insn *i, uint32_t reg, bool always_fails)
{
	if (always_fails || !alat_check(v, reg))
		return branch_to(v, v->ip + (uint64_t)i->imm);
	if (i->aux)
		alat_remove(v, reg);
	return EXEC_NEXT;
}

int exec_chk_a(struct vcpu *v, const struct insn *i)
{
	return chk_a(v, i, gr_slot(v, i->r1), i->r1 == 0);
}

int exec_chk_a_fp(struct vcpu *v, const struct insn *i)
{
	return chk_a(v, i, ALAT_FR + fr_slot(v, i->r1), i->r1 < 2);
}

int exec_invala(struct vcpu *v, const struct insn *i)
{
	(void)i;
	alat_clear(v);
	return EXEC_NEXT;
}

int exec_invala_e(struct vcpu *v, const struct insn *i)
{
	alat_remove(v, gr_slot(v, i->r1));
	return EXEC_NEXT;
}

int exec_invala_e_fp(struct vcpu *v, const struct insn *i)
{
	alat_remove(v, ALAT_FR + fr_slot(v, i->r1));
	return EXEC_NEXT;
}

int exec_mf(struct vcpu *v, const struct insn *i)
{
	(void)i;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	alat_acquire(v);
	return EXEC_NEXT;
}

/* A reference that leaves the world is accepted by the platform when it comes back. */
int exec_mf_a(struct vcpu *v, const struct insn *i)
{
	return exec_mf(v, i);
}

/* fc has done its work when it completes. */
int exec_sync_i(struct vcpu *v, const struct insn *i)
{
	(void)v;
	(void)i;
	return EXEC_NEXT;
}

/* fc and fc.i: there are no caches but that of decoded instructions. */
int exec_fc(struct vcpu *v, const struct insn *i)
{
	uint64_t va = gr_get(v, i->r3);
	struct mem_loc loc;
	const void *host;

	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, ISR_R | ISR_NA | NA_FC);
	/* What may be read may be flushed. */
	host = mtlb_read(v, va, 1);
	if (host)
		loc.gpa = mtlb_gpa(v, host);
	else if (mmu_translate(v, va, 1, MEM_READ | MEM_NONACCESS | NA_FC << MEM_NA_SHIFT,
			       &loc) != MEM_OK)
		return EXEC_FAULT;
	decode_invalidate(v, loc.gpa & ~(uint64_t)(FC_LINE - 1), FC_LINE);
	return EXEC_NEXT;
}

/* lfetch loads nothing; lfetch.fault raises the faults that a load would. */
static int lfetch(struct vcpu *v, const struct insn *i)
{
	struct mem_loc loc;
	uint64_t va;

	if (!(i->aux & LFETCH_IS_FAULT) || (psr_get(v) & PSR_ED))
		return EXEC_NEXT;
	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, ISR_R | ISR_NA | NA_LFETCH);
	va = gr_get(v, i->r3);
	if (mtlb_read(v, va, 1))
		return EXEC_NEXT;
	if (mmu_translate(v, va, 1, MEM_READ | MEM_NONACCESS | NA_LFETCH << MEM_NA_SHIFT,
			  &loc) != MEM_OK)
		return EXEC_FAULT;
	return EXEC_NEXT;
}

int exec_lfetch(struct vcpu *v, const struct insn *i)
{
	return lfetch(v, i);
}

int exec_lfetch_reg(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = lfetch(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, gr_get(v, i->r2), gr_nat(v, i->r2));
	return status;
}

int exec_lfetch_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = lfetch(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}
