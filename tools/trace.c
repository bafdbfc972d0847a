// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace records as text, a line each: the kind, the vCPU, a name, then
 * name=value pairs.
 */
#include <inttypes.h>

#include "tools/run.h"

/* Interruption vectors by offset (SDM 2:5.7). */
static const char *vector_name(uint32_t offset)
{
	static const struct {
		uint32_t offset;
		char name[28];
	} vectors[] = {
		{ 0x0000, "vhpt-translation" },	  { 0x0400, "instruction-tlb" },
		{ 0x0800, "data-tlb" },		  { 0x0c00, "alternate-instruction-tlb" },
		{ 0x1000, "alternate-data-tlb" }, { 0x1400, "data-nested-tlb" },
		{ 0x1800, "instruction-key-miss" }, { 0x1c00, "data-key-miss" },
		{ 0x2000, "dirty-bit" },	  { 0x2400, "instruction-access-bit" },
		{ 0x2800, "data-access-bit" },	  { 0x2c00, "break" },
		{ 0x3000, "external-interrupt" }, { 0x3400, "virtual-external-interrupt" },
		{ 0x5000, "page-not-present" },	  { 0x5100, "key-permission" },
		{ 0x5200, "instruction-access-rights" }, { 0x5300, "data-access-rights" },
		{ 0x5400, "general-exception" },  { 0x5500, "disabled-fp-register" },
		{ 0x5600, "nat-consumption" },	  { 0x5700, "speculation" },
		{ 0x5900, "debug" },		  { 0x5a00, "unaligned-data" },
		{ 0x5b00, "unsupported-data" },	  { 0x5c00, "fp-fault" },
		{ 0x5d00, "fp-trap" },		  { 0x5e00, "lower-privilege" },
		{ 0x5f00, "taken-branch" },	  { 0x6000, "single-step" },
		{ 0x6100, "virtualization" },	  { 0x6900, "ia32-exception" },
		{ 0x6a00, "ia32-intercept" },	  { 0x6b00, "ia32-interrupt" },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		if (vectors[i].offset == offset)
			return vectors[i].name;
	}
	return "unknown";
}

static const char *tlb_name(uint32_t code)
{
	static const char names[][8] = {
		[RIVEN_TLB_ITC_I] = "itc.i", [RIVEN_TLB_ITC_D] = "itc.d",
		[RIVEN_TLB_ITR_I] = "itr.i", [RIVEN_TLB_ITR_D] = "itr.d",
		[RIVEN_TLB_PTC_L] = "ptc.l", [RIVEN_TLB_PTC_G] = "ptc.g",
		[RIVEN_TLB_PTC_GA] = "ptc.ga", [RIVEN_TLB_PTC_E] = "ptc.e",
		[RIVEN_TLB_PTR_I] = "ptr.i", [RIVEN_TLB_PTR_D] = "ptr.d",
		[RIVEN_TLB_VHPT] = "vhpt",
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown";
}

static void print_ip(FILE *f, uint64_t ip)
{
	fprintf(f, " ip=0x%016" PRIx64 ".%u", ip & ~UINT64_C(15), (unsigned int)(ip & 3));
}

void trace_record(FILE *f, uint32_t vcpu_id, const struct riven_trace_record *rec)
{
	const uint64_t *a = rec->arg;

	flockfile(f);
	if (rec->kind == RIVEN_TRACE_FAULTS) {
		fprintf(f, "fault cpu%u: %s", vcpu_id, vector_name(rec->code));
		print_ip(f, rec->ip);
		fprintf(f,
			" itc=%" PRIu64 " isr=0x%" PRIx64 " ifa=0x%" PRIx64 " itir=0x%" PRIx64
			" ipsr=0x%" PRIx64 " iim=0x%" PRIx64 "\n",
			rec->itc, a[0], a[1], a[2], a[3], a[4]);
	} else if (rec->kind == RIVEN_TRACE_TLB) {
		fprintf(f, "tlb cpu%u: %s", vcpu_id, tlb_name(rec->code));
		print_ip(f, rec->ip);
		fprintf(f,
			" itc=%" PRIu64 " va=0x%" PRIx64 " pte=0x%" PRIx64 " itir=0x%" PRIx64
			" rid=0x%" PRIx64 "\n",
			rec->itc, a[0], a[1], a[2], a[3]);
	} else if (rec->kind == RIVEN_TRACE_BLOCKS) {
		fprintf(f, "block cpu%u:", vcpu_id);
		print_ip(f, rec->ip);
		fprintf(f,
			" itc=%" PRIu64 " gpa=0x%" PRIx64 " cfm=0x%" PRIx64 "%s cpl=%u it=%u be=%u "
			"bundles=%u code=0x%" PRIx64 " bytes=%u main=%u\n",
			rec->itc, a[2], a[3], a[4] & RIVEN_BLOCK_OPEN ? " (any)" : "",
			(uint32_t)a[4] & RIVEN_BLOCK_CPL,
			!!(a[4] & RIVEN_BLOCK_IT), !!(a[4] & RIVEN_BLOCK_BE), rec->code, a[0],
			(uint32_t)a[1], (uint32_t)(a[1] >> 32));
	}
	funlockfile(f);
}

/* Data of up to 16 bytes, most significant first, as one number. */
static void print_data(FILE *f, const uint8_t *data, uint32_t len)
{
	fputs(" data=0x", f);
	for (uint32_t i = len < 16 ? len : 16; i > 0; i--)
		fprintf(f, "%02x", data[i - 1]);
}

void trace_exit(FILE *f, uint32_t vcpu_id, const struct riven_run *run, bool answered)
{
	flockfile(f);
	fprintf(f, "exit cpu%u: %s", vcpu_id, riven_exit_name(run->exit_reason));
	print_ip(f, run->exit_ip);
	switch (run->exit_reason) {
	case RIVEN_EXIT_MMIO:
		fprintf(f, " %s gpa=0x%" PRIx64 " len=%u", run->mmio.is_write ? "write" : "read",
			run->mmio.gpa, run->mmio.len);
		print_data(f, run->mmio.data, run->mmio.len);
		break;
	case RIVEN_EXIT_PIO:
		fprintf(f, " %s port=0x%x len=%u", run->pio.is_write ? "write" : "read",
			run->pio.port, run->pio.len);
		print_data(f, (const uint8_t *)&run->pio.data, run->pio.len < 4 ? run->pio.len : 4);
		break;
	case RIVEN_EXIT_FIRMWARE:
		fprintf(f, " stub=%" PRIu64, run->fw.stub);
		break;
	case RIVEN_EXIT_HALT:
		fprintf(f, " deadline=0x%" PRIx64, run->halt.tsc_deadline);
		break;
	case RIVEN_EXIT_IPI:
		fprintf(f, " offset=0x%" PRIx64 " data=0x%" PRIx64, run->ipi.address,
			run->ipi.data);
		break;
	case RIVEN_EXIT_EOI:
		fprintf(f, " vector=%u", run->eoi.vector);
		break;
	default:
		break;
	}
	fputs(answered ? "\n" : " unclaimed\n", f);
	funlockfile(f);
}
