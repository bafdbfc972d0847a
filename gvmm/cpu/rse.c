// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register stack engine (SDM 2:6, 1:4.1) in enforced lazy mode: it stores and
 * loads what an instruction needs, nothing ahead of time. The rules R1 to R12
 * that the code refers to are explained in docs/rse-invariants.md.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

#define RSC_MODE	3ull
#define RSC_BE		(1ull << 4)
#define RNAT_BITS	0x7fffffffffffffffull

/* Where the live part of gr[] goes when it slides. */
#define GR_MIDDLE	(GR_STACKED + (GR_SLOTS - GR_STACKED - 2 * RSE_PHYS) / 2)

/* Position of a backing store word in its group of 64; the last one is the NaT collection. */
static uint32_t word_index(uint64_t addr)
{
	return addr >> 3 & 63;
}

static bool is_collection(uint64_t addr)
{
	return word_index(addr) == 63;
}

/* The NaT collection that a word at addr belongs to. */
static uint64_t collection_of(uint64_t addr)
{
	return addr | 63 << 3;
}

/* BSP after n more registers (SDM 2:6.4). */
static uint64_t bsp_up(uint64_t bsp, uint32_t n)
{
	return bsp + 8 * (uint64_t)(n + (word_index(bsp) + n) / 63);
}

/* BSP n registers ago; the signed quotient is 0 when n is 0 at index 63. */
static uint64_t bsp_down(uint64_t bsp, uint32_t n)
{
	return bsp - 8 * (uint64_t)(n + (62 - (int)word_index(bsp) + (int)n) / 63);
}

static int64_t bytes_stored_ahead(const struct vcpu *v)
{
	return (int64_t)(v->bspstore - v->bsp);
}

static enum exec_status to_exec(enum mem_status status)
{
	return status == MEM_OK ? EXEC_NEXT : status == MEM_EXIT ? EXEC_EXIT : EXEC_FAULT;
}

static int store_word(struct vcpu *v, uint64_t addr, uint64_t value)
{
	struct mtlb_entry *e = mtlb_slot(v->mtlb_rse, addr);

	if (v->rsc & RSC_BE)
		value = __builtin_bswap64(value);
	if (__builtin_expect(e->tag_write == mtlb_tag(addr, 8), 1)) {
		uint64_t *host = (uint64_t *)(uintptr_t)(addr + e->addend);

		*host = value;
		if (v->alat_count)
			alat_store(v, mtlb_gpa(v, host), 8);
		return EXEC_NEXT;
	}
	return to_exec(mem_write_slow(v, addr, 8, MEM_WRITE | MEM_RSE, &value));
}

/* flags: MEM_IR when the load completes a frame. */
static int load_word(struct vcpu *v, uint64_t addr, uint32_t flags, uint64_t *value)
{
	struct mtlb_entry *e = mtlb_slot(v->mtlb_rse, addr);

	if (__builtin_expect(e->tag_read == mtlb_tag(addr, 8), 1)) {
		*value = *(const uint64_t *)(uintptr_t)(addr + e->addend);
	} else {
		int status = to_exec(mem_read_slow(v, addr, 8, MEM_READ | MEM_RSE | flags, value));

		if (status != EXEC_NEXT)
			return status;
	}
	if (v->rsc & RSC_BE)
		*value = __builtin_bswap64(*value);
	return EXEC_NEXT;
}

/* Store the word at BSPSTORE: the oldest dirty register or a NaT collection (R5). */
static int store_one(struct vcpu *v)
{
	uint64_t addr = v->bspstore;
	uint32_t slot = v->fb - v->ndirty;
	uint64_t bit = 1ull << word_index(addr);
	int status;

	if (is_collection(addr)) {
		status = store_word(v, addr, v->rnat & RNAT_BITS);
		if (status != EXEC_NEXT)
			return status;
		v->rnat = 0;
		v->bspstore = addr + 8;
		return EXEC_NEXT;
	}
	status = store_word(v, addr, v->gr[slot]);
	if (status != EXEC_NEXT)
		return status;
	v->rnat = v->nat[slot] ? v->rnat | bit : v->rnat & ~bit;
	v->bspstore = addr + 8;
	v->ndirty--;
	v->nclean++;
	v->stats.rse_spills++;
	return EXEC_NEXT;
}

/*
 * Load the word below BSPSTORE: *slot, which it counts down, takes a register;
 * a NaT collection goes to RNAT (R6).
 */
static int load_one(struct vcpu *v, uint32_t flags, uint32_t *slot)
{
	uint64_t addr = v->bspstore - 8;
	uint64_t value;
	int status = load_word(v, addr, flags, &value);

	if (status != EXEC_NEXT)
		return status;
	if (is_collection(addr)) {
		v->rnat = value & RNAT_BITS;
	} else {
		--*slot;
		v->gr[*slot] = value;
		v->nat[*slot] = v->rnat >> word_index(addr) & 1;
		if (v->nat[*slot])
			nat_seen(v);
		v->stats.rse_fills++;
	}
	v->bspstore = addr;
	return EXEC_NEXT;
}

/* Move the live part of gr[] to the middle (R2). Advanced loads follow their registers. */
static void slide(struct vcpu *v)
{
	uint32_t low = v->fb - v->ndirty - v->nclean;
	uint32_t count = v->fb + RSE_PHYS - low;
	uint32_t n;

	memmove(&v->gr[GR_MIDDLE], &v->gr[low], count * sizeof(v->gr[0]));
	memmove(&v->nat[GR_MIDDLE], &v->nat[low], count);
	for (n = 0; v->alat_count && n < ALAT_ENTRIES; n++) {
		struct alat_entry *e = &v->alat[n];

		if (!e->size || e->reg < GR_STACKED || (e->reg & ALAT_FR))
			continue;
		if (e->reg >= low && e->reg < low + count) {
			e->reg = (uint16_t)(e->reg - low + GR_MIDDLE);
		} else {
			e->size = 0;
			v->alat_count--;
		}
	}
	v->fb += GR_MIDDLE - low;
}

/* Forget clean registers until frame and dirty ones leave room for what remains (R3). */
static void trim_clean(struct vcpu *v, uint32_t frame)
{
	uint32_t room = RSE_PHYS - v->ndirty - frame;

	if (v->nclean > room)
		v->nclean = room;
}

/*
 * The frame shrank to less than what it lacks, which is undefined (SDM 2:6.8):
 * it lacks all of itself (R8).
 */
static void clamp_missing(struct vcpu *v)
{
	if (v->nmissing <= v->frame.sof)
		return;
	v->nmissing = v->frame.sof;
	v->bspstore = bsp_up(v->bsp, v->frame.sof);
}

/* Move the frame base up over n registers, which become dirty. */
static void preserve(struct vcpu *v, uint32_t n)
{
	if (v->fb + n + RSE_PHYS > GR_SLOTS)
		slide(v);
	v->fb += n;
	v->bsp = bsp_up(v->bsp, n);
	/* Of an incomplete frame only what was loaded is dirty (R8). */
	if (v->nmissing >= n) {
		v->nmissing -= n;
	} else {
		v->ndirty += n - v->nmissing;
		v->nmissing = 0;
	}
}

int rse_alloc(struct vcpu *v, uint32_t sof, uint32_t sol, uint32_t sor)
{
	while (v->ndirty + sof > RSE_PHYS) {
		int status = store_one(v);

		if (status != EXEC_NEXT)
			return status;
	}
	trim_clean(v, sof);
	v->frame.sof = (uint8_t)sof;
	v->frame.sol = (uint8_t)sol;
	v->frame.sor = (uint8_t)sor;
	clamp_missing(v);
	return EXEC_NEXT;
}

void rse_call(struct vcpu *v)
{
	uint32_t sol = v->frame.sol;

	preserve(v, sol);
	v->frame = (struct frame){ .sof = (uint8_t)(v->frame.sof - sol) };
	clamp_missing(v);
}

void rse_cover(struct vcpu *v)
{
	preserve(v, v->frame.sof);
	v->frame = (struct frame){ 0 };
	clamp_missing(v);
}

/* Take n registers below the frame base back into the frame: BSP, partitions, nmissing. */
static void take_back(struct vcpu *v, uint32_t n)
{
	uint32_t lacking;

	if (v->fb < GR_STACKED + n)
		slide(v);
	v->fb -= n;
	v->bsp = bsp_down(v->bsp, n);
	if (__builtin_expect(v->ndirty >= n && !v->nmissing, 1)) {
		v->ndirty -= n;
		return;
	}
	lacking = n - v->ndirty;
	v->ndirty = 0;
	if (!v->nmissing && lacking <= v->nclean &&
	    collection_of(v->bsp) == collection_of(v->bspstore)) {
		v->nclean -= lacking;
		v->bspstore = v->bsp;
		return;
	}
	/* RNAT has to be loaded too, or registers: drop the clean ones and load all (R7). */
	v->nclean = 0;
	v->nmissing += lacking;
}

void rse_restore(struct vcpu *v, uint64_t fm, uint32_t preserved)
{
	uint32_t outs, dirty = v->ndirty;

	v->frame = frame_from_cfm(fm);
	if (preserved > v->frame.sof)
		preserved = v->frame.sof;
	outs = v->frame.sof - preserved;
	take_back(v, preserved);
	/* A frame that does not fit beside the dirty registers becomes empty (SDM 2:6.5.5). */
	if (outs > RSE_PHYS - dirty)
		v->frame = (struct frame){ 0 };
	trim_clean(v, v->frame.sof);
	clamp_missing(v);
	rse_enable_load(v);
}

void rse_enable_load(struct vcpu *v)
{
	if (!v->nmissing)
		return;
	v->cfle = true;
	v->attention = 1;
}

int rse_fill_frame(struct vcpu *v)
{
	while (v->nmissing) {
		uint32_t slot = v->fb + v->nmissing;
		int status = load_one(v, MEM_IR, &slot);

		if (status != EXEC_NEXT)
			return status;
		v->nmissing = slot - v->fb;
	}
	v->cfle = false;
	return EXEC_NEXT;
}

int rse_flush(struct vcpu *v)
{
	while (bytes_stored_ahead(v) < 0) {
		int status = store_one(v);

		if (status != EXEC_NEXT)
			return status;
	}
	return EXEC_NEXT;
}

/* Registers among the words of [low, high). */
static uint64_t registers_between(uint64_t low, uint64_t high)
{
	uint64_t collections = ((high >> 9) - (low >> 9)) & (~0ull >> 9);

	return ((high - low) >> 3) - collections;
}

int rse_load(struct vcpu *v)
{
	uint64_t bytes = v->rsc >> 16 & 0x3ff8;
	uint64_t tear = v->bsp - bytes;
	uint64_t registers = registers_between(tear, v->bsp);

	if ((v->rsc & RSC_MODE) || (bytes && v->frame.sof) || registers > RSE_PHYS)
		return raise_illegal(v);
	rse_invalidate_clean(v);
	/* A frame that lacks registers is not empty, so bytes is 0. */
	if (v->nmissing) {
		v->nmissing = 0;
		v->cfle = false;
		v->bspstore = v->bsp;
	}
	if ((int64_t)(v->bspstore - tear) <= 0) {
		v->bspstore = tear;
		v->ndirty = (uint32_t)registers;
		return EXEC_NEXT;
	}
	if (v->fb < GR_STACKED + RSE_PHYS)
		slide(v);
	while (v->bspstore != tear) {
		uint32_t slot = v->fb - v->ndirty;
		int status = load_one(v, 0, &slot);

		if (status != EXEC_NEXT)
			return status;
		v->ndirty = v->fb - slot;
	}
	return EXEC_NEXT;
}

void rse_set_bspstore(struct vcpu *v, uint64_t addr)
{
	rse_invalidate_clean(v);
	v->nmissing = 0;
	v->cfle = false;
	v->bspstore = addr & ~7ull;
	v->bsp = bsp_up(v->bspstore, v->ndirty);
}

void rse_set_incomplete(struct vcpu *v, uint64_t bsp, uint64_t bspstore)
{
	uint64_t lacking = registers_between(bsp, bspstore);

	rse_set_bspstore(v, bsp);
	if ((int64_t)(bspstore - bsp) <= 0 || lacking > v->frame.sof || v->ndirty)
		return;
	v->bspstore = bspstore & ~7ull;
	v->nmissing = (uint32_t)lacking;
}

void rse_invalidate_clean(struct vcpu *v)
{
	v->nclean = 0;
}
