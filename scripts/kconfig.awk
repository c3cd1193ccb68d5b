# kconfig.awk - .config, savedefconfig and config.h, from Kconfig and a configuration.
# SPDX-License-Identifier: MIT
#
#   awk -f kconfig-parse.awk -f kconfig.awk mode=MODE Kconfig CONFIG >OUT
#
# MODE is olddefconfig (a whole .config from whatever CONFIG says),
# savedefconfig (only what differs from the defaults) or header (config.h).
# The outcome is kconfig-conf's, byte for byte (tests/kconfig), but that a line
# which cannot be right ends it, with the file and the line.

# ---- .config ---------------------------------------------------------------

function warn(what) {
	printf "%s:%d: warning: %s\n", FILENAME, FNR, what >"/dev/stderr"
}

function user_set(s, v, i, w) {
	if (!(s in sym)) {
		warn("unknown symbol " s)
		return
	}
	i = sym[s]
	if (type[i] == "bool") {
		if (v !~ /^[yn]$/)
			die("'" v "' is not y or n")
	} else if (type[i] == "int") {
		if (!int_valid(v))
			die("'" v "' is not a number")
	} else {
		if (v !~ /^".*"$/)
			die("a string needs quotes: " v)
		w = v
		v = ""
		for (w = substr(w, 2, length(w) - 2); w != ""; w = substr(w, 2)) {
			if (substr(w, 1, 1) == "\"")
				die("a quote within a string")
			if (substr(w, 1, 1) == "\\")
				w = substr(w, 2)
			v = v substr(w, 1, 1)
		}
	}
	user[i] = v
}

function dotconfig_line(line, p) {
	line = $0
	sub(/\r$/, "", line)
	if (line ~ /^# CONFIG_[A-Za-z0-9_]+ is not set/) {
		split(line, word, " ")
		p = substr(word[2], 8)
		if (!(p in sym))
			warn("unknown symbol " p)
		else if (type[sym[p]] == "bool")
			user[sym[p]] = "n"
	} else if (line ~ /^CONFIG_[A-Za-z0-9_]+=/) {
		p = index(line, "=")
		user_set(substr(line, 8, p - 8), substr(line, p + 1))
	} else if (line !~ /^#/ && line != "")
		die("cannot read: " line)
}

# ---- values ----------------------------------------------------------------

function string_of(w) {
	if (w !~ /^"/)
		return w in sym ? value(sym[w]) : w
	gsub(/\001/, " ", w)
	gsub(/\002/, "=", w)
	gsub(/\003/, "!", w)
	return substr(w, 2)
}

function leaf_is(w, p) {
	if ((p = index(w, "!=")))
		return string_of(substr(w, 1, p - 1)) != string_of(substr(w, p + 2))
	if ((p = index(w, "=")))
		return string_of(substr(w, 1, p - 1)) == string_of(substr(w, p + 1))
	return string_of(w) == "y"
}

# the worth of an expression
function is(e, t, n, i, top, stack) {
	n = split(e, t, " ")
	for (i = 1; i <= n; i++) {
		if (t[i] == "!")
			stack[top] = !stack[top]
		else if (t[i] == "&&" || t[i] == "||") {
			top--
			stack[top] = t[i] == "&&" ? stack[top] && stack[top + 1] : \
			    stack[top] || stack[top + 1]
		} else
			stack[++top] = leaf_is(t[i])
	}
	return stack[1]
}

function visible(i) {
	return i in text && is(both(dep[i], prompt_if[i]))
}

function selected(i) {
	return selected_by[i] != "" && is(selected_by[i])
}

# number of the default that holds, 0 where none does
function default_of(i, n) {
	for (n = 1; n <= defaults[i]; n++)
		if (is(both(dep[i], default_if[i, n])))
			return n
	return 0
}

function default_value(i, n) {
	n = default_of(i)
	if (type[i] == "bool")
		return n && is(default_is[i, n]) || selected(i) ? "y" : "n"
	return n ? string_of(default_is[i, n]) : ""
}

function range_of(i, n) {
	for (n = 1; n <= ranges[i]; n++)
		if (is(both(dep[i], range_if[i, n])))
			return n
	return 0
}

function in_range(i, v, n) {
	n = range_of(i)
	return !n || v + 0 >= range_lo[i, n] + 0 && v + 0 <= range_hi[i, n] + 0
}

function value(i, v, n) {
	if (i in known)
		return known[i]
	known[i] = type[i] == "bool" ? "n" : "" # where it depends on itself
	if (i in user && type[i] == "int" && !in_range(i, user[i]))
		delete user[i]
	if (i in user && visible(i))
		v = type[i] == "bool" && selected(i) ? "y" : user[i]
	else
		v = default_value(i)
	n = type[i] == "int" ? range_of(i) : 0
	if (n && v + 0 < range_lo[i, n] + 0)
		v = range_lo[i, n]
	else if (n && v + 0 > range_hi[i, n] + 0)
		v = range_hi[i, n]
	known[i] = v
	return v
}

function written(i) {
	return visible(i) || default_of(i) || type[i] == "bool" && selected(i)
}

function changed(i) {
	return visible(i) && !selected(i) && value(i) != default_value(i)
}

function quoted(s, out) {
	for (; s != ""; s = substr(s, 2))
		out = out (substr(s, 1, 1) ~ /["\\]/ ? "\\" : "") substr(s, 1, 1)
	return "\"" out "\""
}

function put(i, v) {
	v = value(i)
	if (type[i] == "bool" && v == "n")
		print "# CONFIG_" name[i] " is not set"
	else
		print "CONFIG_" name[i] "=" (type[i] == "string" ? quoted(v) : v)
}

function put_header(i, v) {
	v = value(i)
	if (type[i] == "string")
		print "#define CFG_" name[i] " " quoted(v)
	else if (type[i] == "int")
		print "#define CFG_" name[i] " " (v == "" ? 0 : v)
	else {
		print "#define CFG_" name[i] " " (v == "y" ? 1 : 0)
		print "#define USE_" name[i] "(...)" (v == "y" ? " __VA_ARGS__" : "")
	}
}

function olddefconfig(i) {
	print "#\n# Automatically generated file; DO NOT EDIT.\n# " title "\n#"
	for (i = 1; i <= entries; i++) {
		if (kind[i] == "config") {
			if (written(i))
				put(i)
		} else if (visible(i))
			print "\n#\n# " text[i] "\n#"
	}
}

BEGIN {
	entries = around = cur = in_help = failed = second = 0
}

NR == 1 {
	kconfig = FILENAME
}

FNR == 1 && NR > 1 {
	kconfig_end()
	second = 1
}

second {
	dotconfig_line()
	next
}

{
	kconfig_line()
}

END {
	if (failed)
		exit 1
	if (!second)
		kconfig_end()
	if (mode == "olddefconfig")
		olddefconfig()
	else if (mode == "header")
		print "/* config.h - made from .config; do not edit. */\n#define CFG_VERSION \"" version "\""
	for (i = 1; i <= entries; i++)
		if (kind[i] == "config") {
			if (mode == "header")
				put_header(i)
			else if (mode == "savedefconfig" && written(i) && changed(i))
				put(i)
		}
}
