# SPDX-License-Identifier: GPL-2.0-only
# Floating point: gvmm/fp against MPFR, the host's FPU, and tables from the manual.
TESTS_fp := cases forms fpsr handlers sse seq arith host approx

FP_SRCS := $(addprefix gvmm/fp/,cmp.c cvt.c fma.c misc.c parallel.c recip.c round.c seq.c)

SRCS_fp/cases := $(FP_SRCS)

SRCS_fp/handlers := $(FP_SRCS) $(addprefix gvmm/cpu/,exec-fp.c exec-fp-cmp.c exec-fp-misc.c fpsr.c)

SRCS_fp/forms := $(SRCS_fp/handlers)
ARGS_fp/forms := 300000
FULLARGS_fp/forms := 10000000

SRCS_fp/fpsr := $(SRCS_fp/handlers)

# The rules by which translated code computes with SSE and FMA.
SRCS_fp/sse := $(FP_SRCS)
ARGS_fp/sse := 1000000
FULLARGS_fp/sse := 100000000

# Whole division and square-root sequences against the host's instructions.
SRCS_fp/seq := $(FP_SRCS)
ARGS_fp/seq := 300000
FULLARGS_fp/seq := 100000000

SRCS_fp/arith := $(FP_SRCS)
LIBS_fp/arith := -lmpfr -lgmp
ARGS_fp/arith := 300000
FULLARGS_fp/arith := 10000000

SRCS_fp/host := $(FP_SRCS)
LIBS_fp/host := -lm
ARGS_fp/host := 300000
FULLARGS_fp/host := 10000000

SRCS_fp/approx := $(FP_SRCS)
LIBS_fp/approx := -lmpfr -lgmp -lm
ARGS_fp/approx := 300000
FULLARGS_fp/approx := 10000000
