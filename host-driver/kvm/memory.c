// SPDX-License-Identifier: GPL-2.0-only
/* What of the host's memory is in a world, and where. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host-driver/kvm/kvm.h"

#define LARGE		0x200000ull
/* Below 4 GiB KVM keeps a few pages for itself. */
#define GPA_START	0x100000000ull

/* The lowest free place, aligned like `like` so that large pages fit. 0: there is none. */
static uint64_t find_gpa(const struct kvm_vm *kvm, uint64_t size, uint64_t like)
{
	uint64_t gpa = GPA_START + like % LARGE;

	for (uint32_t i = 0; i < NR_KVM_SLOTS; i++) {
		const struct kvm_slot *s = &kvm->slots[i];

		if (!s->size || gpa >= s->gpa + s->size || s->gpa >= gpa + size)
			continue;
		gpa = ((s->gpa + s->size + LARGE - 1) & ~(LARGE - 1)) + like % LARGE;
		i = (uint32_t)-1;
	}
	return gpa < kvm->gpa_end && size <= kvm->gpa_end - gpa ? gpa : 0;
}

static int set_region(struct kvm_vm *kvm, const struct kvm_slot *s, const void *host,
		      uint64_t size, bool writable)
{
	struct kvm_userspace_memory_region r = {
		.slot = (uint32_t)(s - kvm->slots),
		.flags = writable ? 0 : KVM_MEM_READONLY,
		.guest_phys_addr = s->gpa,
		.memory_size = size,
		.userspace_addr = (uint64_t)(uintptr_t)host,
	};

	return ioctl(kvm->fd, KVM_SET_USER_MEMORY_REGION, &r) < 0 ? -errno : 0;
}

static struct kvm_slot *take_slot(struct kvm_vm *kvm, uint64_t size, uint64_t like)
{
	for (uint32_t i = 0; i < NR_KVM_SLOTS; i++) {
		struct kvm_slot *s = &kvm->slots[i];

		if (s->size)
			continue;
		*s = (struct kvm_slot){ .gpa = find_gpa(kvm, size, like), .vcpu = -1 };
		if (!s->gpa)
			return NULL;
		s->size = size;
		return s;
	}
	return NULL;
}

/* KVM drops all translations of the slot before this returns. */
static void give_back(struct kvm_vm *kvm, struct kvm_slot *s)
{
	set_region(kvm, s, NULL, 0, true);
	*s = (struct kvm_slot){ .size = 0 };
}

int kvm_lend(struct kvm_vm *kvm, void *host, uint64_t size, uint64_t *gpa)
{
	struct kvm_slot *s = take_slot(kvm, size, (uint64_t)(uintptr_t)host);
	int ret;

	if (!s)
		return -ENOSPC;
	*gpa = s->gpa;
	ret = set_region(kvm, s, host, size, true);
	if (ret)
		*s = (struct kvm_slot){ .size = 0 };
	return ret;
}

void kvm_take_back(struct kvm_vm *kvm, uint64_t gpa)
{
	for (uint32_t i = 0; i < NR_KVM_SLOTS; i++) {
		struct kvm_slot *s = &kvm->slots[i];

		if (s->size && s->gpa == gpa)
			give_back(kvm, s);
	}
}

static bool concerns(const struct kvm_slot *s, const struct kvm_vcpu *kv)
{
	return s->flags && (s->vcpu < 0 || s->vcpu == (int32_t)kv->id);
}

static void remove_slot(struct kvm_vm *kvm, struct kvm_slot *s)
{
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++) {
		struct kvm_vcpu *kv = kvm->vcpus[id];

		if (kv && concerns(s, kv))
			tables_unmap(&kv->tables, s->va, s->size);
	}
	give_back(kvm, s);
}

int kvm_map(struct kvm_vm *kvm, uint64_t offset, uint64_t size, uint32_t flags, int32_t vcpu)
{
	struct kvm_slot *s = take_slot(kvm, size, kvm->base + offset);
	uint8_t *host = kvm->memory->base + offset;
	int ret;

	if (!s)
		return -ENOSPC;
	/* First touches are dear in a virtual machine: few, then. */
	if (flags & TABLE_WRITE)
		madvise(host, size, MADV_HUGEPAGE);
	ret = set_region(kvm, s, host, size, flags & TABLE_WRITE);
	if (ret) {
		*s = (struct kvm_slot){ .size = 0 };
		return ret;
	}
	s->va = kvm->base + offset;
	s->flags = flags | TABLE_USER;
	s->vcpu = vcpu;
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS && !ret; id++) {
		struct kvm_vcpu *kv = kvm->vcpus[id];

		if (kv && concerns(s, kv))
			ret = tables_map(&kv->tables, s->va, s->gpa, size, s->flags);
	}
	if (ret)
		remove_slot(kvm, s);
	return ret;
}

void kvm_unmap(struct kvm_vm *kvm, uint64_t offset)
{
	for (uint32_t i = 0; i < NR_KVM_SLOTS; i++) {
		struct kvm_slot *s = &kvm->slots[i];

		if (s->size && s->flags && s->va == kvm->base + offset)
			remove_slot(kvm, s);
	}
}

void kvm_unmap_vcpu(struct kvm_vm *kvm, int32_t vcpu)
{
	for (uint32_t i = 0; i < NR_KVM_SLOTS; i++) {
		struct kvm_slot *s = &kvm->slots[i];

		if (s->size && s->flags && s->vcpu == vcpu)
			remove_slot(kvm, s);
	}
}

int kvm_fill_tables(struct kvm_vm *kvm, struct kvm_vcpu *kv)
{
	int ret = 0;

	for (uint32_t i = 0; i < NR_KVM_SLOTS && !ret; i++) {
		const struct kvm_slot *s = &kvm->slots[i];

		if (s->size && concerns(s, kv))
			ret = tables_map(&kv->tables, s->va, s->gpa, s->size, s->flags);
	}
	return ret;
}
