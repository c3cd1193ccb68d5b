/* knownhosts.c - a line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
/* SPDX-License-Identifier: MIT */
#include "knownhosts.h"

#include <string.h>

#include "base64.h"
#include "crypto.h"
#include "match.h"

#define DIGEST 20 /* of SHA-1, and the salt's length */

static int blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str word(char **p)
{
	struct str w;

	while (blank(**p))
		++*p;
	w = (struct str){(uint8_t *)*p, 0};
	for (; **p && !blank(**p); ++*p)
		w.len++;
	return w;
}

/* names are told apart without their case (RFC 4343); hashes are not names */
static void lower(struct str w)
{
	char *p = (char *)w.p;

	for (; w.len-- && *w.p != '|'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 32;
}

int hostline_read(struct hostline *h, char *line)
{
	struct str first = word(&line), type, text;
	struct rd r;
	size_t n;

	h->mark = HOST_PLAIN;
	if (!first.len || *first.p == '#')
		return 0;
	if (*first.p == '@') {
		if (str_is(first, "@revoked"))
			h->mark = HOST_REVOKED;
		else if (str_is(first, "@cert-authority"))
			h->mark = HOST_CA;
		else
			return 0;
		first = word(&line);
	}
	lower(first);
	h->hosts = first;
	type = word(&line);
	text = word(&line);
	if (!text.len || !base64_decode((uint8_t *)text.p, &n, text.p, text.len))
		return 0;
	h->blob = (struct str){text.p, n};
	r = rd_init(h->blob);
	return str_eq(rd_str(&r), type) && !r.bad;
}

static void digest(uint8_t out[DIGEST], const uint8_t salt[DIGEST], struct str name)
{
	br_hmac_key_context key;
	br_hmac_context c;

	br_hmac_key_init(&key, hash_sha1.vt, salt, DIGEST);
	br_hmac_init(&c, &key, 0);
	br_hmac_update(&c, name.p, name.len);
	br_hmac_out(&c, out);
}

void host_hash(char out[HOST_HASH_LEN], const uint8_t salt[20], struct str name)
{
	uint8_t sum[DIGEST];
	size_t n = 3;

	digest(sum, salt, name);
	memcpy(out, "|1|", 3);
	n += base64_encode(out + n, salt, DIGEST);
	out[n++] = '|';
	n += base64_encode(out + n, sum, DIGEST);
	out[n] = 0;
}

/* the salt is what stands there, so making the text anew and comparing does it */
static int hashed_is(struct str hosts, struct str name)
{
	uint8_t salt[BASE64_LEN(DIGEST)];
	char text[HOST_HASH_LEN];
	size_t n;

	if (hosts.len < 3 + BASE64_LEN(DIGEST) || memcmp(hosts.p, "|1|", 3) != 0 ||
	    !base64_decode(salt, &n, hosts.p + 3, BASE64_LEN(DIGEST)) || n != DIGEST)
		return 0;
	host_hash(text, salt, name);
	return str_is(hosts, text);
}

int hostline_is(const struct hostline *h, struct str name)
{
	return *h->hosts.p == '|' ? hashed_is(h->hosts, name) : match_list(name, h->hosts) > 0;
}
