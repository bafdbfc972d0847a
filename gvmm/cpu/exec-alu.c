// SPDX-License-Identifier: GPL-2.0-only
/* Integer arithmetic and logic (SDM 3:2; formats A1 to A5). */
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

/* A 32-bit pointer sum: its region is that of the 32-bit pointer base (bits 31:30). */
static uint64_t pointer4(uint64_t sum, uint64_t base)
{
	return (uint32_t)sum | (base >> 30 & 3) << 61;
}

int exec_add(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value + b.value, a.nat | b.nat);
}

int exec_add_1(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value + b.value + 1, a.nat | b.nat);
}

int exec_sub(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value - b.value, a.nat | b.nat);
}

int exec_sub_1(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value - b.value - 1, a.nat | b.nat);
}

int exec_addp4(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, pointer4(a.value + b.value, b.value), a.nat | b.nat);
}

int exec_and(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value & b.value, a.nat | b.nat);
}

int exec_andcm(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value & ~b.value, a.nat | b.nat);
}

int exec_or(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value | b.value, a.nat | b.nat);
}

int exec_xor(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, a.value ^ b.value, a.nat | b.nat);
}

int exec_shladd(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, (a.value << i->imm) + b.value, a.nat | b.nat);
}

int exec_shladdp4(struct vcpu *v, const struct insn *i)
{
	struct gr a = gr_load(v, i->r2), b = gr_load(v, i->r3);

	return gr_result(v, i, pointer4((a.value << i->imm) + b.value, b.value), a.nat | b.nat);
}

int exec_add_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm + b.value, b.nat);
}

int exec_addp4_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, pointer4((uint64_t)i->imm + b.value, b.value), b.nat);
}

int exec_sub_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm - b.value, b.nat);
}

int exec_and_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm & b.value, b.nat);
}

int exec_andcm_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm & ~b.value, b.nat);
}

int exec_or_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm | b.value, b.nat);
}

int exec_xor_imm(struct vcpu *v, const struct insn *i)
{
	struct gr b = gr_load(v, i->r3);

	return gr_result(v, i, (uint64_t)i->imm ^ b.value, b.nat);
}
