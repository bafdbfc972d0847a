// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gvmm/cpu/cpu.h"
#include "gvmm/cpu/psr.h"
#include "gvmm/isa/decode.h"
#include "gvmm/isa/exec.h"
#include "gvmm/vm.h"
#include "tools/translator.h"

#define CODE_SIZE	(64ull << 20)
/* Where in guest memory the page of code lies. */
#define CODE_GPA	0x10000ull
#define RAM_SIZE	0x20000ull

/* Registers in a frame that has to be known and is not. */
#define USUAL_SOF	8

static uint8_t *region;

static uint8_t *area(void)
{
	return region + RIVEN_VCPU_OFFSET;
}

static struct vcpu *vcpu(void)
{
	return (struct vcpu *)(area() + RIVEN_VCPU_STATE);
}

static struct translation *translation(void)
{
	return (struct translation *)(area() + RIVEN_VCPU_JIT + TRANSLATION_OFFSET);
}

static bool open_memory(void)
{
	static const struct {
		uint64_t offset, size;
	} parts[] = {
		{ RIVEN_VM_OFFSET, RIVEN_VM_SIZE },
		{ RIVEN_P2M_OFFSET, RAM_SIZE >> 12 },
		{ RIVEN_CODE_RW_OFFSET, CODE_SIZE },
		{ RIVEN_VCPU_OFFSET, RIVEN_VCPU_STRIDE },
		{ RIVEN_WINDOW_OFFSET, RAM_SIZE },
	};

	region = mmap(NULL, RIVEN_REGION_SIZE, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED)
		return false;
	for (size_t n = 0; n < sizeof(parts) / sizeof(parts[0]); n++)
		if (mprotect(region + parts[n].offset, (parts[n].size + 4095) & ~4095ull,
			     PROT_READ | PROT_WRITE))
			return false;
	return true;
}

static void command(enum riven_command c)
{
	((struct riven_run *)(area() + RIVEN_VCPU_RUN))->command = c;
	gvmm_main(area());
}

static void set_state(const struct translator_state *s)
{
	struct riven_state *state = &((struct riven_run *)(area() + RIVEN_VCPU_RUN))->state;

	command(RIVEN_CMD_GET_STATE);
	state->psr = PSR_IC | PSR_BN | (uint64_t)s->cpl << PSR_CPL_SHIFT;
	if (!s->physical)
		state->psr |= PSR_IT | PSR_DT | PSR_RT;
	if (s->big_endian)
		state->psr |= PSR_BE;
	state->cfm = 0;
	state->nat[0] = state->nat[1] = 0;
	command(RIVEN_CMD_SET_STATE);
}

const char *translator_open(const struct translator_state *s)
{
	static struct mark marks[NR_MARKS];
	struct vm *vm;

	if (!open_memory())
		return "cannot reserve 1 TiB of address space; is it limited (ulimit -v)?";
	vm = (struct vm *)(region + RIVEN_VM_OFFSET);
	vm->data = (struct riven_vm_data){
		.abi_version = RIVEN_ABI_VERSION, .stlb_entries = 64, .nr_vcpus = 1,
		.itc_frequency = 1000000000, .itc_mult = 1ull << 32,
		.tsc_frequency = 1000000000, .code_size = CODE_SIZE,
	};
	memset(region + RIVEN_P2M_OFFSET, RIVEN_P2M_RAM, RAM_SIZE >> 12);
	command(RIVEN_CMD_RESET);
	set_state(s);
	cache_prepare(vcpu());
	/* The code never runs. As in a world a displacement reaches the handlers. */
	vcpu()->jit->to_rx = (const uint8_t *)exec_offset - vcpu()->jit->rw;
	translation()->marks = marks;
	return NULL;
}

/* Is an open block possible there? */
static bool fits_any(uint64_t gpa, uint32_t slot)
{
	const uint64_t *bytes = (const uint64_t *)(region + RIVEN_WINDOW_OFFSET + (gpa & ~15ull));
	struct insn insn[3];
	uint8_t template;

	decode_bundle(bytes[0], bytes[1], insn, &template);
	return open_fits(vcpu()->jit, insn, slot);
}

void translator_page(const uint8_t page[4096])
{
	memcpy(region + RIVEN_WINDOW_OFFSET + CODE_GPA, page, 4096);
}

bool translator_block(uint64_t ip, struct frame frame, struct translated *out)
{
	struct vcpu *v = vcpu();
	struct key key = {
		.ip = ip,
		.gpa = CODE_GPA | (ip & ~PAGE_MASK & ~15ull),
		.frame = frame,
		.flags = key_flags(v),
	};

	if (frame.whole == FRAME_ANY) {
		bool open = fits_any(key.gpa, ip & 3);

		key.frame.whole = 0;
		if (!open)
			key.frame.sof = USUAL_SOF;
		key.flags |= open ? KEY_OPEN : 0;
	}
	*out = (struct translated){ translation(), translate_block(v, &key), v->jit };
	return out->block;
}
