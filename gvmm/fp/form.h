/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forms that an entry of the register file can have: canonical, as struct
 * fpreg says; double form, which translated code computes on; and a value of a
 * sequence that nobody has asked for yet. Only what reads and writes the file
 * converts; every function of gvmm/fp takes and gives canonical registers.
 */
#ifndef GVMM_FP_FORM_H
#define GVMM_FP_FORM_H

#include "gvmm/fp/fpmem.h"
#include "gvmm/fp/seq.h"

static inline bool fp_is_double_form(struct fpreg r)
{
	return (uint32_t)r.se == FPREG_DOUBLE;
}

/* The double form of what ldfd makes of the 8 bytes of a double. */
static inline struct fpreg fp_double_form(uint64_t bits)
{
	return (struct fpreg){ .sig = bits, .se = FPREG_DOUBLE };
}

/* Value n of a sequence, not computed; operand b belongs into the second word. */
static inline struct fpreg fp_seq_form(enum fp_seq seq, uint32_t value, uint64_t a)
{
	return (struct fpreg){ .sig = a, .se = FPREG_SEQ | (uint32_t)seq << 8 | value };
}

/* The register that an entry of the file stands for; b is its second word. */
static inline struct fpreg fp_canonical(struct fpreg entry, uint64_t b)
{
	if (__builtin_expect(!(entry.se & FPREG_FORM), 1))
		return entry;
	if (fp_is_double_form(entry))
		return fp_from_double(entry.sig);
	return fp_seq_compute((enum fp_seq)(entry.se >> 8 & 3), entry.se & 0xff, entry.sig, b, 0,
			      NULL);
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
