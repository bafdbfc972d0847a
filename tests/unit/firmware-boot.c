// SPDX-License-Identifier: GPL-2.0-only
/* Direct boot: where a kernel, an initrd and the parameters go, and what is refused. */
#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "firmware/fw.h"
#include "tests/lib/ktap.h"
#include "tests/unit/fake-riven.h"

#define RAM	(128ull << 20)
#define KERNEL	0x4000000ull

struct elf {
	Elf64_Ehdr h;
	Elf64_Phdr p[3];
	uint8_t text[256];
	uint8_t data[64];
};

struct param {
	uint64_t command_line, systab, memmap, memmap_size, desc_size;
	uint32_t desc_version;
	uint16_t console[4];
	uint64_t fpswa, initrd, initrd_size;
};

static struct riven_fw *fw;
static char kernel_path[] = "/tmp/riven-kernel-XXXXXX";
static char initrd_path[] = "/tmp/riven-initrd-XXXXXX";
static char message[1024];	/* what the last boot printed */

static void *mem(uint64_t gpa)
{
	return riven_vm_host_ptr(&fake_vm, gpa, 1);
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f;

	/* A new file: some file systems write an overwritten one to disk at once. */
	unlink(path);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size)
		exit(1);
	fclose(f);
}

static struct elf good_elf(void)
{
	struct elf e = { 0 };
	size_t i;

	memcpy(e.h.e_ident, ELFMAG, SELFMAG);
	e.h.e_ident[EI_CLASS] = ELFCLASS64;
	e.h.e_ident[EI_DATA] = ELFDATA2LSB;
	e.h.e_machine = EM_IA_64;
	e.h.e_type = ET_EXEC;
	e.h.e_phoff = offsetof(struct elf, p);
	e.h.e_phentsize = sizeof(Elf64_Phdr);
	e.h.e_phnum = 3;
	e.h.e_entry = KERNEL + 0x40;
	e.p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct elf, text),
			       .p_filesz = sizeof(e.text), .p_memsz = sizeof(e.text),
			       .p_paddr = KERNEL, .p_vaddr = 0xa000000100000000 };
	e.p[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = ~0ull, .p_filesz = ~0ull };
	/* On the same page as the text, with a bss. */
	e.p[2] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct elf, data),
			       .p_filesz = sizeof(e.data), .p_memsz = 0x2000,
			       .p_paddr = KERNEL + 0x200, .p_vaddr = 0xa000000100000200 };
	for (i = 0; i < sizeof(e.text); i++)
		e.text[i] = (uint8_t)i;
	memset(e.data, 0xda, sizeof(e.data));
	return e;
}

/* Boot with stderr in message[]. */
static int boot(const char *kernel, const char *initrd, const char *cmdline)
{
	static int fd = -1;
	int saved = dup(2), r;
	ssize_t n;

	if (fd < 0)
		fd = memfd_create("stderr", 0);
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		exit(1);
	dup2(fd, 2);
	r = riven_fw_boot_direct(fw, &fake_vcpu, kernel, initrd, cmdline);
	dup2(saved, 2);
	close(saved);
	n = pread(fd, message, sizeof(message) - 1, 0);
	message[n > 0 ? n : 0] = 0;
	return r;
}

static bool one_line(void)
{
	const char *nl = strchr(message, '\n');

	return !strncmp(message, "riven: ", 7) && nl && !nl[1];
}

static void refused(const char *name, int r, const char *path, const char *say)
{
	if (!ktap_result(r < 0 && one_line() && strstr(message, path) && strstr(message, say), "%s",
			 name))
		printf("# wanted \"%s\", got %d and %s\n", say, r, message);
}

/* A kernel that differs from the good one by what change does. */
static void bad_elf(const char *name, const char *say, void (*change)(struct elf *e))
{
	struct elf e = good_elf();

	change(&e);
	write_file(kernel_path, &e, sizeof(e));
	refused(name, boot(kernel_path, NULL, ""), kernel_path, say);
}

static void class32(struct elf *e) { e->h.e_ident[EI_CLASS] = ELFCLASS32; }
static void big_endian(struct elf *e) { e->h.e_ident[EI_DATA] = ELFDATA2MSB; }
static void x86(struct elf *e) { e->h.e_machine = EM_X86_64; }
static void shared(struct elf *e) { e->h.e_type = ET_DYN; }
static void no_ph(struct elf *e) { e->h.e_phnum = 0; }
static void far_ph(struct elf *e) { e->h.e_phoff = ~0ull - 8; }
static void many_ph(struct elf *e) { e->h.e_phnum = 0xffff; }
static void far_data(struct elf *e) { e->p[2].p_offset = sizeof(*e) - 8; }
static void far_offset(struct elf *e) { e->p[2].p_offset = ~0ull; }
static void more_data(struct elf *e) { e->p[2].p_memsz = 32; }
static void wraps(struct elf *e) { e->p[2].p_paddr = ~0ull - 16; }
static void overlaps(struct elf *e) { e->p[2].p_paddr = KERNEL + 0x80; }
static void no_load(struct elf *e) { e->p[0].p_type = e->p[2].p_type = PT_NULL; }
static void entry_out(struct elf *e) { e->h.e_entry = 0x1000; }
static void entry_odd(struct elf *e) { e->h.e_entry = KERNEL + 8; }
static void beyond_ram(struct elf *e) { e->p[2].p_paddr = RAM - 0x1000; }
static void huge_bss(struct elf *e) { e->p[2].p_memsz = 1ull << 40; }
static void in_firmware(struct elf *e) { e->p[2].p_paddr = FW_PAL_CODE; }
static void at_zero(struct elf *e) { e->p[2].p_paddr = 0; }

static void test_bad_kernels(void)
{
	struct elf e = good_elf();
	uint8_t noise[4096];
	size_t i;

	refused("no such file", boot("/nonexistent/vmlinux", NULL, ""), "/nonexistent/vmlinux",
		"cannot be opened");
	refused("a directory", boot("/tmp", NULL, ""), "/tmp", "not a regular file");
	refused("a device", boot("/dev/zero", NULL, ""), "/dev/zero", "not a regular file");
	write_file(kernel_path, "", 0);
	refused("an empty file", boot(kernel_path, NULL, ""), kernel_path, "is empty");
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 37 + 1);
	write_file(kernel_path, noise, sizeof(noise));
	refused("noise", boot(kernel_path, NULL, ""), kernel_path, "neither an ELF file nor a gzip");
	bad_elf("32 bits", "32-bit", class32);
	bad_elf("big endian", "big-endian", big_endian);
	bad_elf("another processor", "another processor", x86);
	bad_elf("a shared object", "not an executable", shared);
	bad_elf("no program headers", "without program headers", no_ph);
	bad_elf("program headers far away", "truncated", far_ph);
	bad_elf("program headers beyond the end", "truncated", many_ph);
	bad_elf("a segment beyond the end", "truncated", far_data);
	bad_elf("a segment far away", "truncated", far_offset);
	bad_elf("a segment with more data than memory", "more data than memory", more_data);
	bad_elf("a segment that wraps", "wraps around", wraps);
	bad_elf("overlapping segments", "overlap", overlaps);
	bad_elf("nothing to load", "without a segment", no_load);
	bad_elf("an entry outside", "entry point", entry_out);
	bad_elf("an entry inside a bundle", "entry point", entry_odd);
	bad_elf("a segment beyond RAM", "more RAM", beyond_ram);
	bad_elf("a bss of a terabyte", "more RAM", huge_bss);
	bad_elf("a segment over the firmware", "more RAM", in_firmware);
	bad_elf("a segment over the null page", "more RAM", at_zero);

	for (i = 1; i < sizeof(e); i++) {
		write_file(kernel_path, &e, i);
		if (boot(kernel_path, NULL, "") >= 0 || !one_line())
			break;
	}
	ktap_result(i == sizeof(e), "a kernel cut at any length");
}

/* Nothing may crash, whatever byte differs. */
static void test_flipped_kernels(void)
{
	uint32_t seed = 1, i, good = 0, bad = 0;

	for (i = 0; i < 1000; i++) {
		struct elf e = good_elf();
		uint8_t *p = (uint8_t *)&e;
		int r;

		seed = seed * 1103515245 + 12345;
		p[(seed >> 8) % offsetof(struct elf, text)] ^= (uint8_t)(1 << (seed >> 4 & 7));
		write_file(kernel_path, &e, sizeof(e));
		r = boot(kernel_path, NULL, "");
		if (r < 0 && !one_line())
			break;
		good += r == 0;
		bad += r < 0;
	}
	if (!ktap_result(i == 1000 && good && bad, "kernels with one bit wrong"))
		printf("# %u taken, %u refused, then: %s\n", good, bad, message);
}

static size_t compress_gz(const void *in, size_t size, uint8_t *out, size_t room)
{
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)size;
	z.next_out = out;
	z.avail_out = (uInt)room;
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void test_gzip(void)
{
	struct elf e = good_elf();
	uint8_t gz[4096], copy[4096];
	size_t size = compress_gz(&e, sizeof(e), gz, sizeof(gz)), i;
	bool same = true;

	write_file(kernel_path, gz, size);
	ktap_result(boot(kernel_path, NULL, "") == 0 && fake_vcpu.state.ip == KERNEL + 0x40,
		    "a gzipped kernel");
	for (i = 2; i < size; i++) {
		write_file(kernel_path, gz, i);
		if (boot(kernel_path, NULL, "") >= 0 || !strstr(message, "truncated gzip"))
			break;
	}
	ktap_result(i == size, "a gzipped kernel cut at any length");
	for (i = 10; i < size; i++) {
		memcpy(copy, gz, size);
		copy[i] ^= 0x10;
		write_file(kernel_path, copy, size);
		/* A few bits make no difference to what is unpacked. */
		if (boot(kernel_path, NULL, "") >= 0)
			same = !memcmp(mem(KERNEL), e.text, sizeof(e.text)) &&
			       !memcmp((uint8_t *)mem(KERNEL) + 0x200, e.data, sizeof(e.data));
		if ((message[0] && !one_line()) || !same)
			break;
	}
	if (!ktap_result(i == size, "a gzipped kernel with a wrong byte anywhere"))
		printf("# at %zu of %zu: %s\n", i, size, message);
}

static void test_gzip_bomb(void)
{
	const size_t zeros = 1400u << 20, room = 8u << 20;
	uint8_t *gz = malloc(room), *block = calloc(1, 1 << 20);
	z_stream z = { 0 };
	size_t i;

	deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_out = gz;
	z.avail_out = (uInt)room;
	for (i = 0; i < zeros >> 20; i++) {
		z.next_in = block;
		z.avail_in = 1 << 20;
		deflate(&z, i + 1 == zeros >> 20 ? Z_FINISH : Z_NO_FLUSH);
	}
	write_file(kernel_path, gz, room - z.avail_out);
	deflateEnd(&z);
	free(gz);
	free(block);
	refused("a kernel that unpacks to more than the guest has", boot(kernel_path, NULL, ""),
		kernel_path, "too large");
}

/* A cpio archive with one file of size bytes. */
static size_t make_cpio(char *out, size_t size)
{
	char *p = out;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		const char *name = pass ? "TRAILER!!!" : "init";
		size_t file = pass ? 0 : size;

		p += sprintf(p, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1,
			     0100755, 0, 0, 1, 0, (unsigned int)file, 0, 0, 0, 0,
			     (unsigned int)strlen(name) + 1, 0);
		p += sprintf(p, "%s", name) + 1;
		while ((p - out) % 4)
			*p++ = 0;
		memset(p, 'i', file);
		p += file;
		while ((p - out) % 4)
			*p++ = 0;
	}
	return (size_t)(p - out);
}

static void test_boot(void)
{
	static const char cmdline[] = "console=ttyS0 root=/dev/vda";
	const struct riven_state *s = &fake_vcpu.state;
	struct efi_memory_descriptor *md;
	struct elf e = good_elf();
	uint64_t i, nr, covered = 0, last = 0, kernel_type = 0;
	char cpio[4096];
	size_t size = make_cpio(cpio, 1000);
	struct param *param;
	uint8_t *at;

	write_file(kernel_path, &e, sizeof(e));
	write_file(initrd_path, cpio, size);
	memset(mem(KERNEL), 0xee, 0x4000);
	ktap_result(boot(kernel_path, initrd_path, cmdline) == 0 && !message[0], "boots");
	at = mem(KERNEL);
	ktap_result(!memcmp(at, e.text, sizeof(e.text)) &&
			    !memcmp(at + 0x200, e.data, sizeof(e.data)),
		    "segments are loaded");
	for (i = sizeof(e.data); i < 0x2000 && !at[0x200 + i]; i++)
		;
	ktap_result(i == 0x2000 && at[0x2200] == 0xee, "bss is cleared, no more");
	ktap_result(s->ip == KERNEL + 0x40 && s->psr == (1ull << 13 | 1ull << 44) && s->pr == 1,
		    "entry in physical mode, bank 1, interruptions collected");
	param = mem(s->gr[28]);
	ktap_result(!strcmp(mem(param->command_line), cmdline), "command line");
	ktap_result(param->initrd_size == size && !memcmp(mem(param->initrd), cpio, size) &&
			    param->initrd % 4096 == 0,
		    "initrd");
	ktap_result(param->systab == fw->system_table && param->desc_size == 40 &&
			    param->desc_version == 1,
		    "system table and memory map");
	ktap_result(mem(s->gr[12]) && mem(s->ar[18]) && s->gr[12] < s->ar[18] && s->ar[16] == 3,
		    "stack and backing store");
	ktap_result(s->br[0] == fw_stub(FW_STUB_RETURN), "return address");
	ktap_result(s->ar[0] == RIVEN_IOPORT_BASE && s->cr[72] == 1 << 16 && s->cr[8] == 60,
		    "kernel register 0, masked timer, PTA");
	md = mem(param->memmap);
	nr = param->memmap_size / param->desc_size;
	for (i = 0; i < nr; i++) {
		if (md[i].physical_start < last)
			break;
		last = md[i].physical_start + md[i].pages * 4096;
		if (last <= RAM)
			covered += md[i].pages * 4096;
		if (md[i].physical_start == KERNEL)
			kernel_type = md[i].type;
	}
	ktap_result(i == nr && covered == RAM, "the memory map covers all RAM in order");
	ktap_result(kernel_type == EFI_LOADER_CODE, "and has the kernel as loader code");

	ktap_result(boot(kernel_path, NULL, NULL) == 0, "boots again");
	param = mem(s->gr[28]);
	ktap_result(!param->initrd && !param->initrd_size && !*(char *)mem(param->command_line),
		    "without initrd and command line");
	e.h.e_entry = 0xa000000100000040;
	write_file(kernel_path, &e, sizeof(e));
	ktap_result(boot(kernel_path, NULL, "") == 0 && s->ip == KERNEL + 0x40,
		    "a virtual entry point");
}

static void test_initrd(void)
{
	struct elf e = good_elf();
	char cpio[4096], long_line[4096];
	size_t size = make_cpio(cpio, 1000), i, gz_size;
	uint8_t gz[4096];

	write_file(kernel_path, &e, sizeof(e));
	refused("no such initrd", boot(kernel_path, "/nonexistent/initrd", ""),
		"/nonexistent/initrd", "cannot be opened");
	write_file(initrd_path, "", 0);
	refused("an empty initrd", boot(kernel_path, initrd_path, ""), initrd_path, "is empty");
	write_file(initrd_path, "what is this?", 13);
	refused("an initrd of no known format", boot(kernel_path, initrd_path, ""), initrd_path,
		"is no initrd");
	for (i = 6; i < size - 4; i++) {
		write_file(initrd_path, cpio, i);
		if (boot(kernel_path, initrd_path, "") >= 0 || !strstr(message, "truncated cpio"))
			break;
	}
	if (!ktap_result(i == size - 4, "a cpio archive cut at any length"))
		printf("# at %zu of %zu: %s\n", i, size, message);
	cpio[60] = 'x';
	write_file(initrd_path, cpio, size);
	refused("a damaged cpio archive", boot(kernel_path, initrd_path, ""), initrd_path,
		"damaged cpio");
	make_cpio(cpio, 1000);
	gz_size = compress_gz(cpio, size, gz, sizeof(gz));
	write_file(initrd_path, gz, gz_size);
	ktap_result(boot(kernel_path, initrd_path, "") == 0, "a gzipped cpio archive");
	write_file(initrd_path, gz, gz_size - 1);
	refused("a truncated gzip file", boot(kernel_path, initrd_path, ""), initrd_path,
		"truncated gzip");
	gz[gz_size - 6] ^= 1;
	write_file(initrd_path, gz, gz_size);
	refused("a damaged gzip file", boot(kernel_path, initrd_path, ""), initrd_path,
		"damaged gzip");
	write_file(initrd_path, "hsqs", 4);
	if (!truncate(initrd_path, (off_t)RAM - (1 << 20)))
		refused("an initrd that leaves no room", boot(kernel_path, initrd_path, ""),
			initrd_path, "more RAM");
	if (!truncate(initrd_path, (off_t)RAM + 1))
		refused("an initrd larger than RAM", boot(kernel_path, initrd_path, ""), initrd_path,
			"larger than");
	memset(long_line, 'x', sizeof(long_line));
	long_line[2048] = 0;
	refused("a command line that is too long", boot(kernel_path, NULL, long_line), kernel_path,
		"longer than");
	long_line[2047] = 0;
	ktap_result(boot(kernel_path, NULL, long_line) == 0, "one that just fits");
}

int main(void)
{
	struct riven_platform p = fake_platform(RAM);
	const char *err = "";

	ktap_begin();
	if (riven_fw_create(&fake_vm, &p, &fw, &err)) {
		printf("Bail out! %s\n", err);
		return 1;
	}
	close(mkstemp(kernel_path));
	close(mkstemp(initrd_path));
	test_boot();
	test_bad_kernels();
	test_flipped_kernels();
	test_gzip();
	test_gzip_bomb();
	test_initrd();
	unlink(kernel_path);
	unlink(initrd_path);
	riven_fw_destroy(fw);
	fake_reset();
	return ktap_end();
}
