// SPDX-License-Identifier: GPL-2.0-only
/*
 * ISA cases: each sets a state, runs a few instructions, and compares the
 * whole state with what the manual says. Cases come from mkcases: cases.tab
 * (one line a case) and cases.bin (their code).
 *
 * usage: runner CASES.tab CASES.bin [NAME ...]
 *
 * Everything goes through libriven, so the same cases run on every host. What
 * a case does not name must be as it was before: a stray write is a failure.
 * A case ends in a `stop`, a firmware break; every vector of the interruption
 * table is the one with stub 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <riven/riven.h>

#include "gvmm/isa/decode.h"
#include "tests/isa/diag.h"
#include "tests/isa/outcome.h"
#include "tests/lib/ktap.h"

#define RAM_SIZE	0x01000000ull
#define CODE_BASE	0x01000000ull
#define CODE_SIZE	0x00800000ull
#define IVT_BASE	(CODE_BASE + CODE_SIZE - 0x10000)
#define DATA_BASE	0x00100000ull
#define DATA_SIZE	0x00010000ull
#define FAR_BASE	(CODE_BASE + 0xff000000ull)	/* the label `far` */
#define FAR_SIZE	0x00010000ull
#define BUNDLE_LIMIT	20000
#define MAX_LINE	8192

struct machine {
	struct riven_vm *vm;
	struct riven_vcpu *vcpu;
	uint8_t *data;		/* host view of the data area */
	uint8_t *code;
	struct riven_state reset;
	uint8_t before[DATA_SIZE];
	uint8_t expected[DATA_SIZE];
};

/* One line of cases.tab, split at '|'. */
struct test_case {
	const char *name, *ref, *text;
	uint64_t offset, start;	/* of the instruction under test; where to begin */
	char *in, *out;
};

/* break.m RIVEN_FW_BREAK + stub in slot 0; nops behind it. */
static void put_break(uint8_t *at, uint32_t stub)
{
	uint64_t imm = RIVEN_FW_BREAK + stub;
	uint64_t slot0 = (imm & 0xfffff) << 6 | (imm >> 20 & 1) << 36;
	uint64_t nop = 1ull << 27;
	uint64_t lo = slot0 << 5 | nop << 46;	/* template MII */
	uint64_t hi = nop >> 18 | nop << 23;

	memcpy(at, &lo, 8);
	memcpy(at + 8, &hi, 8);
}

static int machine_create(struct machine *m, const char *host)
{
	struct riven_vm_options opt = { .host = host };
	const char *err = "";
	int ret = riven_vm_create(&opt, &m->vm, &err);

	if (ret) {
		fprintf(stderr, "runner: no VM: %s (%s)\n", err, strerror(-ret));
		return ret;
	}
	ret = riven_vm_set_memslot(m->vm, 0, 0, RAM_SIZE, 0);
	if (!ret)
		ret = riven_vm_set_memslot(m->vm, 1, CODE_BASE, CODE_SIZE, RIVEN_SLOT_FIRMWARE);
	if (!ret)
		ret = riven_vm_set_memslot(m->vm, 2, FAR_BASE, FAR_SIZE, RIVEN_SLOT_FIRMWARE);
	if (!ret)
		ret = riven_vcpu_create(m->vm, 0, &m->vcpu);
	if (ret) {
		fprintf(stderr, "runner: cannot set the VM up: %s\n", strerror(-ret));
		return ret;
	}
	riven_vcpu_get_state(m->vcpu, &m->reset);
	m->data = riven_vm_host_ptr(m->vm, DATA_BASE, DATA_SIZE);
	m->code = riven_vm_host_ptr(m->vm, CODE_BASE, CODE_SIZE);
	for (uint32_t v = 0; v < 0x8000; v += 0x100)
		put_break(m->code + (IVT_BASE - CODE_BASE) + v, 1);
	put_break(riven_vm_host_ptr(m->vm, FAR_BASE, FAR_SIZE), 9);
	return 0;
}

static bool load_code(struct machine *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		fprintf(stderr, "runner: %s: %s\n", path, strerror(errno));
		return false;
	}
	n = fread(m->code, 1, IVT_BASE - CODE_BASE, f);
	fclose(f);
	riven_vm_mem_written(m->vm, CODE_BASE, n);
	return n > 0;
}

/* The state every case starts from: distinct values, so that stray writes show. */
static void initial_state(struct machine *m, struct riven_state *s, uint64_t ip)
{
	*s = m->reset;
	for (int i = 1; i < 128; i++)
		s->gr[i] = 0x0101010101010101ull * i + 0x8000000000000000ull * (i & 1);
	s->nat[0] = s->nat[1] = 0;
	for (int i = 0; i < 16; i++)
		s->bank[i] = 0x1111000000000000ull + i;
	s->bank_nat = 0;
	for (int i = 2; i < 128; i++)
		s->fr[i] = (struct riven_fpreg){ 1ull << 63 | (uint64_t)i << 40, 0xffff + i };
	s->pr = 1;
	for (int i = 0; i < 8; i++)
		s->br[i] = 0xb000 + 16 * i;
	s->ip = ip;
	s->psr = 1ull << 13 | 1ull << 44;	/* ic, bn: physical, privilege level 0, bank 1 */
	s->cfm = 96 | 96 << 7;
	memset(s->ar, 0, sizeof(s->ar));
	s->ar[18] = 0x80000;			/* BSPSTORE */
	s->ar[40] = 0x9804c0270033full;		/* FPSR as Linux sets it */
	s->ndirty = 0;
	memset(s->cr, 0, sizeof(s->cr));
	s->cr[2] = IVT_BASE;
	s->cr[72] = s->cr[73] = s->cr[74] = 1u << 16;	/* ITV, PMV, CMCV: masked */
	memset(s->itr, 0, sizeof(s->itr));
	memset(s->dtr, 0, sizeof(s->dtr));
	for (int i = 0; i < 8; i++)
		s->rr[i] = (uint64_t)(i + 1) << 8 | 14 << 2;
	memset(s->pkr, 0, sizeof(s->pkr));
	memset(s->ibr, 0, sizeof(s->ibr));
	memset(s->dbr, 0, sizeof(s->dbr));
	for (uint32_t i = 0; i < DATA_SIZE; i++)
		m->before[i] = (uint8_t)(i * 7 + (i >> 8));
}

/* mem<size>[address]=value, little endian; false if it is something else. */
static bool apply_memory(uint8_t *data, const char *token, uint64_t origin)
{
	unsigned int size;
	uint64_t address, value;
	int n = 0;

	if (sscanf(token, "mem%u[%" SCNx64 "]=%n", &size, &address, &n) != 2 || !n)
		return false;
	if (!parse_value(token + n, origin, &value) || size > 8 || address < DATA_BASE ||
	    address + size > DATA_BASE + DATA_SIZE)
		return false;
	memcpy(data + (address - DATA_BASE), &value, size);
	return true;
}

/*
 * Apply "a=b c=d ..." to a state and data area; o is NULL for what a case
 * starts from. Returns the bad token or NULL.
 */
static const char *apply(struct riven_state *s, uint8_t *data, char *tokens, uint64_t origin,
			 struct outcome *o)
{
	char *save;

	for (char *t = strtok_r(tokens, " ", &save); t; t = strtok_r(NULL, " ", &save))
		if (!apply_memory(data, t, origin) && !(o && outcome_apply(o, s, t)) &&
		    !state_apply(s, t, origin))
			return t;
	return NULL;
}

/* The slot of the first instruction in a bundle that is not a nop. */
static uint32_t slot_under_test(const uint8_t *bundle)
{
	struct insn insn[3];
	uint64_t lo, hi;
	uint8_t template;

	memcpy(&lo, bundle, 8);
	memcpy(&hi, bundle + 8, 8);
	decode_bundle(lo, hi, insn, &template);
	for (uint32_t i = 0; i < 3; i++) {
		uint16_t op = insn[i].op;

		if (op != OP_NOP_M && op != OP_NOP_I && op != OP_NOP_F && op != OP_NOP_B)
			return i;
	}
	return 0;
}

/* Run until a firmware break; returns its stub number, or -1 with *why. */
static int run_to_break(struct machine *m, char *why, size_t size)
{
	struct riven_run *run = riven_vcpu_run_page(m->vcpu);
	int ret;

	run->bundle_limit = BUNDLE_LIMIT;
	ret = riven_vcpu_run(m->vcpu);
	if (ret) {
		snprintf(why, size, "riven_vcpu_run: %s", strerror(-ret));
		return -1;
	}
	if (run->exit_reason != RIVEN_EXIT_FIRMWARE) {
		snprintf(why, size, "exit %s at ip %#" PRIx64, riven_exit_name(run->exit_reason),
			 run->exit_ip);
		return -1;
	}
	return (int)run->fw.stub;
}

static bool report_memory(const struct machine *m)
{
	for (uint32_t i = 0; i < DATA_SIZE; i++)
		if (m->data[i] != m->expected[i]) {
			i &= ~7u;
			diag("mem8[%#" PRIx64 "]: expected %#" PRIx64 ", got %#" PRIx64,
			     (uint64_t)(DATA_BASE + i), *(const uint64_t *)(m->expected + i),
			     *(uint64_t *)(m->data + i));
			return false;
		}
	return true;
}

static bool run_case(struct machine *m, struct test_case *c)
{
	static struct riven_state start, want, got;
	struct outcome outcome;
	uint64_t ip = CODE_BASE + c->offset;
	const char *bad;
	char why[200];
	int stub;
	bool ok;

	initial_state(m, &start, CODE_BASE + c->start);
	outcome_init(&outcome, ip, slot_under_test(m->code + c->offset), IVT_BASE);
	bad = apply(&start, m->before, c->in, ip, NULL);
	memcpy(m->data, m->before, DATA_SIZE);
	memcpy(m->expected, m->before, DATA_SIZE);
	want = start;
	if (!bad)
		bad = apply(&want, m->expected, c->out, ip, &outcome);
	if (bad) {
		diag("cannot understand '%s'", bad);
		return false;
	}
	/* A state does not hold the translations that are cached. */
	if (riven_vcpu_reset(m->vcpu) || riven_vcpu_set_state(m->vcpu, &start)) {
		diag("the state was refused");
		return false;
	}
	stub = run_to_break(m, why, sizeof(why));
	if (stub < 0) {
		diag("%s", why);
		return false;
	}
	riven_vcpu_get_state(m->vcpu, &got);
	ok = outcome_check(&outcome, (uint32_t)stub, &want, &got);
	ok &= state_compare(&want, &got);
	ok &= report_memory(m);
	return ok;
}

/* Split a line of cases.tab; false when it is malformed. */
static bool parse_case(char *line, struct test_case *c)
{
	char *field[8];
	char *p = line;

	for (int i = 0; i < 8; i++) {
		field[i] = p;
		p = strchr(p, i == 7 ? '\n' : '|');
		if (!p)
			return false;
		*p++ = 0;
	}
	c->name = field[0];
	c->ref = field[2];
	c->offset = strtoull(field[3], NULL, 0);
	c->start = strtoull(field[4], NULL, 0);
	c->text = field[5];
	c->in = field[6];
	c->out = field[7];
	return true;
}

static bool wanted(const char *name, int argc, char **argv)
{
	if (argc == 0)
		return true;
	for (int i = 0; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct machine m;
	static char line[MAX_LINE];
	FILE *tab;

	if (argc < 3) {
		fprintf(stderr, "usage: runner CASES.tab CASES.bin [NAME ...]\n");
		return 2;
	}
	tab = fopen(argv[1], "r");
	if (!tab) {
		fprintf(stderr, "runner: %s: %s\n", argv[1], strerror(errno));
		return 2;
	}
	if (machine_create(&m, getenv("RIVEN_HOST")) || !load_code(&m, argv[2])) {
		fclose(tab);
		return 2;
	}
	ktap_begin();
	while (fgets(line, sizeof(line), tab)) {
		struct test_case c;
		bool ok;

		if (!parse_case(line, &c)) {
			ktap_result(false, "malformed line in %s", argv[1]);
			continue;
		}
		if (!wanted(c.name, argc - 3, argv + 3))
			continue;
		ok = run_case(&m, &c);
		ktap_report(ok, NULL, NULL, 0, "%s (SDM %s)", c.name, c.ref);
		if (!ok)
			printf("# code: %s\n", c.text);
		diag_flush(!ok);
		if (!ok)
			printf("# alone: %s %s %s %s\n", argv[0], argv[1], argv[2], c.name);
	}
	fclose(tab);
	riven_vm_destroy(m.vm);
	return ktap_end();
}
