// SPDX-License-Identifier: GPL-2.0-only
/*
 * SAL: the system table and the run-time procedures (Itanium Processor Family
 * System Abstraction Layer Specification, 3.2). Arguments follow the procedure's
 * number.
 */
#include <string.h>

#include "firmware/fw.h"

struct sal_system_table {
	char signature[4];
	uint32_t size;
	uint8_t revision_minor, revision_major;	/* BCD */
	uint16_t entries;
	uint8_t checksum;
	uint8_t reserved1[7];
	uint8_t a_minor, a_major, b_minor, b_major;
	char oem[32];
	char product[32];
	uint8_t reserved2[8];
};

_Static_assert(sizeof(struct sal_system_table) == 96, "SAL system table");

struct sal_entry_point {
	uint8_t type;
	uint8_t reserved1[7];
	uint64_t pal_proc, sal_proc, gp;
	uint64_t reserved2[2];
};

struct sal_features {
	uint8_t type;
	uint8_t features;
	uint8_t reserved[14];
};

struct sal_ptc {
	uint8_t type;
	uint8_t reserved[3];
	uint32_t domains;
	uint64_t info;
};

struct sal_wakeup {
	uint8_t type;
	uint8_t mechanism;
	uint8_t reserved[6];
	uint64_t vector;
};

/* A coherence domain: how many processors and their LIDs. */
struct sal_domain {
	uint64_t processors;
	uint64_t list;
};

enum {
	SAL_ENTRY_POINT = 0,
	SAL_FEATURES = 2,
	SAL_PTC = 4,
	SAL_AP_WAKEUP = 5,
};

#define AP_WAKEUP_VECTOR	0xff
#define ERROR_RECORD_SIZE	4096	/* largest, of any type */

/* All processors are in one domain. */
static uint64_t build_domain(struct riven_fw *fw, struct fw_area *area)
{
	uint32_t i, nr = fw->platform.nr_vcpus;
	struct sal_domain *domain;
	uint64_t gpa, list;
	void *host;

	list = fw_area_alloc(fw, area, nr * sizeof(uint64_t), 16, &host);
	if (!list)
		return 0;
	for (i = 0; i < nr; i++)
		((uint64_t *)host)[i] = i;	/* id in bits 7:0, eid above */
	gpa = fw_area_alloc(fw, area, sizeof(*domain), 16, &host);
	if (!gpa)
		return 0;
	domain = host;
	domain->processors = nr;
	domain->list = list;
	return gpa;
}

uint64_t sal_build(struct riven_fw *fw, struct fw_area *area)
{
	struct {
		struct sal_system_table head;
		struct sal_entry_point entry;
		struct sal_features features;
		struct sal_ptc ptc;
		struct sal_wakeup wakeup;
	} *t;
	uint64_t domain = build_domain(fw, area), gpa;
	void *host;

	gpa = fw_area_alloc(fw, area, sizeof(*t), 16, &host);
	if (!domain || !gpa)
		return 0;
	t = host;
	t->entry = (struct sal_entry_point){ .type = SAL_ENTRY_POINT, .pal_proc = FW_PAL_CODE,
					     .sal_proc = fw_stub(FW_STUB_SAL),
					     .gp = FW_RUNTIME_DATA };
	t->features = (struct sal_features){ .type = SAL_FEATURES };
	t->ptc = (struct sal_ptc){ .type = SAL_PTC, .domains = 1, .info = domain };
	t->wakeup = (struct sal_wakeup){ .type = SAL_AP_WAKEUP, .vector = AP_WAKEUP_VECTOR };
	memcpy(t->head.signature, "SST_", 4);
	t->head.size = sizeof(*t);
	t->head.revision_major = 0x03;
	t->head.revision_minor = 0x20;
	t->head.entries = 4;
	t->head.b_major = 0x01;
	memcpy(t->head.oem, "Riven", 5);
	memcpy(t->head.product, "virtual machine", 15);
	t->head.checksum = fw_checksum(t, sizeof(*t));
	return gpa;
}

/* (vector type, entry, gp, length and checksum, entry 2, gp 2, length 2) */
static void set_vectors(struct fw_call *c)
{
	struct sal_vector *v;

	if (c->arg[0] > 2) {
		c->ret[0] = SAL_INVALID;
		return;
	}
	v = c->fw->sal_vector[c->arg[0]];
	v[0] = (struct sal_vector){ c->arg[1], c->arg[2], c->arg[3] };
	v[1] = (struct sal_vector){ c->arg[4], c->arg[5], c->arg[6] };
}

/* (information type, 0, buffer): no error was ever recorded. */
static void get_state_info(struct fw_call *c)
{
	c->ret[0] = c->arg[0] > 3 ? SAL_INVALID : SAL_NO_INFORMATION;
}

static void get_state_info_size(struct fw_call *c)
{
	if (c->arg[0] > 3)
		c->ret[0] = SAL_INVALID;
	else
		c->ret[1] = ERROR_RECORD_SIZE;
}

static void clear_state_info(struct fw_call *c)
{
	if (c->arg[0] > 3)
		c->ret[0] = SAL_INVALID;
}

/* (parameter type, interrupt or memory, its value, time-out, MCA options) */
static void mc_set_params(struct fw_call *c)
{
	if (c->arg[0] < 1 || c->arg[0] > 3 || c->arg[1] < 1 || c->arg[1] > 2)
		c->ret[0] = SAL_INVALID;
	else
		c->fw->sal_mc_params |= 1ull << c->arg[0];
}

/* (entity, address): the OS tells where it put what SAL addresses; nothing here uses it. */
static void register_physical_addr(struct fw_call *c)
{
	if (c->arg[0])
		c->ret[0] = SAL_INVALID;
}

/* (1 instruction, 2 data, 3 both, 4 make coherent) */
static void cache_flush(struct fw_call *c)
{
	if (c->arg[0] < 1 || c->arg[0] > 4)
		c->ret[0] = SAL_INVALID;
	else if (c->arg[0] != 2)
		riven_vm_flush_code(c->fw->vm);
}

static void nothing_to_do(struct fw_call *c)
{
	(void)c;
}

/* Take a PCI configuration address apart; false when it is none. */
static bool pci_address(uint64_t address, uint64_t size, uint64_t type, uint32_t *segment,
			uint32_t *bdf, uint32_t *reg)
{
	if ((size != 1 && size != 2 && size != 4) || address % size || type > 1)
		return false;
	if (type == 0) {
		*segment = address >> 24 & 0xff;
		*bdf = address >> 8 & 0xffff;
		*reg = address & 0xff;
		return !(address >> 32);
	}
	*segment = address >> 28 & 0xffff;
	*bdf = address >> 12 & 0xffff;
	*reg = address & 0xfff;
	return !(address >> 44);
}

/* (address, size, address type): all ones where there is no function. */
static void pci_config_read(struct fw_call *c)
{
	uint32_t segment, bdf, reg, size = (uint32_t)c->arg[1], value = 0xffffffff;

	if (!pci_address(c->arg[0], c->arg[1], c->arg[2], &segment, &bdf, &reg)) {
		c->ret[0] = SAL_INVALID;
		return;
	}
	if (!c->fw->pci ||
	    !c->fw->pci(c->fw->pci_opaque, segment, bdf, reg, size, false, &value))
		value = 0xffffffff;
	c->ret[1] = size == 4 ? value : value & ((1u << size * 8) - 1);
}

/* (address, size, value, address type) */
static void pci_config_write(struct fw_call *c)
{
	uint32_t segment, bdf, reg, value = (uint32_t)c->arg[2];

	if (!pci_address(c->arg[0], c->arg[1], c->arg[3], &segment, &bdf, &reg))
		c->ret[0] = SAL_INVALID;
	else if (c->fw->pci)
		c->fw->pci(c->fw->pci_opaque, segment, bdf, reg, (uint32_t)c->arg[1], true, &value);
}

/* (clock type): platform base, interval timer; there is no third clock. Drift is not known. */
static void freq_base(struct fw_call *c)
{
	c->ret[2] = (uint64_t)-1;
	switch (c->arg[0]) {
	case 0:
		c->ret[1] = PLATFORM_BASE_FREQUENCY;
		break;
	case 1:
		c->ret[1] = riven_vm_itc_frequency(c->fw->vm);
		break;
	case 2:
		c->ret[0] = SAL_NOT_IMPLEMENTED;
		break;
	default:
		c->ret[0] = SAL_INVALID;
	}
}

/* The physical id of the package: every processor is one of its own. */
static void physical_id_info(struct fw_call *c)
{
	c->ret[1] = c->cpu_id;
}

const struct fw_proc sal_procs[] = {
	{ 0x01000000, 7, "SAL_SET_VECTORS", set_vectors },
	{ 0x01000001, 3, "SAL_GET_STATE_INFO", get_state_info },
	{ 0x01000002, 1, "SAL_GET_STATE_INFO_SIZE", get_state_info_size },
	{ 0x01000003, 1, "SAL_CLEAR_STATE_INFO", clear_state_info },
	/* Nobody rendezvouses without a machine check. */
	{ 0x01000004, 0, "SAL_MC_RENDEZ", nothing_to_do },
	{ 0x01000005, 5, "SAL_MC_SET_PARAMS", mc_set_params },
	{ 0x01000006, 2, "SAL_REGISTER_PHYSICAL_ADDR", register_physical_addr },
	{ 0x01000008, 1, "SAL_CACHE_FLUSH", cache_flush },
	{ 0x01000009, 0, "SAL_CACHE_INIT", nothing_to_do },
	{ 0x01000010, 3, "SAL_PCI_CONFIG_READ", pci_config_read },
	{ 0x01000011, 4, "SAL_PCI_CONFIG_WRITE", pci_config_write },
	{ 0x01000012, 1, "SAL_FREQ_BASE", freq_base },
	{ 0x01000013, 0, "SAL_PHYSICAL_ID_INFO", physical_id_info },
	{ 0x01000020, 3, "SAL_UPDATE_PAL", NULL },
	{ 0 },
};
