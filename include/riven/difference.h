/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the GVMM reports when the translator and the interpreter have done
 * different things (RIVEN_VM_VERIFY): at RIVEN_VCPU_VERIFY of the vCPU area,
 * valid after an exit with RIVEN_EXIT_INTERNAL and RIVEN_INTERNAL_DIFFERENCE.
 */
#ifndef RIVEN_DIFFERENCE_H
#define RIVEN_DIFFERENCE_H

#include <stdint.h>

#include <riven/abi.h>

/* Bits of riven_difference.what. */
enum riven_difference_what {
	RIVEN_DIFFERENT_STATE = 1,	/* struct riven_state */
	RIVEN_DIFFERENT_MEMORY = 2,
	RIVEN_DIFFERENT_END = 4,	/* bundles run, or how and why the world is left */
	RIVEN_DIFFERENT_IIPA = 8,	/* the address that the next interruption would put there */
	RIVEN_DIFFERENT_ALAT = 16,
};

#define RIVEN_DIFFERENCE_IPS	64
#define RIVEN_DIFFERENCE_WORDS	32
#define RIVEN_DIFFERENCE_CODE	0x8000

struct riven_difference {
	uint32_t what;
	uint32_t bundles;		/* that the interpreter ran from `before` on: ip[] */
	uint32_t bundles_jit;		/* of them, those that the translator ran */
	uint32_t nr_words;
	uint32_t exit_interp, exit_jit;	/* exit reasons, ~0: none */
	uint64_t iipa_interp, iipa_jit;
	/* Addresses of the first bundles, and their bytes. */
	uint64_t ip[RIVEN_DIFFERENCE_IPS];
	uint64_t bundle[RIVEN_DIFFERENCE_IPS][2];
	struct riven_difference_word {
		uint64_t gpa;
		uint64_t before, interp, jit;
	} word[RIVEN_DIFFERENCE_WORDS];
	struct riven_state before, interp, jit;
	/* The translation of ip[0], if there is one, and the address it has in the world. */
	uint64_t code_address;
	uint32_t code_size;
	uint32_t code_bundles;		/* bundles that it was made of */
	uint8_t code[RIVEN_DIFFERENCE_CODE];
};

#endif
