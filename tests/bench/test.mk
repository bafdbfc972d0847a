# SPDX-License-Identifier: GPL-2.0-only
# The benchmark programs give the same results in the guest as on the host. `make bench` measures.
TESTS_bench := run
ARGS_bench/run := --check
# And STLB sizes make the difference that they should. tests/bench/stlb measures.
TESTS_bench += stlb
ARGS_bench/stlb := --check

# How long a busy guest keeps its host waiting: make -C tests TARGETS=bench kick
.PHONY: kick
kick: $(OUT)/bench/kick
	@$<
$(OUT)/bench/kick: bench/kick.c $(BUILD)/libriven.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -O2 $(INC) -o $@ $< $(BUILD)/libriven.a

# What leaving a world costs on each host: make -C tests TARGETS=bench exit
.PHONY: exit
exit: $(OUT)/bench/exit
	@$<
$(OUT)/bench/exit: bench/exit.c $(BUILD)/libriven.a
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -O2 $(INC) -o $@ $< $(BUILD)/libriven.a

# The host code that instructions and sequences become: counted, and compared with a record.
TESTS_bench += codegen
$(OUT)/bench/codegen-blocks: bench/codegen-blocks.c $(wildcard $(TOP)/gvmm/*/*.[ch] $(TOP)/gvmm/isa/*.def) \
		$(TOP)/tests/fuzz/world.c $(BUILD)/isa-index.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INC) -o $@ $< $(TOP)/tests/fuzz/world.c $(addprefix $(TOP)/,$(GVMM_ALL))
