#!/bin/sh
# demo.sh - builds, starts the server on the loopback, logs in with the system's own ssh.
# SPDX-License-Identifier: MIT
#
# Nothing stays behind: keys and logs are in a temporary folder, the server ends
# with the script, no account is made. Who runs it logs in as himself.

set -eu
cd "$(dirname "$0")/.."
: "${O:=.}" "${DEMO_MB:=100}"

SETS="build demo" TARGET="${TARGET:-$(uname -m)}" scripts/deps.sh
make -s --no-print-directory O="$O"

bin=$(realpath "$O/cubssh")
tmp=$(mktemp -d)
server=
finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() {
	printf '\n== %s\n' "$*"
}

say "keys: the host's by cubssh keygen where it is built in, ours by the system's ssh-keygen"
if "$bin" --list | grep -qx keygen; then
	"$bin" keygen -t ed25519 -f "$tmp/host"
else
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
fi
ssh-keygen -q -t ed25519 -N '' -f "$tmp/user"

# a free port: the server says no where there is somebody already
start() {
	"$bin" sshd -f /dev/null -D -e -p "127.0.0.1:$1" -h "$tmp/host" -o "AuthorizedKeysFile=$tmp/user.pub" \
	    -o "PidFile=$tmp/pid" 2>"$tmp/log" &
	server=$!
	sleep 0.5
	kill -0 "$server" 2>/dev/null || server=
	[ -n "$server" ]
}

port=$((20000 + $$ % 20000))
tries=0
until start "$port"; do
	tries=$((tries + 1))
	if [ "$tries" -ge 5 ]; then
		echo "the server does not start:"
		cat "$tmp/log"
		exit 1
	fi
	port=$((port + 1))
done

login() {
	ssh -F none -p "$port" -i "$tmp/user" -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
	    -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="$tmp/known" -o LogLevel=ERROR \
	    127.0.0.1 "$@" || {
		echo "ssh failed; the server's log:" >&2
		cat "$tmp/log" >&2
		return 1
	}
}

say "$(ssh -V 2>&1) logs in on port $port and runs a command"
login 'echo "hello from $(id -un), SSH_CONNECTION=$SSH_CONNECTION"'

say "$DEMO_MB MB to cat and back"
head -c "${DEMO_MB}000000" /dev/urandom >"$tmp/data"
there=$(sha256sum <"$tmp/data")
from=$(date +%s%N)
back=$(login cat <"$tmp/data" | sha256sum)
ms=$((($(date +%s%N) - from) / 1000000))
echo "sent      $there"
echo "came back $back"
[ "$there" = "$back" ] || {
	echo "they differ"
	exit 1
}
echo "the same; $ms ms, $((DEMO_MB * 1000 / (ms + 1))) MB/s each way"

say "what the server wrote"
tail -n 12 "$tmp/log"

say "size"
ls -l "$bin" | awk '{ print $5 " bytes: " $NF }'
size "$bin" 2>/dev/null || true
