// SPDX-License-Identifier: GPL-2.0-only
/* What of its creator's memory is in a virtual machine's worlds. */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "host-driver/kmod/kmod.h"

#define LARGE		0x200000ull
#define LARGE_PAGES	(LARGE / PAGE_SIZE)
#define NR_MAPS_MAX	1024

/* Pages that are pinned at a time, aligned: as the world touches them, or at once. */
#define TOUCH_PAGES	16
#define BATCH_PAGES	512

static u64 nr_pages(const struct map *map)
{
	return map->size >> PAGE_SHIFT;
}

static u32 table_flags(const struct map *map)
{
	return TABLE_USER | (map->flags & RIVEN_KMOD_WRITE ? TABLE_WRITE : 0) |
	       (map->flags & RIVEN_KMOD_EXEC ? TABLE_EXEC : 0);
}

bool map_concerns(const struct map *map, const struct vcpu *v)
{
	return map->vcpu < 0 || map->vcpu == (s32)v->id;
}

struct map *map_find(struct vm *vm, u64 offset)
{
	struct map *map;

	list_for_each_entry(map, &vm->maps, node) {
		if (offset - map->offset < map->size)
			return map;
	}
	return NULL;
}

/*
 * Pin the pages from first on that are not, n at most and no further than the
 * first that is. Each is accounted; what the map loses is given back by unpin().
 */
static int pin(struct vm *vm, struct map *map, u64 first, u64 n)
{
	u64 run = 0;
	int ret;

	while (run < n && !map->pages[first + run])
		run++;
	if (!run)
		return 0;
	ret = account_locked_vm(vm->mm, run, true);
	if (ret)
		return ret;
	/* Pages are written by the world or by their owner, so never the shared zero page. */
	ret = pin_user_pages_fast(map->address + (first << PAGE_SHIFT), (int)run,
				  FOLL_WRITE | FOLL_LONGTERM, &map->pages[first]);
	if (ret < (int)run)
		account_locked_vm(vm->mm, run - max(ret, 0), false);
	if (ret > 0)
		map->pinned += (u64)ret;
	return ret > 0 ? 0 : ret ? ret : -EFAULT;
}

static void unpin(struct vm *vm, struct map *map)
{
	u64 first = 0, n = nr_pages(map);

	while (map->pinned && first < n) {
		u64 run = 0;

		while (first + run < n && run < BATCH_PAGES && map->pages[first + run])
			run++;
		if (run) {
			unpin_user_pages_dirty_lock(&map->pages[first], run,
						    map->flags & RIVEN_KMOD_WRITE);
			account_locked_vm(vm->mm, run, false);
			map->pinned -= run;
		}
		first += run ? run : 1;
		cond_resched();
	}
}

void map_free(struct vm *vm, struct map *map)
{
	unpin(vm, map);
	kvfree(map->pages);
	kfree(map);
}

/* Do the pages from n on, which lie at va, make a large one? */
static bool is_large(const struct map *map, u64 n, u64 va)
{
	u64 i;

	if (va % LARGE || n + LARGE_PAGES > nr_pages(map) || !map->pages[n] ||
	    page_to_pfn(map->pages[n]) % LARGE_PAGES)
		return false;
	for (i = 1; i < LARGE_PAGES; i++) {
		if (!map->pages[n + i] ||
		    page_to_pfn(map->pages[n + i]) != page_to_pfn(map->pages[n]) + i)
			return false;
	}
	return true;
}

/* Put pinned pages of [first, first + n) into the tables of v. */
static int enter_pages(struct vm *vm, struct map *map, struct vcpu *v, u64 first, u64 n)
{
	u64 end = first + n, step;
	int ret = 0;

	for (; first < end && !ret; first += step) {
		u64 va = vm->base + map->offset + (first << PAGE_SHIFT);

		step = 1;
		if (!map->pages[first])
			continue;
		if (n >= LARGE_PAGES && is_large(map, first, va)) {
			step = LARGE_PAGES;
			ret = tables_map_large(&v->tables, va, map->pages[first],
					       table_flags(map));
		} else {
			ret = tables_map(&v->tables, va, map->pages[first], table_flags(map));
		}
		cond_resched();
	}
	return ret;
}

int map_fill(struct vm *vm, struct vcpu *v)
{
	struct map *map;
	int ret = 0;

	list_for_each_entry(map, &vm->maps, node) {
		if (map_concerns(map, v))
			ret = enter_pages(vm, map, v, 0, nr_pages(map));
		if (ret)
			break;
	}
	return ret;
}

static int pin_all(struct vm *vm, struct map *map)
{
	u64 n = nr_pages(map);
	int ret = 0;

	while (map->pinned < n && !ret) {
		ret = pin(vm, map, map->pinned, min_t(u64, BATCH_PAGES, n - map->pinned));
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}

static void unlock_vcpus(struct vm *vm, const struct map *map, u32 n)
{
	while (n--) {
		if (vm->vcpus[n] && map_concerns(map, vm->vcpus[n]))
			mutex_unlock(&vm->vcpus[n]->running);
	}
}

/* Keep those that the map concerns out of their worlds; -EBUSY when one is inside. */
static int lock_vcpus(struct vm *vm, const struct map *map)
{
	u32 n;

	for (n = 0; n < RIVEN_MAX_VCPUS; n++) {
		struct vcpu *v = vm->vcpus[n];

		if (v && map_concerns(map, v) && !mutex_trylock(&v->running)) {
			unlock_vcpus(vm, map, n);
			return -EBUSY;
		}
	}
	return 0;
}

/* Out of all tables first, and no processor may remember it (S21, S23). */
static void leave_tables(struct vm *vm, const struct map *map)
{
	u32 n;

	for (n = 0; n < RIVEN_MAX_VCPUS; n++) {
		struct vcpu *v = vm->vcpus[n];

		if (v && map_concerns(map, v)) {
			tables_unmap(&v->tables, vm->base + map->offset, map->size);
			world_forget(v);
		}
	}
}

static int enter_tables(struct vm *vm, struct map *map)
{
	int ret = 0;
	u32 n;

	for (n = 0; n < RIVEN_MAX_VCPUS && !ret; n++) {
		struct vcpu *v = vm->vcpus[n];

		if (v && map_concerns(map, v))
			ret = enter_pages(vm, map, v, 0, nr_pages(map));
	}
	return ret;
}

static bool range_ok(u64 start, u64 size, u64 end)
{
	return start < end && size && size <= end - start;
}

static int check(struct vm *vm, const struct riven_kmod_map *arg)
{
	const u32 known = RIVEN_KMOD_WRITE | RIVEN_KMOD_EXEC | RIVEN_KMOD_NOW;
	struct map *map;

	if ((arg->offset | arg->size | arg->address) % PAGE_SIZE || arg->flags & ~known ||
	    !range_ok(arg->offset, arg->size, RIVEN_REGION_SIZE) ||
	    arg->offset < RIVEN_BLOB_OFFSET + RIVEN_BLOB_MAX ||
	    (arg->flags & RIVEN_KMOD_WRITE && arg->flags & RIVEN_KMOD_EXEC) ||
	    arg->vcpu < -1 || arg->vcpu >= RIVEN_MAX_VCPUS || !arg->address)
		return -EINVAL;
	if (!range_ok(arg->address, arg->size, TASK_SIZE_MAX))
		return -EFAULT;
	list_for_each_entry(map, &vm->maps, node) {
		if (arg->offset < map->offset + map->size && map->offset < arg->offset + arg->size)
			return -EEXIST;
	}
	return vm->nr_maps >= NR_MAPS_MAX ? -ENOSPC : 0;
}

static struct map *new_map(const struct riven_kmod_map *arg)
{
	struct map *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	map->offset = arg->offset;
	map->size = arg->size;
	map->address = arg->address;
	map->flags = arg->flags;
	map->vcpu = arg->vcpu;
	map->pages = kvcalloc(nr_pages(map), sizeof(map->pages[0]), GFP_KERNEL_ACCOUNT);
	if (map->pages)
		return map;
	kfree(map);
	return NULL;
}

int map_add(struct vm *vm, const struct riven_kmod_map *arg)
{
	int ret = check(vm, arg);
	struct map *map;

	if (ret)
		return ret;
	map = new_map(arg);
	if (!map)
		return -ENOMEM;
	ret = lock_vcpus(vm, map);
	if (ret)
		goto free;
	if (map->flags & RIVEN_KMOD_NOW) {
		ret = pin_all(vm, map);
		if (!ret)
			ret = enter_tables(vm, map);
		if (ret) {
			leave_tables(vm, map);
			unlock_vcpus(vm, map, RIVEN_MAX_VCPUS);
			goto free;
		}
	}
	list_add(&map->node, &vm->maps);
	vm->nr_maps++;
	unlock_vcpus(vm, map, RIVEN_MAX_VCPUS);
	return 0;
free:
	map_free(vm, map);
	return ret;
}

int map_remove(struct vm *vm, u64 offset)
{
	struct map *map = map_find(vm, offset);
	int ret;

	if (!map || map->offset != offset)
		return -ENOENT;
	ret = lock_vcpus(vm, map);
	if (ret)
		return ret;
	leave_tables(vm, map);
	list_del(&map->node);
	vm->nr_maps--;
	unlock_vcpus(vm, map, RIVEN_MAX_VCPUS);
	map_free(vm, map);
	return 0;
}

int map_fault(struct vcpu *v, u64 offset)
{
	struct vm *vm = v->vm;
	struct map *map;
	u64 page, first;
	int ret = -EFAULT;

	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	map = map_find(vm, offset);
	if (map && map_concerns(map, v)) {
		page = (offset - map->offset) >> PAGE_SHIFT;
		first = page & ~(u64)(TOUCH_PAGES - 1);
		ret = pin(vm, map, first, min_t(u64, TOUCH_PAGES, nr_pages(map) - first));
		/* Part of them may be there already. */
		if (!map->pages[page])
			ret = pin(vm, map, page, 1);
		if (map->pages[page])
			ret = enter_pages(vm, map, v, first,
					  min_t(u64, TOUCH_PAGES, nr_pages(map) - first));
		v->counts.faults++;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

int blob_copy(struct vm *vm, u64 address, u64 size)
{
	unsigned long i, n = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int ret = 0;

	vm->blob = kvcalloc(n, sizeof(vm->blob[0]), GFP_KERNEL_ACCOUNT);
	if (!vm->blob)
		return -ENOMEM;
	vm->own_blob = true;
	for (i = 0; i < n && !ret; i++) {
		u64 done = (u64)i << PAGE_SHIFT;

		vm->blob[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!vm->blob[i])
			return -ENOMEM;
		vm->blob_pages++;
		if (copy_from_user(page_address(vm->blob[i]), u64_to_user_ptr(address + done),
				   min_t(u64, PAGE_SIZE, size - done)))
			ret = -EFAULT;
	}
	return ret;
}

void blob_free(struct vm *vm)
{
	unsigned long i;

	if (!vm->own_blob)
		return;
	for (i = 0; i < vm->blob_pages; i++)
		__free_page(vm->blob[i]);
	kvfree(vm->blob);
}
