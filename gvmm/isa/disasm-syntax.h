/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How operands are written, in a small language; all but these stands for
 * itself. N is the number of a field of struct insn, 1 to 4.
 *
 *	%gN %fN %bN %pN	general, floating-point, branch or predicate register
 *	%a %c		application, control register (always field 3)
 *	%nN %hN		the field as a number, decimal or hexadecimal
 *	%r		field 4 as rotating registers: eight times that
 *	%d %x		the immediate, decimal or hexadecimal
 *	%m		the immediate as mux1's permutation
 *	%t		the address of the target
 *	%i %q %l	value, position and length of a deposited immediate
 *	%j		the address of the branch that brp and mov to BR are for
 */
#ifndef GVMM_ISA_DISASM_SYNTAX_H
#define GVMM_ISA_DISASM_SYNTAX_H

#include <gvmm/isa/insn.h>
#include <gvmm/isa/text.h>

/* The syntax of an instruction's operands, from its format or its own. */
const char *disasm_syntax(unsigned int op);

/*
 * Pseudo-instructions: if objdump writes i, held by slot, as another
 * instruction, writes that one's mnemonic and returns the syntax of its
 * operands. Otherwise writes nothing and returns NULL.
 */
const char *disasm_pseudo(struct text *t, const struct insn *i, uint64_t slot);

/* Writes the completers that bear no semantics: hints, and sf. */
void disasm_completers(struct text *t, const struct insn *i, uint64_t slot);

/* Writes the operands of i, held by slot of the bundle at ip, by syntax. */
void disasm_operands(struct text *t, const char *syntax, const struct insn *i, uint64_t slot,
		     uint64_t ip);

#endif
