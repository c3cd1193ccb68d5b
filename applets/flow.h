/* flow.h - bytes between the engine and descriptors, without a copy. */
/* SPDX-License-Identifier: MIT */
#ifndef FLOW_H
#define FLOW_H

#include "ssh.h"

enum flow {
	FLOW_BLOCKED, /* the other side is full: descriptor (in), window or tx (out) */
	FLOW_IDLE,    /* nothing was there */
	FLOW_MOVED,
	FLOW_ENDED /* the descriptor is of no more use: it broke, or its end was read */
};

/* what the peer sent to fd, all that it takes; -1: to nobody */
enum flow flow_in(struct ssh *s, int ch, int ext, int fd);
/* one read of fd to the peer */
enum flow flow_out(struct ssh *s, int ch, int ext, int fd);

/* the connection itself, fd nonblocking; 0: it is over */
int wire_read(struct ssh *s, int fd);
int wire_write(struct ssh *s, int fd);

#endif
