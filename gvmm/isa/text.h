/* SPDX-License-Identifier: GPL-2.0-only */
/* Text written piece by piece into a buffer of fixed size. */
#ifndef GVMM_ISA_TEXT_H
#define GVMM_ISA_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t size;		/* of buf, the terminating null included; not 0 */
	size_t len;		/* without the null; stops at size - 1 */
};

static inline void text_char(struct text *t, char c)
{
	if (t->len + 1 < t->size) {
		t->buf[t->len++] = c;
		t->buf[t->len] = '\0';
	}
}

static inline void text_str(struct text *t, const char *s)
{
	while (*s)
		text_char(t, *s++);
}

/* v in the given base, with zeros up to width digits (at most 20). */
static inline void text_number(struct text *t, uint64_t v, unsigned int base, unsigned int width)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	for (unsigned int i = n; i < width; i++)
		text_char(t, '0');
	while (n)
		text_char(t, digits[--n]);
}

static inline void text_dec(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_number(t, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, 1);
}

static inline void text_hex(struct text *t, uint64_t v)
{
	text_str(t, "0x");
	text_number(t, v, 16, 1);
}

#endif
