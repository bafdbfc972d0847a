# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# Debian's own kernel for x86-64 clouds, in which the tests load riven.ko: `vmlinuz`, and in `release` the name of its
# version, whose headers are installed.

ABOUT="Debian's cloud kernel for x86-64"
MINUTES=1
SPACE_MB=300
PACKAGES='linux-headers-cloud-amd64'
VERSIONS='linux-headers-cloud-amd64'

build() {
	local headers release

	headers=$(dpkg-query -W -f '${Depends}' linux-headers-cloud-amd64)
	release=$(printf '%s\n' "$headers" | sed -n 's/.*linux-headers-\([^ ,]*-cloud-amd64\).*/\1/p')
	step "downloading linux-image-$release"
	(cd "$WORK" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "linux-image-$release")
	dpkg-deb -x "$WORK"/linux-image-*.deb "$WORK/image"
	cp "$WORK/image/boot/vmlinuz-$release" "$OUT/vmlinuz"
	cp "$WORK/image/boot/config-$release" "$OUT/config"
	printf '%s\n' "$release" >"$OUT/release"
}
