/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interpreter's handlers, one per family of instructions; the table in
 * gvmm/isa/opcodes.def says which instruction uses which, and with what aux.
 */
#ifndef GVMM_ISA_EXEC_H
#define GVMM_ISA_EXEC_H

#include <stdint.h>

struct vcpu;
struct insn;

#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	int exec(struct vcpu *v, const struct insn *i);
#include <gvmm/isa/opcodes.def>
#undef OP

/*
 * Handler of instruction op: (const char *)exec_offset + exec_offset[op].
 * Offsets, so that the table needs no relocation (gvmm/isa/dispatch.S).
 */
extern const int32_t exec_offset[] __attribute__((visibility("hidden")));

#endif
