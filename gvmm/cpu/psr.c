// SPDX-License-Identifier: GPL-2.0-only
/* The processor status register: what else follows from it, and the bank switch. */
#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/run.h"
#include "gvmm/mmu/mmu.h"

/* Any of these makes the run loop execute one instruction at a time. */
#define PSR_CAREFUL	(PSR_ONCE | PSR_SS | PSR_TB)

/*
 * The bits that exist, ri aside, which has a place of its own. There is
 * neither an IA-32 instruction set (is) nor virtualization (vm).
 */
#define PSR_BITS	(PSR_UM | PSR_IC | PSR_I | PSR_PK | PSR_DT | PSR_DFL | PSR_DFH |	\
			 PSR_SP | PSR_PP | PSR_DI | PSR_SI | PSR_DB | PSR_LP | PSR_TB |		\
			 PSR_RT | PSR_CPL | PSR_MC | PSR_IT | PSR_SS | PSR_ONCE | PSR_BN)

#define IBR_X		(1ull << 63)

#define BANK_FIRST	16
#define BANK_SIZE	16

/* Eight NaT bytes to bits and back. */
static uint64_t nat_pack(const uint8_t *nat)
{
	uint64_t x;

	__builtin_memcpy(&x, nat, sizeof(x));
	return bytes_to_bits(x);
}

static void nat_unpack(uint8_t *nat, uint64_t bits)
{
	uint64_t x = bits_to_bytes(bits);

	__builtin_memcpy(nat, &x, sizeof(x));
}

/* An advanced load into r16-r31 belongs to one bank only. */
static void forget_bank_loads(struct vcpu *v)
{
	uint64_t live;

	for (live = v->alat_live; live; live &= live - 1) {
		struct alat_entry *e = &v->alat[__builtin_ctzll(live)];

		if (e->reg >= BANK_FIRST && e->reg < BANK_FIRST + BANK_SIZE)
			alat_drop(v, e);
	}
}

/* Exchange the register file's r16-r31 for those of the other bank. */
static void swap_banks(struct vcpu *v, bool to_one)
{
	struct vpd *vpd = v->vpd;
	uint64_t *gr = v->gr + BANK_FIRST;
	uint8_t *nat = v->nat + BANK_FIRST;
	uint64_t *save_nat = to_one ? &vpd->vbnat : &vpd->vnat;
	uint64_t load_nat = to_one ? vpd->vnat : vpd->vbnat;

	__builtin_memcpy(to_one ? vpd->vbgr : vpd->vgr, gr, sizeof(vpd->vgr));
	*save_nat = nat_pack(nat) | nat_pack(nat + 8) << 8;
	__builtin_memcpy(gr, to_one ? vpd->vgr : vpd->vbgr, sizeof(vpd->vgr));
	nat_unpack(nat, load_nat);
	nat_unpack(nat + 8, load_nat >> 8);
	if (load_nat & 0xffff)
		nat_seen(v);
	forget_bank_loads(v);
}

static bool breakpoint_enabled(const struct vpd *vpd)
{
	return (vpd->ibr[1] | vpd->ibr[3] | vpd->ibr[5] | vpd->ibr[7]) & IBR_X;
}

void psr_derive(struct vcpu *v)
{
	uint64_t psr = psr_get(v);

	v->careful = (psr & PSR_CAREFUL) || ((psr & PSR_DB) && breakpoint_enabled(v->vpd));
	if (v->careful)
		v->attention = 1;
}

void psr_set(struct vcpu *v, uint64_t psr)
{
	uint64_t old = psr_get(v);

	psr &= PSR_BITS & ~1ull;
	if ((psr ^ old) & PSR_BN)
		swap_banks(v, psr & PSR_BN);
	v->vpd->vpsr = psr;
	v->cpl = psr >> PSR_CPL_SHIFT & 3;
	v->be = psr & PSR_BE;
	/* PSR.ia let a page be fetched from that PSR without it may not allow. */
	if ((psr ^ old) & (PSR_IT | PSR_CPL | PSR_PK | PSR_IA))
		v->code_page = MTLB_NONE;
	mmu_psr_changed(v);
	psr_derive(v);
	if ((psr & ~old & PSR_I) && sapic_deliverable(v))
		v->attention = 1;
}

void bank_switch(struct vcpu *v, uint32_t bank)
{
	uint64_t psr = psr_get(v);
	uint64_t wanted = bank ? PSR_BN : 0;

	if ((psr & PSR_BN) == wanted)
		return;
	swap_banks(v, bank);
	v->vpd->vpsr = psr ^ PSR_BN;
}
