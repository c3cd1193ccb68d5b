/* mdns.c - the socket of multicast DNS (RFC 6762): which interface a packet came by and goes by. */
/* SPDX-License-Identifier: MIT */
/*
 * One IPv6 socket does for both families: what IPv4 sends comes from ::ffff:a.b.c.d,
 * and the kernel takes IPv6's control message for the interface of either.
 */
#include "internal.h"

#include "link.h"
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const struct in6_addr groups[2] = {
    {.s6_addr = {[10] = 0xff, 0xff, 224, 0, 0, 251}},
    {.s6_addr = {0xff, 0x02, [15] = 0xfb}},
};

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static long set(int fd, int level, int name, int v)
{
	return sys(SYS_setsockopt, fd, level, name, &v, (long)sizeof v);
}

int mdns_open(uint16_t port)
{
	long fd = sys(SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
	struct addr any;

	if (fd < 0)
		return (int)fd;
	addr_parse(&any, "", 6, port);
	set((int)fd, SOL_SOCKET, SO_REUSEADDR, port != 0);
	set((int)fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	set((int)fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set((int)fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255);
	set((int)fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255);
	set((int)fd, IPPROTO_IP, IP_MULTICAST_TTL, 255);
	set((int)fd, IPPROTO_IP, IP_TTL, 255);
	r = sys(SYS_bind, fd, any.sa.bytes, (long)any.len);
	if (r == 0)
		return (int)fd;
	close((int)fd);
	return (int)r;
}

void mdns_join(int fd, uint32_t index)
{
	struct ipv6_mreq six = {groups[1], index};
	struct ip_mreqn four = {.imr_ifindex = (int)index};

	memcpy(&four.imr_multiaddr, groups[0].s6_addr + 12, 4);
	/* that we have joined already is fine */
	sys(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, (long)sizeof six);
	sys(SYS_setsockopt, fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, (long)sizeof four);
}

ssize_t mdns_take(int fd, uint8_t *m, size_t n, struct addr *from, uint32_t *index, int *group)
{
	struct iovec iov = {m, n};
	union control c;
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &c,
			   .msg_name = from->sa.bytes,
			   .msg_namelen = sizeof from->sa};
	struct in6_pktinfo to;
	long r;

	memset(from, 0, sizeof *from);
	if (group)
		*group = 0;
	h.msg_controllen = sizeof c;
	r = sys(SYS_recvmsg, fd, &h, 0);
	*index = 0;
	if (r < 0)
		return r;
	from->len = h.msg_namelen;
	if (h.msg_controllen < CMSG_LEN(sizeof to) || c.head.cmsg_type != IPV6_PKTINFO)
		return r;
	memcpy(&to, CMSG_DATA(&c.head), sizeof to);
	*index = to.ipi6_ifindex;
	if (group)
		*group = memcmp(&to.ipi6_addr, &groups[0], 16) == 0 ||
			 memcmp(&to.ipi6_addr, &groups[1], 16) == 0;
	return r;
}

void mdns_send(int fd, const uint8_t *m, size_t n, uint32_t index, int family,
	       const struct addr *to)
{
	const struct in6_addr *group = &groups[family == AF_INET6];
	struct iovec iov = {(void *)m, n};
	struct in6_pktinfo by = {.ipi6_ifindex = index};
	union control c = {.room = {0}};
	struct addr all;
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c};

	if (!to) {
		addr_parse(&all, "", 6, MDNS_PORT);
		memcpy(all.sa.bytes + offsetof(struct sockaddr_in6, sin6_addr), group, 16);
		to = &all;
	}
	h.msg_name = (void *)to->sa.bytes;
	h.msg_namelen = to->len;
	h.msg_controllen = CMSG_SPACE(sizeof by);
	if (family == AF_INET) /* any address of ours, as IPv4 */
		memcpy(&by.ipi6_addr, group, 12);
	c.head.cmsg_level = IPPROTO_IPV6;
	c.head.cmsg_type = IPV6_PKTINFO;
	c.head.cmsg_len = CMSG_LEN(sizeof by);
	memcpy(CMSG_DATA(&c.head), &by, sizeof by);
	sys(SYS_sendmsg, fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int mdns_ask(int fd, const uint8_t *m, size_t n, uint32_t index)
{
	struct link l, last = {0};
	int news = link_open(), event;

	if (news < 0)
		return news;
	while ((event = link_next(news, &l)) == LINK_CAME || event == LINK_WENT)
		if (event == LINK_CAME && (!index || index == l.index) &&
		    (l.index != last.index || l.family != last.family)) {
			mdns_send(fd, m, n, l.index, l.family, NULL);
			last = l;
		}
	close(news);
	return 0;
}
