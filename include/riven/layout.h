/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reserved region: where in a world everything lies, as offsets from the
 * region's base. Every host lays its worlds out this way, so the blob finds
 * its data from the vCPU area's address alone. All offsets are multiples of
 * 64 KiB.
 */
#ifndef RIVEN_LAYOUT_H
#define RIVEN_LAYOUT_H

/* The blob: text and rodata, shared by all guests, never writable. */
#define RIVEN_BLOB_OFFSET	0x0000000000ull
#define RIVEN_BLOB_MAX		0x0001000000ull

/* Per-VM data (struct vm), written by the host before the first vCPU. */
#define RIVEN_VM_OFFSET		0x0001000000ull
#define RIVEN_VM_SIZE		0x0000010000ull

/*
 * P2M: one byte for each 4 KiB guest frame of the window (enum riven_p2m).
 * Untouched memory reads as zero, which means "no RAM here".
 */
#define RIVEN_P2M_OFFSET	0x0010000000ull
#define RIVEN_P2M_SIZE		(RIVEN_WINDOW_SIZE >> 12)

/*
 * Translation cache: the two views of the same pages, executable and writable.
 * vCPU n has code_size bytes (struct riven_vm_data) at n * code_size. From
 * any of them a 32-bit displacement reaches the blob.
 */
#define RIVEN_CODE_RX_OFFSET	0x0040000000ull
#define RIVEN_CODE_RW_OFFSET	0x0080000000ull
#define RIVEN_CODE_MAX		0x0040000000ull

/* vCPU areas: number id starts at RIVEN_VCPU_OFFSET + id * STRIDE. */
#define RIVEN_VCPU_OFFSET	0x0100000000ull
#define RIVEN_VCPU_STRIDE	0x0020000000ull
#define RIVEN_MAX_VCPUS		64

/* Inside a vCPU area. */
#define RIVEN_VCPU_RUN		0x00000000ull	/* struct riven_run, shared with the host */
#define RIVEN_VCPU_RUN_SIZE	0x00010000ull
#define RIVEN_VCPU_VPD		0x00010000ull	/* struct vpd, 64 KiB */
#define RIVEN_VCPU_STATE	0x00020000ull	/* struct vcpu: register file and the rest */
#define RIVEN_VCPU_STATE_SIZE	0x000e0000ull
#define RIVEN_VCPU_MTLB		0x00100000ull	/* machine TLB arrays */
#define RIVEN_VCPU_MTLB_SIZE	0x00300000ull
#define RIVEN_VCPU_STACK	0x00410000ull	/* GVMM stack; a guard page lies below */
#define RIVEN_VCPU_STACK_SIZE	0x00040000ull
#define RIVEN_VCPU_TRACE	0x00500000ull	/* trace ring, shared with the host */
#define RIVEN_VCPU_TRACE_SIZE	0x00100000ull
#define RIVEN_VCPU_JIT		0x00600000ull	/* the translator's tables, if there is one */
#define RIVEN_VCPU_JIT_SIZE	0x00200000ull
#define RIVEN_VCPU_VERIFY	0x00800000ull	/* struct riven_difference, and what finds it */
#define RIVEN_VCPU_VERIFY_SIZE	0x00400000ull
#define RIVEN_VCPU_PROFILE	0x00c00000ull	/* struct riven_profile, shared with the host */
#define RIVEN_VCPU_PROFILE_SIZE	0x00010000ull
#define RIVEN_VCPU_DECODE	0x01000000ull	/* decoded bundles */
#define RIVEN_VCPU_DECODE_SIZE	0x04000000ull
#define RIVEN_VCPU_STLB		0x08000000ull	/* STLB entries and hash heads */
#define RIVEN_VCPU_STLB_MAX	0x08000000ull

/*
 * The guest-physical window: guest-physical address a lies at
 * window + a. What lies above the window (the I/O port space does) has no RAM.
 */
#define RIVEN_WINDOW_OFFSET	0x8000000000ull
#define RIVEN_WINDOW_SIZE	0x8000000000ull

#define RIVEN_REGION_SIZE	0x10000000000ull

/* Guest-physical map that the GVMM itself knows (SDM 2:5.8.4, 2:4.4.4). */
#define RIVEN_PIB_BASE		0xfee00000ull	/* processor interrupt block */
#define RIVEN_PIB_SIZE		0x00200000ull
#define RIVEN_IOPORT_BASE	0xffffc000000ull /* legacy I/O port space, 64 MiB sparse */
#define RIVEN_IOPORT_SIZE	0x4000000ull

#define RIVEN_PHYS_BITS		50	/* implemented physical address bits */
#define RIVEN_VIRT_BITS		61	/* IMPL_VA_MSB is 60 */
#define RIVEN_RID_BITS		24
#define RIVEN_KEY_BITS		24

#endif
