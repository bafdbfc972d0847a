// SPDX-License-Identifier: GPL-2.0-only
/* All predicates at once: a byte each in the vCPU, a bit each in a general register. */
#include "gvmm/jit/select.h"

enum { MOVDQA = 0x0f6f, MOVDQU_STORE = 0x0f7f, PSLLW = 0x0f71, PMOVMSKB = 0x0fd7 };
enum { PSHUFB = 0x0f3800, PAND = 0x0fdb, PCMPEQB = 0x0f74, PABSB = 0x0f381c };

#define PRS	16	/* predicates in an xmm register */

static struct host_mem part(uint32_t n)
{
	return vcpu_field(offsetof(struct vcpu, pr) + n * PRS);
}

/* rax = predicates. Changes rcx and xmm15. */
static void make_get(struct emit *e)
{
	uint32_t n;

	for (n = 64 / PRS; n--;) {
		emit_sse_mem(e, 0xf3, MOVDQA, XMM(15), part(n));
		/* psllw xmm15, 7: a byte's lowest bit becomes its highest */
		emit_sse_imm(e, 0x66, PSLLW, XMM(6), XMM(15), 7);
		emit_sse(e, 0x66, PMOVMSKB, 4, n == 64 / PRS - 1 ? RAX : RCX, XMM(15));
		if (n == 64 / PRS - 1)
			continue;
		emit_shift(e, SHIFT_SHL, 8, RAX, PRS);
		emit_alu(e, ALU_OR, 8, RAX, RCX);
	}
	emit_ret(e);
}

/* Predicates = rax, but for p0. Changes rax and xmm14 and xmm15. */
static void make_set(struct emit *e, const uint8_t *constants)
{
	uint32_t n;

	emit_alu_imm(e, ALU_OR, 8, RAX, 1);
	emit_mov_to_xmm(e, XMM(14), RAX);
	for (n = 0; n < 64 / PRS; n++) {
		emit_sse(e, 0x66, MOVDQA, 4, XMM(15), XMM(14));
		emit_sse_rip(e, 0x66, PSHUFB, XMM(15), constants + 16 + n * 16);
		emit_sse_rip(e, 0x66, PAND, XMM(15), constants);
		emit_sse_rip(e, 0x66, PCMPEQB, XMM(15), constants);
		emit_sse(e, 0x66, PABSB, 4, XMM(15), XMM(15));
		emit_sse_mem(e, 0xf3, MOVDQU_STORE, XMM(15), part(n));
	}
	emit_ret(e);
}

void make_predicates(struct jit *j, struct emit *e)
{
	const uint64_t byte = 0x0101010101010101;
	const uint8_t *constants;
	uint32_t n;

	align_code(j, e, 16);
	constants = e->p + e->to_rx;
	/* Bit n of byte n; then, for each part, the byte of the number that each of its bytes looks at. */
	emit8(e, 0x8040201008040201);
	emit8(e, 0x8040201008040201);
	for (n = 0; n < 8; n++)
		emit8(e, n * byte);
	j->thunk_get_pr = (uint32_t)(e->p - j->rw);
	make_get(e);
	j->thunk_set_pr = (uint32_t)(e->p - j->rw);
	make_set(e, constants);
}

void select_get_predicates(struct host *h, ir_ref d)
{
	uint32_t reg;

	sync_some(h, LOC_PR, LOC_FR);
	reg = def(h, d);
	emit_call(h->e, cache_rx(h->t->jit, h->t->jit->thunk_get_pr));
	emit_mov(h->e, reg, RAX);
}

/* Predicates from the location on are about to change; what was found there is moved out, one by one. */
static void overwrite(struct host *h, uint32_t loc)
{
	uint32_t pinned = h->pinned;

	for (; loc < LOC_FR; loc++) {
		alloc_overwritten(h, loc);
		h->pinned = pinned;
	}
}

void select_set_predicates(struct host *h, const struct ir *i)
{
	uint32_t reg = use(h, i->a);

	flags_drop(h);
	overwrite(h, LOC_PR + 1);
	emit_mov(h->e, RAX, reg);
	emit_call(h->e, cache_rx(h->t->jit, h->t->jit->thunk_set_pr));
}

void select_set_rotating(struct host *h, const struct ir *i)
{
	uint32_t loc;

	flags_drop(h);
	overwrite(h, LOC_PR + 16);
	for (loc = 16; loc < 64; loc += 8) {
		uint64_t bytes = bits_to_bytes((uint64_t)i->imm >> loc);
		struct host_mem m = vcpu_field(offsetof(struct vcpu, pr) + loc);

		if (bytes == (uint64_t)(int32_t)bytes) {
			emit_store_imm(h->e, 8, m, (int32_t)bytes);
			continue;
		}
		emit_mov_imm(h->e, RAX, bytes);
		emit_store(h->e, 8, m, RAX);
	}
}
