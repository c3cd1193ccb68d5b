/* link.c - the addresses of this machine as they come and go (rtnetlink). */
/* SPDX-License-Identifier: MIT */
/*
 * The structures are the kernel's (linux/netlink.h, linux/if_addr.h), whose
 * headers may not be there. A message is looked at no further than it reaches.
 */
#include "internal.h"

#include "link.h"
#include "sock.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct nl_head {
	uint32_t len;
	uint16_t type, flags;
	uint32_t seq, pid;
};

struct nl_addr {
	uint8_t family, prefix, flags, scope;
	uint32_t index;
};

struct nl_attr {
	uint16_t len, type;
};

enum { NL_DONE = 3, NL_NEWADDR = 20, NL_DELADDR, NL_GETADDR };
enum { IFA_ADDRESS = 1, IFA_LOCAL };
#define NL_DUMP 0x301   /* REQUEST, ROOT, MATCH */
#define NL_GROUPS 0x110 /* RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR */
#define NOT_YET 0x69    /* IFA_F_TEMPORARY, DADFAILED, DEPRECATED, TENTATIVE of IPv6 */
#define SCOPE_LINK 253  /* RT_SCOPE_LINK */
#define ALIGN(n) (((n) + 3u) & ~3u)

static uint8_t news[8192] APART; /* as much as the kernel ever sends at once */
static size_t at, have;

int link_open(void)
{
	const struct {
		uint16_t family, pad;
		uint32_t pid, groups;
	} all = {.family = AF_NETLINK, .groups = NL_GROUPS};
	long fd = sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return (int)fd;
	at = have = 0;
	r = sys(SYS_bind, fd, &all, (long)sizeof all);
	if (r == 0)
		r = link_list((int)fd);
	if (r == 0)
		return (int)fd;
	close((int)fd);
	return (int)r;
}

int link_list(int fd)
{
	const struct {
		struct nl_head head;
		struct nl_addr any;
	} m = {
	    .head = {.len = sizeof m, .type = NL_GETADDR, .flags = NL_DUMP}
        };

	return write(fd, &m, sizeof m) < 0 ? -errno : 0;
}

/* what the message of n bytes says */
static int parse(const uint8_t *m, size_t n, unsigned type, struct link *l)
{
	struct nl_addr a;
	struct nl_attr t;
	size_t size, i;

	if (type == NL_DONE)
		return LINK_LISTED;
	if ((type != NL_NEWADDR && type != NL_DELADDR) || n < sizeof a)
		return LINK_NONE;
	memcpy(&a, m, sizeof a);
	memset(l, 0, sizeof *l);
	l->index = a.index;
	l->family = a.family;
	l->on_link = a.scope == SCOPE_LINK;
	size = a.family == AF_INET6 ? 16 : 4;
	for (i = sizeof a; n - i >= sizeof t && i < n; i += ALIGN(t.len)) {
		memcpy(&t, m + i, sizeof t);
		if (t.len < sizeof t || t.len > n - i)
			break;
		/* the peer's and then our own, or ours alone */
		if ((t.type == IFA_ADDRESS || t.type == IFA_LOCAL) && t.len == sizeof t + size)
			memcpy(l->ip, m + i + sizeof t, size);
	}
	if (a.scope > SCOPE_LINK || a.index == 1) /* RT_SCOPE_HOST; lo */
		return LINK_NONE;
	return type == NL_DELADDR || (a.family == AF_INET6 && a.flags & NOT_YET) ? LINK_WENT
										 : LINK_CAME;
}

int link_next(int fd, struct link *l)
{
	struct nl_head h;
	int event = LINK_NONE;

	while (event == LINK_NONE) {
		if (have - at < sizeof h) {
			ssize_t n = read(fd, news, sizeof news);

			at = have = 0;
			if (n <= 0)
				return n < 0 && errno != EAGAIN ? -errno : LINK_NONE;
			have = (size_t)n;
			continue;
		}
		memcpy(&h, news + at, sizeof h);
		if (h.len < sizeof h || h.len > have - at) {
			at = have;
			continue;
		}
		event = parse(news + at + sizeof h, h.len - sizeof h, h.type, l);
		at += ALIGN(h.len) < have - at ? ALIGN(h.len) : have - at;
	}
	return event;
}

void link_name(uint32_t index, char name[LINK_NAME])
{
	struct ifreq r = {0};

	r.ifr_ifindex = (int)index;
	*name = 0;
	if (addr_interface(SIOCGIFNAME, &r) == 0)
		fmt(name, LINK_NAME, "%.*s", IFNAMSIZ, r.ifr_name);
}

void link_addr(const struct link *l, uint16_t port, struct addr *a)
{
	int six = l->family == AF_INET6;

	addr_parse(a, "", six ? 6 : 4, port);
	if (six && l->on_link)
		memcpy(a->sa.bytes + offsetof(struct sockaddr_in6, sin6_scope_id), &l->index, 4);
	memcpy(a->sa.bytes + (six ? offsetof(struct sockaddr_in6, sin6_addr)
				  : offsetof(struct sockaddr_in, sin_addr)),
	       l->ip, six ? 16 : 4);
}
