// SPDX-License-Identifier: GPL-2.0-only
/*
 * riven disasm --host: which blocks a stretch of code becomes, and each of them as guest
 * instructions, operations and host code side by side.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/isa/disasm.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/ir-print.h"
#include "tools/disasm.h"
#include "tools/run.h"

#define PAGE		4096ull
#define MAX_BUNDLES	(1u << 16)
#define MAX_LINES	(BLOCK_ROOM + 1)

/* Columns. */
#define GUEST_WIDTH	46
#define OPERATION_WIDTH	44
#define HOST_WIDTH	44

struct line {
	uint64_t at;
	char text[128];
};

struct listing {
	const struct elf_code *code;
	uint32_t section;
	uint64_t start, stop;		/* blocks begin in between */
	uint32_t slot;			/* in which the first one begins */
	/* For each bundle: does a block have it, and the frame in which one shall begin there. */
	uint8_t *covered, *known;
	struct frame *frame;
	struct translated b;
	/* The block's host code; data has become int3. */
	struct line *lines;
	uint32_t nr_lines, line;
};

/* Where code is. */

static const struct code_symbol *find_symbol(const struct elf_code *code, const char *name)
{
	for (size_t n = 0; n < code->nr_symbols; n++)
		if (strcmp(code->symbols[n].name, name) == 0)
			return &code->symbols[n];
	return NULL;
}

static const struct code_range *find_range(const struct elf_code *code, uint64_t address)
{
	for (size_t n = 0; n < code->nr_ranges; n++)
		if (address - code->ranges[n].address < code->ranges[n].size)
			return &code->ranges[n];
	return NULL;
}

/* Where the function that s begins ends: at the next one, or with its section. */
static uint64_t symbol_end(const struct elf_code *code, const struct code_symbol *s)
{
	const struct code_symbol *last = code->symbols + code->nr_symbols, *p;
	uint64_t end = s->address;

	for (size_t n = 0; n < code->nr_ranges; n++) {
		const struct code_range *r = &code->ranges[n];

		if (r->section == s->section && s->address - r->address < r->size)
			end = r->address + r->size;
	}
	for (p = s; p < last && p->section == s->section; p++)
		if (p->address > s->address && p->address < end && (p->function || !s->function))
			return p->address;
	return end;
}

/* A symbol or an address; *symbol: NULL for the latter. */
static bool resolve(const struct elf_code *code, const char *text, uint64_t *address,
		    const struct code_symbol **symbol)
{
	*symbol = find_symbol(code, text);
	if (*symbol)
		*address = (*symbol)->address;
	return *symbol || disasm_number(text, address);
}

/* NULL, or what is wrong as the end of a sentence. */
static const char *find_code(struct listing *l, const struct host_options *opt)
{
	const struct code_symbol *symbol, *other;
	const struct code_range *r;

	if (!resolve(l->code, opt->start, &l->start, &symbol))
		return "has no such symbol as --start names";
	r = symbol ? NULL : find_range(l->code, l->start);
	if (!symbol && !r)
		return "has no code at --start";
	l->section = symbol ? symbol->section : r->section;
	l->slot = l->start & 3;
	l->start &= ~15ull;
	l->stop = symbol ? symbol_end(l->code, symbol) : l->start + 16;
	if (opt->stop && !resolve(l->code, opt->stop, &l->stop, &other))
		return "has no such symbol as --stop names";
	if (l->stop <= l->start)
		return "has no code between --start and --stop";
	if (l->stop - l->start > MAX_BUNDLES * 16ull)
		return "has more than 1 MiB between --start and --stop";
	return NULL;
}

/* The page of code that address lies in; what the file lacks is zero. */
static void load_page(const struct listing *l, uint64_t address)
{
	uint8_t page[PAGE] = { 0 };
	uint64_t first = address & ~(PAGE - 1);

	for (size_t n = 0; n < l->code->nr_ranges; n++) {
		const struct code_range *r = &l->code->ranges[n];
		uint64_t from = first > r->address ? first : r->address, to = first + PAGE;

		if (r->address + r->size < to)
			to = r->address + r->size;
		if (r->section == l->section && from < to)
			memcpy(page + (from - first), r->bytes + (from - r->address), to - from);
	}
	translator_page(page);
}

/* Which blocks. */

static uint32_t bundle_of(const struct listing *l, uint64_t ip)
{
	return (uint32_t)((ip - l->start) / 16);
}

static bool inside(const struct listing *l, uint64_t ip)
{
	return ip - l->start < l->stop - l->start;
}

static void want(struct listing *l, uint64_t ip, struct frame f)
{
	uint32_t n = bundle_of(l, ip);

	if (!inside(l, ip) || l->known[n])
		return;
	l->known[n] = 1;
	l->frame[n] = f;
}

/* Bundles up to where the main path ends: there may be more, which it does not reach. */
static uint32_t reached(const struct translation *t)
{
	return t->ir[t->nr_ir - 1].bundle + 1u;
}

/* Where the guest may go on when it leaves the block, calls included, and with what frame. */
static void want_successors(struct listing *l)
{
	const struct translation *t = l->b.t;

	for (uint32_t n = 0; n < reached(t); n++)
		if (inside(l, t->bundle[n].ip))
			l->covered[bundle_of(l, t->bundle[n].ip)] = 1;
	for (uint32_t n = 0; n < t->nr_exits; n++) {
		const struct exit *x = &t->exit[n];
		uint64_t next = t->bundle[x->bundle].ip + 16;
		struct frame f = x->frame;

		if (x->open)
			f.whole = FRAME_ANY;
		/* Not blocks that begin in the middle of a bundle. */
		if (x->kind == EXIT_LINK && !(x->ip & 3))
			want(l, x->ip, f);
		if (x->kind != EXIT_LINK && inside(l, next) && !l->covered[bundle_of(l, next)])
			want(l, next, f);
	}
}

/* The first bundle in no block that something leads to; else any, in the frame before it. */
static bool next_block(struct listing *l, uint32_t *at)
{
	uint32_t count = bundle_of(l, l->stop + 15), n;

	for (n = 0; n < count; n++)
		if (l->known[n] == 1) {
			*at = n;
			return true;
		}
	for (n = 1; n < count; n++)
		if (!l->known[n] && !l->covered[n]) {
			for (*at = n; !l->known[*at];)
				--*at;
			l->frame[n] = l->frame[*at];
			*at = n;
			return true;
		}
	return false;
}

/* The host code as lines. */

static void take_line(void *opaque, uint64_t address, const char *text)
{
	struct listing *l = opaque;
	struct line *line = &l->lines[l->nr_lines];
	char name[64];
	const char *comment = strchr(text, '#');
	size_t length = comment ? (size_t)(comment - text) : strlen(text);

	if (!strncmp(text, "int3", 4) || l->nr_lines >= MAX_LINES)
		return;
	while (length && text[length - 1] == ' ')
		length--;
	host_operand(&l->b, text, name, sizeof(name));
	line->at = address + l->b.block->code;
	if (*name)
		snprintf(line->text, sizeof(line->text), "%-*.*s  %.60s", HOST_WIDTH, (int)length, text,
			 name);
	else
		snprintf(line->text, sizeof(line->text), "%.*s", (int)length, text);
	l->nr_lines++;
}

/* false: there is no objdump. */
static bool find_lines(struct listing *l)
{
	const struct block *b = l->b.block;
	uint32_t size = b->end - b->code;
	uint8_t *bytes = malloc(size);
	bool ok;

	if (!bytes)
		return false;
	memcpy(bytes, cache_at(l->b.jit, b->code), size);
	for (uint32_t at = b->links; at; at = link_at(l->b.jit, at)->next)
		memset(bytes + (at - b->code), 0xcc, sizeof(struct link));
	l->nr_lines = l->line = 0;
	ok = host_disasm_lines(bytes, size, 0, take_line, l);
	free(bytes);
	return ok;
}

/* Printing. */

static void print_row(const char *guest, const char *operation, const char *host)
{
	char row[512];
	int length = snprintf(row, sizeof(row), "%-*s  %-*s  %s", GUEST_WIDTH, guest,
			      OPERATION_WIDTH, operation, host);

	while (length > 0 && row[length - 1] == ' ')
		row[--length] = '\0';
	puts(row);
}

/* A row, and more for all host code in front of offset `to`. */
static void print_code(struct listing *l, const char *guest, const char *operation, uint64_t to)
{
	bool first = true;

	while (first || (l->line < l->nr_lines && l->lines[l->line].at < to)) {
		bool has = l->line < l->nr_lines && l->lines[l->line].at < to;

		print_row(first ? guest : "", first ? operation : "",
			  has ? l->lines[l->line].text : "");
		l->line += has;
		first = false;
	}
}

static void guest_text(const struct translation *t, uint32_t bundle, uint32_t slot, char *text,
		       size_t size)
{
	const uint8_t *page = t->v->window + (t->key.gpa & ~(PAGE - 1));
	uint64_t ip = t->bundle[bundle].ip, bytes[2];
	char insn[DISASM_SIZE] = "";

	memcpy(bytes, page + (ip & (PAGE - 1)), sizeof(bytes));
	disasm_slot(insn, sizeof(insn), bytes[0], bytes[1], slot, ip);
	snprintf(text, size, "%s", insn + strspn(insn, " "));
}

/* Rows for the slots from *next on in front of (bundle, slot), which have no operation. */
static void print_slots(const struct translation *t, uint32_t *next, uint32_t to)
{
	char text[DISASM_SIZE];

	for (; *next < to; ++*next) {
		if (*next % 3 == 0)
			printf("%" PRIx64 ":\n", t->bundle[*next / 3].ip);
		guest_text(t, *next / 3, *next % 3, text, sizeof(text));
		if (*text)
			print_row(text, "", "");
	}
}

/* The code of one mark, which ends at `to`. */
static void print_mark(struct listing *l, uint32_t op, uint32_t *next, uint64_t to)
{
	const struct translation *t = l->b.t;
	const struct ir *i = &t->ir[op];
	uint32_t here = i->bundle * 3u + i->slot;
	char guest[DISASM_SIZE] = "", text[160] = "";
	struct text out = { text, sizeof(text), 0 };
	bool has_code = l->line < l->nr_lines && l->lines[l->line].at < to;

	/* Known values are where they are used. */
	if ((i->op == IR_NOP || i->op == IR_K) && !has_code)
		return;
	print_slots(t, next, here);
	if (*next == here) {
		if (here % 3 == 0)
			printf("%" PRIx64 ":\n", t->bundle[i->bundle].ip);
		guest_text(t, i->bundle, i->slot, guest, sizeof(guest));
		++*next;
	}
	ir_print(&out, t, op);
	print_code(l, guest, text, to);
}

/* Where mark n's code ends. */
static uint64_t mark_end(const struct translation *t, uint32_t n, uint64_t end)
{
	return n + 1 < t->nr_marks ? t->marks[n + 1].at : end;
}

/* Code off the main path, with the operations that lead there. */
static void print_rest(struct listing *l)
{
	const struct translation *t = l->b.t;
	const struct block *b = l->b.block;

	if (l->line == l->nr_lines)
		return;
	puts("off the main path:");
	for (uint32_t n = 0; n < t->nr_marks; n++) {
		uint64_t end = mark_end(t, n, b->end);
		const struct ir *i = &t->ir[t->marks[n].op];
		char guest[64], text[160] = "";
		struct text out = { text, sizeof(text), 0 };

		if (end <= b->rest || l->line == l->nr_lines || l->lines[l->line].at >= end)
			continue;
		snprintf(guest, sizeof(guest), "%" PRIx64 ".%u", t->bundle[i->bundle].ip, i->slot);
		ir_print(&out, t, t->marks[n].op);
		if (t->marks[n].op)
			print_code(l, guest, text, end);
		else
			print_code(l, "", "(no bundles left)", end);
	}
}

static void print_head(const struct listing *l, uint64_t ip)
{
	const struct code_symbol *s = elf_code_symbol(l->code, l->section, ip);
	const struct frame f = l->b.t->key.frame;
	const struct block *b = l->b.block;
	uint32_t main = 0;

	printf("\n%016" PRIx64, b ? b->key.ip : ip);
	if (s && s->address != ip)
		printf(" <%s+0x%" PRIx64 ">", s->name, ip - s->address);
	else if (s)
		printf(" <%s>", s->name);
	if (l->b.t->key.flags & KEY_OPEN)
		printf(": any frame: ");
	else
		printf(": frame %u,%u,%u,%u,%u,%u: ", f.sof, f.sol, f.sor, f.rrb_gr, f.rrb_fr,
		       f.rrb_pr);
	if (!b) {
		printf("no block: %s\n", l->b.t->error ? l->b.t->error : "it is too large");
		return;
	}
	while (main < l->nr_lines && l->lines[main].at < b->rest)
		main++;
	printf("%u bundles%s; host code: %u instructions, %u bytes, of them %u and %u on the main "
	       "path\n", b->bundles, l->b.t->loops ? ", a loop" : "", l->nr_lines,
	       b->end - b->code, main, b->rest - b->code);
}

static void print_block(struct listing *l)
{
	const struct translation *t = l->b.t;
	const struct block *b = l->b.block;
	uint32_t next = 0;

	print_code(l, "", "(entry)", t->nr_marks ? t->marks[0].at : b->rest);
	for (uint32_t n = 0; n < t->nr_marks && t->marks[n].at < b->rest; n++) {
		uint64_t end = mark_end(t, n, b->rest);

		print_mark(l, t->marks[n].op, &next, end < b->rest ? end : b->rest);
	}
	print_slots(t, &next, reached(t) * 3);
	print_rest(l);
}

/* false: there is no objdump. */
static bool list_block(struct listing *l, uint32_t n)
{
	uint64_t ip = l->start + n * 16ull;

	load_page(l, ip);
	translator_block(n ? ip : ip | l->slot, l->frame[n], &l->b);
	l->known[n] = 2;
	l->covered[n] = 1;
	if (!l->b.block) {
		print_head(l, ip);
		return true;
	}
	want_successors(l);
	if (!find_lines(l))
		return false;
	print_head(l, ip);
	print_block(l);
	return true;
}

static const char *list_all(struct listing *l, const struct host_options *opt)
{
	uint32_t count = bundle_of(l, l->stop + 15), n;
	const char *wrong = translator_open(&opt->state);

	if (wrong)
		return wrong;
	l->covered = calloc(count, 1);
	l->known = calloc(count, 1);
	l->frame = calloc(count, sizeof(*l->frame));
	l->lines = calloc(MAX_LINES, sizeof(*l->lines));
	if (!l->covered || !l->known || !l->frame || !l->lines)
		return "there is not enough memory";
	want(l, l->start, opt->frame);
	while (next_block(l, &n))
		if (!list_block(l, n))
			return "cannot disassemble host code: objdump (binutils) is not there";
	return NULL;
}

int disasm_host(const struct elf_code *code, const char *file, const struct host_options *opt)
{
	struct listing l = { .code = code };
	const char *wrong = find_code(&l, opt);

	if (wrong) {
		fprintf(stderr, "riven: %s %s\n", file, wrong);
		return STATUS_ERROR;
	}
	wrong = list_all(&l, opt);
	free(l.covered);
	free(l.known);
	free(l.frame);
	free(l.lines);
	if (wrong)
		fprintf(stderr, "riven: %s\n", wrong);
	return wrong ? STATUS_ERROR : STATUS_OK;
}
