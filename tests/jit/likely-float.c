// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "gvmm/isa/opcodes.h"
#include "tests/fuzz/program.h"
#include "tests/jit/likely-float.h"

const uint16_t likely_floats[] = {
	OP_SETF_SIG, OP_SETF_D, OP_SETF_S, OP_SETF_EXP, OP_GETF_SIG, OP_GETF_D, OP_GETF_S, OP_GETF_EXP,
	OP_XMA_L, OP_XMA_H, OP_XMA_HU,
	OP_LDFD, OP_LDFD, OP_LDFD_IMM, OP_LDFD_REG, OP_LDFS, OP_LDFS_IMM, OP_LDF8, OP_LDF8_IMM,
	OP_LDF_FILL, OP_LDF_FILL_IMM, OP_LDFPD, OP_LDFPS_IMM, OP_LDFE,
	OP_STFD, OP_STFD_IMM, OP_STFS, OP_STFS_IMM, OP_STF8, OP_STF8_IMM, OP_STF_SPILL,
	OP_STF_SPILL_IMM, OP_STFE,
	OP_FMA_D, OP_FMA_D, OP_FMS_D, OP_FNMA_D, OP_FMA_S, OP_FMS_S, OP_FNMA_S, OP_FMA,
	OP_FCMP_EQ, OP_FCMP_LT, OP_FCMP_LE, OP_FCMP_UNORD, OP_FCMP_LT_UNC, OP_FCLASS_M,
	OP_FMERGE_S, OP_FMERGE_S, OP_FMERGE_NS, OP_FMERGE_SE, OP_FMIN, OP_FMAX, OP_FAMIN, OP_FAMAX,
	OP_FCVT_XF, OP_FCVT_XF, OP_FCVT_FX, OP_FCVT_FX_TRUNC, OP_FCVT_FXU, OP_FCVT_FXU_TRUNC,
	OP_FSELECT, OP_FAND, OP_FOR, OP_FXOR, OP_FCLRF, OP_FSETC,
};

const unsigned int nr_likely_floats = sizeof(likely_floats) / sizeof(likely_floats[0]);

/* Bits of a double: of every class, most of them of ordinary size. */
static uint64_t some_double(void)
{
	uint64_t frac = next_random() >> 12, sign = below(2) << 63;

	if (below(2))
		frac &= ~0ull << below(52);
	switch (below(16)) {
	case 0:
		return sign;
	case 1:
		return sign | frac;			/* a denormal */
	case 2:
		return sign | 0x7ffull << 52;
	case 3:
		return sign | 0x7ffull << 52 | frac;
	case 4:
		return sign | below(0x7ff) << 52 | frac;
	case 5:
		return sign | (below(2) ? 1ull : 0x7feull) << 52 | frac;
	default:
		return sign | (0x3ff - 32 + below(64)) << 52 | frac;
	}
}

static struct riven_fpreg of_double(uint64_t bits)
{
	uint64_t exp = bits >> 52 & 0x7ff, frac = (bits & 0xfffffffffffffull) << 11;
	uint64_t sign = bits >> 63 << 17;

	if (exp == 0x7ff)
		return (struct riven_fpreg){ 1ull << 63 | frac, sign | 0x1ffff };
	if (exp)
		return (struct riven_fpreg){ 1ull << 63 | frac, sign | (exp + 0xfc00) };
	return (struct riven_fpreg){ frac, sign | (frac ? 0xfc01 : 0) };
}

static uint64_t some_integer(void)
{
	return (uint64_t)((int64_t)next_random() >> below(64));
}

/*
 * FPSR: traps disabled as software has it, status field 1 with its wide range; or
 * nearly so.
 */
static uint64_t some_fpsr(void)
{
	uint64_t fpsr = 0x3f | 0xcull << 6 | 0x4eull << 19 | 0x0cull << 32 | 0x0cull << 45;

	fpsr |= below(4) << (6 + 4);			/* rc */
	fpsr |= (below(4) ? 0 : 1ull) << 6;		/* ftz */
	fpsr |= (below(4) ? 0x20ull : 0) << (13 + 13);	/* sf1.i is set already */
	fpsr |= below(4) ? 0 : below(64) << (13 + 13 * below(4));
	if (!below(8))
		fpsr &= ~(1ull << below(6));
	return fpsr;
}

void likely_float_state(struct riven_state *s)
{
	if (below(8))
		s->psr |= 0x30;				/* mfl, mfh */
	if (below(8))
		s->ar[40] = some_fpsr();
	for (int i = 2; i < 128; i++) {
		switch (below(8)) {
		case 0:
			break;
		case 1:
		case 2:
			s->fr[i] = (struct riven_fpreg){ some_integer(), 0x1003e };
			break;
		default:
			s->fr[i] = of_double(some_double());
			break;
		}
	}
	/* Numbers for setf, and addresses. */
	for (int i = 1; i < 128; i++)
		if (!below(4))
			s->gr[i] = below(2) ? some_double() : some_integer();
}

uint64_t likely_float_word(void)
{
	return below(4) ? some_double() : some_integer();
}
