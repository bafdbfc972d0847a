/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the nub (transition/kmod.S) and riven.ko agree on. Each vCPU has an
 * *area*: a few pages, aligned to their size, that lie at the same address in
 * the host kernel and in the world, out of reach for CPL 3. Any address in it,
 * such as that of a stack, leads to it.
 */
#ifndef TRANSITION_KMOD_H
#define TRANSITION_KMOD_H

#define AREA_SIZE	0x8000
#define AREA_STATE	0x0000	/* the offsets A_ below */
#define AREA_TABLES	0x1000	/* GDT and TSS, read only in the world */
#define AREA_STACK	0x2000	/* of entry, interrupts and exceptions */
#define AREA_STACK_NMI	0x3000
#define AREA_STACK_MC	0x4000
#define AREA_WORLD_END	0x5000	/* what follows is not in the world */
#define AREA_FPU	0x5000	/* XSAVE area */
#define AREA_FPU_SIZE	0x3000

#define AREA_STACK_TOP		(AREA_STACK + 0x1000)
#define AREA_STACK_NMI_TOP	(AREA_STACK_NMI + 0x1000)
#define AREA_STACK_MC_TOP	(AREA_STACK_MC + 0x1000)

/* In the page AREA_TABLES. */
#define AREA_GDT	0x1000
#define AREA_TSS	0x1200

/* The world's registers (struct area in host-driver/kmod/kmod.h). */
#define A_RAX		0x000
#define A_RBX		0x008
#define A_RCX		0x010
#define A_RDX		0x018
#define A_RSI		0x020
#define A_RDI		0x028
#define A_RBP		0x030
#define A_R8		0x038
#define A_R9		0x040
#define A_R10		0x048
#define A_R11		0x050
#define A_R12		0x058
#define A_R13		0x060
#define A_R14		0x068
#define A_R15		0x070
#define A_RIP		0x078
#define A_RFLAGS	0x080
#define A_RSP		0x088
/* How it came out. */
#define A_VECTOR	0x090
#define A_ERROR		0x098
#define A_CR2		0x0a0
#define A_NUB_RIP	0x0a8
#define A_PENDING	0x0b0
/* What the switch loads. */
#define A_FLAGS		0x0b4
#define A_WORLD_CR3	0x0b8
#define A_HOST_CR3	0x0c0
#define A_WORLD_CR4	0x0c8
#define A_HOST_CR4	0x0d0
#define A_HOST_CR2	0x0d8
#define A_HOST_RSP	0x0e0
#define A_HOST_FS_BASE	0x0e8
#define A_HOST_GS_BASE	0x0f0
#define A_HOST_DS	0x0f8
#define A_HOST_ES	0x0fa
#define A_HOST_FS	0x0fc
#define A_HOST_GS	0x0fe
#define A_HOST_LDT	0x100
#define A_NO_SEGMENTS	0x102
#define A_VERW		0x104
#define A_HOST_IDT	0x106
#define A_WORLD_IDT	0x116

/* A_PENDING: what the host has yet to be told. */
#define PENDING_NMI	1
#define PENDING_MC	2	/* that came at CPL 0 */
#define PENDING_MC_WORLD 4	/* that came at CPL 3 */

/* A_FLAGS: what this processor has and needs. */
#define FLAG_FSGSBASE	1
#define FLAG_VERW	2	/* clear buffers on the way in */
#define FLAG_IBRS	4	/* write SPEC_CTRL again on the way out */

/* A_VECTOR beside vectors: no reason but A_PENDING; or'ed: it came from CPL 0. */
#define EXIT_NONE	0x100
#define EXIT_CPL0	0x200

/* The one vector that CPL 3 may raise: no processor and no interrupt controller does. */
#define VECTOR_EXIT	15

#define VECTOR_NMI	2
#define VECTOR_MC	18
#define VECTOR_FIRST_INTERRUPT	32

#define NUB_STUB_SIZE	16	/* distance of the entries of vectors 0 .. 255 */

/* The host's selectors, which hold in the world too, and that of the world's TSS. */
#define SEL_KERNEL_CODE	0x10
#define SEL_KERNEL_DATA	0x18
#define SEL_USER_DATA	0x2b
#define SEL_USER_CODE	0x33
#define SEL_HOST_TSS	0x40
#define SEL_WORLD_TSS	0x80
#define WORLD_GDT_SIZE	0x90
#define HOST_GDT_SIZE	0x80

/* Stacks by number in a TSS, from 1. The host uses 1 to 4; 5 belongs to encrypted guests. */
#define HOST_NR_IST	4
#define IST_WORLD	5
#define IST_WORLD_NMI	6
#define IST_WORLD_MC	7

#endif
