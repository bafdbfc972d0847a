// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation fault by fault: for each kind of access and each thing that can
 * be wrong with it the vector, ISR, IFA, ITIR and IHA (SDM 2:5.5, 2:8.3); which
 * of two faults comes first (table 5-6); what speculative loads defer (2:5.5.5);
 * and the access rights of table 4-2.
 */
#include "tests/mmu/world.h"

#include "tests/lib/ktap.h"

#define RID		0x12345u
#define PAGE_BITS	14u
#define VA		(1ull << 61 | 0x40000)	/* in region 1 */
#define PA		0x100000ull
#define KEY		0x55u
#define TABLE		(1ull << 61 | 0x1000000)	/* the VHPT's place in the region */
#define TABLE_PA	0x200000ull
#define CODE		(7ull << 61 | 0x8000)

/* Kinds of access. */
enum kind {
	FETCH, LOAD, STORE, SEMAPHORE, LOAD_E, SPEC, ADV, RSE_LOAD, RSE_STORE, RSE_FILL, LFETCH,
	FC, PROBE_R, PROBE_W, PROBE_F, TPA, KINDS
};

/* Things that can be wrong, in order of priority. */
enum wrong {
	ALTERNATE, VHPT, TLB, NESTED, ABSENT, NATPAGE, KEY_MISS, KEY_DENIED, RIGHTS, DIRTY, ACCESS,
	DEBUG, ALIGN, SUPPORT, WRONGS
};

#define BIT(n) (1u << (n))
#define MISSES (BIT(ALTERNATE) | BIT(VHPT) | BIT(TLB) | BIT(NESTED))
#define TRANSLATION (MISSES | BIT(ABSENT) | BIT(NATPAGE))
#define PAGE \
	(TRANSLATION | BIT(KEY_MISS) | BIT(KEY_DENIED) | BIT(RIGHTS) | BIT(ACCESS) | BIT(DEBUG))

static const struct {
	const char *name;
	uint32_t flags, size;
	uint64_t isr;
	uint32_t can;		/* what can be wrong with it */
} kinds[KINDS] = {
	[FETCH] = { "fetch", MEM_EXEC, 16, ISR_X, PAGE },
	[LOAD] = { "load", MEM_READ, 8, ISR_R, PAGE | BIT(ALIGN) },
	[STORE] = { "store", MEM_WRITE, 8, ISR_W, PAGE | BIT(DIRTY) | BIT(ALIGN) },
	[SEMAPHORE] = { "semaphore", MEM_READ | MEM_WRITE | MEM_NO_UNALIGNED, 8, ISR_R | ISR_W,
			PAGE | BIT(DIRTY) | BIT(ALIGN) | BIT(SUPPORT) },
	[LOAD_E] = { "ldfe", MEM_READ, 10, ISR_R, PAGE | BIT(ALIGN) | BIT(SUPPORT) },
	[SPEC] = { "ld.s", MEM_READ | MEM_SPEC, 8, ISR_R | ISR_SP, PAGE | BIT(ALIGN) },
	[ADV] = { "ld.a", MEM_READ | MEM_ADV, 8, ISR_R, PAGE | BIT(ALIGN) },
	[RSE_LOAD] = { "RSE load", MEM_READ | MEM_RSE, 8, ISR_R | ISR_RS, PAGE },
	[RSE_STORE] = { "RSE store", MEM_WRITE | MEM_RSE, 8, ISR_W | ISR_RS, PAGE | BIT(DIRTY) },
	[RSE_FILL] = { "RSE fill of a frame", MEM_READ | MEM_RSE | MEM_IR, 8,
		       ISR_R | ISR_RS | ISR_IR, PAGE },
	[LFETCH] = { "lfetch.fault", MEM_READ | MEM_NONACCESS | 4 << MEM_NA_SHIFT, 1,
		     ISR_R | ISR_NA | 4, PAGE },
	[FC] = { "fc", MEM_READ | MEM_NONACCESS | 1 << MEM_NA_SHIFT, 1, ISR_R | ISR_NA | 1,
		 TRANSLATION | BIT(RIGHTS) },
	[PROBE_R] = { "probe.r", MEM_READ, 1, ISR_R | ISR_NA | 2, TRANSLATION | BIT(KEY_MISS) },
	[PROBE_W] = { "probe.w", MEM_WRITE, 1, ISR_W | ISR_NA | 2, TRANSLATION | BIT(KEY_MISS) },
	[PROBE_F] = { "probe.rw.fault",
		      MEM_READ | MEM_WRITE | MEM_NONACCESS | 5 << MEM_NA_SHIFT, 1,
		      ISR_R | ISR_W | ISR_NA | 5, PAGE | BIT(DIRTY) },
	[TPA] = { "tpa", 0, 1, ISR_NA, TRANSLATION },
};

static const struct {
	const char *name;
	uint32_t data, inst;	/* vectors */
	uint64_t code;
	uint64_t dcr;		/* deferral bit; 0: none */
	bool always_deferred;
} wrongs[WRONGS] = {
	[ALTERNATE] = { "no translation, no walker", VEC_ALT_DTLB, VEC_ALT_ITLB, 0, DCR_DM, false },
	[VHPT] = { "no translation for the table", VEC_VHPT_TRANSLATION, VEC_VHPT_TRANSLATION, 0,
		   DCR_DM, false },
	[TLB] = { "nothing in the table", VEC_DTLB, VEC_ITLB, 0, DCR_DM, false },
	[NESTED] = { "no translation, PSR.ic clear", VEC_DATA_NESTED_TLB, VEC_ALT_ITLB, 0, 0, true },
	[ABSENT] = { "page not present", VEC_PAGE_NOT_PRESENT, VEC_PAGE_NOT_PRESENT, 0, DCR_DP,
		     false },
	[NATPAGE] = { "NaTPage", VEC_NAT_CONSUMPTION, VEC_NAT_CONSUMPTION, 0x20, 0, true },
	[KEY_MISS] = { "key missing", VEC_DATA_KEY_MISS, VEC_INST_KEY_MISS, 0, DCR_DK, false },
	[KEY_DENIED] = { "key denies", VEC_KEY_PERMISSION, VEC_KEY_PERMISSION, 0, DCR_DX, false },
	[RIGHTS] = { "no right", VEC_DATA_ACCESS_RIGHTS, VEC_INST_ACCESS_RIGHTS, 0, DCR_DR, false },
	[DIRTY] = { "dirty bit clear", VEC_DIRTY_BIT, 0, 0, 0, false },
	[ACCESS] = { "access bit clear", VEC_DATA_ACCESS_BIT, VEC_INST_ACCESS_BIT, 0, DCR_DA, false },
	[DEBUG] = { "breakpoint", VEC_DEBUG, VEC_DEBUG, 0, DCR_DD, false },
	[ALIGN] = { "unaligned", VEC_UNALIGNED, 0, 0, 0, false },
	[SUPPORT] = { "unsupported attribute", VEC_UNSUPPORTED_DATA, 0, 0, 0, true },
};

/* What an access came to. */
struct outcome {
	enum mem_status status;
	uint32_t vec;
	uint64_t isr, ifa, itir, iha;
	bool ok;		/* probe */
};

static uint64_t pte, access_va;
static bool mapped;
static uint64_t code_pte;

/* A page without flaw, a walker that is off, a code page without the ed bit. */
static void flawless(void)
{
	world_reset(64);
	v->vpd->vcr[CR_PTA] = TABLE | 15 << 2;
	set_rr(1, RID, PAGE_BITS, false);
	set_rr(7, 7, PAGE_BITS, false);
	v->ip = CODE;
	v->rsc = 0;
	v->vpd->pkr[3] = (uint64_t)KEY << 8 | 1;
	psr_set(v, PSR_IC | PSR_DT | PSR_IT | PSR_RT);
	pte = PA | PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9;
	code_pte = 0x300000 | PTE_P | PTE_A | PTE_D | 3ull << 7 | 3ull << 9;
	access_va = VA + 0x20;
	mapped = true;
}

static void walker_on(void)
{
	v->vpd->vcr[CR_PTA] |= 1;
	set_rr(1, RID, PAGE_BITS, true);
	mapped = false;
}

/* Spoil what flawless() set up. */
static void spoil(enum wrong w)
{
	uint64_t psr = psr_get(v);

	switch (w) {
	case ALTERNATE:
		mapped = false;
		break;
	case VHPT:
		walker_on();
		break;
	case TLB:
		walker_on();
		tlb_insert_tc(v, true, TABLE_PA | PTE_P | PTE_A, PAGE_BITS << 2,
			      mmu_thash(v, access_va));
		/* A reserved attribute. */
		memset(v->window + TABLE_PA, 0x05, 0x4000);
		break;
	case NESTED:
		mapped = false;
		psr_set(v, psr & ~PSR_IC);
		break;
	case ABSENT:
		pte &= ~PTE_P;
		break;
	case NATPAGE:
		pte |= 7 << 2;
		break;
	case KEY_MISS:
		psr_set(v, psr | PSR_PK);
		v->vpd->pkr[3] = 0;
		break;
	case KEY_DENIED:
		psr_set(v, psr | PSR_PK);
		v->vpd->pkr[3] |= 0xe;
		break;
	case RIGHTS:
		pte &= ~(3ull << 7);
		v->rsc = 3 << 2;
		psr_set(v, psr | PSR_CPL);
		break;
	case DIRTY:
		pte &= ~PTE_D;
		break;
	case ACCESS:
		pte &= ~PTE_A;
		break;
	case DEBUG:
		psr_set(v, psr | PSR_DB);
		v->vpd->dbr[2] = v->vpd->ibr[4] = VA;
		v->vpd->dbr[3] = v->vpd->ibr[5] = 3ull << 62 | 15ull << 56 | 0xffffffffffc000;
		break;
	case ALIGN:
		psr_set(v, psr | PSR_AC);
		access_va += 3;
		break;
	default:
		pte |= 4 << 2;
		break;
	}
	mmu_flush_mtlb(v);
}

static struct outcome act(enum kind k)
{
	struct outcome o = { 0 };
	uint64_t itir = KEY << 8 | PAGE_BITS << 2, ip, gpa;
	struct mem_loc loc;
	bool ok = false;

	tlb_insert_tc(v, false, code_pte, PAGE_BITS << 2, CODE);
	if (mapped) {
		tlb_insert_tc(v, true, pte, itir, VA);
		tlb_insert_tc(v, false, pte, itir, VA);
	}
	if (k == FETCH)
		v->ip = access_va &= ~15ull;
	ip = v->ip;
	switch (k) {
	case PROBE_R:
	case PROBE_W:
		o.status = mmu_probe(v, access_va, kinds[k].flags, v->cpl, &ok);
		break;
	case TPA:
		o.status = mmu_tpa(v, access_va, &gpa);
		break;
	default:
		o.status = mmu_translate(v, access_va, kinds[k].size, kinds[k].flags, &loc);
		break;
	}
	o.ok = ok;
	if (v->ip != ip)
		o.vec = (uint32_t)(v->ip - IVA);
	o.isr = v->vpd->vcr[CR_ISR];
	o.ifa = v->vpd->vcr[CR_IFA];
	o.itir = v->vpd->vcr[CR_ITIR];
	o.iha = v->vpd->vcr[CR_IHA];
	return o;
}

static bool same(const char *what, uint64_t expected, uint64_t got)
{
	if (expected != got)
		printf("# %s: expected %#" PRIx64 ", got %#" PRIx64 "\n", what, expected, got);
	return expected == got;
}

/* Data Nested TLB faults write nothing; with PSR.ic clear only ISR is written. */
static bool check_fault(enum kind k, enum wrong w, const struct outcome *o, uint64_t thash)
{
	uint32_t vec = k == FETCH ? wrongs[w].inst : wrongs[w].data;
	uint64_t isr = kinds[k].isr | wrongs[w].code;
	uint64_t itir = RID << 8 | PAGE_BITS << 2;
	bool ok = same("status", MEM_FAULT, o->status) && same("vector", vec, o->vec);

	if (w == NESTED)
		return ok && same("ISR", k == FETCH ? isr | ISR_NI : 0, o->isr) &&
		       same("IFA", 0, o->ifa);
	ok = ok && same("ISR", isr, o->isr) && same("IFA", access_va, o->ifa);
	if (vec == VEC_VHPT_TRANSLATION || vec == VEC_DTLB || vec == VEC_ITLB)
		ok = ok && same("IHA", thash, o->iha);
	if (w < NATPAGE || (w > NATPAGE && w < DEBUG))
		ok = ok && same("ITIR", itir, o->itir);
	return ok;
}

static void test_faults(void)
{
	uint32_t k, w;

	for (k = 0; k < KINDS; k++) {
		flawless();
		ktap_result(act(k).status == MEM_OK, "%s: a flawless page", kinds[k].name);
		for (w = 0; w < WRONGS; w++) {
			struct outcome o;
			uint64_t thash;

			flawless();
			spoil(w);
			thash = mmu_thash(v, access_va);
			o = act(k);
			if ((k == SPEC && wrongs[w].always_deferred) || (k == ADV && w == SUPPORT))
				ktap_result(o.status == MEM_DEFER, "%s: %s is deferred",
					    kinds[k].name, wrongs[w].name);
			else if (kinds[k].can & BIT(w))
				ktap_result(check_fault(k, w, &o, thash), "%s: %s", kinds[k].name,
					    wrongs[w].name);
			/* The RSE's addresses are aligned, and so are those of bundles. */
			else if (w != ALIGN || !(kinds[k].flags & (MEM_EXEC | MEM_RSE)))
				ktap_result(o.status == MEM_OK, "%s: %s does not matter",
					    kinds[k].name, wrongs[w].name);
		}
	}
}

/* Can both be wrong at once? */
static bool combine(enum wrong a, enum wrong b)
{
	return !((BIT(a) & MISSES) && (BIT(b) & (MISSES | BIT(ABSENT)))) &&
	       !(a == NATPAGE && b == SUPPORT) && !(a == KEY_MISS && b == KEY_DENIED);
}

static void test_priorities(void)
{
	uint32_t k, a, b;

	for (k = 0; k < KINDS; k++) {
		bool ok = true;

		if (k == SPEC)
			continue;
		for (a = 0; a < WRONGS; a++)
			for (b = a + 1; b < WRONGS; b++) {
				struct outcome o;

				if (!(kinds[k].can & BIT(a)) || !(kinds[k].can & BIT(b)) ||
				    !combine(a, b))
					continue;
				flawless();
				spoil(b);
				spoil(a);
				o = act(k);
				if (o.vec == (k == FETCH ? wrongs[a].inst : wrongs[a].data))
					continue;
				printf("# %s and %s: got vector %#x\n", wrongs[a].name,
				       wrongs[b].name, o.vec);
				ok = false;
			}
		ktap_result(ok, "%s: order of faults", kinds[k].name);
	}
}

/* PSR bits that suppress faults for one instruction. */
static void test_suppression(void)
{
	static const struct {
		enum kind kind;
		enum wrong wrong;
		uint64_t psr;
		const char *name;
	} cases[] = {
		{ STORE, DIRTY, PSR_DA, "PSR.da suppresses Dirty Bit faults" },
		{ LOAD, ACCESS, PSR_DA, "PSR.da suppresses Data Access Bit faults" },
		{ FETCH, ACCESS, PSR_IA, "PSR.ia suppresses Instruction Access Bit faults" },
		{ LOAD, DEBUG, PSR_DD, "PSR.dd suppresses Data Debug faults" },
		{ FETCH, DEBUG, PSR_ID, "PSR.id suppresses Instruction Debug faults" },
	};
	uint32_t n;

	for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		bool ok;

		flawless();
		spoil(cases[n].wrong);
		psr_set(v, psr_get(v) | cases[n].psr);
		ok = act(cases[n].kind).status == MEM_OK;
		/* It must not be remembered for the next access. */
		psr_set(v, psr_get(v) & ~cases[n].psr);
		ok = ok && !mtlb_write(v, access_va & ~7ull, 8) &&
		     (cases[n].wrong == DIRTY || !mtlb_read(v, access_va & ~7ull, 8));
		ktap_result(ok, "%s", cases[n].name);
	}
}

/* Is this condition of ld.s deferred in this state (SDM 2:5.5.5, table 5-4)? */
static bool expect_deferral(enum wrong w, bool ic, bool ed, uint64_t dcr)
{
	if (!ic || wrongs[w].always_deferred)
		return true;
	return ed && (w == ALIGN || (dcr & wrongs[w].dcr));
}

static void test_deferral(void)
{
	static const uint64_t dcrs[] = {
		0, DCR_DM, DCR_DP, DCR_DK, DCR_DX, DCR_DR, DCR_DA, DCR_DD, 0x7f00,
		0x7f00 & ~DCR_DM, 0x7f00 & ~DCR_DP, 0x7f00 & ~DCR_DK, 0x7f00 & ~DCR_DX,
		0x7f00 & ~DCR_DR, 0x7f00 & ~DCR_DA, 0x7f00 & ~DCR_DD,
	};
	uint32_t w, ic, ed, d;

	for (w = 0; w < WRONGS; w++) {
		bool ok = true;

		if (!(kinds[SPEC].can & BIT(w)))
			continue;
		for (ic = 0; ic < 2; ic++)
			for (ed = 0; ed < 2; ed++)
				for (d = 0; d < sizeof(dcrs) / sizeof(dcrs[0]); d++) {
					bool defer = expect_deferral(w, ic, ed, dcrs[d]);
					struct outcome o;

					flawless();
					spoil(w);
					if (!ic)
						psr_set(v, psr_get(v) & ~PSR_IC);
					code_pte |= ed ? PTE_ED : 0;
					v->vpd->vcr[CR_DCR] = dcrs[d];
					o = act(SPEC);
					ok = ok && same("status", defer ? MEM_DEFER : MEM_FAULT,
							o.status);
					if (!defer)
						ok = ok && same("vector", wrongs[w].data, o.vec) &&
						     same("ISR", ISR_R | ISR_SP | (ed ? ISR_ED : 0),
							  o.isr);
				}
		ktap_result(ok, "ld.s: deferral of: %s", wrongs[w].name);
	}

	flawless();
	spoil(ABSENT);
	spoil(RIGHTS);
	code_pte |= PTE_ED;
	v->vpd->vcr[CR_DCR] = DCR_DP;
	ktap_result(act(SPEC).status == MEM_DEFER, "ld.s: an absent page precludes Access Rights");
	flawless();
	spoil(RIGHTS);
	spoil(ACCESS);
	code_pte |= PTE_ED;
	v->vpd->vcr[CR_DCR] = DCR_DR;
	ktap_result(act(SPEC).vec == VEC_DATA_ACCESS_BIT,
		    "ld.s: a deferred fault lets one of lower priority through");
	flawless();
	spoil(ABSENT);
	spoil(DEBUG);
	code_pte |= PTE_ED;
	v->vpd->vcr[CR_DCR] = DCR_DP;
	ktap_result(act(SPEC).vec == VEC_DEBUG,
		    "ld.s: an absent page does not preclude Data Debug");
	flawless();
	spoil(ABSENT);
	code_pte |= PTE_ED;
	v->vpd->vcr[CR_DCR] = 0x7f00;
	psr_set(v, psr_get(v) & ~PSR_IT);
	ktap_result(act(SPEC).vec == VEC_PAGE_NOT_PRESENT,
		    "ld.s: no deferral when PSR.it is clear");
}

/* SDM 2:4.1.1.6, table 4-2: rights at privilege levels 3 2 1 0 for pl = 3 2 1 0. */
static const char *const rights_table[8][4] = {
	{ "r r r r", "- r r r", "- - r r", "- - - r" },
	{ "rx rx rx rx", "- rx rx rx", "- - rx rx", "- - - rx" },
	{ "rw rw rw rw", "- rw rw rw", "- - rw rw", "- - - rw" },
	{ "rwx rwx rwx rwx", "- rwx rwx rwx", "- - rwx rwx", "- - - rwx" },
	{ "r rw rw rw", "- r rw rw", "- - r rw", "- - - rw" },
	{ "rx rx rx rwx", "- rx rx rwx", "- - rx rwx", "- - - rwx" },
	{ "rwx rw rw rw", "- rwx rw rw", "- - rwx rw", "- - - rw" },
	{ "x x x rx", "x x x rx", "x x x rx", "x x x rx" },
};

static bool allowed(enum kind k, uint32_t ar, uint32_t pl, uint32_t cpl)
{
	flawless();
	psr_set(v, psr_get(v) | (uint64_t)cpl << PSR_CPL_SHIFT);
	pte = (pte & ~0xf80ull) | pl << 7 | ar << 9;
	return act(k).status == MEM_OK;
}

static void test_rights(void)
{
	uint32_t ar, pl, n;

	for (ar = 0; ar < 8; ar++) {
		bool ok = true;

		for (pl = 0; pl < 4; pl++) {
			char row[32], *word, *save = NULL;

			snprintf(row, sizeof(row), "%s", rights_table[ar][3 - pl]);
			word = strtok_r(row, " ", &save);
			for (n = 0; n < 4; n++) {
				uint32_t cpl = 3 - n;

				if (allowed(LOAD, ar, pl, cpl) != !!strchr(word, 'r') ||
				    allowed(STORE, ar, pl, cpl) != !!strchr(word, 'w') ||
				    allowed(FETCH, ar, pl, cpl) != !!strchr(word, 'x')) {
					printf("# pl %u, cpl %u: expected %s\n", pl, cpl, word);
					ok = false;
				}
				word = strtok_r(NULL, " ", &save);
			}
		}
		ktap_result(ok, "access rights %u", ar);
	}
}

static void test_probe(void)
{
	flawless();
	spoil(RIGHTS);
	psr_set(v, psr_get(v) & ~PSR_CPL);
	tlb_insert_tc(v, true, pte, KEY << 8 | PAGE_BITS << 2, VA);
	{
		bool at0 = false, at3 = true;

		ktap_result(mmu_probe(v, VA, MEM_READ, 0, &at0) == MEM_OK && at0 &&
			    mmu_probe(v, VA, MEM_READ, 3, &at3) == MEM_OK && !at3,
			    "probe: takes the level it is given");
	}
	flawless();
	spoil(KEY_DENIED);
	ktap_result(act(PROBE_R).status == MEM_OK && !act(PROBE_R).ok, "probe: a key may deny");
	flawless();
	pte &= ~(PTE_A | PTE_D);
	ktap_result(act(PROBE_W).ok, "probe: access and dirty bits do not count");
	flawless();
	psr_set(v, psr_get(v) & ~PSR_DT);
	ktap_result(act(PROBE_R).ok, "probe: looks into the TLB when PSR.dt is clear");
	flawless();
	walker_on();
	psr_set(v, psr_get(v) & ~PSR_DT);
	ktap_result(act(PROBE_R).vec == VEC_ALT_DTLB, "probe: does not walk when PSR.dt is clear");
	flawless();
	act(LOAD);
	ktap_result(mmu_tak(v, VA) == KEY << 8, "tak: the key");
	flawless();
	pte &= ~PTE_P;
	act(TPA);
	ktap_result(mmu_tak(v, VA) == 1 && mmu_tak(v, VA + (1 << 20)) == 1,
		    "tak: 1 when there is no present translation");
}

int main(void)
{
	ktap_begin();
	world_create();
	test_faults();
	test_priorities();
	test_suppression();
	test_deferral();
	test_rights();
	test_probe();
	return ktap_end();
}
