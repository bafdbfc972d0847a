// SPDX-License-Identifier: GPL-2.0-only
/* The disassembler's operands: registers, immediates, targets. */
#include <gvmm/isa/disasm-syntax.h>
#include <gvmm/isa/opcodes.h>

struct name {
	uint8_t nr;
	char name[9];
};

static const struct name ar_names[] = {
	{ 0, "k0" }, { 1, "k1" }, { 2, "k2" }, { 3, "k3" }, { 4, "k4" }, { 5, "k5" },
	{ 6, "k6" }, { 7, "k7" }, { 16, "rsc" }, { 17, "bsp" }, { 18, "bspstore" },
	{ 19, "rnat" }, { 21, "fcr" }, { 24, "eflag" }, { 25, "csd" }, { 26, "ssd" },
	{ 27, "cflg" }, { 28, "fsr" }, { 29, "fir" }, { 30, "fdr" }, { 32, "ccv" },
	{ 36, "unat" }, { 40, "fpsr" }, { 44, "itc" }, { 45, "ruc" }, { 64, "pfs" },
	{ 65, "lc" }, { 66, "ec" },
};

static const struct name cr_names[] = {
	{ 0, "dcr" }, { 1, "itm" }, { 2, "iva" }, { 8, "pta" }, { 16, "ipsr" },
	{ 17, "isr" }, { 19, "iip" }, { 20, "ifa" }, { 21, "itir" }, { 22, "iipa" },
	{ 23, "ifs" }, { 24, "iim" }, { 25, "iha" }, { 26, "iib0" }, { 27, "iib1" }, { 64, "lid" }, { 65, "ivr" },
	{ 66, "tpr" }, { 67, "eoi" }, { 68, "irr0" }, { 69, "irr1" }, { 70, "irr2" },
	{ 71, "irr3" }, { 72, "itv" }, { 73, "pmv" }, { 74, "cmcv" }, { 80, "lrr0" },
	{ 81, "lrr1" },
};

/* "ar.lc" where register nr of file "ar" has a name, "ar67" where not. */
static void put_named(struct text *t, const char *file, const struct name *names, size_t n,
		      unsigned int nr)
{
	text_str(t, file);
	for (size_t k = 0; k < n; k++)
		if (names[k].nr == nr) {
			text_char(t, '.');
			text_str(t, names[k].name);
			return;
		}
	text_number(t, nr, 10, 1);
}

/* mbtype4 of mux1 (SDM 3:4.8); the decoder refuses other values. */
static void put_mbtype(struct text *t, uint64_t mbtype)
{
	static const char names[5][7] = { "@brcst", "@mix", "@shuf", "@alt", "@rev" };

	text_str(t, names[mbtype >= 8 && mbtype <= 11 ? mbtype - 7 : 0]);
}

/* What dep takes its bits from: imm8, or a single bit for all of them. */
static int64_t deposit_value(const struct insn *i, uint64_t slot)
{
	if (i->op == OP_DEP_IMM)
		return -(int64_t)i->r2;
	return (int8_t)((slot >> 36 & 1) << 7 | (slot >> 13 & 0x7f));
}

/*
 * tag13: where the branch is that a prediction is for. mov to BR has the tag in
 * bits 32:24, brp in 34:33 and 12:6, counted in bundles from this one.
 */
static int64_t tag(const struct insn *i, uint64_t slot)
{
	uint64_t t = i->op == OP_MOV_TO_BR || i->op == OP_MOV_RET_TO_BR ?
		slot >> 24 & 0x1ff : (slot >> 33 & 3) << 7 | (slot >> 6 & 0x7f);

	return ((int64_t)(t << 55) >> 55) * 16;
}

static void put_operand(struct text *t, char kind, uint8_t field, const struct insn *i,
			uint64_t slot, uint64_t ip)
{
	switch (kind) {
	case 'a':
		put_named(t, "ar", ar_names, sizeof(ar_names) / sizeof(ar_names[0]), i->r3);
		break;
	case 'c':
		put_named(t, "cr", cr_names, sizeof(cr_names) / sizeof(cr_names[0]), i->r3);
		break;
	case 'n':
		text_number(t, field, 10, 1);
		break;
	case 'h':
		text_hex(t, field);
		break;
	case 'r':
		text_number(t, 8 * i->r4, 10, 1);
		break;
	case 'd':
		text_dec(t, i->imm);
		break;
	case 'x':
		text_hex(t, i->imm);
		break;
	case 'm':
		put_mbtype(t, i->imm);
		break;
	case 't':
		text_hex(t, ip + i->imm);
		break;
	case 'i':
		text_dec(t, deposit_value(i, slot));
		break;
	case 'q':
		text_number(t, 63 - (slot >> 20 & 0x3f), 10, 1);
		break;
	case 'l':
		text_number(t, (slot >> 27 & 0x3f) + 1, 10, 1);
		break;
	case 'j':
		text_hex(t, ip + tag(i, slot));
		break;
	default:	/* g, f, b, p */
		text_char(t, kind == 'g' ? 'r' : kind);
		text_number(t, field, 10, 1);
		break;
	}
}

void disasm_operands(struct text *t, const char *syntax, const struct insn *i, uint64_t slot,
		     uint64_t ip)
{
	const uint8_t fields[4] = { i->r1, i->r2, i->r3, i->r4 };

	while (*syntax) {
		uint8_t field = 0;
		char kind;

		if (*syntax != '%') {
			text_char(t, *syntax++);
			continue;
		}
		kind = syntax[1];
		syntax += 2;
		if (*syntax >= '1' && *syntax <= '4')
			field = fields[*syntax++ - '1'];
		put_operand(t, kind, field, i, slot, ip);
	}
}
