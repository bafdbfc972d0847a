/* SPDX-License-Identifier: GPL-2.0-only */
/* Random programs in which much happens before they fault: of what compilers use, in likely states. */
#ifndef TESTS_JIT_LIKELY_H
#define TESTS_JIT_LIKELY_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/abi.h>

/* Code at CODE and IVT and data for it, from the sequence of random_seed(). wild: any code. */
void likely_program(uint8_t *ram, bool wild);
/* The same program in other memory. */
void likely_copy(uint8_t *to, const uint8_t *from);
/* Make a random state one in which much can happen without a fault. */
void likely_state(struct riven_state *s);

#endif
