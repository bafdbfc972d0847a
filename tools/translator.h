/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The translator of the GVMM in the command's own process: what code becomes, without
 * a guest that runs it.
 */
#ifndef TOOLS_TRANSLATOR_H
#define TOOLS_TRANSLATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "gvmm/jit/host.h"

/* The state that is assumed, but for the frame. */
struct translator_state {
	uint32_t cpl;
	bool physical;		/* PSR.it, dt and rt are clear */
	bool big_endian;	/* PSR.be */
};

/* A block: what it was made of, until the next one is translated. */
struct translated {
	const struct translation *t;
	const struct block *block;
	const struct jit *jit;
};

/* Once. NULL, or what is wrong as a sentence. */
const char *translator_open(const struct translator_state *s);

/*
 * The page of 4 KiB that ip lies in, at virtual address ip's page: what blocks are
 * made of from now on.
 */
void translator_page(const uint8_t page[4096]);

/*
 * Translate the code at ip for a frame, which may be FRAME_ANY: one of 8 registers where that
 * cannot be. false: there can be no block, t->error may say why.
 */
bool translator_block(uint64_t ip, struct frame frame, struct translated *out);

#endif
