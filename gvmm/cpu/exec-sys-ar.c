// SPDX-License-Identifier: GPL-2.0-only
/* Moves to and from application registers (SDM 1:3.1.8, 3:2 "mov ar"). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/fpsr.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/fp/fp.h"
#include "gvmm/isa/exec.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/vm.h"

enum {
	AR_KR0 = 0, AR_KR7 = 7, AR_RSC = 16, AR_BSP = 17, AR_BSPSTORE = 18, AR_RNAT = 19,
	AR_FCR = 21, AR_EFLAG = 24, AR_CSD = 25, AR_SSD = 26, AR_CFLG = 27, AR_FSR = 28,
	AR_FIR = 29, AR_FDR = 30, AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40, AR_ITC = 44,
	AR_RUC = 45, AR_PFS = 64, AR_LC = 65, AR_EC = 66,
};

#define RSC_MODE	3ull
#define RSC_PL_SHIFT	2

/* CPUID[4]: the processor has a resource utilization counter. */
#define CPUID4_RU	(1ull << 3)

/* Registers 48-63 and 112-127 read as zero and drop what is written. */
static bool ar_ignored(uint32_t n)
{
	return (n >= 48 && n <= 63) || n >= 112;
}

/* Is register n one of those that neither unit, or not this unit, can reach? */
static bool ar_reserved(const struct vcpu *v, uint32_t n, bool i_unit)
{
	if (ar_ignored(n))
		return false;
	switch (n) {
	case AR_KR0 ... AR_KR7:
	case AR_RSC ... AR_RNAT:
	case AR_FCR:
	case AR_EFLAG ... AR_FDR:
	case AR_CCV:
	case AR_UNAT:
	case AR_FPSR:
	case AR_ITC:
		return i_unit;
	case AR_RUC:
		return i_unit || !(v->vpd->vcpuid[4] & CPUID4_RU);
	case AR_PFS:
	case AR_LC:
	case AR_EC:
		return !i_unit;
	default:
		return true;
	}
}

/* BSPSTORE and RNAT can be touched only while the RSE is in enforced lazy mode. */
static bool ar_rse_busy(const struct vcpu *v, uint32_t n)
{
	return (n == AR_BSPSTORE || n == AR_RNAT) && (v->rsc & RSC_MODE);
}

static uint64_t ruc_scaled(struct vcpu *v)
{
	return itc_read(v) - v->itc_offset;
}

static uint64_t ar_read(struct vcpu *v, uint32_t n)
{
	switch (n) {
	case AR_KR0 ... AR_KR7:
		return v->kr[n];
	case AR_RSC:
		return v->rsc;
	case AR_BSP:
		return rse_bsp(v);
	case AR_BSPSTORE:
		return v->bspstore;
	case AR_RNAT:
		return v->rnat;
	case AR_FCR:
		return v->fcr;
	case AR_EFLAG:
		return v->eflag;
	case AR_CSD:
		return v->csd;
	case AR_SSD:
		return v->ssd;
	case AR_CFLG:
		return v->cflg;
	case AR_FSR:
		return v->fsr;
	case AR_FIR:
		return v->fir;
	case AR_FDR:
		return v->fdr;
	case AR_CCV:
		return v->ccv;
	case AR_UNAT:
		return v->unat;
	case AR_FPSR:
		return fpsr_get(v);
	case AR_ITC:
		return itc_read(v);
	case AR_RUC:
		return ruc_scaled(v) + v->ruc_offset;
	case AR_PFS:
		return v->pfs;
	case AR_LC:
		return v->lc;
	case AR_EC:
		return v->ec;
	default:
		return 0;
	}
}

bool frame_marker_reserved(uint64_t fm)
{
	uint32_t sof = fm & 0x7f, sol = fm >> 7 & 0x7f, sor = (fm >> 14 & 15) * 8;
	uint32_t rrb_gr = fm >> 18 & 0x7f, rrb_fr = fm >> 25 & 0x7f, rrb_pr = fm >> 32 & 0x3f;

	return sof > 96 || sol > sof || sor > sof || (rrb_gr && rrb_gr >= sor) || rrb_fr >= 96 ||
	       rrb_pr >= 48;
}

/* Would writing x to register n set a reserved field? */
static bool ar_field_reserved(uint32_t n, uint64_t x)
{
	switch (n) {
	case AR_RSC:
		return x & RSC_RESERVED;
	case AR_FPSR:
		return fpsr_reserved(x);
	case AR_PFS:
		return (x >> 58 & 15) || (x >> 38 & 0x3fff) || frame_marker_reserved(x);
	default:
		return false;
	}
}

static void write_rsc(struct vcpu *v, uint64_t x)
{
	uint64_t pl = x >> RSC_PL_SHIFT & 3;

	/* Software cannot promote the RSE above its own privilege. */
	if (pl < v->cpl)
		x = (x & ~(3ull << RSC_PL_SHIFT)) | (uint64_t)v->cpl << RSC_PL_SHIFT;
	v->rsc = x;
	mmu_psr_changed(v);
}

static void ar_write(struct vcpu *v, uint32_t n, uint64_t x)
{
	switch (n) {
	case AR_KR0 ... AR_KR7:
		v->kr[n] = x;
		break;
	case AR_RSC:
		write_rsc(v, x);
		break;
	case AR_BSPSTORE:
		rse_set_bspstore(v, x & ~7ull);
		break;
	case AR_RNAT:
		v->rnat = x & ~(1ull << 63);
		break;
	case AR_FCR:
		v->fcr = x;
		break;
	case AR_EFLAG:
		v->eflag = x;
		break;
	case AR_CSD:
		v->csd = x;
		break;
	case AR_SSD:
		v->ssd = x;
		break;
	case AR_CFLG:
		v->cflg = x;
		break;
	case AR_FSR:
		v->fsr = x;
		break;
	case AR_FIR:
		v->fir = x;
		break;
	case AR_FDR:
		v->fdr = x;
		break;
	case AR_CCV:
		v->ccv = x;
		break;
	case AR_UNAT:
		v->unat = x;
		break;
	case AR_ITC:
		itc_write(v, x);
		/* As a move to ITM: the match may be due now. */
		v->attention = 1;
		break;
	case AR_RUC:
		v->ruc_offset = x - ruc_scaled(v);
		break;
	case AR_PFS:
		v->pfs = x;
		break;
	case AR_LC:
		v->lc = x;
		break;
	case AR_EC:
		v->ec = x & 0x3f;
		break;
	default:
		break;
	}
}

static int mov_to_ar(struct vcpu *v, const struct insn *i, uint64_t x, bool nat)
{
	uint32_t n = i->r3;

	if (ar_reserved(v, n, i->aux) || n == AR_BSP || ar_rse_busy(v, n))
		return raise_illegal(v);
	if (nat)
		return raise_reg_nat(v, 0);
	if (ar_field_reserved(n, x))
		return raise_general(v, GE_RESERVED_FIELD);
	if ((n <= AR_KR7 || n == AR_ITC || n == AR_RUC) && v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_REGISTER);
	if (n == AR_FPSR)
		return fpsr_set(v, x);
	ar_write(v, n, x);
	return EXEC_NEXT;
}

int exec_mov_to_ar(struct vcpu *v, const struct insn *i)
{
	return mov_to_ar(v, i, gr_get(v, i->r2), gr_nat(v, i->r2));
}

int exec_mov_to_ar_imm(struct vcpu *v, const struct insn *i)
{
	return mov_to_ar(v, i, (uint64_t)i->imm, false);
}

int exec_mov_from_ar(struct vcpu *v, const struct insn *i)
{
	uint32_t n = i->r3;

	if (ar_reserved(v, n, i->aux) || !gr_target_ok(v, i->r1) || ar_rse_busy(v, n))
		return raise_illegal(v);
	if ((n == AR_ITC || n == AR_RUC) && (psr_get(v) & PSR_SI) && v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_REGISTER);
	gr_put(v, i->r1, ar_read(v, n), 0);
	return EXEC_NEXT;
}
