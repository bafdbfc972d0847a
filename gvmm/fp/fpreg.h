/* SPDX-License-Identifier: GPL-2.0-only */
/* A floating-point register as the register file holds it. */
#ifndef GVMM_FP_FPREG_H
#define GVMM_FP_FPREG_H

#include <stdint.h>

/*
 * 82-bit floating-point register (SDM 1:5.1.1) in the order of its spill
 * format: 64-bit significand with explicit integer bit, then the 17-bit
 * biased exponent (bias 0xffff) in bits 16:0 and the sign in bit 17 of se.
 */
struct fpreg {
	uint64_t sig;
	uint64_t se;
};

#define FPREG_EXP_MASK	0x1ffffu
#define FPREG_SIGN	0x20000u

/*
 * The register file may hold an entry in another form than its own, which bit
 * 31 of se tells; no register has it. FPREG_DOUBLE: sig is an IEEE double, the
 * register what ldfd makes of it. FPREG_SEQ + 256 * s + n: value n of sequence s
 * (seq.h), whose operands are sig and the entry's second word. See form.h; nothing
 * else has to know.
 */
#define FPREG_FORM	0x80000000u
#define FPREG_DOUBLE	0x80000000u
#define FPREG_SEQ	0xc0000000u

#endif
