/* SPDX-License-Identifier: GPL-2.0-only */
/* Naming, setting and comparing parts of a vCPU's state in ISA cases. */
#ifndef TESTS_ISA_STATE_H
#define TESTS_ISA_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riven/abi.h>

struct name {
	char name[12];
	uint32_t number;
};

/* The number of a name of len characters, or -1. */
int name_find(const struct name *table, size_t n, const char *name, size_t len);

/* A number in C's notation, or @ and an offset from origin. False if it is neither. */
bool parse_value(const char *text, uint64_t origin, uint64_t *value);

/*
 * Apply one token such as r8=5, r8.nat=1, f6=0x8000000000000000:0xffff, p6=1,
 * b6=@0x20, ar.lc=3, cr.iva=0, psr.ac=1, cfm=0x.., sof=8, sor=8, rrb.gr=1,
 * rr1=..., bank3=1, bank.nat=8, ndirty=2, dirty0=5. False if it names nothing.
 */
bool state_apply(struct riven_state *s, const char *token, uint64_t origin);

/* Are they equal? Prints both if not. */
bool same(const char *what, uint64_t want, uint64_t got);

/* Compare everything a program can see, clocks and where it stopped excepted. */
bool state_compare(const struct riven_state *want, const struct riven_state *got);

static inline void set_bit(uint64_t *words, uint32_t n, bool value)
{
	words[n / 64] = (words[n / 64] & ~(1ull << n % 64)) | (uint64_t)value << n % 64;
}

static inline bool get_bit(const uint64_t *words, uint32_t n)
{
	return words[n / 64] >> n % 64 & 1;
}

#endif
