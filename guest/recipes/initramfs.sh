# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# The first root of the Linux guest: busybox, the script /init and the test programs. initramfs.cpio boots soonest, since
# the guest need not decompress it; initramfs.cpio.gz is the same.

ABOUT='initramfs with busybox and test programs'
MINUTES=1
SPACE_MB=100
DEPENDS='busybox libc headers'
PACKAGES='gzip'
INPUTS='initramfs programs'

build() {
	local bin program name
	bin=$(item_path libc)/bin

	# One program with the name of a test for each link to it: a static libc is large.
	step 'compiling test programs'
	"$bin/ia64-linux-gnu-gcc" -O2 -Wall -Wextra -Werror -static -s -o "$WORK/programs" "$GUEST"/programs/*.c
	"$bin/ia64-linux-gnu-strip" -o "$WORK/busybox" "$(item_path busybox)/bin/busybox"

	step 'packing the initramfs'
	{
		for name in bin dev disk etc mnt proc root run sbin sys usr usr/bin usr/sbin; do
			say "dir /$name 0755 0 0"
		done
		say 'dir /tmp 1777 0 0'
		say 'nod /dev/console 0600 0 0 c 5 1'
		say 'nod /dev/null 0666 0 0 c 1 3'
		say "file /init $GUEST/initramfs/init 0755 0 0"
		for name in passwd group profile; do
			say "file /etc/$name $GUEST/initramfs/$name 0644 0 0"
		done
		say "file /bin/busybox $WORK/busybox 0755 0 0"
		grep -vx '/bin/busybox' "$(item_path busybox)/links" |
			while read -r name; do say "slink $name /bin/busybox 0777 0 0"; done
		say "file /bin/programs $WORK/programs 0755 0 0"
		for program in "$GUEST"/programs/*test.c; do
			name=${program##*/}
			say "slink /bin/${name%.c} programs 0777 0 0"
		done
	} | grep -v '/linuxrc ' >"$WORK/list"
	"$(item_path headers)/bin/gen_init_cpio" -t 0 "$WORK/list" >"$OUT/initramfs.cpio"
	gzip -9 -n -k "$OUT/initramfs.cpio"
}
