// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/cpu/frame.h"
#include "tools/profile.h"

/* A block's bundles lie in so many bytes from its first on, mostly. */
#define BLOCK_SPAN	512u
#define NO_NAME		4096ull

static enum profile_kind kind_of(const struct riven_sample *s)
{
	if (s->code != ~0ull)
		return PROFILE_TRANSLATED;
	if (s->doing == RIVEN_DOING_TRANSLATED)
		return PROFILE_HANDLER;
	return s->doing == RIVEN_DOING_TRANSLATING ? PROFILE_TRANSLATING : PROFILE_GVMM;
}

static void take_block(struct profile *p, const struct block_info *b)
{
	struct tally_entry *e = tally_at(&p->blocks, b->ip, b->cfm, b->flags);

	if (!e)
		return;
	e->n[PROFILE_TRANSLATED]++;
	e->extra[0] = b->bundles;
	e->extra[1] = b->size | (uint64_t)b->main << 32;
}

static void count(struct tally *t, uint64_t key, enum profile_kind kind)
{
	struct tally_entry *e = tally_at(t, key, 0, 0);

	if (e)
		e->n[kind]++;
}

void profile_take(struct profile *p, const struct riven_sample *s, struct blocks *blocks,
		  struct symbols *gvmm)
{
	enum profile_kind kind = kind_of(s);
	const struct block_info *b;
	uint64_t offset = 0;

	p->doing[s->doing]++;
	if (s->doing >= RIVEN_DOING_HOST)
		return;
	p->kind[kind]++;
	if (kind == PROFILE_TRANSLATED) {
		b = blocks_at(blocks, s->code);
		if (b) {
			take_block(p, b);
			return;
		}
		p->shared++;
	}
	count(&p->ips, s->ip, kind);
	if (s->gvmm != ~0ull && symbols_find(gvmm, s->gvmm, &offset))
		count(&p->functions, s->gvmm - offset, kind);
}

static int by_ip(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	if (x->key[0] != y->key[0])
		return x->key[0] < y->key[0] ? -1 : 1;
	return tally_by_sum(a, b);
}

/* The block that most likely has the instruction at ip: of blocks by address, the last in front. */
static struct tally_entry *block_of(struct tally *blocks, uint64_t ip)
{
	size_t low = 0, high = blocks->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (blocks->entry[mid].key[0] <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || ip - blocks->entry[low - 1].key[0] >= BLOCK_SPAN)
		return NULL;
	/* Of several for one address the one that runs most, which comes first. */
	for (low--; low && blocks->entry[low - 1].key[0] == blocks->entry[low].key[0];)
		low--;
	return &blocks->entry[low];
}

/* Add handlers to the blocks that call them, and all to the functions of the guest. */
static void sum_up(struct profile *p, struct symbols *guest, struct tally *functions)
{
	struct tally_entry *e, *to;
	uint64_t offset;
	size_t n;

	tally_sort(&p->blocks, by_ip);
	tally_sort(&p->ips, tally_by_sum);
	for (n = 0; n < p->ips.nr; n++) {
		e = &p->ips.entry[n];
		to = block_of(&p->blocks, e->key[0]);
		if (to)
			to->n[PROFILE_HANDLER] += e->n[PROFILE_HANDLER];
	}
	for (n = 0; n < p->blocks.nr + p->ips.nr; n++) {
		bool block = n < p->blocks.nr;
		uint64_t ip;

		e = block ? &p->blocks.entry[n] : &p->ips.entry[n - p->blocks.nr];
		ip = e->key[0];
		to = symbols_find(guest, ip, &offset) ?
		     tally_at(functions, ip - offset, 0, 0) :
		     tally_at(functions, ip & ~(NO_NAME - 1), 1, 0);
		for (uint32_t k = 0; to && k < PROFILE_KINDS; k++)
			if (!block || k == PROFILE_TRANSLATED)
				to->n[k] += e->n[k];
	}
	tally_sort(&p->blocks, tally_by_sum);
	tally_sort(functions, tally_by_sum);
	tally_sort(&p->functions, tally_by_sum);
}

static double percent(uint64_t n, uint64_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0;
}

static void print_head(FILE *f, const struct profile *p, uint64_t all, uint64_t busy, double seconds)
{
	static const char names[][64] = {
		"translated code", "handlers and helpers that it calls",
		"GVMM: interpreting, looking up blocks", "GVMM: translating",
	};

	fprintf(f, "profile: %" PRIu64 " samples in %.1f s; the guest was halted in %.1f %% of them. "
		   "Of the others:\n", all, seconds,
		percent(p->doing[RIVEN_DOING_WAITING], all));
	for (uint32_t k = 0; k < PROFILE_KINDS; k++)
		fprintf(f, "%9.1f %%  %s\n", percent(p->kind[k], busy), names[k]);
	fprintf(f, "%9.1f %%  outside of the world: devices, firmware\n",
		percent(p->doing[RIVEN_DOING_HOST], busy));
}

static void print_blocks(FILE *f, const struct profile *p, struct symbols *guest, uint64_t busy)
{
	uint64_t so_far = 0;

	fprintf(f, "\nblocks, with the handlers that instructions there call:\n"
		   "      %%   cum %%  code %%  address           bundles  bytes   main  frame and state"
		   "            function\n");
	for (size_t n = 0; n < p->blocks.nr && n < PROFILE_ROWS; n++) {
		const struct tally_entry *e = &p->blocks.entry[n];
		struct frame fr = frame_from_cfm(e->key[1]);
		char name[128], shape[40], frame[64];

		so_far += tally_sum(e);
		symbols_describe(guest, e->key[0], name, sizeof(name));
		if (e->key[2] & RIVEN_BLOCK_OPEN)
			snprintf(shape, sizeof(shape), "any");
		else
			snprintf(shape, sizeof(shape), "%u,%u,%u,%u,%u,%u", fr.sof, fr.sol, fr.sor,
				 fr.rrb_gr, fr.rrb_fr, fr.rrb_pr);
		snprintf(frame, sizeof(frame), "%s cpl %u%s%s", shape,
			 (uint32_t)e->key[2] & RIVEN_BLOCK_CPL,
			 e->key[2] & RIVEN_BLOCK_IT ? "" : " physical",
			 e->key[2] & RIVEN_BLOCK_BE ? " be" : "");
		fprintf(f, "%7.2f %7.2f %7.2f  %016" PRIx64 "  %7" PRIu64 " %6u %6u  %-26s %s\n",
			percent(tally_sum(e), busy), percent(so_far, busy),
			percent(e->n[PROFILE_TRANSLATED], busy), e->key[0], e->extra[0],
			(uint32_t)e->extra[1], (uint32_t)(e->extra[1] >> 32), frame, name);
	}
}

static void print_functions(FILE *f, const struct tally *t, const char *title, struct symbols *names,
			    uint64_t busy)
{
	fprintf(f, "\n%s:\n      %%  translated  handlers    GVMM  translating\n", title);
	for (size_t n = 0; n < t->nr && n < PROFILE_ROWS; n++) {
		const struct tally_entry *e = &t->entry[n];
		char name[128];

		if (e->key[1])
			snprintf(name, sizeof(name), "0x%" PRIx64 " (page without symbols)",
				 e->key[0]);
		else
			symbols_describe(names, e->key[0], name, sizeof(name));
		fprintf(f, "%7.2f     %7.2f   %7.2f %7.2f      %7.2f  %s\n",
			percent(tally_sum(e), busy), percent(e->n[PROFILE_TRANSLATED], busy),
			percent(e->n[PROFILE_HANDLER], busy), percent(e->n[PROFILE_GVMM], busy),
			percent(e->n[PROFILE_TRANSLATING], busy), name);
	}
}

static int by_gvmm(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	if (x->n[PROFILE_GVMM] != y->n[PROFILE_GVMM])
		return x->n[PROFILE_GVMM] > y->n[PROFILE_GVMM] ? -1 : 1;
	return x->key[0] < y->key[0] ? -1 : x->key[0] > y->key[0];
}

/* Where the guest is interpreted, or blocks are looked for. */
static void print_interpreted(FILE *f, struct profile *p, struct symbols *guest, uint64_t busy)
{
	char name[128];

	if (p->ips.nr)
		qsort(p->ips.entry, p->ips.nr, sizeof(*p->ips.entry), by_gvmm);
	fputs("\nbundles where the GVMM interprets or looks for a block:\n"
	      "      %  address           function\n", f);
	for (size_t n = 0; n < p->ips.nr && n < PROFILE_ROWS / 2; n++) {
		const struct tally_entry *e = &p->ips.entry[n];

		if (!e->n[PROFILE_GVMM])
			break;
		symbols_describe(guest, e->key[0], name, sizeof(name));
		fprintf(f, "%7.2f  %016" PRIx64 "  %s\n", percent(e->n[PROFILE_GVMM], busy),
			e->key[0], name);
	}
}

void profile_print(FILE *f, struct profile *p, struct symbols *guest, struct symbols *gvmm,
		   double seconds)
{
	struct tally functions = { 0 };
	uint64_t all = 0, busy;

	for (uint32_t n = 0; n < RIVEN_NR_DOINGS; n++)
		all += p->doing[n];
	busy = all - p->doing[RIVEN_DOING_WAITING];
	print_head(f, p, all, busy, seconds);
	sum_up(p, guest, &functions);
	if (!symbols_count(guest))
		fputs("\nThere are no names of the guest's functions; give --symbols FILE, such as "
		      "vmlinux or System.map.\n", f);
	print_blocks(f, p, guest, busy);
	print_interpreted(f, p, guest, busy);
	print_functions(f, &functions, "functions of the guest", guest, busy);
	print_functions(f, &p->functions, "functions of the GVMM", gvmm, busy);
	if (p->shared)
		fprintf(f, "%7.2f  code that all blocks share\n", percent(p->shared, busy));
	tally_free(&functions);
}

void profile_free(struct profile *p)
{
	tally_free(&p->blocks);
	tally_free(&p->ips);
	tally_free(&p->functions);
}
