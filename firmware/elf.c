// SPDX-License-Identifier: GPL-2.0-only
/* Kernels: ELF executables for IA-64, plain or in gzip. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/image.h"

/* What is wrong with an ELF header, or NULL. */
static const char *header_error(const Elf64_Ehdr *h, size_t size)
{
	if (size < EI_NIDENT || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return "is neither an ELF file nor a gzip file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return "is a 32-bit ELF file; a kernel for IA-64 has 64 bits";
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return "is a big-endian ELF file; a kernel starts little endian";
	if (size < sizeof(*h))
		return "is a truncated ELF file";
	if (h->e_machine != EM_IA_64)
		return "is an ELF file for another processor than IA-64";
	if (h->e_type != ET_EXEC)
		return "is an ELF file but not an executable one";
	if (!h->e_phnum || h->e_phentsize != sizeof(Elf64_Phdr))
		return "is an ELF file without program headers";
	if (h->e_phoff > size || size - h->e_phoff < h->e_phnum * sizeof(Elf64_Phdr))
		return "is a truncated ELF file: the program headers lie beyond its end";
	return NULL;
}

/* What is wrong with a segment that is to be loaded, or NULL. */
static const char *segment_error(const Elf64_Phdr *p, size_t size)
{
	if (p->p_offset > size || p->p_filesz > size - p->p_offset)
		return "is a truncated ELF file: a segment lies beyond its end";
	if (p->p_filesz > p->p_memsz)
		return "is a malformed ELF file: a segment has more data than memory";
	if (p->p_paddr + p->p_memsz < p->p_paddr)
		return "is a malformed ELF file: a segment wraps around the address space";
	return NULL;
}

static int by_address(const void *a, const void *b)
{
	const struct image_segment *s = a, *t = b;

	return s->gpa < t->gpa ? -1 : s->gpa > t->gpa;
}

/* The physical address of the entry point, which some kernels give as a virtual one. */
static bool find_entry(struct image *image, const Elf64_Ehdr *h)
{
	unsigned int i;

	for (i = 0; i < image->nr; i++)
		if (h->e_entry - image->segment[i].gpa < image->segment[i].memsz) {
			image->entry = h->e_entry;
			return true;
		}
	for (i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, image->file + h->e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_LOAD && h->e_entry - p.p_vaddr < p.p_memsz) {
			image->entry = h->e_entry - p.p_vaddr + p.p_paddr;
			return true;
		}
	}
	return false;
}

static const char *parse(struct image *image)
{
	const char *error;
	Elf64_Ehdr h = { 0 };
	unsigned int i;

	memcpy(&h, image->file, image->size < sizeof(h) ? image->size : sizeof(h));
	error = header_error(&h, image->size);
	if (error)
		return error;
	image->nr = 0;
	for (i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, image->file + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		error = segment_error(&p, image->size);
		if (error)
			return error;
		if (image->nr == IMAGE_MAX_SEGMENTS)
			return "is an ELF file with more than 64 segments to load";
		image->segment[image->nr++] = (struct image_segment){
			.gpa = p.p_paddr,
			.filesz = p.p_filesz,
			.memsz = p.p_memsz,
			.data = image->file + p.p_offset,
		};
	}
	if (!image->nr)
		return "is an ELF file without a segment to load";
	qsort(image->segment, image->nr, sizeof(image->segment[0]), by_address);
	for (i = 1; i < image->nr; i++)
		if (image->segment[i].gpa - image->segment[i - 1].gpa <
		    image->segment[i - 1].memsz)
			return "is a malformed ELF file: two segments overlap";
	if (!find_entry(image, &h))
		return "is a malformed ELF file: the entry point lies in no segment";
	if (image->entry & 15)
		return "is a malformed ELF file: the entry point is not the address of a bundle";
	return NULL;
}

int image_load_kernel(const char *path, uint64_t max, struct image *image)
{
	uint8_t *raw;
	size_t size;
	const char *error;
	int r;

	*image = (struct image){ 0 };
	r = image_read_file(path, max, &raw, &size);
	if (r)
		return r;
	if (is_gzip(raw, size)) {
		enum gunzip_status status = gunzip(raw, size, max, &image->file, &image->size);

		free(raw);
		if (status != GUNZIP_OK) {
			image_error(path, "%s", gunzip_error(status));
			return -EINVAL;
		}
	} else {
		image->file = raw;
		image->size = size;
	}
	error = parse(image);
	if (error) {
		image_error(path, "%s", error);
		image_free(image);
		return -ENOEXEC;
	}
	return 0;
}

void image_free(struct image *image)
{
	free(image->file);
	image->file = NULL;
}
