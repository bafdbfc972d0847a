# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016
#
# Functions shared by guest/build and the recipes. Nothing here may change what a recipe produces: this file is
# no part of a cache key.
#
# A recipe (guest/recipes/NAME.sh) sets
#   ABOUT      what it makes, in one line
#   MINUTES    how long it takes on two cores
#   SPACE_MB   scratch and result together, on the cache's file system
#   DEPENDS    recipes whose results it uses
#   PACKAGES   Debian packages it needs installed
#   VERSIONS   those packages whose version is part of the key
#   SOURCES    Debian source packages it unpacks; their version is part of the key
#   INPUTS     files and directories under guest/ which are part of the key
# and defines build(), which runs under `set -e` with WORK (scratch), OUT (the result, empty), JOBS and GUEST set.

CACHE=$(realpath -m "${RIVEN_CACHE:-${HOME:-/root}/.cache/riven}")
# shellcheck disable=SC2034
JOBS=${RIVEN_JOBS:-$(nproc)}
LOGS=$CACHE/log

say() { printf '%s\n' "$*"; }

die() {
	printf 'guest/build: %s\n' "$*" >&2
	exit 1
}

# Seconds as "3m05s".
duration() { printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); }

# Says why nothing can be built here, before anything is.
check_host() {
	local tool
	for tool in apt-get apt-cache dpkg-query flock; do
		command -v "$tool" >/dev/null ||
			die "guests are built on Debian 12 from its packages, and there is no '$tool' here."
	done
	case $CACHE in
	*[[:space:]]*) die "the cache directory '$CACHE' has a space in its name, which compilers' build systems cannot bear; set RIVEN_CACHE." ;;
	esac
}

recipe_names() {
	local f
	for f in "$GUEST"/recipes/*.sh; do
		f=${f##*/}
		say "${f%.sh}"
	done
}

load_recipe() {
	[ -f "$GUEST/recipes/$1.sh" ] ||
		die "there is no target '$1'; 'guest/build --list' shows those there are."
	# shellcheck disable=SC2034
	ABOUT='' MINUTES=1 SPACE_MB=100 DEPENDS='' PACKAGES='' VERSIONS='' SOURCES='' INPUTS=''
	# shellcheck source=/dev/null
	. "$GUEST/recipes/$1.sh"
}

# The value of one variable of one recipe.
recipe_value() {
	(
		load_recipe "$1"
		say "${!2}"
	)
}

# The words of one variable of several recipes.
recipe_words() {
	local variable=$1 name
	shift
	for name; do
		recipe_value "$name" "$variable"
	done
}

cannot_write() { die "the cache directory '$CACHE' cannot be made; set RIVEN_CACHE to a place that can be written."; }

# Recipes and all they depend on, dependencies first, each once.
closure() {
	local name depends
	for name; do
		read -ra depends <<<"$(recipe_value "$name" DEPENDS)"
		closure "${depends[@]}"
		say "$name"
	done | awk '!seen[$0]++'
}

known_to_apt() {
	case $2 in
	'' | '(none)')
		die "apt knows no package '$1'; guests are built on Debian 12 from its packages: run 'apt-get update' as root, or check the package sources."
		;;
	esac
}

# The version of a package which is installed, or else would be.
package_version() {
	local v
	v=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null || true)
	case $v in
	"installed "*) v=${v#installed } ;;
	*) v=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p') ;;
	esac
	known_to_apt "$1" "$v"
	say "$v"
}

# A source package's version, judged by the binary package of the same name (less a binary-only rebuild's suffix).
source_version() {
	local v
	v=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
	known_to_apt "$1" "$v"
	say "${v%+b[0-9]*}"
}

declare -A KEYS

# Sets KEYS[NAME], the hash of all that decides what the recipe makes.
compute_key() {
	local name=$1 text p
	[ -z "${KEYS[$name]:-}" ] || return 0
	local DEPENDS VERSIONS SOURCES INPUTS
	DEPENDS=$(recipe_value "$name" DEPENDS) || exit 1
	VERSIONS=$(recipe_value "$name" VERSIONS)
	SOURCES=$(recipe_value "$name" SOURCES)
	INPUTS=$(recipe_value "$name" INPUTS)
	text=$(sha256sum <"$GUEST/recipes/$name.sh")
	for p in $DEPENDS; do
		compute_key "$p"
		text+=" $p=${KEYS[$p]}"
	done
	for p in $VERSIONS; do
		text+=" $p=$(package_version "$p")" || exit 1
	done
	for p in $SOURCES; do
		text+=" $p=$(source_version "$p")" || exit 1
	done
	for p in $INPUTS; do
		text+=" $(cd "$GUEST" && find "$p" -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum)"
	done
	KEYS[$name]=$(printf '%s' "$text" | sha256sum | cut -c1-12)
}

# The directory which holds, or will hold, a recipe's result.
item_path() {
	compute_key "$1"
	say "$CACHE/$1-${KEYS[$1]}"
}

# Whether a package is installed.
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "installing packages needs root, and there is no sudo here; as root, run: $*"
	fi
}

# " through sudo" where as_root would use it.
how_root() { [ "$(id -u)" = 0 ] || say ' through sudo'; }

# Updates apt's lists if it has never heard of one of the packages.
know_packages() {
	local p
	for p; do
		if ! installed "$p" && ! apt-cache show "$p" >/dev/null 2>&1; then
			say "Updating apt's package lists with apt-get update$(how_root): '$p' is not in them."
			as_root apt-get update -q >>"$LOGS/apt.log" 2>&1 ||
				die "apt-get update failed; check the network and the package sources (full log: $LOGS/apt.log)."
			return
		fi
	done
}

# Installs those of the packages which are not there.
install_packages() {
	local p missing=()
	local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
	for p in $(printf '%s\n' "$@" | sort -u); do
		installed "$p" || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing Debian packages with apt-get$(how_root): ${missing[*]}"
	if ! as_root "${install[@]}" "${missing[@]}" >>"$LOGS/apt.log" 2>&1; then
		as_root apt-get update -q >>"$LOGS/apt.log" 2>&1 || true
		as_root "${install[@]}" "${missing[@]}" >>"$LOGS/apt.log" 2>&1 || {
			tail -n 15 "$LOGS/apt.log" >&2
			die "apt-get could not install ${missing[*]}; check the network and the package sources (full log: $LOGS/apt.log)."
		}
	fi
}

# apt-get with a source list, lists and archives of our own, so that the user's configuration stays as it is.
private_apt() {
	local d=$CACHE/apt
	apt-get -q -o Dir::Etc::sourcelist="$d/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State="$d/state" \
		-o Dir::Cache="$d/cache" -o Dir::State::status=/var/lib/dpkg/status -o APT::Sandbox::User="$(id -un)" \
		-o APT::Get::List-Cleanup=false "$@" >>"$LOGS/apt.log" 2>&1
}

# One deb-src line for every Debian archive which the user's configuration names, or the usual ones.
write_source_list() {
	local d=$CACHE/apt uri release sites
	mkdir -p "$d/state/lists/partial" "$d/cache/archives/partial"
	sites=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' \
		'Component: main' 2>/dev/null | sort -u)
	[ -n "$sites" ] || sites='http://deb.debian.org/debian/ bookworm
http://deb.debian.org/debian-security/ bookworm-security'
	while read -r uri release; do
		say "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main"
	done <<<"$sites" >"$d/sources.list"
}

source_path() { say "$CACHE/sources/$1-$(source_version "$1")"; }

# Downloads source packages into the cache, unless they are there.
fetch_sources() {
	local p dir tmp
	for p; do
		dir=$(source_path "$p") || exit 1
		[ -d "$dir" ] && continue
		say "Downloading the source package $p ..."
		write_source_list
		tmp=$CACHE/work/source-$p
		rm -rf "$tmp"
		mkdir -p "$tmp" "$CACHE/sources"
		(cd "$tmp" && private_apt update && private_apt source --download-only "$p") || {
			tail -n 8 "$LOGS/apt.log" >&2
			die "the source package '$p' could not be downloaded; check the network (full log: $LOGS/apt.log)."
		}
		mv -T "$tmp" "$dir"
	done
}

# Unpacks a downloaded source package, without Debian's patches, into a directory.
unpack_source() {
	local tarball
	tarball=$(find "$(source_path "$1")" -name '*.orig.tar.*' ! -name '*.asc' | head -n 1)
	mkdir -p "$2"
	tar -xf "$tarball" -C "$2" --strip-components=1
}

check_space() {
	local have
	have=$(df -Pm "$CACHE" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$1" ] ||
		die "building '$2' needs $1 MB of disk space below $CACHE and only $have MB are free; make room or set RIVEN_CACHE."
}

# Called by a recipe: names what is being done now.
step() {
	say "=== $*"
	say "$*" >"$WORK/step"
}

# Shows progress while process $1 builds recipe $2.
watch_build() {
	local pid=$1 name=$2 start=$SECONDS last='' shown=0 now t
	while kill -0 "$pid" 2>/dev/null; do
		now=$(cat "$CACHE/work/$name/step" 2>/dev/null || say starting)
		t=$((SECONDS - start))
		if [ -t 1 ]; then
			printf '\r  %s: %s, %s (%d lines of log)\033[K' "$name" "$now" "$(duration $t)" \
				"$(wc -l <"$LOGS/$name.log")"
		elif [ "$now" != "$last" ] || [ $((t - shown)) -ge 60 ]; then
			printf '  %s: %s, %s\n' "$name" "$now" "$(duration $t)"
			last=$now shown=$t
		fi
		sleep 1
	done
	[ ! -t 1 ] || printf '\r\033[K'
}

# Ends the build in process group $1 and this script.
interrupted() {
	trap '' INT TERM HUP
	kill -TERM -- -"$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	rm -rf "$WORK"
	[ ! -t 1 ] || say
	say 'guest/build: interrupted; what was finished stays in the cache, and the same command goes on from there.' >&2
	exit 130
}

# Builds one recipe whose dependencies are in the cache.
build_item() {
	local name=$1 final rc=0 start=$SECONDS pid
	final=$(item_path "$name")
	[ ! -d "$final" ] || return 0
	load_recipe "$name"
	check_space "$SPACE_MB" "$name"
	WORK=$CACHE/work/$name
	OUT=$WORK/out
	rm -rf "$WORK"
	mkdir -p "$OUT"
	say "Building $name: $ABOUT (about $MINUTES min on two cores)"

	# A process group of its own, so that an interrupt ends all of it.
	set -m
	(
		set -eEuo pipefail
		cd "$WORK"
		build
	) >"$LOGS/$name.log" 2>&1 </dev/null &
	pid=$!
	set +m
	# shellcheck disable=SC2064
	trap "interrupted $pid" INT TERM HUP
	watch_build "$pid" "$name"
	wait "$pid" || rc=$?
	trap - INT TERM HUP
	if [ "$rc" != 0 ]; then
		tail -n 25 "$LOGS/$name.log" >&2
		die "building '$name' failed while '$(cat "$WORK/step" 2>/dev/null)'; full log: $LOGS/$name.log (scratch files: $WORK)."
	fi
	# A crash of the machine must not leave a named entry without its content.
	sync -f "$OUT"
	mv -T "$OUT" "$final"
	rm -rf "$WORK"
	say "Built $name in $(duration $((SECONDS - start))): $final"
}
