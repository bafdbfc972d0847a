// SPDX-License-Identifier: GPL-2.0-only
/* Breaks, serialization and what has no encoding (SDM 3:2). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"

int exec_illegal(struct vcpu *v, const struct insn *i)
{
	(void)i;
	return raise_illegal(v);
}

/*
 * IIM gets the immediate zero-extended: 21 bits of it, also of break.x; break.b
 * has none that counts.
 */
int exec_break(struct vcpu *v, const struct insn *i)
{
	uint64_t imm = i->op == OP_BREAK_B ? 0 : (uint64_t)i->imm & 0x1fffff;

	if (break_is_firmware(v, imm))
		return firmware_call(v, imm);
	return raise_break(v, imm);
}

/* PSR.vm is not virtualized (SDM 2:11.3): as on a processor that lacks it. */
int exec_vmsw(struct vcpu *v, const struct insn *i)
{
	(void)i;
	return raise_illegal(v);
}

/* Changes take effect at once, so that there is nothing to wait for. */
int exec_srlz_d(struct vcpu *v, const struct insn *i)
{
	(void)v;
	(void)i;
	return EXEC_NEXT;
}

int exec_srlz_i(struct vcpu *v, const struct insn *i)
{
	(void)v;
	(void)i;
	return EXEC_SYNC;
}
