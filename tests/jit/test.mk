# SPDX-License-Identifier: GPL-2.0-only
# The translator against the interpreter: random programs, all of the state compared,
# and whole suites on both.
TESTS_jit := engines suites
SRCS_jit/engines := tests/fuzz/world.c tests/fuzz/program.c $(GVMM_ALL)
ARGS_jit/engines := 2000
FULLARGS_jit/engines := 100000
