// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parallel instructions on random operands: the handlers against the host's
 * SSE2 where it has the same operation, else against formulas of another shape.
 */
#include <emmintrin.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/cpu/fault.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "tests/lib/ktap.h"

#define ROUNDS	20000

/* The only way out of these handlers but EXEC_NEXT. */
int raise_illegal(struct vcpu *v)
{
	(void)v;
	return EXEC_FAULT;
}

typedef int exec_fn(struct vcpu *v, const struct insn *i);
typedef uint64_t oracle_fn(uint64_t x, uint64_t y);

static struct vcpu vcpu;

static uint64_t next(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Random bytes, many of them near the ends of their range. */
static uint64_t operand(void)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x81, 0x7e };
	uint64_t x = next(), pick = next();
	int n;

	for (n = 0; n < 8; n++)
		if (pick >> n & 1)
			x = (x & ~(0xffull << 8 * n)) |
			    (uint64_t)edges[pick >> (8 + 3 * n) & 7] << 8 * n;
	return x;
}

static __m128i vec(uint64_t x)
{
	return _mm_set_epi64x(0, (long long)x);
}

static uint64_t low(__m128i x)
{
	return (uint64_t)_mm_cvtsi128_si64(x);
}

#define SSE(name, op) \
	static uint64_t name(uint64_t x, uint64_t y) \
	{ \
		return low(op(vec(x), vec(y))); \
	}

SSE(o_padd1, _mm_add_epi8)
SSE(o_padd2, _mm_add_epi16)
SSE(o_padd4, _mm_add_epi32)
SSE(o_padd1_sss, _mm_adds_epi8)
SSE(o_padd2_sss, _mm_adds_epi16)
SSE(o_padd1_uuu, _mm_adds_epu8)
SSE(o_padd2_uuu, _mm_adds_epu16)
SSE(o_psub1, _mm_sub_epi8)
SSE(o_psub2, _mm_sub_epi16)
SSE(o_psub4, _mm_sub_epi32)
SSE(o_psub1_sss, _mm_subs_epi8)
SSE(o_psub2_sss, _mm_subs_epi16)
SSE(o_psub1_uuu, _mm_subs_epu8)
SSE(o_psub2_uuu, _mm_subs_epu16)
SSE(o_pavg1_raz, _mm_avg_epu8)
SSE(o_pavg2_raz, _mm_avg_epu16)
SSE(o_pcmp1_eq, _mm_cmpeq_epi8)
SSE(o_pcmp2_eq, _mm_cmpeq_epi16)
SSE(o_pcmp4_eq, _mm_cmpeq_epi32)
SSE(o_pcmp1_gt, _mm_cmpgt_epi8)
SSE(o_pcmp2_gt, _mm_cmpgt_epi16)
SSE(o_pcmp4_gt, _mm_cmpgt_epi32)
SSE(o_pmin1, _mm_min_epu8)
SSE(o_pmin2, _mm_min_epi16)
SSE(o_pmax1, _mm_max_epu8)
SSE(o_pmax2, _mm_max_epi16)
SSE(o_psad1, _mm_sad_epu8)
SSE(o_pmpyshr2, _mm_mulhi_epi16)
SSE(o_pmpyshr2_u, _mm_mulhi_epu16)
SSE(o_pmpyshr2_0, _mm_mullo_epi16)

/* x + y is twice the common bits plus the different ones. */
static uint64_t o_pavg1(uint64_t x, uint64_t y)
{
	return ((x & y) + (((x ^ y) & 0xfefefefefefefefe) >> 1)) |
	       ((x ^ y) & 0x0101010101010101);
}

static uint64_t o_pavg2(uint64_t x, uint64_t y)
{
	return ((x & y) + (((x ^ y) & 0xfffefffefffefffe) >> 1)) |
	       ((x ^ y) & 0x0001000100010001);
}

static uint64_t o_unpack1_l(uint64_t x, uint64_t y)
{
	return low(_mm_unpacklo_epi8(vec(y), vec(x)));
}

static uint64_t o_unpack1_h(uint64_t x, uint64_t y)
{
	return low(_mm_srli_si128(_mm_unpacklo_epi8(vec(y), vec(x)), 8));
}

static uint64_t o_unpack2_l(uint64_t x, uint64_t y)
{
	return low(_mm_unpacklo_epi16(vec(y), vec(x)));
}

static uint64_t o_unpack2_h(uint64_t x, uint64_t y)
{
	return low(_mm_srli_si128(_mm_unpacklo_epi16(vec(y), vec(x)), 8));
}

static uint64_t o_unpack4_l(uint64_t x, uint64_t y)
{
	return x << 32 | (uint32_t)y;
}

static uint64_t o_unpack4_h(uint64_t x, uint64_t y)
{
	return (x & 0xffffffff00000000) | y >> 32;
}

static uint64_t o_pack2_sss(uint64_t x, uint64_t y)
{
	return low(_mm_packs_epi16(_mm_set_epi64x((long long)y, (long long)x), vec(0)));
}

static uint64_t o_pack2_uss(uint64_t x, uint64_t y)
{
	return low(_mm_packus_epi16(_mm_set_epi64x((long long)y, (long long)x), vec(0)));
}

static uint64_t o_pack4_sss(uint64_t x, uint64_t y)
{
	return low(_mm_packs_epi32(_mm_set_epi64x((long long)y, (long long)x), vec(0)));
}

static uint64_t o_mix1_l(uint64_t x, uint64_t y)
{
	return (x & 0xff00ff00ff00ff00) | (y >> 8 & 0x00ff00ff00ff00ff);
}

static uint64_t o_mix1_r(uint64_t x, uint64_t y)
{
	return (x << 8 & 0xff00ff00ff00ff00) | (y & 0x00ff00ff00ff00ff);
}

static uint64_t o_mix2_l(uint64_t x, uint64_t y)
{
	return (x & 0xffff0000ffff0000) | (y >> 16 & 0x0000ffff0000ffff);
}

static uint64_t o_mix2_r(uint64_t x, uint64_t y)
{
	return (x << 16 & 0xffff0000ffff0000) | (y & 0x0000ffff0000ffff);
}

static uint64_t o_pmpy2_r(uint64_t x, uint64_t y)
{
	uint64_t a = (uint32_t)((int16_t)x * (int16_t)y);

	return a | (uint64_t)(uint32_t)((int16_t)(x >> 32) * (int16_t)(y >> 32)) << 32;
}

static uint64_t o_pmpy2_l(uint64_t x, uint64_t y)
{
	return o_pmpy2_r(x >> 16, y >> 16);
}

static uint64_t o_pshl2(uint64_t x, uint64_t y)
{
	return low(_mm_sll_epi16(vec(x), vec(y)));
}

static uint64_t o_pshl4(uint64_t x, uint64_t y)
{
	return low(_mm_sll_epi32(vec(x), vec(y)));
}

static uint64_t o_pshr2(uint64_t x, uint64_t y)
{
	return low(_mm_sra_epi16(vec(y), vec(x)));
}

static uint64_t o_pshr2_u(uint64_t x, uint64_t y)
{
	return low(_mm_srl_epi16(vec(y), vec(x)));
}

static uint64_t o_pshr4(uint64_t x, uint64_t y)
{
	return low(_mm_sra_epi32(vec(y), vec(x)));
}

static uint64_t o_pshr4_u(uint64_t x, uint64_t y)
{
	return low(_mm_srl_epi32(vec(y), vec(x)));
}

static uint64_t o_pshradd2(uint64_t x, uint64_t y)
{
	return low(_mm_adds_epi16(_mm_srai_epi16(vec(x), 2), vec(y)));
}

/* Doubling with saturation twice shifts by two with saturation; but then nothing is added. */
static uint64_t o_pshladd2(uint64_t x, uint64_t y)
{
	__m128i s = _mm_adds_epi16(vec(x), vec(x)), plain = _mm_slli_epi16(vec(x), 2), fits;

	s = _mm_adds_epi16(s, s);
	fits = _mm_and_si128(_mm_cmpeq_epi16(s, plain),
			     _mm_cmpeq_epi16(_mm_srai_epi16(plain, 2), vec(x)));
	return low(_mm_adds_epi16(s, _mm_and_si128(fits, vec(y))));
}

static const struct {
	const char *name;
	exec_fn *exec;
	uint8_t aux;
	int8_t imm;
	bool count_x, count_y;	/* r2 or r3 is a shift count */
	oracle_fn *oracle;
} cases[] = {
	{ "padd1", exec_padd, AUX_SAT(0, MODULO), 0, 0, 0, o_padd1 },
	{ "padd2", exec_padd, AUX_SAT(1, MODULO), 0, 0, 0, o_padd2 },
	{ "padd4", exec_padd, AUX_SAT(2, MODULO), 0, 0, 0, o_padd4 },
	{ "padd1.sss", exec_padd, AUX_SAT(0, SSS), 0, 0, 0, o_padd1_sss },
	{ "padd2.sss", exec_padd, AUX_SAT(1, SSS), 0, 0, 0, o_padd2_sss },
	{ "padd1.uuu", exec_padd, AUX_SAT(0, UUU), 0, 0, 0, o_padd1_uuu },
	{ "padd2.uuu", exec_padd, AUX_SAT(1, UUU), 0, 0, 0, o_padd2_uuu },
	{ "psub1", exec_psub, AUX_SAT(0, MODULO), 0, 0, 0, o_psub1 },
	{ "psub2", exec_psub, AUX_SAT(1, MODULO), 0, 0, 0, o_psub2 },
	{ "psub4", exec_psub, AUX_SAT(2, MODULO), 0, 0, 0, o_psub4 },
	{ "psub1.sss", exec_psub, AUX_SAT(0, SSS), 0, 0, 0, o_psub1_sss },
	{ "psub2.sss", exec_psub, AUX_SAT(1, SSS), 0, 0, 0, o_psub2_sss },
	{ "psub1.uuu", exec_psub, AUX_SAT(0, UUU), 0, 0, 0, o_psub1_uuu },
	{ "psub2.uuu", exec_psub, AUX_SAT(1, UUU), 0, 0, 0, o_psub2_uuu },
	{ "pavg1", exec_pavg, 0, 0, 0, 0, o_pavg1 },
	{ "pavg2", exec_pavg, 1, 0, 0, 0, o_pavg2 },
	{ "pavg1.raz", exec_pavg, 4, 0, 0, 0, o_pavg1_raz },
	{ "pavg2.raz", exec_pavg, 5, 0, 0, 0, o_pavg2_raz },
	{ "pcmp1.eq", exec_pcmp_eq, 0, 0, 0, 0, o_pcmp1_eq },
	{ "pcmp2.eq", exec_pcmp_eq, 1, 0, 0, 0, o_pcmp2_eq },
	{ "pcmp4.eq", exec_pcmp_eq, 2, 0, 0, 0, o_pcmp4_eq },
	{ "pcmp1.gt", exec_pcmp_gt, 0, 0, 0, 0, o_pcmp1_gt },
	{ "pcmp2.gt", exec_pcmp_gt, 1, 0, 0, 0, o_pcmp2_gt },
	{ "pcmp4.gt", exec_pcmp_gt, 2, 0, 0, 0, o_pcmp4_gt },
	{ "pmin1.u", exec_pmin, 0, 0, 0, 0, o_pmin1 },
	{ "pmin2", exec_pmin, 1, 0, 0, 0, o_pmin2 },
	{ "pmax1.u", exec_pmax, 0, 0, 0, 0, o_pmax1 },
	{ "pmax2", exec_pmax, 1, 0, 0, 0, o_pmax2 },
	{ "psad1", exec_psad1, 0, 0, 0, 0, o_psad1 },
	{ "pmpyshr2 16", exec_pmpyshr2, 0, 16, 0, 0, o_pmpyshr2 },
	{ "pmpyshr2.u 16", exec_pmpyshr2, 1, 16, 0, 0, o_pmpyshr2_u },
	{ "pmpyshr2 0", exec_pmpyshr2, 0, 0, 0, 0, o_pmpyshr2_0 },
	{ "pmpyshr2.u 0", exec_pmpyshr2, 1, 0, 0, 0, o_pmpyshr2_0 },
	{ "pmpy2.r", exec_pmpy2, 0, 0, 0, 0, o_pmpy2_r },
	{ "pmpy2.l", exec_pmpy2, 1, 0, 0, 0, o_pmpy2_l },
	{ "unpack1.l", exec_unpack, 4, 0, 0, 0, o_unpack1_l },
	{ "unpack1.h", exec_unpack, 0, 0, 0, 0, o_unpack1_h },
	{ "unpack2.l", exec_unpack, 5, 0, 0, 0, o_unpack2_l },
	{ "unpack2.h", exec_unpack, 1, 0, 0, 0, o_unpack2_h },
	{ "unpack4.l", exec_unpack, 6, 0, 0, 0, o_unpack4_l },
	{ "unpack4.h", exec_unpack, 2, 0, 0, 0, o_unpack4_h },
	{ "pack2.sss", exec_pack, 0, 0, 0, 0, o_pack2_sss },
	{ "pack2.uss", exec_pack, 1, 0, 0, 0, o_pack2_uss },
	{ "pack4.sss", exec_pack, 2, 0, 0, 0, o_pack4_sss },
	{ "mix1.l", exec_mix, 4, 0, 0, 0, o_mix1_l },
	{ "mix1.r", exec_mix, 0, 0, 0, 0, o_mix1_r },
	{ "mix2.l", exec_mix, 5, 0, 0, 0, o_mix2_l },
	{ "mix2.r", exec_mix, 1, 0, 0, 0, o_mix2_r },
	{ "mix4.l", exec_mix, 6, 0, 0, 0, o_unpack4_h },
	{ "mix4.r", exec_mix, 2, 0, 0, 0, o_unpack4_l },
	{ "pshl2", exec_pshl, 1, 0, 0, 1, o_pshl2 },
	{ "pshl4", exec_pshl, 2, 0, 0, 1, o_pshl4 },
	{ "pshr2", exec_pshr, 1, 0, 1, 0, o_pshr2 },
	{ "pshr2.u", exec_pshr, 5, 0, 1, 0, o_pshr2_u },
	{ "pshr4", exec_pshr, 2, 0, 1, 0, o_pshr4 },
	{ "pshr4.u", exec_pshr, 6, 0, 1, 0, o_pshr4_u },
	{ "pshradd2 2", exec_pshradd2, 0, 2, 0, 0, o_pshradd2 },
	{ "pshladd2 2", exec_pshladd2, 0, 2, 0, 0, o_pshladd2 },
};

/* One handler on one pair: r10 = r8, r9. */
static uint64_t run(exec_fn *exec, uint8_t aux, int64_t imm, uint64_t x, uint64_t y)
{
	struct insn i = { .r1 = 10, .r2 = 8, .r3 = 9, .aux = aux, .imm = imm };

	vcpu.gr[8] = x;
	vcpu.gr[9] = y;
	if (exec(&vcpu, &i) != EXEC_NEXT)
		abort();
	return vcpu.gr[10];
}

static void random_operands(void)
{
	size_t c;
	int n;

	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		uint64_t x = 0, y = 0, got = 0, want = 0;
		bool ok = true;

		for (n = 0; n < ROUNDS && ok; n++) {
			x = operand();
			y = operand();
			/* Mostly small shift counts, some with high bits set. */
			if (cases[c].count_x)
				x = n % 8 ? x & 63 : x;
			if (cases[c].count_y)
				y = n % 8 ? y & 63 : y;
			got = run(cases[c].exec, cases[c].aux, cases[c].imm, x, y);
			want = cases[c].oracle(x, y);
			ok = got == want;
		}
		if (!ktap_result(ok, "%s", cases[c].name))
			printf("# x %#lx y %#lx: expected %#lx, got %#lx\n", x, y, want, got);
	}
}

static void fixed(const char *name, uint64_t got, uint64_t want)
{
	if (!ktap_result(got == want, "%s", name))
		printf("# expected %#lx, got %#lx\n", want, got);
}

/* What SSE2 has no like of. */
static void fixed_operands(void)
{
	const uint64_t bytes = 0x7766554433221100;

	fixed("mux1 @brcst", run(exec_mux1, 0, 0x0, bytes + 0x42, 0), 0x4242424242424242);
	fixed("mux1 @mix", run(exec_mux1, 0, 0x8, bytes, 0), 0x7733551166224400);
	fixed("mux1 @shuf", run(exec_mux1, 0, 0x9, bytes, 0), 0x7733662255114400);
	fixed("mux1 @alt", run(exec_mux1, 0, 0xa, bytes, 0), 0x7755331166442200);
	fixed("mux1 @rev", run(exec_mux1, 0, 0xb, bytes, 0), 0x0011223344556677);
	fixed("mux2 @rev", run(exec_mux2, 0, 0x1b, bytes, 0), 0x1100332255447766);
	fixed("czx1.l", run(exec_czx, 4, 0, 0, 0x1122330044550077), 3);
	fixed("czx1.r", run(exec_czx, 0, 0, 0, 0x1122330044550077), 1);
	fixed("czx2.l", run(exec_czx, 5, 0, 0, 0x1122000044550077), 1);
	fixed("czx2.r", run(exec_czx, 1, 0, 0, 0x1122000044550077), 2);
	fixed("czx1.l without a zero", run(exec_czx, 4, 0, 0, 0x0101010101010101), 8);
	fixed("czx2.r without a zero", run(exec_czx, 1, 0, 0, 0x0100010001000100), 4);
	fixed("padd1.uus", run(exec_padd, AUX_SAT(0, UUS), 0, 0xff01f010, 0x80fe7ff0), 0x7f00ff00);
	fixed("psub1.uus", run(exec_psub, AUX_SAT(0, UUS), 0, 0xff01f010, 0x80017ff0), 0xff007120);
	fixed("pavgsub1", run(exec_pavgsub, 0, 0, 0x00ff0301, 0xff000101), 0x817f0100);
	fixed("pavgsub2", run(exec_pavgsub, 1, 0, 0x00030000ffff, 0x000100010000),
	      0x0001ffff7fff);
}

int main(void)
{
	ktap_begin();
	vcpu.fb = GR_STACKED;
	random_operands();
	fixed_operands();
	return ktap_end();
}
