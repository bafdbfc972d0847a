# SPDX-License-Identifier: GPL-2.0-only
# GCC's execution tests in the Linux guest.
TESTS_torture := programs
