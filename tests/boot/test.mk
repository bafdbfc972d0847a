# SPDX-License-Identifier: GPL-2.0-only
# Whole guests, driven through their consoles.
TESTS_boot := small bases errors linux
