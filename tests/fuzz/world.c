// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/world.h"

static void open_pages(struct world *w, uint64_t offset, uint64_t size)
{
	if (mprotect(w->region + offset, size, PROT_READ | PROT_WRITE)) {
		perror("mprotect");
		exit(2);
	}
}

void world_create(struct world *w, uint64_t ram_size, uint32_t stlb_entries)
{
	const uint64_t area = RIVEN_VCPU_OFFSET;
	struct vm *vm;
	uint8_t *p2m;

	w->region = mmap(NULL, RIVEN_REGION_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (w->region == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	open_pages(w, RIVEN_VM_OFFSET, RIVEN_VM_SIZE);
	open_pages(w, RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE);
	open_pages(w, area + RIVEN_VCPU_RUN, RIVEN_VCPU_MTLB + RIVEN_VCPU_MTLB_SIZE);
	open_pages(w, area + RIVEN_VCPU_TRACE, RIVEN_VCPU_TRACE_SIZE);
	open_pages(w, area + RIVEN_VCPU_DECODE, RIVEN_VCPU_DECODE_SIZE);
	open_pages(w, area + RIVEN_VCPU_STLB, RIVEN_VCPU_STLB_MAX);
	open_pages(w, RIVEN_WINDOW_OFFSET, ram_size);
	w->area = w->region + area;
	w->ram = w->region + RIVEN_WINDOW_OFFSET;
	w->run = (struct riven_run *)(w->area + RIVEN_VCPU_RUN);
	w->ram_size = ram_size;
	vm = (struct vm *)(w->region + RIVEN_VM_OFFSET);
	vm->data = (struct riven_vm_data){
		.abi_version = RIVEN_ABI_VERSION,
		.stlb_entries = stlb_entries,
		.nr_vcpus = 1,
		.itc_frequency = 1000000000,
		.itc_mult = 1ull << 32,
		.tsc_frequency = 1000000000,
	};
	p2m = w->region + RIVEN_P2M_OFFSET;
	memset(p2m, RIVEN_P2M_RAM, ram_size >> 12);
	memset(p2m + (ram_size >> 12) - 16, RIVEN_P2M_RAM | RIVEN_P2M_FIRMWARE, 16);
	world_command(w, RIVEN_CMD_RESET);
}

void world_translate(struct world *w, uint64_t size)
{
	struct vm *vm = (struct vm *)(w->region + RIVEN_VM_OFFSET);
	int fd = memfd_create("code", 0);
	bool ok = fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
		  mmap(w->region + RIVEN_CODE_RW_OFFSET, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED &&
		  mmap(w->region + RIVEN_CODE_RX_OFFSET, size, PROT_READ | PROT_EXEC,
		       MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;

	if (!ok) {
		perror("translation cache");
		exit(2);
	}
	close(fd);
	open_pages(w, RIVEN_VCPU_OFFSET + RIVEN_VCPU_JIT, RIVEN_VCPU_JIT_SIZE);
	open_pages(w, RIVEN_VCPU_OFFSET + RIVEN_VCPU_PROFILE, RIVEN_VCPU_PROFILE_SIZE);
	vm->data.code_size = size;
	vm->data.hot_count = 0;
}

void world_verify(struct world *w)
{
	struct vm *vm = (struct vm *)(w->region + RIVEN_VM_OFFSET);

	open_pages(w, RIVEN_VCPU_OFFSET + RIVEN_VCPU_VERIFY, RIVEN_VCPU_VERIFY_SIZE);
	vm->data.flags |= RIVEN_VM_VERIFY;
}

void world_destroy(struct world *w)
{
	munmap(w->region, RIVEN_REGION_SIZE);
}

uint32_t world_command(struct world *w, enum riven_command command)
{
	w->run->command = command;
	gvmm_main(w->area);
	return w->run->exit_reason;
}
