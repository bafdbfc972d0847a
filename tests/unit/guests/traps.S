/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Says that it runs, then executes many instructions that have no translation, for ever; one
 * that gets one, and one that would have no use for it.
 */
#include "uart.h"
	mov	r9 = '.'
	;;
	send	r9
	mov	r18 = r0
	movl	r20 = 1 << 61
	movl	r21 = 0x130
	movl	r22 = 0x230
	;;
1:	mov	r19 = cpuid[r18]
	;;
	mov	r19 = cpuid[r18]
	;;
	mov	r19 = cpuid[r18]
	;;
	.irp	file, pmc, pmd, ibr, dbr
	mov	r19 = \file[r18]
	;;
	.endr
	.irp	op, fpmin, fpmax, fpamin, fpamax, fpmerge.s, fpmerge.ns, fpmerge.se, fpack, fswap
	\op	f8 = f9, f10
	;;
	.endr
	.irp	op, fswap.nl, fswap.nr, fmix.lr, fmix.r, fmix.l, fsxt.r, fsxt.l, fpcmp.eq, fpcmp.lt
	\op	f8 = f9, f10
	;;
	.endr
	thash	r19 = r20
	;;
	mov	rr[r20] = r21
	;;
	mov	rr[r20] = r22
	;;
	fpcvt.fx f8 = f9
	;;
	fpcvt.fxu f8 = f9
	;;
	br.sptk	1b
	;;
