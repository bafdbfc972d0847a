// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riven/vpd.h>

#include "tests/isa/state.h"

struct name {
	char name[12];
	uint32_t number;
};

static const struct name ars[] = {
	{ "kr0", 0 }, { "kr1", 1 }, { "kr2", 2 }, { "kr3", 3 }, { "kr4", 4 }, { "kr5", 5 },
	{ "kr6", 6 }, { "kr7", 7 }, { "rsc", 16 }, { "bsp", 17 }, { "bspstore", 18 },
	{ "rnat", 19 }, { "fcr", 21 }, { "eflag", 24 }, { "csd", 25 }, { "ssd", 26 },
	{ "cflg", 27 }, { "fsr", 28 }, { "fir", 29 }, { "fdr", 30 }, { "ccv", 32 },
	{ "unat", 36 }, { "fpsr", 40 }, { "itc", 44 }, { "ruc", 45 }, { "pfs", 64 },
	{ "lc", 65 }, { "ec", 66 },
};

static const struct name crs[] = {
	{ "dcr", 0 }, { "itm", 1 }, { "iva", 2 }, { "pta", 8 }, { "ipsr", 16 }, { "isr", 17 },
	{ "iip", 19 }, { "ifa", 20 }, { "itir", 21 }, { "iipa", 22 }, { "ifs", 23 },
	{ "iim", 24 }, { "iha", 25 }, { "lid", 64 }, { "ivr", 65 }, { "tpr", 66 },
	{ "eoi", 67 }, { "irr0", 68 }, { "irr1", 69 }, { "irr2", 70 }, { "irr3", 71 },
	{ "itv", 72 }, { "pmv", 73 }, { "cmcv", 74 }, { "lrr0", 80 }, { "lrr1", 81 },
};

/* PSR fields: bit, and width in the upper byte. */
#define FIELD(bit, width) ((bit) | (width) << 8)
static const struct name psrs[] = {
	{ "be", FIELD(1, 1) }, { "up", FIELD(2, 1) }, { "ac", FIELD(3, 1) },
	{ "mfl", FIELD(4, 1) }, { "mfh", FIELD(5, 1) }, { "ic", FIELD(13, 1) },
	{ "i", FIELD(14, 1) }, { "pk", FIELD(15, 1) }, { "dt", FIELD(17, 1) },
	{ "dfl", FIELD(18, 1) }, { "dfh", FIELD(19, 1) }, { "sp", FIELD(20, 1) },
	{ "pp", FIELD(21, 1) }, { "di", FIELD(22, 1) }, { "si", FIELD(23, 1) },
	{ "db", FIELD(24, 1) }, { "lp", FIELD(25, 1) }, { "tb", FIELD(26, 1) },
	{ "rt", FIELD(27, 1) }, { "cpl", FIELD(32, 2) }, { "is", FIELD(34, 1) },
	{ "mc", FIELD(35, 1) }, { "it", FIELD(36, 1) }, { "id", FIELD(37, 1) },
	{ "da", FIELD(38, 1) }, { "dd", FIELD(39, 1) }, { "ss", FIELD(40, 1) },
	{ "ri", FIELD(41, 2) }, { "ed", FIELD(43, 1) }, { "bn", FIELD(44, 1) },
	{ "ia", FIELD(45, 1) },
};

static const struct name vectors[] = {
	{ "vhpt", 0x0000 }, { "itlb", 0x0400 }, { "dtlb", 0x0800 }, { "aitlb", 0x0c00 },
	{ "adtlb", 0x1000 }, { "nested", 0x1400 }, { "ikeymiss", 0x1800 },
	{ "dkeymiss", 0x1c00 }, { "dirty", 0x2000 }, { "iaccess", 0x2400 },
	{ "daccess", 0x2800 }, { "break", 0x2c00 }, { "extint", 0x3000 },
	{ "notpresent", 0x5000 }, { "keyperm", 0x5100 }, { "iar", 0x5200 }, { "dar", 0x5300 },
	{ "general", 0x5400 }, { "disfp", 0x5500 }, { "nat", 0x5600 },
	{ "speculation", 0x5700 }, { "debug", 0x5900 }, { "unaligned", 0x5a00 },
	{ "unsupported", 0x5b00 }, { "fpfault", 0x5c00 }, { "fptrap", 0x5d00 },
	{ "lowerpriv", 0x5e00 }, { "taken", 0x5f00 }, { "singlestep", 0x6000 },
	{ "virt", 0x6100 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int find(const struct name *table, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) == len && !strncmp(table[i].name, name, len))
			return (int)table[i].number;
	return -1;
}

static void set_bit(uint64_t *words, uint32_t n, bool value)
{
	words[n / 64] = (words[n / 64] & ~(1ull << n % 64)) | (uint64_t)value << n % 64;
}

/* <letter><number>[.nat]: r, f, p, b, or an indexed system register. */
static bool apply_numbered(struct riven_state *s, const char *name, size_t len, const char *value)
{
	uint64_t v = strtoull(value, NULL, 0);
	const char *colon = strchr(value, ':');
	char kind[8] = "";
	unsigned int n;
	int used = 0;

	if (sscanf(name, "%7[a-z]%u%n", kind, &n, &used) != 2)
		return false;
	if (!strcmp(kind, "r") && n < 128 && (size_t)used + 4 == len &&
	    !strncmp(name + used, ".nat", 4))
		set_bit(s->nat, n, v);
	else if ((size_t)used != len)
		return false;
	else if (!strcmp(kind, "r") && n < 128)
		s->gr[n] = v;
	else if (!strcmp(kind, "f") && n < 128 && colon)
		s->fr[n] = (struct riven_fpreg){ v, strtoull(colon + 1, NULL, 0) };
	else if (!strcmp(kind, "p") && n < 64)
		set_bit(&s->pr, n, v);
	else if (!strcmp(kind, "b") && n < 8)
		s->br[n] = v;
	else if (!strcmp(kind, "bank") && n < 16)
		s->bank[n] = v;
	else if (!strcmp(kind, "rr") && n < 8)
		s->rr[n] = v;
	else if (!strcmp(kind, "pkr") && n < 16)
		s->pkr[n] = v;
	else if (!strcmp(kind, "ibr") && n < 8)
		s->ibr[n] = v;
	else if (!strcmp(kind, "dbr") && n < 8)
		s->dbr[n] = v;
	else if (!strcmp(kind, "dirty") && n < 96)
		s->dirty[n] = v;
	else
		return false;
	return true;
}

/* itr<n>=pte:itir:va:rid and dtr<n>. */
static bool apply_tr(struct riven_state *s, const char *token)
{
	unsigned int n;
	char which;
	struct riven_tr tr;

	if (sscanf(token, "%ctr%u=%" SCNi64 ":%" SCNi64 ":%" SCNi64 ":%" SCNi64, &which, &n,
		   (int64_t *)&tr.pte, (int64_t *)&tr.itir, (int64_t *)&tr.va,
		   (int64_t *)&tr.rid) != 6 || n >= 64)
		return false;
	if (which == 'i')
		s->itr[n] = tr;
	else if (which == 'd')
		s->dtr[n] = tr;
	else
		return false;
	return true;
}

bool state_apply(struct riven_state *s, const char *token)
{
	const char *eq = strchr(token, '=');
	size_t len = eq ? (size_t)(eq - token) : 0;
	uint64_t v;
	int n;

	if (!eq)
		return false;
	v = strtoull(eq + 1, NULL, 0);
	if (apply_tr(s, token) || apply_numbered(s, token, len, eq + 1))
		return true;
	if (!strncmp(token, "ar.", 3) && (n = find(ars, COUNT(ars), token + 3, len - 3)) >= 0)
		s->ar[n] = v;
	else if (!strncmp(token, "cr.", 3) && (n = find(crs, COUNT(crs), token + 3, len - 3)) >= 0)
		s->cr[n] = v;
	else if (!strncmp(token, "psr.", 4) &&
		 (n = find(psrs, COUNT(psrs), token + 4, len - 4)) >= 0)
		s->psr = (s->psr & ~(((1ull << (n >> 8)) - 1) << (n & 255))) | v << (n & 255);
	else if (len == 3 && !strncmp(token, "psr", 3))
		s->psr = v;
	else if (len == 3 && !strncmp(token, "cfm", 3))
		s->cfm = v;
	else if (len == 2 && !strncmp(token, "pr", 2))
		s->pr = v | 1;
	else if (len == 6 && !strncmp(token, "ndirty", 6))
		s->ndirty = v;
	else
		return false;
	return true;
}

bool outcome_apply(struct outcome *o, const char *token)
{
	const char *eq = strchr(token, '=');
	size_t len = eq ? (size_t)(eq - token) : 0;
	struct {
		char name[8];
		bool *has;
		uint64_t *value;
	} fields[] = {
		{ "isr", &o->has_isr, &o->isr }, { "ifa", &o->has_ifa, &o->ifa },
		{ "iim", &o->has_iim, &o->iim }, { "itir", &o->has_itir, &o->itir },
		{ "iha", &o->has_iha, &o->iha }, { "iip", &o->has_iip, &o->iip },
		{ "ri", &o->has_ri, &o->ri },
	};

	if (!eq)
		return false;
	if (len == 5 && !strncmp(token, "fault", 5)) {
		o->vector = find(vectors, COUNT(vectors), eq + 1, strlen(eq + 1));
		return o->vector >= 0;
	}
	for (size_t i = 0; i < COUNT(fields); i++)
		if (strlen(fields[i].name) == len && !strncmp(token, fields[i].name, len)) {
			*fields[i].has = true;
			*fields[i].value = strtoull(eq + 1, NULL, 0);
			return true;
		}
	return false;
}

static bool same(const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		return true;
	printf("# %s: expected %#" PRIx64 ", got %#" PRIx64 "\n", what, want, got);
	return false;
}

/* What delivery does to PSR when DCR is 0 (SDM 2:5.5). */
static uint64_t psr_after_delivery(uint64_t psr)
{
	const uint64_t kept = 1ull << 2 | 1ull << 4 | 1ull << 5 | 1ull << 15 | 1ull << 17 |
			      1ull << 27 | 1ull << 35 | 1ull << 36;

	return psr & kept;
}

static bool check_interruption(const struct outcome *o, const struct riven_state *start,
			       struct riven_state *want, const struct riven_state *got,
			       uint64_t iva)
{
	uint64_t ri = o->has_ri ? o->ri : 0;
	bool ok = same("vector", (uint64_t)o->vector, got->ip - iva);
	uint64_t ipsr = (want->psr & ~(3ull << 41)) | ri << 41;

	if (start->psr >> 13 & 1) {
		ok &= same("cr.iip", start->ip + (o->has_iip ? o->iip : 0), got->cr[CR_IIP]);
		ok &= same("cr.ipsr", ipsr, got->cr[CR_IPSR]);
		ok &= same("cr.ifs", 0, got->cr[CR_IFS] >> 63);
	}
	if (o->has_isr)
		ok &= same("cr.isr", o->isr, got->cr[CR_ISR]);
	if (o->has_ifa)
		ok &= same("cr.ifa", o->ifa, got->cr[CR_IFA]);
	if (o->has_iim)
		ok &= same("cr.iim", o->iim, got->cr[CR_IIM]);
	if (o->has_itir)
		ok &= same("cr.itir", o->itir, got->cr[CR_ITIR]);
	if (o->has_iha)
		ok &= same("cr.iha", o->iha, got->cr[CR_IHA]);
	/* Bank 0 becomes current. */
	if (want->psr >> 44 & 1) {
		uint64_t nat = want->nat[0] >> 16 & 0xffff;

		for (int i = 0; i < 16; i++) {
			uint64_t t = want->gr[16 + i];

			want->gr[16 + i] = want->bank[i];
			want->bank[i] = t;
		}
		want->nat[0] = (want->nat[0] & ~0xffff0000ull) | want->bank_nat << 16;
		want->bank_nat = nat;
	}
	want->psr = psr_after_delivery(want->psr);
	for (int i = CR_IPSR; i <= CR_IHA; i++)
		want->cr[i] = got->cr[i];
	return ok;
}

bool outcome_check(const struct outcome *o, bool interrupted, const struct riven_state *start,
		   struct riven_state *want, const struct riven_state *got, uint64_t iva)
{
	if (interrupted && o->vector < 0) {
		printf("# unexpected interruption: vector %#" PRIx64 ", isr %#" PRIx64
		       ", iip %+" PRId64 ", ifa %#" PRIx64 "\n", got->ip - iva, got->cr[CR_ISR],
		       (int64_t)(got->cr[CR_IIP] - start->ip), got->cr[CR_IFA]);
		return false;
	}
	if (!interrupted && o->vector >= 0) {
		printf("# expected vector %#x, but no interruption came\n", o->vector);
		return false;
	}
	if (interrupted)
		return check_interruption(o, start, want, got, iva);
	return true;
}

bool state_compare(const struct riven_state *start, const struct riven_state *want,
		   const struct riven_state *got)
{
	uint64_t cmp_psr = ~(3ull << 41);	/* ri: where it stopped */
	char name[24];
	bool ok = true;

	(void)start;
	for (uint32_t i = 0; i < 128; i++) {
		bool nat_want = want->nat[i / 64] >> i % 64 & 1;
		bool nat_got = got->nat[i / 64] >> i % 64 & 1;

		if (i >= 32 && i - 32 >= (want->cfm & 127))
			break;
		snprintf(name, sizeof(name), "r%u.nat", i);
		ok &= same(name, nat_want, nat_got);
		name[strlen(name) - 4] = 0;
		if (!nat_want)
			ok &= same(name, want->gr[i], got->gr[i]);
	}
	for (uint32_t i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "bank%u", i);
		ok &= same(name, want->bank[i], got->bank[i]);
	}
	ok &= same("bank nat", want->bank_nat, got->bank_nat);
	for (uint32_t i = 0; i < 128; i++) {
		if (want->fr[i].sig == got->fr[i].sig && want->fr[i].se == got->fr[i].se)
			continue;
		printf("# f%u: expected %#" PRIx64 ":%#" PRIx64 ", got %#" PRIx64 ":%#" PRIx64 "\n",
		       i, want->fr[i].sig, want->fr[i].se, got->fr[i].sig, got->fr[i].se);
		ok = false;
	}
	ok &= same("pr", want->pr, got->pr);
	for (uint32_t i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		ok &= same(name, want->br[i], got->br[i]);
		snprintf(name, sizeof(name), "rr%u", i);
		ok &= same(name, want->rr[i], got->rr[i]);
	}
	ok &= same("cfm", want->cfm, got->cfm);
	ok &= same("psr", want->psr & cmp_psr, got->psr & cmp_psr);
	for (size_t i = 0; i < COUNT(ars); i++) {
		uint32_t n = ars[i].number;

		/* The clocks run, and BSP follows from BSPSTORE and the dirty partition. */
		if (n == 44 || n == 45 || n == 17)
			continue;
		snprintf(name, sizeof(name), "ar.%s", ars[i].name);
		ok &= same(name, want->ar[n], got->ar[n]);
	}
	for (size_t i = 0; i < COUNT(crs); i++) {
		uint32_t n = crs[i].number;

		if (n == CR_ITM || n == CR_IVR)
			continue;
		snprintf(name, sizeof(name), "cr.%s", crs[i].name);
		ok &= same(name, want->cr[n], got->cr[n]);
	}
	ok &= same("ndirty", want->ndirty, got->ndirty);
	for (uint32_t i = 0; i < want->ndirty && i < 96; i++) {
		snprintf(name, sizeof(name), "dirty%u", i);
		ok &= same(name, want->dirty[i], got->dirty[i]);
	}
	return ok;
}
