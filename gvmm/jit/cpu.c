// SPDX-License-Identifier: GPL-2.0-only
/* What the host's processor can do. */
#include <cpuid.h>
#include <string.h>

#include "gvmm/jit/jit.h"

static bool saves_avx(void)
{
	uint32_t low, high;

	__asm__ ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

/*
 * QEMU's emulation of SMAP before version 9.1 takes the stack of an iret in user mode for the
 * kernel's to read, and the kernel for the one to blame: it stops.
 */
static bool returns_from_interrupts(void)
{
	static const char tcg[12] = "TCGTCGTCGTCG";
	uint32_t a, name[3];

	__cpuid(0x40000000, a, name[0], name[1], name[2]);
	return memcmp(name, tcg, sizeof(name)) != 0;
}

uint32_t cpu_features(void)
{
	uint32_t a, b, c, d, flags = returns_from_interrupts() ? CPU_IRET : 0;
	bool avx;

	__cpuid(1, a, b, c, d);
	avx = (c & bit_OSXSAVE) && (c & bit_AVX) && saves_avx();
	if (c & bit_MOVBE)
		flags |= CPU_MOVBE;
	if (avx && (c & bit_FMA))
		flags |= CPU_FMA;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		if (b & bit_BMI)
			flags |= CPU_BMI1;
		if (b & bit_BMI2)
			flags |= CPU_BMI2;
		if (avx && (b & bit_AVX2))
			flags |= CPU_AVX2;
		if (d & bit_SERIALIZE)
			flags |= CPU_SERIALIZE;
	}
	return flags;
}
