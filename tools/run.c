// SPDX-License-Identifier: GPL-2.0-only
/* `riven run`: a machine from its options, and its vCPUs' loops. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/terminal.h"
#include "tools/run.h"
#include "tools/watch.h"

struct run {
	struct run_options opt;
	struct riven_vm *vm;
	struct riven_fw *fw;
	struct riven_boot *files;	/* being read for the first boot; NULL: taken */
	struct ioloop loop;
	struct machine *machine;
	struct stats_source counters;
	struct watch *watch;
	FILE *trace;
	bool trace_exits;
	pthread_mutex_t fw_lock;	/* the firmware serves one call at a time */
	uint32_t nr_vcpus;
	struct vcpu_thread {
		struct run *run;
		struct riven_vcpu *vcpu;
		uint32_t id;
		pthread_t thread;
		int error;		/* of riven_vcpu_run(), with MACHINE_ERROR */
	} vcpus[RIVEN_MAX_VCPUS];
};

static void on_trace(void *opaque, uint32_t vcpu_id, const struct riven_trace_record *rec)
{
	struct run *r = opaque;

	if (rec->kind == RIVEN_TRACE_BLOCKS && r->watch)
		watch_block(r->watch, vcpu_id, rec);
	if (r->opt.trace_mask >> rec->kind & 1)
		trace_record(r->trace, vcpu_id, rec);
}

/* vCPUs. */

static void firmware_call(struct run *r, struct riven_vcpu *vcpu)
{
	enum riven_fw_request request;

	pthread_mutex_lock(&r->fw_lock);
	request = riven_fw_call(r->fw, vcpu);
	pthread_mutex_unlock(&r->fw_lock);
	if (request == RIVEN_FW_POWER_OFF)
		machine_stop(r->machine, MACHINE_POWER_OFF);
	else if (request == RIVEN_FW_RESET)
		machine_stop(r->machine, MACHINE_RESET);
}

/* Answer an exit; false: nobody claimed it. */
static bool answer(struct vcpu_thread *t)
{
	struct riven_run *run = riven_vcpu_run_page(t->vcpu);
	struct run *r = t->run;

	switch (run->exit_reason) {
	case RIVEN_EXIT_MMIO:
		return machine_mmio(r->machine, run);
	case RIVEN_EXIT_PIO:
		return machine_pio(r->machine, run);
	case RIVEN_EXIT_FIRMWARE:
		if (!r->fw)
			return false;
		firmware_call(r, t->vcpu);
		return true;
	case RIVEN_EXIT_HALT:
		riven_vcpu_wait(t->vcpu);
		return true;
	case RIVEN_EXIT_IPI:
		return riven_vm_interrupt_message(r->vm, RIVEN_PIB_BASE + run->ipi.address,
						  (uint32_t)run->ipi.data) == 0;
	case RIVEN_EXIT_DEAD:
		machine_stop(r->machine, MACHINE_DEAD);
		return true;
	case RIVEN_EXIT_INTERNAL:
		machine_stop(r->machine, MACHINE_ERROR);
		return true;
	default:
		/* EOI: an I/O SAPIC waits for a write to its own register. */
		return true;
	}
}

/* How many bundles may still run; false: none. */
static bool limit_bundles(struct vcpu_thread *t)
{
	struct riven_run *run = riven_vcpu_run_page(t->vcpu);
	uint64_t max = t->run->opt.max_bundles, done = run->stats.bundles;

	if (max && done >= max)
		return false;
	run->bundle_limit = max ? max - done : 0;
	return true;
}

static void *vcpu_loop(void *opaque)
{
	struct vcpu_thread *t = opaque;
	struct run *r = t->run;

	while (machine_stopped(r->machine) == MACHINE_RUNNING) {
		bool answered;

		if (!limit_bundles(t)) {
			machine_stop(r->machine, MACHINE_QUIT);
			break;
		}
		t->error = riven_vcpu_run(t->vcpu);
		if (t->error) {
			machine_stop(r->machine, MACHINE_ERROR);
			break;
		}
		answered = answer(t);
		if (r->trace_exits)
			trace_exit(r->trace, t->id, riven_vcpu_run_page(t->vcpu), answered);
	}
	return NULL;
}

/* Run all vCPUs until the machine stops. */
static enum machine_stop run_vcpus(struct run *r)
{
	enum machine_stop stop;
	uint32_t started;

	for (started = 0; started < r->nr_vcpus; started++) {
		int ret = pthread_create(&r->vcpus[started].thread, NULL, vcpu_loop,
					 &r->vcpus[started]);

		if (ret) {
			fprintf(stderr, "riven: cannot start a thread: %s\n", strerror(ret));
			machine_stop(r->machine, MACHINE_ERROR);
			break;
		}
	}
	stop = machine_wait(r->machine);
	for (uint32_t i = 0; i < started; i++)
		pthread_join(r->vcpus[i].thread, NULL);
	machine_flush(r->machine);
	return stop;
}

/* Setting up. */

static int create_vm(struct run *r)
{
	const struct run_options *o = &r->opt;
	const uint32_t in_world = 1u << RIVEN_TRACE_FAULTS | 1u << RIVEN_TRACE_TLB |
				  1u << RIVEN_TRACE_BLOCKS;
	struct riven_vm_options vo = {
		.host = o->host,
		.gvmm_path = o->gvmm,
		.region_base = o->region,
		.stlb_entries = o->stlb,
		.itc_frequency = o->itc_frequency,
		.engine = o->engine,
		.code_cache = o->code_cache,
		.background = o->background,
		.trace_mask = o->trace_mask & in_world,
		.trace = on_trace,
		.trace_opaque = r,
	};
	const char *err = "";
	int ret = watch_prepare(o, &vo, &r->watch);

	if (ret)
		return ret;
	ret = riven_vm_create(&vo, &r->vm, &err);
	if (ret) {
		bool gvmm = o->gvmm && strstr(err, "GVMM");

		fprintf(stderr, "riven: %s%s%s\n", gvmm ? o->gvmm : "", gvmm ? ": " : "", err);
		return ret;
	}
	for (uint32_t id = 0; id < o->smp; id++) {
		struct vcpu_thread *t = &r->vcpus[id];

		*t = (struct vcpu_thread){ .run = r, .id = id };
		ret = riven_vcpu_create(r->vm, id, &t->vcpu);
		if (ret) {
			const char *why = riven_host_problem(o->host);

			fprintf(stderr, "riven: cannot make vCPU %u: %s\n", id,
				why ? why : strerror(-ret));
			return ret;
		}
		r->nr_vcpus++;
	}
	return 0;
}

static void start_counters(struct run *r)
{
	r->counters.started_ns = stats_now_ns();
	r->counters.stlb_entries = riven_vm_stlb_entries(r->vm);
	r->counters.nr_vcpus = r->nr_vcpus;
	for (uint32_t i = 0; i < r->nr_vcpus; i++)
		r->counters.vcpus[i] = r->vcpus[i].vcpu;
}

static int create_firmware(struct run *r)
{
	struct riven_platform platform = {
		.ram_size = r->opt.memory,
		.nr_vcpus = r->nr_vcpus,
		.nvram_path = r->opt.nvram,
	};
	const char *err = "";
	int ret;

	machine_platform(r->machine, &platform);
	ret = riven_fw_create(r->vm, &platform, &r->fw, &err);
	if (ret) {
		fprintf(stderr, "riven: %s\n", err);
		return ret;
	}
	r->counters.fw = r->fw;
	if (r->opt.trace_mask & 1u << RIVEN_TRACE_FIRMWARE)
		riven_fw_trace(r->fw, r->trace);
	return 0;
}

static int boot(struct run *r)
{
	int ret;

	for (uint32_t i = 0; i < r->nr_vcpus; i++) {
		ret = riven_vcpu_reset(r->vcpus[i].vcpu);

		if (ret) {
			fprintf(stderr, "riven: vCPU %u cannot be reset: %s\n", i,
				riven_vcpu_error(r->vcpus[i].vcpu));
			return ret;
		}
	}
	if (r->opt.guest)
		return guest_load(&r->opt, r->vm, r->vcpus[0].vcpu);
	if (!r->files)
		return riven_fw_boot_direct(r->fw, r->vcpus[0].vcpu, r->opt.kernel, r->opt.initrd,
					    r->opt.append);
	/* Files may have changed when the guest is started again. */
	ret = riven_fw_boot(r->fw, r->vcpus[0].vcpu, r->files, r->opt.append);
	riven_boot_free(r->files);
	r->files = NULL;
	return ret;
}

static int open_trace(struct run *r)
{
	r->trace = stderr;
	r->trace_exits = r->opt.trace_mask & 1u << RIVEN_TRACE_EXITS;
	if (!r->opt.trace_file)
		return 0;
	r->trace = fopen(r->opt.trace_file, "we");
	if (!r->trace) {
		fprintf(stderr, "riven: trace file %s: %s\n", r->opt.trace_file, strerror(errno));
		return -1;
	}
	return 0;
}

/* Everything up to the first instruction. 0, or non-zero after a line on stderr. */
static int set_up(struct run *r)
{
	if (open_trace(r))
		return -1;
	/* That takes longer than all the rest, and is done meanwhile. */
	if (r->opt.kernel)
		r->files = riven_boot_read(r->opt.kernel, r->opt.initrd, r->opt.memory);
	if (create_vm(r))
		return -1;
	if (ioloop_init(&r->loop)) {
		fprintf(stderr, "riven: cannot wait for input: %s\n", strerror(errno));
		return -1;
	}
	if (machine_create(&r->opt.machine, r->vm, &r->loop, &r->machine))
		return -1;
	for (uint32_t i = 0; i < r->nr_vcpus; i++)
		machine_add_vcpu(r->machine, r->vcpus[i].vcpu);
	start_counters(r);
	if (r->watch && watch_start(r->watch, r->vm, &r->counters, &r->loop))
		return -1;
	if (r->opt.kernel && create_firmware(r))
		return -1;
	return boot(r);
}

/* Ending. */

/* Say why the machine stopped where that is not what the guest wanted. */
static int report(struct run *r, enum machine_stop stop)
{
	if (r->opt.dump && stop != MACHINE_DEAD && stop != MACHINE_ERROR) {
		for (uint32_t i = 0; i < r->nr_vcpus; i++)
			dump_vcpu(stderr, r->vm, r->vcpus[i].vcpu);
	}
	switch (stop) {
	case MACHINE_SIGNAL:
		fprintf(stderr, "riven: ended by SIG%s\n", sigabbrev_np(signals_received()));
		return STATUS_SIGNAL + signals_received();
	case MACHINE_DEAD:
		for (uint32_t i = 0; i < r->nr_vcpus; i++) {
			if (riven_vcpu_run_page(r->vcpus[i].vcpu)->exit_reason != RIVEN_EXIT_DEAD)
				continue;
			fprintf(stderr, "riven: the guest's processor %u cannot go on\n", i);
			dump_vcpu(stderr, r->vm, r->vcpus[i].vcpu);
		}
		return STATUS_DEAD;
	case MACHINE_ERROR:
		for (uint32_t i = 0; i < r->nr_vcpus; i++) {
			const char *error = riven_vcpu_error(r->vcpus[i].vcpu);
			const struct riven_difference *d = riven_vcpu_difference(r->vcpus[i].vcpu);

			if (d) {
				difference_print(stderr, d);
				continue;
			}
			fprintf(stderr, "riven: vCPU %u stopped: %s\n", i,
				*error		   ? error :
				r->vcpus[i].error ? strerror(-r->vcpus[i].error) :
						     "the GVMM met a state that it cannot handle");
			dump_vcpu(stderr, r->vm, r->vcpus[i].vcpu);
		}
		return STATUS_INTERNAL;
	default:
		return STATUS_OK;
	}
}

/* The guest did not notice, but whoever can mend it should. */
static int report_translator(struct run *r, int status)
{
	uint64_t errors = 0;

	for (uint32_t i = 0; i < r->nr_vcpus; i++) {
		struct riven_stats s;

		riven_vcpu_stats(r->vcpus[i].vcpu, &s);
		errors += s.block_errors;
	}
	if (!errors)
		return status;
	fprintf(stderr, "riven: the translator gave %llu blocks up by a mistake of its own; they were "
		"interpreted instead. Please report it\n", (unsigned long long)errors);
	return status == STATUS_OK ? STATUS_INTERNAL : status;
}

static void print_stats(struct run *r)
{
	if (r->opt.stats != STATS_NONE)
		stats_print(&r->counters, r->opt.stats, stderr);
}

static int run_machine(struct run *r)
{
	struct stat_server *server = NULL;
	enum machine_stop stop;
	bool booted = true;
	int status;

	if (signals_start(&r->loop, r->machine) || ioloop_start(&r->loop)) {
		fprintf(stderr, "riven: cannot start the I/O thread: %s\n", strerror(errno));
		return STATUS_ERROR;
	}
	if (!r->opt.stat_socket || strcmp(r->opt.stat_socket, "none") != 0) {
		server = stat_server_start(r->opt.stat_socket, &r->counters, &r->loop);
		if (!server && r->opt.stat_socket)
			fprintf(stderr, "riven: no socket at %s: %s\n", r->opt.stat_socket,
				strerror(errno));
	}
	if (r->opt.machine.terminal)
		terminal_raw();

	for (;;) {
		stop = run_vcpus(r);
		if (stop != MACHINE_RESET || r->opt.no_reboot)
			break;
		machine_reset(r->machine);
		booted = boot(r) == 0;
		if (!booted)
			break;
	}

	terminal_restore();
	status = report_translator(r, booted ? report(r, stop) : STATUS_ERROR);
	print_stats(r);
	if (r->watch)
		watch_finish(r->watch);
	ioloop_stop(&r->loop);
	stat_server_stop(server);
	return status;
}

static void tear_down(struct run *r)
{
	watch_free(r->watch);
	machine_destroy(r->machine);
	riven_boot_free(r->files);
	riven_fw_destroy(r->fw);
	riven_vm_destroy(r->vm);
	if (r->trace && r->trace != stderr) {
		bool failed = ferror(r->trace);

		if (fclose(r->trace) != 0 || failed)
			fprintf(stderr, "riven: trace file %s is incomplete: %s\n",
				r->opt.trace_file, strerror(errno));
	}
}

int cmd_run(int argc, char **argv)
{
	static struct run r;
	int status = run_parse_options(argc, argv, &r.opt);

	if (status)
		return status < 0 ? STATUS_OK : status;
	r.opt.machine.terminal = terminal_init();
	signals_block();
	pthread_mutex_init(&r.fw_lock, NULL);
	status = set_up(&r) ? STATUS_ERROR : run_machine(&r);
	tear_down(&r);
	return status;
}
