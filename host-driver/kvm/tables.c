// SPDX-License-Identifier: GPL-2.0-only
/* Page tables of a world. A page of tables, once in use, stays where it is. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "host-driver/kvm/tables.h"

#define PAGE		0x1000ull
#define LARGE		0x200000ull
#define ADDRESS_MASK	0x000ffffffffff000ull

#define PTE_P		0x001ull
#define PTE_W		0x002ull
#define PTE_U		0x004ull
#define PTE_A		0x020ull
#define PTE_D		0x040ull
#define PTE_PS		0x080ull
#define PTE_NX		(1ull << 63)

/* Entries of a table at level 4 .. 1 choose by 9 bits each. */
static uint64_t *entry_of(uint64_t *table, uint64_t va, int level)
{
	return &table[va >> (3 + 9 * level) & 511];
}

static uint64_t *table_at(struct tables *t, uint64_t entry)
{
	return (uint64_t *)(t->pool + ((entry & ADDRESS_MASK) - t->gpa));
}

/* The table below an entry; made when there is none and create is set. NULL: there is none. */
static uint64_t *descend(struct tables *t, uint64_t *entry, bool create)
{
	if (!(*entry & PTE_P)) {
		if (!create || t->used + PAGE > t->size)
			return NULL;
		*entry = (t->gpa + t->used) | PTE_P | PTE_W | PTE_U | PTE_A;
		t->used += PAGE;
	}
	return table_at(t, *entry);
}

/* The level 2 entry of va, which stands for 2 MiB. */
static uint64_t *large_entry(struct tables *t, uint64_t va, bool create)
{
	uint64_t *table = (uint64_t *)t->pool;

	for (int level = 4; level > 2 && table; level--)
		table = descend(t, entry_of(table, va, level), create);
	return table ? entry_of(table, va, 2) : NULL;
}

/* Accessed and dirty are set from the start: the processor never writes to the tables. */
static uint64_t leaf_bits(uint32_t flags)
{
	uint64_t bits = PTE_P | PTE_A | PTE_D;

	if (flags & TABLE_WRITE)
		bits |= PTE_W;
	if (flags & TABLE_USER)
		bits |= PTE_U;
	if (!(flags & TABLE_EXEC))
		bits |= PTE_NX;
	return bits;
}

void tables_init(struct tables *t, uint8_t *pool, uint64_t size, uint64_t gpa)
{
	*t = (struct tables){ .pool = pool, .size = size, .used = PAGE, .gpa = gpa };
}

int tables_map(struct tables *t, uint64_t va, uint64_t gpa, uint64_t size, uint32_t flags)
{
	uint64_t bits = leaf_bits(flags), step;

	for (; size; va += step, gpa += step, size -= step) {
		uint64_t *entry = large_entry(t, va, true), *table;

		if (!entry)
			return -ENOMEM;
		if ((va | gpa) % LARGE == 0 && size >= LARGE && !(*entry & PTE_P)) {
			*entry = gpa | bits | PTE_PS;
			step = LARGE;
			continue;
		}
		table = descend(t, entry, true);
		if (!table)
			return -ENOMEM;
		*entry_of(table, va, 1) = gpa | bits;
		step = PAGE;
	}
	return 0;
}

void tables_unmap(struct tables *t, uint64_t va, uint64_t size)
{
	uint64_t end = va + size, next;

	for (; va < end; va = next) {
		uint64_t *entry = large_entry(t, va, false);

		next = (va | (LARGE - 1)) + 1;
		if (!entry || !(*entry & PTE_P))
			continue;
		if (*entry & PTE_PS) {
			*entry = 0;
			continue;
		}
		for (uint64_t page = va; page < next && page < end; page += PAGE)
			*entry_of(table_at(t, *entry), page, 1) = 0;
	}
}
