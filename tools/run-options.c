// SPDX-License-Identifier: GPL-2.0-only
/* The options of `riven run`. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/run.h"

static const char help[] =
	"usage: riven run --kernel FILE [options]\n"
	"       riven run --guest FILE [options]\n"
	"\n"
	"What to run:\n"
	"  --kernel FILE       boot an IA-64 kernel (ELF, or ELF in gzip) with firmware\n"
	"  --initrd FILE       with this initial RAM disk\n"
	"  --append STRING     and this command line\n"
	"  --guest FILE        run a bare program (ELF or flat binary) without firmware:\n"
	"                      privilege level 0, physical mode\n"
	"  --load ADDRESS      where a flat binary goes (0x100000)\n"
	"  --entry ADDRESS     where a bare program starts (ELF: its entry; flat: where it goes)\n"
	"\n"
	"The machine:\n"
	"  --memory SIZE       RAM, with K, M or G (512M)\n"
	"  --disk FILE[,ro]    a raw disk image, read only with ,ro; up to 6 times\n"
	"  --console uart|virtio  which device has the terminal (uart)\n"
	"  --smp N             processors (1)\n"
	"  --stlb ENTRIES      size of the software TLB: a power of two from 64 to 1048576 (4096)\n"
	"  --engine interp|jit interpret the guest's code or translate it (jit)\n"
	"  --verify            translate, and compare all that it does with the interpreter: slow\n"
	"  --code-cache SIZE   memory for translated code, with K, M or G (64M)\n"
	"  --background on|off|auto  translate on another processor, beside the guest (auto: if\n"
	"                      there is one)\n"
	"  --itc-frequency HZ  of the interval time counter (the host's TSC)\n"
	"  --nvram FILE        keep EFI variables in this file\n"
	"  --no-reboot         a reset ends the run\n"
	"\n"
	"Looking inside:\n"
	"  --trace KIND[,KIND...][=FILE]  exits, firmware, faults, tlb, blocks or all, to FILE\n"
	"                      (stderr)\n"
	"  --profile[=FILE]    at the end, where the guest's time went and what was not translated,\n"
	"                      to FILE (stderr)\n"
	"  --perf-map          names of translated code for perf(1), in /tmp/perf-PID.map\n"
	"  --symbols FILE      the guest's functions by name, for these two: an ELF file such as\n"
	"                      vmlinux, or a list such as System.map; up to 8 times\n"
	"  --stats[=text|json] counters to stderr at the end\n"
	"  --stat-socket PATH  where `riven stat` finds this run (a file for each run in\n"
	"                      $XDG_RUNTIME_DIR or /tmp); none: nowhere\n"
	"  --max-bundles N     end after so many bundles\n"
	"  --dump              registers and code to stderr at the end\n"
	"  --host NAME         which host makes the world: process (the default), kmod, kvm, or auto:\n"
	"                      one with isolation if there is one that works here\n"
	"  --region ADDRESS    where in the address space the world lies (anywhere)\n"
	"  --gvmm FILE         run this GVMM instead of the one built in\n"
	"\n"
	"On a terminal, Ctrl-A h lists the keys; Ctrl-A x quits.\n"
	"Exit status: 0 powered off, 1 error, 2 wrong usage, 3 the guest died, 4 Riven failed.\n";

enum {
	OPT_KERNEL = 256, OPT_INITRD, OPT_APPEND, OPT_GUEST, OPT_LOAD, OPT_ENTRY, OPT_MEMORY,
	OPT_DISK, OPT_CONSOLE, OPT_SMP, OPT_STLB, OPT_ITC, OPT_NVRAM, OPT_NO_REBOOT, OPT_TRACE,
	OPT_STATS, OPT_STAT_SOCKET, OPT_MAX_BUNDLES, OPT_HOST, OPT_REGION, OPT_GVMM, OPT_DUMP,
	OPT_ENGINE, OPT_VERIFY, OPT_CODE_CACHE, OPT_BACKGROUND, OPT_PROFILE, OPT_PERF_MAP, OPT_SYMBOLS,
	OPT_HELP,
};

static const struct option options[] = {
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "guest", required_argument, NULL, OPT_GUEST },
	{ "load", required_argument, NULL, OPT_LOAD },
	{ "entry", required_argument, NULL, OPT_ENTRY },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "smp", required_argument, NULL, OPT_SMP },
	{ "stlb", required_argument, NULL, OPT_STLB },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "code-cache", required_argument, NULL, OPT_CODE_CACHE },
	{ "background", required_argument, NULL, OPT_BACKGROUND },
	{ "itc-frequency", required_argument, NULL, OPT_ITC },
	{ "nvram", required_argument, NULL, OPT_NVRAM },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "stats", optional_argument, NULL, OPT_STATS },
	{ "stat-socket", required_argument, NULL, OPT_STAT_SOCKET },
	{ "max-bundles", required_argument, NULL, OPT_MAX_BUNDLES },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "region", required_argument, NULL, OPT_REGION },
	{ "gvmm", required_argument, NULL, OPT_GVMM },
	{ "dump", no_argument, NULL, OPT_DUMP },
	{ "profile", optional_argument, NULL, OPT_PROFILE },
	{ "perf-map", no_argument, NULL, OPT_PERF_MAP },
	{ "symbols", required_argument, NULL, OPT_SYMBOLS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 1, 2))) static int usage_error(const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fprintf(stderr, "riven run: %s\n", line);
	return STATUS_USAGE;
}

/* A number, 0x for hexadecimal, with one of the suffixes; false when text is something else. */
static bool parse_number(const char *text, const char *suffixes, uint64_t *value)
{
	uint64_t n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end) {
		const char *s = strchr(suffixes, *end & ~0x20);
		unsigned int shift = s ? 10 * (unsigned int)(s - suffixes + 1) : 0;

		if (!s || end[1] || n > ~0ull >> shift)
			return false;
		n <<= shift;
	}
	*value = n;
	return true;
}

static int parse_address(const char *option, const char *text, uint64_t *value)
{
	if (!parse_number(text, "", value))
		return usage_error("--%s %s: not an address such as 0x100000", option, text);
	return STATUS_OK;
}

static int parse_memory(const char *text, uint64_t *value)
{
	if (!parse_number(text, "KMGT", value))
		return usage_error("--memory %s: not a size such as 512M or 2G", text);
	if (*value < RIVEN_FW_RAM_MIN || *value > RIVEN_FW_RAM_MAX || *value % (1 << 20))
		return usage_error("--memory %s: must be whole megabytes from %lluM to %lluM", text,
				   RIVEN_FW_RAM_MIN >> 20, RIVEN_FW_RAM_MAX >> 20);
	return STATUS_OK;
}

static int parse_disk(char *text, struct machine_options *m)
{
	char *comma = strrchr(text, ',');
	bool read_only = comma && strcmp(comma, ",ro") == 0;

	if (m->nr_disks == MACHINE_MAX_DISKS)
		return usage_error("--disk %s: a machine has at most %d disks", text,
				   MACHINE_MAX_DISKS);
	if (read_only)
		*comma = '\0';
	if (!*text)
		return usage_error("--disk: the file's name is empty");
	m->disks[m->nr_disks].path = text;
	m->disks[m->nr_disks++].read_only = read_only;
	return STATUS_OK;
}

static int parse_trace(char *text, struct run_options *opt)
{
	static const struct {
		char name[12];
		uint32_t mask;
	} kinds[] = {
		{ "exits", 1 << RIVEN_TRACE_EXITS },
		{ "firmware", 1 << RIVEN_TRACE_FIRMWARE },
		{ "faults", 1 << RIVEN_TRACE_FAULTS },
		{ "tlb", 1 << RIVEN_TRACE_TLB },
		{ "blocks", 1 << RIVEN_TRACE_BLOCKS },
		{ "all", (1 << RIVEN_TRACE_EXITS) | (1 << RIVEN_TRACE_FIRMWARE) |
				 (1 << RIVEN_TRACE_FAULTS) | (1 << RIVEN_TRACE_TLB) |
				 (1 << RIVEN_TRACE_BLOCKS) },
	};
	char *file = strchr(text, '='), *save = NULL;

	if (file) {
		*file++ = '\0';
		if (!*file)
			return usage_error("--trace: the file's name is empty");
		opt->trace_file = file;
	}
	for (char *kind = strtok_r(text, ",", &save); kind; kind = strtok_r(NULL, ",", &save)) {
		uint32_t mask = 0;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			mask |= strcmp(kind, kinds[i].name) == 0 ? kinds[i].mask : 0;
		if (!mask)
			return usage_error("--trace: no such kind as '%s'; there are exits, "
					   "firmware, faults, tlb, blocks and all", kind);
		opt->trace_mask |= mask;
	}
	if (!opt->trace_mask)
		return usage_error("--trace: names no kind; there are exits, firmware, faults, tlb, "
				   "blocks and all");
	return STATUS_OK;
}

static int parse_stats(const char *text, enum stats_format *format)
{
	if (!text || strcmp(text, "text") == 0)
		*format = STATS_TEXT;
	else if (strcmp(text, "json") == 0)
		*format = STATS_JSON;
	else
		return usage_error("--stats=%s: must be text or json", text);
	return STATUS_OK;
}

static int parse_console(const char *text, struct machine_options *m)
{
	if (strcmp(text, "uart") != 0 && strcmp(text, "virtio") != 0)
		return usage_error("--console %s: must be uart or virtio", text);
	m->virtio_console = text[0] == 'v';
	return STATUS_OK;
}

static int parse_stlb(const char *text, uint32_t *entries)
{
	long min = riven_check_cap(NULL, RIVEN_CAP_STLB_MIN);
	long max = riven_check_cap(NULL, RIVEN_CAP_STLB_MAX);
	uint64_t n;

	if (!parse_number(text, "KM", &n) || n < (uint64_t)min || n > (uint64_t)max ||
	    (n & (n - 1)))
		return usage_error("--stlb %s: must be a power of two from %ld to %ld", text, min,
				   max);
	*entries = (uint32_t)n;
	return STATUS_OK;
}

static int parse_engine(const char *text, enum riven_engine *engine)
{
	if (strcmp(text, "interp") == 0)
		*engine = RIVEN_ENGINE_INTERP;
	else if (strcmp(text, "jit") == 0)
		*engine = RIVEN_ENGINE_JIT;
	else
		return usage_error("--engine %s: must be interp or jit", text);
	return STATUS_OK;
}

static int parse_code_cache(const char *text, uint64_t *size)
{
	if (!parse_number(text, "KMG", size) || *size < RIVEN_CODE_CACHE_MIN ||
	    *size > RIVEN_CODE_MAX)
		return usage_error("--code-cache %s: must be from 1M to 1G", text);
	return STATUS_OK;
}

static int parse_background(const char *text, enum riven_background_use *use)
{
	if (strcmp(text, "on") == 0)
		*use = RIVEN_BACKGROUND_ON;
	else if (strcmp(text, "off") == 0)
		*use = RIVEN_BACKGROUND_OFF;
	else if (strcmp(text, "auto") == 0)
		*use = RIVEN_BACKGROUND_AUTO;
	else
		return usage_error("--background %s: must be on, off or auto", text);
	return STATUS_OK;
}

static int parse_smp(const char *text, uint32_t *smp)
{
	uint64_t n;

	if (!parse_number(text, "", &n) || n < 1 || n > RIVEN_MAX_VCPUS)
		return usage_error("--smp %s: must be a number of processors from 1 to %d", text,
				   RIVEN_MAX_VCPUS);
	*smp = (uint32_t)n;
	return STATUS_OK;
}

static int parse_frequency(const char *text, uint64_t *hz)
{
	if (!parse_number(text, "", hz) || *hz < 1000000 || *hz > 10000000000)
		return usage_error("--itc-frequency %s: must be from 1000000 to 10000000000", text);
	return STATUS_OK;
}

static int parse_profile(const char *file, struct run_options *opt)
{
	if (file && !*file)
		return usage_error("--profile: the file's name is empty");
	opt->profile = true;
	opt->profile_file = file;
	return STATUS_OK;
}

static int parse_symbols(const char *file, struct run_options *opt)
{
	if (opt->nr_symbols == RUN_MAX_SYMBOLS)
		return usage_error("--symbols %s: at most %d files", file, RUN_MAX_SYMBOLS);
	opt->symbols[opt->nr_symbols++] = file;
	return STATUS_OK;
}

static int parse_one(int c, struct run_options *opt)
{
	switch (c) {
	case OPT_KERNEL:
		opt->kernel = optarg;
		break;
	case OPT_INITRD:
		opt->initrd = optarg;
		break;
	case OPT_APPEND:
		opt->append = optarg;
		break;
	case OPT_GUEST:
		opt->guest = optarg;
		break;
	case OPT_LOAD:
		opt->have_load = true;
		return parse_address("load", optarg, &opt->load);
	case OPT_ENTRY:
		opt->have_entry = true;
		return parse_address("entry", optarg, &opt->entry);
	case OPT_MEMORY:
		return parse_memory(optarg, &opt->memory);
	case OPT_DISK:
		return parse_disk(optarg, &opt->machine);
	case OPT_CONSOLE:
		return parse_console(optarg, &opt->machine);
	case OPT_SMP:
		return parse_smp(optarg, &opt->smp);
	case OPT_STLB:
		return parse_stlb(optarg, &opt->stlb);
	case OPT_ENGINE:
		return parse_engine(optarg, &opt->engine);
	case OPT_VERIFY:
		opt->verify = true;
		break;
	case OPT_CODE_CACHE:
		return parse_code_cache(optarg, &opt->code_cache);
	case OPT_BACKGROUND:
		return parse_background(optarg, &opt->background);
	case OPT_ITC:
		return parse_frequency(optarg, &opt->itc_frequency);
	case OPT_NVRAM:
		opt->nvram = optarg;
		break;
	case OPT_DUMP:
		opt->dump = true;
		break;
	case OPT_PROFILE:
		return parse_profile(optarg, opt);
	case OPT_PERF_MAP:
		opt->perf_map = true;
		break;
	case OPT_SYMBOLS:
		return parse_symbols(optarg, opt);
	case OPT_NO_REBOOT:
		opt->no_reboot = true;
		break;
	case OPT_TRACE:
		return parse_trace(optarg, opt);
	case OPT_STATS:
		return parse_stats(optarg, &opt->stats);
	case OPT_STAT_SOCKET:
		opt->stat_socket = optarg;
		break;
	case OPT_MAX_BUNDLES:
		if (!parse_number(optarg, "KMGT", &opt->max_bundles) || !opt->max_bundles)
			return usage_error("--max-bundles %s: not a number from 1 up", optarg);
		break;
	case OPT_HOST:
		opt->host = optarg;
		break;
	case OPT_REGION:
		return parse_address("region", optarg, &opt->region);
	case OPT_GVMM:
		opt->gvmm = optarg;
		break;
	default:
		break;
	}
	return STATUS_OK;
}

static int check_together(struct run_options *opt)
{
	const char *perf_map = getenv("RIVEN_PERF_MAP");
	long max;

	opt->perf_map |= perf_map && *perf_map && strcmp(perf_map, "0") != 0;
	if (opt->nr_symbols && !opt->profile && !opt->perf_map)
		return usage_error("--symbols goes with --profile or --perf-map only");
	if (!opt->kernel && !opt->guest)
		return usage_error("there is nothing to run; give --kernel FILE or --guest FILE");
	if (opt->kernel && opt->guest)
		return usage_error("--kernel and --guest exclude each other");
	if (opt->guest && (opt->initrd || opt->append))
		return usage_error("--initrd and --append go with --kernel only");
	if (opt->kernel && (opt->have_load || opt->have_entry))
		return usage_error("--load and --entry go with --guest only");
	max = riven_check_cap(opt->host, RIVEN_CAP_MAX_VCPUS);
	if (max < 0)
		return usage_error("--host %s: there is no such host; `riven host` lists them",
				   opt->host);
	if (opt->smp > max)
		return usage_error("--smp %u: more than %ld processor%s not supported yet",
				   opt->smp, max, max == 1 ? " is" : "s are");
	if (opt->verify && opt->engine == RIVEN_ENGINE_INTERP)
		return usage_error("--verify compares the translator: it excludes --engine interp");
	if (opt->background == RIVEN_BACKGROUND_ON &&
	    (opt->verify || opt->engine == RIVEN_ENGINE_INTERP))
		return usage_error("--background on goes with the translator alone: it excludes %s",
				   opt->verify ? "--verify" : "--engine interp");
	if (opt->verify)
		opt->engine = RIVEN_ENGINE_VERIFY;
	if (opt->entry % 16)
		return usage_error("--entry: code starts at a multiple of 16");
	return STATUS_OK;
}

int run_parse_options(int argc, char **argv, struct run_options *opt)
{
	int c, ret;

	*opt = (struct run_options){ .memory = 512ull << 20, .smp = 1, .load = 0x100000 };
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == OPT_HELP) {
			fputs(help, stdout);
			return -1;
		}
		if (c == '?' && optopt >= OPT_KERNEL)
			return usage_error("%s takes no value", argv[optind - 1]);
		if (c == '?')
			return usage_error("unknown option %s; `riven run --help` lists them",
					   argv[optind - 1]);
		if (c == ':')
			return usage_error("%s needs a value", argv[optind - 1]);
		ret = parse_one(c, opt);
		if (ret)
			return ret;
	}
	if (optind < argc)
		return usage_error("'%s' is no option; `riven run --help` lists them",
				   argv[optind]);
	return check_together(opt);
}
