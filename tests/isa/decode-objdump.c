// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder and the disassembler against ia64-linux-gnu-objdump, text for
 * text.
 *   decode-objdump [COUNT]           COUNT random bundles (100000), fixed seed
 *   decode-objdump FILE              every bundle of the code in an ELF file
 *   decode-objdump --bundle LO HI    one bundle, two hexadecimal numbers
 * Exit status 4 if objdump is not there.
 */
#include <ctype.h>
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gvmm/isa/decode.h>
#include <gvmm/isa/disasm.h>
#include <gvmm/isa/encoding.h>
#include "../lib/ktap.h"

#define OBJDUMP "ia64-linux-gnu-objdump"
#define MAX_REPORTS 10

struct bundle {
	uint64_t lo, hi;
};

static const struct {
	uint64_t match, mask;
	enum op_unit unit;
	enum op_format format;
	const char *id;
} rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ match, mask, UNIT_##unit, FMT_##format, #id },
#include <gvmm/isa/opcodes.def>
#undef OP
};

static unsigned long mismatches;
static unsigned char seen[RIVEN_NR_OPS];

static uint64_t random64(void)
{
	static uint64_t s = 0x9e3779b97f4a7c15;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s * 0x2545f4914f6cdd1d;
}

static uint64_t field(uint64_t slot, unsigned int lo, unsigned int width)
{
	return slot >> lo & ((1ull << width) - 1);
}

static struct bundle make_bundle(unsigned int template, const uint64_t slot[3])
{
	return (struct bundle){ template | slot[0] << 5 | slot[1] << 46,
				slot[1] >> 18 | slot[2] << 23 };
}

/*
 * Exception 1: encodings that a 9000 series processor executes but objdump does
 * not write, or writes as an instruction of later processors. Clearing the
 * field that makes the difference must not change Riven's text, and makes
 * objdump's comparable.
 *
 * - Reserved values of hints are hints all the same (SDM 3:4.4.1, 4.5.1, 4.5.2,
 *   4.3.5: the hint tables); objdump writes data8.
 * - Bit 19 of lfetch without update is ignored (SDM 3:4.4.4, M13); objdump
 *   writes the 9500's lfetch.count.
 */
static uint64_t common_form(unsigned int op, uint64_t slot)
{
	unsigned int hint = field(slot, 28, 2);

	switch (rows[op].format) {
	case FMT_M2:
	case FMT_M3:
	case FMT_M7:
	case FMT_M8:
	case FMT_M11:
	case FMT_M12:
	case FMT_M16:
	case FMT_M17:
		return hint == 2 ? slot & ~KF(29, 28) : slot;
	case FMT_M5:
	case FMT_M10:
		return hint == 1 || hint == 2 ? slot & ~KF(29, 28) : slot;
	case FMT_M13:
		return op == OP_LFETCH ? slot & ~KF(19, 19) : slot;
	case FMT_B5:
		return field(slot, 32, 1) ? slot : (slot & ~KF(34, 32)) | EF(1, 32);
	case FMT_B7:
		return field(slot, 3, 1) ? slot & ~KF(4, 3) : slot;
	case FMT_I21:
		return field(slot, 20, 2) == 3 ? slot & ~KF(21, 20) : slot;
	default:
		return slot;
	}
}

/*
 * Exception 2: operands with reserved values, which make an instruction illegal
 * (SDM 3:4.8): a fourth shift count of pshladd2 and pshradd2, unknown
 * permutations of mux1.
 */
static bool reserved_operand(unsigned int op, uint64_t slot)
{
	if (rows[op].format == FMT_A10)
		return field(slot, 27, 2) == 3;
	return op == OP_MUX1 && field(slot, 20, 4) && field(slot, 22, 2) != 2;
}

/*
 * Exception 3: instructions that the manual's revision 2.3 has for later
 * processors only, or not at all (msr). Here they are no instructions.
 */
static bool other_processor(const char *text)
{
	static const char *const names[] = {
		"clz ", "mpy4 ", "mpyshl4 ", "mov dahr", "mov msr[",
	};

	for (unsigned int n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (!strncmp(text, names[n], strlen(names[n])))
			return true;
	return !strncmp(text, "mov r", 5) && (strstr(text, "=dahr[") || strstr(text, "=msr["));
}

/* Takes the template's name, or the room for it, and the predicate off. */
static const char *bare(const char *text, bool *predicated)
{
	text += strcspn(text, " ") ? strcspn(text, " ") : 5;
	text += strspn(text, " ");
	*predicated = *text == '(';
	if (*predicated) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

/*
 * Exception 4: hint.m has an imm21 like every nop and hint (SDM 3:4.4.9, M48).
 * objdump takes bits 11:10 of the slot for the 9500's moves to DAHR, and writes
 * the other bits as a decimal number.
 */
static bool is_hint_m(unsigned int op, const char *ours, uint64_t slot)
{
	char expected[32];
	bool predicated;

	if (op != OP_HINT_M)
		return false;
	snprintf(expected, sizeof(expected), "hint.m 0x%" PRIx64,
		 field(slot, 36, 1) << 20 | field(slot, 6, 20));
	ours = bare(ours, &predicated);
	return !strncmp(ours, expected, strlen(expected)) &&
	       (!ours[strlen(expected)] || !strcmp(ours + strlen(expected), ";;")) &&
	       predicated == (field(slot, 0, 6) != 0);
}

/* Without "0x" and " <symbol>", which objdump writes otherwise if it has symbols. */
static void plain_addresses(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (from[0] == ' ' && from[1] == '<') {
			from += strcspn(from, ">");
			from += *from == '>';
		} else if (from[0] == '0' && from[1] == 'x' && !isalnum(from[-(from > text)])) {
			from += 2;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static unsigned int slot_op(const struct bundle *b, unsigned int slot, uint64_t *bits)
{
	enum op_unit unit = template_unit(b->lo & 31, slot);

	*bits = bundle_slot(b->lo, b->hi, unit == UNIT_L ? 2 : slot);
	return decode_lookup(unit == UNIT_L ? UNIT_X : unit, *bits);
}

static void report(const struct bundle *b, unsigned int slot, const char *objdump,
		   const char *ours)
{
	if (mismatches++ >= MAX_REPORTS)
		return;
	printf("# bundle %016" PRIx64 " %016" PRIx64 " slot %u\n"
	       "#   expected (objdump) %s\n#   got                %s\n"
	       "#   alone: decode-objdump --bundle %" PRIx64 " %" PRIx64 "\n",
	       b->lo, b->hi, slot, objdump, ours, b->lo, b->hi);
}

/* The decoder's result must fit what the text says. */
static void check_decoder(const struct bundle *b, unsigned int slot, const char *ours)
{
	struct insn out[3];
	uint8_t template;
	uint64_t bits;
	unsigned int op = slot_op(b, slot, &bits);
	bool ok;

	decode_bundle(b->lo, b->hi, out, &template);
	if (strstr(ours, "data8 "))
		ok = out[slot].op == OP_ILLEGAL || out[slot].op == OP_ILLEGAL_QP ||
		     (out[slot].op == OP_NOP_B && template_unit(template, slot) == UNIT_B);
	else if ((op_flags(op) & F_SLOT2 && slot != 2) ||
		 ((op == OP_ALLOC || op == OP_BR_IA) && field(bits, 0, 6)))
		ok = out[slot].op == OP_ILLEGAL;
	else
		ok = out[slot].op == op;
	if (!ok)
		report(b, slot, "and the decoder disagree with", rows[out[slot].op].id);
	seen[out[slot].op] = 1;
}

/* b is what objdump saw at ip, raw the same before common_form. */
static void check_slot(const struct bundle *raw, const struct bundle *b, unsigned int slot,
		       uint64_t ip, const char *line, bool symbols)
{
	char ours[DISASM_SIZE], raw_ours[DISASM_SIZE], theirs[512];
	uint64_t bits;
	unsigned int op = slot_op(b, slot, &bits);
	bool predicated;

	disasm_slot(ours, sizeof(ours), b->lo, b->hi, slot, ip);
	check_decoder(raw, slot, ours);
	disasm_slot(raw_ours, sizeof(raw_ours), raw->lo, raw->hi, slot, ip);
	if (strcmp(ours, raw_ours) != 0)
		report(raw, slot, ours, raw_ours);
	snprintf(theirs, sizeof(theirs), "%s", line);
	if (symbols) {
		plain_addresses(theirs);
		plain_addresses(ours);
	}
	if (!strcmp(ours, theirs))
		return;
	if (is_hint_m(op, ours, bits))
		return;
	if (reserved_operand(op, bits) || other_processor(bare(theirs, &predicated))) {
		snprintf(theirs, sizeof(theirs), "data8 %s%09" PRIx64, symbols ? "" : "0x", bits);
		if (!strcmp(bare(ours, &predicated), theirs))
			return;
	}
	report(b, slot, line, ours);
}

/*
 * The next line of text that objdump wrote for a slot: its address, and the
 * text in *line. A section's header goes to section.
 */
static bool next_line(FILE *f, char **buf, size_t *size, uint64_t *address, char **text,
		      char *section, size_t section_size)
{
	static const char header[] = "Disassembly of section ";
	ssize_t len;

	while ((len = getline(buf, size, f)) > 0) {
		char *end;

		while (len && isspace((unsigned char)(*buf)[len - 1]))
			(*buf)[--len] = '\0';
		if (!strncmp(*buf, header, strlen(header))) {
			snprintf(section, section_size, "%.*s",
				 (int)(len - strlen(header) - 1), *buf + strlen(header));
			continue;
		}
		*address = strtoull(*buf, &end, 16);
		if (end == *buf || end[0] != ':' || end[1] != '\t')
			continue;
		*text = end + 2;
		return true;
	}
	return false;
}

static FILE *start_objdump(const char *options, const char *file)
{
	char command[4096];

	/* The file's name goes by the environment, whatever is in it. */
	setenv("RIVEN_OBJDUMP_FILE", file, 1);
	snprintf(command, sizeof(command),
		 "exec " OBJDUMP " %s -z --no-show-raw-insn \"$RIVEN_OBJDUMP_FILE\"", options);
	return popen(command, "r");
}

static void check_raw(const struct bundle *raw, const struct bundle *b, unsigned long n,
		      const char *file)
{
	FILE *f = start_objdump("-D -b binary -m ia64", file);
	char *buf = NULL, *text, section[64];
	size_t size = 0;
	uint64_t address;
	unsigned long lines = 0, expected = 0;

	if (!f) {
		perror(OBJDUMP);
		exit(1);
	}
	for (unsigned long i = 0; i < n; i++)
		expected += template_unit(b[i].lo & 31, 1) == UNIT_L ? 2 : 3;
	while (next_line(f, &buf, &size, &address, &text, section, sizeof(section))) {
		unsigned int slot = address % 16 / 6;

		if (address / 16 >= n)
			break;
		/* The third line of an MLX bundle has no text. */
		if (slot == 2 && template_unit(b[address / 16].lo & 31, 1) == UNIT_L)
			continue;
		lines++;
		check_slot(&raw[address / 16], &b[address / 16], slot, address & ~15ull, text,
			   false);
	}
	free(buf);
	if (pclose(f) || lines != expected) {
		printf("# objdump wrote %lu slots of %lu\n", lines, expected);
		mismatches++;
	}
}

static void write_file(const char *file, const struct bundle *b, unsigned long n)
{
	FILE *f = fopen(file, "wb");

	if (!f || fwrite(b, sizeof(*b), n, f) != n || fclose(f)) {
		perror(file);
		exit(1);
	}
}

/* A slot that a row of the table matches, for the given unit. */
static uint64_t random_row(enum op_unit unit)
{
	for (;;) {
		unsigned int op = random64() % RIVEN_NR_OPS;

		if (rows[op].unit == unit ||
		    (rows[op].unit == UNIT_A && (unit == UNIT_M || unit == UNIT_I))) {
			uint64_t noise = random64();

			/* Sparse operands make pseudo-instructions more likely. */
			if (noise >> 62 == 0)
				noise &= random64();
			if (noise >> 60 == 0)
				noise &= random64();
			if (noise >> 61 == 3)
				noise &= ~KF(5, 0);
			return rows[op].match | (noise & ~rows[op].mask & KF(36, 0));
		}
	}
}

enum mix { MIX_UNIFORM, MIX_TEMPLATE, MIX_ROWS, NR_MIXES };

static struct bundle random_bundle(enum mix mix)
{
	unsigned int template;
	uint64_t slot[3];

	if (mix == MIX_UNIFORM)
		return (struct bundle){ random64(), random64() };
	do
		template = random64() & 31;
	while (template_unit(template, 0) == UNIT_NONE);
	for (unsigned int n = 0; n < 3; n++) {
		enum op_unit unit = template_unit(template, n);

		slot[n] = random64() & KF(40, 0);
		if (mix == MIX_ROWS && unit != UNIT_L && random64() % 16)
			slot[n] = random_row(unit);
	}
	return make_bundle(template, slot);
}

static struct bundle common_bundle(const struct bundle *raw)
{
	uint64_t slot[3];

	for (unsigned int n = 0; n < 3; n++) {
		slot[n] = bundle_slot(raw->lo, raw->hi, n);
		slot[n] = common_form(decode_lookup(template_unit(raw->lo & 31, n), slot[n]),
				      slot[n]);
	}
	return make_bundle(raw->lo & 31, slot);
}

static char *scratch_file(void)
{
	const char *dir = getenv("TMPDIR");
	char *name;
	int fd;

	if (asprintf(&name, "%s/decode-objdump.XXXXXX", dir ? dir : "/tmp") < 0)
		exit(1);
	fd = mkstemp(name);
	if (fd < 0) {
		perror(name);
		exit(1);
	}
	close(fd);
	return name;
}

static void test_random(unsigned long count)
{
	static const char *const names[NR_MIXES] = {
		"random bits", "random slots in valid templates", "rows of the table",
	};
	static const unsigned int eighths[NR_MIXES] = { 2, 2, 4 };
	const unsigned long chunk = 1 << 18;
	struct bundle *raw = calloc(chunk, sizeof(*raw)), *b = calloc(chunk, sizeof(*b));
	char *file = scratch_file();
	unsigned int unseen = 0;

	if (!raw || !b) {
		perror("decode-objdump");
		exit(1);
	}
	for (unsigned int mix = 0; mix < NR_MIXES; mix++) {
		unsigned long left = count * eighths[mix] / 8, total = left;

		mismatches = 0;
		while (left) {
			unsigned long n = left < chunk ? left : chunk;

			for (unsigned long i = 0; i < n; i++) {
				raw[i] = random_bundle(mix);
				b[i] = common_bundle(&raw[i]);
			}
			write_file(file, b, n);
			check_raw(raw, b, n, file);
			left -= n;
		}
		ktap_result(!mismatches, "%lu bundles: %s (%lu slots differ)", total, names[mix],
			    mismatches);
	}
	for (unsigned int op = 0; op < RIVEN_NR_OPS; op++)
		if (!seen[op] && op != OP_X2ND) {
			printf("# never decoded: %s\n", rows[op].id);
			unseen++;
		}
	ktap_result(!unseen, "every row of the table was decoded (%u were not)", unseen);
	unlink(file);
	free(file);
	free(raw);
	free(b);
}

struct image {
	unsigned char *bytes;
	size_t size;
	const Elf64_Shdr *sections;
	unsigned int nr_sections;
	const char *names;
	size_t names_size;
};

static void load_elf(struct image *im, const char *file)
{
	const Elf64_Ehdr *e;
	struct stat st;
	FILE *f = fopen(file, "rb");

	if (!f || fstat(fileno(f), &st)) {
		perror(file);
		exit(1);
	}
	im->size = st.st_size;
	im->bytes = malloc(im->size + 1);
	if (!im->bytes || fread(im->bytes, 1, im->size, f) != im->size) {
		perror(file);
		exit(1);
	}
	im->bytes[im->size] = 0;
	fclose(f);
	e = (const Elf64_Ehdr *)im->bytes;
	if (im->size < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
	    e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != EM_IA_64 ||
	    e->e_shoff % 8 || e->e_shoff > im->size ||
	    e->e_shnum > (im->size - e->e_shoff) / sizeof(Elf64_Shdr) ||
	    e->e_shstrndx >= e->e_shnum) {
		fprintf(stderr, "decode-objdump: %s is not an ELF file for IA-64 with sections\n",
			file);
		exit(1);
	}
	im->sections = (const Elf64_Shdr *)(im->bytes + e->e_shoff);
	im->nr_sections = e->e_shnum;
	im->names = (const char *)im->bytes + im->sections[e->e_shstrndx].sh_offset;
	im->names_size = im->sections[e->e_shstrndx].sh_size;
	if (im->sections[e->e_shstrndx].sh_offset > im->size ||
	    im->names_size > im->size - im->sections[e->e_shstrndx].sh_offset) {
		fprintf(stderr, "decode-objdump: %s: section names beyond its end\n", file);
		exit(1);
	}
}

/* The code section of that name that holds address; NULL if there is none. */
static const Elf64_Shdr *find_section(const struct image *im, const char *name, uint64_t address)
{
	for (unsigned int i = 0; i < im->nr_sections; i++) {
		const Elf64_Shdr *s = &im->sections[i];

		if (s->sh_type == SHT_PROGBITS && s->sh_flags & SHF_EXECINSTR &&
		    s->sh_name < im->names_size && !strcmp(im->names + s->sh_name, name) &&
		    address >= s->sh_addr && address - s->sh_addr < s->sh_size &&
		    s->sh_offset <= im->size && s->sh_size <= im->size - s->sh_offset)
			return s;
	}
	return NULL;
}

static void test_elf(const char *file)
{
	struct image im;
	FILE *f;
	char *buf = NULL, *text, section[256] = "";
	size_t size = 0;
	uint64_t address;
	unsigned long slots = 0;

	load_elf(&im, file);
	f = start_objdump("-d", file);
	if (!f) {
		perror(OBJDUMP);
		exit(1);
	}
	while (next_line(f, &buf, &size, &address, &text, section, sizeof(section))) {
		const Elf64_Shdr *s = find_section(&im, section, address & ~15ull);
		struct bundle b;
		uint64_t offset;

		if (!s) {
			printf("# no code section %s at %" PRIx64 "\n", section, address);
			mismatches++;
			break;
		}
		offset = (address & ~15ull) - s->sh_addr;
		if (s->sh_size - offset < sizeof(b))
			continue;
		memcpy(&b, im.bytes + s->sh_offset + offset, sizeof(b));
		if (address % 16 == 12 && template_unit(b.lo & 31, 1) == UNIT_L)
			continue;
		slots++;
		check_slot(&b, &b, address % 16 / 6, address & ~15ull, text, true);
	}
	free(buf);
	free(im.bytes);
	if (pclose(f))
		mismatches++;
	ktap_result(!mismatches && slots, "%lu slots of %s (%lu differ)", slots, file, mismatches);
}

static void test_bundle(const char *lo, const char *hi)
{
	struct bundle raw = { strtoull(lo, NULL, 16), strtoull(hi, NULL, 16) };
	struct bundle b = common_bundle(&raw);
	char *file = scratch_file();

	for (unsigned int n = 0; n < 3; n++) {
		char ours[DISASM_SIZE];

		disasm_slot(ours, sizeof(ours), raw.lo, raw.hi, n, 0);
		printf("# %s\n", ours);
	}
	write_file(file, &b, 1);
	check_raw(&raw, &b, 1, file);
	ktap_result(!mismatches, "one bundle");
	unlink(file);
	free(file);
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long count = argc > 1 ? strtoul(argv[1], &end, 0) : 100000;

	if (system("command -v " OBJDUMP " > /dev/null")) {
		printf("1..0 # SKIP " OBJDUMP " is not installed (package binutils-ia64-linux-gnu)\n");
		return 4;
	}
	ktap_begin();
	if (argc == 4 && !strcmp(argv[1], "--bundle"))
		test_bundle(argv[2], argv[3]);
	else if (argc > 1 && *end)
		test_elf(argv[1]);
	else
		test_random(count);
	return ktap_end();
}
