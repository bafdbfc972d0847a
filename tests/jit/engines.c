// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both engines run the same random programs from the same states, the same
 * number of bundles: everything that can be seen of the machine must be equal
 * afterwards, memory included.
 *
 * usage: engines RUNS [SEED]	one result for every tenth of the runs
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <riven/vpd.h>

#include "gvmm/isa/decode.h"
#include "gvmm/isa/disasm.h"
#include "gvmm/isa/encoding.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/seed.h"
#include "tests/fuzz/world.h"
#include "tests/lib/ktap.h"

#define CHUNKS		24
#define CHUNK_BUNDLES	64
#define HANG_SECONDS	30
#define CACHE_SIZE	(1ull << 20)


struct row {
	uint64_t match, mask;
	uint8_t unit;
};

static const struct row rows[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) \
	[OP_##id] = { match, mask, UNIT_##unit },
#include "gvmm/isa/opcodes.def"
#undef OP
};

/* What compilers make most of their code of. */
static const uint16_t common[] = {
	OP_ADD, OP_ADD_1, OP_SUB, OP_SUB_1, OP_ADDP4, OP_AND, OP_ANDCM, OP_OR, OP_XOR, OP_SHLADD,
	OP_SUB_IMM, OP_AND_IMM, OP_ANDCM_IMM, OP_OR_IMM, OP_XOR_IMM, OP_ADDS, OP_ADDL,
	OP_ADDP4_IMM, OP_SHLADDP4,
	OP_CMP_LT, OP_CMP_LT_IMM, OP_CMP_LTU, OP_CMP_LTU_IMM, OP_CMP_EQ, OP_CMP_EQ_IMM,
	OP_CMP4_LT, OP_CMP4_LT_IMM, OP_CMP4_LTU, OP_CMP4_LTU_IMM, OP_CMP4_EQ, OP_CMP4_EQ_IMM,
	OP_CMP_EQ_UNC, OP_CMP_LT_UNC_IMM, OP_CMP4_LTU_UNC, OP_CMP_EQ_AND, OP_CMP_NE_OR_IMM,
	OP_CMP_GT_AND, OP_CMP_LE_OR, OP_CMP4_GE_OR_ANDCM, OP_CMP4_EQ_OR_ANDCM_IMM,
	OP_TBIT_Z, OP_TBIT_Z_UNC, OP_TBIT_NZ_AND, OP_TBIT_NZ_OR, OP_TBIT_Z_OR_ANDCM,
	OP_SHL, OP_SHR, OP_SHR_U, OP_SHRP, OP_EXTR, OP_EXTR_U, OP_DEP, OP_DEP_Z, OP_DEP_IMM,
	OP_DEP_Z_IMM, OP_ZXT1, OP_ZXT2, OP_ZXT4, OP_SXT1, OP_SXT2, OP_SXT4, OP_POPCNT,
	OP_MOV_TO_BR, OP_MOV_FROM_BR, OP_MOV_FROM_IP, OP_MOV_FROM_PR, OP_MOV_TO_PR,
	OP_LD1, OP_LD2, OP_LD4, OP_LD8, OP_LD1_IMM, OP_LD2_IMM, OP_LD4_IMM, OP_LD8_IMM,
	OP_LD8_REG, OP_LD4_REG, OP_LD4_ACQ, OP_LD8_BIAS, OP_LD8_FILL, OP_LD8_A, OP_LD8_C_CLR,
	OP_ST1, OP_ST2, OP_ST4, OP_ST8, OP_ST1_IMM, OP_ST4_IMM, OP_ST8_IMM, OP_ST8_SPILL,
	OP_ST8_REL, OP_LFETCH_IMM, OP_XCHG8, OP_FETCHADD8_ACQ,
	OP_BR_COND, OP_BR_COND, OP_BR_COND, OP_BR_CLOOP, OP_BR_CTOP, OP_BR_CEXIT, OP_BR_WTOP,
	OP_BR_CALL, OP_BR_CALL, OP_BR_RET, OP_BR_RET, OP_BR_COND_IND, OP_BR_CALL_IND,
	OP_MOVL, OP_BRL_COND, OP_BRL_CALL, OP_ALLOC, OP_ALLOC, OP_MOV_I_TO_AR, OP_MOV_I_FROM_AR,
	OP_MOV_M_FROM_AR, OP_CHK_S_M, OP_SETF_SIG, OP_GETF_SIG, OP_LDFD, OP_STFD, OP_FMA,
	OP_FMA_D, OP_COVER, OP_CLRRRB,
	OP_MIX4_R, OP_MIX4_L, OP_UNPACK4_H, OP_UNPACK4_L, OP_MUX1, OP_XMA_L, OP_XMA_H, OP_XMA_HU,
};

static bool fits(enum op_unit has, enum op_unit wanted)
{
	return has == wanted || (has == UNIT_A && (wanted == UNIT_M || wanted == UNIT_I));
}

/* Branches stay near; frames are of a common shape; registers are those in use. */
static uint64_t tame(uint32_t op, uint64_t slot)
{
	switch (op) {
	case OP_BR_COND:
	case OP_BR_CLOOP:
	case OP_BR_CTOP:
	case OP_BR_CEXIT:
	case OP_BR_WTOP:
	case OP_BR_CALL:
		slot &= ~(0xfffffull << 13 | 1ull << 36);
		slot |= below(2) ? below(24) << 13 : (0x100000 - below(24)) % 0x100000 << 13 | 1ull << 36;
		break;
	case OP_ALLOC:
		slot &= ~(0x3ffffull << 13 | 0x7full << 6);
		slot |= (16 + below(64)) << 13 | below(16) << 20 | below(3) << 27 | 34ull << 6;
		break;
	default:
		if (below(8))
			slot &= ~(0x60ull << 20 | 0x60ull << 13 | 0x60ull << 6);
		else
			slot &= ~(0x50ull << 20 | 0x50ull << 13 | 0x50ull << 6);
		slot = rows[op].match | (slot & ~rows[op].mask);
		break;
	}
	return below(3) ? slot & ~63ull : slot;
}

static uint64_t common_slot(enum op_unit unit)
{
	for (;;) {
		uint32_t op = common[below(sizeof(common) / sizeof(common[0]))];
		const struct row *r = &rows[op];

		if (unit == UNIT_L || unit == UNIT_NONE)
			return next_random() >> 23;
		if (fits((enum op_unit)r->unit, unit) || (unit == UNIT_F && r->unit == UNIT_F))
			return tame(op, r->match | (next_random() >> 23 & ~r->mask));
	}
}

static void common_bundle(uint8_t *at)
{
	static const uint8_t templates[] = {
		0x00, 0x01, 0x02, 0x04, 0x08, 0x09, 0x0a, 0x0c, 0x0e, 0x10, 0x11, 0x12, 0x16, 0x18,
		0x19, 0x1c,
	};
	unsigned int template = templates[below(sizeof(templates))];
	uint64_t s[3], lo, hi;

	for (unsigned int i = 0; i < 3; i++)
		s[i] = common_slot(template_unit(template, i));
	lo = template | s[0] << 5 | s[1] << 46;
	hi = s[1] >> 18 | s[2] << 23;
	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

/* A state in which much can happen without a fault. */
static void tame_state(struct riven_state *s)
{
	if (below(8)) {
		s->nat[0] = s->nat[1] = 0;
		s->bank_nat = 0;
		s->dirty_nat[0] = s->dirty_nat[1] = 0;
		s->ar[36] = 0;
		s->ar[19] = 0;
	}
	s->psr = 1ull << 44 | (below(2) ? 1ull << 13 : 0) | (below(8) ? 0 : 2);
	if (below(2))	/* translated, one to one */
		s->psr |= 1ull << 36 | 1ull << 17 | 1ull << 27 | below(4) << 32;
	s->cfm = (16 + below(64)) | below(16) << 7;
	if (below(2))
		s->cfm = 40 | 20ull << 7 | below(3) << 14 | below(8) << 18 * (s->cfm & 1) |
			 below(48) << 32;
	for (int i = 1; i < 128; i++)
		if (below(3))
			s->gr[i] = 0x100000 + (below(0x100000) & ~7ull);
	s->cr[CR_IVA] = IVT;
	s->ar[16] &= ~3ull;
	s->ar[18] = 0x300000 + (below(0x1000) & ~7ull);
	s->ar[64] = (20 + below(40)) | below(20) << 7 | below(64) << 52;
	s->ar[65] = below(40);
	s->ar[66] = below(20);
	for (int i = 0; i < 8; i++) {
		s->rr[i] = 24 << 2 | (uint64_t)i << 8;
		s->ibr[i] = s->dbr[i] = 0;
	}
	for (int i = 0; i < 64; i++)
		s->itr[i].pte = s->dtr[i].pte = 0;
	s->itr[0] = (struct riven_tr){ 0x10000000000661 | 3 << 7 | 3 << 9, 24 << 2, 0, 0 };
	s->dtr[0] = s->itr[0];
}

/* Say where two states differ. */
static void report(const struct riven_state *a, const struct riven_state *b)
{
	static const struct {
		char name[12];
		size_t offset, count;
	} parts[] = {
#define PART(field) { #field, offsetof(struct riven_state, field), sizeof(a->field) / 8 }
		PART(gr), PART(nat), PART(bank), PART(bank_nat), PART(fr), PART(pr), PART(br),
		PART(ip), PART(psr), PART(cfm), PART(ar), PART(cr), PART(rr), PART(insvc),
		PART(ndirty), PART(cfle), PART(dirty), PART(dirty_nat), PART(itr), PART(dtr),
#undef PART
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const uint64_t *x = (const uint64_t *)((const uint8_t *)a + parts[i].offset);
		const uint64_t *y = (const uint64_t *)((const uint8_t *)b + parts[i].offset);

		for (size_t n = 0; n < parts[i].count; n++)
			if (x[n] != y[n])
				printf("# %s[%zu]: interp %016" PRIx64 " jit %016" PRIx64 "\n",
				       parts[i].name, n, x[n], y[n]);
	}
}

static void prepare(struct world *w, const struct world *from)
{
	if (from)
		memcpy(w->ram, from->ram, RAM_SIZE / 2);
	w->run->invalidate.gpa = 0;
	w->run->invalidate.len = RAM_SIZE;
	world_command(w, RIVEN_CMD_INVALIDATE);
	world_command(w, RIVEN_CMD_RESET);
}

static void make_program(struct world *w, bool wild)
{
	for (uint64_t a = CODE; a < CODE + CODE_SIZE; a += 16)
		(wild ? random_bundle : common_bundle)(w->ram + a);
	for (uint64_t a = IVT; a < IVT + IVT_SIZE; a += 16)
		(below(2) ? random_bundle : common_bundle)(w->ram + a);
	for (uint64_t a = 0x100000; a < 0x110000; a += 8) {
		uint64_t x = interesting();

		memcpy(w->ram + a, &x, 8);
	}
}

/* The answers that the outside world gives are those of both machines. */
static void answer(struct world *w, uint64_t noise)
{
	struct riven_run *run = w->run;

	switch (run->exit_reason) {
	case RIVEN_EXIT_FIRMWARE:
		run->fw.action = RIVEN_FW_DONE;
		break;
	case RIVEN_EXIT_HALT:
		run->irq[1] |= noise | 1;
		run->attention = 1;
		break;
	case RIVEN_EXIT_TRACE:
		run->trace_tail = run->trace_head;
		break;
	case RIVEN_EXIT_MMIO:
		memset(run->mmio.data, (int)noise, 16);
		break;
	default:
		break;
	}
}

static struct riven_state initial, seen[2];
static uint8_t program[IVT + IVT_SIZE - CODE];

/* Both machines at the start of the run that seed stands for. */
static void start(struct world *w, uint64_t seed)
{
	bool wild;

	current_seed = seed;
	random_seed(seed);
	wild = !below(4);
	make_program(&w[0], wild);
	memcpy(program, w[0].ram + CODE, sizeof(program));
	prepare(&w[0], NULL);
	prepare(&w[1], &w[0]);
	world_command(&w[0], RIVEN_CMD_GET_STATE);
	memcpy(&initial, &w[0].run->state, sizeof(initial));
	random_machine_state(&initial);
	if (!wild)
		tame_state(&initial);
	for (int n = 0; n < 2; n++) {
		memcpy(&w[n].run->state, &initial, sizeof(initial));
		world_command(&w[n], RIVEN_CMD_SET_STATE);
	}
}

/* Both run so many bundles; are they still the same? */
static bool advance(struct world *w, uint64_t bundles, uint64_t noise, uint32_t reason[2])
{
	for (int n = 0; n < 2; n++) {
		w[n].run->bundle_limit = bundles;
		reason[n] = world_command(&w[n], RIVEN_CMD_RUN);
		answer(&w[n], noise);
		world_command(&w[n], RIVEN_CMD_GET_STATE);
		memcpy(&seen[n], &w[n].run->state, sizeof(seen[n]));
	}
	return reason[0] == reason[1] && memcmp(&seen[0], &seen[1], sizeof(seen[0])) == 0;
}

static void print_bundle(const struct world *w, uint64_t ip)
{
	uint64_t gpa = ip & (RAM_SIZE - 1) & ~15ull, lo, hi;
	char text[DISASM_SIZE];

	memcpy(&lo, w->ram + gpa, 8);
	memcpy(&hi, w->ram + gpa + 8, 8);
	for (unsigned int n = 0; n < 3; n++) {
		disasm_slot(text, sizeof(text), lo, hi, n, ip);
		printf("#   %06" PRIx64 ".%u %s\n", ip, n, text);
	}
}

/*
 * Has the translator cleared NaT bits that the interpreter still has? It does
 * so for stacked registers outside of the frame, whose contents are undefined
 * (SDM 2:6.3); a program that reads one sees the difference.
 */
static bool cleared_nats(const struct world *w)
{
	const struct vcpu *a = (const struct vcpu *)(w[0].area + RIVEN_VCPU_STATE);
	const struct vcpu *b = (const struct vcpu *)(w[1].area + RIVEN_VCPU_STATE);

	for (uint32_t n = GR_STACKED; n < GR_SLOTS; n++)
		if (a->nat[n] && !b->nat[n])
			return true;
	return false;
}

/*
 * Has the program written to itself? When that takes effect without fc is not
 * defined (SDM 1:4.4.6.2), and it differs.
 */
static bool wrote_code(const struct world *w)
{
	return memcmp(program, w[0].ram + CODE, sizeof(program)) != 0 ||
	       memcmp(program, w[1].ram + CODE, sizeof(program)) != 0;
}

/*
 * The smallest number of bundles in the chunk after which they differ, and what
 * led there. Returns whether that is no fault of theirs.
 */
static bool narrow(struct world *w, uint64_t seed, int chunk, const uint64_t *noise)
{
	uint64_t ips[16] = { 0 };
	uint32_t reason[2];

	for (uint64_t n = 1; n <= CHUNK_BUNDLES; n++) {
		start(w, seed);
		for (int k = 0; k < chunk; k++)
			advance(w, CHUNK_BUNDLES, noise[k], reason);
		if (n == 1)
			ips[0] = seen[0].ip;
		if (!advance(w, n, noise[chunk], reason)) {
			if (cleared_nats(w))
				return true;
			printf("# seed %" PRIu64 ": different after %" PRIu64
			       " bundles of chunk %d\n", seed, n, chunk);
			for (uint64_t k = n < 16 ? 0 : n - 16; k < n; k++)
				print_bundle(&w[0], ips[k % 16]);
			report(&seen[0], &seen[1]);
			return false;
		}
		ips[n % 16] = seen[0].ip;
		if (reason[0] != RIVEN_EXIT_INTR)
			break;
	}
	return false;
}

static bool one_run(struct world *w, uint64_t seed)
{
	uint32_t reason[2];
	uint64_t noise[CHUNKS];

	alarm(HANG_SECONDS);
	start(w, seed);
	for (int chunk = 0; chunk < CHUNKS; chunk++)
		noise[chunk] = next_random();
	for (int chunk = 0; chunk < CHUNKS; chunk++) {
		if (!advance(w, CHUNK_BUNDLES, noise[chunk], reason)) {
			static struct riven_state found[2];

			memcpy(found, seen, sizeof(found));
			alarm(0);
			if (wrote_code(w) || narrow(w, seed, chunk, noise))
				return true;
			printf("# seed %" PRIu64 ", chunk %d, exits %u and %u\n", seed, chunk,
			       reason[0], reason[1]);
			report(&found[0], &found[1]);
			return false;
		}
		if (reason[0] == RIVEN_EXIT_DEAD || reason[0] == RIVEN_EXIT_INTERNAL)
			break;
	}
	alarm(0);
	if (!wrote_code(w) && memcmp(w[0].ram, w[1].ram, RAM_SIZE / 2) != 0) {
		printf("# seed %" PRIu64 ": memory differs\n", seed);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct world w[2];

	if (!runs) {
		fprintf(stderr, "usage: engines RUNS [SEED]\n");
		return 2;
	}
	seed_watch();
	ktap_begin();
	for (int part = 0; part < 10; part++) {
		uint64_t from = first + runs * part / 10, to = first + runs * (part + 1) / 10;
		uint64_t bad = 0, bundles = 0;

		if (from == to)
			continue;
		for (int n = 0; n < 2; n++) {
			world_create(&w[n], RAM_SIZE, 1024);
			/* A clock that stands still is the same for both. */
			((struct vm *)(w[n].region + RIVEN_VM_OFFSET))->data.itc_mult = 0;
		}
		world_translate(&w[1], CACHE_SIZE);
		for (uint64_t seed = from; seed < to && bad < 5; seed++)
			bad += !one_run(w, seed);
		bundles = w[1].run->stats.bundles - w[1].run->stats.interpreted;
		for (int n = 0; n < 2; n++)
			world_destroy(&w[n]);
		ktap_result(!bad, "seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64
			    " bundles of translated code", from, to - 1, bundles);
	}
	return ktap_end();
}
