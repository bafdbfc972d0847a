// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests of riven.ko, in the test machine only. In debugfs, riven_test/:
 * `state` shows the descriptor tables, control registers and MSRs of each
 * processor; a number written to `nmi` sends each processor so many NMIs, one
 * after the other, and fails when one is not handled.
 */
#include <linux/atomic.h>
#include <linux/crc32.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/nmi.h>

#define NMI_WAIT_US	1000000

static struct dentry *dir;
static DEFINE_PER_CPU(atomic_t, expected);
static atomic64_t handled;

static int on_nmi(unsigned int kind, struct pt_regs *regs)
{
	if (atomic_dec_if_positive(this_cpu_ptr(&expected)) < 0)
		return NMI_DONE;
	atomic64_inc(&handled);
	return NMI_HANDLED;
}

static int send(int cpu)
{
	unsigned int us;

	atomic_set(per_cpu_ptr(&expected, cpu), 1);
	preempt_disable();
	apic->send_IPI(cpu, NMI_VECTOR);
	preempt_enable();
	for (us = 0; us < NMI_WAIT_US; us++) {
		if (!atomic_read(per_cpu_ptr(&expected, cpu)))
			return 0;
		if (us < 100)
			udelay(1);
		else
			usleep_range(1, 2);
	}
	return -ETIME;
}

static ssize_t nmi_write(struct file *file, const char __user *user, size_t size, loff_t *pos)
{
	unsigned long n, i;
	int cpu, ret = kstrtoul_from_user(user, size, 0, &n);

	for (i = 0; i < n && !ret; i++) {
		for_each_online_cpu(cpu)
			ret = ret ? ret : send(cpu);
		/* At odds with everything else that happens at regular times. */
		udelay(1 + (i * 7) % 40);
		cond_resched();
		if (signal_pending(current))
			ret = -EINTR;
	}
	return ret ? ret : (ssize_t)size;
}

static const struct file_operations nmi_fops = { .owner = THIS_MODULE, .write = nmi_write };

static void show_msr(struct seq_file *m, const char *name, u32 msr)
{
	u64 value;

	if (!rdmsrl_safe(msr, &value))
		seq_printf(m, " %s=%llx", name, value);
}

static void show_cpu(void *arg)
{
	struct seq_file *m = arg;
	struct desc_ptr gdt, idt;
	u16 tr, ldt;

	native_store_gdt(&gdt);
	store_idt(&idt);
	asm volatile("str %0" : "=m"(tr));
	asm volatile("sldt %0" : "=m"(ldt));
	/* Of the GDT what is not a process's: behind the TSS are LDT and TLS. */
	seq_printf(m, "cpu%d idt=%lx+%x:%08x gdt=%lx+%x:%08x tr=%x ldt=%x", smp_processor_id(),
		   idt.address, idt.size, crc32(0, (void *)idt.address, idt.size + 1),
		   gdt.address, gdt.size, crc32(0, (void *)gdt.address, GDT_ENTRY_LDT * 8), tr,
		   ldt);
	seq_printf(m, " cr0=%lx cr4=%lx xcr0=%llx", native_read_cr0(), native_read_cr4(),
		   xgetbv(XCR_XFEATURE_ENABLED_MASK));
	show_msr(m, "efer", MSR_EFER);
	show_msr(m, "star", MSR_STAR);
	show_msr(m, "lstar", MSR_LSTAR);
	show_msr(m, "cstar", MSR_CSTAR);
	show_msr(m, "fmask", MSR_SYSCALL_MASK);
	show_msr(m, "sysenter", MSR_IA32_SYSENTER_EIP);
	show_msr(m, "gs", MSR_GS_BASE);
	show_msr(m, "debugctl", MSR_IA32_DEBUGCTLMSR);
	show_msr(m, "pat", MSR_IA32_CR_PAT);
	show_msr(m, "aux", MSR_TSC_AUX);
	show_msr(m, "spec", MSR_IA32_SPEC_CTRL);
	seq_putc(m, '\n');
}

static int state_show(struct seq_file *m, void *unused)
{
	int cpu;

	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, show_cpu, m, 1);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int __init test_init(void)
{
	int ret = register_nmi_handler(NMI_LOCAL, on_nmi, 0, "riven_test");

	if (ret)
		return ret;
	dir = debugfs_create_dir("riven_test", NULL);
	debugfs_create_file("state", 0400, dir, NULL, &state_fops);
	debugfs_create_file("nmi", 0200, dir, NULL, &nmi_fops);
	return 0;
}

static void __exit test_exit(void)
{
	debugfs_remove(dir);
	unregister_nmi_handler(NMI_LOCAL, "riven_test");
}

module_init(test_init);
module_exit(test_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Helper of the tests of riven.ko");
