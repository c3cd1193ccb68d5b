/* dial_lab.h - for lookups and connects: files, name servers and a clock of the test's. */
/* SPDX-License-Identifier: MIT */
/*
 * tests.mk wraps fd_open and sys for programs with this: /etc/hosts and
 * /etc/resolv.conf are read in a folder of the test's, and port 53 of 127.0.0.K
 * is socket K of the test's. So it needs no namespace and no root.
 */
#ifndef DIAL_LAB_H
#define DIAL_LAB_H

#include "test_port.h"

#include "dial.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define SERVERS 4

static const char *dir;
static int server[SERVERS];           /* by K */
static uint16_t server_port[SERVERS]; /* in the network's order */

/* ---- what is wrapped ------------------------------------------------------- */

int __real_fd_open(const char *path, int flags);
int __wrap_fd_open(const char *path, int flags);
int __wrap_fd_open(const char *path, int flags)
{
	char ours[100];

	if (strcmp(path, "/etc/hosts") != 0 && strcmp(path, "/etc/resolv.conf") != 0)
		return __real_fd_open(path, flags);
	fmt(ours, sizeof ours, "%s/%s", dir, path + 5);
	return __real_fd_open(ours, flags);
}

/* 1: there is no way to 10.0.0.0/8 and by IPv6; the last numbers of what was tried there */
static int far_away;
static char connects[100];

static inline int is_far(const uint8_t *a)
{
	struct sockaddr_in6 v6;
	int last = a[7];

	memcpy(&v6, a, sizeof v6);
	if (v6.sin6_family == AF_INET6)
		last = v6.sin6_addr.s6_addr[15];
	else if (a[4] != 10)
		return 0;
	fmt(connects + strlen(connects), sizeof connects - strlen(connects), "%d ", last);
	return 1;
}

long __real_sys(long number, ...);
long __wrap_sys(long number, ...);
long __wrap_sys(long number, ...)
{
	struct sockaddr_in a;
	long v[5];
	va_list ap;
	int i;

	va_start(ap, number);
	for (i = 0; i < 5; i++)
		v[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_connect && far_away && is_far((const void *)v[1]))
		return -ENETUNREACH;
	if (number == SYS_connect) {
		memcpy(&a, (const void *)v[1], sizeof a);
		i = ntohl(a.sin_addr.s_addr) & 0xff;
		if (a.sin_family == AF_INET && a.sin_port == htons(53) && i < SERVERS) {
			a.sin_port = server_port[i];
			v[1] = (long)&a;
			v[2] = sizeof a;
		}
	}
	return __real_sys(number, v[0], v[1], v[2], v[3], v[4]);
}

/* ---- name servers ---------------------------------------------------------- */

static inline int at(int k, uint16_t port, int type, uint16_t *own)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = port};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, type, 0);

	a.sin_addr.s_addr = htonl(0x7f000000 + (unsigned)k);
	if (fd < 0 || bind(fd, (void *)&a, sizeof a) < 0 || getsockname(fd, (void *)&a, &len) < 0)
		return -1;
	*own = a.sin_port;
	return fd;
}

static inline void servers_open(void)
{
	int k;

	for (k = 1; k < SERVERS; k++)
		server[k] = at(k, 0, SOCK_DGRAM | SOCK_NONBLOCK, &server_port[k]);
}

struct asked {
	char name[256];
	unsigned type;
	uint8_t m[512];
	size_t n;
	struct sockaddr_in from;
};

/* the next query that waits at server k: 1, or 0 */
static inline int asked(int k, struct asked *a)
{
	socklen_t len = sizeof a->from;
	ssize_t n = recvfrom(server[k], a->m, sizeof a->m, 0, (void *)&a->from, &len);
	size_t i = 12, at_name = 0;

	if (n < 17)
		return 0;
	while (a->m[i]) {
		memcpy(a->name + at_name, a->m + i + 1, a->m[i]);
		at_name += a->m[i];
		i += a->m[i] + 1u;
		a->name[at_name++] = a->m[i] ? '.' : 0;
	}
	a->type = a->m[i + 2];
	a->n = (size_t)n;
	return 1;
}

/* rcode, and a record of the address where it is not NULL */
static inline void reply(int k, const struct asked *a, int rcode, const char *address)
{
	static const uint8_t head[12] = {0xc0, 12, 0, 0, 0, 1};
	uint8_t m[600];
	size_t n = a->n, len = a->type == 1 ? 4 : 16;

	memcpy(m, a->m, n);
	m[2] |= 0x80;
	m[3] = 0x80 | (uint8_t)rcode;
	if (address && inet_pton(len == 4 ? AF_INET : AF_INET6, address, m + n + 12) == 1) {
		memcpy(m + n, head, 12);
		m[n + 3] = (uint8_t)a->type;
		m[n + 11] = (uint8_t)len;
		m[7] = 1;
		n += 12 + len;
	}
	sendto(server[k], m, n, 0, (const void *)&a->from, sizeof a->from);
}

/* answers all that waits at server k: how many; names gets what was asked for A */
static char names[600];

static inline int serve(int k, int rcode, const char *v4, const char *v6)
{
	struct asked a;
	int n = 0;

	while (asked(k, &a)) {
		n++;
		reply(k, &a, rcode, a.type == 1 ? v4 : v6);
		if (a.type == 1)
			strcat(strcat(names, a.name), " ");
	}
	return n;
}

/* the files, and servers that were not asked yet */
static inline void files(const char *hosts, const char *conf)
{
	struct asked a;
	int k;

	for (k = 1; k < SERVERS; k++)
		while (asked(k, &a))
			;
	put_file("hosts", hosts, 0644);
	put_file("resolv.conf", conf, 0644);
	names[0] = 0;
}

static inline int descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#endif
