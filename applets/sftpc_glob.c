/* sftpc_glob.c - which files a pattern means, on a server or here. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "xfer.h"

/*
 * The element of a set like [a-c!x] that begins at k: its length where it has c
 * in it (after ! where it has not), 0 where it does not match, 1 where it is no
 * set as nothing closes it.
 */
static size_t in_set(struct str p, size_t k, uint8_t c)
{
	size_t i = k + 1, first;
	int other = i < p.len && (p.p[i] == '!' || p.p[i] == '^'), hit = 0;

	for (first = i += (size_t)other; i < p.len && (p.p[i] != ']' || i == first); i++) {
		uint8_t lo;

		i += p.p[i] == '\\' && i + 1 < p.len;
		lo = p.p[i];
		if (i + 2 < p.len && p.p[i + 1] == '-' && p.p[i + 2] != ']')
			i += 2;
		hit |= lo <= c && c <= p.p[i];
	}
	if (i >= p.len)
		return c == '[';
	return hit != other ? i + 1 - k : 0;
}

/* the length of what stands at k in the pattern where c matches that, else 0 */
static size_t element(struct str p, size_t k, uint8_t c)
{
	if (k >= p.len)
		return 0;
	if (p.p[k] == '?')
		return 1;
	if (p.p[k] == '[')
		return in_set(p, k, c);
	if (p.p[k] == '\\' && k + 1 < p.len)
		return 2 * (size_t)(p.p[k + 1] == c);
	return p.p[k] == c;
}

/* as in core/match.c, only the last star is ever gone back to */
static int matches(struct str s, struct str p)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0, n;

	/* hidden ones only where that is meant */
	if (s.len && *s.p == '.' && !(p.len && (*p.p == '.' || *p.p == '\\')))
		return 0;
	while (i < s.len) {
		if (k < p.len && p.p[k] == '*') {
			star = k++;
			from = i;
		} else if ((n = element(p, k, s.p[i]))) {
			k += n;
			i++;
		} else if (star != SIZE_MAX) {
			k = star + 1;
			i = ++from;
		} else {
			return 0;
		}
	}
	while (k < p.len && p.p[k] == '*')
		k++;
	return k == p.len;
}

int glob_match(const char *pattern, const char *name)
{
	return matches(str_of(name), str_of(pattern));
}

/* 1: there are wildcards in the n bytes */
static int is_wild(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr("*?[", s[i]))
			return 1;
		i += s[i] == '\\';
	}
	return 0;
}

/* n bytes without backslashes; how many they are then */
static size_t plain(char *out, const char *s, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		i += s[i] == '\\' && i + 1 < n;
		out[len++] = s[i];
	}
	return len;
}

int glob_plain(char *pattern)
{
	size_t n = strlen(pattern);

	if (is_wild(pattern, n))
		return 1;
	pattern[plain(pattern, pattern, n)] = 0;
	return 0;
}

/* a pattern, cut: parts without wildcards, one with, and what follows that */
struct cut {
	const char *plain, *wild, *rest;
	size_t plain_len, wild_len;
};

static void cut(struct cut *c, const char *pattern)
{
	const char *p = pattern;
	size_t n;

	for (n = strcspn(p, "/"); p[n] && !is_wild(p, n); n = strcspn(p, "/"))
		p += n + 1;
	if (!is_wild(p, n)) {
		p += n;
		n = 0;
	}
	*c = (struct cut){pattern, p, p + n, (size_t)(p - pattern), n};
}

static struct side at APART; /* path: what a pattern has led to so far */

/* what is there, if it is */
static int add(struct sftpc *c, struct names *to)
{
	struct sftp_attrs a;

	at.c = c;
	at.dir = AT_FDCWD;
	if (side_stat(&at, 0, &a))
		return 0;
	return names_add(to, at.path, &a);
}

/* a name in the directory at.path, whose length is n, that matches */
static int found(struct sftpc *c, const struct cut *p, size_t n, const struct name *name,
		 struct names *to)
{
	const struct sftp_attrs *a = &name->attrs;
	int r = 0;

	if (n + name->len + 2 > SFTPC_PATH)
		return 0;
	memcpy(at.path + n, name->text, name->len + 1u);
	if (!*p->rest) {
		r = a->flags & ATTR_MODE ? names_add(to, at.path, a) : add(c, to);
	} else if (!S_ISREG(a->mode)) {
		/* the slash that more follows behind */
		memcpy(at.path + n + name->len, "/", 2);
		r = names_add(to, at.path, a);
	}
	at.path[n] = 0;
	return r;
}

/* what one pattern leads to behind one path */
static int step(struct sftpc *c, const struct cut *p, const struct name *behind, struct names *to)
{
	struct str wild = {(const uint8_t *)p->wild, p->wild_len};
	size_t n = behind->len;
	struct name *name;
	static struct walk w APART;
	int r = 0;

	if (n + p->plain_len >= SFTPC_PATH)
		return 0;
	memcpy(at.path, behind->text, n);
	n += plain(at.path + n, p->plain, p->plain_len);
	at.path[n] = 0;
	if (!p->wild_len)
		return add(c, to);
	if (walk_open(&w, c, at.path, to))
		return 0;
	while (!r && (name = walk_next(&w)))
		if (matches((struct str){(uint8_t *)name->text, name->len}, wild))
			r = found(c, p, n, name, to);
	walk_close(&w);
	return r ? r : w.err == -ENOSPC ? w.err : 0;
}

/*
 * From paths to longer ones, a wildcard at a time: those that it starts from lie
 * between mark and end, those that it finds above, and slide down in their place.
 */
int sftpc_glob(struct sftpc *c, const char *pattern, struct names *to)
{
	uint32_t mark = to->top, end, next;
	struct cut p = {.rest = pattern};
	int r = names_add(to, "", NULL);

	do {
		cut(&p, p.rest + (p.wild && *p.rest == '/'));
		end = to->top;
		for (next = mark; !r && next < end && !(c && c->err);)
			r = step(c, &p, names_at(to, &next), to);
		names_cut(to, mark, end);
	} while (!r && *p.rest);
	if (!r && c)
		r = c->err;
	if (r)
		to->top = mark;
	names_sort(to, mark, BY_NAME, 0);
	return r;
}
