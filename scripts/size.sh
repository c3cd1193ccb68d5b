#!/bin/sh
# size.sh - bytes of the binary, for every preset and every target that is there.
# SPDX-License-Identifier: MIT
#
#   make size               the table
#   make size SYMBOLS=1     what each switch of Kconfig costs: the router preset without it

set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=build}" "${DEPS:=build/deps}" "${SYMBOLS:=}"
unset MAKEFLAGS MAKELEVEL MFLAGS TARGET CC AR ARCH
export DEPS
out=$B/size
jobs=$(getconf _NPROCESSORS_ONLN)
every=$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)
mkdir -p "$out"

build() {
	make -s -j"$jobs" --no-print-directory "$@" >/dev/null 2>"$out/errors" || {
		cat "$out/errors"
		exit 1
	}
}

there() {
	[ -e "$DEPS/$1/bearssl/lib/libbearssl.a" ]
}

bytes() {
	stat -c %s "$1"
}

table() {
	printf '%-8s %-10s %8s %8s %7s %8s\n' preset target file text data bss
	for p in tiny router full; do
		for t in $every; do
			there "$t" || continue
			o=$out/$p-$t
			build O="$o" "${p}_defconfig"
			build O="$o" TARGET="$t"
			size "$o/cubssh" | awk -v p="$p" -v t="$t" -v f="$(bytes "$o/cubssh")" \
			    'NR == 2 { printf "%-8s %-10s %8d %8d %7d %8d\n", p, t, f, $1, $2, $3 }'
		done
	done
	for t in $every; do
		there "$t" || echo "skipped: $t (make deps TARGET=$t)"
	done
}

# without TARGET SYMBOL: bytes of the router preset when the symbol is off
without() {
	mkdir -p "$out/$1"
	{
		cat configs/router_defconfig
		echo "# CONFIG_$2 is not set"
	} >"$out/$1/.config"
	build O="$out/$1" olddefconfig
	build O="$out/$1" TARGET="$1"
	bytes "$out/$1/cubssh"
}

symbols() {
	targets=
	for t in $every; do
		there "$t" && targets="$targets $t"
	done
	{
		# shellcheck disable=SC2086
		echo symbol $targets
		# NONE is no symbol: the whole preset
		for s in NONE $(awk '/^config/ { s = $2 } /^\tbool/ { print s }' Kconfig | tr '\n' ' '); do
			printf '%s' "$s"
			for t in $targets; do
				printf ' %d' "$(without "$t" "$s")"
			done
			echo
		done
	} | awk 'NR == 1 { for (i = 2; i <= NF; i++) name[i] = $i }
		NR == 2 { split($0, all, " "); $1 = "all" }
		{
			printf "%-20s", $1
			for (i = 2; i <= NF; i++)
				printf "%11s", (NR > 2 ? all[i] - $i : $i)
			print ""
		}'
}

if [ -n "$SYMBOLS" ]; then
	symbols
else
	table
fi
