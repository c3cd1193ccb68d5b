/* dial.h - to a host by its name: lookup and connect, without blocking and without the heap. */
/* SPDX-License-Identifier: MIT */
/*
 * A lookup goes through /etc/hosts, then for NAME.local and NAME%interface multicast
 * DNS, where it is built in, then the name servers and search list of
 * /etc/resolv.conf (or 127.0.0.1) by UDP, A and AAAA at once. Connects begin as
 * soon as there is an address, by turns of the families, the next one 250 ms
 * after the last or when that has failed (RFC 8305); the first to stand wins and
 * the others are closed. No state but in the structs, which hold no pointer.
 * Both files are read whole when a lookup starts, and not again.
 */
#ifndef DIAL_H
#define DIAL_H

#include <poll.h>

#include "port.h"

#define DIAL_ADDRS 16             /* of a name server at most half as many of either family */
#define DIAL_NAME 254             /* RFC 1035 2.3.4, as text, with its NUL */
#define DIAL_FDS (DIAL_ADDRS + 1) /* descriptors at most */
#define RESOLVE_SERVERS 3
#define RESOLVE_SEARCH 256

/* the start of a struct sockaddr_in or sockaddr_in6; family 0: none */
struct inet {
	uint16_t family;
	uint16_t port; /* in the network's order */
	uint8_t rest[24];
};

/* all times here are milliseconds of any clock, which may wrap: the low half of clock_ms does */

struct resolve {
	uint8_t families; /* of interest: 1 v4, 2 v6 */
	uint8_t open;     /* likewise, answers that are awaited */
	uint8_t n;        /* addresses, in the order of their coming */
	uint8_t server, servers;
	uint8_t tries;    /* that may still fail, in the whole lookup */
	uint8_t patience; /* seconds for each */
	uint8_t ndots;
	uint16_t suffix, suffixes; /* in search: the one that is being tried, and where they end */
	uint16_t ids[2];           /* of the queries for A and AAAA */
	uint8_t mdns;              /* tries left at multicast DNS, before any server */
	uint32_t scope, by; /* the interface after the name, 0: any; that of link-local addresses */
	uint32_t due;       /* when to ask again */
	int fd;             /* -1: it has ended */
	int err; /* how, where there is no address: -ENOENT, or else no server could tell */
	struct inet addrs[DIAL_ADDRS]; /* port 0 */
	struct inet from[RESOLVE_SERVERS];
	char search[RESOLVE_SEARCH]; /* suffixes, each with its NUL; "": the name as it is */
	char name[DIAL_NAME];        /* as asked for, without a dot at its end */
};

/*
 * family 4, 6, or 0 for both. 0, or -errno (-ENOENT: no such name, -EAFNOSUPPORT: an
 * address of the other family); addresses as text and names in /etc/hosts are there
 * at once.
 */
int resolve_start(struct resolve *r, const char *name, int family, uint32_t now);
/*
 * 1: ended, .n and .err say how; 0: call again when .fd is readable, or at .due.
 * Of two families one may be there in .n before the end.
 */
int resolve_step(struct resolve *r, uint32_t now);
/* before the end, and any time after resolve_start */
void resolve_end(struct resolve *r);

struct dial {
	uint16_t port;  /* in the network's order */
	uint16_t tried; /* addresses that were begun with, as bits */
	uint16_t last;  /* family of the one begun with last */
	int err;        /* of the attempt that came furthest */
	uint32_t due;   /* when the next one starts */
	uint32_t end;   /* when it is over */
	struct resolve names;
	char iface[16];      /* SO_BINDTODEVICE, "" for none */
	struct inet from;    /* to bind to */
	int fds[DIAL_ADDRS]; /* connecting, by address; -1 */
};

/*
 * family as of resolve_start; from NULL or an address to bind to (those of the other
 * family are not tried then); iface NULL or "" for any; ms below 2^31, 0: no limit but
 * the kernel's. 0 or -errno.
 */
int dial_start(struct dial *d, const char *host, uint16_t port, int family, const struct addr *from,
	       const char *iface, uint32_t ms, uint32_t now);
/*
 * The connected socket (CLOEXEC, nonblocking; the caller's; sock_peer tells where to),
 * -EAGAIN: not yet, others: it has failed (-ETIMEDOUT, -ECONNREFUSED ..., where .names.n is 0
 * in the lookup, -ENOENT for no such name). All else is closed when it ends.
 */
int dial_step(struct dial *d, uint32_t now);
/* to poll for; the number of entries, at most DIAL_FDS */
unsigned dial_poll(const struct dial *d, struct pollfd *p);
/* milliseconds until the next step is due whatever poll finds */
int dial_wait(const struct dial *d, uint32_t now);
/* before the end, and any time after dial_start */
void dial_end(struct dial *d);
/* those that start from now on begin with the n-th address, as if all stood in a ring; odd: with IPv4 */
void dial_turn(uint8_t n);
/* all of it, blocking in poll: for a program that waits for nothing else; d tells why it failed */
int dial_now(struct dial *d, const char *host, uint16_t port, int family, const struct addr *from,
	     const char *iface, uint32_t ms);

/* unix.c; CLOEXEC and nonblocking. -ENAMETOOLONG: longer than 107 bytes */

/* connected; -EAGAIN: the listener has too many that wait */
int unix_connect(const char *path);
/* listening; mask: umask for it; unlink_old: removes what is there first */
int unix_listen(const char *path, mode_t mask, int unlink_old);
/* the effective user of who connected, as it was then */
int unix_peer(int fd, uid_t *uid);

#endif
