# SPDX-License-Identifier: GPL-2.0-only
# Riven. `make help` lists the targets.

BUILD	?= build
# One name, however it is given: the compiler writes it into the files of dependencies.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
PREFIX	?= /usr/local
ifeq ($(origin CC),default)
CC	:= gcc
endif
IA64	?= ia64-linux-gnu-

# make V=1 shows the commands.
Q	:= $(if $(V),,@)

WARN	:= -Wall -Wextra -Werror
CFLAGS	?= -O2 -g
INC	:= -I. -Iinclude -I$(BUILD)
DEPFLAGS = -MMD -MP

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all run run-linux guest check check-full lint bench install clean help deps \
	kmod kmod-install kmod-check

all: $(BUILD)/riven $(BUILD)/small.elf

help:
	@echo 'make            build the riven command and the small guest'
	@echo 'make run        boot the small guest to its prompt'
	@echo 'make run-linux  build (once) and boot Linux/ia64 to a shell'
	@echo 'make guest      build the cross compiler, Linux, busybox and the test guests into the cache'
	@echo 'make check      run the tests as CI does'
	@echo 'make check-full run every test at its full count'
	@echo 'make lint       clang-tidy, cppcheck and shellcheck'
	@echo 'make bench      measure'
	@echo 'make kmod       build the kernel driver for the running kernel, or for KVER or KDIR'
	@echo 'make kmod-install  install it, with DKMS where that is'
	@echo 'make kmod-check test it in a machine under QEMU'
	@echo 'make install    install to PREFIX ($(PREFIX))'
	@echo 'make clean      remove $(BUILD)/ (not the cache of heavy builds)'

# Packages come first; a stamp keeps later builds quick.
$(BUILD)/.deps-%: scripts/deps
	@mkdir -p $(BUILD)
	@scripts/deps $*
	@touch $@
deps: $(BUILD)/.deps-build

# The decoder's index, made from the opcode table.
$(BUILD)/isa-index.h: scripts/mkindex.c gvmm/isa/encoding.h gvmm/isa/opcodes.h \
		$(wildcard gvmm/isa/*.def) | $(BUILD)/.deps-build
	@echo '  GEN  $@'
	$(Q)$(CC) -O1 $(WARN) -I. -o $(BUILD)/mkindex scripts/mkindex.c
	$(Q)$(BUILD)/mkindex > $@
$(BUILD)/blob/gvmm/isa/decode.o $(BUILD)/user/gvmm/isa/decode.o: $(BUILD)/isa-index.h

# The blob: freestanding, position-independent, checked.
GVMM_C	:= $(wildcard gvmm/*.c gvmm/isa/*.c gvmm/cpu/*.c gvmm/fp/*.c gvmm/mmu/*.c gvmm/jit/*.c)
GVMM_S	:= $(wildcard gvmm/*.S gvmm/isa/*.S gvmm/cpu/*.S)
GVMM_O	:= $(GVMM_C:%.c=$(BUILD)/blob/%.o) $(GVMM_S:%.S=$(BUILD)/blob/%.o)
GVMM_CFLAGS := -std=gnu11 -O2 -g $(WARN) -ffreestanding -fPIC -fvisibility=hidden \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	-fno-strict-aliasing -ffunction-sections

$(BUILD)/blob/%.o: %.c | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	@echo '  GVMM $<'
	$(Q)$(CC) $(GVMM_CFLAGS) -I. -Iinclude -I$(BUILD) $(DEPFLAGS) -c -o $@ $<
$(BUILD)/blob/%.o: %.S | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	@echo '  GVMM $<'
	$(Q)$(CC) $(GVMM_CFLAGS) -I. -Iinclude -I$(BUILD) $(DEPFLAGS) -c -o $@ $<
# Or the compiler would turn memmove's loop into a call of memmove.
$(BUILD)/blob/gvmm/string.o: GVMM_CFLAGS += -fno-tree-loop-distribute-patterns
$(BUILD)/gvmm.elf: $(GVMM_O) gvmm/gvmm.lds scripts/link-blob
	@echo '  LD   $@'
	$(Q)scripts/link-blob $@ $(GVMM_O)
$(BUILD)/gvmm.bin: $(BUILD)/gvmm.elf
	$(Q)objcopy -O binary -j .text -j .rodata $< $@

# User space: libriven, firmware, devices and the command.
LIB_C	:= $(wildcard host-driver/lib/*.c host-driver/process/*.c \
	host-driver/kvm/*.c) host-driver/kmod/user.c
FW_C	:= $(wildcard firmware/*.c firmware/*/*.c)
DEV_C	:= $(wildcard devices/*.c)
TOOL_C	:= $(wildcard tools/*.c)
# The GVMM also serves the command, which shows what its translator makes.
ALSO_C	:= $(filter-out gvmm/string.c,$(GVMM_C))
LIB_S	:= $(wildcard host-driver/lib/*.S host-driver/process/*.S transition/process*.S \
	transition/kvm.S)
LIB_O	:= $(LIB_C:%.c=$(BUILD)/user/%.o) $(LIB_S:%.S=$(BUILD)/user/%.o)
USER_C	:= $(FW_C) $(DEV_C) $(TOOL_C) $(ALSO_C)
USER_S	:= $(wildcard firmware/blob*.S tools/*.S) gvmm/isa/dispatch.S
USER_O	:= $(USER_C:%.c=$(BUILD)/user/%.o) $(USER_S:%.S=$(BUILD)/user/%.o)
USER_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -fno-strict-aliasing -D_GNU_SOURCE -pthread
LIBS	:= -lz -ldeflate -pthread

$(BUILD)/user/%.o: %.c | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(USER_CFLAGS) $(INC) $(DEPFLAGS) -c -o $@ $<
$(BUILD)/user/%.o: %.S | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	@echo '  AS   $<'
	$(Q)$(CC) $(INC) -Wa,-I$(BUILD) $(DEPFLAGS) -c -o $@ $<
$(BUILD)/user/host-driver/lib/blob.o: $(BUILD)/gvmm.bin
$(BUILD)/gvmm.names: $(BUILD)/gvmm.elf
	$(Q)nm -n $< | grep ' [tT] ' > $@
$(BUILD)/user/tools/gvmm-names.o: $(BUILD)/gvmm.names

-include firmware/build.mk

$(BUILD)/libriven.a: $(LIB_O)
	@echo '  AR   $@'
	$(Q)rm -f $@
	$(Q)ar rcs $@ $(LIB_O)
$(BUILD)/riven: $(USER_O) $(BUILD)/libriven.a
	@echo '  LD   $@'
	$(Q)$(CC) $(CFLAGS) -o $@ $(USER_O) $(BUILD)/libriven.a $(LIBS)

# The small guest: made by binutils alone.
$(BUILD)/small.elf: guest/small/small.S guest/small/small.lds | $(BUILD)/.deps-build
	@mkdir -p $(BUILD)/small
	@echo '  LD   $@'
	$(Q)$(CC) -E -P -x assembler-with-cpp -Iinclude guest/small/small.S > $(BUILD)/small/small.s
	$(Q)$(IA64)as -xexplicit --fatal-warnings -o $(BUILD)/small/small.o $(BUILD)/small/small.s
	$(Q)$(IA64)ld --no-warn-rwx-segments -T guest/small/small.lds -o $@ $(BUILD)/small/small.o

run: all
	$(BUILD)/riven run --kernel $(BUILD)/small.elf

guest:
	guest/build all

run-linux: all
	guest/build linux initramfs
	$(BUILD)/riven run --kernel $$(guest/build --path linux)/vmlinux \
		--initrd $$(guest/build --path initramfs)/initramfs.cpio.gz --append console=ttyS0

# Guests first, where one sees their progress; the tests find them in the cache.
check: all $(BUILD)/.deps-test
	guest/build all
	@$(MAKE) --no-print-directory -C tests run_tests
check-full: all $(BUILD)/.deps-test
	guest/build all
	@$(MAKE) --no-print-directory -C tests run_tests FULL=1

lint: $(BUILD)/.deps-lint all
	scripts/lint

bench: all $(BUILD)/.deps-test
	@RIVEN_BUILD=$(abspath $(BUILD)) tests/bench/run $(BENCH)

# The kernel driver, in a directory of its own: Kbuild writes beside its sources.
KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
kmod: $(BUILD)/gvmm.bin
	@[ -d $(KDIR) ] || { echo "There are no headers of a kernel in $(KDIR): install" \
		"linux-headers-$(KVER), or name others: make kmod KVER=RELEASE" >&2; exit 1; }
	$(Q)scripts/stage-kmod $(BUILD)/kmod $<
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(BUILD)/kmod) modules

kmod-install: kmod
	$(Q)scripts/install-kmod $(BUILD)/gvmm.bin $(BUILD)/kmod/riven.ko

kmod-check: all $(BUILD)/.deps-test
	guest/build linux initramfs
	@$(MAKE) --no-print-directory -C tests TARGETS=kmod run_tests

install: all
	install -D -m 755 $(BUILD)/riven $(DESTDIR)$(PREFIX)/bin/riven
	install -D -m 644 $(BUILD)/libriven.a $(DESTDIR)$(PREFIX)/lib/libriven.a
	install -D -m 644 $(BUILD)/small.elf $(DESTDIR)$(PREFIX)/share/riven/small.elf
	install -d $(DESTDIR)$(PREFIX)/include/riven
	install -m 644 include/riven/*.h $(DESTDIR)$(PREFIX)/include/riven

clean:
	rm -rf $(BUILD)

-include $(GVMM_O:.o=.d) $(LIB_O:.o=.d) $(USER_O:.o=.d)
