// SPDX-License-Identifier: GPL-2.0-only
/* An interpreter of a small stack machine, which counts Collatz steps: a switch in a loop, so indirect branches. */
#include "../bench.h"

enum op { PUSH, LOAD, STORE, ADD, MUL, SHR, AND, LESS, JUMP, JUMP_IF, JUMP_IFNOT, HALT };

struct instruction {
	unsigned char op;
	unsigned char operand;
};

enum variable { N, X, STEPS, SUM, LIMIT, VARIABLES };

/* For each N from 1 below LIMIT, the steps until X is 1, added up in SUM. */
static const struct instruction program[] = {
	/*  0 */ { PUSH, 1 }, { STORE, N },
	/*  2 */ { LOAD, N }, { STORE, X }, { PUSH, 0 }, { STORE, STEPS },
	/*  6 */ { PUSH, 1 }, { LOAD, X }, { LESS, 0 }, { JUMP_IFNOT, 30 },
	/* 10 */ { LOAD, STEPS }, { PUSH, 1 }, { ADD, 0 }, { STORE, STEPS },
	/* 14 */ { LOAD, X }, { PUSH, 1 }, { AND, 0 }, { JUMP_IF, 23 },
	/* 18 */ { LOAD, X }, { PUSH, 1 }, { SHR, 0 }, { STORE, X }, { JUMP, 6 },
	/* 23 */ { LOAD, X }, { PUSH, 3 }, { MUL, 0 }, { PUSH, 1 }, { ADD, 0 }, { STORE, X }, { JUMP, 6 },
	/* 30 */ { LOAD, SUM }, { LOAD, STEPS }, { ADD, 0 }, { STORE, SUM },
	/* 34 */ { LOAD, N }, { PUSH, 1 }, { ADD, 0 }, { STORE, N },
	/* 38 */ { LOAD, N }, { LOAD, LIMIT }, { LESS, 0 }, { JUMP_IF, 2 },
	/* 42 */ { HALT, 0 },
};

static uint64_t run(uint64_t limit)
{
	uint64_t stack[16] = { 0 }, variables[VARIABLES] = { [LIMIT] = limit };
	uint64_t *top = stack;
	const struct instruction *i = program;

	for (;;) {
		int operand = i->operand;

		switch ((enum op)i++->op) {
		case PUSH:
			*top++ = (uint64_t)operand;
			break;
		case LOAD:
			*top++ = variables[operand];
			break;
		case STORE:
			variables[operand] = *--top;
			break;
		case ADD:
			top--;
			top[-1] += top[0];
			break;
		case MUL:
			top--;
			top[-1] *= top[0];
			break;
		case SHR:
			top--;
			top[-1] >>= top[0];
			break;
		case AND:
			top--;
			top[-1] &= top[0];
			break;
		case LESS:
			top--;
			top[-1] = top[-1] < top[0];
			break;
		case JUMP:
			i = program + operand;
			break;
		case JUMP_IF:
			if (*--top)
				i = program + operand;
			break;
		case JUMP_IFNOT:
			if (!*--top)
				i = program + operand;
			break;
		case HALT:
			return variables[SUM];
		}
	}
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	for (unsigned int round = 0; round < scale; round++)
		sum = bench_mix(sum, run(1500 + round % 16));
	return sum;
}
