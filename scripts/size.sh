#!/bin/sh
# size.sh - bytes of the binary, for every preset and every target that is there.
# SPDX-License-Identifier: MIT
#
#   make size               the table, and how far that is from the one in docs/SIZE.md
#   make size SYMBOLS=1     what each switch of Kconfig costs: the router preset with it and without
#   make size SAVE=1        both, to docs/SIZE.md
#   make size FILES=tiny    what each file brings into a preset (without LTO)
#
# TARGETS="x86_64 armv7": those alone.

set -u
cd "$(dirname "$0")/.." || exit 1
: "${B:=build}" "${DEPS:=build/deps}" "${SYMBOLS:=}" "${FILES:=}" "${SAVE:=}"
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
	printf '%-8s %-10s %8s %8s %7s %8s %8s\n' preset target file text data bss change
	for p in tiny router full; do
		for t in $every; do
			there "$t" || continue
			o=$out/$p-$t
			build O="$o" "${p}_defconfig"
			build O="$o" TARGET="$t"
			was=$(awk -v p="$p" -v t="$t" '$1 == p && $2 == t { print $3 }' docs/SIZE.md)
			size "$o/cubssh" | awk -v p="$p" -v t="$t" -v f="$(bytes "$o/cubssh")" -v was="$was" \
			    'NR == 2 { printf "%-8s %-10s %8d %8d %7d %8d %8s\n", p, t, f, $1, $2, $3,
				was ? sprintf("%+d", f - was) : "new" }'
		done
	done
	for t in $every; do
		there "$t" || echo "skipped: $t (make deps TARGET=$t)"
	done
}

# with TARGET SYMBOL y|n: bytes of the router preset when the symbol is on, or off; 0: it cannot be so
with() {
	mkdir -p "$out/$1"
	{
		cat configs/router_defconfig
		[ "$3" = y ] && echo "CONFIG_$2=y" || echo "# CONFIG_$2 is not set"
	} >"$out/$1/.config"
	build O="$out/$1" olddefconfig
	if [ "$3" = y ] && ! grep -q "^CONFIG_$2=y" "$out/$1/.config"; then
		echo 0
	else
		build O="$out/$1" TARGET="$1"
		bytes "$out/$1/cubssh"
	fi
}

symbols() {
	targets=
	for t in $every; do
		there "$t" && targets="$targets $t"
	done
	# NONE is no symbol: the whole preset
	build O="$out/preset" router_defconfig
	{
		# shellcheck disable=SC2086
		echo symbol $targets
		for s in NONE $(awk '/^config/ { s = $2 } /^\tbool/ { print s }' Kconfig | tr '\n' ' '); do
			grep -q "^CONFIG_$s=y" "$out/preset/.config" || [ "$s" = NONE ] && to=n || to=y
			printf '%s %s' "$s" "$to"
			for t in $targets; do
				printf ' %d' "$(with "$t" "$s" "$to")"
			done
			echo
		done
	} | awk 'NR == 1 { printf "%-22s", $1; for (i = 2; i <= NF; i++) printf "%11s", $i; print "" }
		NR == 2 { split($0, all, " ") }
		NR > 1 {
			printf "%-22s", NR == 2 ? "all" : $2 == "y" ? $1 " (off)" : $1
			for (i = 3; i <= NF; i++)
				printf "%11s", NR == 2 ? $i : !$i ? "-" : $2 == "y" ? $i - all[i] : all[i] - $i
			print ""
		}'
}

save() {
	cat <<-'END'
	# Sizes

	Bytes, by `make size SAVE=1`; `make size` compares with this page. Data and bss are static memory, of which an
	idle process touches a few pages: what a session takes is in the README, and measured by `make bench`.

	```
	END
	table
	cat <<-'END'
	```

	## What each symbol costs

	The router preset with the symbol less the same without it; "(off)": the preset does not have it. A symbol that
	others need takes these with it. "-": it asks for something that the preset has not.

	```
	END
	symbols
	echo '```'
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
elif [ -n "$SAVE" ]; then
	save >"$out/SIZE.md" && mv "$out/SIZE.md" docs/SIZE.md
elif [ -n "$SYMBOLS" ]; then
	symbols
else
	table
fi
