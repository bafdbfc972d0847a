// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run loop. Straight execution takes whole decoded bundles; whatever needs
 * a closer look (interrupts, the host's wishes, single step, breakpoints, an
 * incomplete frame) happens between slices of bundles, or one instruction at a
 * time.
 */
#include <riven/profile.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/jit.h"
#include "gvmm/mmu/mmu.h"

/* Bundles between two looks at the host and the timer. */
#define SLICE		1024u
#define SLICE_JIT	16384u

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

#define IBR_X		(1ull << 63)
#define IBR_PLM_SHIFT	56
#define IBR_MASK	((1ull << IBR_PLM_SHIFT) - 1)

typedef int exec_handler(struct vcpu *v, const struct insn *i);

/* The GVMM's own reasons to leave; EXEC_EXIT is what the caller returns. */
static int leave_with(struct vcpu *v, enum riven_exit reason, uint32_t detail)
{
	v->run->exit_reason = reason;
	v->run->exit_detail = detail;
	return EXEC_EXIT;
}

static int leave(struct vcpu *v, enum riven_exit reason)
{
	return leave_with(v, reason, 0);
}

/* Make the page of ip the current code page. */
static int fetch_page(struct vcpu *v)
{
	const struct mtlb_entry *e = mtlb_slot(v->mtlb_code, v->ip);
	uint64_t page = v->ip & PAGE_MASK;
	struct mem_loc loc;

	v->code_page = MTLB_NONE;
	if (!(psr_get(v) & PSR_IT) && pa_unimplemented(v->ip))
		return raise_fault_at(v, VEC_LOWER_PRIVILEGE, TRAP_UI, v->ip);
	if (e->tag_exec == page) {
		v->code_gpa = mtlb_gpa(v, (const uint8_t *)(uintptr_t)(page + e->addend));
	} else {
		if (mmu_translate(v, v->ip, 16, MEM_EXEC, &loc) != MEM_OK)
			return EXEC_FAULT;
		/* Nothing answers: hardware would take a machine check here. */
		if (!loc.host)
			return leave_with(v, RIVEN_EXIT_DEAD, RIVEN_DEAD_NO_MEMORY);
		v->code_gpa = loc.gpa & PAGE_MASK;
	}
	/* Not from memory that is not ordinary: translations of that enter no machine TLB. */
	v->code_plain = e->tag_exec == page;
	v->code_page = page;
	return EXEC_NEXT;
}

/* The decoded bundle at ip, on the current code page. */
static inline const struct decoded *fetch(struct vcpu *v)
{
	uint64_t gpa = v->code_gpa + (v->ip & ~PAGE_MASK);
	struct decoded *d = decode_line(v, gpa);

	if (__builtin_expect(d->tag != (gpa | v->decode_tag), 0))
		decode_fill(v, d, gpa);
	return d;
}

static inline int execute(struct vcpu *v, const struct decoded *d, uint32_t n)
{
	const struct insn *i = &d->insn[n];
	exec_handler *handler;

	if (!(d->active & 1 << n) || ((d->pred & 1 << n) && !pr_get(v, i->qp)))
		return EXEC_NEXT;
	v->ri = n;
	handler = (exec_handler *)((const char *)exec_offset + exec_offset[i->op]);
	return handler(v, i);
}

/* ip, ri behind the instruction that has just completed. */
static void advance(struct vcpu *v, const struct decoded *d)
{
	if (v->ri == 2 || (v->ri == 1 && d->insn[2].op == OP_X2ND)) {
		v->ip += 16;
		v->ri = 0;
	} else {
		v->ri++;
	}
}

void interp_synchronize(struct vcpu *v)
{
	v->code_page = MTLB_NONE;
	psr_derive(v);
}

/*
 * An instruction returned neither EXEC_NEXT nor EXEC_JUMP nor EXEC_FAULT.
 * Returns what is left to do: EXEC_NEXT or EXEC_EXIT.
 */
static int wind_up(struct vcpu *v, const struct decoded *d, int status)
{
	if (status == EXEC_EXIT)
		return EXEC_EXIT;
	v->last_ip = v->ip;
	advance(v, d);
	interp_synchronize(v);
	return status == EXEC_SYNC ? EXEC_NEXT : EXEC_EXIT;
}

/* Does an instruction breakpoint match ip (SDM 2:7.1.1)? */
static bool breakpoint_hit(const struct vcpu *v)
{
	const uint64_t *ibr = v->vpd->ibr;
	uint64_t psr = psr_get(v);
	uint32_t n;

	if (!(psr & PSR_DB) || (psr & PSR_ID))
		return false;
	for (n = 0; n < 8; n += 2) {
		uint64_t control = ibr[n + 1];
		uint64_t compared = (control & IBR_MASK & ~15ull) | ~IBR_MASK;

		if ((control & IBR_X) && control >> (IBR_PLM_SHIFT + v->cpl) & 1 &&
		    !((ibr[n] ^ v->ip) & compared))
			return true;
	}
	return false;
}

/* One instruction with everything that may come before and after it. */
static int step(struct vcpu *v)
{
	uint64_t psr = psr_get(v);
	uint64_t ip = v->ip;
	uint32_t ri = v->ri;
	const struct decoded *d;
	int status;

	if ((ip & PAGE_MASK) != v->code_page) {
		status = fetch_page(v);
		if (status != EXEC_NEXT)
			return status;
	}
	d = fetch(v);
	if (breakpoint_hit(v))
		return raise_fault_at(v, VEC_DEBUG, ISR_X, ip);
	/* Only rfi gets here: behind the first half of a long instruction. */
	if (ri > 2 || d->insn[ri].op == OP_X2ND)
		return raise_illegal(v);
	status = execute(v, d, ri);
	if (status == EXEC_FAULT || status == EXEC_EXIT)
		return status;
	if (status == EXEC_JUMP) {
		/* The bits that rfi sets are meant for the instruction behind it. */
		if (d->insn[ri].op == OP_RFI)
			return status;
	} else {
		v->last_ip = ip;
		advance(v, d);
		if (status != EXEC_NEXT)
			interp_synchronize(v);
	}
	if (psr & PSR_ONCE)
		psr_set(v, psr_get(v) & ~PSR_ONCE);
	if (psr & PSR_SS)
		raise_trap(v, VEC_SINGLE_STEP, TRAP_SS, ip, ri);
	return status;
}

int interp_step(struct vcpu *v)
{
	return step(v);
}

/* Slots from ri on of the bundle at ip, which is d. EXEC_NEXT: all are done. */
static int run_rest(struct vcpu *v, const struct decoded *d)
{
	uint64_t ip = v->ip;
	uint32_t n = v->ri;
	int status;

	/* Only rfi gets there: behind the first half of a long instruction. */
	if (n > 2 || d->insn[n].op == OP_X2ND)
		return raise_illegal(v);
	for (; n < 3; n++) {
		status = execute(v, d, n);
		if (status != EXEC_NEXT)
			return status;
		v->last_ip = ip;
	}
	v->ip = ip + 16;
	v->ri = 0;
	return EXEC_NEXT;
}

int interp_finish(struct vcpu *v, bool counted)
{
	const struct decoded *d;
	int status;

	do {
		if ((v->ip & PAGE_MASK) != v->code_page) {
			status = fetch_page(v);
			if (status != EXEC_NEXT)
				return status == EXEC_FAULT ? EXEC_NEXT : status;
		}
		d = fetch(v);
		if (counted && v->profile)
			v->profile->finishes[d->insn[v->ri].op]++;
		counted = false;
		status = run_rest(v, d);
		if (status == EXEC_NEXT || status == EXEC_JUMP || status == EXEC_FAULT)
			return EXEC_NEXT;
		status = wind_up(v, d, status);
	} while (status == EXEC_NEXT && v->ri);
	return status;
}

/*
 * Straight execution of up to *count bundles, until something wants attention;
 * counts them down. A bundle that has begun is finished first, and counts once.
 * to_branch: only until the next bundle is not the one behind. Returns EXEC_NEXT or
 * EXEC_EXIT.
 */
static inline __attribute__((always_inline)) int run_bundles(struct vcpu *v, uint32_t *count,
							      bool to_branch)
{
	uint32_t left = *count;
	int status = EXEC_NEXT;

	while (left && !v->attention) {
		uint64_t ip = v->ip;
		const struct decoded *d;

		left--;
		if (__builtin_expect(v->ri != 0, 0)) {
			status = interp_finish(v, false);
			if (status != EXEC_NEXT || to_branch)
				break;
			continue;
		}
		if (__builtin_expect((ip & PAGE_MASK) != v->code_page, 0)) {
			status = fetch_page(v);
			if (status == EXEC_EXIT)
				break;
			if (status != EXEC_NEXT)
				continue;
		}
		d = fetch(v);
		status = execute(v, d, 0);
		if (__builtin_expect(status != EXEC_NEXT, 0))
			goto stopped;
		v->last_ip = ip;
		status = execute(v, d, 1);
		if (__builtin_expect(status != EXEC_NEXT, 0))
			goto stopped;
		status = execute(v, d, 2);
		if (status != EXEC_NEXT)
			goto stopped;
		v->ip = ip + 16;
		v->ri = 0;
		continue;
stopped:
		if (status != EXEC_JUMP && status != EXEC_FAULT) {
			status = wind_up(v, d, status);
			if (status == EXEC_NEXT && v->ri)
				status = interp_finish(v, false);
			if (status != EXEC_NEXT)
				break;
		}
		if (to_branch)
			break;
	}
	*count = left;
	return status == EXEC_EXIT || status == EXEC_EXIT_NEXT ? EXEC_EXIT : EXEC_NEXT;
}

int interp_bundles(struct vcpu *v, uint32_t *count)
{
	return run_bundles(v, count, false);
}

int interp_to_branch(struct vcpu *v, uint32_t *count)
{
	return run_bundles(v, count, true);
}

const struct decoded *interp_fetch(struct vcpu *v)
{
	return fetch(v);
}

int interp_fetch_page(struct vcpu *v)
{
	return fetch_page(v);
}

int interp_wind_up(struct vcpu *v, int status, bool is_long)
{
	/* What wind_up() needs of the bundle. */
	struct decoded d = { .insn[2].op = is_long ? OP_X2ND : OP_NOP_M };

	status = wind_up(v, &d, status);
	return status == EXEC_NEXT && v->ri ? interp_finish(v, false) : status;
}

/* Take what the host and the timer have pended. */
static void collect_interrupts(struct vcpu *v)
{
	struct riven_run *run = v->run;

	if (__atomic_exchange_n(&run->attention, 0, __ATOMIC_ACQUIRE)) {
		sapic_merge(v);
		/* There is no PAL to handle these. */
		__atomic_store_n(&run->pmi, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&run->init, 0, __ATOMIC_RELAXED);
	}
	timer_poll(v);
}

/*
 * What has priority over the instruction at ip, ri (SDM 2:5.6): the host,
 * interrupts, then the loads of an incomplete frame. Returns EXEC_NEXT or
 * EXEC_EXIT.
 */
static int look_up(struct vcpu *v)
{
	v->attention = 0;
	if (v->dead)
		return leave_with(v, RIVEN_EXIT_DEAD, RIVEN_DEAD_NESTED);
	if (trace_full(v))
		return leave(v, RIVEN_EXIT_TRACE);
	if (__atomic_load_n(&v->run->kick, __ATOMIC_RELAXED)) {
		__atomic_store_n(&v->run->kick, 0, __ATOMIC_RELEASE);
		return leave(v, RIVEN_EXIT_INTR);
	}
	collect_interrupts(v);
	if (v->halted) {
		v->run->halt.tsc_deadline = timer_deadline_tsc(v);
		return leave(v, RIVEN_EXIT_HALT);
	}
	if ((psr_get(v) & PSR_I) && sapic_deliverable(v))
		raise_fault(v, VEC_EXTERNAL_INTERRUPT, 0);
	if (v->cfle && rse_fill_frame(v) == EXEC_EXIT)
		return EXEC_EXIT;
	return EXEC_NEXT;
}

/* The host has answered an MMIO or port access: give it to the instruction that asked. */
static void take_answer(struct vcpu *v)
{
	const struct riven_run *run = v->run;

	if (v->io_exit == RIVEN_EXIT_MMIO)
		__builtin_memcpy(v->mmio_data, run->mmio.data, sizeof(v->mmio_data));
	else
		__builtin_memcpy(v->mmio_data, &run->pio.data, sizeof(run->pio.data));
	v->io_exit = 0;
	v->mmio_done = true;
}

/*
 * The instruction, or the load of an incomplete frame, that an exit has
 * interrupted goes on before all else: its side effect is done already.
 */
static int resume(struct vcpu *v)
{
	int status;

	if (v->io_exit)
		take_answer(v);
	status = v->cfle ? rse_fill_frame(v) : step(v);
	v->mmio_done = false;
	return status == EXEC_EXIT || status == EXEC_EXIT_NEXT ? EXEC_EXIT : EXEC_NEXT;
}

static void count_exit(struct vcpu *v)
{
	switch (v->run->exit_reason) {
	case RIVEN_EXIT_MMIO:
		v->stats.exit_mmio++;
		v->io_exit = RIVEN_EXIT_MMIO;
		break;
	case RIVEN_EXIT_PIO:
		v->stats.exit_pio++;
		v->io_exit = RIVEN_EXIT_PIO;
		break;
	case RIVEN_EXIT_FIRMWARE:
		v->stats.exit_firmware++;
		break;
	case RIVEN_EXIT_HALT:
		v->stats.exit_halt++;
		break;
	case RIVEN_EXIT_INTR:
		v->stats.exit_intr++;
		break;
	default:
		v->stats.exit_other++;
		break;
	}
}

/* Slices of bundles until an exit. */
static void run_slices(struct vcpu *v)
{
	uint64_t left = v->run->bundle_limit;
	bool limited = left != 0;

	for (;;) {
		uint32_t most = v->jit ? SLICE_JIT : SLICE;
		uint32_t slice = limited && left < most ? (uint32_t)left : most;
		uint32_t rest = slice;
		int status = look_up(v);

		if (status == EXEC_EXIT)
			return;
		if (limited && !left) {
			leave(v, RIVEN_EXIT_INTR);
			return;
		}
		if (v->careful) {
			rest--;
			status = step(v);
			v->attention = 1;
		} else if (!v->attention) {
			status = v->verify ? verify_bundles(v, &rest) :
				 v->jit	   ? jit_bundles(v, &rest) : interp_bundles(v, &rest);
		}
		v->stats.bundles += slice - rest;
		left -= slice - rest;
		if (status == EXEC_EXIT || status == EXEC_EXIT_NEXT)
			return;
	}
}

void interp_run(struct vcpu *v)
{
	bool pending = v->io_exit || v->mmio_done || v->fw_pending;
	uint64_t began = __builtin_ia32_rdtsc();

	if (!pending || resume(v) == EXEC_NEXT)
		run_slices(v);
	v->run->exit_ip = v->ip | v->ri;
	count_exit(v);
	v->stats.run_ns += timer_ns(v, __builtin_ia32_rdtsc() - began);
}
