/* SPDX-License-Identifier: GPL-2.0-only */
/* One round of the lockstep: what verify.c and verify-report.c share. */
#ifndef GVMM_JIT_VERIFY_ROUND_H
#define GVMM_JIT_VERIFY_ROUND_H

#include <riven/difference.h>

#include "gvmm/jit/verify.h"
#include "gvmm/mmu/shadow.h"

#define NR_FOREIGN	64

/* All of a vCPU that a run may change, but for TLB, caches and memory. */
struct verify_saved {
	struct vcpu vcpu;
	struct vpd vpd;
	uint8_t pad[sizeof(((struct riven_run *)0)->pad)];
	uint32_t exit_reason, exit_detail, trace_head, reserved;
};

/* What is compared, as words. */
struct verify_outcome {
	struct riven_state state;
	uint64_t iipa;
	struct alat_entry alat[ALAT_ENTRIES];
	uint64_t exit_reason;		/* ~0: none */
	uint8_t pad[sizeof(((struct riven_run *)0)->pad)];
};

/* At RIVEN_VCPU_VERIFY of the vCPU area; the report comes first. */
struct verify {
	struct riven_difference report;
	uint64_t random;
	bool again;		/* the reference runs bundles once more, on the same shadows */
	bool exact;		/* translated code has to run just so many bundles: see jit_bundles() */
	/* The reference had the STLB evict something: when it had run so many bundles, or in the next. */
	bool evicted;
	uint32_t kept;
	uint32_t first_block;	/* offset of the first block entered since this was 0 */
	uint64_t ip[RIVEN_DIFFERENCE_IPS];	/* of the reference's first bundles */
	struct verify_saved before, after;
	struct verify_outcome interp, jit;

	struct shadows shadows;

	/* Words that changed meanwhile and that the interpreter did not write. */
	uint32_t nr_foreign;
	struct foreign {
		uint64_t gpa, old, new;
	} foreign[NR_FOREIGN];
};

_Static_assert(sizeof(struct verify_outcome) % 8 == 0, "it is compared as words");

void verify_save(struct vcpu *v, struct verify_saved *s);
void verify_restore(struct vcpu *v, const struct verify_saved *s);
/* What there is to compare after a run that ended with status. */
void verify_outcome(struct vcpu *v, int status, struct verify_outcome *o);

/*
 * Up to most bundles on the interpreter, memory as the shadows have it; returns
 * how many. *exact: it must not go on, whatever most is.
 */
uint32_t verify_reference(struct vcpu *v, uint32_t most, int *status, bool *exact);
/* The same on the translator and memory itself; exact: blocks are cut to what is left. */
uint32_t verify_translated(struct vcpu *v, uint32_t most, int *status, bool exact);

/* Memory is again what it was when the shadows were made. */
void verify_undo_memory(struct vcpu *v);
/* Are the outcomes, and memory and its shadows, equal? */
bool verify_equal(struct vcpu *v);

/*
 * From the saved state, both. Returns the number of bundles that both ran, 0
 * when there are none to compare; *equal: they did the same.
 */
uint32_t verify_both(struct vcpu *v, uint32_t most, int *status, bool *equal);

/* From the saved state on the engines differ within most bundles: find out where, and report. */
void verify_report(struct vcpu *v, uint32_t most);

#endif
