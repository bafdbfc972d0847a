/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory: the machine TLB's inline probe, translation behind it, and
 * the TLB instructions' work (SDM 2:4).
 */
#ifndef GVMM_MMU_MMU_H
#define GVMM_MMU_MMU_H

#include "gvmm/cpu/vcpu.h"

/*
 * What an access is, for translation and for the ISR of its faults. Semaphores
 * are MEM_READ | MEM_WRITE.
 */
enum mem_flags {
	MEM_READ	= 1 << 0,
	MEM_WRITE	= 1 << 1,
	MEM_EXEC	= 1 << 2,
	MEM_RSE		= 1 << 3,	/* RSE reference: RSC.pl, PSR.rt, ISR.rs; MEM_IR with it if due */
	MEM_SPEC	= 1 << 4,	/* ld.s, ld.sa: ISR.sp, deferral */
	MEM_ADV		= 1 << 5,	/* ld.a, ld.sa */
	MEM_NONACCESS	= 1 << 6,	/* lfetch, fc, probe, tpa: ISR.na, code in MEM_NA_CODE */
	MEM_IR		= 1 << 7,	/* RSE reference of an incomplete frame: ISR.ir */
	MEM_CPL_SHIFT	= 8,		/* probe: privilege level in bits 9:8 when MEM_CPL is set */
	MEM_CPL		= 1 << 10,
	MEM_NA_SHIFT	= 12,		/* ISR.code 3:0 of a non-access instruction */
	MEM_BIASED	= 1 << 16,
	MEM_NO_UNALIGNED = 1 << 17,	/* semaphores, 16 byte: unaligned always faults */
};

/* Result of a translation or access. */
enum mem_status {
	MEM_OK = 0,
	MEM_FAULT,	/* an interruption was delivered: return EXEC_FAULT */
	MEM_DEFER,	/* a speculative load must be deferred: write NaT */
	MEM_EXIT,	/* an exit (MMIO) was set up: return EXEC_EXIT */
};

/* A physical location, as mmu_translate() finds it. */
struct mem_loc {
	uint64_t gpa;
	uint8_t *host;		/* NULL: not RAM or ROM (MMIO) */
	uint32_t ma;		/* memory attribute (SDM 2:4.4): 0 WB, 4 UC, 5 UCE, 6 WC, 7 NaTPage */
	bool writable;		/* host may be written (RAM) */
	uint64_t page_left;	/* bytes to the end of the 4 KiB page */
};

/*
 * Translate va for an access; delivers the architected fault or sets deferral:
 * MEM_DEFER comes for MEM_SPEC, and for MEM_ADV alone when the page does not
 * allow advanced loads, which then give zero (SDM 2:4.4.10).
 * Data and RSE accesses obey PSR.dt / PSR.rt, fetches PSR.it. An access that
 * crosses the end of a 4 KiB page has only its part in the first one looked at.
 * A write has marked the frame dirty when this returns MEM_OK.
 */
enum mem_status mmu_translate(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			      struct mem_loc *loc);

/*
 * What mtlb_read() and mtlb_write() leave: translation, MMIO, unaligned and
 * page-crossing accesses, breakpoints. Data is in memory order (no endian
 * swap); size is 1, 2, 4, 8, 10 or 16. The write tells the ALAT.
 */
enum mem_status mem_read_slow(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			      void *data);
enum mem_status mem_write_slow(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			       const void *data);

/*
 * mem_read_slow() that also says where the data was: loc->host is NULL when it
 * does not lie in one page of RAM or ROM.
 */
enum mem_status mem_read_loc(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			     void *data, struct mem_loc *loc);

/* Drop ALAT entries that overlap a store (SDM 1:4.4.5.3). */
void alat_store(struct vcpu *v, uint64_t gpa, uint32_t size);

static inline struct mtlb_entry *mtlb_slot(struct mtlb_entry *array, uint64_t va)
{
	return &array[va >> MTLB_PAGE_BITS & (MTLB_ENTRIES - 1)];
}

/* The tag that an aligned access of size (a power of two) at va must find. */
static inline uint64_t mtlb_tag(uint64_t va, uint32_t size)
{
	return va & (~((1ull << MTLB_PAGE_BITS) - 1) | (size - 1));
}

/*
 * Host address for an aligned read of size (a power of two up to 16) at va, or NULL when
 * the slow path has to look.
 */
static inline const void *mtlb_read(struct vcpu *v, uint64_t va, uint32_t size)
{
	struct mtlb_entry *e = mtlb_slot(v->mtlb_data, va);

	if (__builtin_expect(e->tag_read == mtlb_tag(va, size), 1))
		return (const void *)(uintptr_t)(va + e->addend);
	return NULL;
}

/* The same for a write. The caller tells the ALAT. */
static inline void *mtlb_write(struct vcpu *v, uint64_t va, uint32_t size)
{
	struct mtlb_entry *e = mtlb_slot(v->mtlb_data, va);

	if (__builtin_expect(e->tag_write == mtlb_tag(va, size), 1))
		return (void *)(uintptr_t)(va + e->addend);
	return NULL;
}

/* Guest-physical address of a host address that mtlb_read() or mtlb_write() gave. */
static inline uint64_t mtlb_gpa(const struct vcpu *v, const void *host)
{
	return (uint64_t)((const uint8_t *)host - v->window);
}

/*
 * TLB instructions and state changes. pte is the register's value, itir and
 * ifa the control registers'. They check nothing but what needs the TLB itself;
 * the handlers in exec-sys check privilege, PSR.ic and reserved fields first
 * (tlb_check_insert for the latter).
 */
void tlb_reset(struct vcpu *v);
/* 0, or the GE_ code of the fault that inserting this raises (SDM 2:4.1.1.5); unimplemented
   addresses are reported through *unimpl. */
int tlb_check_insert(struct vcpu *v, uint64_t pte, uint64_t itir, uint64_t ifa, bool *unimpl);
void tlb_insert_tc(struct vcpu *v, bool data, uint64_t pte, uint64_t itir, uint64_t ifa);
/* index was checked against the number of TRs (TLB_NR_TR) by the caller. */
void tlb_insert_tr(struct vcpu *v, bool data, uint32_t index, uint64_t pte, uint64_t itir,
		   uint64_t ifa);
void tlb_purge(struct vcpu *v, uint64_t va, uint64_t rid, uint32_t page_bits);	/* ptc.l, .g, .ga */
void tlb_purge_tr(struct vcpu *v, bool data, uint64_t va, uint32_t page_bits);	/* ptr.i, ptr.d */
void tlb_purge_all(struct vcpu *v);						/* ptc.e */
#define TLB_NR_TR	64

/* Page sizes that a TLB entry may have, bit n stands for 2^n bytes (SDM 2:4.1.1.7). */
#define TLB_PAGE_SIZES	(1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 16 | 1ull << 18 |	\
			 1ull << 20 | 1ull << 22 | 1ull << 24 | 1ull << 26 | 1ull << 28 |	\
			 1ull << 32)

/* A translation register as the host sees it; free ones have p clear. index < TLB_NR_TR. */
void tlb_get_tr(const struct vcpu *v, bool data, uint32_t index, struct riven_tr *tr);
void tlb_set_tr(struct vcpu *v, bool data, uint32_t index, const struct riven_tr *tr);

/* A region register changed (rr[n] is in the VPD already). */
void mmu_rr_changed(struct vcpu *v, uint32_t n);
/* Protection key registers, breakpoint registers or the P2M changed. */
void mmu_flush_mtlb(struct vcpu *v);
/* Choose v->mtlb_data, mtlb_code, mtlb_rse for the PSR and RSC in force; called by psr_set(). */
void mmu_psr_changed(struct vcpu *v);

/* thash, ttag, tpa, tak, probe (SDM 2:4.1.7, 3:2). */
uint64_t mmu_thash(struct vcpu *v, uint64_t va);
uint64_t mmu_ttag(struct vcpu *v, uint64_t va);
uint64_t mmu_tak(struct vcpu *v, uint64_t va);
enum mem_status mmu_tpa(struct vcpu *v, uint64_t va, uint64_t *gpa);
/* Non-faulting probe: is access (MEM_READ/MEM_WRITE) allowed at privilege level cpl? May deliver
   the translation faults that probe raises. */
enum mem_status mmu_probe(struct vcpu *v, uint64_t va, uint32_t access, uint32_t cpl, bool *ok);

/*
 * epc: the privilege level that the page of va, from which an instruction has
 * just been fetched, promotes to (access rights 7, SDM 2:4.1.1.6), or v->cpl
 * when it does not lower that. PSR.it is set. Delivers nothing.
 */
uint32_t mmu_promoted_cpl(struct vcpu *v, uint64_t va);

/*
 * IMPL_VA_MSB is 60, so every virtual address is implemented (SDM 2:4.3.2).
 * Is a physical address, bit 63 (the UC bit) aside, not?
 */
static inline bool pa_unimplemented(uint64_t pa)
{
	return (pa << 1 >> 1) >> RIVEN_PHYS_BITS != 0;
}

#endif
