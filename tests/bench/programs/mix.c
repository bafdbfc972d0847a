// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mix as in system programs, in the spirit of Dhrystone: small functions that are called, records that are copied,
 * fields, enumerations, character arrays, short loops, a few multiplications and divisions.
 */
#include "../bench.h"

#define CALL __attribute__((noinline))

enum kind { PLAIN, URGENT, LATE, LOST };

struct record {
	struct record *partner;
	enum kind kind;
	int amount;
	char name[32];
};

static struct record ledger[8];
static int totals[4][16];
static char last_name[32];
static int balance;

static CALL enum kind next_kind(enum kind kind, int amount)
{
	switch (kind) {
	case PLAIN:
		return amount > 100 ? URGENT : PLAIN;
	case URGENT:
		return amount % 3 ? LATE : PLAIN;
	case LATE:
		return LOST;
	default:
		return PLAIN;
	}
}

static CALL int compare_names(const char *a, const char *b)
{
	int i = 0;

	while (i < 31 && a[i] == b[i] && a[i])
		i++;
	return a[i] - b[i];
}

static CALL void copy_record(struct record *to, const struct record *from)
{
	struct record *partner = to->partner;

	*to = *from;
	to->partner = partner;
	to->kind = next_kind(from->kind, from->amount);
}

static CALL int book(int table[4][16], enum kind kind, int slot, int amount)
{
	table[kind][slot & 15] += amount;
	table[kind][(slot + 1) & 15] = table[kind][slot & 15] - amount / 2;
	return table[kind][slot & 15];
}

static CALL void rename_record(struct record *r, int number)
{
	int end = 8;

	while (number && end < 16) {
		r->name[end++] = (char)('0' + number % 10);
		number /= 10;
	}
	r->name[end] = 0;
	if (compare_names(r->name, last_name) > 0)
		memcpy(last_name, r->name, sizeof(last_name));
}

static CALL int settle(struct record *r, int depth)
{
	int due = r->amount * 3 / (depth + 1);

	if (depth == 0 || r->kind == LOST)
		return due;
	return due - settle(r->partner, depth - 1);
}

static CALL void pass(int number)
{
	struct record *r = &ledger[number & 7];

	r->amount = (r->amount * 5 + number) & 255;
	copy_record(r->partner, r);
	rename_record(r->partner, number & 0xffff);
	balance += book(totals, r->kind, number, r->amount);
	if (compare_names(r->name, r->partner->name) == 0)
		balance -= 7;
	balance ^= settle(r, 3);
	balance &= 0xffffff;
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	memset(totals, 0, sizeof(totals));
	memset(last_name, 0, sizeof(last_name));
	balance = 1;
	for (int i = 0; i < 8; i++) {
		ledger[i] = (struct record){ .partner = &ledger[(i + 3) & 7], .kind = PLAIN, .amount = i * 40,
					     .name = "ACCOUNT:" };
	}
	for (int i = 0; i < (int)(20000 * scale); i++) {
		pass(i);
		if (i % 1000 == 0)
			sum = bench_mix(sum, (uint64_t)balance);
	}
	sum = bench_mix(sum, (uint64_t)totals[1][5]);
	for (const char *c = last_name; *c; c++)
		sum = bench_mix(sum, (unsigned char)*c);
	return sum;
}
