/* link.h - the addresses of this machine as they come and go, and multicast DNS's socket. */
/* SPDX-License-Identifier: MIT */
#ifndef PORT_LINK_H
#define PORT_LINK_H

#include "port.h"

#define LINK_NAME 16 /* of an interface, with its NUL */

struct link {
	uint32_t index;  /* of the interface */
	uint8_t family;  /* AF_INET, AF_INET6 */
	uint8_t on_link; /* 1: it counts on this link alone (fe80::, 169.254.) */
	uint8_t pad[2];
	uint8_t ip[16];
};

enum link_event { LINK_NONE, LINK_CAME, LINK_WENT, LINK_LISTED };

/* link.c */

/* a descriptor that can be read when there is news (nonblocking, CLOEXEC), or -errno */
int link_open(void);
/* all there are come again, as if each was new, then LINK_LISTED; 0 or -errno */
int link_list(int fd);
/*
 * The next of the news, LINK_NONE: no more for now; -errno: some may have been
 * missed, who wants to know calls link_list. Addresses that cannot be bound to yet, are
 * about to go or are the machine's own are not told of.
 */
int link_next(int fd, struct link *l);
/* the name of the interface, "" where it is gone */
void link_name(uint32_t index, char name[LINK_NAME]);
/* the address, with the interface where it needs that; port in the host's order */
void link_addr(const struct link *l, uint16_t port, struct addr *a);

/* mdns.c */

#define MDNS_PORT 5353
#define MDNS_PACKET 1400

/*
 * One socket for both families, nonblocking: IPv4 is mapped. port 0: any, for who asks
 * alone (RFC 6762 6.7); MDNS_PORT beside others that have it. -errno
 */
int mdns_open(uint16_t port);
/* listens on the interface, IPv4 and IPv6 */
void mdns_join(int fd, uint32_t index);
/*
 * A packet: its length, -EAGAIN: there is none; who sent it and the interface that it came
 * by. *group: 1 where it was sent to the group, 0 to us; or NULL.
 */
ssize_t mdns_take(int fd, uint8_t *m, size_t n, struct addr *from, uint32_t *index, int *group);
/* to the group on an interface; or, to not NULL, to that one by it */
void mdns_send(int fd, const uint8_t *m, size_t n, uint32_t index, int family,
	       const struct addr *to);
/* to the group on every interface, or the one that index names; 0 or -errno */
int mdns_ask(int fd, const uint8_t *m, size_t n, uint32_t index);

#endif
