// SPDX-License-Identifier: GPL-2.0-only
/* Shifts, bit fields, extensions and population count (SDM 3:2; formats I5 to I15, I29). */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

static int put(struct vcpu *v, const struct insn *i, uint64_t value, uint8_t nat)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	gr_put(v, i->r1, value, nat);
	return EXEC_NEXT;
}

static uint8_t nat_r2_r3(const struct vcpu *v, const struct insn *i)
{
	return gr_nat(v, i->r2) | gr_nat(v, i->r3);
}

/* The low len bits set; len is 1 to 64. */
static uint64_t low_mask(uint32_t len)
{
	return ~0ull >> (64 - len);
}

/* Length of a field of len bits at pos, cut off at bit 63. */
static uint32_t clip(uint32_t pos, uint32_t len)
{
	return pos + len > 64 ? 64 - pos : len;
}

int exec_shl(struct vcpu *v, const struct insn *i)
{
	uint64_t count = gr_get(v, i->r3);

	return put(v, i, count > 63 ? 0 : gr_get(v, i->r2) << count, nat_r2_r3(v, i));
}

int exec_shr(struct vcpu *v, const struct insn *i)
{
	uint64_t count = gr_get(v, i->r2);

	return put(v, i, (uint64_t)((int64_t)gr_get(v, i->r3) >> (count > 63 ? 63 : count)),
		   nat_r2_r3(v, i));
}

int exec_shr_u(struct vcpu *v, const struct insn *i)
{
	uint64_t count = gr_get(v, i->r2);

	return put(v, i, count > 63 ? 0 : gr_get(v, i->r3) >> count, nat_r2_r3(v, i));
}

int exec_shrp(struct vcpu *v, const struct insn *i)
{
	uint64_t high = gr_get(v, i->r2), low = gr_get(v, i->r3);
	uint32_t count = i->imm & 63;

	return put(v, i, count ? high << (64 - count) | low >> count : low, nat_r2_r3(v, i));
}

int exec_extr(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t top = gr_get(v, i->r3) << (64 - pos - len);

	return put(v, i, (uint64_t)((int64_t)top >> (64 - len)), gr_nat(v, i->r3));
}

int exec_extr_u(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);

	return put(v, i, gr_get(v, i->r3) >> pos & low_mask(len), gr_nat(v, i->r3));
}

int exec_dep_z(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);

	return put(v, i, (gr_get(v, i->r2) & low_mask(len)) << pos, gr_nat(v, i->r2));
}

int exec_dep_imm(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t field = low_mask(len) << pos, old = gr_get(v, i->r3);

	return put(v, i, i->r2 ? old | field : old & ~field, gr_nat(v, i->r3));
}

int exec_dep(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t field = low_mask(len) << pos;

	return put(v, i, (gr_get(v, i->r3) & ~field) | (gr_get(v, i->r2) << pos & field),
		   nat_r2_r3(v, i));
}

int exec_zxt(struct vcpu *v, const struct insn *i)
{
	return put(v, i, gr_get(v, i->r3) & low_mask(8u << i->aux), gr_nat(v, i->r3));
}

int exec_sxt(struct vcpu *v, const struct insn *i)
{
	uint32_t shift = 64 - (8u << i->aux);

	return put(v, i, (uint64_t)((int64_t)(gr_get(v, i->r3) << shift) >> shift),
		   gr_nat(v, i->r3));
}

int exec_popcnt(struct vcpu *v, const struct insn *i)
{
	uint64_t x = gr_get(v, i->r3);

	/* Pairs, nibbles, bytes, then the sum of all bytes in the top one. */
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return put(v, i, x * 0x0101010101010101 >> 56, gr_nat(v, i->r3));
}
