/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends back what it receives, by polling; q powers off. */
#include "uart.h"
	movl	r10 = PORT(LSR)
	movl	r11 = PORT(UART)
	;;
1:	ld1.acq	r8 = [r10]
	;;
	tbit.z	p6, p7 = r8, 0
(p6)	br.cond.sptk 1b
	;;
	ld1.acq	r9 = [r11]
	;;
	send	r9
	cmp.eq	p6, p7 = 'q', r9
(p7)	br.cond.sptk 1b
	;;
	power_off
