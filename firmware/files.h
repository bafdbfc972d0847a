/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a boot, while they are read and afterwards. */
#ifndef FIRMWARE_FILES_H
#define FIRMWARE_FILES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <riven/firmware.h>

#include "firmware/image.h"

#define FILE_SLACK	(1ull << 30)	/* a kernel file may hold that much that is not loaded */

struct boot_file {
	const char *path;	/* NULL: there is none */
	pthread_t thread;
	bool started;
	int status;		/* 0 or a negative errno value; */
	char error[IMAGE_ERROR_SIZE];	/* then the line that says why */
};

struct riven_boot {
	uint64_t ram_size;
	struct boot_file kernel, initrd;
	struct image image;
	uint8_t *data;		/* of the initrd */
	size_t size;
};

/* Wait until it has been read: its status, after its error on stderr. */
int boot_file_status(struct boot_file *f);

#endif
