/* SPDX-License-Identifier: GPL-2.0-only */
/* Says hello and powers off. */
#include "uart.h"
	movl	r8 = message
	;;
1:	ld1	r9 = [r8], 1
	;;
	cmp.eq	p6, p7 = r0, r9
(p6)	br.cond.spnt 2f
	;;
	send	r9
	br.sptk	1b
	;;
2:	power_off

	.data
message:
	stringz	"Hello from IA-64\r\n"
