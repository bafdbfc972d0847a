// SPDX-License-Identifier: GPL-2.0-only
/* LZ77 compression by a hash of three bytes, and decompression: bytes, matches, data-dependent branches. */
#include <stdlib.h>

#include "../bench.h"

#define SIZE 65536
#define HASH_BITS 12
#define MATCH_MIN 3
#define MATCH_MAX 130
#define LITERALS_MAX 128

static unsigned char plain[SIZE], packed[SIZE + SIZE / LITERALS_MAX + 1], unpacked[SIZE];
static uint32_t heads[1 << HASH_BITS];

/* Something like text: words from a small vocabulary, the frequent ones more often. */
static void make_text(uint64_t seed)
{
	char words[64][12];
	uint64_t state = seed;
	unsigned int at = 0;

	for (int i = 0; i < 64; i++) {
		int length = 1 + (int)(bench_random(&state) % 10);

		for (int k = 0; k < length; k++)
			words[i][k] = (char)('a' + bench_random(&state) % 26);
		words[i][length] = 0;
	}
	while (at < SIZE) {
		uint32_t a = bench_random(&state) % 64, b = bench_random(&state) % 64;
		const char *word = words[a < b ? a : b];

		while (*word && at < SIZE)
			plain[at++] = (unsigned char)*word++;
		if (at < SIZE)
			plain[at++] = ' ';
	}
}

static unsigned char *put_literals(unsigned char *out, const unsigned char *from, uint32_t n)
{
	while (n) {
		uint32_t part = n < LITERALS_MAX ? n : LITERALS_MAX;

		*out++ = (unsigned char)(part - 1);
		memcpy(out, from, part);
		out += part;
		from += part;
		n -= part;
	}
	return out;
}

/* A byte below 128: that many and one literals; above: a match, its length less MATCH_MIN, and two bytes of distance. */
static uint32_t compress(void)
{
	unsigned char *out = packed;
	uint32_t at = 0, start = 0;

	memset(heads, 0, sizeof(heads));
	while (at + MATCH_MIN <= SIZE) {
		const unsigned char *p = plain + at;
		uint32_t hash = ((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) * 2654435761u >> (32 - HASH_BITS);
		uint32_t candidate = heads[hash], length = 0;

		heads[hash] = at + 1;
		if (candidate) {
			const unsigned char *q = plain + candidate - 1;

			while (length < MATCH_MAX && at + length < SIZE && q[length] == p[length])
				length++;
		}
		if (length < MATCH_MIN) {
			at++;
			continue;
		}
		out = put_literals(out, plain + start, at - start);
		*out++ = (unsigned char)(128 + length - MATCH_MIN);
		*out++ = (unsigned char)(at - candidate);
		*out++ = (unsigned char)((at - candidate) >> 8);
		at += length;
		start = at;
	}
	out = put_literals(out, plain + start, SIZE - start);
	return (uint32_t)(out - packed);
}

static uint32_t decompress(uint32_t size)
{
	const unsigned char *in = packed, *end = packed + size;
	unsigned char *out = unpacked;

	while (in < end) {
		uint32_t n = *in++;

		if (n < 128) {
			memcpy(out, in, n + 1);
			out += n + 1;
			in += n + 1;
		} else {
			const unsigned char *from = out - (in[0] | in[1] << 8) - 1;

			in += 2;
			/* The match may overlap what it makes. */
			for (n += MATCH_MIN - 128; n; n--)
				*out++ = *from++;
		}
	}
	return (uint32_t)(out - unpacked);
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	for (unsigned int round = 0; round < 2 * scale; round++) {
		uint32_t size;

		if (round % 16 == 0)
			make_text(7 + round);
		plain[round * 61 % SIZE] ^= 1;
		size = compress();
		if (decompress(size) != SIZE || memcmp(plain, unpacked, SIZE) != 0)
			abort();
		sum = bench_mix(sum, size);
	}
	return sum;
}
