// SPDX-License-Identifier: GPL-2.0-only
/* Virtual machines: their file descriptor and what it is asked. */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "host-driver/kmod/kmod.h"

static void vm_free(struct kref *ref)
{
	struct vm *vm = container_of(ref, struct vm, ref);
	struct map *map, *next;

	/* The last vCPU is gone, so nothing of this is in any tables (S23). */
	list_for_each_entry_safe(map, next, &vm->maps, node)
		map_free(vm, map);
	blob_free(vm);
	mmdrop(vm->mm);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

void vm_put(struct vm *vm)
{
	kref_put(&vm->ref, vm_free);
}

static long do_map(struct vm *vm, void __user *user)
{
	struct riven_kmod_map arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return map_add(vm, &arg);
}

static long do_unmap(struct vm *vm, void __user *user)
{
	u64 offset;

	if (copy_from_user(&offset, user, sizeof(offset)))
		return -EFAULT;
	return map_remove(vm, offset);
}

static long do_create_vcpu(struct vm *vm, void __user *user)
{
	u32 id;

	if (copy_from_user(&id, user, sizeof(id)))
		return -EFAULT;
	return vcpu_create(vm, id);
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct vm *vm = file->private_data;
	long ret;

	if (current->mm != vm->mm)
		return -EIO;
	if (mutex_lock_killable(&vm->lock))
		return -EINTR;
	switch (cmd) {
	case RIVEN_KMOD_MAP:
		ret = do_map(vm, user);
		break;
	case RIVEN_KMOD_UNMAP:
		ret = do_unmap(vm, user);
		break;
	case RIVEN_KMOD_CREATE_VCPU:
		ret = do_create_vcpu(vm, user);
		break;
	default:
		ret = -ENOTTY;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

static int vm_release(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = vm_release,
};

static int check(const struct riven_kmod_vm *arg)
{
	if (!arg->base || arg->base % PAGE_SIZE || arg->base > RIVEN_KMOD_BASE_MAX)
		return -EINVAL;
	if (!arg->blob)
		return arg->blob_size ? -EINVAL : 0;
	return arg->blob_size && arg->blob_size <= RIVEN_BLOB_MAX ? 0 : -EINVAL;
}

int vm_create(const struct riven_kmod_vm *arg)
{
	int ret = check(arg);
	struct vm *vm;

	if (ret)
		return ret;
	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	INIT_LIST_HEAD(&vm->maps);
	vm->mm = current->mm;
	mmgrab(vm->mm);
	vm->base = arg->base;
	if (arg->blob) {
		ret = blob_copy(vm, arg->blob, arg->blob_size);
	} else {
		vm->blob = riven_blob_pages;
		vm->blob_pages = (unsigned long)(riven_blob_end - riven_blob) >> PAGE_SHIFT;
	}
	if (!ret)
		ret = anon_inode_getfd("riven-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		vm_put(vm);
	return ret;
}
