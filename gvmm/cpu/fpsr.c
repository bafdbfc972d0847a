// SPDX-License-Identifier: GPL-2.0-only
/* FPSR and MXCSR. */
#include "gvmm/cpu/fpsr.h"
#include "gvmm/fp/fp.h"

/* All exceptions masked; FPSR's rc and flags have MXCSR's encodings and order. */
#define MXCSR_RESET	0x1f80u
#define MXCSR_RC_SHIFT	13
#define MXCSR_FTZ	0x8000u

/* Status field 1 as the software conventions have it: 64 bits, wre, to nearest, no traps. */
#define SF1_ITERATES	(FPSR_SF_WRE | FPSR_SF_PC | FPSR_SF_TD)

static uint32_t read_mxcsr(void)
{
	uint32_t x;

	__asm__ volatile("stmxcsr %0" : "=m"(x));
	return x;
}

static void write_mxcsr(uint32_t x)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(x));
}

static uint32_t controls(uint64_t fpsr, uint32_t sf)
{
	return fpsr >> FPSR_SF_SHIFT(sf) & FPSR_SF_CONTROLS;
}

/* MXCSR for status field 0, no flag set. */
static uint32_t mxcsr_for(uint64_t fpsr)
{
	uint32_t c = controls(fpsr, 0);

	return MXCSR_RESET | (c >> FPSR_SF_RC_SHIFT & 3) << MXCSR_RC_SHIFT |
	       (c & FPSR_SF_FTZ ? MXCSR_FTZ : 0);
}

static uint32_t fast_for(uint64_t fpsr)
{
	if ((fpsr & FPF_ALL) != FPF_ALL || controls(fpsr, 0) & (FPSR_SF_WRE | FPSR_SF_TD))
		return 0;
	return FP_FAST_MAIN | (controls(fpsr, 1) == SF1_ITERATES ? FP_FAST_DIVIDE : 0);
}

uint64_t fpsr_get(const struct vcpu *v)
{
	return v->mxcsr_live ? fpsr_update(v->fpsr, 0, read_mxcsr()) : v->fpsr;
}

int fpsr_set(struct vcpu *v, uint64_t fpsr)
{
	uint32_t before = v->fp_fast;

	v->fpsr = fpsr;
	v->fp_fast = fast_for(fpsr);
	if (v->mxcsr_live)
		write_mxcsr(mxcsr_for(fpsr));
	return v->fp_fast == before ? EXEC_NEXT : EXEC_SYNC;
}

void fpsr_enter(struct vcpu *v)
{
	v->mxcsr_live = true;
	write_mxcsr(mxcsr_for(v->fpsr));
}

void fpsr_leave(struct vcpu *v)
{
	v->fpsr = fpsr_get(v);
	v->mxcsr_live = false;
	write_mxcsr(MXCSR_RESET);
}
