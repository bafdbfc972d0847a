/* SPDX-License-Identifier: GPL-2.0-only */
/* The firmware library's inside: its state, calls in progress, guest memory. */
#ifndef FIRMWARE_FW_H
#define FIRMWARE_FW_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riven/firmware.h>

#include "firmware/acpi/platform.h"
#include "firmware/efi/efi.h"
#include "firmware/efi/memmap.h"
#include "firmware/efi/variables.h"
#include "firmware/stubs.h"

_Static_assert(FW_BREAK == RIVEN_FW_BREAK, "stubs.S breaks where the GVMM looks");
_Static_assert(FW_STUB_HALT == RIVEN_FW_HALT, "stubs.S halts where the GVMM looks");

/* Memory slots. */
enum {
	SLOT_RAM_LOW,
	SLOT_RAM_HIGH,
	SLOT_CODE,
	SLOT_DATA,
};

/* Guest-physical address of stub n, PAL's excepted. */
static inline uint64_t fw_stub(uint32_t n)
{
	return FW_RUNTIME_CODE + (uint64_t)n * 16;
}

struct fw_call;

/* One procedure that the firmware knows by name. */
struct fw_proc {
	uint32_t number;
	uint8_t nr_args;			/* that a trace shows */
	const char *name;
	void (*handler)(struct fw_call *c);	/* NULL: not implemented */
};

/* The kinds of procedures: what a stub number selects and how status is shown. */
enum fw_class {
	FW_CLASS_PAL,
	FW_CLASS_SAL,
	FW_CLASS_RUNTIME,
	FW_CLASS_BOOT,
	FW_CLASS_FPSWA,
	FW_NR_CLASSES,
};

#define FW_MAX_PROCS	80	/* of one class */
#define FW_MAX_UNKNOWN	16	/* distinct unknown procedures that are counted by number */

/* What a call's exit carries. */
typedef __typeof__(((struct riven_run *)0)->fw) fw_exit;

/* A processor as the firmware sees it. */
struct fw_cpu {
	uint64_t mc_expected;		/* PAL_MC_EXPECTED */
	uint64_t min_state;		/* PAL_MC_REGISTER_MEM */
	uint64_t touch_va;		/* last page that RIVEN_FW_TOUCH named */
	uint32_t touches;		/* how often in a row */
};

/* An entry point that the OS registered by SAL_SET_VECTORS. */
struct sal_vector {
	uint64_t entry, gp, length;
};

struct riven_fw {
	struct riven_vm *vm;
	struct riven_platform platform;
	char *nvram_path;
	pthread_mutex_t lock;		/* held during a call */

	struct fw_cpu cpu[RIVEN_MAX_VCPUS];
	struct efi_memmap map;
	struct efi_variables vars;

	/* Guest-physical addresses of tables, set by efi_build(). */
	uint64_t system_table, runtime_table, runtime_descriptors, fpswa;
	bool exited_boot_services;
	bool virtual_map;		/* SetVirtualAddressMap has been called */
	int64_t time_offset;		/* guest clock less host clock, seconds */
	int16_t time_zone;		/* as SetTime left them */
	uint8_t daylight;
	uint64_t monotonic_high;

	struct sal_vector sal_vector[3][2];	/* by SAL_SET_VECTORS' vector type */
	uint64_t sal_mc_params;			/* parameter types set, bit by number */

	riven_fw_pci_config *pci;
	void *pci_opaque;

	enum riven_fw_request request;
	FILE *trace;
	uint64_t count[FW_NR_CLASSES][FW_MAX_PROCS];
	struct {
		enum fw_class class;
		uint64_t number, count;
	} unknown[FW_MAX_UNKNOWN];
	uint32_t nr_unknown;
	uint64_t unknown_lost;		/* calls of unknown procedures beyond those */
};

/* A call being answered. */
struct fw_call {
	struct riven_fw *fw;
	struct riven_vcpu *vcpu;
	struct fw_cpu *cpu;
	uint32_t cpu_id;
	const uint64_t *arg;	/* behind the procedure's number */
	uint64_t ret[4];	/* r8-r11 */
	bool touch;		/* a page has to be mapped first: the call is made again */
	uint64_t touch_va;
	enum riven_access touch_access;
	char note[64];		/* for the trace */
};

/* What blob.S holds: guest code, and the DSDT in byte code. Sizes in bytes. */
extern const uint8_t fw_stubs[], fw_dsdt[];
extern const uint64_t fw_stubs_size, fw_dsdt_size;

/* Procedure tables, ended by a NULL name. */
extern const struct fw_proc pal_procs[], sal_procs[], efi_runtime_procs[], efi_boot_procs[],
	fpswa_procs[];

/*
 * Guest memory by the caller's pointers, virtual or physical as the guest runs
 * (guest.c). GUEST_TOUCH: give up without a side effect, the call comes again.
 * A procedure checks all it is going to touch before it changes anything.
 */
enum guest_status {
	GUEST_OK,
	GUEST_TOUCH,
	GUEST_BAD,	/* no memory, or memory that the guest may not write */
};

enum guest_status guest_check(struct fw_call *c, uint64_t va, uint64_t len,
			      enum riven_access access);
enum guest_status guest_read(struct fw_call *c, uint64_t va, void *buf, uint64_t len);
enum guest_status guest_write(struct fw_call *c, uint64_t va, const void *buf, uint64_t len);

/* Longest guest buffer that a call may name. */
#define GUEST_MAX_BUFFER	(1u << 20)

/* Host address of firmware data, which is one slot. */
void *fw_data(struct riven_fw *fw, uint64_t gpa);

/*
 * Lay out tables for a boot: efi_build() calls the others. *gpa is where the
 * next table may go and moves up; end bounds it.
 */
struct fw_area {
	uint64_t next, end;
};

/* Zeroed room for a table, its host address in *host; 0 when the area is full. */
uint64_t fw_area_alloc(struct riven_fw *fw, struct fw_area *area, uint64_t size, uint64_t align,
		       void **host);
int efi_build(struct riven_fw *fw);
uint64_t acpi_build(struct riven_fw *fw, struct fw_area *area);		/* RSDP */
uint64_t hcdp_build(struct riven_fw *fw, struct fw_area *area);
uint64_t sal_build(struct riven_fw *fw, struct fw_area *area);		/* SAL system table */

/* The FPSWA interface, 0 when the area is full. */
uint64_t fpswa_build(struct riven_fw *fw, struct fw_area *area);

/* What makes bytes sum to 0, given that the checksum field is 0 now. */
uint8_t fw_checksum(const void *table, size_t size);

/* Calls by name (trace.c). */
void fw_trace_call(struct riven_fw *fw, const struct fw_call *c, enum fw_class class,
		   const struct fw_proc *proc, uint64_t number);

/* Status values of PAL (SDM 2:11.10.1) and SAL. */
#define PAL_SUCCESS		0ull
#define PAL_UNIMPLEMENTED	(uint64_t)-1
#define PAL_INVALID		(uint64_t)-2
#define PAL_ERROR		(uint64_t)-3
#define PAL_NO_INFORMATION	(uint64_t)-6
#define PAL_NO_FEATURE_SET	(uint64_t)-8

#define SAL_SUCCESS		0ull
#define SAL_NOT_IMPLEMENTED	(uint64_t)-1
#define SAL_INVALID		(uint64_t)-2
#define SAL_ERROR		(uint64_t)-3
#define SAL_NO_INFORMATION	(uint64_t)-5

#define PLATFORM_BASE_FREQUENCY	200000000ull	/* Hz, SAL_FREQ_BASE */

#endif
