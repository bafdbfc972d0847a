/* SPDX-License-Identifier: GPL-2.0-only */
/* riven run --profile: where a guest's time went, by samples, and what still traps, by counts. */
#ifndef TOOLS_PROFILE_H
#define TOOLS_PROFILE_H

#include <stdio.h>

#include <riven/riven.h>

#include "tools/blocks.h"
#include "tools/symbols.h"
#include "tools/tally.h"

/* Samples a second of each vCPU. */
#define PROFILE_RATE	1000
/* Rows of a table at most. */
#define PROFILE_ROWS	40

/* What a sample counts for. */
enum profile_kind {
	PROFILE_TRANSLATED,	/* translated code */
	PROFILE_HANDLER,	/* the GVMM, called by it */
	PROFILE_GVMM,		/* the interpreter, looking up blocks */
	PROFILE_TRANSLATING,
	PROFILE_KINDS,
};

struct profile {
	uint64_t doing[RIVEN_NR_DOINGS];
	uint64_t kind[PROFILE_KINDS];
	uint64_t shared;	/* of translated code: what all blocks share */
	struct tally blocks;	/* by ip, CFM and flags; n[] by kind; extra: bundles, sizes */
	struct tally ips;	/* the guest's, outside of translated code; n[] by kind */
	struct tally functions;	/* the GVMM's by offset; n[] by kind */
};

/* A sample; blocks of its vCPU as they were then. */
void profile_take(struct profile *p, const struct riven_sample *s, struct blocks *blocks,
		  struct symbols *gvmm);
/* The tables, after which nothing is taken any more. */
void profile_print(FILE *f, struct profile *p, struct symbols *guest, struct symbols *gvmm,
		   double seconds);
void profile_free(struct profile *p);

/* What translated code leaves to the GVMM (profile-traps.c): vCPUs together. most: rows. */
void profile_print_traps(FILE *f, struct riven_vcpu *const *vcpus, uint32_t nr, uint32_t most);
void profile_print_traps_json(FILE *f, struct riven_vcpu *const *vcpus, uint32_t nr);

#endif
