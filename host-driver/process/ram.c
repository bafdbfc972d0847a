// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory. RAM is private memory in the window, which is the caller's view, too:
 * shared memory seldom gets huge pages. What the GVMM must not write and the
 * caller may, a slot that is or has been ROM, is a memfd that is mapped twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-driver/process/process.h"

static struct process_slot *find_slot(struct process_vm *pvm, uint64_t host)
{
	for (uint32_t i = 0; i < NR_MEMSLOTS; i++) {
		if (pvm->slots[i].host == host)
			return &pvm->slots[i];
	}
	return NULL;
}

static int window_prot(const struct memslot *slot)
{
	return slot->flags & RIVEN_SLOT_ROM ? PROT_READ : PROT_READ | PROT_WRITE;
}

static uint8_t *window(const struct process_vm *pvm, const struct memslot *slot)
{
	return pvm->base + RIVEN_WINDOW_OFFSET + slot->gpa;
}

static int map_ram(struct process_vm *pvm, struct memslot *slot)
{
	int ret = process_map_private(pvm, RIVEN_WINDOW_OFFSET + slot->gpa, slot->size);

	if (ret)
		return ret;
	slot->host = window(pvm, slot);
	madvise(slot->host, slot->size, MADV_HUGEPAGE);
	return 0;
}

/* old: what it holds, or NULL; then that has been at the window. */
static int map_rom(struct process_vm *pvm, struct memslot *slot, const uint8_t *old)
{
	struct process_slot *ps = find_slot(pvm, 0);
	uint8_t *view;
	int ret;

	if (!ps)
		return -ENOSPC;
	ps->fd = memfd_create("riven-rom", MFD_CLOEXEC);
	if (ps->fd < 0)
		return -errno;
	if (ftruncate(ps->fd, (off_t)slot->size) < 0) {
		ret = -errno;
		goto close_fd;
	}
	view = mmap(NULL, slot->size, PROT_READ | PROT_WRITE, MAP_SHARED, ps->fd, 0);
	if (view == MAP_FAILED) {
		ret = -errno;
		goto close_fd;
	}
	if (old)
		memcpy(view, old, slot->size);
	if (mmap(window(pvm, slot), slot->size, window_prot(slot), MAP_SHARED | MAP_FIXED, ps->fd,
		 0) == MAP_FAILED) {
		ret = -errno;
		goto unmap_view;
	}
	slot->host = view;
	ps->host = (uint64_t)(uintptr_t)view;
	return 0;

unmap_view:
	munmap(view, slot->size);
close_fd:
	close(ps->fd);
	return ret;
}

int process_slot_map(struct riven_vm *vm, struct memslot *slot)
{
	return slot->flags & RIVEN_SLOT_ROM ? map_rom(vm->host, slot, NULL) :
					      map_ram(vm->host, slot);
}

int process_slot_protect(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;

	if (slot->host != window(pvm, slot))
		return mprotect(window(pvm, slot), slot->size, window_prot(slot)) < 0 ? -errno : 0;
	return slot->flags & RIVEN_SLOT_ROM ? map_rom(pvm, slot, slot->host) : 0;
}

void process_slot_unmap(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;
	struct process_slot *ps = find_slot(pvm, (uint64_t)(uintptr_t)slot->host);

	process_unmap(pvm, RIVEN_WINDOW_OFFSET + slot->gpa, slot->size);
	if (!ps)
		return;
	munmap(slot->host, slot->size);
	close(ps->fd);
	ps->host = 0;
}
