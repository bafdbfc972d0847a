// SPDX-License-Identifier: GPL-2.0-only
/* Moves to and from the indirect register files (SDM 3:2 "mov indirect"). */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"
#include "gvmm/mmu/tlb.h"

#define NR_PKR		16
#define NR_BR		8		/* of ibr[] and dbr[] each */
#define NR_PMC		32
#define NR_PMD		64
#define NR_CPUID	5

#define PKR_RESERVED	(~0xffffffffull | 0xf0)
#define PKR_V		1ull
#define PKR_KEY		0xffffff00ull
#define PMC_PM		(1ull << 6)

/* Ignored bits of the odd breakpoint registers: mask, plm and the enables remain. */
#define IBR_KEPT	(~(7ull << 60))
#define DBR_KEPT	(~(3ull << 60))

/* Generic counters, whose PMC has a pm bit (SDM 2:7.2.1). */
#define PMD_GENERIC_FIRST	4
#define PMD_GENERIC_LAST	15

static uint32_t ind_index(const struct vcpu *v, const struct insn *i)
{
	return gr_get(v, i->r3) & 0xff;
}

static uint32_t rr_index(const struct vcpu *v, const struct insn *i)
{
	return gr_get(v, i->r3) >> 61;
}

/* Faults common to all moves to a file; EXEC_NEXT if there are none. */
static int check_to(struct vcpu *v, const struct insn *i)
{
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r2) | gr_nat(v, i->r3))
		return raise_reg_nat(v, 0);
	return EXEC_NEXT;
}

/* Faults common to all moves from a file. */
static int check_from(struct vcpu *v, const struct insn *i, bool privileged)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (privileged && v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r3))
		return raise_reg_nat(v, 0);
	return EXEC_NEXT;
}

/* r1 = file[index], where a register beyond count does not exist. */
static int mov_from(struct vcpu *v, const struct insn *i, const uint64_t *file, uint32_t count,
		    bool privileged)
{
	uint32_t n = ind_index(v, i);
	int status = check_from(v, i, privileged);

	if (status != EXEC_NEXT)
		return status;
	if (n >= count)
		return raise_general(v, GE_RESERVED_FIELD);
	gr_put(v, i->r1, file[n], 0);
	return EXEC_NEXT;
}

int exec_mov_from_rr(struct vcpu *v, const struct insn *i)
{
	int status = check_from(v, i, true);

	if (status != EXEC_NEXT)
		return status;
	gr_put(v, i->r1, v->vpd->rr[rr_index(v, i)], 0);
	return EXEC_NEXT;
}

int exec_mov_from_pkr(struct vcpu *v, const struct insn *i)
{
	return mov_from(v, i, v->vpd->pkr, NR_PKR, true);
}

int exec_mov_from_ibr(struct vcpu *v, const struct insn *i)
{
	return mov_from(v, i, v->vpd->ibr, NR_BR, true);
}

int exec_mov_from_dbr(struct vcpu *v, const struct insn *i)
{
	return mov_from(v, i, v->vpd->dbr, NR_BR, true);
}

int exec_mov_from_cpuid(struct vcpu *v, const struct insn *i)
{
	return mov_from(v, i, v->vpd->vcpuid, NR_CPUID, false);
}

/* Performance monitors that do not exist read as zero and drop writes; none faults. */
int exec_mov_from_pmc(struct vcpu *v, const struct insn *i)
{
	uint32_t n = ind_index(v, i);
	int status = check_from(v, i, true);

	if (status != EXEC_NEXT)
		return status;
	gr_put(v, i->r1, n < NR_PMC ? v->vpd->pmc[n] : 0, 0);
	return EXEC_NEXT;
}

/* Are PMD n's contents hidden from the privilege level in force? */
static bool pmd_hidden(const struct vcpu *v, uint32_t n)
{
	if (v->cpl == 0)
		return false;
	if (psr_get(v) & PSR_SP)
		return true;
	return n >= PMD_GENERIC_FIRST && n <= PMD_GENERIC_LAST && (v->vpd->pmc[n] & PMC_PM);
}

int exec_mov_from_pmd(struct vcpu *v, const struct insn *i)
{
	uint32_t n = ind_index(v, i);
	int status = check_from(v, i, false);

	if (status != EXEC_NEXT)
		return status;
	gr_put(v, i->r1, n < NR_PMD && !pmd_hidden(v, n) ? v->vpd->pmd[n] : 0, 0);
	return EXEC_NEXT;
}

int exec_mov_to_rr(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2);
	uint32_t n = rr_index(v, i);
	int status = check_to(v, i);

	if (status != EXEC_NEXT)
		return status;
	if ((x & RR_RESERVED) || !((TLB_PAGE_SIZES) >> (x >> 2 & 63) & 1))
		return raise_general(v, GE_RESERVED_FIELD);
	v->vpd->rr[n] = x;
	mmu_rr_changed(v, n);
	return EXEC_SYNC;
}

int exec_mov_to_pkr(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), *pkr = v->vpd->pkr;
	uint32_t n = ind_index(v, i), k;
	int status = check_to(v, i);

	if (status != EXEC_NEXT)
		return status;
	if (n >= NR_PKR || (x & PKR_RESERVED))
		return raise_general(v, GE_RESERVED_FIELD);
	/* A key is valid in one register only: the newest. */
	for (k = 0; k < NR_PKR; k++)
		if ((x & PKR_V) && (pkr[k] & PKR_V) && !((pkr[k] ^ x) & PKR_KEY))
			pkr[k] &= ~PKR_V;
	pkr[n] = x;
	mmu_flush_mtlb(v);
	return EXEC_SYNC;
}

static int mov_to_breakpoint(struct vcpu *v, const struct insn *i, uint64_t *file, uint64_t kept)
{
	uint32_t n = ind_index(v, i);
	int status = check_to(v, i);

	if (status != EXEC_NEXT)
		return status;
	if (n >= NR_BR)
		return raise_general(v, GE_RESERVED_FIELD);
	file[n] = n & 1 ? gr_get(v, i->r2) & kept : gr_get(v, i->r2);
	mmu_flush_mtlb(v);
	return EXEC_SYNC;
}

int exec_mov_to_ibr(struct vcpu *v, const struct insn *i)
{
	return mov_to_breakpoint(v, i, v->vpd->ibr, IBR_KEPT);
}

int exec_mov_to_dbr(struct vcpu *v, const struct insn *i)
{
	return mov_to_breakpoint(v, i, v->vpd->dbr, DBR_KEPT);
}

int exec_mov_to_pmc(struct vcpu *v, const struct insn *i)
{
	uint32_t n = ind_index(v, i);
	int status = check_to(v, i);

	if (status != EXEC_NEXT)
		return status;
	if (n < NR_PMC)
		v->vpd->pmc[n] = gr_get(v, i->r2);
	return EXEC_NEXT;
}

int exec_mov_to_pmd(struct vcpu *v, const struct insn *i)
{
	uint32_t n = ind_index(v, i);
	int status = check_to(v, i);

	if (status != EXEC_NEXT)
		return status;
	if (n < NR_PMD)
		v->vpd->pmd[n] = gr_get(v, i->r2);
	return EXEC_NEXT;
}
