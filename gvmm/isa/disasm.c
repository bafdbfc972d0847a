// SPDX-License-Identifier: GPL-2.0-only
/* The disassembler's frame: what is in a slot, predicates, operands, stops. */
#include <gvmm/isa/decode.h>
#include <gvmm/isa/disasm-syntax.h>
#include <gvmm/isa/disasm.h>

static void put_insn(struct text *t, const struct insn *i, uint64_t slot, uint64_t ip)
{
	const char *syntax = disasm_pseudo(t, i, slot);

	if (!syntax) {
		text_str(t, op_mnemonic(i->op));
		syntax = disasm_syntax(i->op);
	}
	disasm_completers(t, i, slot);
	if (*syntax)
		text_char(t, ' ');
	disasm_operands(t, syntax, i, slot, ip);
}

/* What the text of a slot is about. */
struct place {
	enum op_unit unit;
	uint64_t slot, lslot;
};

static struct place find_place(uint64_t lo, uint64_t hi, unsigned int nr)
{
	struct place p = { .unit = template_unit(lo & 31, nr), .slot = bundle_slot(lo, hi, nr) };

	if (p.unit == UNIT_L)
		return (struct place){ UNIT_X, bundle_slot(lo, hi, 2), p.slot };
	return p;
}

/* The instruction there, without the decoder's view of what would fault. */
static bool find_insn(struct insn *i, const struct place *p)
{
	unsigned int op = decode_lookup(p->unit, p->slot);

	*i = (struct insn){ .op = op, .qp = p->slot & 0x3f };
	if (op == OP_ILLEGAL || !decode_operands(i, op_format(op), p->slot, p->lslot))
		return false;
	if (op_flags(op) & F_NOPRED)
		i->qp = 0;
	return true;
}

static void put_template(struct text *t, unsigned int template)
{
	static const char letters[] = "-AIMBFXL";

	text_char(t, '[');
	for (unsigned int n = 0; n < 3; n++) {
		enum op_unit unit = template_unit(template, n);

		if (unit == UNIT_NONE && n == 1)
			text_number(t, template >> 1, 16, 1);
		else
			text_char(t, letters[unit]);
	}
	text_char(t, ']');
}

static void put_qp(struct text *t, unsigned int qp)
{
	if (!qp) {
		text_str(t, "      ");
		return;
	}
	text_str(t, "(p");
	text_number(t, qp, 10, 2);
	text_str(t, ") ");
}

size_t disasm_slot(char *buf, size_t size, uint64_t lo, uint64_t hi, unsigned int slot,
		   uint64_t ip)
{
	struct text t = { .buf = buf, .size = size };
	unsigned int template = lo & 31;
	bool mlx = template_unit(template, 1) == UNIT_L;
	struct place place;
	struct insn i;

	if (!size)
		return 0;
	buf[0] = '\0';
	if (slot > 2 || (slot == 2 && mlx))
		return 0;
	if (slot == 0)
		put_template(&t, template);
	else
		text_str(&t, "     ");
	text_char(&t, ' ');
	place = find_place(lo, hi, slot);
	if (!find_insn(&i, &place)) {
		put_qp(&t, 0);
		text_str(&t, "data8 0x");
		text_number(&t, place.slot, 16, 9);
		return t.len;
	}
	put_qp(&t, i.qp);
	put_insn(&t, &i, place.slot, ip);
	if (template_stop(template, mlx && slot ? 2 : slot))
		text_str(&t, ";;");
	return t.len;
}

bool disasm_target(uint64_t lo, uint64_t hi, unsigned int slot, uint64_t ip, uint64_t *target)
{
	struct place place;
	struct insn i;

	if (slot > 2)
		return false;
	place = find_place(lo, hi, slot);
	if (!find_insn(&i, &place))
		return false;
	for (const char *s = disasm_syntax(i.op); *s; s++)
		if (s[0] == '%' && s[1] == 't') {
			*target = ip + i.imm;
			return true;
		}
	return false;
}
