// SPDX-License-Identifier: GPL-2.0-only
/* Operations on a register's fields, and on FPSR (SDM vol. 3). No rounding, no flags. */
#include "gvmm/fp/internal.h"

struct fpreg fp_fmerge(struct fpreg f2, struct fpreg f3, enum fp_merge_op op)
{
	if (fp_is_natval(f2) || fp_is_natval(f3))
		return fp_natval();
	switch (op) {
	case FP_MERGE_S:
		return fp_make(fp_sign(f2), fp_exp(f3), f3.sig);
	case FP_MERGE_NS:
		return fp_make(!fp_sign(f2), fp_exp(f3), f3.sig);
	case FP_MERGE_SE:
	default:
		return fp_make(fp_sign(f2), fp_exp(f2), f3.sig);
	}
}

struct fpreg fp_fpmerge(struct fpreg f2, struct fpreg f3, enum fp_merge_op op)
{
	const uint64_t signs = 0x8000000080000000ull;
	uint64_t from = f2.sig, mask = signs;

	if (fp_is_natval(f2) || fp_is_natval(f3))
		return fp_natval();
	if (op == FP_MERGE_NS)
		from = ~from;
	else if (op == FP_MERGE_SE)
		mask = 0xff800000ff800000ull;
	return fp_from_int((from & mask) | (f3.sig & ~mask));
}

/* All ones where bit n of x is set. */
static uint32_t spread(uint64_t x, uint32_t n)
{
	return -(uint32_t)(x >> n & 1);
}

struct fpreg fp_shuffle(struct fpreg f2, struct fpreg f3, enum fp_shuffle_op op)
{
	uint64_t a = f2.sig, b = f3.sig;
	uint32_t ah = (uint32_t)(a >> 32), al = (uint32_t)a;
	uint32_t bh = (uint32_t)(b >> 32), bl = (uint32_t)b;
	const uint32_t sign = 0x80000000u;

	if (fp_is_natval(f2) || fp_is_natval(f3))
		return fp_natval();
	switch (op) {
	case FP_MIX_L:
		return fp_pair(ah, bh);
	case FP_MIX_R:
		return fp_pair(al, bl);
	case FP_MIX_LR:
		return fp_pair(ah, bl);
	case FP_SXT_L:
		return fp_pair(spread(a, 63), bh);
	case FP_SXT_R:
		return fp_pair(spread(a, 31), bl);
	case FP_SWAP:
		return fp_pair(bl, ah);
	case FP_SWAP_NL:
		return fp_pair(bl ^ sign, ah);
	case FP_SWAP_NR:
		return fp_pair(bl, ah ^ sign);
	case FP_PACK:
		return fp_pair(fp_to_single(f2), fp_to_single(f3));
	case FP_AND:
		return fp_from_int(a & b);
	case FP_ANDCM:
		return fp_from_int(a & ~b);
	case FP_OR:
		return fp_from_int(a | b);
	case FP_XOR:
	default:
		return fp_from_int(a ^ b);
	}
}

struct fpreg fp_fselect(struct fpreg f3, struct fpreg f4, struct fpreg f2)
{
	if (fp_is_natval(f3) || fp_is_natval(f4) || fp_is_natval(f2))
		return fp_natval();
	return fp_from_int((f3.sig & f2.sig) | (f4.sig & ~f2.sig));
}

struct fpreg fp_xma(struct fpreg f3, struct fpreg f4, struct fpreg f2, enum fp_xma_op op)
{
	fp_u128 product = (fp_u128)f3.sig * f4.sig;

	if (fp_is_natval(f3) || fp_is_natval(f4) || fp_is_natval(f2))
		return fp_natval();
	if (op == FP_XMA_H) {
		/* Signed: each negative factor counted 2^64 times the other too much. */
		if (f3.sig >> 63)
			product -= (fp_u128)f4.sig << 64;
		if (f4.sig >> 63)
			product -= (fp_u128)f3.sig << 64;
	}
	product += f2.sig;
	return fp_from_int((uint64_t)(op == FP_XMA_L ? product : product >> 64));
}

bool fpsr_reserved(uint64_t fpsr)
{
	uint32_t sf;

	if (fpsr >> 58 || fpsr >> FPSR_SF_SHIFT(0) & FPSR_SF_TD)
		return true;
	for (sf = 0; sf < 4; sf++) {
		if ((fpsr >> FPSR_SF_SHIFT(sf) & FPSR_SF_PC) == 1u << 2)
			return true;
	}
	return false;
}

bool fpsr_check_flags(uint64_t fpsr, uint32_t sf)
{
	uint32_t flags = fpsr >> FPSR_FLAGS_SHIFT(sf) & FPF_ALL;
	uint32_t main_flags = fpsr >> FPSR_FLAGS_SHIFT(0) & FPF_ALL;
	uint32_t disabled = fpsr & FPF_ALL;

	return flags & ~disabled || flags & ~main_flags;
}

uint64_t fpsr_set_controls(uint64_t fpsr, uint32_t sf, uint32_t amask7, uint32_t omask7)
{
	uint64_t controls = fpsr >> FPSR_SF_SHIFT(0) & amask7 & FPSR_SF_CONTROLS;

	controls |= omask7 & FPSR_SF_CONTROLS;
	fpsr &= ~((uint64_t)FPSR_SF_CONTROLS << FPSR_SF_SHIFT(sf));
	return fpsr | controls << FPSR_SF_SHIFT(sf);
}

uint64_t fpsr_clear_flags(uint64_t fpsr, uint32_t sf)
{
	return fpsr & ~((uint64_t)FPF_ALL << FPSR_FLAGS_SHIFT(sf));
}
