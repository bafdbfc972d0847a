/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disassembler: bundles to the text that GNU objdump prints for them. It
 * allocates nothing, so that the GVMM can use it too.
 */
#ifndef GVMM_ISA_DISASM_H
#define GVMM_ISA_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that the text of any slot fits in, terminating null included. */
#define DISASM_SIZE 96

/*
 * Writes the text of slot 0, 1 or 2 of the bundle (lo, hi) at address ip:
 * "[MII] (p05) adds r1=8,r2;;" for slot 0, spaces instead of the template's
 * name for the others. What holds no instruction is "data8" and its bits. In
 * an MLX bundle the long instruction is in slot 1 and the text of slot 2 is
 * empty. Returns the text's length; size bytes hold it and a null, or its
 * beginning if they are too few.
 */
size_t disasm_slot(char *buf, size_t size, uint64_t lo, uint64_t hi, unsigned int slot,
		   uint64_t ip);

/*
 * Whether the slot holds an instruction with an IP-relative target: a branch,
 * chk or fchkf. *target is then that address.
 */
bool disasm_target(uint64_t lo, uint64_t hi, unsigned int slot, uint64_t ip, uint64_t *target);

#endif
