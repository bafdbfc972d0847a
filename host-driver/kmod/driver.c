// SPDX-License-Identifier: GPL-2.0-only
/* Riven's host driver: the module and its device. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "host-driver/kmod/kmod.h"

static struct riven_kmod_info info;

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct riven_kmod_vm vm;

	switch (cmd) {
	case RIVEN_KMOD_INFO:
		return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
	case RIVEN_KMOD_CREATE_VM:
		if (copy_from_user(&vm, user, sizeof(vm)))
			return -EFAULT;
		return vm_create(&vm);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "riven",
	.fops = &dev_fops,
	.mode = 0660,
};

static int __init riven_init(void)
{
	const char *problem = riven_machine_problem();
	int ret;

	if (problem) {
		pr_err("riven: not loaded: %s\n", problem);
		return -EOPNOTSUPP;
	}
	riven_machine_init();
	info.version = RIVEN_KMOD_VERSION;
	info.blob_size = RIVEN_BLOB_SIZE;
	info.blob_hash = riven_kmod_hash(riven_blob, RIVEN_BLOB_SIZE);
	ret = world_global_init();
	if (!ret)
		ret = misc_register(&device);
	if (ret)
		world_global_exit();
	return ret;
}

static void __exit riven_exit(void)
{
	misc_deregister(&device);
	world_global_exit();
}

module_init(riven_init);
module_exit(riven_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Riven: worlds for IA-64 guests");
