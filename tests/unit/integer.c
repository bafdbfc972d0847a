// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integer instructions: bit fields and shifts against bit-by-bit models on
 * random operands, and every compare type over NaT, relation and predicate.
 */
#include <stdlib.h>

#include "gvmm/cpu/fault.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "tests/lib/ktap.h"

#define ROUNDS	20000

int raise_illegal(struct vcpu *v)
{
	(void)v;
	return EXEC_FAULT;
}

typedef int exec_fn(struct vcpu *v, const struct insn *i);

static struct vcpu vcpu;
static struct vpd vpd;

static uint64_t next(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool bit(uint64_t x, uint32_t n)
{
	return n < 64 && (x >> n & 1);
}

/* Models: x and y are r2 and r3, n and len position (or count) and length. */
typedef uint64_t model_fn(uint64_t x, uint64_t y, uint32_t n, uint32_t len);

static uint64_t m_shrp(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)len;
	return (uint64_t)(((unsigned __int128)x << 64 | y) >> n);
}

static uint64_t extract(uint64_t y, uint32_t n, uint32_t len, bool is_signed)
{
	uint64_t r = 0;
	uint32_t k;

	if (n + len > 64)
		len = 64 - n;
	for (k = 0; k < 64; k++)
		if (k < len ? bit(y, n + k) : is_signed && bit(y, n + len - 1))
			r |= 1ull << k;
	return r;
}

static uint64_t m_extr(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)x;
	return extract(y, n, len, true);
}

static uint64_t m_extr_u(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)x;
	return extract(y, n, len, false);
}

static uint64_t m_dep(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	uint64_t r = 0;
	uint32_t k;

	for (k = 0; k < 64; k++)
		if (k >= n && k < n + len ? bit(x, k - n) : bit(y, k))
			r |= 1ull << k;
	return r;
}

static uint64_t m_dep_z(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)y;
	return m_dep(x, 0, n, len);
}

static uint64_t m_popcnt(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	uint64_t r = 0;

	(void)x;
	(void)len;
	for (n = 0; n < 64; n++)
		r += bit(y, n);
	return r;
}

static uint64_t m_shl(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)n;
	(void)len;
	return y > 63 ? 0 : m_dep(x, 0, (uint32_t)y, 64);
}

static uint64_t m_shr(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)n;
	(void)len;
	return extract(y, x > 63 ? 63 : (uint32_t)x, 64, true);
}

static uint64_t m_shr_u(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	(void)n;
	(void)len;
	return x > 63 ? 0 : extract(y, (uint32_t)x, 64, false);
}

static uint64_t m_addp4(uint64_t x, uint64_t y, uint32_t n, uint32_t len)
{
	uint64_t sum = x + y, r = 0;

	(void)len;
	for (n = 0; n < 32; n++)
		r |= (uint64_t)bit(sum, n) << n;
	return r | (uint64_t)bit(y, 30) << 61 | (uint64_t)bit(y, 31) << 62;
}

static const struct {
	const char *name;
	exec_fn *exec;
	model_fn *model;
	bool x_nat, y_nat;	/* whose NaT counts */
} models[] = {
	{ "shrp", exec_shrp, m_shrp, true, true },
	{ "extr", exec_extr, m_extr, false, true },
	{ "extr.u", exec_extr_u, m_extr_u, false, true },
	{ "dep", exec_dep, m_dep, true, true },
	{ "dep.z", exec_dep_z, m_dep_z, true, false },
	{ "popcnt", exec_popcnt, m_popcnt, false, true },
	{ "shl", exec_shl, m_shl, true, true },
	{ "shr", exec_shr, m_shr, true, true },
	{ "shr.u", exec_shr_u, m_shr_u, true, true },
	{ "addp4", exec_addp4, m_addp4, true, true },
};

static void random_operands(void)
{
	size_t c;
	int round;

	for (c = 0; c < sizeof(models) / sizeof(models[0]); c++) {
		uint64_t x = 0, y = 0, want = 0;
		uint32_t n = 0, len = 0;
		bool ok = true, nat = false;

		for (round = 0; round < ROUNDS && ok; round++) {
			struct insn i = { .r1 = 10, .r2 = 8, .r3 = 9 };

			/* Small values too: they may be shift counts. */
			x = round & 1 ? next() : next() & 127;
			y = round & 2 ? next() : next() & 127;
			i.imm = n = next() & 63;
			i.r4 = len = 1 + (next() & 63);
			vcpu.gr[8] = x;
			vcpu.gr[9] = y;
			vcpu.nat[8] = round >> 2 & 1;
			vcpu.nat[9] = round >> 3 & 1;
			nat = (models[c].x_nat && vcpu.nat[8]) || (models[c].y_nat && vcpu.nat[9]);
			want = models[c].model(x, y, n, len);
			ok = models[c].exec(&vcpu, &i) == EXEC_NEXT && vcpu.gr[10] == want &&
			     vcpu.nat[10] == nat;
		}
		if (!ktap_result(ok, "%s", models[c].name))
			printf("# x %#lx y %#lx n %u len %u: want %#lx NaT %d, got %#lx NaT %d\n",
			       x, y, n, len, want, nat, vcpu.gr[10], vcpu.nat[10]);
	}
	vcpu.nat[8] = vcpu.nat[9] = 0;
}

/*
 * What a compare leaves in p1 and p2 (SDM 3:2 "cmp"): 0, 1, or 2 for no
 * change; rows by compare type, then NaT, false, true.
 */
static const uint8_t cmp_table[5][3][2] = {
	[CMP_NONE >> 3] = { { 0, 0 }, { 0, 1 }, { 1, 0 } },
	[CMP_UNC >> 3] = { { 0, 0 }, { 0, 1 }, { 1, 0 } },
	[CMP_AND >> 3] = { { 0, 0 }, { 0, 0 }, { 2, 2 } },
	[CMP_OR >> 3] = { { 2, 2 }, { 2, 2 }, { 1, 1 } },
	[CMP_OR_ANDCM >> 3] = { { 2, 2 }, { 2, 2 }, { 1, 0 } },
};

/* One compare of equal or different registers with old predicates; p6 and p7 as expected? */
static bool compare(exec_fn *exec, uint8_t aux, int outcome, uint32_t old)
{
	const uint8_t *want = cmp_table[(aux & CMP_CTYPE) >> 3][outcome];
	struct insn i = { .r1 = 6, .r4 = 7, .r2 = 8, .r3 = 9, .aux = aux };
	uint64_t other = 0xffff0000ffff0101;

	vcpu.gr[8] = 5;
	vcpu.gr[9] = outcome == 2 ? 5 : 6;
	vcpu.nat[9] = outcome == 0;
	/* tbit, tnat: bit 0 of r9 is what is asked for. */
	if (exec == exec_tbit)
		vcpu.gr[9] = outcome == 2;
	pr_unpack(&vcpu, other | (uint64_t)old << 6);
	if (exec(&vcpu, &i) != EXEC_NEXT)
		return false;
	vcpu.nat[9] = 0;
	return pr_pack(&vcpu) == (other | (uint64_t)(want[0] == 2 ? old & 1 : want[0]) << 6 |
			   (uint64_t)(want[1] == 2 ? old >> 1 : want[1]) << 7);
}

static void compare_types(void)
{
	static const char *const names[] = { "plain", "unc", "and", "or", "or.andcm" };
	uint32_t type, old;
	int outcome;

	for (type = 0; type < 5; type++) {
		bool cmp = true, cmp4 = true, tbit = true;

		for (outcome = 0; outcome < 3; outcome++) {
			for (old = 0; old < 4; old++) {
				cmp &= compare(exec_cmp_par, CMP_EQ | type << 3, outcome, old);
				cmp4 &= compare(exec_cmp_par, CMP_EQ | type << 3 | CMP_FOUR,
						outcome, old);
				tbit &= compare(exec_tbit, CMP_NZ | type << 3, outcome, old);
			}
		}
		ktap_result(cmp, "cmp.eq %s", names[type]);
		ktap_result(cmp4, "cmp4.eq %s", names[type]);
		ktap_result(tbit, "tbit.nz %s", names[type]);
	}
}

/* The relations over pairs whose order differs by sign and by size. */
static void relations(void)
{
	static const uint64_t values[] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffff80000000, 0xffffffffffffffff,
	};
	const size_t count = sizeof(values) / sizeof(values[0]);
	bool ok[7] = { true, true, true, true, true, true, true };
	size_t a, b;
	int four, rel;

	for (four = 0; four < 2; four++) {
		for (a = 0; a < count; a++) {
			for (b = 0; b < count; b++) {
				uint64_t x = values[a], y = values[b];
				int64_t s = four ? (int32_t)x : (int64_t)x;
				int64_t t = four ? (int32_t)y : (int64_t)y;
				bool want[7] = {
					[CMP_EQ] = s == t, [CMP_NE] = s != t, [CMP_LT] = s < t,
					[CMP_LE] = s <= t, [CMP_GT] = s > t, [CMP_GE] = s >= t,
					[CMP_LTU] = four ? (uint32_t)x < (uint32_t)y : x < y,
				};

				vcpu.gr[8] = x;
				vcpu.gr[9] = y;
				for (rel = 0; rel < 7; rel++) {
					struct insn i = {
						.r1 = 6, .r4 = 7, .r2 = 8, .r3 = 9,
						.aux = (uint8_t)(rel | CMP_UNC |
								 (four ? CMP_FOUR : 0)),
					};

					pr_unpack(&vcpu, 1);
					exec_cmp_unc(&vcpu, &i);
					ok[rel] &= pr_pack(&vcpu) == (want[rel] ? 0x41 : 0x81);
				}
			}
		}
	}
	for (rel = 0; rel < 7; rel++)
		ktap_result(ok[rel], "relation %d", rel);
}

static void special(void)
{
	struct insn unc = { .qp = 5, .r1 = 6, .r4 = 7, .aux = CMP_EQ | CMP_UNC };
	struct insn same = { .qp = 5, .r1 = 6, .r4 = 6, .aux = CMP_EQ | CMP_UNC };
	struct insn zero = { .r1 = 0, .r4 = 7, .aux = CMP_EQ };
	struct insn rot = { .r1 = 16, .r4 = 63 };
	struct insn tnat = { .r1 = 6, .r4 = 7, .r3 = 9, .aux = CMP_NZ };
	struct insn tf = { .r1 = 6, .r4 = 7, .imm = 33, .aux = CMP_NZ };
	struct insn bad = { .r1 = 0, .r2 = 8, .r3 = 9 };

	pr_unpack(&vcpu, 0xc1);
	ktap_result(exec_cmp_unc(&vcpu, &unc) == EXEC_NEXT && pr_pack(&vcpu) == 1,
		    "cmp.unc with a false predicate clears both targets");
	pr_unpack(&vcpu, 0xc1);
	ktap_result(exec_cmp_unc(&vcpu, &same) == EXEC_FAULT && pr_pack(&vcpu) == 0xc1,
		    "cmp.unc of one target faults even with a false predicate");
	pr_unpack(&vcpu, 0x81);
	ktap_result(exec_cmp_par(&vcpu, &zero) == EXEC_NEXT && pr_pack(&vcpu) == 1, "p0 stays 1");
	pr_unpack(&vcpu, 1);
	vcpu.frame.rrb_pr = 1;
	vcpu.gr[8] = vcpu.gr[9] = 3;
	ktap_result(exec_cmp_eq(&vcpu, &rot) == EXEC_NEXT && pr_pack(&vcpu) == (1 | 1 << 17),
		    "targets rotate: p16 is register 17, p63 register 16");
	vcpu.frame.rrb_pr = 0;
	vcpu.nat[9] = 1;
	ktap_result(exec_tnat(&vcpu, &tnat) == EXEC_NEXT && pr_pack(&vcpu) == (0x41 | 1 << 17),
		    "tnat.nz of a NaT");
	vcpu.nat[9] = 0;
	vpd.vcpuid[4] = 1ull << 33;
	ktap_result(exec_tf(&vcpu, &tf) == EXEC_NEXT && pr_pack(&vcpu) == (0x41 | 1 << 17),
		    "tf.nz of a set feature bit");
	ktap_result(exec_add(&vcpu, &bad) == EXEC_FAULT, "r0 as a target faults");
	bad.r1 = 34;
	vcpu.frame.sof = 2;
	ktap_result(exec_add(&vcpu, &bad) == EXEC_FAULT, "a target outside of the frame faults");
	bad.r1 = 33;
	ktap_result(exec_add(&vcpu, &bad) == EXEC_NEXT && vcpu.gr[GR_STACKED + 1] == 6,
		    "the frame's last register is a target");
}

int main(void)
{
	ktap_begin();
	vcpu.fb = GR_STACKED;
	vcpu.vpd = &vpd;
	random_operands();
	compare_types();
	relations();
	special();
	return ktap_end();
}
