// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the opcode table, a line each: id, unit, format, mnemonic, handler,
 * file of the handler, flags. `make -C tests oplist` runs it.
 */
#include <stdio.h>
#include <gvmm/isa/opcodes.h>

static const struct {
	const char *id, *unit, *format, *mnemonic, *exec, *file;
	unsigned int flags;
} rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ #id, #unit, #format, mnemonic, #exec, #file, flags },
#include <gvmm/isa/opcodes.def>
#undef OP
};

int main(void)
{
	static const char *const flags[8] = {
		"priv", "branch", "mem", "fp", "nopred", "unc", "slot2", "",
	};

	for (unsigned int n = 0; n < RIVEN_NR_OPS; n++) {
		printf("%-22s %-4s %-4s %-18s %-20s %-7s", rows[n].id, rows[n].unit,
		       rows[n].format, rows[n].mnemonic, rows[n].exec, rows[n].file);
		for (unsigned int f = 0; f < 8; f++)
			if (rows[n].flags >> f & 1)
				printf(" %s", flags[f]);
		printf("\n");
	}
	return 0;
}
