# SPDX-License-Identifier: GPL-2.0-only
# Isolated hosts: what a world keeps in, and the other tests once more on such a host.
TESTS_host := isolation kvm

SRCS_host/isolation := $(patsubst $(TOP)/%,%,$(wildcard $(addprefix $(TOP)/host-driver/,lib/*.c \
	process/*.c kvm/*.c))) host-driver/kmod/user.c \
	transition/process.S transition/kvm.S
LIBS_host/isolation := -lm
