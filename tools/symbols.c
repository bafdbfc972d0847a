// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/elf-code.h"
#include "tools/file.h"
#include "tools/symbols.h"

#define MAX_FILES	16
#define MAX_RANGES	256

/* The list of the built-in GVMM's functions (gvmm-names.S): as System.map. */
extern const uint8_t gvmm_names[], gvmm_names_end[];

struct symbol {
	uint64_t address;
	const char *name;
};

struct symbols {
	struct symbol *symbol;
	size_t nr, room;
	bool sorted;
	/* Where there is code that the names are for. */
	struct {
		uint64_t first, end;
	} range[MAX_RANGES];
	uint32_t nr_ranges;
	/* What the names lie in. */
	uint8_t *bytes[MAX_FILES];
	uint32_t nr_files;
};

struct symbols *symbols_create(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_destroy(struct symbols *s)
{
	if (!s)
		return;
	for (uint32_t n = 0; n < s->nr_files; n++)
		free(s->bytes[n]);
	free(s->symbol);
	free(s);
}

size_t symbols_count(const struct symbols *s)
{
	return s->nr;
}

static bool add(struct symbols *s, uint64_t address, const char *name)
{
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 4096;
		struct symbol *more = realloc(s->symbol, room * sizeof(*more));

		if (!more)
			return false;
		s->symbol = more;
		s->room = room;
	}
	s->symbol[s->nr++] = (struct symbol){ address, name };
	s->sorted = false;
	return true;
}

static void add_range(struct symbols *s, uint64_t first, uint64_t end)
{
	if (s->nr_ranges < MAX_RANGES && first < end) {
		s->range[s->nr_ranges].first = first;
		s->range[s->nr_ranges++].end = end;
	}
}

static void add_elf(struct symbols *s, const struct elf_code *code)
{
	for (size_t n = 0; n < code->nr_ranges; n++)
		add_range(s, code->ranges[n].address,
			  code->ranges[n].address + code->ranges[n].size);
	for (size_t n = 0; n < code->nr_symbols; n++) {
		const struct code_symbol *c = &code->symbols[n];

		/* Of several at one address the best, which comes first. */
		if (n && c[-1].address == c->address && c[-1].section == c->section)
			continue;
		if (c->section == 0 && !add(s, c->address, c->name))
			return;
	}
}

/* Lines "address type name" of code; they become strings. False: one is something else. */
static bool add_list(struct symbols *s, char *text, const char *end)
{
	uint64_t first = ~0ull, last = 0;
	char *next;

	for (; text < end; text = next) {
		char *type, *name;
		uint64_t address = strtoull(text, &type, 16);

		next = memchr(text, '\n', (size_t)(end - text));
		if (!next || type == text || type[0] != ' ' || !type[1] || type[2] != ' ')
			return false;
		*next++ = '\0';
		name = type + 3;
		if (!strchr("tTwW", type[1]))
			continue;
		if (!add(s, address, name))
			return false;
		first = address < first ? address : first;
		last = address > last ? address : last;
	}
	/* The last one's size is not known. */
	add_range(s, first, last + 0x1000);
	return true;
}

bool symbols_add_file(struct symbols *s, const char *file, bool must)
{
	size_t size, before = s->nr;
	struct elf_code code;
	const char *wrong = NULL;
	uint8_t *bytes;

	if (s->nr_files == MAX_FILES) {
		fprintf(stderr, "riven: %s: more than %d files with symbols\n", file, MAX_FILES);
		return false;
	}
	bytes = file_read(file, &size);
	if (!bytes)
		return false;
	if (size >= 4 && !memcmp(bytes, "\177ELF", 4)) {
		wrong = elf_code_open(&code, bytes, size);
		if (!wrong) {
			add_elf(s, &code);
			elf_code_close(&code);
		}
	} else if (must && !add_list(s, (char *)bytes, (char *)bytes + size)) {
		wrong = "is no ELF file, and no list of symbols like System.map";
	}
	if (!wrong && must && s->nr == before)
		wrong = "has no symbols";
	s->bytes[s->nr_files++] = bytes;
	if (wrong)
		fprintf(stderr, "riven: %s %s\n", file, wrong);
	return !wrong;
}

bool symbols_add_gvmm(struct symbols *s)
{
	size_t size = (uintptr_t)gvmm_names_end - (uintptr_t)gvmm_names;
	uint8_t *bytes = malloc(size + 1);

	if (!bytes)
		return false;
	memcpy(bytes, gvmm_names, size);
	s->bytes[s->nr_files++] = bytes;
	return add_list(s, (char *)bytes, (char *)bytes + size);
}

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address != y->address ? x->address < y->address ? -1 : 1 :
					  strcmp(x->name, y->name);
}

static void sort(struct symbols *s)
{
	if (!s->sorted)
		qsort(s->symbol, s->nr, sizeof(*s->symbol), compare);
	s->sorted = true;
}

const char *symbols_find(struct symbols *s, uint64_t address, uint64_t *offset)
{
	size_t low = 0, high = s->nr;
	uint32_t n;

	sort(s);
	for (n = 0; n < s->nr_ranges; n++)
		if (address >= s->range[n].first && address < s->range[n].end)
			break;
	if (n == s->nr_ranges)
		return NULL;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->symbol[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	/* A name of another range is none. */
	if (!low || s->symbol[low - 1].address < s->range[n].first)
		return NULL;
	*offset = address - s->symbol[low - 1].address;
	return s->symbol[low - 1].name;
}

void symbols_describe(struct symbols *s, uint64_t address, char *text, size_t size)
{
	uint64_t offset;
	const char *name = symbols_find(s, address, &offset);

	if (!name)
		snprintf(text, size, "0x%" PRIx64, address);
	else if (offset)
		snprintf(text, size, "%s+0x%" PRIx64, name, offset);
	else
		snprintf(text, size, "%s", name);
}

void symbols_each(struct symbols *s, void (*each)(void *opaque, uint64_t address, uint64_t size,
						  const char *name), void *opaque)
{
	sort(s);
	for (size_t n = 0; n + 1 < s->nr; n++)
		if (s->symbol[n].address != s->symbol[n + 1].address)
			each(opaque, s->symbol[n].address,
			     s->symbol[n + 1].address - s->symbol[n].address, s->symbol[n].name);
}
