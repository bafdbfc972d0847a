// SPDX-License-Identifier: GPL-2.0-only
/* Machines on which a world would not be safe (S22). A unit test has this file, too. */
#include "host-driver/kmod/problem.h"
#include "transition/kmod.h"

#define IDT_SIZE	4096u	/* 256 gates */

const char *machine_problem(const struct machine *m)
{
	if (m->xen_pv)
		return "a Xen PV kernel does not own the processor's tables";
	if (m->confidential)
		return "in a confidential guest exceptions need the host's own handlers";
	if (m->cr4 & CR4_FRED)
		return "with FRED events are not delivered through the IDT";
	if (m->locked_down)
		return "the kernel is locked down";
	if (!m->xsave)
		return "the processor or this kernel lacks XSAVE";
	if (!m->nx)
		return "the processor or this kernel lacks NX";
	if (!(m->xcr0 & XCR0_SSE))
		return "this kernel does not keep SSE state with XSAVE";
	if (m->la57 && !(m->cr4 & CR4_LA57) != !m->five_levels)
		return "CR4.LA57 and this kernel's page tables differ";
	if (m->gdt_size != HOST_GDT_SIZE || m->idt_size != IDT_SIZE || m->tr != SEL_HOST_TSS)
		return "this kernel's descriptor tables are not those that riven.ko knows";
	return NULL;
}
