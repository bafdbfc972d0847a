/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of likely programs and states that is about floating point. */
#ifndef TESTS_JIT_LIKELY_FLOAT_H
#define TESTS_JIT_LIKELY_FLOAT_H

#include <stdint.h>

#include <riven/abi.h>

/* What compilers make of floating point, and of integers in its registers. */
extern const uint16_t likely_floats[];
extern const unsigned int nr_likely_floats;

/* Registers that hold doubles and integers, and a likely FPSR. */
void likely_float_state(struct riven_state *s);
/* Something to find in memory. */
uint64_t likely_float_word(void);

/* The same, of extended precision: a double in ten bytes. */
void likely_extended(uint8_t *at);

/* At CODE, a loop of such instructions that rarely faults; and what besides is true of its state. */
void likely_float_loop(uint8_t *ram);
void likely_loop_state(struct riven_state *s);

#endif
