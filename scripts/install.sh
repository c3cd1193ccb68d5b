#!/bin/sh
# install.sh - the binary and its links, under a folder that stands for /.
# SPDX-License-Identifier: MIT
#
#   install.sh BINARY PREFIX     CC and CONFIG_H (path of config.h) from the environment
#
# MANDIR (usr/share/man), if it is set, gets the pages of man/ about what is built in.
#
# Makes what `cubssh --install -s` makes, without running a binary that may be
# for another machine: the preprocessor reads the rows of applets.h.

set -eu
bin=$1 root=$2
home=usr/bin

rows() {
	printf '#include "%s"\n#include "applets/applets.h"\nAPPLETS(ROW)\n' "$CONFIG_H" |
	    $CC -E -P -I. -I"$(dirname "$CONFIG_H")" -x c - | grep -o 'ROW("[^)]*)'
}

# pages NAME: of a program, and of its settings
pages() {
	[ -n "${MANDIR:-}" ] || return 0
	for page in "man/$1".? "man/$1_config".?; do
		[ -e "$page" ] || continue
		mkdir -p "$root/$MANDIR/man${page##*.}"
		cp "$page" "$root/$MANDIR/man${page##*.}"
	done
}

mkdir -p "$root/$home"
rm -f "$root/$home/cubssh"
cp "$bin" "$root/$home/cubssh"
chmod 555 "$root/$home/cubssh"
pages cubssh
rows | sed -n 's/^ROW("\([^"]*\)", *[a-z_]*, *"\([^"]*\)".*/\2 \1/p' |
	while read -r folder name; do
		[ -n "$name" ] || continue
		mkdir -p "$root/$folder"
		pages "$name"
		case $folder in
		"$home") ln -sf cubssh "$root/$folder/$name" ;;
		*) ln -sf "../${home#usr/}/cubssh" "$root/$folder/$name" ;;
		esac
	done
