// SPDX-License-Identifier: GPL-2.0-only
/* Parallel arithmetic and compares on 1, 2 and 4-byte elements (SDM 3:2; A9, A10, I1, I2). */
#include "gvmm/cpu/exec-mm.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"

int mm_put(struct vcpu *v, const struct insn *i, uint64_t value, uint8_t nat)
{
	return gr_result(v, i, value, nat);
}

/*
 * Sum or difference of an element of r2 and one of r3 with the saturation of
 * an AUX_SAT; .uus takes the second one signed.
 */
static int64_t add_one(uint32_t aux, bool sub, uint64_t x, uint64_t y, uint32_t n)
{
	uint32_t size = aux & SAT_SIZE, bits = 8u << size;
	uint32_t kind = aux & SAT_KIND;
	int64_t a, b, sum;

	a = kind == SAT_SSS ? lane_signed(x, size, n) : (int64_t)lane(x, size, n);
	b = kind == SAT_SSS || kind == SAT_UUS ? lane_signed(y, size, n) :
						 (int64_t)lane(y, size, n);
	sum = sub ? a - b : a + b;
	switch (kind) {
	case SAT_SSS:
		return saturate_signed(sum, bits);
	case SAT_UUU:
	case SAT_UUS:
		return saturate_unsigned(sum, bits);
	default:
		return sum;
	}
}

static int add_sub(struct vcpu *v, const struct insn *i, bool sub)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & SAT_SIZE, n;

	for (n = 0; n < 8u >> size; n++)
		r |= lane_at((uint64_t)add_one(i->aux, sub, x, y, n), size, n);
	return mm_put(v, i, r, mm_nat(v, i));
}

int exec_padd(struct vcpu *v, const struct insn *i)
{
	return add_sub(v, i, false);
}

int exec_psub(struct vcpu *v, const struct insn *i)
{
	return add_sub(v, i, true);
}

/* Average, rounded to an odd last bit, or with .raz away from zero. */
int exec_pavg(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, n;

	for (n = 0; n < 8u >> size; n++) {
		uint64_t sum = lane(x, size, n) + lane(y, size, n);

		r |= lane_at(i->aux & 4 ? (sum + 1) >> 1 : sum >> 1 | (sum & 1), size, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Half the difference, rounded to an odd last bit. */
int exec_pavgsub(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, n;

	for (n = 0; n < 8u >> size; n++) {
		uint64_t diff = lane(x, size, n) - lane(y, size, n);

		r |= lane_at(diff >> 1 | (diff & 1), size, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

int exec_pcmp_eq(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, n;

	for (n = 0; n < 8u >> size; n++)
		r |= lane_at(lane(x, size, n) == lane(y, size, n) ? ~0ull : 0, size, n);
	return mm_put(v, i, r, mm_nat(v, i));
}

int exec_pcmp_gt(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, n;

	for (n = 0; n < 8u >> size; n++)
		r |= lane_at(lane_signed(x, size, n) > lane_signed(y, size, n) ? ~0ull : 0, size,
			     n);
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Unsigned bytes (aux 0) or signed halves (aux 1). */
static int64_t min_max_lane(uint32_t aux, uint64_t x, uint32_t n)
{
	return aux ? lane_signed(x, 1, n) : (int64_t)lane(x, 0, n);
}

int exec_pmin(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 1, n;

	for (n = 0; n < 8u >> size; n++) {
		int64_t a = min_max_lane(size, x, n), b = min_max_lane(size, y, n);

		r |= lane_at((uint64_t)(a < b ? a : b), size, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

int exec_pmax(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 1, n;

	for (n = 0; n < 8u >> size; n++) {
		int64_t a = min_max_lane(size, x, n), b = min_max_lane(size, y, n);

		r |= lane_at((uint64_t)(a > b ? a : b), size, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Two 32-bit products: of the odd halves (.l, aux 1) or the even ones (.r). */
int exec_pmpy2(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t n;

	for (n = 0; n < 2; n++) {
		uint32_t half = 2 * n + (i->aux & 1);

		r |= lane_at((uint64_t)(lane_signed(x, 1, half) * lane_signed(y, 1, half)), 2, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Sixteen bits of each product, from bit imm up; aux 1: unsigned. */
int exec_pmpyshr2(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t n;

	for (n = 0; n < 4; n++) {
		uint64_t product =
			i->aux ? lane(x, 1, n) * lane(y, 1, n) :
				 (uint64_t)(lane_signed(x, 1, n) * lane_signed(y, 1, n));

		r |= lane_at(product >> (i->imm & 31), 1, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Sum of the absolute differences of unsigned bytes. */
int exec_psad1(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t n;

	for (n = 0; n < 8; n++) {
		uint64_t a = lane(x, 0, n), b = lane(y, 0, n);

		r += a > b ? a - b : b - a;
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Shift left with signed saturation, then add; a saturated shift is the result. */
int exec_pshladd2(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t n;

	for (n = 0; n < 4; n++) {
		int64_t shifted = lane_signed(x, 1, n) * (1 << (i->imm & 3));

		if (shifted == saturate_signed(shifted, 16))
			shifted += lane_signed(y, 1, n);
		r |= lane_at((uint64_t)saturate_signed(shifted, 16), 1, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

int exec_pshradd2(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t n;

	for (n = 0; n < 4; n++) {
		int64_t sum = (lane_signed(x, 1, n) >> (i->imm & 3)) + lane_signed(y, 1, n);

		r |= lane_at((uint64_t)saturate_signed(sum, 16), 1, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}
