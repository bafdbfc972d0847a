// SPDX-License-Identifier: GPL-2.0-only
/* Integer arithmetic and logic (SDM 3:2; formats A1 to A5). */
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/isa/exec.h"

/* r1 = value, NaT if r2 or r3 is. */
static int put_r2_r3(struct vcpu *v, const struct insn *i, uint64_t value)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	gr_put(v, i->r1, value, gr_nat(v, i->r2) | gr_nat(v, i->r3));
	return EXEC_NEXT;
}

/* r1 = value, NaT if r3 is. */
static int put_r3(struct vcpu *v, const struct insn *i, uint64_t value)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	gr_put(v, i->r1, value, gr_nat(v, i->r3));
	return EXEC_NEXT;
}

/* A 32-bit pointer sum: its region is that of the 32-bit pointer base (bits 31:30). */
static uint64_t pointer4(uint64_t sum, uint64_t base)
{
	return (uint32_t)sum | (base >> 30 & 3) << 61;
}

int exec_add(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) + gr_get(v, i->r3));
}

int exec_add_1(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) + gr_get(v, i->r3) + 1);
}

int exec_sub(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) - gr_get(v, i->r3));
}

int exec_sub_1(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) - gr_get(v, i->r3) - 1);
}

int exec_addp4(struct vcpu *v, const struct insn *i)
{
	uint64_t base = gr_get(v, i->r3);

	return put_r2_r3(v, i, pointer4(gr_get(v, i->r2) + base, base));
}

int exec_and(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) & gr_get(v, i->r3));
}

int exec_andcm(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) & ~gr_get(v, i->r3));
}

int exec_or(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) | gr_get(v, i->r3));
}

int exec_xor(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, gr_get(v, i->r2) ^ gr_get(v, i->r3));
}

int exec_shladd(struct vcpu *v, const struct insn *i)
{
	return put_r2_r3(v, i, (gr_get(v, i->r2) << i->imm) + gr_get(v, i->r3));
}

int exec_shladdp4(struct vcpu *v, const struct insn *i)
{
	uint64_t base = gr_get(v, i->r3);

	return put_r2_r3(v, i, pointer4((gr_get(v, i->r2) << i->imm) + base, base));
}

int exec_add_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm + gr_get(v, i->r3));
}

int exec_addp4_imm(struct vcpu *v, const struct insn *i)
{
	uint64_t base = gr_get(v, i->r3);

	return put_r3(v, i, pointer4((uint64_t)i->imm + base, base));
}

int exec_sub_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm - gr_get(v, i->r3));
}

int exec_and_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm & gr_get(v, i->r3));
}

int exec_andcm_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm & ~gr_get(v, i->r3));
}

int exec_or_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm | gr_get(v, i->r3));
}

int exec_xor_imm(struct vcpu *v, const struct insn *i)
{
	return put_r3(v, i, (uint64_t)i->imm ^ gr_get(v, i->r3));
}
