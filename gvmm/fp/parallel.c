// SPDX-License-Identifier: GPL-2.0-only
/* Parallel instructions: two IEEE singles in a significand (SDM vol. 3: fp...). */
#include "gvmm/fp/internal.h"

uint32_t fp_join(uint32_t high, uint32_t low)
{
	uint32_t flags = (high | low) & FPF_ALL;
	uint32_t codes = 0;

	if ((high | low) & FP_FAULT) {
		if (high & FP_FAULT)
			codes |= fp_isr_code(high);
		if (low & FP_FAULT)
			codes |= fp_isr_code(low) << 4;
		return fp_fault(codes);
	}
	if (high & FP_TRAP)
		codes |= fp_isr_code(high);
	if (low & FP_TRAP)
		codes |= (fp_isr_code(low) & ~FP_ISR_TRAP) >> 4 | FP_ISR_TRAP;
	return flags | ((high | low) & FP_TRAP) | codes << 16;
}

uint32_t fp_fpma(struct fpreg *f1, struct fpreg f3, struct fpreg f4, struct fpreg f2,
		 enum fp_fma_op op, bool no_add, struct fp_control ctl)
{
	struct fpreg high, low;
	uint32_t status;

	if (fp_is_natval(f3) || fp_is_natval(f4) || fp_is_natval(f2)) {
		*f1 = fp_natval();
		return 0;
	}
	status = fp_join(fp_fma(&high, fp_high(f3), fp_high(f4), fp_high(f2), op, no_add, ctl),
			 fp_fma(&low, fp_low(f3), fp_low(f4), fp_low(f2), op, no_add, ctl));
	if (!(status & FP_FAULT))
		*f1 = fp_pair(fp_to_single(high), fp_to_single(low));
	return status;
}

uint32_t fp_fpcmp(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_relation rel,
		  struct fp_control ctl)
{
	uint32_t high, low, status;

	if (fp_is_natval(f2) || fp_is_natval(f3)) {
		*f1 = fp_natval();
		return 0;
	}
	high = fp_cmp(fp_high(f2), fp_high(f3), rel, ctl);
	low = fp_cmp(fp_low(f2), fp_low(f3), rel, ctl);
	status = fp_join(high, low);
	if (!(status & FP_FAULT))
		*f1 = fp_pair(high & FP_P1 ? ~0u : 0, low & FP_P1 ? ~0u : 0);
	return status;
}

uint32_t fp_fpminmax(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_minmax_op op,
		     struct fp_control ctl)
{
	struct fpreg high, low;
	uint32_t status;

	if (fp_is_natval(f2) || fp_is_natval(f3)) {
		*f1 = fp_natval();
		return 0;
	}
	status = fp_join(fp_minmax(&high, fp_high(f2), fp_high(f3), op, ctl),
			 fp_minmax(&low, fp_low(f2), fp_low(f3), op, ctl));
	if (!(status & FP_FAULT))
		*f1 = fp_pair(fp_to_single(high), fp_to_single(low));
	return status;
}
