// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"
#include "tests/isa/diag.h"
#include "tests/isa/outcome.h"

#define VECTOR_BREAK	0x2c00
#define VECTOR_FP_TRAP	0x5d00
#define VECTOR_LAST_TRAP	0x6000

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

void outcome_init(struct outcome *o, uint64_t ip, uint32_t slot, uint64_t iva)
{
	memset(o, 0, sizeof(*o));
	o->ip = ip;
	o->slot = slot;
	o->iva = iva;
	o->vector = -1;
}

static uint32_t cfm_field(const struct riven_state *s, uint32_t bit, uint32_t width)
{
	return s->cfm >> bit & ((1u << width) - 1);
}

static void set_cfm_field(struct riven_state *s, uint32_t bit, uint32_t width, uint64_t value)
{
	uint64_t mask = ((1ull << width) - 1) << bit;

	s->cfm = (s->cfm & ~mask) | (value << bit & mask);
}

/* What register first + n of size rotating ones is called under another base. */
static uint32_t renamed(uint32_t n, uint32_t size, uint32_t from, uint32_t to)
{
	return (n + from + size - to % size) % size;
}

static void set_rrb_gr(struct riven_state *s, uint32_t rrb)
{
	struct riven_state old = *s;
	uint32_t size = cfm_field(s, 14, 4) * 8;

	for (uint32_t n = 0; n < size; n++) {
		uint32_t m = 32 + renamed(n, size, cfm_field(s, 18, 7), rrb);

		s->gr[m] = old.gr[32 + n];
		set_bit(s->nat, m, get_bit(old.nat, 32 + n));
	}
	set_cfm_field(s, 18, 7, rrb);
}

static void set_rrb_fr(struct riven_state *s, uint32_t rrb)
{
	struct riven_state old = *s;

	for (uint32_t n = 0; n < 96; n++)
		s->fr[32 + renamed(n, 96, cfm_field(s, 25, 7), rrb)] = old.fr[32 + n];
	set_cfm_field(s, 25, 7, rrb);
}

static void set_rrb_pr(struct riven_state *s, uint32_t rrb)
{
	uint64_t old = s->pr;

	for (uint32_t n = 0; n < 48; n++)
		set_bit(&s->pr, 16 + renamed(n, 48, cfm_field(s, 32, 6), rrb), old >> (16 + n) & 1);
	set_cfm_field(s, 32, 6, rrb);
}

static uint32_t one_less(uint32_t rrb, uint32_t size)
{
	return size ? (rrb + size - 1) % size : 0;
}

static void rotate(struct riven_state *s)
{
	set_rrb_gr(s, one_less(cfm_field(s, 18, 7), cfm_field(s, 14, 4) * 8));
	set_rrb_fr(s, one_less(cfm_field(s, 25, 7), 96));
	set_rrb_pr(s, one_less(cfm_field(s, 32, 6), 48));
}

static void exchange_banks(struct riven_state *s)
{
	uint64_t nat = s->nat[0] >> 16 & 0xffff;

	for (int i = 0; i < 16; i++) {
		uint64_t t = s->gr[16 + i];

		s->gr[16 + i] = s->bank[i];
		s->bank[i] = t;
	}
	s->nat[0] = (s->nat[0] & ~0xffff0000ull) | s->bank_nat << 16;
	s->bank_nat = nat;
}

static void set_bank(struct riven_state *s, uint32_t bank)
{
	if (!(s->psr & PSR_BN) == !bank)
		return;
	exchange_banks(s);
	s->psr ^= PSR_BN;
}

/* Tokens that give registers other names. */
static bool apply_renaming(struct riven_state *want, const char *token)
{
	int n;

	/* %i takes hexadecimal, too. */
	if (sscanf(token, "rotate=%i", &n) == 1)
		for (; n > 0; n--)
			rotate(want);
	else if (sscanf(token, "rrb.gr=%i", &n) == 1)
		set_rrb_gr(want, (uint32_t)n);
	else if (sscanf(token, "rrb.fr=%i", &n) == 1)
		set_rrb_fr(want, (uint32_t)n);
	else if (sscanf(token, "rrb.pr=%i", &n) == 1)
		set_rrb_pr(want, (uint32_t)n);
	else if (sscanf(token, "bank=%i", &n) == 1)
		set_bank(want, n);
	else
		return false;
	return true;
}

bool outcome_apply(struct outcome *o, struct riven_state *want, const char *token)
{
	const char *eq = strchr(token, '=');
	struct {
		char name[8];
		bool *has;
		uint64_t *value;
	} fields[] = {
		{ "isr", NULL, &o->isr }, { "ifa", &o->has_ifa, &o->ifa },
		{ "iim", &o->has_iim, &o->iim }, { "itir", &o->has_itir, &o->itir },
		{ "iha", &o->has_iha, &o->iha }, { "iip.abs", &o->has_iip, &o->iip },
		{ "iip", &o->has_iip, &o->iip }, { "iipa", &o->has_iipa, &o->iipa },
		{ "ri", &o->has_ri, &o->ri }, { "ei", &o->has_ei, &o->ei },
	};
	size_t len;
	uint64_t value;

	if (!eq)
		return false;
	if (apply_renaming(want, token))
		return true;
	len = (size_t)(eq - token);
	if (len == 5 && !strncmp(token, "fault", 5)) {
		o->vector = name_find(vectors, sizeof(vectors) / sizeof(vectors[0]), eq + 1,
				      strlen(eq + 1));
		return o->vector >= 0;
	}
	if (!parse_value(eq + 1, o->ip, &value))
		return false;
	if (len == 4 && !strncmp(token, "stop", 4)) {
		o->stop = (int)value;
		return true;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].name) != len || strncmp(token, fields[i].name, len) != 0)
			continue;
		if (fields[i].has)
			*fields[i].has = true;
		*fields[i].value = value;
		if (!strncmp(token, "iip=", 4) || !strncmp(token, "iipa=", 5))
			*fields[i].value += o->ip;
		return true;
	}
	return false;
}

/* What delivery leaves of PSR when DCR is 0 (SDM 2:5.5). */
static uint64_t psr_after_delivery(uint64_t psr)
{
	return psr & (PSR_UP | PSR_MFL | PSR_MFH | PSR_PK | PSR_DT | PSR_RT | PSR_MC | PSR_IT);
}

static bool is_trap(int vector)
{
	return vector >= VECTOR_FP_TRAP && vector <= VECTOR_LAST_TRAP;
}

/* The interruption registers; *want has PSR as it is to be in IPSR. */
static bool check_registers(const struct outcome *o, const struct riven_state *want,
			    const struct riven_state *got)
{
	bool next = is_trap(o->vector) && o->slot == 2;
	uint64_t iip = o->has_iip ? o->iip : o->ip + (next ? 16 : 0);
	uint64_t ri = o->has_ri ? o->ri : is_trap(o->vector) ? (o->slot + 1) % 3 : o->slot;
	uint64_t ei = o->has_ei ? o->ei : o->slot;
	uint64_t isr = o->isr | ei << ISR_EI_SHIFT;
	bool ok;

	if (!(want->psr & PSR_IC)) {
		ok = same("cr.isr", isr | ISR_NI, got->cr[CR_ISR]);
		for (int i = CR_IPSR; i <= CR_IHA; i++)
			if (i != CR_ISR)
				ok &= same("an interruption register with psr.ic=0", want->cr[i],
					   got->cr[i]);
		return ok;
	}
	ok = same("cr.isr", isr, got->cr[CR_ISR]);
	ok &= same("cr.iip", iip, got->cr[CR_IIP]);
	ok &= same("cr.ipsr", (want->psr & ~PSR_RI) | ri << PSR_RI_SHIFT, got->cr[CR_IPSR]);
	ok &= same("cr.ifs.v", 0, got->cr[CR_IFS] >> 63);
	if (o->has_iipa || is_trap(o->vector))
		ok &= same("cr.iipa", o->has_iipa ? o->iipa : o->ip, got->cr[CR_IIPA]);
	if (o->has_ifa)
		ok &= same("cr.ifa", o->ifa, got->cr[CR_IFA]);
	if (o->has_iim)
		ok &= same("cr.iim", o->iim, got->cr[CR_IIM]);
	if (o->has_itir)
		ok &= same("cr.itir", o->itir, got->cr[CR_ITIR]);
	if (o->has_iha)
		ok &= same("cr.iha", o->iha, got->cr[CR_IHA]);
	return ok;
}

static bool check_interruption(const struct outcome *o, struct riven_state *want,
			       const struct riven_state *got)
{
	bool ok = same("vector", (uint64_t)o->vector, got->ip - o->iva);

	ok &= check_registers(o, want, got);
	if (want->psr & PSR_BN)
		exchange_banks(want);
	want->psr = psr_after_delivery(want->psr);
	memcpy(&want->cr[CR_IPSR], &got->cr[CR_IPSR], (CR_IHA - CR_IPSR + 1) * sizeof(want->cr[0]));
	return ok;
}

/* Is this a `stop` that privilege made an ordinary break? Then undo the delivery. */
static bool undo_stop(const struct outcome *o, const struct riven_state *want,
		      struct riven_state *got, uint32_t *stub)
{
	uint64_t number = got->cr[CR_IIM] - RIVEN_FW_BREAK;

	if (o->vector >= 0 || got->ip - o->iva != VECTOR_BREAK || number >= RIVEN_FW_STUBS ||
	    !(got->cr[CR_IPSR] & PSR_CPL))
		return false;
	*stub = (uint32_t)number;
	got->ip = got->cr[CR_IIP];
	got->psr = got->cr[CR_IPSR] & ~PSR_RI;
	memcpy(&got->cr[CR_IPSR], &want->cr[CR_IPSR], (CR_IHA - CR_IPSR + 1) * sizeof(want->cr[0]));
	if (got->psr & PSR_BN)
		exchange_banks(got);
	return true;
}

bool outcome_check(const struct outcome *o, uint32_t stub, struct riven_state *want,
		   struct riven_state *got)
{
	if (stub == 1 && !undo_stop(o, want, got, &stub)) {
		if (o->vector >= 0)
			return check_interruption(o, want, got);
		diag("unexpected interruption: vector %#" PRIx64 ", isr %#" PRIx64
		     ", iip @%" PRId64 ", ifa %#" PRIx64, got->ip - o->iva, got->cr[CR_ISR],
		     (int64_t)(got->cr[CR_IIP] - o->ip), got->cr[CR_IFA]);
		return false;
	}
	if (o->vector >= 0) {
		diag("expected vector %#x, but no interruption came", (unsigned int)o->vector);
		return false;
	}
	return same("stop", (uint64_t)o->stop, stub);
}
