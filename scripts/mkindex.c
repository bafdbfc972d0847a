// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the decoder's index from the opcode table, at build time: for each
 * kind of slot and each major opcode a tree whose inner nodes look at one field
 * of the slot and whose leaves name the only instruction that can still match.
 * Usage: mkindex > isa-index.h. Fails if two rows of the table overlap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <gvmm/isa/encoding.h>
#include <gvmm/isa/opcodes.h>

#define MAX_WIDTH	7
#define MAX_NODES	1024
#define MAX_LEAVES	32768
#define LEAF_NODE	0x8000	/* the entry is an inner node's number */

struct row {
	uint64_t match, mask;
	enum op_unit unit;
	const char *id;
};

static const struct row rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ match, mask, UNIT_##unit, #id },
#include <gvmm/isa/opcodes.def>
#undef OP
};

struct set {
	unsigned int n;
	unsigned short op[RIVEN_NR_OPS];
};

static struct node {
	unsigned int base, lo, width;
} nodes[MAX_NODES];
static unsigned int nr_nodes, nr_leaves, depth_max;
static unsigned int leaves[MAX_LEAVES];

static uint64_t field(unsigned int lo, unsigned int width)
{
	return ((1ull << width) - 1) << lo;
}

/* The rows of s that a slot with value v in a field can match. */
static void subset(struct set *out, const struct set *s, unsigned int lo, unsigned int width,
		   uint64_t v)
{
	uint64_t f = field(lo, width);

	out->n = 0;
	for (unsigned int i = 0; i < s->n; i++) {
		const struct row *r = &rows[s->op[i]];

		if (!((r->match ^ v << lo) & r->mask & f))
			out->op[out->n++] = s->op[i];
	}
}

/* How good a field is to branch on, less is better; 0 if it separates nothing. */
static unsigned long cost(const struct set *s, unsigned int lo, unsigned int width)
{
	unsigned long sum = 0;
	struct set part;

	for (uint64_t v = 0; v < 1u << width; v++) {
		subset(&part, s, lo, width, v);
		if (part.n == s->n)
			return 0;
		sum += 1 + 4ul * part.n * part.n;
	}
	return sum;
}

static unsigned int build(const struct set *s, unsigned int depth)
{
	unsigned long best = 0;
	unsigned int lo = 0, width = 0, node, base;

	if (depth > depth_max)
		depth_max = depth;
	if (s->n <= 1)
		return s->n ? s->op[0] : OP_ILLEGAL;
	for (unsigned int w = 1; w <= MAX_WIDTH; w++)
		for (unsigned int l = 0; l + w <= 37; l++) {
			unsigned long c = cost(s, l, w);

			if (c && (!best || c < best)) {
				best = c;
				lo = l;
				width = w;
			}
		}
	if (!best) {
		fprintf(stderr, "mkindex: no field tells OP_%s from OP_%s\n",
			rows[s->op[0]].id, rows[s->op[1]].id);
		exit(1);
	}
	node = nr_nodes++;
	base = nr_leaves;
	nr_leaves += 1u << width;
	if (nr_nodes > MAX_NODES || nr_leaves > MAX_LEAVES) {
		fprintf(stderr, "mkindex: the index has grown beyond its tables\n");
		exit(1);
	}
	nodes[node] = (struct node){ base, lo, width };
	for (unsigned int v = 0; v < 1u << width; v++) {
		struct set part;

		subset(&part, s, lo, width, v);
		leaves[base + v] = build(&part, depth + 1);
	}
	return LEAF_NODE | node;
}

int main(void)
{
	static const enum op_unit units[] = { UNIT_M, UNIT_I, UNIT_F, UNIT_B, UNIT_X };

	printf("/* Made from gvmm/isa/opcodes.def by scripts/mkindex.c. */\n"
	       "static const uint16_t index_roots[5][16] = {\n");
	for (unsigned int u = 0; u < 5; u++) {
		printf("\t{");
		for (uint64_t major = 0; major < 16; major++) {
			struct set s = { 0 };

			for (unsigned int op = 0; op < RIVEN_NR_OPS; op++)
				if ((rows[op].unit == units[u] ||
				     (rows[op].unit == UNIT_A && u < 2)) &&
				    rows[op].match >> 37 == major)
					s.op[s.n++] = op;
			printf(" %u,", build(&s, 0));
		}
		printf(" },\n");
	}
	printf("};\n\nstatic const struct index_node index_nodes[] = {\n");
	for (unsigned int i = 0; i < nr_nodes; i++)
		printf("\t{ %u, %u, %u },\n", nodes[i].base, nodes[i].lo, nodes[i].width);
	printf("};\n\nstatic const uint16_t index_leaves[] = {");
	for (unsigned int i = 0; i < nr_leaves; i++)
		printf("%s%u,", i % 16 ? " " : "\n\t", leaves[i]);
	printf("\n};\n/* depth %u */\n", depth_max);
	return 0;
}
