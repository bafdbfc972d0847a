// SPDX-License-Identifier: GPL-2.0-only
/*
 * Worlds: the tables a processor needs there, and the host's side of the
 * switch. S1, S2 ...: docs/switch-invariants.md.
 */
#include <linux/cache.h>
#include <linux/gfp.h>
#include <linux/kvm_para.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>
#include <asm/trapnr.h>

#include "host-driver/kmod/kmod.h"

#define AREA_ORDER	3

/* The host's PCIDs are few and small, with bit 11 set for those of user space (S15). */
#define WORLD_PCID	0x555ull

#define RFLAGS_START	0x202ull	/* interrupts on */

static_assert(AREA_SIZE == PAGE_SIZE << AREA_ORDER);
static_assert(sizeof(struct area) <= PAGE_SIZE);
static_assert(offsetof(struct area, rdi) == A_RDI && offsetof(struct area, r15) == A_R15);
static_assert(offsetof(struct area, rip) == A_RIP && offsetof(struct area, rsp) == A_RSP);
static_assert(offsetof(struct area, vector) == A_VECTOR);
static_assert(offsetof(struct area, nub_rip) == A_NUB_RIP);
static_assert(offsetof(struct area, pending) == A_PENDING);
static_assert(offsetof(struct area, flags) == A_FLAGS);
static_assert(offsetof(struct area, world_cr3) == A_WORLD_CR3);
static_assert(offsetof(struct area, host_cr4) == A_HOST_CR4);
static_assert(offsetof(struct area, host_rsp) == A_HOST_RSP);
static_assert(offsetof(struct area, host_gs_base) == A_HOST_GS_BASE);
static_assert(offsetof(struct area, host_gs) == A_HOST_GS);
static_assert(offsetof(struct area, no_segments) == A_NO_SEGMENTS);
static_assert(offsetof(struct area, verw) == A_VERW);
static_assert(offsetof(struct area, host_idt) == A_HOST_IDT);
static_assert(offsetof(struct area, world_idt) == A_WORLD_IDT);
static_assert(SEL_KERNEL_CODE == __KERNEL_CS && SEL_KERNEL_DATA == __KERNEL_DS);
static_assert(SEL_USER_DATA == __USER_DS && SEL_USER_CODE == __USER_CS);
static_assert(HOST_GDT_SIZE == GDT_SIZE && SEL_WORLD_TSS == GDT_SIZE);

/* One IDT for all worlds; read only once the module is loaded. */
static gate_desc world_idt[256] __aligned(PAGE_SIZE) __ro_after_init;

/* The page of riven_kmod_entry, which all worlds share. */
static struct page *entry_page;

struct page **riven_blob_pages;

/* Whose translations this processor has under WORLD_PCID. */
static DEFINE_PER_CPU(u64, tlb_owner);
static atomic64_t next_tlb_tag = ATOMIC64_INIT(1);

static void *area_at(const struct vcpu *v, u32 offset)
{
	return (u8 *)v->area + offset;
}

static void fill_idt(void)
{
	u32 n;

	for (n = 0; n < 256; n++) {
		u64 entry = (u64)riven_nub_stubs + n * NUB_STUB_SIZE;
		gate_desc *gate = &world_idt[n];

		/* Every gate has a stack (S4), one is open to CPL 3 (S10). */
		gate->offset_low = (u16)entry;
		gate->offset_middle = (u16)(entry >> 16);
		gate->offset_high = (u32)(entry >> 32);
		gate->segment = SEL_KERNEL_CODE;
		gate->bits.ist = n == VECTOR_NMI ? IST_WORLD_NMI :
				 n == VECTOR_MC	 ? IST_WORLD_MC :
						   IST_WORLD;
		gate->bits.type = GATE_INTERRUPT;
		gate->bits.dpl = n == VECTOR_EXIT ? 3 : 0;
		gate->bits.p = 1;
	}
}

static int find_blob_pages(void)
{
	unsigned long i, n = (unsigned long)(riven_blob_end - riven_blob) >> PAGE_SHIFT;

	riven_blob_pages = kvcalloc(n, sizeof(riven_blob_pages[0]), GFP_KERNEL);
	if (!riven_blob_pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		riven_blob_pages[i] = vmalloc_to_page(riven_blob + (i << PAGE_SHIFT));
	return 0;
}

/* The caller frees with world_global_exit() even when this fails. */
int __init world_global_init(void)
{
	fill_idt();
	entry_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!entry_page)
		return -ENOMEM;
	memcpy(page_address(entry_page), riven_kmod_entry,
	       riven_kmod_entry_end - riven_kmod_entry);
	return find_blob_pages();
}

void world_global_exit(void)
{
	kvfree(riven_blob_pages);
	if (entry_page)
		__free_page(entry_page);
}

/* Pages of the module or of vmalloc, at their own address. */
static int map_module_pages(struct vcpu *v, const void *start, u64 size, u32 flags)
{
	u64 done;
	int ret = 0;

	for (done = 0; done < size && !ret; done += PAGE_SIZE)
		ret = tables_map(&v->tables, (u64)start + done,
				 vmalloc_to_page((const u8 *)start + done), flags);
	return ret;
}

/* All that a world has beside its maps (S11). */
static int map_system(struct vcpu *v)
{
	u64 base = v->vm->base;
	unsigned long i;
	u32 offset;
	int ret;

	ret = map_module_pages(v, riven_nub, riven_nub_end - riven_nub, TABLE_EXEC);
	if (!ret)
		ret = map_module_pages(v, world_idt, sizeof(world_idt), 0);
	for (offset = 0; offset < AREA_WORLD_END && !ret; offset += PAGE_SIZE)
		ret = tables_map(&v->tables, (u64)area_at(v, offset),
				 virt_to_page(area_at(v, offset)),
				 offset == AREA_TABLES ? 0 : TABLE_WRITE);
	for (i = 0; i < v->vm->blob_pages && !ret; i++)
		ret = tables_map(&v->tables, base + RIVEN_BLOB_OFFSET + (i << PAGE_SHIFT),
				 v->vm->blob[i], TABLE_USER | TABLE_EXEC);
	if (!ret)
		ret = tables_map(&v->tables, base + RIVEN_REGION_SIZE, entry_page,
				 TABLE_USER | TABLE_EXEC);
	return ret;
}

static void fill_tables(struct vcpu *v)
{
	struct x86_hw_tss *tss = area_at(v, AREA_TSS);
	tss_desc *desc = area_at(v, AREA_GDT + SEL_WORLD_TSS);
	struct desc_ptr idt = { .size = sizeof(world_idt) - 1, .address = (u64)world_idt };

	tss->ist[IST_WORLD - 1] = (u64)area_at(v, AREA_STACK_TOP);
	tss->ist[IST_WORLD_NMI - 1] = (u64)area_at(v, AREA_STACK_NMI_TOP);
	tss->ist[IST_WORLD_MC - 1] = (u64)area_at(v, AREA_STACK_MC_TOP);
	tss->sp0 = (u64)area_at(v, AREA_STACK_TOP);
	/* Beyond the limit: no port is open to CPL 3. */
	tss->io_bitmap_base = sizeof(*tss);
	set_tssldt_descriptor(desc, (u64)tss, DESC_TSS, sizeof(*tss) - 1);
	memcpy(v->area->world_idt, &idt, sizeof(idt));
}

void world_reset(struct vcpu *v)
{
	u64 base = v->vm->base, vcpu = base + RIVEN_VCPU_OFFSET + v->id * RIVEN_VCPU_STRIDE;
	struct xregs_state *fpu = area_at(v, AREA_FPU);
	struct area *a = v->area;

	memset(a, 0, offsetof(struct area, vector));
	a->rip = base + RIVEN_REGION_SIZE;
	a->rbx = base + RIVEN_BLOB_OFFSET;
	a->r12 = vcpu;
	a->r13 = a->rsp = vcpu + RIVEN_VCPU_STACK + RIVEN_VCPU_STACK_SIZE;
	a->rflags = RFLAGS_START;
	memset(fpu, 0, AREA_FPU_SIZE);
	fpu->i387.cwd = 0x37f;
	fpu->i387.mxcsr = MXCSR_DEFAULT;
}

void world_forget(struct vcpu *v)
{
	v->tlb_tag = (u64)atomic64_inc_return(&next_tlb_tag);
}

int world_init(struct vcpu *v)
{
	int ret = tables_init(&v->tables);

	if (ret)
		return ret;
	v->area = (struct area *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, AREA_ORDER);
	if (!v->area)
		return -ENOMEM;
	v->area->flags = riven_area_flags;
	v->area->verw = SEL_KERNEL_DATA;
	fill_tables(v);
	world_reset(v);
	world_forget(v);
	return map_system(v);
}

void world_free(struct vcpu *v)
{
	tables_free(&v->tables);
	free_pages((unsigned long)v->area, AREA_ORDER);
}

static void fpu_load(struct vcpu *v)
{
	asm volatile("xrstor64 (%0)" : : "r"(area_at(v, AREA_FPU)),
		     "a"((u32)riven_world_xcr0), "d"(0) : "memory");
}

static void fpu_save(struct vcpu *v)
{
	asm volatile("xsave64 (%0)" : : "r"(area_at(v, AREA_FPU)),
		     "a"((u32)riven_world_xcr0), "d"(0) : "memory");
}

/* What the two sides see of CR4 (S14) and CR3 (S15). */
static void set_control_registers(struct vcpu *v)
{
	u64 cr4 = native_read_cr4(), root = __sme_set(__pa(v->tables.root));
	struct area *a = v->area;

	a->host_cr4 = cr4;
	a->world_cr4 = cr4 & ~(X86_CR4_TSD | X86_CR4_PCE | X86_CR4_PKE | (1ull << 23) |
			       (1ull << 24));
	if (boot_cpu_has(X86_FEATURE_UMIP))
		a->world_cr4 |= X86_CR4_UMIP;
	a->host_cr3 = __native_read_cr3();
	a->host_cr2 = native_read_cr2();
	if (!(cr4 & X86_CR4_PCIDE)) {
		a->world_cr3 = root;
		return;
	}
	a->host_cr3 |= X86_CR3_PCID_NOFLUSH;
	a->world_cr3 = root | WORLD_PCID;
	if (__this_cpu_read(tlb_owner) == v->tlb_tag)
		a->world_cr3 |= X86_CR3_PCID_NOFLUSH;
	__this_cpu_write(tlb_owner, v->tlb_tag);
}

/* What the nub puts back before the host's IDT answers again (S16, S17). */
static void save_segments(struct area *a)
{
	struct desc_ptr idt;
	u64 fs, gs;
	u16 ldt;

	store_idt(&idt);
	memcpy(a->host_idt, &idt, sizeof(idt));
	savesegment(ds, a->host_ds);
	savesegment(es, a->host_es);
	savesegment(fs, a->host_fs);
	savesegment(gs, a->host_gs);
	asm volatile("sldt %0" : "=m"(ldt));
	a->host_ldt = ldt;
	if (a->flags & FLAG_FSGSBASE) {
		asm volatile("rdfsbase %0" : "=r"(fs));
		asm volatile("rdgsbase %0" : "=r"(gs));
	} else {
		rdmsrl(MSR_FS_BASE, fs);
		rdmsrl(MSR_GS_BASE, gs);
	}
	a->host_fs_base = fs;
	a->host_gs_base = gs;
	a->no_segments = 0;
}

/*
 * The world's GDT and TSS: what the host's handlers look up in them is the same
 * as in the host's own (S3).
 */
static void load_world_tables(struct vcpu *v, const struct desc_ptr *host)
{
	struct desc_ptr gdt = { .size = WORLD_GDT_SIZE - 1,
				.address = (unsigned long)area_at(v, AREA_GDT) };
	tss_desc *desc = area_at(v, AREA_GDT + SEL_WORLD_TSS);
	struct x86_hw_tss *tss = area_at(v, AREA_TSS);
	u32 i;

	memcpy(area_at(v, AREA_GDT), (void *)host->address, HOST_GDT_SIZE);
	for (i = 0; i < HOST_NR_IST; i++)
		tss->ist[i] = this_cpu_read(cpu_tss_rw.x86_tss.ist[i]);
	desc->type = DESC_TSS;
	native_load_gdt(&gdt);
	asm volatile("ltr %w0" : : "q"(SEL_WORLD_TSS));
}

/* A loaded TSS is marked busy, and the host's GDT is writable at its other address (S20). */
static void load_host_tables(const struct desc_ptr *host)
{
	int cpu = smp_processor_id();
	tss_desc *desc = (tss_desc *)&get_cpu_gdt_rw(cpu)[GDT_ENTRY_TSS];

	desc->type = DESC_TSS;
	load_direct_gdt(cpu);
	asm volatile("ltr %w0" : : "q"(GDT_ENTRY_TSS * 8));
	native_load_gdt(host);
}

struct debug_state {
	unsigned long dr7;
	u64 debugctl;
	u64 pebs;
};

static bool has_debug_store(void)
{
	return boot_cpu_has(X86_FEATURE_DS) &&
	       (boot_cpu_has(X86_FEATURE_PEBS) || boot_cpu_has(X86_FEATURE_BTS));
}

/* Nothing that the host watches may fire or write in the world (S13). */
static void debug_off(struct debug_state *s)
{
	s->dr7 = local_db_save();
	s->debugctl = s->pebs = 0;
	if (has_debug_store()) {
		rdmsrl(MSR_IA32_DEBUGCTLMSR, s->debugctl);
		if (s->debugctl)
			wrmsrl(MSR_IA32_DEBUGCTLMSR, 0);
		if (boot_cpu_has(X86_FEATURE_PEBS))
			rdmsrl(MSR_IA32_PEBS_ENABLE, s->pebs);
		if (s->pebs)
			wrmsrl(MSR_IA32_PEBS_ENABLE, 0);
	}
}

static void debug_on(const struct debug_state *s, u64 vector)
{
	if (s->pebs)
		wrmsrl(MSR_IA32_PEBS_ENABLE, s->pebs);
	if (s->debugctl)
		wrmsrl(MSR_IA32_DEBUGCTLMSR, s->debugctl);
	if ((vector & 0xff) == X86_TRAP_DB)
		set_debugreg(DR6_RESERVED, 6);
	local_db_restore(s->dr7);
}

struct syscall_state {
	u64 efer;
	u64 sysenter_cs;
};

/*
 * SYSCALL and SYSENTER are no instructions in the world (S26): they would run
 * the host's own entry code there, at CPL 0, through translations that the
 * processor keeps because they are global. What is put back is what was found:
 * KVM leaves its guest's EFER till the thread returns to user space.
 */
static void syscalls_off(struct syscall_state *s)
{
	s->sysenter_cs = 0;
	rdmsrl(MSR_EFER, s->efer);
	if (s->efer & EFER_SCE)
		wrmsrl(MSR_EFER, s->efer & ~(u64)EFER_SCE);
	if (boot_cpu_has(X86_FEATURE_SEP))
		rdmsrl(MSR_IA32_SYSENTER_CS, s->sysenter_cs);
	if (s->sysenter_cs)
		wrmsrl(MSR_IA32_SYSENTER_CS, 0);
}

static void syscalls_on(const struct syscall_state *s)
{
	if (s->sysenter_cs)
		wrmsrl(MSR_IA32_SYSENTER_CS, s->sysenter_cs);
	if (s->efer & EFER_SCE)
		wrmsrl(MSR_EFER, s->efer);
}

/*
 * One that came at CPL 3, told as KVM tells of its guest's (S27): what broke is the process's, so
 * it gets a SIGBUS where the same in the kernel would be the machine's end.
 */
static void raise_machine_check(void)
{
#ifdef CONFIG_X86_MCE
	struct pt_regs regs = { .cs = __USER_CS, .flags = X86_EFLAGS_IF };

	do_machine_check(&regs);
#else
	asm volatile("int $18" : : : "memory");
#endif
}

/*
 * What arrived in the world goes to the host's own handlers. NMIs are still
 * blocked if there was one: no iret has been executed since it came, and the
 * next is that of its handler, so it comes first (S6).
 */
static void hand_over(struct vcpu *v)
{
	struct area *a = v->area;
	struct desc_ptr idt;
	gate_desc *gate;

	if (a->pending & PENDING_NMI) {
		v->counts.nmis++;
		asm volatile("int $2" : : : "memory");
	}
	if (a->pending & PENDING_MC) {
		v->counts.machine_checks++;
		asm volatile("int $18" : : : "memory");
	}
	if (a->pending & PENDING_MC_WORLD) {
		v->counts.machine_checks++;
		raise_machine_check();
	}
	if (a->vector < VECTOR_FIRST_INTERRUPT || a->vector > 255)
		return;
	v->counts.interrupts++;
	store_idt(&idt);
	gate = (gate_desc *)idt.address + a->vector;
	if (!WARN_ON_ONCE(!gate->bits.p))
		riven_raise(gate_offset(gate));
	a->vector = EXIT_NONE;
}

/* Interrupts are off till the host has all that is its own (S1, S9). */
static void switch_once(struct vcpu *v)
{
	bool own_xcr0 = riven_world_xcr0 != riven_host_xcr0;
	struct area *a = v->area;
	struct syscall_state syscalls;
	struct debug_state debug;
	struct desc_ptr gdt;

	native_store_gdt(&gdt);
	save_segments(a);
	set_control_registers(v);
	debug_off(&debug);
	syscalls_off(&syscalls);
	if (own_xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, riven_world_xcr0);
	a->pending = 0;
	load_world_tables(v, &gdt);

	riven_switch(a);

	load_host_tables(&gdt);
	if (own_xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, riven_host_xcr0);
	syscalls_on(&syscalls);
	debug_on(&debug, a->vector);
	v->counts.entries++;
	/* Of this processor, so before interrupts are on. */
	if (a->vector == X86_TRAP_PF)
		v->async_fault = kvm_read_and_reset_apf_flags();
	hand_over(v);
}

void world_run(struct vcpu *v)
{
	struct area *a = v->area;

	/* The caller's state is kept, and no interrupt uses these registers (S12). */
	kernel_fpu_begin();
	fpu_load(v);
	do {
		a->vector = EXIT_NONE;
		local_irq_disable();
		if (!need_resched() && !signal_pending(current) &&
		    !test_thread_flag(TIF_NOTIFY_RESUME))
			switch_once(v);
		local_irq_enable();
	} while (a->vector == EXIT_NONE && !need_resched() && !signal_pending(current) &&
		 !test_thread_flag(TIF_NOTIFY_RESUME));
	fpu_save(v);
	kernel_fpu_end();
}
