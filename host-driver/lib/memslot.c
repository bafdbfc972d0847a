// SPDX-License-Identifier: GPL-2.0-only
/* Memory slots, the P2M that the GVMM reads, and the dirty log. */
#include <errno.h>
#include <string.h>

#include "host-driver/lib/host.h"

#define FRAME_SHIFT	12
#define SLOT_FLAGS	(RIVEN_SLOT_ROM | RIVEN_SLOT_FIRMWARE | RIVEN_SLOT_LOG)

static bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool range_ok(uint64_t gpa, uint64_t size)
{
	return gpa % SLOT_ALIGN == 0 && size % SLOT_ALIGN == 0 && gpa < RIVEN_WINDOW_SIZE &&
	       size <= RIVEN_WINDOW_SIZE - gpa &&
	       !ranges_overlap(gpa, size, RIVEN_PIB_BASE, RIVEN_PIB_SIZE);
}

static uint8_t p2m_byte(uint32_t flags)
{
	uint8_t byte = flags & RIVEN_SLOT_ROM ? RIVEN_P2M_ROM : RIVEN_P2M_RAM;

	if (flags & RIVEN_SLOT_FIRMWARE)
		byte |= RIVEN_P2M_FIRMWARE;
	if (flags & RIVEN_SLOT_LOG)
		byte |= RIVEN_P2M_LOG;
	return byte;
}

static void p2m_fill(struct riven_vm *vm, uint64_t gpa, uint64_t size, uint8_t byte)
{
	memset(vm->p2m + (gpa >> FRAME_SHIFT), byte, size >> FRAME_SHIFT);
}

static void all_vcpus_mem_changed(struct riven_vm *vm)
{
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		if (c)
			vcpu_request_mem_changed(c);
	}
}

static int add_slot(struct riven_vm *vm, struct memslot *slot, uint64_t gpa, uint64_t size,
		    uint32_t flags)
{
	struct memslot new = { .gpa = gpa, .size = size, .flags = flags };
	int ret;

	for (uint32_t i = 0; i < NR_MEMSLOTS; i++) {
		const struct memslot *s = &vm->slots[i];

		if (s->size && ranges_overlap(gpa, size, s->gpa, s->size))
			return -EEXIST;
	}
	ret = vm->ops->slot_map(vm, &new);
	if (ret)
		return ret;
	*slot = new;
	p2m_fill(vm, gpa, size, p2m_byte(flags));
	return 0;
}

static int change_slot(struct riven_vm *vm, struct memslot *slot, uint32_t flags)
{
	uint32_t old = slot->flags;
	int ret;

	slot->flags = flags;
	ret = vm->ops->slot_protect(vm, slot);
	if (ret) {
		slot->flags = old;
		return ret;
	}
	p2m_fill(vm, slot->gpa, slot->size, p2m_byte(flags));
	return 0;
}

static int set_slot(struct riven_vm *vm, struct memslot *slot, uint64_t gpa, uint64_t size,
		    uint32_t flags)
{
	if (!size) {
		if (!slot->size)
			return 0;
		p2m_fill(vm, slot->gpa, slot->size, RIVEN_P2M_NONE);
		vm->ops->slot_unmap(vm, slot);
		*slot = (struct memslot){ .size = 0 };
		return 0;
	}
	if (!slot->size)
		return add_slot(vm, slot, gpa, size, flags);
	if (gpa != slot->gpa || size != slot->size)
		return -EINVAL;
	return change_slot(vm, slot, flags);
}

int riven_vm_set_memslot(struct riven_vm *vm, uint32_t slot, uint64_t gpa, uint64_t size,
			 uint32_t flags)
{
	int ret;

	if (slot >= NR_MEMSLOTS || (flags & ~(uint32_t)SLOT_FLAGS) ||
	    (size && !range_ok(gpa, size)))
		return -EINVAL;

	pthread_mutex_lock(&vm->lock);
	vm_pause(vm);
	ret = set_slot(vm, &vm->slots[slot], gpa, size, flags);
	all_vcpus_mem_changed(vm);
	vm_resume(vm);
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

/* flags: those of slots that do not count. */
static void *host_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len, uint32_t flags)
{
	void *p = NULL;

	pthread_mutex_lock(&vm->lock);
	for (uint32_t i = 0; i < NR_MEMSLOTS; i++) {
		const struct memslot *s = &vm->slots[i];

		if (s->size && gpa >= s->gpa && gpa - s->gpa < s->size &&
		    len <= s->size - (gpa - s->gpa)) {
			p = s->flags & flags ? NULL : s->host + (gpa - s->gpa);
			break;
		}
	}
	pthread_mutex_unlock(&vm->lock);
	return p;
}

void *riven_vm_host_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	return host_ptr(vm, gpa, len, 0);
}

void *riven_vm_dma_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	return host_ptr(vm, gpa, len, RIVEN_SLOT_ROM);
}

int riven_vm_get_dirty_log(struct riven_vm *vm, uint32_t slot, uint8_t *bitmap)
{
	const struct memslot *s;
	uint8_t *frame;

	if (slot >= NR_MEMSLOTS)
		return -EINVAL;
	pthread_mutex_lock(&vm->lock);
	s = &vm->slots[slot];
	if (!s->size || !(s->flags & RIVEN_SLOT_LOG)) {
		pthread_mutex_unlock(&vm->lock);
		return -EINVAL;
	}

	/* Machine TLBs that let writes through unseen go before the vCPUs run on. */
	vm_pause(vm);
	memset(bitmap, 0, (s->size >> FRAME_SHIFT) / 8);
	frame = vm->p2m + (s->gpa >> FRAME_SHIFT);
	for (uint64_t n = 0; n < s->size >> FRAME_SHIFT; n++) {
		if (!(frame[n] & RIVEN_P2M_DIRTY))
			continue;
		/* Devices mark frames without the lock. */
		__atomic_fetch_and(&frame[n], (uint8_t)~RIVEN_P2M_DIRTY, __ATOMIC_SEQ_CST);
		bitmap[n / 8] |= (uint8_t)(1u << n % 8);
	}
	all_vcpus_mem_changed(vm);
	vm_resume(vm);
	pthread_mutex_unlock(&vm->lock);
	return 0;
}

/* Mark frames written; has the guest executed from one of them? */
static bool mark_dirty(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	uint8_t *frame = vm->p2m + (gpa >> FRAME_SHIFT);
	uint8_t *last = vm->p2m + ((gpa + len - 1) >> FRAME_SHIFT);
	bool code = false;

	/* The GVMM marks a frame as code before it reads it; the data were written before this. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (; frame <= last; frame++) {
		uint8_t p2m = __atomic_load_n(frame, __ATOMIC_RELAXED);

		code = code || (p2m & RIVEN_P2M_CODE);
		if ((p2m & (RIVEN_P2M_LOG | RIVEN_P2M_DIRTY)) == RIVEN_P2M_LOG)
			__atomic_fetch_or(frame, RIVEN_P2M_DIRTY, __ATOMIC_SEQ_CST);
	}
	return code;
}

void riven_vm_mem_written(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	if (!len || gpa >= RIVEN_WINDOW_SIZE)
		return;
	if (len > RIVEN_WINDOW_SIZE - gpa)
		len = RIVEN_WINDOW_SIZE - gpa;
	if (!mark_dirty(vm, gpa, len))
		return;

	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		if (!c)
			continue;
		vcpu_request_invalidate(c, gpa, len);
		/* The guest must not learn of the data before its old code is gone. */
		vcpu_expel(c);
	}
}

void riven_vm_flush_code(struct riven_vm *vm)
{
	all_vcpus_mem_changed(vm);
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct riven_vcpu *c = atomic_load(&vm->vcpus[id]);

		if (c)
			vcpu_expel(c);
	}
}
