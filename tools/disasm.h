/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of `riven disasm` share. */
#ifndef TOOLS_DISASM_H
#define TOOLS_DISASM_H

#include "tools/elf-code.h"
#include "tools/translator.h"

/* With --host: which code, and the state that its translation assumes. */
struct host_options {
	const char *start, *stop;	/* a symbol's name or an address; NULL: not given */
	struct frame frame;
	struct translator_state state;
};

/* A whole number in C's notation; false if s is none. */
bool disasm_number(const char *s, uint64_t *v);

/* "any" (FRAME_ANY), or SOF[,SOL[,SOR[,RRB.GR[,RRB.FR[,RRB.PR]]]]] as an alloc could have made it. */
bool parse_frame(const char *s, struct frame *f);

/* Bundles, operations and host code side by side; returns the exit status. */
int disasm_host(const struct elf_code *code, const char *file, const struct host_options *opt);

/*
 * What an operand of host code is, for readers (host-names.c): a location or a field of the
 * vCPU, a handler, shared code. text is objdump's; "" where nothing is known.
 */
void host_operand(const struct translated *b, const char *text, char *name, size_t size);

#endif
