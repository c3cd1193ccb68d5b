/* addr.c - internet addresses as text, and lists of patterns to hold them against. */
/* SPDX-License-Identifier: MIT */
/*
 * A struct addr is a sockaddr_in or sockaddr_in6 as bytes. An IPv4 address that
 * came in by an IPv6 socket (::ffff:a.b.c.d) counts as the IPv4 address that it is.
 */
#include "internal.h"

#include "config.h"
#include "sock.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ADDR4 offsetof(struct sockaddr_in, sin_addr)
#define ADDR6 offsetof(struct sockaddr_in6, sin6_addr)

const uint8_t *addr_bytes(const struct addr *a, size_t *n)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *ip = a->sa.bytes + ADDR6;

	*n = a->sa.any.family == AF_INET6 ? 16 : a->sa.any.family == AF_INET ? 4 : 0;
	if (*n == 4)
		return a->sa.bytes + ADDR4;
	if (*n == 16 && memcmp(ip, mapped, 12) == 0) {
		*n = 4;
		return ip + 12;
	}
	return ip;
}

static void fill(struct addr *a, uint16_t family, uint16_t port)
{
	uint8_t *p = a->sa.bytes + offsetof(struct sockaddr_in, sin_port); /* as in v6 */

	memset(a, 0, sizeof *a);
	a->sa.any.family = family;
	p[0] = (uint8_t)(port >> 8);
	p[1] = (uint8_t)port;
	a->len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

void addr_any4(struct addr *a)
{
	fill(a, AF_INET, addr_port(a));
}

/* SIOCGIFINDEX or SIOCGIFNAME on r */
int addr_interface(unsigned long cmd, struct ifreq *r)
{
	long fd = sys(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ok;

	if (fd < 0)
		return (int)fd;
	ok = ioctl_raw((int)fd, cmd, r);
	close((int)fd);
	return ok == 0 ? 0 : -ENODEV;
}

int addr_scope(const char *s, uint32_t *scope)
{
	struct ifreq r = {0};
	uint64_t n;
	int err;

	if (num_parse(s, 1, UINT32_MAX, &n) == 0) {
		*scope = (uint32_t)n;
		return 0;
	}
	if (!*s || fmt(r.ifr_name, sizeof r.ifr_name, "%s", s) != strlen(s))
		return -ENODEV;
	err = addr_interface(SIOCGIFINDEX, &r);
	*scope = (uint32_t)r.ifr_ifindex;
	return err;
}

/*
 * A number at s up to most, in base 10 without leading zeros or in base 16 of up
 * to four digits: what is behind it, NULL where there is none.
 */
static const char *number(const char *s, unsigned base, unsigned most, unsigned *v)
{
	const char *p = s;

	for (*v = 0;; p++) {
		unsigned c = (unsigned char)*p, d = c - '0';

		if (base == 16 && d > 9)
			d = (c | 32) - 'a' < 6 ? (c | 32) - 'a' + 10 : base;
		if (d >= base)
			break;
		*v = *v * base + d;
		if (*v > most || p - s > 3 || (base == 10 && p > s && *s == '0'))
			return NULL;
	}
	return p > s ? p : NULL;
}

/* The address that fills s up to end: 1, or 0 */
static int parse4(const char *s, const char *end, uint8_t *ip)
{
	unsigned v;
	int i;

	for (i = 0; i < 4; i++, s++) {
		s = number(s, 10, 255, &v);
		if (!s || (i < 3 ? *s != '.' : s != end))
			return 0;
		ip[i] = (uint8_t)v;
	}
	return 1;
}

/* RFC 4291 2.2; gap: where "::" is, none yet where that is beyond the address */
static int parse6(const char *s, const char *end, uint8_t ip[16])
{
	size_t n = 0, gap = 17, i;
	unsigned v;

	for (;;) {
		const char *next;

		if (s[0] == ':' && s[1] == ':' && gap > 16) {
			gap = n;
			s += 2;
			if (s == end)
				break;
		} else if (n && *s++ != ':') {
			return 0;
		}
		next = number(s, 16, 0xffff, &v);
		if (next && *next == '.' && n <= 12 && parse4(s, end, ip + n)) {
			n += 4;
			break;
		}
		if (!next || n > 14)
			return 0;
		ip[n++] = (uint8_t)(v >> 8);
		ip[n++] = (uint8_t)v;
		s = next;
		if (s == end)
			break;
	}
	if (gap > 16)
		return n == 16;
	if (n > 14)
		return 0;
	for (i = 0; i < 16 - gap; i++)
		ip[15 - i] = i < n - gap ? ip[n - 1 - i] : 0;
	return 1;
}

static int addr6_parse(struct addr *a, const char *host, int family, uint16_t port)
{
	const char *percent = strchr(host, '%');
	uint32_t scope = 0;
	int err = percent ? addr_scope(percent + 1, &scope) : 0;

	if (err < 0)
		return err;
	fill(a, AF_INET6, port);
	memcpy(a->sa.bytes + offsetof(struct sockaddr_in6, sin6_scope_id), &scope, 4);
	if (!percent)
		percent = host + strlen(host);
	a->sa.bytes[ADDR_BOTH] = !*host && !family;
	return !*host || parse6(host, percent, a->sa.bytes + ADDR6) ? 0 : -EINVAL;
}

int addr_parse(struct addr *a, const char *host, int family, uint16_t port)
{
	int colon = strchr(host, ':') != NULL;

	if (*host == '*' && !host[1])
		host = "";
	if (CFG_IPV6 && family != 4 && (colon || !*host))
		return addr6_parse(a, host, family, port);
	if (colon || family == 6)
		return CFG_IPV6 ? -EINVAL : -EAFNOSUPPORT;
	fill(a, AF_INET, port);
	return !*host || parse4(host, host + strlen(host), a->sa.bytes + ADDR4) ? 0 : -EINVAL;
}

/* RFC 5952 4: the longest run of two or more zero groups becomes "::", the first of equals */
static void host6(const uint8_t *ip, char *buf, size_t n)
{
	int i, run = 0, best = 0, at = -1;
	size_t len = 0;

	for (i = 0; i < 8; i++) {
		run = ip[2 * i] || ip[2 * i + 1] ? 0 : run + 1;
		if (run > best && run > 1) {
			best = run;
			at = i + 1 - run;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == at) {
			len += fmt(buf + len, n - len, "::");
			i += best - 1;
			continue;
		}
		len += fmt(buf + len, n - len, i && i != at + best ? ":%x" : "%x",
			   ip[2 * i] << 8 | ip[2 * i + 1]);
	}
}

void addr_host(const struct addr *a, char *buf, size_t n)
{
	size_t len;
	const uint8_t *ip = addr_bytes(a, &len);
	struct ifreq r = {0};
	uint32_t scope;

	if (len == 4) {
		fmt(buf, n, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
	} else if (len == 16 && CFG_IPV6) {
		host6(ip, buf, n);
		memcpy(&scope, a->sa.bytes + offsetof(struct sockaddr_in6, sin6_scope_id), 4);
		if (!scope)
			return;
		len = strlen(buf);
		r.ifr_ifindex = (int)scope;
		if (addr_interface(SIOCGIFNAME, &r) == 0)
			fmt(buf + len, n - len, "%%%.*s", IFNAMSIZ, r.ifr_name);
		else
			fmt(buf + len, n - len, "%%%u", (unsigned)scope);
	} else {
		fmt(buf, n, "UNKNOWN");
	}
}

uint16_t addr_port(const struct addr *a)
{
	const uint8_t *p = a->sa.bytes + offsetof(struct sockaddr_in, sin_port); /* as in v6 */
	int internet = a->sa.any.family == AF_INET || a->sa.any.family == AF_INET6;

	return internet ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

int addr_same_host(const struct addr *a, const struct addr *b)
{
	size_t n, m;
	const uint8_t *p = addr_bytes(a, &n), *q = addr_bytes(b, &m);

	return n == m && memcmp(p, q, n == 16 ? 8 : n) == 0;
}
