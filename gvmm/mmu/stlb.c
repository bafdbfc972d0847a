// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software TLB: the guest's translation cache. Entries of any page size
 * lie in one array; a hash over region identifier, page number and page size
 * leads to short chains. What sizes a class of region identifiers uses is
 * counted, so that a look-up probes no others.
 *
 * The guest can make nothing here take long. A purge probes for few pages or
 * looks through few entries. With more of both it is noted for look-ups to heed
 * (struct tlb_purge), and a purge of everything begins a new epoch.
 */
#include "gvmm/mmu/tlb.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

/* Hash heads follow struct tlb, entries follow the heads, as many of each. */
#define STLB_HEADS	0x10000u
#define STLB_MIN	64u
#define STLB_MAX	(1u << 20)

/* A purge probes for so many pages, or looks through so many entries, at most. */
#define PROBES_MAX	1024u
#define SCAN_MAX	16384u

/* What clearing the counts of page sizes is for vcpu_worked(). */
#define FULL_PURGE_STEPS	128u

_Static_assert(PROBES_MAX * (STLB_CHAIN_MAX + 1) <= STLB_PURGE_STEPS, "probing is bounded");
_Static_assert(SCAN_MAX <= STLB_PURGE_STEPS, "and so is looking through the array");

_Static_assert(sizeof(struct tlb) <= STLB_HEADS, "heads lie behind struct tlb");
_Static_assert(STLB_HEADS + STLB_MAX * (sizeof(uint32_t) + sizeof(struct tlb_entry)) <=
	       RIVEN_VCPU_STLB_MAX, "the largest STLB fits its area");

static uint32_t *heads(const struct vcpu *v)
{
	return (uint32_t *)((uint8_t *)v->tlb + STLB_HEADS);
}

static struct tlb_entry *entry(const struct vcpu *v, uint32_t index)
{
	return (struct tlb_entry *)(heads(v) + v->tlb->entries) + index;
}

static uint32_t index_of(const struct vcpu *v, const struct tlb_entry *e)
{
	return (uint32_t)(e - entry(v, 0));
}

static uint32_t rid_class(uint32_t rid)
{
	return rid * 0x9e3779b1u >> 24;
}

static uint32_t bucket_of(const struct vcpu *v, uint32_t rid, uint64_t offset, uint32_t ps)
{
	uint64_t x = (offset >> ps) + ((uint64_t)rid << 6 | ps) * 0xd6e8feb86659fd93ull;

	x *= 0x9e3779b97f4a7c15ull;
	return (uint32_t)(x >> 32) & (v->tlb->entries - 1);
}

/*
 * The first of a bucket's chain, 1 + its index, or 0. A full purge leaves the
 * heads alone: what they lead to is older, or has got into another bucket since.
 */
static uint32_t chain(const struct vcpu *v, uint32_t bucket)
{
	uint32_t first = heads(v)[bucket];
	const struct tlb_entry *e;

	if (!first)
		return 0;
	e = entry(v, first - 1);
	return e->stamp >= v->tlb->epoch && e->bucket == bucket ? first : 0;
}

/* Has a purge that was only noted taken away this entry of a chain? */
static bool is_void(struct tlb *t, struct tlb_entry *e)
{
	uint32_t n;

	if (__builtin_expect(e->stamp == t->stamp, 1))
		return false;
	for (n = t->nr_purges; n && t->purge[n - 1].stamp > e->stamp; n--) {
		const struct tlb_purge *p = &t->purge[n - 1];

		if ((e->kind & p->kinds) && tlb_overlap(e, p->rid, p->first, p->last))
			return true;
	}
	e->stamp = t->stamp;
	return false;
}

struct tlb_entry *stlb_find(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t offset)
{
	struct tlb *t = v->tlb;
	uint32_t sizes = t->sizes[rid_class(rid)];

	for (; sizes; sizes &= sizes - 1) {
		uint32_t ps = PS_MIN + (uint32_t)__builtin_ctz(sizes);
		uint32_t next = chain(v, bucket_of(v, rid, offset, ps));

		while (next) {
			struct tlb_entry *e = entry(v, next - 1);

			/* There may be a void one behind the one that took its place. */
			if (e->kind == kind && e->ps == ps && tlb_match(e, rid, offset) &&
			    !is_void(t, e))
				return e;
			next = e->next;
		}
	}
	return NULL;
}

static void count_size(struct tlb *t, const struct tlb_entry *e, int delta)
{
	uint32_t class = rid_class(e->rid);
	uint32_t ps = e->ps - PS_MIN;

	t->count[class][ps] += (uint32_t)delta;
	if (t->count[class][ps])
		t->sizes[class] |= 1u << ps;
	else
		t->sizes[class] &= ~(1u << ps);
}

/* Take an entry out of its chain. */
static void unlink_entry(struct vcpu *v, struct tlb_entry *e)
{
	uint32_t *link = e->prev ? &entry(v, e->prev - 1)->next : &heads(v)[e->bucket];

	*link = e->next;
	if (e->next)
		entry(v, e->next - 1)->prev = e->prev;
	count_size(v->tlb, e, -1);
	e->kind = 0;
	v->tlb->in_use--;
}

static void free_entry(struct vcpu *v, struct tlb_entry *e)
{
	e->next = v->tlb->free;
	v->tlb->free = index_of(v, e) + 1;
}

/* Make an entry give way to another one. The caller frees it or uses it. */
static void evict(struct vcpu *v, struct tlb_entry *e)
{
	struct tlb_span gone = TLB_SPAN_EMPTY;

	/* The machine TLB forgot the pages of void ones at once. */
	if (is_void(v->tlb, e)) {
		v->stats.stlb_purged++;
	} else {
		tlb_span_add(&gone, e);
		mtlb_forget(v, e->rid, &gone);
		v->stats.stlb_evictions++;
	}
	unlink_entry(v, e);
}

/*
 * Does the entry map the bundle that is executing? It stays: epc and deferral
 * ask for it, and an instruction must not take its own page away for ever.
 */
static bool is_executing(const struct vcpu *v, const struct tlb_entry *e)
{
	return e->kind == TLB_INST &&
	       tlb_match(e, rr_rid(region_register(v, v->ip)), v->ip & VA_OFFSET);
}

/* Make room in a bucket: void entries go, and if it is full, the oldest, the last in the chain. */
static void trim_bucket(struct vcpu *v, uint32_t bucket)
{
	struct tlb_entry *victim = NULL;
	uint32_t length = 0, next;

	for (next = chain(v, bucket); next;) {
		struct tlb_entry *e = entry(v, next - 1);

		next = e->next;
		if (is_void(v->tlb, e)) {
			evict(v, e);
			free_entry(v, e);
			continue;
		}
		length++;
		if (!is_executing(v, e))
			victim = e;
	}
	if (length < STLB_CHAIN_MAX || !victim)
		return;
	evict(v, victim);
	free_entry(v, victim);
}

static struct tlb_entry *allocate(struct vcpu *v)
{
	struct tlb *t = v->tlb;
	struct tlb_entry *e;

	if (t->free) {
		e = entry(v, t->free - 1);
		t->free = e->next;
		return e;
	}
	if (t->top < t->entries)
		return entry(v, t->top++);
	/* All are in use: evict in the order of the array, which is nearly that of age. */
	if (is_executing(v, entry(v, t->hand)))
		t->hand = (t->hand + 1) & (t->entries - 1);
	e = entry(v, t->hand);
	t->hand = (t->hand + 1) & (t->entries - 1);
	evict(v, e);
	return e;
}

struct tlb_entry *stlb_insert(struct vcpu *v, const struct tlb_entry *new)
{
	uint32_t bucket = bucket_of(v, new->rid, new->va, new->ps);
	uint32_t *head = &heads(v)[bucket];
	struct tlb_entry *e;

	/* Before the entry that it leads to may come into use again. */
	*head = chain(v, bucket);
	trim_bucket(v, bucket);
	e = allocate(v);
	*e = *new;
	e->filled = 0;
	e->bucket = bucket;
	e->stamp = v->tlb->stamp;
	e->prev = 0;
	e->next = *head;
	*head = index_of(v, e) + 1;
	if (e->next)
		entry(v, e->next - 1)->prev = *head;
	count_size(v->tlb, e, 1);
	v->tlb->in_use++;
	v->tlb->inserted = v->tlb->stamp;
	v->stats.stlb_inserts++;
	return e;
}

static void purge_entry(struct vcpu *v, struct tlb_entry *e, struct tlb_span *gone)
{
	tlb_span_add(gone, e);
	unlink_entry(v, e);
	free_entry(v, e);
	v->stats.stlb_purged++;
}

/* Remove entries of one page size and these kinds that map offset. */
static void purge_page(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t offset, uint32_t ps,
		       struct tlb_span *gone)
{
	uint32_t next = chain(v, bucket_of(v, rid, offset, ps));

	v->stats.stlb_purge_steps++;
	while (next) {
		struct tlb_entry *e = entry(v, next - 1);

		next = e->next;
		v->stats.stlb_purge_steps++;
		if ((e->kind & kinds) && e->ps == ps && tlb_match(e, rid, offset))
			purge_entry(v, e, gone);
	}
}

/* Pages of a size that a range of 2^bits bytes touches. */
static uint64_t pages_in(uint32_t bits, uint32_t ps)
{
	return ps < bits ? 1ull << (bits - ps) : 1;
}

static void purge_by_probing(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first,
			     uint32_t bits, struct tlb_span *gone)
{
	uint32_t sizes = v->tlb->sizes[rid_class(rid)];

	for (; sizes; sizes &= sizes - 1) {
		uint32_t ps = PS_MIN + (uint32_t)__builtin_ctz(sizes);
		uint64_t offset = first, n;

		for (n = pages_in(bits, ps); n; n--, offset += 1ull << ps)
			purge_page(v, kinds, rid, offset, ps, gone);
	}
}

static void purge_by_scan(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first,
			  uint64_t last, struct tlb_span *gone)
{
	uint32_t top = v->tlb->top;
	uint32_t n;

	v->stats.stlb_purge_steps += top;
	for (n = 0; n < top; n++) {
		struct tlb_entry *e = entry(v, n);

		if ((e->kind & kinds) && tlb_overlap(e, rid, first, last))
			purge_entry(v, e, gone);
	}
}

/*
 * Let one of the purges that nothing was inserted behind stand for this one,
 * too: it has the range already, or is the newest and can be widened to it
 * without a gap. There is nothing younger for it to take away.
 */
static bool is_noted(struct tlb *t, uint32_t kinds, uint32_t rid, uint64_t first, uint64_t last)
{
	uint32_t n;

	for (n = t->nr_purges; n && t->purge[n - 1].stamp > t->inserted; n--) {
		struct tlb_purge *p = &t->purge[n - 1];

		if (p->rid != rid || p->kinds != kinds)
			continue;
		if (p->first <= first && last <= p->last)
			return true;
		if (n == t->nr_purges && first <= p->last + 1 && p->first <= last + 1) {
			p->first = first < p->first ? first : p->first;
			p->last = last > p->last ? last : p->last;
			p->stamp = ++t->stamp;
			return true;
		}
	}
	return false;
}

/* Note a purge. When too many are noted, everything goes instead. */
static void purge_by_note(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first,
			  uint64_t last)
{
	struct tlb *t = v->tlb;
	struct tlb_span gone = { first, last, (1u << MTLB_PHYSICAL) - 1, true };

	/* As it is with purges of one large range after the other. */
	if (!is_noted(t, kinds, rid, first, last)) {
		if (t->nr_purges == TLB_PURGES_MAX) {
			stlb_purge_all(v);
			return;
		}
		t->purge[t->nr_purges++] =
			(struct tlb_purge){ ++t->stamp, first, last, rid, kinds };
	}
	v->stats.stlb_purge_steps++;
	mtlb_forget(v, rid, &gone);
}

void stlb_purge(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first, uint32_t bits)
{
	uint64_t steps = v->stats.stlb_purge_steps;
	uint32_t sizes = v->tlb->sizes[rid_class(rid)];
	uint64_t last = first + ((1ull << bits) - 1);
	struct tlb_span gone = TLB_SPAN_EMPTY;
	uint64_t probes = 0;

	for (; sizes; sizes &= sizes - 1)
		probes += pages_in(bits, PS_MIN + (uint32_t)__builtin_ctz(sizes));
	if (probes <= PROBES_MAX && probes <= v->tlb->top)
		purge_by_probing(v, kinds, rid, first, bits, &gone);
	else if (v->tlb->top <= SCAN_MAX)
		purge_by_scan(v, kinds, rid, first, last, &gone);
	else
		purge_by_note(v, kinds, rid, first, last);
	mtlb_forget(v, rid, &gone);
	vcpu_worked(v, v->stats.stlb_purge_steps - steps);
}

void stlb_purge_all(struct vcpu *v)
{
	struct tlb *t = v->tlb;
	uint32_t wanted = v->vm->data.stlb_entries;

	v->stats.stlb_purge_steps++;
	v->stats.stlb_purged += t->in_use;
	t->epoch = ++t->stamp;
	t->nr_purges = 0;
	t->in_use = 0;
	t->top = 0;
	t->free = 0;
	t->hand = 0;
	memset(t->sizes, 0, sizeof(t->sizes));
	memset(t->count, 0, sizeof(t->count));
	vcpu_worked(v, FULL_PURGE_STEPS);
	mtlb_flush_virtual(v);
	if (wanted < STLB_MIN || wanted > STLB_MAX || (wanted & (wanted - 1)))
		wanted = STLB_MIN;
	/* The host sets the size before the first reset; another one moves everything. */
	if (t->entries != wanted) {
		if (t->entries)
			memset(heads(v), 0, wanted * sizeof(uint32_t));
		t->entries = wanted;
	}
}
