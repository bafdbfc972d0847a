// SPDX-License-Identifier: GPL-2.0-only
/*
 * FPSR and MXCSR (gvmm/cpu/fpsr.h): flags that SSE raises are FPSR's when it is
 * read, stay away after they are cleared, and do not come from outside; controls
 * arrive in MXCSR; v->fp_fast for every value of the controls.
 */
#include <string.h>
#include <xmmintrin.h>

#include "gvmm/cpu/exec-fp.h"
#include "gvmm/cpu/fpsr.h"
#include "tests/lib/ktap.h"

#define DEFAULT 0x9804c0270033full

static struct vcpu vcpu;
static struct vpd vpd;
static int raised;

static int record(void)
{
	raised++;
	return EXEC_FAULT;
}

int raise_illegal(struct vcpu *v)
{
	(void)v;
	return record();
}

int raise_general(struct vcpu *v, uint32_t ge_code)
{
	(void)v;
	(void)ge_code;
	return record();
}

int raise_disabled_fp(struct vcpu *v, bool low, bool high, uint64_t isr)
{
	(void)v;
	(void)low;
	(void)high;
	(void)isr;
	return record();
}

int raise_fp_fault(struct vcpu *v, uint32_t code)
{
	(void)v;
	(void)code;
	return record();
}

int raise_fp_trap(struct vcpu *v, uint32_t code)
{
	(void)v;
	(void)code;
	return record();
}

int raise_speculation(struct vcpu *v, uint64_t imm, uint64_t isr)
{
	(void)v;
	(void)imm;
	(void)isr;
	return record();
}

static double divide(double a, double b)
{
	__asm__ volatile("divsd %1, %0" : "+x"(a) : "x"(b));
	return a;
}

static uint32_t flags(uint32_t sf)
{
	return fpsr_get(&vcpu) >> FPSR_FLAGS_SHIFT(sf) & FPF_ALL;
}

static void reset(void)
{
	memset(&vcpu, 0, sizeof(vcpu));
	memset(&vpd, 0, sizeof(vpd));
	raised = 0;
	vcpu.vpd = &vpd;
	vcpu.pr[0] = 1;
	fpsr_set(&vcpu, DEFAULT);
}

static void test_flags(void)
{
	struct insn clear0 = { .imm = 0 }, clear1 = { .imm = 1 }, check = { .r2 = 2 };
	struct insn set = { .r2 = 0x7f, .r3 = 0x10 };

	reset();
	divide(1, 0);
	ktap_result(fpsr_get(&vcpu) == DEFAULT, "flags of others are not the guest's");
	fpsr_enter(&vcpu);
	ktap_result(fpsr_get(&vcpu) == DEFAULT, "none when translated code starts");
	divide(1, 3);
	ktap_result(flags(0) == FPF_I && !flags(1), "inexact arrives in field 0");
	divide(1, 0);
	divide(0, 0);
	divide(1e-310, 1);
	divide(1e-300, 1e10);
	divide(1e300, 1e-10);
	ktap_result(flags(0) == FPF_ALL && fpsr_get(&vcpu) == (DEFAULT | 0x3full << 13),
		    "all six of them");
	ktap_result(exec_fclrf(&vcpu, &clear1) == EXEC_NEXT && flags(0) == FPF_ALL,
		    "fclrf.s1 leaves them");
	ktap_result(exec_fclrf(&vcpu, &clear0) == EXEC_NEXT && fpsr_get(&vcpu) == DEFAULT,
		    "fclrf.s0 clears them");
	divide(1, 3);
	ktap_result(exec_fsetc(&vcpu, &set) == EXEC_NEXT && flags(0) == FPF_I,
		    "fsetc.s0 leaves them");
	ktap_result((_mm_getcsr() >> 13 & 3) == 1, "and sets rc in MXCSR");
	vcpu.fpsr |= (uint64_t)FPF_I << FPSR_FLAGS_SHIFT(2);
	ktap_result(exec_fchkf(&vcpu, &check) == EXEC_NEXT, "fchkf.s2 with a flag that s0 has in MXCSR");
	exec_fclrf(&vcpu, &clear0);
	ktap_result(exec_fchkf(&vcpu, &check) == EXEC_FAULT && raised == 1, "and that it has not");
	fpsr_set(&vcpu, DEFAULT);
	divide(1, 3);
	fpsr_leave(&vcpu);
	ktap_result(vcpu.fpsr == (DEFAULT | (uint64_t)FPF_I << 13) && fpsr_get(&vcpu) == vcpu.fpsr,
		    "flags stay when translated code is left");
	ktap_result(_mm_getcsr() == 0x1f80, "MXCSR is as the GVMM found it");
	divide(0, 0);
	ktap_result(fpsr_get(&vcpu) == (DEFAULT | (uint64_t)FPF_I << 13), "and later ones are others'");
	fpsr_enter(&vcpu);
	fpsr_leave(&vcpu);
	ktap_result(fpsr_get(&vcpu) == (DEFAULT | (uint64_t)FPF_I << 13), "in and out changes nothing");
}

/* Every control of fields 0 and 1 and every set of disabled traps. */
static void test_controls(void)
{
	bool fast = true, mxcsr = true, sync = true;
	uint32_t traps, c0, c1;

	reset();
	fpsr_enter(&vcpu);
	for (traps = 0; traps < 64; traps += traps == 0 ? 31 : 1) {
		for (c0 = 0; c0 < 64; c0++) {
			for (c1 = 0; c1 < 128; c1++) {
				uint64_t fpsr = traps | (uint64_t)c0 << 6 | (uint64_t)c1 << 19;
				bool wre0 = c0 & 2, main_ok = traps == 63 && !wre0;
				uint32_t before = vcpu.fp_fast;
				int status = fpsr_set(&vcpu, fpsr);

				fast = fast && !(vcpu.fp_fast & FP_FAST_MAIN) == !main_ok;
				fast = fast && !(vcpu.fp_fast & FP_FAST_DIVIDE) ==
						       !(main_ok && c1 == 0x4e);
				sync = sync && status == (vcpu.fp_fast == before ? EXEC_NEXT
										 : EXEC_SYNC);
				mxcsr = mxcsr && _mm_getcsr() == (0x1f80 | (c0 >> 4) << 13 |
								  (c0 & 1) << 15);
			}
		}
	}
	fpsr_leave(&vcpu);
	ktap_result(fast, "fp_fast for all controls of fields 0 and 1");
	ktap_result(mxcsr, "MXCSR for them");
	ktap_result(sync, "EXEC_SYNC exactly when fp_fast changes");
}

int main(void)
{
	ktap_begin();
	test_flags();
	test_controls();
	return ktap_end();
}
