// SPDX-License-Identifier: GPL-2.0-only
/* Moves to and from control registers (SDM 2:3.3.4 to 2:3.3.6, 2:5.8.3, 3:2 "mov cr"). */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/cpu/gr.h"
#include "gvmm/cpu/sys.h"
#include "gvmm/isa/exec.h"
#include "gvmm/mmu/tlb.h"

#define DCR_RESERVED	(~0x7fffull | 0xf8)
#define PTA_RESERVED	0x7e02ull
#define LID_RESERVED	0xffffull
#define ITV_RESERVED	0xef00ull
#define LRR_RESERVED	0x4800ull

/* The Itanium 2 9000 has no interruption instruction bundle registers (CR26, CR27). */
static bool cr_reserved(uint32_t n)
{
	switch (n) {
	case CR_DCR ... CR_IVA:
	case CR_PTA:
	case CR_IPSR ... CR_ISR:
	case CR_IIP ... CR_IHA:
	case CR_LID ... CR_CMCV:
	case CR_LRR0 ... CR_LRR1:
		return false;
	default:
		return true;
	}
}

/* Registers that can be touched only while PSR.ic is 0. */
static bool cr_interruption(uint32_t n)
{
	return n >= CR_IPSR && n <= CR_IHA;
}

static bool cr_read_only(uint32_t n)
{
	return n == CR_IVR || (n >= CR_IRR0 && n <= CR_IRR3);
}

/* Would writing x to register n set a reserved field or a reserved value? */
static bool cr_field_reserved(uint32_t n, uint64_t x)
{
	uint32_t mode = x >> 8 & 7;

	switch (n) {
	case CR_DCR:
		return x & DCR_RESERVED;
	case CR_PTA:
		return (x & PTA_RESERVED) || (x >> 2 & 63) < PTA_SIZE_MIN;
	case CR_IPSR:
		return (x & CR_IPSR_RESERVED) || (x & PSR_RI) == PSR_RI;
	case CR_ISR:
		return (x & CR_ISR_RESERVED) || (x >> ISR_EI_SHIFT & 3) == 3;
	case CR_IFS:
		return (x & CR_IFS_RESERVED) || ((x & CR_IFS_V) && frame_marker_reserved(x));
	case CR_LID:
		return x & LID_RESERVED;
	case CR_TPR:
		return x & CR_TPR_RESERVED;
	case CR_ITV:
	case CR_PMV:
	case CR_CMCV:
		return x & ITV_RESERVED;
	case CR_LRR0:
	case CR_LRR1:
		return (x & LRR_RESERVED) || mode == 1 || mode == 3 || mode == 6;
	default:
		return false;
	}
}

/* x less the bits that register n ignores; they read as zero. */
static uint64_t cr_kept(uint32_t n, uint64_t x)
{
	switch (n) {
	case CR_IVA:
		return x & ~0x7fffull;
	case CR_IHA:
		return x & ~3ull;
	case CR_LID:
		return x & 0xffff0000;
	case CR_TPR:
		return x & CR_TPR_KEPT;
	case CR_EOI:
		return 0;
	case CR_ITV:
	case CR_PMV:
	case CR_CMCV:
		return x & 0x100ff;
	case CR_LRR0:
	case CR_LRR1:
		return x & 0x1a7ff;
	default:
		return x;
	}
}

static uint64_t cr_read(struct vcpu *v, uint32_t n)
{
	switch (n) {
	case CR_IVR:
		return sapic_read_ivr(v);
	case CR_IRR0 ... CR_IRR3:
		sapic_merge(v);
		timer_poll(v);
		return v->irr[n - CR_IRR0];
	default:
		return v->vpd->vcr[n];
	}
}

static void cr_write(struct vcpu *v, uint32_t n, uint64_t x)
{
	switch (n) {
	case CR_ITM:
	case CR_ITV:
		timer_poll(v);
		v->vpd->vcr[n] = x;
		timer_update(v);
		/* The run loop has to know of the new deadline. */
		v->attention = 1;
		break;
	case CR_EOI:
		sapic_write_eoi(v);
		break;
	case CR_TPR:
		v->vpd->vcr[n] = x;
		sapic_changed(v);
		break;
	default:
		v->vpd->vcr[n] = x;
		break;
	}
}

int exec_mov_to_cr(struct vcpu *v, const struct insn *i)
{
	uint32_t n = i->r3;
	uint64_t x = gr_get(v, i->r2);

	if (cr_reserved(n) || cr_read_only(n) || ((psr_get(v) & PSR_IC) && cr_interruption(n)))
		return raise_illegal(v);
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	if (gr_nat(v, i->r2))
		return raise_reg_nat(v, 0);
	if (cr_field_reserved(n, x))
		return raise_general(v, GE_RESERVED_FIELD);
	cr_write(v, n, cr_kept(n, x));
	return n == CR_IVA || n == CR_PTA ? EXEC_SYNC : EXEC_NEXT;
}

int exec_mov_from_cr(struct vcpu *v, const struct insn *i)
{
	uint32_t n = i->r3;

	if (cr_reserved(n) || ((psr_get(v) & PSR_IC) && cr_interruption(n)) ||
	    !gr_target_ok(v, i->r1))
		return raise_illegal(v);
	if (v->cpl != 0)
		return raise_general(v, GE_PRIVILEGED_OPERATION);
	gr_put(v, i->r1, cr_read(v, n), 0);
	return EXEC_NEXT;
}
