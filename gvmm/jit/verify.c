// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engines in lockstep: one round runs some bundles on both and compares.
 * What differs is tried again first, from the same state: memory may have been
 * written by a device meanwhile, and a translation may have left the TLB. What
 * stays different is narrowed down and reported (verify-report.c).
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fpsr.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/jit.h"
#include "gvmm/jit/verify-round.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"
#include "gvmm/vm.h"

#define PAGE_MASK	(~((1ull << MTLB_PAGE_BITS) - 1))

/* Pages that one bundle can touch at most, its walks of the VHPT included, and more. */
#define SHADOWS_BUNDLE	40
/* Bundles of a round: from 1 up to so many, never the same number for long. */
#define ROUND_BUNDLES	256
/* Bundles that the interpreter runs alone where there are no blocks. */
#define ALONE_BUNDLES	64
#define ATTEMPTS	4

/* What the lockstep makes of a bundle. */
enum kind {
	PLAIN,
	/*
	 * It changes what save() does not keep: TLB, translated code. The second
	 * time changes nothing more, so it can be a round of its own.
	 */
	SINGLE,
	ONCE,		/* only one engine may do it: the translator, unverified */
};

static enum kind kind_of_insn(const struct insn *i)
{
	switch (i->op) {
	case OP_BREAK_M:
		/* A firmware stub's: it may take interrupts that came from outside. */
		return (uint64_t)i->imm - RIVEN_FW_BREAK < RIVEN_FW_STUBS ? ONCE : PLAIN;
	case OP_ITC_I:
	case OP_ITC_D:
	case OP_ITR_I:
	case OP_ITR_D:
	case OP_PTC_L:
	case OP_PTC_G:
	case OP_PTC_GA:
	case OP_PTC_E:
	case OP_PTR_I:
	case OP_PTR_D:
	case OP_FC:
	case OP_FC_I:
		return SINGLE;
	default:
		return PLAIN;
	}
}

/* May what the instruction does depend on a change of the TLB? */
static bool sees_tlb(const struct insn *i)
{
	enum op_unit unit = op_unit(i->op);

	return (unit == UNIT_M || unit == UNIT_B) && exec_offset[i->op] != exec_offset[OP_NOP_M];
}

/* The page of ip is the current code page. */
static enum kind kind_of_bundle(struct vcpu *v)
{
	const struct decoded *d = interp_fetch(v);
	enum kind kind = PLAIN;
	bool sees = false;
	uint32_t n;

	for (n = 0; n < 3; n++) {
		enum kind one = kind_of_insn(&d->insn[n]);

		kind = one > kind ? one : kind;
		sees |= one == PLAIN && sees_tlb(&d->insn[n]);
	}
	return kind == SINGLE && sees ? ONCE : kind;
}

/* State. */

static const struct {
	uint32_t offset, size;
} vpd_parts[] = {
	{ 0, offsetof(struct vpd, reserved5) },
	{ offsetof(struct vpd, rr), offsetof(struct vpd, reserved6) - offsetof(struct vpd, rr) },
};

static void copy_vpd(void *to, const void *from)
{
	uint32_t n;

	for (n = 0; n < 2; n++)
		memcpy((uint8_t *)to + vpd_parts[n].offset,
		       (const uint8_t *)from + vpd_parts[n].offset, vpd_parts[n].size);
}

void verify_save(struct vcpu *v, struct verify_saved *s)
{
	memcpy(&s->vcpu, v, sizeof(s->vcpu));
	s->vcpu.fpsr = fpsr_get(v);
	copy_vpd(&s->vpd, v->vpd);
	memcpy(s->pad, v->run->pad, sizeof(s->pad));
	s->exit_reason = v->run->exit_reason;
	s->exit_detail = v->run->exit_detail;
	s->trace_head = v->run->trace_head;
}

/* What belongs to caches that are not restored goes on from where they are. */
void verify_restore(struct vcpu *v, const struct verify_saved *s)
{
	const struct vpd *vpd = &s->vpd;
	uint64_t decode_tag = v->decode_tag;
	uint32_t code_gen[8], n;
	bool checks = memcmp(v->vpd->pkr, vpd->pkr, sizeof(vpd->pkr)) != 0 ||
		      memcmp(v->vpd->ibr, vpd->ibr, sizeof(vpd->ibr)) != 0 ||
		      memcmp(v->vpd->dbr, vpd->dbr, sizeof(vpd->dbr)) != 0;

	memcpy(code_gen, v->code_gen, sizeof(code_gen));
	memcpy(v, &s->vcpu, sizeof(*v));
	memcpy(v->code_gen, code_gen, sizeof(code_gen));
	/* MXCSR has a part of it. */
	fpsr_set(v, v->fpsr);
	v->decode_tag = decode_tag;
	copy_vpd(v->vpd, vpd);
	memcpy(v->run->pad, s->pad, sizeof(s->pad));
	v->run->exit_reason = s->exit_reason;
	v->run->exit_detail = s->exit_detail;
	v->run->trace_head = s->trace_head;
	v->code_page = MTLB_NONE;
	for (n = 0; n < 8; n++)
		mmu_rr_changed(v, n);
	if (checks)
		mmu_flush_mtlb(v);
	else
		mmu_psr_changed(v);
	/* This was no work of the guest's. */
	v->work = s->vcpu.work;
	v->attention = s->vcpu.attention;
}

void verify_outcome(struct vcpu *v, int status, struct verify_outcome *o)
{
	uint32_t n;

	memset(o, 0, sizeof(*o));
	state_get(v, &o->state);
	o->iipa = v->last_ip;
	for (n = 0; n < ALAT_ENTRIES; n++)
		if (v->alat[n].size) {
			o->alat[n].gpa = v->alat[n].gpa;
			o->alat[n].reg = v->alat[n].reg;
			o->alat[n].size = v->alat[n].size;
		}
	o->exit_reason = ~0u;
	if (status != EXEC_EXIT)
		return;
	o->exit_reason = v->run->exit_reason;
	memcpy(o->pad, v->run->pad, sizeof(o->pad));
}

/* Memory. */

void verify_undo_memory(struct vcpu *v)
{
	struct verify *f = v->verify;
	const struct shadows *s = &f->shadows;
	uint32_t n, k;

	f->nr_foreign = 0;
	for (n = 0; n < s->used; n++) {
		const uint64_t *old = (const uint64_t *)s->old[n], *now = (const uint64_t *)s->now[n];
		uint64_t *real = (uint64_t *)(v->window + s->page[n]);

		for (k = 0; k < SHADOW_SIZE / 8; k++) {
			if (real[k] == old[k])
				continue;
			if (now[k] == old[k] && f->nr_foreign < NR_FOREIGN)
				f->foreign[f->nr_foreign++] = (struct foreign){
					s->page[n] + k * 8, old[k], real[k],
				};
			real[k] = old[k];
		}
	}
}

/* What the second attempt did not write either, a device did. */
static void redo_foreign(struct vcpu *v)
{
	struct verify *f = v->verify;
	uint32_t n;

	for (n = 0; n < f->nr_foreign; n++) {
		uint64_t *word = (uint64_t *)(v->window + f->foreign[n].gpa);

		if (*word == f->foreign[n].old)
			*word = f->foreign[n].new;
	}
	f->nr_foreign = 0;
}

/* Rounds. */

uint32_t verify_reference(struct vcpu *v, uint32_t most, int *status, bool *exact)
{
	struct verify *f = v->verify;
	uint64_t evictions = v->stats.stlb_evictions;
	uint32_t n = 0;

	f->kept = 0;
	*status = EXEC_NEXT;
	*exact = false;
	shadows_use(v, &f->shadows);
	while (n < most && !v->attention && *status == EXEC_NEXT) {
		enum kind kind;
		uint32_t one = 1;

		if (v->stats.stlb_evictions == evictions)
			f->kept = n;
		else if (n && !f->again)
			break;
		/* A round is short, and how much work it makes must not end it. */
		v->work = 0;
		/* What has been run before has its pages. */
		if (!f->again && f->shadows.used + SHADOWS_BUNDLE >= NR_SHADOWS)
			break;
		if ((v->ip & PAGE_MASK) != v->code_page) {
			*status = interp_fetch_page(v);
			if (*status != EXEC_NEXT)
				n++;
			if (*status == EXEC_FAULT)
				*status = EXEC_NEXT;
			continue;
		}
		kind = kind_of_bundle(v);
		*exact = kind != PLAIN;
		if (kind == ONCE || (kind == SINGLE && n))
			break;
		if (n < RIVEN_DIFFERENCE_IPS)
			f->ip[n] = v->ip;
		*status = interp_bundles(v, &one);
		n += 1 - one;
		if (kind == SINGLE)
			break;
	}
	f->evicted = v->stats.stlb_evictions != evictions;
	shadows_use(v, NULL);
	return n;
}

/*
 * The same, where the second engine finds the TLB that the first one had: what the first has
 * inserted changes nothing that can be seen, but what it has evicted may be missed. So a
 * round ends in front of a bundle that evicts, which makes one of its own.
 */
static uint32_t reference_that_keeps(struct vcpu *v, uint32_t most, int *status, bool *exact)
{
	struct verify *f = v->verify;
	uint32_t n = verify_reference(v, most, status, exact);

	/* Each time has fewer bundles. */
	while (f->evicted && f->kept) {
		most = f->kept;
		verify_restore(v, &f->before);
		shadows_drop(&f->shadows);
		n = verify_reference(v, most, status, exact);
		*exact = true;
	}
	*exact |= f->evicted;
	return n;
}

uint32_t verify_translated(struct vcpu *v, uint32_t most, int *status, bool exact)
{
	uint32_t left = most;

	v->verify->exact = exact;
	v->verify->first_block = 0;
	*status = jit_bundles(v, &left);
	v->verify->exact = false;
	return most - left;
}

bool verify_equal(struct vcpu *v)
{
	struct verify *f = v->verify;

	return words_equal(&f->interp, &f->jit, sizeof(f->interp) / 8) && shadows_equal(v, &f->shadows);
}

uint32_t verify_both(struct vcpu *v, uint32_t most, int *status, bool *equal)
{
	struct verify *f = v->verify;
	uint32_t ran, n;
	bool exact;

	shadows_drop(&f->shadows);
	*equal = true;
	n = reference_that_keeps(v, most, status, &exact);
	verify_outcome(v, *status, &f->interp);
	verify_restore(v, &f->before);
	f->report.bundles = n;
	if (!n)
		return 0;
	ran = verify_translated(v, n, status, exact);
	verify_outcome(v, *status, &f->jit);
	if (!ran || (ran == n && verify_equal(v)))
		return ran;
	/* It may stop earlier: compare with the interpreter at the same bundle. */
	if (ran < n) {
		int ended;

		verify_save(v, &f->after);
		verify_restore(v, &f->before);
		shadows_rewind(&f->shadows);
		f->again = true;
		n = verify_reference(v, ran, &ended, &exact);
		f->again = false;
		f->report.bundles = n;
		verify_outcome(v, ended, &f->interp);
		verify_restore(v, &f->after);
	}
	*equal = n == ran && verify_equal(v);
	return ran;
}

/* A bundle that is the translator's alone. */
static int run_once(struct vcpu *v, uint32_t *count)
{
	int status;

	*count -= verify_translated(v, 1, &status, true);
	return status;
}

/* Bundles where no block can be. */
static int run_alone(struct vcpu *v, uint32_t *count)
{
	uint32_t some = v->ri ? 1 : *count < ALONE_BUNDLES ? *count : ALONE_BUNDLES, rest = some;
	int status = interp_bundles(v, &rest);

	*count -= some - rest;
	v->stats.interpreted += some - rest;
	return status;
}

static int run_round(struct vcpu *v, uint32_t *count)
{
	struct verify *f = v->verify;
	uint32_t most, ran, attempt;
	int status;
	bool equal;

	if (!jit_translatable(v))
		return run_alone(v, count);
	f->random = f->random * 6364136223846793005ull + 1442695040888963407ull;
	most = (uint32_t)(f->random >> 33) % ROUND_BUNDLES + 1;
	if (most > *count)
		most = *count;
	verify_save(v, &f->before);
	f->nr_foreign = 0;
	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		ran = verify_both(v, most, &status, &equal);
		if (equal)
			break;
		verify_undo_memory(v);
		verify_restore(v, &f->before);
		v->stats.verify_retries++;
		f->before.vcpu.stats.verify_retries++;
	}
	if (!equal) {
		verify_report(v, most);
		return EXEC_EXIT;
	}
	redo_foreign(v);
	if (!ran)
		return v->attention ? EXEC_NEXT : run_once(v, count);
	v->stats.verified += ran;
	*count -= ran;
	return status;
}

int verify_bundles(struct vcpu *v, uint32_t *count)
{
	int status = EXEC_NEXT;

	_Static_assert(sizeof(struct verify) <= RIVEN_VCPU_VERIFY_SIZE, "it fits its area");
	while (*count && !v->attention && status == EXEC_NEXT) {
		v->frozen_tsc = __builtin_ia32_rdtsc();
		status = run_round(v, count);
		v->frozen_tsc = 0;
	}
	return status;
}
