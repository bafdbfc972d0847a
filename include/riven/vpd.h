/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Virtual Processor Descriptor (SDM 2:11.7.1): 64 KiB, the home of the
 * virtual control registers, PSR, bank registers and region registers.
 */
#ifndef RIVEN_VPD_H
#define RIVEN_VPD_H

#include <stddef.h>
#include <stdint.h>

/*
 * Architected part at the manual's offsets, then Riven's own in the area that
 * the manual leaves to the VMM (upper 32 KiB).
 * While a bank is current, its r16-r31 live in the register file (struct
 * vcpu); vgr (bank 1) or vbgr (bank 0) holds the other one, NaT bits in vnat
 * and vbnat bits 15:0.
 */
struct vpd {
	uint64_t vac;			/*    0 virtualization acceleration control */
	uint64_t vdc;			/*    8 virtualization disable control */
	uint64_t virt_env_vaddr;	/*   16 */
	uint64_t reserved1[29];
	uint64_t vhpi;			/*  256 highest pending interrupt */
	uint64_t reserved2[95];
	uint64_t vgr[16];		/* 1024 bank 1 r16-r31 */
	uint64_t vbgr[16];		/* 1152 bank 0 r16-r31 */
	uint64_t vnat;			/* 1280 */
	uint64_t vbnat;			/* 1288 */
	uint64_t vcpuid[5];		/* 1296 */
	uint64_t reserved3[11];
	uint64_t vpsr;			/* 1424 processor status register, ri excepted */
	uint64_t vpr;			/* 1432 predicates, on exits only */
	uint64_t reserved4[76];
	uint64_t vcr[128];		/* 2048 control registers by number */
	uint64_t reserved5[3712];	/* 3072 up to 32 KiB */
	uint64_t rr[8];			/* 32 KiB: region registers */
	uint64_t pkr[16];
	uint64_t ibr[8];		/* instruction breakpoint registers */
	uint64_t dbr[8];		/* data breakpoint registers */
	uint64_t pmc[32];
	uint64_t pmd[64];
	uint64_t insvc[4];		/* in-service interrupts (SDM 2:5.8) */
	uint64_t reserved6[3956];
};

_Static_assert(offsetof(struct vpd, vhpi) == 256, "VPD layout");
_Static_assert(offsetof(struct vpd, vgr) == 1024, "VPD layout");
_Static_assert(offsetof(struct vpd, vbgr) == 1152, "VPD layout");
_Static_assert(offsetof(struct vpd, vnat) == 1280, "VPD layout");
_Static_assert(offsetof(struct vpd, vcpuid) == 1296, "VPD layout");
_Static_assert(offsetof(struct vpd, vpsr) == 1424, "VPD layout");
_Static_assert(offsetof(struct vpd, vcr) == 2048, "VPD layout");
_Static_assert(offsetof(struct vpd, rr) == 32768, "VPD layout");
_Static_assert(sizeof(struct vpd) == 65536, "VPD is 64 KiB");

/* Control register numbers, indices of vcr[] (SDM 2:3.3, table 3-3). */
enum {
	CR_DCR = 0, CR_ITM = 1, CR_IVA = 2, CR_PTA = 8,
	CR_IPSR = 16, CR_ISR = 17, CR_IIP = 19, CR_IFA = 20, CR_ITIR = 21,
	CR_IIPA = 22, CR_IFS = 23, CR_IIM = 24, CR_IHA = 25, CR_IIB0 = 26, CR_IIB1 = 27,
	CR_LID = 64, CR_IVR = 65, CR_TPR = 66, CR_EOI = 67,
	CR_IRR0 = 68, CR_IRR1 = 69, CR_IRR2 = 70, CR_IRR3 = 71,
	CR_ITV = 72, CR_PMV = 73, CR_CMCV = 74, CR_LRR0 = 80, CR_LRR1 = 81,
};

#endif
