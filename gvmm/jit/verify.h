/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both engines in lockstep (RIVEN_VM_VERIFY): the interpreter runs some bundles
 * on copies of the guest's pages, then the translator runs as many from the
 * same state on the pages themselves, and both results are compared.
 */
#ifndef GVMM_JIT_VERIFY_H
#define GVMM_JIT_VERIFY_H

#include "gvmm/cpu/vcpu.h"

static inline struct verify *verify_at(uint8_t *area)
{
	return (struct verify *)(area + RIVEN_VCPU_VERIFY);
}

/*
 * Run up to *count bundles, as jit_bundles() does. EXEC_NEXT or EXEC_EXIT; when
 * the engines differ the exit is RIVEN_EXIT_INTERNAL.
 */
int verify_bundles(struct vcpu *v, uint32_t *count);

#endif
