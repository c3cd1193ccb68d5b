#!/bin/sh
# release.sh - static binaries of the router preset for every target, and their checksums.
# SPDX-License-Identifier: MIT
#
#   make release [TARGETS="x86_64 armv7"]     $O/out/release/cubssh-VERSION-TARGET
#
# Built from nothing, in a folder of their own, so that two of them are the same
# bytes: no path, no time and no order of files is in them.

set -eu
cd "$(dirname "$0")/.."
: "${O:=.}" "${DEPS:=build/deps}"
export DEPS
targets=${TARGETS:-$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)}
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES TARGET TARGETS CC AR ARCH B CFLAGS LDFLAGS CROSS_COMPILE
export LC_ALL=C TZ=UTC
version=$(sed -n 's/^VERSION := //p' Makefile)
mkdir -p "$O/out/release"
out=$(cd "$O/out/release" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

rm -f "$out"/cubssh-* "$out/SHA256SUMS"
for t in $targets; do
	mk="make -s -j$(getconf _NPROCESSORS_ONLN) --no-print-directory O=$tmp/$t TARGET=$t"
	$mk router_defconfig
	$mk >"$tmp/log" 2>&1 || {
		tail -n 5 "$tmp/log"
		exit 1
	}
	cp "$tmp/$t/cubssh" "$out/cubssh-$version-$t"
	rm -rf "${tmp:?}/$t"
done
(cd "$out" && sha256sum cubssh-* | tee SHA256SUMS)
