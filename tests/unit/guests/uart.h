/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports of the machine as a bare guest in physical mode reaches them (SDM 2:10.7). */
#define PORT(p)	(0x80000ffffc000000 + (((p) >> 2) << 12) + ((p) & 0xfff))
#define UART	0x3f8
#define LSR	(UART + 5)
#define PM1_CNT	0x604
#define S5	0x3401		/* sleep type 5, sleep enable, SCI enable */

/* Power off; scratches r2 and r3. */
	.macro	power_off
	movl	r2 = PORT(PM1_CNT)
	mov	r3 = S5
	;;
	st2.rel	[r2] = r3
	mf.a
99:	br.sptk	99b
	;;
	.endm

/* Send the byte in register c; scratches r2, r3, p14, p15. */
	.macro	send c
98:	movl	r2 = PORT(LSR)
	;;
	ld1.acq	r3 = [r2]
	movl	r2 = PORT(UART)
	;;
	tbit.z	p14, p15 = r3, 5
(p14)	br.cond.spnt 98b
	;;
	st1.rel	[r2] = \c
	mf.a
	;;
	.endm

	.text
	.global	_start
_start:
