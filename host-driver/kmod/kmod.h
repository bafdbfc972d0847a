/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * riven.ko. A virtual machine owns maps: ranges of its creator's memory, which
 * lie at an offset in the region. A vCPU owns a world: page tables of its own
 * with the maps that concern it, and an area (transition/kmod.h).
 *
 * Locking: vcpu->running is held by a thread in ENTER, and by who changes that
 * world's tables; vm->lock covers maps, their pages, and vm->vcpus. ENTER takes
 * vm->lock inside vcpu->running; who holds vm->lock may only try for
 * vcpu->running.
 */
#ifndef HOST_DRIVER_KMOD_KMOD_H
#define HOST_DRIVER_KMOD_KMOD_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include <riven/kmod.h>
#include <riven/layout.h>
#include "transition/kmod.h"

/* The page AREA_STATE; offsets are known to transition/kmod.S. */
struct area {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rip, rflags, rsp;
	u64 vector, error, cr2, nub_rip;
	u32 pending, flags;
	u64 world_cr3, host_cr3, world_cr4, host_cr4, host_cr2, host_rsp;
	u64 host_fs_base, host_gs_base;
	u16 host_ds, host_es, host_fs, host_gs, host_ldt, no_segments;
	u16 verw;
	u8 host_idt[16];
	u8 world_idt[16];
} __packed;

/* Page tables of a world. */
struct tables {
	u64 *root;
	int levels;
	struct list_head pages;	/* of all tables, by page->lru */
};

enum table_flags {
	TABLE_WRITE = 1,
	TABLE_EXEC = 2,		/* never with TABLE_WRITE */
	TABLE_USER = 4,		/* open to CPL 3 */
};

struct map {
	struct list_head node;
	u64 offset;
	u64 size;
	u64 address;		/* the creator's */
	u32 flags;		/* enum riven_kmod_map_flags */
	s32 vcpu;
	u64 pinned;		/* pages */
	struct page **pages;	/* NULL where nothing is pinned yet */
};

struct vm {
	struct kref ref;
	struct mm_struct *mm;
	struct mutex lock;
	u64 base;
	struct page **blob;	/* of its own, or the module's */
	unsigned long blob_pages;
	bool own_blob;
	struct list_head maps;
	u32 nr_maps;
	struct vcpu *vcpus[RIVEN_MAX_VCPUS];
};

struct vcpu {
	struct vm *vm;
	u32 id;
	struct mutex running;
	struct tables tables;
	struct area *area;
	u64 tlb_tag;		/* what a processor remembers that has its translations */
	u32 async_fault;	/* what KVM says of the last page fault (S24) */
	struct riven_kmod_counts counts;
};

/* The machine (machine.c). Why a world would not be safe here; NULL: it is. */
const char *riven_machine_problem(void);
/* Features the switch needs; after riven_machine_problem() has found none. */
void riven_machine_init(void);
extern u32 riven_area_flags;
extern u64 riven_host_xcr0, riven_world_xcr0;

/* Page tables (tables.c). 0 or -ENOMEM, and then part of it is mapped. */
int tables_init(struct tables *t);
void tables_free(struct tables *t);
/* One page of 4 KiB; one of 2 MiB. What is mapped there already stays. */
int tables_map(struct tables *t, u64 va, struct page *page, u32 flags);
int tables_map_large(struct tables *t, u64 va, struct page *page, u32 flags);
void tables_unmap(struct tables *t, u64 va, u64 size);

/* Memory (memory.c). The caller holds vm->lock unless it says otherwise. */
struct map *map_find(struct vm *vm, u64 offset);
int map_add(struct vm *vm, const struct riven_kmod_map *arg);
int map_remove(struct vm *vm, u64 offset);
void map_free(struct vm *vm, struct map *map);
bool map_concerns(const struct map *map, const struct vcpu *v);
/* Everything that concerns a new vCPU. */
int map_fill(struct vm *vm, struct vcpu *v);
/* The world of v touched the region at offset: -EFAULT where it may not. Takes vm->lock. */
int map_fault(struct vcpu *v, u64 offset);
/* Pages of a blob that is copied from the caller. */
int blob_copy(struct vm *vm, u64 address, u64 size);
void blob_free(struct vm *vm);

/* Virtual machines (vm.c) */
int vm_create(const struct riven_kmod_vm *arg);
void vm_put(struct vm *vm);

/* vCPUs (vcpu.c) */
int vcpu_create(struct vm *vm, u32 id);

/* Worlds (world.c) */
int world_global_init(void);
void world_global_exit(void);
int world_init(struct vcpu *v);
void world_free(struct vcpu *v);
/* Registers as the GVMM starts. */
void world_reset(struct vcpu *v);
/* All translations of its region are forgotten before v enters again. */
void world_forget(struct vcpu *v);
/*
 * Enter until the world leaves by itself or the host wants the processor, a
 * signal included: then area->vector is EXIT_NONE.
 */
void world_run(struct vcpu *v);

/* transition/kmod.S */
extern u8 riven_nub[], riven_nub_end[], riven_nub_stubs[];
extern const u8 riven_kmod_entry[], riven_kmod_entry_end[];
void riven_switch(struct area *area);
void riven_raise(unsigned long handler);

/* blob.S; whole pages */
extern const u8 riven_blob[], riven_blob_end[];
extern struct page **riven_blob_pages;

#endif
