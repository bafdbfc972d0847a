// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers of floating-point loads, stores and moves: where the bytes go in
 * both byte orders, at every alignment, with and without the machine TLB; pairs;
 * NaTVal, deferral and advanced loads; illegal targets and disabled registers.
 */
#include "tests/mmu/world.h"

#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/exec-fp.h"
#include "gvmm/cpu/gr.h"
#include "tests/lib/ktap.h"

#define PA	0x100000ull
#define UC	(1ull << 63)

static uint64_t seed = 3;

static uint64_t rnd64(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed ^ seed >> 29;
}

static void start(void)
{
	uint32_t n;

	world_reset(64);
	v->fb = 100;
	v->frame.sof = 8;
	v->frame.sol = v->frame.sor = 0;
	v->frame.rrb_gr = v->frame.rrb_fr = v->frame.rrb_pr = 0;
	memset(v->nat, 0, sizeof(v->nat));
	for (n = 2; n < 128; n++)
		v->fr[n] = fp_make(false, 0x10000 + n, 1ull << 63 | n);
	v->unat = 0;
	memset(v->window + PA, 0xee, 256);
	v->gr[3] = PA;
}

static struct insn insn(uint32_t aux, uint32_t r1, uint32_t r2, uint32_t r4, int64_t imm)
{
	return (struct insn){
		.imm = imm, .r1 = (uint8_t)r1, .r2 = (uint8_t)r2, .r3 = 3, .r4 = (uint8_t)r4,
		.aux = (uint8_t)aux,
	};
}

static bool equal(struct fpreg a, struct fpreg b)
{
	return a.sig == b.sig && a.se == b.se;
}

static const struct {
	const char *name;
	uint32_t aux, size;
} formats[] = {
	{ "e", FP_E, 10 }, { "8", FP_8, 8 }, { "s", FP_S, 4 }, { "d", FP_D, 8 },
	{ "spill", ST_SPILL, 16 },
};

/* The bytes of a register in memory, little-endian, written down from SDM 1:5.3. */
static void expect_bytes(uint32_t aux, struct fpreg f, uint8_t *b)
{
	uint64_t exp = f.se & 0x1ffff, sign = f.se >> 17 & 1, word = f.sig;
	uint16_t top = (uint16_t)(sign << 15 | (exp >> 16 & 1) << 14 | (exp & 0x3fff));
	bool normal = f.sig >> 63;

	memset(b, 0, 16);
	if (aux == FP_S) {
		word = sign << 31 | (f.sig >> 40 & 0x7fffff);
		if (normal)
			word |= (exp >> 16 & 1) << 30 | (exp & 0x7f) << 23;
	} else if (aux == FP_D) {
		word = sign << 63 | (f.sig >> 11 & 0xfffffffffffffull);
		if (normal)
			word |= (exp >> 16 & 1) << 62 | (exp & 0x3ff) << 52;
	}
	memcpy(b, &word, 8);
	if (aux == FP_E)
		memcpy(b + 8, &top, 2);
	if (aux == ST_SPILL)
		memcpy(b + 8, &f.se, 3);
}

static void reverse(uint8_t *b, uint32_t size)
{
	uint32_t n;

	for (n = 0; n < size / 2; n++) {
		uint8_t t = b[n];

		b[n] = b[size - 1 - n];
		b[size - 1 - n] = t;
	}
}

static void test_round_trips(void)
{
	uint32_t f, n;

	for (f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		uint32_t size = formats[f].size;
		bool stores = true, loads = true;

		for (n = 0; n < 4000; n++) {
			struct insn st = insn(formats[f].aux, 0, 10, 0, 0);
			struct insn ld = insn(formats[f].aux == ST_SPILL ? LD_FILL : formats[f].aux,
					      11, 0, 0, 0);
			struct fpreg value = fp_make(rnd64() & 1, 0x10000 + (rnd64() % 200) - 100,
						     rnd64() | 1ull << 63);
			uint64_t at = PA + 32 + n % 17;
			uint8_t bytes[16];

			/* Values that the format holds exactly come back as they were. */
			if (formats[f].aux == FP_S)
				value.sig &= ~0ull << 40;
			if (formats[f].aux == FP_D)
				value.sig &= ~0ull << 11;
			if (formats[f].aux == FP_8)
				value.se = 0x1003e;
			start();
			v->be = n & 1;
			v->gr[3] = at;
			v->fr[10] = value;
			expect_bytes(formats[f].aux, value, bytes);
			if (v->be)
				reverse(bytes, size);
			/* The second access of two finds the page in the machine TLB. */
			if (n & 2)
				exec_stf(v, &st);
			stores = stores && exec_stf(v, &st) == EXEC_NEXT &&
				 !memcmp(v->window + at, bytes, size) &&
				 v->window[at + size] == 0xee && v->window[at - 1] == 0xee;
			loads = loads && exec_ldf(v, &ld) == EXEC_NEXT && equal(v->fr[11], value);
		}
		ktap_result(stores, "stf %s: bytes in both orders, every alignment",
			    formats[f].name);
		ktap_result(loads, "ldf %s: gives back what was stored", formats[f].name);
	}
}

static void test_pairs(void)
{
	static const struct { const char *name; uint32_t aux, size; } kinds[] = {
		{ "ldfps", FP_S, 4 }, { "ldfpd", FP_D, 8 }, { "ldfp8", FP_8, 8 },
	};
	uint32_t k, be;

	for (k = 0; k < 3; k++)
		for (be = 0; be < 2; be++) {
			struct insn pair = insn(kinds[k].aux, 10, 0, 13, 2 * kinds[k].size);
			struct insn one = insn(kinds[k].aux, 20, 0, 0, kinds[k].size);
			struct insn two = insn(kinds[k].aux, 21, 0, 0, 0);
			uint64_t words[2] = { rnd64(), rnd64() };
			bool ok;

			start();
			v->be = be;
			memcpy(v->window + PA, words, 16);
			ok = exec_ldf_imm(v, &one) == EXEC_NEXT && exec_ldf(v, &two) == EXEC_NEXT;
			v->gr[3] = PA;
			ok = ok && exec_ldfp_imm(v, &pair) == EXEC_NEXT &&
			     v->gr[3] == PA + 2 * kinds[k].size && equal(v->fr[10], v->fr[20]) &&
			     equal(v->fr[13], v->fr[21]);
			ktap_result(ok, "%s: two single loads, %s", kinds[k].name,
				    be ? "big endian" : "little endian");
		}
	start();
	{
		struct insn even = insn(FP_D, 10, 0, 12, 0), rotated = insn(FP_D, 10, 0, 33, 0);

		ktap_result(exec_ldfp(v, &even) == EXEC_FAULT,
			    "ldfp: two even registers are illegal");
		start();
		ktap_result(exec_ldfp(v, &rotated) == EXEC_NEXT, "ldfp: an even and an odd one");
		v->frame.rrb_fr = 1;
		ktap_result(exec_ldfp(v, &rotated) == EXEC_FAULT, "ldfp: rotation counts");
	}
}

/* The ISR that the last fault left. */
static uint64_t isr(void)
{
	return v->vpd->vcr[CR_ISR];
}

static uint32_t vec(void)
{
	return (uint32_t)(v->ip - IVA);
}

static void test_faults(void)
{
	struct insn ld = insn(FP_D, 10, 2, 0, 8), st = insn(FP_D, 0, 10, 0, 8);
	struct insn f1 = insn(FP_D, 1, 0, 0, 8), spill = insn(ST_SPILL, 0, 10, 0, 16);
	struct fpreg before;

	start();
	ktap_result(exec_ldf(v, &f1) == EXEC_FAULT && vec() == VEC_GENERAL_EXCEPTION,
		    "ldf: f1 is no target");
	start();
	v->nat[3] = 1;
	before = v->fr[10];
	ktap_result(exec_ldf_imm(v, &ld) == EXEC_FAULT && vec() == VEC_NAT_CONSUMPTION &&
		    isr() == (0x10 | ISR_R) && equal(v->fr[10], before) && v->gr[3] == PA,
		    "ldf: a NaT address");
	start();
	v->fr[10] = fp_natval();
	ktap_result(exec_stf(v, &st) == EXEC_FAULT && vec() == VEC_NAT_CONSUMPTION &&
		    isr() == (0x10 | ISR_W), "stf: NaTVal");
	start();
	v->fr[10] = fp_natval();
	ktap_result(exec_stf_imm(v, &spill) == EXEC_NEXT && v->gr[3] == PA + 16,
		    "stf.spill: NaTVal");
	start();
	psr_set(v, PSR_IC | PSR_DFL);
	ktap_result(exec_ldf(v, &ld) == EXEC_FAULT && vec() == VEC_DISABLED_FP && (isr() & 3) == 1,
		    "ldf: low registers disabled");
	start();
	ld.r1 = 40;
	psr_set(v, PSR_IC | PSR_DFH);
	ktap_result(exec_ldf(v, &ld) == EXEC_FAULT && vec() == VEC_DISABLED_FP && (isr() & 3) == 2,
		    "ldf: high registers disabled");
	start();
	psr_set(v, PSR_IC);
	exec_ldf(v, &ld);
	ktap_result((psr_get(v) & (PSR_MFL | PSR_MFH)) == PSR_MFH, "ldf: sets PSR.mfh");
	start();
	v->gr[2] = 24;
	v->nat[2] = 1;
	ktap_result(exec_ldf_reg(v, &ld) == EXEC_NEXT && v->gr[3] == PA + 24 && v->nat[3] == 1,
		    "ldf: a NaT increment spreads");
}

static void test_speculation(void)
{
	struct insn lds = insn(FP_D | LD_S, 10, 0, 0, 8), lda = insn(FP_D | LD_A, 10, 0, 0, 8);
	struct insn ld8a = insn(FP_8 | LD_A, 10, 0, 0, 0), ldc = insn(FP_D | LD_C, 10, 0, 0, 8);
	struct insn clr = insn(FP_D | LD_C | LD_CLR, 10, 0, 0, 8);
	struct insn pair = insn(FP_D | LD_S, 10, 0, 11, 16), st = insn(FP_D, 0, 12, 0, 0);
	struct fpreg held;

	start();
	v->nat[3] = 1;
	ktap_result(exec_ldf_imm(v, &lds) == EXEC_NEXT && fp_is_natval(v->fr[10]) &&
			    v->nat[3] == 1 && v->gr[3] == PA + 8,
		    "ldf.s: a NaT address gives NaTVal");
	start();
	v->gr[3] = UC | PA;
	ktap_result(exec_ldf(v, &lds) == EXEC_NEXT && fp_is_natval(v->fr[10]),
		    "ldf.s: uncacheable memory");
	ktap_result(exec_ldf(v, &lda) == EXEC_NEXT && equal(v->fr[10], fp_make(false, 0, 0)) &&
		    alat_entries(v) == 0, "ldf.a: uncacheable memory gives zero");
	ktap_result(exec_ldf(v, &ld8a) == EXEC_NEXT && equal(v->fr[10], fp_from_int(0)),
		    "ldf8.a: uncacheable memory gives integer zero");
	ktap_result(exec_ldfp(v, &pair) == EXEC_NEXT && fp_is_natval(v->fr[10]) &&
		    fp_is_natval(v->fr[11]), "ldfp.s: both are deferred");
	start();
	psr_set(v, PSR_IC | PSR_ED);
	ktap_result(exec_ldf(v, &lds) == EXEC_NEXT && fp_is_natval(v->fr[10]), "ldf.s: PSR.ed");

	start();
	exec_ldf(v, &lda);
	held = v->fr[10];
	ktap_result(alat_entries(v) == 1, "ldf.a: enters the ALAT");
	/* Another way to the same memory: what the ALAT vouches for is not loaded again. */
	memset(v->window + PA, 0x11, 8);
	ktap_result(exec_ldf_imm(v, &ldc) == EXEC_NEXT && equal(v->fr[10], held) &&
		    v->gr[3] == PA + 8 && alat_entries(v) == 1, "ldf.c.nc: a hit loads nothing");
	v->gr[3] = PA + 4;
	v->fr[12] = fp_from_double(0);
	exec_stf(v, &st);
	ktap_result(alat_entries(v) == 0, "stf: removes what it overlaps");
	v->gr[3] = PA;
	ktap_result(exec_ldf(v, &ldc) == EXEC_NEXT && !equal(v->fr[10], held) && alat_entries(v) == 1,
		    "ldf.c.nc: a miss loads, and enters the ALAT");
	ktap_result(exec_ldf(v, &clr) == EXEC_NEXT && alat_entries(v) == 0,
		    "ldf.c.clr: a hit clears");
	ktap_result(exec_ldf(v, &clr) == EXEC_NEXT && alat_entries(v) == 0,
		    "ldf.c.clr: a miss does not enter");
}

static void test_moves(void)
{
	struct insn set = insn(0, 10, 4, 0, 0), get = insn(0, 5, 10, 0, 0);
	bool ok = true;
	uint32_t n;

	for (n = 0; n < 1000; n++) {
		uint64_t x = rnd64();

		start();
		v->gr[4] = x;
		exec_setf_sig(v, &set);
		exec_getf_sig(v, &get);
		ok = ok && v->gr[5] == x && v->fr[10].se == 0x1003e;
		exec_setf_exp(v, &set);
		exec_getf_exp(v, &get);
		ok = ok && v->gr[5] == (x & 0x3ffff) && v->fr[10].sig == 1ull << 63;
		exec_setf_d(v, &set);
		exec_getf_d(v, &get);
		ok = ok && v->gr[5] == x;
		exec_setf_s(v, &set);
		exec_getf_s(v, &get);
		ok = ok && v->gr[5] == (x & 0xffffffff);
	}
	ktap_result(ok, "setf, getf: there and back");
	start();
	v->nat[4] = 1;
	exec_setf_d(v, &set);
	ktap_result(fp_is_natval(v->fr[10]), "setf: NaT becomes NaTVal");
	exec_getf_exp(v, &get);
	ktap_result(v->nat[5] && v->gr[5] == 0x1fffe, "getf: NaTVal becomes NaT");
}

/* Stores and getf of the same doubles, held in double form and as ldfd makes them. */
static void test_forms(void)
{
	struct insn get = insn(0, 5, 10, 0, 0);
	int (*const getf[])(struct vcpu *, const struct insn *) = {
		exec_getf_sig, exec_getf_exp, exec_getf_s, exec_getf_d,
	};
	bool ok = true;
	uint32_t n, k;

	start();
	for (n = 0; n < 4096; n++) {
		uint64_t bits = (uint64_t)n << 52 | (n & 3 ? rnd64() >> 12 : (uint64_t)n >> 2 & 1);
		uint64_t values[4];
		uint8_t bytes[5][16];

		for (k = 0; k < 5; k++) {
			struct insn st = insn(formats[k].aux, 0, 10, 0, 0);

			memset(v->window + PA, 0xee, 16);
			v->fr[10] = fp_from_double(bits);
			ok = ok && exec_stf(v, &st) == EXEC_NEXT;
			memcpy(bytes[k], v->window + PA, 16);
			memset(v->window + PA, 0xee, 16);
			v->fr[10] = fp_double_form(bits);
			ok = ok && exec_stf(v, &st) == EXEC_NEXT &&
			     !memcmp(bytes[k], v->window + PA, 16);
		}
		v->fr[10] = fp_from_double(bits);
		for (k = 0; k < 4; k++) {
			getf[k](v, &get);
			values[k] = v->gr[5];
		}
		v->fr[10] = fp_double_form(bits);
		for (k = 0; k < 4; k++) {
			getf[k](v, &get);
			ok = ok && v->gr[5] == values[k];
		}
	}
	ktap_result(ok, "stf, getf: double form");
}

int main(void)
{
	ktap_begin();
	world_create();
	test_round_trips();
	test_pairs();
	test_faults();
	test_speculation();
	test_moves();
	test_forms();
	return ktap_end();
}
