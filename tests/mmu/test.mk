# SPDX-License-Identifier: GPL-2.0-only
# TLB, VHPT walker, translation and accesses: against a model, and fault by fault.

MMU_SRCS := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/gvmm/mmu/*.c)) gvmm/cpu/alat.c \
	gvmm/cpu/fault.c gvmm/cpu/psr.c
define mmu_test
TESTS_mmu += $(1)
SRCS_mmu/$(1) := $(MMU_SRCS)
DEPS_mmu/$(1) := mmu/world.h
endef
$(foreach t,stlb faults walk memory bounds fpmem,$(eval $(call mmu_test,$(t))))
SRCS_mmu/fpmem += gvmm/cpu/exec-fpmem.c $(addprefix gvmm/fp/,seq.c fma.c round.c recip.c cvt.c cmp.c \
	parallel.c)
ARGS_mmu/stlb := 100000
FULLARGS_mmu/stlb := 3000000
