// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"
#include "tests/isa/diag.h"
#include "tests/isa/state.h"

enum { AR_BSP = 17, AR_BSPSTORE = 18, AR_ITC = 44, AR_RUC = 45 };

static const struct name ars[] = {
	{ "kr0", 0 }, { "kr1", 1 }, { "kr2", 2 }, { "kr3", 3 }, { "kr4", 4 }, { "kr5", 5 },
	{ "kr6", 6 }, { "kr7", 7 }, { "rsc", 16 }, { "bsp", 17 }, { "bspstore", 18 },
	{ "rnat", 19 }, { "fcr", 21 }, { "eflag", 24 }, { "csd", 25 }, { "ssd", 26 },
	{ "cflg", 27 }, { "fsr", 28 }, { "fir", 29 }, { "fdr", 30 }, { "ccv", 32 },
	{ "unat", 36 }, { "fpsr", 40 }, { "itc", 44 }, { "ruc", 45 }, { "pfs", 64 },
	{ "lc", 65 }, { "ec", 66 },
};

/* A field of a register: bit, and width in the upper byte. */
#define FIELD(bit, width) ((bit) | (width) << 8)

/* Fields of CFM, as those of PSR; sor is in units of 8 registers. */
static const struct name cfms[] = {
	{ "cfm", FIELD(0, 38) }, { "sof", FIELD(0, 7) }, { "sol", FIELD(7, 7) },
	{ "sor", FIELD(14, 4) }, { "rrb.gr", FIELD(18, 7) }, { "rrb.fr", FIELD(25, 7) },
	{ "rrb.pr", FIELD(32, 6) },
};

static const struct name crs[] = {
	{ "dcr", 0 }, { "itm", 1 }, { "iva", 2 }, { "pta", 8 }, { "ipsr", 16 }, { "isr", 17 },
	{ "iip", 19 }, { "ifa", 20 }, { "itir", 21 }, { "iipa", 22 }, { "ifs", 23 },
	{ "iim", 24 }, { "iha", 25 }, { "lid", 64 }, { "ivr", 65 }, { "tpr", 66 },
	{ "eoi", 67 }, { "irr0", 68 }, { "irr1", 69 }, { "irr2", 70 }, { "irr3", 71 },
	{ "itv", 72 }, { "pmv", 73 }, { "cmcv", 74 }, { "lrr0", 80 }, { "lrr1", 81 },
};

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

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int name_find(const struct name *table, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(table[i].name) == len && !strncmp(table[i].name, name, len))
			return (int)table[i].number;
	return -1;
}

bool parse_value(const char *text, uint64_t origin, uint64_t *value)
{
	char *end;

	if (*text == '@')
		text++;
	else
		origin = 0;
	*value = strtoull(text, &end, 0) + origin;
	return end != text && *end == 0;
}

/* sig:se */
static bool parse_fp(const char *text, struct riven_fpreg *f)
{
	char *end;

	f->sig = strtoull(text, &end, 0);
	return *end == ':' && parse_value(end + 1, 0, &f->se);
}

/* <letters><number>[.nat]: r, f, p, b, or an indexed system register. */
static bool apply_numbered(struct riven_state *s, const char *token, uint64_t origin)
{
	char kind[8] = "";
	struct riven_fpreg f;
	unsigned int n;
	uint64_t v;
	int used = 0, nat = 0;

	if (sscanf(token, "%7[a-z]%u%n", kind, &n, &used) != 2)
		return false;
	if (!strncmp(token + used, ".nat=", 5))
		nat = 4;
	if (token[used + nat] != '=')
		return false;
	if (!strcmp(kind, "f") && n < 128 && !nat && parse_fp(token + used + 1, &f)) {
		s->fr[n] = f;
		return true;
	}
	if (!parse_value(token + used + nat + 1, origin, &v))
		return false;
	if (nat) {
		if (!strcmp(kind, "r") && n < 128)
			set_bit(s->nat, n, v);
		else if (!strcmp(kind, "dirty") && n < 96)
			set_bit(s->dirty_nat, n, v);
		else
			return false;
		return true;
	}
	if (!strcmp(kind, "r") && n < 128)
		s->gr[n] = v;
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
	else if (!strcmp(kind, "cpuid") && n < 5)
		s->cpuid[n] = v;
	else if (!strcmp(kind, "dirty") && n < 96)
		s->dirty[n] = v;
	else
		return false;
	return true;
}

/* itr<n>=pte:itir:va:rid and dtr<n>. */
static bool apply_tr(struct riven_state *s, const char *token)
{
	uint64_t field[4];
	unsigned int n;
	char which;
	int used = 0;

	if (sscanf(token, "%ctr%u%n", &which, &n, &used) != 2 || n >= 64 ||
	    (which != 'i' && which != 'd'))
		return false;
	for (int i = 0; i < 4; i++) {
		char *end;

		if (token[used] != (i ? ':' : '='))
			return false;
		field[i] = strtoull(token + used + 1, &end, 0);
		used = (int)(end - token);
	}
	if (token[used])
		return false;
	*(which == 'i' ? &s->itr[n] : &s->dtr[n]) =
		(struct riven_tr){ field[0], field[1], field[2], field[3] };
	return true;
}

/* Put v into a field that a FIELD() describes. */
static uint64_t with_field(uint64_t word, int field, uint64_t v)
{
	uint64_t mask = ((1ull << (field >> 8)) - 1) << (field & 255);

	return (word & ~mask) | (v << (field & 255) & mask);
}

bool state_apply(struct riven_state *s, const char *token, uint64_t origin)
{
	const char *eq = strchr(token, '=');
	size_t len = eq ? (size_t)(eq - token) : 0;
	uint64_t v;
	int n;

	if (apply_tr(s, token) || apply_numbered(s, token, origin))
		return true;
	if (!eq || !parse_value(eq + 1, origin, &v))
		return false;
	if (!strncmp(token, "ar.", 3) &&
	    (n = name_find(ars, COUNT(ars), token + 3, len - 3)) >= 0)
		s->ar[n] = v;
	else if (!strncmp(token, "cr.", 3) &&
		 (n = name_find(crs, COUNT(crs), token + 3, len - 3)) >= 0)
		s->cr[n] = v;
	else if (!strncmp(token, "psr.", 4) &&
		 (n = name_find(psrs, COUNT(psrs), token + 4, len - 4)) >= 0)
		s->psr = with_field(s->psr, n, v);
	else if ((n = name_find(cfms, COUNT(cfms), token, len)) >= 0)
		s->cfm = with_field(s->cfm, n, v);
	else if (!strncmp(token, "psr=", 4))
		s->psr = v;
	else if (!strncmp(token, "pr=", 3))
		s->pr = v | 1;
	else if (!strncmp(token, "ndirty=", 7))
		s->ndirty = (int64_t)v;
	else if (!strncmp(token, "cfle=", 5))
		s->cfle = v;
	else if (!strncmp(token, "bank.nat=", 9))
		s->bank_nat = v;
	else
		return false;
	return true;
}

bool same(const char *what, uint64_t want, uint64_t got)
{
	if (want == got)
		return true;
	diag("%s: expected %#" PRIx64 ", got %#" PRIx64, what, want, got);
	return false;
}

static bool same_n(const char *what, uint32_t n, uint64_t want, uint64_t got)
{
	char name[24];

	snprintf(name, sizeof(name), "%s%u", what, n);
	return same(name, want, got);
}

/* An array of registers that are called what0, what1 ... */
static bool same_all(const char *what, const uint64_t *want, const uint64_t *got, uint32_t count)
{
	bool ok = true;

	for (uint32_t i = 0; i < count; i++)
		ok &= same_n(what, i, want[i], got[i]);
	return ok;
}

/* General registers of the frame, but those not loaded yet, and the other bank. */
static bool compare_gr(const struct riven_state *want, const struct riven_state *got)
{
	bool ok = true;

	for (uint32_t i = 0; i < 32 + (want->cfm & 127) && i < 128; i++) {
		if (i >= 32 && (int64_t)i - 32 < -want->ndirty)
			continue;
		if (get_bit(want->nat, i) != get_bit(got->nat, i)) {
			diag("r%u.nat: expected %d, got %d", i, get_bit(want->nat, i),
			     get_bit(got->nat, i));
			ok = false;
		} else if (!get_bit(want->nat, i)) {
			ok &= same_n("r", i, want->gr[i], got->gr[i]);
		}
	}
	ok &= same_all("bank", want->bank, got->bank, 16);
	ok &= same("bank.nat", want->bank_nat, got->bank_nat);
	return ok;
}

static bool compare_fr(const struct riven_state *want, const struct riven_state *got)
{
	bool ok = true;

	for (uint32_t i = 0; i < 128; i++) {
		if (want->fr[i].sig == got->fr[i].sig && want->fr[i].se == got->fr[i].se)
			continue;
		diag("f%u: expected %#" PRIx64 ":%#" PRIx64 ", got %#" PRIx64 ":%#" PRIx64,
		     i, want->fr[i].sig, want->fr[i].se, got->fr[i].sig, got->fr[i].se);
		ok = false;
	}
	return ok;
}

/* BSP lies ndirty registers above BSPSTORE; every 64th word is a NaT collection (SDM 2:6.1). */
static uint64_t bsp_of(uint64_t bspstore, int64_t ndirty)
{
	uint64_t bsp = bspstore;

	for (; ndirty > 0; bsp += 8)
		ndirty -= (bsp >> 3 & 63) != 63;
	for (; ndirty < 0; ndirty += (bsp >> 3 & 63) != 63)
		bsp -= 8;
	/* The slot of the register at BSP is never that of a collection. */
	return (bsp >> 3 & 63) == 63 ? bsp + 8 : bsp;
}

static bool compare_stack(const struct riven_state *want, const struct riven_state *got)
{
	bool ok = same("ndirty", (uint64_t)want->ndirty, (uint64_t)got->ndirty);

	ok &= same("cfle", want->cfle, got->cfle);
	ok &= same("ar.bsp", bsp_of(want->ar[AR_BSPSTORE], want->ndirty), got->ar[AR_BSP]);
	for (uint32_t i = 0; (int64_t)i < want->ndirty && i < 96; i++) {
		ok &= same_n("nat of dirty", i, get_bit(want->dirty_nat, i),
			     get_bit(got->dirty_nat, i));
		if (!get_bit(want->dirty_nat, i))
			ok &= same_n("dirty", i, want->dirty[i], got->dirty[i]);
	}
	return ok;
}

static bool same_named(const char *prefix, const struct name *n, const uint64_t *want,
		       const uint64_t *got)
{
	char name[sizeof(n->name) + 4];

	snprintf(name, sizeof(name), "%s.%.11s", prefix, n->name);
	return same(name, want[n->number], got[n->number]);
}

static bool compare_ar_cr(const struct riven_state *want, const struct riven_state *got)
{
	bool ok = true;

	/* The clocks run, and BSP follows from BSPSTORE and the dirty registers. */
	for (size_t i = 0; i < COUNT(ars); i++)
		if (ars[i].number != AR_ITC && ars[i].number != AR_RUC && ars[i].number != AR_BSP)
			ok &= same_named("ar", &ars[i], want->ar, got->ar);
	for (size_t i = 0; i < COUNT(crs); i++)
		if (crs[i].number != CR_ITM && crs[i].number != CR_IVR)
			ok &= same_named("cr", &crs[i], want->cr, got->cr);
	return ok;
}

static bool compare_tr(char kind, const struct riven_tr *want, const struct riven_tr *got)
{
	bool ok = true;

	for (uint32_t i = 0; i < 64; i++) {
		if (!((want[i].pte | got[i].pte) & 1) || !memcmp(&want[i], &got[i], sizeof(*want)))
			continue;
		diag("%ctr%u: expected %#" PRIx64 ":%#" PRIx64 ":%#" PRIx64 ":%#" PRIx64
		     ", got %#" PRIx64 ":%#" PRIx64 ":%#" PRIx64 ":%#" PRIx64, kind, i,
		     want[i].pte, want[i].itir, want[i].va, want[i].rid, got[i].pte,
		     got[i].itir, got[i].va, got[i].rid);
		ok = false;
	}
	return ok;
}

bool state_compare(const struct riven_state *want, const struct riven_state *got)
{
	bool ok = compare_gr(want, got);

	ok &= compare_fr(want, got);
	ok &= same("pr", want->pr, got->pr);
	ok &= same_all("b", want->br, got->br, 8);
	ok &= same("cfm", want->cfm, got->cfm);
	ok &= same("psr", want->psr & ~PSR_RI, got->psr & ~PSR_RI);
	ok &= compare_ar_cr(want, got);
	ok &= same_all("rr", want->rr, got->rr, 8);
	ok &= same_all("pkr", want->pkr, got->pkr, 16);
	ok &= same_all("ibr", want->ibr, got->ibr, 8);
	ok &= same_all("dbr", want->dbr, got->dbr, 8);
	ok &= compare_tr('i', want->itr, got->itr);
	ok &= compare_tr('d', want->dtr, got->dtr);
	ok &= compare_stack(want, got);
	return ok;
}
