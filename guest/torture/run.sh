#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the c-torture programs of this disk. On the kernel's command line, riven.every=N runs every N-th only,
# riven.first=K begins with the K-th, riven.only=PREFIX takes those whose names begin so (O2/, O0/9305), and
# riven.limit=SECONDS is how long one may take.

set --
# shellcheck disable=SC2013
for word in $(cat /proc/cmdline); do
	case $word in
	riven.every=*) set -- "$@" -e "${word#*=}" ;;
	riven.first=*) set -- "$@" -f "${word#*=}" ;;
	riven.only=*) set -- "$@" -o "${word#*=}" ;;
	riven.limit=*) set -- "$@" -t "${word#*=}" ;;
	esac
done
/disk/run "$@" /disk/O0 /disk/O2 /disk/O3
