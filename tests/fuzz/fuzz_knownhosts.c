/* fuzz_knownhosts.c - lines of known_hosts: all that is found lies in the line, and lists mean what they say. */
/* SPDX-License-Identifier: MIT */
/* The first line of the input is the name that is looked for, the second one of known_hosts. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "knownhosts.h"

static void must(int good)
{
	if (!good)
		abort();
}

/* which beginnings of the name the pattern's beginnings match, one character after the other */
static int glob(const uint8_t *s, size_t n, const uint8_t *p, size_t m)
{
	static uint8_t ok[8193];
	size_t i;

	memset(ok, 0, n + 1);
	for (ok[0] = 1; m--; p++) {
		if (*p == '*') {
			for (i = 1; i <= n; i++)
				ok[i] |= ok[i - 1];
			continue;
		}
		for (i = n; i; i--)
			ok[i] = ok[i - 1] && (*p == '?' || *p == s[i - 1]);
		ok[0] = 0;
	}
	return ok[n];
}

static int list(struct str s, struct str hosts)
{
	size_t i, k;
	int found = 0, r;

	for (i = 0; i < hosts.len; i = k + 1) {
		int except;

		for (k = i; k < hosts.len && hosts.p[k] != ','; k++)
			;
		except = i < k && hosts.p[i] == '!';
		r = k - i == (size_t)except
			? 0
			: glob(s.p, s.len, hosts.p + i + except, k - i - (size_t)except);
		if (r && except)
			return 0;
		found |= r;
	}
	return found;
}

static void look(const struct hostline *h, const char *line, size_t n, struct str name)
{
	const char *hosts = (const char *)h->hosts.p, *blob = (const char *)h->blob.p;
	char text[HOST_HASH_LEN], hashed[HOST_HASH_LEN + 1];
	uint8_t salt[20] = {1, 2, 3};
	struct hostline again = *h;
	int is, plain;

	must(h->mark == HOST_PLAIN || h->mark == HOST_CA || h->mark == HOST_REVOKED);
	must(hosts >= line && h->hosts.len && h->hosts.len <= (size_t)(line + n - hosts));
	must(blob > hosts + h->hosts.len && h->blob.len >= 4 &&
	     h->blob.len <= (size_t)(line + n - blob));
	must(!memchr(hosts, ' ', h->hosts.len) && !memchr(hosts, '\t', h->hosts.len));
	is = hostline_is(h, name);
	must(is == 0 || is == 1);
	plain = *hosts == '|' ? -1 : list(name, h->hosts);
	must(plain < 0 || is == plain);
	must(*hosts != '|' || !is || h->hosts.len < HOST_HASH_LEN);
	/* the same name hashed */
	host_hash(text, salt, name);
	must(strlen(text) < sizeof(text));
	memcpy(hashed, text, sizeof(text));
	again.hosts = str_of(hashed);
	must(hostline_is(&again, name) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nl = n ? memchr(data, '\n', n) : NULL;
	struct str name = {data, nl ? (size_t)(nl - data) : 0};
	struct hostline h;
	char *line;

	if (!nl || n > 8192 || memchr(data, 0, n))
		return 0;
	n -= name.len + 1;
	line = malloc(n + 1);
	memcpy(line, nl + 1, n);
	line[n] = 0;
	if (hostline_read(&h, line))
		look(&h, line, n, name);
	free(line);
	return 0;
}
