#!/bin/sh
# dist.sh - the sources as a tarball: the same bytes for the same commit, wherever it is made.
# SPDX-License-Identifier: MIT
#
#   make dist      $O/cubssh-VERSION.tar.gz and .tar.gz.sha256 next to it
#
# Times are the commit's, owners root, the order git's, and gzip notes no name.

set -eu
cd "$(dirname "$0")/.."
: "${O:=.}"
version=$(sed -n 's/^VERSION := //p' Makefile)
name=cubssh-$version
[ -e .git ] || {
	echo "dist: this is no checkout of git"
	exit 1
}
git diff --quiet HEAD -- 2>/dev/null || echo "dist: what is not committed is not in it" >&2
mkdir -p "$O"
git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix="$name/" HEAD >"$O/$name.tar"
gzip -n -9 -f "$O/$name.tar"
(cd "$O" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
