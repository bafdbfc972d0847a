/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal on standard input: raw while a guest has it, restored whatever happens. */
#ifndef DEVICES_TERMINAL_H
#define DEVICES_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Remember the terminal's settings, and see to it that they come back at exit()
 * and when the process dies of a signal of its own making. Call once, before
 * other handlers of SIGSEGV and the like are installed. False: standard input
 * is no terminal, and the other functions do nothing.
 */
bool terminal_init(void);
/* Raw mode, when the process is in the foreground. */
void terminal_raw(void);
/* Back to how it was. Async-signal-safe. */
void terminal_restore(void);
/* Columns and rows; false: unknown. */
bool terminal_size(uint16_t *columns, uint16_t *rows);

#endif
