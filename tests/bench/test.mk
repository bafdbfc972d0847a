# SPDX-License-Identifier: GPL-2.0-only
# The benchmark programs give the same results in the guest as on the host. `make bench` measures.
TESTS_bench := run
ARGS_bench/run := --check
