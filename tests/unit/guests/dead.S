/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs into memory without code, with no interruption vectors either. */
#include "uart.h"
	mov	r33 = 0x1234
	movl	r8 = 0x500000
	;;
	mov	b6 = r8
	;;
	br.sptk	b6
	;;
