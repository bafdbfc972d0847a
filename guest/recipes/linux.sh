# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# Debian's Linux 6.1, unmodified, for ia64: vmlinux (ELF with symbols), vmlinux.gz (stripped, compressed), System.map
# and the full configuration.

ABOUT='Linux 6.1 kernel for ia64'
MINUTES=7
SPACE_MB=3000
DEPENDS='toolchain'
PACKAGES='gcc libc6-dev make flex bison bc xz-utils gzip linux-source-6.1'
VERSIONS='linux-source-6.1'
INPUTS='linux'

build() {
	local src=$WORK/src missing
	local make=(make -C "$src" ARCH=ia64 CROSS_COMPILE="$(item_path toolchain)/bin/ia64-linux-gnu-"
		KBUILD_BUILD_USER=riven KBUILD_BUILD_HOST=riven KBUILD_BUILD_TIMESTAMP='2026-01-01')

	step 'unpacking Linux'
	mkdir "$src"
	tar -xf /usr/src/linux-source-6.1.tar.xz -C "$src" --strip-components=1

	step 'configuring Linux'
	cp "$GUEST/linux/config" "$src/.config"
	"${make[@]}" olddefconfig
	missing=$(grep CONFIG_ "$GUEST/linux/config" | grep -vxFf "$src/.config") || true
	if [ -n "$missing" ]; then
		say "These lines of guest/linux/config have no effect on this kernel:" "$missing"
		return 1
	fi

	step 'compiling Linux'
	"${make[@]}" -j"$JOBS" compressed
	cp "$src"/{vmlinux,vmlinux.gz,System.map} "$OUT"
	cp "$src/.config" "$OUT/config"
}
