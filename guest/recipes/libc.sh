# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# A root for programs: glibc 2.36, static and shared, with Linux's headers. bin/ia64-linux-gnu-gcc is the cross compiler
# told to use it; the other tools are beside it. The cache may be moved as a whole.

ABOUT='glibc 2.36 for ia64, static and shared'
MINUTES=8
SPACE_MB=2500
DEPENDS='toolchain headers'
PACKAGES='gcc libc6-dev make bison gawk python3 xz-utils glibc-source'
VERSIONS='glibc-source'

build() {
	local src=$WORK/src build=$WORK/build cross final tool
	cross=$(item_path toolchain)
	final=$(item_path libc)
	export PATH=$cross/bin:$PATH

	step 'unpacking glibc'
	mkdir -p "$src" "$build"
	tar -xf /usr/src/glibc/glibc-2.36.tar.xz -C "$src" --strip-components=1

	# CXX=false: an empty CXX would pick the host's g++. A libc without shared libraries does not build.
	step 'configuring glibc'
	cd "$build"
	"$src/configure" --build=x86_64-linux-gnu --host=ia64-linux-gnu --prefix=/usr \
		--with-headers="$(item_path headers)/include" --enable-kernel=3.2.0 --disable-werror --disable-profile \
		--disable-timezone-tools --disable-nscd --disable-build-nscd --without-selinux \
		libc_cv_slibdir=/lib libc_cv_rtlddir=/lib libc_cv_forced_unwind=yes libc_cv_c_cleanup=yes \
		BUILD_CC=gcc CC=ia64-linux-gnu-gcc CXX=false CFLAGS=-O2

	step 'compiling glibc'
	make -j"$JOBS" MAKEINFO=:

	step 'installing glibc'
	make install MAKEINFO=: install_root="$OUT"
	cp -rn "$(item_path headers)/include/." "$OUT/usr/include/"
	(cd "$OUT" && rm -rf usr/bin usr/sbin usr/libexec usr/share usr/lib/gconv usr/lib/audit sbin etc var)
	# ld skips a script whose output format it does not take for its own.
	sed -i '/^OUTPUT_FORMAT/d' "$OUT/usr/lib/libc.so" "$OUT/usr/lib/libm.so"

	step 'completing libgcc'
	mkdir "$OUT/gcc" "$OUT/bin"
	cp "$(ia64-linux-gnu-gcc -print-libgcc-file-name)" "$OUT/gcc/"
	: >"$WORK/config.h"
	ia64-linux-gnu-gcc --sysroot="$OUT" -O2 -fexceptions -D'ATTRIBUTE_UNUSED=__attribute__((unused))' -include stddef.h \
		-I"$WORK" -c -o "$WORK/fde-glibc.o" "$cross/libgcc/fde-glibc.c"
	ia64-linux-gnu-ar rs "$OUT/gcc/libgcc.a" "$WORK/fde-glibc.o"
	ln -s libgcc.a "$OUT/gcc/libgcc_eh.a"

	for tool in "$cross"/bin/ia64-linux-gnu-*; do
		ln -s "$(realpath -s --relative-to="$final/bin" "$tool")" "$OUT/bin/"
	done
	rm "$OUT/bin/ia64-linux-gnu-gcc"
	cat >"$OUT/bin/ia64-linux-gnu-gcc" <<-END
		#!/bin/sh
		root=\$(dirname "\$0")/..
		exec "\$root/../${cross##*/}/bin/ia64-linux-gnu-gcc" --sysroot="\$root" -B"\$root/gcc/" "\$@"
	END
	chmod +x "$OUT/bin/ia64-linux-gnu-gcc"

	step 'trying glibc'
	echo 'int puts(const char *); int main(void) { return puts("hello") < 0; }' >"$WORK/hello.c"
	ln -s "$cross" "$WORK/${cross##*/}"
	"$OUT/bin/ia64-linux-gnu-gcc" -static -O2 -o "$WORK/hello-static" "$WORK/hello.c"
	"$OUT/bin/ia64-linux-gnu-gcc" -O2 -o "$WORK/hello-shared" "$WORK/hello.c"
	ia64-linux-gnu-readelf -lW "$WORK/hello-shared" | grep -q ld-linux-ia64
}
