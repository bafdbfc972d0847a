# SPDX-License-Identifier: GPL-2.0-only
# libriven, the process host and the devices, each by itself in user space.

TESTS_unit += world
SRCS_unit/world := $(patsubst $(TOP)/%,%,$(wildcard $(TOP)/host-driver/lib/*.c \
	$(TOP)/host-driver/process/*.c)) transition/process.S
LIBS_unit/world := -lm

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

# The register stack engine against a model.
TESTS_unit += rse
SRCS_unit/rse := gvmm/cpu/rse.c
ARGS_unit/rse := 20000
FULLARGS_unit/rse := 1000000
