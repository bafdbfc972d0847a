/* SPDX-License-Identifier: GPL-2.0-only */
/* What the handlers of system instructions share. */
#ifndef GVMM_CPU_SYS_H
#define GVMM_CPU_SYS_H

#include "gvmm/cpu/vcpu.h"

/*
 * Is the frame marker in bits 37:0 one that no frame can have (SDM 1:3.1.10)?
 * PFS and a valid IFS refuse such values as reserved.
 */
bool frame_marker_reserved(uint64_t fm);

/* Fields that a write to these registers must leave 0. */
#define RSC_RESERVED		(~0x3fffffffull | 0xffe0)
#define CR_ISR_RESERVED		(~0xfffffffffffull | 0xff000000)
#define CR_IFS_V		(1ull << 63)
#define CR_IFS_RESERVED		(~CR_IFS_V & ~0x3fffffffffull)
#define CR_TPR_RESERVED		0xff00ull
#define CR_TPR_KEPT		0x100f0ull
/* Bits that exist neither in PSR nor in IPSR; vm counts, as PSR.vm is not virtualized. */
#define CR_IPSR_RESERVED	(~0x3fffffffffffull | 0xf0011fc1)

/* ISR.code 3:0 of non-access instructions (SDM 2:5.5.2, table 5-1). */
enum non_access {
	NA_TPA = 0, NA_FC = 1, NA_PROBE = 2, NA_TAK = 3, NA_LFETCH = 4, NA_PROBE_FAULT = 5,
};

#endif
