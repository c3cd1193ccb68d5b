# stubs.sh - procd's and UCI's shell functions, for running an init script of OpenWrt's away from it.
# SPDX-License-Identifier: MIT
# shellcheck shell=dash
#
# An option of the one section, "main", is the variable uci_OPTION; a section by
# another name is added to SECTIONS. What procd is told goes to $SAID, a line each.

: "${SAID:=/dev/stdout}" "${SECTIONS:=main}"

config_load() {
	:
}

# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() {
	eval "$1=\${uci_$3-\$4}"
}

config_get_bool() {
	config_get "$@"
	eval "case \$$1 in
	1 | on | true | yes | enabled) $1=1 ;;
	0 | off | false | no | disabled) $1=0 ;;
	*) $1=\$4 ;;
	esac"
}

config_foreach() {
	for section_of_stub in $SECTIONS; do
		"$1" "$section_of_stub"
	done
}

# of a list alone, which has its length beside it
config_list_foreach() {
	eval "list_of_stub=\${uci_$2_LENGTH:+\$uci_$2}"
	for value_of_stub in $list_of_stub; do
		"$3" "$value_of_stub"
	done
}

network_get_device() {
	[ "$2" != down ] && eval "$1=eth-$2"
}

network_get_ipaddrs_all() {
	case $2 in
	lan) eval "$1='192.0.2.1 2001:db8::1'" ;;
	many) eval "$1='192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6
192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11 192.0.2.12'" ;;
	*) eval "$1=" ;;
	esac
}

procd_open_instance() {
	command_of_stub=
	instance_of_stub=$1
}

procd_append_param() {
	shift
	for word_of_stub in "$@"; do
		command_of_stub="$command_of_stub '$word_of_stub'"
	done
}

procd_set_param() {
	case $1 in
	command)
		command_of_stub=
		procd_append_param "$@"
		;;
	*) echo "param $*" >>"$SAID" ;;
	esac
}

procd_close_instance() {
	echo "run $instance_of_stub$command_of_stub" >>"$SAID"
}

procd_add_mdns() {
	echo "mdns $*" >>"$SAID"
}

procd_add_reload_trigger() {
	echo "trigger $*" >>"$SAID"
}

procd_add_interface_trigger() {
	echo "trigger $*" >>"$SAID"
}

logger() {
	echo "log $*" >>"$SAID"
}

boot_hook_add() {
	echo "hook $*" >>"$SAID"
}
