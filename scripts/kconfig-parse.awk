# kconfig-parse.awk - Kconfig's language, read into tables for kconfig.awk.
# SPDX-License-Identifier: MIT
#
# Knows mainmenu, menu, if, comment, config; bool, int, string; prompt, default,
# depends on, select, range, help. What it cannot take ends it, with the file
# and the line.
#
# Entry i: kind[i] (config, menu, if, comment), name, type, text (the prompt),
# up[i] (the menu or if around it), dep[i]. Symbols are entries, found by
# sym[NAME]. An expression is kept in reverse Polish notation; a comparison is
# one word.

function die_at(file, line, what) {
	printf "%s:%d: %s\n", file, line, what >"/dev/stderr"
	failed = 1
	exit 1
}

function die(what) {
	die_at(FILENAME, FNR, what)
}

# ---- words and expressions ---------------------------------------------

# cuts rest into word[1..words]; a quoted word keeps its opening quote
function cut(rest, q, n, c, w) {
	words = 0
	at = 1
	while (rest != "") {
		c = substr(rest, 1, 1)
		if (c ~ /[ \t]/) {
			rest = substr(rest, 2)
			continue
		}
		if (c == "#")
			return
		if (c == "\"" || c == "'") {
			w = "\""
			for (n = 2; (q = substr(rest, n, 1)) != c; n++) {
				if (q == "")
					die("quote without an end")
				if (q == "\\")
					q = substr(rest, ++n, 1)
				w = w q
			}
			n++
		} else if (match(rest, /^(&&|\|\||!=|[()=!])/)) {
			n = RLENGTH + 1
			w = substr(rest, 1, RLENGTH)
		} else if (match(rest, /^[A-Za-z0-9_\/.-]+/)) {
			n = RLENGTH + 1
			w = substr(rest, 1, RLENGTH)
		} else
			die("cannot read: " rest)
		word[++words] = w
		rest = substr(rest, n)
	}
}

# what a quoted word must not show in an expression, which is split at spaces and compared by =
function leaf(w) {
	if (w ~ /^"/) {
		gsub(/ /, "\001", w)
		gsub(/=/, "\002", w)
		gsub(/!/, "\003", w)
	}
	if (w !~ /^["A-Za-z0-9_-]/)
		die("expected a symbol, found '" w "'")
	if (w ~ /^[A-Z][A-Z0-9_]*$/ && !(w in used))
		used[w] = FNR
	return w
}

function expr_term(e, op) {
	if (word[at] == "!") {
		at++
		return expr_term() " !"
	}
	if (word[at] == "(") {
		at++
		e = expr_or()
		if (word[at] != ")" || at > words)
			die("')' is missing")
		at++
		return e
	}
	if (at > words)
		die("expression without an end")
	e = leaf(word[at++])
	op = word[at]
	if (at <= words && (op == "=" || op == "!=")) {
		at++
		if (at > words)
			die("expression without an end")
		e = e op leaf(word[at++])
	}
	return e
}

function expr_and(e) {
	e = expr_term()
	while (at <= words && word[at] == "&&") {
		at++
		e = e " " expr_term() " &&"
	}
	return e
}

function expr_or(e) {
	e = expr_and()
	while (at <= words && word[at] == "||") {
		at++
		e = e " " expr_and() " ||"
	}
	return e
}

# from word[at] to the end of the line
function expr(e) {
	e = expr_or()
	if (at <= words)
		die("did not expect '" word[at] "'")
	return e
}

# "if EXPR" or nothing
function condition() {
	if (at > words)
		return "y"
	if (word[at++] != "if")
		die("expected 'if', found '" word[at - 1] "'")
	return expr()
}

function both(a, b) {
	return a == "y" ? b : b == "y" ? a : a " " b " &&"
}

# ---- Kconfig ---------------------------------------------------------------

function entry(k) {
	kind[++entries] = k
	up[entries] = around
	dep[entries] = "y"
	opened[entries] = FNR
	cur = entries
}

function need(n, what) {
	if (words < n)
		die("expected " what " after '" word[words] "'")
}

function int_valid(s) {
	return s ~ /^-?(0|[1-9][0-9]*)$/
}

function prompt(i) {
	if (at > words)
		return
	if (substr(word[at], 1, 1) != "\"")
		die("expected a quoted prompt, found '" word[at] "'")
	text[i] = substr(word[at++], 2)
	prompt_if[i] = condition()
}

function open_block(k) {
	entry(k)
	around = cur
}

function close_block(k) {
	if (around == 0 || kind[around] != k)
		die("end" k " without " k)
	around = up[around]
	cur = 0
}

function top_line(w) {
	if (w == "mainmenu") {
		need(2, "a text")
		title = substr(word[2], 2)
	} else if (w == "menu" || w == "comment") {
		need(2, "a text")
		if (w == "menu")
			open_block(w)
		else
			entry(w)
		at = 2
		prompt(cur)
	} else if (w == "if") {
		open_block(w)
		at = 2
		dep[cur] = expr()
		cur = 0
	} else if (w == "endmenu" || w == "endif") {
		close_block(substr(w, 4))
	} else if (w == "config") {
		need(2, "a name")
		if (word[2] !~ /^[A-Z][A-Z0-9_]*$/ || words > 2)
			die("bad name of a symbol")
		if (word[2] in sym)
			die(word[2] " is there already")
		entry(w)
		name[cur] = word[2]
		sym[word[2]] = cur
		type[cur] = ""
	} else
		return 0
	return 1
}

function config_line(w, n) {
	if (w == "bool" || w == "int" || w == "string") {
		if (type[cur] != "")
			die(name[cur] " has a type already")
		type[cur] = w
		at = 2
		prompt(cur)
	} else if (w == "prompt") {
		need(2, "a text")
		at = 2
		prompt(cur)
	} else if (w == "default") {
		need(2, "a value")
		n = ++defaults[cur]
		at = 2
		default_is[cur, n] = type[cur] == "bool" ? expr_or() : word[at++]
		default_if[cur, n] = condition()
	} else if (w == "select") {
		need(2, "a symbol")
		n = ++selects[cur]
		select_of[cur, n] = leaf(word[2])
		at = 3
		select_if[cur, n] = condition()
	} else if (w == "range") {
		need(3, "two numbers")
		n = ++ranges[cur]
		range_lo[cur, n] = word[2]
		range_hi[cur, n] = word[3]
		if (!int_valid(word[2]) || !int_valid(word[3]))
			die("a range is two numbers")
		at = 4
		range_if[cur, n] = condition()
	} else
		return 0
	return 1
}

# a help text ends where a line is indented less than its first one
function help_line(n, line) {
	line = $0
	while (match(line, /\t/))
		line = substr(line, 1, RSTART - 1) substr("        ", 1 + (RSTART - 1) % 8) substr(line, RSTART + 1)
	if (line ~ /^ *$/)
		return 1
	match(line, /^ */)
	n = RLENGTH
	if (help_indent < 0)
		help_indent = n
	if (n == 0 || n < help_indent) {
		in_help = 0
		return 0
	}
	return 1
}

function kconfig_line() {
	if (in_help && help_line())
		return
	cut($0)
	if (words == 0)
		return
	if (top_line(word[1]))
		return
	if (cur == 0)
		die("did not expect '" word[1] "'")
	if (word[1] == "depends") {
		if (word[2] != "on")
			die("expected 'on' after 'depends'")
		at = 3
		dep[cur] = both(dep[cur], expr())
	} else if (kind[cur] == "config" && (word[1] == "help" || word[1] == "---help---")) {
		in_help = 1
		help_indent = -1
	} else if (kind[cur] != "config" || !config_line(word[1]))
		die("did not expect '" word[1] "'")
}

# all of Kconfig is read: every name known, every dependency whole
function kconfig_end(i, n, s) {
	if (around)
		die_at(kconfig, opened[around], kind[around] " without an end")
	for (s in used)
		if (!(s in sym))
			die_at(kconfig, used[s], "unknown symbol " s)
	for (i = 1; i <= entries; i++) {
		if (up[i])
			dep[i] = both(dep[up[i]], dep[i])
		if (kind[i] == "config" && type[i] == "")
			die_at(kconfig, opened[i], name[i] " has no type")
	}
	for (i = 1; i <= entries; i++)
		for (n = 1; n <= selects[i]; n++) {
			s = sym[select_of[i, n]]
			selected_by[s] = selected_by[s] " " both(name[i], both(dep[i], select_if[i, n])) \
			    (selected_by[s] == "" ? "" : " ||")
		}
}
