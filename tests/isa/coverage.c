// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which opcodes of the table lack a case for a behaviour that they have:
 * result, NaT, fault, and predicate off. One KTAP result for each opcode; the
 * instruction under test is the first of a case that is not a nop.
 *
 * usage: coverage CASES.tab CASES.bin
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/isa/decode.h"
#include "tests/lib/ktap.h"

#define MAX_LINE	8192
#define MAX_CODE	0x00800000

enum kind { RESULT = 1, NAT = 2, FAULT = 4, OFF = 8 };

struct op_row {
	char name[32];
	char format[8];
	uint8_t flags;
	char unit[8];
};

static const struct op_row rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ #id, #format, flags, #unit },
#include "gvmm/isa/opcodes.def"
#undef OP
};

/* Formats with a source register whose NaT or NaTVal matters. */
static const char nat_formats[] =
	" A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 I1 I2 I3 I4 I5 I6 I7 I8 I9 I10 I11 I12 I14 I15 I16 I17"
	" I20 I21 I23 I26 I29 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15 M16 M17 M18"
	" M19 M20 M21 M28 M29 M32 M35 M38 M39 M40 M41 M42 M43 M45 M46 M47"
	" F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 ";
/* Formats and opcodes without any fault or trap of their own ... */
static const char never_faults[] =
	" F13 F16 I18 I21 I23 I24 M22 M23 M24 M25 M26 M27 M48 B6 B7 X5 COVER CLRRRB CLRRRB_PR HINT_B ";
/* ... and opcodes that never complete. */
static const char no_result[] = " BREAK_I BREAK_M BREAK_F BREAK_B BREAK_X BR_IA VMSW_0 VMSW_1 ";
/* These are illegal under any predicate but p0. */
static const char no_off[] = " ALLOC BR_IA ";

static bool listed(const char *list, const char *item)
{
	char word[sizeof(rows[0].name) + 2];

	snprintf(word, sizeof(word), " %s ", item);
	return strstr(list, word) != NULL;
}

/* The behaviours that opcode number op is to have a case for. */
static unsigned int wanted(unsigned int op)
{
	const struct op_row *r = &rows[op];
	unsigned int want = 0;

	if (!listed(no_result, r->name))
		want |= RESULT;
	if (listed(nat_formats, r->format))
		want |= NAT;
	if (!listed(never_faults, r->format) && !listed(never_faults, r->name))
		want |= FAULT;
	if (!(r->flags & F_NOPRED) && !listed(no_off, r->name))
		want |= OFF;
	return want;
}

static unsigned int kind_number(const char *kind)
{
	static const char names[4][8] = { "result", "nat", "fault", "off" };

	for (unsigned int i = 0; i < 4; i++)
		if (!strcmp(kind, names[i]))
			return 1u << i;
	return 0;
}

static bool is_nop(const struct insn *i)
{
	return strncmp(rows[i->op].name, "NOP", 3) == 0 || i->op == OP_X2ND;
}

static unsigned int op_under_test(const uint8_t *code, uint64_t offset)
{
	struct insn slots[3];
	uint8_t template;
	uint64_t lo, hi;

	memcpy(&lo, code + offset, 8);
	memcpy(&hi, code + offset + 8, 8);
	decode_bundle(lo, hi, slots, &template);
	for (int i = 0; i < 3; i++)
		if (!is_nop(&slots[i]))
			return slots[i].op;
	return slots[0].op;
}

int main(int argc, char **argv)
{
	static unsigned int have[RIVEN_NR_OPS];
	static char line[MAX_LINE];
	static uint8_t code[MAX_CODE + 16];
	FILE *tab, *bin;

	if (argc != 3) {
		fprintf(stderr, "usage: coverage CASES.tab CASES.bin\n");
		return 2;
	}
	tab = fopen(argv[1], "r");
	bin = fopen(argv[2], "rb");
	if (!tab || !bin || fread(code, 1, MAX_CODE, bin) == 0) {
		fprintf(stderr, "coverage: cannot read %s and %s: %s\n", argv[1], argv[2],
			strerror(errno));
		return 2;
	}
	while (fgets(line, sizeof(line), tab)) {
		char kind[16];
		uint64_t offset;

		/* name|kind|ref|offset|... */
		if (sscanf(line, "%*[^|]|%15[^|]|%*[^|]|%" SCNx64, kind, &offset) == 2 &&
		    offset < MAX_CODE)
			have[op_under_test(code, offset)] |= kind_number(kind);
	}
	ktap_begin();
	for (unsigned int op = 0; op < RIVEN_NR_OPS; op++) {
		unsigned int lacks = wanted(op) & ~have[op];

		if (!strcmp(rows[op].unit, "NONE") || is_nop(&(struct insn){ .op = (uint16_t)op }))
			continue;
		ktap_result(!lacks, "%s (%s)%s%s%s%s%s", rows[op].name, rows[op].format,
			    lacks ? " lacks" : "", lacks & RESULT ? " result" : "",
			    lacks & NAT ? " nat" : "", lacks & FAULT ? " fault" : "",
			    lacks & OFF ? " off" : "");
	}
	fclose(tab);
	fclose(bin);
	return ktap_end();
}
