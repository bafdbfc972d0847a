// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's part of the SAPIC: pending and in-service interrupts, their
 * priorities and masking, and the processor interrupt block (SDM 2:5.8).
 */
#include "gvmm/cpu/cpu.h"

#define VEC_EXTINT	0
#define VEC_NMI		2
#define VEC_SPURIOUS	15
#define VEC_FIRST	16		/* below lie only the two above */

/* Priorities: that of vectors 16-255 is the vector, 0 means "none". */
#define PRIO_EXTINT	256u
#define PRIO_NMI	257u

#define TPR_MIC(tpr)	((tpr) >> 4 & 15)
#define TPR_MMI		(1ull << 16)

/* Offsets in the upper half of the interrupt block (SDM 2:5.8.4). */
#define PIB_IPI_SIZE	0x100000u
#define PIB_INTA	0x1e0000u
#define PIB_XTP		0x1e0008u

/* Delivery modes of an interrupt message. */
enum { DM_INT = 0, DM_PMI = 2, DM_NMI = 4, DM_INIT = 5, DM_EXTINT = 7 };

static bool vector_valid(uint32_t vector)
{
	return vector == VEC_EXTINT || vector == VEC_NMI ||
	       (vector >= VEC_FIRST && vector <= 255);
}

/* The highest priority among 256 bits indexed by vector. */
static uint32_t highest(const uint64_t *bits)
{
	int i;

	if (bits[0] >> VEC_NMI & 1)
		return PRIO_NMI;
	if (bits[0] >> VEC_EXTINT & 1)
		return PRIO_EXTINT;
	for (i = 3; i >= 0; i--) {
		uint64_t word = i ? bits[i] : bits[0] & ~((1ull << VEC_FIRST) - 1);

		if (word)
			return (uint32_t)(i * 64 + 63 - __builtin_clzll(word));
	}
	return 0;
}

static uint32_t prio_vector(uint32_t prio)
{
	return prio == PRIO_NMI ? VEC_NMI : prio == PRIO_EXTINT ? VEC_EXTINT : prio;
}

/*
 * Priority of the highest pending interrupt if neither TPR nor one in service
 * masks it, else 0. What masks the highest masks every other one too.
 */
static uint32_t unmasked(const struct vcpu *v)
{
	uint64_t tpr = v->vpd->vcr[CR_TPR];
	uint32_t prio = highest(v->irr);

	if (prio <= highest(v->vpd->insvc))
		return 0;
	if (prio == PRIO_NMI)
		return prio;
	if (tpr & TPR_MMI)
		return 0;
	if (prio != PRIO_EXTINT && prio >> 4 <= TPR_MIC(tpr))
		return 0;
	return prio;
}

/* The VPD's class of the highest pending interrupt (SDM 2:11.7.4.1). */
static uint64_t vhpi(const struct vcpu *v)
{
	uint32_t prio = highest(v->irr);

	return prio == PRIO_NMI ? 32 : prio == PRIO_EXTINT ? 16 : prio >> 4;
}

/* What follows from irr[], insvc[] and TPR. */
static void derive(struct vcpu *v)
{
	v->vpd->vhpi = vhpi(v);
	v->irq_ready = unmasked(v) != 0;
}

void sapic_changed(struct vcpu *v)
{
	derive(v);
	if (v->irq_ready) {
		v->halted = false;
		v->attention = 1;
	}
}

void sapic_reset(struct vcpu *v)
{
	uint64_t *cr = v->vpd->vcr;
	int i;

	for (i = 0; i < 4; i++) {
		v->irr[i] = 0;
		v->vpd->insvc[i] = 0;
	}
	cr[CR_LID] = (uint64_t)v->id << 24;
	cr[CR_TPR] = 0;
	cr[CR_ITV] = cr[CR_PMV] = cr[CR_CMCV] = 1u << 16;
	cr[CR_LRR0] = cr[CR_LRR1] = 1u << 16;
	derive(v);
}

void sapic_pend(struct vcpu *v, uint32_t vector)
{
	if (!vector_valid(vector))
		return;
	v->irr[vector / 64] |= 1ull << vector % 64;
	sapic_changed(v);
}

void sapic_merge(struct vcpu *v)
{
	const uint64_t valid = ~((1ull << VEC_FIRST) - 1) | 1ull << VEC_NMI | 1ull << VEC_EXTINT;
	int i;

	for (i = 0; i < 4; i++) {
		uint64_t new = __atomic_exchange_n(&v->run->irq[i], 0, __ATOMIC_ACQ_REL);

		v->irr[i] |= i ? new : new & valid;
	}
	sapic_changed(v);
}

bool sapic_deliverable(struct vcpu *v)
{
	return unmasked(v) != 0;
}

uint64_t sapic_read_ivr(struct vcpu *v)
{
	uint32_t prio, vector;

	timer_poll(v);
	prio = unmasked(v);
	if (!prio)
		return VEC_SPURIOUS;
	vector = prio_vector(prio);
	v->irr[vector / 64] &= ~(1ull << vector % 64);
	v->vpd->insvc[vector / 64] |= 1ull << vector % 64;
	derive(v);
	return vector;
}

void sapic_write_eoi(struct vcpu *v)
{
	uint32_t prio = highest(v->vpd->insvc);
	uint32_t vector = prio_vector(prio);

	if (!prio)
		return;
	v->vpd->insvc[vector / 64] &= ~(1ull << vector % 64);
	sapic_changed(v);
}

/* An interrupt message for this vCPU. Reserved delivery modes are dropped. */
static void message(struct vcpu *v, uint64_t data)
{
	switch (data >> 8 & 7) {
	case DM_INT:
		sapic_pend(v, data & 0xff);
		break;
	case DM_NMI:
		sapic_pend(v, VEC_NMI);
		break;
	case DM_EXTINT:
		sapic_pend(v, VEC_EXTINT);
		break;
	case DM_PMI:
		__atomic_store_n(&v->run->pmi, 1, __ATOMIC_RELEASE);
		v->attention = 1;
		break;
	case DM_INIT:
		__atomic_store_n(&v->run->init, 1, __ATOMIC_RELEASE);
		v->attention = 1;
		break;
	default:
		break;
	}
}

bool sapic_write_pib(struct vcpu *v, uint64_t offset, uint32_t size, uint64_t data)
{
	/* The XTP byte only ranks processors for redirection, of which there is none. */
	if (offset >= PIB_IPI_SIZE)
		return true;
	/* A message is a naturally aligned 8-byte store; others are undefined. */
	if (size != 8 || offset % 8)
		return true;
	/* id and eid stand in bits 19:4 of the address and 31:16 of LID. */
	if (offset >> 4 == (v->vpd->vcr[CR_LID] >> 16 & 0xffff)) {
		message(v, data);
		return true;
	}
	v->run->exit_reason = RIVEN_EXIT_IPI;
	v->run->ipi.address = offset;
	v->run->ipi.data = data;
	return false;
}

bool sapic_read_pib(struct vcpu *v, uint64_t offset, uint32_t size, uint64_t *data)
{
	(void)v;
	/* No 8259A answers the interrupt acknowledge cycle: spurious. */
	*data = offset == PIB_INTA && size == 1 ? VEC_SPURIOUS : 0;
	return true;
}
