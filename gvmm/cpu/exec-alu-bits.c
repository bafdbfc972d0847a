// SPDX-License-Identifier: GPL-2.0-only
/* Shifts, bit fields, extensions and population count (SDM 3:2; formats I5 to I15, I29). */
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

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
	struct gr a = gr_load(v, i->r2), count = gr_load(v, i->r3);

	return gr_result(v, i, count.value > 63 ? 0 : a.value << count.value, a.nat | count.nat);
}

int exec_shr(struct vcpu *v, const struct insn *i)
{
	struct gr count = gr_load(v, i->r2), a = gr_load(v, i->r3);
	uint32_t n = count.value > 63 ? 63 : (uint32_t)count.value;

	return gr_result(v, i, (uint64_t)((int64_t)a.value >> n), a.nat | count.nat);
}

int exec_shr_u(struct vcpu *v, const struct insn *i)
{
	struct gr count = gr_load(v, i->r2), a = gr_load(v, i->r3);

	return gr_result(v, i, count.value > 63 ? 0 : a.value >> count.value, a.nat | count.nat);
}

int exec_shrp(struct vcpu *v, const struct insn *i)
{
	struct gr high = gr_load(v, i->r2), low = gr_load(v, i->r3);
	uint32_t n = i->imm & 63;

	return gr_result(v, i, n ? high.value << (64 - n) | low.value >> n : low.value,
			 high.nat | low.nat);
}

int exec_extr(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	struct gr a = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)((int64_t)(a.value << (64 - pos - len)) >> (64 - len)),
			 a.nat);
}

int exec_extr_u(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	struct gr a = gr_load(v, i->r3);

	return gr_result(v, i, a.value >> pos & low_mask(len), a.nat);
}

int exec_dep_z(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	struct gr a = gr_load(v, i->r2);

	return gr_result(v, i, (a.value & low_mask(len)) << pos, a.nat);
}

int exec_dep_imm(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t field = low_mask(len) << pos;
	struct gr a = gr_load(v, i->r3);

	return gr_result(v, i, i->r2 ? a.value | field : a.value & ~field, a.nat);
}

int exec_dep(struct vcpu *v, const struct insn *i)
{
	uint32_t pos = i->imm & 63, len = clip(pos, i->r4);
	uint64_t field = low_mask(len) << pos;
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, (b.value & ~field) | (a.value << pos & field), a.nat | b.nat);
}

int exec_zxt(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r3);

	return gr_result(v, i, a.value & low_mask(8u << i->aux), a.nat);
}

int exec_sxt(struct vcpu *v, const struct insn *i)
{
	uint32_t shift = 64 - (8u << i->aux);
	struct gr a = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)((int64_t)(a.value << shift) >> shift), a.nat);
}

int exec_popcnt(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r3);
	uint64_t x = a.value;

	/* Pairs, nibbles, bytes, then the sum of all bytes in the top one. */
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return gr_result(v, i, x * 0x0101010101010101 >> 56, a.nat);
}
