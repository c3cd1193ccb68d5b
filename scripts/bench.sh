#!/bin/sh
# bench.sh - cubssh next to the servers of this machine: memory, logins, bulk transfer.
# SPDX-License-Identifier: MIT
#
#   make bench [BENCH=path/of/sshbench.py] [WHAT="memory handshake throughput"]

set -eu
cd "$(dirname "$0")/.."
: "${O:=.}" "${B:=build}" "${BENCH:=../shared/bench/sshbench.py}" "${WHAT:=memory handshake throughput}"

if [ ! -e "$BENCH" ]; then
	echo "bench: $BENCH is not there; sshbench is a tool of its own: make bench BENCH=path/of/sshbench.py"
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "bench: sshbench makes namespaces and a passing account: run it as root"
	exit 1
fi
mkdir -p "$B/bench"
bin=$(realpath "$O/cubssh")
cat >"$B/bench/cubssh.json" <<END
{"name": "cubssh",
 "files": ["$bin"],
 "setup": "$bin keygen -t ed25519 -f hk",
 "server": "{emu} $bin sshd -D -e -p {addr}:{port} -h {dir}/hk",
 "cipher": "-c {}", "mac": "-m {}", "kex": "-k {}", "emu": ""}
END
# shellcheck disable=SC2086
exec python3 "$BENCH" $WHAT --json "$B/bench/cubssh.json" --dir "$(realpath "$B/bench")/run" \
    --out "$B/bench/result.json"
