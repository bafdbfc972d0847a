/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the code of transition/kvm.S and the host agree on. Beside its region
 * a world has a few pages of its own, the system area, which follow the
 * region.
 */
#ifndef TRANSITION_KVM_H
#define TRANSITION_KVM_H

/* Pages of the system area, as offsets in it. */
#define SYS_ENTRY	0x0000	/* CPL 3, executable: the way into the GVMM and out */
#define SYS_NUB		0x1000	/* CPL 0, executable: exception entries */
#define SYS_TABLES	0x2000	/* CPL 0, read only: GDT, TSS, IDT */
#define SYS_STACK	0x3000	/* CPL 0: stack of ordinary exceptions */
#define SYS_STACK2	0x4000	/* CPL 0: of double fault, NMI and machine check */
#define SYS_SIZE	0x5000

#define PORT_EXIT	0x10	/* the GVMM came back; the one port open to CPL 3 */
#define PORT_NUB	0x20	/* an exception; the frame is on one of the stacks */

#define NUB_STUB_SIZE	16	/* distance of exception entries */
#define NR_EXCEPTIONS	32

/* Bytes at the top of an exception's stack: vector, error code, rip, cs, rflags, rsp, ss. */
#define NUB_FRAME_SIZE	56

#define SEL_KERNEL_CODE	0x08
#define SEL_KERNEL_DATA	0x10
#define SEL_USER_DATA	0x1b
#define SEL_USER_CODE	0x23
#define SEL_TSS		0x28

#endif
