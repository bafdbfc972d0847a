// SPDX-License-Identifier: GPL-2.0-only
/* Integer loads and stores (SDM 3:2 ld, st). */
#include "gvmm/cpu/exec-mem.h"
#include "gvmm/cpu/gr.h"

/*
 * A load with all that its LD_ bits ask for; r1 and r3 are legal. Everything
 * but the increment of r3.
 */
static int load_special(struct vcpu *v, const struct insn *i)
{
	uint32_t aux = i->aux, size = 1u << (aux & LD_SIZE);
	uint32_t s1 = gr_slot(v, i->r1), s3 = gr_slot(v, i->r3);
	uint64_t va = v->gr[s3], value = 0;
	enum mem_status status = MEM_DEFER;
	struct mem_loc loc = { 0 };
	const void *host;

	if (v->nat[s3] && !(aux & LD_S))
		return raise_reg_nat(v, ISR_R);
	if ((aux & LD_C) && alat_check(v, s1)) {
		if (aux & LD_CLR)
			alat_remove(v, s1);
		if (aux & LD_ACQ)
			alat_acquire(v);
		return EXEC_NEXT;
	}
	if (!(aux & LD_S) || !(v->nat[s3] || (psr_get(v) & PSR_ED))) {
		host = mtlb_read(v, va, size);
		if (host) {
			value = host_load(host, size);
			loc.host = (uint8_t *)(uintptr_t)host;
			loc.gpa = mtlb_gpa(v, host);
			status = MEM_OK;
		} else {
			status = mem_read_loc(v, va, size, load_flags(aux), &value, &loc);
			if (status != MEM_OK && status != MEM_DEFER)
				return mem_to_exec(status);
		}
	}
	if (aux & LD_ACQ)
		alat_acquire(v);
	if ((aux & LD_A) || (aux & LD_C))
		alat_remove(v, s1);
	if (status == MEM_DEFER) {
		v->gr[s1] = 0;
		v->nat[s1] = (aux & LD_S) != 0;
		if (v->nat[s1])
			nat_seen(v);
		return EXEC_NEXT;
	}
	v->nat[s1] = aux & LD_FILL ? v->unat >> (va >> 3 & 63) & 1 : 0;
	if (v->nat[s1])
		nat_seen(v);
	v->gr[s1] = mem_order(v, value, size);
	if (enters_alat(aux) && loc.host && ma_is_speculative(loc.ma))
		alat_insert(v, s1, loc.gpa, size);
	return EXEC_NEXT;
}

static int load_slow(struct vcpu *v, uint32_t s1, uint64_t va, uint32_t size)
{
	uint64_t value = 0;
	enum mem_status status = mem_read_slow(v, va, size, MEM_READ, &value);

	if (status != MEM_OK)
		return mem_to_exec(status);
	v->gr[s1] = mem_order(v, value, size);
	v->nat[s1] = 0;
	return EXEC_NEXT;
}

/* The ordinary load; r1 and r3 are legal. */
static inline __attribute__((always_inline)) int load(struct vcpu *v, const struct insn *i,
						      uint32_t size)
{
	uint32_t s1 = gr_slot(v, i->r1), s3 = gr_slot(v, i->r3);
	uint64_t va = v->gr[s3];
	const void *host;

	if (__builtin_expect(v->nat[s3], 0))
		return raise_reg_nat(v, ISR_R);
	host = mtlb_read(v, va, size);
	if (__builtin_expect(!host, 0))
		return load_slow(v, s1, va, size);
	v->gr[s1] = mem_order(v, host_load(host, size), size);
	v->nat[s1] = 0;
	return EXEC_NEXT;
}

int exec_ld1(struct vcpu *v, const struct insn *i)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	return load(v, i, 1);
}

int exec_ld2(struct vcpu *v, const struct insn *i)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	return load(v, i, 2);
}

int exec_ld4(struct vcpu *v, const struct insn *i)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	return load(v, i, 4);
}

int exec_ld8(struct vcpu *v, const struct insn *i)
{
	if (__builtin_expect(!gr_target_ok(v, i->r1), 0))
		return raise_illegal(v);
	return load(v, i, 8);
}

static inline int load_any(struct vcpu *v, const struct insn *i)
{
	if (i->aux & ~LD_SIZE)
		return load_special(v, i);
	switch (i->aux) {
	case 0:
		return load(v, i, 1);
	case 1:
		return load(v, i, 2);
	case 2:
		return load(v, i, 4);
	default:
		return load(v, i, 8);
	}
}

int exec_ld(struct vcpu *v, const struct insn *i)
{
	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	return load_special(v, i);
}

/* Are the targets of a load with increment legal? */
static inline bool update_ok(const struct vcpu *v, const struct insn *i)
{
	return i->r1 != i->r3 && gr_target_ok(v, i->r1) && gr_target_ok(v, i->r3);
}

int exec_ld_reg(struct vcpu *v, const struct insn *i)
{
	uint64_t increment = gr_get(v, i->r2);
	uint8_t nat = gr_nat(v, i->r2);
	int status;

	if (__builtin_expect(!update_ok(v, i), 0))
		return raise_illegal(v);
	status = load_any(v, i);
	if (__builtin_expect(status == EXEC_NEXT, 1))
		post_increment(v, i->r3, increment, nat);
	return status;
}

int exec_ld_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (__builtin_expect(!update_ok(v, i), 0))
		return raise_illegal(v);
	status = load_any(v, i);
	if (__builtin_expect(status == EXEC_NEXT, 1))
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}

static int store_slow(struct vcpu *v, uint64_t va, uint32_t size, uint64_t value)
{
	return mem_to_exec(mem_write_slow(v, va, size, MEM_WRITE, &value));
}

/* The ordinary store. */
static inline __attribute__((always_inline)) int store(struct vcpu *v, const struct insn *i,
						       uint32_t size)
{
	uint32_t s2 = gr_slot(v, i->r2), s3 = gr_slot(v, i->r3);
	uint64_t va = v->gr[s3], value = mem_order(v, v->gr[s2], size);
	void *host;

	if (__builtin_expect(v->nat[s2] | v->nat[s3], 0))
		return raise_reg_nat(v, ISR_W);
	host = mtlb_write(v, va, size);
	if (__builtin_expect(!host, 0))
		return store_slow(v, va, size, value);
	host_store(host, size, value);
	if (__builtin_expect(v->alat_live != 0, 0))
		alat_store(v, mtlb_gpa(v, host), size);
	return EXEC_NEXT;
}

int exec_st1(struct vcpu *v, const struct insn *i)
{
	return store(v, i, 1);
}

int exec_st2(struct vcpu *v, const struct insn *i)
{
	return store(v, i, 2);
}

int exec_st4(struct vcpu *v, const struct insn *i)
{
	return store(v, i, 4);
}

int exec_st8(struct vcpu *v, const struct insn *i)
{
	return store(v, i, 8);
}

/* st8.spill: the NaT bit goes to UNAT. */
static int spill(struct vcpu *v, const struct insn *i)
{
	uint32_t s2 = gr_slot(v, i->r2), s3 = gr_slot(v, i->r3);
	uint64_t va = v->gr[s3], value = mem_order(v, v->gr[s2], 8);
	uint32_t bit = va >> 3 & 63;
	void *host;

	if (v->nat[s3])
		return raise_reg_nat(v, ISR_W);
	host = mtlb_write(v, va, 8);
	if (host) {
		host_store(host, 8, value);
		if (v->alat_live)
			alat_store(v, mtlb_gpa(v, host), 8);
	} else {
		int status = store_slow(v, va, 8, value);

		if (status != EXEC_NEXT)
			return status;
	}
	v->unat = (v->unat & ~(1ull << bit)) | (uint64_t)v->nat[s2] << bit;
	return EXEC_NEXT;
}

/* x86-64 stores are releases. */
int exec_st(struct vcpu *v, const struct insn *i)
{
	if (i->aux & ST_SPILL)
		return spill(v, i);
	switch (i->aux & LD_SIZE) {
	case 0:
		return store(v, i, 1);
	case 1:
		return store(v, i, 2);
	case 2:
		return store(v, i, 4);
	default:
		return store(v, i, 8);
	}
}

int exec_st_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (__builtin_expect(!gr_target_ok(v, i->r3), 0))
		return raise_illegal(v);
	status = exec_st(v, i);
	if (__builtin_expect(status == EXEC_NEXT, 1))
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}
