// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decode cache forgets what it is told to, also when its generations come
 * round, and forgetting costs the same however much there is to forget.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/run.h"
#include "gvmm/isa/decode.h"
#include "gvmm/isa/exec.h"
#include "gvmm/isa/opcodes.h"
#include "gvmm/jit/jit.h"
#include "tests/lib/ktap.h"

#define CODE		0x100000ull
#define GENERATIONS	(1u << (64 - DECODE_GEN_SHIFT))

/* Stand-ins for the decoder: every bundle is three times the same. */
const int32_t exec_offset[RIVEN_NR_OPS] __attribute__((visibility("hidden")));
const uint8_t riven_op_flags[RIVEN_NR_OPS];

void decode_bundle(uint64_t lo, uint64_t hi, struct insn out[3], uint8_t *template)
{
	(void)lo;
	(void)hi;
	memset(out, 0, 3 * sizeof(out[0]));
	*template = 0;
}

/* And for the translator, which has nothing to forget here. */
void jit_invalidate(struct vcpu *vcpu, uint64_t gpa)
{
	(void)vcpu;
	(void)gpa;
}

void jit_invalidate_all(struct vcpu *vcpu)
{
	(void)vcpu;
}

static struct vcpu *v;
static uint8_t *p2m;

static bool is_cached(uint64_t gpa)
{
	return decode_line(v, gpa)->tag == (gpa | v->decode_tag);
}

static void cache(uint64_t gpa)
{
	decode_fill(v, decode_line(v, gpa), gpa);
}

static uint8_t *part(uint8_t *region, uint64_t offset, uint64_t size)
{
	if (mprotect(region + offset, size, PROT_READ | PROT_WRITE)) {
		perror("mprotect");
		exit(1);
	}
	return region + offset;
}

static void create(void)
{
	uint8_t *region = mmap(NULL, RIVEN_WINDOW_OFFSET + RIVEN_WINDOW_SIZE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t area = RIVEN_VCPU_OFFSET;

	if (region == MAP_FAILED) {
		printf("1..0 # SKIP no address space for a region\n");
		exit(4);
	}
	p2m = part(region, RIVEN_P2M_OFFSET, RIVEN_P2M_SIZE);
	v = (struct vcpu *)part(region, area + RIVEN_VCPU_STATE, RIVEN_VCPU_STATE_SIZE);
	v->vm = (struct vm *)(region + RIVEN_VM_OFFSET);
	v->window = part(region, RIVEN_WINDOW_OFFSET, 0x4000000);
	v->decode_mask = DECODE_LINES - 1;
	v->decode_cache = part(region, area + RIVEN_VCPU_DECODE, RIVEN_VCPU_DECODE_SIZE);
}

int main(void)
{
	uint32_t n;
	bool ok;

	ktap_begin();
	create();
	decode_invalidate_all(v);
	cache(CODE);
	cache(CODE + 0x20);
	cache(CODE + 0x1000);
	ktap_result(is_cached(CODE) && is_cached(CODE + 0x20) &&
			    (p2m[CODE >> 12] & RIVEN_P2M_CODE),
		    "a bundle is cached and its frame marked");
	decode_invalidate(v, CODE + 8, 16);
	ktap_result(!is_cached(CODE) && is_cached(CODE + 0x20) && is_cached(CODE + 0x1000),
		    "a range drops the bundles that it touches");
	decode_invalidate(v, CODE + 0xff0, 0x100000);
	ktap_result(!is_cached(CODE + 0x1000) && is_cached(CODE + 0x20), "across frames");
	decode_invalidate(v, CODE, RIVEN_WINDOW_SIZE);
	ktap_result(!is_cached(CODE + 0x20), "a range as large as the window drops everything");
	decode_invalidate(v, ~0ull, ~0ull);

	ok = true;
	for (n = 0; n < DECODE_LINES; n += 4099) {
		cache(n * 16ull);
		ok = ok && is_cached(n * 16ull);
	}
	for (n = 0; n < GENERATIONS; n++) {
		decode_invalidate_all(v);
		if (n < 100 || n > GENERATIONS - 100)
			ok = ok && !is_cached(0) && !is_cached(16 * 4099ull);
	}
	for (n = 0; n < DECODE_LINES; n += 4099)
		ok = ok && !is_cached(n * 16ull);
	ktap_result(ok, "nothing comes back when the generations have come round");
	return ktap_end();
}
