// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation of an access with all its checks. Whatever is wrong is gathered
 * first; then the fault of highest priority is raised (SDM 2:5.5, table 5-6),
 * or a speculative load is deferred (SDM 2:5.5.5).
 */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/mmu/p2m.h"
#include "gvmm/mmu/tlb.h"

/* What can be wrong with an access, in order of priority. */
enum {
	C_UNIMPLEMENTED	= 1 << 0,
	C_MISS		= 1 << 1,	/* one of the TLB faults */
	C_NOT_PRESENT	= 1 << 2,
	C_NAT_PAGE	= 1 << 3,
	C_KEY_MISS	= 1 << 4,
	C_KEY		= 1 << 5,
	C_RIGHTS	= 1 << 6,
	C_DIRTY		= 1 << 7,
	C_ACCESSED	= 1 << 8,
	C_DEBUG		= 1 << 9,
	C_UNALIGNED	= 1 << 10,
	C_UNSUPPORTED	= 1 << 11,
	/* Not a fault: the page does not allow speculative or advanced loads. */
	C_DEFER		= 1 << 12,
};

#define PA_UC		(1ull << 63)

/* What one translation and the access behind it count for vcpu_worked(). */
#define TRANSLATE_STEPS	16
#define NAT_PAGE_CODE	0x20
#define UI_CODE		0x10

/* One access on its way through the checks. */
struct access {
	uint64_t va;
	uint32_t size, flags;
	uint32_t cpl;
	uint32_t wrong;			/* C_ bits */
	enum vector miss;		/* of C_MISS */
	struct tlb_entry *entry;	/* NULL: physical, or a miss */
};

static uint32_t na_code(uint32_t flags)
{
	return flags & MEM_NONACCESS ? flags >> MEM_NA_SHIFT & 15 : 0;
}

static bool is_fc(uint32_t flags)
{
	return (flags & MEM_NONACCESS) && na_code(flags) == NA_FC;
}

/* The exception deferral bit of the page that the instruction lies in. */
static bool code_page_defers(struct vcpu *v)
{
	const struct tlb_entry *e;
	uint32_t rid = rr_rid(region_register(v, v->ip));

	if (!(psr_get(v) & PSR_IT))
		return false;
	/* Not tlb_find(): this is no use of the TLB to count. */
	e = tr_find(v, TLB_INST, rid, v->ip & VA_OFFSET);
	if (!e)
		e = stlb_find(v, TLB_INST, rid, v->ip & VA_OFFSET);
	return e && (e->pte & PTE_ED);
}

uint64_t access_isr(struct vcpu *v, uint32_t flags)
{
	uint64_t isr = na_code(flags);

	if (flags & MEM_EXEC)
		return ISR_X;
	if (flags & MEM_READ)
		isr |= ISR_R;
	if (flags & MEM_WRITE)
		isr |= ISR_W;
	if (flags & MEM_NONACCESS)
		isr |= ISR_NA;
	if (flags & MEM_SPEC)
		isr |= ISR_SP;
	if (flags & MEM_IR)
		isr |= ISR_IR;
	if (flags & MEM_RSE)
		return isr | ISR_RS;
	return code_page_defers(v) ? isr | ISR_ED : isr;
}

static enum vector pick(bool inst, enum vector inst_vec, enum vector data_vec)
{
	return inst ? inst_vec : data_vec;
}

/* Raise the highest of what is wrong. */
static enum mem_status raise(struct vcpu *v, const struct access *a)
{
	uint64_t isr = access_isr(v, a->flags);
	bool inst = a->flags & MEM_EXEC;
	enum vector vec;

	switch (a->wrong & -a->wrong) {
	case C_UNIMPLEMENTED:
		if (inst) {
			raise_fault_at(v, VEC_LOWER_PRIVILEGE, UI_CODE, a->va);
			return MEM_FAULT;
		}
		vec = VEC_GENERAL_EXCEPTION;
		isr |= GE_RESERVED_FIELD;
		break;
	case C_MISS:
		vec = a->miss;
		break;
	case C_NOT_PRESENT:
		vec = VEC_PAGE_NOT_PRESENT;
		break;
	case C_NAT_PAGE:
		vec = VEC_NAT_CONSUMPTION;
		isr = (isr & ~ISR_ED) | NAT_PAGE_CODE;
		break;
	case C_KEY_MISS:
		vec = pick(inst, VEC_INST_KEY_MISS, VEC_DATA_KEY_MISS);
		break;
	case C_KEY:
		vec = VEC_KEY_PERMISSION;
		break;
	case C_RIGHTS:
		vec = pick(inst, VEC_INST_ACCESS_RIGHTS, VEC_DATA_ACCESS_RIGHTS);
		break;
	case C_DIRTY:
		vec = VEC_DIRTY_BIT;
		break;
	case C_ACCESSED:
		vec = pick(inst, VEC_INST_ACCESS_BIT, VEC_DATA_ACCESS_BIT);
		break;
	case C_DEBUG:
		vec = VEC_DEBUG;
		break;
	case C_UNALIGNED:
		vec = VEC_UNALIGNED;
		break;
	default:
		vec = VEC_UNSUPPORTED_DATA;
		break;
	}
	raise_fault_at(v, vec, isr, a->va);
	return MEM_FAULT;
}

/* What conditions leave others without meaning (SDM 2:5.5.5, table 5-3). */
static uint32_t qualified(uint32_t wrong)
{
	if (wrong & C_UNIMPLEMENTED)
		return C_UNIMPLEMENTED;
	if (wrong & (C_MISS | C_NOT_PRESENT))
		return wrong & (C_MISS | C_NOT_PRESENT | C_DEBUG);
	return wrong;
}

/* What conditions of a speculative load are deferred (SDM 2:5.5.5, table 5-4). */
static uint32_t deferred(struct vcpu *v)
{
	uint32_t always = C_UNIMPLEMENTED | C_NAT_PAGE | C_UNSUPPORTED | C_DEFER;
	uint64_t dcr = v->vpd->vcr[CR_DCR];

	if (!(psr_get(v) & PSR_IC))
		return ~0u;
	if (!code_page_defers(v))
		return always;
	return always | C_UNALIGNED |
	       (dcr & DCR_DM ? C_MISS : 0) | (dcr & DCR_DP ? C_NOT_PRESENT : 0) |
	       (dcr & DCR_DK ? C_KEY_MISS : 0) | (dcr & DCR_DX ? C_KEY : 0) |
	       (dcr & DCR_DR ? C_RIGHTS : 0) | (dcr & DCR_DA ? C_ACCESSED : 0) |
	       (dcr & DCR_DD ? C_DEBUG : 0);
}

static enum mem_status resolve(struct vcpu *v, struct access *a)
{
	if (a->flags & MEM_SPEC) {
		a->wrong = qualified(a->wrong);
		a->wrong &= ~deferred(v);
		if (!a->wrong)
			return MEM_DEFER;
	}
	if (a->wrong == C_DEFER)
		return MEM_DEFER;
	return raise(v, a);
}

/* Look for the translation; C_MISS with its vector when there is none. */
static void look_up(struct vcpu *v, struct access *a)
{
	bool inst = a->flags & MEM_EXEC;
	enum vhpt_result result;

	a->entry = tlb_find(v, inst ? TLB_INST : TLB_DATA, a->va);
	if (a->entry)
		return;
	result = vhpt_walk(v, a->va, a->flags, &a->entry);
	if (result == VHPT_FOUND)
		return;
	a->wrong |= C_MISS;
	if (!inst && !(psr_get(v) & PSR_IC))
		a->miss = VEC_DATA_NESTED_TLB;
	else if (result == VHPT_DISABLED)
		a->miss = pick(inst, VEC_ALT_ITLB, VEC_ALT_DTLB);
	else if (result == VHPT_MISS)
		a->miss = VEC_VHPT_TRANSLATION;
	else
		a->miss = pick(inst, VEC_ITLB, VEC_DTLB);
}

/* The checks that the translation itself brings. */
static void check_entry(const struct vcpu *v, struct access *a)
{
	uint64_t pte = a->entry->pte, psr = psr_get(v);
	uint32_t want = a->flags & (MEM_READ | MEM_WRITE | MEM_EXEC);
	bool fc = is_fc(a->flags);

	if (!(pte & PTE_P)) {
		a->wrong |= C_NOT_PRESENT;
		return;
	}
	if (pte_ma(pte) == MA_NATPAGE)
		a->wrong |= C_NAT_PAGE;
	if ((psr & PSR_PK) && !fc) {
		uint32_t key = key_rights(v, a->entry->key);

		if (key & KEY_MISSING)
			a->wrong |= C_KEY_MISS;
		else if (want & ~key)
			a->wrong |= C_KEY;
	}
	/* fc checks as a load of one byte would, at privilege level 0 nothing (SDM 3:2, fc). */
	if (!(fc && a->cpl == 0) && (want & ~page_rights(pte, a->cpl)))
		a->wrong |= C_RIGHTS;
	if (fc || (psr & (a->flags & MEM_EXEC ? PSR_IA : PSR_DA)))
		return;
	if ((want & MEM_WRITE) && !(pte & PTE_D))
		a->wrong |= C_DIRTY;
	if (!(pte & PTE_A))
		a->wrong |= C_ACCESSED;
}

static void check_breakpoints(const struct vcpu *v, struct access *a)
{
	uint64_t psr = psr_get(v);

	if (__builtin_expect(!(psr & PSR_DB), 1) || is_fc(a->flags))
		return;
	if (a->flags & MEM_EXEC) {
		if (!(psr & PSR_ID) && inst_breakpoint(v, a->va, a->cpl))
			a->wrong |= C_DEBUG;
	} else if (!(psr & PSR_DD) && data_breakpoint(v, a->va, a->size, a->cpl, a->flags)) {
		a->wrong |= C_DEBUG;
	}
}

/* What depends on where the data lies. p2m: of the frame. */
static void check_memory(const struct vcpu *v, struct access *a, uint32_t ma, uint8_t p2m)
{
	bool plain = ma == MA_WB && p2m_is_memory(p2m);
	bool speculative = ma == MA_WB || ma == MA_WC;

	if (a->flags & (MEM_EXEC | MEM_NONACCESS))
		return;
	if (!mem_is_aligned(a->va, a->size) &&
	    ((psr_get(v) & PSR_AC) || (a->flags & MEM_NO_UNALIGNED) || !p2m_is_memory(p2m)))
		a->wrong |= C_UNALIGNED;
	/* Semaphores and 16 byte accesses, extended precision (SDM 2:4.4.9, 2:8.3). */
	if (((a->flags & MEM_NO_UNALIGNED) && !plain) || (a->size == 10 && ma != MA_WB))
		a->wrong |= C_UNSUPPORTED;
	/* What is not memory must not be read on speculation, whatever the attribute says. */
	if ((a->flags & (MEM_SPEC | MEM_ADV)) && (!speculative || !p2m_is_memory(p2m)))
		a->wrong |= C_DEFER;
}

/*
 * Memory is gone through: the page before this one has been used, so that the next ones will
 * be. They are filled at once, up to a multiple of so many, while they are memory of the same
 * kind.
 */
#define FILL_BITS	2u
#define FILL_PAGE	(1ull << MTLB_PAGE_BITS)

static void fill_ahead(struct vcpu *v, const struct access *a, uint32_t mode, uint32_t rights,
		       uint64_t gpa, uint8_t p2m)
{
	uint64_t host = (uint64_t)(uintptr_t)v->window, n;
	uint64_t left = (1ull << FILL_BITS) - 1 - (a->va >> MTLB_PAGE_BITS & ((1u << FILL_BITS) - 1));

	gpa &= ~(FILL_PAGE - 1);
	if ((a->entry && a->entry->ps < MTLB_PAGE_BITS + FILL_BITS) ||
	    !mtlb_holds(v, mode, a->va - FILL_PAGE))
		return;
	for (n = FILL_PAGE; n <= left * FILL_PAGE; n += FILL_PAGE) {
		if (mtlb_holds(v, mode, a->va + n) || p2m_get(v, gpa + n) != p2m)
			return;
		mtlb_fill(v, mode, a->va + n, rights, host + gpa + n);
	}
}

/* Tell the machine TLB what accesses of the page of va need no look any more. */
static void fill(struct vcpu *v, const struct access *a, uint64_t gpa, uint8_t p2m)
{
	uint64_t host_page = (uint64_t)(uintptr_t)v->window + (gpa & ~0xfffull);
	uint32_t rights = MEM_READ | MEM_WRITE | MEM_EXEC;
	uint32_t mode = MTLB_PHYSICAL;
	struct tlb_entry *e = a->entry;

	if (e) {
		rights = page_rights(e->pte, a->cpl);
		rights &= e->kind == TLB_INST ? MEM_EXEC : MEM_READ | MEM_WRITE;
		if (psr_get(v) & PSR_PK)
			rights &= key_rights(v, e->key);
		if (!(e->pte & PTE_A))
			rights = 0;
		if (!(e->pte & PTE_D))
			rights &= ~(uint32_t)MEM_WRITE;
		mode = a->cpl;
	}
	/* What may be written freely may be read: translated code looks at one tag for both. */
	if (!p2m_write_freely(p2m) || !(rights & MEM_READ))
		rights &= ~(uint32_t)MEM_WRITE;
	if (!rights)
		return;
	mtlb_fill(v, mode, a->va, rights, host_page);
	fill_ahead(v, a, mode, rights, gpa, p2m);
	if (e)
		e->filled |= (uint8_t)(1u << mode);
}

static bool is_translated(const struct vcpu *v, uint32_t flags)
{
	return psr_get(v) & (flags & MEM_EXEC ? PSR_IT : flags & MEM_RSE ? PSR_RT : PSR_DT);
}

enum mem_status mmu_translate(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			      struct mem_loc *loc)
{
	struct access a = {
		.va = va, .size = size, .flags = flags, .cpl = access_cpl(v, flags),
	};
	uint64_t gpa = 0;
	uint32_t ma = MA_WB;
	uint8_t p2m = RIVEN_P2M_NONE;

	vcpu_worked(v, TRANSLATE_STEPS);
	if (is_translated(v, flags)) {
		look_up(v, &a);
		if (a.entry) {
			gpa = tlb_pa(a.entry, va);
			ma = pte_ma(a.entry->pte);
			check_entry(v, &a);
		}
	} else {
		gpa = va & ~PA_UC;
		if (va & PA_UC)
			ma = MA_UC;
		if (pa_unimplemented(va))
			a.wrong |= C_UNIMPLEMENTED;
	}
	check_breakpoints(v, &a);
	if (!(a.wrong & (C_UNIMPLEMENTED | C_MISS | C_NOT_PRESENT))) {
		p2m = p2m_get(v, gpa);
		check_memory(v, &a, ma, p2m);
	}
	if (__builtin_expect(a.wrong, 0))
		return resolve(v, &a);

	loc->gpa = gpa;
	loc->ma = ma;
	loc->host = p2m_is_memory(p2m) ? mem_view(v, gpa) : NULL;
	loc->writable = (p2m & RIVEN_P2M_TYPE) == RIVEN_P2M_RAM;
	loc->page_left = (1u << MTLB_PAGE_BITS) - (gpa & ((1u << MTLB_PAGE_BITS) - 1));
	/* What lfetch is for: the access that follows finds the page. */
	if (!loc->host || ((flags & MEM_NONACCESS) && na_code(flags) != NA_LFETCH))
		return MEM_OK;
	/* The mark comes before the write, or a snapshot could miss it. */
	if ((flags & MEM_WRITE) && loc->writable && !p2m_write_freely(p2m)) {
		p2m_set_dirty(v, gpa);
		p2m |= RIVEN_P2M_DIRTY;
	}
	/* What shadows answer, translated code has to find out for itself. */
	if (ma == MA_WB && (!v->shadows || flags & MEM_EXEC))
		fill(v, &a, gpa, p2m);
	return MEM_OK;
}

/* What tpa, tak and probe check first: is there a translation at all? */
static void check_present(struct vcpu *v, struct access *a)
{
	look_up(v, a);
	if (!a->entry)
		return;
	if (!(a->entry->pte & PTE_P))
		a->wrong |= C_NOT_PRESENT;
	else if (pte_ma(a->entry->pte) == MA_NATPAGE)
		a->wrong |= C_NAT_PAGE;
}

enum mem_status mmu_tpa(struct vcpu *v, uint64_t va, uint64_t *gpa)
{
	struct access a = { .va = va, .flags = MEM_NONACCESS | NA_TPA << MEM_NA_SHIFT };

	check_present(v, &a);
	if (a.wrong)
		return raise(v, &a);
	*gpa = tlb_pa(a.entry, va);
	return MEM_OK;
}

uint64_t mmu_tak(struct vcpu *v, uint64_t va)
{
	struct access a = { .va = va, .flags = MEM_NONACCESS | NA_TAK << MEM_NA_SHIFT };

	check_present(v, &a);
	if (a.wrong & (C_MISS | C_NOT_PRESENT))
		return 1;
	return (uint64_t)a.entry->key << 8;
}

enum mem_status mmu_probe(struct vcpu *v, uint64_t va, uint32_t access, uint32_t cpl, bool *ok)
{
	struct access a = {
		.va = va,
		.flags = access | MEM_NONACCESS | NA_PROBE << MEM_NA_SHIFT,
	};
	uint32_t rights, key = ~(uint32_t)KEY_MISSING;

	check_present(v, &a);
	if (a.entry && (psr_get(v) & PSR_PK)) {
		key = key_rights(v, a.entry->key);
		if (key & KEY_MISSING)
			a.wrong |= C_KEY_MISS;
	}
	if (a.wrong)
		return raise(v, &a);
	rights = page_rights(a.entry->pte, cpl & 3) & key;
	*ok = !(access & ~rights);
	return MEM_OK;
}

enum mem_status mmu_unaligned(struct vcpu *v, uint64_t va, uint32_t flags)
{
	raise_fault_at(v, VEC_UNALIGNED, access_isr(v, flags), va);
	return MEM_FAULT;
}
