// SPDX-License-Identifier: GPL-2.0-only
/* Parallel shifts, rearrangement of elements, zero index (SDM 3:2; I2 to I8, I29). */
#include "gvmm/cpu/exec-mm.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/isa/exec.h"

/* Alternate elements of r2 (left) and r3: the odd ones (.l) or the even ones (.r). */
int exec_mix(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, odd = i->aux >> 2 & 1, n;

	for (n = 0; n < 8u >> size; n += 2) {
		r |= lane_at(lane(y, size, n + odd), size, n);
		r |= lane_at(lane(x, size, n + odd), size, n + 1);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Interleave the high (.h) or low (.l, aux + 4) halves of r2 (left) and r3. */
int exec_unpack(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), y = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, half = 4u >> size, n;
	uint32_t first = i->aux & 4 ? 0 : half;

	for (n = 0; n < half; n++) {
		r |= lane_at(lane(y, size, first + n), size, 2 * n);
		r |= lane_at(lane(x, size, first + n), size, 2 * n + 1);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* Narrow signed elements with saturation, r3's to the left of r2's. */
int exec_pack(struct vcpu *v, const struct insn *i)
{
	uint64_t source[2] = { gr_get(v, i->r2), gr_get(v, i->r3) }, r = 0;
	uint32_t from = i->aux == 2 ? 2 : 1, half = 8u >> from, n;

	for (n = 0; n < 2 * half; n++) {
		int64_t x = lane_signed(source[n / half], from, n % half);

		x = i->aux == 1 ? saturate_unsigned(x, 8) : saturate_signed(x, 4u << from);
		r |= lane_at((uint64_t)x, from - 1, n);
	}
	return mm_put(v, i, r, mm_nat(v, i));
}

/* For each byte of the result, from the right, the number of the source byte, a nibble each. */
static bool mux1_order(uint32_t mbtype, uint32_t *order)
{
	switch (mbtype) {
	case MUX1_BRCST:
		*order = 0x00000000;
		return true;
	case MUX1_MIX:
		*order = 0x73516240;
		return true;
	case MUX1_SHUF:
		*order = 0x73625140;
		return true;
	case MUX1_ALT:
		*order = 0x75316420;
		return true;
	case MUX1_REV:
		*order = 0x01234567;
		return true;
	default:
		return false;
	}
}

int exec_mux1(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), r = 0;
	uint32_t order, n;

	if (!mux1_order(i->imm & 15, &order))
		return raise_illegal(v);
	for (n = 0; n < 8; n++)
		r |= lane_at(lane(x, 0, order >> 4 * n & 7), 0, n);
	return mm_put(v, i, r, gr_nat(v, i->r2));
}

int exec_mux2(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r2), r = 0;
	uint32_t n;

	for (n = 0; n < 4; n++)
		r |= lane_at(lane(x, 1, (uint64_t)i->imm >> 2 * n & 3), 1, n);
	return mm_put(v, i, r, gr_nat(v, i->r2));
}

static int shift_left(struct vcpu *v, const struct insn *i, uint64_t count, uint8_t nat)
{
	uint64_t x = gr_get(v, i->r2), r = 0;
	uint32_t size = i->aux & 3, n;

	if (count < 8u << size)
		for (n = 0; n < 8u >> size; n++)
			r |= lane_at(lane(x, size, n) << count, size, n);
	return mm_put(v, i, r, nat);
}

int exec_pshl(struct vcpu *v, const struct insn *i)
{
	return shift_left(v, i, gr_get(v, i->r3), mm_nat(v, i));
}

int exec_pshl_imm(struct vcpu *v, const struct insn *i)
{
	return shift_left(v, i, (uint64_t)i->imm, gr_nat(v, i->r2));
}

static int shift_right(struct vcpu *v, const struct insn *i, uint64_t count, uint8_t nat)
{
	uint64_t x = gr_get(v, i->r3), r = 0;
	uint32_t size = i->aux & 3, bits = 8u << size, n;

	/* An element has at most 32 bits, so that a shift by its size is defined. */
	if (count > bits)
		count = bits;
	for (n = 0; n < 8u >> size; n++)
		r |= lane_at(i->aux & 4 ? lane(x, size, n) >> count :
					  (uint64_t)(lane_signed(x, size, n) >> count),
			     size, n);
	return mm_put(v, i, r, nat);
}

int exec_pshr(struct vcpu *v, const struct insn *i)
{
	return shift_right(v, i, gr_get(v, i->r2), mm_nat(v, i));
}

int exec_pshr_imm(struct vcpu *v, const struct insn *i)
{
	return shift_right(v, i, (uint64_t)i->imm, gr_nat(v, i->r3));
}

/* Number of the first zero element from the left (.l, aux + 4) or right; all when there is none. */
int exec_czx(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r3);
	uint32_t size = i->aux & 3, count = 8u >> size, n;

	for (n = 0; n < count; n++)
		if (!lane(x, size, i->aux & 4 ? count - 1 - n : n))
			break;
	return mm_put(v, i, n, gr_nat(v, i->r3));
}
