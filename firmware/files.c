// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a boot, read and unpacked by threads of their own, each for itself, while
 * the virtual machine is made. What is wrong with one of them is said when it is used.
 */
#include <errno.h>
#include <stdlib.h>

#include "firmware/files.h"

static void *read_kernel(void *arg)
{
	struct riven_boot *b = arg;

	image_errors_to(b->kernel.error, sizeof(b->kernel.error));
	b->kernel.status = image_load_kernel(b->kernel.path, b->ram_size + FILE_SLACK, &b->image);
	return NULL;
}

static void *read_initrd(void *arg)
{
	struct riven_boot *b = arg;

	image_errors_to(b->initrd.error, sizeof(b->initrd.error));
	b->initrd.status = image_read_file(b->initrd.path, b->ram_size, &b->data, &b->size);
	if (!b->initrd.status &&
	    !image_check_initrd(b->initrd.path, b->data, b->size, b->ram_size))
		b->initrd.status = -EINVAL;
	return NULL;
}

/* In a thread, or at once if there can be none. */
static void start(struct boot_file *f, void *(*read)(void *), struct riven_boot *b)
{
	f->started = pthread_create(&f->thread, NULL, read, b) == 0;
	if (f->started)
		return;
	read(b);
	image_errors_to(NULL, 0);
}

struct riven_boot *riven_boot_read(const char *kernel, const char *initrd, uint64_t ram_size)
{
	struct riven_boot *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->ram_size = ram_size;
	b->kernel.path = kernel;
	b->initrd.path = initrd;
	start(&b->kernel, read_kernel, b);
	if (initrd)
		start(&b->initrd, read_initrd, b);
	return b;
}

static void wait_for(struct boot_file *f)
{
	if (f->started)
		pthread_join(f->thread, NULL);
	f->started = false;
}

int boot_file_status(struct boot_file *f)
{
	wait_for(f);
	if (f->status && *f->error)
		fputs(f->error, stderr);
	return f->status;
}

void riven_boot_free(struct riven_boot *b)
{
	if (!b)
		return;
	wait_for(&b->kernel);
	wait_for(&b->initrd);
	image_free(&b->image);
	free(b->data);
	free(b);
}
