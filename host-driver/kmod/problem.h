/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether worlds are safe on a machine: the decision, apart from how its facts are found. */
#ifndef HOST_DRIVER_KMOD_PROBLEM_H
#define HOST_DRIVER_KMOD_PROBLEM_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* Flexible return and event delivery (SDM 3A:2.5). */
#define CR4_FRED	(1ull << 32)
#define CR4_LA57	(1ull << 12)
#define XCR0_SSE	2ull

/* Of the processor and the kernel that runs on it. */
struct machine {
	bool xen_pv;
	bool confidential;		/* memory or registers are encrypted: SEV, TDX */
	bool locked_down;
	bool xsave;			/* both the processor has it and the kernel uses it */
	bool nx;
	bool la57;			/* the processor has it ... */
	bool five_levels;		/* ... and the kernel's page tables do */
	unsigned long long cr4;
	unsigned long long xcr0;	/* 0 without XSAVE */
	unsigned int gdt_size;		/* bytes */
	unsigned int idt_size;
	unsigned int tr;
};

/* Why a world would not be safe on m, in a few words for its user (S22); NULL: it is. */
const char *machine_problem(const struct machine *m);

#endif
