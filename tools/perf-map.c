// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <riven/layout.h>

#include "tools/perf-map.h"

struct perf_map {
	FILE *f;
	uint64_t region, code_size;
	struct symbols *guest, *gvmm;
};

static void add_function(void *opaque, uint64_t address, uint64_t size, const char *name)
{
	struct perf_map *m = opaque;

	fprintf(m->f, "%" PRIx64 " %" PRIx64 " gvmm:%s\n", m->region + address,
		size, name);
}

struct perf_map *perf_map_open(const void *region, uint64_t code_size, struct symbols *guest,
			       struct symbols *gvmm)
{
	struct perf_map *m = calloc(1, sizeof(*m));
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	/* What is there belongs to a process that is no more, or to somebody else. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (m && fd >= 0)
		m->f = fdopen(fd, "w");
	if (!m || !m->f) {
		fprintf(stderr, "riven: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(m);
		return NULL;
	}
	m->region = (uint64_t)(uintptr_t)region;
	m->code_size = code_size;
	m->guest = guest;
	m->gvmm = gvmm;
	symbols_each(gvmm, add_function, m);
	fflush(m->f);
	return m;
}

static uint64_t cache(const struct perf_map *m, uint32_t vcpu_id)
{
	return m->region + RIVEN_CODE_RX_OFFSET + vcpu_id * m->code_size;
}

void perf_map_add(struct perf_map *m, uint32_t vcpu_id, const struct block_info *b)
{
	char name[128];

	flockfile(m->f);
	symbols_describe(m->guest, b->ip, name, sizeof(name));
	fprintf(m->f, "%" PRIx64 " %x guest:%s\n", cache(m, vcpu_id) + b->offset, b->size, name);
	funlockfile(m->f);
}

void perf_map_flush(struct perf_map *m)
{
	fflush(m->f);
}

void perf_map_renew(struct perf_map *m, struct blocks *const *blocks, uint32_t nr)
{
	fflush(m->f);
	if (ftruncate(fileno(m->f), 0) < 0)
		return;
	rewind(m->f);
	symbols_each(m->gvmm, add_function, m);
	for (uint32_t id = 0; id < nr; id++) {
		const struct blocks *b = blocks[id];

		if (b->first != ~0u)
			fprintf(m->f, "%" PRIx64 " %x riven:shared-code\n", cache(m, id), b->first);
		for (uint32_t n = 1; n < b->nr; n++)
			if (b->info[n].left)
				perf_map_add(m, id, &b->info[n]);
	}
}

void perf_map_close(struct perf_map *m)
{
	if (!m)
		return;
	if (fclose(m->f) != 0)
		fprintf(stderr, "riven: the perf map is incomplete: %s\n", strerror(errno));
	free(m);
}
