/* addr.c - internet addresses as text, and lists of patterns to hold them against. */
/* SPDX-License-Identifier: MIT */
/*
 * A struct addr is a sockaddr_in or sockaddr_in6 as bytes. An IPv4 address that
 * came in by an IPv6 socket (::ffff:a.b.c.d) counts as the IPv4 address that it is.
 */
#include "internal.h"

#include "config.h"
#include "sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HOST_ROOM 64

static void put(struct addr *a, size_t at, const void *p, size_t n)
{
	memcpy(a->sa.bytes + at, p, n);
}

const uint8_t *addr_bytes(const struct addr *a, size_t *n)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *ip = a->sa.bytes + offsetof(struct sockaddr_in6, sin6_addr);

	*n = a->sa.any.family == AF_INET6 ? 16 : a->sa.any.family == AF_INET ? 4 : 0;
	if (*n == 4)
		return a->sa.bytes + offsetof(struct sockaddr_in, sin_addr);
	if (*n == 16 && memcmp(ip, mapped, 12) == 0) {
		*n = 4;
		return ip + 12;
	}
	return ip;
}

void addr_any4(struct addr *a)
{
	uint16_t port = htons(addr_port(a));

	memset(a, 0, sizeof *a);
	a->sa.any.family = AF_INET;
	put(a, offsetof(struct sockaddr_in, sin_port), &port, sizeof port);
	a->len = sizeof(struct sockaddr_in);
}

/* SIOCGIFINDEX or SIOCGIFNAME on r */
static int interface(unsigned long cmd, struct ifreq *r)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ok;

	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ok = ioctl_raw(fd, cmd, r) == 0;
	close(fd);
	return ok ? 0 : -ENODEV;
}

static int scope_parse(const char *s, uint32_t *scope)
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
	err = interface(SIOCGIFINDEX, &r);
	*scope = (uint32_t)r.ifr_ifindex;
	return err;
}

static int have_ipv6(void)
{
	int fd = CFG_IPV6 ? socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* host "" and family 0: both kinds, marked behind the sockaddr for sock_listen */
static int parse6(struct addr *a, const char *host, int family, uint16_t port)
{
	char text[HOST_ROOM];
	uint8_t ip[16] = {0};
	uint32_t scope = 0;
	const char *percent = strchr(host, '%');
	int err = 0;

	if (percent)
		err = scope_parse(percent + 1, &scope);
	if (err < 0)
		return err;
	fmt(text, sizeof text, "%.*s", percent ? (int)(percent - host) : HOST_ROOM, host);
	if (*host && inet_pton(AF_INET6, text, ip) != 1)
		return -EINVAL;
	a->sa.any.family = AF_INET6;
	put(a, offsetof(struct sockaddr_in6, sin6_port), &port, sizeof port);
	put(a, offsetof(struct sockaddr_in6, sin6_addr), ip, sizeof ip);
	put(a, offsetof(struct sockaddr_in6, sin6_scope_id), &scope, sizeof scope);
	a->sa.bytes[ADDR_BOTH] = !*host && !family;
	a->len = sizeof(struct sockaddr_in6);
	return 0;
}

int addr_parse(struct addr *a, const char *host, int family, uint16_t port)
{
	uint8_t ip[4] = {0};
	uint16_t be = htons(port);

	memset(a, 0, sizeof *a);
	if (strcmp(host, "*") == 0)
		host = "";
	if (strchr(host, ':') || (!*host && (family == 6 || (!family && have_ipv6()))))
		return !CFG_IPV6     ? -EAFNOSUPPORT
		       : family == 4 ? -EINVAL
				     : parse6(a, host, family, be);
	if (family == 6 || (*host && inet_pton(AF_INET, host, ip) != 1))
		return -EINVAL;
	a->sa.any.family = AF_INET;
	put(a, offsetof(struct sockaddr_in, sin_port), &be, sizeof be);
	put(a, offsetof(struct sockaddr_in, sin_addr), ip, sizeof ip);
	a->len = sizeof(struct sockaddr_in);
	return 0;
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
		if (interface(SIOCGIFNAME, &r) == 0)
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
