/* reserve.h - the listener's part of the rescue login. */
/* SPDX-License-Identifier: MIT */
#ifndef RESERVE_H
#define RESERVE_H

#include <poll.h>

#include "slots.h"

#define RESERVE_POLL 5 /* entries, at most */

/* says that it is on, and protects this process; again whenever the settings were read */
void reserve_init(const struct settings *s);
/* as sock_accept; where no descriptor is left, for those alone who may come to the rescue */
int reserve_accept(int fd, struct addr *peer, const struct settings *s);
/* 1: taken, to see whether it says something */
int reserve_park(int conn, const struct addr *peer, const struct settings *s);
/* milliseconds until something is due, -1: nothing is */
int reserve_left(void);
unsigned reserve_fill(struct pollfd *p);
/*
 * After a poll: one that spoke gets the session that is kept ready, and one that did not,
 * or for whom there is none, is left in *conn and *peer for a process of its own: 1, call
 * again; 0: no more.
 */
int reserve_next(const struct pollfd *p, unsigned n, int *conn, struct addr *peer,
		 const struct settings *s);
/* 1: a session is to be made ready now, and reserve_made to be told: pid or -errno */
int reserve_due(void);
void reserve_made(pid_t pid, int link);
void reserve_soon(void); /* a process has ended: there is room */

#endif
