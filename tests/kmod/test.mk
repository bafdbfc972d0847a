# SPDX-License-Identifier: GPL-2.0-only
# riven.ko: a machine under QEMU in which it is loaded, and in it the driver's own tests and others.
TESTS_kmod := abi soak check
NOSAN_kmod/abi := 1
NOSAN_kmod/soak := 1
CFLAGS_kmod/soak := -mno-red-zone
DEPS_kmod/abi := kmod/raw.h
DEPS_kmod/soak := kmod/raw.h
