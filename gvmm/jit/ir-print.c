// SPDX-License-Identifier: GPL-2.0-only
/* The intermediate form as text: one line an operation, "v12 = add v3, v4". */
#include "gvmm/jit/ir-print.h"

static void print_ref(struct text *out, const struct translation *t, ir_ref r)
{
	const struct ir *i = &t->ir[ir_index(r)];

	if (i->op == IR_K && i->type == IR_BOOL) {
		text_str(out, ((uint32_t)i->imm ^ (r & IR_NOT ? 1 : 0)) ? "true" : "false");
	} else if (i->op == IR_K) {
		text_hex(out, (uint64_t)i->imm);
	} else {
		text_str(out, r & IR_NOT ? "!v" : "v");
		text_dec(out, (int64_t)ir_index(r));
	}
}

void ir_print_loc(struct text *out, uint32_t loc)
{
	static const char others[][5] = { "lc", "ec", "pfs", "ccv", "unat", "ip" };
	static const struct { uint16_t first; char name[5]; } kinds[] = {
		{ LOC_BR, "b" }, { LOC_FB, "fb" }, { LOC_FT, "ft" }, { LOC_FR, "fr" }, { LOC_PR, "pr" }, { LOC_GR, "gr" },
	};
	uint32_t n = 0;

	if (loc >= LOC_LC) {
		text_str(out, others[loc - LOC_LC]);
		return;
	}
	while (loc < kinds[n].first)
		n++;
	text_str(out, kinds[n].name);
	text_dec(out, (int64_t)(loc - kinds[n].first));
}

static void print_exit(struct text *out, const struct exit *x)
{
	static const char kinds[][9] = {
		"link", "finish", "call", "call", "indirect", "return", "branch",
	};

	text_str(out, kinds[x->kind]);
	text_char(out, ' ');
	text_hex(out, x->ip);
	if (x->kind == EXIT_FINISH) {
		text_char(out, '.');
		text_dec(out, x->ri);
	}
}

static void print_name(struct text *out, const char *c)
{
	for (; *c; c++)
		text_char(out, *c >= 'A' && *c <= 'Z' ? *c | 32 : *c);
}

/* What the immediate says, where there is one. */
static void print_imm(struct text *out, const struct translation *t, const struct ir *i)
{
	static const char relations[][4] = { "eq", "lt", "le", "ltu", "leu" };

	switch (i->op) {
	case IR_CMP:
		text_str(out, i->size == 4 ? "4." : ".");
		text_str(out, relations[i->imm]);
		break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROR:
	case IR_SHLADD:
	case IR_SHRP:
	case IR_BIT:
	case IR_LDV:
	case IR_LDX:
	case IR_STV:
	case IR_FSUB:
	case IR_FMUL:
	case IR_FMA:
	case IR_FSIGN:
	case IR_FCMP:
	case IR_FROMI:
	case IR_FLAGD:
		text_char(out, '.');
		text_dec(out, i->imm);
		if (i->size == 4)
			text_str(out, ".4");
		break;
	case IR_PAR:
		text_char(out, '.');
		print_name(out, ir_par_name(i->size));
		if (i->b == IR_NONE) {
			text_char(out, '.');
			text_dec(out, i->imm);
		}
		break;
	case IR_EXIT:
	case IR_EXITIF:
	case IR_FLOATS:
	case IR_FORM:
	case IR_FSINGLE:
	case IR_TOI:
		text_str(out, " to ");
		print_exit(out, &t->exit[i->imm]);
		break;
	default:
		if (i->size)
			text_dec(out, i->size);
		break;
	}
}

void ir_print(struct text *out, const struct translation *t, uint32_t n)
{
	const struct ir *i = &t->ir[n];
	ir_ref refs[5] = { i->a, i->b, i->c, i->other, i->guard };
	uint32_t k;
	bool first = true;

	if (i->type != IR_VOID) {
		text_char(out, 'v');
		text_dec(out, n);
		text_str(out, " = ");
	}
	print_name(out, ir_name(i->op));
	print_imm(out, t, i);
	if (i->loc < NR_LOCS) {
		text_char(out, ' ');
		ir_print_loc(out, i->loc);
		first = i->op == IR_LOAD || i->op == IR_LOADP;
	}
	for (k = 0; k < 5; k++) {
		if (refs[k] == IR_NONE)
			continue;
		text_str(out, first ? " " : ", ");
		if (k == 4 || (k == 2 && i->op != IR_STOREAT && i->type == IR_VOID))
			text_str(out, "if ");
		else if (k == 3)
			text_str(out, "else ");
		print_ref(out, t, refs[k]);
		first = false;
	}
}
