/* socks.c - SOCKS 4, 4a and 5 (RFC 1928), the proxy's side, on bytes. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "port.h"
#include "socks.h"

#define CONNECT 1

enum { ATYP_V4 = 1, ATYP_NAME = 3, ATYP_V6 = 4 };

/* length with the NUL of the text that starts at at; 0: its end is not here */
static size_t text_len(const struct socks *s, size_t at)
{
	const uint8_t *end = memchr(s->in + at, 0, s->have - at);

	return end ? (size_t)(end - s->in) - at + 1 : 0;
}

/* 0.0.0.x, x not 0: a name follows the user */
static int is_4a(const struct socks *s)
{
	return !s->in[4] && !s->in[5] && !s->in[6] && s->in[7];
}

/* version, command, port, address, user, NUL; and a name, NUL */
static int step4(const struct socks *s)
{
	size_t user;

	if (s->have < 9)
		return 9 - s->have;
	if (s->in[1] != CONNECT)
		return -1;
	user = text_len(s, 8);
	if (!user || (is_4a(s) && (s->have == 8 + user || !text_len(s, 8 + user))))
		return s->have < SOCKS_MAX ? 1 : -1;
	return 0;
}

/* version, command, reserved, type, address, port */
static int step5(const struct socks *s)
{
	int n;

	if (s->have < 5)
		return 5 - s->have;
	if (s->in[1] != CONNECT)
		return -1;
	switch (s->in[3]) {
	case ATYP_V4: n = 4 + 4 + 2; break;
	case ATYP_V6: n = 4 + 16 + 2; break;
	case ATYP_NAME: n = 4 + 1 + s->in[4] + 2; break;
	default: return -1;
	}
	return n - s->have;
}

int socks_step(struct socks *s, uint8_t reply[SOCKS_REPLY], size_t *reply_len)
{
	*reply_len = 0;
	if (s->have < 2)
		return 2 - s->have;
	if (s->in[0] == 4 && !s->greeted)
		return step4(s);
	if (s->in[0] != 5)
		return -1;
	if (s->greeted)
		return step5(s);
	/* version, count, methods: one of them must be "none" */
	if (s->have < 2 + s->in[1])
		return 2 + s->in[1] - s->have;
	reply[0] = 5;
	reply[1] = memchr(s->in + 2, 0, s->in[1]) ? 0 : 0xff;
	*reply_len = 2;
	s->greeted = 1;
	s->have = 0;
	return reply[1] ? -1 : 5;
}

void socks_target(const struct socks *s, char *host, size_t n, uint32_t *port)
{
	int four = s->in[0] == 4;
	const uint8_t *p = s->in + 4, *end = four ? p : s->in + s->have; /* behind the port */
	size_t at = 0;

	if (four && is_4a(s))
		fmt(host, n, "%s", (const char *)s->in + 8 + text_len(s, 8));
	else if (!four && s->in[3] == ATYP_NAME)
		fmt(host, n, "%.*s", p[0], (const char *)p + 1);
	else if (!four && s->in[3] == ATYP_V6)
		for (; p < s->in + 20; p += 2)
			at += fmt(host + at, n - at, at ? ":%x" : "%x", p[0] << 8 | p[1]);
	else
		fmt(host, n, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
	*port = (uint32_t)(end[-2] << 8 | end[-1]);
}

size_t socks_reply(unsigned version, int yes, uint8_t reply[SOCKS_REPLY])
{
	memset(reply, 0, SOCKS_REPLY);
	if (version == 4) {
		reply[1] = yes ? 90 : 91;
		return 8;
	}
	reply[0] = 5;
	reply[1] = yes ? 0 : 1;
	reply[3] = ATYP_V4;
	return 10;
}
