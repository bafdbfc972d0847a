// SPDX-License-Identifier: GPL-2.0-only
/* Page tables of a world. A page of tables, once in use, stays till the end. */
#include <linux/gfp.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <asm/io.h>
#include <asm/pgtable.h>

#include "host-driver/kmod/kmod.h"

#define LARGE		0x200000ull

/* Entries of a table at level 5 .. 1 choose by 9 bits each. */
static u64 *entry_of(u64 *table, u64 va, int level)
{
	return &table[va >> (3 + 9 * level) & 511];
}

static u64 *table_at(u64 entry)
{
	return __va(__sme_clr(entry) & PTE_PFN_MASK);
}

static u64 *new_table(struct tables *t)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (!page)
		return NULL;
	list_add(&page->lru, &t->pages);
	return page_address(page);
}

/*
 * The entry of va at a level, 1 or 2, or of the large page that has it; NULL when there is none,
 * or no memory to make it.
 */
static u64 *find_entry(struct tables *t, u64 va, int level, bool create)
{
	u64 *table = t->root;
	int at;

	for (at = t->levels; at > level; at--) {
		u64 *entry = entry_of(table, va, at);

		if (!(*entry & _PAGE_PRESENT)) {
			table = create ? new_table(t) : NULL;
			if (!table)
				return NULL;
			WRITE_ONCE(*entry, __sme_set(__pa(table)) | _PAGE_PRESENT | _PAGE_RW |
						   _PAGE_USER | _PAGE_ACCESSED);
			continue;
		}
		if (*entry & _PAGE_PSE)
			return entry;
		table = table_at(*entry);
	}
	return entry_of(table, va, level);
}

/* Accessed and dirty are set from the start: the processor never writes to the tables. */
static u64 leaf(struct page *page, u32 flags)
{
	u64 bits = __sme_set(page_to_phys(page)) | _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY;

	if (flags & TABLE_WRITE)
		bits |= _PAGE_RW;
	if (flags & TABLE_USER)
		bits |= _PAGE_USER;
	if (!(flags & TABLE_EXEC))
		bits |= _PAGE_NX;
	return bits;
}

static int map_leaf(struct tables *t, u64 va, int level, u64 value)
{
	u64 *entry = find_entry(t, va, level, true);

	if (!entry)
		return -ENOMEM;
	if (!(*entry & _PAGE_PRESENT))
		WRITE_ONCE(*entry, value);
	return 0;
}

int tables_map(struct tables *t, u64 va, struct page *page, u32 flags)
{
	return map_leaf(t, va, 1, leaf(page, flags));
}

int tables_map_large(struct tables *t, u64 va, struct page *page, u32 flags)
{
	return map_leaf(t, va, 2, leaf(page, flags) | _PAGE_PSE);
}

void tables_unmap(struct tables *t, u64 va, u64 size)
{
	u64 end = va + size, next;

	for (; va < end; va = next) {
		u64 *large = find_entry(t, va, 2, false), *entry;

		next = min((va | (LARGE - 1)) + 1, end);
		if (!large || !(*large & _PAGE_PRESENT))
			continue;
		if (*large & _PAGE_PSE) {
			WRITE_ONCE(*large, 0);
			continue;
		}
		entry = entry_of(table_at(*large), va, 1);
		memset(entry, 0, (next - va) / PAGE_SIZE * sizeof(*entry));
		cond_resched();
	}
}

int tables_init(struct tables *t)
{
	INIT_LIST_HEAD(&t->pages);
	t->levels = pgtable_l5_enabled() ? 5 : 4;
	t->root = new_table(t);
	return t->root ? 0 : -ENOMEM;
}

void tables_free(struct tables *t)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &t->pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
	t->root = NULL;
}
