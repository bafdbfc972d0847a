// SPDX-License-Identifier: GPL-2.0-only
/* Names for what translated code refers to. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gvmm/isa/exec.h"
#include "gvmm/jit/ir-print.h"
#include "tools/disasm.h"

#define FIELD(name) { #name, offsetof(struct vcpu, name), sizeof(((struct vcpu *)0)->name) }
#define JIT_FIELD(name) \
	{ #name, RIVEN_VCPU_JIT - RIVEN_VCPU_STATE + offsetof(struct jit, name), \
	  sizeof(((struct jit *)0)->name) }

/* Fields of the vCPU and of its translator that are no locations, from r15 on. */
static const struct {
	char name[16];
	size_t offset, size;
} fields[] = {
	FIELD(ip), FIELD(ri), FIELD(frame), FIELD(fb), FIELD(dirty), FIELD(cfle), FIELD(bspstore),
	FIELD(rnat), FIELD(kr), FIELD(rsc), FIELD(fpsr), FIELD(csd), FIELD(ssd),
	FIELD(mxcsr_live), FIELD(fp_fast), FIELD(cpl), FIELD(attention),
	FIELD(last_ip), FIELD(code_gen), FIELD(nat_maybe), FIELD(nat), FIELD(fr), FIELD(fr_b),
	FIELD(alat_live), JIT_FIELD(left), JIT_FIELD(leave_arg), JIT_FIELD(site),
	JIT_FIELD(returns), JIT_FIELD(returns_top), JIT_FIELD(jump), JIT_FIELD(tag_bits), JIT_FIELD(mxcsr),
	{ "mtlb_data", offsetof(struct vcpu, mtlb_data), 8 },
	{ "mtlb", RIVEN_VCPU_MTLB - RIVEN_VCPU_STATE, RIVEN_VCPU_MTLB_SIZE },
};

static const struct {
	char name[16];
	size_t offset;
} thunks[] = {
#define THUNK(name) { #name, offsetof(struct jit, name) }
	THUNK(leave), THUNK(leave_lookup), THUNK(thunk_call), THUNK(thunk_access),
	THUNK(thunk_access_xmm), THUNK(thunk_find), THUNK(thunk_return),
	THUNK(thunk_get_pr), THUNK(thunk_set_pr),
	THUNK(thunk_alat), THUNK(thunk_spill),
#undef THUNK
};

static const char *const handlers[] = {
#define OP(id, unit, format, match, mask, mnemonic, exec, aux, flags, file) [OP_##id] = #exec,
#include <gvmm/isa/opcodes.def>
#undef OP
};

static void name_field(size_t offset, char *name, size_t size)
{
	for (size_t n = 0; n < sizeof(fields) / sizeof(fields[0]); n++) {
		if (offset - fields[n].offset >= fields[n].size)
			continue;
		if (offset == fields[n].offset)
			snprintf(name, size, "%s", fields[n].name);
		else
			snprintf(name, size, "%s+0x%zx", fields[n].name,
				 offset - fields[n].offset);
		return;
	}
}

/* Memory at base + disp, by the registers of host.h. */
static void name_memory(uint32_t base, int64_t disp, char *name, size_t size)
{
	for (uint32_t loc = 0; loc < NR_LOCS; loc++) {
		struct host_mem m = loc_mem(loc);
		struct text t = { name, size, 0 };

		if (m.base == base && m.disp == disp) {
			ir_print_loc(&t, loc);
			return;
		}
	}
	if (base == REG_VCPU)
		name_field((size_t)disp, name, size);
}

/* The displacement behind a register's name in "[r15+0x10]", or in "[r15+rax*1+0x10]". */
static bool displacement(const char *text, const char *reg, int64_t *disp)
{
	const char *p = strstr(text, reg), *number, *end;

	if (!p)
		return false;
	p += strlen(reg);
	end = strchr(p, ']');
	if (!end)
		return false;
	for (number = end; number > p && number[-1] != '+' && number[-1] != '-'; number--)
		;
	*disp = 0;
	if (number > p && number[0] == '0' && number[1] == 'x')
		*disp = (int64_t)strtoull(number, NULL, 16) * (number[-1] == '-' ? -1 : 1);
	return true;
}

static void name_handler(const struct insn *i, char *name, size_t size)
{
	if (i->op < RIVEN_NR_OPS && handlers[i->op])
		snprintf(name, size, "%s", handlers[i->op]);
}

/* What lies at an address outside of the block's code. */
static void name_address(const struct translated *b, uint64_t address, char *name, size_t size)
{
	const struct translation *t = b->t;
	const uint8_t *sites = (const uint8_t *)t->sites + b->jit->to_rx;

	for (size_t n = 0; n < sizeof(thunks) / sizeof(thunks[0]); n++) {
		uint32_t offset;

		memcpy(&offset, (const uint8_t *)b->jit + thunks[n].offset, sizeof(offset));
		if (address == (uint64_t)(uintptr_t)cache_rx(b->jit, offset))
			snprintf(name, size, "%s", thunks[n].name);
	}
	for (uint32_t n = 1; n <= t->nr_sites; n++)
		if (address - (uint64_t)(uintptr_t)sites - n * sizeof(struct site) <
		    sizeof(struct site))
			name_handler(&t->sites[n].insn, name, size);
	for (uint32_t op = 0; op < RIVEN_NR_OPS; op++)
		if (address == (uint64_t)(uintptr_t)exec_offset + (uint64_t)(int64_t)exec_offset[op])
			snprintf(name, size, "%s", handlers[op]);
}

void host_operand(const struct translated *b, const char *text, char *name, size_t size)
{
	uint64_t entry = (uint64_t)(uintptr_t)cache_rx(b->jit, b->block->code), address;
	const char *target = strstr(text, "# 0x");
	int64_t disp;

	name[0] = '\0';
	if (target) {
		name_address(b, entry + strtoull(target + 2, NULL, 16), name, size);
	} else if (text[0] == 'j' || !strncmp(text, "call ", 5)) {
		target = strstr(text, "0x");
		address = target ? strtoull(target, NULL, 16) : 0;
		if (target && address >= b->block->end - b->block->code)
			name_address(b, entry + address, name, size);
	} else if (displacement(text, "[r15", &disp)) {
		name_memory(REG_VCPU, disp, name, size);
	} else if (displacement(text, "[rbx", &disp)) {
		name_memory(REG_FRAME, disp, name, size);
	} else if (displacement(text, "[rsp", &disp)) {
		snprintf(name, size, "spill %" PRId64, disp / 8);
	}
}
