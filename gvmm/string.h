/* SPDX-License-Identifier: GPL-2.0-only */
/* The four memory functions that the compiler may call in a freestanding program. */
#ifndef GVMM_STRING_H
#define GVMM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
