#!/bin/sh
# deps.sh - Debian's packages that are missing; musl and BearSSL built from its sources.
# SPDX-License-Identifier: MIT
#
#   make deps [TARGET=NAME|all] [SETS="build test"]
#
# Sets of packages: build (the target's compiler), cross (every target's), test
# (what `make test` and `make lint` run), demo, device (qemu, and kernels and busybox of
# the devices in it, unpacked). The sources come through apt, which
# checks their signatures, from the mirror that the system's own lists name; the
# system's lists stay as they are. What is there already is left alone.

set -eu
cd "$(dirname "$0")/.."
every=$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)
devices=$(sed -n 's/^KERNEL_\([^ ]*\) *=.*/\1/p' scripts/targets.mk)
: "${TARGET:=$(uname -m)}" "${SETS:=build}" "${DEPS:=build/deps}"
[ "$TARGET" = all ] && TARGET=$every
mkdir -p "$DEPS"
deps=$(cd "$DEPS" && pwd)
apt_more=

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
	build | cross | test | demo | device) ;;
	*) die "SETS=$s is none of build cross test demo device" ;;
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
		device)
			echo qemu-system-arm qemu-system-mips qemu-system-x86 e2fsprogs openssh-client python3
			for t in $devices; do
				compiler "$t"
			done
			;;
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

# lists deb-src|deb: the system's own entries for its release, as entries for that
lists() {
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mkdir -p "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/parts"
	: >"$apt_root/status"
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -nE "s,^deb(-src)?(.* ${suite}[a-z/-]* .*),$1\2,p" |
		sort -u >"$apt_root/parts/system.list"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -e "$f" ] && cat "$f" && echo
	done | sed '/^#/d' | awk -v RS= -v suite="$suite" -v type="$1" '
		/(^|\n)Enabled: *no/ || $0 !~ "(^|\n)Suites:[^\n]* " suite { next }
		{ sub(/Types:[^\n]*/, "Types: " type); print $0 "\n" }' >"$apt_root/parts/system.sources"
}

own_apt() {
	tool=$1
	shift
	# shellcheck disable=SC2086
	"$tool" -qq $apt_more -o Dir::State::Lists="$apt_root/lists" -o Dir::State::status="$apt_root/status" \
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
			lists deb-src
			own_apt apt-get update || {
				rm -rf "$apt_root"
				die "no list of sources could be read"
			}
		fi
		say "fetching the source package $p"
		rm -rf "$deps/src/new"
		mkdir -p "$deps/src/new"
		(cd "$deps/src/new" && own_apt apt-get source --download-only "$p" &&
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

# ---- devices ---------------------------------------------------------------
# a kernel with some modules, and busybox, of the device's architecture; nothing is installed

# kernel_of PACKAGE:ARCH: the package with the kernel that this one asks for
kernel_of() {
	own_apt apt-cache depends "$1" | sed -n 's/.*Depends: \(linux-image-[^: ]*\).*/\1/p' | head -n 1
}

# unpack_device TARGET: busybox, vmlinuz and modules/ out of the packages that are here
unpack_device() {
	new=$deps/device/new
	mkdir -p "$new/$1"
	for deb in ./*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$new" --wildcards --no-anchored \
		    'bin/busybox' 'boot/vmlinuz-*' 'kernel/drivers/virtio' 'kernel/drivers/net/*.ko' \
		    'kernel/drivers/net/ethernet/amd' 'kernel/drivers/block' 'kernel/drivers/char' \
		    'kernel/net/core' 'kernel/fs/ext4' 'kernel/fs/jbd2' 'kernel/fs/mbcache.ko' 'kernel/lib' \
		    'kernel/crypto' 2>/dev/null || true # what one of the packages has not
	done
	mv "$new/bin/busybox" "$new/$1/busybox"
	mv "$new"/boot/vmlinuz-* "$new/$1/vmlinuz"
	mv "$new"/lib/modules/* "$new/$1/modules"
	rm -rf "${deps:?}/device/$1"
	mv "$new/$1" "$deps/device/$1"
	rm -rf "$new"
}

fetch_devices() {
	apt_root=$deps/apt
	for t in $devices; do
		[ -e "$deps/device/$t/vmlinuz" ] && continue
		arch=$(fact DEB "$t")
		apt_more="$apt_more -o APT::Architectures::=$arch"
		missing_devices="${missing_devices:-} $t"
	done
	[ -n "${missing_devices:-}" ] || return 0
	say "reading the lists of packages"
	rm -rf "$deps/device/new"
	lists deb
	own_apt apt-get update || say "some lists cannot be read; what is in the others will do"
	for t in $missing_devices; do
		arch=$(fact DEB "$t")
		kernel=$(kernel_of "$(fact KERNEL "$t"):$arch")
		say "fetching $kernel and busybox of $arch"
		[ -n "$kernel" ] || die "no kernel $(fact KERNEL "$t") for $arch in the lists"
		mkdir -p "$deps/device/new"
		(cd "$deps/device/new" && own_apt apt-get download "$kernel:$arch" "busybox-static:$arch" &&
			unpack_device "$t")
	done
	rm -rf "$apt_root"
}

install_packages $(missing)
install_packages $(missing) # what apt did not know before its lists were read
fetch musl bearssl
case " $SETS " in *" device "*) fetch_devices ;; esac
case " $SETS " in *" device "*) TARGET="$TARGET $devices" ;; esac
for t in $(echo "$TARGET" | tr ' ' '\n' | sort -u); do
	libraries "$t"
done
