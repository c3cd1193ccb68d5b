#!/bin/sh
# lint.sh - the invariants that can be read off the tree and the binaries; `ok NAME` or `FAIL NAME: why` each.
# SPDX-License-Identifier: MIT

set -u
cd "$(dirname "$0")/.." || exit 1
: "${O:=.}" "${B:=build}" "${DEPS:=build/deps}"
unset MAKEFLAGS MAKELEVEL MFLAGS TARGET CC AR ARCH
export DEPS
out=$B/lint
mkdir -p "$out"
failed=0
jobs=$(getconf _NPROCESSORS_ONLN)
every=$(sed -n 's/^TARGETS *= *//p' scripts/targets.mk)

sources() {
	find applets core crypto port -name '*.[ch]' | sort
}

fact() {
	sed -n "s/^$1_$2 *= *//p" scripts/targets.mk
}

# verdict NAME: the check's findings come in; none is good
verdict() {
	head -n 40 >"$out/found"
	if [ -s "$out/found" ]; then
		cat "$out/found"
		echo "FAIL lint $1: see above"
		failed=1
	else
		echo "ok lint $1"
	fi
}

have() {
	command -v "$1" >/dev/null && return
	echo "$1 is not there: make deps SETS=\"build test\"" | verdict "$2"
	return 1
}

# build O ARGS...: quiet, but for what is wrong
build() {
	o=$1
	shift
	make -s -j"$jobs" --no-print-directory O="$o" V=1 "$@" >/dev/null
}

# ---- the text ----------------------------------------------------------------

check_includes() {
	grep -nE '^[[:space:]]*#[[:space:]]*include' crypto/*.[ch] crypto/*/*.[ch] core/*.[ch] \
	    port/*.[ch] applets/*.[ch] 2>/dev/null | tr '<>' '""' | sed -E 's/"([^"]*)".*/\1/; s/#[[:space:]]*include[[:space:]]*/ /' |
		while IFS=: read -r file line inc; do
			inc=$(echo "$inc" | tr -d ' "')
			folder=${file%%/*}
			allowed "$folder" "$inc" || echo "$file:$line: $folder must not include $inc"
		done
}

# allowed FOLDER HEADER
allowed() {
	case $2 in
	stdint.h | stddef.h | string.h | config.h) return 0 ;;
	esac
	case $1 in
	crypto) at="crypto" && case $2 in bearssl*.h | immintrin.h | cpuid.h | limits.h) return 0 ;; esac ;;
	core) at="core crypto" ;;
	port) at="port" ;;
	*) return 0 ;;
	esac
	for f in $at; do
		[ -e "$f/$2" ] && return 0
		for d in "$f"/*/; do
			[ -e "$d$2" ] && return 0
		done
	done
	# port may include anything of the system's, nothing of ours
	[ "$1" = port ] && [ ! -e "core/$2" ] && [ ! -e "crypto/$2" ] && [ ! -e "applets/$2" ]
}

# only include guards: #ifndef X_H, then #define X_H, in a header
check_conditionals() {
	sources | grep -v '^port/' | xargs awk '
		FNR == 1 { guard = "" }
		/^[ \t]*#[ \t]*(if|ifdef|elif|else)/ && !/^[ \t]*#[ \t]*ifndef/ { print FILENAME ":" FNR ": " $0 }
		/^[ \t]*#[ \t]*ifndef/ {
			if (guard != "" || $0 !~ /^#ifndef [A-Z0-9_]+_H$/ || FILENAME !~ /h$/)
				print FILENAME ":" FNR ": " $0
			guard = $2
		}'
}

check_heads() {
	sources | while read -r f; do
		sed -n 1p "$f" | grep -qE "^/\* $(basename "$f") - .*\. \*/$" ||
			echo "$f: the first line is not '/* $(basename "$f") - what it is. */'"
		sed -n 2p "$f" | grep -qF '/* SPDX-License-Identifier: MIT */' || echo "$f: no SPDX line"
	done
}

check_lengths() {
	{
		sources
		find tests scripts -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.awk' \)
		echo Makefile
	} | xargs wc -l | awk '$2 != "total" && $1 > 450 { print $2 ": " $1 " lines" }'
}

# spelt so that this line is not found
check_undone() {
	grep -rnIE '\b(TO''DO|FIX''ME|X''XX|HA''CK)\b' Makefile Kconfig applets core crypto port \
	    scripts tests configs --include='*' --exclude-dir=corpus --exclude-dir=__pycache__
}

check_format() {
	{
		sources
		find tests -name '*.[ch]'
	} | xargs clang-format --dry-run -Werror 2>&1
}

check_shell() {
	scripts="$(grep -lE '^#!/(bin/sh|bin/bash|usr/bin/env bash)' scripts/* tests/run tests/*/run .ci/run 2>/dev/null)"
	# shellcheck disable=SC2086
	shellcheck -e SC1091,SC2012,SC2013,SC2015,SC2016,SC2046,SC2317 $scripts
}

# internalAstError: cppcheck 2.10 cannot read (struct x){0} after ?; varFuncNullUB: NULL is a pointer here
check_cppcheck() {
	cppcheck -q --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
	    --suppress=missingInclude --suppress=missingIncludeSystem --suppress=internalAstError \
	    --suppress=varFuncNullUB \
	    -j "$jobs" -I "$out/full" -Icore -Icrypto -Iport -Iapplets applets core port crypto 2>&1
}

# ---- what the compilers say --------------------------------------------------

targets_there() {
	for t in $every; do
		[ -e "$DEPS/$t/bearssl/lib/libbearssl.a" ] && [ -e "$DEPS/$t/musl/lib/libc.a" ] && echo "$t"
	done
}

# every preset and every target that is there, from nothing, so that each warning shows
check_builds() {
	for p in full router tiny; do
		rm -rf "${out:?}/$p"
		build "$out/$p" "${p}_defconfig" 2>&1
		build "$out/$p" 2>&1 | grep -v '^  '
		[ -x "$out/$p/cubssh" ] || echo "$p does not build"
	done
	build "$out/full" unit-tests engine-tests ct-tests 2>&1
}

check_targets() {
	for t in $(targets_there); do
		rm -rf "${out:?}/$t"
		build "$out/$t" TARGET="$t" 2>&1 | grep -vE '^  |uses -m(hard|soft)-float|linking abicalls'
		[ -x "$out/$t/cubssh" ] || echo "$t does not build"
	done
}

check_clang() {
	rm -rf "$out/clang"
	build "$out/clang" full_defconfig 2>&1
	build "$out/clang" CC=clang CFLAGS="-Wno-unused-command-line-argument" 2>&1
}

# ---- what is in the images ---------------------------------------------------

images() {
	for d in full router tiny $every; do
		[ -e "$out/$d/cubssh.elf" ] && echo "$out/$d/cubssh.elf"
	done
}

check_heap() {
	for f in $(images); do
		nm "$f" | awk -v f="$f" '
			$NF ~ /^(__libc_)?(malloc|calloc|realloc|free|memalign|aligned_alloc|vfprintf|printf_core)$/ { print f ": " $NF }'
	done
	[ -n "$(images)" ] || echo "no image"
}

# what core.a and crypto.a want of others: memory, strlen, BearSSL, the compiler's helpers
check_arrows() {
	for d in full router tiny $every; do
		[ -e "$out/$d/core.a" ] || continue
		nm -A -P "$out/$d/core.a" "$out/$d/crypto.a" 2>/dev/null >"$out/symbols"
		awk '$3 ~ /^[A-TV-Zu]$/ { own[$2] = 1 }
		$3 == "U" { wants[$2] = $1 }
		END {
			for (s in wants)
				if (!(s in own) && s !~ /^(mem(cpy|move|set|cmp|chr)|strlen|br_.*)$/ &&
				    s !~ /^(__stack_chk_(fail|guard)|__stack_chk_fail_local|_GLOBAL_OFFSET_TABLE_|_gp_disp|__gnu_local_gp|__aeabi_.*)$/ &&
				    s !~ /^__(u?(div|mod|divmod)|ash[lr]|lshr|mul|clz|ctz|bswap|popcount)[sdt]i[2-4]$/)
					print wants[s] " wants " s
		}' "$out/symbols"
	done
}

# core holds no state of its own: no section that can be written (nm would ask the compiler's plugin)
check_state() {
	readelf -SW "$out/full/core.a" | awk '
		/^File:/ { f = $2 }
		/ \.(s?data|s?bss)[. ]/ && !/\.rel\.ro/ {
			sub(/^ *\[ *[0-9]+\] */, "")
			if ($5 !~ /^0+$/)
				print f " has " $1
		}'
}

# a large variable among the small ones spreads them over many pages, in each process (port.h, APART)
check_large() {
	objdump -t "$out/full/applets.a" "$out/full/port.a" | awk '
		/\.o: / { f = $1 }
		/ O \.bss/ && !/ O \.bss\.z[yz]/ && $(NF - 1) >= "0000000000000400" {
			print f " " $NF " wants APART: 0x" $(NF - 1) " bytes"
		}'
}

check_mips_float() {
	for t in mipsel-sf mips-sf; do
		[ -e "$out/$t/cubssh.elf" ] || continue
		"$(fact TRIPLE "$t")-objdump" -d --no-show-raw-insn "$out/$t/cubssh.elf" |
			grep -E '[[:space:]]\$f[0-9]+|[[:space:]](lwc1|swc1|ldc1|sdc1|mtc1|mfc1|ctc1|cfc1|[a-z.]+\.[sd])[[:space:]]' |
			sed "s/^/$t: /"
	done
}

check_static() {
	for f in $(images); do
		readelf -lW "$f" | awk -v f="$f" '/INTERP|DYNAMIC/ { print f ": " $0 } /GNU_STACK/ && /E/ && $7 ~ /E/ { print f ": executable stack" }'
		readelf -hW "$f" | grep -q 'Type: *EXEC' || echo "$f: not a fixed executable"
	done
}

# bytes that the smallest server may have
check_sizes() {
	for limit in x86_64:80000 mipsel-sf:115000 armv7:60000; do
		t=${limit%:*}
		targets_there | grep -qx -- "$t" || continue
		build "$out/tiny-$t" tiny_defconfig 2>&1
		build "$out/tiny-$t" TARGET="$t" 2>/dev/null
		n=$(stat -c %s "$out/tiny-$t/cubssh")
		[ "$n" -le "${limit#*:}" ] || echo "tiny for $t has $n bytes, ${limit#*:} are allowed"
	done
}

check_includes | verdict "includes follow the arrows"
check_conditionals | verdict "no #if outside port/"
check_heads | verdict "first lines"
check_lengths | verdict "no file over 450 lines"
check_undone | verdict "nothing left undone"
have clang-format "clang-format" && check_format | verdict "clang-format"
have shellcheck "shellcheck" && check_shell | verdict "shellcheck"
check_builds | verdict "gcc has no warning, every preset"
have clang "clang has no warning" && check_clang | verdict "clang has no warning"
have cppcheck "cppcheck" && check_cppcheck | verdict "cppcheck"
check_heap | verdict "no malloc and no printf in any image"
check_arrows | verdict "core and crypto want memory and BearSSL only"
check_state | verdict "core holds no state"
check_large | verdict "large variables are APART"
check_static | verdict "static, at a fixed address, no executable stack"
for t in $every; do
	targets_there | grep -qx -- "$t" || echo "skip lint $t: no library (make deps TARGET=$t)"
done
[ "$failed" = 0 ]
