/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of gvmm/mmu share: TLB entries, where they are kept, and the walker. */
#ifndef GVMM_MMU_TLB_H
#define GVMM_MMU_TLB_H

#include "gvmm/mmu/mmu.h"
#include "gvmm/mmu/shadow.h"

/* The PTE as itc, itr and the VHPT give it (SDM 2:4.1.1.5). */
#define PTE_P		(1ull << 0)
#define PTE_A		(1ull << 5)
#define PTE_D		(1ull << 6)
#define PTE_ED		(1ull << 52)
#define PTE_PPN		0x3fffffffff000ull
#define PTE_RESERVED	(1ull << 1 | 3ull << 50)

/* Memory attributes (SDM 2:4.4). */
enum { MA_WB = 0, MA_UC = 4, MA_UCE = 5, MA_WC = 6, MA_NATPAGE = 7 };

/* The VHPT: long format, and log2 of the table's size with its bounds. */
#define PTA_VF	     (1ull << 8)
#define PTA_SIZE     (63ull << 2)
#define PTA_SIZE_MIN 15u
#define PTA_SIZE_MAX 61u
/* The table has at least 2^15 bytes, so at least 2^this many entries of the long format. */
#define LONG_INDEX_MIN 10
/* What the implementation chose for tag and hash of those (mmu_ttag(), mmu_thash()). */
#define TTAG_RID_SHIFT 39
#define THASH_SPREAD   0x9e3779b97f4a7c15ull

/* What a region register has none of. */
#define RR_RESERVED (~0xffffffffull | 2)

/* Virtual addresses without their region number. */
#define VA_OFFSET	0x1fffffffffffffffull

/* Bits of tlb_entry.kind: what the entry may be used for. A free entry has none. */
enum tlb_kind { TLB_INST = 1, TLB_DATA = 2 };

/* A translation, in a translation register or in the STLB. */
struct tlb_entry {
	uint64_t va;		/* first address, bits 60:0 */
	uint64_t pte;
	uint32_t rid;
	uint32_t key;
	uint8_t ps;		/* log2 of the page size */
	uint8_t kind;		/* enum tlb_kind */
	uint8_t filled;		/* bit m: machine TLB array m may hold pages of it */
	uint8_t reserved;
	uint32_t bucket;	/* STLB: hash bucket */
	uint32_t next;		/* STLB: 1 + index of the next in bucket or free list, 0: none */
	uint32_t prev;		/* STLB: likewise before it in the bucket */
	uint64_t stamp;		/* STLB: no purge up to this one has taken it away */
};

/*
 * A purge that would have to look at too many entries: it is only noted, and
 * whoever comes upon an entry in its range with an older stamp sees that it is void.
 */
struct tlb_purge {
	uint64_t stamp;
	uint64_t first, last;	/* offsets in a region */
	uint32_t rid;
	uint32_t kinds;
};

#define TLB_PURGES_MAX	16

/* Page sizes 2^12 .. 2^32 as bits 0 .. 20. */
#define PS_MIN		12
#define PS_MAX		32
#define NR_PS		(PS_MAX - PS_MIN + 1)

/* Region identifiers fall into so many classes; each knows the page sizes it uses. */
#define RID_CLASSES	256

/* No bucket is longer: an insert into a full one evicts its oldest entry. */
#define STLB_CHAIN_MAX	16

/* Which slots of one machine TLB array may hold pages of one region. */
struct mtlb_map {
	uint64_t slots[MTLB_ENTRIES / 64];
	uint32_t words;		/* bit n: slots[n] is not 0 */
};

_Static_assert(MTLB_ENTRIES / 64 <= 32, "one bit a word");

/*
 * At the start of the STLB area (v->tlb); hash heads and entries follow it.
 * Memory that was never touched is zero, which is a valid empty state but for
 * the machine TLB's arrays.
 */
#define TLB_CODE_RIDS	32

struct tlb {
	struct tlb_entry tr[2][TLB_NR_TR];	/* [0] ITR, [1] DTR */
	uint64_t tr_used[2];

	uint32_t entries;		/* capacity of the STLB */
	uint32_t top;			/* entries below were used since the last full purge */
	uint32_t free;			/* 1 + first of the free list */
	uint32_t hand;			/* next to evict when none is free */
	uint32_t in_use;		/* entries in chains */

	uint64_t stamp;			/* of the newest purge; what is inserted gets it */
	uint64_t epoch;			/* of the last full purge: what is older is no more */
	uint32_t nr_purges;		/* noted since, oldest first */
	uint64_t inserted;		/* stamp of the newest insert */
	struct tlb_purge purge[TLB_PURGES_MAX];

	uint32_t rid_seen[8];		/* region registers' rid when the machine TLB was filled */
	bool pk_seen;			/* PSR.pk likewise */

	/*
	 * code_gen[] of each region under other identifiers that it has had, as long as code
	 * means the same there; gen 0: none. code_last: the number given out last.
	 */
	struct tlb_code {
		uint32_t rid, gen;
	} code[8][TLB_CODE_RIDS];
	uint32_t code_last;

	uint32_t sizes[RID_CLASSES];	/* bit n: entries of page size 2^(12 + n) exist */
	uint32_t count[RID_CLASSES][NR_PS];

	struct mtlb_map map[MTLB_EMPTY][8];
};

/* A mask of the offsets in a table of the size that PTA says. */
static inline uint64_t pta_offsets(uint64_t pta)
{
	uint32_t size = (pta & PTA_SIZE) >> 2;

	size = size < PTA_SIZE_MIN ? PTA_SIZE_MIN : size > PTA_SIZE_MAX ? PTA_SIZE_MAX : size;
	return (1ull << size) - 1;
}

static inline uint32_t rr_rid(uint64_t rr)
{
	return rr >> 8 & 0xffffff;
}

static inline uint32_t rr_ps(uint64_t rr)
{
	return rr >> 2 & 63;
}

static inline uint64_t region_register(const struct vcpu *v, uint64_t va)
{
	return v->vpd->rr[va >> 61];
}

static inline uint32_t pte_ma(uint64_t pte)
{
	return pte >> 2 & 7;
}

/* Physical address of va, which the entry maps. */
static inline uint64_t tlb_pa(const struct tlb_entry *e, uint64_t va)
{
	uint64_t offset = (1ull << e->ps) - 1;

	return (e->pte & PTE_PPN & ~offset) | (va & offset);
}

static inline bool tlb_match(const struct tlb_entry *e, uint32_t rid, uint64_t offset)
{
	return e->rid == rid && (e->va ^ offset) >> e->ps == 0;
}

/* Does an entry overlap [first, last], offsets in a region? */
static inline bool tlb_overlap(const struct tlb_entry *e, uint32_t rid, uint64_t first,
			       uint64_t last)
{
	return e->rid == rid && e->va <= last && e->va + ((1ull << e->ps) - 1) >= first;
}

/* Addresses whose pages have to go from the machine TLB arrays that modes names. */
struct tlb_span {
	uint64_t first, last;		/* offsets in a region */
	uint32_t modes;			/* bit m: array m; 0: nothing has to go */
	bool code;			/* instructions may have been fetched from there */
};

#define TLB_SPAN_EMPTY	((struct tlb_span){ .first = ~0ull })

/* Make a span cover what the machine TLB may hold of an entry. */
static inline void tlb_span_add(struct tlb_span *s, const struct tlb_entry *e)
{
	uint64_t last = e->va + ((1ull << e->ps) - 1);

	if (!e->filled)
		return;
	s->modes |= e->filled;
	s->code |= e->kind == TLB_INST;
	if (e->va < s->first)
		s->first = e->va;
	if (last > s->last)
		s->last = last;
}

/* Translation registers (tr.c). kind: TLB_INST or TLB_DATA; offset: va bits 60:0. */
struct tlb_entry *tr_find(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t offset);
void tr_purge(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t first, uint64_t last);
void tr_reset(struct vcpu *v);

/* STLB (stlb.c). */
struct tlb_entry *stlb_find(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t offset);
/* Put in a translation that overlaps none of its kind: the caller has purged. */
struct tlb_entry *stlb_insert(struct vcpu *v, const struct tlb_entry *new);
/*
 * Remove what overlaps [first, first + 2^bits); kinds: bits of enum tlb_kind.
 * Looks at no more than STLB_PURGE_STEPS entries. May remove others, too
 * (SDM 2:4.1.1.2).
 */
#define STLB_PURGE_STEPS	20000u
void stlb_purge(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first, uint32_t bits);
void stlb_purge_all(struct vcpu *v);

/*
 * The entry that maps va for an access of this kind, or NULL: translation
 * registers, then STLB. Counts; does not walk.
 */
struct tlb_entry *tlb_find(struct vcpu *v, enum tlb_kind kind, uint64_t va);
/* Insert as itc does, and return the entry. */
struct tlb_entry *tlb_insert(struct vcpu *v, enum tlb_kind kind, uint64_t pte, uint64_t itir,
			     uint64_t va);

/* What a VHPT walk came to (vhpt.c). */
enum vhpt_result {
	VHPT_DISABLED,	/* no walk: Alternate TLB fault */
	VHPT_MISS,	/* the table's own page has no translation: VHPT Translation fault */
	VHPT_FAILED,	/* nothing found: TLB fault */
	VHPT_FOUND,	/* *entry was inserted */
};

/* Walk for a miss on va; flags: enum mem_flags. */
enum vhpt_result vhpt_walk(struct vcpu *v, uint64_t va, uint32_t flags, struct tlb_entry **entry);

/* Machine TLB (mtlb.c). */
void mtlb_reset(struct vcpu *v);
/*
 * Enter the 4 KiB page of va into array mode; rights: MEM_READ, MEM_WRITE,
 * MEM_EXEC that need no further check there.
 */
void mtlb_fill(struct vcpu *v, uint32_t mode, uint64_t va, uint32_t rights, uint64_t host_page);
/* Does array mode hold the page of va? */
bool mtlb_holds(const struct vcpu *v, uint32_t mode, uint64_t va);
/* Entries of this region identifier have gone: forget their pages. */
void mtlb_forget(struct vcpu *v, uint32_t rid, const struct tlb_span *s);
/* All that depends on translations; all there is. */
void mtlb_flush_virtual(struct vcpu *v);
void mtlb_flush_all(struct vcpu *v);

/* Protection (protect.c). The rights at privilege level cpl: MEM_READ, MEM_WRITE, MEM_EXEC. */
uint32_t page_rights(uint64_t pte, uint32_t cpl);

/* Rights that the protection key registers leave of MEM_READ | MEM_WRITE | MEM_EXEC. */
enum { KEY_MISSING = 1u << 31 };
uint32_t key_rights(const struct vcpu *v, uint32_t key);

/* Does a data (instruction) breakpoint register match? PSR.db, dd and id are the caller's. */
bool data_breakpoint(const struct vcpu *v, uint64_t va, uint32_t size, uint32_t cpl,
		     uint32_t access);
bool inst_breakpoint(const struct vcpu *v, uint64_t va, uint32_t cpl);
/* Is any enabled? */
bool data_breakpoints_armed(const struct vcpu *v);
bool inst_breakpoints_armed(const struct vcpu *v);

/* Privilege level of an access (SDM 2:4.1.1.1; RSE: 2:6.2). */
static inline uint32_t access_cpl(const struct vcpu *v, uint32_t flags)
{
	if (flags & MEM_CPL)
		return flags >> MEM_CPL_SHIFT & 3;
	if (flags & MEM_RSE)
		return v->rsc >> 2 & 3;
	return v->cpl;
}

/* Natural alignment of a size; 10 bytes are aligned as 16. */
static inline bool mem_is_aligned(uint64_t va, uint32_t size)
{
	uint32_t align = size <= 1 ? 1 : 2u << (31 - __builtin_clz(size - 1));

	return !(va & (align - 1));
}

/* ISR of a fault of this access: all but code, ei and ni (SDM 2:8.2). */
uint64_t access_isr(struct vcpu *v, uint32_t flags);

/* Accesses of memory that is neither RAM nor ROM (mmio.c), each in one piece. */
enum mem_status mmio_read(struct vcpu *v, uint64_t gpa, uint32_t size, void *data);
enum mem_status mmio_write(struct vcpu *v, uint64_t gpa, uint32_t size, const void *data);

/* Unaligned Data Reference fault of an access that nothing can carry out. */
enum mem_status mmu_unaligned(struct vcpu *v, uint64_t va, uint32_t flags);

#endif
