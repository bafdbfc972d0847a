# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What user space takes from the kernel's sources: the ia64 headers (include/) and the initramfs maker
# (bin/gen_init_cpio). These do not change within Linux 6.1, so the package's version is not part of the key: a security
# update of the kernel rebuilds the kernel only.

ABOUT='Linux 6.1 headers for programs, and gen_init_cpio'
MINUTES=1
SPACE_MB=2000
PACKAGES='gcc libc6-dev make xz-utils linux-source-6.1'

build() {
	step 'unpacking Linux'
	mkdir "$WORK/src"
	tar -xf /usr/src/linux-source-6.1.tar.xz -C "$WORK/src" --strip-components=1

	step 'making headers'
	make -C "$WORK/src" ARCH=ia64 headers
	find "$WORK/src/usr/include" -type f ! -name '*.h' -delete
	cp -r "$WORK/src/usr/include" "$OUT/include"
	mkdir "$OUT/bin"
	gcc -O2 -o "$OUT/bin/gen_init_cpio" "$WORK/src/usr/gen_init_cpio.c"
}
