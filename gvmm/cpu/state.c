// SPDX-License-Identifier: GPL-2.0-only
/* Reset, and transfer of the whole state between vCPU and host. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/fpsr.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

/* Application registers by number (SDM 1:3.1.8). */
enum {
	AR_KR0 = 0, AR_RSC = 16, AR_BSP = 17, AR_BSPSTORE = 18, AR_RNAT = 19, AR_FCR = 21,
	AR_EFLAG = 24, AR_CSD = 25, AR_SSD = 26, AR_CFLG = 27, AR_FSR = 28, AR_FIR = 29,
	AR_FDR = 30, AR_CCV = 32, AR_UNAT = 36, AR_FPSR = 40, AR_ITC = 44, AR_RUC = 45,
	AR_PFS = 64, AR_LC = 65, AR_EC = 66,
};

/* Itanium 2 9000: family 0x20, model 0, revision 7; CPUID registers 0 to 4 (SDM 1:3.1.11). */
#define CPUID3_VERSION	0x20000704ull
/* brl, 16-byte atomic operations. */
#define CPUID4_FEATURES	0x5ull

#define FPSR_RESET	0x9804c0270033full

/* The frame base of a vCPU without registers below its frame. */
#define FRAME_BASE	(GR_STACKED + 2 * RSE_PHYS)

static void clear_file(struct vcpu *v)
{
	memset(v->gr, 0, sizeof(v->gr));
	memset(v->nat, 0, sizeof(v->nat));
	memset(v->fr, 0, sizeof(v->fr));
	memset(v->br, 0, sizeof(v->br));
	v->fr[1].sig = 1ull << 63;
	v->fr[1].se = 0xffff;
	memset(v->pr, 0, sizeof(v->pr));
	v->pr[0] = 1;
}

/* What an exit may have left half done, and what the run loop has cached. */
static void forget_transient(struct vcpu *v)
{
	v->mmio_done = false;
	v->io_exit = 0;
	v->fw_pending = false;
	v->halted = false;
	v->dead = false;
	v->nested = 0;
	v->code_page = MTLB_NONE;
	v->attention = 1;
	memset(v->alat, 0, sizeof(v->alat));
	v->alat_live = 0;
}

void vcpu_reset(struct vcpu *v)
{
	static const char vendor[16] = "GenuineIntel";
	uint64_t *cpuid = v->vpd->vcpuid;

	memset(v->vpd, 0, sizeof(*v->vpd));
	clear_file(v);
	forget_transient(v);
	memcpy(cpuid, vendor, sizeof(vendor));
	cpuid[3] = CPUID3_VERSION;
	cpuid[4] = CPUID4_FEATURES;

	/* SDM 2:6.12: a frame of 96 registers, the engine in enforced lazy mode. */
	v->fb = v->dirty = FRAME_BASE;
	v->frame = (struct frame){ .sof = RSE_PHYS };
	v->cfle = false;
	v->bspstore = v->rnat = 0;
	memset(v->kr, 0, sizeof(v->kr));
	v->rsc = v->pfs = v->ccv = v->unat = v->lc = v->ec = v->csd = v->ssd = 0;
	v->eflag = v->fcr = v->cflg = v->fsr = v->fir = v->fdr = 0;
	fpsr_set(v, FPSR_RESET);
	v->itc_offset = v->ruc_offset = 0;
	v->itm_armed = false;
	v->itm_seen = 0;
	v->ip = v->last_ip = 0;
	v->ri = 0;
	sapic_reset(v);
	tlb_reset(v);
	decode_invalidate_all(v);
	psr_set(v, PSR_BN | PSR_MC);
}

static void get_registers(const struct vcpu *v, struct riven_state *s)
{
	const struct vpd *vpd = v->vpd;
	bool one = psr_get(v) & PSR_BN;
	uint32_t n;

	for (n = 0; n < 32u + v->frame.sof; n++) {
		uint32_t slot = gr_slot(v, n);

		s->gr[n] = v->gr[slot];
		s->nat[n / 64] |= (uint64_t)v->nat[slot] << n % 64;
	}
	memcpy(s->bank, one ? vpd->vbgr : vpd->vgr, sizeof(s->bank));
	s->bank_nat = (one ? vpd->vbnat : vpd->vnat) & 0xffff;
	for (n = 0; n < 128; n++) {
		struct fpreg f = fr_get(v, fr_slot(v, n));

		s->fr[n].sig = f.sig;
		s->fr[n].se = f.se;
	}
	for (n = 0; n < 64; n++)
		s->pr |= (uint64_t)pr_get(v, n) << n;
	memcpy(s->br, v->br, sizeof(s->br));
}

static void get_ar(struct vcpu *v, uint64_t *ar)
{
	memcpy(&ar[AR_KR0], v->kr, sizeof(v->kr));
	ar[AR_RSC] = v->rsc;
	ar[AR_BSP] = rse_bsp(v);
	ar[AR_BSPSTORE] = v->bspstore;
	ar[AR_RNAT] = v->rnat;
	ar[AR_FCR] = v->fcr;
	ar[AR_EFLAG] = v->eflag;
	ar[AR_CSD] = v->csd;
	ar[AR_SSD] = v->ssd;
	ar[AR_CFLG] = v->cflg;
	ar[AR_FSR] = v->fsr;
	ar[AR_FIR] = v->fir;
	ar[AR_FDR] = v->fdr;
	ar[AR_CCV] = v->ccv;
	ar[AR_UNAT] = v->unat;
	ar[AR_FPSR] = fpsr_get(v);
	ar[AR_ITC] = itc_read(v);
	/* RUC as its distance from ITC: both count the same ticks. */
	ar[AR_RUC] = ar[AR_ITC] - v->itc_offset + v->ruc_offset;
	ar[AR_PFS] = v->pfs;
	ar[AR_LC] = v->lc;
	ar[AR_EC] = v->ec;
}

static void get_system(struct vcpu *v, struct riven_state *s)
{
	const struct vpd *vpd = v->vpd;
	uint32_t n;

	memcpy(s->cr, vpd->vcr, sizeof(s->cr));
	memcpy(&s->cr[CR_IRR0], v->irr, sizeof(v->irr));
	memcpy(s->rr, vpd->rr, sizeof(s->rr));
	memcpy(s->pkr, vpd->pkr, sizeof(s->pkr));
	memcpy(s->ibr, vpd->ibr, sizeof(s->ibr));
	memcpy(s->dbr, vpd->dbr, sizeof(s->dbr));
	memcpy(s->pmc, vpd->pmc, sizeof(s->pmc));
	memcpy(s->pmd, vpd->pmd, sizeof(s->pmd));
	memcpy(s->cpuid, vpd->vcpuid, sizeof(s->cpuid));
	memcpy(s->insvc, vpd->insvc, sizeof(s->insvc));
	for (n = 0; n < TLB_NR_TR; n++) {
		tlb_get_tr(v, false, n, &s->itr[n]);
		tlb_get_tr(v, true, n, &s->dtr[n]);
	}
}

void state_get(struct vcpu *v, struct riven_state *s)
{
	uint32_t n;

	memset(s, 0, sizeof(*s));
	get_registers(v, s);
	get_ar(v, s->ar);
	get_system(v, s);
	s->ip = v->ip;
	s->psr = psr_get(v) | (uint64_t)v->ri << PSR_RI_SHIFT;
	s->cfm = cfm_get(v);
	s->ndirty = (int64_t)v->fb - v->dirty;
	s->cfle = v->cfle;
	for (n = 0; n < rse_dirty(v); n++) {
		uint32_t slot = v->dirty + n;

		s->dirty[n] = v->gr[slot];
		s->dirty_nat[n / 64] |= (uint64_t)v->nat[slot] << n % 64;
	}
}

/* The frame, what is dirty below it and what it lacks. */
static void set_stack(struct vcpu *v, const struct riven_state *s)
{
	uint32_t room, n;

	v->fb = v->dirty = FRAME_BASE;
	v->cfle = false;
	v->frame = (struct frame){ 0 };
	/* Nothing lies below: this sets the marker, cut down to what can be. */
	rse_restore(v, s->cfm, 0);
	room = RSE_PHYS - v->frame.sof;
	v->rnat = s->ar[AR_RNAT];
	if (s->ndirty >= 0) {
		v->dirty = v->fb - (s->ndirty <= room ? (uint32_t)s->ndirty : room);
		rse_set_bspstore(v, s->ar[AR_BSPSTORE]);
	} else {
		rse_set_incomplete(v, s->ar[AR_BSP], s->ar[AR_BSPSTORE]);
		if (s->cfle)
			rse_enable_load(v);
	}
	for (n = 0; n < rse_dirty(v); n++) {
		uint32_t slot = v->dirty + n;

		v->gr[slot] = s->dirty[n];
		v->nat[slot] = s->dirty_nat[n / 64] >> n % 64 & 1;
	}
}

static void set_registers(struct vcpu *v, const struct riven_state *s)
{
	struct vpd *vpd = v->vpd;
	bool one = s->psr & PSR_BN;
	uint32_t n;

	for (n = 1; n < 32u + v->frame.sof; n++) {
		uint32_t slot = gr_slot(v, n);

		v->gr[slot] = s->gr[n];
		v->nat[slot] = s->nat[n / 64] >> n % 64 & 1;
	}
	memcpy(one ? vpd->vbgr : vpd->vgr, s->bank, sizeof(s->bank));
	*(one ? &vpd->vbnat : &vpd->vnat) = s->bank_nat & 0xffff;
	for (n = 2; n < 128; n++) {
		struct fpreg *f = &v->fr[fr_slot(v, n)];

		f->sig = s->fr[n].sig;
		f->se = s->fr[n].se & 0x3ffff;
	}
	for (n = 0; n < 64; n++)
		pr_set(v, n, n == 0 || (s->pr >> n & 1));
	memcpy(v->br, s->br, sizeof(v->br));
}

static void set_ar(struct vcpu *v, const uint64_t *ar)
{
	memcpy(v->kr, &ar[AR_KR0], sizeof(v->kr));
	v->rsc = ar[AR_RSC];
	v->fcr = ar[AR_FCR];
	v->eflag = ar[AR_EFLAG];
	v->csd = ar[AR_CSD];
	v->ssd = ar[AR_SSD];
	v->cflg = ar[AR_CFLG];
	v->fsr = ar[AR_FSR];
	v->fir = ar[AR_FIR];
	v->fdr = ar[AR_FDR];
	v->ccv = ar[AR_CCV];
	v->unat = ar[AR_UNAT];
	fpsr_set(v, ar[AR_FPSR]);
	v->pfs = ar[AR_PFS];
	v->lc = ar[AR_LC];
	v->ec = ar[AR_EC] & 63;
}

static void set_system(struct vcpu *v, const struct riven_state *s)
{
	struct vpd *vpd = v->vpd;
	uint32_t n;

	memcpy(vpd->vcr, s->cr, sizeof(vpd->vcr));
	memcpy(v->irr, &s->cr[CR_IRR0], sizeof(v->irr));
	memcpy(vpd->rr, s->rr, sizeof(vpd->rr));
	memcpy(vpd->pkr, s->pkr, sizeof(vpd->pkr));
	memcpy(vpd->ibr, s->ibr, sizeof(vpd->ibr));
	memcpy(vpd->dbr, s->dbr, sizeof(vpd->dbr));
	memcpy(vpd->pmc, s->pmc, sizeof(vpd->pmc));
	memcpy(vpd->pmd, s->pmd, sizeof(vpd->pmd));
	memcpy(vpd->vcpuid, s->cpuid, sizeof(vpd->vcpuid));
	memcpy(vpd->insvc, s->insvc, sizeof(vpd->insvc));
	for (n = 0; n < 8; n++)
		mmu_rr_changed(v, n);
	/* Cached translations are those of another state; they may go at any time. */
	tlb_reset(v);
	for (n = 0; n < TLB_NR_TR; n++) {
		tlb_set_tr(v, false, n, &s->itr[n]);
		tlb_set_tr(v, true, n, &s->dtr[n]);
	}
	mmu_flush_mtlb(v);
	v->itm_armed = false;
	itc_write(v, s->ar[AR_ITC]);
	v->ruc_offset = s->ar[AR_RUC] - (s->ar[AR_ITC] - v->itc_offset);
	sapic_changed(v);
}

void state_set(struct vcpu *v, const struct riven_state *s)
{
	uint32_t ri = s->psr >> PSR_RI_SHIFT & 3;

	forget_transient(v);
	/* Only what is below psr_set() knows the bank: no exchange of registers here. */
	v->vpd->vpsr = s->psr & ~PSR_RI;
	set_stack(v, s);
	set_registers(v, s);
	set_ar(v, s->ar);
	set_system(v, s);
	v->ip = s->ip & ~15ull;
	v->ri = ri < 3 ? ri : 0;
	nat_seen(v);
	v->last_ip = v->ip;
	psr_set(v, s->psr);
}
