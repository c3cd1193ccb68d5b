# config.awk - our Kconfig as OpenWrt's Config.in: each symbol gets a prefix, so that none meets another package's.
# SPDX-License-Identifier: MIT
#
#   awk -f packaging/openwrt/config.awk Kconfig >packaging/openwrt/cubssh/Config.in

# the symbols of an expression, whose strings stay as they are
function prefixed(s, out) {
	while (match(s, /"[^"]*"|[A-Z][A-Z0-9_]+/)) {
		out = out substr(s, 1, RSTART - 1)
		if (substr(s, RSTART, 1) != "\"")
			out = out "CUBSSH_"
		out = out substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
	}
	return out s
}

BEGIN {
	print "# Made by packaging/openwrt/config.awk from Kconfig, where changes belong."
	print ""
	print "menu \"Configuration\""
	print "\tdepends on PACKAGE_cubssh || PACKAGE_cubssh-dropbear"
	print ""
}

/^#|^mainmenu/ {
	next
}

!begun && /^$/ {
	next
}

{
	begun = 1
}

/^(config|if) / || /^\t(depends on|default|select|range) / {
	print prefixed($0)
	next
}

{
	print
}

END {
	print ""
	print "endmenu"
}
