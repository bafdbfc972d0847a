// SPDX-License-Identifier: GPL-2.0-only
/*
 * Double form (gvmm/fp/form.h) against the memory formats: every exponent and
 * sign with fractions of every shape, canonical registers that are doubles and
 * such as are not; and every handler, with operands in either form.
 * usage: forms [OPERATIONS]
 */
#include <string.h>

#include "gvmm/cpu/exec-fp.h"
#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

static struct vcpu vcpu;
static struct vpd vpd;
static uint64_t raised;

static int record(uint64_t what)
{
	raised = what;
	return EXEC_FAULT;
}

int raise_illegal(struct vcpu *v)
{
	(void)v;
	return record(1);
}

int raise_general(struct vcpu *v, uint32_t ge_code)
{
	(void)v;
	return record(2 | (uint64_t)ge_code << 8);
}

int raise_disabled_fp(struct vcpu *v, bool low, bool high, uint64_t isr)
{
	(void)v;
	return record(3 | (uint64_t)low << 8 | (uint64_t)high << 9 | isr << 16);
}

int raise_fp_fault(struct vcpu *v, uint32_t code)
{
	(void)v;
	return record(4 | (uint64_t)code << 8);
}

int raise_fp_trap(struct vcpu *v, uint32_t code)
{
	(void)v;
	return record(5 | (uint64_t)code << 8);
}

int raise_speculation(struct vcpu *v, uint64_t imm, uint64_t isr)
{
	(void)v;
	return record(6 | imm << 8 | isr << 32);
}

static bool round_trip(uint64_t bits)
{
	struct fpreg entry = fp_double_form(bits), r = fp_canonical(entry, rnd());
	uint64_t back;

	if (fp_is_double_form(entry) && !fp_is_double_form(r) && same_reg(r, fp_from_double(bits)) &&
	    fp_exact_double(r, &back) && back == bits && same_reg(fp_canonical(r, rnd()), r))
		return true;
	printf("# double %016llx\n", (unsigned long long)bits);
	print_reg("register", r);
	return false;
}

static bool every_class(void)
{
	uint64_t exp;
	uint32_t n;

	for (exp = 0; exp < 4096; exp++) {
		for (n = 0; n < 52; n++) {
			uint64_t one = 1ull << n, all = (1ull << 52) - 1;

			if (!round_trip(exp << 52 | one) || !round_trip(exp << 52 | (one - 1)) ||
			    !round_trip(exp << 52 | (all & ~one)) ||
			    !round_trip(exp << 52 | (all & ~(one - 1))))
				return false;
		}
	}
	return true;
}

/*
 * Is this register one that ldfd makes? Written from SDM 1:5.3.1: a normal
 * number in the format's range and precision, a denormal with the fixed
 * exponent, +-0, an infinity, or a NaN.
 */
static bool made_by_ldfd(struct fpreg r)
{
	uint32_t exp = fp_exp(r);

	if (r.sig & 0x7ff)
		return false;
	if (exp == 0x1ffff)
		return r.sig >> 63;
	if (r.sig >> 63)
		return exp >= 0xfc01 && exp <= 0x103fe;
	return r.sig ? exp == 0xfc01 : exp == 0;
}

static bool canonical_case(void)
{
	struct fpreg r = rnd_any();
	uint64_t bits = 0;
	bool exact;

	if (rnd_below(2))
		r.sig &= ~0x7ffull;
	if (rnd_below(8) == 0)
		r.se = (r.se & FPREG_SIGN) | (rnd_below(2) ? 0xfc00 + rnd_below(4) :
							       0x103fc + rnd_below(4));
	exact = fp_exact_double(r, &bits);
	if (exact == made_by_ldfd(r) && (!exact || same_reg(fp_from_double(bits), r)))
		return true;
	printf("# exact %d\n", exact);
	print_reg("register", r);
	return false;
}

static int (*const handlers[])(struct vcpu *, const struct insn *) = {
	exec_fma, exec_fms, exec_fnma, exec_fpma, exec_fpms, exec_fpnma, exec_xma_l, exec_xma_h,
	exec_xma_hu, exec_fmin, exec_fmax, exec_famin, exec_famax, exec_fpmin, exec_fpmax,
	exec_fpamin, exec_fpamax, exec_fcvt_fx, exec_fpcvt_fx, exec_fcvt_xf, exec_fcmp,
	exec_fclass, exec_fpcmp, exec_frcpa, exec_fprcpa, exec_frsqrta, exec_fprsqrta,
	exec_fmerge_s, exec_fmerge_ns, exec_fmerge_se, exec_fpmerge_s, exec_fpmerge_ns,
	exec_fpmerge_se, exec_fmix_l, exec_fmix_r, exec_fmix_lr, exec_fsxt_l, exec_fsxt_r,
	exec_fpack, exec_fswap, exec_fswap_nl, exec_fswap_nr, exec_fand, exec_fandcm, exec_for,
	exec_fxor, exec_fselect,
};

#define NR_HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

/* One handler, the operands f2, f3 and f4 in the forms that the bits of forms say. */
static int run(uint32_t handler, const struct insn *i, const uint64_t *bits, uint32_t forms)
{
	uint32_t n;

	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vpd, 0, sizeof(vpd));
	raised = 0;
	vcpu.vpd = &vpd;
	vcpu.pr[0] = 1;
	vcpu.fpsr = 0x9804c0270033full;
	vcpu.fr[1] = fp_make(false, 0xffff, 1ull << 63);
	for (n = 0; n < 3; n++)
		vcpu.fr[2 + n] = forms >> n & 1 ? fp_double_form(bits[n]) : fp_from_double(bits[n]);
	return handlers[handler](&vcpu, i);
}

static bool handler_case(uint32_t handler)
{
	uint64_t bits[3] = { rnd_double(), rnd_double(), rnd_double() };
	struct insn i = {
		.r1 = 6, .r2 = 2, .r3 = 3, .r4 = 4, .imm = (int64_t)rnd_below(512),
		.aux = (uint8_t)rnd_below(3),
	};
	uint64_t fpsr, pr;
	struct fpreg result;
	int status = run(handler, &i, bits, 0);

	fpsr = vcpu.fpsr;
	pr = pr_pack(&vcpu);
	result = vcpu.fr[6];
	if (run(handler, &i, bits, 1 + rnd_below(7)) == status && vcpu.fpsr == fpsr &&
	    pr_pack(&vcpu) == pr && same_reg(fr_get(&vcpu, 6), result) && !raised)
		return true;
	printf("# handler %u\n", handler);
	return false;
}

/* Any value of any sequence as an operand, and with any word for its tag: no more than a register. */
static bool seq_case(void)
{
	enum fp_seq seq = rnd_below(FP_SEQS);
	uint32_t value = rnd_below(FP_SEQ_VALUES);
	uint64_t a = rnd_double(), b = rnd_double();
	struct fpreg entry = fp_seq_form(seq, value, a), r = fp_canonical(entry, b), wild;

	wild = fp_canonical((struct fpreg){ a, (uint32_t)rnd() | FPREG_SEQ }, b);
	if (entry.se & FPREG_FORM && !(r.se & ~0x3ffffull) && !(wild.se & ~0x3ffffull) &&
	    same_reg(r, fp_seq_compute(seq, value, a, b, 0, NULL)))
		return true;
	printf("# sequence %d value %u of %016llx, %016llx\n", seq, value, (unsigned long long)a,
	       (unsigned long long)b);
	return false;
}

int main(int argc, char **argv)
{
	unsigned long n = operations(argc, argv), i;
	bool ok = true;

	ktap_begin();
	ktap_result(every_class(), "every exponent: double form is what ldfd makes");
	for (i = 0; ok && i < n; i++)
		ok = round_trip(rnd_below(2) ? rnd() : rnd_double());
	ktap_result(ok, "random doubles");
	for (i = 0, ok = true; ok && i < n; i++)
		ok = canonical_case();
	ktap_result(ok, "registers that are doubles, and such as are not");
	for (i = 0, ok = true; ok && i < n / 10; i++)
		ok = seq_case();
	ktap_result(ok, "values of sequences");
	for (i = 0, ok = true; ok && i < n; i++)
		ok = handler_case((uint32_t)(i % NR_HANDLERS));
	ktap_result(ok, "handlers take operands in either form");
	return ktap_end();
}
