/* addrlist.c - pattern lists of addresses, as from= and Match write them. */
/* SPDX-License-Identifier: MIT */
/*
 * What cannot be understood never lets anybody in: a malformed pattern matches
 * nobody, and with '!' everybody.
 */
#include "internal.h"

#include "sock.h"

#include <string.h>

#define PATTERN_ROOM 80

/* '*' any text, '?' any one character; case of hexadecimal digits apart */
static int glob(const char *p, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			back = s;
		} else if (*p == '?' || (*p | (*p >= 'A' && *p <= 'F' ? 32 : 0)) == *s) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++back;
		} else {
			return 0;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

/* 1, 0, or -1 where it is malformed */
static int match_net(const struct addr *a, char *pattern, char *slash)
{
	const uint8_t *p, *q;
	struct addr net;
	uint64_t bits;
	size_t n, m;

	*slash = 0;
	if (!*pattern || *pattern == '*' || addr_parse(&net, pattern, 0, 0) < 0)
		return -1;
	p = addr_bytes(a, &n);
	q = addr_bytes(&net, &m);
	if (num_parse(slash + 1, 0, m * 8, &bits) < 0)
		return -1;
	if (n != m || memcmp(p, q, bits / 8) != 0)
		return 0;
	return bits % 8 == 0 || (p[bits / 8] ^ q[bits / 8]) >> (8 - bits % 8) == 0;
}

static int match_one(const struct addr *a, const char *text, char *pattern)
{
	char *slash = strchr(pattern, '/');
	struct addr other;
	const uint8_t *p, *q;
	size_t n, m;

	if (slash)
		return match_net(a, pattern, slash);
	if (glob(pattern, text))
		return 1;
	/* the same address written in another way */
	if (!strchr(pattern, ':') || addr_parse(&other, pattern, 0, 0) < 0)
		return 0;
	p = addr_bytes(a, &n);
	q = addr_bytes(&other, &m);
	return n == m && memcmp(p, q, n) == 0;
}

int addr_match(const struct addr *a, const char *list)
{
	char text[PATTERN_ROOM], pattern[PATTERN_ROOM];
	int found = 0, not, r;
	const char *comma;
	size_t n;

	addr_host(a, text, sizeof text);
	for (;; list = comma + 1) {
		while (*list == ' ' || *list == '\t')
			list++;
		comma = strchr(list, ',');
		n = comma ? (size_t)(comma - list) : strlen(list);
		not = *list == '!';
		fmt(pattern, sizeof pattern, "%.*s", (int)n - not, list + not );
		r = (int)n - not < PATTERN_ROOM ? match_one(a, text, pattern) : -1;
		if (not &&r)
			return -1;
		found |= r > 0;
		if (!comma)
			return found;
	}
}
