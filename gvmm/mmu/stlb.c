// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software TLB: the guest's translation cache. Entries of any page size
 * lie in one array; a hash over region identifier, page number and page size
 * leads to short chains. What sizes a class of region identifiers uses is
 * counted, so that a look-up probes no others.
 */
#include "gvmm/mmu/tlb.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

/* Hash heads follow struct tlb, entries follow the heads, as many of each. */
#define STLB_HEADS	0x10000u
#define STLB_MIN	64u
#define STLB_MAX	(1u << 20)

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

struct tlb_entry *stlb_find(struct vcpu *v, enum tlb_kind kind, uint32_t rid, uint64_t offset)
{
	struct tlb *t = v->tlb;
	uint32_t sizes = t->sizes[rid_class(rid)];

	for (; sizes; sizes &= sizes - 1) {
		uint32_t ps = PS_MIN + (uint32_t)__builtin_ctz(sizes);
		uint32_t next = heads(v)[bucket_of(v, rid, offset, ps)];

		while (next) {
			struct tlb_entry *e = entry(v, next - 1);

			if (e->kind == kind && e->ps == ps && tlb_match(e, rid, offset))
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

/* Take an entry out of its chain, where link points to it, and forget its pages. */
static void unlink_entry(struct vcpu *v, uint32_t *link)
{
	struct tlb_entry *e = entry(v, *link - 1);

	*link = e->next;
	count_size(v->tlb, e, -1);
	mtlb_forget(v, e);
	e->kind = 0;
}

static void free_entry(struct vcpu *v, struct tlb_entry *e)
{
	e->next = v->tlb->free;
	v->tlb->free = index_of(v, e) + 1;
}

/* The link that points to an entry in use. Chains are at most STLB_CHAIN_MAX long. */
static uint32_t *link_to(struct vcpu *v, const struct tlb_entry *e)
{
	uint32_t *link = &heads(v)[e->bucket];
	uint32_t want = index_of(v, e) + 1;

	while (*link != want)
		link = &entry(v, *link - 1)->next;
	return link;
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

/* A full bucket gives up its oldest entry, the last in the chain. */
static void trim_bucket(struct vcpu *v, uint32_t bucket)
{
	uint32_t *link = &heads(v)[bucket], *victim = link;
	uint32_t length = 0;
	struct tlb_entry *e;

	for (; *link; link = &e->next) {
		e = entry(v, *link - 1);
		if (!is_executing(v, e))
			victim = link;
		if (++length == STLB_CHAIN_MAX) {
			e = entry(v, *victim - 1);
			unlink_entry(v, victim);
			free_entry(v, e);
			v->stats.stlb_evictions++;
			return;
		}
	}
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
	unlink_entry(v, link_to(v, e));
	v->stats.stlb_evictions++;
	return e;
}

struct tlb_entry *stlb_insert(struct vcpu *v, const struct tlb_entry *new)
{
	uint32_t bucket = bucket_of(v, new->rid, new->va, new->ps);
	struct tlb_entry *e;

	trim_bucket(v, bucket);
	e = allocate(v);
	*e = *new;
	e->filled = 0;
	e->bucket = bucket;
	e->next = heads(v)[bucket];
	heads(v)[bucket] = index_of(v, e) + 1;
	count_size(v->tlb, e, 1);
	v->stats.stlb_inserts++;
	return e;
}

/* Remove entries of one page size and these kinds that map offset. */
static void purge_page(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t offset, uint32_t ps)
{
	uint32_t *link = &heads(v)[bucket_of(v, rid, offset, ps)];

	while (*link) {
		struct tlb_entry *e = entry(v, *link - 1);

		v->stats.stlb_purge_steps++;
		if ((e->kind & kinds) && e->ps == ps && tlb_match(e, rid, offset)) {
			unlink_entry(v, link);
			free_entry(v, e);
			v->stats.stlb_purged++;
		} else {
			link = &e->next;
		}
	}
}

static void purge_by_scan(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first,
			  uint64_t last)
{
	uint32_t top = v->tlb->top;
	uint32_t n;

	v->stats.stlb_purge_steps += top;
	for (n = 0; n < top; n++) {
		struct tlb_entry *e = entry(v, n);

		if ((e->kind & kinds) && tlb_overlap(e, rid, first, last)) {
			unlink_entry(v, link_to(v, e));
			free_entry(v, e);
			v->stats.stlb_purged++;
		}
	}
}

void stlb_purge(struct vcpu *v, uint32_t kinds, uint32_t rid, uint64_t first, uint32_t bits)
{
	uint32_t sizes = v->tlb->sizes[rid_class(rid)];
	uint64_t last = first + ((1ull << bits) - 1);
	uint64_t probes = 0;
	uint32_t s;

	/* Probe every page of every size in use, or look at every entry: what is less. */
	for (s = sizes; s; s &= s - 1) {
		uint32_t ps = PS_MIN + (uint32_t)__builtin_ctz(s);

		probes += ps < bits ? 1ull << (bits - ps) : 1;
	}
	if (probes > v->tlb->top) {
		purge_by_scan(v, kinds, rid, first, last);
		return;
	}
	for (s = sizes; s; s &= s - 1) {
		uint32_t ps = PS_MIN + (uint32_t)__builtin_ctz(s);
		uint64_t offset = first;
		uint64_t n = ps < bits ? 1ull << (bits - ps) : 1;

		for (; n; n--, offset += 1ull << ps)
			purge_page(v, kinds, rid, offset, ps);
	}
}

void stlb_purge_all(struct vcpu *v)
{
	struct tlb *t = v->tlb;
	uint32_t wanted = v->vm->data.stlb_entries;
	uint32_t n;

	v->stats.stlb_purge_steps += t->top;
	for (n = 0; n < t->top; n++) {
		struct tlb_entry *e = entry(v, n);

		if (!e->kind)
			continue;
		heads(v)[e->bucket] = 0;
		e->kind = 0;
		v->stats.stlb_purged++;
	}
	t->top = 0;
	t->free = 0;
	t->hand = 0;
	memset(t->sizes, 0, sizeof(t->sizes));
	memset(t->count, 0, sizeof(t->count));
	if (wanted < STLB_MIN || wanted > STLB_MAX || (wanted & (wanted - 1)))
		wanted = STLB_MIN;
	/* The host sets the size before the first reset; another one moves everything. */
	if (t->entries != wanted) {
		t->entries = wanted;
		memset(heads(v), 0, wanted * sizeof(uint32_t));
	}
}
