/* SPDX-License-Identifier: GPL-2.0-only */
/* Naming, setting and comparing parts of a vCPU's state in ISA cases. */
#ifndef TESTS_ISA_STATE_H
#define TESTS_ISA_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <riven/abi.h>

/* How a case is to end. */
struct outcome {
	int vector;		/* offset from IVA, or -1: no interruption */
	bool has_isr, has_ifa, has_iim, has_itir, has_iha, has_iip, has_ri;
	uint64_t isr, ifa, iim, itir, iha;
	uint64_t iip;		/* relative to the case's first bundle */
	uint64_t ri;
	bool has_psr_clear;
};

/*
 * Apply one token such as r8=5, r8.nat=1, f6=0x8000000000000000:0xffff,
 * p6=1, b6=0x100, ar.lc=3, cr.iva=0, psr.ac=1, cfm=0x.., rr1=..., ndirty=2.
 * False if it names nothing.
 */
bool state_apply(struct riven_state *s, const char *token);

/*
 * Apply fault=<vector>, isr=, ifa=, iim=, itir=, iha=, iip= (offset from the
 * first bundle), ri=.
 */
bool outcome_apply(struct outcome *o, const char *token);

/* Did the case end as it was to? Prints what differs. After an interruption, *want is
   adjusted for what delivery changes. */
bool outcome_check(const struct outcome *o, bool interrupted, const struct riven_state *start,
		   struct riven_state *want, const struct riven_state *got, uint64_t iva);

/* Compare everything a program can see, clocks and where it stopped excepted. */
bool state_compare(const struct riven_state *start, const struct riven_state *want,
		   const struct riven_state *got);

#endif
