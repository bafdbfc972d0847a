// SPDX-License-Identifier: GPL-2.0-only
/* The C library's string functions on short strings, as programs use them, and a byte-wise search and hash. */
#include "../bench.h"

#define WORDS 2000
#define LONGEST 24

static char words[WORDS][LONGEST];
static char text[WORDS * (LONGEST + 1) + 1];

static void make_words(void)
{
	uint64_t state = 5;

	for (int i = 0; i < WORDS; i++) {
		int length = 2 + (int)(bench_random(&state) % (LONGEST - 3));

		for (int j = 0; j < length; j++)
			words[i][j] = (char)('a' + bench_random(&state) % 26);
		words[i][length] = 0;
	}
}

/* Joins the words with blanks; returns the length. */
static size_t join(void)
{
	char *end = text;

	for (int i = 0; i < WORDS; i++) {
		size_t n = strlen(words[i]);

		memcpy(end, words[i], n);
		end += n;
		*end++ = ' ';
	}
	*end = 0;
	return (size_t)(end - text);
}

static unsigned int hash(const char *s)
{
	unsigned int h = 0;

	for (; *s; s++)
		h = h * 31 + (unsigned char)*s;
	return h;
}

/* How often two letters follow one another. */
static unsigned int count(const char *s, const char *pair)
{
	unsigned int found = 0;

	for (; *s; s++)
		found += s[0] == pair[0] && s[1] == pair[1];
	return found;
}

uint64_t bench(unsigned int scale)
{
	uint64_t sum = 0;

	make_words();
	for (unsigned int round = 0; round < 10 * scale; round++) {
		char pair[3] = { (char)('a' + round % 26), (char)('a' + round / 26 % 26), 0 };
		size_t length = join();
		unsigned int less = 0, same = 0;
		char *word, *next;

		sum = bench_mix(sum, length);
		for (word = text; (next = strchr(word, ' ')) != NULL; word = next + 1) {
			char copy[LONGEST + 1];
			size_t n = (size_t)(next - word);

			memcpy(copy, word, n);
			copy[n] = 0;
			sum = bench_mix(sum, hash(copy));
			less += strcmp(copy, words[hash(copy) % WORDS]) < 0;
			same += strncmp(copy, words[n], 2) == 0 || memcmp(copy, words[0], 2) == 0;
		}
		sum = bench_mix(sum, (uint64_t)less << 32 | same);
		sum = bench_mix(sum, count(text, pair));
	}
	return sum;
}
