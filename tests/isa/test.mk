# SPDX-License-Identifier: GPL-2.0-only
# ISA cases: results, NaT, faults and predicates of every instruction.
TESTS_isa := runner coverage

IA64	?= ia64-linux-gnu-
CASES	:= $(sort $(wildcard isa/cases/*.case))

$(OUT)/isa/cases.bin: isa/mkcases isa/model.py $(CASES)
	@mkdir -p $(@D)
	@isa/mkcases $(@D) $(CASES)
	@$(IA64)as -W -xnone -o $(@D)/cases.o $(@D)/cases.s
	@$(IA64)objcopy -O binary -j .text $(@D)/cases.o $@

SRCS_isa/runner := tests/isa/state.c tests/isa/outcome.c tests/isa/diag.c \
	gvmm/isa/decode.c gvmm/isa/operands.c
DEPS_isa/runner := $(OUT)/isa/cases.bin $(BUILD)/libriven.a
LIBS_isa/runner := $(BUILD)/libriven.a
NOSAN_isa/runner := 1
ARGS_isa/runner := $(OUT)/isa/cases.tab $(OUT)/isa/cases.bin

SRCS_isa/coverage := $(filter-out gvmm/isa/disasm%,$(patsubst $(TOP)/%,%,$(wildcard $(TOP)/gvmm/isa/*.c)))
DEPS_isa/coverage := $(OUT)/isa/cases.bin
ARGS_isa/coverage := $(OUT)/isa/cases.tab $(OUT)/isa/cases.bin

# The decoder and the disassembler against objdump: random bundles, and a kernel.
# And the command that prints disassembly.
TESTS_isa += decode decode-objdump decode-vmlinux disasm-command
SRCS_isa/decode := gvmm/isa/decode.c gvmm/isa/operands.c
SRCS_isa/decode-objdump := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/gvmm/isa/*.c))
ARGS_isa/decode-objdump := 100000
FULLARGS_isa/decode-objdump := 2000000

.PHONY: oplist
oplist: isa/oplist.c $(wildcard $(TOP)/gvmm/isa/*.def)
	@mkdir -p $(OUT)/isa
	@$(CC) $(CFLAGS) $(INC) -o $(OUT)/isa/oplist $<
	@$(OUT)/isa/oplist
