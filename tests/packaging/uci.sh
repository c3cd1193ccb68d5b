#!/bin/sh
# uci.sh - our init script with stubs for procd and UCI: each option gives the command line that it should.
# SPDX-License-Identifier: MIT
#
#   busybox sh uci.sh TREE BINARY

tree=$1 binary=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
files=$tree/packaging/openwrt/cubssh/files
SAID=$tmp/said

# the library of addresses that start_service reads is stubbed already
for name in cubssh dropbear; do
	sed -e "s,^NAME=cubssh\$,NAME=$name," -e 's,^	\. /lib/functions/network.sh$,,' \
	    -e "s,/etc/\$NAME\",$tmp/etc/\$NAME\",g" "$files/cubssh.init" >"$tmp/$name.init"
done

# said NAME [OPTION=VALUE...]: what procd is told by the script of that name
said() {
	(
		. "$tree/tests/packaging/stubs.sh"
		: >"$SAID"
		init=$tmp/$1.init
		shift
		for option in "$@"; do
			case $option in
			sections=*) SECTIONS=${option#*=} ;;
			*) eval "uci_${option%%=*}=\${option#*=}" ;;
			esac
		done
		. "$init"
		start_service
	)
	cat "$SAID"
}

result() {
	if [ "$2" = "$3" ]; then
		echo "ok packaging openwrt $1"
	else
		echo "FAIL packaging openwrt $1: $3 in place of $2"
	fi
}

fixed="-K 300 -T 3"

# dropbear NAME "FLAGS" [OPTION=VALUE...]: the flags after -F -P FILE, less -B which is always there
dropbear() {
	name=$1 want=$2
	shift 2
	got=$(said dropbear "$@" | sed -n "s/^run main '.usr.sbin.dropbear' '-F' '-P' '.var.run.dropbear.main.pid' //p" | tr -d "'" | sed 's/ -B / /')
	result "dropbear $name" "$want" "$got"
}

sshd() {
	name=$1 want=$2
	shift 2
	got=$(said cubssh "$@" | sed -n "s/^run main '.usr.bin.cubssh' 'sshd' '-D' '-o' 'PidFile=.var.run.cubssh.main.pid' //p" | tr -d "'")
	result "sshd $name" "$want" "$got"
}

both() {
	name=$1 flags=$2 words=$3
	shift 3
	dropbear "$name" "$flags" "$@"
	sshd "$name" "$words" "$@"
}

r="-o PermitRootLogin=yes"
e="-o ClientAliveInterval=300 -o MaxAuthTries=3"
m="-o MakeHostKeys=yes"
both "nothing set" "-p 22 -R $fixed" "-p 22 $m $r $e"
both "PasswordAuth" "-p 22 -R -s $fixed" "-p 22 $m -o PasswordAuthentication=no $r $e" PasswordAuth=off
both "RootPasswordAuth" "-p 22 -R -g $fixed" "-p 22 $m -o PermitRootLogin=prohibit-password $e" RootPasswordAuth=0
both "RootLogin" "-p 22 -R -w $fixed" "-p 22 $m -o PermitRootLogin=no $e" RootLogin=0 RootPasswordAuth=0
both "Port" "-p 2222 -R $fixed" "-p 2222 $m $r $e" Port=2222
both "Interface" "-p 192.0.2.1:22 -p [2001:db8::1]:22 -R $fixed" \
    "-p 192.0.2.1:22 -p [2001:db8::1]:22 $m $r $e" Interface=lan
dropbear "no more than ten addresses" "$(for i in 1 2 3 4 5 6 7 8 9 10; do printf -- '-p 192.0.2.%s:22 ' "$i"; done)-R $fixed" Interface=many
both "DirectInterface" "-l eth-lan -p 22 -R $fixed" "-o BindInterface=eth-lan -p 22 $m $r $e" DirectInterface=lan
both "GatewayPorts" "-p 22 -R -a $fixed" "-p 22 $m $r -o GatewayPorts=clientspecified $e" GatewayPorts=1
both "ForceCommand" "-p 22 -R -c echo a  b $fixed" "-p 22 $m $r -o ForceCommand=echo a  b $e" "ForceCommand=echo a  b"
both "keyfile" "-p 22 -R -r /k1 -r /k2 -r /k3 $fixed" \
    "-p 22 $m -o HostKey=/k1 -o HostKey=/k2 -o HostKey=/k3 $r $e" "keyfile=/k1 /k2" keyfile_LENGTH=2 rsakeyfile=/k3
both "BannerFile" "-p 22 -R -b /etc/banner $fixed" "-p 22 $m $r -o Banner=/etc/banner $e" BannerFile=/etc/banner
both "SSHKeepAlive" "-p 22 -R -K 60 -T 3" "-p 22 $m $r -o ClientAliveInterval=60 -o MaxAuthTries=3" SSHKeepAlive=60
both "SSHKeepAlive off" "-p 22 -R -T 3" "-p 22 $m $r -o MaxAuthTries=3" SSHKeepAlive=0
both "IdleTimeout" "-p 22 -R -K 300 -I 900 -T 3" \
    "-p 22 $m $r -o ClientAliveInterval=300 -o IdleTimeout=900 -o MaxAuthTries=3" IdleTimeout=900
both "MaxAuthTries" "-p 22 -R -K 300 -T 5" "-p 22 $m $r -o ClientAliveInterval=300 -o MaxAuthTries=5" MaxAuthTries=5
both "RecvWindowSize" "-p 22 -R $fixed -W 262144" "-p 22 $m $r $e -o RecvWindowSize=262144" RecvWindowSize=262144
both "a number that is none" "-p 22 -R $fixed" "-p 22 $m $r $e" "RecvWindowSize=a lot"
both "LocalPortForward" "-p 22 -R -j $fixed" "-p 22 $m $r -o AllowTcpForwarding=remote $e" LocalPortForward=0
both "RemotePortForward" "-p 22 -R -k $fixed" "-p 22 $m $r -o AllowTcpForwarding=local $e" RemotePortForward=0
both "neither" "-p 22 -R -jk $fixed" "-p 22 $m $r -o AllowTcpForwarding=no $e" LocalPortForward=0 RemotePortForward=0

result "root may have no password, as with OpenWrt's dropbear" "'-B'" "$(said dropbear | grep -o "'-B'")"
result "and not so beside it" "" "$(said cubssh | grep Empty)"
result "enable" "" "$(said dropbear enable=0)"
result "an interface without an address" "" "$(said cubssh Interface=wan | grep '^run')"
result "an interface that is down" "" "$(said cubssh DirectInterface=down | grep '^run')"
result "RunAsUser" "param user ann" "$(said dropbear RunAsUser=ann | grep user)"
result "mdns" "mdns ssh tcp 2222 daemon=dropbear" "$(said dropbear Port=2222 | grep mdns)"
result "mdns off" "" "$(said dropbear mdns=0 | grep mdns)"
result "two sections" "run a run b" "$(said cubssh "sections=a b" | grep -o '^run [ab]' | tr '\n' ' ' | sed 's/ $//')"
result "respawns, and starts again when its file changes" "param file /etc/config/cubssh param respawn" \
    "$(said cubssh | grep '^param' | tr '\n' ' ' | sed "s/ \$//; s,$tmp,,")"

triggers() {
	(
		. "$tree/tests/packaging/stubs.sh"
		: >"$SAID"
		uci_Interface=lan
		. "$tmp/cubssh.init"
		service_triggers
	)
	tr '\n' ';' <"$SAID"
}
result "triggers" "trigger cubssh;trigger interface.* lan /etc/init.d/cubssh reload;" "$(triggers)"

# everything at once is what the binary takes: -t looks at sshd's, -V comes last and says so in dropbear's
everything="PasswordAuth=0 RootLogin=0 Port=2222 GatewayPorts=1 ForceCommand=true keyfile=$tmp/key
	BannerFile=/etc/banner SSHKeepAlive=60 IdleTimeout=900 MaxAuthTries=5 RecvWindowSize=262144
	LocalPortForward=0 RemotePortForward=0 DirectInterface=lan"
taken() {
	ln -sf "$binary" "$tmp/$1"
	# shellcheck disable=SC2086
	eval "set -- $1 $(said "$1" $everything | sed -n "s/^run main '[^']*'//p")"
	program=$1
	shift
	case $program in
	cubssh) "$tmp/cubssh" "$@" -t ;;
	*) "$tmp/dropbear" "$@" -V ;;
	esac 2>&1 | grep -v '^cubssh [0-9.]*$\|host key'
}
result "sshd takes all of it" "" "$(taken cubssh)"
result "dropbear takes all of it" "" "$(taken dropbear)"

hooks() {
	(
		. "$tree/tests/packaging/stubs.sh"
		: >"$SAID"
		. "$files/cubssh.failsafe"
	)
	cat "$SAID"
}
result "failsafe hook" "hook failsafe failsafe_cubssh" "$(hooks)"
