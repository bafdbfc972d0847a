// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory as a caller's pointers name it. */
#include <string.h>

#include "firmware/fw.h"

/* So many faults in a row on one page, and the guest is not going to map it. */
#define MAX_TOUCHES	64

#define PAGE_SIZE	4096ull

/* Bytes of [va, va + len) that lie in va's page: translations are no finer. */
static uint64_t in_page(uint64_t va, uint64_t len)
{
	uint64_t left = PAGE_SIZE - va % PAGE_SIZE;

	return len < left ? len : left;
}

/* A null pointer is one that the caller did not mean, even where address 0 is memory. */
static bool buffer_ok(uint64_t va, uint64_t len)
{
	return va && len <= GUEST_MAX_BUFFER && va + len >= va;
}

/* Host address of len bytes at va, which do not cross a page. */
static enum guest_status locate(struct fw_call *c, uint64_t va, uint64_t len,
				enum riven_access access, uint64_t *gpa, uint8_t **host)
{
	struct fw_cpu *cpu = c->cpu;

	if (riven_vcpu_translate(c->vcpu, va, access, gpa)) {
		cpu->touches = cpu->touch_va == va ? cpu->touches + 1 : 0;
		cpu->touch_va = va;
		if (cpu->touches >= MAX_TOUCHES)
			return GUEST_BAD;
		c->touch = true;
		c->touch_va = va;
		c->touch_access = access;
		return GUEST_TOUCH;
	}
	*host = riven_vm_host_ptr(c->fw->vm, *gpa, len);
	if (!*host)
		return GUEST_BAD;
	if (access == RIVEN_ACCESS_WRITE && *gpa - FW_CODE_BASE < FW_CODE_SIZE)
		return GUEST_BAD;
	return GUEST_OK;
}

/* The part of [*va, *va + *len) that one page holds; *va and *len go on behind it. */
struct piece {
	uint8_t *host;
	uint64_t gpa, len;
};

static enum guest_status take_piece(struct fw_call *c, uint64_t *va, uint64_t *len,
				    enum riven_access access, struct piece *p)
{
	enum guest_status status;

	p->len = in_page(*va, *len);
	status = locate(c, *va, p->len, access, &p->gpa, &p->host);
	*va += p->len;
	*len -= p->len;
	return status;
}

enum guest_status guest_check(struct fw_call *c, uint64_t va, uint64_t len,
			      enum riven_access access)
{
	enum guest_status status = buffer_ok(va, len) ? GUEST_OK : GUEST_BAD;
	struct piece p;

	while (status == GUEST_OK && len)
		status = take_piece(c, &va, &len, access, &p);
	return status;
}

enum guest_status guest_read(struct fw_call *c, uint64_t va, void *buf, uint64_t len)
{
	enum guest_status status = buffer_ok(va, len) ? GUEST_OK : GUEST_BAD;
	uint8_t *to = buf;
	struct piece p;

	while (status == GUEST_OK && len) {
		status = take_piece(c, &va, &len, RIVEN_ACCESS_READ, &p);
		if (status != GUEST_OK)
			break;
		memcpy(to, p.host, p.len);
		to += p.len;
	}
	return status;
}

enum guest_status guest_write(struct fw_call *c, uint64_t va, const void *buf, uint64_t len)
{
	enum guest_status status = guest_check(c, va, len, RIVEN_ACCESS_WRITE);
	const uint8_t *from = buf;
	struct piece p;

	while (status == GUEST_OK && len) {
		status = take_piece(c, &va, &len, RIVEN_ACCESS_WRITE, &p);
		if (status != GUEST_OK)
			break;
		memcpy(p.host, from, p.len);
		riven_vm_mem_written(c->fw->vm, p.gpa, p.len);
		from += p.len;
	}
	return status;
}
