// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register stack engine (SDM 2:6, 1:4.1) in enforced lazy mode: it stores and
 * loads what an instruction needs, nothing ahead of time. The rules R1 to R16
 * that the code refers to are explained in docs/rse-invariants.md.
 */
#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/fault.h"
#include "gvmm/mmu/mmu.h"
#include "gvmm/string.h"

#define RSC_MODE	3ull
#define RSC_BE		(1ull << 4)
#define RNAT_BITS	0x7fffffffffffffffull

/* Where the live part of gr[] goes when it slides, and what `dirty` may not exceed (R2). */
#define GR_MIDDLE	(GR_STACKED + (GR_SLOTS - GR_STACKED - 2 * RSE_PHYS) / 2)
#define DIRTY_MAX	(GR_SLOTS - 2 * RSE_PHYS)

struct frame frame_cut_down(uint64_t fm)
{
	uint32_t sof = fm & 127, sol = fm >> 7 & 127, sor = (fm >> 14 & 15) * 8;
	uint32_t rrb_gr = fm >> 18 & 127;
	struct frame f = { .whole = 0 };

	f.sof = (uint8_t)(sof <= RSE_PHYS ? sof : RSE_PHYS);
	f.sol = (uint8_t)(sol <= f.sof ? sol : f.sof);
	f.sor = (uint8_t)(sor <= f.sof ? sor : f.sof & ~7u);
	f.rrb_gr = (uint8_t)(f.sor && rrb_gr ? rrb_gr % f.sor : 0);
	f.rrb_fr = (fm >> 25 & 127) % 96;
	f.rrb_pr = (fm >> 32 & 63) % 48;
	return f;
}

/* Position of a backing store word in its group of 64; the last one is the NaT collection. */
static uint32_t word_index(uint64_t addr)
{
	return addr >> 3 & 63;
}

static bool is_collection(uint64_t addr)
{
	return word_index(addr) == 63;
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

/* BSPSTORE is where the register at `dirty` belongs (R14). */
uint64_t rse_bsp(const struct vcpu *v)
{
	if (v->dirty <= v->fb)
		return bsp_up(v->bspstore, v->fb - v->dirty);
	return bsp_down(v->bspstore, v->dirty - v->fb);
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
		if (v->alat_live)
			alat_store(v, mtlb_gpa(v, host), 8);
		return EXEC_NEXT;
	}
	return to_exec(mem_write_slow(v, addr, 8, MEM_WRITE | MEM_RSE, &value));
}

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

/* Registers from slot on have come within reach: whatever was there before is not to be seen (R16). */
static void clear_registers(struct vcpu *v, uint32_t slot, uint32_t count)
{
	memset(&v->gr[slot], 0, count * sizeof(v->gr[0]));
	memset(&v->nat[slot], 0, count);
}

/* Move the live part of gr[] to the middle (R2). Advanced loads follow their registers. */
static void slide(struct vcpu *v)
{
	uint32_t low = v->dirty < v->fb ? v->dirty : v->fb;
	uint32_t count = v->fb + RSE_PHYS - low;

	memmove(&v->gr[GR_MIDDLE], &v->gr[low], count * sizeof(v->gr[0]));
	memmove(&v->nat[GR_MIDDLE], &v->nat[low], count);
	alat_move(v, low, low + count, GR_MIDDLE - low);
	v->fb += GR_MIDDLE - low;
	v->dirty += GR_MIDDLE - low;
	clear_registers(v, v->fb + RSE_PHYS, rse_missing(v));
}

/* Registers up to index dirty have got a copy in memory, or need none any more. */
static void advance_dirty(struct vcpu *v, uint32_t dirty)
{
	clear_registers(v, v->dirty + RSE_PHYS, dirty - v->dirty);
	v->dirty = dirty;
	if (dirty > DIRTY_MAX)
		slide(v);
}

/* The NaT bits of up to 63 registers from slot on. */
static uint64_t nats_from(const struct vcpu *v, uint32_t slot, uint32_t count)
{
	uint64_t bits = 0, x;
	uint32_t n;

	for (n = 0; n < count; n += 8) {
		__builtin_memcpy(&x, &v->nat[slot + n], sizeof(x));
		bits |= bytes_to_bits(x) << n;
	}
	return bits & ((1ull << count) - 1);
}

/*
 * Store up to so many of the oldest dirty registers at once, as store_one() would one by one:
 * those in front of the next collection, which are all in one page, when the machine TLB
 * has that. Returns how many.
 */
static uint32_t store_run(struct vcpu *v, uint32_t count)
{
	uint64_t addr = v->bspstore, mask;
	const struct mtlb_entry *e = mtlb_slot(v->mtlb_rse, addr);
	uint32_t index = word_index(addr), slot = v->dirty;

	if (count > 63 - index)
		count = 63 - index;
	/* The stack slides when it would, so that registers nobody has written hold the same. */
	if (count > DIRTY_MAX + 1 - slot)
		count = DIRTY_MAX + 1 - slot;
	if (e->tag_write != mtlb_tag(addr, 8) || v->alat_live || (v->rsc & RSC_BE))
		return 0;
	memcpy((void *)(uintptr_t)(addr + e->addend), &v->gr[slot], count * sizeof(v->gr[0]));
	mask = (1ull << count) - 1;
	v->rnat = (v->rnat & ~(mask << index)) | nats_from(v, slot, count) << index;
	v->bspstore = addr + 8 * count;
	v->stats.rse_spills += count;
	advance_dirty(v, slot + count);
	return count;
}

/* Store the word at BSPSTORE: the oldest dirty register or a NaT collection (R5). */
static int store_one(struct vcpu *v)
{
	uint64_t addr = v->bspstore;
	uint32_t slot = v->dirty;
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
	advance_dirty(v, slot + 1);
	v->stats.rse_spills++;
	return EXEC_NEXT;
}

/*
 * Load up to so many registers below BSPSTORE at once, as load_one() would one by one: those
 * above the next collection. Returns how many.
 */
static uint32_t load_run(struct vcpu *v, uint32_t count)
{
	uint32_t index = word_index(v->bspstore), slot, n;
	const struct mtlb_entry *e;
	uint64_t addr, nats;

	if (count > index)
		count = index;
	addr = v->bspstore - 8 * count;
	e = mtlb_slot(v->mtlb_rse, addr);
	if (e->tag_read != mtlb_tag(addr, 8) || (v->rsc & RSC_BE))
		return 0;
	slot = v->dirty - count;
	memcpy(&v->gr[slot], (const void *)(uintptr_t)(addr + e->addend), count * sizeof(v->gr[0]));
	memset(&v->nat[slot], 0, count);
	nats = v->rnat >> (index - count) & ((1ull << count) - 1);
	for (n = 0; nats >> n; n++)
		v->nat[slot + n] = nats >> n & 1;
	if (nats)
		nat_seen(v);
	v->dirty = slot;
	v->bspstore = addr;
	v->stats.rse_fills += count;
	return count;
}

/*
 * Load the word below BSPSTORE: into the register below `dirty`, which is above
 * GR_STACKED, or a NaT collection to RNAT (R6). flags: MEM_IR when it completes
 * a frame.
 */
static int load_one(struct vcpu *v, uint32_t flags)
{
	uint64_t addr = v->bspstore - 8;
	uint64_t value;
	int status = load_word(v, addr, flags, &value);

	if (status != EXEC_NEXT)
		return status;
	if (is_collection(addr)) {
		v->rnat = value & RNAT_BITS;
	} else {
		uint32_t slot = --v->dirty;

		v->gr[slot] = value;
		v->nat[slot] = v->rnat >> word_index(addr) & 1;
		if (v->nat[slot])
			nat_seen(v);
		v->stats.rse_fills++;
	}
	v->bspstore = addr;
	return EXEC_NEXT;
}

/*
 * The frame shrank to less than what it lacks, which is undefined (SDM 2:6.8):
 * it lacks all of itself (R8).
 */
static void clamp_missing(struct vcpu *v)
{
	uint32_t end = v->fb + v->frame.sof;

	if (v->dirty <= end)
		return;
	v->bspstore = bsp_up(rse_bsp(v), v->frame.sof);
	v->dirty = end;
}

int rse_alloc(struct vcpu *v, uint32_t sof, uint32_t sol, uint32_t sor)
{
	while (v->fb + sof > v->dirty + RSE_PHYS) {
		int status;

		if (store_run(v, v->fb + sof - v->dirty - RSE_PHYS))
			continue;
		status = store_one(v);
		if (status != EXEC_NEXT)
			return status;
	}
	v->frame.sof = (uint8_t)sof;
	v->frame.sol = (uint8_t)sol;
	v->frame.sor = (uint8_t)sor;
	clamp_missing(v);
	return EXEC_NEXT;
}

/* What rse_restore() does where registers lack or the frame does not fit. */
static void restore_slowly(struct vcpu *v, struct frame f, uint32_t preserved)
{
	/* A frame that does not fit beside the dirty registers becomes empty (SDM 2:6.5.5). */
	if (v->fb - preserved + f.sof > v->dirty + RSE_PHYS)
		f = (struct frame){ 0 };
	if (v->fb < GR_STACKED + preserved)
		slide(v);
	v->fb -= preserved;
	v->frame = f;
	clamp_missing(v);
	rse_enable_load(v);
}

void rse_restore(struct vcpu *v, uint64_t fm, uint32_t preserved)
{
	struct frame f = frame_from_cfm(fm);

	if (preserved > f.sof)
		preserved = f.sof;
	if (__builtin_expect(!rse_fits(v, v->fb - preserved, f.sof), 0)) {
		restore_slowly(v, f, preserved);
		return;
	}
	v->fb -= preserved;
	v->frame = f;
}

void rse_enable_load(struct vcpu *v)
{
	if (!rse_missing(v))
		return;
	v->cfle = true;
	if (!v->attention)
		v->attention = ATTENTION_FRAME;
}

int rse_fill_frame(struct vcpu *v)
{
	while (rse_missing(v)) {
		int status;

		if (load_run(v, rse_missing(v)))
			continue;
		status = load_one(v, MEM_IR);
		if (status != EXEC_NEXT)
			return status;
	}
	v->cfle = false;
	return EXEC_NEXT;
}

/* Stores the collection that comes before BSP, too. */
int rse_flush(struct vcpu *v)
{
	while (v->dirty < v->fb || (v->dirty == v->fb && is_collection(v->bspstore))) {
		int status;

		if (store_run(v, rse_dirty(v)))
			continue;
		status = store_one(v);
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
	uint64_t bsp = rse_bsp(v), tear = bsp - bytes;
	uint64_t registers = registers_between(tear, bsp);

	if ((v->rsc & RSC_MODE) || (bytes && v->frame.sof) || registers > RSE_PHYS)
		return raise_illegal(v);
	/* A frame that lacks registers is not empty, so bytes is 0. */
	if (rse_missing(v)) {
		v->dirty = v->fb;
		v->cfle = false;
		v->bspstore = bsp;
	}
	if ((int64_t)(v->bspstore - tear) <= 0) {
		v->bspstore = tear;
		advance_dirty(v, v->fb - (uint32_t)registers);
		return EXEC_NEXT;
	}
	if (v->fb < GR_STACKED + RSE_PHYS)
		slide(v);
	while (v->bspstore != tear) {
		int status;

		if (load_run(v, (uint32_t)(v->bspstore - tear) / 8))
			continue;
		status = load_one(v, 0);
		if (status != EXEC_NEXT)
			return status;
	}
	return EXEC_NEXT;
}

void rse_set_bspstore(struct vcpu *v, uint64_t addr)
{
	if (v->dirty > v->fb)
		v->dirty = v->fb;
	v->cfle = false;
	v->bspstore = addr & ~7ull;
}

void rse_set_incomplete(struct vcpu *v, uint64_t bsp, uint64_t bspstore)
{
	uint64_t lacking;

	bsp &= ~7ull;
	bspstore &= ~7ull;
	lacking = registers_between(bsp, bspstore);
	rse_set_bspstore(v, bsp);
	if ((int64_t)(bspstore - bsp) <= 0 || lacking > v->frame.sof || rse_dirty(v))
		return;
	v->bspstore = bspstore;
	v->dirty = v->fb + (uint32_t)lacking;
}
