/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for libriven that has memory and a run page and no processor: what
 * the firmware library needs to be tested by itself. Guest pointers below
 * region 7 are physical; in region 7 they are virtual and every page of it that
 * fake_unmap() named has no translation until it has been touched.
 */
#ifndef TESTS_UNIT_FAKE_RIVEN_H
#define TESTS_UNIT_FAKE_RIVEN_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <riven/firmware.h>

#define FAKE_SLOTS	8
#define FAKE_REGION7	0xe000000000000000ull
#define FAKE_ITC	2893000123ull

struct riven_vm {
	struct {
		uint64_t gpa, size;
		uint32_t flags;
		uint8_t *host;
	} slot[FAKE_SLOTS];
	uint64_t written;	/* bytes that riven_vm_mem_written() was told of */
	unsigned int flushes;	/* calls of riven_vm_flush_code() */
};

struct riven_vcpu {
	struct riven_run run;
	struct riven_state state;
	uint64_t unmapped[16];	/* pages */
	unsigned int nr_unmapped;
	unsigned int touches;	/* pages that fake_call() had to map */
};

static struct riven_vm fake_vm;
static struct riven_vcpu fake_vcpu;

int riven_vm_set_memslot(struct riven_vm *vm, uint32_t slot, uint64_t gpa, uint64_t size,
			 uint32_t flags)
{
	uint8_t *host;

	if (slot >= FAKE_SLOTS || !size || gpa % 65536 || size % 65536)
		return -EINVAL;
	host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (host == MAP_FAILED)
		return -ENOMEM;
	vm->slot[slot].gpa = gpa;
	vm->slot[slot].size = size;
	vm->slot[slot].flags = flags;
	vm->slot[slot].host = host;
	return 0;
}

void *riven_vm_host_ptr(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	int i;

	for (i = 0; i < FAKE_SLOTS; i++)
		if (gpa >= vm->slot[i].gpa && gpa - vm->slot[i].gpa < vm->slot[i].size &&
		    len <= vm->slot[i].size - (gpa - vm->slot[i].gpa))
			return vm->slot[i].host + (gpa - vm->slot[i].gpa);
	return NULL;
}

uint64_t riven_vm_itc_frequency(struct riven_vm *vm)
{
	(void)vm;
	return FAKE_ITC;
}

uint32_t riven_vm_stlb_entries(struct riven_vm *vm)
{
	(void)vm;
	return 4096;
}

void riven_vm_mem_written(struct riven_vm *vm, uint64_t gpa, uint64_t len)
{
	(void)gpa;
	vm->written += len;
}

void riven_vm_flush_code(struct riven_vm *vm)
{
	vm->flushes++;
}

struct riven_run *riven_vcpu_run_page(struct riven_vcpu *vcpu)
{
	return &vcpu->run;
}

int riven_vcpu_get_state(struct riven_vcpu *vcpu, struct riven_state *state)
{
	*state = vcpu->state;
	return 0;
}

int riven_vcpu_set_state(struct riven_vcpu *vcpu, const struct riven_state *state)
{
	vcpu->state = *state;
	return 0;
}

/* Like the real one, it goes through the run page and so destroys a call that is in it. */
int riven_vcpu_translate(struct riven_vcpu *vcpu, uint64_t va, enum riven_access access,
			 uint64_t *gpa)
{
	unsigned int i;

	memset(&vcpu->run.translate, 0x55, sizeof(vcpu->run.translate));
	(void)access;
	if (va >= FAKE_REGION7)
		for (i = 0; i < vcpu->nr_unmapped; i++)
			if (vcpu->unmapped[i] == va >> 12)
				return -EFAULT;
	*gpa = va & 0x1fffffffffffffffull;
	return 0;
}

static inline void fake_unmap(uint64_t va)
{
	fake_vcpu.unmapped[fake_vcpu.nr_unmapped++] = va >> 12;
}

/*
 * Call a stub as guest code would: r28-r31 and in0-in7 are given. Pages that the
 * firmware asks for are mapped and the call made again. Values are in ret[].
 */
static inline enum riven_fw_request fake_call(struct riven_fw *fw, uint64_t stub,
					      const uint64_t gr[4], const uint64_t in[8],
					      uint64_t ret[4])
{
	struct riven_run *run = &fake_vcpu.run;
	enum riven_fw_request request;

	for (;;) {
		unsigned int i;

		memset(&run->fw, 0, sizeof(run->fw));
		run->fw.stub = stub;
		memcpy(run->fw.gr, gr, sizeof(run->fw.gr));
		memcpy(run->fw.in, in, sizeof(run->fw.in));
		run->fw.action = ~0u;
		request = riven_fw_call(fw, &fake_vcpu);
		if (run->fw.action != RIVEN_FW_TOUCH)
			break;
		fake_vcpu.touches++;
		for (i = 0; i < fake_vcpu.nr_unmapped; i++)
			if (fake_vcpu.unmapped[i] == run->fw.touch_va >> 12)
				fake_vcpu.unmapped[i] = fake_vcpu.unmapped[--fake_vcpu.nr_unmapped];
	}
	memcpy(ret, run->fw.ret, sizeof(run->fw.ret));
	return request;
}

/* A machine as the riven command makes it. */
static inline struct riven_platform fake_platform(uint64_t ram)
{
	struct riven_platform p = {
		.ram_size = ram,
		.nr_vcpus = 1,
		.iosapic_base = 0xfec00000,
		.iosapic_pins = 24,
		.uart_port = 0x3f8,
		.uart_gsi = 4,
		.pm_port = 0x600,
		.pm_gsi = 9,
		.nr_virtio = 2,
	};
	uint32_t i;

	for (i = 0; i < p.nr_virtio; i++) {
		p.virtio[i].base = 0xfed00000 + i * 0x1000;
		p.virtio[i].size = 0x1000;
		p.virtio[i].gsi = 16 + i;
	}
	return p;
}

static inline void fake_reset(void)
{
	int i;

	for (i = 0; i < FAKE_SLOTS; i++)
		if (fake_vm.slot[i].host)
			munmap(fake_vm.slot[i].host, fake_vm.slot[i].size);
	memset(&fake_vm, 0, sizeof(fake_vm));
	memset(&fake_vcpu, 0, sizeof(fake_vcpu));
}

#endif
