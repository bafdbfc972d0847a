// SPDX-License-Identifier: GPL-2.0-only
/* Bare programs: an ELF file or a flat binary, alone on the machine. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <riven/vpd.h>

#include "gvmm/cpu/psr.h"
#include "tools/run.h"

#define FILE_MAX	(1ull << 30)

/* From the end of low RAM down: memory stack, then register stack upwards. */
#define STACK_ROOM	0x10000ull
#define STACK_SCRATCH	16

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "riven: guest %s: %s\n", path, what);
	return -1;
}

static uint8_t *read_file(const char *path, uint64_t *size)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *data = NULL;
	struct stat st;

	if (!f) {
		complain(path, strerror(errno));
		return NULL;
	}
	if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > FILE_MAX) {
		complain(path, "not a file of 1 byte to 1 GiB");
	} else {
		*size = (uint64_t)st.st_size;
		data = malloc(*size);
		if (!data || fread(data, 1, *size, f) != *size) {
			complain(path, data ? "cannot be read" : "out of memory");
			free(data);
			data = NULL;
		}
	}
	fclose(f);
	return data;
}

static int place(struct riven_vm *vm, const char *path, uint64_t gpa, const uint8_t *data,
		 uint64_t size, uint64_t room)
{
	uint8_t *to = riven_vm_host_ptr(vm, gpa, room);

	if (!to) {
		fprintf(stderr,
			"riven: guest %s: 0x%llx bytes at 0x%llx do not fit in RAM; see --memory\n",
			path, (unsigned long long)room, (unsigned long long)gpa);
		return -1;
	}
	memcpy(to, data, size);
	memset(to + size, 0, room - size);
	return 0;
}

static int load_elf(struct riven_vm *vm, const char *path, const uint8_t *file, uint64_t size,
		    uint64_t *entry)
{
	Elf64_Ehdr h;

	if (size < sizeof(h))
		return complain(path, "a truncated ELF file");
	memcpy(&h, file, sizeof(h));
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
	    h.e_machine != EM_IA_64 || h.e_type != ET_EXEC)
		return complain(path, "not a little-endian 64-bit IA-64 executable");
	if (h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phoff > size ||
	    h.e_phnum > (size - h.e_phoff) / sizeof(Elf64_Phdr))
		return complain(path, "its program headers lie beyond its end");
	for (uint32_t i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, file + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		if (p.p_filesz > p.p_memsz || p.p_offset > size || p.p_filesz > size - p.p_offset)
			return complain(path, "a segment lies beyond its end");
		if (place(vm, path, p.p_paddr, file + p.p_offset, p.p_filesz, p.p_memsz))
			return -1;
	}
	*entry = h.e_entry;
	return 0;
}

static int make_ram(struct riven_vm *vm, uint64_t size)
{
	uint64_t low = size < RIVEN_FW_RAM_LOW ? size : RIVEN_FW_RAM_LOW;
	int ret = riven_vm_set_memslot(vm, 0, 0, low, 0);

	if (!ret && size > low)
		ret = riven_vm_set_memslot(vm, 1, 1ull << 32, size - low, 0);
	if (ret)
		fprintf(stderr, "riven: cannot allocate the guest's memory: %s\n", strerror(-ret));
	return ret;
}

static int start_at(struct riven_vcpu *vcpu, uint64_t entry, uint64_t memory)
{
	uint64_t top = memory < RIVEN_FW_RAM_LOW ? memory : RIVEN_FW_RAM_LOW;
	struct riven_state *s = malloc(sizeof(*s));
	int ret = s ? riven_vcpu_get_state(vcpu, s) : -ENOMEM;

	if (!ret) {
		s->ip = entry;
		s->psr = PSR_BN;
		s->gr[12] = top - STACK_ROOM - STACK_SCRATCH;
		s->ar[18] = top - STACK_ROOM;
		ret = riven_vcpu_set_state(vcpu, s);
	}
	free(s);
	if (ret)
		fprintf(stderr, "riven: cannot set the processor up: %s\n", strerror(-ret));
	return ret;
}

int guest_load(const struct run_options *opt, struct riven_vm *vm, struct riven_vcpu *vcpu)
{
	uint64_t size, entry = opt->load;
	uint8_t *file = read_file(opt->guest, &size);
	int ret;

	if (!file)
		return -1;
	ret = make_ram(vm, opt->memory);
	if (!ret && size >= SELFMAG && memcmp(file, ELFMAG, SELFMAG) == 0)
		ret = load_elf(vm, opt->guest, file, size, &entry);
	else if (!ret)
		ret = place(vm, opt->guest, opt->load, file, size, size);
	free(file);
	if (ret)
		return -1;
	return start_at(vcpu, opt->have_entry ? opt->entry : entry, opt->memory) ? -1 : 0;
}
