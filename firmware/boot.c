// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct boot: what a boot loader does between reading a kernel and jumping to
 * it. The kernel gets the address of struct boot_param in r28, in physical
 * mode, as elilo hands over (Linux, arch/ia64/include/uapi/asm/setup.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/files.h"
#include "firmware/fw.h"
#include "firmware/image.h"

#define MAX_CMDLINE	2047	/* what Linux keeps */
#define STACK_SIZE	(64u << 10)	/* memory stack and backing store, each half */

struct boot_param {
	uint64_t command_line;
	uint64_t efi_systab;
	uint64_t efi_memmap, efi_memmap_size;
	uint64_t efi_memdesc_size;
	uint32_t efi_memdesc_version;
	uint16_t columns, rows, x, y;
	uint64_t fpswa;
	uint64_t initrd_start, initrd_size;
};

_Static_assert(sizeof(struct boot_param) == 80, "Linux's struct ia64_boot_param");

/* Where things were placed, guest-physical. */
struct placement {
	uint64_t entry;
	uint64_t initrd, initrd_size;
	uint64_t param;		/* one page, the command line behind the structure */
	uint64_t stack;		/* STACK_SIZE bytes */
};

/* Room for the memory map: descriptors of a full one. */
#define MEMMAP_PAGES	((EFI_MAX_RANGES * sizeof(struct efi_memory_descriptor) + \
			  EFI_PAGE_SIZE - 1) / EFI_PAGE_SIZE)

static uint64_t page_down(uint64_t a)
{
	return a & ~(EFI_PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t a)
{
	return page_down(a + EFI_PAGE_SIZE - 1);
}

/* Take the pages of all segments for the kernel; neighbours may share one. */
static int claim_segments(struct riven_fw *fw, const char *path, const struct image *image)
{
	unsigned int i = 0;

	while (i < image->nr) {
		uint64_t first = image->segment[i].gpa;
		uint64_t start = page_down(first), end = page_up(first + image->segment[i].memsz);

		for (i++; i < image->nr && page_down(image->segment[i].gpa) < end; i++)
			end = page_up(image->segment[i].gpa + image->segment[i].memsz);
		if (end < start ||
		    !memmap_is(&fw->map, start, end, EFI_CONVENTIONAL_MEMORY)) {
			image_error(path, "wants memory from 0x%llx to 0x%llx, which the guest does "
				    "not have; give it more RAM",
				    (unsigned long long)start, (unsigned long long)end);
			return -ENOMEM;
		}
		if (memmap_set(&fw->map, start, end, EFI_LOADER_CODE, 0)) {
			image_error(path, "is spread over too many parts of memory");
			return -ENOSPC;
		}
	}
	return 0;
}

/* Guest memory that the map says is there. */
static uint8_t *ram(struct riven_fw *fw, uint64_t gpa, uint64_t size)
{
	return riven_vm_host_ptr(fw->vm, gpa, size);
}

static int load_kernel(struct riven_fw *fw, struct riven_boot *boot, struct placement *p)
{
	const char *path = boot->kernel.path;
	const struct image *image = &boot->image;
	int r = boot_file_status(&boot->kernel);
	unsigned int i;

	if (r)
		return r;
	r = claim_segments(fw, path, image);
	for (i = 0; !r && i < image->nr; i++) {
		const struct image_segment *s = &image->segment[i];
		uint8_t *host = ram(fw, s->gpa, s->memsz);

		if (!host) {
			image_error(path, "cannot be placed in the guest's memory");
			r = -EFAULT;
			break;
		}
		memcpy(host, s->data, s->filesz);
		memset(host + s->filesz, 0, s->memsz - s->filesz);
		riven_vm_mem_written(fw->vm, s->gpa, s->memsz);
	}
	p->entry = image->entry;
	return r;
}

static int load_initrd(struct riven_fw *fw, struct riven_boot *boot, struct placement *p)
{
	int r = boot_file_status(&boot->initrd);
	uint8_t *host;

	if (r)
		return r;
	p->initrd = memmap_alloc(&fw->map, EFI_LOADER_DATA, boot->size, EFI_PAGE_SIZE, 0,
				 4ull << 30);
	host = p->initrd ? ram(fw, p->initrd, boot->size) : NULL;
	if (!host) {
		image_error(boot->initrd.path,
			    "does not fit the guest's memory beside the kernel; give it more RAM");
		return -ENOMEM;
	}
	memcpy(host, boot->data, boot->size);
	riven_vm_mem_written(fw->vm, p->initrd, boot->size);
	p->initrd_size = boot->size;
	return 0;
}

/* Boot parameters, command line and memory map; the map is final when this returns. */
static int write_params(struct riven_fw *fw, const char *cmdline, struct placement *p)
{
	const uint64_t size = (1 + MEMMAP_PAGES) * EFI_PAGE_SIZE;
	struct boot_param *param;
	uint8_t *host;

	p->param = memmap_alloc(&fw->map, EFI_LOADER_DATA, size, EFI_PAGE_SIZE, 0, 4ull << 30);
	p->stack = memmap_alloc(&fw->map, EFI_BOOT_SERVICES_DATA, STACK_SIZE, EFI_PAGE_SIZE, 0,
				4ull << 30);
	host = p->param ? ram(fw, p->param, size) : NULL;
	if (!p->stack || !host) {
		image_error("boot", "the kernel and its initrd leave no memory to boot with; give "
			    "the guest more RAM");
		return -ENOMEM;
	}
	memset(host, 0, size);
	param = (struct boot_param *)host;
	*param = (struct boot_param){
		.command_line = p->param + sizeof(*param),
		.efi_systab = fw->system_table,
		.efi_memmap = p->param + EFI_PAGE_SIZE,
		.efi_memmap_size = fw->map.nr * sizeof(struct efi_memory_descriptor),
		.efi_memdesc_size = sizeof(struct efi_memory_descriptor),
		.efi_memdesc_version = EFI_MEMORY_DESCRIPTOR_VERSION,
		.columns = 80,
		.rows = 25,
		.fpswa = fw->fpswa,
		.initrd_start = p->initrd,
		.initrd_size = p->initrd_size,
	};
	memcpy(param + 1, cmdline, strlen(cmdline) + 1);
	memmap_descriptors(&fw->map, (struct efi_memory_descriptor *)(host + EFI_PAGE_SIZE));
	riven_vm_mem_written(fw->vm, p->param, size);
	return 0;
}

/* Register numbers and bits of the state at the entry (SDM 1:3.1.8, 2:3.3). */
enum {
	AR_KR0 = 0, AR_RSC = 16, AR_BSPSTORE = 18, AR_FPSR = 40,
	CR_PTA = 8, CR_LID = 64, CR_ITV = 72, CR_PMV = 73, CR_CMCV = 74,
	CR_LRR0 = 80, CR_LRR1 = 81,
};

#define PSR_IC		(1ull << 13)
#define PSR_BN		(1ull << 44)
#define MASKED		(1ull << 16)	/* of an interrupt vector register */
#define FPSR_DEFAULT	0x0009804c0270033full	/* all traps off, double-extended */

/* Physical mode, interruptions collected, interrupts off: as EFI calls a boot image. */
static int enter(struct riven_fw *fw, struct riven_vcpu *vcpu, const struct placement *p)
{
	struct riven_state *s = calloc(1, sizeof(*s));
	uint64_t cpuid[5];
	int i, r;

	if (!s)
		return -ENOMEM;
	r = riven_vcpu_get_state(vcpu, s);
	if (r)
		goto out;
	memcpy(cpuid, s->cpuid, sizeof(cpuid));
	memset(s, 0, sizeof(*s));
	memcpy(s->cpuid, cpuid, sizeof(cpuid));
	s->ip = p->entry;
	s->psr = PSR_IC | PSR_BN;
	s->pr = 1;
	s->br[0] = fw_stub(FW_STUB_RETURN);
	s->gr[12] = p->stack + STACK_SIZE / 2 - 16;
	s->gr[28] = p->param;
	s->ar[AR_KR0] = RIVEN_IOPORT_BASE;
	s->ar[AR_RSC] = 3;
	s->ar[AR_BSPSTORE] = p->stack + STACK_SIZE / 2;
	s->ar[AR_FPSR] = FPSR_DEFAULT;
	s->cr[CR_PTA] = 15 << 2;
	s->cr[CR_LID] = (uint64_t)riven_vcpu_run_page(vcpu)->vcpu_id << 24;
	s->cr[CR_ITV] = MASKED;
	s->cr[CR_PMV] = MASKED;
	s->cr[CR_CMCV] = MASKED;
	s->cr[CR_LRR0] = MASKED;
	s->cr[CR_LRR1] = MASKED;
	for (i = 0; i < 8; i++)
		s->rr[i] = (uint64_t)i << 8 | 12 << 2;
	/* f0 and f1 read as 0 and 1 whatever is here. */
	s->fr[1] = (struct riven_fpreg){ 1ull << 63, 0xffff };
	r = riven_vcpu_set_state(vcpu, s);
	if (!r)
		memset(fw->cpu, 0, sizeof(fw->cpu));
out:
	free(s);
	return r;
}

int riven_fw_boot(struct riven_fw *fw, struct riven_vcpu *vcpu, struct riven_boot *boot,
		  const char *cmdline)
{
	const char *kernel = boot->kernel.path;
	struct placement p = { 0 };
	int r;

	if (!cmdline)
		cmdline = "";
	if (strlen(cmdline) > MAX_CMDLINE) {
		image_error(kernel, "the command line is longer than %d bytes", MAX_CMDLINE);
		return -E2BIG;
	}
	pthread_mutex_lock(&fw->lock);
	variables_drop_volatile(&fw->vars);
	r = efi_build(fw);
	if (r)
		image_error(kernel, "cannot be started: the firmware's tables do not fit");
	fw->exited_boot_services = true;
	if (!r)
		r = load_kernel(fw, boot, &p);
	if (!r && boot->initrd.path)
		r = load_initrd(fw, boot, &p);
	if (!r)
		r = write_params(fw, cmdline, &p);
	if (!r) {
		riven_vm_mem_written(fw->vm, FW_DATA_BASE, FW_DATA_SIZE);
		r = enter(fw, vcpu, &p);
		if (r)
			image_error(kernel, "cannot be started: %s", strerror(-r));
	}
	pthread_mutex_unlock(&fw->lock);
	return r;
}

int riven_fw_boot_direct(struct riven_fw *fw, struct riven_vcpu *vcpu, const char *kernel,
			 const char *initrd, const char *cmdline)
{
	struct riven_boot *boot = riven_boot_read(kernel, initrd, fw->platform.ram_size);
	int r;

	if (!boot) {
		image_error(kernel, "cannot be started: out of memory");
		return -ENOMEM;
	}
	r = riven_fw_boot(fw, vcpu, boot, cmdline);
	riven_boot_free(boot);
	return r;
}
