// SPDX-License-Identifier: GPL-2.0-only
/* CRC-32 of a buffer, a byte at a time by a table: dependent loads and shifts. */
#include "../bench.h"

#define SIZE 65536

static unsigned char data[SIZE];
static uint32_t table[256];

static uint32_t crc32(uint32_t crc, const unsigned char *p, unsigned int n)
{
	crc = ~crc;
	while (n--)
		crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
	return ~crc;
}

uint64_t bench(unsigned int scale)
{
	uint64_t state = 1, sum = 0;
	uint32_t crc = 0;

	for (unsigned int i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		table[i] = c;
	}
	for (unsigned int i = 0; i < SIZE; i++)
		data[i] = (unsigned char)bench_random(&state);
	for (unsigned int round = 0; round < 8 * scale; round++) {
		crc = crc32(crc, data, SIZE);
		sum = bench_mix(sum, crc);
	}
	return sum;
}
