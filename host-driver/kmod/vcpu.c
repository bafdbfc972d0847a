// SPDX-License-Identifier: GPL-2.0-only
/* vCPUs: their file descriptor, and what comes out of their worlds. */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/kvm_para.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/kvm_para.h>
#include <asm/trapnr.h>

#include "host-driver/kmod/kmod.h"

#define PF_PRESENT	1	/* of a page fault's error code */

/*
 * On a KVM guest a page fault may be KVM's word that the host's page is not
 * there yet; it is meant for the host kernel, not for the world (S24).
 */
static bool was_async_fault(struct vcpu *v)
{
	if (!(v->async_fault & KVM_PV_REASON_PAGE_NOT_PRESENT))
		return false;
	local_irq_disable();
	kvm_async_pf_task_wait_schedule((u32)v->area->cr2);
	local_irq_enable();
	return true;
}

/* A touch of what is not in the tables yet? 0 when it is now. */
static int page_fault(struct vcpu *v)
{
	u64 offset = v->area->cr2 - v->vm->base;

	if (was_async_fault(v))
		return 0;
	if (v->area->error & PF_PRESENT || offset >= RIVEN_REGION_SIZE)
		return -EFAULT;
	return map_fault(v, offset);
}

static void tell_exception(struct vcpu *v, struct riven_kmod_exit *exit)
{
	const struct area *a = v->area;

	exit->reason = a->vector & EXIT_CPL0 ? RIVEN_KMOD_CPL0 : RIVEN_KMOD_EXCEPTION;
	exit->vector = (u32)(a->vector & 0xff);
	exit->error = a->error;
	exit->ip = a->rip;
	exit->address = a->cr2;
	/* As the kernel tells a process: not where its own translations are (S19). */
	if (exit->vector == X86_TRAP_PF && exit->address >= TASK_SIZE_MAX)
		exit->error |= PF_PRESENT;
	/* Not one of ours: the nub itself must not fault. */
	if (a->vector & EXIT_CPL0 && a->nub_rip - (u64)riven_nub < riven_nub_end - riven_nub)
		pr_warn_ratelimited("riven: vector %u in the nub at +0x%llx\n", exit->vector,
				    a->nub_rip - (u64)riven_nub);
	world_reset(v);
}

/* Run until there is something to tell. */
static int enter(struct vcpu *v, struct riven_kmod_exit *exit)
{
	int ret;

	for (;;) {
		if (signal_pending(current) || test_thread_flag(TIF_NOTIFY_RESUME))
			return -EINTR;
		cond_resched();
		world_run(v);
		switch (v->area->vector) {
		case EXIT_NONE:
			continue;
		case VECTOR_EXIT:
			exit->reason = RIVEN_KMOD_DONE;
			return 0;
		case X86_TRAP_PF:
			ret = page_fault(v);
			if (!ret)
				continue;
			if (ret == -EINTR || ret == -ERESTARTSYS)
				return -EINTR;
			tell_exception(v, exit);
			if (ret != -EFAULT) {
				exit->reason = RIVEN_KMOD_NO_MEMORY;
				exit->error = (u64)-ret;
			}
			return 0;
		default:
			tell_exception(v, exit);
			return 0;
		}
	}
}

static long do_enter(struct vcpu *v, void __user *user)
{
	struct riven_kmod_exit exit = { 0 };
	long ret;

	if (!mutex_trylock(&v->running))
		return -EBUSY;
	ret = enter(v, &exit);
	mutex_unlock(&v->running);
	if (!ret && copy_to_user(user, &exit, sizeof(exit)))
		ret = -EFAULT;
	return ret;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct vcpu *v = file->private_data;

	if (current->mm != v->vm->mm)
		return -EIO;
	switch (cmd) {
	case RIVEN_KMOD_ENTER:
		return do_enter(v, user);
	case RIVEN_KMOD_COUNTS:
		return copy_to_user(user, &v->counts, sizeof(v->counts)) ? -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}

static void vcpu_free(struct vcpu *v)
{
	world_free(v);
	mutex_destroy(&v->running);
	kfree(v);
}

/* No call is under way: each holds the file. */
static int vcpu_release(struct inode *inode, struct file *file)
{
	struct vcpu *v = file->private_data;
	struct vm *vm = v->vm;

	mutex_lock(&vm->lock);
	vm->vcpus[v->id] = NULL;
	mutex_unlock(&vm->lock);
	vcpu_free(v);
	vm_put(vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = vcpu_release,
};

/* The caller holds vm->lock. */
int vcpu_create(struct vm *vm, u32 id)
{
	struct vcpu *v;
	int ret;

	if (id >= RIVEN_MAX_VCPUS)
		return -EINVAL;
	if (vm->vcpus[id])
		return -EEXIST;
	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v)
		return -ENOMEM;
	v->vm = vm;
	v->id = id;
	mutex_init(&v->running);
	ret = world_init(v);
	if (!ret)
		ret = map_fill(vm, v);
	if (!ret)
		ret = anon_inode_getfd("riven-vcpu", &vcpu_fops, v, O_RDWR | O_CLOEXEC);
	if (ret < 0) {
		vcpu_free(v);
		return ret;
	}
	kref_get(&vm->ref);
	vm->vcpus[id] = v;
	return ret;
}
