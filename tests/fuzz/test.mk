# SPDX-License-Identifier: GPL-2.0-only
# Random programs against the GVMM compiled as user-space code, under ASan and UBSan.
TESTS_fuzz := streams

GVMM_ALL := $(patsubst $(TOP)/%,%,$(filter-out $(TOP)/gvmm/string.c,$(wildcard \
	$(TOP)/gvmm/*.c $(TOP)/gvmm/isa/*.c $(TOP)/gvmm/cpu/*.c $(TOP)/gvmm/fp/*.c \
	$(TOP)/gvmm/mmu/*.c $(TOP)/gvmm/jit/*.c $(TOP)/gvmm/isa/dispatch.S)))

SRCS_fuzz/streams := tests/fuzz/world.c tests/fuzz/program.c $(GVMM_ALL)
ARGS_fuzz/streams := 3000
FULLARGS_fuzz/streams := 200000
