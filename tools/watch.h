/* SPDX-License-Identifier: GPL-2.0-only */
/* What `riven run` notes of translated code for --profile and --perf-map. */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include "tools/run.h"

struct watch;

/*
 * What opt asks for: *w, NULL if that is nothing. Sets in *vo what the VM has to know;
 * trace is the caller's, which hands over its records of blocks. 0, or -1 after a line on
 * stderr.
 */
int watch_prepare(const struct run_options *opt, struct riven_vm_options *vo, struct watch **w);
/* There is a VM with its vCPUs now. 0, or -1 after a line on stderr. */
int watch_start(struct watch *w, struct riven_vm *vm, const struct stats_source *src,
		struct ioloop *loop);
void watch_block(struct watch *w, uint32_t vcpu_id, const struct riven_trace_record *rec);
/* No vCPU runs any more: print the profile, finish the map. */
void watch_finish(struct watch *w);
void watch_free(struct watch *w);

#endif
