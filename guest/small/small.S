/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small guest: a monitor that runs in physical mode at privilege level 0
 * and shows what a firmware or kernel author wants to see first: registers and
 * CPUID, TLB misses and purges, timer ticks, PAL and SAL calls, faults caught.
 *
 * Entered like a Linux kernel: r28 is the address of struct ia64_boot_param.
 * Functions take arguments in the register stack and return in r8. A call is
 * followed by a stop: it returns to the next bundle, so nothing may share its own. Counters
 * that the interruption handlers keep are in kernel registers:
 *	k1 timer ticks, k2 TLB misses, k3 vector, k4 ISR, k5 IIP, k6 IIM or IFA
 */
#include <riven/layout.h>

#define UART_PORT	0x3f8
#define UC		0x8000000000000000
#define PORT(p)		(UC + RIVEN_IOPORT_BASE_S + (((p) >> 2) << 12) + ((p) & 0xfff))
#define RIVEN_IOPORT_BASE_S 0xffffc000000

#define PSR_IC		(1 << 13)
#define PSR_I		(1 << 14)
#define PSR_DT		(1 << 17)
#define TIMER_VECTOR	0xef
#define PAL_HALT_LIGHT	29
#define PAL_VERSION	20
#define PAL_RSE_INFO	19
#define SAL_FREQ_BASE	0x1000012
#define PAGE_BITS	14
#define TLB_PAGES	64

/* Interruption vector table: 32 KiB, at the start of the image. */
	.section .ivt, "ax"
	.align	32768
ivt:

/* A vector that nothing here expects: say so and power off. */
	.macro	unexpected at
	.org	\at
	mov	r16 = \at
	br.sptk	panic
	.endm

/* A vector whose cause is recorded; the faulting instruction is skipped. */
	.macro	recorded at
	.org	\at
	mov	r16 = \at
	br.sptk	record
	.endm

	unexpected 0x0000
	unexpected 0x0400
	unexpected 0x0800
	unexpected 0x0c00

/* Alternate Data TLB: map one 16 KiB page of region 1 to the same physical address. */
	.org	0x1000
	mov	r16 = cr.ifa
	movl	r17 = 0x0000fffffffffc000
	;;
	and	r17 = r16, r17
	mov	r18 = PAGE_BITS << 2
	mov	r19 = 0x461		/* present, WB, accessed, dirty, read-write */
	;;
	or	r17 = r17, r19
	mov	cr.itir = r18
	mov	r20 = ar.k2
	;;
	itc.d	r17
	adds	r20 = 1, r20
	;;
	mov	ar.k2 = r20
	;;
	srlz.d
	rfi
	;;

	unexpected 0x1400
	unexpected 0x1800
	unexpected 0x1c00
	unexpected 0x2000
	unexpected 0x2400
	unexpected 0x2800
	recorded   0x2c00		/* Break */

/* External Interrupt: count timer ticks. */
	.org	0x3000
	mov	r16 = cr.ivr
	mov	r17 = ar.k1
	;;
	adds	r17 = 1, r17
	;;
	mov	ar.k1 = r17
	srlz.d
	;;
	mov	cr.eoi = r0
	;;
	srlz.d
	rfi
	;;

	unexpected 0x5000
	unexpected 0x5100
	unexpected 0x5200
	unexpected 0x5300
	recorded   0x5400		/* General Exception */
	unexpected 0x5500
	recorded   0x5600		/* NaT Consumption */
	unexpected 0x5700
	unexpected 0x5900
	recorded   0x5a00		/* Unaligned Data Reference */
	unexpected 0x5b00
	unexpected 0x5c00
	unexpected 0x5d00
	unexpected 0x5e00
	unexpected 0x5f00
	unexpected 0x6000

	.org	0x7000
record:
	mov	r31 = pr
	mov	r17 = cr.isr
	mov	r18 = cr.iip
	mov	r19 = cr.iim
	mov	r20 = cr.ifa
	mov	r21 = cr.ipsr
	mov	r22 = 0x2c00
	;;
	cmp.eq	p6, p7 = r16, r22
	extr.u	r23 = r21, 41, 2
	mov	ar.k3 = r16
	;;
	mov	ar.k4 = r17
	mov	ar.k5 = r18
	cmp.eq	p8, p9 = 2, r23
	;;
(p6)	mov	ar.k6 = r19
(p8)	adds	r18 = 16, r18
(p8)	mov	r23 = 0
(p9)	adds	r23 = 1, r23
	;;
(p7)	mov	ar.k6 = r20
	dep	r21 = r23, r21, 41, 2
	mov	cr.iip = r18
	;;
	mov	cr.ipsr = r21
	mov	pr = r31, -1
	;;
	srlz.d
	rfi
	;;

panic:
	mov	ar.k3 = r16
	;;
	alloc	r32 = ar.pfs, 0, 4, 1, 0
	;;
	movl	r36 = s_panic
	br.call.sptk b0 = puts
	;;
	mov	r36 = ar.k3
	br.call.sptk b0 = puthex
	;;
	movl	r36 = s_iip
	br.call.sptk b0 = puts
	;;
	mov	r36 = cr.iip
	br.call.sptk b0 = puthex
	;;
	movl	r36 = s_isr
	br.call.sptk b0 = puts
	;;
	mov	r36 = cr.isr
	br.call.sptk b0 = puthex
	;;
	movl	r36 = s_ifa
	br.call.sptk b0 = puts
	;;
	mov	r36 = cr.ifa
	br.call.sptk b0 = puthex
	;;
	br.sptk	power_off
	;;
	.org	0x8000

	.text
	.global	_start
_start:
	rsm	PSR_I | PSR_IC
	;;
	srlz.i
	mov	ar.rsc = 0
	movl	r12 = stack_top
	movl	r2 = backing_store
	;;
	loadrs
	;;
	mov	ar.bspstore = r2
	;;
	mov	ar.rnat = r0
	mov	ar.rsc = 0x3		/* eager, privilege level 0, little endian */
	movl	r3 = ivt
	;;
	mov	cr.iva = r3
	mov	cr.dcr = r0
	mov	cr.tpr = r0
	mov	ar.k1 = r0
	mov	ar.k2 = r0
	movl	r14 = boot_param
	mov	r15 = TIMER_VECTOR
	;;
	st8	[r14] = r28
	mov	cr.itv = r15
	/* Region 1: no VHPT walker, 16 KiB pages, RID 1. */
	movl	r16 = 0x2000000000000000
	mov	r17 = (1 << 8) | (PAGE_BITS << 2)
	;;
	mov	rr[r16] = r17
	;;
	srlz.d
	ssm	PSR_IC | PSR_I
	;;
	srlz.i
	srlz.d
	alloc	r32 = ar.pfs, 0, 4, 2, 0
	;;
	br.call.sptk b0 = find_firmware
	;;
	movl	r36 = s_hello
	br.call.sptk b0 = puts
	;;

/* The monitor: a prompt, a line, a look in the command table. */
prompt:
	movl	r36 = s_prompt
	br.call.sptk b0 = puts
	;;
	br.call.sptk b0 = getline
	;;
	movl	r33 = commands
	;;
next_command:
	ld8	r34 = [r33], 8		/* name */
	;;
	cmp.eq	p6, p7 = r0, r34
	;;
(p6)	br.cond.spnt unknown
	;;
	ld8	r35 = [r33], 8		/* function */
	mov	r36 = r34
	movl	r37 = line
	br.call.sptk b0 = streq
	;;
	cmp.ne	p6, p7 = r0, r8
	;;
(p7)	br.cond.sptk next_command
	;;
	mov	b6 = r35
	;;
	br.call.sptk b0 = b6
	;;
	br.sptk	prompt
unknown:
	movl	r14 = line
	;;
	ld1	r14 = [r14]
	;;
	cmp.eq	p6, p7 = r0, r14
(p6)	br.cond.spnt prompt
	;;
	movl	r36 = s_unknown
	br.call.sptk b0 = puts
	;;
	br.sptk	prompt

	.macro	enter locals=2, outs=2
	alloc	r32 = ar.pfs, 0, 2 + \locals, \outs, 0
	mov	r33 = b0
	;;
	.endm
	.macro	leave
	mov	ar.pfs = r32
	mov	b0 = r33
	;;
	br.ret.sptk b0
	;;
	.endm
/* Print a string from a function with two locals (out0 is r36). */
	.macro	say string
	movl	r36 = \string
	br.call.sptk b0 = puts
	;;
	.endm
	.macro	sayhex reg
	mov	r36 = \reg
	br.call.sptk b0 = puthex
	;;
	.endm
	.macro	saydec reg
	mov	r36 = \reg
	br.call.sptk b0 = putdec
	;;
	.endm

cmd_help:
	enter
	say	s_help
	leave

cmd_regs:
	enter
	say	s_ip
	mov	r34 = ip
	;;
	sayhex	r34
	say	s_psr
	sayhex	psr
	say	s_bsp
	sayhex	ar.bsp
	say	s_rsc
	sayhex	ar.rsc
	say	s_fpsr
	sayhex	ar.fpsr
	say	s_itc
	sayhex	ar.itc
	say	s_iva
	sayhex	cr.iva
	say	s_lid
	sayhex	cr.lid
	say	s_sp
	sayhex	r12
	say	s_nl
	leave

cmd_cpuid:
	enter
	mov	r34 = 0
	;;
1:	say	s_cpuid
	saydec	r34
	say	s_equals
	mov	r35 = cpuid[r34]
	;;
	sayhex	r35
	say	s_nl
	adds	r34 = 1, r34
	;;
	cmp.gt	p6, p7 = 5, r34
(p6)	br.cond.sptk 1b
	;;
	leave

/* Touch TLB_PAGES pages of region 1, again, then purge a quarter and touch them once more. */
cmd_tlb:
	enter
	movl	r36 = 0x2000000000000000
	mov	r37 = TLB_PAGES
	br.call.sptk b0 = purge
	;;
	movl	r36 = s_tlb_first
	br.call.sptk b0 = touch_and_report
	;;
	movl	r36 = s_tlb_again
	br.call.sptk b0 = touch_and_report
	;;
	movl	r36 = 0x2000000000000000
	mov	r37 = TLB_PAGES / 4
	br.call.sptk b0 = purge
	;;
	movl	r36 = s_tlb_purged
	br.call.sptk b0 = touch_and_report
	;;
	leave

/* purge(in0 = address, in1 = pages) */
purge:
	alloc	r34 = ar.pfs, 2, 1, 0, 0
	;;
	movl	r14 = pages
	mov	r15 = PAGE_BITS << 2
	;;
	add	r32 = r32, r14
	movl	r16 = 1 << PAGE_BITS
	;;
1:	ptc.l	r32, r15
	;;
	add	r32 = r32, r16
	adds	r33 = -1, r33
	;;
	cmp.ne	p6, p7 = r0, r33
(p6)	br.cond.sptk 1b
	;;
	srlz.d
	;;
	br.ret.sptk b0
	;;

/* touch_and_report(in0 = text): read a word of every page, print text and the misses it took. */
touch_and_report:
	alloc	r34 = ar.pfs, 1, 3, 2, 0
	mov	r33 = b0
	mov	r35 = ar.k2
	movl	r14 = pages + 0x2000000000000000
	mov	r15 = TLB_PAGES
	movl	r16 = 1 << PAGE_BITS
	;;
	ssm	PSR_DT
	;;
	srlz.d
1:	ld8	r17 = [r14], r16
	adds	r15 = -1, r15
	;;
	cmp.ne	p6, p7 = r0, r15
(p6)	br.cond.sptk 1b
	;;
	rsm	PSR_DT
	;;
	srlz.d
	mov	r36 = r32
	br.call.sptk b0 = puts
	;;
	mov	r36 = ar.k2
	;;
	sub	r36 = r36, r35
	br.call.sptk b0 = putdec
	;;
	movl	r36 = s_nl
	br.call.sptk b0 = puts
	;;
	mov	ar.pfs = r34
	mov	b0 = r33
	;;
	br.ret.sptk b0
	;;

/* Ten ticks of 10 ms, waiting halted. */
cmd_timer:
	enter
	mov	r34 = ar.k1
	mov	r35 = 10
	;;
1:	movl	r36 = 10000
	br.call.sptk b0 = wait_us
	;;
	adds	r35 = -1, r35
	;;
	cmp.ne	p6, p7 = r0, r35
(p6)	br.cond.sptk 1b
	;;
	say	s_ticks
	mov	r36 = ar.k1
	;;
	sub	r36 = r36, r34
	br.call.sptk b0 = putdec
	;;
	say	s_nl
	leave

/* wait_us(in0 = microseconds): arm the timer and halt until it fires. */
wait_us:
	alloc	r34 = ar.pfs, 1, 3, 4, 0
	mov	r33 = b0
	movl	r14 = itc_per_us
	;;
	ld8	r14 = [r14]
	;;
	setf.sig f6 = r14
	setf.sig f7 = r32
	;;
	xma.l	f6 = f6, f7, f0
	;;
	getf.sig r15 = f6
	mov	r35 = ar.k1
	mov	r16 = ar.itc
	;;
	add	r15 = r15, r16
	rsm	PSR_I			/* or the tick could come before the halt */
	;;
	mov	cr.itm = r15
	;;
	srlz.d
	;;
2:	mov	r28 = PAL_HALT_LIGHT
	mov	r29 = r0
	mov	r30 = r0
	mov	r31 = r0
	br.call.sptk b0 = pal_static
	;;
	ssm	PSR_I
	;;
	srlz.d
	rsm	PSR_I
	;;
	mov	r14 = ar.k1
	;;
	cmp.eq	p6, p7 = r14, r35
(p6)	br.cond.spnt 2b
	;;
	ssm	PSR_I
	;;
	srlz.d
	mov	ar.pfs = r34
	mov	b0 = r33
	;;
	br.ret.sptk b0
	;;

cmd_pal:
	enter
	mov	r28 = PAL_VERSION
	mov	r29 = r0
	mov	r30 = r0
	mov	r31 = r0
	br.call.sptk b0 = pal_static
	;;
	mov	r34 = r8
	mov	r35 = r9
	;;
	say	s_pal_version
	sayhex	r35
	say	s_status
	sayhex	r34
	mov	r28 = PAL_RSE_INFO
	mov	r29 = r0
	mov	r30 = r0
	mov	r31 = r0
	br.call.sptk b0 = pal_static
	;;
	mov	r34 = r8
	mov	r35 = r9
	;;
	say	s_pal_rse
	saydec	r35
	say	s_status
	sayhex	r34
	say	s_nl
	leave

cmd_sal:
	alloc	r32 = ar.pfs, 0, 4, 8, 0
	mov	r33 = b0
	movl	r36 = SAL_FREQ_BASE
	mov	r37 = 0
	mov	r38 = 0
	mov	r39 = 0
	mov	r40 = 0
	mov	r41 = 0
	mov	r42 = 0
	mov	r43 = 0
	;;
	br.call.sptk b0 = sal_call
	;;
	mov	r34 = r8
	mov	r35 = r9
	;;
	say	s_sal_freq
	saydec	r35
	say	s_status
	sayhex	r34
	say	s_nl
	leave

/* Provoke three faults; the handlers record them and skip the instruction. */
cmd_fault:
	enter
	break.i	0x42
	;;
	say	s_break
	br.call.sptk b0 = report_fault
	;;
	mov	r120 = r0		/* a register outside the frame */
	;;
	say	s_illegal
	br.call.sptk b0 = report_fault
	;;
	movl	r14 = line + 1
	;;
	sum	0x8			/* PSR.ac: unaligned accesses fault */
	;;
	ld8	r15 = [r14]
	;;
	rum	0x8
	say	s_unaligned
	br.call.sptk b0 = report_fault
	;;
	leave

report_fault:
	enter
	mov	r34 = ar.k4
	mov	r35 = ar.k5
	say	s_vector
	mov	r36 = ar.k3
	br.call.sptk b0 = puthex
	;;
	say	s_isr
	sayhex	r34
	say	s_iip
	sayhex	r35
	say	s_arg
	mov	r36 = ar.k6
	br.call.sptk b0 = puthex
	;;
	say	s_nl
	leave

cmd_off:
power_off:
	alloc	r32 = ar.pfs, 0, 4, 4, 0
	;;
	movl	r14 = efi_reset
	;;
	ld8	r14 = [r14]
	mov	r36 = 2			/* EfiResetShutdown */
	mov	r37 = 0
	mov	r38 = 0
	mov	r39 = 0
	;;
	ld8	r15 = [r14], 8
	;;
	ld8	gp = [r14]
	mov	b6 = r15
	;;
	br.call.sptk b0 = b6
	;;
1:	br.sptk	1b
	;;

/*
 * Static PAL call: r28-r31 are set; returns r8-r11. PAL returns by a plain
 * branch to b0 and leaves the register stack alone (SDM 2:11.10.2.1).
 */
pal_static:
	enter
	movl	r2 = pal_proc
	movl	r3 = 1f
	;;
	ld8	r2 = [r2]
	mov	b0 = r3
	;;
	mov	b6 = r2
	;;
	br.cond.sptk b6
	;;
1:	leave

/* sal_call(in0-in7) */
sal_call:
	alloc	r40 = ar.pfs, 8, 3, 8, 0
	mov	r41 = b0
	movl	r14 = sal_proc
	mov	r43 = r32
	mov	r44 = r33
	mov	r45 = r34
	mov	r46 = r35
	mov	r47 = r36
	mov	r48 = r37
	mov	r49 = r38
	mov	r50 = r39
	;;
	ld8	r15 = [r14], 8
	;;
	ld8	gp = [r14]
	mov	b6 = r15
	;;
	br.call.sptk b0 = b6
	;;
	mov	ar.pfs = r40
	mov	b0 = r41
	;;
	br.ret.sptk b0
	;;

/*
 * Walk boot_param -> EFI system table -> SAL system table, and keep the PAL and
 * SAL entry points, EFI's ResetSystem, and ITC ticks per microsecond.
 */
find_firmware:
	enter	4, 8
	movl	r14 = boot_param
	;;
	ld8	r14 = [r14]
	;;
	adds	r14 = 8, r14
	;;
	ld8	r34 = [r14]		/* EFI system table */
	;;
	adds	r14 = 88, r34
	adds	r15 = 104, r34
	adds	r16 = 112, r34
	;;
	ld8	r14 = [r14]		/* runtime services */
	ld8	r17 = [r15]		/* number of configuration tables */
	ld8	r18 = [r16]		/* configuration tables: GUID, pointer */
	;;
	adds	r14 = 104, r14		/* ResetSystem */
	movl	r15 = efi_reset
	;;
	ld8	r14 = [r14]
	movl	r20 = 0x11d32d88eb9d2d32	/* SAL system table GUID */
	movl	r21 = 0x4dc13f279000169a
	;;
	st8	[r15] = r14
1:	cmp.eq	p6, p7 = r0, r17
	;;
(p6)	br.cond.spnt 9f
	;;
	ld8	r22 = [r18], 8
	adds	r17 = -1, r17
	;;
	ld8	r23 = [r18], 8
	;;
	ld8	r35 = [r18], 8
	cmp.eq	p6, p7 = r22, r20
	;;
(p6)	cmp.eq.unc p8, p9 = r23, r21
(p7)	br.cond.sptk 1b
	;;
(p9)	br.cond.spnt 1b
	;;
	/* Entries follow a header of 96 bytes; type 0 is the entry point descriptor. */
	adds	r14 = 10, r35
	adds	r18 = 96, r35
	;;
	ld2	r17 = [r14]
	;;
2:	cmp.eq	p6, p7 = r0, r17
	;;
(p6)	br.cond.spnt 9f
	;;
	ld1	r14 = [r18]
	adds	r17 = -1, r17
	;;
	cmp.eq	p6, p7 = 0, r14
	cmp.eq	p8, p9 = 2, r14
	;;
(p6)	br.cond.spnt 3f
	;;
	/* Other types, by their sizes: 1: 32, 2: 16, 3: 32, 4: 16, 5: 16. */
	cmp.eq	p10, p11 = 1, r14
	cmp.eq	p12, p13 = 3, r14
	adds	r15 = 16, r18
	;;
(p10)	adds	r15 = 32, r18
	;;
(p12)	adds	r15 = 32, r18
	;;
	mov	r18 = r15
	br.sptk	2b
3:	adds	r14 = 8, r18
	adds	r15 = 16, r18
	adds	r16 = 24, r18
	;;
	ld8	r14 = [r14]
	ld8	r15 = [r15]
	ld8	r16 = [r16]
	movl	r20 = pal_proc
	movl	r21 = sal_proc
	;;
	st8	[r20] = r14
	st8	[r21] = r15, 8
	;;
	st8	[r21] = r16
	/* ITC frequency = base * numerator / denominator, in MHz by a shift-and-subtract divide. */
	movl	r38 = SAL_FREQ_BASE
	mov	r39 = 0
	mov	r40 = 0
	mov	r41 = 0
	mov	r42 = 0
	mov	r43 = 0
	mov	r44 = 0
	mov	r45 = 0
	br.call.sptk b0 = sal_call
	;;
	mov	r36 = r9
	mov	r28 = 14		/* PAL_FREQ_RATIOS */
	mov	r29 = r0
	mov	r30 = r0
	mov	r31 = r0
	br.call.sptk b0 = pal_static
	;;
	/* r11: ITC ratio, numerator in bits 63:32, denominator in 31:0 */
	shr.u	r14 = r11, 32
	zxt4	r15 = r11
	setf.sig f7 = r36
	;;
	setf.sig f6 = r14
	;;
	xma.l	f6 = f6, f7, f0
	movl	r16 = 1000000
	;;
	getf.sig r38 = f6
	setf.sig f6 = r15
	setf.sig f7 = r16
	;;
	xma.l	f6 = f6, f7, f0
	;;
	getf.sig r39 = f6
	br.call.sptk b0 = udiv
	;;
	movl	r14 = itc_per_us
	;;
	st8	[r14] = r8
9:	leave

/* udiv(in0, in1) -> r8 quotient, r9 remainder; bit by bit, for small code. */
udiv:
	alloc	r34 = ar.pfs, 2, 1, 0, 0
	;;
	mov	r8 = 0
	mov	r9 = 0
	mov	r14 = 64
	;;
1:	shl	r9 = r9, 1
	shl	r8 = r8, 1
	shr.u	r15 = r32, 63
	shl	r32 = r32, 1
	adds	r14 = -1, r14
	;;
	or	r9 = r9, r15
	;;
	cmp.geu	p6, p7 = r9, r33
	;;
(p6)	sub	r9 = r9, r33
(p6)	adds	r8 = 1, r8
	cmp.ne	p8, p9 = r0, r14
(p8)	br.cond.sptk 1b
	;;
	br.ret.sptk b0
	;;

/* putc(in0) */
putc:
	alloc	r33 = ar.pfs, 1, 1, 0, 0
	;;
	movl	r14 = PORT(UART_PORT + 5)
	movl	r15 = PORT(UART_PORT)
	;;
1:	ld1.acq	r16 = [r14]
	;;
	tbit.z	p6, p7 = r16, 5		/* LSR.THRE */
(p6)	br.cond.spnt 1b
	;;
	st1.rel	[r15] = r32
	mf.a
	;;
	br.ret.sptk b0
	;;

/* puts(in0): a newline becomes CR LF */
puts:
	alloc	r33 = ar.pfs, 1, 3, 1, 0
	mov	r34 = b0
	;;
1:	ld1	r35 = [r32], 1
	;;
	cmp.eq	p6, p7 = r0, r35
	cmp.eq	p8, p9 = '\n', r35
(p6)	br.cond.spnt 2f
(p9)	br.cond.sptk 3f
	;;
	mov	r36 = '\r'
	br.call.sptk b0 = putc
	;;
3:	mov	r36 = r35
	br.call.sptk b0 = putc
	;;
	br.sptk	1b
2:	mov	ar.pfs = r33
	mov	b0 = r34
	;;
	br.ret.sptk b0
	;;

/* puthex(in0): 0x and 16 digits */
puthex:
	alloc	r33 = ar.pfs, 1, 3, 1, 0
	mov	r34 = b0
	mov	r35 = 60
	mov	r36 = '0'
	;;
	br.call.sptk b0 = putc
	;;
	mov	r36 = 'x'
	br.call.sptk b0 = putc
	;;
1:	shr.u	r36 = r32, r35
	;;
	and	r36 = 15, r36
	;;
	cmp.gt	p6, p7 = 10, r36
	;;
(p6)	adds	r36 = '0', r36
(p7)	adds	r36 = 'a' - 10, r36
	br.call.sptk b0 = putc
	;;
	adds	r35 = -4, r35
	;;
	cmp.le	p6, p7 = 0, r35
(p6)	br.cond.sptk 1b
	;;
	mov	ar.pfs = r33
	mov	b0 = r34
	;;
	br.ret.sptk b0
	;;

/* putdec(in0) recurses: the digits above first */
putdec:
	alloc	r33 = ar.pfs, 1, 3, 2, 0
	mov	r34 = b0
	mov	r36 = r32
	mov	r37 = 10
	;;
	br.call.sptk b0 = udiv
	;;
	mov	r35 = r9
	cmp.eq	p6, p7 = r0, r8
	mov	r36 = r8
	;;
(p6)	br.cond.sptk 1f
	;;
	br.call.sptk b0 = putdec
	;;
1:	adds	r36 = '0', r35
	br.call.sptk b0 = putc
	;;
	mov	ar.pfs = r33
	mov	b0 = r34
	;;
	br.ret.sptk b0
	;;

/* getc() -> r8; halted between looks at the UART */
getc:
	enter
1:	movl	r14 = PORT(UART_PORT + 5)
	movl	r15 = PORT(UART_PORT)
	;;
	ld1.acq	r16 = [r14]
	;;
	tbit.nz	p6, p7 = r16, 0		/* LSR.DR */
(p6)	br.cond.spnt 2f
	;;
	movl	r36 = 2000
	br.call.sptk b0 = wait_us
	;;
	br.sptk	1b
2:	ld1.acq	r8 = [r15]
	leave

/* getline(): into line, with echo and backspace */
getline:
	alloc	r32 = ar.pfs, 0, 5, 1, 0
	mov	r33 = b0
	mov	r34 = 0
	;;
1:	br.call.sptk b0 = getc
	mov	r35 = r8
	movl	r36 = line
	;;
	cmp.eq	p6, p7 = '\r', r35
	cmp.eq	p8, p9 = '\n', r35
	add	r36 = r36, r34
(p6)	br.cond.spnt 2f
(p8)	br.cond.spnt 2f
	;;
	cmp.eq	p6, p7 = 8, r35
	cmp.eq	p8, p9 = 127, r35
(p6)	br.cond.spnt 3f
(p8)	br.cond.spnt 3f
	;;
	cmp.le	p6, p7 = 63, r34
	cmp.gtu	p8, p9 = ' ', r35
(p6)	br.cond.spnt 1b
(p8)	br.cond.spnt 1b
	;;
	st1	[r36] = r35
	adds	r34 = 1, r34
	mov	r37 = r35
	br.call.sptk b0 = putc
	;;
	br.sptk	1b
3:	cmp.eq	p6, p7 = 0, r34
(p6)	br.cond.spnt 1b
	;;
	adds	r34 = -1, r34
	movl	r37 = s_rubout
	br.call.sptk b0 = puts
	;;
	br.sptk	1b
2:	st1	[r36] = r0
	movl	r37 = s_nl
	br.call.sptk b0 = puts
	;;
	mov	ar.pfs = r32
	mov	b0 = r33
	;;
	br.ret.sptk b0
	;;

/* streq(in0, in1) -> r8: 1 when equal */
streq:
	alloc	r34 = ar.pfs, 2, 1, 0, 0
	;;
1:	ld1	r14 = [r32], 1
	ld1	r15 = [r33], 1
	mov	r8 = 0
	;;
	cmp.ne	p6, p7 = r14, r15
	cmp.eq	p8, p9 = r0, r14
(p6)	br.ret.spnt b0
(p9)	br.cond.sptk 1b
	;;
	mov	r8 = 1
	br.ret.sptk b0
	;;

	.data
	.align	16
commands:
	data8	n_help, cmd_help
	data8	n_regs, cmd_regs
	data8	n_cpuid, cmd_cpuid
	data8	n_tlb, cmd_tlb
	data8	n_timer, cmd_timer
	data8	n_pal, cmd_pal
	data8	n_sal, cmd_sal
	data8	n_fault, cmd_fault
	data8	n_off, cmd_off
	data8	0
boot_param:	data8	0
efi_reset:	data8	0
pal_proc:	data8	0
sal_proc:	data8	0, 0
itc_per_us:	data8	1000

n_help:		stringz	"help"
n_regs:		stringz	"regs"
n_cpuid:	stringz	"cpuid"
n_tlb:		stringz	"tlb"
n_timer:	stringz	"timer"
n_pal:		stringz	"pal"
n_sal:		stringz	"sal"
n_fault:	stringz	"fault"
n_off:		stringz	"off"
s_hello:	stringz	"\nRiven's small guest. 'help' lists the commands.\n"
s_prompt:	stringz	"> "
s_unknown:	stringz	"no such command; try help\n"
s_help:		stringz	"regs cpuid tlb timer pal sal fault off\n"
s_nl:		stringz	"\n"
s_rubout:	stringz	"\b \b"
s_equals:	stringz	" = "
s_cpuid:	stringz	"cpuid "
s_ip:		stringz	"ip   "
s_psr:		stringz	"\npsr  "
s_bsp:		stringz	"\nbsp  "
s_rsc:		stringz	"\nrsc  "
s_fpsr:		stringz	"\nfpsr "
s_itc:		stringz	"\nitc  "
s_iva:		stringz	"\niva  "
s_lid:		stringz	"\nlid  "
s_sp:		stringz	"\nsp   "
s_tlb_first:	stringz	"64 pages, first touch: misses "
s_tlb_again:	stringz	"64 pages, touched again: misses "
s_tlb_purged:	stringz	"after a purge of 16 pages: misses "
s_ticks:	stringz	"timer ticks in 100 ms: "
s_pal_version:	stringz	"PAL_VERSION "
s_pal_rse:	stringz	"\nPAL_RSE_INFO: stacked registers "
s_sal_freq:	stringz	"SAL_FREQ_BASE: Hz "
s_status:	stringz	" status "
s_break:	stringz	"break 0x42 caught:"
s_illegal:	stringz	"illegal operation caught:"
s_unaligned:	stringz	"unaligned access caught:"
s_vector:	stringz	" vector "
s_isr:		stringz	" isr "
s_iip:		stringz	" iip "
s_ifa:		stringz	" ifa "
s_arg:		stringz	" iim/ifa "
s_panic:	stringz	"\nunexpected interruption: vector "

	.bss
	.align	65536
pages:		.skip	TLB_PAGES << PAGE_BITS
line:		.skip	128
	.align	16
		.skip	65536
stack_top:	.skip	64
	.align	4096
backing_store:	.skip	65536
