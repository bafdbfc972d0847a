// SPDX-License-Identifier: GPL-2.0-only
/* The region: reserving it, and the blob and the GVMM's own memory in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host-driver/process/process.h"

#define PAGE_SIZE	4096ull
/* Large pages of the window line up with those of guest RAM when the base does. */
#define BASE_ALIGN	0x40000000ull

static uint8_t *reserve_anywhere(void)
{
	size_t size = RIVEN_REGION_SIZE + BASE_ALIGN;
	uint8_t *p, *base;

	p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return MAP_FAILED;
	base = (uint8_t *)(((uintptr_t)p + BASE_ALIGN - 1) & ~(uintptr_t)(BASE_ALIGN - 1));
	if (base != p)
		munmap(p, (size_t)(base - p));
	munmap(base + RIVEN_REGION_SIZE, (size_t)(p + size - (base + RIVEN_REGION_SIZE)));
	return base;
}

int process_reserve(struct process_vm *pvm, uint64_t wanted, const char **err)
{
	void *p;

	if (!wanted) {
		p = reserve_anywhere();
		if (p == MAP_FAILED) {
			*err = "cannot reserve 1 TiB of address space; "
			       "is it limited (ulimit -v)?";
			return -ENOMEM;
		}
	} else {
		if (wanted % PAGE_SIZE) {
			*err = "the region's base must be a multiple of 4096";
			return -EINVAL;
		}
		p = mmap((void *)(uintptr_t)wanted, RIVEN_REGION_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
		if (p != MAP_FAILED && (uintptr_t)p != wanted) {
			munmap(p, RIVEN_REGION_SIZE);
			p = MAP_FAILED;
		}
		if (p == MAP_FAILED) {
			*err = "1 TiB of address space at the wanted base is not free";
			return -EEXIST;
		}
	}
	pvm->base = p;
	return 0;
}

void process_release(struct process_vm *pvm)
{
	munmap(pvm->base, RIVEN_REGION_SIZE);
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A blob from a file, for debugging and for tests: *data is malloc()ed. */
static int read_blob(const char *path, uint8_t **data, size_t *size, const char **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		*err = "cannot open the GVMM file";
		return -errno;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > RIVEN_BLOB_MAX) {
		close(fd);
		*err = "the GVMM file is not a file of 1 byte to 16 MiB";
		return -EINVAL;
	}
	*size = (size_t)st.st_size;
	*data = malloc(*size);
	n = *data ? read(fd, *data, *size) : -1;
	close(fd);
	if (n != (ssize_t)*size) {
		free(*data);
		*err = "cannot read the GVMM file";
		return -EIO;
	}
	return 0;
}

/*
 * perf takes what is mapped from a file for an image with symbols of its own, even where the
 * file is memory's. So for a perf map it comes from no file, as a just-in-time compiler's does.
 */
static int map_blob_anonymous(struct process_vm *pvm, const uint8_t *data, size_t size)
{
	void *p = mmap(pvm->base + RIVEN_BLOB_OFFSET, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	memcpy(p, data, size);
	return mprotect(p, size, PROT_READ | PROT_EXEC) < 0 ? -errno : 0;
}

static int map_blob_sealed(struct process_vm *pvm, const uint8_t *data, size_t size)
{
	int fd = memfd_create("riven-gvmm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p;
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, size);
	if (!ret && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
						   F_SEAL_WRITE) < 0)
		ret = -errno;
	if (!ret) {
		p = mmap(pvm->base + RIVEN_BLOB_OFFSET, size, PROT_READ | PROT_EXEC,
			 MAP_PRIVATE | MAP_FIXED, fd, 0);
		if (p == MAP_FAILED)
			ret = -errno;
	}
	close(fd);
	return ret;
}

static int map_blob_bytes(struct process_vm *pvm, const uint8_t *data, size_t size)
{
	pvm->blob_size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	return pvm->perf_map ? map_blob_anonymous(pvm, data, size) :
			       map_blob_sealed(pvm, data, size);
}

int process_map_blob(struct process_vm *pvm, const char *path, const char **err)
{
	size_t size = (uintptr_t)riven_blob_end - (uintptr_t)riven_blob;
	uint8_t *data = NULL;
	int ret;

	if (path) {
		ret = read_blob(path, &data, &size, err);
		if (ret)
			return ret;
	}
	ret = map_blob_bytes(pvm, data ? data : riven_blob, size);
	if (ret)
		*err = "cannot map the GVMM executable";
	free(data);
	return ret;
}

int process_map_private(struct process_vm *pvm, uint64_t offset, uint64_t size)
{
	void *p = mmap(pvm->base + offset, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	return p == MAP_FAILED ? -errno : 0;
}

/* The same without a file: see map_blob_anonymous(). */
static int map_code_anonymous(struct process_vm *pvm, uint64_t rx, uint64_t rw, uint64_t size)
{
	void *p = mmap(pvm->base + rw, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	/* Of shared memory an old size of 0 makes a second mapping. */
	if (p != MAP_FAILED)
		p = mremap(p, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, pvm->base + rx);
	if (p == MAP_FAILED || mprotect(p, size, PROT_READ | PROT_EXEC) < 0)
		return -errno;
	return 0;
}

int process_map_code(struct process_vm *pvm, uint64_t rx, uint64_t rw, uint64_t size)
{
	void *p = MAP_FAILED;
	int ret = 0, fd;

	if (pvm->perf_map)
		return map_code_anonymous(pvm, rx, rw, size);
	fd = memfd_create("riven-code", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) == 0)
		p = mmap(pvm->base + rx, size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd,
			 0);
	if (p != MAP_FAILED)
		p = mmap(pvm->base + rw, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 0);
	if (p == MAP_FAILED)
		ret = -errno;
	close(fd);
	return ret;
}

/* Back to reserved. */
void process_unmap(struct process_vm *pvm, uint64_t offset, uint64_t size)
{
	void *p = mmap(pvm->base + offset, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	/* Out of mappings: at least nothing may reach the memory any more. */
	if (p == MAP_FAILED)
		mprotect(pvm->base + offset, size, PROT_NONE);
}
