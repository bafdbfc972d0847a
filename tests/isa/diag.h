/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be said about a case, kept until its result line has been printed. */
#ifndef TESTS_ISA_DIAG_H
#define TESTS_ISA_DIAG_H

/* Add a line; no newline in it. What does not fit is lost. */
__attribute__((format(printf, 1, 2))) void diag(const char *format, ...);

/* Print the lines behind "# " if wanted, and forget them. */
void diag_flush(_Bool wanted);

#endif
