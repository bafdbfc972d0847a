// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a guest that cannot go on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"
#include "gvmm/isa/disasm.h"
#include "tools/run.h"

static void dump_code(FILE *f, struct riven_vm *vm, struct riven_vcpu *vcpu, const char *what,
		      uint64_t ip, uint32_t slot)
{
	char text[DISASM_SIZE];
	uint64_t bundle[2], gpa;
	const void *p = NULL;

	ip &= ~15ull;
	if (riven_vcpu_translate(vcpu, ip, RIVEN_ACCESS_EXEC, &gpa) == 0)
		p = riven_vm_host_ptr(vm, gpa, sizeof(bundle));
	if (!p) {
		fprintf(f, "%s 0x%016" PRIx64 " is not mapped\n", what, ip);
		return;
	}
	memcpy(bundle, p, sizeof(bundle));
	fprintf(f, "%s 0x%016" PRIx64 ": %016" PRIx64 " %016" PRIx64 "\n", what, ip, bundle[1],
		bundle[0]);
	for (unsigned int n = 0; n < 3; n++) {
		if (disasm_slot(text, sizeof(text), bundle[0], bundle[1], n, ip))
			fprintf(f, "  %s %s\n", n == slot ? "->" : "  ", text);
	}
}

static bool nat(const uint64_t bits[2], uint32_t n)
{
	return bits[n / 64] >> n % 64 & 1;
}

static void dump_general(FILE *f, const struct riven_state *s)
{
	uint32_t last = 32 + (uint32_t)(s->cfm & 0x7f);

	for (uint32_t n = 0; n < last && n < 128; n++)
		fprintf(f, "%sr%-3u %016" PRIx64 "%s", n % 4 ? "  " : n ? "\n" : "", n, s->gr[n],
			nat(s->nat, n) ? "*" : " ");
	fputs("\n", f);
	for (uint32_t n = 0; n < 8; n++)
		fprintf(f, "%sb%-3u %016" PRIx64 " ", n % 4 ? "  " : n ? "\n" : "", n, s->br[n]);
	fputs("\n", f);
}

/* Names and values, four in a line. */
static void dump_named(FILE *f, const char (*names)[8], const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%-7s %016" PRIx64 "%s", names[i], values[i],
			i % 3 == 2 || i + 1 == n ? "\n" : "  ");
}

static void dump_system(FILE *f, const struct riven_state *s)
{
	static const char names[][8] = { "ip",	 "psr",	 "cfm",	 "pr",	"rsc",	"bsp", "bspst",
					 "rnat", "pfs",	 "unat", "lc",	"ec",	"fpsr", "iip",
					 "ipsr", "ifs",	 "isr",	 "ifa", "itir", "iipa", "iim",
					 "iha",	 "iva",	 "pta",	 "dcr", "tpr",	"itm", "itv" };
	const uint64_t values[] = {
		s->ip,	       s->psr,	      s->cfm,	     s->pr,	    s->ar[16],
		s->ar[17],     s->ar[18],     s->ar[19],     s->ar[64],	    s->ar[36],
		s->ar[65],     s->ar[66],     s->ar[40],     s->cr[CR_IIP], s->cr[CR_IPSR],
		s->cr[CR_IFS], s->cr[CR_ISR], s->cr[CR_IFA], s->cr[CR_ITIR], s->cr[CR_IIPA],
		s->cr[CR_IIM], s->cr[CR_IHA], s->cr[CR_IVA], s->cr[CR_PTA], s->cr[CR_DCR],
		s->cr[CR_TPR], s->cr[CR_ITM], s->cr[CR_ITV],
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == sizeof(values) / sizeof(values[0]),
		       "a name for each");
	dump_named(f, names, values, sizeof(values) / sizeof(values[0]));
	for (uint32_t n = 0; n < 8; n++)
		fprintf(f, "%srr%-2u %016" PRIx64 " ", n % 4 ? "  " : n ? "\n" : "", n, s->rr[n]);
	fputs("\n", f);
}

void dump_vcpu(FILE *f, struct riven_vm *vm, struct riven_vcpu *vcpu)
{
	struct riven_state *s = malloc(sizeof(*s));

	if (!s || riven_vcpu_get_state(vcpu, s) != 0) {
		fprintf(f, "riven: the registers cannot be read\n");
		free(s);
		return;
	}
	dump_general(f, s);
	dump_system(f, s);
	dump_code(f, vm, vcpu, "code at ip ", s->ip, s->psr >> PSR_RI_SHIFT & 3);
	dump_code(f, vm, vcpu, "code at iip", s->cr[CR_IIP],
		  s->cr[CR_IPSR] >> PSR_RI_SHIFT & 3);
	free(s);
}
