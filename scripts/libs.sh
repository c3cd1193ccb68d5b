#!/bin/sh
# libs.sh - builds BearSSL or musl from its sources, with our flags.
# SPDX-License-Identifier: MIT
#
#   libs.sh bearssl SOURCES OUT [CFLAGS]    CC, AR, ARCH (flags) from the
#   libs.sh musl    SOURCES OUT             environment
#
# OUT gets include/ and lib/. The library appears last and at once, so an
# interrupted run leaves nothing that looks finished.

set -eu
what=$1 src=$(cd "$2" && pwd) out=$3
mkdir -p "$3"
out=$(cd "$3" && pwd)
: "${CC:=cc}" "${AR:=ar}" "${ARCH=}"
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
flags="-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables"
flags="$flags -fno-stack-protector -fno-pie -fno-ident"

# fails MESSAGE: the end of the log
fails() {
	grep -m 5 -iE 'error|not found' "$out/log" || tail -n 5 "$out/log"
	echo "$1; more in $out/log"
	exit 1
}

# names of files come in, objects go to this folder
compile() {
	# shellcheck disable=SC2086
	xargs -n 4 -P "$jobs" $CC -std=gnu99 -Os $ARCH $flags $extra "-I$src/inc" "-I$src/src" -c \
	    >>"$out/log" 2>&1 || fails "BearSSL does not compile"
}

bearssl() {
	echo "BearSSL -> $out"
	extra=${1-}
	rm -rf "${out:?}/obj" "${out:?}/log"
	mkdir -p "$out/obj" "$out/lib" "$out/include"
	cp "$src"/inc/*.h "$out/include/"
	cd "$out/obj"
	find "$src/src" -name '*.c' ! -path '*/ssl/*' | sort | compile
	rm -f ../lib/new.a
	"$AR" rcsD ../lib/new.a ./*.o
	cd ..
	mv lib/new.a lib/libbearssl.a
	rm -rf obj log
}

musl() {
	echo "musl -> $out"
	rm -rf "${out:?}/obj" "${out:?}/log"
	mkdir -p "$out/obj"
	cd "$out/obj"
	CC="$CC $ARCH" "$src/configure" --target="$($CC -dumpmachine)" --prefix="$out" --disable-shared \
	    --disable-wrapper AR="$AR" RANLIB=true CFLAGS="-Os $flags" >../log 2>&1 ||
		fails "musl cannot be configured"
	make -j"$jobs" lib/libc.a lib/crt1.o install-headers DESTDIR="$out/obj/new" >>../log 2>&1 ||
		fails "musl does not compile"
	cd ..
	rm -rf include lib
	mv "obj/new$out/include" include
	mv obj/lib lib
	rm -rf obj log
}

shift 3
"$what" "$@"
