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
#include "host-driver/kmod/problem.h"

static_assert(SEL_HOST_TSS == GDT_ENTRY_TSS * 8 && IDT_ENTRIES * sizeof(gate_desc) == 4096);
static_assert(CR4_LA57 == X86_CR4_LA57);

/* x87, SSE, AVX and AVX-512: what a world may use and the switch keeps. */
#define XCR0_WORLD	0xe7ull

u32 riven_area_flags;
u64 riven_host_xcr0, riven_world_xcr0;

const char *riven_machine_problem(void)
{
	struct machine m = {
		.xen_pv = xen_pv_domain(),
		.confidential = cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT) ||
				cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT),
		.locked_down = security_locked_down(LOCKDOWN_DEV_MEM),
		.xsave = boot_cpu_has(X86_FEATURE_XSAVE) && boot_cpu_has(X86_FEATURE_OSXSAVE),
		.nx = boot_cpu_has(X86_FEATURE_NX),
		.la57 = boot_cpu_has(X86_FEATURE_LA57),
		.five_levels = pgtable_l5_enabled(),
	};
	struct desc_ptr gdt, idt;
	u16 tr;

	/* There the rest is the hypervisor's, or a trap to it. */
	if (m.xen_pv)
		return machine_problem(&m);
	native_store_gdt(&gdt);
	store_idt(&idt);
	asm volatile("str %0" : "=r"(tr));
	m.gdt_size = gdt.size + 1u;
	m.idt_size = idt.size + 1u;
	m.tr = tr;
	m.cr4 = native_read_cr4();
	if (m.xsave)
		m.xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	return machine_problem(&m);
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
