// SPDX-License-Identifier: GPL-2.0-only
/* PAL, SAL and EFI procedures, called as guest code calls them. */
#include <time.h>
#include <unistd.h>

#include "firmware/fw.h"
#include "tests/lib/ktap.h"
#include "tests/unit/fake-riven.h"

#define RAM		(64ull << 20)
#define BUF		0x100000ull	/* guest memory for arguments */
#define NAME		0x110000ull
#define GUID		0x120000ull
#define SIZE		0x120100ull
#define ATTR		0x120200ull

static struct riven_fw *fw;
static uint64_t ret[4];

static void pal(uint64_t index, uint64_t a, uint64_t b, uint64_t c)
{
	bool stacked = index >> 8 & 1;
	const uint64_t gr[4] = { index, stacked ? 0 : a, stacked ? 0 : b, stacked ? 0 : c };
	const uint64_t in[8] = { index, stacked ? a : 0, stacked ? b : 0, stacked ? c : 0 };

	fake_call(fw, FW_STUB_PAL, gr, in, ret);
}

static void sal(uint64_t index, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t gr[4] = { 0 }, in[8] = { index, a, b, c, d };

	fake_call(fw, FW_STUB_SAL, gr, in, ret);
}

static enum riven_fw_request efi(unsigned int service, uint64_t a, uint64_t b, uint64_t c,
				 uint64_t d, uint64_t e)
{
	const uint64_t gr[4] = { 0 }, in[8] = { a, b, c, d, e };

	return fake_call(fw, FW_STUB_RUNTIME + service, gr, in, ret);
}

enum {
	GET_TIME, SET_TIME, GET_WAKEUP, SET_WAKEUP, SET_VIRTUAL_MAP, CONVERT, GET_VARIABLE,
	GET_NEXT, SET_VARIABLE, GET_COUNT, RESET, CAPSULE, CAPSULE_CAP, QUERY,
};

static void *mem(uint64_t gpa)
{
	return riven_vm_host_ptr(&fake_vm, gpa & 0x1fffffffffffffffull, 8);
}

static void start(const char *nvram)
{
	struct riven_platform p = fake_platform(RAM);
	const char *err = "";

	fake_reset();
	p.nvram_path = nvram;
	if (riven_fw_create(&fake_vm, &p, &fw, &err)) {
		printf("Bail out! %s\n", err);
		exit(1);
	}
}

static void stop(void)
{
	riven_fw_destroy(fw);
	fw = NULL;
}

static void check_ret(const char *name, uint64_t r0, uint64_t r1, uint64_t r2, uint64_t r3)
{
	if (!ktap_result(ret[0] == r0 && ret[1] == r1 && ret[2] == r2 && ret[3] == r3, "%s", name))
		printf("# expected %llx %llx %llx %llx, got %llx %llx %llx %llx\n",
		       (unsigned long long)r0, (unsigned long long)r1, (unsigned long long)r2,
		       (unsigned long long)r3, (unsigned long long)ret[0],
		       (unsigned long long)ret[1], (unsigned long long)ret[2],
		       (unsigned long long)ret[3]);
}

static void check_status(const char *name, uint64_t expected)
{
	if (!ktap_result(ret[0] == expected, "%s", name))
		printf("# expected status %llx, got %llx\n", (unsigned long long)expected,
		       (unsigned long long)ret[0]);
}

static void test_create(void)
{
	static const struct {
		uint64_t ram;
		const char *say;
	} bad[] = {
		{ 0, "at least 16 MiB" },
		{ 8ull << 20, "at least 16 MiB" },
		{ (16ull << 20) + 65536, "multiple of 1 MiB" },
		{ 512ull << 30, "at most 511 GiB" },
	};
	const char *err;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct riven_platform p = fake_platform(bad[i].ram);

		err = "";
		fake_reset();
		ktap_result(riven_fw_create(&fake_vm, &p, &fw, &err) == -EINVAL &&
				    strstr(err, bad[i].say),
			    "RAM of %llu bytes is refused", (unsigned long long)bad[i].ram);
	}
	start(NULL);
	ktap_result(fake_vm.slot[2].flags == (RIVEN_SLOT_ROM | RIVEN_SLOT_FIRMWARE) &&
			    fake_vm.slot[2].gpa == FW_CODE_BASE,
		    "firmware code is read only and may call out");
	stop();
}

static void test_pal_vm(void)
{
	const uint64_t sizes = 1ull << 12 | 1ull << 13 | 1ull << 14 | 1ull << 16 | 1ull << 18 |
			       1ull << 20 | 1ull << 22 | 1ull << 24 | 1ull << 26 | 1ull << 28 |
			       1ull << 32;
	uint64_t *buf;

	pal(8, 0, 0, 0);
	check_ret("PAL_VM_SUMMARY", 0,
		  1 | 50 << 1 | 24 << 8 | 15 << 16 | 63ull << 32 | 63ull << 40 | 1ull << 48 |
			  1ull << 56,
		  60 | 24 << 8 | 0xffffull << 16, 0);
	pal(34, 0, 0, 0);
	check_ret("PAL_VM_PAGE_SIZE", 0, sizes, sizes, 0);
	pal(7, 0, 2, 0);
	check_ret("PAL_VM_INFO", 0, 32 | 128 << 8 | 4096 << 16 | 1ull << 33, sizes, 0);
	pal(7, 1, 2, 0);
	check_status("PAL_VM_INFO refuses a level that is not there", PAL_INVALID);
	pal(6, 0, 0, 0);
	check_ret("PAL_PTCE_INFO", 0, 0, 1ull << 32 | 1, 0);
	pal(5, 0, 0, 0);
	check_ret("PAL_MEM_ATTRIB", 0, 0xf1, 0, 0);

	fake_vcpu.state.dtr[5] = (struct riven_tr){ 0x10000000000661, 24 << 2,
						     0xe000000004000000ull, 7 };
	pal(261, 5, 1, BUF);
	buf = mem(BUF);
	ktap_result(!ret[0] && ret[1] == 0xf && buf[0] == 0x10000000000661 && buf[1] == 24 << 2 &&
			    buf[2] == 0xe000000004000001ull && buf[3] == 7 << 8,
		    "PAL_VM_TR_READ");
	pal(261, 64, 1, BUF);
	check_status("PAL_VM_TR_READ refuses register 64", PAL_INVALID);
	pal(261, 0, 2, BUF);
	check_status("PAL_VM_TR_READ refuses type 2", PAL_INVALID);
	pal(261, 0, 0, 0xfff00000);
	check_status("PAL_VM_TR_READ refuses a buffer that is no memory", PAL_INVALID);
	pal(261, 0, 0, FW_PAL_CODE);
	check_status("PAL_VM_TR_READ refuses a buffer in firmware code", PAL_INVALID);
}

static void test_pal_cache(void)
{
	unsigned int level, type, found = 0;

	pal(4, 0, 0, 0);
	check_ret("PAL_CACHE_SUMMARY", 0, 3, 5, 0);
	for (level = 0; level < 4; level++)
		for (type = 0; type < 4; type++) {
			pal(2, level, type, 0);
			found += !ret[0];
		}
	ktap_result(found == 5, "PAL_CACHE_INFO knows as many caches as the summary says");
	pal(2, 0, 1, 0);
	ktap_result((ret[1] >> 16 & 0xff) == 6 && (ret[1] >> 24 & 0xff) == 6 &&
			    (ret[2] & 0xffffffff) == 16384,
		    "PAL_CACHE_INFO: level 0 instruction cache");
	pal(38, 2, 2, 0);
	check_status("PAL_CACHE_PROT_INFO", 0);
	pal(43, 2, 2, 0);
	check_ret("PAL_CACHE_SHARED_INFO", 0, 1, 0, 0);
	fake_vm.written = fake_vm.flushes = 0;
	pal(1, 4, 0, 0);
	ktap_result(!ret[0] && fake_vm.flushes == 1 && !fake_vm.written,
		    "PAL_CACHE_FLUSH drops decoded code and leaves the dirty log alone");
	pal(1, 5, 0, 0);
	check_status("PAL_CACHE_FLUSH refuses type 5", PAL_INVALID);
	pal(3, ~0ull, 3, 0);
	check_status("PAL_CACHE_INIT", 0);
	pal(41, 1, 0, 0);
	check_status("PAL_PREFETCH_VISIBILITY needs no other processor", 1);
}

static void test_pal_rest(void)
{
	const char *brand;
	uint64_t *buf;
	unsigned int i, missing = 0;

	pal(14, 0, 0, 0);
	ktap_result(!ret[0] && (ret[3] >> 32) * 200000000 / (ret[3] & 0xffffffff) == FAKE_ITC,
		    "PAL_FREQ_RATIOS and the platform's base give the ITC's frequency");
	pal(13, 0, 0, 0);
	check_status("PAL_FREQ_BASE leaves it to SAL", PAL_UNIMPLEMENTED);
	pal(19, 0, 0, 0);
	check_ret("PAL_RSE_INFO", 0, 96, 0, 0);
	pal(11, 0, 0, 0);
	check_ret("PAL_DEBUG_INFO", 0, 4, 4, 0);
	pal(20, 0, 0, 0);
	ktap_result(!ret[0] && ret[1] && ret[1] == ret[2], "PAL_VERSION");
	pal(15, BUF, 0, 0);
	buf = mem(BUF);
	ktap_result(!ret[0] && (ret[1] & 0xff) == 12 && buf[0] == 0xffff && buf[4] == 0xfff0 &&
			    buf[8] == 0xfff0 && buf[12] == 0xfff0 && !buf[15],
		    "PAL_PERF_MON_INFO");
	pal(16, 0, 0xfee00000, 0);
	check_status("PAL_PLATFORM_ADDR takes the interrupt block where it is", 0);
	pal(16, 0, 0xfed00000, 0);
	check_status("PAL_PLATFORM_ADDR does not move it", PAL_ERROR);
	pal(17, 0, 0, 0);
	check_ret("PAL_PROC_GET_FEATURES", 0, 0, 0, 0);
	pal(17, 0, 16, 0);
	check_status("PAL_PROC_GET_FEATURES of another set", PAL_NO_FEATURE_SET);
	pal(39, 0, 0, 0);
	check_ret("PAL_REGISTER_INFO: application registers", 0, 0xffff11117f2f00ffull,
		  0xffff000000000007ull, 0);
	pal(39, 2, 0, 0);
	check_ret("PAL_REGISTER_INFO: control registers", 0, 0x3fb0107, 0x307ff, 0);
	pal(39, 4, 0, 0);
	check_status("PAL_REGISTER_INFO refuses request 4", PAL_INVALID);
	pal(42, ~0ull, 0, 0);
	check_ret("PAL_LOGICAL_TO_PHYSICAL", 0, 1 | 1 << 16 | 1ull << 32, 0, 0);
	pal(23, 1, 0, 0);
	check_ret("PAL_MC_EXPECTED was off", 0, 0, 0, 0);
	pal(23, 0, 0, 0);
	check_ret("PAL_MC_EXPECTED was on", 0, 1, 0, 0);
	pal(25, 0, 0, 0);
	check_status("PAL_MC_ERROR_INFO has none", PAL_NO_INFORMATION);
	pal(27, 0x10000, 1024, 0);
	check_ret("PAL_MC_REGISTER_MEM", 0, 1024, 0, 0);
	memset(mem(BUF), 0xff, 64);
	pal(257, BUF, 0, 0);
	ktap_result(!ret[0] && buf[0] >> 60 == 3 && buf[1] >> 60 == 3 && !buf[2] && !buf[7],
		    "PAL_HALT_INFO has LIGHT_HALT and HALT");
	memset(mem(BUF), 0xff, 128);
	pal(274, 0, BUF, 0);
	brand = mem(BUF);
	ktap_result(!ret[0] && strstr(brand, "Itanium 2") && !brand[127], "PAL_BRAND_INFO");
	pal(274, 0, 0, 0);
	check_status("PAL_BRAND_INFO refuses a null pointer", PAL_INVALID);

	/* Whatever the number and arguments, there is an answer. */
	for (i = 0; i < 1024; i++) {
		pal(i, ~0ull, i * 8, BUF);
		missing += ret[0] == PAL_UNIMPLEMENTED;
	}
	ktap_result(missing > 900, "PAL procedures that nobody knows are not implemented");
	pal(0xdeadbeefull << 32, 0, 0, 0);
	check_status("so is one with a large number", PAL_UNIMPLEMENTED);
}

static bool pci(void *opaque, uint32_t segment, uint32_t bdf, uint32_t reg, uint32_t size,
		bool is_write, uint32_t *value)
{
	uint32_t *config = opaque;

	if (segment != 2 || bdf != (1 << 8 | 3 << 3 | 5) || reg != 0x104)
		return false;
	if (is_write)
		*config = *value;
	else
		*value = *config << (size == 4 ? 0 : 1);
	return true;
}

static void test_sal(void)
{
	uint64_t type0 = 2 << 24 | 1 << 16 | 3 << 11 | 5 << 8;
	uint64_t type1 = 2ull << 28 | 1 << 20 | 3 << 15 | 5 << 12 | 0x104;
	uint32_t config = 0;

	sal(0x01000012, 0, 0, 0, 0);
	check_ret("SAL_FREQ_BASE of the platform", 0, 200000000, ~0ull, 0);
	sal(0x01000012, 1, 0, 0, 0);
	check_ret("SAL_FREQ_BASE of the interval timer", 0, FAKE_ITC, ~0ull, 0);
	sal(0x01000012, 3, 0, 0, 0);
	check_status("SAL_FREQ_BASE of clock 3", SAL_INVALID);
	sal(0x01000000, 2, 0x4000000, 0x5000000, 0);
	ktap_result(!ret[0] && fw->sal_vector[2][0].entry == 0x4000000 &&
			    fw->sal_vector[2][0].gp == 0x5000000,
		    "SAL_SET_VECTORS keeps the rendezvous entry");
	sal(0x01000000, 3, 0, 0, 0);
	check_status("SAL_SET_VECTORS refuses type 3", SAL_INVALID);
	sal(0x01000001, 2, 0, BUF, 0);
	check_status("SAL_GET_STATE_INFO has none", SAL_NO_INFORMATION);
	sal(0x01000002, 0, 0, 0, 0);
	check_ret("SAL_GET_STATE_INFO_SIZE", 0, 4096, 0, 0);
	sal(0x01000003, 0, 0, 0, 0);
	check_status("SAL_CLEAR_STATE_INFO", 0);
	sal(0x01000005, 1, 1, 0xe8, 1000);
	check_status("SAL_MC_SET_PARAMS", 0);
	sal(0x01000005, 4, 1, 0xe8, 1000);
	check_status("SAL_MC_SET_PARAMS refuses type 4", SAL_INVALID);
	sal(0x01000008, 3, 0, 0, 0);
	check_status("SAL_CACHE_FLUSH", 0);
	sal(0x01000009, 0, 0, 0, 0);
	check_status("SAL_CACHE_INIT", 0);
	sal(0x01000006, 0, 0xff000000, 0, 0);
	check_status("SAL_REGISTER_PHYSICAL_ADDR", 0);
	sal(0x01000013, 0, 0, 0, 0);
	check_ret("SAL_PHYSICAL_ID_INFO", 0, 0, 0, 0);
	sal(0x01000020, 0, 0, 0, 0);
	check_status("SAL_UPDATE_PAL is not implemented", SAL_NOT_IMPLEMENTED);
	sal(0x02000000, 0, 0, 0, 0);
	check_status("nor is an OEM procedure", SAL_NOT_IMPLEMENTED);

	sal(0x01000010, type0, 2, 0, 0);
	check_ret("SAL_PCI_CONFIG_READ without PCI: all ones", 0, 0xffff, 0, 0);
	riven_fw_set_pci(fw, pci, &config);
	sal(0x01000011, type1, 4, 0x12345678, 1);
	check_status("SAL_PCI_CONFIG_WRITE reaches the device model", 0);
	ktap_result(config == 0x12345678, "with the value");
	sal(0x01000010, type1, 4, 1, 0);
	check_ret("SAL_PCI_CONFIG_READ by an extended address", 0, 0x12345678, 0, 0);
	sal(0x01000010, type1, 1, 1, 0);
	check_ret("of a byte", 0, 0xf0, 0, 0);
	sal(0x01000010, type0, 3, 0, 0);
	check_status("not of three", SAL_INVALID);
	sal(0x01000010, type1 + 1, 4, 1, 0);
	check_status("nor unaligned", SAL_INVALID);
}

static void set_name(uint64_t at, const char *s)
{
	uint16_t *p = mem(at);

	do
		*p++ = (uint8_t)*s;
	while (*s++);
}

/* SetVariable(name) with guid byte g. */
static void set_variable(const char *name, uint8_t g, uint32_t attributes, const char *data,
			 uint64_t size)
{
	set_name(NAME, name);
	memset(mem(GUID), g, 16);
	if (size)
		memcpy(mem(BUF), data, size);
	efi(SET_VARIABLE, NAME, GUID, attributes, size, BUF);
}

static void get_variable(const char *name, uint8_t g, uint64_t room)
{
	set_name(NAME, name);
	memset(mem(GUID), g, 16);
	memcpy(mem(SIZE), &room, sizeof(room));
	memset(mem(BUF), 0, 64);
	efi(GET_VARIABLE, NAME, GUID, ATTR, SIZE, BUF);
}

static uint64_t size_now(void)
{
	uint64_t size;

	memcpy(&size, mem(SIZE), sizeof(size));
	return size;
}

#define NV	(EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME)

static void test_variables(void)
{
	uint32_t *attr = mem(ATTR);
	unsigned int seen = 0;
	uint64_t room;

	get_variable("Boot0000", 1, 64);
	check_status("GetVariable of none", EFI_NOT_FOUND);
	set_variable("Boot0000", 1, NV, "hello", 5);
	check_status("SetVariable", 0);
	get_variable("Boot0000", 1, 64);
	ktap_result(!ret[0] && size_now() == 5 && *attr == NV && !memcmp(mem(BUF), "hello", 6),
		    "GetVariable: data, size, attributes");
	get_variable("Boot0000", 2, 64);
	check_status("a vendor is part of the name", EFI_NOT_FOUND);
	get_variable("Boot0000", 1, 4);
	ktap_result(ret[0] == EFI_BUFFER_TOO_SMALL && size_now() == 5 && !*(char *)mem(BUF),
		    "GetVariable tells the size that it needs");
	set_variable("Boot0000", 1, NV | EFI_VARIABLE_APPEND, " you", 4);
	get_variable("Boot0000", 1, 64);
	ktap_result(!ret[0] && !strcmp(mem(BUF), "hello you"), "SetVariable appends");
	set_variable("Boot0000", 1, EFI_VARIABLE_BOOTSERVICE, "x", 1);
	check_status("SetVariable does not change attributes", EFI_INVALID_PARAMETER);
	set_variable("", 1, NV, "x", 1);
	check_status("SetVariable refuses an empty name", EFI_INVALID_PARAMETER);
	set_variable("R", 1, EFI_VARIABLE_RUNTIME, "x", 1);
	check_status("runtime access needs boot access", EFI_INVALID_PARAMETER);
	set_variable("A", 1, NV | 0x20, "x", 1);
	check_status("no authenticated variables", EFI_UNSUPPORTED);
	efi(SET_VARIABLE, NAME, GUID, NV, 1 << 20, BUF);
	check_status("SetVariable refuses a megabyte", EFI_OUT_OF_RESOURCES);
	efi(SET_VARIABLE, NAME, GUID, NV, ~0ull, BUF);
	check_status("and everything", EFI_OUT_OF_RESOURCES);
	set_variable("Second", 1, EFI_VARIABLE_BOOTSERVICE, "b", 1);
	set_variable("Third", 1, NV, "c", 1);

	set_name(NAME, "");
	for (;;) {
		room = 64;
		memcpy(mem(SIZE), &room, sizeof(room));
		efi(GET_NEXT, SIZE, NAME, GUID, 0, 0);
		if (ret[0])
			break;
		seen++;
	}
	ktap_result(ret[0] == EFI_NOT_FOUND && seen == 3, "GetNextVariableName finds three");
	set_name(NAME, "");
	room = 4;
	memcpy(mem(SIZE), &room, sizeof(room));
	efi(GET_NEXT, SIZE, NAME, GUID, 0, 0);
	ktap_result(ret[0] == EFI_BUFFER_TOO_SMALL && size_now() == 18,
		    "GetNextVariableName tells the size that it needs");
	set_name(NAME, "Nobody");
	efi(GET_NEXT, SIZE, NAME, GUID, 0, 0);
	check_status("GetNextVariableName of none", EFI_INVALID_PARAMETER);

	fw->exited_boot_services = true;
	get_variable("Second", 1, 64);
	check_status("a boot variable is gone at run time", EFI_NOT_FOUND);
	set_variable("Second", 1, EFI_VARIABLE_BOOTSERVICE, "x", 1);
	check_status("and cannot be set", EFI_WRITE_PROTECTED);
	set_variable("Volatile", 1, EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME, "x", 1);
	check_status("nor can a volatile one", EFI_INVALID_PARAMETER);
	set_variable("Boot0000", 1, 0, "", 0);
	check_status("SetVariable deletes", 0);
	get_variable("Boot0000", 1, 64);
	check_status("for good", EFI_NOT_FOUND);
	efi(QUERY, NV, BUF, BUF + 8, BUF + 16, 0);
	ktap_result(!ret[0] && ((uint64_t *)mem(BUF))[0] > ((uint64_t *)mem(BUF))[1] &&
			    ((uint64_t *)mem(BUF))[2] == 32768,
		    "QueryVariableInfo");
	efi(GET_VARIABLE, 0, GUID, ATTR, SIZE, BUF);
	check_status("a null name is refused", EFI_INVALID_PARAMETER);
	memset(mem(NAME), 'A', 4096);
	efi(GET_VARIABLE, NAME, GUID, ATTR, SIZE, BUF);
	check_status("so is one without end", EFI_INVALID_PARAMETER);
	fw->exited_boot_services = false;
}

/* Fill the store, and see that it ends and that room is given back. */
static void test_variables_full(void)
{
	static char big[VARIABLE_MAX_DATA];
	unsigned int n = 0;
	char name[16];

	for (; n < 100; n++) {
		snprintf(name, sizeof(name), "V%u", n);
		set_variable(name, 9, NV, big, sizeof(big));
		if (ret[0])
			break;
	}
	ktap_result(n == 7 && ret[0] == EFI_OUT_OF_RESOURCES, "the store holds 256 KiB");
	set_variable("V3", 9, 0, "", 0);
	set_variable(name, 9, NV, big, sizeof(big));
	check_status("a deleted variable gives back its room", 0);
}

static void test_nvram(void)
{
	char path[64] = "/tmp/riven-nvram-XXXXXX", folder[] = "/tmp/riven-folder-XXXXXX";
	struct riven_platform p = fake_platform(RAM);
	const char *err = "";
	long size;
	int fd = mkstemp(path);
	FILE *f;

	close(fd);
	unlink(path);
	start(path);
	ktap_result(access(path, F_OK) != 0, "no variables file before a variable is set");
	set_variable("Keep", 1, NV, "kept", 4);
	set_variable("Lose", 1, EFI_VARIABLE_BOOTSERVICE, "lost", 4);
	stop();
	start(path);
	get_variable("Keep", 1, 64);
	ktap_result(!ret[0] && !strcmp(mem(BUF), "kept"), "non-volatile variables are kept");
	get_variable("Lose", 1, 64);
	check_status("volatile ones are not", EFI_NOT_FOUND);
	set_variable("Keep", 1, 0, "", 0);
	stop();
	start(path);
	get_variable("Keep", 1, 64);
	check_status("a deleted one stays deleted", EFI_NOT_FOUND);
	set_variable("Again", 1, NV, "again", 5);
	stop();

	f = fopen(path, "r+");
	fseek(f, -1, SEEK_END);
	fputc('X', f);
	size = ftell(f);
	fclose(f);
	p.nvram_path = path;
	fake_reset();
	ktap_result(riven_fw_create(&fake_vm, &p, &fw, &err) == -EINVAL && strstr(err, "damaged"),
		    "a damaged variables file is refused");
	while (size--) {
		if (truncate(path, size))
			break;
		fake_reset();
		if (riven_fw_create(&fake_vm, &p, &fw, &err) != -EINVAL)
			break;
	}
	ktap_result(size == -1, "at whatever length it ends");
	unlink(path);

	p.nvram_path = "/nonexistent/nvram";
	fake_reset();
	err = "";
	ktap_result(riven_fw_create(&fake_vm, &p, &fw, &err) == -EACCES && strstr(err, "folder"),
		    "a variables file in a folder that is not there is refused");

	if (!mkdtemp(folder))
		return;
	snprintf(path, sizeof(path), "%s/nvram", folder);
	start(path);
	rmdir(folder);
	set_variable("Keep", 1, NV, "kept", 4);
	check_status("SetVariable fails when the file cannot be written", EFI_DEVICE_ERROR);
	get_variable("Keep", 1, 64);
	check_status("and leaves things as they were", EFI_NOT_FOUND);
	stop();
}

static void test_time(void)
{
	struct efi_time t;
	struct efi_time_capabilities cap;
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	efi(GET_TIME, BUF, BUF + 64, 0, 0, 0);
	memcpy(&t, mem(BUF), sizeof(t));
	memcpy(&cap, mem(BUF + 64), sizeof(cap));
	ktap_result(!ret[0] && t.year >= tm.tm_year + 1900 && t.time_zone == 0x7ff &&
			    cap.resolution == 1,
		    "GetTime");
	efi(GET_TIME, BUF, 0, 0, 0, 0);
	check_status("GetTime without capabilities", 0);
	t = (struct efi_time){ .year = 2004, .month = 2, .day = 29, .hour = 23, .minute = 59,
			       .second = 58, .time_zone = 60, .daylight = 1 };
	memcpy(mem(BUF), &t, sizeof(t));
	efi(SET_TIME, BUF, 0, 0, 0, 0);
	check_status("SetTime", 0);
	efi(GET_TIME, BUF, 0, 0, 0, 0);
	memcpy(&t, mem(BUF), sizeof(t));
	ktap_result(t.year == 2004 && (t.month == 2 ? t.day == 29 : t.day == 1) &&
			    t.time_zone == 60 && t.daylight == 1,
		    "GetTime goes on from there");
	t.year = 2003;
	t.month = 2;
	t.day = 29;
	memcpy(mem(BUF), &t, sizeof(t));
	efi(SET_TIME, BUF, 0, 0, 0, 0);
	check_status("SetTime refuses a day that was not", EFI_INVALID_PARAMETER);
	efi(GET_WAKEUP, BUF, BUF + 1, BUF + 8, 0, 0);
	ktap_result(!ret[0] && !*(uint16_t *)mem(BUF), "GetWakeupTime: no alarm");
	efi(SET_WAKEUP, 0, 0, 0, 0, 0);
	check_status("SetWakeupTime turns it off", 0);
	efi(SET_WAKEUP, 1, BUF, 0, 0, 0);
	check_status("but not on", EFI_UNSUPPORTED);
}

/* A structure over a page border of which neither half is mapped. */
static void test_touch(void)
{
	uint64_t at = FAKE_REGION7 + 0x200000 - 8;
	uint8_t before[16];

	memset(mem(at), 0xee, 16);
	memcpy(before, mem(at), 16);
	fake_unmap(at);
	fake_unmap(at + 8);
	fake_unmap(FAKE_REGION7 + 0x300000);
	fake_vcpu.touches = 0;
	efi(GET_TIME, at, FAKE_REGION7 + 0x300000, 0, 0, 0);
	ktap_result(!ret[0] && fake_vcpu.touches == 3, "GetTime has three pages mapped first");
	ktap_result(memcmp(before, mem(at), 16) != 0, "and then writes");

	efi(GET_COUNT, BUF, 0, 0, 0, 0);
	memcpy(before, mem(BUF), 4);
	fake_unmap(at);
	efi(GET_COUNT, at, 0, 0, 0, 0);
	ktap_result(!ret[0] && *(uint32_t *)mem(at) == *(uint32_t *)before + 1,
		    "a call that is made again counts once");
	efi(GET_TIME, ~0ull - 4, 0, 0, 0, 0);
	check_status("a structure that wraps around is refused", EFI_INVALID_PARAMETER);
}

static void test_virtual_map(void)
{
	struct efi_memory_descriptor *map = mem(BUF);
	struct efi_system_table *st;
	struct efi_descriptor *d;
	uint64_t *service;
	uint32_t i, crc;

	efi(SET_VIRTUAL_MAP, 48, 48, 1, BUF, 0);
	check_status("SetVirtualAddressMap before ExitBootServices", EFI_UNSUPPORTED);
	fw->exited_boot_services = true;
	memmap_descriptors(&fw->map, map);
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 40, 1, BUF, 0);
	check_status("SetVirtualAddressMap takes an identity of zeros", 0);
	stop();
	start(NULL);
	fw->exited_boot_services = true;
	map = mem(BUF);
	memmap_descriptors(&fw->map, map);
	for (i = 0; i < fw->map.nr; i++)
		map[i].virtual_start = FAKE_REGION7 + map[i].physical_start;
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 8, 1, BUF, 0);
	check_status("descriptors that are too short", EFI_INVALID_PARAMETER);
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 40, 2, BUF, 0);
	check_status("another version", EFI_INVALID_PARAMETER);
	efi(SET_VIRTUAL_MAP, 40, 40, 1, BUF, 0);
	check_status("a map without the firmware", EFI_NO_MAPPING);
	st = mem(fw->system_table);
	crc = st->header.crc32;
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 40, 1, BUF, 0);
	check_status("SetVirtualAddressMap", 0);
	service = (uint64_t *)mem(fw->runtime_table) + 3;
	d = mem(service[GET_TIME]);
	ktap_result(service[GET_TIME] > FAKE_REGION7 &&
			    d->entry == FAKE_REGION7 + fw_stub(FW_STUB_RUNTIME + GET_TIME),
		    "services are virtual now");
	ktap_result(((uint64_t *)mem(fw->fpswa))[1] > FAKE_REGION7, "and software assist");
	ktap_result(st->runtime_services == FAKE_REGION7 + fw->runtime_table &&
			    st->header.crc32 != crc,
		    "so is the system table");
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 40, 1, BUF, 0);
	check_status("once only", EFI_UNSUPPORTED);
	efi(CONVERT, 0, BUF, 0, 0, 0);
	check_status("ConvertPointer is not implemented", EFI_UNSUPPORTED);
}

/* Tables lie in memory that the guest can write: what it puts there must lead nowhere. */
static void test_virtual_map_hostile(void)
{
	struct efi_memory_descriptor *map = mem(BUF);
	struct efi_table_header *rt;
	uint64_t *service;
	uint32_t i, size;

	fw->exited_boot_services = true;
	memmap_descriptors(&fw->map, map);
	/* Whatever a stray address leads to is in the map, and so would be changed. */
	map[0].physical_start = 0;
	map[0].virtual_start = 0x5a5a000;
	map[0].pages = ~0ull / EFI_PAGE_SIZE;
	map[0].attribute |= EFI_MEMORY_RUNTIME;
	rt = mem(fw->runtime_table);
	size = rt->size;
	rt->size = 0xffffffff;
	service = (uint64_t *)(rt + 1);
	for (i = 0; i < FW_NR_RUNTIME; i++)
		service[i] = i * 0x123456789000ull;
	((uint64_t *)mem(fw->fpswa))[1] = 0xdead00000000;
	((struct efi_system_table *)mem(fw->system_table))->header.size = 0xfffffff0;
	efi(SET_VIRTUAL_MAP, fw->map.nr * 40, 40, 1, BUF, 0);
	ktap_result(!ret[0] && rt->size == size &&
			    ((struct efi_system_table *)mem(fw->system_table))->header.size ==
				    sizeof(struct efi_system_table),
		    "SetVirtualAddressMap trusts no pointer or size in its own tables");
}

static void test_fpswa(void)
{
	const uint64_t gr[4] = { 0 };
	uint64_t in[8] = { 1, BUF, 0, 0, BUF + 64, 0, 0, 0 }, isr = 4;

	memcpy(mem(BUF + 64), &isr, sizeof(isr));
	fake_call(fw, FW_STUB_FPSWA, gr, in, ret);
	check_status("FPSWA: an enabled exception is the program's", 1);
	isr = 8;
	memcpy(mem(BUF + 64), &isr, sizeof(isr));
	fake_call(fw, FW_STUB_FPSWA, gr, in, ret);
	check_status("FPSWA: a fault that needs assistance gets none", ~0ull);
	in[0] = 0;
	fake_call(fw, FW_STUB_FPSWA, gr, in, ret);
	check_status("FPSWA: a trap is the program's", 1);
}

static void test_reset(void)
{
	ktap_result(efi(RESET, EFI_RESET_SHUTDOWN, 0, 0, 0, 0) == RIVEN_FW_POWER_OFF,
		    "ResetSystem powers off");
	ktap_result(efi(RESET, EFI_RESET_COLD, 0, 0, 0, 0) == RIVEN_FW_RESET,
		    "ResetSystem resets cold");
	ktap_result(efi(RESET, EFI_RESET_WARM, 0, 0, 0, 0) == RIVEN_FW_RESET,
		    "ResetSystem resets warm");
	ktap_result(efi(RESET, 7, 0, 0, 0, 0) == RIVEN_FW_NOTHING, "ResetSystem refuses type 7");
}

static void test_trace(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	riven_fw_trace(fw, f);
	pal(8, 0, 0, 0);
	pal(999, 1, 2, 3);
	sal(0x01000020, 0, 0, 0, 0);
	efi(CONVERT, 1, BUF, 0, 0, 0);
	get_variable("Boot0000", 1, 64);
	riven_fw_trace(fw, NULL);
	pal(8, 0, 0, 0);
	fclose(f);
	ktap_result(strstr(text, "cpu0: PAL_VM_SUMMARY() = success, 0x") != NULL, "trace of PAL");
	ktap_result(strstr(text, "PAL procedure 0x3e7(0x1, 0x2, 0x3) = not implemented") != NULL,
		    "trace of an unknown procedure");
	ktap_result(strstr(text, "SAL_UPDATE_PAL(0x0, 0x0, 0x0) = not implemented") != NULL,
		    "trace of SAL");
	ktap_result(strstr(text, "ConvertPointer(0x1, 0x100000) = EFI_UNSUPPORTED") != NULL,
		    "trace of EFI");
	ktap_result(strstr(text, "\"Boot0000\" = EFI_NOT_FOUND") != NULL,
		    "trace of a variable's name");
	free(text);
	f = open_memstream(&text, &size);
	riven_fw_print_stats(fw, f, false);
	fclose(f);
	ktap_result(strstr(text, " 2  PAL_VM_SUMMARY\n") != NULL, "calls are counted");
	ktap_result(strstr(text, " 1  PAL procedure 0x3e7 (not implemented)\n") != NULL,
		    "unknown ones by number");
	ktap_result(strstr(text, " 1  SAL_UPDATE_PAL (not implemented)\n") != NULL,
		    "unimplemented ones by name");
	free(text);
}

/* Calls with arguments that no sane caller has: each gets an answer and harms nothing. */
static void test_random(void)
{
	static const uint64_t bases[] = {
		0, BUF, RAM - 8, FW_PAL_CODE, FW_DATA_BASE + FW_DATA_SIZE - 16, FAKE_REGION7 + BUF,
		0xfee00000, 1ull << 63 | BUF, ~0ull - 64, 0x7ffffffffffffff8,
	};
	uint64_t seed = 42, gr[4], in[8];
	uint8_t before[64], after[64];
	unsigned int i, n;

	memcpy(before, mem(FW_PAL_CODE), sizeof(before));
	for (i = 0; i < 200000; i++) {
		uint64_t stub;

		for (n = 0; n < 12; n++) {
			uint64_t value;

			seed = seed * 6364136223846793005 + 1442695040888963407;
			value = bases[(seed >> 40) % (sizeof(bases) / sizeof(bases[0]))] + (seed >> 32 & 0xff);
			if ((seed >> 56 & 3) == 0)
				value = seed >> 33 & 15;
			*(n < 4 ? &gr[n] : &in[n - 4]) = value;
		}
		switch (seed >> 60 & 3) {
		case 0:
			stub = FW_STUB_PAL;
			gr[0] = seed >> 50 & 0x1ff;
			break;
		case 1:
			stub = FW_STUB_SAL;
			in[0] = 0x01000000 + (seed >> 50 & 0x3f);
			break;
		default:
			stub = FW_STUB_RUNTIME + (seed >> 50) % FW_NR_RUNTIME;
		}
		fw->exited_boot_services = seed >> 48 & 1;
		fake_call(fw, stub, gr, in, ret);
	}
	memcpy(after, mem(FW_PAL_CODE), sizeof(after));
	ktap_result(!memcmp(before, after, sizeof(before)), "200000 random calls");
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_pal_vm, test_pal_cache, test_pal_rest, test_sal, test_variables,
		test_variables_full, test_time, test_touch, test_virtual_map, test_virtual_map_hostile,
		test_fpswa, test_reset, test_trace,
		test_random,
	};
	size_t i;

	ktap_begin();
	test_create();
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		start(NULL);
		tests[i]();
		stop();
	}
	test_nvram();
	fake_reset();
	return ktap_end();
}
