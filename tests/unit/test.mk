# SPDX-License-Identifier: GPL-2.0-only
# libriven, the process host and the devices, each by itself in user space.

TESTS_unit += world
SRCS_unit/world := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/host-driver/lib/*.c \
	$(TOP)/host-driver/process/*.c)) transition/process.S
LIBS_unit/world := -lm

# Handlers of the parallel instructions against SSE2.
TESTS_unit += parallel
SRCS_unit/parallel := gvmm/cpu/exec-mm.c gvmm/cpu/exec-mm-move.c
