/* sock.c - sockets: listening, accepting, options. */
/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "config.h"
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOS_INTERACTIVE 0x48 /* AF21 */
#define PRIO_INTERACTIVE 6   /* the queueing discipline's band for interactive traffic */
#define PRIO_BULK 2

static int set(int fd, int level, int name, int v)
{
	return setsockopt(fd, level, name, &v, sizeof v);
}

static int listen_once(const struct addr *a, const char *iface, int backlog)
{
	int fd = socket(a->sa.any.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (CFG_IPV6 && a->sa.any.family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !a->sa.bytes[ADDR_BOTH]);
	if ((!iface || !*iface ||
	     setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface, (socklen_t)strlen(iface) + 1) ==
		 0) &&
	    bind(fd, (const void *)a->sa.bytes, a->len) == 0 && listen(fd, backlog) == 0)
		return fd;
	err = errno;
	close(fd);
	return -err;
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

int sock_accept(int fd, struct addr *peer)
{
	socklen_t len = sizeof peer->sa;
	int c;

	memset(peer, 0, sizeof *peer);
	c = accept4(fd, (void *)peer->sa.bytes, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	peer->len = len;
	return c < 0 ? -errno : c;
}

int sock_peer(int fd, struct addr *peer)
{
	socklen_t len = sizeof peer->sa;

	memset(peer, 0, sizeof *peer);
	if (getpeername(fd, (void *)peer->sa.bytes, &len) < 0)
		return -errno;
	peer->len = len;
	return 0;
}

int sock_local(int fd, struct addr *own)
{
	socklen_t len = sizeof own->sa;

	memset(own, 0, sizeof *own);
	if (getsockname(fd, (void *)own->sa.bytes, &len) < 0)
		return -errno;
	own->len = len;
	return 0;
}

void sock_nodelay(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void sock_quickack(int fd)
{
	set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

/* Either option may be of the other family, which costs an error and nothing else. */
void sock_qos(int fd, int interactive)
{
	int tos = interactive ? TOS_INTERACTIVE : 0;

	set(fd, IPPROTO_IP, IP_TOS, tos);
	if (CFG_IPV6)
		set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
	set(fd, SOL_SOCKET, SO_PRIORITY, interactive ? PRIO_INTERACTIVE : PRIO_BULK);
}

void sock_keepalive(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

int fd_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}
