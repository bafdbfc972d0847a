// SPDX-License-Identifier: GPL-2.0-only
/* Counters as text and as JSON. */
#include <inttypes.h>
#include <time.h>

#include "tools/profile.h"
#include "tools/run.h"

uint64_t stats_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void print_text(const struct riven_stats *s, FILE *f)
{
#define X(name, text) fprintf(f, "%20" PRIu64 "  %-20s  %s\n", s->name, #name, text);
	RIVEN_STATS(X)
#undef X
}

static void print_json(const struct riven_stats *s, FILE *f)
{
#define X(name, text) fprintf(f, ",\"%s\":%" PRIu64, #name, s->name);
	RIVEN_STATS(X)
#undef X
}

/* So many instructions, the rest as one. */
#define TRAPS 20

/* In JSON it stands behind the vCPUs. */
static void print_traps(const struct stats_source *src, bool json, FILE *f)
{
	if (!json) {
		profile_print_traps(f, src->vcpus, src->nr_vcpus, TRAPS);
		return;
	}
	fputs("],\"traps\":[", f);
	profile_print_traps_json(f, src->vcpus, src->nr_vcpus);
}

void stats_print(const struct stats_source *src, enum stats_format format, FILE *f)
{
	uint64_t ns = stats_now_ns() - src->started_ns;
	bool json = format == STATS_JSON;

	if (json)
		fprintf(f, "{\"seconds\":%" PRIu64 ".%06" PRIu64 ",\"stlb_entries\":%u,\"vcpus\":[",
			ns / 1000000000, ns % 1000000000 / 1000, src->stlb_entries);
	else
		fprintf(f, "%13" PRIu64 ".%06" PRIu64 "  seconds since the start\n"
			   "%20u  STLB entries\n",
			ns / 1000000000, ns % 1000000000 / 1000, src->stlb_entries);
	for (uint32_t i = 0; i < src->nr_vcpus; i++) {
		struct riven_stats s;

		riven_vcpu_stats(src->vcpus[i], &s);
		fprintf(f, json ? "%s{\"id\":%u" : "%svCPU %u:\n", json && i ? "," : "", i);
		if (json)
			print_json(&s, f);
		else
			print_text(&s, f);
		fputs(json ? "}" : "", f);
	}
	print_traps(src, json, f);
	fputs(json ? "],\"firmware\":" : src->fw ? "firmware calls:\n" : "", f);
	if (src->fw)
		riven_fw_print_stats(src->fw, f, json);
	fputs(json ? src->fw ? "}\n" : "[]}\n" : "", f);
}
