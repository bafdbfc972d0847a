/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GVMM_JIT_IR_PRINT_H
#define GVMM_JIT_IR_PRINT_H

#include "gvmm/isa/text.h"
#include "gvmm/jit/translate.h"

/* The name of a location. */
void ir_print_loc(struct text *out, uint32_t loc);
/* Operation n of the block, without the end of a line. */
void ir_print(struct text *out, const struct translation *t, uint32_t n);

#endif
