// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tools/perf-map.h"
#include "tools/profile.h"
#include "tools/watch.h"

struct watch {
	const struct run_options *opt;
	struct symbols *guest, *gvmm;
	const struct stats_source *src;
	struct ioloop *loop;
	uint64_t code_size;
	bool profiling;
	struct profile profile;
	FILE *output;
	struct perf_map *map;
	int timer;
	struct blocks *blocks[RIVEN_MAX_VCPUS];
};

static void on_sample(void *opaque, uint32_t vcpu_id, const struct riven_sample *s)
{
	struct watch *w = opaque;

	profile_take(&w->profile, s, w->blocks[vcpu_id], w->gvmm);
}

void watch_block(struct watch *w, uint32_t vcpu_id, const struct riven_trace_record *rec)
{
	const struct block_info *b = blocks_add(w->blocks[vcpu_id], rec);

	if (b && w->map)
		perf_map_add(w->map, vcpu_id, b);
}

/* What the kernel's file has, and all that was named. */
static bool find_symbols(struct watch *w)
{
	const struct run_options *o = w->opt;
	const char *image = o->kernel ? o->kernel : o->guest;

	w->guest = symbols_create();
	w->gvmm = symbols_create();
	if (!w->guest || !w->gvmm || (!o->gvmm && !symbols_add_gvmm(w->gvmm)))
		return false;
	if (!symbols_add_file(w->guest, image, false))
		return false;
	for (uint32_t n = 0; n < o->nr_symbols; n++)
		if (!symbols_add_file(w->guest, o->symbols[n], true))
			return false;
	return true;
}

static bool open_output(struct watch *w)
{
	w->output = stderr;
	if (!w->opt->profile_file)
		return true;
	w->output = fopen(w->opt->profile_file, "we");
	if (!w->output)
		fprintf(stderr, "riven: profile %s: %s\n", w->opt->profile_file, strerror(errno));
	return w->output;
}

int watch_prepare(const struct run_options *opt, struct riven_vm_options *vo, struct watch **out)
{
	struct watch *w;

	*out = NULL;
	if (!opt->profile && !opt->perf_map)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -1;
	*out = w;
	w->opt = opt;
	w->timer = -1;
	w->profiling = opt->profile;
	w->code_size = (opt->code_cache ? opt->code_cache : RIVEN_CODE_CACHE_DEFAULT) & ~0xfffull;
	for (uint32_t id = 0; id < opt->smp; id++) {
		w->blocks[id] = calloc(1, sizeof(*w->blocks[id]));
		if (!w->blocks[id] || !blocks_init(w->blocks[id], w->code_size))
			return -1;
	}
	if (!find_symbols(w) || (w->profiling && !open_output(w)))
		return -1;
	vo->trace_mask |= 1u << RIVEN_TRACE_BLOCKS;
	vo->perf_map = opt->perf_map;
	if (opt->profile) {
		vo->sample_rate = PROFILE_RATE;
		vo->sample = on_sample;
		vo->sample_opaque = w;
	}
	return 0;
}

/* Each second: records come when a vCPU leaves its world, and a busy one does so when asked. */
static void on_timer(void *opaque, uint32_t events)
{
	struct watch *w = opaque;
	struct riven_stats stats;
	uint64_t times;

	(void)events;
	if (read(w->timer, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return;
	for (uint32_t id = 0; id < w->src->nr_vcpus; id++)
		riven_vcpu_stats(w->src->vcpus[id], &stats);
	perf_map_flush(w->map);
}

static int start_timer(struct watch *w)
{
	const struct itimerspec second = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };

	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->timer < 0 || timerfd_settime(w->timer, 0, &second, NULL) < 0 ||
	    ioloop_add(w->loop, w->timer, EPOLLIN, on_timer, w) < 0) {
		fprintf(stderr, "riven: cannot set a timer: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

int watch_start(struct watch *w, struct riven_vm *vm, const struct stats_source *src,
		struct ioloop *loop)
{
	w->src = src;
	w->loop = loop;
	if (!w->opt->perf_map)
		return 0;
	w->map = perf_map_open(riven_vm_region(vm), w->code_size, w->guest, w->gvmm);
	return w->map ? start_timer(w) : -1;
}

static void print_profile(struct watch *w)
{
	double seconds = (double)(stats_now_ns() - w->src->started_ns) / 1e9;

	profile_print(w->output, &w->profile, w->guest, w->gvmm, seconds);
	fputs("\n", w->output);
	profile_print_traps(w->output, w->src->vcpus, w->src->nr_vcpus, PROFILE_ROWS);
	if (w->output != stderr && fclose(w->output) != 0)
		fprintf(stderr, "riven: profile %s is incomplete: %s\n", w->opt->profile_file,
			strerror(errno));
	w->output = NULL;
}

void watch_finish(struct watch *w)
{
	if (w->profiling)
		print_profile(w);
	if (w->map)
		perf_map_renew(w->map, w->blocks, w->src->nr_vcpus);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->timer >= 0) {
		if (w->loop)
			ioloop_remove(w->loop, w->timer);
		close(w->timer);
	}
	perf_map_close(w->map);
	profile_free(&w->profile);
	symbols_destroy(w->guest);
	symbols_destroy(w->gvmm);
	for (uint32_t id = 0; id < RIVEN_MAX_VCPUS; id++)
		if (w->blocks[id]) {
			blocks_free(w->blocks[id]);
			free(w->blocks[id]);
		}
	free(w);
}
