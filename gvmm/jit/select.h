/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that make host code of operations share. */
#ifndef GVMM_JIT_SELECT_H
#define GVMM_JIT_SELECT_H

#include "gvmm/jit/host.h"

/* Is the value known, and an immediate of 32 bits? */
bool small_constant(const struct host *h, ir_ref r, int32_t *imm);

/* What follows is done only if c holds: NULL when it is IR_NONE, else for guard_end(). */
uint8_t *guard_begin(struct host *h, ir_ref c);
void guard_end(struct host *h, uint8_t *site);

/* rbx = &gr[fb] */
void reload_frame(struct host *h);

/*
 * Look va up in the machine TLB: rax = host address less va; for probe_to(), reg. What can
 * be written can be read. The stub's sites: where that fails, and for ACQUIRE where the
 * ALAT has entries; a WRITE without that makes the stub look at the ALAT. Changes rax and rcx.
 */
enum { TAG_READ = 1, TAG_WRITE = 2, TAG_ACQUIRE = 4, TAG_WRITABLE = 8 };
void probe(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what);
void probe_to(struct host *h, struct stub *s, uint32_t va, uint32_t size, uint32_t what,
	      uint32_t reg);

void select_rmw(struct host *h, ir_ref d, const struct ir *i);
void select_pair(struct host *h, ir_ref d, const struct ir *i);
void select_load(struct host *h, ir_ref d, const struct ir *i);
void select_store(struct host *h, const struct ir *i);
void select_store_at(struct host *h, const struct ir *i);
void select_spill(struct host *h, const struct ir *i);
void select_fill(struct host *h, const struct ir *i);
void select_hit(struct host *h, ir_ref d, const struct ir *i);
void select_unhit(struct host *h, const struct ir *i);
void select_parallel(struct host *h, ir_ref d, const struct ir *i);
void select_to_vector(struct host *h, ir_ref d, const struct ir *i);
void select_from_vector(struct host *h, ir_ref d, const struct ir *i);
void select_get_predicates(struct host *h, ir_ref d);
void select_set_predicates(struct host *h, const struct ir *i);
void select_set_rotating(struct host *h, const struct ir *i);
void select_cover(struct host *h, const struct ir *i);
void select_get_flags(struct host *h, ir_ref d);
void select_marker(struct host *h, ir_ref d);
void select_clear_flags(struct host *h, const struct ir *i);
void select_alloc(struct host *h, const struct ir *i);

/* Floating point: what has to hold (select-form.c), and the operations (select-float.c). */
void select_floats(struct host *h, const struct ir *i);
void select_form(struct host *h, const struct ir *i);
void select_float(struct host *h, ir_ref d, const struct ir *i);

#endif
