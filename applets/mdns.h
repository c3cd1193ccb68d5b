/* mdns.h - the process that tells the link of this server, and what the listener tells it. */
/* SPDX-License-Identifier: MIT */
#ifndef MDNS_H
#define MDNS_H

#include "link.h"

#define ROLE_MDNS "(mdns)"
#define MDNS_LINKS 32 /* addresses */

/* all that is to be announced, in one datagram, again whenever it changes */
struct mdns_told {
	uint8_t to_stderr, log_level, log_facility, n;
	uint16_t port;
	char name[48]; /* the host's, without its domain */
	char txt[80];  /* fp=SHA256:..., or "" */
	char user[32]; /* whom to become */
	struct link at[MDNS_LINKS];
};

/* "\4_ssh\4_tcp\5local": what is looked for, as it travels */
extern const uint8_t mdns_service[17];

int mdns_main(void); /* descriptor 3: the listener's link */

/* mdns.c: the responder */

extern int mdns_sock;
extern uint32_t mdns_dice; /* to be seeded */
/* what the listener tells */
void mdns_tell(const struct mdns_told *t, uint32_t now);
/* one that came by the group on that interface */
void mdns_packet(const uint8_t *m, size_t n, const struct addr *from, uint32_t index, uint32_t now);
/* does what is due; milliseconds until more is, or -1 */
int mdns_work(uint32_t now);
void mdns_bye(void);

/* find.c: takes from an answer what it says of devices */
void find_take(const uint8_t *m, size_t n, const struct addr *from, uint32_t index);

#endif
