// SPDX-License-Identifier: GPL-2.0-only
/* The trace ring, which the host empties when the vCPU exits. */
#include "gvmm/cpu/cpu.h"
#include "gvmm/vm.h"

#define RING	((uint32_t)(RIVEN_VCPU_TRACE_SIZE / sizeof(struct riven_trace_record)))
/* More than one slice of instructions without an exit could write. */
#define MARGIN	256u

_Static_assert((RING & (RING - 1)) == 0, "the ring's index wraps with its counters");

static bool tracing(const struct vcpu *v, enum riven_trace kind)
{
	return v->vm->data.trace_mask >> kind & 1;
}

static uint32_t used(const struct vcpu *v)
{
	return v->run->trace_head - __atomic_load_n(&v->run->trace_tail, __ATOMIC_ACQUIRE);
}

bool trace_full(const struct vcpu *v)
{
	return used(v) > RING - MARGIN;
}

/* A record with its head filled in, or NULL when the ring is full. */
static struct riven_trace_record *begin(struct vcpu *v, enum riven_trace kind, uint32_t code)
{
	struct riven_trace_record *rec = &v->trace[v->run->trace_head % RING];

	if (used(v) >= RING)
		return NULL;
	rec->itc = itc_read(v);
	rec->kind = kind;
	rec->code = code;
	rec->ip = v->ip | v->ri;
	return rec;
}

static void end(struct vcpu *v)
{
	__atomic_store_n(&v->run->trace_head, v->run->trace_head + 1, __ATOMIC_RELEASE);
	if (trace_full(v))
		v->attention = 1;
}

void trace_fault(struct vcpu *v, uint32_t vector, uint64_t isr)
{
	const uint64_t *cr = v->vpd->vcr;
	struct riven_trace_record *rec;

	if (!tracing(v, RIVEN_TRACE_FAULTS))
		return;
	rec = begin(v, RIVEN_TRACE_FAULTS, vector);
	if (!rec)
		return;
	rec->arg[0] = isr;
	rec->arg[1] = cr[CR_IFA];
	rec->arg[2] = cr[CR_ITIR];
	rec->arg[3] = cr[CR_IPSR];
	rec->arg[4] = cr[CR_IIM];
	end(v);
}

void trace_tlb(struct vcpu *v, enum riven_trace_tlb op, uint64_t va, uint64_t pte, uint64_t itir)
{
	struct riven_trace_record *rec;

	if (!tracing(v, RIVEN_TRACE_TLB))
		return;
	rec = begin(v, RIVEN_TRACE_TLB, op);
	if (!rec)
		return;
	rec->arg[0] = va;
	rec->arg[1] = pte;
	rec->arg[2] = itir;
	rec->arg[3] = v->vpd->rr[va >> 61] >> 8 & ((1u << RIVEN_RID_BITS) - 1);
	rec->arg[4] = 0;
	end(v);
}

void trace_block(struct vcpu *v, uint64_t ip, uint32_t bundles, const uint64_t arg[5])
{
	struct riven_trace_record *rec;
	uint32_t n;

	if (!tracing(v, RIVEN_TRACE_BLOCKS))
		return;
	rec = begin(v, RIVEN_TRACE_BLOCKS, bundles);
	if (!rec)
		return;
	rec->ip = ip;
	for (n = 0; n < 5; n++)
		rec->arg[n] = arg[n];
	end(v);
}
