// SPDX-License-Identifier: GPL-2.0-only
/* Reading ELF files for the disassembler. No field of the file is trusted. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "elf-code.h"

/* A file, and how its numbers are stored. */
struct elf {
	const uint8_t *bytes;
	size_t size;
	bool wide, big;		/* ELFCLASS64, ELFDATA2MSB */
	uint16_t type;
};

struct section {
	uint32_t name, type, link;
	uint64_t flags, address, offset, size, entsize;
};

/* Where tables and their entries are. */
struct table {
	uint64_t offset, entsize;
	uint32_t n;
};

static bool within(const struct elf *e, uint64_t offset, uint64_t size)
{
	return offset <= e->size && size <= e->size - offset;
}

/* The number of 1, 2, 4 or 8 bytes at an offset that is within the file. */
static uint64_t get(const struct elf *e, uint64_t offset, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int n = 0; n < bytes; n++) {
		unsigned int at = e->big ? n : bytes - 1 - n;

		v = v << 8 | e->bytes[offset + at];
	}
	return v;
}

/* A field that lies elsewhere in the 32-bit class. */
#define FIELD(e, offset, type, field)						\
	((e)->wide ? get(e, (offset) + offsetof(Elf64_##type, field),		\
			 sizeof(((Elf64_##type *)0)->field))			\
		   : get(e, (offset) + offsetof(Elf32_##type, field),		\
			 sizeof(((Elf32_##type *)0)->field)))

static uint64_t struct_size(const struct elf *e, size_t wide, size_t narrow)
{
	return e->wide ? wide : narrow;
}

/* Clears n if the table reaches beyond the file. */
static void bound_table(const struct elf *e, struct table *t, uint64_t min_entsize)
{
	if (t->entsize < min_entsize || t->offset > e->size ||
	    t->n > (e->size - t->offset) / t->entsize)
		t->n = 0;
}

static struct section get_section(const struct elf *e, const struct table *t, uint32_t n)
{
	uint64_t at = t->offset + n * t->entsize;

	return (struct section){
		.name = FIELD(e, at, Shdr, sh_name),
		.type = FIELD(e, at, Shdr, sh_type),
		.link = FIELD(e, at, Shdr, sh_link),
		.flags = FIELD(e, at, Shdr, sh_flags),
		.address = FIELD(e, at, Shdr, sh_addr),
		.offset = FIELD(e, at, Shdr, sh_offset),
		.size = FIELD(e, at, Shdr, sh_size),
		.entsize = FIELD(e, at, Shdr, sh_entsize),
	};
}

/* A string of a string table section; "" if it is not in the file whole. */
static const char *get_string(const struct elf *e, const struct section *s, uint64_t offset)
{
	const char *string;

	if (s->type != SHT_STRTAB || !within(e, s->offset, s->size) || offset >= s->size)
		return "";
	string = (const char *)e->bytes + s->offset + offset;
	return memchr(string, 0, s->size - offset) ? string : "";
}

static void add_range(struct elf_code *code, const struct elf *e, const char *name,
		      uint32_t section, uint64_t address, uint64_t offset, uint64_t size)
{
	if (!size || !within(e, offset, size))
		return;
	code->ranges[code->nr_ranges++] = (struct code_range){
		name, section, address, e->bytes + offset, size,
	};
}

static void find_ranges(struct elf_code *code, const struct elf *e, const struct table *sections,
			const struct table *segments)
{
	struct section names = { 0 };
	uint32_t index = FIELD(e, 0, Ehdr, e_shstrndx);

	if (index < sections->n)
		names = get_section(e, sections, index);
	for (uint32_t n = 0; n < sections->n; n++) {
		struct section s = get_section(e, sections, n);

		if (s.type == SHT_PROGBITS && s.flags & SHF_EXECINSTR)
			add_range(code, e, get_string(e, &names, s.name),
				  e->type == ET_REL ? n : 0, s.address, s.offset, s.size);
	}
	if (code->nr_ranges)
		return;
	for (uint32_t n = 0; n < segments->n; n++) {
		uint64_t at = segments->offset + n * segments->entsize;

		if (FIELD(e, at, Phdr, p_type) == PT_LOAD && FIELD(e, at, Phdr, p_flags) & PF_X)
			add_range(code, e, "segment", 0, FIELD(e, at, Phdr, p_vaddr),
				  FIELD(e, at, Phdr, p_offset), FIELD(e, at, Phdr, p_filesz));
	}
}

static int compare_symbols(const void *a, const void *b)
{
	const struct code_symbol *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->function != y->function)
		return x->function ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Takes the symbols of section table s; returns false if memory is short. */
static bool find_symbols(struct elf_code *code, const struct elf *e, const struct table *sections,
			 const struct section *s)
{
	struct table t = { s->offset, s->entsize, 0 };
	struct section strings = { 0 };

	if (s->entsize && s->size / s->entsize <= UINT32_MAX)
		t.n = s->size / s->entsize;
	bound_table(e, &t, struct_size(e, sizeof(Elf64_Sym), sizeof(Elf32_Sym)));
	if (s->link < sections->n)
		strings = get_section(e, sections, s->link);
	code->symbols = calloc(t.n + 1ull, sizeof(*code->symbols));
	if (!code->symbols)
		return false;
	for (uint32_t n = 0; n < t.n; n++) {
		uint64_t at = t.offset + n * t.entsize;
		unsigned int type = FIELD(e, at, Sym, st_info) & 15;
		uint32_t section = FIELD(e, at, Sym, st_shndx);
		const char *name = get_string(e, &strings, FIELD(e, at, Sym, st_name));

		if ((type != STT_FUNC && type != STT_NOTYPE) || !*name || section == SHN_UNDEF ||
		    section >= SHN_LORESERVE)
			continue;
		code->symbols[code->nr_symbols++] = (struct code_symbol){
			.address = FIELD(e, at, Sym, st_value),
			.section = e->type == ET_REL ? section : 0,
			.function = type == STT_FUNC,
			.name = name,
		};
	}
	qsort(code->symbols, code->nr_symbols, sizeof(*code->symbols), compare_symbols);
	return true;
}

const char *elf_code_open(struct elf_code *code, const uint8_t *bytes, size_t size)
{
	struct elf e = { .bytes = bytes, .size = size };
	struct table sections, segments;

	*code = (struct elf_code){ 0 };
	if (size < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return "is not an ELF file; for plain code use --raw";
	e.wide = bytes[EI_CLASS] == ELFCLASS64;
	e.big = bytes[EI_DATA] == ELFDATA2MSB;
	if ((!e.wide && bytes[EI_CLASS] != ELFCLASS32) ||
	    (!e.big && bytes[EI_DATA] != ELFDATA2LSB))
		return "is an ELF file of an unknown class or byte order";
	if (size < struct_size(&e, sizeof(Elf64_Ehdr), sizeof(Elf32_Ehdr)))
		return "ends within its ELF header";
	if (FIELD(&e, 0, Ehdr, e_machine) != EM_IA_64)
		return "is an ELF file for another processor than IA-64";
	e.type = FIELD(&e, 0, Ehdr, e_type);
	sections = (struct table){ FIELD(&e, 0, Ehdr, e_shoff), FIELD(&e, 0, Ehdr, e_shentsize),
				   FIELD(&e, 0, Ehdr, e_shnum) };
	bound_table(&e, &sections, struct_size(&e, sizeof(Elf64_Shdr), sizeof(Elf32_Shdr)));
	segments = (struct table){ FIELD(&e, 0, Ehdr, e_phoff), FIELD(&e, 0, Ehdr, e_phentsize),
				   FIELD(&e, 0, Ehdr, e_phnum) };
	bound_table(&e, &segments, struct_size(&e, sizeof(Elf64_Phdr), sizeof(Elf32_Phdr)));

	code->ranges = calloc(sections.n + segments.n + 1ull, sizeof(*code->ranges));
	if (!code->ranges)
		return "needs more memory than there is";
	find_ranges(code, &e, &sections, &segments);
	for (unsigned int pass = 0; pass < 2 && !code->nr_symbols; pass++)
		for (uint32_t n = 0; n < sections.n && !code->nr_symbols; n++) {
			struct section s = get_section(&e, &sections, n);

			if (s.type != (pass ? SHT_DYNSYM : SHT_SYMTAB))
				continue;
			free(code->symbols);
			if (!find_symbols(code, &e, &sections, &s)) {
				elf_code_close(code);
				return "needs more memory than there is";
			}
		}
	if (!code->nr_ranges) {
		elf_code_close(code);
		return "has no code, or is cut off before it";
	}
	return NULL;
}

void elf_code_close(struct elf_code *code)
{
	free(code->ranges);
	free(code->symbols);
	*code = (struct elf_code){ 0 };
}

const struct code_symbol *elf_code_symbol(const struct elf_code *code, uint32_t section,
					  uint64_t address)
{
	size_t low = 0, high = code->nr_symbols;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct code_symbol *s = &code->symbols[mid];

		if (s->section < section || (s->section == section && s->address <= address))
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || code->symbols[low - 1].section != section)
		return NULL;
	/* Of several at one address the best, which comes first. */
	for (low--; low; low--)
		if (code->symbols[low - 1].section != section ||
		    code->symbols[low - 1].address != code->symbols[low].address)
			break;
	return &code->symbols[low];
}
