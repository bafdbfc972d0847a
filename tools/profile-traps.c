// SPDX-License-Identifier: GPL-2.0-only
/* What translated code leaves to the GVMM, by instruction. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/isa/opcodes.h"
#include "tools/profile.h"

struct row {
	uint32_t op;
	uint64_t handlers, accesses, stops, finishes;
};

static const char *const names[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) [OP_##id] = #id,
#include <gvmm/isa/opcodes.def>
#undef OP
};

/* Of the handler. */
static uint64_t calls(const struct row *r)
{
	return r->handlers + r->accesses;
}

static uint64_t traps(const struct row *r)
{
	return calls(r) + r->finishes;
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (traps(x) != traps(y))
		return traps(x) > traps(y) ? -1 : 1;
	return x->op < y->op ? -1 : x->op > y->op;
}

static void take(uint64_t *to, const uint64_t *from)
{
	*to += __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void add(struct row *sum, const struct row *r)
{
	sum->handlers += r->handlers;
	sum->accesses += r->accesses;
	sum->stops += r->stops;
	sum->finishes += r->finishes;
}

/* All of them, the most frequent first; the number of those that occurred. */
static uint32_t collect(struct row rows[RIVEN_NR_OPS], struct riven_vcpu *const *vcpus, uint32_t nr,
			struct row *sum)
{
	uint32_t op, used = 0;

	*sum = (struct row){ 0 };
	for (op = 0; op < RIVEN_NR_OPS; op++) {
		struct row *r = &rows[op];

		*r = (struct row){ .op = op };
		for (uint32_t id = 0; id < nr; id++) {
			const struct riven_profile *p = riven_vcpu_profile(vcpus[id]);

			take(&r->handlers, &p->handlers[op]);
			take(&r->accesses, &p->accesses[op]);
			take(&r->stops, &p->stops[op]);
			take(&r->finishes, &p->finishes[op]);
		}
		add(sum, r);
		used += traps(r) != 0;
	}
	qsort(rows, RIVEN_NR_OPS, sizeof(*rows), compare);
	return used;
}

static void name_of(uint32_t op, char name[40])
{
	const char *from = op < sizeof(names) / sizeof(names[0]) && names[op] ? names[op] : "?";
	size_t n;

	for (n = 0; n < 39 && from[n]; n++)
		name[n] = (char)tolower(from[n]);
	name[n] = '\0';
}

static void print_row(FILE *f, const struct row *r, const struct row *sum, const char *name)
{
	fprintf(f, "%7.2f  %12" PRIu64 "  %18" PRIu64 "  %11" PRIu64 "  %12" PRIu64 "  %s\n",
		100.0 * (double)traps(r) / (double)traps(sum), calls(r), r->accesses, r->stops,
		r->finishes, name);
}

void profile_print_traps(FILE *f, struct riven_vcpu *const *vcpus, uint32_t nr, uint32_t most)
{
	struct row rows[RIVEN_NR_OPS] = {0}, sum, others = {0};
	uint32_t used = collect(rows, vcpus, nr, &sum), n;
	char name[40];

	fprintf(f,
		"instructions that translated code leaves to the GVMM: %" PRIu64
		" handlers called, "
		"%" PRIu64 " times interpreted\n",
		calls(&sum), sum.finishes);
	if (!used)
		return;
	fputs("      %         calls  of them TLB misses   block left   interpreted  instruction\n", f);
	for (n = 0; n < used && n < most; n++) {
		name_of(rows[n].op, name);
		print_row(f, &rows[n], &sum, name);
	}
	for (; n < used; n++)
		add(&others, &rows[n]);
	if (used > most) {
		snprintf(name, sizeof(name), "(%u others)", used - most);
		print_row(f, &others, &sum, name);
	}
}

void profile_print_traps_json(FILE *f, struct riven_vcpu *const *vcpus, uint32_t nr)
{
	struct row rows[RIVEN_NR_OPS] = { 0 }, sum;
	uint32_t used = collect(rows, vcpus, nr, &sum);
	char name[40];

	fputc('{', f);
	for (uint32_t n = 0; n < used; n++) {
		const struct row *r = &rows[n];

		name_of(r->op, name);
		fprintf(f,
			"%s\"%s\":{\"handlers\":%" PRIu64 ",\"accesses\":%" PRIu64
			",\"stops\":%" PRIu64 ",\"interpreted\":%" PRIu64 "}",
			n ? "," : "", name, calls(r), r->accesses, r->stops, r->finishes);
	}
	fputc('}', f);
}
