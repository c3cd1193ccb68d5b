/* dns.h - messages of the domain name system (RFC 1035): a query, and what its answer holds. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_DNS_H
#define PORT_DNS_H

#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY (12 + 255 + 4) /* bytes at most */

#define DNS_NAME 255 /* bytes of a name at most */

enum {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_NSEC = 47,
	DNS_ANY = 255
};

/* dns_answer: the server could not tell; the message has nothing to do with the query */
enum { DNS_FAILED = -1, DNS_FOREIGN = -2 };

/*
 * The query for a name (one dot at its end is fine) and its length; 0 where that is
 * none: empty labels, labels over 63 bytes, over 255 in all (RFC 1035 2.3.4).
 */
size_t dns_query(uint8_t q[DNS_QUERY], uint16_t id, const char *name, unsigned type);
/*
 * The addresses in an answer m to query q: up to max of 4 or 16 bytes each, as the query's type
 * has it, one after the other in out; how many, 0: there is no such name or it has none.
 */
int dns_answer(const uint8_t *m, size_t n, const uint8_t *q, size_t q_len, uint8_t *out, int max);
/*
 * The name at m + at, zeros behind it; where the message goes on after it, 0 where
 * it is none. A pointer must lead before the place that it continues (RFC 1035
 * 4.1.4: "prior occurrence"), so there are no loops.
 */
size_t dns_name(const uint8_t *m, size_t n, size_t at, uint8_t name[DNS_NAME]);
/* 16 bits */
unsigned dns_u16(const uint8_t *p);

struct dns_record {
	unsigned type, class, len; /* a question's len is 0 */
	uint32_t ttl;
	const uint8_t *data;
};

/* the record at m + at (or question), and where the message goes on; 0: it is not whole */
size_t dns_record(const uint8_t *m, size_t n, size_t at, int question, uint8_t name[DNS_NAME],
		  struct dns_record *r);
/* 1: n bytes of names, or of a question, are the same in small letters: lengths and types are none */
int dns_same(const uint8_t *a, const uint8_t *b, size_t n);

#endif
