/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU in a region of its own for tests of gvmm/mmu in user space: the parts
 * of the region that the MMU touches are real, the rest traps. Stands in for
 * what fault.c, psr.c and the MMU need of the rest of the GVMM.
 */
#ifndef TESTS_MMU_WORLD_H
#define TESTS_MMU_WORLD_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/tlb.h"
#include "gvmm/vm.h"

#define RAM_SIZE	0x4000000ull	/* guest-physical 0 up to here is memory */
#define RAM_FRAMES	0x400000ull	/* the P2M says that so many frames are RAM */
#define IVA		0x8000ull

static struct vcpu *v;
static uint8_t *region;
static uint32_t ipis, traced;

bool sapic_deliverable(struct vcpu *vc)
{
	(void)vc;
	return false;
}

bool sapic_write_pib(struct vcpu *vc, uint64_t offset, uint32_t size, uint64_t data)
{
	(void)size;
	ipis++;
	if (offset == 0x100)
		return true;
	vc->run->exit_reason = RIVEN_EXIT_IPI;
	vc->run->ipi.address = offset;
	vc->run->ipi.data = data;
	return false;
}

bool sapic_read_pib(struct vcpu *vc, uint64_t offset, uint32_t size, uint64_t *data)
{
	(void)vc;
	(void)size;
	*data = offset;
	return true;
}

void trace_fault(struct vcpu *vc, uint32_t vector, uint64_t isr)
{
	(void)vc;
	(void)vector;
	(void)isr;
}

void trace_tlb(struct vcpu *vc, enum riven_trace_tlb op, uint64_t va, uint64_t pte, uint64_t itir)
{
	(void)vc;
	(void)op;
	(void)va;
	(void)pte;
	(void)itir;
	traced++;
}

static void enable(uint64_t offset, uint64_t size)
{
	if (mprotect(region + offset, size, PROT_READ | PROT_WRITE)) {
		perror("mprotect");
		exit(1);
	}
}

static inline uint8_t *p2m_of(uint64_t gpa)
{
	return region + RIVEN_P2M_OFFSET + (gpa >> 12);
}

/* Make the region; once. */
static void world_create(void)
{
	uint64_t area = RIVEN_VCPU_OFFSET;

	region = mmap(NULL, RIVEN_WINDOW_OFFSET + RAM_SIZE, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED) {
		printf("1..0 # SKIP no address space for a region\n");
		exit(4);
	}
	enable(RIVEN_VM_OFFSET, RIVEN_VM_SIZE);
	enable(RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE);
	enable(area, RIVEN_VCPU_STATE + RIVEN_VCPU_STATE_SIZE);
	enable(area + RIVEN_VCPU_MTLB, RIVEN_VCPU_MTLB_SIZE);
	enable(area + RIVEN_VCPU_STLB, RIVEN_VCPU_STLB_MAX);
	enable(RIVEN_WINDOW_OFFSET, RAM_SIZE);
	v = (struct vcpu *)(region + area + RIVEN_VCPU_STATE);
	v->run = (struct riven_run *)(region + area + RIVEN_VCPU_RUN);
	v->vpd = (struct vpd *)(region + area + RIVEN_VCPU_VPD);
	v->vm = (struct vm *)(region + RIVEN_VM_OFFSET);
	v->window = region + RIVEN_WINDOW_OFFSET;
	v->mtlb = (struct mtlb_entry *)(region + area + RIVEN_VCPU_MTLB);
	v->tlb = (struct tlb *)(region + area + RIVEN_VCPU_STLB);
}

/* Everything as after a reset, with an STLB of this size. */
static void world_reset(uint32_t stlb_entries)
{
	memset(v->vpd, 0, sizeof(*v->vpd));
	memset(p2m_of(0), RIVEN_P2M_RAM, RAM_FRAMES);
	v->vm->data.stlb_entries = stlb_entries;
	v->vpd->vcr[CR_IVA] = IVA;
	v->rsc = 0;
	v->ip = 0x10000;
	v->ri = 0;
	v->mmio_done = false;
	v->alat_live = 0;
	memset(v->alat, 0, sizeof(v->alat));
	psr_set(v, PSR_IC);
	tlb_reset(v);
	memset(&v->stats, 0, sizeof(v->stats));
}

/* Set a region register as mov to rr does. */
static inline void set_rr(uint32_t n, uint32_t rid, uint32_t ps, bool ve)
{
	v->vpd->rr[n] = (uint64_t)rid << 8 | ps << 2 | ve;
	mmu_rr_changed(v, n);
}

#endif
