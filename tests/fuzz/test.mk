# SPDX-License-Identifier: GPL-2.0-only
# Random programs against the GVMM compiled as user-space code, under ASan and UBSan.
TESTS_fuzz := streams

SRCS_fuzz/streams := tests/fuzz/world.c tests/fuzz/program.c $(GVMM_ALL)
ARGS_fuzz/streams := 3000
FULLARGS_fuzz/streams := 200000
