// SPDX-License-Identifier: GPL-2.0-only
/* PAL procedures about virtual memory: what the GVMM's MMU implements. */
#include <stdlib.h>

#include "firmware/pal.h"

/* Page sizes, bit n for 2^n bytes: 4K 8K 16K 64K 256K 1M 4M 16M 64M 256M 4G (SDM 2:4.1.1.7). */
#define PAGE_SIZES							\
	(1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 16 | 1ull << 18 | 1ull << 20 |	\
	 1ull << 22 | 1ull << 24 | 1ull << 26 | 1ull << 28 | 1ull << 32)

#define NR_TR	(sizeof(((struct riven_state *)0)->itr) / sizeof(struct riven_tr))
#define NR_PKR	16

/* WB, UC, UCE, WC, NaTPage. */
void pal_mem_attrib(struct fw_call *c)
{
	c->ret[1] = 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7;
}

/* One ptc.e purges everything: base, counts, strides of the loop (SDM 2:4.4.1.3). */
void pal_ptce_info(struct fw_call *c)
{
	c->ret[1] = 0;
	c->ret[2] = 1ull << 32 | 1;
	c->ret[3] = 0;
}

/* (level, type): one translation cache, unified, which takes every page size. */
void pal_vm_info(struct fw_call *c)
{
	uint32_t entries = riven_vm_stlb_entries(c->fw->vm), sets = 1;

	if (c->arg[0] || c->arg[1] != 2) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	/* Sets and ways have 8 bits, entries 16. */
	if (entries > 128 * 128)
		entries = 128 * 128;
	while (entries / sets > 128)
		sets *= 2;
	c->ret[1] = sets | entries / sets << 8 | (uint64_t)entries << 16 | 1ull << 33;
	c->ret[2] = PAGE_SIZES;
}

/* Page sizes of inserts and of purges. */
void pal_vm_page_size(struct fw_call *c)
{
	c->ret[1] = PAGE_SIZES;
	c->ret[2] = PAGE_SIZES;
}

void pal_vm_summary(struct fw_call *c)
{
	const uint64_t walker = 1, hash_tag_id = 0, unique_tcs = 1, tc_levels = 1;

	c->ret[1] = walker | (uint64_t)RIVEN_PHYS_BITS << 1 | (uint64_t)RIVEN_KEY_BITS << 8 |
		    (uint64_t)(NR_PKR - 1) << 16 | hash_tag_id << 24 |
		    (uint64_t)(NR_TR - 1) << 32 | (uint64_t)(NR_TR - 1) << 40 |
		    unique_tcs << 48 | tc_levels << 56;
	/* The last field: any number of global purges may be under way. */
	c->ret[2] = (RIVEN_VIRT_BITS - 1) | RIVEN_RID_BITS << 8 | 0xffffull << 16;
}

/* (register, 0 instruction or 1 data, buffer of 32 bytes): insertion format, IFA bit 0 valid. */
void pal_vm_tr_read(struct fw_call *c)
{
	struct riven_state *state;
	const struct riven_tr *tr;
	uint64_t buf[4];

	if (c->arg[0] >= NR_TR || c->arg[1] > 1 || c->arg[2] % 8) {
		c->ret[0] = PAL_INVALID;
		return;
	}
	if (pal_guest_failed(c, guest_check(c, c->arg[2], sizeof(buf), RIVEN_ACCESS_WRITE)))
		return;
	state = malloc(sizeof(*state));
	if (!state || riven_vcpu_get_state(c->vcpu, state)) {
		free(state);
		c->ret[0] = PAL_ERROR;
		return;
	}
	tr = c->arg[1] ? &state->dtr[c->arg[0]] : &state->itr[c->arg[0]];
	buf[0] = tr->pte;
	buf[1] = tr->itir;
	buf[2] = (tr->va & ~0xfffull) | (tr->pte & 1);
	buf[3] = tr->rid << 8;
	free(state);
	guest_write(c, c->arg[2], buf, sizeof(buf));
	/* Access rights, privilege level, dirty bit and memory attribute are valid. */
	c->ret[1] = 0xf;
}
