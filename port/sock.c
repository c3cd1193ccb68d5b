/* sock.c - sockets: listening, accepting, options. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static long set(int fd, int level, int name, int v)
{
	return sys(SYS_setsockopt, fd, level, name, &v, (long)sizeof v);
}

static int listen_once(const struct addr *a, const char *iface, int backlog)
{
	long fd = sys(SYS_socket, a->sa.any.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long r = 0;

	if (fd < 0)
		return (int)fd;
	set((int)fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (CFG_IPV6 && a->sa.any.family == AF_INET6)
		set((int)fd, IPPROTO_IPV6, IPV6_V6ONLY, !a->sa.bytes[ADDR_BOTH]);
	if (iface && *iface)
		r = sys(SYS_setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, iface,
			(long)strlen(iface) + 1);
	if (r == 0)
		r = sys(SYS_bind, fd, a->sa.bytes, (long)a->len);
	if (r == 0)
		r = sys(SYS_listen, fd, backlog);
	if (r == 0)
		return (int)fd;
	close((int)fd);
	return (int)r;
}

int sock_listen(const struct addr *a, const char *iface, int backlog)
{
	int fd = listen_once(a, iface, backlog);

	if ((fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) && a->sa.bytes[ADDR_BOTH]) {
		struct addr any = *a;

		addr_any4(&any);
		fd = listen_once(&any, iface, backlog);
	}
	return fd;
}

/* a call that fills in an address; those without flags do not look at them */
static int named(long call, int fd, struct addr *a)
{
	socklen_t len = sizeof a->sa;
	int r;

	memset(a, 0, sizeof *a);
	r = (int)sys(call, fd, a->sa.bytes, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (r >= 0)
		a->len = len;
	return r;
}

int sock_accept(int fd, struct addr *peer)
{
	return named(SYS_accept4, fd, peer);
}

int sock_peer(int fd, struct addr *peer)
{
	return named(SYS_getpeername, fd, peer);
}

int sock_local(int fd, struct addr *own)
{
	return named(SYS_getsockname, fd, own);
}

void sock_nodelay(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void sock_quickack(int fd)
{
	set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void sock_keepalive(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}
