// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory: a memfd for each slot, mapped for the caller and in the
 * window, with huge pages where the kernel gives them to shared memory.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host-driver/process/process.h"

#define HUGE_PAGE	0x200000ull

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

/* The caller's view, aligned like the guest-physical address so that huge pages fit both. */
static uint8_t *map_view(struct process_slot *ps, const struct memslot *slot)
{
	size_t room = slot->size + HUGE_PAGE;
	uint8_t *reserved, *view;
	uintptr_t start;
	void *p;

	reserved = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED)
		return MAP_FAILED;
	start = ((uintptr_t)reserved & ~(uintptr_t)(HUGE_PAGE - 1)) + slot->gpa % HUGE_PAGE;
	if (start < (uintptr_t)reserved)
		start += HUGE_PAGE;
	view = (uint8_t *)start;
	p = mmap(view, slot->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ps->fd, 0);
	if (p == MAP_FAILED) {
		munmap(reserved, room);
		return MAP_FAILED;
	}
	ps->view = reserved;
	ps->view_size = room;
	madvise(view, slot->size, MADV_HUGEPAGE);
	return view;
}

int process_slot_map(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;
	struct process_slot *ps = find_slot(pvm, 0);
	uint8_t *view;
	int ret;

	if (!ps)
		return -ENOSPC;
	ps->fd = memfd_create("riven-ram", MFD_CLOEXEC);
	if (ps->fd < 0)
		return -errno;
	if (ftruncate(ps->fd, (off_t)slot->size) < 0) {
		ret = -errno;
		goto close_fd;
	}
	view = map_view(ps, slot);
	if (view == MAP_FAILED) {
		ret = -errno;
		goto close_fd;
	}
	if (mmap(window(pvm, slot), slot->size, window_prot(slot), MAP_SHARED | MAP_FIXED, ps->fd,
		 0) == MAP_FAILED) {
		ret = -errno;
		goto unmap_view;
	}
	madvise(window(pvm, slot), slot->size, MADV_HUGEPAGE);
	slot->host = view;
	ps->host = (uint64_t)(uintptr_t)view;
	return 0;

unmap_view:
	munmap(ps->view, ps->view_size);
close_fd:
	close(ps->fd);
	return ret;
}

int process_slot_protect(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;

	return mprotect(window(pvm, slot), slot->size, window_prot(slot)) < 0 ? -errno : 0;
}

void process_slot_unmap(struct riven_vm *vm, struct memslot *slot)
{
	struct process_vm *pvm = vm->host;
	struct process_slot *ps = find_slot(pvm, (uint64_t)(uintptr_t)slot->host);

	process_unmap(pvm, RIVEN_WINDOW_OFFSET + slot->gpa, slot->size);
	if (!ps)
		return;
	munmap(ps->view, ps->view_size);
	close(ps->fd);
	ps->host = 0;
}
