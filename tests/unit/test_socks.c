/* test_socks.c - SOCKS 4, 4a and 5: requests whole and in pieces, and what is refused. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "socks.h"

static struct socks s;
static uint8_t reply[SOCKS_REPLY];
static char host[256];
static uint32_t port;
static int replies;   /* bytes of all */
static uint8_t first; /* second byte of the first */

/*
 * Gives it what it asks for out of n bytes, at most `most` at a time. 0: complete,
 * and the bytes taken are in *used; -1: refused; 1: it wants more.
 */
static int feed(const void *bytes, size_t n, size_t most, size_t *used)
{
	const uint8_t *p = bytes;
	size_t at = 0, len;
	int need;

	memset(&s, 0, sizeof(s));
	replies = first = 0;
	for (;;) {
		memset(reply, 0xee, sizeof(reply));
		need = socks_step(&s, reply, &len);
		if (len && !replies)
			first = reply[1];
		replies += len;
		*used = at;
		if (need <= 0 || at == n)
			return need > 0 ? 1 : need;
		len = (size_t)need < most ? (size_t)need : most;
		len = len < n - at ? len : n - at;
		if (s.have + (size_t)need > sizeof(s.in))
			return -2; /* beyond its own room */
		memcpy(s.in + s.have, p + at, len);
		s.have += len;
		at += len;
	}
}

/* a request of n bytes, whole, in pieces, cut at each byte, with bytes behind it that are not its own */
static int good(const void *bytes, size_t n, const char *to, uint32_t to_port, int greeted)
{
	uint8_t more[700];
	size_t used, i;

	memcpy(more, bytes, n);
	memset(more + n, 5, 20);
	for (i = 1; i <= n; i++) {
		if (feed(more, n + 20, i, &used) != 0 || used != n ||
		    replies != (greeted ? 2 : 0) || first)
			return 0;
		memset(host, 'x', sizeof(host));
		port = 0;
		socks_target(&s, host, sizeof(host), &port);
		if (strcmp(host, to) != 0 || port != to_port)
			return 0;
	}
	for (i = 0; i < n; i++)
		if (feed(more, i, 1 + i % 3, &used) != 1)
			return 0;
	return 1;
}

static int refused(const void *bytes, size_t n)
{
	size_t used;

	return feed(bytes, n, n, &used) == -1;
}

#define GOOD(z, to, port, greeted) good(z, sizeof(z) - 1, to, port, greeted)
#define REFUSED(z) refused(z, sizeof(z) - 1)

static void version4(void)
{
	static uint8_t longest[600];
	size_t used;

	check("socks 4",
	      GOOD("\4\1\0\120\177\0\0\1\0", "127.0.0.1", 80, 0) &&
		  GOOD("\4\1\377\377\377\377\377\376me\0", "255.255.255.254", 65535, 0),
	      "wrong");
	check("socks 4a",
	      GOOD("\4\1\0\26\0\0\0\1\0host.example\0", "host.example", 22, 0) &&
		  GOOD("\4\1\0\26\0\0\0\377user\0h\0", "h", 22, 0) &&
		  GOOD("\4\1\0\26\0\0\0\1\0\0", "", 22, 0),
	      "wrong");
	check("socks 4: 0.0.0.0 is an address",
	      GOOD("\4\1\0\26\0\0\0\0u\0", "0.0.0.0", 22, 0) &&
		  GOOD("\4\1\0\26\0\0\1\1u\0", "0.0.1.1", 22, 0),
	      "it is not");
	check("socks 4: binding and others",
	      REFUSED("\4\2\0\120\177\0\0\1\0") && REFUSED("\4\0\0\120\177\0\0\1\0") &&
		  REFUSED("\4\3\0\120\177\0\0\1\0"),
	      "taken");
	memset(longest, 'u', sizeof(longest));
	memcpy(longest, "\4\1\0\26\0\0\0\1", 8);
	check("socks 4: a user without end",
	      feed(longest, sizeof(longest), 99, &used) == -1 && used <= SOCKS_MAX, "taken");
	longest[200] = 0;
	check("socks 4a: a name without end",
	      feed(longest, sizeof(longest), 99, &used) == -1 && used <= SOCKS_MAX, "taken");
	longest[SOCKS_MAX - 1] = 0;
	check("socks 4a: the longest",
	      feed(longest, sizeof(longest), 99, &used) == 0 && used == SOCKS_MAX, "refused");
	memset(host, 'x', sizeof(host));
	socks_target(&s, host, sizeof(host), &port);
	check("socks 4a: a name longer than there is room",
	      memchr(host, 0, sizeof(host)) == host + 255, "beyond");
}

static void version5(void)
{
	static uint8_t longest[5 + 3 + 256 + 6];

	check("socks 5, an address", GOOD("\5\1\0\5\1\0\1\12\0\0\1\1\273", "10.0.0.1", 443, 1),
	      "wrong");
	check("socks 5, IPv6",
	      GOOD("\5\1\0\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\0\26",
		   "2001:db8:0:0:0:0:0:1", 22, 1),
	      "wrong");
	check("socks 5, a name",
	      GOOD("\5\1\0\5\1\0\3\4host\0\26", "host", 22, 1) &&
		  GOOD("\5\1\0\5\1\0\3\0\0\26", "", 22, 1) &&
		  GOOD("\5\1\0\5\1\0\3\1h\0\0", "h", 0, 1),
	      "wrong");
	memcpy(longest, "\5\1\0\5\1\0\3\377", 8);
	memset(longest + 8, 'n', 255);
	memset(longest + 8 + 255, 1, 2);
	memset(host, 'n', 255);
	{
		static char name[256];

		memset(name, 'n', 255);
		check("socks 5, the longest name", good(longest, 8 + 255 + 2, name, 257, 1),
		      "wrong");
	}
	check("socks 5, several methods",
	      GOOD("\5\3\2\1\0\5\1\0\1\12\0\0\1\1\273", "10.0.0.1", 443, 1) &&
		  GOOD("\5\2\0\2\5\1\0\1\12\0\0\1\1\273", "10.0.0.1", 443, 1),
	      "wrong");
	check("socks 5, methods without none",
	      REFUSED("\5\2\1\2\5\1\0\1\12\0\0\1\1\273") && replies == 2 && first == 0xff &&
		  REFUSED("\5\1\377") && first == 0xff && REFUSED("\5\0") && replies == 2 &&
		  first == 0xff,
	      "taken");
	check("socks 5, binding and UDP",
	      REFUSED("\5\1\0\5\2\0\1\12\0\0\1\1\273") &&
		  REFUSED("\5\1\0\5\3\0\1\12\0\0\1\1\273") &&
		  REFUSED("\5\1\0\5\0\0\1\12\0\0\1\1\273"),
	      "taken");
	check("socks 5, unknown addresses",
	      REFUSED("\5\1\0\5\1\0\0\12\0\0\1\1\273") &&
		  REFUSED("\5\1\0\5\1\0\2\12\0\0\1\1\273") &&
		  REFUSED("\5\1\0\5\1\0\5\12\0\0\1\1\273"),
	      "taken");
	check("socks, another version",
	      REFUSED("\0\1\0") && REFUSED("\6\1\0") && REFUSED("\377\377") &&
		  REFUSED("GET / HTTP/1.0"),
	      "taken");
	check("socks 5, another version behind the greeting",
	      REFUSED("\5\1\0\6\1\0\1\12\0\0\1\1\273") && REFUSED("\5\1\0\4\1\0\120\177\0\0\1\0"),
	      "taken");
}

static void methods(void)
{
	uint8_t all[2 + 255 + 10] = {5, 255};
	unsigned i;

	for (i = 0; i < 255; i++)
		all[2 + i] = i + 1;
	check("socks 5, all methods but none", refused(all, 257) && first == 0xff, "taken");
	all[2 + 254] = 0;
	memcpy(all + 257, "\5\1\0\1\1\2\3\4\0\7", 10);
	check("socks 5, none as the last of 255", good(all, 267, "1.2.3.4", 7, 1), "refused");
}

static void answers(void)
{
	check("socks, the last answers",
	      socks_reply(4, 1, reply) == 8 && !memcmp(reply, "\0\132\0\0\0\0\0\0", 8) &&
		  socks_reply(4, 0, reply) == 8 && !memcmp(reply, "\0\133\0\0\0\0\0\0", 8) &&
		  socks_reply(5, 1, reply) == 10 && !memcmp(reply, "\5\0\0\1\0\0\0\0\0\0", 10) &&
		  socks_reply(5, 0, reply) == 10 && !memcmp(reply, "\5\1\0\1\0\0\0\0\0\0", 10),
	      "wrong");
}

int main(void)
{
	version4();
	version5();
	methods();
	answers();
	return check_result();
}
