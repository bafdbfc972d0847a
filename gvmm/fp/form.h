/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two forms that an entry of the register file can have: canonical, as
 * struct fpreg says, and double form (FPREG_DOUBLE), which translated code
 * computes on. Only what reads and writes the file converts; every function of
 * gvmm/fp takes and gives canonical registers.
 */
#ifndef GVMM_FP_FORM_H
#define GVMM_FP_FORM_H

#include "gvmm/fp/fpmem.h"

static inline bool fp_is_double_form(struct fpreg r)
{
	return (uint32_t)r.se == FPREG_DOUBLE;
}

/* The double form of what ldfd makes of the 8 bytes of a double. */
static inline struct fpreg fp_double_form(uint64_t bits)
{
	return (struct fpreg){ .sig = bits, .se = FPREG_DOUBLE };
}

/* The register that an entry of the file stands for. */
static inline struct fpreg fp_canonical(struct fpreg entry)
{
	if (fp_is_double_form(entry))
		return fp_from_double(entry.sig);
	return entry;
}

/*
 * The double that ldfd would make this canonical register of, in *bits. False
 * when there is none: precision, range or an encoding that ldfd does not make.
 */
static inline bool fp_exact_double(struct fpreg r, uint64_t *bits)
{
	uint64_t d = fp_to_double(r);
	struct fpreg back = fp_from_double(d);

	*bits = d;
	return back.sig == r.sig && back.se == r.se;
}

#endif
