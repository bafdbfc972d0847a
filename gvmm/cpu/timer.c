// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interval time counter and interval timer (SDM 2:10.5.5, 2:3.3.4.2). The
 * counter is the host's time stamp counter, scaled, plus an offset. The match
 * of ITM is a moment, not a level: a value that lies in the past when it is
 * written matches only when the counter has wrapped.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/vm.h"

#define ITV_MASK	(1ull << 16)

static uint64_t tsc_scaled(const struct vcpu *v, uint64_t tsc)
{
	return (uint64_t)((unsigned __int128)tsc * v->vm->data.itc_mult >> 32);
}

static uint64_t tsc_now(const struct vcpu *v)
{
	return v->frozen_tsc ? v->frozen_tsc : __builtin_ia32_rdtsc();
}

uint64_t itc_read(struct vcpu *v)
{
	return tsc_scaled(v, tsc_now(v)) + v->itc_offset;
}

/* Does ITM still lie ahead of (or at) the counter's value? */
static bool itm_ahead(const struct vcpu *v, uint64_t itc)
{
	return (int64_t)(v->vpd->vcr[CR_ITM] - itc) >= 0;
}

void itc_write(struct vcpu *v, uint64_t value)
{
	timer_poll(v);
	v->itc_offset = value - tsc_scaled(v, tsc_now(v));
	v->itm_armed = itm_ahead(v, value);
	v->itm_seen = v->vpd->vcr[CR_ITM];
}

void timer_update(struct vcpu *v)
{
	/* A match since the caller's timer_poll() must not be lost. */
	if (v->itm_armed && v->itm_seen == v->vpd->vcr[CR_ITM])
		return;
	v->itm_armed = itm_ahead(v, itc_read(v));
	v->itm_seen = v->vpd->vcr[CR_ITM];
}

void timer_poll(struct vcpu *v)
{
	uint64_t itv = v->vpd->vcr[CR_ITV];

	if (!v->itm_armed || (int64_t)(itc_read(v) - v->itm_seen) < 0)
		return;
	v->itm_armed = false;
	v->stats.timer_ticks++;
	/* A match while the vector is masked is discarded, not kept. */
	if (!(itv & ITV_MASK))
		sapic_pend(v, itv & 0xff);
}

/* n / d rounded up, or ~0 when the quotient does not fit. */
static uint64_t div_up(unsigned __int128 n, uint64_t d)
{
	uint64_t q, r;

	if ((uint64_t)(n >> 64) >= d)
		return ~0ull;
	/* One instruction: the compiler would call a library function. */
	__asm__("divq %4" : "=a"(q), "=d"(r) : "0"((uint64_t)n), "1"((uint64_t)(n >> 64)), "rm"(d)
		: "cc");
	return r && q != ~0ull ? q + 1 : q;
}

uint64_t timer_deadline_tsc(struct vcpu *v)
{
	uint64_t tsc, ticks, delta;

	if (!v->itm_armed || v->vpd->vcr[CR_ITV] & ITV_MASK)
		return ~0ull;
	tsc = tsc_now(v);
	ticks = v->itm_seen - (tsc_scaled(v, tsc) + v->itc_offset);
	if ((int64_t)ticks <= 0)
		return tsc;
	delta = div_up((unsigned __int128)ticks << 32, v->vm->data.itc_mult);
	return delta < ~0ull - tsc ? tsc + delta : ~0ull;
}

uint64_t timer_ns(const struct vcpu *v, uint64_t ticks)
{
	uint64_t mult = (1000000000ull << 32) / v->vm->data.tsc_frequency;

	return (uint64_t)((unsigned __int128)ticks * mult >> 32);
}
