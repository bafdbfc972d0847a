/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of likely programs that wants the translator to run short of registers. */
#ifndef TESTS_JIT_LIKELY_DENSE_H
#define TESTS_JIT_LIKELY_DENSE_H

#include <stdint.h>

#include <riven/abi.h>

/* At CODE, long stretches without a fault that use few registers and predicates over and over. */
void likely_dense(uint8_t *ram);
/* What besides is true of its state. */
void likely_dense_state(struct riven_state *s);

#endif
