/* SPDX-License-Identifier: GPL-2.0-only */
/* A world for the GVMM compiled as user-space code: the region without any host. */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <stdint.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/vm.h"

struct world {
	uint8_t *region;
	uint8_t *area;		/* of vCPU 0 */
	uint8_t *ram;		/* guest-physical 0 in the window */
	struct riven_run *run;
	uint64_t ram_size;
};

/*
 * Reserve a region with one vCPU, ram_size bytes of RAM at 0, the last 64 KiB
 * of which are marked as firmware. Pages beyond what a host would map stay
 * inaccessible, so that a stray access of the GVMM crashes. Exits on failure.
 */
void world_create(struct world *w, uint64_t ram_size, uint32_t stlb_entries);
/* Give the world a translator with a cache of size bytes, which translates at once. */
void world_translate(struct world *w, uint64_t size);
/* Have what it does compared with the interpreter. */
void world_verify(struct world *w);
void world_destroy(struct world *w);
/* Carry out a command and return the exit reason. */
uint32_t world_command(struct world *w, enum riven_command command);

#endif
