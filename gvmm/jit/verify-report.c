// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the engines differ: the fewest bundles from the saved state on after
 * which they do, then the last of these from which on the translator alone
 * gets it wrong. That is where a block was entered. None of this is in a hurry.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/jit/jit.h"
#include "gvmm/jit/verify-round.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

/*
 * The interpreter alone for n bundles; then so many bundles less on the interpreter, the
 * rest translated. Memory and state are the saved ones before; are the results equal?
 */
static bool try(struct vcpu *v, uint32_t n, uint32_t translated)
{
	struct verify *f = v->verify;
	uint32_t ran = 0, before;
	int status;
	bool exact;

	shadows_drop(&f->shadows);
	n = verify_reference(v, n, &status, &exact);
	verify_outcome(v, status, &f->interp);
	verify_restore(v, &f->before);
	before = n > translated ? n - translated : 0;
	while (ran < before) {
		uint32_t some = before - ran, rest = some;

		if (v->attention || interp_bundles(v, &rest) != EXEC_NEXT || rest == some)
			break;
		ran += some - rest;
	}
	state_get(v, &f->report.before);
	ran += verify_translated(v, n - ran, &status, true);
	verify_outcome(v, status, &f->jit);
	f->report.bundles = n;
	f->report.bundles_jit = ran;
	return ran == n && verify_equal(v);
}

static void back(struct vcpu *v)
{
	verify_undo_memory(v);
	verify_restore(v, &v->verify->before);
}

static void report_words(struct vcpu *v)
{
	struct verify *f = v->verify;
	struct riven_difference *d = &f->report;
	const struct shadows *s = &f->shadows;
	uint32_t n, k;

	d->nr_words = 0;
	for (n = 0; n < s->used; n++) {
		const uint64_t *old = (const uint64_t *)s->old[n], *now = (const uint64_t *)s->now[n];
		const uint64_t *real = (const uint64_t *)(v->window + s->page[n]);

		for (k = 0; k < SHADOW_SIZE / 8; k++) {
			if (now[k] == real[k])
				continue;
			d->what |= RIVEN_DIFFERENT_MEMORY;
			if (d->nr_words < RIVEN_DIFFERENCE_WORDS)
				d->word[d->nr_words++] = (struct riven_difference_word){
					s->page[n] + k * 8, old[k], now[k], real[k],
				};
		}
	}
}

/* The bytes of the reference's bundles; the state is the saved one. */
static void report_bundles(struct vcpu *v, uint32_t skipped)
{
	struct verify *f = v->verify;
	struct riven_difference *d = &f->report;
	struct mem_loc loc;
	uint32_t n;

	d->bundles -= skipped;
	d->bundles_jit -= skipped;
	memset(d->ip, 0, sizeof(d->ip));
	memset(d->bundle, 0, sizeof(d->bundle));
	v->quiet = true;
	for (n = 0; n < d->bundles && n + skipped < RIVEN_DIFFERENCE_IPS; n++) {
		d->ip[n] = f->ip[n + skipped];
		if (mmu_translate(v, d->ip[n], 16, MEM_EXEC, &loc) == MEM_OK && loc.host)
			memcpy(d->bundle[n], loc.host, sizeof(d->bundle[n]));
	}
	v->quiet = false;
}

/* The block that the translator entered first. */
static void report_code(struct vcpu *v)
{
	struct riven_difference *d = &v->verify->report;
	struct jit *j = v->jit;
	const struct block *b = block_at(j, v->verify->first_block);

	d->code_size = 0;
	if (!v->verify->first_block)
		return;
	d->code_address = (uint64_t)(uintptr_t)cache_rx(j, b->code);
	d->code_bundles = b->bundles;
	d->code_size = b->end - b->code;
	if (d->code_size > sizeof(d->code))
		d->code_size = sizeof(d->code);
	memcpy(d->code, cache_at(j, b->code), d->code_size);
}

/* What is different now, between the outcomes. */
static void describe(struct vcpu *v)
{
	struct verify *f = v->verify;
	struct riven_difference *d = &f->report;

	d->what = 0;
	d->interp = f->interp.state;
	d->jit = f->jit.state;
	d->iipa_interp = f->interp.iipa;
	d->iipa_jit = f->jit.iipa;
	d->exit_interp = (uint32_t)f->interp.exit_reason;
	d->exit_jit = (uint32_t)f->jit.exit_reason;
	report_words(v);
	report_code(v);
	if (!words_equal(&d->interp, &d->jit, sizeof(d->interp) / 8))
		d->what |= RIVEN_DIFFERENT_STATE;
	if (d->iipa_interp != d->iipa_jit)
		d->what |= RIVEN_DIFFERENT_IIPA;
	if (!words_equal(f->interp.alat, f->jit.alat, sizeof(f->interp.alat) / 8))
		d->what |= RIVEN_DIFFERENT_ALAT;
	if (d->bundles != d->bundles_jit || d->exit_interp != d->exit_jit ||
	    !words_equal(f->interp.pad, f->jit.pad, sizeof(f->interp.pad) / 8))
		d->what |= RIVEN_DIFFERENT_END;
}

/* Number of bundles after which the engines differ, and how many of them the translator needs. */
static bool narrow(struct vcpu *v, uint32_t most, uint32_t *bundles, uint32_t *translated)
{
	bool equal = true;
	uint32_t n, k;

	for (n = 1; n <= most && equal; n++) {
		equal = try(v, n, n);
		back(v);
	}
	if (equal)
		return false;
	*bundles = *translated = --n;
	for (k = 1; k < n; k++) {
		equal = try(v, n, k);
		back(v);
		if (!equal) {
			*translated = k;
			break;
		}
	}
	return true;
}

void verify_report(struct vcpu *v, uint32_t most)
{
	struct riven_difference *d = &v->verify->report;
	uint32_t n, k, skipped = 0;
	bool equal;
	int status;

	if (narrow(v, most, &n, &k)) {
		(void)try(v, n, k);
		skipped = n - k < d->bundles ? n - k : 0;
	} else {
		/* It takes the round as it was. */
		state_get(v, &d->before);
		d->bundles_jit = verify_both(v, most, &status, &equal);
	}
	describe(v);
	back(v);
	report_bundles(v, skipped);
	v->run->exit_reason = RIVEN_EXIT_INTERNAL;
	v->run->exit_detail = RIVEN_INTERNAL_DIFFERENCE;
}
