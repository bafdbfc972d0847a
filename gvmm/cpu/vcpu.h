/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual processor as the GVMM keeps it: register file, frame, register
 * stack engine and what is derived from PSR. Control registers, PSR and bank
 * registers live in the VPD.
 */
#ifndef GVMM_CPU_VCPU_H
#define GVMM_CPU_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/abi.h>
#include <riven/layout.h>
#include <riven/vpd.h>

#include "gvmm/cpu/frame.h"
#include "gvmm/cpu/psr.h"
#include "gvmm/fp/form.h"
#include "gvmm/isa/insn.h"

/*
 * The register file is one linear array: r0-r31 at 0, then a long run of
 * stacked registers in which the frame base moves up at a call and down at a
 * return. When it comes near an end, the live part slides to the middle, so
 * that no access ever has to wrap.
 */
#define GR_STACKED	32
#define GR_SLOTS	(GR_STACKED + 2048)

/* Half of them for general, half for floating-point registers. */
#define ALAT_ENTRIES	64

/* What an exec handler tells the run loop. */
enum exec_status {
	EXEC_NEXT = 0,	/* done: go on with the next slot */
	EXEC_JUMP,	/* ip and ri have been set (branch taken, rfi) */
	EXEC_FAULT,	/* an interruption was delivered: ip and ri are at its vector */
	EXEC_EXIT,	/* leave the world; this instruction runs again on the next entry */
	EXEC_SYNC,	/* done, like EXEC_NEXT, but PSR or translations changed: the loop
			   must look at its cached state again before the next slot */
	EXEC_EXIT_NEXT,	/* leave the world; the instruction is done */
};

/* An advanced load that may still be checked (SDM 1:4.4.5.2). */
struct alat_entry {
	uint64_t gpa;		/* first byte, guest-physical */
	uint16_t reg;		/* physical GR slot, or ALAT_FR + fr number after rotation; 0: free */
	uint8_t size;		/* bytes; 0: free */
	uint8_t reserved;
};

#define ALAT_FR 0x8000

/*
 * One direct-mapped entry of the machine TLB; a page is 4 KiB. A tag holds
 * the page's virtual address when that kind of access needs no further check
 * of any sort (present, rights, keys, dirty and access bits, memory attribute,
 * breakpoints, dirty logging), else MTLB_NONE. Host address is guest virtual
 * address + addend.
 */
struct mtlb_entry {
	uint64_t tag_read;
	uint64_t tag_write;
	uint64_t tag_exec;
	uint64_t addend;
};

/* Between the alignment bits and the page bits of a tag: no access ever asks for it. */
#define MTLB_NONE	0x800ull
#define MTLB_BITS	11
#define MTLB_ENTRIES	(1u << MTLB_BITS)
#define MTLB_PAGE_BITS	12

/*
 * The same for translated code, an array of slots for each word, so that a probe takes
 * six instructions (gvmm/jit/select-memory.c). A tag, by log2 of the access's size, is the
 * complement of the page's address, with as many of its low bits set as an aligned
 * address has clear; or MTLB_NONE.
 */
#define MTLB_SIZES	5u

struct mtlb_words {
	uint64_t word[MTLB_ENTRIES];
	uint64_t gap[40];	/* so that a slot's words are not all in one set of a host's cache */
};

struct mtlb_probe {
	struct mtlb_words addend;
	struct mtlb_words read[MTLB_SIZES], write[MTLB_SIZES];
};

/*
 * Machine TLB arrays. Which one is looked into follows from PSR alone, so that
 * a change of privilege or translation mode costs a pointer, not a flush.
 */
enum mtlb_mode {
	MTLB_CPL0, MTLB_CPL1, MTLB_CPL2, MTLB_CPL3,	/* translated, by privilege level */
	MTLB_PHYSICAL,					/* PSR.dt (it, rt) clear */
	MTLB_EMPTY,		/* never filled: everything goes the slow way */
	MTLB_MODES
};

struct vm;
struct jit;
struct verify;
struct shadows;

/* vcpu.attention when all that there is to do is to load the rest of the frame (RSE.CFLE). */
#define ATTENTION_FRAME	2

struct vcpu {
	/* Register file. gr[0], nat[0] stay 0; fr[0], fr[1] stay +0.0, +1.0; pr[0] stays 1. */
	uint64_t gr[GR_SLOTS];
	uint8_t nat[GR_SLOTS];		/* 0 or 1 */
	struct fpreg fr[128];		/* by physical number, in any form: see fr_get() */
	uint64_t fr_b[128];		/* second words of the entries that have one */
	uint8_t pr[64];			/* by physical number, 0 or 1: one x86 setcc writes one */
	uint64_t br[8];
	uint64_t ip;			/* bundle address */
	uint32_t ri;			/* slot, 0-2 (PSR.ri) */

	struct frame frame;		/* the current one (CFM) */

	/*
	 * Register stack engine (gvmm/cpu/rse.h). fb is the index in gr[] of r32,
	 * dirty that of the first register that is not in memory: gr[dirty .. fb)
	 * are dirty or, when it lies in the frame, gr[fb .. dirty) still to be loaded.
	 */
	uint32_t fb, dirty;
	bool cfle;			/* RSE.CFLE: load them before the next instruction */
	uint64_t bspstore, rnat;	/* AR.BSPSTORE and AR.RNAT */

	/* Application registers that need no bookkeeping; others are computed. */
	uint64_t kr[8];
	uint64_t rsc, pfs, ccv, unat, fpsr, lc, ec, csd, ssd;
	uint64_t eflag, fcr, cflg, fsr, fir, fdr;
	uint64_t itc_offset;		/* guest ITC = scaled TSC + this */
	uint64_t ruc_offset;

	/* FPSR: see fpsr.h. While MXCSR is the guest's, it has flags of sf0 that fpsr lacks. */
	bool mxcsr_live;
	uint32_t fp_fast;		/* FP_FAST_* */

	/* Derived from PSR by psr_set(). */
	uint32_t cpl;
	bool be;			/* PSR.be */
	struct mtlb_entry *mtlb_data;	/* array for loads and stores */
	struct mtlb_entry *mtlb_code;
	struct mtlb_entry *mtlb_rse;

	/*
	 * Non-zero when the run loop has to look up from straight execution
	 * before the next bundle: interrupt state, timer or PSR changed, the
	 * host wants something. ATTENTION_FRAME: nothing but RSE.CFLE.
	 */
	uint32_t attention;
	uint32_t work;			/* see vcpu_worked() */
	uint32_t id;

	/*
	 * The bundle of the last instruction that completed, for IIPA (SDM 2:3.3.5.6). What it
	 * is while PSR.ic is clear nobody sees: rfi sets it, what else sets PSR.ic is itself the last.
	 */
	uint64_t last_ip;

	/* The page that instructions come from now: see interp.c. */
	uint64_t code_page;		/* virtual page address, or MTLB_NONE */
	uint64_t code_gpa;		/* guest-physical address of that page */
	bool code_plain;		/* what was fetched from there may be kept */
	uint64_t decode_tag;		/* what a tag of the decode cache has above the address */

	/* The translator (gvmm/jit): its tables, or NULL when there is none. */
	struct jit *jit;
	/*
	 * Counts, for each region, the changes after which an address of code may
	 * mean something else. What was found before then is looked up again.
	 */
	uint32_t code_gen[8];
	/*
	 * The comparison of the engines (gvmm/jit/verify.c), or NULL. Data accesses see
	 * shadows of the guest's pages where there are any (gvmm/mmu/shadow.h); time
	 * stands still at frozen_tsc if that is not 0.
	 */
	struct verify *verify;
	struct shadows *shadows;
	uint64_t frozen_tsc;
	bool nat_maybe;		/* some nat[] may be 1: set by nat_seen() */

	bool careful;		/* PSR.ss, id and the like: one instruction at a time */
	bool quiet;		/* raise_* functions deliver nothing: the host asks */
	bool dead;		/* the same interruption over and over: leave */
	uint8_t io_exit;	/* the MMIO or PIO exit that the host has to answer, or 0 */
	uint32_t nested;	/* interruptions that the first slot of their own vector raised */

	/* MMIO in flight: the answer for the instruction that runs again. */
	bool mmio_done;
	bool mmio_is_write;
	uint8_t mmio_len;
	uint64_t mmio_gpa;
	uint8_t mmio_data[16];

	bool fw_pending;		/* a firmware break waits for its answer */
	bool halted;			/* PAL_HALT_LIGHT until an interrupt */
	uint64_t itm_seen;		/* ITM value that has fired already */
	bool itm_armed;
	uint64_t irr[4];		/* pending interrupts, bit is vector (VPD IRR mirror) */
	bool irq_ready;			/* sapic_deliverable(), when that changed last */

	uint64_t alat_live;		/* bit n: alat[n] is in use */
	/* Bit n: an entry may touch 16 bytes at an address with n in bits 9:4. */
	uint64_t alat_granules;
	struct alat_entry alat[ALAT_ENTRIES];

	/* Parts of the region, as addresses in this world. */
	struct vm *vm;
	struct vpd *vpd;
	struct riven_run *run;
	uint8_t *window;
	struct mtlb_entry *mtlb;	/* MTLB_MODES arrays of MTLB_ENTRIES */
	void *decode_cache;
	uint32_t decode_mask;		/* its lines less one */
	struct tlb *tlb;		/* TRs and STLB: gvmm/mmu */
	struct riven_trace_record *trace;
	struct riven_profile *profile; /* what is counted by instruction */
	bool profiling;		       /* somebody samples what the vCPU is doing */
	struct riven_stats stats;
};

_Static_assert(RIVEN_VCPU_STATE_SIZE / sizeof(struct vcpu) >= 1, "vcpu fits its area");
/* The probe's arrays, one for each mode, lie behind the others in their area. */
#define MTLB_PROBE_OFFSET	(MTLB_MODES * MTLB_ENTRIES * sizeof(struct mtlb_entry))

_Static_assert(MTLB_PROBE_OFFSET + MTLB_MODES * sizeof(struct mtlb_probe) <=
	       RIVEN_VCPU_MTLB_SIZE, "machine TLB fits its area");

/*
 * Steps that instructions may take before the run loop looks up, whatever
 * number of bundles is left; one step is some ten nanoseconds at most.
 */
#define VCPU_WORK_MAX	16384u

/* An instruction is taking many steps: what the host wants must not wait for many like it. */
static inline void vcpu_worked(struct vcpu *v, uint64_t steps)
{
	v->work += (uint32_t)steps;
	if (v->work < VCPU_WORK_MAX)
		return;
	v->work = 0;
	v->attention = 1;
}

/*
 * A NaT bit has appeared in nat[]. Translated code does without them and has to
 * stop before the next bundle.
 */
static inline void nat_seen(struct vcpu *v)
{
	if (v->nat_maybe)
		return;
	v->nat_maybe = true;
	v->attention = 1;
}

/* Index in gr[] and nat[] of register n (0-127) after rotation (SDM 1:4.5.1). */
static inline uint32_t gr_slot(const struct vcpu *v, uint32_t n)
{
	if (n < 32)
		return n;
	n -= 32;
	if (n < v->frame.sor) {
		n += v->frame.rrb_gr;
		if (n >= v->frame.sor)
			n -= v->frame.sor;
	}
	return v->fb + n;
}

/* Is r<n> a legal target: not r0, and inside the frame (SDM 1:3.1.2, 2:6.1)? */
static inline bool gr_target_ok(const struct vcpu *v, uint32_t n)
{
	return n != 0 && (n < 32 || n - 32 < v->frame.sof);
}

/* Index in fr[] of f<n> after rotation. */
static inline uint32_t fr_slot(const struct vcpu *v, uint32_t n)
{
	if (n < 32)
		return n;
	n += v->frame.rrb_fr;
	return n < 128 ? n : n - 96;
}

/* Physical floating-point register s, canonical. All reading of fr[] is through this. */
static inline struct fpreg fr_get(const struct vcpu *v, uint32_t s)
{
	return fp_canonical(v->fr[s], v->fr_b[s]);
}

/* Index in pr[] of p<n> after rotation. */
static inline uint32_t pr_slot(const struct vcpu *v, uint32_t n)
{
	if (n < 16)
		return n;
	n += v->frame.rrb_pr;
	return n < 64 ? n : n - 48;
}

static inline bool pr_get(const struct vcpu *v, uint32_t n)
{
	return v->pr[pr_slot(v, n)];
}

/* Writes to p0 are ignored. */
static inline void pr_set(struct vcpu *v, uint32_t n, bool value)
{
	v->pr[pr_slot(v, n)] = value;
	v->pr[0] = 1;
}

/* Eight bytes of 0 or 1, the first in the lowest, from eight bits, and back. */
static inline uint64_t bits_to_bytes(uint64_t bits)
{
	uint64_t x = (bits & 0xff) * 0x0101010101010101ull & 0x8040201008040201ull;

	return (x + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
}

static inline uint64_t bytes_to_bits(uint64_t bytes)
{
	return bytes * 0x0102040810204080ull >> 56;
}

/* All predicates as one number, bit n the physical register, and back; p0 stays 1. */
static inline uint64_t pr_pack(const struct vcpu *v)
{
	uint64_t bits = 0;
	uint32_t n;

	for (n = 0; n < 64; n += 8) {
		uint64_t x;

		__builtin_memcpy(&x, &v->pr[n], sizeof(x));
		bits |= bytes_to_bits(x) << n;
	}
	return bits;
}

static inline void pr_unpack(struct vcpu *v, uint64_t bits)
{
	uint32_t n;

	for (n = 0; n < 64; n += 8) {
		uint64_t x = bits_to_bytes(bits >> n);

		__builtin_memcpy(&v->pr[n], &x, sizeof(x));
	}
	v->pr[0] = 1;
}

/* The current frame marker in its architected form (SDM 1:3.1.10). */
static inline uint64_t cfm_get(const struct vcpu *v)
{
	return frame_to_cfm(v->frame);
}

#endif
