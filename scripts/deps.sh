#!/bin/sh
# deps.sh - Debian's packages that are missing; musl and BearSSL built from its sources.
# SPDX-License-Identifier: MIT
#
#   make deps [TARGET=NAME|all] [SETS="build test"]
#
# Sets of packages: build (the target's compiler), cross (every target's), test
# (what `make test` and `make lint` run), demo. The sources come through apt, which
# checks their signatures, from the mirror that the system's own lists name; the
# system's lists stay as they are. What is there already is left alone.

set -eu
cd "$(dirname "$0")/.."
every=$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)
: "${TARGET:=$(uname -m)}" "${SETS:=build}" "${DEPS:=build/deps}"
[ "$TARGET" = all ] && TARGET=$every
mkdir -p "$DEPS"
deps=$(cd "$DEPS" && pwd)

say() {
	echo "deps: $*"
}

die() {
	say "$*" >&2
	exit 1
}

# fact NAME TARGET: what the line NAME_TARGET of targets.mk says
fact() {
	sed -n "s/^$1_$2 *= *//p" scripts/targets.mk
}

for t in $TARGET; do
	case " $every " in
	*" $t "*) ;;
	*) die "TARGET=$t is none of $every" ;;
	esac
done
for s in $SETS; do
	case $s in
	build | cross | test | demo) ;;
	*) die "SETS=$s is none of build cross test demo" ;;
	esac
done
command -v apt-get >/dev/null ||
	die "no apt here: give make BEARSSL=dir and MUSL=dir, of sources or installed"

# ---- packages --------------------------------------------------------------

native() {
	[ "$(fact DEB "$1")" = "$(dpkg --print-architecture)" ]
}

compiler() {
	if native "$1"; then
		echo gcc
	else
		echo "gcc-$(fact TRIPLE "$1")"
	fi
}

packages() {
	echo make dpkg-dev xz-utils
	for t in $TARGET; do
		compiler "$t"
	done
	for s in $SETS; do
		case $s in
		build) ;;
		cross)
			for t in $every; do
				compiler "$t"
			done
			;;
		demo) echo openssh-client ;;
		test)
			cat scripts/packages.test
			# what clang's fuzzers are linked with is a package of the same version
			apt-cache depends clang 2>/dev/null |
				sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p'
			;;
		esac
	done | sed 's/#.*//'
}

# a command of the package's name will do, wherever it is from (npm, busybox-static)
missing() {
	for p in $(packages | tr ' ' '\n' | sort -u); do
		command -v "$p" >/dev/null && continue
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

install_packages() {
	[ $# -gt 0 ] || return 0
	apt="env DEBIAN_FRONTEND=noninteractive apt-get"
	if [ "$(id -u)" != 0 ]; then
		apt="sudo $apt"
		sudo -n true 2>/dev/null ||
			die "not root; run this and try again: sudo apt-get install --no-install-recommends $*"
	fi
	say "installing $*"
	$apt install -qq -y --no-install-recommends "$@" >/dev/null ||
		{ $apt update -qq && $apt install -qq -y --no-install-recommends "$@" >/dev/null; }
}

# ---- sources ---------------------------------------------------------------

# the system's own entries for its release, as entries for sources
source_lists() {
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mkdir -p "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/parts"
	: >"$apt_root/status"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -nE "s,^deb(-src)?(.* ${suite}[a-z/-]* .*),deb-src\2,p" |
		sort -u >"$apt_root/parts/system.list"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -e "$f" ] && cat "$f" && echo
	done | sed '/^#/d' | awk -v RS= -v suite="$suite" '
		/(^|\n)Enabled: *no/ || $0 !~ "(^|\n)Suites:[^\n]* " suite { next }
		{ sub(/Types:[^\n]*/, "Types: deb-src"); print $0 "\n" }' >"$apt_root/parts/system.sources"
}

own_apt() {
	apt-get -qq -o Dir::State::Lists="$apt_root/lists" -o Dir::State::status="$apt_root/status" \
	    -o Dir::Cache="$apt_root/cache" -o Dir::Etc::SourceList=/dev/null \
	    -o Dir::Etc::SourceParts="$apt_root/parts" -o APT::Sandbox::User="$(id -un)" "$@"
}

# fetch PACKAGE...: unpacked in $deps/src/PACKAGE
fetch() {
	apt_root=$deps/apt
	for p in "$@"; do
		[ -d "$deps/src/$p" ] && continue
		if [ ! -d "$apt_root/lists/partial" ]; then
			say "reading the lists of sources"
			source_lists
			own_apt update || {
				rm -rf "$apt_root"
				die "no list of sources could be read"
			}
		fi
		say "fetching the source package $p"
		rm -rf "$deps/src/new"
		mkdir -p "$deps/src/new"
		(cd "$deps/src/new" && own_apt source --download-only "$p" &&
			dpkg-source --no-check -x ./*.dsc tree >/dev/null)
		mv "$deps/src/new/tree" "$deps/src/$p"
	done
	rm -rf "$apt_root" "$deps/src/new"
}

# ---- libraries -------------------------------------------------------------

# once WHAT TARGET ARGS...: libs.sh, unless it has been run so already
once() {
	what=$1 dir=$deps/$2/$1
	stamp="$(grep -v "^#" scripts/libs.sh | cksum) $ARCH $(head -n 1 "$deps/src/$1/debian/changelog")"
	[ "$(cat "$dir/stamp" 2>/dev/null)" = "$stamp" ] && return
	shift 2
	scripts/libs.sh "$what" "$deps/src/$what" "$dir" "$@"
	echo "$stamp" >"$dir/stamp"
}

libraries() {
	CC=gcc AR=ar ARCH=$(fact ARCH "$1")
	native "$1" || CC=$(fact TRIPLE "$1")-gcc AR=$(fact TRIPLE "$1")-ar
	export CC AR ARCH
	once musl "$1"
	once bearssl "$1" "-nostdinc -isystem $deps/$1/musl/include \
		-isystem $("$CC" -print-file-name=include)"
	say "$1 is ready in $DEPS/$1"
}

install_packages $(missing)
install_packages $(missing) # what apt did not know before its lists were read
fetch musl bearssl
for t in $TARGET; do
	libraries "$t"
done
