// SPDX-License-Identifier: GPL-2.0-only
/* Host code as text: objdump's work. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/run.h"

static void print_bytes(FILE *f, const uint8_t *code, size_t size, uint64_t address)
{
	for (size_t n = 0; n < size; n++) {
		if (n % 16 == 0)
			fprintf(f, "%s  %" PRIx64 ":", n ? "\n" : "", address + n);
		fprintf(f, " %02x", code[n]);
	}
	fputs("\n", f);
}

/* Copy what objdump prints of the file; false: it printed nothing. */
static bool run_objdump(FILE *f, const char *path, uint64_t address)
{
	char command[200], line[400];
	bool any = false;
	FILE *p;

	snprintf(command, sizeof(command),
		 "objdump -D -w -b binary -m i386:x86-64 --no-show-raw-insn --adjust-vma=0x%" PRIx64
		 " '%s' 2>/dev/null", address, path);
	p = popen(command, "r");
	if (!p)
		return false;
	while (fgets(line, sizeof(line), p)) {
		/* Lines of code begin with a blank and the address. */
		if (line[0] != ' ')
			continue;
		fputs(line, f);
		any = true;
	}
	pclose(p);
	return any;
}

void host_disasm(FILE *f, const uint8_t *code, size_t size, uint64_t address)
{
	char path[] = "/tmp/riven-code-XXXXXX";
	int fd = mkstemp(path);
	bool printed = false;

	if (fd >= 0) {
		if (write(fd, code, size) == (ssize_t)size)
			printed = run_objdump(f, path, address);
		close(fd);
		unlink(path);
	}
	if (!printed)
		print_bytes(f, code, size, address);
}
