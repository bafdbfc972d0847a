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

enum guest_status guest_check(struct fw_call *c, uint64_t va, uint64_t len,
			      enum riven_access access)
{
	if (!buffer_ok(va, len))
		return GUEST_BAD;
	while (len) {
		uint64_t n = in_page(va, len), gpa;
		enum guest_status status;
		uint8_t *host;

		status = locate(c, va, n, access, &gpa, &host);
		if (status != GUEST_OK)
			return status;
		va += n;
		len -= n;
	}
	return GUEST_OK;
}

enum guest_status guest_read(struct fw_call *c, uint64_t va, void *buf, uint64_t len)
{
	uint8_t *to = buf;

	if (!buffer_ok(va, len))
		return GUEST_BAD;
	while (len) {
		uint64_t n = in_page(va, len), gpa;
		enum guest_status status;
		uint8_t *host;

		status = locate(c, va, n, RIVEN_ACCESS_READ, &gpa, &host);
		if (status != GUEST_OK)
			return status;
		memcpy(to, host, n);
		va += n;
		to += n;
		len -= n;
	}
	return GUEST_OK;
}

enum guest_status guest_write(struct fw_call *c, uint64_t va, const void *buf, uint64_t len)
{
	enum guest_status status = guest_check(c, va, len, RIVEN_ACCESS_WRITE);
	const uint8_t *from = buf;

	while (status == GUEST_OK && len) {
		uint64_t n = in_page(va, len), gpa;
		uint8_t *host;

		status = locate(c, va, n, RIVEN_ACCESS_WRITE, &gpa, &host);
		if (status != GUEST_OK)
			break;
		memcpy(host, from, n);
		riven_vm_mem_written(c->fw->vm, gpa, n);
		va += n;
		from += n;
		len -= n;
	}
	return status;
}
