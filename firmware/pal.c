// SPDX-License-Identifier: GPL-2.0-only
/*
 * PAL procedures (SDM 2:11.10): what is not about caches, translation or
 * machine checks, and the table of all. PAL_HALT and PAL_HALT_LIGHT are the
 * GVMM's and never come here.
 */
#include <string.h>

#include "firmware/pal.h"

static void success(struct fw_call *c)
{
	(void)c;
}

/* PAL_BUS_GET_FEATURES, PAL_BUS_SET_FEATURES (features): there is no bus to configure. */
static void bus_set_features(struct fw_call *c)
{
	if (c->arg[0])
		c->ret[0] = PAL_INVALID;
}

/* Pairs of instruction and data breakpoint registers. */
static void debug_info(struct fw_call *c)
{
	c->ret[1] = sizeof(((struct riven_state *)0)->ibr) / 16;
	c->ret[2] = sizeof(((struct riven_state *)0)->dbr) / 16;
}

static void fixed_addr(struct fw_call *c)
{
	c->ret[1] = c->cpu_id;
}

/* The platform's clock is not the processor's: SAL knows it. */
static void freq_base(struct fw_call *c)
{
	c->ret[0] = PAL_UNIMPLEMENTED;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* Numerator in the upper half, denominator in the lower, of frequency to the platform's base. */
static uint64_t ratio(uint64_t frequency)
{
	uint64_t divisor = gcd(frequency, PLATFORM_BASE_FREQUENCY);
	uint64_t num = frequency / divisor, den = PLATFORM_BASE_FREQUENCY / divisor;

	while (num > UINT32_MAX) {
		num >>= 1;
		den >>= 1;
	}
	return num << 32 | den;
}

/* Processor, bus and interval timer to the platform's base frequency. */
static void freq_ratios(struct fw_call *c)
{
	c->ret[1] = ratio(1600000000);
	c->ret[2] = ratio(PLATFORM_BASE_FREQUENCY);
	c->ret[3] = ratio(riven_vm_itc_frequency(c->fw->vm));
}

/* (buffer of 128 bytes): masks of PMC, PMD, and counters of cycles and of instructions. */
static void perf_mon_info(struct fw_call *c)
{
	const uint64_t counters = 0xfff0;	/* 4-15 */
	uint64_t buf[16] = { 0xffff, 0, 0, 0, counters, 0, 0, 0, counters, 0, 0, 0, counters };

	if (pal_guest_failed(c, guest_write(c, c->arg[0], buf, sizeof(buf))))
		return;
	/* 12 counters of 47 bits; event 0x12 counts cycles, 0x08 retired instructions. */
	c->ret[1] = 12 | 47 << 8 | 0x12 << 16 | 0x08 << 24;
}

/* (0 interrupt block or 1 I/O port space, address): both stay where they are. */
static void platform_addr(struct fw_call *c)
{
	static const uint64_t base[] = { RIVEN_PIB_BASE, RIVEN_IOPORT_BASE };

	if (c->arg[0] > 1)
		c->ret[0] = PAL_INVALID;
	else if ((c->arg[1] & ~(1ull << 63)) != base[c->arg[0]])
		c->ret[0] = PAL_ERROR;
}

/* (0, feature set): of set 0, which is the architected one, nothing can be changed. */
static void proc_get_features(struct fw_call *c)
{
	if (c->arg[1])
		c->ret[0] = PAL_NO_FEATURE_SET;
}

/* (features, feature set) */
static void proc_set_features(struct fw_call *c)
{
	if (c->arg[1])
		c->ret[0] = PAL_NO_FEATURE_SET;
}

/* Stacked registers; the RSE is lazy. */
static void rse_info(struct fw_call *c)
{
	c->ret[1] = 96;
	c->ret[2] = 0;
}

/* Minimum and current version of PAL. */
static void version(struct fw_call *c)
{
	c->ret[1] = 0x100ull << 32 | 1 << 24 | 0x100;
	c->ret[2] = c->ret[1];
}

/* (processor, address of the entry): there are no platform management interrupts. */
static void pmi_entrypoint(struct fw_call *c)
{
	(void)c;
}

/* (copy type, platform, MCA state): size and alignment that a copy of PAL needs. */
static void copy_info(struct fw_call *c)
{
	c->ret[1] = FW_PAL_SIZE;
	c->ret[2] = FW_PAL_SIZE;
}

/* Memory that a self-test needs: none. */
static void test_info(struct fw_call *c)
{
	c->ret[1] = 0;
	c->ret[2] = 1;
}

static uint64_t bits(unsigned int from, unsigned int to)
{
	return (~0ull >> (63 - to)) & (~0ull << from);
}

/*
 * (request) 0, 1: implemented application registers, and those that a read
 * changes; 2, 3: control registers. Registers 0-63, then 64-127.
 */
static void register_info(struct fw_call *c)
{
	switch (c->arg[0]) {
	case 0:
		/* Kernel registers, RSE, IA-32 state, CCV, UNAT, FPSR, ITC, ignored ones. */
		c->ret[1] = bits(0, 7) | bits(16, 19) | bits(21, 21) | bits(24, 30) |
			    bits(32, 32) | bits(36, 36) | bits(40, 40) | bits(44, 44) |
			    bits(48, 63);
		/* PFS, LC, EC, ignored ones. */
		c->ret[2] = bits(0, 2) | bits(48, 63);
		break;
	case 1:
		break;
	case 2:
		/* DCR, ITM, IVA, PTA, interruption state. */
		c->ret[1] = bits(0, 2) | bits(8, 8) | bits(16, 17) | bits(19, 25);
		/* LID, IVR, TPR, EOI, IRR, ITV, PMV, CMCV, LRR. */
		c->ret[2] = bits(0, 10) | bits(16, 17);
		break;
	case 3:
		/* IVR */
		c->ret[2] = bits(1, 1);
		break;
	default:
		c->ret[0] = PAL_INVALID;
	}
}

/* Logical address of a processor, as in CR.LID 31:16. */
static uint64_t logical_address(uint32_t cpu)
{
	return (uint64_t)cpu << 8;
}

/* (processor of this package or -1): every processor is a package of its own. */
static void logical_to_physical(struct fw_call *c)
{
	if (c->arg[0] != ~0ull && c->arg[0] != 0) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	c->ret[1] = 1 | 1ull << 16 | 1ull << 32;	/* one logical processor, thread, core */
	c->ret[3] = logical_address(c->cpu_id);
}

/* (level, type, processor sharing the cache): nobody shares. */
static void cache_shared_info(struct fw_call *c)
{
	if (!pal_cache_exists(c->arg[0], c->arg[1]) || c->arg[2]) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	c->ret[1] = 1;
	c->ret[3] = logical_address(c->cpu_id);
}

/* (address of 8 words): LIGHT_HALT and HALT, both coherent. Latencies in cycles, power in mW. */
static void halt_info(struct fw_call *c)
{
	const uint64_t implemented = 1ull << 60 | 1ull << 61;
	uint64_t buf[8] = { implemented | 2000ull << 32 | 1 << 16 | 1,
			    implemented | 1000ull << 32 | 1 << 16 | 1 };

	pal_guest_failed(c, guest_write(c, c->arg[0], buf, sizeof(buf)));
}

/* (0, address): the brand string. */
static void brand_info(struct fw_call *c)
{
	static const char brand[128] = "Itanium 2 Processor 9000 (Riven)";

	if (c->arg[0])
		c->ret[0] = PAL_INVALID;
	else
		pal_guest_failed(c, guest_write(c, c->arg[1], brand, sizeof(brand)));
}

/* In the order of their numbers. */
const struct fw_proc pal_procs[] = {
	{ 1, 3, "PAL_CACHE_FLUSH", pal_cache_flush },
	{ 2, 2, "PAL_CACHE_INFO", pal_cache_info },
	{ 3, 3, "PAL_CACHE_INIT", success },
	{ 4, 0, "PAL_CACHE_SUMMARY", pal_cache_summary },
	{ 5, 0, "PAL_MEM_ATTRIB", pal_mem_attrib },
	{ 6, 0, "PAL_PTCE_INFO", pal_ptce_info },
	{ 7, 2, "PAL_VM_INFO", pal_vm_info },
	{ 8, 0, "PAL_VM_SUMMARY", pal_vm_summary },
	{ 9, 0, "PAL_BUS_GET_FEATURES", success },
	{ 10, 1, "PAL_BUS_SET_FEATURES", bus_set_features },
	{ 11, 0, "PAL_DEBUG_INFO", debug_info },
	{ 12, 0, "PAL_FIXED_ADDR", fixed_addr },
	{ 13, 0, "PAL_FREQ_BASE", freq_base },
	{ 14, 0, "PAL_FREQ_RATIOS", freq_ratios },
	{ 15, 1, "PAL_PERF_MON_INFO", perf_mon_info },
	{ 16, 2, "PAL_PLATFORM_ADDR", platform_addr },
	{ 17, 2, "PAL_PROC_GET_FEATURES", proc_get_features },
	{ 18, 2, "PAL_PROC_SET_FEATURES", proc_set_features },
	{ 19, 0, "PAL_RSE_INFO", rse_info },
	{ 20, 0, "PAL_VERSION", version },
	{ 21, 0, "PAL_MC_CLEAR_LOG", success },
	{ 22, 0, "PAL_MC_DRAIN", success },
	{ 23, 1, "PAL_MC_EXPECTED", pal_mc_expected },
	{ 24, 2, "PAL_MC_DYNAMIC_STATE", pal_mc_dynamic_state },
	{ 25, 3, "PAL_MC_ERROR_INFO", pal_mc_error_info },
	{ 26, 2, "PAL_MC_RESUME", pal_mc_resume },
	{ 27, 2, "PAL_MC_REGISTER_MEM", pal_mc_register_mem },
	{ 28, 2, "PAL_HALT", NULL },
	{ 29, 0, "PAL_HALT_LIGHT", NULL },
	{ 30, 3, "PAL_COPY_INFO", copy_info },
	{ 31, 2, "PAL_CACHE_LINE_INIT", NULL },
	{ 32, 1, "PAL_PMI_ENTRYPOINT", pmi_entrypoint },
	{ 33, 3, "PAL_ENTER_IA_32_ENV", NULL },
	{ 34, 0, "PAL_VM_PAGE_SIZE", pal_vm_page_size },
	{ 37, 0, "PAL_TEST_INFO", test_info },
	{ 38, 2, "PAL_CACHE_PROT_INFO", pal_cache_prot_info },
	{ 39, 1, "PAL_REGISTER_INFO", register_info },
	{ 40, 1, "PAL_SHUTDOWN", NULL },
	{ 41, 1, "PAL_PREFETCH_VISIBILITY", pal_prefetch_visibility },
	{ 42, 1, "PAL_LOGICAL_TO_PHYSICAL", logical_to_physical },
	{ 43, 3, "PAL_CACHE_SHARED_INFO", cache_shared_info },
	{ 44, 1, "PAL_PSTATE_INFO", NULL },
	{ 48, 1, "PAL_GET_HW_POLICY", NULL },
	{ 49, 1, "PAL_SET_HW_POLICY", NULL },
	{ 50, 2, "PAL_VP_INFO", NULL },
	{ 51, 0, "PAL_MC_HW_TRACKING", success },
	{ 256, 3, "PAL_COPY_PAL", NULL },
	{ 257, 1, "PAL_HALT_INFO", halt_info },
	{ 258, 3, "PAL_TEST_PROC", NULL },
	{ 259, 2, "PAL_CACHE_READ", NULL },
	{ 260, 3, "PAL_CACHE_WRITE", NULL },
	{ 261, 3, "PAL_VM_TR_READ", pal_vm_tr_read },
	{ 262, 1, "PAL_GET_PSTATE", NULL },
	{ 263, 1, "PAL_SET_PSTATE", NULL },
	{ 265, 3, "PAL_VP_CREATE", NULL },
	{ 266, 3, "PAL_VP_ENV_INFO", NULL },
	{ 267, 1, "PAL_VP_EXIT_ENV", NULL },
	{ 268, 3, "PAL_VP_INIT_ENV", NULL },
	{ 269, 3, "PAL_VP_REGISTER", NULL },
	{ 270, 2, "PAL_VP_RESTORE", NULL },
	{ 271, 2, "PAL_VP_SAVE", NULL },
	{ 272, 2, "PAL_VP_TERMINATE", NULL },
	{ 274, 2, "PAL_BRAND_INFO", brand_info },
	{ 276, 3, "PAL_MC_ERROR_INJECT", NULL },
	{ 277, 3, "PAL_MEMORY_BUFFER", NULL },
	{ 0 },
};

_Static_assert(sizeof(pal_procs) / sizeof(pal_procs[0]) <= FW_MAX_PROCS, "counters for all");
