// SPDX-License-Identifier: GPL-2.0-only
/* The firmware library's life and its dispatcher of calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/fw.h"

static const struct {
	const struct fw_proc *procs;
	uint64_t unimplemented;		/* status */
} classes[FW_NR_CLASSES] = {
	[FW_CLASS_PAL] = { pal_procs, PAL_UNIMPLEMENTED },
	[FW_CLASS_SAL] = { sal_procs, SAL_NOT_IMPLEMENTED },
	[FW_CLASS_RUNTIME] = { efi_runtime_procs, EFI_UNSUPPORTED },
	[FW_CLASS_BOOT] = { efi_boot_procs, EFI_UNSUPPORTED },
	[FW_CLASS_FPSWA] = { fpswa_procs, ~0ull },
};

void *fw_data(struct riven_fw *fw, uint64_t gpa)
{
	return (uint8_t *)riven_vm_host_ptr(fw->vm, FW_DATA_BASE, FW_DATA_SIZE) +
	       (gpa - FW_DATA_BASE);
}

uint64_t fw_area_alloc(struct riven_fw *fw, struct fw_area *area, uint64_t size, uint64_t align,
		       void **host)
{
	uint64_t at = (area->next + align - 1) & ~(align - 1);

	if (at > area->end || size > area->end - at)
		return 0;
	area->next = at + size;
	*host = fw_data(fw, at);
	return at;
}

/* A constant sentence that says what is wrong with a platform, or NULL. */
static const char *platform_error(const struct riven_platform *p)
{
	uint32_t i;

	if (p->ram_size < RIVEN_FW_RAM_MIN)
		return "the guest needs at least 16 MiB of RAM";
	if (p->ram_size > RIVEN_FW_RAM_MAX)
		return "the guest can have at most 511 GiB of RAM";
	if (p->ram_size % (1 << 20))
		return "RAM has to be a multiple of 1 MiB";
	if (!p->nr_vcpus || p->nr_vcpus > RIVEN_MAX_VCPUS)
		return "the guest can have 1 to 64 vCPUs";
	if (p->nr_virtio > FW_NR_VIRTIO)
		return "the guest can have at most 8 virtio devices";
	for (i = 0; i < p->nr_virtio; i++)
		if (!p->virtio[i].size)
			return "a virtio device has no registers";
	return NULL;
}

static int create_slots(struct riven_fw *fw, const char **err)
{
	uint64_t size = fw->platform.ram_size;
	uint64_t low = size < RIVEN_FW_RAM_LOW ? size : RIVEN_FW_RAM_LOW;
	int r;

	r = riven_vm_set_memslot(fw->vm, SLOT_RAM_LOW, 0, low, 0);
	if (!r && size > low)
		r = riven_vm_set_memslot(fw->vm, SLOT_RAM_HIGH, 4ull << 30, size - low, 0);
	if (r) {
		*err = "the host does not have that much memory for the guest's RAM; ask for less";
		return r;
	}
	r = riven_vm_set_memslot(fw->vm, SLOT_CODE, FW_CODE_BASE, FW_CODE_SIZE,
				 RIVEN_SLOT_ROM | RIVEN_SLOT_FIRMWARE);
	if (!r)
		r = riven_vm_set_memslot(fw->vm, SLOT_DATA, FW_DATA_BASE, FW_DATA_SIZE, 0);
	if (r)
		*err = "the firmware's memory cannot be set up";
	return r;
}

/* Put the stubs into the code slot. */
static int install_stubs(struct riven_fw *fw, const char **err)
{
	uint8_t *code = riven_vm_host_ptr(fw->vm, FW_CODE_BASE, FW_CODE_SIZE);

	if (!code || fw_stubs_size > FW_CODE_SIZE) {
		*err = "the firmware's code does not fit its memory";
		return -EINVAL;
	}
	memcpy(code, fw_stubs, fw_stubs_size);
	return 0;
}

int riven_fw_create(struct riven_vm *vm, const struct riven_platform *platform,
		    struct riven_fw **fwp, const char **err)
{
	const char *wrong = platform_error(platform), *unused;
	struct riven_fw *fw;
	int r;

	if (!err)
		err = &unused;
	if (wrong) {
		*err = wrong;
		return -EINVAL;
	}
	*err = "out of memory";
	fw = calloc(1, sizeof(*fw));
	if (!fw)
		return -ENOMEM;
	pthread_mutex_init(&fw->lock, NULL);
	fw->vm = vm;
	fw->platform = *platform;
	fw->time_zone = EFI_UNSPECIFIED_TIMEZONE;
	r = -ENOMEM;
	if (platform->nvram_path) {
		fw->nvram_path = strdup(platform->nvram_path);
		if (!fw->nvram_path)
			goto fail;
		r = variables_load(&fw->vars, fw->nvram_path, err);
		if (r)
			goto fail;
	}
	fw->platform.nvram_path = fw->nvram_path;
	r = create_slots(fw, err);
	if (!r)
		r = install_stubs(fw, err);
	if (r)
		goto fail;
	r = efi_build(fw);
	if (r) {
		*err = "the firmware's tables do not fit their memory";
		goto fail;
	}
	*fwp = fw;
	return 0;
fail:
	riven_fw_destroy(fw);
	return r;
}

void riven_fw_destroy(struct riven_fw *fw)
{
	if (!fw)
		return;
	variables_free(&fw->vars);
	pthread_mutex_destroy(&fw->lock);
	free(fw->nvram_path);
	free(fw);
}

void riven_fw_set_pci(struct riven_fw *fw, riven_fw_pci_config *config, void *opaque)
{
	fw->pci = config;
	fw->pci_opaque = opaque;
}

void riven_fw_trace(struct riven_fw *fw, FILE *f)
{
	fw->trace = f;
}

/* Index in its class's table, or -1. */
static int find_proc(const struct fw_proc *procs, uint64_t number)
{
	int i;

	for (i = 0; procs[i].name; i++)
		if (procs[i].number == number)
			return i;
	return -1;
}

static void count_unknown(struct riven_fw *fw, enum fw_class class, uint64_t number)
{
	uint32_t i;

	for (i = 0; i < fw->nr_unknown; i++)
		if (fw->unknown[i].class == class && fw->unknown[i].number == number) {
			fw->unknown[i].count++;
			return;
		}
	if (fw->nr_unknown == FW_MAX_UNKNOWN) {
		fw->unknown_lost++;
		return;
	}
	fw->unknown[i].class = class;
	fw->unknown[i].number = number;
	fw->unknown[i].count = 1;
	fw->nr_unknown++;
}

/* Which procedure a stub and the guest's registers ask for, and where its arguments are. */
static enum fw_class decode(const fw_exit *e, uint64_t *number, const uint64_t **arg)
{
	uint64_t stub = e->stub;

	*arg = e->in;
	if (stub == FW_STUB_PAL) {
		*number = e->gr[0];
		/* Stacked procedures (SDM 2:11.10.2.1) repeat the index in in0. */
		*arg = *number >> 8 & 1 ? e->in + 1 : e->gr + 1;
		return FW_CLASS_PAL;
	}
	if (stub == FW_STUB_SAL) {
		*number = e->in[0];
		*arg = e->in + 1;
		return FW_CLASS_SAL;
	}
	if (stub == FW_STUB_FPSWA) {
		*number = 0;
		return FW_CLASS_FPSWA;
	}
	if (stub >= FW_STUB_BOOT) {
		*number = stub - FW_STUB_BOOT;
		return FW_CLASS_BOOT;
	}
	*number = stub - FW_STUB_RUNTIME;
	return FW_CLASS_RUNTIME;
}

static void answer(struct riven_fw *fw, struct fw_call *c, const fw_exit *e)
{
	const struct fw_proc *proc = NULL;
	enum fw_class class;
	uint64_t number;
	int i;

	class = decode(e, &number, &c->arg);
	i = find_proc(classes[class].procs, number);
	if (i >= 0)
		proc = &classes[class].procs[i];
	if (proc && proc->handler)
		proc->handler(c);
	else
		c->ret[0] = classes[class].unimplemented;
	if (c->touch)
		return;
	if (proc)
		fw->count[class][i]++;
	else
		count_unknown(fw, class, number);
	if (fw->trace)
		fw_trace_call(fw, c, class, proc, number);
}

enum riven_fw_request riven_fw_call(struct riven_fw *fw, struct riven_vcpu *vcpu)
{
	struct riven_run *run = riven_vcpu_run_page(vcpu);
	enum riven_fw_request request;
	struct fw_call c = { .fw = fw, .vcpu = vcpu };
	/* A copy, because translations go through the same part of the run page. */
	fw_exit e = run->fw;

	pthread_mutex_lock(&fw->lock);
	c.cpu_id = run->vcpu_id % RIVEN_MAX_VCPUS;
	c.cpu = &fw->cpu[c.cpu_id];
	fw->request = RIVEN_FW_NOTHING;
	if (e.stub == FW_STUB_RETURN)
		fw->request = RIVEN_FW_POWER_OFF;
	else
		answer(fw, &c, &e);
	request = fw->request;

	memcpy(e.ret, c.ret, sizeof(e.ret));
	if (c.touch) {
		e.action = RIVEN_FW_TOUCH;
		e.touch_va = c.touch_va;
		e.touch_access = c.touch_access;
	} else {
		e.action = RIVEN_FW_DONE;
		c.cpu->touches = 0;
	}
	run->fw = e;
	pthread_mutex_unlock(&fw->lock);
	return request;
}

/* One count; first: nothing has been printed before it. */
static void print_count(FILE *f, bool json, bool *first, const char *name, uint64_t calls,
			bool implemented)
{
	if (json)
		fprintf(f, "%s{\"name\":\"%s\",\"calls\":%llu,\"implemented\":%s}",
			*first ? "" : ",", name, (unsigned long long)calls,
			implemented ? "true" : "false");
	else
		fprintf(f, "%20llu  %s%s\n", (unsigned long long)calls, name,
			implemented ? "" : " (not implemented)");
	*first = false;
}

void riven_fw_print_stats(struct riven_fw *fw, FILE *f, bool json)
{
	static const char class_name[][8] = { "PAL", "SAL", "EFI", "EFI", "EFI" };
	bool first = true;
	char name[40];
	uint32_t i;
	int class;

	pthread_mutex_lock(&fw->lock);
	fputs(json ? "[" : "", f);
	for (class = 0; class < FW_NR_CLASSES; class++) {
		const struct fw_proc *p = classes[class].procs;

		for (i = 0; p[i].name; i++)
			if (fw->count[class][i])
				print_count(f, json, &first, p[i].name, fw->count[class][i],
					    p[i].handler != NULL);
	}
	for (i = 0; i < fw->nr_unknown; i++) {
		snprintf(name, sizeof(name), "%s procedure 0x%llx",
			 class_name[fw->unknown[i].class],
			 (unsigned long long)fw->unknown[i].number);
		print_count(f, json, &first, name, fw->unknown[i].count, false);
	}
	if (fw->unknown_lost)
		print_count(f, json, &first, "other procedures", fw->unknown_lost, false);
	fputs(json ? "]" : "", f);
	pthread_mutex_unlock(&fw->lock);
}
