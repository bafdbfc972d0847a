# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# GCC for ia64-linux-gnu, C only, without a C library; Debian's binutils do the rest. The result may be moved.
#
#   bin/ia64-linux-gnu-gcc  and the rest of an installation
#   libgcc/                 the part of libgcc which cannot be compiled before there is a C library: see libc.sh

ABOUT='cross compiler GCC 12 for ia64, C only'
MINUTES=7
SPACE_MB=3000
PACKAGES='gcc libc6-dev g++ make flex bison xz-utils libgmp-dev libmpfr-dev libmpc-dev gcc-12-source binutils-ia64-linux-gnu'
VERSIONS='gcc-12-source binutils-ia64-linux-gnu'

build() {
	local src=$WORK/src build=$WORK/build lib tool
	local unwinder=(LIBUNWIND= LIB2ADDEH="$src/libgcc/config/ia64/unwind-ia64.c $src/libgcc/unwind-c.c")

	step 'unpacking GCC'
	mkdir -p "$src" "$build"
	tar -xf /usr/src/gcc-12/gcc-12.*.tar.xz -C "$src" --strip-components=1 \
		--exclude='gcc/testsuite/g*' --exclude='libstdc++-v3' --exclude='libgo' --exclude='libsanitizer' \
		--exclude='libphobos'

	# GCC's limits.h includes the C library's only if there is one when GCC is built: pretend.
	mkdir -p "$WORK/sysroot/usr/include"
	: >"$WORK/sysroot/usr/include/limits.h"

	step 'configuring GCC'
	cd "$build"
	"$src/configure" --target=ia64-linux-gnu --prefix=/cross \
		--with-as=/usr/bin/ia64-linux-gnu-as --with-ld=/usr/bin/ia64-linux-gnu-ld \
		--with-sysroot=/cross/sysroot --with-build-sysroot="$WORK/sysroot" \
		--enable-languages=c --without-headers --with-newlib --enable-checking=release \
		--disable-shared --disable-threads --disable-bootstrap --disable-multilib --disable-nls --disable-lto \
		--disable-plugin --disable-gcov --disable-libcc1 --disable-libssp --disable-libgomp --disable-libatomic \
		--disable-libquadmath --disable-libitm --disable-libvtv --without-isl --without-zstd \
		CFLAGS='-O1 -g0' CXXFLAGS='-O1 -g0'

	step 'compiling GCC'
	make -j"$JOBS" configure-gcc MAKEINFO=true
	# Debian removes the manual; without it GCC's check of the manual's hooks chapter fails. The stamp must stay
	# newer than what is built yet.
	touch -d '+1 year' gcc/s-tm-texi
	make -j"$JOBS" all-gcc MAKEINFO=true SELFTEST_TARGETS=

	# On ia64-linux, libgcc would leave unwinding to a separate libunwind: put the unwinder itself in.
	step 'compiling libgcc'
	make configure-target-libgcc MAKEINFO=true
	make -C ia64-linux-gnu/libgcc -j"$JOBS" "${unwinder[@]}"

	step 'installing GCC'
	make install-gcc MAKEINFO=true DESTDIR="$WORK/dest"
	make -C ia64-linux-gnu/libgcc install "${unwinder[@]}" DESTDIR="$WORK/dest"
	mv "$WORK"/dest/cross/* "$OUT"
	rm -rf "$OUT/share"
	strip "$OUT"/bin/* "$OUT"/libexec/gcc/ia64-linux-gnu/*/* 2>/dev/null || true
	# The kernel and others expect all tools under one prefix.
	for tool in /usr/bin/ia64-linux-gnu-*; do
		[ -e "$OUT/bin/${tool##*/}" ] || ln -s "$tool" "$OUT/bin/"
	done
	# glibc asks for the static unwinder by this name.
	lib=$(dirname "$("$OUT/bin/ia64-linux-gnu-gcc" -print-libgcc-file-name)")
	ln -s libgcc.a "$lib/libgcc_eh.a"
	mkdir "$OUT/libgcc"
	cp "$src"/libgcc/config/ia64/{fde-glibc.c,unwind-ia64.h} "$OUT/libgcc/"
	"$OUT/bin/ia64-linux-gnu-gcc" --version
}
