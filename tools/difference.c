// SPDX-License-Identifier: GPL-2.0-only
/* Where the engines differ, as text: both states, the guest's bundles, the host's code. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gvmm/isa/disasm.h"
#include "tools/run.h"

/* Names of parts of struct riven_state. */
static const struct {
	char name[12];
	uint16_t offset, count;
} parts[] = {
#define PART(name, field) \
	{ name, offsetof(struct riven_state, field), sizeof(((struct riven_state *)0)->field) / 8 }
	PART("r", gr), PART("nat", nat), PART("bank", bank), PART("bank.nat", bank_nat),
	PART("pr", pr), PART("b", br), PART("ip", ip), PART("psr", psr), PART("cfm", cfm),
	PART("ar", ar), PART("cr", cr), PART("rr", rr), PART("pkr", pkr), PART("ibr", ibr),
	PART("dbr", dbr), PART("pmc", pmc), PART("pmd", pmd), PART("insvc", insvc),
	PART("ndirty", ndirty), PART("cfle", cfle), PART("dirty", dirty),
	PART("dirty.nat", dirty_nat),
#undef PART
};

static uint64_t word_of(const struct riven_state *s, uint32_t offset, uint32_t n)
{
	uint64_t x;

	memcpy(&x, (const uint8_t *)s + offset + n * 8, sizeof(x));
	return x;
}

static void print_state(FILE *f, const struct riven_difference *d)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (uint32_t n = 0; n < parts[i].count; n++) {
			uint64_t a = word_of(&d->interp, parts[i].offset, n);
			uint64_t b = word_of(&d->jit, parts[i].offset, n);
			char name[48];

			if (a == b)
				continue;
			if (parts[i].count > 1)
				snprintf(name, sizeof(name), "%.12s%u", parts[i].name, n);
			else
				snprintf(name, sizeof(name), "%.12s", parts[i].name);
			fprintf(f, "  %-10s before %016" PRIx64 "  interpreter %016" PRIx64
				   "  translator %016" PRIx64 "\n", name,
				word_of(&d->before, parts[i].offset, n), a, b);
		}
	for (uint32_t n = 0; n < 128; n++) {
		const struct riven_fpreg *a = &d->interp.fr[n], *b = &d->jit.fr[n];
		const struct riven_fpreg *old = &d->before.fr[n];

		if (a->sig == b->sig && a->se == b->se)
			continue;
		fprintf(f, "  f%-9u before %05" PRIx64 " %016" PRIx64 "  interpreter %05" PRIx64
			   " %016" PRIx64 "  translator %05" PRIx64 " %016" PRIx64 "\n",
			n, old->se, old->sig, a->se, a->sig, b->se, b->sig);
	}
}

static const char *end_of(uint32_t reason)
{
	return reason == ~0u ? "none" : riven_exit_name(reason);
}

static void print_what(FILE *f, const struct riven_difference *d)
{
	if (d->what & RIVEN_DIFFERENT_STATE)
		print_state(f, d);
	if (d->what & RIVEN_DIFFERENT_IIPA)
		fprintf(f, "  next IIPA  interpreter %016" PRIx64 "  translator %016" PRIx64 "\n",
			d->iipa_interp, d->iipa_jit);
	if (d->what & RIVEN_DIFFERENT_ALAT)
		fputs("  the ALAT's entries\n", f);
	if (d->what & RIVEN_DIFFERENT_END)
		fprintf(f, "  bundles    interpreter %u  translator %u\n"
			   "  exit       interpreter %s  translator %s\n",
			d->bundles, d->bundles_jit, end_of(d->exit_interp), end_of(d->exit_jit));
	for (uint32_t n = 0; n < d->nr_words && n < RIVEN_DIFFERENCE_WORDS; n++) {
		const struct riven_difference_word *w = &d->word[n];

		fprintf(f, "  memory 0x%" PRIx64 ": before %016" PRIx64 "  interpreter %016" PRIx64
			   "  translator %016" PRIx64 "\n", w->gpa, w->before, w->interp, w->jit);
	}
	if (!d->what)
		fputs("  nothing any more: it was different in the first four attempts only\n", f);
}

static void print_bundles(FILE *f, const struct riven_difference *d)
{
	char text[DISASM_SIZE];

	for (uint32_t n = 0; n < d->bundles && n < RIVEN_DIFFERENCE_IPS && d->ip[n]; n++) {
		fprintf(f, "  0x%016" PRIx64 "\n", d->ip[n]);
		for (uint32_t slot = 0; slot < 3; slot++)
			if (disasm_slot(text, sizeof(text), d->bundle[n][0], d->bundle[n][1], slot,
					d->ip[n]))
				fprintf(f, "      %s\n", text);
	}
}

void difference_print(FILE *f, const struct riven_difference *d)
{
	fprintf(f, "riven: interpreter and translator differ after %u bundle%s from 0x%" PRIx64
		   " on (cfm 0x%" PRIx64 ", psr 0x%" PRIx64 "):\n",
		d->bundles, d->bundles == 1 ? "" : "s", d->before.ip, d->before.cfm,
		d->before.psr);
	print_what(f, d);
	fputs("guest code, as the interpreter ran it:\n", f);
	print_bundles(f, d);
	if (!d->code_size || d->code_size > sizeof(d->code)) {
		fputs("there is no block for it\n", f);
		return;
	}
	fprintf(f, "host code of the block, %u bundle%s:\n", d->code_bundles,
		d->code_bundles == 1 ? "" : "s");
	host_disasm(f, d->code, d->code_size, d->code_address);
}
