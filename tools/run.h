/* SPDX-License-Identifier: GPL-2.0-only */
/* `riven run`: its options, and the parts it is made of. */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <riven/riven.h>

#include "devices/machine.h"

/* Exit statuses of the command. */
enum {
	STATUS_OK = 0,
	STATUS_ERROR = 1,	/* something outside is not as it should be */
	STATUS_USAGE = 2,
	STATUS_DEAD = 3,	/* the guest cannot go on */
	STATUS_INTERNAL = 4,	/* the GVMM cannot go on */
	STATUS_SIGNAL = 128,	/* plus the signal's number */
};

#define RUN_MAX_SYMBOLS	8

enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };

struct run_options {
	const char *kernel, *initrd, *append;
	const char *guest;		/* a bare program, without firmware */
	uint64_t load;			/* of a flat one */
	uint64_t entry;
	bool have_load, have_entry;
	uint64_t memory;
	uint32_t smp;
	uint32_t stlb;
	const char *host;
	const char *gvmm;
	uint64_t region;
	enum riven_engine engine;
	bool verify;
	enum riven_background_use background;
	uint64_t code_cache;
	uint64_t itc_frequency;
	uint64_t max_bundles;
	uint32_t trace_mask;
	const char *trace_file;		/* NULL: standard error */
	enum stats_format stats;
	const char *stat_socket;	/* NULL: the default place, "none": none */
	const char *nvram;
	bool no_reboot;
	bool dump;			/* at the end, whatever it is */
	bool profile;
	const char *profile_file;	/* NULL: standard error */
	bool perf_map;
	const char *symbols[RUN_MAX_SYMBOLS];	/* files */
	uint32_t nr_symbols;
	struct machine_options machine;
};

/*
 * Fill *opt from a command line whose argv[0] is "run". STATUS_OK; STATUS_USAGE
 * after one line on stderr; -1 when help was asked for and given.
 */
int run_parse_options(int argc, char **argv, struct run_options *opt);

/* Put a bare program in memory and the vCPU at its start (guest.c). 0, or -1 after a line. */
int guest_load(const struct run_options *opt, struct riven_vm *vm, struct riven_vcpu *vcpu);

/* Registers and the code at IP, for a guest that died (dump.c). */
void dump_vcpu(FILE *f, struct riven_vm *vm, struct riven_vcpu *vcpu);

/* Where the engines differ (difference.c). */
void difference_print(FILE *f, const struct riven_difference *d);
/* x86-64 code at address as text (host-disasm.c); as bytes where there is no objdump. */
typedef void host_line(void *opaque, uint64_t address, const char *text);
void host_disasm(FILE *f, const uint8_t *code, size_t size, uint64_t address);

/* The same, a call for each instruction; false: there is no objdump. */
bool host_disasm_lines(const uint8_t *code, size_t size, uint64_t address, host_line *line,
		       void *opaque);

/* Trace records as lines (trace.c); the file may be shared with others under flockfile(). */
void trace_record(FILE *f, uint32_t vcpu_id, const struct riven_trace_record *rec);
/* An exit that has been answered; answered false: by nobody. */
void trace_exit(FILE *f, uint32_t vcpu_id, const struct riven_run *run, bool answered);

/* Counters (stats.c). */
struct stats_source {
	struct riven_fw *fw;		/* NULL: a guest without firmware */
	uint32_t nr_vcpus;
	struct riven_vcpu *vcpus[RIVEN_MAX_VCPUS];
	uint64_t started_ns;		/* CLOCK_MONOTONIC */
	uint32_t stlb_entries;
};

uint64_t stats_now_ns(void);
void stats_print(const struct stats_source *src, enum stats_format format, FILE *f);

/* Answering `riven stat` (stat.c). NULL when there is no place for a socket. */
struct stat_server;
struct stat_server *stat_server_start(const char *path, const struct stats_source *src,
				      struct ioloop *loop);
void stat_server_stop(struct stat_server *s);

/* Signals, taken in the I/O thread (signals.c). Blocks them in this thread and its children. */
void signals_block(void);
/* 0 or a negative errno value. */
int signals_start(struct ioloop *loop, struct machine *m);
/* The signal that stopped the machine, or 0. */
int signals_received(void);

/* Sub-commands: argv[0] is the command's name; they return the exit status. */
int cmd_run(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_disasm(int argc, char **argv);

#endif
