// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interpreter's floating-point handlers by themselves: what they check
 * before an operation, in which order, and what they record after it.
 * Interruptions are recorded instead of delivered.
 */
#include <string.h>

#include "gvmm/cpu/exec-fp.h"
#include "gvmm/cpu/fpsr.h"
#include "tests/fp/random.h"
#include "tests/lib/ktap.h"

static struct vcpu vcpu;
static struct vpd vpd;
static struct { char what; uint64_t code, imm; } raised;

static int record(char what, uint64_t code)
{
	raised.what = what;
	raised.code = code;
	return EXEC_FAULT;
}

int raise_illegal(struct vcpu *v)
{
	(void)v;
	return record('i', 0);
}

int raise_general(struct vcpu *v, uint32_t ge_code)
{
	(void)v;
	return record('g', ge_code);
}

int raise_disabled_fp(struct vcpu *v, bool low, bool high, uint64_t isr)
{
	(void)v;
	return record('d', (uint64_t)low | (uint64_t)high << 1 | isr);
}

int raise_fp_fault(struct vcpu *v, uint32_t code)
{
	(void)v;
	return record('f', code);
}

int raise_fp_trap(struct vcpu *v, uint32_t code)
{
	(void)v;
	return record('t', code);
}

int raise_speculation(struct vcpu *v, uint64_t imm, uint64_t isr)
{
	(void)v;
	raised.imm = imm;
	return record('s', isr);
}

static const struct fpreg one = { 1ull << 63, 0xffff }, two = { 1ull << 63, 0x10000 };
static const struct fpreg zero = { 0, 0 }, snan = { 0x800000000000000aull, 0x1ffff };

#define ALL_DISABLED 0x0009804c0270033full

/* A processor with f2 = 1, f3 = 2, f33 = 1, f40 = 2, everything else 0. */
static void reset(void)
{
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vpd, 0, sizeof(vpd));
	memset(&raised, 0, sizeof(raised));
	vcpu.vpd = &vpd;
	pr_unpack(&vcpu, 1);
	vcpu.fr[1] = one;
	vcpu.fr[2] = one;
	vcpu.fr[3] = two;
	vcpu.fr[33] = one;
	vcpu.fr[40] = two;
	fpsr_set(&vcpu, ALL_DISABLED);
}

static struct insn insn(uint8_t r1, uint8_t r2, uint8_t r3, uint8_t r4, int64_t imm)
{
	return (struct insn){ .r1 = r1, .r2 = r2, .r3 = r3, .r4 = r4, .imm = imm };
}

static void nothing_raised(const char *name, int status, bool ok)
{
	if (!ktap_result(status == EXEC_NEXT && !raised.what && ok, "%s", name))
		printf("# status %d, raised '%c' code %llx, fpsr %016llx, psr %llx\n", status,
		       raised.what ? raised.what : '-', (unsigned long long)raised.code,
		       (unsigned long long)vcpu.fpsr, (unsigned long long)vpd.vpsr);
}

static void was_raised(const char *name, int status, char what, uint64_t code, bool ok)
{
	if (!ktap_result(status == EXEC_FAULT && raised.what == what && raised.code == code && ok, "%s",
			 name))
		printf("# expected '%c' code %llx; status %d, raised '%c' code %llx\n", what,
		       (unsigned long long)code, status, raised.what ? raised.what : '-',
		       (unsigned long long)raised.code);
	memset(&raised, 0, sizeof(raised));
}

static void arithmetic(void)
{
	struct insn i = insn(4, 2, 3, 2, 0);
	int s;

	reset();
	s = exec_fma(&vcpu, &i);
	nothing_raised("fma f4 = f3, f2, f2 writes 3 and PSR.mfl", s,
		       same_reg(vcpu.fr[4], (struct fpreg){ 3ull << 62, 0x10000 }) &&
		       vpd.vpsr == PSR_MFL && vcpu.fpsr == ALL_DISABLED);
	reset();
	vcpu.frame.rrb_fr = 90;
	i = insn(100, 0, 126, 1, 0);
	vcpu.fr[126 + 90 - 96] = two;
	s = exec_fma(&vcpu, &i);
	nothing_raised("rotating registers, PSR.mfh", s,
		       same_reg(vcpu.fr[94], two) && vpd.vpsr == PSR_MFH);
	reset();
	i = insn(1, 2, 40, 2, 0);
	vpd.vpsr = PSR_DFH;
	s = exec_fma(&vcpu, &i);
	was_raised("target f1 is illegal before disabled registers", s, 'i', 0,
		   same_reg(vcpu.fr[1], one));
	i = insn(4, 2, 40, 3, 0);
	s = exec_fma(&vcpu, &i);
	was_raised("a disabled high source", s, 'd', 2, vpd.vpsr == PSR_DFH);
	vpd.vpsr = PSR_DFH | PSR_DFL;
	s = exec_fma(&vcpu, &i);
	was_raised("both halves disabled", s, 'd', 3, true);
	i = insn(40, 0, 1, 33, 0);
	vpd.vpsr = PSR_DFL;
	s = exec_fma(&vcpu, &i);
	ktap_result(s == EXEC_NEXT, "f0 and f1 are in no half");
	reset();
	vcpu.fpsr &= ~(uint64_t)FPF_V;
	vcpu.fr[3] = snan;
	i = insn(4, 2, 3, 2, 0);
	s = exec_fma(&vcpu, &i);
	was_raised("an FP fault leaves target, flags and PSR alone", s, 'f', 1,
		   same_reg(vcpu.fr[4], zero) && vcpu.fpsr == (ALL_DISABLED & ~(uint64_t)FPF_V) &&
		   !vpd.vpsr);
	i.imm = 1;
	s = exec_fma(&vcpu, &i);
	ktap_result(s == EXEC_NEXT && vcpu.fpsr >> 26 == (ALL_DISABLED | 1ull << 26) >> 26,
		    "status field 1 has td set: the flag alone");
	reset();
	vcpu.fpsr &= ~(uint64_t)FPF_I;
	vcpu.fr[2].sig |= 1;
	vcpu.fr[3].sig |= 1;
	i = insn(4, 0, 3, 2, 0);
	i.aux = PC_D;
	s = exec_fma(&vcpu, &i);
	was_raised("an FP trap comes after target and flags", s, 't', 0x2001,
		   same_reg(vcpu.fr[4], two) && vpd.vpsr == PSR_MFL && vcpu.fpsr >> 18 & 1);
	reset();
	vcpu.fr[2] = fp_natval();
	i = insn(4, 0, 3, 2, 0);
	s = exec_fms(&vcpu, &i);
	nothing_raised("NaTVal writes the target", s,
		       fp_is_natval(vcpu.fr[4]) && vpd.vpsr == PSR_MFL && vcpu.fpsr == ALL_DISABLED);
	reset();
	vcpu.fr[2].se |= FPREG_SIGN;
	vcpu.fr[5] = zero;
	vcpu.fr[6] = zero;
	i = insn(4, 0, 5, 2, 0);
	s = exec_fma(&vcpu, &i);
	ktap_result(s == EXEC_NEXT && vcpu.fr[4].se == FPREG_SIGN, "f2 = f0 is no addition");
	i = insn(4, 6, 5, 2, 0);
	s = exec_fma(&vcpu, &i);
	ktap_result(s == EXEC_NEXT && vcpu.fr[4].se == 0, "another register with +0 is");
	reset();
	i = insn(4, 0, 2, 3, 0);
	s = exec_fnma(&vcpu, &i);
	ktap_result(s == EXEC_NEXT && vcpu.fr[4].se == (FPREG_SIGN | 0x10000), "fnma");
}

static void predicates(void)
{
	struct insn i = insn(6, 2, 3, 7, 0);
	int s;

	reset();
	i.aux = FCMP_LT;
	s = exec_fcmp(&vcpu, &i);
	nothing_raised("fcmp.lt p6, p7 = f2, f3", s, pr_pack(&vcpu) == (1 | 1 << 6));
	i.aux = FCMP_EQ;
	s = exec_fcmp(&vcpu, &i);
	nothing_raised("fcmp.eq", s, pr_pack(&vcpu) == (1 | 1 << 7));
	vcpu.fr[3] = fp_natval();
	s = exec_fcmp(&vcpu, &i);
	nothing_raised("fcmp of NaTVal clears both", s, pr_pack(&vcpu) == 1);
	reset();
	i.r4 = 6;
	vpd.vpsr = PSR_DFL;
	s = exec_fcmp(&vcpu, &i);
	was_raised("the same target twice is illegal, before disabled registers", s, 'i', 0, true);
	i.r4 = 7;
	s = exec_fcmp(&vcpu, &i);
	was_raised("fcmp of a disabled register", s, 'd', 1, true);
	reset();
	pr_unpack(&vcpu, 1 | 1 << 6 | 1 << 7);
	vpd.vpsr = PSR_DFL;
	i.qp = 5;
	i.aux = FCMP_EQ | FCMP_UNC;
	s = exec_fcmp(&vcpu, &i);
	nothing_raised("fcmp.unc, predicate off, clears both and checks no register", s, pr_pack(&vcpu) == 1);
	i.r4 = 6;
	s = exec_fcmp(&vcpu, &i);
	was_raised("fcmp.unc, predicate off, the same target twice", s, 'i', 0, true);
	reset();
	pr_unpack(&vcpu, 1 | 1 << 6);
	vcpu.fr[3] = snan;
	vcpu.fpsr &= ~(uint64_t)FPF_V;
	i = insn(6, 2, 3, 7, 0);
	s = exec_fcmp(&vcpu, &i);
	was_raised("fcmp's fault leaves the predicates", s, 'f', 1, pr_pack(&vcpu) == (1 | 1 << 6));
	reset();
	i = insn(6, 2, 0, 7, 0x011);
	s = exec_fclass(&vcpu, &i);
	nothing_raised("fclass.m of a positive normal", s, pr_pack(&vcpu) == (1 | 1 << 6));
	i.imm = 0x022;
	s = exec_fclass(&vcpu, &i);
	nothing_raised("fclass.m of none", s, pr_pack(&vcpu) == (1 | 1 << 7));
	reset();
	i = insn(4, 2, 3, 7, 0);
	s = exec_frcpa(&vcpu, &i);
	nothing_raised("frcpa f4, p7 = f2, f3", s,
		       pr_pack(&vcpu) == (1 | 1 << 7) && fp_exp(vcpu.fr[4]) == 0xfffd &&
		       vpd.vpsr == PSR_MFL);
	i.r3 = 0;
	s = exec_frcpa(&vcpu, &i);
	nothing_raised("frcpa by zero clears the predicate", s,
		       pr_pack(&vcpu) == 1 && fp_exp(vcpu.fr[4]) == 0x1ffff && vcpu.fpsr >> 15 & 1);
	pr_unpack(&vcpu, 1 | 1 << 7);
	vcpu.fpsr &= ~(uint64_t)FPF_Z;
	s = exec_frcpa(&vcpu, &i);
	was_raised("frcpa by zero, Z enabled", s, 'f', 4, pr_pack(&vcpu) == (1 | 1 << 7));
	reset();
	pr_unpack(&vcpu, 1 | 1 << 7);
	i = insn(0, 2, 3, 7, 0);
	i.qp = 5;
	s = exec_frcpa(&vcpu, &i);
	nothing_raised("frcpa, predicate off, clears the predicate alone", s, pr_pack(&vcpu) == 1);
	pr_unpack(&vcpu, 1 | 1 << 7);
	s = exec_frsqrta(&vcpu, &i);
	nothing_raised("frsqrta, predicate off", s, pr_pack(&vcpu) == 1 && !vpd.vpsr);
	i = insn(4, 0, 2, 7, 0);
	s = exec_frsqrta(&vcpu, &i);
	nothing_raised("frsqrta f4, p7 = f2", s,
		       pr_pack(&vcpu) == (1 | 1 << 7) && fp_exp(vcpu.fr[4]) == 0xfffe);
}

static void status_fields(void)
{
	struct insn i = insn(0, 0x7f, 0x40, 0, 2);
	int s;

	reset();
	s = exec_fsetc(&vcpu, &i);
	nothing_raised("fsetc.s2 0x7f, 0x40", s,
		       vcpu.fpsr == ((ALL_DISABLED & ~(0x7full << 32)) | 0x4cull << 32));
	i.imm = 0;
	s = exec_fsetc(&vcpu, &i);
	was_raised("fsetc.s0 may not set td", s, 'g', 0x30, true);
	i = insn(0, 0x77, 0x00, 0, 3);
	reset();
	s = exec_fsetc(&vcpu, &i);
	was_raised("fsetc.s3 to pc = 1 is reserved", s, 'g', 0x30, vcpu.fpsr == ALL_DISABLED);
	vcpu.fpsr = ALL_DISABLED | 0x3full << 39;
	i = insn(0, 0, 0, 0, 2);
	s = exec_fclrf(&vcpu, &i);
	nothing_raised("fclrf.s2", s, vcpu.fpsr == ALL_DISABLED);
	i = insn(0, 1, 0, 0, -0x40);
	s = exec_fchkf(&vcpu, &i);
	nothing_raised("fchkf.s1 without flags goes on", s, true);
	vcpu.fpsr |= 1ull << 26;
	s = exec_fchkf(&vcpu, &i);
	was_raised("fchkf.s1 with a flag that s0 lacks", s, 's', 4, raised.imm == 0x1ffffc);
}

static void others(void)
{
	struct insn i = insn(4, 2, 3, 3, 0);
	int s;

	reset();
	s = exec_fmin(&vcpu, &i);
	nothing_raised("fmin f4 = f2, f3", s, same_reg(vcpu.fr[4], one));
	s = exec_famax(&vcpu, &i);
	nothing_raised("famax", s, same_reg(vcpu.fr[4], two));
	i.r2 = 3;
	i.aux = 1;
	s = exec_fcvt_fx(&vcpu, &i);
	nothing_raised("fcvt.fxu f4 = f3", s, same_reg(vcpu.fr[4], fp_from_int(2)));
	vcpu.fr[3] = (struct fpreg){ 0xc000000000000000ull, 0xffff };
	i.aux = 2;
	s = exec_fcvt_fx(&vcpu, &i);
	nothing_raised("fcvt.fx.trunc of 1.5", s,
		       same_reg(vcpu.fr[4], fp_from_int(1)) && vcpu.fpsr >> 18 & 1);
	vcpu.fr[3] = fp_from_int(~0ull);
	s = exec_fcvt_xf(&vcpu, &i);
	nothing_raised("fcvt.xf of -1", s, vcpu.fr[4].se == (FPREG_SIGN | 0xffff));
	i = insn(4, 2, 3, 3, 0);
	s = exec_xma_hu(&vcpu, &i);
	nothing_raised("xma.hu f4 = f3, f3, f2", s, same_reg(vcpu.fr[4], fp_from_int(~1ull)));
	i = insn(4, 0, 2, 0, 0);
	s = exec_fmerge_ns(&vcpu, &i);
	nothing_raised("fmerge.ns f4 = f0, f2", s, vcpu.fr[4].se == (FPREG_SIGN | 0xffff));
	i = insn(4, 2, 2, 0, 0);
	s = exec_fpack(&vcpu, &i);
	nothing_raised("fpack", s, same_reg(vcpu.fr[4], fp_from_int(0x3f8000003f800000ull)));
	i = insn(0, 2, 3, 3, 0);
	s = exec_fselect(&vcpu, &i);
	was_raised("fselect to f0", s, 'i', 0, true);
	i.r1 = 4;
	i.r4 = 40;
	vpd.vpsr = PSR_DFH;
	s = exec_fselect(&vcpu, &i);
	was_raised("fselect of a disabled register", s, 'd', 2, true);
	reset();
	vcpu.fpsr &= ~(uint64_t)FPF_V;
	vcpu.fr[5] = fp_from_int(0x7f8000013f800000ull);
	vcpu.fr[6] = fp_from_int(0x3f8000003f800000ull);
	i = insn(4, 6, 5, 6, 0);
	s = exec_fpma(&vcpu, &i);
	was_raised("fpma with an SNaN in the high half", s, 'f', 0x01, true);
	i = insn(4, 6, 5, 6, 0);
	i.aux = FCMP_EQ | FCMP_NOT;
	vcpu.fpsr = ALL_DISABLED;
	i.r2 = 5;
	i.r3 = 6;
	s = exec_fpcmp(&vcpu, &i);
	nothing_raised("fpcmp.neq", s,
		       same_reg(vcpu.fr[4], fp_from_int(0xffffffff00000000ull)) &&
		       vcpu.fpsr >> 13 & 1);
	i = insn(4, 6, 6, 7, 0);
	s = exec_fprcpa(&vcpu, &i);
	nothing_raised("fprcpa f4, p7 = f6, f6", s,
		       pr_pack(&vcpu) == (1 | 1 << 7) && vcpu.fr[4].sig == 0x3f7f80003f7f8000ull);
	s = exec_fprsqrta(&vcpu, &i);
	nothing_raised("fprsqrta f4, p7 = f6", s, vcpu.fr[4].sig == 0x3f7f80003f7f8000ull);
}

int main(void)
{
	ktap_begin();
	arithmetic();
	predicates();
	status_fields();
	others();
	return ktap_end();
}
