/* SPDX-License-Identifier: GPL-2.0-only */
/* What the vCPUs of one VM share, and how to reach one's parts of the region. */
#ifndef GVMM_VM_H
#define GVMM_VM_H

#include <stdint.h>

#include <riven/abi.h>
#include <riven/layout.h>

/* At RIVEN_VM_OFFSET. The host fills data; the rest is zero at first. */
struct vm {
	struct riven_vm_data data;
};

_Static_assert(sizeof(struct vm) <= RIVEN_VM_SIZE, "struct vm fits its area");

#endif
