# SPDX-License-Identifier: GPL-2.0-only
# libriven, the process host and the devices, each by itself in user space.

TESTS_unit += world
SRCS_unit/world := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/host-driver/lib/*.c \
	$(TOP)/host-driver/process/*.c $(TOP)/host-driver/kvm/*.c)) host-driver/kmod/user.c \
	transition/process.S transition/kvm.S
LIBS_unit/world := -lm
TESTS_unit += gvmm
SRCS_unit/gvmm := $(SRCS_unit/world)
TESTS_unit += background
SRCS_unit/background := $(SRCS_unit/world)

# On which machines riven.ko does not load.
TESTS_unit += kmod-problem
SRCS_unit/kmod-problem := host-driver/kmod/problem.c

# Handlers of the parallel instructions against SSE2.
TESTS_unit += parallel
SRCS_unit/parallel := gvmm/cpu/exec-mm.c gvmm/cpu/exec-mm-move.c

# Handlers of the integer instructions against bit-by-bit models.
TESTS_unit += integer
SRCS_unit/integer := gvmm/cpu/exec-alu.c gvmm/cpu/exec-alu-bits.c gvmm/cpu/exec-alu-cmp.c

# Local SAPIC and interval timer.
TESTS_unit += interrupts
SRCS_unit/interrupts := gvmm/cpu/sapic.c gvmm/cpu/timer.c

TESTS_unit += uart iosapic
SRCS_unit/uart := devices/uart16550.c
SRCS_unit/iosapic := devices/iosapic.c
TESTS_unit += virtio
SRCS_unit/virtio := devices/virtio-mmio.c devices/virtqueue.c devices/virtio-blk.c \
	devices/virtio-console.c devices/virtio-rng.c

# The register stack engine against a model: random sequences, and its limits.
TESTS_unit += rse rse-limits
SRCS_unit/rse := gvmm/cpu/rse.c
SRCS_unit/rse-limits := gvmm/cpu/rse.c
DEPS_unit/rse := unit/rse-model.h
DEPS_unit/rse-limits := unit/rse-model.h
ARGS_unit/rse := 20000
FULLARGS_unit/rse := 1000000

# The firmware library over a stand-in for libriven.
FW_SRCS := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/firmware/*.c $(TOP)/firmware/*/*.c)) \
	firmware/blob.S
define firmware_test
TESTS_unit += $(1)
SRCS_unit/$(1) := $(FW_SRCS)
CFLAGS_unit/$(1) := -Wa,-I$(BUILD)
LIBS_unit/$(1) := -lz -ldeflate
DEPS_unit/$(1) := unit/fake-riven.h $(BUILD)/firmware/stubs.bin $(BUILD)/firmware/dsdt.aml
endef
$(foreach t,firmware firmware-tables firmware-boot,$(eval $(call firmware_test,$(t))))
$(BUILD)/firmware/%:
	@$(MAKE) --no-print-directory -C $(TOP) BUILD=$(abspath $(BUILD)) $(abspath $@)

# Decoded bundles and what drops them.
TESTS_unit += decode-cache
SRCS_unit/decode-cache := gvmm/cpu/decode-cache.c

# The command as a whole, with bare guests.
TESTS_unit += command

# The examples of docs/.
TESTS_unit += examples

# What the link of the blob refuses.
TESTS_unit += blob
