// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register allocation: guest registers are given host registers as the
 * translation meets them, and are stored when a host register is needed for
 * another or the block is left.
 */
#include "gvmm/jit/translate.h"

/* The first two survive calls of handlers. */
static const uint8_t pool[NR_POOL] = { RBP, R12, RSI, RDI, R8, R9, R10, R11 };

void regs_reset(struct regs *r)
{
	__builtin_memset(r->held.guest, GUEST_NONE, sizeof(r->held.guest));
	__builtin_memset(r->host, HOST_NONE, sizeof(r->host));
	r->held.dirty = 0;
}

void flags_kept(struct translation *t, const uint8_t *before)
{
	if (t->flags_at == before)
		t->flags_at = t->e.p;
}

static void store(struct translation *t, uint32_t host)
{
	uint8_t *before = t->e.p;

	emit_store(&t->e, 8, guest_mem(t->regs.held.guest[host]), host);
	t->regs.held.dirty &= ~(1u << host);
	flags_kept(t, before);
}

/* A host register that is free now. */
static uint32_t take(struct translation *t)
{
	uint32_t n, host = HOST_NONE;

	for (n = 0; n < NR_POOL; n++)
		if (t->regs.held.guest[pool[n]] == GUEST_NONE && !(t->pinned >> pool[n] & 1))
			return pool[n];
	/* No instruction names as many registers as there are in the pool. */
	for (n = 0; n < NR_POOL; n++) {
		t->turn = (t->turn + 1) % NR_POOL;
		host = pool[t->turn];
		if (!(t->pinned >> host & 1))
			break;
	}
	if (t->regs.held.dirty >> host & 1)
		store(t, host);
	t->regs.host[t->regs.held.guest[host]] = HOST_NONE;
	t->regs.held.guest[host] = GUEST_NONE;
	return host;
}

static uint32_t bind(struct translation *t, uint32_t g)
{
	uint32_t host = take(t);

	t->regs.held.guest[host] = (uint8_t)g;
	t->regs.host[g] = (uint8_t)host;
	return host;
}

uint32_t reg_use(struct translation *t, uint32_t g)
{
	uint32_t host = t->regs.host[g];

	if (host == HOST_NONE) {
		uint8_t *before;

		host = bind(t, g);
		before = t->e.p;
		emit_load(&t->e, 8, host, guest_mem(g));
		flags_kept(t, before);
	}
	t->pinned |= 1u << host;
	return host;
}

uint32_t reg_def(struct translation *t, uint32_t g)
{
	uint32_t host = t->regs.host[g];

	if (host == HOST_NONE)
		host = bind(t, g);
	t->pinned |= 1u << host;
	return host;
}

void regs_spill(struct translation *t, const struct held *h)
{
	uint32_t bits;

	for (bits = h->dirty; bits; bits &= bits - 1) {
		uint32_t host = (uint32_t)__builtin_ctz(bits);

		emit_store(&t->e, 8, guest_mem(h->guest[host]), host);
	}
}

void regs_clean(struct translation *t)
{
	uint8_t *before = t->e.p;

	regs_spill(t, &t->regs.held);
	t->regs.held.dirty = 0;
	flags_kept(t, before);
}

void regs_flush(struct translation *t)
{
	regs_clean(t);
	regs_reset(&t->regs);
}
