/* fuzz_dns.c - answers of a name server, and names to ask for: nothing beyond what there is. */
/* SPDX-License-Identifier: MIT */
/*
 * First byte: 0 the rest is a name, which makes a query that its own answer
 * belongs to; others: an answer to the query for "ab.c", odd for A, even for AAAA.
 */
#include <stdlib.h>
#include <string.h>

#include "dns.h"

#define MAX 8

static void must(int good)
{
	if (!good)
		abort();
}

static void name(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	uint8_t q[DNS_QUERY], m[DNS_QUERY], out[16 * MAX];
	size_t len, i;

	memcpy(text, data, n);
	text[n] = 0;
	len = dns_query(q, (uint16_t)n, text, DNS_AAAA);
	must(len <= DNS_QUERY);
	if (len) {
		must(len == 12 + strlen(text) + 2 + 4 - (text[strlen(text) - 1] == '.'));
		for (i = 0; i < len; i++)
			m[i] = q[i];
		m[2] |= 0x80;
		must(dns_answer(m, len, q, len, out, MAX) == 0);
	}
	free(text);
}

static void answer(unsigned type, const uint8_t *data, size_t n)
{
	static const uint8_t flags[2] = {0x81, 0x80};
	uint8_t q[DNS_QUERY], *m = malloc(n + 1), *out = malloc(16 * MAX);
	size_t len = dns_query(q, 0x1234, "ab.c", type), size = type == DNS_A ? 4 : 16, i;
	int got;

	memset(out, 0xaa, 16 * MAX);
	memcpy(m, data, n);
	got = dns_answer(m, n, q, len, out, MAX);
	must(got >= DNS_FOREIGN && got <= MAX);
	for (i = got > 0 ? (size_t)got * size : 0; i < 16 * MAX; i++)
		must(out[i] == 0xaa);
	/* the same behind the right beginning, unless it has one */
	if (got == DNS_FOREIGN && n >= len) {
		memcpy(m, q, len);
		memcpy(m + 2, flags, 2);
		memcpy(m + 6, data + 6, 2);
		got = dns_answer(m, n, q, len, out, MAX);
		must(got >= DNS_FAILED && got <= MAX);
	}
	must(got <= 0 || (size_t)got * (size + 11) <= n - len);
	free(out);
	free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n || n > 2000)
		return 0;
	if (*data)
		answer(*data & 1 ? DNS_A : DNS_AAAA, data + 1, n - 1);
	else
		name(data + 1, n - 1);
	return 0;
}
