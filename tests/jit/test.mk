# SPDX-License-Identifier: GPL-2.0-only
# The translator against the interpreter: random programs, all of the state compared,
# and whole suites on both.
TESTS_jit := engines background verify disasm profile suites
PROGRAMS_jit := tests/jit/programs.c tests/jit/likely.c tests/jit/likely-float.c tests/jit/likely-dense.c \
	tests/fuzz/world.c tests/fuzz/program.c
SRCS_jit/engines := $(PROGRAMS_jit) $(GVMM_ALL)
ARGS_jit/engines := 2000
FULLARGS_jit/engines := --bundles 100000000 1 1000001

# The same with a translator beside the guest.
ARGS_jit/background := 600
FULLARGS_jit/background := 20000

# The lockstep of both: random programs, and what it must find.
SRCS_jit/verify := $(PROGRAMS_jit) tools/difference.c tools/host-disasm.c $(GVMM_ALL)
ARGS_jit/verify := 1000
FULLARGS_jit/verify := --bundles 100000000 1 1000001
