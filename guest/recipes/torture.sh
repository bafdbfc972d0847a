# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2164
#
# GCC's gcc.c-torture/execute tests (with its ieee folder) as ia64 programs at -O0, -O2 and -O3, to be run in the Linux
# guest from /disk. They share one libc: as static programs they would take 5 GB.
#
#   torture.ext2     a disk image: boot with riven.disk=/dev/vda riven.run=/disk/run.sh
#   torture.cpio     the same for use without a disk, as (or appended to) an initrd: riven.run=/disk/run.sh
#   tests            the names of all programs (O2/20000112-1)
#   not-built        those which do not compile or link, each with the first error

ABOUT='GCC c-torture programs for the Linux guest'
MINUTES=8
SPACE_MB=1500
DEPENDS='libc headers'
PACKAGES='e2fsprogs xz-utils gcc-12-source'
VERSIONS='gcc-12-source'
INPUTS='torture'

build() {
	local disk=$WORK/disk libc gcc level name tests file
	libc=$(item_path libc)
	gcc=$libc/bin/ia64-linux-gnu-gcc

	step 'unpacking c-torture'
	mkdir "$WORK/src"
	tar -xf /usr/src/gcc-12/gcc-12.*.tar.xz -C "$WORK/src" --wildcards --strip-components=4 \
		'*/gcc.c-torture/execute/*.[chx]'
	tests=$WORK/src/execute
	rm -rf "$tests/builtins"

	for level in O0 O2 O3; do
		step "compiling c-torture at -$level"
		mkdir -p "$disk/$level"
		for file in "$tests"/*.c "$tests"/ieee/*.c; do
			name=${file#"$tests/"}
			name=${name%.c}
			printf '%s\0%s\0' "$file" "$disk/$level/${name/\//-}"
		done | xargs -0 -n 2 -P "$JOBS" "$GUEST/torture/compile" "$gcc" "$level"
	done

	step 'packing c-torture'
	for file in "$disk"/O?/*.failed; do
		name=${file#"$disk/"}
		say "${name%.failed}: $(grep -m 1 -E 'error|undefined|cannot' "$file" | sed "s|$WORK/src/||g")"
		rm "$file"
	done >"$OUT/not-built"
	(cd "$disk" && find O? -type f | LC_ALL=C sort) >"$OUT/tests"
	mkdir "$disk/lib"
	for name in ld-linux-ia64.so.2 libc.so.6.1 libm.so.6.1; do
		"$libc/bin/ia64-linux-gnu-strip" -o "$disk/lib/$name" "$libc/lib/$name"
	done
	chmod +x "$disk/lib/ld-linux-ia64.so.2"
	cp "$GUEST/torture/run.sh" "$disk/"
	"$gcc" -O2 -Wall -Wextra -Werror -s -Wl,-dynamic-linker,/disk/lib/ld-linux-ia64.so.2 -Wl,-rpath,/disk/lib \
		-o "$disk/run" "$GUEST/torture/run.c"

	/sbin/mke2fs -q -t ext2 -b 1024 -m 0 -E root_owner=0:0 -L torture -d "$disk" "$OUT/torture.ext2" \
		"$(($(du -sk --apparent-size "$disk" | cut -f 1) * 5 / 4 + 8192 + $(wc -l <"$OUT/tests")))k"
	{
		for name in '' /lib /O0 /O2 /O3; do say "dir /disk$name 0755 0 0"; done
		(cd "$disk" && find . -type f | LC_ALL=C sort) |
			while read -r name; do say "file /disk/${name#./} $disk/${name#./} 0755 0 0"; done
	} >"$WORK/list"
	"$(item_path headers)/bin/gen_init_cpio" -t 0 "$WORK/list" >"$OUT/torture.cpio"
}
