// SPDX-License-Identifier: GPL-2.0-only
/* riven disasm: prints the code of an IA-64 file, in the manner of objdump -d. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gvmm/isa/disasm.h>
#include "gvmm/cpu/rse.h"
#include "tools/disasm.h"
#include "tools/file.h"
#include "tools/run.h"

static const char usage[] =
	"usage: riven disasm [options] FILE\n"
	"Print the code of an IA-64 ELF executable or object, in gzip or not.\n"
	"  --raw               the file is code from its first byte\n"
	"  --base ADDRESS      of which the address is this (0)\n"
	"\n"
	"  --host              show what the translator makes of it: guest instructions,\n"
	"                      operations of the intermediate form, and host code side by side\n"
	"  --start WHERE       from this symbol or address on: a function, or one block\n"
	"  --stop WHERE        blocks that begin before this symbol or address\n"
	"  --frame any|SOF[,SOL[,SOR[,RRB.GR[,RRB.FR[,RRB.PR]]]]]\n"
	"                      the frame that the first block is for (any; 8 where the code\n"
	"                      has to know it)\n"
	"  --cpl N             the privilege level (0)\n"
	"  --physical          PSR.it, dt and rt are clear\n"
	"  --big-endian        PSR.be is set\n";

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

bool disasm_number(const char *s, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 0);
	return *s && *s != '-' && !*end && !errno;
}

bool parse_frame(const char *s, struct frame *f)
{
	uint64_t n[6] = { 0 };
	struct frame cut;
	size_t count = 0;
	char *end;

	if (strcmp(s, "any") == 0) {
		f->whole = FRAME_ANY;
		return true;
	}
	for (;; s = end + 1) {
		if (count == 6 || *s < '0' || *s > '9')
			return false;
		n[count++] = strtoull(s, &end, 0);
		if (n[count - 1] > 127 || (*end && *end != ','))
			return false;
		if (!*end)
			break;
	}
	*f = (struct frame){ .sof = n[0], .sol = n[1], .sor = n[2], .rrb_gr = n[3],
			     .rrb_fr = n[4], .rrb_pr = n[5] };
	cut = frame_from_cfm(frame_to_cfm(*f));
	return f->whole == cut.whole;
}

struct disasm_options {
	bool raw, have_base, host, have_host;
	uint64_t base;
	struct host_options of_host;
};

static int list_code(const struct elf_code *code, const char *file, const struct disasm_options *o)
{
	if (o->host)
		return disasm_host(code, file, &o->of_host);
	for (size_t n = 0; n < code->nr_ranges; n++)
		print_range(code, &code->ranges[n]);
	return STATUS_OK;
}

static int disassemble(const char *file, const struct disasm_options *o)
{
	struct elf_code code = { 0 };
	struct code_range whole;
	const char *wrong = NULL;
	int status = STATUS_ERROR;
	uint8_t *bytes;
	size_t size;

	bytes = file_read(file, &size);
	if (!bytes)
		return STATUS_ERROR;
	if (o->raw) {
		whole = (struct code_range){ "raw", 0, o->base, bytes, size };
		if (size < 16)
			wrong = "is shorter than a bundle of 16 bytes";
		code.ranges = &whole;
		code.nr_ranges = 1;
	} else {
		wrong = elf_code_open(&code, bytes, size);
	}
	if (wrong)
		fprintf(stderr, "riven: %s %s\n", file, wrong);
	else
		status = list_code(&code, file, o);
	if (!o->raw)
		elf_code_close(&code);
	free(bytes);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "riven: cannot write: %s\n", strerror(errno));
		return STATUS_ERROR;
	}
	return status;
}

enum { OPT_START = 256, OPT_STOP, OPT_FRAME, OPT_CPL, OPT_PHYSICAL, OPT_BIG_ENDIAN };

/* false after a line on stderr. */
static bool take_option(int c, struct disasm_options *o)
{
	uint64_t n;

	o->have_host |= c >= OPT_START;
	switch (c) {
	case 'r':
		o->raw = true;
		break;
	case 'b':
		o->have_base = true;
		if (disasm_number(optarg, &o->base) && o->base % 16 == 0)
			break;
		fprintf(stderr, "riven: --base %s: give a multiple of 16, such as 0x100000\n", optarg);
		return false;
	case 'H':
		o->host = true;
		break;
	case OPT_START:
		o->of_host.start = optarg;
		break;
	case OPT_STOP:
		o->of_host.stop = optarg;
		break;
	case OPT_FRAME:
		if (parse_frame(optarg, &o->of_host.frame))
			break;
		fprintf(stderr, "riven: --frame %s: no frame that alloc and loop branches make, such "
			"as 12,8 or 24,16,8,7\n", optarg);
		return false;
	case OPT_CPL:
		if (!disasm_number(optarg, &n) || n > 3) {
			fprintf(stderr, "riven: --cpl %s: must be from 0 to 3\n", optarg);
			return false;
		}
		o->of_host.state.cpl = (uint32_t)n;
		break;
	case OPT_PHYSICAL:
		o->of_host.state.physical = true;
		break;
	default:
		o->of_host.state.big_endian = true;
		break;
	}
	return true;
}

static const char *check_options(const struct disasm_options *o)
{
	if (o->have_base && !o->raw)
		return "--base is for --raw; an ELF file has its own addresses";
	if (o->have_host && !o->host)
		return "--start, --stop and what is assumed of the state go with --host";
	if (o->host && !o->of_host.start)
		return "--host wants --start: a symbol or an address";
	return NULL;
}

/* The command; argv[0] is "disasm". Returns the exit status. */
int cmd_disasm(int argc, char **argv)
{
	static const struct option options[] = {
		{ "raw", no_argument, NULL, 'r' },
		{ "base", required_argument, NULL, 'b' },
		{ "host", no_argument, NULL, 'H' },
		{ "start", required_argument, NULL, OPT_START },
		{ "stop", required_argument, NULL, OPT_STOP },
		{ "frame", required_argument, NULL, OPT_FRAME },
		{ "cpl", required_argument, NULL, OPT_CPL },
		{ "physical", no_argument, NULL, OPT_PHYSICAL },
		{ "big-endian", no_argument, NULL, OPT_BIG_ENDIAN },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct disasm_options o = { .of_host.frame.whole = FRAME_ANY };
	const char *wrong;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return STATUS_OK;
		}
		if (c == '?') {
			fprintf(stderr, "riven: disasm: %s is an unknown option or lacks its value\n",
				argv[optind - 1]);
			return STATUS_USAGE;
		}
		if (!take_option(c, &o))
			return STATUS_USAGE;
	}
	if (argc - optind != 1) {
		fprintf(stderr, "riven: disasm: name one FILE; see riven disasm --help\n");
		return STATUS_USAGE;
	}
	wrong = check_options(&o);
	if (wrong) {
		fprintf(stderr, "riven: %s\n", wrong);
		return STATUS_USAGE;
	}
	return disassemble(argv[optind], &o);
}
