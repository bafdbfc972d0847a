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

/* Hand on what objdump prints of the file, line by line; false: it printed nothing. */
static bool run_objdump(const char *path, uint64_t address, host_line *line, void *opaque)
{
	char command[200], buf[400];
	bool any = false;
	FILE *p;

	snprintf(command, sizeof(command),
		 "objdump -D -w -b binary -m i386:x86-64 -M intel --no-show-raw-insn "
		 "--adjust-vma=0x%" PRIx64 " '%s' 2>/dev/null", address, path);
	p = popen(command, "r");
	if (!p)
		return false;
	while (fgets(buf, sizeof(buf), p)) {
		uint64_t at;
		char *end;

		/* Lines of code begin with a blank and the address. */
		if (buf[0] != ' ')
			continue;
		at = strtoull(buf, &end, 16);
		if (*end != ':')
			continue;
		end += 1 + strspn(end + 1, " \t");
		end[strcspn(end, "\n")] = '\0';
		line(opaque, at, end);
		any = true;
	}
	pclose(p);
	return any;
}

bool host_disasm_lines(const uint8_t *code, size_t size, uint64_t address, host_line *line,
		       void *opaque)
{
	char path[] = "/tmp/riven-code-XXXXXX";
	int fd = mkstemp(path);
	bool printed = false;

	if (fd < 0)
		return false;
	if (write(fd, code, size) == (ssize_t)size)
		printed = run_objdump(path, address, line, opaque);
	close(fd);
	unlink(path);
	return printed;
}

static void print_line(void *opaque, uint64_t address, const char *text)
{
	fprintf(opaque, "%8" PRIx64 ":\t%s\n", address, text);
}

void host_disasm(FILE *f, const uint8_t *code, size_t size, uint64_t address)
{
	if (!host_disasm_lines(code, size, address, print_line, f))
		print_bytes(f, code, size, address);
}
