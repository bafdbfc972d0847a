// SPDX-License-Identifier: GPL-2.0-only
/* Throughput of a pipe: one process writes large pieces, another on the same processor reads them. */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bench.h"

#define PIECE	16384
#define PIECES	64	/* in a unit of work */

static void fill(uint8_t *piece)
{
	uint64_t state = 1;

	for (unsigned int i = 0; i < PIECE; i++)
		piece[i] = (uint8_t)bench_random(&state);
}

static void feed(int to, const uint8_t *piece, unsigned long pieces)
{
	while (pieces--)
		for (size_t done = 0; done < PIECE;) {
			ssize_t n = write(to, piece + done, PIECE - done);

			if (n <= 0)
				_exit(1);
			done += (size_t)n;
		}
	_exit(0);
}

/* A whole piece; false when the writer has ended. */
static bool get(int from, uint8_t *piece)
{
	size_t done = 0;

	while (done < PIECE) {
		ssize_t n = read(from, piece + done, PIECE - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

uint64_t bench(unsigned int scale)
{
	static uint8_t piece[PIECE];
	uint64_t sum = 0, word;
	unsigned long pieces;
	int ends[2];
	pid_t child;

	bench_one_processor();
	fill(piece);
	if (pipe(ends))
		abort();
	child = fork();
	if (child < 0)
		abort();
	if (child == 0)
		feed(ends[1], piece, (unsigned long)scale * PIECES);
	close(ends[1]);
	memset(piece, 0, sizeof(piece));
	for (pieces = 0; get(ends[0], piece); pieces++) {
		memcpy(&word, piece + pieces % (PIECE / sizeof(word)) * sizeof(word), sizeof(word));
		sum = bench_mix(sum, word);
	}
	close(ends[0]);
	waitpid(child, NULL, 0);
	return bench_mix(sum, pieces);
}
