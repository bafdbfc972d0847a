// SPDX-License-Identifier: GPL-2.0-only
/* riven disasm: prints the code of an IA-64 file, in the manner of objdump -d. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gvmm/isa/disasm.h>
#include "elf-code.h"

int cmd_disasm(int argc, char **argv);

static const char usage[] =
	"usage: riven disasm FILE                        the code of an ELF executable or object\n"
	"       riven disasm --raw [--base ADDRESS] FILE a file that is code from its first byte\n";

/* The whole file, by malloc; NULL after saying why not. */
static uint8_t *read_file(const char *name, size_t *size)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "rb") : stdin;
	uint8_t *bytes = NULL;
	size_t room = 0, n;

	*size = 0;
	while (f) {
		if (*size == room) {
			uint8_t *more;

			room = room ? 2 * room : 1 << 20;
			more = realloc(bytes, room);
			if (!more)
				break;
			bytes = more;
		}
		n = fread(bytes + *size, 1, room - *size, f);
		*size += n;
		if (!n && ferror(f))
			break;
		if (!n) {
			if (f != stdin)
				fclose(f);
			return bytes;
		}
	}
	fprintf(stderr, "riven: cannot read %s: %s\n", name, strerror(errno));
	if (f && f != stdin)
		fclose(f);
	free(bytes);
	return NULL;
}

static uint64_t load64(const uint8_t *b)
{
	uint64_t v = 0;

	for (unsigned int n = 8; n--;)
		v = v << 8 | b[n];
	return v;
}

/* The text of a slot, with " <name+offset>" after its target if a symbol is below that. */
static void print_text(const struct elf_code *code, uint32_t section, const char *text,
		       uint64_t target)
{
	const struct code_symbol *s = elf_code_symbol(code, section, target);
	char number[24];
	const char *end;

	snprintf(number, sizeof(number), "0x%" PRIx64, target);
	end = s ? strstr(text, number) : NULL;
	if (!end) {
		printf("%s", text);
		return;
	}
	end += strlen(number);
	printf("%.*s <%s", (int)(end - text), text, s->name);
	if (target != s->address)
		printf("+0x%" PRIx64, target - s->address);
	printf(">%s", end);
}

static void print_bundle(const struct elf_code *code, const struct code_range *r, uint64_t offset)
{
	static const unsigned int first[4] = { 0, 6, 12, 16 };
	const uint8_t *b = r->bytes + offset;
	uint64_t ip = r->address + offset, lo = load64(b), hi = load64(b + 8), target;

	for (unsigned int slot = 0; slot < 3; slot++) {
		char text[DISASM_SIZE];

		disasm_slot(text, sizeof(text), lo, hi, slot, ip);
		printf("%16" PRIx64 ":\t", ip + first[slot]);
		for (unsigned int n = first[slot]; n < first[slot] + 6; n++)
			if (n < first[slot + 1])
				printf("%02x ", b[n]);
			else
				printf("   ");
		if (*text)
			printf("\t");
		if (*text && disasm_target(lo, hi, slot, ip, &target))
			print_text(code, r->section, text, target);
		else
			printf("%s", text);
		printf("\n");
	}
}

static void print_range(const struct elf_code *code, const struct code_range *r)
{
	uint64_t offset = 0;

	printf("\nDisassembly of section %s:\n", r->name);
	for (; r->size - offset >= 16; offset += 16) {
		uint64_t ip = r->address + offset;
		const struct code_symbol *s = elf_code_symbol(code, r->section, ip + 15);

		if (s && s->address >= ip)
			printf("\n%016" PRIx64 " <%s>:\n", ip, s->name);
		print_bundle(code, r, offset);
	}
	if (r->size > offset) {
		printf("%16" PRIx64 ":\t", r->address + offset);
		for (; offset < r->size; offset++)
			printf("%02x ", r->bytes[offset]);
		printf("\n");
	}
}

/* Takes 0x, decimal and octal; false if s is not a whole number. */
static bool parse_address(const char *s, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 0);
	return *s && *s != '-' && !*end && !errno;
}

static int disassemble(const char *file, bool raw, uint64_t base)
{
	struct elf_code code = { 0 };
	const char *wrong = NULL;
	uint8_t *bytes;
	size_t size;

	bytes = read_file(file, &size);
	if (!bytes)
		return 1;
	if (raw) {
		struct code_range r = { "raw", 0, base, bytes, size };

		if (size < 16)
			wrong = "is shorter than a bundle of 16 bytes";
		else
			print_range(&code, &r);
	} else {
		wrong = elf_code_open(&code, bytes, size);
		for (size_t n = 0; !wrong && n < code.nr_ranges; n++)
			print_range(&code, &code.ranges[n]);
		elf_code_close(&code);
	}
	free(bytes);
	if (wrong) {
		fprintf(stderr, "riven: %s %s\n", file, wrong);
		return 1;
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "riven: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

/* The command; argv[0] is "disasm". Returns the exit status. */
int cmd_disasm(int argc, char **argv)
{
	static const struct option options[] = {
		{ "raw", no_argument, NULL, 'r' },
		{ "base", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool raw = false, have_base = false;
	uint64_t base = 0;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			raw = true;
			break;
		case 'b':
			have_base = true;
			if (!parse_address(optarg, &base) || base % 16) {
				fprintf(stderr, "riven: --base %s: give a multiple of 16, "
					"such as 0x100000\n", optarg);
				return 2;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fprintf(stderr, "riven: disasm: %s is an unknown option or lacks its value\n",
				argv[optind - 1]);
			return 2;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	if (have_base && !raw) {
		fprintf(stderr, "riven: --base is for --raw; an ELF file has its own addresses\n");
		return 2;
	}
	return disassemble(argv[optind], raw, base);
}
