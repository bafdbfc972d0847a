/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest code of the firmware: PAL_PROC, SAL_PROC and the EFI services, each a
 * break that the host answers in r8-r11. Position independent, because an
 * operating system maps it where it likes, and registers are left as the
 * procedures' conventions want them (SDM 2:11.10.2, SAL 3.2).
 */
#include "firmware/stubs.h"

	.explicit
	.text

/*
 * PAL_PROC. Procedures 0-255 and 512-767 use static registers and return by a
 * branch that leaves the frame alone; the others are called (SDM 2:11.10.2.1).
 * PAL_HALT and PAL_HALT_LIGHT wait in the GVMM. Predicates 6-15 are scratch.
 */
	.org	0
pal_proc:
{	.mii
	adds	r9 = -28, r28
	tbit.nz	p8, p9 = r28, 8
	nop.i	0
	;;
}
{	.mii
	cmp.ltu	p7, p6 = 1, r9
	nop.i	0
	nop.i	0
	;;
}
{	.mmi
(p7)	break.m	FW_BREAK + FW_STUB_PAL
(p6)	break.m	FW_BREAK + FW_STUB_HALT
	nop.i	0
	;;
}
{	.mii
(p6)	mov	r8 = r0
(p6)	mov	r9 = r0
(p6)	mov	r10 = r0
}
{	.mbb
(p6)	mov	r11 = r0
(p8)	br.ret.sptk.many b0
(p9)	br.cond.sptk.many b0
	;;
}

/* One stub a bundle, at its number times 16. */
	.macro	stub n
{	.mib
	break.m	FW_BREAK + \n
	nop.i	0
	br.ret.sptk.many b0
	;;
}
	.endm

	.macro	stubs first, count
	.org	FW_RUNTIME_CODE - FW_CODE_BASE + (\first) * 16
stub_number = \first
	.rept	\count
	stub	stub_number
stub_number = stub_number + 1
	.endr
	.endm

	stubs	FW_STUB_SAL, 1
	stubs	FW_STUB_RETURN, 1
	stubs	FW_STUB_FPSWA, 1
	stubs	FW_STUB_RUNTIME, FW_NR_RUNTIME
	stubs	FW_STUB_BOOT, FW_NR_BOOT
