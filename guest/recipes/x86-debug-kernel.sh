# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# Debian's Linux 6.1 for x86-64, small and with all its checks on (lockdep, RCU, KASAN, kmemleak, fault injection), to
# load riven.ko in: `vmlinuz`, `release`, and in `build` what modules are built against.

ABOUT='Linux 6.1 for x86-64 with its checks on'
MINUTES=20
SPACE_MB=4000
PACKAGES='gcc libc6-dev make flex bison bc xz-utils gzip libelf-dev linux-source-6.1'
VERSIONS='linux-source-6.1'
INPUTS='x86-debug-kernel'

build() {
	local src=$OUT/build missing
	local make=(make -C "$src" ARCH=x86_64 KBUILD_BUILD_USER=riven KBUILD_BUILD_HOST=riven
		KBUILD_BUILD_TIMESTAMP='2026-01-01')

	step 'unpacking Linux'
	mkdir "$src"
	tar -xf /usr/src/linux-source-6.1.tar.xz -C "$src" --strip-components=1

	step 'configuring Linux'
	"${make[@]}" KCONFIG_ALLCONFIG="$GUEST/x86-debug-kernel/config" allnoconfig
	missing=$(grep CONFIG_ "$GUEST/x86-debug-kernel/config" | grep -vxFf "$src/.config") || true
	if [ -n "$missing" ]; then
		say "These lines of guest/x86-debug-kernel/config have no effect on this kernel:" "$missing"
		return 1
	fi

	step 'compiling Linux'
	"${make[@]}" -j"$JOBS" bzImage modules
	cp "$src/arch/x86/boot/bzImage" "$OUT/vmlinuz"
	cp "$src/.config" "$OUT/config"
	cp "$src/include/config/kernel.release" "$OUT/release"

	step 'leaving what modules need'
	find "$src" -path "$src/scripts" -prune -o -path "$src/tools" -prune -o \
		-type f \( -name '*.[coS]' -o -name '*.a' -o -name 'vmlinux*' -o -name 'bzImage' \) -exec rm -f {} +
	rm -rf "$src/Documentation" "$src/drivers" "$src/fs" "$src/net" "$src/sound"
}
