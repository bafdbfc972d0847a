/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest kernel: calls one PAL procedure and returns to the firmware,
 * which powers off. docs/firmware.md says how to run it.
 */
	.explicit
	.text
	.global	_start
_start:
	mov	r4 = b0			/* where a kernel that returns goes */
	movl	r2 = 0xff000000		/* PAL_PROC; a real kernel asks the SAL system table */
	movl	r3 = 1f
	mov	r28 = 48		/* the procedure: PAL_GET_HW_POLICY */
	mov	r29 = 0			/* its arguments */
	mov	r30 = 0
	mov	r31 = 0
	;;
	mov	b6 = r2
	mov	b0 = r3
	;;
	br.cond.sptk b6			/* static procedures are branched to, not called */
	;;
1:	mov	b0 = r4			/* the status is in r8, results in r9 to r11 */
	;;
	br.cond.sptk b0
	;;
