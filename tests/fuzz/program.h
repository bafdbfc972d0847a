/* SPDX-License-Identifier: GPL-2.0-only */
/* Random programs and machine states, the same on every machine for the same seed. */
#ifndef TESTS_FUZZ_PROGRAM_H
#define TESTS_FUZZ_PROGRAM_H

#include <stdint.h>

#include <riven/abi.h>

/* Where things lie in guest-physical memory. */
#define RAM_SIZE	(8ull << 20)
#define CODE		0x10000ull
#define CODE_SIZE	0x4000ull
#define IVT		0x20000ull
#define IVT_SIZE	0x8000ull

/* What the opcode table says of an instruction, by enum riven_op: fixed bits, UNIT_* and FMT_*. */
struct row {
	uint64_t match, mask;
	uint8_t unit, format;
};

extern const struct row rows[];

/* Start the sequence that all functions below draw from. */
void random_seed(uint64_t seed);
uint64_t next_random(void);
/* 0 .. n - 1 */
uint64_t below(uint64_t n);
/* A value that is likely to mean something: an address, an edge, small, or anything. */
uint64_t interesting(void);
/* 16 bytes: any template, instructions of the opcode table, now and then any bits. */
void random_bundle(uint8_t *at);
/* Registers and much else; what s held before shows through in what is not touched. */
void random_machine_state(struct riven_state *s);

#endif
