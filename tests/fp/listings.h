/* SPDX-License-Identifier: GPL-2.0-only */
/* Division and square-root sequences as they are found in code, behind the approximation. */
#ifndef TESTS_FP_LISTINGS_H
#define TESTS_FP_LISTINGS_H

#include "gvmm/fp/seq.h"

/* Destination, op, f3, f4, f2, completer, status field. */
struct code {
	int dest, op, f3, f4, f2, pc, sf;
};

/* Registers: 0, 1; 6 and up. */
struct listing {
	const char *name;
	enum fp_seq seq;
	int a, b, y0;		/* registers that hold these when it starts */
	int result;
	struct code code[20];
	struct { int reg; uint64_t bits; } constants[6];
};

static const struct listing listings[] = {
	{ "double division of compiled code", FP_SEQ_DOUBLE, 7, 9, 8, 8, {
		{ 6, FP_FNMA, 9, 8, 1, 0, 1 }, { 10, FP_FMA, 6, 6, 0, 0, 1 },
		{ 6, FP_FMA, 8, 6, 8, 0, 1 }, { 11, FP_FMA, 10, 10, 0, 0, 1 },
		{ 6, FP_FMA, 6, 10, 6, 0, 1 }, { 6, FP_FMA, 6, 11, 6, 0, 1 },
		{ 10, FP_FMA, 7, 6, 0, 2, 1 }, { 7, FP_FNMA, 9, 10, 7, 0, 1 },
		{ 8, FP_FMA, 7, 6, 10, 2, 0 } }, { { 0, 0 } } },
	{ "single division of compiled code", FP_SEQ_DOUBLE, 6, 9, 8, 8, {
		{ 10, FP_FNMA, 9, 8, 1, 0, 1 }, { 7, FP_FMA, 8, 10, 8, 0, 1 },
		{ 7, FP_FMA, 7, 10, 8, 0, 1 }, { 10, FP_FMA, 6, 7, 0, 1, 1 },
		{ 6, FP_FNMA, 10, 9, 6, 0, 1 }, { 8, FP_FMA, 6, 7, 10, 1, 0 } }, { { 0, 0 } } },
	{ "signed division of libgcc", FP_SEQ_SIGNED, 8, 9, 10, 10, {
		{ 11, FP_FNMA, 9, 10, 1, 0, 1 }, { 12, FP_FMA, 8, 10, 0, 0, 1 },
		{ 13, FP_FMA, 11, 11, 0, 0, 1 }, { 12, FP_FMA, 11, 12, 12, 0, 1 },
		{ 10, FP_FMA, 11, 10, 10, 0, 1 }, { 11, FP_FMA, 13, 12, 12, 0, 1 },
		{ 10, FP_FMA, 13, 10, 10, 0, 1 }, { 12, FP_FNMA, 9, 11, 8, 0, 1 },
		{ 10, FP_FMA, 12, 10, 11, 0, 1 } }, { { 0, 0 } } },
	{ "unsigned division of Linux", FP_SEQ_UNSIGNED, 8, 9, 11, 11, {
		{ 7, FP_FMA, 8, 11, 0, 0, 1 }, { 6, FP_FNMA, 9, 11, 1, 0, 1 },
		{ 10, FP_FMA, 7, 6, 7, 0, 1 }, { 7, FP_FMA, 6, 6, 0, 0, 1 },
		{ 10, FP_FMA, 10, 7, 10, 0, 1 }, { 6, FP_FMA, 11, 6, 11, 0, 1 },
		{ 6, FP_FMA, 6, 7, 6, 0, 1 }, { 7, FP_FNMA, 9, 10, 8, 0, 1 },
		{ 11, FP_FMA, 7, 6, 10, 0, 1 } }, { { 0, 0 } } },
	{ "square root of glibc", FP_SEQ_ROOT, 8, 8, 7, 8, {
		{ 6, FP_FMA, 9, 7, 0, 0, 1 }, { 7, FP_FMA, 8, 7, 0, 0, 1 },
		{ 9, FP_FNMA, 7, 6, 9, 0, 1 }, { 10, FP_FMA, 11, 9, 10, 0, 1 },
		{ 11, FP_FMA, 9, 9, 0, 0, 1 }, { 12, FP_FMA, 13, 9, 12, 0, 1 },
		{ 10, FP_FMA, 11, 10, 9, 0, 1 }, { 11, FP_FMA, 11, 11, 0, 0, 1 },
		{ 9, FP_FMA, 9, 12, 14, 0, 1 }, { 12, FP_FMA, 10, 7, 7, 0, 1 },
		{ 7, FP_FMA, 7, 11, 0, 0, 1 }, { 10, FP_FMA, 11, 9, 10, 0, 1 },
		{ 7, FP_FMA, 9, 7, 12, 2, 1 }, { 6, FP_FMA, 10, 6, 6, 0, 1 },
		{ 9, FP_FNMA, 7, 7, 8, 0, 1 }, { 8, FP_FMA, 9, 6, 7, 2, 0 } },
		{ { 9, 0x3fe0000000000000 }, { 10, 0x3ff8000000000000 },
		  { 11, 0x4004000000000000 }, { 12, 0x401f800000000000 },
		  { 13, 0x402ce00000000000 }, { 14, 0x4011800000000000 } } },
};

#define NR_LISTINGS (sizeof(listings) / sizeof(listings[0]))

#endif
