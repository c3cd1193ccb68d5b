#!/bin/sh
# device.sh - the scripts of images, run as on a device, with the stock client logging in at the end.
# SPDX-License-Identifier: MIT
#
#   CUBSSH=binary isolated busybox sh device.sh TREE
#
# Here are the ways of OpenWrt and Buildroot with dropbear, step by step: keys are
# made and checked, the server gets its flags, clients are ended by name. The
# binary stands where dropbear's stood.

tree=$1
here=/run/device
mkdir -p "$here/bin" /etc/dropbear /etc/default
busybox --install -s "$here/bin"
PATH=$here/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=$here
export PATH HOME
. "$tree/tests/packaging/device_lib.sh"

for program in /usr/sbin/dropbear /usr/bin/dropbearkey /usr/bin/dbclient; do
	[ -e "$program" ] || {
		echo "FAIL packaging device: $program is not there to be covered: make deps SETS=\"build test\""
		exit 1
	}
	mount --bind "$CUBSSH" "$program"
done

# ---- OpenWrt's init script ----------------------------------------------------

keys=/etc/dropbear
types="ed25519 ecdsa rsa"

# a key that dropbearkey cannot read is no key
key_good() {
	[ -s "$1" ] && dropbearkey -y -f "$1" >/dev/null 2>&1
}

make_keys() {
	for type in $types; do
		file=$keys/dropbear_${type}_host_key
		key_good "$file" && continue
		rm -f "$file"
		dropbearkey -t "$type" -f "$file" >/dev/null 2>&1 || return 1
		chmod 600 "$file"
	done
}

init_start() {
	make_keys || return 1
	set -- -F -P /var/run/dropbear.main.pid "$@"
	for type in $types; do
		set -- "$@" -r "$keys/dropbear_${type}_host_key"
	done
	/usr/sbin/dropbear "$@" </dev/null >>"$here/log" 2>&1 &
	listening "$port"
}

init_stop() {
	pid=$(cat /var/run/dropbear.main.pid) && kill "$pid" && ended "$pid"
}

# every dropbear that is no listener, and not the one whose session asks: the nearest above it
cat >"$here/killclients" <<'EOF'
is_dropbear() {
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q /usr/sbin/dropbear
}
own=$$
while [ "$own" -gt 1 ] && ! is_dropbear "$own"; do
	own=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$own/status")
done
for pid in $(pidof dropbear); do
	case "$pid" in
	"$own" | "$(cat /var/run/dropbear.main.pid)") ;;
	*) is_dropbear "$pid" && kill -KILL "$pid" ;;
	esac
done
EOF

killclients() {
	sh "$here/killclients"
}

# in a session, which is not to end by it
killclients_inside() {
	client -q -i "$here/id" -o BatchMode=yes root@127.0.0.1 "PATH=$PATH; sh $1; sleep 1; echo still in" </dev/null | grep "still in"
}

port=2201
echo "welcome to the device" >"$here/banner"
user_keys

garbage() {
	echo garbage >$keys/dropbear_ed25519_host_key
	! key_good $keys/dropbear_ed25519_host_key && make_keys && key_good $keys/dropbear_ed25519_host_key
}
check "keys are made" make_keys
check "they are there, and stay as they are" unchanged make_keys $keys/dropbear_rsa_host_key
check "a key that is none is made anew" garbage
check "a type that there is not fails" not dropbearkey -t nonesuch -f "$here/none"
check "Dropbear's own tool reads them" same_fingerprints
all="-p 127.0.0.1:$port -p [::1]:$port -l lo -b $here/banner -K 300 -I 900 -T 3 -W 65536 -a"
# shellcheck disable=SC2086
check "it starts with the flags of the init script" init_start $all
check "the key of root in /etc/dropbear logs in" login_key
check "and over IPv6" login_key ::1
check "the banner comes first" says "welcome to the device" login_banner
check "a password logs in" login_password "$password"
check "a wrong one does not" not login_password wrong
session_start
check "a session is there" session_lives
check "HUP: the listener stays, and the session" reloads "$(cat /var/run/dropbear.main.pid)"
killclients
check "killclients ends the session" session_ends
check "and the listener goes on" login_key
session_start
check "killclients in a session: that one stays" killclients_inside "$here/killclients"
check "killclients in a session: the other ends" session_ends
session_start
init_stop
check "stop: the session goes on" session_lives
port=2202
check "start again with other flags: no passwords" init_start -p 127.0.0.1:$port -s -j -k
check "keys do" login_key
check "passwords do not" not login_password "$password"
check "the old session is still there" session_lives
killall dropbear
check "killall dropbear ends the rest" session_ends
check "all of it" no_dropbear
check "-g: no password for root" init_start -p 127.0.0.1:$port -g
check "but his key" login_key
check "and not his password" not login_password "$password"
init_stop
check "-w: no root" init_start -p 127.0.0.1:$port -w
check "not even by key" not login_key
init_stop
check "-c: one command for all" init_start -p 127.0.0.1:$port -c "echo forced"
check "whatever is asked for" says forced login_key
init_stop

# RunAsUser: procd starts it as that user, and he is the only one who gets in
as_user() {
	sed -i 's,^nobody:.*,nobody:x:65534:65534::/run/nobody:/bin/sh,' /etc/passwd
	mkdir -p /run/nobody/.ssh
	cp "$here/id.pub" /run/nobody/.ssh/authorized_keys
	chmod 700 /run/nobody /run/nobody/.ssh
	chown -R 65534:65534 /run/nobody
	/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups /usr/sbin/dropbear -F -P none -R \
	    -r /run/nobody/key -p 127.0.0.1:$port </dev/null >>"$here/log" 2>&1 &
	listening $port
}

login_nobody() {
	client -q -i "$here/id" -o BatchMode=yes nobody@127.0.0.1 'id -u' </dev/null | grep 65534
}

port=2212
check "RunAsUser: it starts" as_user
check "RunAsUser: that user logs in" login_nobody
check "RunAsUser: root does not" not login_key
killall dropbear

# ---- LuCI's sshtunnel, and what other scripts say to ssh --------------------------

tunnel() {
	"$here/links/ssh" -o ExitOnForwardFailure=yes -o BatchMode=yes -nN "$@" -o ServerAliveInterval=60 \
	    -o StrictHostKeyChecking=accept-new -i "$here/id" -p 2203 root@127.0.0.1 >>"$here/log" 2>&1 &
	listening "$port"
}

silent_x() {
	"$here/links/ssh" -x -i "$here/id" -p "$port" root@127.0.0.1 'echo in' </dev/null 2>"$here/err" | grep in &&
		[ ! -s "$here/err" ]
}

mkdir -p "$here/links"
ln -s "$CUBSSH" "$here/links/ssh"
port=2203
check "a server for tunnels" init_start -p 127.0.0.1:$port
port=2301
check "sshtunnel: -L" tunnel -L 127.0.0.1:2301:127.0.0.1:2203
check "sshtunnel: a login through it" login_key
port=2302
check "sshtunnel: -R" tunnel -R 127.0.0.1:2302:127.0.0.1:2203
check "sshtunnel: a login through that" login_key
port=2303
check "sshtunnel: -D" tunnel -D 127.0.0.1:2303
port=2203
check "ssh -x says nothing" silent_x
killall ssh dropbear 2>/dev/null
check "no dropbear is left" no_dropbear

# ---- failsafe -----------------------------------------------------------------

failsafe() {
	mkdir -p "$here/tmp"
	for type in ed25519 rsa; do
		key_good "$here/tmp/$type" || dropbearkey -t $type -f "$here/tmp/$type" >/dev/null 2>&1 || return 1
	done
	dropbear "$@" -p 127.0.0.1:$port -P /var/run/dropbear.main.pid -r "$here/tmp/rsa" -r "$here/tmp/ed25519" </dev/null &&
		listening $port
}

root_password ""
rm /etc/dropbear/authorized_keys
port=2213
check "failsafe: it becomes a daemon by itself" failsafe
check "failsafe: root comes in without a password" login_blank
init_stop
port=2204
check "-B: it becomes a daemon" failsafe -B
check "-B: root comes in without a password" login_blank
init_stop
port=2205
check "-g: with a blank password that is off" failsafe -B -g
check "-g: root does not come in" not login_blank
init_stop

# our own hook, as the package in dropbear's place has it
hook() {
	port=2206
	. "$tree/tests/packaging/stubs.sh"
	sed -e 's,^NAME=cubssh$,NAME=dropbear,' -e "s,/tmp/,$here/tmp/," -e "s,-R -B,& -p 127.0.0.1:$port," \
	    "$tree/packaging/openwrt/cubssh/files/cubssh.failsafe" >"$here/failsafe"
	. "$here/failsafe"
	failsafe_cubssh && listening $port
}
check "our failsafe hook" hook
port=2206
check "our failsafe hook: root comes in" login_blank
killall dropbear
root_password "$password"
user_keys

# ---- Buildroot's init scripts ---------------------------------------------------

# $1 file, $2 its name: with the binary where it is in here
script() {
	sed "s,/usr/bin/cubssh,$CUBSSH," "$tree/packaging/$1" >"$here/$2"
	chmod 755 "$here/$2"
}

service() {
	"$here/$2" "$1" >"$here/said" 2>&1
}

# what S50dropbear and its like have in common
service_test() {
	name=$1 script=$2 file=$3
	check "$name start" service start "$script"
	check "$name listens" listening $port
	check "$name: a login" login_key
	session_start
	check "$name reload" reloads "$(cat "$file")" service reload "$script"
	pid=$(cat "$file")
	check "$name restart" service restart "$script"
	check "$name: another process listens" not grep -qx "$pid" "$file"
	check "$name: the session goes on" session_lives
	session_kill
	check "$name: a login after that" login_key
	check "$name stop" service stop "$script"
	check "$name: nobody listens" not listening_now $port
}

script buildroot/package/cubssh/S50dropbear S50dropbear
port=2207
echo "DROPBEAR_ARGS=\"-p 0.0.0.0:$port -s\"" >/etc/default/dropbear
rm -rf /etc/dropbear
ln -s /var/run/dropbear /etc/dropbear
user_keys
mkdir -p "$here/ro" && rm -rf /var/run/dropbear
"$here/S50dropbear" start >/dev/null
check "S50dropbear: a folder in place of the link, where the root can be written" test ! -L /etc/dropbear
check "S50dropbear: the key is kept" key_good $keys/dropbear_ed25519_host_key
user_keys
check "S50dropbear: netstat shows it" sh -c "netstat -ltn | grep -q 0.0.0.0:$port"
check "dbclient -y logs in" dbclient_login
"$here/S50dropbear" stop >/dev/null
service_test S50dropbear S50dropbear /var/run/dropbear.pid

script buildroot/package/cubssh/S50cubssh S50cubssh
port=2208
sshd_args="-p 127.0.0.1:$port -o HostKey=/etc/cubssh/ssh_host_ed25519_key -o AuthorizedKeysFile=/etc/dropbear/authorized_keys"
echo "CUBSSH_ARGS=\"$sshd_args\"" >/etc/default/cubssh
service_test S50cubssh S50cubssh /var/run/cubssh.pid

# ---- others -----------------------------------------------------------------------

script sysv/cubssh sysv
service_test sysv sysv /var/run/cubssh.pid
check "sysv: no status when it is stopped" not service status sysv
echo 'CUBSSH_ARGS="-o Nonesuch=1"' >/etc/default/cubssh
check "sysv: settings that do not serve" not service start sysv

port=2209
sed "s,exec /usr/bin/cubssh\(.*\),exec $CUBSSH \1 $(echo "$sshd_args" | sed "s/2208/$port/")," \
    "$tree/packaging/runit/cubssh/run" >"$here/runit"
sh "$here/runit" >>"$here/log" &
runit=$!
check "runit: it stays in the foreground and listens" listening $port
check "runit: a login" login_key
kill $runit

port=2210
inetd=$(sed -n 's/^ssh.*root	[^	]*	cubssh //p' "$tree/packaging/inetd/cubssh.conf")
# shellcheck disable=SC2086
tcpserver -H -R -l 0 127.0.0.1 $port "$CUBSSH" $inetd -o HostKey=/etc/cubssh/ssh_host_ed25519_key \
    -o AuthorizedKeysFile=/etc/dropbear/authorized_keys 2>>"$here/log" &
listening $port
check "inetd: a login" login_key
kill $!

# ---- OpenWrt's init script, ours ----------------------------------------------------

# procd for one instance: the command that the script gives it
procd() {
	(
		. "$tree/tests/packaging/stubs.sh"
		SAID=$here/said uci_Port=$port uci_PasswordAuth=0 uci_RootPasswordAuth=0
		: >"$here/said"
		. "$here/init"
		"$@"
	)
	run=$(sed -n 's/^run main //p' "$here/said")
	[ -z "$run" ] || eval "$run </dev/null >>$here/log 2>&1 &"
}

for name in cubssh dropbear; do
	port=$((port + 1))
	sed -e "s,^NAME=cubssh\$,NAME=$name," -e "s,/usr/bin/cubssh,$CUBSSH," \
	    -e 's,^	\. /lib/functions/network.sh$,,' "$tree/packaging/openwrt/cubssh/files/cubssh.init" >"$here/init"
	[ $name = dropbear ] || mkdir -p /run/home/root/.ssh
	[ $name = dropbear ] || sed '1!d' /etc/dropbear/authorized_keys >/run/home/root/.ssh/authorized_keys
	procd start_service
	check "$name.init start" listening $port
	check "$name.init: a login" login_key
	session_start
	[ $name = cubssh ] || sed -i 's,^BINARY=.*,BINARY=/usr/sbin/dropbear,' "$here/init"
	procd killclients
	check "$name.init killclients" session_ends
	session_start
	cat >"$here/inside" <<-EOF
		. $tree/tests/packaging/stubs.sh
		. $here/init
		killclients
	EOF
	check "$name.init killclients in a session: that one stays" killclients_inside "$here/inside"
	check "$name.init killclients in a session: the other ends" session_ends
	check "$name.init: a login after that" login_key
	kill "$(cat "/var/run/$name.main.pid")"
done
