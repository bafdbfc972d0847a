// SPDX-License-Identifier: GPL-2.0-only
/* Floating-point loads and stores, moves from and to general registers (SDM 3:2 ldf to getf). */
#include "gvmm/cpu/exec-fp.h"
#include "gvmm/cpu/exec-mem.h"
#include "gvmm/cpu/gr.h"

/* Memory image of a register or a pair, as little-endian words. */
struct image {
	uint64_t w[2];
};

/* What a load came to. */
enum outcome {
	LOADED,
	DEFERRED,	/* NaTVal, or zero for an advanced load that may not be made */
	CHECKED,	/* the ALAT says that the register is right already */
	STOPPED,	/* fault or exit: *status */
};

/* Bytes in memory. */
static uint32_t memory_size(uint32_t aux)
{
	if (aux & LD_FILL)
		return 16;
	switch (aux & LD_SIZE) {
	case FP_E:
		return 10;
	case FP_S:
		return 4;
	default:
		return 8;
	}
}

/* Turn the bytes of an image round when PSR.be is set. */
static void order(const struct vcpu *v, struct image *m, uint32_t size)
{
	struct image t = *m;

	if (__builtin_expect(!v->be, 1))
		return;
	switch (size) {
	case 10:
		m->w[0] = __builtin_bswap64(t.w[0] >> 16 | t.w[1] << 48);
		m->w[1] = __builtin_bswap64(t.w[0]) >> 48;
		break;
	case 16:
		m->w[0] = __builtin_bswap64(t.w[1]);
		m->w[1] = __builtin_bswap64(t.w[0]);
		break;
	default:
		m->w[0] = mem_order(v, t.w[0], size);
		break;
	}
}

static struct fpreg from_image(uint32_t aux, const struct image *m)
{
	if (aux & LD_FILL)
		return fp_from_spill(m->w[0], m->w[1]);
	switch (aux & LD_SIZE) {
	case FP_E:
		return fp_from_ext(m->w[0], (uint16_t)m->w[1]);
	case FP_8:
		return fp_from_int(m->w[0]);
	case FP_S:
		return fp_from_single((uint32_t)m->w[0]);
	default:
		return fp_from_double(m->w[0]);
	}
}

/* The value that a deferred load leaves. */
static struct fpreg deferred_value(uint32_t aux)
{
	if (aux & LD_S)
		return fp_natval();
	return (aux & LD_SIZE) == FP_8 && !(aux & LD_FILL) ? fp_from_int(0) : fp_make(false, 0, 0);
}

/* Read size bytes at va into an image; *loc as mem_read_loc() gives it. */
static enum mem_status read_image(struct vcpu *v, uint64_t va, uint32_t size, uint32_t aux,
				  struct image *m, struct mem_loc *loc)
{
	const void *host = mtlb_read(v, va, size == 10 ? 16 : size);

	if (__builtin_expect(!host, 0))
		return mem_read_loc(v, va, size, load_flags(aux), m, loc);
	loc->host = (uint8_t *)(uintptr_t)host;
	loc->gpa = mtlb_gpa(v, host);
	if (size == 4) {
		m->w[0] = host_load(host, 4);
	} else {
		m->w[0] = host_load(host, 8);
		if (size > 8)
			m->w[1] = host_load((const uint8_t *)host + 8, size == 10 ? 2 : 8);
	}
	return MEM_OK;
}

/*
 * The memory side of a load of size bytes whose (first) target is f1. Does the
 * ALAT's part; *m is in memory order.
 */
static enum outcome load(struct vcpu *v, const struct insn *i, uint32_t size, struct image *m,
			 int *status)
{
	uint32_t aux = i->aux, reg = ALAT_FR + fr_slot(v, i->r1);
	uint64_t va = gr_get(v, i->r3);
	enum mem_status result = MEM_DEFER;
	struct mem_loc loc = { 0 };
	uint8_t nat = gr_nat(v, i->r3);

	*status = EXEC_NEXT;
	if (nat && !(aux & LD_S)) {
		*status = raise_reg_nat(v, ISR_R);
		return STOPPED;
	}
	if ((aux & LD_C) && alat_check(v, reg)) {
		if (aux & LD_CLR)
			alat_remove(v, reg);
		return CHECKED;
	}
	if (!(aux & LD_S) || !(nat || (psr_get(v) & PSR_ED))) {
		result = read_image(v, va, size, aux, m, &loc);
		if (result != MEM_OK && result != MEM_DEFER) {
			*status = mem_to_exec(result);
			return STOPPED;
		}
	}
	if (aux & (LD_A | LD_C))
		alat_remove(v, reg);
	if (result == MEM_DEFER)
		return DEFERRED;
	if (enters_alat(aux) && loc.host && ma_is_speculative(loc.ma))
		alat_insert(v, reg, loc.gpa, size);
	return LOADED;
}

/* Are the targets of a load legal (f0 for none is) and enabled? */
static int enter_load(struct vcpu *v, const struct insn *i, uint32_t second)
{
	if (__builtin_expect(i->r1 < 2, 0))
		return raise_illegal(v);
	return fp_check(v, fp_half(i->r1) | fp_half(second),
			ISR_R | (i->aux & LD_S ? ISR_SP : 0));
}

static int load_one(struct vcpu *v, const struct insn *i)
{
	uint32_t size = memory_size(i->aux);
	struct image m = { { 0, 0 } };
	int status = enter_load(v, i, 0);

	if (__builtin_expect(status != EXEC_NEXT, 0))
		return status;
	switch (load(v, i, size, &m, &status)) {
	case LOADED:
		order(v, &m, size);
		fr_write(v, i->r1, from_image(i->aux, &m));
		break;
	case DEFERRED:
		fr_write(v, i->r1, deferred_value(i->aux));
		break;
	case CHECKED:
		fp_modified(v, fp_half(i->r1));
		break;
	default:
		break;
	}
	return status;
}

int exec_ldf(struct vcpu *v, const struct insn *i)
{
	return load_one(v, i);
}

int exec_ldf_reg(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = load_one(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, gr_get(v, i->r2), gr_nat(v, i->r2));
	return status;
}

int exec_ldf_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = load_one(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}

/* Both registers of a pair, each from its half of the image. */
static void write_pair(struct vcpu *v, const struct insn *i, const struct image *m)
{
	struct image low = { { m->w[0], 0 } }, high = { { m->w[1], 0 } };
	uint32_t size = memory_size(i->aux);

	if (size == 4) {
		low.w[0] = m->w[0] & 0xffffffff;
		high.w[0] = m->w[0] >> 32;
	}
	order(v, &low, size);
	order(v, &high, size);
	fr_write(v, i->r1, from_image(i->aux, &low));
	fr_write(v, i->r4, from_image(i->aux, &high));
}

static int load_pair(struct vcpu *v, const struct insn *i)
{
	struct image m = { { 0, 0 } };
	int status;

	/* One odd and one even physical register (SDM 3:2, ldfp). */
	if (i->r4 < 2 || !((fr_slot(v, i->r1) ^ fr_slot(v, i->r4)) & 1))
		return raise_illegal(v);
	status = enter_load(v, i, i->r4);
	if (__builtin_expect(status != EXEC_NEXT, 0))
		return status;
	switch (load(v, i, 2 * memory_size(i->aux), &m, &status)) {
	case LOADED:
		write_pair(v, i, &m);
		break;
	case DEFERRED:
		fr_write(v, i->r1, deferred_value(i->aux));
		fr_write(v, i->r4, deferred_value(i->aux));
		break;
	case CHECKED:
		fp_modified(v, fp_half(i->r1) | fp_half(i->r4));
		break;
	default:
		break;
	}
	return status;
}

int exec_ldfp(struct vcpu *v, const struct insn *i)
{
	return load_pair(v, i);
}

int exec_ldfp_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = load_pair(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}

static struct image to_image(uint32_t aux, struct fpreg f)
{
	if (aux & ST_SPILL)
		return (struct image){ { fp_to_int(f), fp_to_spill_high(f) } };
	switch (aux & LD_SIZE) {
	case FP_E:
		return (struct image){ { fp_to_int(f), fp_to_ext_se(f) } };
	case FP_8:
		return (struct image){ { fp_to_int(f), 0 } };
	case FP_S:
		return (struct image){ { fp_to_single(f), 0 } };
	default:
		return (struct image){ { fp_to_double(f), 0 } };
	}
}

static int store_one(struct vcpu *v, const struct insn *i)
{
	struct fpreg f = fr_read(v, i->r2);
	uint64_t va = gr_get(v, i->r3);
	uint32_t size = memory_size(i->aux);
	int status = fp_check(v, fp_half(i->r2), ISR_W);
	struct image m;
	void *host;

	if (__builtin_expect(status != EXEC_NEXT, 0))
		return status;
	if (gr_nat(v, i->r3) || (!(i->aux & ST_SPILL) && fp_is_natval(f)))
		return raise_reg_nat(v, ISR_W);
	m = to_image(i->aux, f);
	order(v, &m, size);
	host = mtlb_write(v, va, size == 10 ? 16 : size);
	if (__builtin_expect(!host, 0))
		return mem_to_exec(mem_write_slow(v, va, size, MEM_WRITE, &m));
	if (size == 4) {
		host_store(host, 4, m.w[0]);
	} else {
		host_store(host, 8, m.w[0]);
		if (size > 8)
			host_store((uint8_t *)host + 8, size == 10 ? 2 : 8, m.w[1]);
	}
	if (v->alat_live)
		alat_store(v, mtlb_gpa(v, host), size);
	return EXEC_NEXT;
}

int exec_stf(struct vcpu *v, const struct insn *i)
{
	return store_one(v, i);
}

int exec_stf_imm(struct vcpu *v, const struct insn *i)
{
	int status;

	if (!gr_target_ok(v, i->r3))
		return raise_illegal(v);
	status = store_one(v, i);
	if (status == EXEC_NEXT)
		post_increment(v, i->r3, (uint64_t)i->imm, 0);
	return status;
}

enum move { MOVE_SIG, MOVE_EXP, MOVE_S, MOVE_D };

static int setf(struct vcpu *v, const struct insn *i, enum move kind)
{
	uint64_t value = gr_get(v, i->r2);
	int status = fr_enter(v, i->r1, 0, 0, 0);
	struct fpreg f;

	if (status != EXEC_NEXT)
		return status;
	switch (kind) {
	case MOVE_SIG:
		f = fp_from_int(value);
		break;
	case MOVE_EXP:
		f = fp_from_exp(value);
		break;
	case MOVE_S:
		f = fp_from_single((uint32_t)value);
		break;
	default:
		f = fp_from_double(value);
		break;
	}
	fr_write(v, i->r1, gr_nat(v, i->r2) ? fp_natval() : f);
	return EXEC_NEXT;
}

int exec_setf_sig(struct vcpu *v, const struct insn *i)
{
	return setf(v, i, MOVE_SIG);
}

int exec_setf_exp(struct vcpu *v, const struct insn *i)
{
	return setf(v, i, MOVE_EXP);
}

int exec_setf_s(struct vcpu *v, const struct insn *i)
{
	return setf(v, i, MOVE_S);
}

int exec_setf_d(struct vcpu *v, const struct insn *i)
{
	return setf(v, i, MOVE_D);
}

/* NaTVal makes a NaT of the target; the value is what the conversion gives. */
static int getf(struct vcpu *v, const struct insn *i, enum move kind)
{
	struct fpreg f = fr_read(v, i->r2);
	uint64_t value;
	int status;

	if (!gr_target_ok(v, i->r1))
		return raise_illegal(v);
	status = fr_check(v, i->r2, 0, 0, 0);
	if (status != EXEC_NEXT)
		return status;
	switch (kind) {
	case MOVE_SIG:
		value = fp_to_int(f);
		break;
	case MOVE_EXP:
		value = fp_to_exp(f);
		break;
	case MOVE_S:
		value = fp_to_single(f);
		break;
	default:
		value = fp_to_double(f);
		break;
	}
	gr_put(v, i->r1, value, fp_is_natval(f));
	if (fp_is_natval(f))
		nat_seen(v);
	return EXEC_NEXT;
}

int exec_getf_sig(struct vcpu *v, const struct insn *i)
{
	return getf(v, i, MOVE_SIG);
}

int exec_getf_exp(struct vcpu *v, const struct insn *i)
{
	return getf(v, i, MOVE_EXP);
}

int exec_getf_s(struct vcpu *v, const struct insn *i)
{
	return getf(v, i, MOVE_S);
}

int exec_getf_d(struct vcpu *v, const struct insn *i)
{
	return getf(v, i, MOVE_D);
}
