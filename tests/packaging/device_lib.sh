# device_lib.sh - a client of the device: logins, sessions that stay, and what is seen of the server.
# SPDX-License-Identifier: MIT
# shellcheck shell=dash

password="Open Sesame!"
seconds=20 # more than anything here takes

check() {
	local name=$1
	shift
	if "$@" >"$here/out" 2>&1; then
		echo "ok packaging device $name"
	else
		echo "FAIL packaging device $name: $(tail -n 1 "$here/out") $(tail -n 1 "$here/log")"
	fi
}

not() {
	! "$@"
}

# says TEXT COMMAND...
says() {
	local text=$1
	shift
	"$@" 2>&1 | grep -q "$text"
}

# until COMMAND...: polls
until_it() {
	local n=0

	while ! "$@" 2>/dev/null; do
		n=$((n + 1))
		[ "$n" -lt $((seconds * 10)) ] || return 1
		sleep 0.1
	done
}

listening_now() {
	netstat -ltn | grep -q ":$1 "
}

listening() {
	until_it listening_now "$1"
}

ended() {
	until_it not kill -0 "$1"
}

unchanged() {
	local before

	before=$(sha256sum "$2")
	"$1" && [ "$before" = "$(sha256sum "$2")" ]
}

no_dropbear() {
	until_it not pidof dropbear
}

# Debian's dropbearkey lies below the mount
same_fingerprints() {
	local theirs

	umount /usr/bin/dropbearkey || return 1
	theirs=$(prints)
	mount --bind "$CUBSSH" /usr/bin/dropbearkey
	[ -n "$theirs" ] && [ "$theirs" = "$(prints)" ]
}

prints() {
	for type in $types; do
		dropbearkey -y -f "$keys/dropbear_${type}_host_key" | sed -n 's/^Fingerprint: //p'
	done
}

# root's line in our own passwd and shadow
root_password() {
	local hash=

	[ -z "$1" ] || hash=$(/usr/bin/openssl passwd -6 -salt saltsalt "$1")
	sed -i "s,^root:[^:]*,root:$hash," /etc/shadow
	sed -i 's,^root:.*,root:x:0:0::/run/home/root:/bin/sh,' /etc/passwd
}

user_keys() {
	[ -e "$here/id" ] || ssh-keygen -q -t ed25519 -N '' -f "$here/id"
	mkdir -p /run/home/root /var/run/dropbear
	chmod 700 /run/home/root
	mkdir -p "$(readlink -f /etc/dropbear)"
	cp "$here/id.pub" /etc/dropbear/authorized_keys
	chmod 600 /etc/dropbear/authorized_keys
}

# client OPTION... -- HOST COMMAND: the stock one, that trusts whoever answers
client() {
	timeout "$seconds" /usr/bin/ssh -F none -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o IdentityAgent=none -o NumberOfPasswordPrompts=1 "$@"
}

login_key() {
	client -q -i "$here/id" -o BatchMode=yes "root@${1:-127.0.0.1}" 'echo in' </dev/null | grep -E 'in|forced'
}

login_banner() {
	client -i "$here/id" -o BatchMode=yes root@127.0.0.1 true </dev/null
}

login_password() {
	echo "echo '$1'" >"$here/askpass"
	sed -i '1i #!/bin/sh' "$here/askpass"
	chmod 755 "$here/askpass"
	SSH_ASKPASS=$here/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0 client -o PubkeyAuthentication=no \
	    -o PreferredAuthentications=none,password root@127.0.0.1 'echo in' </dev/null | grep in
}

login_blank() {
	login_password ""
}

dbclient_login() {
	local key=$here/id.dropbear

	dropbearkey -t ed25519 -f "$key" | sed -n 's/^ssh-/ssh-/p' >>/etc/dropbear/authorized_keys
	timeout "$seconds" dbclient -y -i "$key" -p "$port" root@127.0.0.1 'echo in' </dev/null | grep in
}

# one that stays until it is ended from there
session_start() {
	client -q -i "$here/id" -o BatchMode=yes root@127.0.0.1 'echo there; exec sleep 1000' </dev/null >"$here/session" 2>&1 &
	session=$!
	until_it grep -q there "$here/session"
}

session_lives() {
	kill -0 "$session" && grep -q there "$here/session"
}

session_ends() {
	ended "$session"
}

session_kill() {
	kill "$session"
	ended "$session"
}

# reloads PID [COMMAND...]: HUP, or what sends it, and all goes on
reloads() {
	local pid=$1

	shift
	[ $# -gt 0 ] || set -- kill -HUP "$pid"
	"$@" && sleep 0.5 && kill -0 "$pid" && session_lives && login_key
}

touch "$here/log"
root_password "$password"
