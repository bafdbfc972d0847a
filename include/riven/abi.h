/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between a host and a world: what the host writes to make the GVMM
 * do something and what the GVMM leaves when it exits. The same structures
 * pass through shared memory in the process host and through /dev/riven.
 * User-space code uses include/riven/riven.h instead.
 */
#ifndef RIVEN_ABI_H
#define RIVEN_ABI_H

#include <stdint.h>
#include <riven/stats.h>

#define RIVEN_ABI_VERSION 1

/*
 * What a guest frame is, one byte a frame in the P2M. Type in bits 2:0;
 * 0 means no memory: an access is MMIO and exits.
 */
enum riven_p2m {
	RIVEN_P2M_NONE = 0,
	RIVEN_P2M_RAM = 1,
	RIVEN_P2M_ROM = 2,		/* reads as memory, writes are dropped */
	RIVEN_P2M_TYPE = 7,
	RIVEN_P2M_FIRMWARE = 8,		/* firmware breaks are honoured in this frame */
	RIVEN_P2M_LOG = 16,		/* dirty logging: writes must set DIRTY */
	RIVEN_P2M_DIRTY = 32,
	RIVEN_P2M_CODE = 64,		/* the guest has executed from this frame */
};

/* Per-VM data at RIVEN_VM_OFFSET. Constant while any vCPU runs. */
struct riven_vm_data {
	uint32_t abi_version;
	uint32_t stlb_entries;		/* power of two, 64 .. 1 Mi */
	uint32_t nr_vcpus;
	uint32_t flags;			/* RIVEN_VM_* */
	uint64_t itc_frequency;		/* guest ITC ticks per second */
	uint64_t itc_mult;		/* ITC = (TSC * itc_mult >> 32) + offset */
	uint64_t tsc_frequency;		/* host TSC ticks per second */
	uint32_t trace_mask;		/* 1 << enum riven_trace */
	uint32_t hot_count;		/* executions before code is translated, 0 .. 255 */
	uint64_t code_size;		/* translation cache of each vCPU in bytes; 0: no translator */
};

/* riven_vm_data.flags */
enum riven_vm_flags {
	/* The translator's work is compared with the interpreter's (include/riven/difference.h). */
	RIVEN_VM_VERIFY = 1,
	/* vCPUs tell what they are doing, for samples (include/riven/profile.h). */
	RIVEN_VM_PROFILE = 2,
};

/* Commands: what an entry into the world asks for (riven_run.command). */
enum riven_command {
	RIVEN_CMD_RUN = 0,	/* run the guest until an exit */
	RIVEN_CMD_RESET,	/* put the vCPU in its reset state */
	RIVEN_CMD_GET_STATE,	/* fill riven_run.state */
	RIVEN_CMD_SET_STATE,	/* take riven_run.state */
	RIVEN_CMD_TRANSLATE,	/* riven_run.translate */
	RIVEN_CMD_INVALIDATE,	/* drop decoded code: riven_run.invalidate */
	RIVEN_CMD_MEM_CHANGED,	/* the P2M changed: drop machine TLB and decoded code */
};

/* Exit reasons: X(name, "meaning"). */
#define RIVEN_EXITS(X)							\
	X(NONE, "command done")						\
	X(MMIO, "guest access to physical memory that is not RAM")	\
	X(PIO, "guest access to a legacy I/O port")			\
	X(FIRMWARE, "call of a firmware stub")				\
	X(HALT, "guest halted until an interrupt")			\
	X(INTR, "the host asked for an exit")				\
	X(IPI, "interrupt message for another vCPU")			\
	X(EOI, "end of a level-triggered interrupt")			\
	X(DEBUG, "single step or breakpoint asked for by the host")	\
	X(TRACE, "trace ring is full")					\
	X(DEAD, "guest cannot go on: unhandled nested interruption")	\
	X(INTERNAL, "GVMM met a state that it cannot handle")

enum riven_exit {
#define X(name, text) RIVEN_EXIT_##name,
	RIVEN_EXITS(X)
#undef X
	RIVEN_NR_EXITS
};

/* Why a guest is dead (riven_run.exit_detail of RIVEN_EXIT_DEAD). */
enum riven_dead {
	RIVEN_DEAD_NESTED,	/* the first slot of a vector raises that vector, for ever */
	RIVEN_DEAD_NO_MEMORY,	/* instructions are fetched from where there is no memory */
};

/* What the GVMM met (riven_run.exit_detail of RIVEN_EXIT_INTERNAL). */
enum riven_internal {
	RIVEN_INTERNAL_OTHER,
	RIVEN_INTERNAL_DIFFERENCE,	/* the engines disagree: struct riven_difference */
};

/* Kinds of trace records, bits of riven_vm_data.trace_mask. */
enum riven_trace {
	RIVEN_TRACE_EXITS,
	RIVEN_TRACE_FIRMWARE,
	RIVEN_TRACE_FAULTS,
	RIVEN_TRACE_TLB,
	RIVEN_TRACE_BLOCKS,
};

/* One record of the trace ring (an array of these fills RIVEN_VCPU_TRACE). */
struct riven_trace_record {
	uint64_t itc;
	uint32_t kind;		/* enum riven_trace */
	uint32_t code;		/* faults: vector offset; tlb: enum riven_trace_tlb; blocks: bundles */
	uint64_t ip;		/* guest IP, slot in bits 1:0 */
	/*
	 * faults: ISR, IFA, ITIR, IPSR, IIM; tlb: va, pte, itir, rid, 0; blocks: offset of
	 * the code in the vCPU's translation cache, its size in bytes with that of the main
	 * path in the upper half, guest-physical address, CFM, flags of enum riven_block_flags
	 */
	uint64_t arg[5];
};

/* The state that a block is for. */
enum riven_block_flags {
	RIVEN_BLOCK_CPL = 3,		/* mask of the privilege level */
	RIVEN_BLOCK_BE = 4,		/* PSR.be */
	RIVEN_BLOCK_IT = 8,		/* PSR.it */
	RIVEN_BLOCK_OPEN = 128,		/* for any frame; cfm is 0 */
};

enum riven_trace_tlb {
	RIVEN_TLB_ITC_I, RIVEN_TLB_ITC_D, RIVEN_TLB_ITR_I, RIVEN_TLB_ITR_D,
	RIVEN_TLB_PTC_L, RIVEN_TLB_PTC_G, RIVEN_TLB_PTC_GA, RIVEN_TLB_PTC_E,
	RIVEN_TLB_PTR_I, RIVEN_TLB_PTR_D, RIVEN_TLB_VHPT,
};

/* An 82-bit register in spill format: significand, then exponent and sign. */
struct riven_fpreg {
	uint64_t sig;
	uint64_t se;
};

/*
 * The whole architectural state of a vCPU. General register r32 is gr[32] and
 * so on for sof registers of the current frame, after rotation. Dirty
 * registers below the frame are in dirty[], oldest first; clean ones are not
 * kept. Guest memory is neither read nor written.
 */
struct riven_state {
	uint64_t gr[128];
	uint64_t nat[2];		/* bit n: NaT of gr[n] */
	uint64_t bank[16];		/* r16-r31 of the bank that is not current */
	uint64_t bank_nat;
	struct riven_fpreg fr[128];
	uint64_t pr;			/* after rotation, bit n is p<n> */
	uint64_t br[8];
	uint64_t ip;
	uint64_t psr;			/* ri included */
	uint64_t cfm;
	uint64_t ar[128];		/* bsp in ar[17] is read only: set bspstore and ndirty */
	uint64_t cr[128];
	uint64_t rr[8];
	uint64_t pkr[16];
	uint64_t ibr[8];
	uint64_t dbr[8];
	uint64_t pmc[32];
	uint64_t pmd[64];
	uint64_t cpuid[5];
	uint64_t insvc[4];
	/*
	 * Dirty registers, or less than 0 when the frame is incomplete (SDM 2:6.8):
	 * so many registers from r32 on are still in memory.
	 */
	int64_t ndirty;
	uint64_t cfle;			/* RSE.CFLE: they are loaded before the next instruction */
	uint64_t dirty[96];
	uint64_t dirty_nat[2];
	struct riven_tr {
		uint64_t pte;		/* as inserted; p clear when the register is free */
		uint64_t itir;
		uint64_t va;
		uint64_t rid;
	} itr[64], dtr[64];
};

/* Which architected access riven_run.translate asks about. */
enum riven_access {
	RIVEN_ACCESS_READ = 1,
	RIVEN_ACCESS_WRITE = 2,
	RIVEN_ACCESS_EXEC = 4,
};

/*
 * What the host does with a firmware call when it has been handled
 * (riven_run.fw.action), taken by the next RIVEN_CMD_RUN.
 */
enum riven_fw_action {
	RIVEN_FW_DONE = 0,	/* put ret[0..3] in r8-r11, go on behind the break */
	RIVEN_FW_TOUCH,		/* the guest must map touch_va first: deliver the fault that an
				   access to it raises, or call again when it raises none */
	RIVEN_FW_AGAIN,		/* execute the break once more */
	RIVEN_FW_STATE,		/* SET_STATE has placed the guest elsewhere: just run */
};

/*
 * Translating on another processor: a thread of the host's enters the world at `entry`
 * while `wanted` is not `done`. That may be while the vCPU is inside, but the host keeps
 * it outside while slots or the P2M change. All are accessed atomically.
 */
struct riven_background {
	uint64_t entry;			/* GVMM to host: offset in the blob; 0: there is none */
	uint32_t allowed;		/* host, before the first run: the thread exists */
	uint32_t awake;			/* host: it looks at `wanted` all the time */
	uint32_t dead;			/* host: the GVMM has faulted there, and nobody comes any more */
	uint32_t wanted, done;		/* translations, modulo 2^32: by the vCPU, by the thread */
	uint32_t missed;		/* those that the vCPU made since nobody was awake */
	uint32_t off;			/* GVMM: it does without for a while, the thread can sleep */
};

/*
 * The run page: one for each vCPU, shared by the host and the GVMM. The host
 * writes the fields of the first block at any time (atomically), the others
 * only between runs.
 */
struct riven_run {
	/* host to GVMM, any time */
	uint32_t kick;			/* non-zero: exit soon with RIVEN_EXIT_INTR; GVMM clears */
	uint32_t attention;		/* non-zero: irq[], nmi or the like were written */
	uint64_t irq[4];		/* pending external interrupts to merge, bit is vector */
	uint32_t pmi;
	uint32_t init;

	/* host to GVMM, before a run */
	uint32_t command __attribute__((aligned(64)));	/* enum riven_command */
	uint32_t vcpu_id;		/* whose area this is; constant */
	uint64_t bundle_limit;		/* exit with RIVEN_EXIT_INTR after so many; 0: none */

	/* GVMM to host */
	uint32_t exit_reason;		/* enum riven_exit */
	uint32_t exit_detail;		/* of DEAD: enum riven_dead, of INTERNAL: enum riven_internal */
	uint64_t exit_ip;

	union {
		struct {
			uint64_t gpa;
			uint8_t data[16];	/* little endian, both ways */
			uint32_t len;		/* 1, 2, 4, 8, 10 or 16 */
			uint32_t is_write;
		} mmio;
		struct {
			uint32_t port;
			uint32_t len;		/* 1, 2 or 4 */
			uint32_t is_write;
			uint32_t data;
		} pio;
		struct {
			uint64_t stub;		/* the break's immediate less RIVEN_FW_BREAK */
			uint64_t gr[4];		/* r28 - r31 */
			uint64_t in[8];		/* r32 - r39, zero beyond the frame */
			uint64_t b0;
			uint64_t psr;
			uint64_t ret[4];	/* r8 - r11 on return */
			uint32_t action;	/* enum riven_fw_action */
			uint32_t touch_access;	/* enum riven_access */
			uint64_t touch_va;
		} fw;
		struct {
			uint64_t tsc_deadline;	/* wake by then; ~0: no timer armed */
		} halt;
		struct {
			uint64_t address;	/* offset in the interrupt block */
			uint64_t data;		/* delivery mode 10:8, vector 7:0 */
		} ipi;
		struct {
			uint32_t vector;
		} eoi;
		struct {
			uint64_t va;
			uint64_t gpa;		/* out */
			uint32_t access;	/* enum riven_access */
			uint32_t valid;		/* out */
		} translate;
		struct {
			uint64_t gpa;
			uint64_t len;
		} invalidate;
		uint8_t pad[256];
	};

	uint32_t trace_head;		/* records written, modulo 2^32 */
	uint32_t trace_tail;		/* records read by the host */

	struct riven_stats stats;
	struct riven_state state;

	struct riven_background background __attribute__((aligned(64)));
};

/*
 * Firmware stubs execute break.m with this immediate plus a stub number below
 * RIVEN_FW_STUBS. Honoured at CPL 0 in frames marked RIVEN_P2M_FIRMWARE;
 * anywhere else it is an ordinary break.
 */
#define RIVEN_FW_BREAK	0x1f5000
#define RIVEN_FW_STUBS	0x1000

/*
 * The last stub number halts: what PAL_HALT_LIGHT's stub executes. r8-r11
 * become 0; unless an interrupt is pending that TPR and those in service leave
 * unmasked, the vCPU exits with RIVEN_EXIT_HALT and stays halted until there
 * is one, whatever PSR.i says. Execution goes on behind the break.
 */
#define RIVEN_FW_HALT	(RIVEN_FW_STUBS - 1)

#endif
