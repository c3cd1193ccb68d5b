/* test_dns.c - queries as bytes, answers of all kinds, and those that no server would send. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "dns.h"

/* a message: what is put goes to its end */
static uint8_t m[600], q[DNS_QUERY], out[8 * 16];
static size_t n, q_len;

/* bytes in hex */
static void put(const char *hex)
{
	n += check_hex(m + n, hex);
}

static void put_name(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		m[n++] = (uint8_t)len;
		memcpy(m + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	m[n++] = 0;
}

/* an answer to the query about "ab.c" of this type, with so many records; flags in hex */
static void answer(unsigned type, const char *flags, unsigned records)
{
	q_len = dns_query(q, 0x1234, "ab.c", type);
	memcpy(m, q, q_len);
	n = 2;
	put(flags);
	m[7] = (uint8_t)records;
	n = q_len;
}

/* at C00C is the name of the question */
#define Q "c00c"
#define A "00010001000000000004"
#define AAAA "001c0001000000000010"
#define CNAME "0005000100000000"

static int take(void)
{
	memset(out, 0, sizeof out);
	return dns_answer(m, n, q, q_len, out, 8);
}

static int out_is(const char *hex)
{
	uint8_t want[sizeof out];
	size_t len = check_hex(want, hex);

	return memcmp(out, want, len) == 0;
}

static void queries(void)
{
	static const uint8_t want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\2ab\1c\0\0\x1c\0\1";
	static const char *const bad[] = {"", ".", "..", "a..b", ".a", "a.."};
	char name[300];
	int good = 1;
	size_t i;

	q_len = dns_query(q, 0x1234, "ab.c", DNS_AAAA);
	check("dns query", q_len == sizeof want - 1 && !memcmp(q, want, q_len), "bytes");
	check("dns query with a last dot",
	      dns_query(q, 0x1234, "ab.c.", DNS_AAAA) == q_len && !memcmp(q, want, q_len), "bytes");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		good &= !dns_query(q, 1, bad[i], DNS_A);
	check("dns query of no name", good, "one made a query");
	memset(name, 'x', sizeof name);
	name[63] = 0;
	check("dns label of 63", dns_query(q, 1, name, DNS_A) == 12 + 65 + 4, "length");
	name[63] = 'x';
	name[64] = 0;
	check("dns label of 64", !dns_query(q, 1, name, DNS_A), "made a query");
	for (i = 0; i < sizeof name; i++)
		name[i] = i % 2 ? '.' : 'x';
	name[253] = 0;
	check("dns name of 253", dns_query(q, 1, name, DNS_A) == DNS_QUERY, "length");
	name[253] = '.';
	name[254] = 0;
	check("dns name of 253 and a dot", dns_query(q, 1, name, DNS_A) == DNS_QUERY, "length");
	name[254] = 'x';
	name[255] = 0;
	check("dns name of 255", !dns_query(q, 1, name, DNS_A), "made a query");
}

static void answers(void)
{
	answer(DNS_A, "8180", 2);
	put(Q A "0a000001" Q A "0a000002");
	check("dns A", take() == 2 && out_is("0a0000010a000002"), "not the two");
	answer(DNS_A, "8180", 1);
	put_name("AB.c");
	put(A "0a000001");
	m[q_len - 8] = 'B';
	check("dns in other letters", take() == 1 && out_is("0a000001"), "not taken");
	answer(DNS_AAAA, "8180", 1);
	put(Q AAAA "20010db8000000000000000000000001");
	check("dns AAAA", take() == 1 && out_is("20010db8000000000000000000000001"), "not taken");
	answer(DNS_A, "8180", 9);
	for (int i = 0; i < 9; i++)
		put(Q A "0a000001");
	check("dns nine of eight", take() == 8, "not eight");
	answer(DNS_A, "8180", 3);
	put(Q AAAA "20010db8000000000000000000000001" Q "00010001000000000005"
		   "0a00000100"
		   "c00f" A "0a000003");
	check("dns what was not asked for", take() == 0, "taken");
	answer(DNS_A, "8180", 0);
	check("dns no data", take() == 0, "not 0");
	answer(DNS_A, "8183", 0);
	check("dns NXDOMAIN", take() == 0, "not 0");
	answer(DNS_A, "8182", 0);
	check("dns SERVFAIL", take() == DNS_FAILED, "not failed");
	answer(DNS_A, "8185", 0);
	check("dns REFUSED", take() == DNS_FAILED, "not failed");
	answer(DNS_A, "8380", 0);
	check("dns TC and nothing", take() == DNS_FAILED, "not failed");
	answer(DNS_A, "8380", 2);
	put(Q A "0a000001" Q A "0a");
	check("dns TC and something", take() == 1 && out_is("0a000001"), "not taken");
}

static void aliases(void)
{
	answer(DNS_A, "8180", 3);
	put(Q CNAME "0004"
		    "0178"
		    "c00c"); /* x.ab.c, whose name is at 22 + 12 */
	put("c022" CNAME "0003"
	    "017a00"
	    "017a00" A "0a000001");
	check("dns CNAME", take() == 1 && out_is("0a000001"), "not followed");
	answer(DNS_A, "8180", 3);
	put_name("z");
	put(A "0a000002");
	put_name("y");
	put(CNAME "0003"
		  "017a00" Q CNAME "0003"
		  "017900");
	check("dns CNAME backwards", take() == 1 && out_is("0a000002"), "not followed");
	answer(DNS_A, "8180", 1);
	put(Q CNAME "0003"
		    "017900");
	check("dns CNAME to nothing", take() == 0, "not 0");
	answer(DNS_A, "8180", 2);
	put(Q CNAME "0003"
		    "017900"
		    "017900" CNAME "0002" Q);
	check("dns CNAME in a circle", take() == 0, "not 0");
	answer(DNS_A, "8180", 2);
	put(Q CNAME "0002"
		    "c0ff" Q CNAME "0003"
		    "0199ff");
	check("dns CNAME of junk", take() <= 0, "taken");
}

static void foreign(void)
{
	static const struct {
		uint8_t at, value;
		const char *name;
	} other[] = {
	    {0,  0x13,     "id"              },
            {1,  0x35,     "id's low half"   },
            {2,  0x01,     "query"           },
	    {2,  0x89,     "opcode"          },
            {4,  1,        "question count"  },
            {5,  0,        "without question"},
	    {5,  2,        "questions"       },
            {12, 3,        "label"           },
            {13, 'x',      "name"            },
	    {19, DNS_AAAA, "type"            },
            {21, 3,        "class"           },
	};
	char name[60];
	size_t i;

	for (i = 0; i < sizeof other / sizeof *other; i++) {
		answer(DNS_A, "8180", 1);
		put(Q A "0a000001");
		m[other[i].at] = other[i].value;
		strcpy(name, "dns foreign ");
		strcat(name, other[i].name);
		check(name, take() == DNS_FOREIGN, "taken");
	}
	answer(DNS_A, "8180", 1);
	for (n = 0; n < q_len && take() == DNS_FOREIGN;)
		n++;
	check("dns too short", n == q_len, "taken");
}

/* owner names of a record that is otherwise good */
static void hostile(void)
{
	static const char *const names[] = {
	    "c016", "c018",    "ffff", "c0", "40616263", "8000", "02ab", "", "016101620163c017",
	    "3f",   "c00dc00c"};
	uint8_t copy[sizeof m];
	size_t i, all;
	int good = 1, got;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		answer(DNS_A, "8180", 1);
		put(names[i]);
		good &= take() == DNS_FAILED;
		put(A "0a000001");
		good &= take() <= 0;
	}
	check("dns names that are none", good, "one was taken");
	/* each pointer to the one before it, and the owner to the last */
	answer(DNS_A, "8180", 2);
	put("00" CNAME "0100"
	    "c00c");
	for (i = 0; i < 127; i++) {
		m[n] = 0xc0 | (uint8_t)((n - 2) >> 8);
		m[n + 1] = (uint8_t)(n - 2);
		n += 2;
	}
	m[n] = 0xc0 | (uint8_t)((n - 2) >> 8);
	m[n + 1] = (uint8_t)(n - 2);
	n += 2;
	put(A "0a000001");
	check("dns 128 pointers", take() == 1, "not taken");
	/* labels and a pointer that come over 255 bytes */
	answer(DNS_A, "8180", 2);
	put("00" CNAME "0102");
	for (all = n, i = 0; i < 256; i += 64) {
		m[n] = 63;
		memset(m + n + 1, 'x', 63);
		n += 64;
	}
	put(Q);
	m[n] = 0xc0 | (uint8_t)(all >> 8);
	m[n + 1] = (uint8_t)all;
	n += 2;
	put(A "0a000001");
	check("dns name over 255", take() == DNS_FAILED, "taken");
	answer(DNS_A, "8180", 255);
	m[6] = 255;
	put(Q A "0a000001");
	check("dns 65535 records", take() == 1, "not taken");
	answer(DNS_A, "8180", 1);
	put(Q "0001000100000000ffff"
	      "0a000001");
	check("dns data beyond the end", take() == DNS_FAILED, "taken");

	/* cut anywhere, and any byte another one */
	answer(DNS_A, "8180", 2);
	put(Q CNAME "0004"
		    "0178c00c"
		    "c022" A "0a000001");
	all = n;
	memcpy(copy, m, all);
	for (good = 1, n = q_len; n < all; n++)
		good &= take() == DNS_FAILED;
	check("dns cut", good, "taken");
	for (good = 1, i = 0; i < all * 256; i++) {
		m[i / 256] = (uint8_t)i;
		got = take();
		good &= got >= DNS_FOREIGN && got <= 2;
		m[i / 256] = copy[i / 256];
	}
	check("dns other bytes", good, "more than there is");
}

int main(void)
{
	queries();
	answers();
	aliases();
	foreign();
	hostile();
	return check_result();
}
