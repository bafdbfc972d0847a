// SPDX-License-Identifier: GPL-2.0-only
/* Compare, class, minimum and maximum (SDM vol. 3: fcmp, fclass, fmin, fmax, famin, famax). */
#include "gvmm/fp/internal.h"

/* Order of two magnitudes: an infinity is above all, any zero below all. */
static int order_magnitude(struct fpreg a, struct fpreg b)
{
	uint32_t ka = fp_kind(a), kb = fp_kind(b);
	struct fp_value x, y;

	if ((ka | kb) & FPK_INF)
		return !!(ka & FPK_INF) - !!(kb & FPK_INF);
	if ((ka | kb) & FPK_ANY_ZERO)
		return !!(kb & FPK_ANY_ZERO) - !!(ka & FPK_ANY_ZERO);
	x = fp_unpack(a);
	y = fp_unpack(b);
	if (x.exp != y.exp)
		return x.exp > y.exp ? 1 : -1;
	return (x.sig > y.sig) - (x.sig < y.sig);
}

int fp_order(struct fpreg a, struct fpreg b)
{
	bool sign = fp_sign(a);

	if (sign != fp_sign(b)) {
		if (fp_kind(a) & FPK_ANY_ZERO && fp_kind(b) & FPK_ANY_ZERO)
			return 0;
		return sign ? -1 : 1;
	}
	return sign ? order_magnitude(b, a) : order_magnitude(a, b);
}

static uint32_t predicates(bool p1)
{
	return p1 ? FP_P1 : FP_P2;
}

uint32_t fp_cmp(struct fpreg f2, struct fpreg f3, enum fp_relation rel, struct fp_control ctl)
{
	bool negate = rel >= FP_NEQ, holds;
	uint32_t kinds = fp_kind(f2) | fp_kind(f3), status, invalid;
	enum fp_relation base = negate ? rel - FP_NEQ : rel;

	if (kinds & FPK_NATVAL)
		return 0;
	/* A quiet NaN is an invalid operand of the ordering relations only. */
	invalid = FPK_UNSUP | FPK_SNAN | (base == FP_LT || base == FP_LE ? FPK_QNAN : 0);
	if (kinds & invalid && !(ctl.disabled & FPF_V))
		return fp_fault(FP_ISR_V);
	if (kinds & (FPK_UNSUP | FPK_NAN)) {
		status = kinds & invalid ? FPF_V : 0;
		holds = base == FP_UNORD;
	} else {
		int order = fp_order(f2, f3);

		status = fp_denormal(kinds, ctl);
		if (status & FP_FAULT)
			return status;
		holds = (base == FP_EQ && order == 0) || (base == FP_LT && order < 0) ||
			(base == FP_LE && order <= 0);
	}
	return status | predicates(holds != negate);
}

/* Bits of fclass9 (SDM vol. 3, fclass, table of class relations). */
#define CLASS_POS	0x001u
#define CLASS_NEG	0x002u
#define CLASS_ZERO	0x004u
#define CLASS_UNORM	0x008u
#define CLASS_NORM	0x010u
#define CLASS_INF	0x020u
#define CLASS_SNAN	0x040u
#define CLASS_QNAN	0x080u
#define CLASS_NATVAL	0x100u

uint32_t fp_class(struct fpreg f2, uint32_t fclass9)
{
	bool sign_ok = fclass9 & (fp_sign(f2) ? CLASS_NEG : CLASS_POS);
	bool member = false;

	switch (fp_kind(f2)) {
	case FPK_NATVAL:
		if (!(fclass9 & CLASS_NATVAL))
			return 0;
		member = true;
		break;
	case FPK_QNAN:
		member = fclass9 & CLASS_QNAN;
		break;
	case FPK_SNAN:
		member = fclass9 & CLASS_SNAN;
		break;
	case FPK_INF:
		member = sign_ok && fclass9 & CLASS_INF;
		break;
	case FPK_NORMAL:
		member = sign_ok && fclass9 & CLASS_NORM;
		break;
	case FPK_UNORM:
	case FPK_PZERO:
		member = sign_ok && fclass9 & CLASS_UNORM;
		break;
	case FPK_ZERO:
		member = sign_ok && fclass9 & CLASS_ZERO;
		break;
	default:
		break;	/* an unsupported encoding is of no class */
	}
	return predicates(member);
}

uint32_t fp_minmax(struct fpreg *f1, struct fpreg f2, struct fpreg f3, enum fp_minmax_op op,
		   struct fp_control ctl)
{
	uint32_t kinds = fp_kind(f2) | fp_kind(f3), status;
	bool magnitude = op == FP_AMIN || op == FP_AMAX;
	bool max = op == FP_MAX || op == FP_AMAX;
	int order;

	if (kinds & FPK_NATVAL) {
		*f1 = fp_natval();
		return 0;
	}
	if (kinds & (FPK_UNSUP | FPK_NAN)) {
		if (!(ctl.disabled & FPF_V))
			return fp_fault(FP_ISR_V);
		*f1 = f3;
		return FPF_V;
	}
	status = fp_denormal(kinds, ctl);
	if (status & FP_FAULT)
		return status;
	order = magnitude ? order_magnitude(f2, f3) : fp_order(f2, f3);
	/* Equal operands give f3. */
	*f1 = (max ? order > 0 : order < 0) ? f2 : f3;
	return status;
}
