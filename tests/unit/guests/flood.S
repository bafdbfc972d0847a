/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends 1 MiB: the low byte of a counter's square, so that loss and disorder show. */
#include "uart.h"
	mov	r8 = 0
	movl	r10 = 0x100000
	;;
1:	pmpyshr2.u r9 = r8, r8, 0
	;;
	send	r9
	adds	r8 = 1, r8
	;;
	cmp.ltu	p6, p7 = r8, r10
(p6)	br.cond.sptk 1b
	;;
	power_off
