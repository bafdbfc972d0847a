// SPDX-License-Identifier: GPL-2.0-only
/* The processor of a world as it starts: descriptor tables, control registers, clock. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "host-driver/kvm/kvm.h"
#include "transition/kvm.h"

#define CR0_PE		0x00000001ull
#define CR0_MP		0x00000002ull
#define CR0_ET		0x00000010ull
#define CR0_NE		0x00000020ull
#define CR0_WP		0x00010000ull
#define CR0_PG		0x80000000ull
#define CR4_PAE		0x00000020ull
#define CR4_OSFXSR	0x00000200ull
#define CR4_OSXMMEXCPT	0x00000400ull
#define CR4_OSXSAVE	0x00040000ull
#define EFER_LME	0x100ull
#define EFER_LMA	0x400ull
#define EFER_NXE	0x800ull

/* x87, SSE, AVX and AVX-512. */
#define XCR0_WANTED	0xe7ull

/* In the page SYS_TABLES. */
#define GDT_OFFSET	0x000
#define GDT_SIZE	0x38
#define TSS_OFFSET	0x100
#define TSS_IO_MAP	0x68
#define TSS_SIZE	(TSS_IO_MAP + PORT_EXIT / 8 + 2)
#define IDT_OFFSET	0x400
#define IDT_SIZE	(NR_EXCEPTIONS * 16)

/* Of the task state segment (SDM of x86-64, 64-bit mode). */
#define TSS_IST1	0x24
#define TSS_IST2	0x2c
#define TSS_IO_BASE	0x66

_Static_assert(GDT_SIZE <= TSS_OFFSET && TSS_OFFSET + TSS_SIZE <= IDT_OFFSET &&
		       IDT_OFFSET + IDT_SIZE <= 0x1000, "the tables fit their page");

static uint64_t system_va(const struct kvm_vcpu *kv)
{
	return kv->vm->base + RIVEN_REGION_SIZE;
}

static void put16(uint8_t *p, uint64_t value)
{
	memcpy(p, &value, 2);
}

static void put64(uint8_t *p, uint64_t value)
{
	memcpy(p, &value, 8);
}

/* Both are labels of one piece of assembly. */
static size_t distance(const uint8_t *from, const uint8_t *to)
{
	return (uintptr_t)to - (uintptr_t)from;
}

static void fill_gdt(uint8_t *gdt, uint64_t tss)
{
	put64(gdt + SEL_KERNEL_CODE, 0x00af9b000000ffff);
	put64(gdt + SEL_KERNEL_DATA, 0x00cf93000000ffff);
	put64(gdt + (SEL_USER_DATA & ~3), 0x00cff3000000ffff);
	put64(gdt + (SEL_USER_CODE & ~3), 0x00affb000000ffff);
	put64(gdt + SEL_TSS, (TSS_SIZE - 1) | (tss & 0xffffff) << 16 | 0x8bull << 40 |
				     (tss >> 24 & 0xff) << 56);
	put64(gdt + SEL_TSS + 8, tss >> 32);
}

/* A set bit closes a port to CPL 3, and so does a port beyond the map. */
static void fill_tss(uint8_t *tss, uint64_t system)
{
	put64(tss + TSS_IST1, system + SYS_STACK + 0x1000);
	put64(tss + TSS_IST2, system + SYS_STACK2 + 0x1000);
	put16(tss + TSS_IO_BASE, TSS_IO_MAP);
	memset(tss + TSS_IO_MAP, 0xff, TSS_SIZE - TSS_IO_MAP);
	tss[TSS_IO_MAP + PORT_EXIT / 8] &= (uint8_t)~(1u << PORT_EXIT % 8);
}

/* Interrupt gates of CPL 0: int n in the GVMM is a general protection fault. */
static void fill_idt(uint8_t *idt, uint64_t nub)
{
	for (uint32_t n = 0; n < NR_EXCEPTIONS; n++) {
		uint64_t entry = nub + n * NUB_STUB_SIZE;
		uint64_t ist = n == 2 || n == 8 || n == 18 ? 2 : 1;

		put64(idt + 16 * n, (entry & 0xffff) | SEL_KERNEL_CODE << 16 | ist << 32 |
					    0x8eull << 40 | (entry >> 16 & 0xffff) << 48);
		put64(idt + 16 * n + 8, entry >> 32);
	}
}

void kvm_fill_system_area(struct kvm_vcpu *kv)
{
	uint8_t *tables = kv->own + SYS_TABLES;
	uint64_t system = system_va(kv);

	memcpy(kv->own + SYS_ENTRY, riven_kvm_entry, distance(riven_kvm_entry, riven_kvm_entry_end));
	memcpy(kv->own + SYS_NUB, riven_kvm_nub, distance(riven_kvm_nub, riven_kvm_nub_end));
	fill_gdt(tables + GDT_OFFSET, system + SYS_TABLES + TSS_OFFSET);
	fill_tss(tables + TSS_OFFSET, system);
	fill_idt(tables + IDT_OFFSET, system + SYS_NUB);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, uint8_t dpl, bool code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.dpl = dpl,
		.db = !code,
		.s = 1,
		.l = code,
		.g = 1,
	};
}

static int set_system_registers(struct kvm_vcpu *kv)
{
	uint64_t tables = system_va(kv) + SYS_TABLES;
	struct kvm_sregs s;

	if (ioctl(kv->fd, KVM_GET_SREGS, &s) < 0)
		return -errno;
	s.cs = segment(SEL_USER_CODE, 11, 3, true);
	s.ss = s.ds = s.es = s.fs = s.gs = segment(SEL_USER_DATA, 3, 3, false);
	s.tr = (struct kvm_segment){ .base = tables + TSS_OFFSET, .limit = TSS_SIZE - 1,
				     .selector = SEL_TSS, .type = 11, .present = 1 };
	s.ldt = (struct kvm_segment){ .unusable = 1 };
	s.gdt = (struct kvm_dtable){ .base = tables + GDT_OFFSET, .limit = GDT_SIZE - 1 };
	s.idt = (struct kvm_dtable){ .base = tables + IDT_OFFSET, .limit = IDT_SIZE - 1 };
	s.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	s.cr2 = 0;
	s.cr3 = kv->tables.gpa;
	s.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
	s.efer = EFER_LME | EFER_LMA | EFER_NXE;
	return ioctl(kv->fd, KVM_SET_SREGS, &s) < 0 ? -errno : 0;
}

int kvm_set_entry(struct kvm_vcpu *kv, const uint8_t *entry)
{
	uint64_t base = kv->vm->base;
	uint64_t area = base + RIVEN_VCPU_OFFSET + kv->id * RIVEN_VCPU_STRIDE;
	struct kvm_regs r = {
		.rip = system_va(kv) + SYS_ENTRY + distance(riven_kvm_entry, entry),
		.rbx = base + RIVEN_BLOB_OFFSET,
		.r12 = area,
		.r13 = area + RIVEN_VCPU_STACK + RIVEN_VCPU_STACK_SIZE,
		.rsp = area + RIVEN_VCPU_STACK + RIVEN_VCPU_STACK_SIZE,
		.rflags = 2,
	};
	struct kvm_vcpu_events none = { 0 };
	int ret = set_system_registers(kv);

	if (ret)
		return ret;
	if (ioctl(kv->fd, KVM_SET_VCPU_EVENTS, &none) < 0 || ioctl(kv->fd, KVM_SET_REGS, &r) < 0)
		return -errno;
	return 0;
}

static int set_xcr0(struct kvm_vcpu *kv)
{
	struct kvm_xcrs x = { .nr_xcrs = 1 };
	const struct kvm_cpuid2 *cpuid = kv->vm->cpuid;

	x.xcrs[0].value = 3;
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == 0xd && e->index == 0)
			x.xcrs[0].value = e->eax & XCR0_WANTED;
	}
	return ioctl(kv->fd, KVM_SET_XCRS, &x) < 0 ? -errno : 0;
}

/* Older kernels lack the attribute; whether the clock is right is found out by running. */
static void set_tsc_offset(struct kvm_vcpu *kv)
{
	uint64_t zero = 0;
	struct kvm_device_attr attr = { .group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET,
					.addr = (uint64_t)(uintptr_t)&zero };

	(void)ioctl(kv->fd, KVM_SET_DEVICE_ATTR, &attr);
}

int kvm_setup_processor(struct kvm_vcpu *kv, const char **err)
{
	int ret;

	if (ioctl(kv->fd, KVM_SET_CPUID2, kv->vm->cpuid) < 0) {
		*err = "KVM does not take the processor's own features (KVM_SET_CPUID2)";
		return -errno;
	}
	ret = kvm_set_entry(kv, riven_kvm_clock);
	if (!ret)
		ret = set_xcr0(kv);
	if (ret)
		*err = "KVM does not take a processor in 64-bit mode with AVX state";
	set_tsc_offset(kv);
	return ret;
}
