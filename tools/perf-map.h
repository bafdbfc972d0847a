/* SPDX-License-Identifier: GPL-2.0-only */
/* /tmp/perf-PID.map: names of translated code and of the GVMM for perf(1). */
#ifndef TOOLS_PERF_MAP_H
#define TOOLS_PERF_MAP_H

#include <stdint.h>

#include "tools/blocks.h"
#include "tools/symbols.h"

struct perf_map;

/* region: riven_vm_region(); code_size: of each vCPU's cache. NULL after a line on stderr. */
struct perf_map *perf_map_open(const void *region, uint64_t code_size, struct symbols *guest,
			       struct symbols *gvmm);
/* Any thread. */
void perf_map_add(struct perf_map *m, uint32_t vcpu_id, const struct block_info *b);
void perf_map_flush(struct perf_map *m);
/* Have it say what the caches hold now, which is of blocks that were evicted no more. */
void perf_map_renew(struct perf_map *m, struct blocks *const *blocks, uint32_t nr);
/* The file stays. */
void perf_map_close(struct perf_map *m);

#endif
