/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/riven: the calls of riven.ko. A file descriptor of the device makes
 * virtual machines, one of a virtual machine its memory and vCPUs, one of a
 * vCPU enters the world. libriven's kmod host is the only user; programs use
 * include/riven/riven.h.
 *
 * Numbers are little endian; what is reserved is 0. Structures are the same in
 * 32-bit programs. Calls return 0 or a file
 * descriptor, or fail with EINVAL (a value out of range), EFAULT (a bad
 * pointer), ENOTTY (no such call), EIO (called in another address space than
 * the one that made the virtual machine), or as each one says.
 */
#ifndef RIVEN_KMOD_H
#define RIVEN_KMOD_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <stdint.h>
#include <sys/ioctl.h>
#endif

#define RIVEN_KMOD_VERSION	1

/* Of the region's base: a page of the driver's follows the region in the lower half. */
#define RIVEN_KMOD_BASE_MAX	(0x800000000000ull - RIVEN_REGION_SIZE - 0x10000)

struct riven_kmod_info {
	uint32_t version;		/* RIVEN_KMOD_VERSION */
	uint32_t reserved;
	uint64_t blob_size;		/* bytes of the blob that the module contains */
	uint64_t blob_hash;		/* riven_kmod_hash() of them */
};

struct riven_kmod_vm {
	uint64_t base;			/* of the region in the world: whole pages, not 0 */
	uint64_t blob;			/* address of a blob, which is copied; 0: the module's own */
	uint64_t blob_size;		/* 1 .. RIVEN_BLOB_MAX; 0 for the module's own */
};

enum riven_kmod_map_flags {
	RIVEN_KMOD_WRITE = 1,
	RIVEN_KMOD_EXEC = 2,		/* never with WRITE */
	RIVEN_KMOD_NOW = 4,		/* pin it now; else page by page as the world touches it */
};

struct riven_kmod_map {
	uint64_t offset;		/* in the region, as are size and address whole pages */
	uint64_t size;
	uint64_t address;		/* of private or shared memory that the caller may write */
	uint32_t flags;			/* enum riven_kmod_map_flags */
	int32_t vcpu;			/* in whose world alone; -1: in all */
};

enum riven_kmod_reason {
	RIVEN_KMOD_DONE,		/* the GVMM came back */
	RIVEN_KMOD_EXCEPTION,		/* it met an exception: vector, error, address, ip */
	RIVEN_KMOD_CPL0,		/* it tried to get to CPL 0: the same */
	RIVEN_KMOD_NO_MEMORY,		/* a page could not be pinned: error is the errno value */
};

struct riven_kmod_exit {
	uint32_t reason;		/* enum riven_kmod_reason */
	uint32_t vector;
	uint64_t error;
	uint64_t ip;
	uint64_t address;		/* of a page fault */
};

/* What a vCPU has met since it was made. */
struct riven_kmod_counts {
	uint64_t entries;		/* switches into the world */
	uint64_t interrupts;		/* of the host that arrived in the world ... */
	uint64_t nmis;
	uint64_t machine_checks;
	uint64_t faults;		/* pages that were pinned as the world touched them */
};

/* On the device. */
#define RIVEN_KMOD_INFO		_IOR('r', 0x40, struct riven_kmod_info)
#define RIVEN_KMOD_CREATE_VM	_IOW('r', 0x41, struct riven_kmod_vm)
/*
 * On a virtual machine. MAP: EEXIST when it overlaps, ENOMEM beyond
 * RLIMIT_MEMLOCK too, ENOSPC when there are too many, EBUSY while a vCPU that
 * it concerns is in its world. UNMAP (the offset of a MAP): ENOENT, EBUSY.
 */
#define RIVEN_KMOD_MAP		_IOW('r', 0x42, struct riven_kmod_map)
#define RIVEN_KMOD_UNMAP	_IOW('r', 0x43, uint64_t)
/* The number of the vCPU: EEXIST. */
#define RIVEN_KMOD_CREATE_VCPU	_IOW('r', 0x44, uint32_t)
/*
 * On a vCPU. ENTER: run until the GVMM comes back, the next time behind where
 * it did, or from the blob's entry when an exception ended it. EINTR for a
 * signal: call again, it goes on. EBUSY while another thread is in.
 */
#define RIVEN_KMOD_ENTER	_IOR('r', 0x45, struct riven_kmod_exit)
#define RIVEN_KMOD_COUNTS	_IOR('r', 0x46, struct riven_kmod_counts)

/* FNV-1a. */
static inline uint64_t riven_kmod_hash(const uint8_t *data, uint64_t size)
{
	uint64_t hash = 0xcbf29ce484222325ull, i;

	for (i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x100000001b3ull;
	return hash;
}

#endif
