/* dns.c - messages of the domain name system (RFC 1035): a query, and what its answer holds. */
/* SPDX-License-Identifier: MIT */
/*
 * Bytes in, bytes out. Aliases are followed in whatever order the records come
 * (RFC 1034 3.6.2 promises none). Of an answer that was cut (TC), or goes wrong
 * somewhere, what is whole counts; where that is no address, it says nothing.
 */
#include "dns.h"

#include <string.h>

#define HEAD 12
#define NAME DNS_NAME
#define RR_HEAD 10
#define HOPS 8 /* aliases in a row */

unsigned dns_u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint8_t lower(uint8_t c)
{
	return (unsigned)c - 'A' < 26 ? c + 32 : c;
}

size_t dns_query(uint8_t q[DNS_QUERY], uint16_t id, const char *name, unsigned type)
{
	uint8_t *p = q + HEAD, *end = p + NAME;

	memset(q, 0, HEAD);
	q[0] = (uint8_t)(id >> 8);
	q[1] = (uint8_t)id;
	q[2] = 1; /* RD */
	q[5] = 1; /* one question */
	do {
		size_t n = strcspn(name, ".");

		/* with the length before it and a root behind it */
		if (n - 1 > 62 || n + 2 > (size_t)(end - p))
			return 0;
		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
		name += n + (name[n] == '.');
	} while (*name);
	*p++ = 0;
	*p++ = 0;
	*p++ = (uint8_t)type;
	*p++ = 0;
	*p++ = 1; /* IN */
	return (size_t)(p - q);
}

size_t dns_name(const uint8_t *m, size_t n, size_t at, uint8_t name[NAME])
{
	size_t start = at, after = 0, len = 0, i;

	memset(name, 0, NAME);
	while (at < n) {
		size_t c = m[at++];

		if (c >= 0xc0) {
			if (at == n)
				return 0;
			if (!after)
				after = at + 1;
			at = (c & 63) << 8 | m[at];
			if (at >= start)
				return 0;
			start = at;
			continue;
		}
		if (c > 63 || c > n - at || len + 1 + c > NAME)
			return 0;
		name[len++] = (uint8_t)c;
		if (!c)
			return after ? after : at;
		for (i = 0; i < c; i++)
			name[len++] = m[at++];
	}
	return 0;
}

int dns_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return 0;
	return 1;
}

size_t dns_record(const uint8_t *m, size_t n, size_t at, int question, uint8_t name[NAME],
		  struct dns_record *r)
{
	size_t head = question ? 4 : RR_HEAD;

	at = dns_name(m, n, at, name);
	if (!at || n - at < head)
		return 0;
	r->type = dns_u16(m + at);
	r->class = dns_u16(m + at + 2);
	r->len = 0;
	if (!question) {
		r->ttl = (uint32_t)dns_u16(m + at + 4) << 16 | dns_u16(m + at + 6);
		r->len = dns_u16(m + at + 8);
	}
	at += head;
	r->data = m + at;
	return r->len > n - at ? 0 : at + r->len;
}

/* an answer with our id and one question: ours */
static int belongs(const uint8_t *m, size_t n, const uint8_t *q, size_t q_len)
{
	return n >= q_len && dns_u16(m) == dns_u16(q) && (m[2] & 0xf8) == 0x80 &&
	       dns_u16(m + 4) == 1 && dns_same(m + HEAD, q + HEAD, q_len - HEAD);
}

int dns_answer(const uint8_t *m, size_t n, const uint8_t *q, size_t q_len, uint8_t *out, int max)
{
	uint8_t want[NAME], owner[NAME];
	unsigned type = q[q_len - 3], size = type == DNS_A ? 4 : 16, count, t, len;
	size_t name = HEAD, at;
	int got = 0, hops = HOPS;

	if (!belongs(m, n, q, q_len))
		return DNS_FOREIGN;
	if (m[3] & 15)
		return (m[3] & 15) == 3 ? 0 : DNS_FAILED; /* NXDOMAIN */
	do {
		dns_name(m, n, name, want);
		name = 0;
		at = q_len;
		for (count = dns_u16(m + 6); count; count--, at += len) {
			at = dns_name(m, n, at, owner);
			if (!at || n - at < RR_HEAD)
				break;
			t = dns_u16(m + at);
			len = dns_u16(m + at + 8);
			at += RR_HEAD;
			if (len > n - at)
				break;
			if (!dns_same(owner, want, NAME))
				continue;
			if (t == DNS_CNAME)
				name = at;
			if (t == type && len == size && got < max)
				memcpy(out + size * (unsigned)got++, m + at, size);
		}
	} while (name && !got && hops--);
	/* count: a record that is not whole; 2: TC */
	return !got && (count || m[2] & 2) ? DNS_FAILED : got;
}
