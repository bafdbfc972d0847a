/* SPDX-License-Identifier: GPL-2.0-only */
/* PAL procedures by name, as handlers of struct fw_proc. */
#ifndef FIRMWARE_PAL_H
#define FIRMWARE_PAL_H

#include "firmware/fw.h"

void pal_cache_flush(struct fw_call *c);
void pal_cache_info(struct fw_call *c);
void pal_cache_summary(struct fw_call *c);
void pal_cache_prot_info(struct fw_call *c);
void pal_prefetch_visibility(struct fw_call *c);
/* Is there such a cache: level from 0, type 1 instruction or 2 data and unified? */
bool pal_cache_exists(uint64_t level, uint64_t type);

void pal_mem_attrib(struct fw_call *c);
void pal_ptce_info(struct fw_call *c);
void pal_vm_info(struct fw_call *c);
void pal_vm_page_size(struct fw_call *c);
void pal_vm_summary(struct fw_call *c);
void pal_vm_tr_read(struct fw_call *c);

void pal_mc_dynamic_state(struct fw_call *c);
void pal_mc_error_info(struct fw_call *c);
void pal_mc_expected(struct fw_call *c);
void pal_mc_register_mem(struct fw_call *c);
void pal_mc_resume(struct fw_call *c);

/* End a procedure whose use of guest memory did not succeed: false when it did. */
static inline bool pal_guest_failed(struct fw_call *c, enum guest_status status)
{
	if (status == GUEST_BAD)
		c->ret[0] = PAL_INVALID;
	return status != GUEST_OK;
}

#endif
