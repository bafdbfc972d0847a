// SPDX-License-Identifier: GPL-2.0-only
/* Loads and stores that the machine TLB does not answer. */
#include "gvmm/mmu/tlb.h"
#include "gvmm/string.h"

/* The sizes of one access each move at once, so that others never see half of it. */
static void copy(void *dst, const void *src, uint32_t size)
{
	switch (size) {
	case 1:
		__builtin_memcpy(dst, src, 1);
		break;
	case 2:
		__builtin_memcpy(dst, src, 2);
		break;
	case 4:
		__builtin_memcpy(dst, src, 4);
		break;
	case 8:
		__builtin_memcpy(dst, src, 8);
		break;
	case 16:
		__builtin_memcpy(dst, src, 16);
		break;
	default:
		memcpy(dst, src, size);
		break;
	}
}

/* Bytes of an access that lie in its first 4 KiB page. */
static uint32_t first_part(uint64_t va, uint32_t size)
{
	uint64_t left = (1u << MTLB_PAGE_BITS) - (va & ((1u << MTLB_PAGE_BITS) - 1));

	return left < size ? (uint32_t)left : size;
}

/*
 * Translate both parts of an access that crosses the end of a page. Nothing
 * but memory can be accessed so.
 */
static enum mem_status translate_both(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
				      struct mem_loc *low, struct mem_loc *high)
{
	uint32_t part = first_part(va, size);
	enum mem_status status = mmu_translate(v, va, size, flags, low);

	if (status != MEM_OK)
		return status;
	status = mmu_translate(v, va + part, size - part, flags, high);
	if (status != MEM_OK)
		return status;
	if (!low->host || !high->host)
		return mmu_unaligned(v, va, flags);
	return MEM_OK;
}

static void count_unaligned(struct vcpu *v, uint64_t va, uint32_t size)
{
	if (!mem_is_aligned(va, size))
		v->stats.unaligned++;
}

enum mem_status mem_read_loc(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			     void *data, struct mem_loc *loc)
{
	uint32_t part = first_part(va, size);
	struct mem_loc high;
	enum mem_status status;

	if (part == size) {
		status = mmu_translate(v, va, size, flags, loc);
		if (status != MEM_OK)
			return status;
		if (!loc->host)
			return mmio_read(v, loc->gpa, size, data);
		count_unaligned(v, va, size);
		copy(data, loc->host, size);
		return MEM_OK;
	}
	status = translate_both(v, va, size, flags, loc, &high);
	if (status != MEM_OK)
		return status;
	v->stats.unaligned++;
	copy(data, loc->host, part);
	copy((uint8_t *)data + part, high.host, size - part);
	loc->host = NULL;
	return MEM_OK;
}

enum mem_status mem_read_slow(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			      void *data)
{
	struct mem_loc loc;

	return mem_read_loc(v, va, size, flags, data, &loc);
}

/* Writes to ROM are dropped. */
static void write_part(struct vcpu *v, const struct mem_loc *loc, const void *data, uint32_t size)
{
	if (!loc->writable)
		return;
	copy(loc->host, data, size);
	if (v->alat_live)
		alat_store(v, loc->gpa, size);
}

enum mem_status mem_write_slow(struct vcpu *v, uint64_t va, uint32_t size, uint32_t flags,
			       const void *data)
{
	uint32_t part = first_part(va, size);
	struct mem_loc low, high;
	enum mem_status status;

	if (part == size) {
		status = mmu_translate(v, va, size, flags, &low);
		if (status != MEM_OK)
			return status;
		if (!low.host)
			return mmio_write(v, low.gpa, size, data);
		count_unaligned(v, va, size);
		write_part(v, &low, data, size);
		return MEM_OK;
	}
	status = translate_both(v, va, size, flags, &low, &high);
	if (status != MEM_OK)
		return status;
	v->stats.unaligned++;
	write_part(v, &low, data, part);
	write_part(v, &high, (const uint8_t *)data + part, size - part);
	return MEM_OK;
}
