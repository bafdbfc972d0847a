/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where firmware code lies and how its stubs are numbered: for C and for
 * stubs.S. A stub's number is what its break's immediate holds above
 * RIVEN_FW_BREAK.
 */
#ifndef FIRMWARE_STUBS_H
#define FIRMWARE_STUBS_H

#define FW_STUB_PAL		0x000	/* PAL_PROC, index in r28 */
#define FW_STUB_SAL		0x001	/* SAL_PROC, index in in0 */
#define FW_STUB_RETURN		0x002	/* where a boot image returns to */
#define FW_STUB_FPSWA		0x003	/* floating-point software assist */
#define FW_STUB_RUNTIME		0x100	/* EFI runtime service n, in table order */
#define FW_NR_RUNTIME		14
#define FW_STUB_BOOT		0x200	/* EFI boot service n, in table order */
#define FW_NR_BOOT		44
#define FW_STUB_HALT		0xfff	/* answered by the GVMM: wait for an interrupt */

/*
 * Firmware code, guest-physical. PAL is 64 KiB of its own, because an operating
 * system maps PAL code with one translation register (SDM 2:11.10). Stub n
 * other than PAL's is the bundle at FW_RUNTIME_CODE + n * 16.
 */
#define FW_CODE_BASE		0xff000000
#define FW_CODE_SIZE		0x00020000
#define FW_PAL_CODE		0xff000000
#define FW_PAL_SIZE		0x00010000
#define FW_RUNTIME_CODE		0xff010000
#define FW_RUNTIME_SIZE		0x00010000

#define FW_BREAK		0x1f5000	/* RIVEN_FW_BREAK, for the assembler */

#endif
