#!/bin/sh
# size.sh - bytes of the binary, for every preset and every target that is there.
# SPDX-License-Identifier: MIT
#
#   make size               the table
#   make size SYMBOLS=1     what each switch of Kconfig costs: the router preset without it
#   make size FILES=tiny    what each file brings into a preset (without LTO)
#
# TARGETS="x86_64 armv7": those alone.

set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=build}" "${DEPS:=build/deps}" "${SYMBOLS:=}" "${FILES:=}"
unset MAKEFLAGS MAKELEVEL MFLAGS TARGET CC AR ARCH
export DEPS
out=$B/size
jobs=$(getconf _NPROCESSORS_ONLN)
every=${TARGETS:-$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)}
unset TARGETS
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

# of one linker map: bytes and object of every section that went in
sections() {
	awk 'function hex(s, n, i) {
		for (i = 3; i <= length(s); i++)
			n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return n
	}
	/^Linker script and memory map/ { on = 1 }
	!on { next }
	/^ \.(text|rodata|data|sdata)[^ ]*$/ { part = 1; next }
	part { $0 = " .x" $0 }
	{ part = 0 }
	/^ \.(x|text|rodata|data|sdata)/ && NF == 4 && $2 != "0x0000000000000000" {
		sub(/.*\//, "", $4)
		bytes[$4] += hex($3)
	}
	END { for (f in bytes) if (bytes[f]) print bytes[f], f }' "$1"
}

files() {
	for t in $every; do
		there "$t" && printf '%11s' "$t"
	done
	echo ' file'
	for t in $every; do
		there "$t" || continue
		o=$out/files-$FILES-$t
		build O="$o" "${FILES}_defconfig"
		rm -f "$o/cubssh.elf"
		build O="$o" TARGET="$t" LTO= LDFLAGS="-Wl,-Map=$o/map"
		sections "$o/map" | sed "s/^/$t /"
	done | awk '
		!($1 in seen) { seen[$1] = 1; name[++n] = $1 }
		{ bytes[$3, $1] = $2; sum[$3] += $2 }
		END {
			for (f in sum) {
				row = ""
				for (i = 1; i <= n; i++)
					row = row sprintf("%11d", bytes[f, name[i]])
				print sum[f] "\t" row " " f
			}
		}' | sort -rn | cut -f 2-
}

if [ -n "$FILES" ]; then
	files
elif [ -n "$SYMBOLS" ]; then
	symbols
else
	table
fi
