# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# A static busybox with all applets of its default configuration: bin/busybox, and the list of their links (links).

ABOUT='static busybox for ia64'
MINUTES=3
SPACE_MB=300
DEPENDS='libc'
PACKAGES='gcc libc6-dev make bzip2'
SOURCES='busybox'

build() {
	local src=$WORK/src
	local make=(make -C "$src" CROSS_COMPILE="$(item_path libc)/bin/ia64-linux-gnu-")

	step 'unpacking busybox'
	unpack_source busybox "$src"

	step 'configuring busybox'
	"${make[@]}" defconfig
	sed -i 's/^# CONFIG_STATIC is not set/CONFIG_STATIC=y/' "$src/.config"
	"${make[@]}" silentoldconfig </dev/null

	step 'compiling busybox'
	"${make[@]}" -j"$JOBS" busybox busybox.links
	mkdir "$OUT/bin"
	cp "$src/busybox" "$OUT/bin/"
	cp "$src/busybox.links" "$OUT/links"
}
