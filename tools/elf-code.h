/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code and the symbols of an IA-64 ELF file: 64-bit as Linux has them,
 * 32-bit and big-endian as HP-UX has them too.
 */
#ifndef TOOLS_ELF_CODE_H
#define TOOLS_ELF_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of code; bytes are the file's own. */
struct code_range {
	const char *name;	/* of the section, or "segment" */
	uint32_t section;	/* number that symbols go by: 0 unless relocatable */
	uint64_t address;
	const uint8_t *bytes;
	uint64_t size;
};

struct code_symbol {
	uint64_t address;
	uint32_t section;
	bool function;		/* STT_FUNC: preferred to others at one address */
	const char *name;	/* in the file's bytes, null-terminated there */
};

struct elf_code {
	struct code_range *ranges;
	size_t nr_ranges;
	struct code_symbol *symbols;	/* by section and address */
	size_t nr_symbols;
};

/*
 * Finds the code in size bytes of a file, which must stay. Returns NULL, or
 * what is wrong with the file as the end of a sentence.
 */
const char *elf_code_open(struct elf_code *code, const uint8_t *bytes, size_t size);
void elf_code_close(struct elf_code *code);

/*
 * The last symbol at or below address in the same section, NULL if there is
 * none; section as in struct code_range.
 */
const struct code_symbol *elf_code_symbol(const struct elf_code *code, uint32_t section,
					  uint64_t address);

#endif
