// SPDX-License-Identifier: GPL-2.0-only
/* What this processor and kernel are, and why a world may not be safe on them (S22). */
#include <linux/cc_platform.h>
#include <linux/security.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/hypervisor.h>
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <xen/xen.h>

#include "host-driver/kmod/kmod.h"

/* Flexible return and event delivery: the host's IDT would not be what answers. */
#define CR4_FRED	(1ull << 32)

/* x87, SSE, AVX and AVX-512: what a world may use and the switch keeps. */
#define XCR0_WORLD	0xe7ull

u32 riven_area_flags;
u64 riven_host_xcr0, riven_world_xcr0;

static bool has_la57(void)
{
	return native_read_cr4() & X86_CR4_LA57;
}

static const char *descriptor_problem(void)
{
	struct desc_ptr gdt, idt;
	u16 tr;

	native_store_gdt(&gdt);
	store_idt(&idt);
	asm volatile("str %0" : "=r"(tr));
	if (gdt.size + 1 != HOST_GDT_SIZE || idt.size + 1 != 256 * sizeof(gate_desc) ||
	    tr != GDT_ENTRY_TSS * 8)
		return "this kernel's descriptor tables are not those that riven.ko knows";
	return NULL;
}

const char *riven_machine_problem(void)
{
	if (xen_pv_domain())
		return "a Xen PV kernel does not own the processor's tables";
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
	    cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		return "in a confidential guest exceptions need the host's own handlers";
	if (native_read_cr4() & CR4_FRED)
		return "with FRED events are not delivered through the IDT";
	if (security_locked_down(LOCKDOWN_DEV_MEM))
		return "the kernel is locked down";
	if (!boot_cpu_has(X86_FEATURE_XSAVE) || !boot_cpu_has(X86_FEATURE_OSXSAVE))
		return "the processor or this kernel lacks XSAVE";
	if (!boot_cpu_has(X86_FEATURE_NX))
		return "the processor or this kernel lacks NX";
	if (!(xgetbv(XCR_XFEATURE_ENABLED_MASK) & 2))
		return "this kernel does not keep SSE state with XSAVE";
	if (boot_cpu_has(X86_FEATURE_LA57) && has_la57() != (pgtable_l5_enabled() != 0))
		return "CR4.LA57 and this kernel's page tables differ";
	return descriptor_problem();
}

void riven_machine_init(void)
{
	riven_host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	riven_world_xcr0 = riven_host_xcr0 & XCR0_WORLD;
	riven_area_flags = 0;
	if (boot_cpu_has(X86_FEATURE_FSGSBASE) && (native_read_cr4() & X86_CR4_FSGSBASE))
		riven_area_flags |= FLAG_FSGSBASE;
	if (boot_cpu_has_bug(X86_BUG_MDS) || boot_cpu_has_bug(X86_BUG_TAA) ||
	    boot_cpu_has_bug(X86_BUG_MMIO_STALE_DATA) || boot_cpu_has(X86_FEATURE_CLEAR_CPU_BUF))
		riven_area_flags |= FLAG_VERW;
	if (boot_cpu_has(X86_FEATURE_KERNEL_IBRS))
		riven_area_flags |= FLAG_IBRS;
}
