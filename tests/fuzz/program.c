// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <riven/layout.h>
#include <riven/vpd.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/encoding.h"
#include "tests/fuzz/program.h"

const struct row rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	{ match, mask, UNIT_##unit, FMT_##format },
#include "gvmm/isa/opcodes.def"
#undef OP
};

static uint64_t random_state;

void random_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* xorshift64*: good enough to scatter, and the same on every machine. */
uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

/* A quarter of the bits are set. */
static uint64_t sparse_random(void)
{
	uint64_t bits = next_random();

	return bits & next_random();
}

uint64_t below(uint64_t n)
{
	return next_random() % n;
}

/* A value that is likely to mean something: an address, an edge, small, or anything. */
uint64_t interesting(void)
{
	static const uint64_t bases[] = {
		0, CODE, IVT, RAM_SIZE, RAM_SIZE - 0x10000, RIVEN_PIB_BASE, RIVEN_IOPORT_BASE,
		0x8000000000000000, 0x2000000000000000, 0xe000000000000000, 0xfec00000,
		RIVEN_WINDOW_SIZE, 0x3ffffffffffff, 0x7fffffffffffffff,
	};
	uint64_t v = bases[below(sizeof(bases) / sizeof(bases[0]))];

	switch (below(6)) {
	case 0:
		return next_random();
	case 1:
		return below(256);
	case 2:
		return v - 1 - below(32);
	default:
		return v + (below(RAM_SIZE) & ~below(16));
	}
}

/* A slot that holds a row of the table for this unit, its free bits random. */
static uint64_t random_slot(enum op_unit unit)
{
	uint64_t slot = next_random() >> 23;

	for (int tries = 0; tries < 64; tries++) {
		const struct row *r = &rows[below(RIVEN_NR_OPS)];
		bool fits = r->unit == unit ||
			    (r->unit == UNIT_A && (unit == UNIT_M || unit == UNIT_I));

		if (fits) {
			slot = r->match | (slot & ~r->mask);
			break;
		}
	}
	/* Mostly unpredicated or on a predicate that is often true. */
	if (below(3))
		slot &= ~63ull;
	/* Mostly registers that hold something interesting. */
	if (below(2))
		slot &= ~(0x60ull << 20 | 0x60ull << 13 | 0x60ull << 6);
	return slot;
}

void random_bundle(uint8_t *at)
{
	unsigned int template = (unsigned int)below(32);
	uint64_t s[3], lo, hi;

	for (unsigned int i = 0; i < 3; i++) {
		enum op_unit unit = template_unit(template, i);

		s[i] = below(50) ? random_slot(unit) : next_random() >> 23;
	}
	lo = template | s[0] << 5 | s[1] << 46;
	hi = s[1] >> 18 | s[2] << 23;
	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

void random_machine_state(struct riven_state *s)
{
	for (int i = 1; i < 128; i++)
		s->gr[i] = interesting();
	if (!below(3)) {
		s->nat[0] = sparse_random() & ~1ull;
		s->nat[1] = sparse_random();
	}
	for (int i = 2; i < 128; i++)
		s->fr[i] = (struct riven_fpreg){ next_random(), next_random() & 0x3ffff };
	s->pr = next_random() | 1;
	for (int i = 0; i < 8; i++)
		s->br[i] = below(2) ? CODE + (below(CODE_SIZE) & ~15ull) : interesting();
	s->ip = CODE + (below(CODE_SIZE) & ~15ull);
	s->psr = sparse_random() & 0x3fffffffffffull;
	if (below(3))
		s->psr &= ~(1ull << 36 | 1ull << 17 | 1ull << 27 | 3ull << 32);
	s->cfm = next_random() & 0x3fffffffffull;
	if (below(4))
		s->cfm = 96 | below(97) << 7;
	for (int i = 0; i < 128; i++)
		s->ar[i] = interesting();
	for (int i = 0; i < 128; i++)
		s->cr[i] = interesting();
	s->cr[CR_IVA] = below(8) ? IVT : interesting() & ~0x7fffull;
	for (int i = 0; i < 8; i++)
		s->rr[i] = (next_random() & 0xffffff) << 8 | (12 + below(10)) << 2 | below(2);
	for (int i = 0; i < 16; i++)
		s->pkr[i] = next_random();
	for (int i = 0; i < 8; i++) {
		s->ibr[i] = below(4) ? 0 : interesting();
		s->dbr[i] = below(4) ? 0 : interesting();
	}
	s->ndirty = (int64_t)below(97);
	for (int i = 0; i < 4; i++) {
		s->itr[i] = (struct riven_tr){ interesting() | 0x661, (12 + below(20)) << 2,
					       interesting(), below(4) };
		s->dtr[i] = s->itr[i];
	}
	if (!below(20))
		for (size_t i = 0; i < sizeof(*s); i += 8)
			if (!below(8))
				*(uint64_t *)((uint8_t *)s + i) = next_random();
}
