// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of what is not memory: the interrupt block is answered here, all
 * else leaves the world. The instruction runs again when the host has answered
 * and finds its access done (v->mmio_*); it has changed nothing before.
 */
#include "gvmm/cpu/alat.h"
#include "gvmm/cpu/cpu.h"
#include "gvmm/mmu/tlb.h"
#include "gvmm/string.h"

/* Ports lie four to a 4 KiB page (SDM 2:10.7). */
static bool is_port(uint64_t gpa, uint32_t size)
{
	return gpa - RIVEN_IOPORT_BASE < RIVEN_IOPORT_SIZE && size <= 4;
}

static uint32_t port_of(uint64_t gpa)
{
	uint64_t offset = gpa - RIVEN_IOPORT_BASE;

	return (uint32_t)(offset >> 12 << 2 | (offset & 3));
}

/* Has the host answered this very access? Then it is over. */
static bool take_answer(struct vcpu *v, uint64_t gpa, uint32_t size, bool is_write)
{
	if (!v->mmio_done || v->mmio_gpa != gpa || v->mmio_len != size ||
	    v->mmio_is_write != is_write)
		return false;
	v->mmio_done = false;
	return true;
}

/* Note the access in flight. Whatever the host does may change memory under the ALAT. */
static void start(struct vcpu *v, uint64_t gpa, uint32_t size, bool is_write)
{
	v->mmio_done = false;
	v->mmio_gpa = gpa;
	v->mmio_len = (uint8_t)size;
	v->mmio_is_write = is_write;
	alat_clear(v);
}

/* data: what is written; NULL: a read. */
static enum mem_status leave(struct vcpu *v, uint64_t gpa, uint32_t size, const void *data)
{
	struct riven_run *run = v->run;

	start(v, gpa, size, data);
	if (is_port(gpa, size)) {
		run->exit_reason = RIVEN_EXIT_PIO;
		run->pio.port = port_of(gpa);
		run->pio.len = size;
		run->pio.is_write = data != NULL;
		run->pio.data = 0;
		if (data)
			memcpy(&run->pio.data, data, size);
		return MEM_EXIT;
	}
	run->exit_reason = RIVEN_EXIT_MMIO;
	run->mmio.gpa = gpa;
	run->mmio.len = size;
	run->mmio.is_write = data != NULL;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	if (data)
		memcpy(run->mmio.data, data, size);
	return MEM_EXIT;
}

enum mem_status mmio_read(struct vcpu *v, uint64_t gpa, uint32_t size, void *data)
{
	uint64_t value[2] = { 0, 0 };

	if (gpa - RIVEN_PIB_BASE < RIVEN_PIB_SIZE) {
		sapic_read_pib(v, gpa - RIVEN_PIB_BASE, size, value);
		memcpy(data, value, size);
		return MEM_OK;
	}
	if (!take_answer(v, gpa, size, false))
		return leave(v, gpa, size, NULL);
	memcpy(data, v->mmio_data, size);
	return MEM_OK;
}

static enum mem_status write_pib(struct vcpu *v, uint64_t gpa, uint32_t size, const void *data)
{
	uint64_t value = 0;

	memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
	start(v, gpa, size, true);
	if (sapic_write_pib(v, gpa - RIVEN_PIB_BASE, size, value))
		return MEM_OK;
	/* The message is on its way: there is no answer to wait for. */
	v->mmio_done = true;
	return MEM_EXIT;
}

enum mem_status mmio_write(struct vcpu *v, uint64_t gpa, uint32_t size, const void *data)
{
	if (take_answer(v, gpa, size, true))
		return MEM_OK;
	if (gpa - RIVEN_PIB_BASE < RIVEN_PIB_SIZE)
		return write_pib(v, gpa, size, data);
	return leave(v, gpa, size, data);
}
