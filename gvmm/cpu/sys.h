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

/* ISR.code 3:0 of non-access instructions (SDM 2:5.5.2, table 5-1). */
enum non_access {
	NA_TPA = 0, NA_FC = 1, NA_PROBE = 2, NA_TAK = 3, NA_LFETCH = 4, NA_PROBE_FAULT = 5,
};

#endif
